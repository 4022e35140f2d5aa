//! `/agent/lettres/{delivery}`: a letter to print and post.

use askama::Template;
use axum::extract::State;
use axum::response::Html;

use super::chrome::Chrome;
use super::desk::dates;
use super::render;
use crate::api::deliveries;
use crate::app::Shared;
use crate::auth::SignedIn;
use crate::extract::Path;
use crate::problem::Problem;
use crate::text::t;

#[derive(Template)]
#[template(path = "letter.html")]
struct Letter {
    chrome: Chrome,
    town: String,
    address: String,
    phone: String,
    recipient: Vec<String>,
    date: String,
    subject: String,
    paragraphs: Vec<String>,
}

/// Shows a letter as it will be printed.
pub(crate) async fn show(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Path(id): Path<String>,
) -> Result<Html<String>, Problem> {
    let found = deliveries::find(&app, &session, id).await?;
    let delivery = found.delivery.unwrap_or_default();
    let opened = crate::access::open(&app, &session, &delivery.request_id).await?;
    let towns = app.towns().await?;
    let authority = towns.find(&opened.summary().authority).map(|town| town.authority.clone()).unwrap_or_default();
    let requester = opened.request.requester.clone().unwrap_or_default();
    let postal = if requester.postal_address.is_empty() { delivery.recipient } else { requester.postal_address };
    let mut recipient = vec![requester.name];
    recipient.extend(postal.split([',', '\n']).map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()));
    recipient.dedup();
    render(&Letter {
        date: dates(&towns, &authority.code).day(delivery.created_at),
        chrome: Chrome::of(&app, &towns, Some(&session), t("letter-title")),
        town: authority.name,
        address: authority.postal_address,
        phone: authority.phone,
        recipient,
        subject: found.subject,
        paragraphs: found
            .text
            .split("\n\n")
            .map(|paragraph| paragraph.trim().to_owned())
            .filter(|text| !text.is_empty())
            .collect(),
    })
}
