//! A fact heard becomes a delivery, in the transaction of the cursor and with nothing asked of anybody.

use guichet_core::crash;
use guichet_core::id::DeliveryId;
use guichet_db::Tx;
use guichet_events::Envelope;

use super::App;
use crate::domain::notice::{Notice, Telling};
use crate::store::{Deliveries, NewDelivery};

impl App {
    /// Queues what `event` calls for. The same telling is queued once, however often it is heard.
    pub async fn register(&self, tx: &mut Tx, event: &Envelope, telling: &Telling) -> guichet_db::Result<()> {
        let Some(request_id) = event.request_id else { return Ok(()) };
        let notice = telling.facts.notice();
        // A request that has its receipt is not told again that nobody has read it.
        if notice == Notice::RegistrationAck
            && Deliveries::exists(tx, event.authority_id, request_id, Notice::ReceiptAck).await?
        {
            return Ok(());
        }
        crash::point("notification.heard");
        let new = NewDelivery {
            id: DeliveryId::new(&*self.clock, &*self.rng),
            authority_id: event.authority_id,
            request_id,
            notice,
            source: telling.source.clone(),
            facts: serde_json::to_string(&telling.facts).expect("facts are plain data"),
            created_at: self.clock.now(),
            traceparent: guichet_telemetry::trace_context::current(),
        };
        Deliveries::insert(tx, &new).await?;
        crash::point("notification.queued");
        Ok(())
    }
}
