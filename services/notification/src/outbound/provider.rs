//! Text messages to a provider over HTTP: what is asked of it is what every provider offers, so that a few lines of theirs or of the
//! authority's suffice to take it. The answer is a status; its body is not read.

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use guichet_telemetry::trace_context::{TRACEPARENT, current};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, StatusCode};
use url::Url;

use super::sms::SmsBody;
use crate::Error;
use crate::app::ports::{Sms, SmsTransport, Transport};
use crate::domain::state::Attempt;

/// How long a provider may take to answer.
const LONGEST: Duration = Duration::from_secs(30);
/// How long it may take to let us in.
const CONNECT: Duration = Duration::from_secs(10);
/// Names a message: the provider sends one for the same key (draft-ietf-httpapi-idempotency-key-header).
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Posts each text message as JSON.
pub struct HttpSms {
    http: Client,
    url: Url,
    sign_in: SignIn,
}

/// How the provider knows us.
#[derive(Clone)]
enum SignIn {
    /// By where we come from.
    None,
    /// RFC 7617.
    Basic(String, String),
    /// RFC 6750.
    Bearer(String),
}

impl std::fmt::Debug for HttpSms {
    /// Leaves what opens the provider out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HttpSms({})", self.url.host_str().unwrap_or_default())
    }
}

impl HttpSms {
    /// Returns the transport at `https://user:password@host/path`; a password alone is a bearer token.
    pub fn new(url: &str) -> Result<Self, Error> {
        let wrong = |reason: &str| super::unknown(url, reason);
        let mut parsed = Url::parse(url).map_err(|_| wrong("write https://host/path"))?;
        let sign_in = match (super::decoded(parsed.username()), parsed.password().map(super::decoded)) {
            (user, None) if user.is_empty() => SignIn::None,
            (user, Some(token)) if user.is_empty() => SignIn::Bearer(token),
            (user, password) => SignIn::Basic(user, password.unwrap_or_default()),
        };
        let is_bare = parsed.set_username("").and_then(|()| parsed.set_password(None)).is_ok();
        if !is_bare || parsed.host_str().is_none_or(str::is_empty) {
            return Err(wrong("write https://host/path"));
        }
        // Where it sends us is not where the operator did.
        let http = Client::builder().timeout(LONGEST).connect_timeout(CONNECT).redirect(Policy::none()).build();
        let http = http.map_err(|error| wrong(&error.to_string()))?;
        Ok(Self { http, url: parsed, sign_in })
    }

    fn request(&self, sms: &Sms) -> RequestBuilder {
        let request = self.http.post(self.url.clone()).header(IDEMPOTENCY_KEY, sms.id.to_string());
        let request = match &self.sign_in {
            SignIn::None => request,
            SignIn::Basic(user, password) => request.basic_auth(user, Some(password)),
            SignIn::Bearer(token) => request.bearer_auth(token),
        };
        let request = match current() {
            Some(parent) => request.header(TRACEPARENT, parent),
            None => request,
        };
        request.json(&SmsBody::of(sms))
    }
}

impl Transport for HttpSms {
    /// By its key.
    fn repeats_safely(&self) -> bool {
        true
    }

    fn longest(&self) -> Duration {
        LONGEST
    }
}

impl SmsTransport for HttpSms {
    fn send<'a>(&'a self, sms: &'a Sms) -> BoxFuture<'a, Attempt> {
        async move {
            match self.request(sms).send().await {
                Ok(answer) => attempt(answer.status()),
                // The number stands in the body only: an error names the address, and that without what opens it.
                Err(error) => Attempt::Deferred(format!("provider does not answer: {}", last(&error))),
            }
        }
        .boxed()
    }
}

/// Returns what an answer means. What is wrong with us or with the provider is never this recipient's matter.
fn attempt(status: StatusCode) -> Attempt {
    let said = format!("provider answered {status}");
    match status {
        status if status.is_success() => Attempt::Accepted,
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => Attempt::Failed(said),
        _ => Attempt::Deferred(said),
    }
}

fn last(error: &reqwest::Error) -> String {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    causes.last().map_or_else(String::new, ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_wrong_with_the_message_fails_it() {
        let of = |code| attempt(StatusCode::from_u16(code).expect("a status"));
        assert!([200, 201, 202, 204].into_iter().all(|code| of(code) == Attempt::Accepted));
        assert!([400, 422].into_iter().all(|code| matches!(of(code), Attempt::Failed(_))));
        let later = [301, 401, 403, 404, 409, 429, 500, 503];
        assert!(later.into_iter().all(|code| matches!(of(code), Attempt::Deferred(_))));
    }

    #[test]
    fn an_address_that_is_none_is_refused_with_what_to_write() {
        for wrong in ["https://", "https:", "http://:80/x"] {
            let error = HttpSms::new(wrong).expect_err(wrong).to_string();
            assert!(error.contains("write https://host/path"), "{error}");
        }
    }
}
