//! A plan carried out: every contact at its time, through its door, a bounded number at once.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::doors::Doors;
use crate::mail::{Letter, Refusal};
use crate::plan::{Contact, Plan, Way};
use crate::texts::Said;

/// Contacts on their way at once: past it the town queues at the door, as it would.
const IN_FLIGHT_MAX: usize = 32;
/// The desk's mailboxes, by authority.
const MAILBOXES: [(&str, &str); 3] =
    [("valorme", "guichet@valorme.example"), ("orvance", "guichet@orvance.example"), ("ccas", "guichet@ccas.example")];

/// What was sent, and what the doors said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// E-mails taken, replies included.
    pub emails: u64,
    /// Of these, additions to an earlier one.
    pub replies: u64,
    /// Forms taken.
    pub forms: u64,
    /// Calls recorded.
    pub calls: u64,
    /// Visits recorded.
    pub visits: u64,
    /// Calls and visits answered on the spot: they open no request.
    pub answered_on_the_spot: u64,
    /// Contacts that the doors refused: none, on a healthy demo.
    pub refused: u64,
    /// Contacts that nobody answered: none, while the demo runs.
    pub unanswered: u64,
    /// Contacts under way.
    pub in_flight: u64,
}

/// What became of one contact.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fate {
    Taken,
    Refused(String),
    Unanswered,
}

impl Summary {
    /// Returns the contacts that were taken.
    pub const fn taken(&self) -> u64 {
        self.emails + self.forms + self.calls + self.visits
    }

    /// Returns whether every contact was taken.
    pub const fn is_clean(&self) -> bool {
        self.refused == 0 && self.unanswered == 0
    }

    fn count(&mut self, way: Way, fate: &Fate) {
        match fate {
            Fate::Refused(_) => self.refused += 1,
            Fate::Unanswered => self.unanswered += 1,
            Fate::Taken => match way {
                Way::Email { answers } => {
                    self.emails += 1;
                    self.replies += u64::from(answers.is_some());
                }
                Way::Web => self.forms += 1,
                Way::Phone { answered } => {
                    self.calls += 1;
                    self.answered_on_the_spot += u64::from(answered);
                }
                Way::Counter { answered } => {
                    self.visits += 1;
                    self.answered_on_the_spot += u64::from(answered);
                }
            },
        }
    }
}

/// Carries a plan out until its end or until `stop`; `run` keeps the addresses of two runs apart. `tell` hears the counts
/// after each change, and the reason of the first refusal.
pub async fn play(
    doors: &Doors,
    plan: &Plan,
    run: &str,
    stop: &CancellationToken,
    mut tell: impl FnMut(&Summary, Option<&str>),
) -> Summary {
    let (started, places) = (Instant::now(), Arc::new(Semaphore::new(IN_FLIGHT_MAX)));
    let mut tasks: JoinSet<(Way, Fate)> = JoinSet::new();
    let mut summary = Summary::default();
    let mut upcoming = plan.contacts.iter().peekable();
    loop {
        let due = upcoming.peek().filter(|_| !stop.is_cancelled()).map(|contact| started + contact.at);
        let ready = async {
            match due {
                Some(due) => {
                    tokio::time::sleep_until(due).await;
                    Arc::clone(&places).acquire_owned().await.ok()
                }
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            place = ready => {
                let Some(contact) = upcoming.next() else { break };
                let (doors, contact, run) = (doors.clone(), contact.clone(), run.to_owned());
                tasks.spawn(async move {
                    let fate = deliver(&doors, &contact, &run).await;
                    drop(place);
                    (contact.way, fate)
                });
                summary.in_flight += 1;
                tell(&summary, None);
            }
            Some(done) = tasks.join_next() => {
                summary.in_flight -= 1;
                let Ok((way, fate)) = done else { continue };
                summary.count(way, &fate);
                let reason = if let Fate::Refused(reason) = &fate { Some(reason.as_str()) } else { None };
                tell(&summary, reason.filter(|_| summary.refused == 1));
            }
            () = stop.cancelled(), if due.is_some() => {}
            else => break,
        }
        if tasks.is_empty() && (stop.is_cancelled() || upcoming.peek().is_none()) {
            break;
        }
    }
    summary
}

/// Brings one contact to its door.
async fn deliver(doors: &Doors, contact: &Contact, run: &str) -> Fate {
    match contact.way {
        Way::Email { answers } => match doors.post.send(&letter(contact, answers, run)).await {
            Ok(()) => Fate::Taken,
            Err(Refusal::Refused(reason)) => Fate::Refused(reason),
            Err(Refusal::Away(_)) => Fate::Unanswered,
        },
        Way::Web => fate(doors.submit(&form(contact, run), &format!("{run}-{}", contact.number)).await),
        Way::Phone { answered } => fate(doors.reception.post("/calls", &call(contact, "phone", answered, run)).await),
        Way::Counter { answered } => {
            fate(doors.reception.post("/calls", &call(contact, "counter", answered, run)).await)
        }
    }
}

fn fate((status, body): (u16, Value)) -> Fate {
    match status {
        0 => Fate::Unanswered,
        200..=299 => Fate::Taken,
        _ => Fate::Refused(format!("{status} {body}")),
    }
}

/// Returns an address of this run: the people of yesterday's run are other people.
fn address(contact: &Contact, run: &str) -> String {
    contact.person.email.replace('@', &format!("-{run}@"))
}

fn letter(contact: &Contact, answers: Option<usize>, run: &str) -> Letter {
    let Said { authority, subject, text, file, .. } = contact.said.clone();
    let to = MAILBOXES.iter().find(|(code, _)| *code == authority).map_or(MAILBOXES[0].1, |(_, mailbox)| mailbox);
    let id = |number: usize| format!("{run}.{number}@citoyen.example");
    Letter {
        name: contact.person.name.clone(),
        from: address(contact, run),
        to: to.to_owned(),
        subject,
        text: format!("{text}\n\n{}", contact.person.name),
        id: id(contact.number),
        answers: answers.map(id).unwrap_or_default(),
        file,
    }
}

/// Returns a form as the portal's page would send it.
pub(crate) fn form(contact: &Contact, run: &str) -> Value {
    json!({
        "authority": contact.said.authority, "procedure": contact.said.procedure,
        "subject": contact.said.subject, "body": contact.said.text,
        "requester": {
            "name": contact.person.name, "email": address(contact, run), "phone": contact.person.phone,
            "postal_address": contact.person.address,
        },
    })
}

fn call(contact: &Contact, channel: &str, answered: bool, run: &str) -> Value {
    let mut body = json!({
        "authority": contact.said.authority, "procedure": contact.said.procedure, "channel": channel,
        "call_id": format!("{run}-{}", contact.number), "subject": contact.said.subject, "body": contact.said.text,
        "requester": {
            "name": contact.person.name, "phone": contact.person.phone, "postal_address": contact.person.address,
        },
    });
    if answered {
        body["answered"] = json!({"outcome": "informed"});
    }
    body
}

/// Returns how long a plan takes.
pub fn length(plan: &Plan) -> Duration {
    plan.contacts.last().map(|contact| contact.at).unwrap_or_default()
}
