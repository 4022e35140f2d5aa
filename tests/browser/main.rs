//! The pages as people meet them: the distribution's Chromium, without a window, driven through its own driver. Journeys
//! use the words on the screen, never the inside of a page; [`accessibility`] shows every page to axe-core.
//!
//! `BROWSER_SHOTS=<folder>` keeps a picture of every page in every setting.

mod accessibility;
mod axe;
mod browser;
mod chromium;
mod handed_on;
mod journeys;
mod keyboard;
mod live;
mod outage;
mod settings;
mod statement;
mod supervision;

use browser::Browser;
use guichet_tests::{EVERYBODY, Guichet, Kind};

/// Runs each scenario of a module in both topologies, under its own name.
macro_rules! scenarios {
    ($($name:ident,)+) => {
        mod all_in_one {
            $(#[tokio::test] async fn $name() {
                crate::run(guichet_tests::Kind::AllInOne, super::$name).await;
            })+
        }
        mod split {
            $(#[tokio::test] async fn $name() {
                crate::run(guichet_tests::Kind::Split, super::$name).await;
            })+
        }
    };
}
pub(crate) use scenarios;

/// Starts the product and a browser in front of it, and ends both after the scenario.
pub(crate) async fn run(kind: Kind, scenario: impl AsyncFnOnce(&Guichet, &Browser)) {
    let guichet = Guichet::start(kind).await;
    let browser = Browser::open(&guichet).await;
    scenario(&guichet, &browser).await;
    browser.close().await;
}

/// Sends everybody away but one agent, so that what comes next is offered to that agent.
pub(crate) async fn only_works(guichet: &Guichet, login: &str) {
    for colleague in EVERYBODY.into_iter().filter(|colleague| *colleague != login) {
        guichet.agent(colleague).await.is("away").await;
    }
}
