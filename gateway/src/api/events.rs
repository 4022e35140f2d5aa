//! Server-sent events: an open page, or a program, hears that something changed.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::stream::{self, Stream, StreamExt};

use crate::app::Shared;
use crate::auth::SignedIn;
use crate::live::{Message, Page};
use crate::problem::Problem;

/// How often a silent stream shows that it lives: below the minute after which proxies give up.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long one stream lasts: whoever reconnects is asked again who they are.
const STREAM_MAX: Duration = Duration::from_secs(10 * 60);
/// When a browser comes back after a stream has ended.
const RETRY: Duration = Duration::from_secs(1);

/// Browsers dispatch no event without data (HTML, server-sent events, 9.2.6).
const NOTHING: &str = "{}";

/// Tells that something changed, as server-sent events: `change` with `{"requests": […], "events": […]}` (ids and names
/// of events, never a content), `again` when anything may have changed, `away` when a service does not answer.
#[utoipa::path(
    get, path = "/events", tag = "events", security(("session" = []), ("key" = [])),
    responses(
        (status = 200, body = String, content_type = "text/event-stream"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json", description = "Too many pages are open"),
    )
)]
pub(crate) async fn watch(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let page = app.live.open(&session)?;
    let hello = stream::once(async { Event::default().event("hello").data(NOTHING).retry(RETRY) });
    let told = stream::unfold(page, async |mut page: Page| page.next().await.map(|message| (event(&message), page)));
    let events = hello.chain(told).take_until(tokio::time::sleep(STREAM_MAX)).map(Ok);
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

fn event(message: &Message) -> Event {
    match message {
        Message::Changed(digest) => {
            let data = serde_json::to_string(digest).expect("ids and names are plain text");
            Event::default().event("change").data(data)
        }
        Message::LookAgain => Event::default().event("again").data(NOTHING),
        Message::Away => Event::default().event("away").data(NOTHING),
    }
}
