//! Answering an offer.

use crate::store::Tx;
use guichet_core::crash;
use guichet_core::id::{AgentId, OfferId};

use super::{App, Result, again};
use crate::domain::work::Work;
use crate::error::Error;
use crate::store::offers::{self, Offer};
use crate::store::works;

impl App {
    /// Returns the offers an agent has not answered yet.
    pub(crate) async fn list_offers(&self, agent_id: AgentId) -> Result<Vec<Offer>> {
        Ok(offers::list_open(&mut &self.db, agent_id).await?)
    }

    /// « Prendre »: the agent has the request. Said twice, it is true once.
    pub(crate) async fn accept(&self, offer_id: OfferId, agent_id: AgentId) -> Result<Work> {
        again(|| self.try_accept(offer_id, agent_id)).await
    }

    /// « Passer »: the request waits again where it did, and goes to somebody else. It costs nothing.
    pub(crate) async fn decline(&self, offer_id: OfferId, agent_id: AgentId) -> Result<()> {
        again(|| self.try_decline(offer_id, agent_id)).await
    }

    async fn try_accept(&self, offer_id: OfferId, agent_id: AgentId) -> Result<Work> {
        let mut tx = self.db.begin().await?;
        let (offer, work) = find(&mut tx, offer_id, agent_id).await?;
        if offer.state == "accepted" && work.holder() == Some(agent_id) {
            return Ok(work);
        }
        if work.offer.is_none_or(|open| open.offer_id != offer_id) {
            return Err(Error::OfferOver);
        }
        let change = work.given_to(agent_id, "accept").map_err(|_| Error::OfferOver)?;
        self.write_change(&mut tx, &change, "").await?;
        crash::point("routing.accepting");
        tx.commit().await?;
        crash::point("routing.accepted");
        self.wake();
        Ok(change.after)
    }

    async fn try_decline(&self, offer_id: OfferId, agent_id: AgentId) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let (offer, work) = find(&mut tx, offer_id, agent_id).await?;
        if offer.state == "declined" {
            return Ok(());
        }
        if work.offer.is_none_or(|open| open.offer_id != offer_id) {
            return Err(Error::OfferOver);
        }
        let change = work.offer_ended("decline").map_err(|_| Error::OfferOver)?;
        self.write_change(&mut tx, &change, "").await?;
        tx.commit().await?;
        self.wake();
        Ok(())
    }
}

async fn find(tx: &mut Tx, offer_id: OfferId, agent_id: AgentId) -> Result<(Offer, Work)> {
    let offer =
        offers::find(tx, offer_id).await?.filter(|offer| offer.agent_id == agent_id).ok_or(Error::OfferNotFound)?;
    let work = works::find(tx, offer.request_id).await?.ok_or(Error::OfferNotFound)?;
    // It ended between the two looks: another look finds how.
    let ended_meanwhile = offer.state == "offered" && work.offer.is_none_or(|open| open.offer_id != offer_id);
    if ended_meanwhile { Err(Error::Stale) } else { Ok((offer, work)) }
}
