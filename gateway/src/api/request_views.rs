//! Service requests as the API shows them: in a list, whole, and the work on them.

use guichet_proto::intake::v1::{Attachment, Interaction, InteractionKind, RequestSummary};
use guichet_proto::routing::v1::{Clock, ClockState, WorkItem};
use serde::Serialize;
use utoipa::ToSchema;

use super::words::{channel, instant, nature, outcome, silence, some, state};
use crate::access::Opened;

/// A request in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Summary {
    /// Of the request.
    id: String,
    /// The number told to the usager.
    reference: String,
    /// Code of the authority.
    authority: String,
    /// How it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'static str>,
    /// What kind of contact it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    nature: Option<&'static str>,
    /// Code of the procedure.
    #[serde(skip_serializing_if = "Option::is_none")]
    procedure: Option<String>,
    /// Absent when the content is not the caller's to see.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// Absent when the content is not the caller's to see.
    #[serde(skip_serializing_if = "Option::is_none")]
    requester_name: Option<String>,
    /// Where the work stands.
    state: &'static str,
    /// Code of the department in charge.
    #[serde(skip_serializing_if = "Option::is_none")]
    department: Option<String>,
    /// Who holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee: Option<String>,
    /// When the authority had it.
    received_at: Option<String>,
    /// The announced date.
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<String>,
    /// The result told.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    /// What a command must carry.
    version: i64,
    /// The content is kept for cleared agents.
    confidential: bool,
}

impl From<RequestSummary> for Summary {
    fn from(summary: RequestSummary) -> Self {
        Self {
            channel: channel(summary.channel),
            nature: nature(summary.nature),
            state: state(summary.state),
            received_at: instant(summary.received_at),
            due_at: instant(summary.due_at),
            outcome: outcome(summary.outcome),
            procedure: some(summary.procedure),
            subject: some(summary.subject),
            requester_name: some(summary.requester_name),
            department: some(summary.department),
            assignee: some(summary.assignee_id),
            id: summary.id,
            reference: summary.reference,
            authority: summary.authority,
            version: summary.work_version,
            confidential: summary.confidential,
        }
    }
}

/// A request with its thread and the work on it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Detail {
    #[serde(flatten)]
    summary: Summary,
    /// `full`, or `existence`: the caller sees that it exists, not its content.
    access: &'static str,
    /// Commands that would be accepted now.
    allowed: Vec<String>,
    /// The work on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    work: Option<Work>,
    /// Who asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    requester: Option<Requester>,
    /// What was said, oldest first.
    interactions: Vec<InteractionItem>,
    /// Whether the requester is who they say.
    identity_verified: bool,
    /// Another request this may continue.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// The closed request it continues.
    #[serde(skip_serializing_if = "Option::is_none")]
    linked_request: Option<String>,
    /// Of the classification, 0 to 1.
    confidence: f64,
    /// Who classified it: `form`, `classifier` or `agent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    classified_by: Option<String>,
    /// Why the classifier thought so, in French.
    reasons: Vec<String>,
    /// The address or number serves several people: who wrote is to be confirmed.
    shared_contact: bool,
}

/// Who asks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Requester {
    /// Of the party.
    #[serde(skip_serializing_if = "Option::is_none")]
    party: Option<String>,
    /// First name and name.
    name: String,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// Phone number in E.164.
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    /// Postal address.
    #[serde(skip_serializing_if = "Option::is_none")]
    postal_address: Option<String>,
}

/// The work on a request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Work {
    /// Where it stands.
    state: &'static str,
    /// What the next command must carry.
    version: i64,
    /// Code of the procedure.
    #[serde(skip_serializing_if = "Option::is_none")]
    procedure: Option<String>,
    /// Code of the department in charge.
    #[serde(skip_serializing_if = "Option::is_none")]
    department: Option<String>,
    /// Level, 1 or 2.
    tier: u32,
    /// Who holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee: Option<String>,
    /// The specialist who holds it at level 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    level2_assignee: Option<String>,
    /// The date told to the usager.
    #[serde(skip_serializing_if = "Option::is_none")]
    announced_due: Option<String>,
    /// The date of the law.
    #[serde(skip_serializing_if = "Option::is_none")]
    legal_due: Option<String>,
    /// The authority's own target.
    #[serde(skip_serializing_if = "Option::is_none")]
    internal_due: Option<String>,
    /// How the date told to the usager stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    announced_clock: Option<ClockItem>,
    /// How the date of the law stands; without `legal_due` it has no date for now.
    #[serde(skip_serializing_if = "Option::is_none")]
    legal_clock: Option<ClockItem>,
    /// How the authority's own target stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    internal_clock: Option<ClockItem>,
    /// What silence means.
    #[serde(skip_serializing_if = "Option::is_none")]
    silence: Option<&'static str>,
    /// The result.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    /// The outside body that has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    forwarded_to: Option<String>,
    /// Why it was given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// When the usager's papers are due.
    #[serde(skip_serializing_if = "Option::is_none")]
    wait_until: Option<String>,
    /// Confided to level 2 or to an outside body: when a reminder was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    reminded_at: Option<String>,
    /// And when it comes back to level 1 by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    return_at: Option<String>,
}

/// How a date stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClockItem {
    /// `running`, `still_running` (although something is awaited), `suspended`, `shifted` (by the time the usager was
    /// waited for), `awaiting_papers` (starts again when they arrive), `restarted` or `transmitted` (starts when the
    /// competent administration has it: the date is the earliest one).
    state: &'static str,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    /// Until when at the latest.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    /// Article of the code des relations entre le public et l'administration.
    #[serde(skip_serializing_if = "Option::is_none")]
    law: Option<String>,
}

impl From<Clock> for ClockItem {
    fn from(clock: Clock) -> Self {
        let state = match clock.state() {
            ClockState::Running | ClockState::Unspecified => "running",
            ClockState::StillRunning => "still_running",
            ClockState::Suspended => "suspended",
            ClockState::Shifted => "shifted",
            ClockState::AwaitingPapers => "awaiting_papers",
            ClockState::Restarted => "restarted",
            ClockState::Transmitted => "transmitted",
        };
        Self { state, since: instant(clock.since), until: instant(clock.until), law: some(clock.law) }
    }
}

impl From<WorkItem> for Work {
    fn from(work: WorkItem) -> Self {
        Self {
            state: state(work.state),
            version: work.version,
            tier: work.tier,
            announced_due: instant(work.announced_due),
            legal_due: instant(work.legal_due),
            internal_due: instant(work.internal_due),
            announced_clock: work.announced_clock.map(ClockItem::from),
            legal_clock: work.legal_clock.map(ClockItem::from),
            internal_clock: work.internal_clock.map(ClockItem::from),
            silence: silence(work.silence),
            outcome: outcome(work.outcome),
            wait_until: instant(work.wait_until),
            reminded_at: instant(work.reminded_at),
            return_at: instant(work.return_at),
            procedure: some(work.procedure),
            department: some(work.department),
            assignee: some(work.assignee_id),
            level2_assignee: some(work.level2_assignee_id),
            forwarded_to: some(work.forwarded_to),
            reason: some(work.reason),
        }
    }
}

/// One message, note or call.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InteractionItem {
    /// Of the interaction.
    id: String,
    /// `message`, `reply`, `note` or `call`.
    kind: &'static str,
    /// How it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'static str>,
    /// Of the usager who wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    author_name: Option<String>,
    /// The agent who wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
    /// Of the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// What is new in it.
    text: String,
    /// Its files.
    attachments: Vec<AttachmentItem>,
    /// When.
    occurred_at: Option<String>,
    /// The sender proved to be who they say.
    sender_verified: bool,
    /// Something was too long and was cut.
    truncated: bool,
}

/// One file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AttachmentItem {
    /// Of the file, for `GET /requests/{id}/attachments/{attachment}`.
    id: String,
    /// As sent.
    file_name: String,
    /// As sent.
    media_type: String,
    /// Octets.
    size: u64,
    /// Of the content, in hexadecimal.
    sha256: String,
}

impl From<Attachment> for AttachmentItem {
    fn from(file: Attachment) -> Self {
        let Attachment { id, sha256, file_name, media_type, size } = file;
        Self { id, file_name, media_type, size, sha256 }
    }
}

impl From<Interaction> for InteractionItem {
    fn from(interaction: Interaction) -> Self {
        Self {
            kind: kind(interaction.kind()),
            channel: channel(interaction.channel),
            occurred_at: instant(interaction.occurred_at),
            author_name: some(interaction.author_name),
            agent: some(interaction.agent_id),
            subject: some(interaction.subject),
            attachments: interaction.attachments.into_iter().map(AttachmentItem::from).collect(),
            id: interaction.id,
            text: interaction.text,
            sender_verified: interaction.sender_verified,
            truncated: interaction.truncated,
        }
    }
}

/// Returns the code of a kind of interaction.
pub(crate) const fn kind(kind: InteractionKind) -> &'static str {
    match kind {
        InteractionKind::Reply => "reply",
        InteractionKind::Note => "note",
        InteractionKind::Call => "call",
        InteractionKind::Message | InteractionKind::Unspecified => "message",
    }
}

impl From<Opened> for Detail {
    fn from(opened: Opened) -> Self {
        let Opened { request, work, allowed, full, writing: _ } = opened;
        let mut summary = Summary::from(request.summary.clone().unwrap_or_default());
        if let Some(work) = &work {
            // The work's own word is newer than intake's projection of it.
            summary.state = state(work.state);
            summary.version = work.version;
            summary.assignee = some(work.assignee_id.clone());
            summary.department = some(work.department.clone());
        }
        let party = request.summary.map(|summary| summary.party_id).unwrap_or_default();
        Self {
            summary,
            access: if full { "full" } else { "existence" },
            allowed,
            work: work.map(Work::from),
            requester: request.requester.map(|requester| Requester {
                party: some(party),
                name: requester.name,
                email: some(requester.email),
                phone: some(requester.phone),
                postal_address: some(requester.postal_address),
            }),
            interactions: request.interactions.into_iter().map(InteractionItem::from).collect(),
            identity_verified: request.identity_verified,
            hint: some(request.hint),
            linked_request: some(request.linked_request_id),
            confidence: request.confidence,
            classified_by: some(request.classified_by),
            reasons: request.reasons,
            shared_contact: request.shared_contact,
        }
    }
}
