//! What supervisors change and measure: versions of the directory, notes of the day, presence that follows calls,
//! commitments and the events behind them.

use std::collections::HashMap;

use guichet_core::work::WorkState;
use guichet_events::{Absence, Directory};
use guichet_proto::routing::v1 as proto;
use guichet_proto::routing::v1::{CallPhase, Commitment, PresenceState, Verdict};
use guichet_rpc::status::Problem;
use guichet_testkit::wait_for;

use crate::desk::{DEADLINE, Desk, agent_id};
use crate::town::valorme;

async fn change(desk: &Desk, directory: &Directory, seen: i64, restores: i64) -> Result<Vec<i64>, Problem> {
    let request = proto::PublishRequest {
        directories: vec![serde_json::to_string(directory).expect("a directory is JSON")],
        agent_id: agent_id("leon.virgule"),
        seen_versions: HashMap::from([("valorme".to_owned(), seen)]),
        restores,
        ..proto::PublishRequest::default()
    };
    let answer = desk.directory().publish(request).await.map_err(|status| Problem::from(&status))?;
    Ok(answer.into_inner().versions)
}

async fn every_state_of_a_directory_is_kept_with_its_author(desk: Desk) {
    let desk = desk.opened().await;
    let mut renamed = valorme();
    renamed.departments.get_mut("EC").expect("the department").name = "État civil et cimetières".into();
    assert_eq!(change(&desk, &renamed, 1, 0).await, Ok(vec![2]));
    let stale = change(&desk, &valorme(), 1, 0).await.expect_err("somebody changed it in between");
    assert_eq!(stale.code, "GU-RTG-017");
    assert_eq!(change(&desk, &valorme(), 2, 1).await, Ok(vec![3]));

    let page = Some(guichet_proto::common::v1::Page { limit: 2, cursor: String::new() });
    let asked = proto::ListVersionsRequest { authority: "valorme".into(), page };
    let first = desk.directory().list_versions(asked.clone()).await.expect("the history").into_inner();
    let told = |version: &proto::DirectoryVersion| (version.version, version.agent_id.clone(), version.restores);
    let leon = agent_id("leon.virgule");
    assert_eq!(first.versions.iter().map(told).collect::<Vec<_>>(), [(3, leon.clone(), 1), (2, leon, 0)]);
    let page = Some(guichet_proto::common::v1::Page { limit: 2, cursor: first.next_cursor });
    let rest = desk.directory().list_versions(proto::ListVersionsRequest { page, ..asked }).await.expect("the rest");
    assert_eq!(rest.into_inner().versions.iter().map(told).collect::<Vec<_>>(), [(1, String::new(), 0)]);

    let asked = proto::GetVersionRequest { authority: "valorme".into(), version: 2 };
    let json = desk.directory().get_version(asked).await.expect("the state").into_inner().directory;
    assert_eq!(serde_json::from_str::<Directory>(&json).expect("a directory"), renamed);
    let now = desk.directory().get(proto::GetRequest::default()).await.expect("directories").into_inner();
    assert_eq!(now.versions["valorme"], 3);
}

async fn the_notes_of_the_day_are_for_today_and_written_by_who_supervises(desk: Desk) {
    let desk = desk.opened().await;
    let write = |login: &str, text: &str| proto::SetDayNotesRequest {
        agent_id: agent_id(login),
        authority: "valorme".into(),
        day: String::new(),
        text: text.into(),
    };
    let refused = desk.directory().set_day_notes(write("aline.encre", "x")).await.expect_err("Aline does not");
    assert_eq!(Problem::from(&refused).code, "GU-RTG-018");
    desk.directory().set_day_notes(write("leon.virgule", "Panne d'ascenseur\r\nà l'annexe ")).await.expect("written");
    let told = async |login: &str| {
        let asked = proto::GetDayNotesRequest { agent_id: agent_id(login) };
        desk.directory().get_day_notes(asked).await.expect("the notes").into_inner().notes
    };
    for login in ["aline.encre", "capucine.trombone"] {
        let notes = told(login).await;
        assert_eq!(notes.len(), 1, "{login} works for Valorme");
        assert_eq!(notes[0].text, "Panne d'ascenseur\nà l'annexe");
    }
    assert!(told("dario.classeur").await.is_empty(), "Dario does not work for Valorme");
    desk.clock.advance_millis(24 * 3_600_000);
    assert!(told("aline.encre").await.is_empty(), "yesterday's notes are over");
    desk.directory().set_day_notes(write("leon.virgule", "Encore")).await.expect("written");
    desk.directory().set_day_notes(write("leon.virgule", "  ")).await.expect("taken back");
    assert!(told("aline.encre").await.is_empty());
}

async fn presence_follows_the_telephone(desk: Desk) {
    let desk = desk.opened().await;
    desk.is("gaelle.registre", PresenceState::Away).await;
    let call = async |call_id: &str, phase: CallPhase| {
        let request = proto::FollowCallRequest {
            agent_id: agent_id("aline.encre"),
            call_id: call_id.into(),
            phase: phase.into(),
        };
        desk.presence().follow_call(request).await.expect("the call is followed").into_inner().state()
    };
    assert_eq!(call("a", CallPhase::Answered).await, PresenceState::Phone);
    let request = desk.receives("acte").await;
    desk.becomes(request, WorkState::Queued).await;
    assert!(desk.offers_of("aline.encre").await.is_empty(), "nothing is offered during a call");
    assert_eq!(call("a", CallPhase::Ended).await, PresenceState::Available);
    desk.offer_to("aline.encre", request).await;
    call("b", CallPhase::Answered).await;
    desk.is("aline.encre", PresenceState::Break).await;
    assert_eq!(call("b", CallPhase::Ended).await, PresenceState::Break, "what she chose meanwhile stands");
}

async fn who_is_on_leave_is_offered_nothing_until_they_are_back(desk: Desk) {
    let desk = desk.opened().await;
    let mut town = valorme();
    let today =
        guichet_core::french::Dates::of_zone("Europe/Paris").local(guichet_core::Clock::now(&desk.clock)).date();
    town.agents.get_mut("aline.encre").expect("Aline").absences =
        vec![Absence::new(&today.to_string(), &today.to_string())];
    town.agents.remove("gaelle.registre");
    desk.publish(&[town], false).await;
    let request = desk.receives("acte").await;
    desk.becomes(request, WorkState::Queued).await;
    let told = wait_for(DEADLINE, async || {
        let asked = proto::ListDecisionsRequest { request_id: request.to_string() };
        let decisions = desk.decisions().list(asked).await.ok()?.into_inner().decisions;
        decisions.into_iter().find(|decision| decision.kind == "waiting")
    })
    .await;
    assert!(told.record.contains("absent"), "{}", told.record);
    desk.clock.advance_millis(24 * 3_600_000);
    desk.offer_to("aline.encre", request).await;
}

async fn commitments(desk: &Desk, from: i64, until: i64) -> Vec<proto::CommitmentFigures> {
    let asked = proto::GetCommitmentsRequest { agent_id: agent_id("leon.virgule"), from, until };
    desk.queue().get_commitments(asked).await.expect("Léon supervises").into_inner().figures
}

async fn listed(desk: &Desk, verdict: Verdict, from: i64, until: i64) -> Vec<proto::CommitmentEntry> {
    let asked = proto::ListCommitmentRequest {
        agent_id: agent_id("leon.virgule"),
        commitment: Commitment::DelayKept.into(),
        verdict: verdict.into(),
        authority: "valorme".into(),
        department: "EC".into(),
        from,
        until,
        page: None,
    };
    desk.queue().list_commitment(asked).await.expect("Léon supervises").into_inner().entries
}

async fn a_promise_is_counted_listed_and_told_by_its_events(desk: Desk) {
    use guichet_core::work::{Outcome, ReplyThen};
    let desk = desk.opened().await;
    let from = guichet_core::Clock::now(&desk.clock).as_millis() - 3_600_000;
    let (kept, missed) = (desk.receives("acte").await, desk.receives("acte").await);
    desk.accepts("aline.encre", kept).await;
    desk.accepts("aline.encre", missed).await;
    desk.replies(kept, "aline.encre", ReplyThen::Resolve).await;
    desk.becomes(kept, WorkState::Resolved).await;
    desk.clock.advance_millis(8 * 24 * 3_600_000);
    desk.replies(missed, "aline.encre", ReplyThen::Resolve).await;
    let work = desk.becomes(missed, WorkState::Resolved).await;
    assert_eq!(work.outcome(), guichet_rpc::convert::ToProto::to_proto(Outcome::Informed).try_into().expect("known"));

    let until = guichet_core::Clock::now(&desk.clock).as_millis() + 1;
    let figures = commitments(&desk, from, until).await;
    let delay = figures.iter().find(|line| line.commitment() == Commitment::DelayKept).expect("two were answered");
    assert_eq!((delay.department.as_str(), delay.kept, delay.total), ("EC", 1, 2));
    for (verdict, expected) in
        [(Verdict::Kept, vec![kept]), (Verdict::Missed, vec![missed]), (Verdict::Unspecified, vec![missed, kept])]
    {
        let entries = listed(&desk, verdict, from, until).await;
        let ids: Vec<String> = entries.iter().map(|entry| entry.request_id.clone()).collect();
        assert_eq!(ids, expected.iter().map(ToString::to_string).collect::<Vec<_>>(), "{verdict:?}");
    }
    assert!(commitments(&desk, until, until + 1).await.is_empty(), "another period counts nothing");

    let asked = proto::ListStepsRequest { request_id: missed.to_string() };
    let steps = desk.work().list_steps(asked).await.expect("the events").into_inner().steps;
    let how: Vec<&str> = steps.iter().map(|step| step.how.as_str()).collect();
    assert_eq!((how.first(), how.last()), (Some(&"receive"), Some(&"resolve")), "{how:?}");
    assert!(steps.iter().all(|step| step.announced_due == work.announced_due && work.announced_due != 0));
}

async fn what_nobody_has_is_named(desk: Desk) {
    let mut alone = valorme();
    alone.agents.retain(|login, _| login == "leon.virgule");
    desk.publish(&[alone], true).await;
    desk.receives("acte").await;
    let missing = wait_for(DEADLINE, async || {
        let asked = proto::GetOverviewRequest { agent_id: agent_id("leon.virgule") };
        let missing = desk.queue().get_overview(asked).await.ok()?.into_inner().missing;
        (!missing.is_empty()).then_some(missing)
    })
    .await;
    assert_eq!(missing.len(), 1);
    assert!(missing[0].words.contains("État civil niveau 2") && missing[0].count == 1, "{missing:?}");
}

crate::on_both_back_ends! {
    every_state_of_a_directory_is_kept_with_its_author,
    the_notes_of_the_day_are_for_today_and_written_by_who_supervises,
    presence_follows_the_telephone,
    who_is_on_leave_is_offered_nothing_until_they_are_back,
    a_promise_is_counted_listed_and_told_by_its_events,
    what_nobody_has_is_named,
}
