//! Who waits for whom, and how a day is shared out.

use super::*;

/// A desk whose agents hold ten, work from `from` to `to` each day, and have not arrived.
fn on_shift(logins: &[&str], (from, to): (u16, u16)) -> Engine {
    let mut directory = arbitrary::directory("valorme");
    let hours = vec![guichet_events::Interval { from_minute: from * 60, to_minute: to * 60 }];
    let week = guichet_events::Weekday::ALL.map(|day| (day, hours.clone())).into();
    directory.calendars =
        [("J".to_owned(), guichet_events::Calendar { week, bridges: false, closures: Vec::new() })].into();
    for &login in logins {
        let (login, agent) = arbitrary::agent(login, Tier::L1, &[("ECI", 3)]);
        directory.agents.insert(login, guichet_events::Agent { capacity: 10, shift: "J".into(), ..agent });
    }
    Engine::new(Policy::default(), Roster::of(&Town::of([Arc::new(directory)])), Snapshot::default())
}

fn waiting(engine: &mut Engine, requests: u128) {
    for number in 1..=requests {
        engine.apply(at(0), Input::Arrived(entry(number, need(&[("ECI", 2)]), at(-600))));
    }
}

/// Eighteen requests wait at eight, three agents with room for ten arrive one after the other (a documented complaint
/// about a help desk that gives 10, 8 and 0).
#[test]
fn the_morning_backlog_is_shared_with_colleagues_who_are_about_to_arrive() {
    let mut engine = on_shift(&["aline", "basile", "edwige"], (0, 24));
    waiting(&mut engine, 18);
    let mut arrive = |login: &str, seconds: i64| {
        let agent_id = AgentId::of_login(login);
        engine.apply(at(seconds), Input::PresenceChanged { agent_id, state: PresenceState::Available, serial: 1 }).len()
    };
    assert_eq!([arrive("aline", 10), arrive("basile", 20), arrive("edwige", 30)], [6, 6, 6]);
    assert_eq!(engine.waiting(), 0);
}

#[test]
fn whoever_had_their_share_is_offered_what_is_new_and_the_rest_once_nobody_has_come() {
    let mut engine = on_shift(&["aline", "basile"], (0, 24));
    waiting(&mut engine, 4);
    assert_eq!(present(&mut engine, "aline", 1).len(), 2, "half of it is Basile's");
    assert_eq!(engine.audit(), [], "leaving it to him is no mistake");
    let fresh = engine.apply(at(1), Input::Arrived(entry(5, need(&[("ECI", 2)]), at(1))));
    assert_eq!(offered(&fresh).len(), 1, "what is new is not shared");
    let later = engine.next_wake().expect("the share ends");
    assert_eq!(later, at(900));
    assert_eq!(engine.apply(later, Input::Tick).len(), 2, "Basile has not come");
}

#[test]
fn a_request_waits_a_while_for_whoever_knows_it_and_no_longer_when_they_leave() {
    let agents: [Card<'_>; 2] = [("aline", Tier::L1, &[("ECI", 3)]), ("basile", Tier::L1, &[("ECI", 3)])];
    let aline = AgentId::of_login("aline");
    let known = |number, until| Entry {
        continuity: Some(Continuity { agent_id: aline, until: at(until) }),
        ..entry(number, need(&[("ECI", 2)]), at(0))
    };
    let mut engine = desk(&agents);
    let first = engine.apply(at(1), Input::Arrived(known(1, 600)));
    let [Decision::Offer { agent_id, record, .. }] = first.as_slice() else { panic!("she is free: {first:?}") };
    assert_eq!((*agent_id, record.decided_by), (aline, Some(DecidedBy::Continuity)));
    let state = PresenceState::Counter;
    engine.apply(at(2), Input::PresenceChanged { agent_id: aline, state, serial: 2 });
    for (number, until) in [(2, 600), (3, 700)] {
        let waits = engine.apply(at(3), Input::Arrived(known(number, until)));
        let [Decision::Wait { record, .. }] = waits.as_slice() else { panic!("it waits for her: {waits:?}") };
        assert_eq!((record.awaited, record.refused.of(Kind::Awaited)), (Some(aline), 1));
    }
    assert_eq!((engine.waiting(), engine.audit()), (2, Vec::new()));
    assert_eq!(engine.next_wake(), Some(at(600)));
    assert_eq!(offered(&engine.apply(at(600), Input::Tick))[0].1, AgentId::of_login("basile"), "she is still busy");
    let left = engine.apply(at(601), Input::PresenceChanged { agent_id: aline, state: PresenceState::Away, serial: 3 });
    assert_eq!(offered(&left)[0].1, AgentId::of_login("basile"));
}

const DAY_MS: i64 = 86_400_000;

/// A letter whose target is two days.
fn letter(number: u128, department: &str, since: Timestamp) -> Entry {
    let slope = super::super::urgency::class_of(1, 2 * DAY_MS);
    Entry { slope, ..entry(number, Need { department: department.to_owned(), ..need(&[("ECI", 2)]) }, since) }
}

/// What Aline is offered one after the other once she is free, of what came while she was at the counter.
fn offered_to_aline(engine: &mut Engine, came: Vec<Entry>) -> Vec<u128> {
    let aline = AgentId::of_login("aline");
    let serial = engine.agents.get(engine.agents.find(aline).expect("she is there")).serial;
    let is = |state, serial| Input::PresenceChanged { agent_id: aline, state, serial };
    engine.apply(at(0), is(PresenceState::Counter, serial + 1));
    for entry in came {
        engine.apply(at(0), Input::Arrived(entry));
    }
    let offers = engine.apply(at(0), is(PresenceState::Available, serial + 2));
    offered(&offers).into_iter().map(|(request_id, _)| request_id.uuid().as_u128()).collect()
}

#[test]
fn a_caller_goes_before_a_letter_that_only_this_agent_knows_and_the_letter_before_a_stranger_s() {
    let aline = AgentId::of_login("aline");
    let known = |number, since| Entry {
        continuity: Some(Continuity { agent_id: aline, until: at(86_400) }),
        ..letter(number, "GU", since)
    };
    let hours = |hours: i64| at(-3_600 * hours);
    let call = Entry {
        slope: super::super::urgency::class_of(1, super::super::urgency::LIVE_TARGET_MS),
        channel: Channel::Phone,
        ..entry(1, Need { live: true, ..need(&[("ECI", 2)]) }, at(-20))
    };
    let mut engine = desk(&[("aline", Tier::L1, &[("ECI", 3)])]);
    let order = offered_to_aline(&mut engine, vec![known(2, hours(2)), letter(3, "GU", hours(6)), call]);
    assert_eq!(order, [1, 2, 3], "the caller, what she knows, the stranger's letter of about the same age");
    let mut engine = desk(&[("aline", Tier::L1, &[("ECI", 3)])]);
    let order = offered_to_aline(&mut engine, vec![known(2, hours(2)), letter(3, "GU", hours(20))]);
    assert_eq!(order, [3, 2], "a letter that is much older does not wait for what she knows");
}

#[test]
fn after_three_of_a_kind_in_a_row_another_kind_goes_first_when_the_other_has_waited_about_as_long() {
    let aline = AgentId::of_login("aline");
    let after = |begun: u128, hours: i64| {
        let mut engine = desk(&[("aline", Tier::L1, &[("ECI", 3)])]);
        for number in 11..11 + begun {
            let decisions = engine.apply(at(0), Input::Arrived(letter(number, "EC", at(-60))));
            assert_eq!(offered(&decisions).len(), 1);
            let request_id = offered(&decisions)[0].0;
            engine.apply(at(0), Input::Held { request_id, version: 3, agent_id: aline, weight: 1 });
            engine.apply(at(0), Input::Freed { request_id, version: 4 });
        }
        offered_to_aline(&mut engine, vec![letter(1, "EC", at(-3_600 * hours)), letter(2, "VO", at(-3_600))])
    };
    assert_eq!(after(2, 3), [1, 2], "two in a row are not many");
    assert_eq!(after(3, 3), [2, 1], "two hours apart, of a target of two days");
    assert_eq!(after(3, 5), [1, 2], "what has waited much longer goes first, alike or not");
}

#[test]
fn no_caller_waits_behind_a_letter_for_the_sake_of_variety() {
    let aline = AgentId::of_login("aline");
    let mut engine = desk(&[("aline", Tier::L1, &[("ECI", 3)])]);
    let call = |number| Entry {
        slope: super::super::urgency::class_of(1, super::super::urgency::LIVE_TARGET_MS),
        channel: Channel::Phone,
        ..entry(number, Need { live: true, department: "EC".into(), ..need(&[("ECI", 2)]) }, at(-1))
    };
    for number in 11..14 {
        let request_id = offered(&engine.apply(at(0), Input::Arrived(call(number))))[0].0;
        engine.apply(at(0), Input::Held { request_id, version: 3, agent_id: aline, weight: 1 });
        engine.apply(at(0), Input::Freed { request_id, version: 4 });
    }
    assert_eq!(offered_to_aline(&mut engine, vec![call(1), letter(2, "VO", at(-600))]), [1, 2]);
}

#[test]
fn rare_skills_are_kept_for_those_who_need_them_and_the_day_is_shared_evenly() {
    let agents: [Card<'_>; 3] = [
        ("aline", Tier::L1, &[("ACC", 3), ("URB", 3)]),
        ("basile", Tier::L1, &[("ACC", 3)]),
        ("edwige", Tier::L1, &[("ACC", 3)]),
    ];
    let mut engine = desk(&agents);
    let mut given = Vec::new();
    for number in 1..=4 {
        let decisions =
            engine.apply(at(number), Input::Arrived(entry(number as u128, need(&[("ACC", 1)]), at(number))));
        let (request_id, agent_id) = offered(&decisions)[0];
        engine.apply(at(number), Input::Held { request_id, version: 3, agent_id, weight: 1 });
        engine.apply(at(number), Input::Freed { request_id, version: 4 });
        given.push(agent_id);
    }
    given.sort_unstable();
    let mut expected = [AgentId::of_login("basile"), AgentId::of_login("edwige")].repeat(2);
    expected.sort_unstable();
    assert_eq!(given, expected, "nobody needed planning, and two of four each");
}

#[test]
fn nothing_in_writing_is_offered_just_before_the_end_of_a_shift() {
    let mut engine = on_shift(&["aline"], (8, 17));
    // Tuesday 24 November 2026, 16:50 in Paris.
    let late = Timestamp::from_millis(1_795_535_400_000);
    let agent_id = AgentId::of_login("aline");
    engine.apply(late, Input::PresenceChanged { agent_id, state: PresenceState::Available, serial: 1 });
    let waits = engine.apply(late, Input::Arrived(entry(1, need(&[("ECI", 2)]), late)));
    let [Decision::Wait { record, .. }] = waits.as_slice() else { panic!("it waits: {waits:?}") };
    assert_eq!(record.named[0].reason, Reason::EndOfShift);
    let call = entry(2, Need { live: true, ..need(&[("ECI", 2)]) }, late);
    assert_eq!(offered(&engine.apply(late, Input::Arrived(call))).len(), 1, "whoever stands there is served");
    let end = late.plus_seconds(600);
    assert_eq!(offered(&engine.apply(end, Input::Tick)).len(), 1, "she stays: it is her choice");
}

/// No starvation: callers who never stop, each with the shortest target and the highest cost, cannot keep a late letter
/// waiting for ever. The bound is the ratio of the slopes times what callers wait: 23,040 minutes, sixteen days, or up to
/// twice that by the rounding to classes. Callers of an ordinary cost give way ten times sooner.
#[test]
fn a_late_letter_is_begun_even_when_callers_never_stop() {
    let mut engine = desk(&[("aline", Tier::L1, &[("ECI", 3)])]);
    let minute = |number: i64| at(60 * number);
    let call = |number: i64| Entry {
        slope: super::super::urgency::CLASSES - 1,
        channel: Channel::Phone,
        ..entry(number as u128, Need { weight: 3, ..need(&[("ECI", 2)]) }, minute(number - 1))
    };
    let letter = Entry { slope: 0, channel: Channel::Post, ..entry(1_000_000, need(&[("ECI", 2)]), minute(0)) };
    let letter_id = letter.request_id;
    engine.apply(minute(1), Input::Arrived(call(1)));
    engine.apply(minute(1), Input::Arrived(letter));
    engine.apply(minute(1), Input::BecameLate { request_id: letter_id, version: 1 });
    let begun = (2..40 * 1_440).find(|&number| {
        engine.apply(minute(number), Input::Arrived(call(number)));
        let request_id = call(number - 1).request_id;
        let freed = engine.apply(minute(number), Input::Freed { request_id, version: 9 });
        offered(&freed).iter().any(|&(request, _)| request == letter_id)
    });
    let days = begun.expect("it is begun") as f64 / 1_440.0;
    assert!((1.0..32.0).contains(&days), "after {days} days");
}
