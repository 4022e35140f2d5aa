//! The doors of a demo, and the proof that it is one.

use std::net::IpAddr;
use std::time::Duration;

use serde_json::Value;
use url::{Host, Url};

use crate::Error;
use crate::mail::Post;
use crate::session::{Session, answered};

/// Everybody's password in a demo, refused by the product anywhere else.
pub const PASSWORD: &str = "demo";
/// Who is asked whether this is a demo, and who types in what callers say.
pub(crate) const RECEPTION: &str = "aline.encre";
/// How long an answer may take: a laptop under its own traffic included.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The doors of a running demo.
#[derive(Clone, Debug)]
pub struct Doors {
    /// Address of its pages, without a slash at the end.
    pub url: String,
    pub(crate) http: reqwest::Client,
    pub(crate) post: Post,
    /// The reception's own session: usagers of the terminal in the lobby and callers come through it, because the limits by
    /// address are for the world outside and one machine plays the whole town.
    pub(crate) reception: Session,
}

impl Doors {
    /// Opens the doors of the demo at an address and a mail server, after making sure that it is a demo on this machine:
    /// its mail stays in files, its agents have the demo's password.
    pub async fn open(url: &str, smtp: &str) -> Result<Self, Error> {
        let url = url.trim_end_matches('/');
        require_loopback(url, url)?;
        require_loopback(&format!("smtp://{smtp}"), smtp)?;
        let http = reqwest::Client::builder().timeout(TIMEOUT).build().map_err(|_| Error::Away(url.to_owned()))?;
        let not_a_demo = |reason: &str| Error::NotADemo { address: url.to_owned(), reason: reason.to_owned() };
        let kept = http.get(format!("{url}/courrier")).send().await.map_err(|_| Error::Away(url.to_owned()))?;
        if !kept.status().is_success() {
            return Err(not_a_demo("it sends real mail (it has no page /courrier)"));
        }
        let reception = Session::open(&http, url, RECEPTION).await.map_err(|status| match status {
            0 => Error::Away(url.to_owned()),
            _ => not_a_demo("aline.encre does not sign in with the demo's password"),
        })?;
        Ok(Self { post: Post::new(smtp)?, url: url.to_owned(), http, reception })
    }

    /// Signs an agent in.
    pub async fn agent(&self, login: &str) -> Result<Session, Error> {
        Session::open(&self.http, &self.url, login).await.map_err(|status| match status {
            0 => Error::Away(self.url.clone()),
            _ => Error::Refused { door: "POST /session".to_owned(), status, detail: login.to_owned() },
        })
    }

    /// Gives a form in, as the terminal in the lobby does; a key makes the same form sent twice one request.
    pub async fn submit(&self, body: &Value, key: &str) -> (u16, Value) {
        let request = self.reception.request(reqwest::Method::POST, "/requests").json(body);
        answered(if key.is_empty() { request } else { request.header("idempotency-key", key) }).await
    }

    /// Looks a number up, as anybody may.
    pub async fn track(&self, reference: &str) -> (u16, Value) {
        answered(self.http.get(format!("{}/api/v1/track/{reference}", self.url))).await
    }
}

/// Returns an answer's body when it is a success.
pub(crate) fn success(door: &str, (status, body): (u16, Value)) -> Result<Value, Error> {
    match status {
        0 => Err(Error::Away(door.to_owned())),
        200..=299 => Ok(body),
        _ => {
            let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
            let detail = if text("detail").is_empty() { text("title") } else { text("detail") };
            Err(Error::Refused { door: door.to_owned(), status, detail: format!("{} {detail}", text("code")) })
        }
    }
}

/// Refuses an address that is not of this machine.
fn require_loopback(address: &str, shown: &str) -> Result<(), Error> {
    let here = Url::parse(address).is_ok_and(|url| match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        // Schemes other than the web's keep a name or a number as text.
        Some(Host::Domain(name)) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()),
        None => false,
    });
    let reason = "only a demo on this machine is played with, never somebody's real desk".to_owned();
    if here { Ok(()) } else { Err(Error::NotADemo { address: shown.to_owned(), reason }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_played_with() {
        for ours in ["http://127.0.0.1:8080", "http://localhost:8080", "smtp://127.0.0.1:2525", "http://[::1]:8080"] {
            assert!(require_loopback(ours, ours).is_ok(), "{ours}");
        }
        for theirs in ["https://guichet.valorme.fr", "http://10.0.0.7:8080", "smtp://mx.valorme.fr:25", "nowhere"] {
            let error = require_loopback(theirs, theirs).expect_err("refused").to_string();
            assert!(error.starts_with("GU-DEM-001"), "{error}");
        }
    }
}
