//! Life for a demo: real e-mails, forms, calls and replies ([`traffic`]), agents who answer them ([`robot`]), and twelve
//! stories told step by step ([`story`]). Everything goes through the doors that people use, SMTP and REST; nothing here
//! knows the inside of a service, and nothing runs against anything but a demo ([`Doors::open`]).

mod doors;
mod error;
mod fill;
mod mail;
mod plan;
pub mod robot;
mod session;
pub mod story;
mod texts;
pub mod traffic;

pub use doors::{Doors, PASSWORD};
pub use error::Error;
pub use fill::{Filled, fill};
pub use mail::{Letter, Refusal};
pub use plan::{Contact, Plan, Way};
pub use session::Session;

/// Agents of the demo town who can be offered work.
pub const EVERYBODY: [&str; 12] = [
    "aline.encre",
    "basile.tampon",
    "capucine.trombone",
    "edwige.calepin",
    "firmin.brouillon",
    "dario.classeur",
    "gaelle.registre",
    "hakim.parapheur",
    "iris.cadastre",
    "joseph.pave",
    "katell.buvard",
    "leon.virgule",
];
