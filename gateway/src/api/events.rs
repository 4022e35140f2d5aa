//! Server-sent events: an open page, or a program, hears that something changed.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::stream::{self, Stream, StreamExt};
use guichet_core::Rng;
use tokio::time::{Instant, timeout_at};

use crate::app::Shared;
use crate::auth::SignedIn;
use crate::live::{Message, Page};
use crate::problem::Problem;

/// How often a silent stream shows that it lives: below the minute after which proxies give up.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long one stream lasts: whoever reconnects is asked again who they are.
const STREAM_MAX: Duration = Duration::from_secs(10 * 60);
/// When a browser comes back after it lost us, at the soonest.
const RETRY_MIN: Duration = Duration::from_secs(1);
/// Pages that come back in a second, at most, to the gateway that replaces one that went away.
const BACK_A_SECOND: u32 = 1_000;
/// When a browser comes back after a stream that lasted as long as it may: nobody went away.
const RENEW: Duration = Duration::from_millis(200);

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
    let retry = retry(app.live.pages(), &*app.rng);
    let hello = stream::once(async move { Event::default().event("hello").data(NOTHING).retry(retry) });
    let ends_at = Instant::now() + STREAM_MAX;
    let told = stream::unfold(Some((page, ends_at)), async |open: Option<(Page, Instant)>| {
        let (mut page, ends_at) = open?;
        match timeout_at(ends_at, page.next()).await {
            Ok(message) => message.map(|message| (event(&message), Some((page, ends_at)))),
            Err(_) => Some((Event::default().retry(RENEW), None)),
        }
    });
    let events = hello.chain(told).map(Ok);
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// Returns when a page comes back should it lose us: each at a moment of its own, the more of them the more apart.
fn retry(pages: u32, rng: &dyn Rng) -> Duration {
    RETRY_MIN + Duration::from_secs(1) * rng.below(pages) / BACK_A_SECOND
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

#[cfg(test)]
mod tests {
    use super::*;
    use guichet_core::SeededRng;

    #[test]
    fn few_pages_come_back_at_once_and_many_come_back_apart() {
        let rng = SeededRng::new(7);
        assert_eq!(retry(1, &rng), RETRY_MIN);
        let times: Vec<Duration> = (0..5_000).map(|_| retry(5_000, &rng)).collect();
        for second in 1..6 {
            let within = Duration::from_secs(second)..Duration::from_secs(second + 1);
            let back = times.iter().filter(|time| within.contains(*time)).count();
            assert!((800..1_200).contains(&back), "{back} come back in second {second}");
        }
    }
}
