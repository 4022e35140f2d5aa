//! The REST nouns.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use guichet_core::ErrorKind;
use guichet_proto::{intake, knowledge, notification, routing};

use crate::fake::{ADMIN, REQUEST, SECRET, desk, refuse, town};

const GOOD: &str = r#"{"authority": "valorme", "procedure": "acte", "subject": "Acte", "body": "Bonjour",
    "requester": {"name": "Odette Lavande", "phone": "03 53 01 00 99"}}"#;

fn taking(fake: crate::fake::Fake) -> crate::fake::Fake {
    fake.on("/guichet.intake.v1.Intake/SubmitRequest", |asked: intake::v1::SubmitRequestRequest| {
        if asked.dedupe_key == "used for another" {
            return Err(refuse(ErrorKind::InvalidInput));
        }
        Ok(intake::v1::SubmitRequestResponse {
            id: REQUEST.to_owned(),
            reference: "V7KM-4T9R".to_owned(),
            received_at: 1_795_422_600_000,
            ..intake::v1::SubmitRequestResponse::default()
        })
    })
}

#[tokio::test]
async fn a_submission_becomes_a_request_with_its_number() {
    let gateway = taking(town()).start(|_| {});
    let answer = gateway.post_json("/api/v1/requests", GOOD).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    assert_eq!(answer.header(header::LOCATION), format!("/api/v1/requests/{REQUEST}"));
    let body = answer.json();
    assert_eq!(body["reference"], "V7KM-4T9R");
    assert_eq!((&body["state"], &body["department"]), (&"received".into(), &"EC".into()));
    assert_eq!(body["received_at"], "2026-11-23T08:30:00Z");
}

#[tokio::test]
async fn each_wrong_field_is_named() {
    let gateway = taking(town()).start(|_| {});
    let answer = gateway.post_json("/api/v1/requests", r#"{"requester": {"email": "awa@", "phone": "12"}}"#).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.header(header::CONTENT_TYPE), "application/problem+json");
    let problem = answer.json();
    let pointers: Vec<&str> =
        problem["errors"].as_array().expect("errors").iter().filter_map(|error| error["pointer"].as_str()).collect();
    for pointer in ["/authority", "/subject", "/body", "/requester/name", "/requester/email", "/requester/phone"] {
        assert!(pointers.contains(&pointer), "{pointer} in {pointers:?}");
    }
    assert_eq!(gateway.count("/guichet.intake.v1.Intake/SubmitRequest"), 0, "nothing half-written");
}

#[tokio::test]
async fn an_unknown_field_and_a_broken_text_are_refused_with_their_place() {
    let gateway = taking(town()).start(|_| {});
    let unknown = gateway.post_json("/api/v1/requests", r#"{"authority": "valorme", "role": "admin"}"#).await;
    assert_eq!(
        (unknown.status, unknown.json()["errors"][0]["pointer"].clone()),
        (StatusCode::BAD_REQUEST, "/role".into())
    );
    let broken = gateway.post_json("/api/v1/requests", "{\"authority\": ").await;
    assert_eq!(broken.status, StatusCode::BAD_REQUEST);
    assert!(broken.json()["errors"][0]["detail"].as_str().is_some_and(|detail| detail.contains("JSON")));
}

#[tokio::test]
async fn every_failure_of_the_api_is_a_problem_in_french() {
    let gateway = taking(town()).start(|config| config.form_bytes_max = 2_000);
    let wrong_type = Request::post("/api/v1/requests").header(header::CONTENT_TYPE, "text/csv").body(Body::from("a;b"));
    let large = Request::post("/api/v1/requests").header(header::CONTENT_TYPE, "multipart/form-data; boundary=x").body(
        Body::from(format!(
            "--x\r\nContent-Disposition: form-data; name=\"body\"\r\n\r\n{}\r\n--x--\r\n",
            "a".repeat(5_000)
        )),
    );
    let removed = Request::delete("/api/v1/requests").body(Body::empty());
    let answers = [
        (gateway.get("/api/v1/nothing").await, 404),
        (gateway.send(removed.expect("a request")).await, 405),
        (gateway.send(wrong_type.expect("a request")).await, 415),
        (gateway.send(large.expect("a request")).await, 413),
        (gateway.get("/api/v1/requests").await, 401),
        (gateway.get("/api/v1/offers").await, 401),
    ];
    for (answer, status) in answers {
        assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
        assert_eq!(answer.header(header::CONTENT_TYPE), "application/problem+json", "{status}");
        let problem = answer.json();
        assert_eq!(problem["status"], status);
        for member in ["type", "title", "detail", "code"] {
            assert!(
                problem[member].as_str().is_some_and(|text| !text.is_empty() && !text.contains("Unknown")),
                "{member} of {problem}"
            );
        }
    }
}

#[tokio::test]
async fn a_key_used_for_another_content_is_unprocessable() {
    let gateway = taking(town()).start(|_| {});
    let request = Request::post("/api/v1/requests")
        .header(header::CONTENT_TYPE, "application/json")
        .header("idempotency-key", "used for another")
        .body(Body::from(GOOD));
    let answer = gateway.send(request.expect("a request")).await;
    assert_eq!((answer.status.as_u16(), answer.json()["code"].clone()), (422, "GU-TST-001".into()));
}

#[tokio::test]
async fn a_file_reaches_intake_whole_and_is_named_by_the_submission() {
    let gateway = taking(town())
        .on_stream("/guichet.intake.v1.Intake/UploadAttachment", |parts: Vec<intake::v1::UploadAttachmentRequest>| {
            let size: usize = parts.iter().map(|part| part.chunk.len()).sum();
            let attachment = intake::v1::AttachmentRef {
                sha256: "ab".repeat(32),
                file_name: parts[0].file_name.clone(),
                media_type: parts[0].media_type.clone(),
                size: size as u64,
            };
            assert_eq!(parts[0].authority, "valorme");
            Ok(intake::v1::UploadAttachmentResponse { attachment: Some(attachment) })
        })
        .start(|_| {});
    let mut body = Vec::new();
    for (name, value) in [("authority", "valorme"), ("subject", "Plan"), ("body", "Voici"), ("name", "Rémi Potager")] {
        body.extend(format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").into_bytes());
    }
    let head = "--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"../été.pdf\"\r\nContent-Type: application/pdf\r\n\r\n";
    body.extend(head.as_bytes());
    body.extend(vec![b'p'; 300_000]);
    body.extend(b"\r\n--x--\r\n");
    let request = Request::post("/api/v1/requests")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
        .body(Body::from(body));
    let answer = gateway.send(request.expect("a request")).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    let calls = gateway.calls.lock().expect("no panic");
    let submitted = calls.iter().find(|call| call.contains("SubmitRequest ")).expect("a submission");
    assert!(submitted.contains("size: 300000") && submitted.contains("file_name: \"été.pdf\""), "{submitted}");
}

#[tokio::test]
async fn a_number_shows_state_dates_and_department_and_nothing_between_agents() {
    let gateway = town().start(|_| {});
    let answer = gateway.get("/api/v1/track/v7km4t9r").await;
    let body = answer.json();
    assert_eq!((answer.status, &body["state"]), (StatusCode::OK, &"in_progress".into()));
    assert_eq!(body["department"]["name"], "État civil");
    assert!(body["label"].as_str().is_some_and(|label| label.contains("En cours de traitement")));
    assert!(!answer.text.contains("Odette") && !answer.text.contains("escalated"), "{}", answer.text);
}

#[tokio::test]
async fn an_unknown_number_gets_one_answer_at_one_cost_and_the_eleventh_try_waits() {
    let gateway = town().start(|_| {});
    let unknown = gateway.get("/api/v1/track/AAAA-BBBB").await;
    let impossible = gateway.get("/api/v1/track/nonsense-0000000").await;
    assert_eq!((unknown.status, &unknown.text), (StatusCode::NOT_FOUND, &impossible.text));
    assert!(unknown.text.contains("03 53 01 00 10"), "{}", unknown.text);
    assert_eq!(gateway.count("/guichet.intake.v1.Intake/Track"), 2, "both are looked up");
    for _ in 0..8 {
        gateway.get("/api/v1/track/AAAA-BBBB").await;
    }
    let eleventh = gateway.get("/api/v1/track/V7KM-4T9R").await;
    assert_eq!((eleventh.status, eleventh.header(header::RETRY_AFTER)), (StatusCode::TOO_MANY_REQUESTS, "60"));
}

#[tokio::test]
async fn a_stale_version_is_a_conflict() {
    let gateway = town()
        .on("/guichet.routing.v1.Work/Escalate", |_: routing::v1::EscalateRequest| {
            Err::<routing::v1::EscalateResponse, _>(refuse(ErrorKind::Conflict))
        })
        .start(|_| {});
    let cookie = gateway.sign_in().await;
    let path = format!("/api/v1/requests/{REQUEST}/escalate");
    let answer = gateway.post_json_as(&cookie, &path, r#"{"version": 3, "department": "EC"}"#).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.text);
    let unversioned = gateway.post_json_as(&cookie, &path, r#"{"department": "EC"}"#).await;
    assert_eq!(unversioned.json()["errors"][0]["pointer"], "/version");
}

#[tokio::test]
async fn a_request_kept_for_others_shows_that_it_exists_and_nothing_more() {
    let gateway = desk().start(|_| {});
    let cookie = gateway.sign_in().await;
    let answer = gateway.get_as(&cookie, &format!("/api/v1/requests/{SECRET}")).await;
    assert_eq!(
        (answer.status, answer.json()["access"].clone()),
        (StatusCode::OK, "existence".into()),
        "{}",
        answer.text
    );
    assert!(
        !answer.text.contains("Secours") && !answer.text.contains("Odette") && !answer.text.contains("Bonjour"),
        "{}",
        answer.text
    );
    let list = gateway.get_as(&cookie, "/api/v1/requests").await;
    assert!(list.text.contains("W8NP-5UAS") && !list.text.contains("Secours"), "{}", list.text);
    let reply = gateway
        .post_json_as(&cookie, &format!("/api/v1/requests/{SECRET}/interactions"), r#"{"kind": "reply", "body": "x"}"#)
        .await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN, "{}", reply.text);
}

#[tokio::test]
async fn the_operator_publishes_a_directory_with_its_texts_and_sheets() {
    let gateway = town()
        .on("/guichet.routing.v1.Directory/Publish", |_: routing::v1::PublishRequest| {
            Ok(routing::v1::PublishResponse { versions: vec![1] })
        })
        .on("/guichet.notification.v1.Notification/PutTemplates", |_: notification::v1::PutTemplatesRequest| {
            Ok(notification::v1::PutTemplatesResponse {})
        })
        .on("/guichet.knowledge.v1.Knowledge/PublishSheets", |asked: knowledge::v1::PublishSheetsRequest| {
            let created = asked.sheets.len() as u32;
            Ok(knowledge::v1::PublishSheetsResponse { created, ..knowledge::v1::PublishSheetsResponse::default() })
        })
        .start(|_| {});
    let body = r#"{"directories": [{"authority": {"code": "valorme"}}],
        "texts": {"valorme": [{"name": "answer", "medium": "email", "subject": "Réponse", "body": "Bonjour"}]},
        "sheets": {"valorme": [{"external_id": "acte", "title": "Acte", "markdown": "Texte"}]}}"#;
    let put = |token: &str| {
        let request = Request::put("/api/v1/directory")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(Body::from(body));
        request.expect("a request")
    };
    let answer = gateway.send(put(ADMIN)).await;
    assert_eq!(
        (answer.status, answer.json()["sheets"]["created"].clone()),
        (StatusCode::OK, 1.into()),
        "{}",
        answer.text
    );
    assert_eq!(gateway.send(put("another-token")).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_document_lists_every_address_of_the_design() {
    let gateway = town().start(|_| {});
    let document = gateway.get("/api/openapi.json").await.json();
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")), "{}", document["openapi"]);
    for (method, path) in [
        ("post", "/requests"),
        ("get", "/requests"),
        ("get", "/requests/{id}"),
        ("post", "/requests/{id}/interactions"),
        ("post", "/requests/{id}/{command}"),
        ("post", "/requests/{id}/classify"),
        ("get", "/requests/{id}/decisions"),
        ("get", "/requests/{id}/explain"),
        ("get", "/requests/{id}/deliveries"),
        ("get", "/offers"),
        ("post", "/offers/{id}/accept"),
        ("post", "/offers/{id}/decline"),
        ("get", "/track/{reference}"),
        ("post", "/calls"),
        ("post", "/session"),
        ("delete", "/session"),
        ("post", "/mail"),
        ("put", "/agents/me/presence"),
        ("get", "/queue"),
        ("get", "/knowledge/search"),
        ("get", "/status"),
        ("get", "/replay"),
        ("post", "/simulation"),
        ("put", "/directory"),
        ("get", "/directory"),
    ] {
        assert!(document["paths"][format!("/api/v1{path}")][method].is_object(), "{method} {path}");
    }
}

#[tokio::test]
async fn a_message_from_the_pipe_is_told_what_became_of_it() {
    let gateway = town()
        .on_stream("/guichet.intake.v1.Intake/ImportMail", |parts: Vec<intake::v1::ImportMailRequest>| {
            let raw: Vec<u8> = parts.iter().flat_map(|part| part.chunk.clone()).collect();
            assert_eq!(parts[0].envelope_to, ["guichet@valorme.example"]);
            if raw.is_empty() {
                return Err(refuse(ErrorKind::InvalidInput));
            }
            let outcome = intake::v1::MailOutcome::Created.into();
            Ok(intake::v1::ImportMailResponse {
                outcome,
                request_id: REQUEST.to_owned(),
                reference: "V7KM-4T9R".to_owned(),
            })
        })
        .start(|config| config.mail_bytes_max = 1_000);
    let send = |body: String| {
        let request = Request::post("/api/v1/mail?from=awa@example.fr&to=guichet@valorme.example")
            .header(header::CONTENT_TYPE, "message/rfc822")
            .header(header::AUTHORIZATION, format!("Bearer {ADMIN}"))
            .body(Body::from(body));
        gateway.send(request.expect("a request"))
    };
    let taken = send("Subject: Bonjour\r\n\r\nTexte".to_owned()).await;
    assert_eq!((taken.status, taken.json()["outcome"].clone()), (StatusCode::OK, "created".into()), "{}", taken.text);
    assert_eq!(send(String::new()).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(send("a".repeat(2_000)).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_recorded_day_is_played_for_the_operator_with_every_figure() {
    let fake = town().on("/guichet.routing.v1.Queue/Simulate", |asked: routing::v1::SimulateRequest| {
        assert_eq!((asked.day.as_str(), asked.policy.as_str(), asked.agent_id.as_str()), ("2026-11-25", "fifo", ""));
        assert!(asked.without_advice, "advice was not asked for");
        let day = |figures: &str| routing::v1::SimulatedDay { figures: figures.to_owned(), ..Default::default() };
        Ok(routing::v1::SimulateResponse {
            before: Some(day(r#"{"contacts": 9}"#)),
            sentences: vec!["Rien ne change.".to_owned()],
            ..Default::default()
        })
    });
    let gateway = fake.start(|_| {});
    let ask = |body: &'static str, key: &str| {
        let request = Request::post("/api/v1/simulation")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .body(Body::from(body));
        gateway.send(request.expect("a request"))
    };
    let played = ask(r#"{"day": "2026-11-25", "policy": "fifo"}"#, ADMIN).await;
    assert_eq!(played.status, StatusCode::OK, "{}", played.text);
    let body = played.json();
    assert_eq!((&body["day"]["contacts"], &body["other"]), (&9.into(), &serde_json::Value::Null));
    assert_eq!(body["sentences"][0], "Rien ne change.");
    let unknown = ask(r#"{"day": "2026-11-25", "less": "nobody"}"#, ADMIN).await;
    assert_eq!(
        (unknown.status, unknown.json()["errors"][0]["pointer"].clone()),
        (StatusCode::UNPROCESSABLE_ENTITY, "/less".into())
    );
    assert_ne!(ask(r#"{"day": "2026-11-25"}"#, "another").await.status, StatusCode::OK);
}
