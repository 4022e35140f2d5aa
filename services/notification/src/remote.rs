//! Intake, asked through gRPC.

use futures::FutureExt;
use futures::future::BoxFuture;
use guichet_core::id::{AttachmentId, PartyId, ServiceRequestId};
use guichet_core::work::{Channel, ReplyThen};
use guichet_core::{EmailAddress, PhoneNumber, Timestamp};
use guichet_proto::intake::v1 as proto;
use guichet_proto::intake::v1::intake_client::IntakeClient;
use guichet_rpc::convert::FromProto;
use guichet_rpc::{Peer, call};
use tonic::{Code, Status};

use crate::app::ports::{Requests, Unavailable};
use crate::domain::request::{Attachment, Author, Contacts, Message, RequestView, Requester, ThreadHeaders};

/// The requests of the intake service.
#[derive(Clone, Debug)]
pub(crate) struct Intake(Peer);

impl Intake {
    /// Returns the requests behind a peer.
    pub(crate) const fn new(peer: Peer) -> Self {
        Self(peer)
    }

    async fn request(&self, id: ServiceRequestId, thread_key: &str) -> Result<Option<RequestView>, Unavailable> {
        let ask = || async {
            let message = proto::GetRequestRequest {
                id: id.to_string(),
                for_interaction: thread_key.to_owned(),
                ..proto::GetRequestRequest::default()
            };
            IntakeClient::new(self.0.clone()).get_request(call::read(message)).await
        };
        let answer = match call::retry_once(ask).await {
            Ok(answer) => answer.into_inner(),
            Err(status) if status.code() == Code::NotFound => return Ok(None),
            Err(status) => return Err(Unavailable(status.into())),
        };
        match answer.request.and_then(view) {
            Some(view) => Ok(Some(view)),
            None => Err(Unavailable("the request cannot be read".into())),
        }
    }

    async fn party(&self, id: PartyId) -> Result<Option<Contacts>, Unavailable> {
        let ask = || async {
            let message = proto::GetPartyRequest { id: id.to_string() };
            IntakeClient::new(self.0.clone()).get_party(call::read(message)).await
        };
        match call::retry_once(ask).await {
            Ok(answer) => Ok(answer.into_inner().party.as_ref().map(contacts)),
            Err(status) if status.code() == Code::NotFound => Ok(None),
            Err(status) => Err(Unavailable(status.into())),
        }
    }

    async fn bytes(
        &self,
        request: ServiceRequestId,
        attachment: AttachmentId,
        limit: usize,
    ) -> Result<Option<Vec<u8>>, Unavailable> {
        let unavailable = |status: Status| Unavailable(status.into());
        let message =
            proto::DownloadAttachmentRequest { attachment_id: attachment.to_string(), request_id: request.to_string() };
        let mut stream = match IntakeClient::new(self.0.clone()).download_attachment(call::write(message)).await {
            Ok(answer) => answer.into_inner(),
            Err(status) if status.code() == Code::NotFound => return Ok(None),
            Err(status) => return Err(unavailable(status)),
        };
        let mut bytes = Vec::new();
        while let Some(part) = stream.message().await.map_err(unavailable)? {
            if bytes.len() + part.chunk.len() > limit {
                return Ok(None);
            }
            bytes.extend_from_slice(&part.chunk);
        }
        Ok(Some(bytes))
    }
}

impl Requests for Intake {
    fn find<'a>(
        &'a self,
        id: ServiceRequestId,
        thread_key: &'a str,
    ) -> BoxFuture<'a, Result<Option<RequestView>, Unavailable>> {
        self.request(id, thread_key).boxed()
    }

    fn contacts(&self, party: PartyId) -> BoxFuture<'_, Result<Option<Contacts>, Unavailable>> {
        self.party(party).boxed()
    }

    fn attachment(
        &self,
        request: ServiceRequestId,
        attachment: AttachmentId,
        limit: usize,
    ) -> BoxFuture<'_, Result<Option<Vec<u8>>, Unavailable>> {
        self.bytes(request, attachment, limit).boxed()
    }
}

/// Returns what intake said; `None` when it breaks the contract.
fn view(request: proto::ServiceRequest) -> Option<RequestView> {
    let summary = request.summary?;
    let requester = request.requester.unwrap_or_default();
    let thread = request.thread.unwrap_or_default();
    Some(RequestView {
        id: summary.id.parse().ok()?,
        authority_id: summary.authority_id.parse().ok()?,
        reference: summary.reference,
        channel: Channel::from_proto(summary.channel)?,
        procedure: summary.procedure,
        subject: summary.subject,
        department: summary.department,
        received_at: Timestamp::from_millis(summary.received_at),
        language: request.language,
        requester: Requester {
            party_id: summary.party_id.parse().ok(),
            name: requester.name,
            email: EmailAddress::parse(&requester.email).ok(),
            phone: PhoneNumber::parse(&requester.phone).ok(),
            postal_address: requester.postal_address,
        },
        messages: request.interactions.into_iter().filter_map(message).collect(),
        thread: ThreadHeaders {
            message_id: thread.message_id,
            reply_to: thread.reply_to,
            references: thread.references,
            in_reply_to: thread.in_reply_to,
            link_token: thread.link_token,
        },
    })
}

/// Returns what is a party's alone: a number of two people would tell one what the other asked.
fn contacts(party: &proto::Party) -> Contacts {
    if party.shared {
        return Contacts::default();
    }
    Contacts {
        emails: party.emails.iter().filter_map(|email| EmailAddress::parse(email).ok()).collect(),
        phones: party.phones.iter().filter_map(|phone| PhoneNumber::parse(phone).ok()).collect(),
    }
}

fn message(interaction: proto::Interaction) -> Option<Message> {
    let kind = proto::InteractionKind::try_from(interaction.kind).unwrap_or_default();
    let author = match kind {
        proto::InteractionKind::Message | proto::InteractionKind::Call => Author::Usager,
        proto::InteractionKind::Reply => Author::Agent,
        proto::InteractionKind::Note | proto::InteractionKind::Unspecified => Author::Internal,
    };
    let text = if interaction.text.is_empty() { interaction.full_text } else { interaction.text };
    Some(Message {
        id: interaction.id.parse().ok()?,
        author,
        text,
        attachments: interaction.attachments.into_iter().filter_map(attachment).collect(),
        then: ReplyThen::from_proto(interaction.then).unwrap_or(ReplyThen::Continue),
        occurred_at: Timestamp::from_millis(interaction.occurred_at),
    })
}

fn attachment(attachment: proto::Attachment) -> Option<Attachment> {
    Some(Attachment {
        id: attachment.id.parse().ok()?,
        file_name: attachment.file_name,
        media_type: attachment.media_type,
        size: attachment.size,
    })
}
