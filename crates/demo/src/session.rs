//! An agent of the demo who is signed in, over REST.

use std::time::Duration;

use serde_json::{Value, json};

use crate::doors::PASSWORD;

/// Tries to sign in while the desk says « later »: it lets one address try ten times a minute.
const SIGN_IN_TRIES: u32 = 15;
/// Pause between two of them.
const SIGN_IN_PAUSE: Duration = Duration::from_secs(6);
/// Too many tries.
const LATER: u16 = 429;

/// Who is signed in, and how.
#[derive(Clone, Debug)]
pub struct Session {
    url: String,
    cookie: String,
    http: reqwest::Client,
    /// `aline.encre`
    pub login: String,
}

impl Session {
    /// Opens a session with the demo's password; the status of a refusal otherwise, 0 when nobody answers.
    pub async fn open(http: &reqwest::Client, url: &str, login: &str) -> Result<Self, u16> {
        let body = json!({"login": login, "password": PASSWORD});
        let mut tries = 1;
        loop {
            let answer = http.post(format!("{url}/api/v1/session")).json(&body).send().await.map_err(|_| 0_u16)?;
            let status = answer.status().as_u16();
            if status == LATER && tries < SIGN_IN_TRIES {
                tries += 1;
                tokio::time::sleep(SIGN_IN_PAUSE).await;
                continue;
            }
            let cookie = answer.headers().get("set-cookie").and_then(|value| value.to_str().ok());
            let cookie = cookie.filter(|_| answer.status().is_success()).and_then(|value| value.split(';').next());
            let cookie = cookie.ok_or(status)?.to_owned();
            return Ok(Self { url: url.to_owned(), cookie, http: http.clone(), login: login.to_owned() });
        }
    }

    /// Returns a request to the API in this agent's name.
    pub fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.http
            .request(method, format!("{}/api/v1{path}", self.url))
            .header("cookie", &self.cookie)
            .header("origin", &self.url)
    }

    /// Returns a page of the desk as the agent's browser gets it; empty when nobody answers.
    pub(crate) async fn page(&self, path: &str) -> String {
        let asked = self.http.get(format!("{}{path}", self.url)).header("cookie", &self.cookie).send().await;
        match asked {
            Ok(answer) => answer.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// Returns the status and body of `GET path`; status 0 when nobody answers.
    pub async fn get(&self, path: &str) -> (u16, Value) {
        answered(self.request(reqwest::Method::GET, path)).await
    }

    /// Returns the status and body of `POST path`; status 0 when nobody answers.
    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        answered(self.request(reqwest::Method::POST, path).json(body)).await
    }

    /// Returns the same for a post under an `Idempotency-Key` of this path.
    pub async fn keyed_post(&self, path: &str, key: &str, body: &Value) -> (u16, Value) {
        let key = format!("{key}-{}", path.replace('/', "-"));
        answered(self.request(reqwest::Method::POST, path).header("idempotency-key", key).json(body)).await
    }

    /// Says what the agent is doing: `available`, `counter`, `away`, …; returns the status.
    pub async fn is(&self, state: &str) -> u16 {
        let put = self.request(reqwest::Method::PUT, "/agents/me/presence").json(&json!({"state": state}));
        answered(put).await.0
    }
}

/// Returns what an answer says; status 0 when there is none.
pub(crate) async fn answered(request: reqwest::RequestBuilder) -> (u16, Value) {
    match request.send().await {
        Ok(answer) => (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null)),
        Err(_) => (0, Value::Null),
    }
}
