//! People's commands: who may give them, and when they are refused.

use guichet_core::work::WorkState;
use guichet_events::routing::{RequestDismissed, RequestForwarded, RequestWithdrawn};
use guichet_proto::routing::v1 as proto;
use guichet_rpc::status::Problem;

use crate::desk::{Desk, agent_id};

/// Puts everybody at the counter, so that what arrives waits.
async fn nobody_free(desk: &Desk) {
    for login in ["aline.encre", "basile.tampon", "gaelle.registre", "leon.virgule", "capucine.trombone"] {
        desk.is(login, proto::PresenceState::Counter).await;
    }
}

async fn a_request_is_taken_by_hand_by_whoever_has_the_skills(desk: Desk) {
    let desk = desk.opened().await;
    nobody_free(&desk).await;
    let request = desk.receives("acte").await;
    let work = desk.becomes(request, WorkState::Queued).await;
    let take = |login| proto::TakeRequest { command: Desk::command(&work, login) };
    let refused = Problem::from(&desk.work().take(take("basile.tampon")).await.expect_err("no skill"));
    assert_eq!(refused.code, "GU-RTG-011");
    assert!(refused.message.contains("la compétence État civil niveau 2"), "{}", refused.message);
    desk.work().take(take("aline.encre")).await.expect("Aline takes it");
    let stale = Problem::from(&desk.work().take(take("gaelle.registre")).await.expect_err("too late"));
    assert_eq!(stale.code, "GU-RTG-007");
}

async fn of_two_agents_who_take_at_once_one_has_it(desk: Desk) {
    let desk = desk.opened().await;
    nobody_free(&desk).await;
    for _ in 0..10 {
        let request = desk.receives("question").await;
        let work = desk.becomes(request, WorkState::Queued).await;
        let take =
            async |login| desk.work().take(proto::TakeRequest { command: Desk::command(&work, login) }).await.is_ok();
        let (aline, basile, leon) = tokio::join!(take("aline.encre"), take("basile.tampon"), take("leon.virgule"));
        assert_eq!([aline, basile, leon].into_iter().filter(|won| *won).count(), 1);
    }
}

async fn an_offer_accepted_twice_is_accepted_once_and_a_taken_back_one_is_over(desk: Desk) {
    let desk = desk.opened().await;
    let request = desk.receives("acte").await;
    let offer = desk.offer_to("aline.encre", request).await;
    let accept = proto::AcceptOfferRequest { offer_id: offer.id.clone(), agent_id: agent_id("aline.encre") };
    let first = desk.offers().accept(accept.clone()).await.expect("accepted").into_inner();
    assert_eq!(desk.offers().accept(accept).await.expect("still accepted").into_inner(), first);
    let other = proto::AcceptOfferRequest { offer_id: offer.id, agent_id: agent_id("basile.tampon") };
    let refused = Problem::from(&desk.offers().accept(other).await.expect_err("not his"));
    assert_eq!(refused.code, "GU-RTG-005");
}

async fn only_who_has_the_request_or_oversees_changes_it(desk: Desk) {
    let desk = desk.opened().await;
    let request = desk.receives("acte").await;
    let work = desk.accepts("aline.encre", request).await;
    let resolve = |login: &str| proto::ResolveRequest { command: Desk::command(&work, login), outcome: 1 };
    let refused = Problem::from(&desk.work().resolve(resolve("basile.tampon")).await.expect_err("not his"));
    assert_eq!(refused.code, "GU-RTG-009");
    let no_outcome = proto::ResolveRequest { outcome: 0, ..resolve("aline.encre") };
    let refused = Problem::from(&desk.work().resolve(no_outcome).await.expect_err("which result?"));
    assert_eq!(refused.violations[0].pointer, "/outcome");
    desk.work().resolve(resolve("leon.virgule")).await.expect("a supervisor may");
}

async fn a_transfer_to_a_department_is_offered_to_its_people(desk: Desk) {
    let desk = desk.opened().await;
    let request = desk.receives("question").await;
    let offered = desk.tells::<guichet_events::routing::OfferMade>(request).await.agent_id.to_string();
    let login = if offered == agent_id("aline.encre") { "aline.encre" } else { "basile.tampon" };
    let work = desk.accepts(login, request).await;
    let transfer =
        proto::TransferRequest { command: Desk::command(&work, login), department: "QJ".into(), ..Default::default() };
    desk.work().transfer(transfer).await.expect("handed on");
    let work = desk.accepts("leon.virgule", request).await;
    let nowhere = proto::TransferRequest {
        command: Desk::command(&work, "leon.virgule"),
        department: "XX".into(),
        procedure: "inconnue".into(),
    };
    let refused = Problem::from(&desk.work().transfer(nowhere).await.expect_err("no such place"));
    let fields: Vec<&str> = refused.violations.iter().map(|violation| violation.pointer.as_str()).collect();
    assert_eq!(fields, ["/procedure", "/department"]);
}

async fn ends_other_than_an_answer_are_told_with_their_reason(desk: Desk) {
    let desk = desk.opened().await;
    let forwarded = desk.receives("acte").await;
    let work = desk.accepts("aline.encre", forwarded).await;
    let command = Desk::command(&work, "aline.encre");
    let forward =
        proto::ForwardRequest { command, organisation: "Département".into(), phone: "03 53 01 00 99".into() };
    desk.work().forward(forward).await.expect("handed over");
    assert_eq!(desk.tells::<RequestForwarded>(forwarded).await.organisation, "Département");

    let dismissed = desk.receives("acte").await;
    let work = desk.accepts("aline.encre", dismissed).await;
    let dismiss =
        |reason: &str| proto::DismissRequest { command: Desk::command(&work, "aline.encre"), reason: reason.into() };
    let refused = Problem::from(&desk.work().dismiss(dismiss("parce que")).await.expect_err("not a published reason"));
    assert_eq!(refused.violations[0].pointer, "/reason");
    desk.work().dismiss(dismiss("doublon")).await.expect("a published reason");
    assert_eq!(desk.tells::<RequestDismissed>(dismissed).await.reason, "Votre demande est déjà suivie.");

    let withdrawn = desk.receives("acte").await;
    let work = desk.accepts("aline.encre", withdrawn).await;
    let withdraw = proto::WithdrawRequest { command: Desk::command(&work, "gaelle.registre") };
    desk.work().withdraw(withdraw).await.expect("whoever hears of it may note it");
    desk.tells::<RequestWithdrawn>(withdrawn).await;
    let seen = desk.view(withdrawn, "aline.encre").await;
    assert_eq!(seen.allowed, ["reopen"]);
    let reopen = proto::ReopenRequest { command: Desk::command(&seen.work.expect("work"), "aline.encre") };
    desk.work().reopen(reopen).await.expect("open again");
    desk.offer_to("aline.encre", withdrawn).await;
}

async fn the_usager_withdraws_their_own_request_and_nothing_else(desk: Desk) {
    let desk = desk.opened().await;
    let request = desk.receives("acte").await;
    let work = desk.accepts("aline.encre", request).await;
    let stale = Desk::command_of_usager(&proto::WorkItem { version: work.version - 1, ..work.clone() });
    let refused = desk.work().withdraw(proto::WithdrawRequest { command: stale }).await.expect_err("seen too long ago");
    assert_eq!(Problem::from(&refused).code, "GU-RTG-007");
    let resolve = proto::ResolveRequest { command: Desk::command_of_usager(&work), outcome: 1 };
    let refused = Problem::from(&desk.work().resolve(resolve).await.expect_err("agents answer"));
    assert_eq!(refused.violations[0].pointer, "/command/agent_id");

    let withdraw = proto::WithdrawRequest { command: Desk::command_of_usager(&work) };
    let withdrawn = desk.work().withdraw(withdraw).await.expect("their own").into_inner().work.expect("work");
    desk.tells::<RequestWithdrawn>(request).await;
    let again = proto::WithdrawRequest { command: Desk::command_of_usager(&withdrawn) };
    let refused = desk.work().withdraw(again).await.expect_err("it is over");
    assert_eq!(Problem::from(&refused).code, "GU-RTG-008");
    let explain = proto::ExplainRequest { request_id: request.to_string() };
    let lines = desk.decisions().explain(explain).await.expect("it is told").into_inner().lines.join("\n");
    assert!(lines.contains("l'usager a retiré sa demande"), "{lines}");
}

async fn the_usager_withdraws_a_request_that_is_offered_or_waits(desk: Desk) {
    let desk = desk.opened().await;
    let offered = desk.receives("acte").await;
    desk.offer_to("aline.encre", offered).await;
    let work = desk.becomes(offered, WorkState::Offered).await;
    desk.work().withdraw(proto::WithdrawRequest { command: Desk::command_of_usager(&work) }).await.expect("withdrawn");
    assert!(desk.offers_of("aline.encre").await.is_empty(), "nothing is left to accept");
    nobody_free(&desk).await;
    let waiting = desk.receives("acte").await;
    let work = desk.becomes(waiting, WorkState::Queued).await;
    desk.work().withdraw(proto::WithdrawRequest { command: Desk::command_of_usager(&work) }).await.expect("withdrawn");
    desk.becomes(waiting, WorkState::Withdrawn).await;
}

async fn unreadable_ids_and_unknown_requests_are_told_apart_from_failures(desk: Desk) {
    let desk = desk.opened().await;
    let get = |id: &str| proto::GetWorkRequest { request_id: id.into(), agent_id: agent_id("aline.encre") };
    let unreadable = Problem::from(&desk.work().get(get("req_!")).await.expect_err("not an id"));
    assert_eq!(unreadable.violations[0].pointer, "/request_id");
    let unknown = get("req_00000000000000000000000001");
    let unknown = Problem::from(&desk.work().get(unknown).await.expect_err("no such request"));
    assert_eq!(unknown.code, "GU-RTG-004");
}

crate::on_both_back_ends! {
    a_request_is_taken_by_hand_by_whoever_has_the_skills,
    of_two_agents_who_take_at_once_one_has_it,
    an_offer_accepted_twice_is_accepted_once_and_a_taken_back_one_is_over,
    only_who_has_the_request_or_oversees_changes_it,
    a_transfer_to_a_department_is_offered_to_its_people,
    ends_other_than_an_answer_are_told_with_their_reason,
    the_usager_withdraws_their_own_request_and_nothing_else,
    the_usager_withdraws_a_request_that_is_offered_or_waits,
    unreadable_ids_and_unknown_requests_are_told_apart_from_failures,
}
