//! Every text rendered with samples, as a usager would read it.

use std::collections::BTreeMap;
use std::sync::Arc;

use guichet_core::Timestamp;
use guichet_core::work::{Outcome, ReplyThen, SilenceRule};

use super::*;
use crate::domain::gsm::SmsText;
use crate::domain::notice::{Ending, Facts, Medium, Notice};
use crate::domain::request::RequestView;
use crate::testing::arbitrary_directory;

const NOW: &str = "2026-11-23T21:41:00Z";

fn now() -> Timestamp {
    NOW.parse::<jiff::Timestamp>().expect("an instant").into()
}

fn town(code: &str, name: &str) -> Town {
    Town::new(Arc::new(arbitrary_directory(code, name)), Vec::new())
}

fn valorme() -> Town {
    town("valorme", "Ville de Valorme")
}

fn request(town: &Town) -> RequestView {
    let mut request = sample::request(town.authority().id, now());
    request.procedure = "acte".to_owned();
    request.department = "EC".to_owned();
    request
}

fn context() -> Context<'static> {
    Context { public_url: "", now: now() }
}

fn render(medium: Medium, facts: &Facts, request: &RequestView, town: &Town) -> Composed {
    compose(medium, facts, request, town, &Overrides::new(), &context())
}

#[test]
fn every_text_renders_with_the_number_and_a_telephone() {
    let town = valorme();
    let request = request(&town);
    for &notice in Notice::ALL {
        for &medium in Medium::ALL {
            let composed = render(medium, &sample::facts(notice, &request, now()), &request, &town);
            let place = format!("{notice} {medium}: {composed:?}");
            assert!(composed.text.contains("V7KM-4T9R") || composed.subject.contains("V7KM-4T9R"), "{place}");
            assert!(composed.text.contains("03 53 01 00 10"), "{place}");
            assert!(!composed.text.contains(['{', '}', '[']) && !composed.subject.contains(['{', '\n']), "{place}");
            assert!(!composed.text.contains("\n\n\n") && !composed.text.contains("  "), "{place}");
            assert_eq!(composed.html.is_empty(), medium == Medium::Sms, "{place}");
        }
    }
}

#[test]
fn every_sms_is_one_part_of_gsm7_whatever_the_towns_name() {
    for (code, name) in
        [("valorme", "Ville de Valorme"), ("orvance", "Val d'Orvance Agglomération"), ("ccas", "CCAS de Valorme")]
    {
        let town = town(code, name);
        let mut request = request(&town);
        request.subject = "Nœud papillon « çà » ✂".to_owned();
        for &notice in Notice::ALL {
            let composed = render(Medium::Sms, &sample::facts(notice, &request, now()), &request, &town);
            let sms = SmsText::new(&composed.text);
            assert!(sms.is_one_part(), "{notice}: {sms:?}");
            assert_eq!(sms.text, composed.text, "already transliterated");
            assert!(composed.text.starts_with(name), "{composed:?}");
            for personal in ["Odette", "Lavande", "ciseaux", "papillon", "acte", "tat civil"] {
                assert!(!composed.text.contains(personal), "{personal} in {composed:?}");
            }
        }
    }
}

#[test]
fn the_receipt_by_sms_reads_as_written() {
    let town = valorme();
    let request = request(&town);
    let composed = render(Medium::Sms, &sample::facts(Notice::ReceiptAck, &request, now()), &request, &town);
    assert_eq!(
        composed.text,
        "Ville de Valorme : votre demande V7KM-4T9R est enregistrée. Réponse prévue avant le 04/12/2026. \
         Suivi : valorme.example/suivi ou 03 53 01 00 10 (lun-sam)."
    );
}

#[test]
fn the_receipt_is_a_legal_object() {
    let town = valorme();
    let request = request(&town);
    let composed = render(Medium::Email, &sample::facts(Notice::ReceiptAck, &request, now()), &request, &town);
    assert_eq!(composed.subject, "Votre demande V7KM-4T9R est bien arrivée");
    let text = composed.text.replace('\u{a0}', " ");
    for expected in [
        "Bonjour Odette Lavande,",
        "Nous avons reçu votre demande « Copie d'acte d'état civil » le lundi 23 novembre 2026 à 22 h 41.",
        "Qui s'en occupe : État civil, Place de la Mairie 00400 Valorme, 03 53 01 00 11, etat-civil@valorme.example.",
        "Quand : vous aurez une réponse au plus tard le vendredi 4 décembre 2026.",
        "Sans réponse le samedi 23 janvier 2027, et si votre dossier est complet, la loi considère que votre demande est refusée.",
        "pour saisir le tribunal administratif d'Orvance (1 place du Palais, www.telerecours.fr).",
    ] {
        assert!(text.contains(expected), "{expected}\n---\n{text}");
    }
}

#[test]
fn silence_is_told_only_when_the_rule_and_the_date_are_known() {
    let town = valorme();
    let request = request(&town);
    let facts = |silence: Option<SilenceRule>, legal_due: Option<Timestamp>| Facts::Registered {
        department: "EC".to_owned(),
        procedure: Some("acte".to_owned()),
        received_at: now(),
        announced_due: None,
        legal_due,
        receipt_due: now(),
        silence,
    };
    for (rule, due, word) in [
        (Some(SilenceRule::Accept), Some(now()), Some("acceptée")),
        (Some(SilenceRule::Reject), Some(now()), Some("refusée")),
        (Some(SilenceRule::Reject), None, None),
        (Some(SilenceRule::None), Some(now()), None),
        (None, Some(now()), None),
    ] {
        let text = render(Medium::Email, &facts(rule, due), &request, &town).text;
        assert_eq!(text.contains("la loi considère"), word.is_some(), "{rule:?} {due:?}");
        assert!(word.is_none_or(|word| text.contains(word)));
        assert!(text.contains("nous vous répondrons dès que possible"), "no announced date, no promise");
    }
}

#[test]
fn an_answer_carries_the_agents_words_name_capacity_department_and_telephone() {
    let town = valorme();
    let request = request(&town);
    let composed = render(Medium::Email, &sample::facts(Notice::Answer, &request, now()), &request, &town);
    assert!(composed.text.contains("Vous pouvez le retirer au guichet"), "{}", composed.text);
    assert!(composed.text.contains("Aline Encre, agente d'accueil\nÉtat civil, 03 53 01 00 11"), "{}", composed.text);
    assert!(composed.text.contains("avant le mercredi 23 décembre 2026"), "{}", composed.text);
    assert!(!composed.text.contains("contester"));
}

#[test]
fn a_refusal_says_how_to_contest_it() {
    let town = valorme();
    let request = request(&town);
    let Facts::Reply { interaction_id, agent_id, posted_at, .. } = sample::facts(Notice::Answer, &request, now())
    else {
        unreachable!("an answer is a reply")
    };
    let outcome = Some(Outcome::Refused);
    let facts =
        Facts::Reply { interaction_id, agent_id, then: ReplyThen::Resolve, outcome, wait_until: None, posted_at };
    for medium in [Medium::Email, Medium::Letter] {
        let text = render(medium, &facts, &request, &town).text;
        assert!(text.contains("Vous pouvez contester cette décision dans les deux mois"), "{text}");
    }
}

#[test]
fn a_dismissal_always_tells_the_published_reason() {
    let town = valorme();
    let request = request(&town);
    let facts = Facts::Ended { ending: Ending::Dismissed { reason: "doublon".to_owned() } };
    let text = render(Medium::Letter, &facts, &request, &town).text;
    assert!(text.contains("Vous avez déjà fait cette demande."), "{text}");
}

#[test]
fn only_the_mail_carries_the_link_that_opens_the_thread() {
    let town = valorme();
    let mut request = request(&town);
    request.thread.link_token = "abc-123".to_owned();
    let facts = sample::facts(Notice::ReceiptAck, &request, now());
    let mail = render(Medium::Email, &facts, &request, &town);
    assert!(mail.text.contains("https://valorme.example/suivi?lien=abc-123"), "{}", mail.text);
    assert!(mail.html.contains(r#"<a href="https://valorme.example/suivi?lien=abc-123">valorme.example/suivi</a>"#));
    for medium in [Medium::Sms, Medium::Letter] {
        let other = render(medium, &facts, &request, &town);
        assert!(!other.text.contains("abc-123") && !other.html.contains("abc-123"));
    }
}

#[test]
fn what_a_usager_typed_is_data_everywhere() {
    let town = valorme();
    let mut request = request(&town);
    request.requester.name = "<b>Odette</b>\r\nBcc: tous@example.fr".to_owned();
    request.requester.postal_address = "<script>1</script>, 00400 Valorme".to_owned();
    request.messages[0].text = "{numero} <img src=x onerror=alert(1)>".to_owned();
    for medium in [Medium::Email, Medium::Letter] {
        let composed = render(medium, &sample::facts(Notice::Answer, &request, now()), &request, &town);
        assert!(
            !composed.html.contains("<script") && !composed.html.contains("<img") && !composed.html.contains("<b>")
        );
        assert!(composed.text.contains("{numero} <img"), "an agent's braces are not fields");
        assert!(!composed.subject.contains(['\r', '\n']));
    }
}

#[test]
fn an_authoritys_own_text_replaces_the_embedded_one() {
    let town = valorme();
    let request = request(&town);
    let own = Source {
        subject: "Retard {numero}".to_owned(),
        body: "Désolés : {nouvelle_date}. Tél. {telephone}".to_owned(),
    };
    let overrides = BTreeMap::from([((Notice::Delayed, Medium::Email, Language::French), own)]);
    let facts = sample::facts(Notice::Delayed, &request, now());
    let composed = compose(Medium::Email, &facts, &request, &town, &overrides, &context());
    assert_eq!(composed.subject, "Retard V7KM-4T9R");
    assert!(
        composed.text.starts_with("Désolés\u{a0}: vendredi 18 décembre 2026. Tél. 03 53 01 00 10"),
        "{}",
        composed.text
    );
}
