//! A demo that somebody plays with: every story, traffic with robot agents, and the refusal to do so anywhere else.

use guichet_tests::{Guichet, Kind};
use serde_json::Value;
use std::process::{Command, Output};

use crate::{scenarios, text};

scenarios! {
    a_caller_a_father_and_a_neighbour_are_told_what_their_stories_say,
    level_2_and_other_bodies_do_what_their_stories_say,
    storms_complaints_absences_and_faults_end_as_their_stories_say,
    traffic_with_robots_fills_every_channel_and_gets_answers,
    a_desk_is_filled_through_its_own_door,
}

async fn run(g: &Guichet, arguments: &[&str]) -> Output {
    let mut all: Vec<String> = std::iter::once("demo").chain(arguments.iter().copied()).map(str::to_owned).collect();
    all.extend(["--server".to_owned(), g.url.clone(), "--smtp".to_owned(), format!("127.0.0.1:{}", g.smtp_port)]);
    all.push("--json".to_owned());
    let run = || Command::new(guichet_tests::binary()).args(all).output().expect("the command starts");
    tokio::task::spawn_blocking(run).await.expect("the command ends")
}

async fn played(g: &Guichet, arguments: &[&str]) -> Value {
    let output = run(g, arguments).await;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{arguments:?}: {err}\n{}", g.logs());
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error} in {out}"))
}

/// Plays a story and checks what its last scene showed a person.
async fn story(g: &Guichet, number: u32, state: &str, words: &str) -> Value {
    let told = played(g, &["story", &number.to_string(), "--yes"]).await;
    let last = told["steps"].as_array().and_then(|steps| steps.last()).expect("a story has scenes").clone();
    let shown = told["steps"].to_string();
    assert!(shown.contains(words), "story {number} does not show « {words} »: {told}");
    assert_eq!(last["state"].as_str().unwrap_or_default(), state, "story {number}: {told}");
    for step in told["steps"].as_array().into_iter().flatten() {
        assert!(step["shows"].as_array().is_some_and(|shows| !shows.is_empty()), "a scene shows nothing: {step}");
        assert!(text(step, "page").starts_with(&g.url), "{step}");
    }
    told
}

async fn a_caller_a_father_and_a_neighbour_are_told_what_their_stories_say(g: Guichet) {
    let odette = story(&g, 1, "to_print", "Votre numéro de suivi est").await;
    let letter = odette["steps"][1]["shows"][0].as_str().expect("the letter's address");
    assert!(letter.contains("/agent/lettres/dlv_"), "{letter}");
    assert!(guichet_tests::mail::text_messages(&g).is_empty(), "never an SMS to a landline");
    story(&g, 2, "in_progress", "document scanné.pdf").await;
    story(&g, 3, "", "Annoncé pour le 20").await;
    story(&g, 5, "offered", "Vous avez titres d'identité").await;
    story(&g, 8, "", "restent deux usagers").await;
}

async fn level_2_and_other_bodies_do_what_their_stories_say(g: Guichet) {
    story(&g, 4, "in_progress", "En attente de votre réponse").await;
    story(&g, 6, "resolved", "En cours de traitement – service État civil").await;
    story(&g, 7, "forwarded", "Département de l'Orvance").await;
}

async fn storms_complaints_absences_and_faults_end_as_their_stories_say(g: Guichet) {
    story(&g, 10, "offered", "15 jours ouvrés").await;
    story(&g, 11, "queued", "Gaëlle Registre n'est pas à son poste").await;
    let storm = story(&g, 9, "", "50 copies reçues, une seule demande").await;
    assert!(!storm["missing"].as_array().expect("what is missing is said").is_empty());
    let before = g.get("/status").await["requests"]["total"].as_i64().expect("a count");
    story(&g, 12, "", "Les mêmes clés rendent les mêmes numéros").await;
    let after = g.get("/status").await["requests"]["total"].as_i64().expect("a count");
    assert_eq!(after, before + 20, "each form, given in twice, is one request");
}

/// Every caller is listed for what the others need of it: the busiest scenario, with certificates.
#[tokio::test]
async fn traffic_with_certificates_gets_answers_too() {
    traffic_with_robots_fills_every_channel_and_gets_answers(Guichet::start_with_certificates().await).await;
}

async fn traffic_with_robots_fills_every_channel_and_gets_answers(g: Guichet) {
    let summary = played(&g, &["traffic", "--rate", "240", "--minutes", "0.4", "--seed", "5", "--robots"]).await;
    for count in ["emails", "replies", "forms", "calls", "visits", "answered_by_robots"] {
        assert!(summary[count].as_u64().is_some_and(|count| count > 0), "{count}: {summary}");
    }
    assert_eq!((&summary["refused"], &summary["unanswered"]), (&0.into(), &0.into()), "{summary}");
    let opened = ["emails", "forms", "calls", "visits"].iter().filter_map(|way| summary[*way].as_u64()).sum::<u64>()
        - summary["replies"].as_u64().expect("a count")
        - summary["answered_on_the_spot"].as_u64().expect("a count");
    assert_eq!(g.get("/status").await["requests"]["total"].as_u64(), Some(opened), "{summary}");
}

async fn a_desk_is_filled_through_its_own_door(g: Guichet) {
    let filled = played(&g, &["fill", "--requests", "120"]).await;
    assert_eq!((filled["requests"].as_u64(), &g.get("/status").await["requests"]["total"]), (Some(120), &120.into()));
}

#[tokio::test]
async fn a_desk_that_sends_real_mail_is_not_played_with() {
    let relay = format!("notification.email.url=smtp://127.0.0.1:{}", guichet_testkit::free_port());
    let g = Guichet::start_with(Kind::AllInOne, &[&relay]).await;
    for arguments in [&["traffic", "--minutes", "0.1"][..], &["story", "1", "--yes"], &["fill", "--requests", "1"]] {
        let output = run(&g, arguments).await;
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && error.contains("GU-DEM-001"), "{arguments:?}: {error}");
    }
    assert_eq!(g.get("/status").await["requests"]["total"], 0);
}

#[tokio::test]
async fn a_door_that_closes_under_traffic_is_told_by_the_exit_code() {
    let g = Guichet::start(Kind::AllInOne).await;
    let nobody = format!("127.0.0.1:{}", guichet_testkit::free_port());
    let arguments = ["demo", "traffic", "--rate", "600", "--minutes", "0.05", "--seed", "5", "--json"];
    let url = g.url.clone();
    let run = move || {
        let mut command = Command::new(guichet_tests::binary());
        command.args(arguments).args(["--server", &url, "--smtp", &nobody]).output().expect("the command starts")
    };
    let output = tokio::task::spawn_blocking(run).await.expect("the command ends");
    let summary: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(!output.status.success() && summary["unanswered"].as_u64().is_some_and(|count| count > 0), "{summary}");
}
