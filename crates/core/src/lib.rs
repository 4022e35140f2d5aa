//! Words and values that every part of Guichet shares: ids, instants, randomness, references, contacts, the work
//! states and the closed list of error kinds. No I/O (but what [`crash`] does for tests) and no dependency on the rest of the product.
//!
//! Start with [`id`] for the ids, [`work`] for the states a request goes through and [`error`] for how a failure is told.

pub mod clock;
pub mod colour;
pub mod contact;
pub mod crash;
pub mod error;
pub mod french;
pub mod id;
pub mod network;
pub mod reference;
pub mod rng;
pub mod work;

pub use clock::{Clock, ManualClock, SystemClock, Timestamp};
pub use contact::{EmailAddress, PhoneKind, PhoneNumber};
pub use error::{Coded, ErrorKind, Violation};
pub use network::{InvalidNetwork, Network};
pub use reference::Reference;
pub use rng::{Rng, SeededRng, SystemRng};
