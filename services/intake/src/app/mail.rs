//! A mail: kept, understood, recognised, threaded, committed. The same for SMTP, HTTP and an MTA's pipe.

use std::collections::BTreeMap;
use std::sync::Arc;

use guichet_bus::outbox;
use guichet_core::id::{AuthorityId, ServiceRequestId};
use guichet_core::work::Channel;
use guichet_core::{EmailAddress, crash};
use guichet_events::intake::BounceReceived;
use guichet_events::{Directory, NewEvent};

use super::App;
use super::commit::{Committed, Contact, Destination, KeptFile, MailFacts};
use crate::Error;
use crate::domain::dedupe::{DedupeKey, mail_key};
use crate::domain::mail::{self, Machine, NormalisedMail};
use crate::domain::party::Requester;
use crate::domain::threading::{self, Candidate, Thread, mailbox_of};
use crate::store::dedupe::Taken;
use crate::store::interactions::Kind;
use crate::store::{dedupe, interactions, mails, requests};

/// Requests that one mail's proofs are followed to; more is a mail made to tire us.
const CANDIDATES_MAX: usize = 10;

/// Who sends a mail to whom, apart from what it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// Empty for reports, `None` when nobody told.
    pub from: Option<String>,
    /// Empty when only the header knows.
    pub to: Vec<String>,
}

/// What became of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailOutcome {
    /// It opened a request.
    Created,
    /// It joined one.
    Appended,
    /// It had come before.
    Duplicate,
    /// A machine's: kept, and nothing opened.
    Ignored,
}

/// What became of a mail, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailReceipt {
    /// What became of it.
    pub outcome: MailOutcome,
    /// The request it opened or joined.
    pub request_id: Option<ServiceRequestId>,
    /// The request's number, compact.
    pub reference: String,
}

/// The authorities a mail is for, each with those of its mailboxes that were named.
type Addressed = BTreeMap<AuthorityId, (Arc<Directory>, Vec<String>)>;

/// One mail on its way to one authority.
struct Incoming<'m> {
    mail: &'m NormalisedMail,
    envelope: &'m Envelope,
    raw: &'m Arc<Vec<u8>>,
    author: Option<&'m EmailAddress>,
    directory: Arc<Directory>,
    recipients: Vec<String>,
    key: DedupeKey,
}

impl App {
    /// Returns whether an address is a mailbox of an authority we know; `None` before the first directory.
    pub fn knows_mailbox(&self, address: &str) -> Option<bool> {
        let all = self.directories.all();
        let mailbox = mailbox_of(address);
        (!all.is_empty()).then(|| all.iter().any(|directory| has_mailbox(directory, &mailbox)))
    }

    /// Returns the most octets a mail may have.
    pub const fn mail_octets_max(&self) -> u64 {
        self.max_bytes as u64
    }

    /// Takes a raw message: when this returns, it is durable, in every authority it was sent to.
    #[tracing::instrument(name = "mail", skip_all, fields(otel.name = "receive mail", otel.kind = "server", octets = raw.len()))]
    pub async fn receive_mail(&self, envelope: &Envelope, raw: Vec<u8>) -> Result<MailReceipt, Error> {
        if raw.len() > self.max_bytes {
            return Err(Error::TooLarge { max: self.max_bytes as u64 });
        }
        crash::point("intake.read");
        let raw = Arc::new(raw);
        let mail = parse_apart(Arc::clone(&raw)).await;
        let addressed = self.addressed(envelope, &mail)?;
        if !mail.well_formed {
            return Err(Error::MalformedMail("it has no header"));
        }
        let envelope_from = envelope.from.as_deref().unwrap_or_default();
        let sender = EmailAddress::parse(envelope_from).ok();
        let author = mail.from.as_ref().or(sender.as_ref());
        let mut receipt = None;
        for (directory, recipients) in addressed.into_values() {
            let key = mail_key(&mail, envelope_from, self.now());
            let incoming = Incoming { mail: &mail, envelope, raw: &raw, author, directory, recipients, key };
            let taken = self.take_mail(&incoming).await?;
            receipt.get_or_insert(taken);
        }
        receipt.ok_or(Error::UnknownMailbox)
    }

    /// Returns the authorities a mail is for, with the mailboxes of each.
    fn addressed(&self, envelope: &Envelope, mail: &NormalisedMail) -> Result<Addressed, Error> {
        let all = self.directories.all();
        if all.is_empty() {
            return Err(Error::NoDirectory);
        }
        let from_header = mail.recipients.iter().map(ToString::to_string);
        let recipients: Vec<String> = if envelope.to.is_empty() { from_header.collect() } else { envelope.to.clone() };
        let mut addressed = BTreeMap::new();
        for recipient in &recipients {
            let mailbox = mailbox_of(recipient);
            for directory in all.iter().filter(|directory| has_mailbox(directory, &mailbox)) {
                let entry =
                    addressed.entry(directory.authority.id).or_insert_with(|| (Arc::clone(directory), Vec::new()));
                entry.1.push(mailbox.clone());
            }
        }
        if addressed.is_empty() { Err(Error::UnknownMailbox) } else { Ok(addressed) }
    }

    async fn take_mail(&self, incoming: &Incoming<'_>) -> Result<MailReceipt, Error> {
        let authority = incoming.directory.authority.id;
        if let Some(earlier) = dedupe::find(&self.db, authority, Channel::Email, &incoming.key).await? {
            let contact = self.contact(incoming, String::new(), Vec::new());
            let again = self.duplicate(self.db.begin().await?, &contact, &incoming.key, earlier).await?;
            return Ok(receipt(again));
        }
        let is_own = |address: &EmailAddress| has_mailbox(&incoming.directory, &mailbox_of(address.as_str()));
        let machine = incoming.mail.machine_kind(incoming.envelope.from.as_deref(), is_own);
        if machine.is_none() && incoming.author.is_none() {
            return Err(Error::MalformedMail("its author cannot be read"));
        }
        crash::point("intake.recognised");
        let code = &incoming.directory.authority.code;
        let raw_sha256 = self.blobs.put(code, Arc::clone(incoming.raw)).await?;
        if let Some(machine) = machine {
            return self.ignore(incoming, machine, &raw_sha256).await;
        }
        let mut files = Vec::with_capacity(incoming.mail.attachments.len());
        for file in &incoming.mail.attachments {
            files.push(KeptFile {
                sha256: self.blobs.put(code, Arc::clone(&file.content)).await?,
                file_name: file.file_name.clone(),
                media_type: file.media_type.clone(),
                size: file.content.len() as u64,
            });
        }
        let contact = self.contact(incoming, raw_sha256, files);
        let destination = self.destination(incoming, &contact).await?;
        Ok(receipt(self.commit(&contact, &destination).await?))
    }

    fn contact(&self, incoming: &Incoming<'_>, raw_sha256: String, files: Vec<KeptFile>) -> Contact {
        let mail = incoming.mail;
        let received_at = self.now();
        Contact {
            directory: Arc::clone(&incoming.directory),
            kind: Kind::Message,
            channel: Channel::Email,
            dedupe: Some(incoming.key.clone()),
            requester: Requester {
                name: mail.from_name.clone(),
                email: incoming.author.cloned(),
                ..Requester::default()
            },
            party_id: None,
            subject: mail.subject.clone(),
            new_text: mail.new_text.clone(),
            full_text: Some(mail.full_text.clone()),
            files,
            occurred_at: mail.date.filter(|date| *date <= received_at).unwrap_or(received_at),
            received_at,
            language: "fr".to_owned(),
            site: String::new(),
            agent_id: None,
            mail: MailFacts {
                message_id: mail.message_id.clone().unwrap_or_default(),
                raw_sha256: Some(raw_sha256),
                truncated: mail.truncated,
                sender_verified: mail::is_authenticated(&mail.authentication_results, &self.trusted_host),
                recipients: incoming.recipients.clone(),
            },
        }
    }

    /// Returns where a person's mail goes.
    async fn destination(&self, incoming: &Incoming<'_>, contact: &Contact) -> Result<Destination, Error> {
        let candidates = self.candidates(incoming).await?;
        let reference_of =
            |id| candidates.iter().find(|candidate| candidate.request_id == id).map(|found| &found.reference);
        let (linked, hint) = match threading::decide(&candidates, incoming.author, contact.received_at) {
            Thread::Joins(request) => return Ok(Destination::Joins(request)),
            Thread::Continues(request) => {
                let hint =
                    reference_of(request).map(|reference| format!("Fait suite à la demande {reference}, terminée"));
                (Some(request), hint.unwrap_or_default())
            }
            Thread::Opens { may_continue } => {
                let hint =
                    may_continue.map(|reference| format!("Suite possible de la demande {reference}, à vérifier"));
                (None, hint.unwrap_or_default())
            }
        };
        let (classification, nature) = self.classify(contact, "", None).await;
        Ok(Destination::Opens { classification, nature, linked, hint })
    }

    /// Returns the requests of the authority that a mail has a proof for, best proof first.
    async fn candidates(&self, incoming: &Incoming<'_>) -> Result<Vec<Candidate>, Error> {
        let authority = incoming.directory.authority.id;
        let mut proven = threading::proven_by_tokens(&self.replies, incoming.mail, &incoming.envelope.to);
        proven.extend(mails::requests_of(&self.db, authority, &incoming.mail.references).await?);
        let mut seen = Vec::new();
        let mut candidates = Vec::new();
        for request_id in proven {
            if seen.contains(&request_id) || seen.len() == CANDIDATES_MAX {
                continue;
            }
            seen.push(request_id);
            let found = requests::find(&self.db, request_id).await?.filter(|request| request.authority_id == authority);
            let Some(request) = found else { continue };
            let mut addresses = interactions::authors(&self.db, authority, request_id).await?;
            addresses.push(request.requester_email.to_lowercase());
            candidates.push(Candidate {
                request_id,
                reference: request.reference,
                state: request.work.state,
                state_since: request.work.state_since,
                reopen_until: request.work.reopen_until,
                addresses,
            });
        }
        Ok(candidates)
    }

    /// Keeps a machine's mail without opening anything; delivery reports about our messages are told.
    async fn ignore(&self, incoming: &Incoming<'_>, machine: Machine, raw_sha256: &str) -> Result<MailReceipt, Error> {
        let authority = incoming.directory.authority.id;
        let (key, now) = (&incoming.key, self.now());
        let mut tx = self.db.begin().await?;
        if let Some(earlier) = dedupe::claim(&mut tx, authority, Channel::Email, key, now).await? {
            return Ok(receipt(Committed { taken: earlier, duplicate: true }));
        }
        mails::ignore(&mut tx, (authority, key), machine.as_str(), raw_sha256, now).await?;
        let mut events = Vec::new();
        for report in &incoming.mail.bounces {
            // A report about a message we did not send is somebody's forgery, or not our business.
            let Some(request_id) = self.replies.verify_message_id(&report.original_message_id) else { continue };
            let bounce = BounceReceived {
                original_message_id: report.original_message_id.clone(),
                action: report.action.clone(),
                status: report.status.clone(),
            };
            events.push(NewEvent::new(&*self.clock, &*self.rng, authority, &bounce).about(request_id));
        }
        outbox::append(&mut tx, &events).await?;
        let taken = Taken {
            content: String::new(),
            outcome: "ignored".to_owned(),
            request_id: None,
            interaction_id: None,
            reference: String::new(),
            received_at: now,
        };
        dedupe::settle(&mut tx, (authority, Channel::Email, key), &taken).await?;
        tx.commit().await?;
        self.log.wake();
        self.metrics.ignored.add(1, &[]);
        tracing::info!(reason = machine.as_str(), "mail of a machine was kept and opened nothing");
        Ok(receipt(Committed { taken, duplicate: false }))
    }
}

fn has_mailbox(directory: &Directory, mailbox: &str) -> bool {
    let authority = &directory.authority;
    std::iter::once(&authority.email).chain(&authority.mailboxes).any(|own| own.to_lowercase() == mailbox)
}

fn receipt(committed: Committed) -> MailReceipt {
    let outcome = match (committed.duplicate, committed.taken.outcome.as_str()) {
        (true, _) => MailOutcome::Duplicate,
        (false, "created") => MailOutcome::Created,
        (false, "ignored") => MailOutcome::Ignored,
        (false, _) => MailOutcome::Appended,
    };
    MailReceipt { outcome, request_id: committed.taken.request_id, reference: committed.taken.reference }
}

/// Parses off the runtime's threads: a large mail takes milliseconds. Should the parser panic all the same, the mail is
/// kept as text.
async fn parse_apart(raw: Arc<Vec<u8>>) -> NormalisedMail {
    let parsed = Arc::clone(&raw);
    match tokio::task::spawn_blocking(move || mail::parse(&parsed)).await {
        Ok(mail) => mail,
        Err(_) => {
            tracing::error!(octets = raw.len(), "parser panicked, mail is kept as text");
            mail::keep_as_text(&raw)
        }
    }
}
