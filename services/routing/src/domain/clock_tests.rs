//! What a wait and a transmission do to the three dates, told as the law does.

use std::sync::Arc;

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, ServiceRequestId};
use guichet_core::work::{Channel, SilenceRule, Tier, WorkState};
use guichet_events::{Delay, DelayUnit, Directory};
use proptest::prelude::*;

use super::clock::{Clock, Reading, Rules, Standing};
use super::filing::{Ask, Filing, file};
use super::town::{Town, arbitrary};
use super::work::{Change, Fact, Work};

/// Tuesday 24 November 2026, 10:00 in Paris.
const NOW: Timestamp = Timestamp::from_millis(1_795_510_800_000);
const DAY: i64 = 86_400;

/// A town where `accepte` accepts after a month, `rejette` rejects after two, `aucun` has a legal month and no rule.
fn town() -> (Town, Arc<Directory>) {
    let mut directory = arbitrary::directory("valorme");
    let months = |count| Some(Delay { count, unit: DelayUnit::Months });
    for (code, silence, legal) in [
        ("accepte", Some(SilenceRule::Accept), months(1)),
        ("rejette", Some(SilenceRule::Reject), months(2)),
        ("aucun", None, months(1)),
    ] {
        let (code, mut procedure) = arbitrary::procedure(code, "GU", Tier::L1, &[("ACC", 1)]);
        (procedure.silence, procedure.legal) = (silence, legal);
        directory.procedures.insert(code, procedure);
    }
    let directory = Arc::new(directory);
    (Town::of([Arc::clone(&directory)]), directory)
}

struct Story {
    town: Town,
    directory: Arc<Directory>,
    work: Work,
}

impl Story {
    /// In progress since [`NOW`], at Aline's.
    fn of(procedure: &str) -> Self {
        let (town, directory) = town();
        let ask =
            Ask { procedure: Some(procedure), channel: Channel::Web, language: "fr", danger: false, received_at: NOW };
        let (filing, need) = file(&town, &directory, &ask);
        let ids = (ServiceRequestId::from(uuid::Uuid::from_u128(7)), directory.authority.id);
        let work = Work {
            state: WorkState::InProgress,
            queue: None,
            assignee: Some(AgentId::of_login("aline")),
            ..Work::received(ids, (filing, need), NOW)
        };
        Self { town, directory, work }
    }

    fn rules(&self) -> Rules {
        Rules::of(&self.town, &self.directory, self.work.filing.procedure.as_deref(), false)
    }

    fn follows(&mut self, change: &Change, at: Timestamp) -> &Work {
        let once = change.clocked(&self.rules(), at);
        assert_eq!(once.clocked(&self.rules(), at.plus_seconds(DAY)).after, once.after, "said twice, it counts once");
        self.work = once.after;
        &self.work
    }

    fn asks_for_a_paper(&mut self, after_days: i64, until_days: Option<i64>) -> &Work {
        let change = self.work.paused(until_days.map(in_days), None).expect("work under way can wait");
        self.follows(&change, in_days(after_days))
    }

    fn goes_on(&mut self, how: &'static str, after_days: i64) -> &Work {
        let change = self.work.resumed(how, None).expect("what waits can go on");
        self.follows(&change, in_days(after_days))
    }

    fn is_moved(&mut self, state: WorkState, fact: Fact, after_days: i64) -> &Work {
        let change = self.work.change(self.work.ended(state).expect("a legal move"), fact, "command", None);
        self.follows(&change, in_days(after_days))
    }
}

fn in_days(days: i64) -> Timestamp {
    NOW.plus_seconds(days * DAY)
}

/// Returns the day of a date, in Paris.
fn day(due: Option<Timestamp>) -> String {
    let zone = jiff::tz::TimeZone::get("Europe/Paris").expect("the zone is bundled");
    due.map(|due| zone.to_datetime(due.to_jiff()).date().to_string()).unwrap_or_default()
}

fn days(work: &Work) -> [String; 3] {
    [day(work.filing.announced_due), day(work.legal().due), day(work.filing.internal_due)]
}

#[test]
fn where_silence_accepts_the_legal_delay_starts_again_with_the_paper() {
    let mut dp = Story::of("accepte");
    assert_eq!(days(&dp.work), ["2026-11-27", "2026-12-24", "2026-11-27"]);
    let work = dp.asks_for_a_paper(1, Some(16));
    let awaiting = Reading { due: None, standing: Standing::AwaitingPapers { since: in_days(1) }, law: "L.114-5" };
    assert_eq!(work.legal(), awaiting);
    assert_eq!(work.announced().standing, Standing::Suspended { since: in_days(1), until: Some(in_days(16)) });
    // Wednesday to Wednesday: five business days.
    let work = dp.goes_on("message", 8);
    assert_eq!(days(work), ["2026-12-04", "2027-01-02", "2026-12-04"]);
    assert_eq!(work.legal().standing, Standing::Restarted { at: in_days(8) });
    assert_eq!((work.announced().standing, work.internal().standing), (Standing::Shifted, Standing::Shifted));
}

#[test]
fn where_silence_accepts_nothing_runs_until_the_paper_is_there() {
    let mut dp = Story::of("accepte");
    dp.asks_for_a_paper(1, Some(3));
    let work = dp.goes_on("wait_over", 3);
    assert_eq!(work.legal().standing, Standing::AwaitingPapers { since: in_days(1) });
    assert_eq!(day(work.filing.announced_due), "2026-12-01", "the desk has its work back");
    let rules = dp.rules();
    let late = dp.work.with_late_papers(&rules, in_days(20)).expect("the date hangs on it");
    assert_eq!(
        (day(late.legal().due), late.legal().standing),
        ("2027-01-14".into(), Standing::Restarted { at: in_days(20) })
    );
    assert_eq!(late.with_late_papers(&rules, in_days(21)), None, "a second message is only a message");
}

#[test]
fn where_silence_rejects_the_legal_delay_stands_still_for_the_time_given() {
    let mut aid = Story::of("rejette");
    assert_eq!(days(&aid.work)[1], "2027-01-24");
    let work = aid.asks_for_a_paper(1, Some(16));
    let suspended = Standing::Suspended { since: in_days(1), until: Some(in_days(16)) };
    assert_eq!((work.legal().standing, work.legal().law), (suspended, "L.114-5"));
    // Papers before the end of the time given end the suspension.
    let early = Story { work: aid.work.clone(), ..town_of(&aid) }.goes_on("message", 8).clone();
    assert_eq!((day(early.legal().due), early.legal().standing), ("2027-01-31".into(), Standing::Shifted));
    // And it never lasts longer than the time given.
    assert_eq!(days(aid.goes_on("resume", 40))[1], "2027-02-08");
}

fn town_of(story: &Story) -> Story {
    Story { town: story.town.clone(), directory: Arc::clone(&story.directory), work: story.work.clone() }
}

#[test]
fn without_a_day_given_or_without_a_rule_the_legal_delay_goes_on() {
    for (procedure, until) in [("rejette", None), ("aucun", Some(16))] {
        let mut story = Story::of(procedure);
        let before = story.work.filing.legal_due;
        assert_eq!(story.asks_for_a_paper(1, until).legal().standing, Standing::StillRunning, "{procedure}");
        let work = story.goes_on("message", 8);
        assert_eq!((work.legal().due, work.legal().standing), (before, Standing::Running), "{procedure}");
        assert_eq!(day(work.filing.announced_due), "2026-12-04", "what was promised is not held against the desk");
    }
}

#[test]
fn dates_already_past_when_the_paper_is_asked_for_stay() {
    for procedure in ["accepte", "rejette"] {
        let mut story = Story::of(procedure);
        let before = story.work.clone();
        story.asks_for_a_paper(90, Some(100));
        assert_eq!(story.work.legal().standing, Standing::Running);
        let work = story.goes_on("message", 95);
        assert_eq!(days(work), days(&before));
        assert_eq!(work.announced().standing, Standing::Running);
    }
}

#[test]
fn asked_again_the_time_given_is_the_new_one() {
    let mut aid = Story::of("rejette");
    aid.asks_for_a_paper(1, Some(5));
    let work = aid.asks_for_a_paper(4, Some(16));
    assert_eq!(work.legal().standing, Standing::Suspended { since: in_days(1), until: Some(in_days(16)) });
    assert_eq!(days(aid.goes_on("message", 11))[1], "2027-02-03", "ten days from the first time");
}

#[test]
fn a_wait_that_ends_with_the_answer_is_left_out_of_the_announced_delay() {
    let mut dp = Story::of("accepte");
    dp.asks_for_a_paper(1, None);
    let change = dp.work.resolved(guichet_core::work::Outcome::Moot, in_days(30), None).expect("it can be answered");
    let work = dp.follows(&change, in_days(30));
    assert!(work.resolved_at <= work.filing.announced_due, "{:?}", work.filing);
    assert_eq!(work.legal().standing, Standing::Running, "nothing is awaited once it is answered");
}

#[test]
fn transmitted_the_accepting_delay_starts_with_the_competent_one_and_the_rejecting_one_with_the_first() {
    let mut dp = Story::of("accepte");
    let before = dp.work.filing.clone();
    let work = dp.is_moved(WorkState::Forwarded, Fact::Forwarded, 7);
    assert_eq!(
        (day(work.legal().due), work.legal().standing, work.legal().law),
        ("2027-01-01".into(), Standing::Transmitted { at: in_days(7) }, "L.114-3")
    );
    assert_eq!(dp.goes_on("resume", 9).filing, before, "what comes back never left");
    let mut aid = Story::of("rejette");
    let first = aid.work.filing.legal_due;
    let work = aid.is_moved(WorkState::Forwarded, Fact::Forwarded, 7);
    assert_eq!((work.legal().due, work.legal().standing), (first, Standing::StillRunning));
}

#[test]
fn another_procedure_counts_the_waits_and_another_department_changes_no_date() {
    let mut story = Story::of("aucun");
    story.asks_for_a_paper(1, Some(16));
    story.goes_on("message", 8);
    let anew = |code: &str| -> Filing {
        let ask = Ask { procedure: Some(code), channel: Channel::Web, language: "fr", danger: false, received_at: NOW };
        file(&story.town, &story.directory, &ask).0
    };
    let same = story.work.refiled(Filing { department: "XX".into(), ..anew("aucun") }, &story.rules());
    assert_eq!(same.filing, Filing { department: "XX".into(), ..story.work.filing.clone() });
    let rules = Rules::of(&story.town, &story.directory, Some("accepte"), false);
    let other = story.work.refiled(anew("accepte"), &rules);
    assert_eq!(days(&other), ["2026-12-04", "2027-01-02", "2026-12-04"]);
    assert_eq!(other.legal().standing, Standing::Restarted { at: in_days(8) });
}

proptest! {
    /// However often a paper is asked for, no date comes nearer, and what a program keeps reads the same.
    #[test]
    fn no_wait_brings_a_date_nearer(procedure in 0_usize..3, waits in prop::collection::vec((0_i64..20, 0_i64..30, prop::option::of(0_i64..40), 0_usize..3), 0..8)) {
        let mut story = Story::of(["accepte", "rejette", "aucun"][procedure]);
        let mut now = 0;
        for (later, waited, given, how) in waits {
            let before = story.work.filing.clone();
            now += later;
            story.asks_for_a_paper(now, given.map(|given| now + given));
            now += waited;
            let after = story.goes_on(["message", "resume", "wait_over"][how], now).filing.clone();
            prop_assert!(after.announced_due >= before.announced_due);
            prop_assert!(after.internal_due >= before.internal_due);
            prop_assert!(after.legal_due >= before.legal_due);
            prop_assert_eq!(after.receipt_due, before.receipt_due);
            let kept = serde_json::to_string(&story.work.clock).expect("plain data");
            prop_assert_eq!(&serde_json::from_str::<Clock>(&kept).expect("it was written"), &story.work.clock);
        }
    }
}
