//! A form, or a partner's program.

use guichet_core::id::ServiceRequestId;
use guichet_core::work::{Channel, Nature, WorkState};
use guichet_core::{Reference, Timestamp, Violation};

use super::App;
use super::commit::{Contact, Destination, KeptFile, MailFacts};
use crate::Error;
use crate::domain::dedupe::{DedupeKey, Fingerprint};
use crate::domain::mail::{file_name, media_type_of};
use crate::domain::request::{self, Classification};
use crate::domain::submission::{self, Typed};
use crate::domain::{limits, text};
use crate::store::blobs::BlobName;
use crate::store::interactions::Kind;
use crate::store::requests;

/// A file uploaded before, named by its hash.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedFile {
    /// Lower-case hexadecimal.
    pub sha256: String,
    /// As the usager named it.
    pub file_name: String,
    /// As the usager's program said.
    pub media_type: String,
}

/// A submission, as typed.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Code of the authority.
    pub authority: String,
    /// What was typed.
    pub typed: Typed,
    /// Uploaded before.
    pub files: Vec<NamedFile>,
    /// Idempotency key; empty when none.
    pub dedupe_key: String,
    /// What kind of contact it is, if said.
    pub nature: Option<Nature>,
    /// BCP 47; empty = fr.
    pub language: String,
}

/// What a submission became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// The request.
    pub id: ServiceRequestId,
    /// Its number.
    pub reference: Reference,
    /// Where the work stands.
    pub state: WorkState,
    /// When the authority had it.
    pub received_at: Timestamp,
    /// The same had come before.
    pub duplicate: bool,
}

impl App {
    /// Opens a request; the same key with the same content gives the same answer.
    #[tracing::instrument(skip_all, fields(authority = submission.authority, channel = %submission.typed.channel))]
    pub async fn submit(&self, submission: &Submission) -> Result<Submitted, Error> {
        let directory = self.directory(&submission.authority).await?;
        let checked = submission::check(&submission.typed, &directory).map_err(Error::Invalid)?;
        let dedupe = dedupe_key(&submission.dedupe_key, || fingerprint(submission))?;
        let files = self.named_files(&submission.authority, &submission.files).await?;
        let received_at = self.now();
        let contact = Contact {
            directory,
            kind: Kind::Message,
            channel: submission.typed.channel,
            dedupe,
            requester: checked.requester,
            party_id: None,
            subject: checked.subject,
            new_text: checked.body,
            full_text: None,
            files,
            occurred_at: received_at,
            received_at,
            language: language(&submission.language),
            site: submission.typed.site.clone(),
            agent_id: None,
            mail: MailFacts::default(),
        };
        let (classification, nature) = self.classify(&contact, &submission.typed.procedure, submission.nature).await;
        let destination = Destination::Opens { classification, nature, linked: None, hint: String::new() };
        let committed = self.commit(&contact, &destination).await?;
        let id = committed.taken.request_id.ok_or(Error::RequestNotFound)?;
        let mut submitted = Submitted {
            id,
            reference: Reference::parse(&committed.taken.reference).ok_or(Error::RequestNotFound)?,
            state: WorkState::Received,
            received_at: committed.taken.received_at,
            duplicate: committed.duplicate,
        };
        if committed.duplicate {
            let found = requests::find(&self.db, id).await?.ok_or(Error::RequestNotFound)?;
            submitted.state = found.work.state;
        }
        Ok(submitted)
    }

    /// Returns what a contact is about: the procedure a person chose, else what the classifier proposes in time.
    pub(super) async fn classify(
        &self,
        contact: &Contact,
        procedure: &str,
        said: Option<Nature>,
    ) -> (Classification, Nature) {
        let directory = &contact.directory;
        let classification = if procedure.is_empty() {
            let (body, _) = text::cut(&contact.new_text, limits::BODY_CHARACTERS_MAX);
            let answer = self.classifier.classify(&directory.authority.code, &contact.subject, body).await;
            answer
                .map_or_else(Classification::unknown, |(best, threshold)| request::classify(best, threshold, directory))
        } else {
            Classification::chosen(procedure)
        };
        let nature = request::nature_of(said, classification.procedure.as_deref(), directory);
        (classification, nature)
    }

    /// Returns files uploaded before, made as good as new so that no sweep takes them.
    pub(super) async fn named_files(&self, authority: &str, files: &[NamedFile]) -> Result<Vec<KeptFile>, Error> {
        if files.len() > limits::ATTACHMENTS_MAX {
            let detail = format!("Joignez {} fichiers au plus.", limits::ATTACHMENTS_MAX);
            return Err(Error::Invalid(vec![Violation::new("/attachments", detail)]));
        }
        let mut kept = Vec::with_capacity(files.len());
        for (place, file) in files.iter().enumerate() {
            let name = BlobName { authority, sha256: &file.sha256 };
            let size = match self.blobs.renew(name).await {
                Ok(size) => size,
                Err(crate::store::blobs::BlobError::Name) => None,
                Err(error) => return Err(error.into()),
            };
            let Some(size) = size else {
                let detail = "Ce fichier n'a pas été reçu\u{a0}: envoyez-le de nouveau.";
                return Err(Error::Invalid(vec![Violation::new(format!("/attachments/{place}"), detail)]));
            };
            let given = file_name(&file.file_name);
            kept.push(KeptFile {
                sha256: file.sha256.clone(),
                file_name: if given.is_empty() { format!("piece-jointe-{}", place + 1) } else { given },
                media_type: media_type_of(&file.media_type),
                size,
            });
        }
        Ok(kept)
    }
}

/// Returns the key of a submission and the hash of its content; `None` without a key.
pub(super) fn dedupe_key(key: &str, content: impl FnOnce() -> String) -> Result<Option<DedupeKey>, Error> {
    if key.is_empty() {
        return Ok(None);
    }
    if key.len() > limits::DEDUPE_KEY_OCTETS_MAX {
        let detail = format!("Cette clé est trop longue\u{a0}: {} caractères au plus.", limits::DEDUPE_KEY_OCTETS_MAX);
        return Err(Error::Invalid(vec![Violation::new("/idempotency_key", detail)]));
    }
    Ok(Some(DedupeKey { key: key.to_owned(), content: content() }))
}

pub(super) fn language(given: &str) -> String {
    let is_tag =
        (2..=35).contains(&given.len()) && given.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if is_tag { given.to_owned() } else { "fr".to_owned() }
}

fn fingerprint(submission: &Submission) -> String {
    let typed = &submission.typed;
    let mut print = Fingerprint::default()
        .field(&typed.subject)
        .field(&typed.body)
        .field(&typed.requester.name)
        .field(&typed.requester.email)
        .field(&typed.requester.phone)
        .field(&typed.requester.postal_address)
        .field(&typed.procedure)
        .field(&typed.site)
        .field(submission.nature.map_or("", Nature::as_str))
        .field(&submission.language);
    for file in &submission.files {
        print = print.field(&file.sha256).field(&file.file_name);
    }
    print.hex()
}

/// The channel under which the keys of commands on a thread are kept.
pub(super) const KEYED_CHANNEL: Channel = Channel::Api;

/// Returns a key kept apart from those of other commands; empty when none was given.
pub(super) fn keyed(prefix: &str, key: &str) -> String {
    if key.is_empty() { String::new() } else { format!("{prefix}:{key}") }
}
