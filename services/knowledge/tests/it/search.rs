//! Search and suggestions.

use guichet_proto::knowledge::v1 as proto;
use guichet_rpc::status::Problem;

use crate::fixture::{Desk, names, sheet};
use crate::on_both;

fn arbitrary_sheets() -> Vec<proto::SheetSource> {
    let procedure = "titre_rdv".to_owned();
    let passport = sheet("passeport", "Passeport", "Prenez rendez-vous. Un timbre fiscal est demandé.");
    vec![
        proto::SheetSource { procedure: procedure.clone(), ..passport },
        proto::SheetSource { procedure, ..sheet("carte", "Carte d'identité", "La carte est gratuite.") },
        sheet("ecole", "Inscrire son enfant à l'école", "Apportez le **livret de famille**."),
    ]
}

on_both! {
    async fn a_question_in_everyday_french_finds_the_sheet_and_the_sentence(desk: Desk) {
        let mut desk = desk;
        desk.publish(arbitrary_sheets()).await;
        for q in ["ecoles", "Comment inscrire mes enfants à l’école ?", "INSCRIPTION ECOLE", "livret famile"] {
            let found = desk.search(q).await;
            assert_eq!(names(&found).first(), Some(&"ecole"), "{q}");
            assert_eq!(found[0].snippet, "Apportez le livret de famille.");
        }
        for q in ["", "de la", "xyzzyx"] {
            assert!(desk.search(q).await.is_empty(), "{q}");
        }
    }

    async fn suggestions_for_a_request_begin_with_its_procedures_sheets(desk: Desk) {
        let mut desk = desk;
        desk.publish(arbitrary_sheets()).await;
        let text = "Bonjour, je veux inscrire mon fils à l'école et refaire mon passeport".to_owned();
        let message = proto::SuggestRequest { authority: "valorme".to_owned(), text, procedure: "titre_rdv".to_owned(), limit: 3 };
        let suggested = desk.client.suggest(message).await.expect("suggestions").into_inner().sheets;
        assert_eq!(names(&suggested), ["passeport", "carte", "ecole"]);
    }

    async fn a_sheet_nobody_published_is_not_found_however_it_is_asked_for(desk: Desk) {
        let mut desk = desk;
        desk.publish(arbitrary_sheets()).await;
        let id = desk.search("passeport").await.remove(0).id;
        let asked = [("sht_00000000000000000000000000", ""), ("'; --", ""), (id.as_str(), "orvance")];
        for (id, authority) in asked {
            let message = proto::GetSheetRequest { id: id.to_owned(), authority: authority.to_owned(), ..proto::GetSheetRequest::default() };
            let status = desk.client.get_sheet(message).await.expect_err("not found");
            assert_eq!(Problem::from(&status).code, "GU-KNW-002", "{id}");
        }
        let message = proto::GetSheetRequest { id, ..proto::GetSheetRequest::default() };
        assert!(desk.client.get_sheet(message).await.is_ok());
    }
}
