//! How long a caller waits for a free connection.
//!
//! Most waits are short, and whoever comes while connections change hands waits as long as an answer is still worth something.
//! When nobody has been given one for a while, though, the database is stuck (a lock, a server that does not answer): those who
//! wait already go on, and a person who asks then ([`hurried`]) is told at once, so that callers do not pile up behind a wall. It is the
//! idea of CoDel for a line of requests (B. Maurer, « Fail at scale », ACM Queue 13(8), 2015): a line that moves may be long, one
//! that stands must be short. Workers, whom nobody watches, always wait: giving up would cost them what they hold.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::futures::TaskLocalFuture;

/// How long a caller waits while the line moves: past it, an honest 503 beats a hang.
pub(crate) const WAIT_MAX: Duration = Duration::from_secs(3);
/// Nobody was given a connection for this long: the line stands. Longer than any transaction of ours but one that keeps a large mail,
/// of which there are never as many as connections, and than the disk of a busy machine takes to flush what waits.
const STANDS_AFTER: Duration = Duration::from_secs(2);
/// How long somebody who is hurried waits behind a line that stands: both tries of a keyed command together stay under a tenth of a
/// second.
const WAIT_WHILE_STANDING: Duration = Duration::from_millis(40);

tokio::task_local! {
    /// There while somebody waits for the answer.
    static HURRIED: ();
}

/// Runs the work of a call that somebody waits for: behind a database that is stuck it fails at once with
/// [`Error::Unavailable`](crate::Error::Unavailable).
pub fn hurried<F: Future>(work: F) -> TaskLocalFuture<(), F> {
    HURRIED.scope((), work)
}

/// Those who wait for a connection of one pool.
#[derive(Debug, Default)]
pub(crate) struct Line(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Those who wait as long as the line allows at most: while there is one, somebody notices when the database is back.
    patient: usize,
    /// When somebody was last given a connection, or the first of these came.
    moved_at: Option<Instant>,
    /// When somebody was last given a connection.
    given_at: Option<Instant>,
}

/// A place in the line; dropped, it is left.
#[derive(Debug)]
struct Place<'l> {
    line: &'l Line,
    is_patient: bool,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.line.state().patient -= usize::from(self.is_patient);
    }
}

impl Line {
    /// Waits for the connection that `acquire` gives; [`sqlx::Error::PoolTimedOut`] when that takes too long.
    ///
    /// Nothing but a connection is waited for here: a statement given up half-way would leave its transaction to the next caller.
    pub(crate) fn wait<'l, T: 'l>(
        &'l self,
        acquire: impl Future<Output = Result<T, sqlx::Error>> + Send + 'l,
    ) -> impl Future<Output = Result<T, sqlx::Error>> + 'l {
        // On the heap: every use case has this one within its own.
        let acquire = Box::pin(acquire);
        async move {
            let is_hurried = HURRIED.try_with(|()| ()).is_ok();
            let place = self.join(Instant::now(), is_hurried);
            let limit = if place.is_patient { WAIT_MAX } else { WAIT_WHILE_STANDING };
            let given = tokio::time::timeout(limit, acquire).await.map_err(|_| sqlx::Error::PoolTimedOut)?;
            if given.is_ok() {
                self.moves(Instant::now());
            }
            given
        }
    }

    fn join(&self, now: Instant, is_hurried: bool) -> Place<'_> {
        let mut state = self.state();
        if state.patient == 0 {
            state.moved_at = Some(now);
        }
        let stands = state.moved_at.is_some_and(|moved_at| now.saturating_duration_since(moved_at) >= STANDS_AFTER);
        let is_patient = !(stands && is_hurried);
        state.patient += usize::from(is_patient);
        Place { line: self, is_patient }
    }

    fn moves(&self, now: Instant) {
        let mut state = self.state();
        (state.moved_at, state.given_at) = (Some(now), Some(now));
    }

    /// Returns whether anybody has been given a connection since.
    pub(crate) fn moved_since(&self, at: Instant) -> bool {
        self.state().given_at.is_some_and(|given_at| given_at >= at)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_comes_while_the_line_moves_is_patient_however_long_it_is() {
        let (line, start) = (Line::default(), Instant::now());
        let mut places = Vec::new();
        for turn in 0..100 {
            let now = start + STANDS_AFTER / 2 * turn;
            places.push(line.join(now, true));
            line.moves(now);
        }
        assert!(places.iter().all(|place| place.is_patient));
    }

    #[test]
    fn who_is_hurried_does_not_wait_behind_a_line_that_stands_and_those_before_stay() {
        let (line, start) = (Line::default(), Instant::now());
        let first = line.join(start, true);
        let second = line.join(start + STANDS_AFTER / 2, true);
        let late = line.join(start + STANDS_AFTER, true);
        assert!(first.is_patient && second.is_patient && !late.is_patient);
        assert!(line.join(start + STANDS_AFTER, false).is_patient, "a worker waits");
        line.moves(start + STANDS_AFTER);
        assert!(line.join(start + STANDS_AFTER, true).is_patient, "it moves again");
    }

    #[test]
    fn somebody_always_holds_out_until_the_database_is_back() {
        let (line, start) = (Line::default(), Instant::now());
        let first = line.join(start, true);
        let late = line.join(start + WAIT_MAX, true);
        assert!(first.is_patient && !late.is_patient);
        drop(first);
        let next = line.join(start + WAIT_MAX, true);
        assert!(next.is_patient, "the last one who was patient has given up");
        assert!(line.join(start + WAIT_MAX, true).is_patient);
        assert!(!line.join(start + WAIT_MAX + STANDS_AFTER, true).is_patient);
    }

    #[test]
    fn a_line_in_which_others_were_served_has_moved() {
        let (line, asked_at) = (Line::default(), Instant::now());
        let asking = line.join(asked_at, false);
        assert!(!line.moved_since(asked_at), "to come is not to be served");
        line.moves(asked_at + WAIT_MAX);
        assert!(line.moved_since(asked_at));
        drop(asking);
    }

    #[tokio::test]
    async fn what_is_not_given_in_time_is_told_and_the_place_is_left() {
        let line = Line::default();
        let first = line.join(Instant::now(), false);
        line.moves(Instant::now().checked_sub(STANDS_AFTER).expect("the machine is up for longer"));
        let given = hurried(line.wait(std::future::pending::<Result<(), sqlx::Error>>())).await;
        assert!(matches!(given, Err(sqlx::Error::PoolTimedOut)));
        assert_eq!(hurried(line.wait(std::future::ready(Ok(7)))).await.expect("given"), 7);
        assert!(line.join(Instant::now(), true).is_patient, "it moved");
        drop(first);
        assert_eq!(line.state().patient, 0);
    }
}
