//! The directory as files: one folder per authority, readable and editable by those who run the desk, becomes the
//! values that routing, notification and knowledge are given.
//!
//! ```text
//! skills.toml            names of skills and clearances, shared by all
//! pooling.toml           what the authorities share, one agreement at each end
//! valorme/               one folder per authority; its name is the authority's code
//!   authority.toml       name, telephone, mailboxes, court, triage procedure, reasons for dismissal
//!   departments.toml     sites.toml  calendars.toml  procedures.toml  agents.toml
//!   sheets/*.md          knowledge sheets, with a part kept for agents
//!   texts/*.md           messages the authority words in its own way
//! ```
//!
//! `docs/directory.md` describes every key. Keys are the words of the API; values are written as people say them:
//! `announced = "3 jours ouvrés"`, `silence = "accepte après 1 mois"`, `skills = ["ECI 2"]`, `lundi = ["08:30-12:30"]`.
//!
//! Start with [`parse`]: files in, [`Loaded`] out, every mistake named at once with its file and line. [`load`] is the
//! same over a folder, [`export`] writes the folder back, [`eligible_agents`] tells who can serve a procedure, [`edit`]
//! changes one part as a person does on screen. No network, no database, and no file is touched outside [`load`] and [`read_folder`].

mod check;
mod diagnostic;
pub mod edit;
mod export;
mod folder;
mod read;
mod words;

pub use guichet_events::{Delay, DelayUnit, Directory};

pub use check::eligible_agents;
pub use diagnostic::{Diagnostic, Severity};
pub use export::export;
pub use folder::{load, read_folder};
pub use read::parse;
pub use words::parse_delay;

/// Everything one authority declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// What routing publishes to every service.
    pub directory: Directory,
    /// Messages worded by the authority itself, for notification; often none.
    pub texts: Vec<Text>,
    /// Local sheets, for knowledge.
    pub sheets: Vec<Sheet>,
}

/// A message that replaces the one the product ships.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// `receipt_ack`, `answer`…
    pub name: String,
    /// `email`, `sms` or `letter`.
    pub medium: String,
    /// BCP 47, `fr`.
    pub language: String,
    /// Empty for an SMS.
    pub subject: String,
    /// The message, with its `{fields}`.
    pub body: String,
}

/// A knowledge sheet of the authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// The file's name without its extension.
    pub external_id: String,
    /// As printed.
    pub title: String,
    /// What everybody may read.
    pub markdown: String,
    /// What only agents may read; often empty.
    pub agents_markdown: String,
    /// Code of the procedure it explains, empty when none.
    pub procedure: String,
    /// Words that should find it although it does not contain them.
    pub keywords: Vec<String>,
}

/// What a folder says, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// One an authority, by code; fit for use only when [`Loaded::has_errors`] is false.
    pub bundles: Vec<Bundle>,
    /// Every mistake, warning and remark, by file and line.
    pub diagnostics: Vec<Diagnostic>,
}

impl Loaded {
    /// Returns whether something must be corrected before the folder can be imported.
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// Returns how many diagnostics have this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count()
    }
}
