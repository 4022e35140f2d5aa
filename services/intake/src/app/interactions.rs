//! What is said on a request that exists: an agent's reply or note, a usager's message from the follow-up page.

use guichet_bus::outbox;
use guichet_core::id::{AgentId, InteractionId, ServiceRequestId};
use guichet_core::work::{Channel, Outcome, ReplyThen};
use guichet_core::{Timestamp, Violation};
use guichet_events::NewEvent;
use guichet_events::intake::{NoteAdded, ReplyPosted};

use super::commit::{Contact, Destination, MailFacts};
use super::submit::{KEYED_CHANNEL, NamedFile, dedupe_key, keyed};
use super::{App, agent};
use crate::Error;
use crate::domain::dedupe::Fingerprint;
use crate::domain::limits;
use crate::domain::party::Requester;
use crate::domain::submission::check_body;
use crate::domain::threading::Candidate;
use crate::store::dedupe::Taken;
use crate::store::interactions::{Interaction, Kind};
pub use crate::store::mentions::Waiting;
use crate::store::requests::Request;
use crate::store::{dedupe, interactions, mentions, requests};

/// Something written on a request.
#[derive(Clone, Debug)]
pub struct Written {
    /// On which.
    pub request_id: ServiceRequestId,
    /// By whom, when an agent.
    pub agent_id: Option<AgentId>,
    /// As typed.
    pub body: String,
    /// Uploaded before.
    pub files: Vec<NamedFile>,
    /// Idempotency key; empty when none.
    pub dedupe_key: String,
}

/// Whom a note addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addressed {
    /// Colleagues, at most [`limits::MENTIONS_MAX`].
    pub agents: Vec<AgentId>,
    /// They are asked what they think.
    pub asks_opinion: bool,
}

/// What an agent writes.
#[derive(Clone, Debug)]
enum Words {
    /// To the usager.
    Reply(ReplyIntent),
    /// To colleagues.
    Note(Addressed),
    /// What was said when the agent called the usager.
    Call,
}

impl Words {
    const fn kind(&self) -> Kind {
        match self {
            Self::Reply(_) => Kind::Reply,
            Self::Note(_) => Kind::Note,
            Self::Call => Kind::Call,
        }
    }
}

/// What a reply asks of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyIntent {
    /// What it asks.
    pub then: ReplyThen,
    /// The result, with `resolve`; « renseignée » when none is given.
    pub outcome: Option<Outcome>,
    /// When the papers are due, with `wait`.
    pub wait_until: Option<Timestamp>,
}

impl App {
    /// Adds an agent's reply; notification sends it, routing moves the work.
    #[tracing::instrument(skip_all, fields(request.id = %written.request_id))]
    pub async fn post_reply(&self, written: &Written, intent: ReplyIntent) -> Result<InteractionId, Error> {
        let resolves = intent.then == ReplyThen::Resolve;
        let intent = ReplyIntent {
            outcome: resolves.then(|| intent.outcome.unwrap_or(Outcome::Informed)),
            wait_until: intent.wait_until.filter(|_| intent.then == ReplyThen::Wait),
            ..intent
        };
        self.write(written, Words::Reply(intent)).await
    }

    /// Adds a note between agents, never shown to the usager.
    #[tracing::instrument(skip_all, fields(request.id = %written.request_id))]
    pub async fn add_note(&self, written: &Written, to: Addressed) -> Result<InteractionId, Error> {
        if to.agents.len() > limits::MENTIONS_MAX {
            return Err(Error::Invalid(vec![Violation::new("/mentions", "Une note s'adresse à 5 collègues au plus.")]));
        }
        self.write(written, Words::Note(to)).await
    }

    /// Adds what was said when an agent called the usager back.
    #[tracing::instrument(skip_all, fields(request.id = %written.request_id))]
    pub async fn add_call(&self, written: &Written) -> Result<InteractionId, Error> {
        self.write(written, Words::Call).await
    }

    /// Returns the notes that wait for an agent, oldest first.
    pub async fn mentions_of(&self, agent_id: AgentId) -> Result<Vec<Waiting>, Error> {
        Ok(mentions::waiting(&self.db, agent_id).await?)
    }

    /// Notes that an agent has seen what addresses them on a request.
    pub async fn see_mentions(&self, request_id: ServiceRequestId, agent_id: AgentId) -> Result<(), Error> {
        let mut tx = self.db.begin().await?;
        mentions::end(&mut tx, request_id, agent_id, self.now()).await?;
        Ok(tx.commit().await?)
    }

    /// Adds a usager's message; on a request finished long ago it opens one that continues it.
    #[tracing::instrument(skip_all, fields(request.id = %written.request_id))]
    pub async fn add_message(&self, written: &Written, channel: Channel) -> Result<InteractionId, Error> {
        let body = check_body(&written.body).map_err(Error::Invalid)?;
        let request = self.existing(written.request_id).await?;
        let directory = self.directory(&request.authority).await?;
        let files = self.named_files(&request.authority, &written.files).await?;
        let received_at = self.now();
        let key = keyed("message", &written.dedupe_key);
        let contact = Contact {
            kind: Kind::Message,
            channel,
            dedupe: dedupe_key(&key, || fingerprint(written))?,
            requester: Requester::default(),
            party_id: Some(request.party_id),
            subject: request.subject.clone(),
            new_text: body,
            full_text: None,
            files,
            occurred_at: received_at,
            received_at,
            language: request.language.clone(),
            site: String::new(),
            agent_id: None,
            mail: MailFacts::default(),
            directory,
        };
        let (contact, destination) = self.message_destination(contact, &request).await?;
        let committed = self.commit(&contact, &destination).await?;
        committed.taken.interaction_id.ok_or(Error::RequestNotFound)
    }

    async fn message_destination(
        &self,
        mut contact: Contact,
        request: &Request,
    ) -> Result<(Contact, Destination), Error> {
        let candidate = Candidate {
            request_id: request.id,
            reference: request.reference.clone(),
            state: request.work.state,
            state_since: request.work.state_since,
            reopen_until: request.work.reopen_until,
            addresses: Vec::new(),
        };
        if candidate.takes_messages(contact.received_at) {
            return Ok((contact, Destination::Joins(request.id)));
        }
        contact.requester = requester_of(request);
        let procedure = request.procedure.clone().unwrap_or_default();
        let (classification, nature) = self.classify(&contact, &procedure, Some(request.nature)).await;
        let hint = format!("Fait suite à la demande {}, terminée", request.reference);
        Ok((contact, Destination::Opens { classification, nature, linked: Some(request.id), hint }))
    }

    /// Writes what an agent says, once whatever the number of tries.
    async fn write(&self, written: &Written, words: Words) -> Result<InteractionId, Error> {
        let (agent_id, kind) = (agent(written.agent_id)?, words.kind());
        let body = check_body(&written.body).map_err(Error::Invalid)?;
        let found = self.existing(written.request_id).await?;
        let files = self.named_files(&found.authority, &written.files).await?;
        let authority = found.authority_id;
        let now = self.now();
        let key = dedupe_key(&keyed(kind.as_str(), &written.dedupe_key), || fingerprint(written))?;
        let mut tx = self.db.begin().await?;
        if let Some(key) = &key
            && let Some(earlier) = dedupe::claim(&mut tx, authority, KEYED_CHANNEL, key, now).await?
        {
            let same = earlier.content == key.content;
            return if same { earlier.interaction_id.ok_or(Error::RequestNotFound) } else { Err(Error::KeyReused) };
        }
        // Read again under the write lock: what is searched may have grown since.
        let request = requests::read(&mut tx, authority, found.id).await?.ok_or(Error::RequestNotFound)?;
        let said = self.agents_words(&request, agent_id, &words, body, now);
        interactions::insert(&mut tx, &said).await?;
        self.attach_files(&mut tx, &files, &said).await?;
        requests::touch(&mut tx, &request, now, &request.search_text).await?;
        // Whoever writes has read what was addressed to them.
        mentions::end(&mut tx, request.id, agent_id, now).await?;
        if let Words::Note(to) = &words {
            for colleague in &to.agents {
                mentions::insert(&mut tx, &said, request.id, *colleague, to.asks_opinion).await?;
            }
        }
        let event = self.told(&said, agent_id, words).about(request.id);
        outbox::append(&mut tx, &[event]).await?;
        if let Some(key) = &key {
            let taken = Taken {
                content: String::new(),
                outcome: kind.as_str().to_owned(),
                request_id: Some(request.id),
                interaction_id: Some(said.id),
                reference: request.reference.compact().to_owned(),
                received_at: now,
            };
            dedupe::settle(&mut tx, (authority, KEYED_CHANNEL, key), &taken).await?;
        }
        tx.commit().await?;
        self.log.wake();
        Ok(said.id)
    }

    /// Returns what is told of an agent's words: routing and notification follow a reply, open pages everything.
    fn told(&self, said: &Interaction, agent_id: AgentId, words: Words) -> NewEvent {
        let (clock, rng, interaction_id) = (&*self.clock, &*self.rng, said.id);
        match words {
            Words::Reply(ReplyIntent { then, outcome, wait_until }) => {
                let event = ReplyPosted { interaction_id, agent_id, then, outcome, wait_until };
                NewEvent::new(clock, rng, said.authority_id, &event)
            }
            Words::Note(Addressed { agents: mentions, .. }) => {
                NewEvent::new(clock, rng, said.authority_id, &NoteAdded { interaction_id, agent_id, mentions })
            }
            Words::Call => {
                let event = NoteAdded { interaction_id, agent_id, mentions: Vec::new() };
                NewEvent::new(clock, rng, said.authority_id, &event)
            }
        }
    }

    fn agents_words(
        &self,
        request: &Request,
        agent_id: AgentId,
        words: &Words,
        body: String,
        now: Timestamp,
    ) -> Interaction {
        let intent = match words {
            Words::Reply(intent) => Some(*intent),
            Words::Note(_) | Words::Call => None,
        };
        Interaction {
            id: InteractionId::new(&*self.clock, &*self.rng),
            authority_id: request.authority_id,
            request_id: Some(request.id),
            kind: words.kind(),
            channel: if words.kind() == Kind::Call { Channel::Phone } else { request.channel },
            party_id: None,
            author_name: String::new(),
            author_email: String::new(),
            agent_id: Some(agent_id),
            subject: request.subject.clone(),
            new_text: body,
            full_text: None,
            occurred_at: now,
            recorded_at: now,
            truncated: false,
            sender_verified: true,
            message_id: String::new(),
            reply_then: intent.map(|intent| intent.then),
            outcome: intent.and_then(|intent| intent.outcome),
            wait_until: intent.and_then(|intent| intent.wait_until),
            raw_sha256: None,
            nature: None,
            procedure: None,
            site: String::new(),
        }
    }

    /// Returns a request that must exist.
    pub(super) async fn existing(&self, id: ServiceRequestId) -> Result<Request, Error> {
        requests::find(&self.db, id).await?.ok_or(Error::RequestNotFound)
    }
}

/// Returns who asked, as given then.
fn requester_of(request: &Request) -> Requester {
    Requester {
        name: request.requester_name.clone(),
        email: guichet_core::EmailAddress::parse(&request.requester_email).ok(),
        phone: guichet_core::PhoneNumber::parse(&request.requester_phone).ok(),
        postal_address: request.postal_address.clone(),
    }
}

fn fingerprint(written: &Written) -> String {
    let agent = written.agent_id.map(|agent| agent.to_string()).unwrap_or_default();
    let mut print = Fingerprint::default().field(written.request_id.to_string()).field(agent).field(&written.body);
    for file in &written.files {
        print = print.field(&file.sha256).field(&file.file_name);
    }
    print.hex()
}

/// Returns the violation of a kind of interaction that cannot be added this way.
pub fn wrong_kind() -> Error {
    Error::Invalid(vec![Violation::new("/kind", "Ajoutez un message, une note ou un appel.")])
}
