//! Following up what was confided to level 2 or to an outside body: after some business days a reminder, then the request
//! comes back to level 1 by itself. The clock starts when it is confided, and again when the usager, who was waited for
//! meanwhile, has answered.

use guichet_core::Timestamp;
use guichet_core::id::AgentId;
use guichet_core::work::WorkState;
use guichet_events::{Delay, DelayUnit, Procedure};

use super::engine::Need;
use super::town::Town;
use super::work::{Change, Fact, IllegalMove, Work};

/// When somebody who was confided a request is reminded of it, and loses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FollowUp {
    /// `None` once it was sent.
    pub(crate) remind_at: Option<Timestamp>,
    pub(crate) return_at: Timestamp,
    pub(crate) reminded_at: Option<Timestamp>,
}

/// To whom level 1 has confided a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Confided {
    Level2,
    Outside,
}

impl Confided {
    const fn reminder(self) -> &'static str {
        match self {
            Self::Level2 => "remind",
            Self::Outside => "remind_outside",
        }
    }

    const fn late(self) -> &'static str {
        match self {
            Self::Level2 => "return_late",
            Self::Outside => "return_late_outside",
        }
    }
}

/// Returns to whom a request is confided now; nobody is hurried while the usager is waited for.
pub(crate) fn confided(work: &Work) -> Option<Confided> {
    match work.state {
        WorkState::Forwarded => Some(Confided::Outside),
        WorkState::Escalated => Some(Confided::Level2),
        WorkState::InProgress => work.level2.map(|_| Confided::Level2),
        _ => None,
    }
}

/// Returns whether the dates of a change are not those the work had before.
pub(crate) fn is_news(change: &Change) -> bool {
    let before = change.before.as_ref().and_then(confided);
    match confided(&change.after) {
        None => change.after.followed.is_some(),
        after => before != after || change.after.followed.is_none(),
    }
}

/// Returns the dates of the work after a change.
pub(crate) fn of(change: &Change, town: &Town, now: Timestamp) -> Option<FollowUp> {
    let work = &change.after;
    confided(work)?;
    if is_news(change) { dates(work, town, now) } else { work.followed }
}

fn dates(work: &Work, town: &Town, now: Timestamp) -> Option<FollowUp> {
    let directory = town.by_id(work.authority_id)?;
    let rules = work.filing.procedure.as_deref().and_then(|code| directory.procedures.get(code));
    let calendar = town.calendar(directory, work.department());
    let days = |count| calendar.due(now, Delay { count, unit: DelayUnit::BusinessDays });
    Some(FollowUp {
        remind_at: Some(days(rules.map_or(Procedure::REMINDER_DAYS, Procedure::reminder_days))),
        return_at: days(rules.map_or(Procedure::RETURN_DAYS, Procedure::return_days)),
        reminded_at: None,
    })
}

/// A reminder goes to whoever has it.
pub(crate) fn reminded(work: &Work, now: Timestamp) -> Result<Change, IllegalMove> {
    let (confided, followed) = confided(work).zip(work.followed).ok_or(IllegalMove)?;
    let followed = FollowUp { remind_at: None, reminded_at: Some(now), ..followed };
    let after = Work { followed: Some(followed), ..work.moved(work.state)? };
    Ok(work.change(after, Fact::Reminded, confided.reminder(), None))
}

/// Nobody has answered in time: it comes back to the level-1 holder when they are at work, else to level 1's queue.
pub(crate) fn came_back(work: &Work, holder_present: bool, need: Need) -> Result<Change, IllegalMove> {
    let confided = confided(work).ok_or(IllegalMove)?;
    let holder: Option<AgentId> = work.assignee.filter(|_| holder_present);
    let after = match holder {
        None => work.requeued(need)?,
        Some(_) => Work { level2: None, queue: None, offer: None, ..work.moved(WorkState::InProgress)? },
    };
    Ok(work.change(after, Fact::Returned, confided.late(), None))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use guichet_core::id::{AuthorityId, ServiceRequestId};
    use guichet_core::work::{Channel, Tier};

    use super::*;
    use crate::domain::filing::{Ask, file};
    use crate::domain::town::arbitrary;

    /// Tuesday 24 November 2026, 10:00 in Paris.
    const TUESDAY: Timestamp = Timestamp::from_millis(1_795_510_800_000);
    const DAY_SECONDS: i64 = 86_400;

    fn town(reminder: Option<u32>) -> Town {
        let mut directory = arbitrary::directory("valorme");
        let (code, mut acte) = arbitrary::procedure("acte", "GU", Tier::L1, &[("ECI", 2)]);
        acte.reminder_days = reminder;
        acte.automatic_return_days = reminder.map(|days| days + 1);
        directory.procedures.insert(code, acte);
        Town::of([Arc::new(directory)])
    }

    fn held_by_aline(town: &Town) -> Work {
        let directory = town.by_code("valorme").expect("published");
        let received_at = TUESDAY;
        let ask = Ask { procedure: Some("acte"), channel: Channel::Web, language: "fr", danger: false, received_at };
        let (filing, need) = file(town, directory, &ask);
        let ids = (ServiceRequestId::from(uuid::Uuid::from_u128(1)), AuthorityId::of_code("valorme"));
        Work {
            state: WorkState::InProgress,
            version: 3,
            queue: None,
            assignee: Some(AgentId::of_login("aline")),
            ..Work::received(ids, (filing, need), received_at)
        }
    }

    /// Returns the work after a move, with its dates as they are written.
    fn after(town: &Town, before: &Work, state: WorkState, level2: Option<&str>, now: Timestamp) -> Work {
        let moved = Work { level2: level2.map(AgentId::of_login), ..before.moved(state).expect("a legal move") };
        let mut change = before.change(moved, Fact::Escalated, "escalate", None);
        change.after.followed = of(&change, town, now);
        change.after
    }

    #[test]
    fn dates_are_counted_in_business_days_of_the_department() {
        let town = town(Some(4));
        let escalated = after(&town, &held_by_aline(&town), WorkState::Escalated, None, TUESDAY);
        let followed = escalated.followed.expect("followed");
        let days = |at: Timestamp| at.millis_since(TUESDAY) / (DAY_SECONDS * 1_000);
        // Wednesday, Thursday, Friday, then Monday: the week-end does not count.
        assert_eq!(followed.remind_at.map(days), Some(6));
        assert_eq!(days(followed.return_at), 7);
    }

    #[test]
    fn a_procedure_that_says_nothing_has_the_usual_dates() {
        let town = town(None);
        let escalated = after(&town, &held_by_aline(&town), WorkState::Escalated, None, TUESDAY);
        let followed = escalated.followed.expect("followed");
        assert!(followed.remind_at.is_some_and(|at| TUESDAY < at && at < followed.return_at));
    }

    #[test]
    fn waiting_for_the_usager_stops_the_clock_and_their_answer_starts_it_anew() {
        let town = town(Some(2));
        let escalated = after(&town, &held_by_aline(&town), WorkState::Escalated, Some("gaelle"), TUESDAY);
        let waiting = after(&town, &escalated, WorkState::WaitingRequester, Some("gaelle"), TUESDAY);
        assert_eq!(waiting.followed, None);
        let later = TUESDAY.plus_seconds(20 * DAY_SECONDS);
        let resumed = after(&town, &waiting, WorkState::InProgress, Some("gaelle"), later);
        assert!(resumed.followed.is_some_and(|followed| followed.return_at > later));
    }

    #[test]
    fn a_reminder_is_sent_once_and_moves_no_date() {
        let town = town(Some(2));
        let escalated = after(&town, &held_by_aline(&town), WorkState::Escalated, Some("gaelle"), TUESDAY);
        let now = TUESDAY.plus_seconds(3 * DAY_SECONDS);
        let change = reminded(&escalated, now).expect("it is confided");
        assert!(!is_news(&change));
        let followed = of(&change, &town, now).expect("still followed");
        assert_eq!((followed.remind_at, followed.reminded_at), (None, Some(now)));
        assert_eq!(Some(followed.return_at), escalated.followed.map(|before| before.return_at));
        assert_eq!(change.after.holder(), escalated.holder());
    }

    #[test]
    fn what_comes_back_goes_to_its_holder_or_to_the_queue_and_is_followed_no_more() {
        let town = town(Some(2));
        for (state, level2) in [(WorkState::Escalated, Some("gaelle")), (WorkState::Forwarded, None)] {
            let confided = after(&town, &held_by_aline(&town), state, level2, TUESDAY);
            let back = came_back(&confided, true, confided.need.clone()).expect("it is confided");
            assert_eq!((back.after.state, back.after.holder()), (WorkState::InProgress, confided.assignee));
            assert!(is_news(&back) && of(&back, &town, TUESDAY).is_none());
            let absent = came_back(&confided, false, confided.need.clone()).expect("it is confided");
            assert_eq!((absent.after.state, absent.after.holder()), (WorkState::Queued, None));
        }
        let held = held_by_aline(&town);
        assert!(came_back(&held, true, held.need.clone()).is_err(), "nobody was confided it");
    }
}
