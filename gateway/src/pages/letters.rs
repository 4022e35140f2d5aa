//! `/agent/lettres/{delivery}`: a letter to print and post.

use askama::Template;
use axum::extract::State;
use axum::response::Html;

use super::chrome::Chrome;
use super::render;
use crate::access;
use crate::api::deliveries;
use crate::app::Shared;
use crate::auth::SignedIn;
use crate::extract::Path;
use crate::problem::Problem;
use crate::text::t;

/// Place of the addressee among the paragraphs of a letter; the sender comes first.
const RECIPIENT: usize = 1;
/// Place of the date.
const DATE: usize = 2;

#[derive(Template)]
#[template(path = "letter.html")]
struct Letter {
    chrome: Chrome,
    reference: String,
    subject: String,
    parts: Vec<Part>,
}

/// A paragraph and how it stands on the sheet.
struct Part {
    class: &'static str,
    text: String,
}

/// Shows a letter as it will be printed: its text is whole, from the sender to the signature.
pub(crate) async fn show(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Path(id): Path<String>,
) -> Result<Html<String>, Problem> {
    let found = deliveries::find(&app, &session, id).await?;
    let delivery = found.delivery.unwrap_or_default();
    let opened = access::open(&app, &session, &delivery.request_id).await?;
    render(&Letter {
        chrome: Chrome::new(&app, Some(&session), t("letter-title")).await,
        reference: opened.summary().reference.clone(),
        parts: parts(&found.text),
        subject: found.subject,
    })
}

fn parts(text: &str) -> Vec<Part> {
    let part = |(place, text): (usize, &str)| Part {
        class: match place {
            RECIPIENT => "recipient",
            DATE => "date",
            _ => "",
        },
        text: text.trim().to_owned(),
    };
    text.split("\n\n").enumerate().map(part).filter(|part| !part.text.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addressee_and_the_date_have_their_place_on_the_sheet() {
        let letter = parts("Ville\n03 53\n\nOdette\n3 rue des Lilas\n\nLe 24 novembre\n\nBonjour,\n\n\n\nMerci.");
        let classes: Vec<&str> = letter.iter().map(|part| part.class).collect();
        assert_eq!(classes, ["", "recipient", "date", "", ""]);
        let nobody = parts("Ville\n\n\n\nLe 24 novembre\n\nBonjour,");
        assert_eq!(
            nobody.iter().find(|part| part.class == "date").map(|part| part.text.as_str()),
            Some("Le 24 novembre")
        );
    }
}
