//! The classifier as intake asks it, and what it learns.

use guichet_db::args;
use guichet_proto::knowledge::v1 as proto;
use guichet_rpc::status::Problem;

use crate::fixture::{Desk, sheet};
use crate::on_both;

const PROCEDURES: &[(&str, &str, &[&str])] = &[
    ("titre_rdv", "Rendez-vous carte d'identité, passeport", &["carte d'identité", "passeport"]),
    ("perisco", "Cantine et périscolaire", &["cantine", "garderie"]),
    ("voirie", "Signaler un problème de voirie", &["lampadaire", "trottoir", "nid-de-poule"]),
    ("question", "Question, demande non classée", &["question"]),
];

fn correction(text: &str, procedure: &str) -> proto::RecordFeedbackRequest {
    let (authority, text, procedure) = ("valorme".to_owned(), text.to_owned(), procedure.to_owned());
    proto::RecordFeedbackRequest { authority, text, procedure, ..proto::RecordFeedbackRequest::default() }
}

on_both! {
    async fn a_text_gets_a_procedure_with_its_reasons_and_a_vague_one_stays_below_the_threshold(desk: Desk) {
        let mut desk = desk;
        assert!(desk.classify("", "mon passeport est périmé").await.proposals.is_empty(), "no directory yet: triage");
        desk.publishes_directory(1, PROCEDURES).await;
        let answer = desk.classify("Passeport", "Bonjour, mon passeport est périmé").await;
        let best = &answer.proposals[0];
        assert!(best.procedure == "titre_rdv" && best.confidence >= answer.threshold, "{answer:?}");
        assert_eq!(best.reasons, ["le mot “Passeport”"]);
        let vague = desk.classify("Bonjour", "Pouvez-vous me rappeler ?").await;
        assert!(vague.proposals.iter().all(|proposal| proposal.confidence < vague.threshold), "{vague:?}");
    }

    async fn a_correction_is_learnt_and_kept_without_the_message(desk: Desk) {
        let mut desk = desk;
        desk.publishes_directory(1, PROCEDURES).await;
        let text = "Un hérisson est coincé dans la grille devant chez Madame Lavande, 12 rue Hoche";
        let unsure = |answer: &proto::ClassifyResponse| answer.proposals.iter().all(|best| best.confidence < answer.threshold);
        assert!(unsure(&desk.classify("", text).await));
        desk.client.record_feedback(correction(text, "voirie")).await.expect("learnt");
        let answer = desk.classify("", text).await;
        assert!(answer.proposals[0].procedure == "voirie" && !unsure(&answer), "{answer:?}");
        desk.client.record_feedback(correction(text, "perisco")).await.expect("corrected again");
        assert_eq!(desk.classify("", text).await.proposals[0].procedure, "perisco", "the last word wins");

        let rows = desk.db.fetch_all("SELECT stems FROM corrections", args![]).await.expect("reads");
        let stems: Vec<String> = rows.iter().map(|row| row.get("stems").expect("stems")).collect();
        assert_eq!(stems.len(), 1);
        assert!(!stems[0].contains("rue Hoche"), "{stems:?}");
    }

    async fn a_new_directory_replaces_the_procedures(desk: Desk) {
        let mut desk = desk;
        desk.publishes_directory(1, PROCEDURES).await;
        desk.publishes_directory(2, &[("velo", "Prêt de vélos", &["vélo"])]).await;
        let answer = desk.classify("", "mon passeport est périmé").await;
        assert!(answer.proposals.is_empty(), "{answer:?}");
    }

    async fn remarks_that_say_nothing_or_name_nothing_known_are_refused(desk: Desk) {
        let mut desk = desk;
        desk.publishes_directory(1, PROCEDURES).await;
        for (remark, code) in [(correction("texte", ""), "GU-KNW-001"), (correction("texte", "inconnue"), "GU-KNW-001")] {
            let status = desk.client.record_feedback(remark).await.expect_err("refused");
            assert_eq!(Problem::from(&status).code, code);
        }
    }

    async fn opinions_of_a_sheet_are_counted_by_version(desk: Desk) {
        let mut desk = desk;
        desk.publish(vec![sheet("bac", "Bac jaune", "Collecté le mardi.")]).await;
        let sheet_id = desk.search("bac").await.remove(0).id;
        for useful in [true, true, false] {
            let remark = proto::RecordFeedbackRequest { sheet_id: sheet_id.clone(), useful, ..proto::RecordFeedbackRequest::default() };
            desk.client.record_feedback(remark).await.expect("counted");
        }
        let row = desk.db.fetch_optional("SELECT useful, useless, version FROM opinions", args![]).await.expect("reads");
        let row = row.expect("one version");
        let counted: [i64; 3] = ["useful", "useless", "version"].map(|column| row.get(column).expect("a number"));
        assert_eq!(counted, [2, 1, 1]);
    }
}
