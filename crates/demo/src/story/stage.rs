//! The stage of a story: its scenes, one after the other, and who watches them.

use serde::Serialize;

use crate::{Doors, Error};

/// One scene, as it was told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What was going to happen, in French.
    pub says: String,
    /// The page to have open.
    pub page: String,
    /// What happened, a sentence each.
    pub shows: Vec<String>,
    /// Reference of the request it is about.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reference: String,
    /// Where its work stands then.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub state: String,
}

/// Who watches.
pub trait Audience: Send {
    /// Hears what will happen and where to look; returns whether to go on.
    fn expects(&mut self, number: usize, step: &Step) -> impl Future<Output = bool> + Send;
    /// Sees one thing that happened.
    fn sees(&mut self, line: &str);
}

/// Where a story is told.
#[derive(Debug)]
pub struct Stage<'a, A> {
    pub(super) doors: &'a Doors,
    pub(super) run: &'a str,
    audience: &'a mut A,
    steps: Vec<Step>,
}

impl<'a, A: Audience> Stage<'a, A> {
    /// Returns an empty stage.
    pub(super) fn new(doors: &'a Doors, run: &'a str, audience: &'a mut A) -> Self {
        Self { doors, run, audience, steps: Vec::new() }
    }

    /// Returns the scenes told.
    pub(super) fn into_steps(self) -> Vec<Step> {
        self.steps
    }

    /// Announces a scene and waits for the audience.
    pub(super) async fn scene(&mut self, says: &str, path: &str) -> Result<(), Error> {
        let page = format!("{}{path}", self.doors.url);
        let step = Step { says: says.to_owned(), page, ..Step::default() };
        let goes_on = self.audience.expects(self.steps.len() + 1, &step).await;
        self.steps.push(step);
        if goes_on { Ok(()) } else { Err(Error::Stopped) }
    }

    /// Shows one thing that happened.
    pub(super) fn shows(&mut self, line: impl Into<String>) {
        let line = line.into();
        self.audience.sees(&line);
        if let Some(step) = self.steps.last_mut() {
            step.shows.push(line);
        }
    }

    /// Notes which request the scene is about and where it stands.
    pub(super) fn notes(&mut self, reference: &str, state: &str) {
        if let Some(step) = self.steps.last_mut() {
            reference.clone_into(&mut step.reference);
            state.clone_into(&mut step.state);
        }
    }
}

/// Fails a story when something it announces is not so.
pub(super) fn expect(is_so: bool, what: impl Into<String>) -> Result<(), Error> {
    if is_so { Ok(()) } else { Err(Error::Differs(what.into())) }
}
