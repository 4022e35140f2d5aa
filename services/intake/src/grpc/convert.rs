//! Stored values and messages, both ways.

use std::str::FromStr;

use guichet_core::{Reference, Timestamp, Violation};
use guichet_proto::intake::v1 as proto;
use guichet_rpc::convert::ToProto as _;

use crate::Error;
use crate::app::interactions::Waiting;
use crate::app::parties::Shown;
use crate::app::query::{Attachment, Interaction, Kind, Mention, Request, WholeRequest};
use crate::app::submit::NamedFile;
use crate::domain::submission::TypedRequester;

/// Returns the error of one wrong field.
pub(super) fn invalid(pointer: &str, detail: &str) -> Error {
    Error::Invalid(vec![Violation::new(pointer, detail)])
}

/// Returns the id a text stands for.
pub(super) fn id<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

/// Returns the id of a field that may be empty.
pub(super) fn optional_id<T: FromStr>(text: &str, pointer: &str) -> Result<Option<T>, Error> {
    if text.is_empty() {
        return Ok(None);
    }
    id(text).map(Some).ok_or_else(|| invalid(pointer, "Cet identifiant n'est pas valable."))
}

/// Returns the instant of a field where 0 means none.
pub(super) fn instant(millis: i64) -> Option<Timestamp> {
    (millis != 0).then(|| Timestamp::from_millis(millis))
}

/// Returns an instant as a field where 0 means none.
pub(super) fn millis(instant: Option<Timestamp>) -> i64 {
    instant.map_or(0, Timestamp::as_millis)
}

/// Returns a stored number as it is shown; empty when there is none.
pub(super) fn reference(compact: &str) -> String {
    Reference::parse(compact).map(|reference| reference.to_string()).unwrap_or_default()
}

pub(super) fn requester(requester: Option<proto::Requester>) -> TypedRequester {
    let proto::Requester { name, email, phone, postal_address } = requester.unwrap_or_default();
    TypedRequester { name, email, phone, postal_address }
}

pub(super) fn named_files(files: Vec<proto::AttachmentRef>) -> Vec<NamedFile> {
    let named = |file: proto::AttachmentRef| NamedFile {
        sha256: file.sha256,
        file_name: file.file_name,
        media_type: file.media_type,
    };
    files.into_iter().map(named).collect()
}

pub(super) fn summary(request: Request) -> proto::RequestSummary {
    proto::RequestSummary {
        id: request.id.to_string(),
        reference: request.reference.to_string(),
        authority_id: request.authority_id.to_string(),
        authority: request.authority,
        channel: request.channel.to_proto(),
        nature: request.nature.to_proto(),
        procedure: request.procedure.unwrap_or_default(),
        subject: request.subject,
        party_id: request.party_id.to_string(),
        requester_name: request.requester_name,
        received_at: request.received_at.as_millis(),
        state: request.work.state.to_proto(),
        department: request.work.department,
        assignee_id: request.work.assignee_id.map(|id| id.to_string()).unwrap_or_default(),
        due_at: millis(request.work.due_at),
        work_version: request.work.version,
        outcome: request.work.outcome.to_proto(),
        last_interaction_at: request.last_interaction_at.as_millis(),
        confidential: request.work.confidential,
        receipt_due: millis(request.work.receipt_due),
    }
}

pub(super) fn whole(whole: WholeRequest) -> proto::ServiceRequest {
    let WholeRequest { request, thread, files, headers, mentions } = whole;
    let interactions = thread.into_iter().map(|said| interaction(said, &files, &mentions)).collect();
    proto::ServiceRequest {
        requester: Some(proto::Requester {
            name: request.requester_name.clone(),
            email: request.requester_email.clone(),
            phone: request.requester_phone.clone(),
            postal_address: request.postal_address.clone(),
        }),
        interactions,
        thread: Some(proto::ThreadHeaders {
            message_id: headers.message_id,
            reply_to: headers.reply_to,
            references: headers.references,
            in_reply_to: headers.in_reply_to,
            link_token: headers.link_token,
        }),
        identity_verified: request.identity_verified,
        linked_request_id: request.linked_request_id.map(|id| id.to_string()).unwrap_or_default(),
        hint: request.hint.clone(),
        confidence: f64::from(request.confidence_permille) / 1_000.0,
        classified_by: request.classified_by.clone(),
        reasons: request.reasons.clone(),
        language: request.language.clone(),
        site: request.site.clone(),
        shared_contact: request.shared_contact,
        summary: Some(summary(request)),
    }
}

fn interaction(said: Interaction, files: &[Attachment], mentions: &[Mention]) -> proto::Interaction {
    let addressed = || mentions.iter().filter(|mention| mention.interaction_id == said.id);
    let kind = match said.kind {
        Kind::Message => proto::InteractionKind::Message,
        Kind::Reply => proto::InteractionKind::Reply,
        Kind::Note => proto::InteractionKind::Note,
        Kind::Call => proto::InteractionKind::Call,
    };
    proto::Interaction {
        mentions: addressed().map(|mention| mention.agent_id.to_string()).collect(),
        asks_opinion: addressed().any(|mention| mention.asks_opinion),
        id: said.id.to_string(),
        kind: kind.into(),
        channel: said.channel.to_proto(),
        party_id: said.party_id.map(|id| id.to_string()).unwrap_or_default(),
        author_name: said.author_name,
        agent_id: said.agent_id.map(|id| id.to_string()).unwrap_or_default(),
        subject: said.subject,
        full_text: said.full_text.unwrap_or_else(|| said.new_text.clone()),
        text: said.new_text,
        attachments: files.iter().filter(|file| file.interaction_id == said.id).map(attachment).collect(),
        occurred_at: said.occurred_at.as_millis(),
        truncated: said.truncated,
        sender_verified: said.sender_verified,
        message_id: said.message_id,
        then: said.reply_then.to_proto(),
    }
}

pub(super) fn mention(waiting: Waiting) -> proto::Mention {
    proto::Mention {
        request_id: waiting.request_id.to_string(),
        interaction_id: waiting.interaction_id.to_string(),
        from_agent_id: waiting.author_id.map(|id| id.to_string()).unwrap_or_default(),
        text: waiting.text,
        asks_opinion: waiting.asks_opinion,
        at: waiting.at.as_millis(),
    }
}

pub(super) fn attachment(file: &Attachment) -> proto::Attachment {
    proto::Attachment {
        id: file.id.to_string(),
        sha256: file.sha256.clone(),
        file_name: file.file_name.clone(),
        media_type: file.media_type.clone(),
        size: file.size,
    }
}

pub(super) fn party(shown: Shown) -> proto::Party {
    proto::Party {
        id: shown.id.to_string(),
        name: shown.card.name,
        emails: shown.card.emails,
        phones: shown.card.phones,
        postal_address: shown.card.postal_address,
        shared: shown.card.shared,
    }
}
