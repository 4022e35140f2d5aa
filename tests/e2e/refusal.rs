//! Bad input gets a clear message, and nothing half-written remains.

use guichet_tests::Guichet;
use guichet_tests::mail::Outgoing;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::scenarios;

scenarios! {
    a_form_with_mistakes_names_each_field,
    malformed_json_is_a_problem,
    an_unknown_reference_has_one_answer,
    mail_to_nobody_and_mail_too_big_are_refused_before_the_message,
    a_message_without_a_sender_that_can_be_read_is_refused_with_a_sentence,
}

async fn problem(answer: reqwest::Response) -> (u16, Value) {
    let kind =
        answer.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    assert_eq!(kind, "application/problem+json");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

async fn nothing_was_written(g: &Guichet) {
    assert_eq!(g.get("/status").await["requests"]["total"], 0);
}

async fn a_form_with_mistakes_names_each_field(g: Guichet) {
    let body = json!({"authority": "valorme", "subject": "", "body": "", "requester": {"name": "X", "email": "pas une adresse"}});
    let answer = g.http().post(format!("{}/api/v1/requests", g.url)).json(&body).send().await.expect("answers");
    let (status, problem) = problem(answer).await;
    let pointers: Vec<&str> =
        problem["errors"].as_array().expect("errors").iter().filter_map(|e| e["pointer"].as_str()).collect();
    assert_eq!(status, 422, "{problem}");
    for pointer in ["/subject", "/body", "/requester/email"] {
        assert!(pointers.contains(&pointer), "{pointer} is not named: {problem}");
    }
    nothing_was_written(&g).await;
}

async fn malformed_json_is_a_problem(g: Guichet) {
    for body in ["{\"authority\":", "[]", "{\"authority\": \"valorme\", \"colour\": \"blue\"}"] {
        let request = g.http().post(format!("{}/api/v1/requests", g.url)).header("content-type", "application/json");
        let (status, problem) = problem(request.body(body).send().await.expect("answers")).await;
        assert!(status == 400 || status == 422, "{body} got {status} {problem}");
    }
    nothing_was_written(&g).await;
}

async fn an_unknown_reference_has_one_answer(g: Guichet) {
    let mut answers = Vec::new();
    for reference in ["V7KM-4T9R", "ZZZZ-ZZZZ", "pas-un-numero"] {
        let answer = g.http().get(format!("{}/api/v1/track/{reference}", g.url)).send().await.expect("answers");
        let (status, mut problem) = problem(answer).await;
        problem.as_object_mut().expect("an object").remove("instance");
        answers.push((status, problem));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]) && answers[0].0 == 404, "{answers:?}");
}

async fn mail_to_nobody_and_mail_too_big_are_refused_before_the_message(g: Guichet) {
    let stream = TcpStream::connect(("127.0.0.1", g.smtp_port)).await.expect("the desk listens");
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let banner = lines.next_line().await.expect("reads").expect("the session is open");
    assert!(banner.starts_with("220"), "{banner}");
    let mut say = async |command: &str| {
        write.write_all(format!("{command}\r\n").as_bytes()).await.expect("sends");
        loop {
            let line = lines.next_line().await.expect("reads").expect("the session is open");
            if line.as_bytes().get(3) != Some(&b'-') {
                return line;
            }
        }
    };
    say("EHLO essai.example").await;
    let big = say("MAIL FROM:<a@citoyen.example> SIZE=99000000").await;
    assert!(big.starts_with("552 5.3.4"), "{big}");
    say("MAIL FROM:<a@citoyen.example>").await;
    let nobody = say("RCPT TO:<personne@valorme.example>").await;
    assert!(nobody.starts_with("550 5.1.1"), "{nobody}");
    let elsewhere = say("RCPT TO:<quelquun@ailleurs.example>").await;
    assert!(elsewhere.starts_with("55"), "no relay: {elsewhere}");
    nothing_was_written(&g).await;
}

async fn a_message_without_a_sender_that_can_be_read_is_refused_with_a_sentence(g: Guichet) {
    let mut mail = Outgoing::new(&g, "a@citoyen.example", "x", "x");
    mail.to = "personne@valorme.example".to_owned();
    let refusal = mail.send().await.expect_err("nobody has this mailbox");
    assert!(refusal.contains("5.1.1"), "{refusal}");
    let url = format!("{}/api/v1/mail?from=a@citoyen.example&to=guichet@valorme.example", g.url);
    let request =
        g.http().post(url).bearer_auth(g.admin_token()).header("content-type", "message/rfc822").body("pas un message");
    let (status, problem) = problem(request.send().await.expect("answers")).await;
    assert!((400..500).contains(&status), "{status} {problem}");
    nothing_was_written(&g).await;
}
