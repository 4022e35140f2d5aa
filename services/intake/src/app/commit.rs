//! The end of the pipeline, whatever the channel: one transaction that holds the dedupe row, the change and its events.

use std::sync::Arc;

use guichet_bus::outbox;
use guichet_core::id::{AgentId, AttachmentId, InteractionId, PartyId, ServiceRequestId};
use guichet_core::work::{Channel, Nature, Outcome};
use guichet_core::{Reference, Timestamp, crash};
use guichet_db::Tx;
use guichet_events::intake::{ContactRecorded, InteractionReceived, RequestReceived};
use guichet_events::{Directory, NewEvent};

use super::App;
use crate::Error;
use crate::domain::dedupe::DedupeKey;
use crate::domain::party::{self, Identity, Requester};
use crate::domain::request::{Classification, agents_named, reports_danger};
use crate::domain::{limits, text};
use crate::store::attachments::Attachment;
use crate::store::dedupe::Taken;
use crate::store::interactions::{Interaction, Kind};
use crate::store::requests::{Request, Work};
use crate::store::{attachments, dedupe, interactions, mails, parties, requests};

/// References drawn before giving up: with a million requests, one in 850,000 draws is taken.
const REFERENCES_DRAWN_MAX: u32 = 8;

/// A file whose content is already kept.
#[derive(Clone, Debug)]
pub(super) struct KeptFile {
    pub(super) sha256: String,
    pub(super) file_name: String,
    pub(super) media_type: String,
    pub(super) size: u64,
}

/// A contact of any channel, checked and kept, about to be committed.
#[derive(Clone, Debug)]
pub(super) struct Contact {
    pub(super) directory: Arc<Directory>,
    pub(super) kind: Kind,
    pub(super) channel: Channel,
    pub(super) dedupe: Option<DedupeKey>,
    pub(super) requester: Requester,
    /// Who it is, when that is known beforehand.
    pub(super) party_id: Option<PartyId>,
    pub(super) subject: String,
    pub(super) new_text: String,
    /// `None` when everything is new.
    pub(super) full_text: Option<String>,
    pub(super) files: Vec<KeptFile>,
    pub(super) occurred_at: Timestamp,
    pub(super) received_at: Timestamp,
    pub(super) language: String,
    pub(super) site: String,
    pub(super) agent_id: Option<AgentId>,
    pub(super) mail: MailFacts,
}

/// What only mail has.
#[derive(Clone, Debug, Default)]
pub(super) struct MailFacts {
    pub(super) message_id: String,
    pub(super) raw_sha256: Option<String>,
    pub(super) truncated: bool,
    pub(super) sender_verified: bool,
    /// Mailboxes of the authority it came through.
    pub(super) recipients: Vec<String>,
}

/// Where a contact goes.
#[derive(Clone, Debug)]
pub(super) enum Destination {
    /// A new request.
    Opens { classification: Classification, nature: Nature, linked: Option<ServiceRequestId>, hint: String },
    /// A request that exists.
    Joins(ServiceRequestId),
    /// It was answered on the spot, about a request or none.
    Recorded { nature: Nature, procedure: Option<String>, outcome: Outcome, about: Option<ServiceRequestId> },
}

/// What a commit came to.
#[derive(Clone, Debug)]
pub(super) struct Committed {
    pub(super) taken: Taken,
    /// An earlier copy had been taken: nothing was changed.
    pub(super) duplicate: bool,
}

impl App {
    /// Commits a contact, once whatever the number of copies.
    pub(super) async fn commit(&self, contact: &Contact, destination: &Destination) -> Result<Committed, Error> {
        let authority = contact.directory.authority.id;
        let mut tx = self.db.begin().await?;
        if let Some(key) = &contact.dedupe
            && let Some(earlier) = dedupe::claim(&mut tx, authority, contact.channel, key, contact.received_at).await?
        {
            return self.duplicate(tx, contact, key, earlier).await;
        }
        crash::point("intake.claimed");
        let taken = match destination {
            Destination::Opens { .. } => self.open(&mut tx, contact, destination).await?,
            Destination::Joins(request) => self.join(&mut tx, contact, *request).await?,
            Destination::Recorded { .. } => self.record(&mut tx, contact, destination).await?,
        };
        if let Some(key) = &contact.dedupe {
            dedupe::settle(&mut tx, (authority, contact.channel, key), &taken).await?;
            for recipient in &contact.mail.recipients {
                dedupe::add_recipient(&mut tx, authority, key, recipient).await?;
            }
        }
        crash::point("intake.written");
        tx.commit().await?;
        crash::point("intake.committed");
        self.log.wake();
        if matches!(destination, Destination::Opens { .. }) {
            self.metrics.requests.add(1, &[]);
        }
        Ok(Committed { taken, duplicate: false })
    }

    /// Answers a second copy as the first was; another mailbox it came through is noted.
    pub(super) async fn duplicate(
        &self,
        mut tx: Tx,
        contact: &Contact,
        key: &DedupeKey,
        earlier: Taken,
    ) -> Result<Committed, Error> {
        if earlier.content != key.content {
            return Err(Error::KeyReused);
        }
        self.metrics.duplicates.add(1, &[]);
        for recipient in &contact.mail.recipients {
            dedupe::add_recipient(&mut tx, contact.directory.authority.id, key, recipient).await?;
        }
        tx.commit().await?;
        Ok(Committed { taken: earlier, duplicate: true })
    }

    async fn open(&self, tx: &mut Tx, contact: &Contact, destination: &Destination) -> Result<Taken, Error> {
        let Destination::Opens { classification, nature, linked, hint } = destination else {
            return Err(Error::RequestNotFound);
        };
        let (party_id, shared_contact) = self.identify(tx, contact).await?;
        let said = format!("{} {}", contact.subject, contact.new_text);
        let mut request = Request {
            id: ServiceRequestId::new(&*self.clock, &*self.rng),
            authority_id: contact.directory.authority.id,
            authority: contact.directory.authority.code.clone(),
            reference: Reference::new(&*self.rng),
            channel: contact.channel,
            nature: *nature,
            procedure: classification.procedure.clone(),
            confidence_permille: classification.confidence_permille,
            classified_by: classification.by.as_str().to_owned(),
            reasons: classification.reasons.clone(),
            subject: contact.subject.clone(),
            party_id,
            requester_name: contact.requester.name.clone(),
            requester_email: contact.requester.email.as_ref().map(ToString::to_string).unwrap_or_default(),
            requester_phone: contact.requester.phone.as_ref().map(ToString::to_string).unwrap_or_default(),
            postal_address: contact.requester.postal_address.clone(),
            language: contact.language.clone(),
            site: contact.site.clone(),
            identity_verified: contact.mail.sender_verified,
            shared_contact,
            linked_request_id: *linked,
            hint: hint.clone(),
            danger: reports_danger(&said, classification.procedure.as_deref(), &contact.directory),
            received_at: contact.received_at,
            last_interaction_at: contact.received_at,
            search_text: String::new(),
            work: Work::new(contact.received_at),
        };
        self.insert_under_a_free_reference(tx, &mut request, &said).await?;
        let interaction_id = self.say(tx, contact, Some(&request), party_id).await?;
        let event = RequestReceived {
            channel: request.channel,
            nature: request.nature,
            party_id,
            procedure: request.procedure.clone(),
            confidence_permille: request.confidence_permille,
            language: request.language.clone(),
            site: Some(request.site.clone()).filter(|site| !site.is_empty()),
            danger: request.danger,
            excluded_agents: agents_named(&said, request.nature, &contact.directory),
            received_at: request.received_at,
            linked_request_id: request.linked_request_id,
        };
        let event = NewEvent::new(&*self.clock, &*self.rng, request.authority_id, &event).about(request.id);
        outbox::append(tx, &[event]).await?;
        Ok(Taken { outcome: "created".to_owned(), ..taken(contact, &request, interaction_id) })
    }

    async fn insert_under_a_free_reference(&self, tx: &mut Tx, request: &mut Request, said: &str) -> Result<(), Error> {
        for _ in 0..REFERENCES_DRAWN_MAX {
            request.search_text = search_text(request, said);
            if requests::insert(tx, request).await? {
                return Ok(());
            }
            request.reference = Reference::new(&*self.rng);
        }
        Err(Error::NoReference)
    }

    async fn join(&self, tx: &mut Tx, contact: &Contact, request_id: ServiceRequestId) -> Result<Taken, Error> {
        let found = requests::read(tx, contact.directory.authority.id, request_id).await?;
        let request = found.ok_or(Error::RequestNotFound)?;
        let (party_id, _) = self.identify(tx, contact).await?;
        let interaction_id = self.say(tx, contact, Some(&request), party_id).await?;
        let searchable = searchable(&format!("{} {}", request.search_text, text::fold(&contact.new_text)));
        requests::touch(tx, &request, contact.received_at, &searchable).await?;
        let event = InteractionReceived {
            interaction_id,
            channel: contact.channel,
            party_id,
            has_attachments: !contact.files.is_empty(),
        };
        let event = NewEvent::new(&*self.clock, &*self.rng, request.authority_id, &event).about(request.id);
        outbox::append(tx, &[event]).await?;
        Ok(Taken { outcome: "appended".to_owned(), ..taken(contact, &request, interaction_id) })
    }

    async fn record(&self, tx: &mut Tx, contact: &Contact, destination: &Destination) -> Result<Taken, Error> {
        let Destination::Recorded { nature, procedure, outcome, about } = destination else {
            return Err(Error::RequestNotFound);
        };
        let authority = contact.directory.authority.id;
        let request = match about {
            Some(id) => Some(requests::read(tx, authority, *id).await?.ok_or(Error::RequestNotFound)?),
            None => None,
        };
        let is_anonymous = contact.requester == Requester::default() && contact.party_id.is_none();
        let party_id = if is_anonymous { None } else { Some(self.identify(tx, contact).await?.0) };
        let mut said = self.interaction(contact, request.as_ref(), party_id);
        said.outcome = Some(*outcome);
        said.nature = Some(*nature);
        said.procedure = procedure.clone();
        interactions::insert(tx, &said).await?;
        self.attach(tx, contact, &said).await?;
        let event = ContactRecorded {
            interaction_id: said.id,
            channel: contact.channel,
            nature: *nature,
            agent_id: contact.agent_id,
            procedure: procedure.clone(),
            outcome: *outcome,
        };
        let mut event = NewEvent::new(&*self.clock, &*self.rng, authority, &event);
        event.request_id = *about;
        outbox::append(tx, &[event]).await?;
        Ok(Taken {
            content: String::new(),
            outcome: "recorded".to_owned(),
            request_id: *about,
            interaction_id: Some(said.id),
            reference: request.map(|request| request.reference.compact().to_owned()).unwrap_or_default(),
            received_at: contact.received_at,
        })
    }

    /// Returns who the author is, created when new, and whether others have the same address or number.
    async fn identify(&self, tx: &mut Tx, contact: &Contact) -> Result<(PartyId, bool), Error> {
        if let Some(party_id) = contact.party_id {
            return Ok((party_id, false));
        }
        let authority = contact.directory.authority.id;
        let known = parties::claim_contacts(tx, authority, &contact.requester, contact.received_at).await?;
        let (party_id, shared_contact) = match party::identify(&contact.requester, &known) {
            Identity::Known(party_id) => {
                parties::complete(tx, authority, party_id, &contact.requester).await?;
                (party_id, false)
            }
            Identity::New { shared_contact } => {
                let party_id = PartyId::new(&*self.clock, &*self.rng);
                parties::insert(tx, authority, party_id, &contact.requester, contact.received_at).await?;
                (party_id, shared_contact)
            }
        };
        parties::add_contacts(tx, authority, party_id, &contact.requester).await?;
        Ok((party_id, shared_contact))
    }

    /// Writes down what was said, with its files and its place in the thread.
    async fn say(
        &self,
        tx: &mut Tx,
        contact: &Contact,
        request: Option<&Request>,
        party_id: PartyId,
    ) -> Result<InteractionId, Error> {
        let said = self.interaction(contact, request, Some(party_id));
        interactions::insert(tx, &said).await?;
        self.attach(tx, contact, &said).await?;
        if let Some(request) = request.filter(|_| !said.message_id.is_empty()) {
            mails::add_message_id(tx, said.authority_id, &said.message_id, request.id).await?;
        }
        Ok(said.id)
    }

    fn interaction(&self, contact: &Contact, request: Option<&Request>, party_id: Option<PartyId>) -> Interaction {
        let given = contact.requester.name.clone();
        let known = || request.map(|request| request.requester_name.clone()).unwrap_or_default();
        Interaction {
            id: InteractionId::new(&*self.clock, &*self.rng),
            authority_id: contact.directory.authority.id,
            request_id: request.map(|request| request.id),
            kind: contact.kind,
            channel: contact.channel,
            party_id,
            author_name: if given.is_empty() && contact.party_id.is_some() { known() } else { given },
            author_email: contact.requester.email.as_ref().map(guichet_core::EmailAddress::key).unwrap_or_default(),
            agent_id: contact.agent_id,
            subject: contact.subject.clone(),
            new_text: contact.new_text.clone(),
            full_text: contact.full_text.clone().filter(|full| *full != contact.new_text),
            occurred_at: contact.occurred_at,
            recorded_at: contact.received_at,
            truncated: contact.mail.truncated,
            sender_verified: contact.mail.sender_verified,
            message_id: contact.mail.message_id.clone(),
            reply_then: None,
            outcome: None,
            wait_until: None,
            raw_sha256: contact.mail.raw_sha256.clone(),
            nature: None,
            procedure: None,
            site: contact.site.clone(),
        }
    }

    async fn attach(&self, tx: &mut Tx, contact: &Contact, said: &Interaction) -> Result<(), Error> {
        self.attach_files(tx, &contact.files, said).await
    }

    /// Writes down the files of an interaction.
    pub(super) async fn attach_files(&self, tx: &mut Tx, files: &[KeptFile], said: &Interaction) -> Result<(), Error> {
        for (place, file) in (0_u32..).zip(files) {
            let attachment = Attachment {
                id: AttachmentId::new(&*self.clock, &*self.rng),
                authority_id: said.authority_id,
                request_id: said.request_id,
                interaction_id: said.id,
                place,
                sha256: file.sha256.clone(),
                file_name: file.file_name.clone(),
                media_type: file.media_type.clone(),
                size: file.size,
            };
            attachments::insert(tx, &attachment).await?;
        }
        Ok(())
    }
}

fn taken(contact: &Contact, request: &Request, interaction_id: InteractionId) -> Taken {
    Taken {
        content: String::new(),
        outcome: String::new(),
        request_id: Some(request.id),
        interaction_id: Some(interaction_id),
        reference: request.reference.compact().to_owned(),
        received_at: contact.received_at,
    }
}

/// Returns what words of a new request are searched in.
fn search_text(request: &Request, said: &str) -> String {
    let compact = request.reference.compact();
    searchable(&text::fold(&format!(
        "{} {compact} {} {} {said}",
        request.reference, request.requester_name, request.requester_email
    )))
}

/// Returns the beginning of a folded text; the newest words of a very long thread are not searched.
fn searchable(folded: &str) -> String {
    folded.chars().take(limits::SEARCH_CHARACTERS_MAX).collect()
}
