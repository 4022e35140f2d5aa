//! Forecasts against what is known without them: a clock one can count by hand, a queue that moves at an even pace, and
//! what must hold whatever has been seen.

use std::ops::Range;

use guichet_core::Timestamp;
use guichet_core::french::Dates;
use guichet_events::{Authority, Calendar, Interval, Weekday};
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::estimate::{Estimator, View};
use super::survival::{Outcome, corrected};
use super::team_time::Shift;
use super::*;
use crate::domain::calendar::WorkCalendar;

const MINUTE: i64 = 60_000;

fn at(text: &str) -> Timestamp {
    text.parse::<jiff::Timestamp>().expect("an instant").into()
}

fn paris() -> TimeZone {
    TimeZone::get("Europe/Paris").expect("a zone")
}

fn dates() -> Dates {
    Dates::of_zone("Europe/Paris")
}

/// Six weeks of November and December 2026.
fn weeks() -> Range<Timestamp> {
    at("2026-11-09T00:00:00Z")..at("2026-12-20T00:00:00Z")
}

/// Monday to Friday, between two hours in Paris.
fn hours(from: u16, to: u16) -> WorkCalendar {
    let open = vec![Interval { from_minute: from * 60, to_minute: to * 60 }];
    let days = [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];
    let week = days.map(|day| (day, open.clone())).into();
    WorkCalendar::new(&Authority::new("valorme", "Valorme"), &Calendar { week, closures: Vec::new(), bridges: false })
}

fn doors() -> TeamTime {
    TeamTime::behind_doors(&paris(), &hours(9, 17), &[], &weeks())
}

fn length(team: &TeamTime, from: &str, to: &str) -> i64 {
    (team.shows(at(to)) - team.shows(at(from))) / MINUTE
}

#[test]
fn the_clock_of_a_team_stands_still_while_the_doors_are_closed() {
    let team = doors();
    assert_eq!(length(&team, "2026-11-24T15:00:00Z", "2026-11-24T15:30:00Z"), 30);
    assert_eq!(length(&team, "2026-11-24T15:30:00Z", "2026-11-25T08:10:00Z"), 40, "half an hour, a night, ten minutes");
    assert_eq!(length(&team, "2026-11-27T16:00:00Z", "2026-11-30T08:00:00Z"), 0, "a weekend");
    let opens = team.instant(team.shows(at("2026-11-27T20:00:00Z"))).expect("within the weeks");
    assert_eq!(opens, at("2026-11-30T08:00:00Z"), "what comes on Friday evening goes on on Monday");
}

#[test]
fn the_clock_goes_faster_while_more_of_the_team_is_on_shift() {
    let morning = Shift { hours: hours(9, 13), leaves: vec![Vec::new(); 3] };
    let afternoon = Shift { hours: hours(13, 17), leaves: vec![Vec::new()] };
    let team = TeamTime::behind_doors(&paris(), &hours(9, 17), &[morning, afternoon], &weeks());
    assert_eq!(length(&team, "2026-11-24T09:00:00Z", "2026-11-24T10:00:00Z"), 90, "three, where two are usual");
    assert_eq!(length(&team, "2026-11-24T14:00:00Z", "2026-11-24T15:00:00Z"), 30, "one, where two are usual");
}

#[test]
fn the_estimators_agree_on_a_queue_that_moves_evenly() {
    let (interval, ahead) = (4 * MINUTE, 5);
    let wait = (ahead + 1) * interval;
    let view =
        View { ahead, waiting: ahead, head: wait, last: wait, interval, leaving: (0, 1), trend: 1_000, plan: wait };
    assert_eq!(Estimator::ask_all(&view), [wait; Estimator::ALL.len()]);
    let leaving = Estimator::ask_all(&View { leaving: (10, 100 * MINUTE), ..view });
    assert!(leaving[5] < wait, "some of those in front will have left: {leaving:?}");
}

#[test]
fn whoever_still_waits_counts_as_long_as_they_have() {
    let over = |waited| Outcome { said: 10 * MINUTE, waited: waited * MINUTE, over: true };
    let still = |waited| Outcome { over: false, ..over(waited) };
    let minutes = |seen: &[Outcome]| {
        let (p50, p90) = corrected(seen, 10 * MINUTE, 0).expect("something is known");
        (p50 / MINUTE, p90 / MINUTE)
    };
    let mut seen: Vec<Outcome> = (1..=10).map(over).collect();
    assert_eq!(minutes(&seen), (5, 9));
    seen.extend((0..10).map(|_| still(8)));
    assert_eq!(minutes(&seen), (9, 10), "ten who have waited eight minutes will not be among the quick ones");
}

/// A desk that opens at nine with nobody, and takes one every four minutes of those who come every two; it may have been
/// seen before.
fn even_desk(known: usize, seen_at: Option<&str>) -> (Journal, Timestamp) {
    let opens = at("2026-11-24T08:00:00Z");
    let minute = |minute: i64| opens.plus_millis(minute * MINUTE);
    let seen = seen_at.map(at).map(|entered_at| Wait {
        entered_at,
        at_once: true,
        ended_at: Some(entered_at.plus_millis(MINUTE)),
        taken: true,
    });
    let waits = (0..)
        .take(known * 2)
        .map(|place: i64| Wait {
            entered_at: minute(2 * place),
            at_once: false,
            ended_at: (place < i64::try_from(known).expect("few")).then(|| minute(4 * place + 4)),
            taken: true,
        })
        .chain(seen);
    let waits: Vec<Wait> = waits.collect();
    let now = minute(4 * i64::try_from(known).expect("few"));
    (Journal::of(doors(), false, &waits), now)
}

#[test]
fn a_queue_that_moves_evenly_is_forecast_to_the_minute() {
    let (journal, now) = even_desk(40, None);
    let forecast = journal.forecast(now, Standing::Behind(9)).expect("forty waits are known");
    let expected = now.plus_millis(40 * MINUTE);
    for edge in [forecast.p50, forecast.p90] {
        assert!(edge.millis_since(expected).abs() <= 8 * MINUTE, "ten takings of four minutes: {edge} for {expected}");
    }
    let words = words(&announce(&forecast, now, false, &dates(), None).expect("no promise"), &dates());
    assert_eq!(words, "dans la demi-journée");
}

#[test]
fn nothing_is_said_while_fewer_than_twenty_waits_are_known() {
    let (journal, now) = even_desk(19, None);
    assert_eq!(journal.forecast(now, Standing::Behind(0)), None);
    let (journal, now) = even_desk(20, None);
    assert!(journal.forecast(now, Standing::Behind(0)).is_some());
}

#[test]
fn a_long_queue_goes_on_the_next_days_the_weekend_left_out() {
    let (journal, now) = even_desk(40, Some("2026-11-10T09:00:00Z"));
    // Eight hours are 120 takings.
    let told = |ahead| {
        let forecast = journal.forecast(now, Standing::Behind(ahead)).expect("known");
        words(&announce(&forecast, now, false, &dates(), None).expect("no promise"), &dates())
    };
    assert_eq!(told(150), "le mercredi 25 novembre");
    assert!(told(450).contains("lundi 30 novembre"), "{}", told(450));
    assert_eq!(journal.forecast(now, Standing::Behind(1_000_000)), None, "nobody knows the shifts of that day");
}

#[test]
fn nothing_is_said_that_is_further_away_than_what_has_been_seen() {
    let (journal, now) = even_desk(40, None);
    assert!(journal.forecast(now, Standing::Behind(30)).is_some(), "two hours, at a desk seen for more");
    assert_eq!(journal.forecast(now, Standing::Behind(100)), None, "nobody has seen its afternoon");
}

#[test]
fn forecasts_are_told_as_people_say_them() {
    let now = at("2026-11-27T09:00:00Z");
    let say = |p50: &str, p90: &str, live| {
        let forecast = Forecast { p50: at(p50), p90: at(p90) };
        words(&announce(&forecast, now, live, &dates(), None).expect("no promise"), &dates())
    };
    assert_eq!(say("2026-11-27T09:08:00Z", "2026-11-27T09:19:00Z", true), "dans 10 à 20 minutes");
    assert_eq!(say("2026-11-27T09:03:00Z", "2026-11-27T09:05:00Z", true), "en moins de 5 minutes");
    assert_eq!(say("2026-11-27T09:50:00Z", "2026-11-27T10:00:00Z", true), "en moins d'une heure");
    assert_eq!(say("2026-11-27T09:40:00Z", "2026-11-27T10:20:00Z", true), "dans 45 minutes à une heure et demie");
    assert_eq!(say("2026-11-27T10:00:00Z", "2026-11-27T11:30:00Z", false), "dans la demi-journée");
    assert_eq!(say("2026-11-27T10:00:00Z", "2026-11-27T14:00:00Z", false), "dans la journée");
    assert_eq!(say("2026-11-27T14:00:00Z", "2026-12-01T09:00:00Z", false), "d'ici au mardi 1er décembre");
    assert_eq!(say("2026-11-30T09:00:00Z", "2026-11-30T14:00:00Z", false), "le lundi 30 novembre");
    assert_eq!(
        say("2026-11-30T09:00:00Z", "2026-12-02T09:00:00Z", false),
        "entre le lundi 30 novembre et le mercredi 2 décembre"
    );
}

#[test]
fn what_would_begin_after_the_promise_is_not_told() {
    let now = at("2026-11-27T09:00:00Z");
    let forecast = Forecast { p50: at("2026-12-02T09:00:00Z"), p90: at("2026-12-03T09:00:00Z") };
    let promised = |promise: &str| announce(&forecast, now, false, &dates(), Some(at(promise)));
    assert!(promised("2026-12-01T16:00:00Z").is_none() && promised("2026-12-02T16:00:00Z").is_some());
    let told = in_words(&promised("2026-12-02T16:00:00Z").expect("told"), &dates());
    assert!(told.starts_with("À titre indicatif") && told.ends_with("Les dates annoncées ne changent pas."), "{told}");
}

#[test]
fn lanes_are_read_as_they_are_kept() {
    let need = crate::domain::engine::Need { live: true, ..crate::domain::engine::Need::of("valorme", "ECI") };
    let authority_id = guichet_core::id::AuthorityId::of_code("valorme");
    let bucket = Bucket::of(authority_id, &need);
    assert_eq!(Bucket::parse(authority_id, "ECI", bucket.lane()), Some(bucket));
    assert_eq!(Bucket::parse(authority_id, "ECI", "3"), None);
}

/// Waits of some days, in any order, some of them not over.
fn arbitrary_waits() -> impl Strategy<Value = Vec<Wait>> {
    let wait =
        (0..14 * 1_440_i64, 0..2_000_i64, any::<bool>(), 0..10_u8).prop_map(|(entered, waited, at_once, how)| {
            let entered_at = weeks().start.plus_millis(entered * MINUTE);
            let ended_at = (how > 1).then(|| entered_at.plus_millis(waited * MINUTE));
            Wait { entered_at, at_once, ended_at, taken: how > 2 }
        });
    prop::collection::vec(wait, 20..120)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_clock_never_goes_back_and_finds_its_instants_again(minutes in prop::collection::vec(0..27 * 1_440_i64, 2..20)) {
        let team = doors();
        let mut instants: Vec<Timestamp> =
            minutes.iter().map(|minute| weeks().start.plus_millis(minute * MINUTE)).collect();
        instants.sort_unstable();
        for pair in instants.windows(2) {
            prop_assert!(team.shows(pair[0]) <= team.shows(pair[1]));
            if let Some(found) = team.instant(team.shows(pair[0])) {
                prop_assert_eq!(team.shows(found), team.shows(pair[0]));
                prop_assert!(found >= pair[0], "{} before {}", found, pair[0]);
            }
        }
    }

    #[test]
    fn whatever_was_seen_edges_are_in_order_and_never_below_the_forecast(
        waits in arbitrary_waits(),
        ahead in 0..60_usize,
        minute in 14 * 1_440..16 * 1_440_i64,
        live in any::<bool>(),
    ) {
        let now = weeks().start.plus_millis(minute * MINUTE);
        let team = if live { TeamTime::on_the_wall(&paris(), &weeks()) } else { doors() };
        let journal = Journal::of(team, live, &waits);
        for standing in [Standing::Behind(ahead), Standing::Offered, Standing::Coming] {
            let Some(forecast) = journal.forecast(now, standing) else { continue };
            prop_assert!(now <= forecast.p50 && forecast.p50 <= forecast.p90, "{:?} at {}", forecast, now);
            let told = announce(&forecast, now, live, &dates(), None).expect("no promise");
            prop_assert!(forecast.p50 <= told.from && told.from <= told.to, "{:?} {:?}", forecast, told);
            prop_assert!(forecast.p90 <= told.to, "{:?} {:?}", forecast, told);
            prop_assert!(!words(&told, &dates()).is_empty());
        }
    }

    #[test]
    fn the_same_waits_give_the_same_forecast_in_any_order(waits in arbitrary_waits(), turn in 0..100_usize) {
        let now = weeks().start.plus_millis(20 * 1_440 * MINUTE);
        let mut distinct = waits;
        distinct.sort_unstable_by_key(|wait| wait.entered_at);
        distinct.dedup_by_key(|wait| wait.entered_at);
        let mut turned = distinct.clone();
        turned.rotate_left(turn % distinct.len());
        let forecast = |waits: &[Wait]| Journal::of(doors(), false, waits).forecast(now, Standing::Behind(3));
        prop_assert_eq!(forecast(&distinct), forecast(&turned));
    }
}
