//! What notification keeps: deliveries with their receipts, the texts of each authority and what they were, preferences.
//! SQL stays here.

mod deliveries;
mod dialect;
mod preferences;
mod receipts;
mod sending;
mod template_versions;
mod templates;

pub use deliveries::{Counts, Deliveries, DeliveryRow, Filter, NewDelivery};
pub use preferences::Preferences;
pub use receipts::Receipts;
pub use sending::{Claimed, Outcome, Prepared, Sending};
pub use template_versions::{Authorship, TextVersion, TextVersions};
pub use templates::Texts;
