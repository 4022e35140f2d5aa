//! A desk filled quickly: many requests through the form's own door.

use std::time::Instant;

use serde::Serialize;
use tokio::task::JoinSet;

use crate::Error;
use crate::doors::{Doors, success};
use crate::plan::Plan;
use crate::traffic::form;

/// Forms given in at once: past it one process on SQLite, which has one writer, gains nothing.
const AT_ONCE: usize = 16;

/// What a desk was filled with.
#[derive(Clone, Debug, Serialize)]
pub struct Filled {
    /// Requests stored.
    pub requests: usize,
    /// How long it took.
    pub seconds: f64,
    /// Reference of the last one.
    pub last_reference: String,
}

/// Stores `count` requests, invented from a seed; `tell` hears how many are stored so far.
///
/// # Errors
/// The first refusal: nothing more is given in then.
pub async fn fill(doors: &Doors, count: usize, seed: u64, mut tell: impl FnMut(usize)) -> Result<Filled, Error> {
    let started = Instant::now();
    let plan = Plan::forms(seed, count);
    let mut filled = Filled { requests: 0, seconds: 0.0, last_reference: String::new() };
    let mut tasks = JoinSet::new();
    let mut waiting = plan.contacts.iter();
    loop {
        while tasks.len() < AT_ONCE
            && let Some(contact) = waiting.next()
        {
            let (doors, body) = (doors.clone(), form(contact, &format!("f{seed}")));
            tasks.spawn(async move { doors.submit(&body, "").await });
        }
        let Some(done) = tasks.join_next().await else { break };
        let created = success("POST /requests", done.map_err(|_| Error::Stopped)?)?;
        filled.requests += 1;
        filled.last_reference = created["reference"].as_str().unwrap_or_default().to_owned();
        tell(filled.requests);
    }
    filled.seconds = started.elapsed().as_secs_f64();
    Ok(filled)
}
