//! What is heard of a message after it left: a bounce that came back to intake, a provider's receipt, a letter printed.

use guichet_db::Tx;
use guichet_events::intake::BounceReceived;

use super::{App, Told};
use crate::Error;
use crate::domain::state::DeliveryState;
use crate::store::{Deliveries, DeliveryRow, Receipts};

/// Characters kept of a receipt's detail.
const DETAIL_CHARACTERS_MAX: usize = 300;

impl App {
    /// Records what a relay, a provider or a printer said; false when no message left under that Message-ID.
    pub async fn record_receipt(&self, message_id: &str, state: DeliveryState, detail: &str) -> Result<bool, Error> {
        let mut tx = self.db.begin().await?;
        let known = self.apply_receipt(&mut tx, bare(message_id), Some(state), state.as_str(), detail).await?;
        tx.commit().await?;
        self.log.wake();
        Ok(known)
    }

    /// Applies a delivery report in the transaction of the cursor.
    pub async fn apply_bounce(&self, tx: &mut Tx, bounce: &BounceReceived) -> Result<(), guichet_bus::Error> {
        let state = match bounce.action.as_str() {
            "failed" => Some(DeliveryState::Failed),
            "delivered" | "relayed" | "expanded" => Some(DeliveryState::Accepted),
            // Their relay goes on trying: nothing has changed.
            _ => None,
        };
        let detail = format!("{} {}", bounce.status, bounce.action);
        self.apply_receipt(tx, bare(&bounce.original_message_id), state, &bounce.action, &detail).await?;
        Ok(())
    }

    async fn apply_receipt(
        &self,
        tx: &mut Tx,
        message_id: &str,
        state: Option<DeliveryState>,
        word: &str,
        detail: &str,
    ) -> Result<bool, guichet_bus::Error> {
        let Some(row) = Deliveries::find_by_message_id(tx, message_id).await? else { return Ok(false) };
        let now = self.clock.now();
        let detail: String = detail.chars().filter(|c| !c.is_control()).take(DETAIL_CHARACTERS_MAX).collect();
        Receipts::insert(tx, &row, word, &detail, now).await?;
        let Some(state) = state.filter(|&state| row.state.can_become(state)) else { return Ok(true) };
        let error = (state != DeliveryState::Accepted).then_some(detail.as_str());
        if Deliveries::move_on(tx, &row, state, error, now).await? {
            self.tell(tx, told(&row), state).await?;
        }
        Ok(true)
    }
}

pub(super) fn told(row: &DeliveryRow) -> Told {
    Told {
        id: row.id,
        authority_id: row.authority_id,
        request_id: row.request_id,
        notice: row.notice,
        medium: row.medium,
    }
}

fn bare(message_id: &str) -> &str {
    message_id.trim().trim_start_matches('<').trim_end_matches('>')
}
