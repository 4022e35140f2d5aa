//! Which request a message joins.

use guichet_core::id::{AuthorityId, ServiceRequestId};
use guichet_core::work::{Outcome, WorkState};
use guichet_events::intake::{InteractionReceived, RequestReceived};
use guichet_events::routing::RequestResolved;
use guichet_proto::common::v1 as common;
use guichet_proto::intake::v1 as proto;

use crate::desk::{Desk, work};
use crate::scenarios;
use crate::smtp::MAIL;

const DESK: &str = "guichet@valorme.example";

async fn opened(desk: &Desk) -> String {
    desk.imports("awa@example.fr", DESK, MAIL).await.expect("taken").request_id
}

fn reply(from: &str, field: &str, text: &str) -> String {
    format!(
        "From: {from}\nSubject: Re: Lampadaire\nDate: Tue, 3 Nov 2026 08:00:00 +0100\nMessage-ID: <{from}-2>\n{field}\n\n{text}\n"
    )
}

async fn a_reply_with_only_references_joins_and_a_strangers_does_not(desk: Desk) {
    let id = opened(&desk).await;
    let before = desk.request_for(&id, "receipt_ack").await;
    let ours = before.thread.expect("headers").message_id;
    let field = format!("References: <1@example.fr> <{ours}>");
    let text =
        "Toujours en panne.\n\nLe lun. 2 nov. 2026 à 09:00, Valorme <guichet@valorme.example> a écrit :\n> Bonjour";
    let answer = desk.imports("Awa@example.fr", DESK, &reply("Awa@example.fr", &field, text)).await.expect("taken");
    assert_eq!((answer.outcome(), answer.request_id.as_str()), (proto::MailOutcome::Appended, id.as_str()));
    let request = desk.request(&id).await;
    assert_eq!(request.interactions[1].text, "Toujours en panne.");
    assert!(request.interactions[1].full_text.contains("a écrit"));
    let event: InteractionReceived = desk.last_told().await;
    assert_eq!(event.interaction_id.to_string(), request.interactions[1].id);

    let stranger =
        desk.imports("eva@example.fr", DESK, &reply("eva@example.fr", &field, "Moi aussi")).await.expect("taken");
    assert_eq!(stranger.outcome(), proto::MailOutcome::Created);
    let other = desk.request(&stranger.request_id).await;
    let shown = request.summary.expect("a summary").reference;
    assert_eq!(other.hint, format!("Suite possible de la demande {shown}, à vérifier"));
    assert_eq!(other.linked_request_id, "");
}

async fn the_plus_address_and_the_usagers_own_message_are_proofs_too(desk: Desk) {
    let id = opened(&desk).await;
    let reply_to = desk.request(&id).await.thread.expect("headers").reply_to;
    assert!(reply_to.starts_with("guichet+") && reply_to.ends_with("@valorme.example"), "{reply_to}");
    let plus = desk
        .imports("awa@example.fr", &reply_to, &reply("awa@example.fr", "X: 1", "Par l'adresse"))
        .await
        .expect("taken");
    assert_eq!(plus.request_id, id);
    let own = reply("awa@example.fr", "In-Reply-To: <1@example.fr>", "À la suite du mien");
    assert_eq!(desk.imports("awa@example.fr", DESK, &own).await.expect("taken").request_id, id);
    assert_eq!(desk.request(&id).await.interactions.len(), 3);
}

async fn a_quoted_number_or_a_forged_token_opens_nobodys_file(desk: Desk) {
    let id = opened(&desk).await;
    let request = desk.request(&id).await;
    let number = request.summary.expect("a summary").reference;
    let headers = request.thread.expect("headers");
    let forged = headers.reply_to.replace('+', "+0");
    let quoting = reply("awa@example.fr", "X: 1", &format!("Ma demande {number} ?"));
    let quoted = desk.imports("awa@example.fr", &forged, &quoting).await.expect("taken");
    assert_eq!(quoted.outcome(), proto::MailOutcome::Created);
    assert_eq!(desk.request(&quoted.request_id).await.hint, "");
}

async fn headers_are_the_same_each_time_and_follow_the_thread(desk: Desk) {
    let id = opened(&desk).await;
    let posted = proto::PostReplyRequest {
        request_id: id.clone(),
        agent_id: guichet_core::id::AgentId::of_login("aline.encre").to_string(),
        body: "Nous réparons jeudi.".to_owned(),
        then: common::ReplyThen::Resolve.into(),
        dedupe_key: "k1".to_owned(),
        ..Default::default()
    };
    let first = desk.client.clone().post_reply(posted.clone()).await.expect("posted").into_inner().interaction_id;
    let again = desk.client.clone().post_reply(posted).await.expect("the same").into_inner().interaction_id;
    assert_eq!(first, again, "a second try is the same reply");
    let headers = desk.request_for(&id, &first).await.thread.expect("headers");
    assert_eq!(headers, desk.request_for(&id, &first).await.thread.expect("headers"));
    assert_eq!((headers.references, headers.in_reply_to.as_str()), (vec!["1@example.fr".to_owned()], "1@example.fr"));
    let next = desk.request_for(&id, "closed").await.thread.expect("headers");
    assert_eq!(next.references, ["1@example.fr", &headers.message_id], "our reply is part of the thread");
    assert_ne!(next.message_id, headers.message_id);
    assert_eq!(desk.told().await, ["request.received", "reply.posted"]);
    let event: guichet_events::intake::ReplyPosted = desk.last_told().await;
    assert_eq!(event.outcome, Some(Outcome::Informed));
}

async fn thirty_days_after_its_end_a_reply_opens_a_request_that_continues_it(desk: Desk) {
    let id = opened(&desk).await;
    let request_id: ServiceRequestId = id.parse().expect("an id");
    let now = guichet_core::Clock::now(&guichet_core::SystemClock);
    let resolved = RequestResolved {
        work: work(WorkState::Resolved, 5),
        outcome: Outcome::Done,
        reopen_until: now.plus_seconds(30 * 86_400),
    };
    desk.routing_tells(AuthorityId::of_code("valorme"), Some(request_id), &resolved).await;
    desk.shows_state(&id, common::WorkState::Resolved).await;
    let field = "References: <1@example.fr>";
    let soon = desk.imports("awa@example.fr", DESK, &reply("awa@example.fr", field, "Merci !")).await.expect("taken");
    assert_eq!(soon.request_id, id, "within thirty days it joins, and routing reopens");
    desk.days_pass(31);
    let late =
        desk.imports("awa@example.fr", DESK, &reply("awa@example.fr", field, "De nouveau")).await.expect("taken");
    assert_eq!(late.outcome(), proto::MailOutcome::Created);
    assert_eq!(desk.request(&late.request_id).await.linked_request_id, id);
    let event: RequestReceived = desk.last_told().await;
    assert_eq!(event.linked_request_id, Some(request_id));
    let page = proto::AppendInteractionRequest {
        request_id: id.clone(),
        kind: proto::InteractionKind::Message.into(),
        body: "Depuis la page de suivi".to_owned(),
        ..Default::default()
    };
    desk.client.clone().append_interaction(page).await.expect("taken");
    assert_eq!(desk.requests().await.len(), 3, "the follow-up page does the same");
}

async fn a_link_opens_the_thread_without_the_notes(desk: Desk) {
    let id = opened(&desk).await;
    let agent_id = guichet_core::id::AgentId::of_login("aline.encre").to_string();
    for (kind, body) in
        [(proto::InteractionKind::Note, "Entre nous"), (proto::InteractionKind::Message, "Une précision")]
    {
        let said = proto::AppendInteractionRequest {
            request_id: id.clone(),
            kind: kind.into(),
            body: body.to_owned(),
            agent_id: agent_id.clone(),
            ..Default::default()
        };
        desk.client.clone().append_interaction(said).await.expect("taken");
    }
    let asked = proto::CreateThreadLinkRequest { request_id: id.clone() };
    let token = desk.client.clone().create_thread_link(asked).await.expect("a link").into_inner().token;
    let open = |token: String| {
        let mut client = desk.client.clone();
        async move { client.open_thread_link(proto::OpenThreadLinkRequest { token }).await }
    };
    let opened = open(token.clone()).await.expect("it opens").into_inner().request.expect("a request");
    let texts: Vec<&str> = opened.interactions.iter().map(|said| said.text.as_str()).collect();
    assert_eq!(texts, ["Rue Hoche, devant le 12.", "Une précision"]);
    assert!(open(format!("{token}A")).await.is_err());
    desk.days_pass(181);
    assert!(open(token).await.is_err(), "links end");
    assert_eq!(desk.request(&id).await.interactions.len(), 3, "agents see the note");
}

scenarios! {
    a_reply_with_only_references_joins_and_a_strangers_does_not,
    the_plus_address_and_the_usagers_own_message_are_proofs_too,
    a_quoted_number_or_a_forged_token_opens_nobodys_file,
    headers_are_the_same_each_time_and_follow_the_thread,
    thirty_days_after_its_end_a_reply_opens_a_request_that_continues_it,
    a_link_opens_the_thread_without_the_notes,
}
