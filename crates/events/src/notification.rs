//! What notification tells.

use guichet_core::id::DeliveryId;
use serde::{Deserialize, Serialize};

use crate::envelope::event;

/// A delivery moved on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryChanged {
    /// Which.
    pub delivery_id: DeliveryId,
    /// `queued`, `sending`, `accepted`, `deferred`, `failed`, `unknown`, `to_print`.
    pub state: String,
    /// `email`, `sms`, `letter`.
    pub medium: String,
    /// Name of the template.
    pub template: String,
}
event!(DeliveryChanged, "delivery.changed", 1);
