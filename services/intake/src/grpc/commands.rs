//! Commands: messages in, use cases run.

use std::sync::Arc;

use guichet_core::id::PartyId;
use guichet_core::work::{Channel, Nature, Outcome, ReplyThen};
use guichet_proto::intake::v1 as proto;
use guichet_rpc::convert::{FromProto as _, ToProto as _};

use super::convert::{self, id, instant, invalid, millis, optional_id};
use crate::Error;
use crate::app::App;
use crate::app::calls::Call;
use crate::app::interactions::{Addressed, ReplyIntent, Written, wrong_kind};
use crate::app::submit::Submission;
use crate::domain::submission::Typed;

/// Told when a note addresses somebody who is not an agent.
const UNKNOWN_COLLEAGUE: &str = "Cette personne n'est pas une collègue connue.";

pub(super) async fn submit_request(
    app: &Arc<App>,
    asked: proto::SubmitRequestRequest,
) -> Result<proto::SubmitRequestResponse, Error> {
    let submission = Submission {
        typed: Typed {
            channel: Channel::from_proto(asked.channel).unwrap_or(Channel::Web),
            subject: asked.subject,
            body: asked.body,
            requester: convert::requester(asked.requester),
            procedure: asked.procedure,
            site: asked.site,
            answered: false,
        },
        authority: asked.authority,
        files: convert::named_files(asked.attachments),
        dedupe_key: asked.dedupe_key,
        nature: Nature::from_proto(asked.nature),
        language: asked.language,
    };
    let submitted = app.submit(&submission).await?;
    Ok(proto::SubmitRequestResponse {
        id: submitted.id.to_string(),
        reference: submitted.reference.to_string(),
        state: submitted.state.to_proto(),
        received_at: submitted.received_at.as_millis(),
        duplicate: submitted.duplicate,
    })
}

pub(super) async fn append_interaction(
    app: &Arc<App>,
    asked: proto::AppendInteractionRequest,
) -> Result<proto::AppendInteractionResponse, Error> {
    let kind = proto::InteractionKind::try_from(asked.kind).unwrap_or_default();
    let channel = Channel::from_proto(asked.channel).unwrap_or(Channel::Web);
    let written = Written {
        request_id: id(&asked.request_id).ok_or(Error::RequestNotFound)?,
        agent_id: optional_id(&asked.agent_id, "/agent_id")?,
        body: asked.body,
        files: convert::named_files(asked.attachments),
        dedupe_key: asked.dedupe_key,
    };
    let interaction_id = match kind {
        proto::InteractionKind::Message => app.add_message(&written, channel).await?,
        proto::InteractionKind::Note => {
            let ids = asked.mentions.iter().map(|text| id(text).ok_or_else(|| invalid("/mentions", UNKNOWN_COLLEAGUE)));
            let to = Addressed { agents: ids.collect::<Result<_, _>>()?, asks_opinion: asked.asks_opinion };
            app.add_note(&written, to).await?
        }
        proto::InteractionKind::Call => app.add_call(&written).await?,
        _ => return Err(wrong_kind()),
    };
    Ok(proto::AppendInteractionResponse { interaction_id: interaction_id.to_string() })
}

pub(super) async fn post_reply(
    app: &Arc<App>,
    asked: proto::PostReplyRequest,
) -> Result<proto::PostReplyResponse, Error> {
    let intent = ReplyIntent {
        then: ReplyThen::from_proto(asked.then).unwrap_or(ReplyThen::Continue),
        outcome: Outcome::from_proto(asked.outcome),
        wait_until: instant(asked.wait_until),
    };
    let written = Written {
        request_id: id(&asked.request_id).ok_or(Error::RequestNotFound)?,
        agent_id: optional_id(&asked.agent_id, "/agent_id")?,
        body: asked.body,
        files: convert::named_files(asked.attachments),
        dedupe_key: asked.dedupe_key,
    };
    let interaction_id = app.post_reply(&written, intent).await?;
    Ok(proto::PostReplyResponse { interaction_id: interaction_id.to_string() })
}

pub(super) async fn record_call(
    app: &Arc<App>,
    asked: proto::RecordCallRequest,
) -> Result<proto::RecordCallResponse, Error> {
    let channel = Channel::from_proto(asked.channel);
    let channel = channel.filter(|channel| matches!(channel, Channel::Phone | Channel::Counter | Channel::Post));
    let call = Call {
        typed: Typed {
            channel: channel
                .ok_or_else(|| convert::invalid("/channel", "Choisissez téléphone, guichet ou courrier."))?,
            subject: asked.subject,
            body: asked.body,
            requester: convert::requester(asked.requester),
            procedure: asked.procedure,
            site: asked.site,
            answered: asked.answered,
        },
        authority: asked.authority,
        call_id: asked.call_id,
        agent_id: optional_id(&asked.agent_id, "/agent")?,
        started_at: instant(asked.started_at),
        request_id: optional_id(&asked.request_id, "/request")?,
        outcome: Outcome::from_proto(asked.answered_outcome),
        nature: Nature::from_proto(asked.nature),
        files: convert::named_files(asked.attachments),
    };
    let recorded = app.record_call(&call).await?;
    Ok(proto::RecordCallResponse {
        interaction_id: recorded.interaction_id.to_string(),
        request_id: recorded.request_id.map(|id| id.to_string()).unwrap_or_default(),
        reference: convert::reference(&recorded.reference),
        received_at: millis(Some(recorded.received_at)),
        duplicate: recorded.duplicate,
    })
}

pub(super) async fn classify_request(
    app: &Arc<App>,
    asked: proto::ClassifyRequestRequest,
) -> Result<proto::ClassifyRequestResponse, Error> {
    let request_id = id(&asked.request_id).ok_or(Error::RequestNotFound)?;
    let agent_id = optional_id(&asked.agent_id, "/agent_id")?;
    app.classify_request(request_id, &asked.procedure, agent_id, Nature::from_proto(asked.nature)).await?;
    Ok(proto::ClassifyRequestResponse {})
}

pub(super) async fn link_party(
    app: &Arc<App>,
    asked: proto::LinkPartyRequest,
) -> Result<proto::LinkPartyResponse, Error> {
    let request_id = id(&asked.request_id).ok_or(Error::RequestNotFound)?;
    let party_id: Option<PartyId> = optional_id(&asked.party_id, "/party_id")?;
    let agent_id = optional_id(&asked.agent_id, "/agent_id")?;
    let linked = app.link_party(request_id, party_id, &asked.name, agent_id).await?;
    Ok(proto::LinkPartyResponse { party_id: linked.to_string() })
}

pub(super) async fn create_thread_link(
    app: &Arc<App>,
    asked: proto::CreateThreadLinkRequest,
) -> Result<proto::CreateThreadLinkResponse, Error> {
    let request_id = id(&asked.request_id).ok_or(Error::RequestNotFound)?;
    Ok(proto::CreateThreadLinkResponse { token: app.create_thread_link(request_id).await? })
}

pub(super) async fn see_mentions(
    app: &Arc<App>,
    asked: proto::SeeMentionsRequest,
) -> Result<proto::SeeMentionsResponse, Error> {
    let request_id = id(&asked.request_id).ok_or(Error::RequestNotFound)?;
    let agent_id = id(&asked.agent_id).ok_or_else(|| invalid("/agent_id", UNKNOWN_COLLEAGUE))?;
    app.see_mentions(request_id, agent_id).await?;
    Ok(proto::SeeMentionsResponse {})
}
