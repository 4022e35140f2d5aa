//! What people see.

use axum::http::{StatusCode, header};
use guichet_proto::{intake, knowledge, routing};

use crate::fake::{REQUEST, SECRET, WAITING, desk, town};

fn taking() -> crate::fake::Fake {
    town().on("/guichet.intake.v1.Intake/SubmitRequest", |_: intake::v1::SubmitRequestRequest| {
        Ok(intake::v1::SubmitRequestResponse {
            reference: "V7KM-4T9R".to_owned(),
            ..intake::v1::SubmitRequestResponse::default()
        })
    })
}

#[tokio::test]
async fn the_portal_shows_the_procedures_and_the_phone() {
    let gateway = town().start(|_| {});
    let page = gateway.get("/").await;
    assert_eq!(page.status, StatusCode::OK);
    for text in [
        "Copie d&#39;acte",
        "03 53 01 00 10",
        "/demande/acte?pour=valorme",
        "Réponse en 3 jours ouvrés",
        "lang=\"fr\"",
        "href=\"#contenu\"",
    ] {
        assert!(page.text.contains(text), "{text} in {}", page.text);
    }
}

#[tokio::test]
async fn a_form_with_mistakes_comes_back_with_what_was_typed() {
    let gateway = taking().start(|_| {});
    let page =
        gateway.post_form_as("", "/demande/acte?pour=valorme", "subject=Mon+acte&body=&name=Odette&email=awa%40").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.text);
    for text in [
        "value=\"Mon acte\"",
        "value=\"Odette\"",
        "value=\"awa@\"",
        "id=\"erreur-email\"",
        "id=\"erreur-body\"",
        "aria-invalid=\"true\"",
    ] {
        assert!(page.text.contains(text), "{text} in {}", page.text);
    }
    assert_eq!(gateway.count("/guichet.intake.v1.Intake/SubmitRequest"), 0);
}

#[tokio::test]
async fn a_good_form_leads_to_the_number_said_aloud() {
    let gateway = taking().start(|_| {});
    let sent = gateway
        .post_form_as("", "/demande/acte", "subject=Acte&body=Bonjour&name=Odette&phone=0353010099&key=k1")
        .await;
    assert_eq!(
        (sent.status, sent.header(header::LOCATION)),
        (StatusCode::SEE_OTHER, "/demande/merci?numero=V7KM-4T9R"),
        "{}",
        sent.text
    );
    let thanks = gateway.get("/demande/merci?numero=V7KM-4T9R").await;
    assert!(thanks.text.contains("V7KM-4T9R") && thanks.text.contains("V, 7, K, M, 4, T, 9, R"), "{}", thanks.text);
    let calls = gateway.calls.lock().expect("no panic");
    assert!(calls.iter().any(|call| call.contains("dedupe_key: \"k1\"")), "a form sent twice is one request");
}

#[tokio::test]
async fn a_form_sent_while_too_many_come_keeps_what_was_typed() {
    let gateway = taking().start(|config| config.rates.authority_submit_per_minute = 1);
    let form = "subject=Mon+acte&body=Bonjour&name=Odette&phone=0353010099";
    assert_eq!(gateway.post_form_as("", "/demande/acte", form).await.status, StatusCode::SEE_OTHER);
    let page = gateway.post_form_as("", "/demande/acte", form).await;
    assert_eq!((page.status, page.header(header::RETRY_AFTER)), (StatusCode::TOO_MANY_REQUESTS, "60"), "{}", page.text);
    for text in ["attendez une minute", "value=\"Mon acte\"", "value=\"Odette\"", "value=\"0353010099\""] {
        assert!(page.text.contains(text), "{text} in {}", page.text);
    }
    let json = r#"{"authority": "valorme", "procedure": "acte", "subject": "Acte", "body": "Bonjour", "requester": {"name": "Odette"}}"#;
    let told = gateway.post_json("/api/v1/requests", json).await;
    assert_eq!(told.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(told.text.contains("GU-GTW-044"), "{}", told.text);
    let signed_in = gateway.post_json_as(&gateway.sign_in().await, "/api/v1/requests", json).await;
    assert_ne!(signed_in.status, StatusCode::TOO_MANY_REQUESTS, "who is signed in is not counted");
}

#[tokio::test]
async fn following_a_number_says_what_comes_next_and_before_when() {
    let gateway = town().start(|_| {});
    let page = gateway.get("/suivi?numero=v7km+4t9r").await;
    for text in ["En cours de traitement – service État civil", "Prochaine étape", "Avant le", "26\u{a0}novembre 2026"]
    {
        assert!(page.text.contains(text), "{text} in {}", page.text);
    }
    let unknown = gateway.get("/suivi?numero=AAAA-BBBB").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert!(
        unknown.text.contains("Nous ne trouvons pas de demande avec ce numéro")
            && unknown.text.contains("value=\"AAAA-BBBB\"")
    );
}

/// The town, where routing knows enough to say when a request will be taken.
fn expecting() -> crate::fake::Fake {
    town().on("/guichet.routing.v1.Queue/GetForecast", |asked: routing::v1::GetForecastRequest| {
        assert_eq!(asked.request_id, REQUEST);
        let (from, to) = (crate::fake::NOW + 600_000, crate::fake::NOW + 1_200_000);
        let expected = routing::v1::Expected {
            from,
            to,
            shape: routing::v1::ExpectedShape::Minutes.into(),
            low_minutes: 10,
            high_minutes: 20,
            words: "dans 10 à 20 minutes".to_owned(),
            sentence: "À titre indicatif, un agent devrait s'en occuper dans 10 à 20 minutes.".to_owned(),
        };
        Ok(routing::v1::GetForecastResponse { expected: Some(expected) })
    })
}

#[tokio::test]
async fn who_waits_is_told_when_an_agent_should_see_to_it_and_who_does_not_wait_is_told_nothing() {
    let gateway = expecting().start(|_| {});
    let page = gateway.get(&format!("/suivi?numero={WAITING}")).await;
    assert!(page.text.contains("dans 10 à 20 minutes") && page.text.contains("Avant le"), "{}", page.text);
    let tracked = gateway.get(&format!("/api/v1/track/{WAITING}")).await.json();
    assert_eq!(tracked["expected"]["from"], "2026-11-23T08:40:00Z", "{tracked}");
    assert_eq!(tracked["expected"]["to"], "2026-11-23T08:50:00Z", "{tracked}");
    let taken = gateway.get("/api/v1/track/V7KM-4T9R").await.json();
    assert!(taken["expected"].is_null(), "{taken}");
}

#[tokio::test]
async fn nothing_is_said_of_the_wait_when_routing_does_not_say() {
    let gateway = town().start(|_| {});
    let page = gateway.get(&format!("/suivi?numero={WAITING}")).await;
    assert!(page.status == StatusCode::OK && !page.text.contains("titre indicatif"), "{}", page.text);
    assert!(gateway.get(&format!("/api/v1/track/{WAITING}")).await.json()["expected"].is_null());
}

#[tokio::test]
async fn a_signed_link_opens_the_thread_without_the_notes() {
    let gateway = town().start(|_| {});
    let page = gateway.get("/suivi?lien=good").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(
        page.text.contains("Bonjour, il me faut un acte.") && !page.text.contains("Vérifier son identité"),
        "{}",
        page.text
    );
    assert!(!page.text.contains("<script>alert"), "what a usager wrote is text");
    let dead = gateway.get("/suivi?lien=other").await;
    assert_eq!(dead.status, StatusCode::NOT_FOUND);
    assert!(
        dead.header(header::CONTENT_TYPE).starts_with("text/html") && dead.text.contains("Ce lien n’est plus valable"),
        "{}",
        dead.text
    );
}

#[tokio::test]
async fn the_desk_shows_why_me_and_hides_what_is_kept_for_others() {
    let gateway = desk().start(|_| {});
    let cookie = gateway.sign_in().await;
    let page = gateway.get_as(&cookie, "/agent").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    for text in [
        "Pourquoi moi\u{a0}?",
        "Vous avez État civil niveau 3.",
        "Prendre",
        "Passer",
        "Je suis au guichet",
        "Aline Encre",
        "habilitation SOCIAL",
    ] {
        assert!(page.text.contains(text), "{text} in {}", page.text);
    }
    assert!(!page.text.contains("Secours exceptionnel"), "{}", page.text);
}

#[tokio::test]
async fn the_request_page_has_the_desks_own_words() {
    let gateway = desk().start(|_| {});
    let cookie = gateway.sign_in().await;
    let page = gateway.get_as(&cookie, "/agent/demandes/V7KM-4T9R").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    for text in [
        "Répondre",
        "Répondre et terminer",
        "Demander une pièce",
        "Note interne (jamais montrée à l’usager)",
        "Confier au service",
        "Identité non vérifiée\u{a0}: ne donnez aucune information du dossier",
        "Vérifier son identité.",
        "Annoncée",
        "Légale",
        "Interne",
        "Proposée à Aline Encre.",
    ] {
        assert!(page.text.contains(text), "{text} in {}", page.text);
    }
    let kept = gateway.get_as(&cookie, &format!("/agent/demandes/{SECRET}")).await;
    assert!(
        kept.text.contains("vous voyez qu’une demande existe, pas son contenu") && !kept.text.contains("Bonjour"),
        "{}",
        kept.text
    );
}

#[tokio::test]
async fn a_refused_reply_keeps_the_draft() {
    let gateway = desk()
        .on("/guichet.intake.v1.Intake/PostReply", |_: intake::v1::PostReplyRequest| {
            Err::<intake::v1::PostReplyResponse, _>(crate::fake::refuse(guichet_core::ErrorKind::Conflict))
        })
        .start(|_| {});
    let cookie = gateway.sign_in().await;
    let page = gateway.get_as(&cookie, "/agent/demandes/V7KM-4T9R").await;
    let token = page.form_token();
    let form = format!("token={token}&body=Un+long+brouillon&then=resolve&outcome=done");
    let answer = gateway.post_form_as(&cookie, &format!("/agent/demandes/{REQUEST}/repondre"), &form).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text);
    assert!(
        answer.text.contains("Un long brouillon") && answer.text.contains("La situation a changé"),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn a_message_that_cannot_be_kept_at_that_moment_comes_back_as_it_was_typed() {
    for (kind, status) in [
        (guichet_core::ErrorKind::Unavailable, StatusCode::SERVICE_UNAVAILABLE),
        (guichet_core::ErrorKind::OutOfSpace, StatusCode::INSUFFICIENT_STORAGE),
    ] {
        let gateway = town()
            .on("/guichet.intake.v1.Intake/AppendInteraction", move |_: intake::v1::AppendInteractionRequest| {
                Err::<intake::v1::AppendInteractionResponse, _>(crate::fake::refuse(kind))
            })
            .start(|_| {});
        let page = gateway.post_form_as("", "/suivi/message?lien=good", "body=Un+long+message&key=k1").await;
        assert_eq!((page.status, page.header(header::RETRY_AFTER)), (status, "60"), "{}", page.text);
        for text in ["Un long message", "value=\"k1\"", "Bonjour, il me faut un acte.", "recommencez"] {
            assert!(page.text.contains(text), "{text} in {}", page.text);
        }
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_kept_at_that_moment_comes_back_as_it_was_chosen() {
    let gateway = desk()
        .on("/guichet.intake.v1.Intake/PostReply", |_: intake::v1::PostReplyRequest| {
            Err::<intake::v1::PostReplyResponse, _>(crate::fake::refuse(guichet_core::ErrorKind::Unavailable))
        })
        .start(|_| {});
    let cookie = gateway.sign_in().await;
    let page = gateway.get_as(&cookie, "/agent/demandes/V7KM-4T9R").await;
    let token = page.form_token();
    let form = format!("token={token}&key=k1&body=Un+long+brouillon&then=wait&outcome=done&until=2026-12-24");
    let answer = gateway.post_form_as(&cookie, &format!("/agent/demandes/{REQUEST}/repondre"), &form).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.text);
    for text in [
        "Un long brouillon",
        "name=\"key\" value=\"k1\"",
        "value=\"note-k1\"",
        "value=\"done\" selected",
        "type=\"date\" value=\"2026-12-24\"",
    ] {
        assert!(answer.text.contains(text), "{text} in {}", answer.text);
    }
}

#[tokio::test]
async fn a_call_answered_on_the_spot_is_recorded_and_makes_no_request() {
    let gateway = desk()
        .on("/guichet.intake.v1.Intake/RecordCall", |asked: intake::v1::RecordCallRequest| {
            assert!(asked.answered && asked.agent_id == crate::fake::ALINE);
            assert!(!asked.subject.is_empty(), "two clicks are enough: the procedure says what it was about");
            Ok(intake::v1::RecordCallResponse {
                interaction_id: "int_9".to_owned(),
                ..intake::v1::RecordCallResponse::default()
            })
        })
        .start(|_| {});
    let cookie = gateway.sign_in().await;
    let page = gateway.get_as(&cookie, "/agent/appel").await;
    assert!(page.text.contains("C’est répondu sur place"), "{}", page.text);
    let token = page.form_token();
    let form =
        format!("token={token}&channel=phone&name=Odette&procedure=valorme%2Facte&outcome=informed&action=answered");
    let answer = gateway.post_form_as(&cookie, "/agent/appel", &form).await;
    assert_eq!(
        (answer.status, answer.header(header::LOCATION)),
        (StatusCode::SEE_OTHER, "/agent?fait=contact"),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn an_empty_message_is_refused_beside_its_field() {
    let gateway = town().start(|_| {});
    let answer = gateway.post_form_as("", "/suivi/message?lien=good", "body=&key=k1").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text);
    for text in ["id=\"erreur-body\"", "Bonjour, il me faut un acte.", "Ce champ est obligatoire."] {
        assert!(answer.text.contains(text), "{text} in {}", answer.text);
    }
}

#[tokio::test]
async fn an_action_on_what_has_changed_says_so_and_leads_back_to_the_request() {
    let gateway = desk()
        .on("/guichet.routing.v1.Work/Start", |_: routing::v1::StartRequest| {
            Err::<routing::v1::StartResponse, _>(crate::fake::refuse(guichet_core::ErrorKind::Conflict))
        })
        .start(|_| {});
    let cookie = gateway.sign_in().await;
    let page = gateway.get_as(&cookie, "/agent/demandes/V7KM-4T9R").await;
    let token = page.form_token();
    let form = format!("token={token}&version=1");
    let answer = gateway.post_form_as(&cookie, "/agent/demandes/V7KM-4T9R/action/start", &form).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.text);
    assert!(
        answer.text.contains("La situation a changé") && answer.text.contains("href=\"/agent/demandes/V7KM-4T9R\""),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn an_offer_taken_is_begun_and_opened() {
    let gateway = desk()
        .on("/guichet.routing.v1.Offers/Accept", |_: routing::v1::AcceptOfferRequest| {
            let work = routing::v1::WorkItem {
                request_id: REQUEST.to_owned(),
                version: 5,
                ..routing::v1::WorkItem::default()
            };
            Ok(routing::v1::AcceptOfferResponse { work: Some(work) })
        })
        .on("/guichet.routing.v1.Work/Start", |asked: routing::v1::StartRequest| {
            assert_eq!(asked.command.as_ref().map(|command| command.version), Some(5));
            Ok(routing::v1::StartResponse { work: Some(routing::v1::WorkItem::default()) })
        })
        .start(|_| {});
    let cookie = gateway.sign_in().await;
    let page = gateway.get_as(&cookie, "/agent").await;
    let token = page.form_token();
    let answer = gateway.post_form_as(&cookie, "/agent/propositions/off_1/accepter", &format!("token={token}")).await;
    assert_eq!(answer.header(header::LOCATION), format!("/agent/demandes/{REQUEST}?fait=taken"), "{}", answer.text);
    assert_eq!(gateway.count("/guichet.routing.v1.Work/Start"), 1);
}

#[tokio::test]
async fn a_sheet_is_shown_and_nothing_in_it_runs() {
    let gateway = town()
        .on("/guichet.knowledge.v1.Knowledge/GetSheet", |_: knowledge::v1::GetSheetRequest| {
            let summary = knowledge::v1::SheetSummary {
                title: "Acte".to_owned(),
                procedure: "acte".to_owned(),
                version: 2,
                ..Default::default()
            };
            let markdown = "## Pièces\n\n<script>alert(1)</script>".to_owned();
            let sheet = knowledge::v1::Sheet {
                summary: Some(summary),
                markdown,
                authority: "valorme".to_owned(),
                published_at: 0,
            };
            Ok(knowledge::v1::GetSheetResponse { sheet: Some(sheet) })
        })
        .start(|_| {});
    let page = gateway.get("/fiches/sht_1").await;
    assert!(page.text.contains("<h2>Pièces</h2>") && !page.text.contains("<script"), "{}", page.text);
    assert!(page.text.contains("/demande/acte?pour=valorme"), "{}", page.text);
}

#[tokio::test]
async fn the_demo_mailbox_shows_messages_in_a_sandbox_and_only_on_a_demo() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir_all(folder.path().join("mail")).expect("a folder");
    let mail = "From: guichet@valorme.example\r\nTo: odette@example.fr\r\nSubject: =?utf-8?q?Re=C3=A7u?=\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Bonjour</p>";
    std::fs::write(folder.path().join("mail/one.eml"), mail).expect("a file");
    std::fs::write(folder.path().join("secret.eml"), "Subject: secret\r\n\r\n").expect("a file");
    let gateway = town().start(|config| config.outbox_dir = Some(folder.path().to_owned()));
    let list = gateway.get("/courrier").await;
    assert!(list.text.contains("Reçu") && list.text.contains("odette@example.fr"), "{}", list.text);
    let html = gateway.get("/courrier/one.eml/html").await;
    assert!(html.header(header::CONTENT_SECURITY_POLICY).starts_with("sandbox; default-src 'none'"));
    assert_eq!(gateway.get("/courrier/..%2Fsecret.eml").await.status, StatusCode::NOT_FOUND);
    assert_eq!(town().start(|_| {}).get("/courrier").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_unknown_page_says_so_in_french_with_the_phone() {
    let gateway = town().start(|_| {});
    let page = gateway.get("/rien").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.header(header::CONTENT_TYPE).starts_with("text/html"));
    assert!(page.text.contains("Introuvable") && page.text.contains("03 53 01 00 10"), "{}", page.text);
}

#[tokio::test]
async fn the_style_sheet_is_kept_by_browsers_and_named_by_its_content() {
    let gateway = town().start(|_| {});
    let page = gateway.get("/").await;
    let address = page
        .text
        .split("rel=\"stylesheet\" href=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("a style sheet");
    let style = gateway.get(address).await;
    assert_eq!(style.status, StatusCode::OK);
    assert!(style.header(header::CACHE_CONTROL).contains("immutable") && !style.header(header::ETAG).is_empty());
}

fn supervised() -> crate::fake::Fake {
    desk()
        .on("/guichet.routing.v1.Queue/GetOverview", |_: routing::v1::GetOverviewRequest| {
            let count = |figure: routing::v1::Figure| routing::v1::FigureCount { figure: figure.into(), count: 2 };
            let line = |authority: &str| routing::v1::DepartmentFigures {
                authority: authority.to_owned(),
                department: "EC".to_owned(),
                counts: vec![count(routing::v1::Figure::Open), count(routing::v1::Figure::Unroutable)],
                oldest_waiting_at: crate::fake::NOW - 7_200_000,
                forecasts: vec![routing::v1::DepartmentForecast {
                    level: 2,
                    live: true,
                    words: "dans 10 à 20 minutes".to_owned(),
                }],
            };
            let departments = vec![line("valorme"), line("elsewhere")];
            let away = routing::v1::MissingNeed {
                authority: "valorme".to_owned(),
                words: "funéraire niveau 3".to_owned(),
                count: 1,
                away: true,
                skill: "FUN".to_owned(),
                level: 3,
                holders: Vec::new(),
            };
            let (at, missing) = (crate::fake::NOW, vec![away]);
            Ok(routing::v1::GetOverviewResponse { at, departments, missing, ..Default::default() })
        })
        .on("/guichet.routing.v1.Queue/ListOpen", |asked: routing::v1::ListOpenRequest| {
            let ids = if asked.figure() == routing::v1::Figure::Late { vec![] } else { vec![REQUEST, SECRET] };
            let entry = |id: &str| routing::v1::OpenEntry { request_id: id.to_owned(), assignee_id: String::new() };
            let entries = ids.into_iter().map(entry).collect();
            Ok(routing::v1::ListOpenResponse { entries, next_cursor: "50".to_owned() })
        })
        .on("/guichet.routing.v1.Presence/List", |_: routing::v1::ListPresenceRequest| {
            let aline = routing::v1::AgentPresence {
                name: "Aline Encre".to_owned(),
                state: routing::v1::PresenceState::Counter.into(),
                load: 2,
                capacity: 4,
                ..routing::v1::AgentPresence::default()
            };
            Ok(routing::v1::ListPresenceResponse { agents: vec![aline] })
        })
}

#[tokio::test]
async fn a_supervisor_sees_figures_that_open_their_lists_and_an_agent_does_not() {
    let gateway = supervised().start(|_| {});
    let cookie = gateway.sign_in_as("leon.virgule").await;
    let page = gateway.get_as(&cookie, "/pilotage").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    for text in [
        "<strong>2</strong> <span>ouvertes</span>",
        "href=\"/pilotage/demandes?chiffre=unroutable&#38;collectivite=valorme&#38;service=EC\" class=\"overdue\"",
        "Personne dans l’annuaire ne peut traiter certaines demandes.",
        "Aline Encre",
        "au guichet",
        "2 / 4",
        "niveau 2, au téléphone ou au guichet\u{a0}: dans 10 à 20 minutes",
    ] {
        assert!(page.text.contains(text), "{text} in {}", page.text);
    }
    assert!(!page.text.contains("elsewhere"), "another authority's figures are not hers");
    let cookie = gateway.sign_in().await;
    assert_eq!(gateway.get_as(&cookie, "/pilotage").await.status, StatusCode::FORBIDDEN);
    assert!(!gateway.get_as(&cookie, "/agent").await.text.contains("/pilotage"));
}

#[tokio::test]
async fn the_alarm_of_supervision_leads_to_the_day_without_whoever_left() {
    let fake = supervised().on("/guichet.routing.v1.Queue/Simulate", |asked: routing::v1::SimulateRequest| {
        assert_eq!((asked.authority.as_str(), asked.advise_skill.as_str(), asked.advise_level), ("valorme", "FUN", 3));
        let waits = |department: &str, p90_seconds| routing::v1::SimulatedWaits {
            department: department.to_owned(),
            count: 9,
            p50_seconds: 30.0,
            p90_seconds,
        };
        let before = routing::v1::SimulatedDay {
            waits: Some(waits("", 600.0)),
            departments: vec![waits("EC", 7_500.0)],
            within_target: 0.8,
            ..Default::default()
        };
        let sentences = vec!["9 demandes ; la moitié attend moins de 30 s.".to_owned()];
        Ok(routing::v1::SimulateResponse { before: Some(before), sentences, ..Default::default() })
    });
    let gateway = fake.start(|_| {});
    let cookie = gateway.sign_in_as("leon.virgule").await;
    let page = gateway.get_as(&cookie, "/pilotage").await;
    assert!(page.text.contains("Aucun agent disponible pour\u{a0}: funéraire niveau 3"), "{}", page.text);
    let address = "/pilotage/simulation?collectivite=valorme&essai=rien&competence=FUN&niveau=3";
    assert!(page.text.contains(&address.replace('&', "&#38;")), "{}", page.text);
    let day = gateway.get_as(&cookie, address).await;
    assert_eq!(day.status, StatusCode::OK, "{}", day.text);
    for text in ["9 demandes\u{a0}; la moitié", "2\u{a0}h\u{a0}05", "width=\"230\"", "80\u{a0}%", "Qui former\u{a0}?"]
    {
        assert!(day.text.contains(text), "{text} in {}", day.text);
    }
    assert!(!day.text.contains(" style="), "the policy of the pages refuses styles in them");
    let elsewhere = gateway.get_as(&cookie, "/pilotage/simulation?collectivite=elsewhere&essai=rien").await;
    assert_eq!(elsewhere.status, StatusCode::NOT_FOUND);
    let cookie = gateway.sign_in().await;
    assert_eq!(gateway.get_as(&cookie, "/pilotage/simulation").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_list_of_supervision_shows_what_may_be_seen_and_leads_on() {
    let gateway = supervised().start(|_| {});
    let cookie = gateway.sign_in_as("leon.virgule").await;
    let page = gateway.get_as(&cookie, "/pilotage/demandes?chiffre=open&collectivite=valorme&service=EC").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    for text in ["Demandes ouvertes", "V7KM-4T9R", "&#60;script&#62;", "suite=50"] {
        assert!(page.text.contains(text), "{text} in {}", page.text);
    }
    assert!(!page.text.contains("Odette Lavande"), "who asks is told on the request's own page");
    let empty = gateway.get_as(&cookie, "/pilotage/demandes?chiffre=late").await;
    assert!(empty.text.contains("Aucune demande dans cette liste."), "{}", empty.text);
    assert_eq!(gateway.get_as(&cookie, "/pilotage/demandes?chiffre=autre").await.status, StatusCode::NOT_FOUND);
}
