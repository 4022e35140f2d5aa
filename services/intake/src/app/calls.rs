//! A call, a visit or a letter typed in by an agent.

use guichet_core::id::{AgentId, InteractionId, ServiceRequestId};
use guichet_core::work::{Nature, Outcome};
use guichet_core::{Timestamp, Violation};

use super::App;
use super::commit::{Contact, Destination, MailFacts};
use super::submit::NamedFile;
use crate::Error;
use crate::domain::dedupe::DedupeKey;
use crate::domain::party::Requester;
use crate::domain::request::nature_of;
use crate::domain::submission::{self, Typed};
use crate::domain::{limits, text};
use crate::store::interactions::Kind;
use crate::store::requests;

/// Characters of a subject made from the first words of what was noted.
const SUBJECT_FROM_BODY_CHARACTERS: usize = 80;

/// A call as an agent typed it.
#[derive(Clone, Debug)]
pub struct Call {
    /// Code of the authority.
    pub authority: String,
    /// What was typed, its channel included.
    pub typed: Typed,
    /// The telephone system's id of the call; empty when none.
    pub call_id: String,
    /// Who took it.
    pub agent_id: Option<AgentId>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// The request it is about.
    pub request_id: Option<ServiceRequestId>,
    /// Told on the spot.
    pub outcome: Option<Outcome>,
    /// What kind of contact it was, if said.
    pub nature: Option<Nature>,
    /// Scans.
    pub files: Vec<NamedFile>,
}

/// What a call became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// What was written down.
    pub interaction_id: InteractionId,
    /// The request it opened or joined.
    pub request_id: Option<ServiceRequestId>,
    /// That request's number, compact; empty when none.
    pub reference: String,
    /// When the authority had it.
    pub received_at: Timestamp,
    /// The same call had been recorded.
    pub duplicate: bool,
}

impl App {
    /// Records a call: on the spot, on a request, or as a new one.
    #[tracing::instrument(skip_all, fields(authority = call.authority, channel = %call.typed.channel))]
    pub async fn record_call(&self, call: &Call) -> Result<Recorded, Error> {
        let directory = self.directory(&call.authority).await?;
        // On a known request the usager can be reached already.
        let typed = Typed { answered: call.typed.answered || call.request_id.is_some(), ..call.typed.clone() };
        let checked = submission::check(&typed, &directory).map_err(Error::Invalid)?;
        let request = match call.request_id {
            Some(id) => {
                requests::find(&self.db, id).await?.filter(|found| found.authority_id == directory.authority.id)
            }
            None => None,
        };
        if call.request_id.is_some() && request.is_none() {
            let detail = "Cette demande n'existe pas dans cette collectivité.";
            return Err(Error::Invalid(vec![Violation::new("/request", detail)]));
        }
        let received_at = self.now();
        let procedure_name = directory.procedures.get(&typed.procedure).map(|procedure| procedure.name.clone());
        let joins = request.filter(|_| checked.requester == Requester::default());
        let contact = Contact {
            kind: Kind::Call,
            channel: typed.channel,
            dedupe: call_key(&call.call_id)?,
            party_id: joins.as_ref().map(|request| request.party_id),
            subject: subject(&checked.subject, &checked.body, procedure_name.as_deref()),
            new_text: checked.body,
            requester: checked.requester,
            full_text: None,
            files: self.named_files(&call.authority, &call.files).await?,
            occurred_at: call.started_at.filter(|started| *started <= received_at).unwrap_or(received_at),
            received_at,
            language: "fr".to_owned(),
            site: typed.site.clone(),
            agent_id: call.agent_id,
            mail: MailFacts::default(),
            directory,
        };
        let destination = self.call_destination(call, &contact).await;
        let committed = self.commit(&contact, &destination).await?;
        Ok(Recorded {
            interaction_id: committed.taken.interaction_id.ok_or(Error::RequestNotFound)?,
            request_id: committed.taken.request_id,
            reference: committed.taken.reference,
            received_at: committed.taken.received_at,
            duplicate: committed.duplicate,
        })
    }

    async fn call_destination(&self, call: &Call, contact: &Contact) -> Destination {
        let procedure = &call.typed.procedure;
        if call.typed.answered {
            let chosen = Some(procedure.clone()).filter(|code| !code.is_empty());
            let told = nature_of(call.nature, chosen.as_deref(), &contact.directory);
            // What is answered on the spot and nothing else said is information.
            let nature = if call.nature.is_none() && told == Nature::Request { Nature::Information } else { told };
            let outcome = call.outcome.unwrap_or(Outcome::Informed);
            return Destination::Recorded { nature, procedure: chosen, outcome, about: call.request_id };
        }
        if let Some(request) = call.request_id {
            return Destination::Joins(request);
        }
        let (classification, nature) = self.classify(contact, procedure, call.nature).await;
        Destination::Opens { classification, nature, linked: None, hint: String::new() }
    }
}

fn call_key(call_id: &str) -> Result<Option<DedupeKey>, Error> {
    if call_id.len() > limits::DEDUPE_KEY_OCTETS_MAX {
        return Err(Error::Invalid(vec![Violation::new("/call_id", "Cet identifiant d'appel est trop long.")]));
    }
    let key = DedupeKey { key: call_id.to_owned(), content: String::new() };
    Ok(Some(key).filter(|key| !key.key.is_empty()))
}

/// Returns the subject of a call: as typed, else the procedure's name, else the first words noted.
fn subject(typed: &str, body: &str, procedure: Option<&str>) -> String {
    if !typed.is_empty() {
        return typed.to_owned();
    }
    procedure.map_or_else(|| text::one_line(body, SUBJECT_FROM_BODY_CHARACTERS), str::to_owned)
}
