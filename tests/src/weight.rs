//! What a first visit of a page costs on the wire: the page and everything it asks for, gzipped as browsers ask.

use std::collections::BTreeSet;

use reqwest::RequestBuilder;
use serde::Serialize;

use crate::{Agent, Guichet};

/// Octets a first visit may transfer: an old telephone at the edge of the network waits two seconds for it.
pub const FIRST_VISIT_BYTES_MAX: usize = 60_000;

/// Pages of usagers.
const OPEN_PAGES: [&str; 6] = ["/", "/fiches", "/demande/question?pour=valorme", "/suivi", "/connexion", "/courrier"];
/// Pages of supervisors; the others of the desk are everybody's.
const DESK_PAGES: [&str; 13] = [
    "/agent",
    "/agent/appel",
    "/pilotage",
    "/pilotage/demandes?chiffre=open",
    "/pilotage/engagements",
    "/pilotage/simulation?essai=rien",
    "/admin",
    "/admin/demarches",
    "/admin/demarches/acte",
    "/admin/agents/aline.encre",
    "/admin/historique",
    "/admin/textes",
    "/admin/textes/receipt_ack/email",
];

/// What one page costs.
#[derive(Clone, Debug, Serialize)]
pub struct Weight {
    /// Path of the page.
    pub page: String,
    /// Octets of the page itself.
    pub html_bytes: usize,
    /// Octets of the files it asks for.
    pub asset_bytes: usize,
    /// Both.
    pub total_bytes: usize,
}

/// Weighs every page, the desk's as the supervisor, and the page of one request.
pub async fn of_all_pages(guichet: &Guichet, supervisor: &Agent, reference: &str) -> Vec<Weight> {
    let open = |path: &str| guichet.http().get(format!("{}{path}", guichet.url));
    let mut weights = Vec::new();
    for path in OPEN_PAGES {
        weights.push(weigh(guichet, path, &open).await);
    }
    let request = format!("/agent/demandes/{reference}");
    for path in DESK_PAGES.into_iter().chain([request.as_str()]) {
        weights.push(weigh(guichet, path, &|path| supervisor.page(path)).await);
    }
    weights
}

async fn weigh(guichet: &Guichet, page: &str, get: &impl Fn(&str) -> RequestBuilder) -> Weight {
    // The client does not unpack what it receives: what is counted is what travels.
    let html_bytes = transferred(get(page)).await;
    let plain = get(page).send().await.expect("the gateway answers").text().await.expect("a page is text");
    let mut asset_bytes = 0;
    for address in assets(&plain) {
        asset_bytes += transferred(guichet.http().get(format!("{}{address}", guichet.url))).await;
    }
    Weight { page: page.to_owned(), html_bytes, asset_bytes, total_bytes: html_bytes + asset_bytes }
}

async fn transferred(request: RequestBuilder) -> usize {
    let answer = request.header("accept-encoding", "gzip").send().await.expect("the gateway answers");
    assert!(answer.status().is_success(), "{} answered {}", answer.url(), answer.status());
    answer.bytes().await.expect("a body").len()
}

/// Returns the files a page asks for, each once.
fn assets(page: &str) -> BTreeSet<&str> {
    let quoted = page.split('"').skip(1).step_by(2);
    quoted.filter(|value| value.starts_with("/assets/")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_asks_for_each_file_once() {
        let page = r#"<link href="/assets/a.css?v=1"><link href="/assets/a.css?v=1"><script src="/assets/b.js"></script><a href="/">"#;
        assert_eq!(assets(page).into_iter().collect::<Vec<_>>(), ["/assets/a.css?v=1", "/assets/b.js"]);
    }
}
