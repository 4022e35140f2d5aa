//! The use cases, one file each: a fact heard becomes a delivery (`register`), a delivery is written (`prepare`) and
//! handed over (`send`), what relays say later is kept (`receipts`), people look and act (`deliveries`, `templates` with
//! `text_input`, `preferences`). What this service asks of the world is in [`ports`].

mod deliveries;
pub mod ports;
mod preferences;
mod prepare;
mod receipts;
mod register;
mod send;
mod templates;
mod text_input;

use std::sync::Arc;

use guichet_bus::directory::ReadModel;
use guichet_bus::{Log, outbox};
use guichet_core::id::{AuthorityId, DeliveryId, ServiceRequestId};
use guichet_core::{Clock, Rng};
use guichet_db::{Db, Tx};
use guichet_events::NewEvent;
use guichet_events::notification::DeliveryChanged;
use opentelemetry::KeyValue;
use opentelemetry::metrics::Counter;
use tokio::sync::Notify;

use crate::domain::notice::{Medium, Notice};
use crate::domain::state::DeliveryState;
use crate::domain::text::Town;
use ports::{MailTransport, Requests, SmsTransport};

pub use crate::store::{DeliveryRow, TextVersion};
pub use deliveries::{ListDeliveries, Page, Stats};
pub use templates::ShownText;
pub use text_input::{TextInput, TextName};

/// What every use case shares.
#[derive(Debug)]
pub struct App {
    /// Storage.
    pub db: Db,
    /// Our own log.
    pub log: Log,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness, for ids and jitter.
    pub rng: Arc<dyn Rng>,
    /// The authorities' directories.
    pub directories: ReadModel,
    /// Intake.
    pub requests: Arc<dyn Requests>,
    /// Where mails leave.
    pub mail: Arc<dyn MailTransport>,
    /// Where text messages leave.
    pub sms: Arc<dyn SmsTransport>,
    /// Address of From for every authority; empty for each one's own.
    pub from: String,
    /// Scheme and host of the portal; empty for each authority's website.
    pub public_url: String,
    /// Wakes the sender.
    pub wake: Notify,
    /// Counts what deliveries become.
    pub metrics: Metrics,
}

/// The instruments of this service.
#[derive(Debug)]
pub struct Metrics {
    deliveries: Counter<u64>,
}

impl Default for Metrics {
    fn default() -> Self {
        let deliveries = guichet_telemetry::meter()
            .u64_counter("guichet_notification_deliveries")
            .with_description("Deliveries by medium and the state they reached")
            .build();
        Self { deliveries }
    }
}

/// A delivery, as its change is told.
#[derive(Clone, Copy, Debug)]
struct Told {
    id: DeliveryId,
    authority_id: AuthorityId,
    request_id: ServiceRequestId,
    notice: Notice,
    medium: Option<Medium>,
}

impl App {
    /// Says in the transaction of the change what a delivery became.
    async fn tell(&self, tx: &mut Tx, told: Told, state: DeliveryState) -> Result<(), guichet_bus::Error> {
        let medium = told.medium.map_or("", Medium::as_str);
        let data = DeliveryChanged {
            delivery_id: told.id,
            state: state.as_str().to_owned(),
            medium: medium.to_owned(),
            template: told.notice.as_str().to_owned(),
        };
        let event = NewEvent::new(&*self.clock, &*self.rng, told.authority_id, &data).about(told.request_id);
        let labels = [KeyValue::new("medium", medium), KeyValue::new("state", state.as_str())];
        self.metrics.deliveries.add(1, &labels);
        outbox::append(tx, &[event]).await
    }

    /// Returns an authority with those it shares departments and agents with.
    fn town(&self, authority_id: AuthorityId) -> Option<Town> {
        let own = self.directories.by_id(authority_id)?;
        let others = self.directories.all().into_iter().filter(|other| other.authority.id != authority_id);
        Some(Town::new(own, others.collect()))
    }
}
