//! Sheets: versions, what disappears, what readers may see.

use guichet_core::id::SheetId;
use guichet_db::args;
use guichet_proto::knowledge::v1 as proto;
use guichet_rpc::status::Problem;
use guichet_testkit::wait_until;

use crate::fixture::{DEADLINE, Desk, names, sheet};
use crate::on_both;

fn by_name(external_id: &str, agents: bool) -> proto::GetSheetRequest {
    let (authority, external_id) = ("valorme".to_owned(), external_id.to_owned());
    proto::GetSheetRequest { id: String::new(), external_id, authority, agents }
}

fn counts(answer: &proto::PublishSheetsResponse) -> [u32; 4] {
    [answer.created, answer.changed, answer.unchanged, answer.archived]
}

on_both! {
    async fn publishing_again_keeps_versions_and_a_change_raises_only_its_own(desk: Desk) {
        let mut desk = desk;
        let first = vec![sheet("passeport", "Passeport", "Prenez rendez-vous."), sheet("cantine", "Cantine", "Réservez.")];
        assert_eq!(counts(&desk.publish(first.clone()).await), [2, 0, 0, 0]);
        assert_eq!(counts(&desk.publish(first).await), [0, 0, 2, 0]);
        let second = vec![sheet("passeport", "Passeport", "Prenez rendez-vous en ligne.")];
        assert_eq!(counts(&desk.publish(second).await), [0, 1, 0, 1]);

        let found = desk.search("passeport").await;
        assert_eq!((names(&found), found[0].version), (vec!["passeport"], 2));
        assert_eq!(found[0].id, SheetId::of_external_id("valorme", "passeport").to_string());
        assert!(desk.search("cantine").await.is_empty(), "archived");
        let gone = desk.client.get_sheet(by_name("cantine", false)).await.expect_err("archived");
        assert_eq!(Problem::from(&gone).code, "GU-KNW-002");

        let back = vec![sheet("passeport", "Passeport", "Prenez rendez-vous en ligne."), sheet("cantine", "Cantine", "Réservez.")];
        assert_eq!(counts(&desk.publish(back).await), [0, 1, 1, 0]);
        assert_eq!(desk.search("cantine").await[0].version, 2);
        let stats = desk.client.get_stats(proto::GetStatsRequest {}).await.expect("figures").into_inner();
        assert_eq!(stats.sheets, 2);
    }

    async fn each_new_version_is_told_once(desk: Desk) {
        let mut desk = desk;
        for text in ["un", "un", "deux"] {
            desk.publish(vec![sheet("a", "A", text)]).await;
        }
        let rows = desk.db.fetch_all("SELECT name, data FROM outbox ORDER BY position", args![]).await.expect("reads");
        let told: Vec<String> = rows.iter().map(|row| row.get("data").expect("data")).collect();
        let id = SheetId::of_external_id("valorme", "a");
        let expected = [1, 2].map(|version| format!(r#"{{"sheet_id":"{id}","version":{version}}}"#));
        assert_eq!(told, expected);
    }

    async fn the_part_kept_for_agents_is_read_and_found_by_agents_only(desk: Desk) {
        let mut desk = desk;
        let agents_markdown = "Vérifier le fichier TES.".to_owned();
        desk.publish(vec![proto::SheetSource { agents_markdown, ..sheet("passeport", "Passeport", "Prenez rendez-vous.") }]).await;

        assert!(desk.search("fichier TES").await.is_empty());
        let found = desk.search_as("fichier TES", true).await;
        assert_eq!((names(&found), found[0].snippet.as_str()), (vec!["passeport"], "Vérifier le fichier TES."));

        for (agents, expected) in [(false, false), (true, true)] {
            let answer = desk.client.get_sheet(by_name("passeport", agents)).await.expect("the sheet").into_inner();
            let sheet = answer.sheet.expect("a sheet");
            assert_eq!(sheet.markdown.contains("fichier TES"), expected);
            assert_eq!((sheet.authority.as_str(), sheet.published_at > 0), ("valorme", true));
        }
    }

    async fn the_sheets_that_are_listed_are_those_that_were_published(desk: Desk) {
        let mut desk = desk;
        let bare = |external_id: &str| sheet(external_id, "Bac jaune", "Collecté le mardi.");
        let full = proto::SheetSource {
            agents_markdown: "Vérifier le fichier TES.".to_owned(),
            procedure: "passeport".to_owned(),
            keywords: vec!["pièce d'identité".to_owned(), "voyage".to_owned()],
            ..sheet("Passeport", "Passeport", "Prenez rendez-vous.\n\n- photo\n")
        };
        desk.publish(vec![bare("ancien"), bare("bac"), full.clone(), bare("bac-2")]).await;
        desk.publish(vec![bare("bac-2"), full.clone(), bare("bac")]).await;
        let mut list = async |authority: &str| {
            let message = proto::ListSheetsRequest { authority: authority.to_owned() };
            desk.client.list_sheets(message).await.expect("the sheets").into_inner().sheets
        };
        assert_eq!(list("valorme").await, [full, bare("bac"), bare("bac-2")], "what was archived is not among them");
        assert!(list("orvance").await.is_empty());
    }

    async fn what_is_wrong_is_named_and_nothing_is_published(desk: Desk) {
        let mut desk = desk;
        let sheets = vec![sheet("a", "A", ""), sheet("a", "", "")];
        let message = proto::PublishSheetsRequest { authority: "valorme".to_owned(), sheets };
        let problem = Problem::from(&desk.client.publish_sheets(message).await.expect_err("refused"));
        let pointers: Vec<&str> = problem.violations.iter().map(|violation| violation.pointer.as_str()).collect();
        assert_eq!((problem.code.as_str(), pointers), ("GU-KNW-001", vec!["/sheets/1/external_id", "/sheets/1/title"]));
        assert!(desk.search("A").await.is_empty());
    }

    async fn another_process_of_the_service_finds_what_this_one_published(desk: Desk) {
        let mut desk = desk;
        let mut replica = desk.start_replica().await;
        desk.publish(vec![sheet("bac", "Bac jaune", "Collecté le mardi.")]).await;
        wait_until(DEADLINE, async || {
            let message = proto::SearchRequest { q: "bacs jaunes".to_owned(), ..proto::SearchRequest::default() };
            !replica.search(message).await.expect("the search answers").into_inner().sheets.is_empty()
        })
        .await;
    }

    async fn sheets_are_found_again_after_a_restart(desk: Desk) {
        let mut desk = desk;
        desk.publish(vec![sheet("bac", "Bac jaune", "Collecté le mardi.")]).await;
        desk.client = desk.start_replica().await;
        assert_eq!(names(&desk.search("bac").await), ["bac"]);
    }
}
