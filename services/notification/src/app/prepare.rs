//! Writing a delivery: asks intake for the request, chooses the medium, composes the text.

use guichet_core::work::ReplyThen;
use guichet_core::{EmailAddress, PhoneNumber};

use super::App;
use super::ports::{Email, File, Sms, Unavailable};
use crate::Error;
use crate::domain::gsm::SmsText;
use crate::domain::header;
use crate::domain::medium::{Destination, choose, completed, reaches};
use crate::domain::notice::{Ending, Facts, Medium, Telling};
use crate::domain::request::{RequestView, Requester};
use crate::domain::state::DeliveryState;
use crate::domain::text::{Composed, Context, Town, compose};
use crate::store::{Claimed, Preferences, Prepared, Texts};

/// Bytes of the files of one mail: what most relays take once encoded.
const FILES_BYTES_MAX: usize = 20 * 1024 * 1024;

/// What became of writing a delivery.
#[derive(Debug)]
pub(super) enum Preparation {
    /// It can leave.
    Ready(Box<Outgoing>),
    /// An agent's own message already said it.
    Unneeded,
    /// It will never leave by itself: a stable reason for the operator.
    Hopeless(&'static str),
    /// Something it needs is away for a moment.
    Later(&'static str),
}

/// A delivery as recorded and as handed over.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) prepared: Prepared,
    pub(super) wire: Wire,
}

/// What is handed over.
#[derive(Debug)]
pub(super) enum Wire {
    Email(Email),
    Sms(Sms),
    Print,
}

impl App {
    /// Writes a delivery.
    pub(super) async fn prepare(&self, claimed: &Claimed) -> Result<Preparation, Error> {
        let Ok(facts) = serde_json::from_str::<Facts>(&claimed.facts) else {
            return Ok(Preparation::Hopeless("facts_unreadable"));
        };
        let Some(town) = self.town(claimed.authority_id) else { return Ok(Preparation::Later("directory_unknown")) };
        let thread_key = Telling::thread_key(claimed.notice, &claimed.source);
        let request = match self.requests.find(claimed.request_id, &thread_key).await {
            Ok(Some(request)) => request,
            Ok(None) => return Ok(Preparation::Hopeless("request_unknown")),
            Err(unavailable) => return Ok(later(&unavailable)),
        };
        if was_told(&facts, &request) {
            return Ok(Preparation::Unneeded);
        }
        let preference = match request.requester.party_id {
            Some(party) => Preferences::find(&self.db, party).await?,
            None => None,
        };
        let requester = match self.reachable(&request.requester, preference).await {
            Ok(requester) => requester,
            Err(unavailable) => return Ok(later(&unavailable)),
        };
        let Some(destination) = choose(request.channel, &requester, preference, self.sms.is_there()) else {
            return Ok(Preparation::Hopeless("no_contact"));
        };
        let overrides = Texts::load(&self.db, claimed.authority_id).await?;
        let context = Context { public_url: &self.public_url, now: self.clock.now() };
        let composed = compose(destination.medium(), &facts, &request, &town, &overrides, &context);
        let message_id = claimed.message_id.clone().unwrap_or_else(|| request.thread.message_id.clone());
        Ok(match destination {
            Destination::Email(to) => self.email(claimed, &facts, &request, &town, composed, (to, message_id)).await,
            Destination::Sms(to) => {
                Preparation::Ready(Box::new(self.text_message(claimed, &town, composed, to, message_id)))
            }
            Destination::Letter => Preparation::Ready(Box::new(letter(&request, composed, message_id))),
        })
    }

    /// Returns a requester with what it takes to reach them as they prefer, as far as intake knows it of their party.
    async fn reachable(&self, requester: &Requester, preference: Option<Medium>) -> Result<Requester, Unavailable> {
        let (Some(party), Some(preferred)) = (requester.party_id, preference) else { return Ok(requester.clone()) };
        if reaches(preferred, requester) {
            return Ok(requester.clone());
        }
        let contacts = self.requests.contacts(party).await?.unwrap_or_default();
        Ok(completed(requester, &contacts))
    }

    async fn email(
        &self,
        claimed: &Claimed,
        facts: &Facts,
        request: &RequestView,
        town: &Town,
        composed: Composed,
        (to, message_id): (EmailAddress, String),
    ) -> Preparation {
        if town.is_own_mailbox(to.as_str()) {
            return Preparation::Hopeless("own_address");
        }
        let from = if self.from.is_empty() { &town.authority().email } else { &self.from };
        let Ok(from) = EmailAddress::parse(from) else { return Preparation::Hopeless("sender_invalid") };
        if header::message_id(&message_id).is_none() {
            return Preparation::Hopeless("message_id_invalid");
        }
        let files = match self.files(facts, request).await {
            Ok(Some(files)) => files,
            Ok(None) => return Preparation::Hopeless("files_too_large"),
            Err(unavailable) => return later(&unavailable),
        };
        let reply_to = EmailAddress::parse(&request.thread.reply_to).ok();
        let mail = Email {
            message_id: message_id.clone(),
            from_name: header::one_line(&town.authority().name),
            envelope_from: reply_to.clone().unwrap_or_else(|| from.clone()),
            from,
            reply_to,
            to: to.clone(),
            subject: composed.subject.clone(),
            text: composed.text.clone(),
            html: composed.html.clone(),
            in_reply_to: header::message_id(&request.thread.in_reply_to).unwrap_or_default(),
            references: header::references(&request.thread.references),
            auto_submitted: if claimed.notice.is_automatic_reply() { "auto-replied" } else { "auto-generated" },
            date: self.clock.now(),
            files,
        };
        let prepared = prepared(DeliveryState::Sending, &Destination::Email(to), composed, message_id);
        Preparation::Ready(Box::new(Outgoing { prepared, wire: Wire::Email(mail) }))
    }

    /// Returns the files of an agent's message, `None` when they are too large for a mail.
    async fn files(&self, facts: &Facts, request: &RequestView) -> Result<Option<Vec<File>>, Unavailable> {
        let Facts::Reply { interaction_id, .. } = facts else { return Ok(Some(Vec::new())) };
        let attachments = request.message(*interaction_id).map_or(&[][..], |message| &message.attachments);
        let mut files = Vec::with_capacity(attachments.len());
        let mut room = FILES_BYTES_MAX;
        for attachment in attachments {
            let Some(bytes) = self.requests.attachment(request.id, attachment.id, room).await? else { return Ok(None) };
            room -= bytes.len().min(room);
            files.push(File {
                name: header::file_name(&attachment.file_name),
                media_type: attachment.media_type.clone(),
                bytes,
            });
        }
        Ok(Some(files))
    }

    fn text_message(
        &self,
        claimed: &Claimed,
        town: &Town,
        composed: Composed,
        to: PhoneNumber,
        message_id: String,
    ) -> Outgoing {
        let sms = Sms {
            id: claimed.id,
            authority: town.authority().code.clone(),
            to: to.clone(),
            text: SmsText::new(&composed.text),
            date: self.clock.now(),
        };
        let prepared = prepared(DeliveryState::Sending, &Destination::Sms(to), composed, message_id);
        Outgoing { prepared, wire: Wire::Sms(sms) }
    }
}

fn letter(request: &RequestView, composed: Composed, message_id: String) -> Outgoing {
    let mut prepared = prepared(DeliveryState::ToPrint, &Destination::Letter, composed, message_id);
    prepared.recipient = header::one_line(&request.requester.name);
    Outgoing { prepared, wire: Wire::Print }
}

fn prepared(state: DeliveryState, destination: &Destination, composed: Composed, message_id: String) -> Prepared {
    let recipient = match destination {
        Destination::Email(address) => address.to_string(),
        Destination::Sms(number) => number.to_string(),
        Destination::Letter => String::new(),
    };
    let Composed { subject, text, html } = composed;
    Prepared { state, medium: destination.medium(), message_id, recipient, subject, text, html }
}

fn later(unavailable: &Unavailable) -> Preparation {
    tracing::warn!(error = unavailable as &dyn std::error::Error, "notice waits for intake");
    Preparation::Later("intake_unavailable")
}

/// The work also changes state after an agent's own message: that message said it.
fn was_told(facts: &Facts, request: &RequestView) -> bool {
    match facts {
        Facts::Waiting { .. } => request.was_told_by_a_reply(ReplyThen::Wait),
        Facts::Ended { ending: Ending::Resolved { .. } } => request.was_told_by_a_reply(ReplyThen::Resolve),
        _ => false,
    }
}
