//! An agent at work, over REST.

use guichet_testkit::wait_for;
use serde_json::{Value, json};

use crate::PATIENCE;
use crate::product::json as success;

/// A signed-in agent.
#[derive(Debug)]
pub struct Agent {
    url: String,
    cookie: String,
    http: reqwest::Client,
    /// `aline.encre`
    pub login: String,
}

impl Agent {
    /// Opens a session with the demo's password.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn sign_in(url: &str, login: &str) -> Self {
        let http = crate::http_client(PATIENCE);
        let answer = http
            .post(format!("{url}/api/v1/session"))
            .json(&json!({"login": login, "password": "demo"}))
            .send()
            .await
            .expect("the gateway answers");
        assert!(answer.status().is_success(), "{login} cannot sign in: {}", answer.status());
        let cookie = answer.headers().get("set-cookie").and_then(|value| value.to_str().ok()).expect("a cookie");
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        Self { url: url.to_owned(), cookie, http, login: login.to_owned() }
    }

    fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.http
            .request(method, format!("{}/api/v1{path}", self.url))
            .header("cookie", &self.cookie)
            .header("origin", &self.url)
    }

    /// Returns the request for a page of the desk.
    pub fn page(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.get(format!("{}{path}", self.url)).header("cookie", &self.cookie)
    }

    /// Returns what `GET path` answers.
    ///
    /// # Panics
    /// When it is not a success.
    pub async fn get(&self, path: &str) -> Value {
        success(self.request(reqwest::Method::GET, path).send().await.expect("the gateway answers")).await
    }

    /// Returns the status and body of `GET path`, success or not.
    pub async fn try_get(&self, path: &str) -> (u16, Value) {
        let answer = self.request(reqwest::Method::GET, path).send().await.expect("the gateway answers");
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }

    /// Returns what `POST path` answers.
    ///
    /// # Panics
    /// When it is not a success.
    pub async fn post(&self, path: &str, body: &Value) -> Value {
        success(self.request(reqwest::Method::POST, path).json(body).send().await.expect("the gateway answers")).await
    }

    /// Returns the status and body of `POST path`, success or not.
    pub async fn try_post(&self, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.request(reqwest::Method::POST, path).json(body).send().await.expect("the gateway answers");
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }

    /// Does `PUT path`.
    ///
    /// # Panics
    /// When it is not a success.
    pub async fn put(&self, path: &str, body: &Value) {
        success(self.request(reqwest::Method::PUT, path).json(body).send().await.expect("the gateway answers")).await;
    }

    /// Says what the agent is doing: `available`, `counter`, `away`, …
    pub async fn is(&self, state: &str) {
        self.put("/agents/me/presence", &json!({"state": state})).await;
    }

    /// Returns the offers made to this agent.
    pub async fn offers(&self) -> Vec<Value> {
        self.get("/offers").await["items"].as_array().cloned().unwrap_or_default()
    }

    /// Waits for the offer of a request.
    pub async fn offer_of(&self, request: &str) -> Value {
        wait_for(PATIENCE, || async { self.offers().await.into_iter().find(|offer| offer["request"] == request) }).await
    }

    /// Accepts an offer.
    pub async fn accept(&self, offer: &Value) {
        let id = offer["id"].as_str().expect("an offer has an id");
        self.post(&format!("/offers/{id}/accept"), &json!({})).await;
    }

    /// Returns a request with its thread.
    pub async fn request_of(&self, id: &str) -> Value {
        self.get(&format!("/requests/{id}")).await
    }

    /// Gives a command (`start`, `escalate`, …) at the version just read.
    pub async fn command(&self, id: &str, command: &str, extra: Value) -> Value {
        let mut body = extra;
        body["version"] = self.request_of(id).await["work"]["version"].clone();
        self.post(&format!("/requests/{id}/{command}"), &body).await
    }

    /// Answers the usager; `then` is `resolve`, `wait` or empty.
    pub async fn reply(&self, id: &str, text: &str, then: &str) {
        let mut body = json!({"kind": "reply", "body": text});
        if !then.is_empty() {
            body["then"] = then.into();
        }
        self.post(&format!("/requests/{id}/interactions"), &body).await;
    }
}
