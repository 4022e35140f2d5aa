//! The facts services tell each other: one serde struct for each `name.vN`, the envelope they travel in, and the
//! authority's published [`Directory`]. No I/O.
//!
//! Events carry ids, codes and instants only, never a name, an address, a subject or a text. One exception:
//! `directory.published` carries the authority's published directory, never anything about a usager.

mod directory;
mod envelope;
pub mod intake;
pub mod knowledge;
pub mod notification;
pub mod routing;

pub use directory::{
    Absence, Agent, Authority, AuthorityKind, Calendar, Closure, Delay, DelayUnit, Department, Directory, FieldKind,
    FormField, HolidayRegion, Interval, Learning, Level2Answer, LifeEvent, Pooling, Procedure, ReplyTemplate, Role,
    Site, SkillLevel, Weekday, Widening,
};
pub use envelope::{Envelope, EventData, NewEvent, Position, UndecodableEvent};

/// A producing service, as it is named in streams, cursors and `Events.Read`.
pub mod producer {
    /// Requests, threads, parties.
    pub const INTAKE: &str = "intake";
    /// Directory, queue, work.
    pub const ROUTING: &str = "routing";
    /// Deliveries.
    pub const NOTIFICATION: &str = "notification";
    /// Sheets.
    pub const KNOWLEDGE: &str = "knowledge";
}

/// Returns the services that read a producer's log: its rows stay until all of them have passed.
pub fn consumers_of(service: &str) -> &'static [&'static str] {
    match service {
        producer::INTAKE => &[producer::ROUTING, producer::NOTIFICATION],
        producer::ROUTING => &[producer::INTAKE, producer::NOTIFICATION, producer::KNOWLEDGE],
        producer::KNOWLEDGE => &[],
        _ => &[],
    }
}

/// Returns the services whose logs a service reads.
pub fn producers_for(service: &str) -> Vec<&'static str> {
    [producer::INTAKE, producer::ROUTING, producer::NOTIFICATION, producer::KNOWLEDGE]
        .into_iter()
        .filter(|producer| consumers_of(producer).contains(&service))
        .collect()
}
