//! Every scenario in both topologies: one process on SQLite, and five over PostgreSQL and Redis. The product is the real
//! binary, mail comes from Python's smtplib, agents work over REST, and what citizens get is read from what left.

mod call;
mod commands;
mod demo;
mod doctor;
mod email;
mod figures;
mod forecast;
mod people;
mod refusal;
mod replay;
mod routing;
mod secrets;
mod stop;
mod trace;
mod waiting;
mod web;
mod weight;

/// Runs each scenario of a module in both topologies, under its own name.
macro_rules! scenarios {
    ($($name:ident,)+) => {
        mod all_in_one {
            $(#[tokio::test] async fn $name() {
                super::$name(guichet_tests::Guichet::start(guichet_tests::Kind::AllInOne).await).await;
            })+
        }
        mod split {
            $(#[tokio::test] async fn $name() {
                super::$name(guichet_tests::Guichet::start(guichet_tests::Kind::Split).await).await;
            })+
        }
    };
}
pub(crate) use scenarios;

use guichet_testkit::wait_for;
pub(crate) use guichet_tests::EVERYBODY;
use guichet_tests::{Guichet, PATIENCE};
use serde_json::Value;

/// Waits for the only request whose subject holds some words and returns its summary.
pub(crate) async fn only_request(guichet: &Guichet, words: &str) -> Value {
    wait_for(PATIENCE, || async { requests(guichet, words).await.pop() }).await
}

/// Returns the requests whose subject holds some words.
pub(crate) async fn requests(guichet: &Guichet, words: &str) -> Vec<Value> {
    let found = guichet.get("/requests?limit=100").await["items"].as_array().cloned().unwrap_or_default();
    found.into_iter().filter(|item| item["subject"].as_str().unwrap_or_default().contains(words)).collect()
}

/// Waits until a request is in a state.
pub(crate) async fn wait_for_state(guichet: &Guichet, id: &str, state: &str) -> Value {
    wait_for(PATIENCE, || async {
        let request = guichet.get(&format!("/requests/{id}")).await;
        (request["state"] == state).then_some(request)
    })
    .await
}

/// Returns the text at a key.
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} is missing in {value}"))
}
