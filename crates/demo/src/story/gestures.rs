//! What people do in a story: write, call, accept, answer; and what the desk shows of it.

use std::time::Duration;

use guichet_core::id::AgentId;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::stage::{Audience, Stage};
use crate::doors::success;
use crate::mail::{Letter, Refusal};
use crate::session::Session;
use crate::{EVERYBODY, Error};

/// How long a story waits for what takes milliseconds: a busy laptop included.
const PATIENCE: Duration = Duration::from_secs(30);
/// Pause between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// How long a request may wait in the queue before the story has somebody take it by hand: an engine that has a free agent
/// offers it sooner.
const QUEUED_BY_CHOICE: Duration = Duration::from_secs(2);

/// A request of a story.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// For addresses of the API.
    pub(super) id: String,
    /// As told to the usager.
    pub(super) reference: String,
}

impl Request {
    fn of(created: &Value) -> Self {
        Self { id: text(created, "/id"), reference: text(created, "/reference") }
    }

    /// Returns its page on the desk.
    pub(super) fn page(&self) -> String {
        format!("/agent/demandes/{}", self.reference)
    }
}

/// Returns a text inside an answer; empty when there is none.
pub(super) fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Returns the day of an instant as the API writes it, `2026-12-04`; a dash when there is none.
pub(super) fn day(value: &Value, pointer: &str) -> String {
    text(value, pointer).split('T').next().filter(|day| !day.is_empty()).unwrap_or("–").to_owned()
}

impl<A: Audience> Stage<'_, A> {
    /// Looks again and again until something is there.
    pub(super) async fn wait_for<T>(&self, what: &str, look: impl AsyncFn() -> Option<T>) -> Result<T, Error> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = look().await {
                return Ok(found);
            }
            if Instant::now() > deadline {
                return Err(Error::Differs(format!("{what} (after {} s)", PATIENCE.as_secs())));
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Gives the form of the portal in.
    pub(super) async fn fills_in(&mut self, form: Value) -> Result<Request, Error> {
        let created = success("POST /requests", self.doors.submit(&form, "").await)?;
        Ok(self.registered(Request::of(&created)))
    }

    /// Has an agent type in a call or a visit that opens a request.
    pub(super) async fn records(&mut self, login: &str, call: Value) -> Result<Request, Error> {
        let agent = self.doors.agent(login).await?;
        let created = success("POST /calls", agent.post("/calls", &call).await)?;
        Ok(self.registered(Request::of(&created)))
    }

    fn registered(&mut self, request: Request) -> Request {
        self.notes(&request.reference, "received");
        self.shows(format!("Demande {} enregistrée.", request.reference));
        request
    }

    /// Sends an e-mail without looking at what becomes of it.
    pub(super) async fn posts(&self, letter: &Letter) -> Result<(), Error> {
        self.doors.post.send(letter).await.map_err(|refusal| match refusal {
            Refusal::Refused(detail) => Error::Refused { door: "SMTP".to_owned(), status: 550, detail },
            Refusal::Away(_) => Error::Away("the mail server".to_owned()),
        })
    }

    /// Returns a letter to the town.
    pub(super) fn letter(&self, who: (&str, &str), number: usize, subject: &str, text: &str) -> Letter {
        Letter {
            name: who.0.to_owned(),
            from: who.1.to_owned(),
            to: "guichet@valorme.example".to_owned(),
            subject: subject.to_owned(),
            text: text.to_owned(),
            id: format!("{}.recit.{number}@citoyen.example", self.run),
            ..Letter::default()
        }
    }

    /// Sends an e-mail and returns the request it opens.
    pub(super) async fn writes(&mut self, letter: &Letter) -> Result<Request, Error> {
        let before = self.ids_about(&letter.subject).await;
        self.posts(letter).await?;
        let opened = self
            .wait_for("an e-mail opens a request", async || {
                self.ids_about(&letter.subject)
                    .await
                    .into_iter()
                    .find(|request| before.iter().all(|known| known.id != request.id))
            })
            .await?;
        Ok(self.registered(opened))
    }

    /// Returns the latest requests with a subject.
    pub(super) async fn ids_about(&self, subject: &str) -> Vec<Request> {
        let (_, found) = self.doors.reception.get("/requests?limit=100&authority=valorme").await;
        let items = found["items"].as_array().into_iter().flatten();
        items.filter(|item| item["subject"] == subject).map(Request::of).collect()
    }

    /// Returns a request with its thread, as an agent sees it.
    pub(super) async fn seen_by(&self, agent: &Session, request: &Request) -> Value {
        agent.get(&format!("/requests/{}", request.id)).await.1
    }

    /// Waits until the work on a request is in a state; returns the request.
    pub(super) async fn reaches(&mut self, request: &Request, state: &str) -> Result<Value, Error> {
        let seen = self
            .wait_for(&format!("request {} becomes {state}", request.reference), async || {
                let seen = self.seen_by(&self.doors.reception, request).await;
                (seen["state"] == state).then_some(seen)
            })
            .await?;
        self.notes(&request.reference, state);
        Ok(seen)
    }

    /// Waits until somebody is offered a request, or it stays in the queue; returns who, and why.
    pub(super) async fn offered(&self, request: &Request) -> Result<Option<(String, String)>, Error> {
        let since = Instant::now();
        self.wait_for("a request is offered", async || {
            let seen = self.seen_by(&self.doors.reception, request).await;
            match seen["state"].as_str()? {
                "offered" | "escalated" => self.last_offer(request).await.map(Some),
                "queued" if since.elapsed() > QUEUED_BY_CHOICE => Some(None),
                _ => None,
            }
        })
        .await
    }

    async fn last_offer(&self, request: &Request) -> Option<(String, String)> {
        let (_, found) = self.doors.reception.get(&format!("/requests/{}/decisions", request.id)).await;
        let last = found["items"].as_array()?.iter().rfind(|decision| decision["kind"] == "offered")?;
        let agent = last["agent"].as_str()?;
        let login = EVERYBODY.into_iter().find(|login| AgentId::of_login(login).to_string() == agent)?;
        Some((login.to_owned(), text(last, "/sentence")))
    }

    /// Has somebody of these accept a request, or take it by hand when it waits; returns that agent.
    pub(super) async fn goes_to(&mut self, request: &Request, logins: &[&str]) -> Result<Session, Error> {
        for _ in 0..EVERYBODY.len() {
            let offer = self.offered(request).await?;
            let login = offer.map_or_else(|| logins[0].to_owned(), |(login, _)| login);
            let agent = self.doors.agent(&login).await?;
            let (_, offers) = agent.get("/offers").await;
            let mine =
                offers["items"].as_array().into_iter().flatten().find(|offer| offer["request"] == request.id.as_str());
            let wanted = logins.contains(&login.as_str());
            let (status, _) = match mine.map(|offer| text(offer, "/id")) {
                Some(id) if wanted => agent.post(&format!("/offers/{id}/accept"), &json!({})).await,
                Some(id) => agent.post(&format!("/offers/{id}/decline"), &json!({})).await,
                None => self.orders(&agent, request, "take", json!({})).await,
            };
            if wanted && (200..300).contains(&status) {
                self.shows(format!("{login} a pris la demande {}.", request.reference));
                return Ok(agent);
            }
        }
        Err(Error::Differs(format!("nobody of {logins:?} could take request {}", request.reference)))
    }

    /// Has an agent give a command at the version just read.
    pub(super) async fn orders(
        &self,
        agent: &Session,
        request: &Request,
        command: &str,
        mut body: Value,
    ) -> (u16, Value) {
        body["version"] = self.seen_by(agent, request).await["work"]["version"].clone();
        agent.post(&format!("/requests/{}/{command}", request.id), &body).await
    }

    /// The same, which must be taken.
    pub(super) async fn does(
        &self,
        agent: &Session,
        request: &Request,
        command: &str,
        body: Value,
    ) -> Result<(), Error> {
        success(command, self.orders(agent, request, command, body).await).map(drop)
    }

    /// Has an agent answer; `extra` says what then.
    pub(super) async fn replies(
        &self,
        agent: &Session,
        request: &Request,
        words: &str,
        extra: Value,
    ) -> Result<(), Error> {
        let mut body = extra;
        body["kind"] = "reply".into();
        body["body"] = words.into();
        success("an answer", agent.post(&format!("/requests/{}/interactions", request.id), &body).await).map(drop)
    }

    /// Waits for a message about a request (`receipt_ack`, `answer`, …) and returns it with its text.
    pub(super) async fn message(&self, request: &Request, template: &str) -> Result<Value, Error> {
        let path = format!("/requests/{}/deliveries", request.id);
        let reception = &self.doors.reception;
        self.wait_for(&format!("the message {template} about {} leaves", request.reference), async || {
            let (_, sent) = reception.get(&path).await;
            let found = sent["items"].as_array()?.iter().find(|delivery| delivery["template"] == template)?;
            let (_, message) = reception.get(&format!("/deliveries/{}", text(found, "/id"))).await;
            // A message has its words once it is prepared.
            (!text(&message, "/text").is_empty()).then_some(message)
        })
        .await
    }
}
