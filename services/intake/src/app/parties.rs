//! Parties: read, found as an agent types, told apart when one mailbox serves several people.

use guichet_bus::outbox;
use guichet_core::id::{AgentId, PartyId, ServiceRequestId};
use guichet_core::{EmailAddress, PhoneNumber, Violation};
use guichet_events::NewEvent;
use guichet_events::intake::PartyChanged;

use super::{App, agent};
use crate::Error;
use crate::domain::party::Requester;
use crate::domain::{limits, text};
use crate::store::parties::PartyCard;
use crate::store::requests::Request;
use crate::store::{interactions, parties, requests};

/// Requests shown with a party: the newest.
const REQUESTS_SHOWN: i64 = 50;
/// Parties proposed at most.
const PROPOSALS_MAX: u32 = 20;
/// Parties proposed when nothing is said.
const PROPOSALS_DEFAULT: u32 = 8;

/// A party as shown.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Which.
    pub id: PartyId,
    /// What is known.
    pub card: PartyCard,
}

impl App {
    /// Returns a party with its newest requests.
    pub async fn party(&self, id: PartyId) -> Result<(Shown, Vec<Request>), Error> {
        let (authority, card) = parties::find(&self.db, id).await?.ok_or(Error::PartyNotFound)?;
        let requests = requests::by_party(&self.db, authority, id, REQUESTS_SHOWN).await?;
        Ok((Shown { id, card }, requests))
    }

    /// Returns the parties an agent may mean, while they type.
    pub async fn search_parties(&self, authority: &str, q: &str, limit: u32) -> Result<Vec<Shown>, Error> {
        let directory = self.directory(authority).await?;
        let limit = if limit == 0 { PROPOSALS_DEFAULT } else { limit.min(PROPOSALS_MAX) };
        let mut shown = Vec::new();
        for id in parties::search(&self.db, directory.authority.id, q, i64::from(limit)).await? {
            if let Some((_, card)) = parties::find(&self.db, id).await? {
                shown.push(Shown { id, card });
            }
        }
        Ok(shown)
    }

    /// Says who really wrote a request: a known party, or a new one under a name.
    #[tracing::instrument(skip_all, fields(request.id = %request_id))]
    pub async fn link_party(
        &self,
        request_id: ServiceRequestId,
        party_id: Option<PartyId>,
        name: &str,
        agent_id: Option<AgentId>,
    ) -> Result<PartyId, Error> {
        agent(agent_id)?;
        let request = self.existing(request_id).await?;
        let known = match party_id {
            Some(id) => Some(parties::find(&self.db, id).await?.filter(|found| found.0 == request.authority_id)),
            None => None,
        };
        let requester = Requester {
            name: text::one_line(name, limits::NAME_CHARACTERS_MAX),
            email: EmailAddress::parse(&request.requester_email).ok(),
            phone: PhoneNumber::parse(&request.requester_phone).ok(),
            postal_address: request.postal_address.clone(),
        };
        let requester = match known {
            Some(found) => Requester { name: found.ok_or(Error::PartyNotFound)?.1.name, ..requester },
            None if requester.name.is_empty() => {
                return Err(Error::Invalid(vec![Violation::new("/name", "Indiquez le nom de la personne.")]));
            }
            None => requester,
        };
        let mut tx = self.db.begin().await?;
        parties::claim_contacts(&mut tx, request.authority_id, &requester, self.now()).await?;
        let linked = match party_id {
            Some(id) => id,
            None => {
                let id = PartyId::new(&*self.clock, &*self.rng);
                parties::insert(&mut tx, request.authority_id, id, &requester, self.now()).await?;
                id
            }
        };
        parties::complete(&mut tx, request.authority_id, linked, &requester).await?;
        parties::add_contacts(&mut tx, request.authority_id, linked, &requester).await?;
        requests::set_party(&mut tx, &request, linked, &requester.name).await?;
        let place = (request.authority_id, request.id);
        interactions::set_party(&mut tx, place, request.party_id, linked).await?;
        let event = NewEvent::new(&*self.clock, &*self.rng, request.authority_id, &PartyChanged { party_id: linked });
        outbox::append(&mut tx, &[event.about(request.id)]).await?;
        tx.commit().await?;
        self.log.wake();
        Ok(linked)
    }
}
