//! What reading gathers besides values: diagnostics, the codes that are defined and the codes that are mentioned, so
//! that every mention can be checked once all files are read.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, Place, Severity};

/// What a code names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Authority,
    Department,
    Site,
    Calendar,
    Procedure,
    /// Logins are unique over all authorities.
    Agent,
    Skill,
    Clearance,
    LifeEvent,
    Reply,
}

impl Kind {
    /// Returns the French noun, with its article.
    pub(crate) const fn noun(self) -> &'static str {
        match self {
            Self::Authority => "la collectivité",
            Self::Department => "le service",
            Self::Site => "le site",
            Self::Calendar => "le calendrier",
            Self::Procedure => "la démarche",
            Self::Agent => "l'agent",
            Self::Skill => "la compétence",
            Self::Clearance => "l'habilitation",
            Self::LifeEvent => "l'événement de vie",
            Self::Reply => "la réponse type",
        }
    }

    /// Returns the file where such codes are defined.
    pub(crate) const fn home(self) -> &'static str {
        match self {
            Self::Authority => "authority.toml",
            Self::Department => "departments.toml",
            Self::Site => "sites.toml",
            Self::Calendar => "calendars.toml",
            Self::Procedure => "procedures.toml",
            Self::Agent => "agents.toml",
            Self::Skill | Self::Clearance => "skills.toml",
            Self::LifeEvent => "life_events.toml",
            Self::Reply => "replies.toml",
        }
    }
}

/// A code used somewhere.
#[derive(Clone, Debug)]
pub(crate) struct Mention {
    pub(crate) kind: Kind,
    /// Authorities whose codes may be meant, the first one first; empty for codes shared by all.
    pub(crate) scope: Vec<String>,
    pub(crate) code: String,
    pub(crate) place: Place,
}

/// Gathers while files are read.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    diagnostics: RefCell<Vec<Diagnostic>>,
    mentions: RefCell<Vec<Mention>>,
    /// By kind, authority (empty when shared) and code.
    defined: RefCell<BTreeMap<(Kind, String, String), Place>>,
    /// By authority that grants and authority that is granted.
    agreements: RefCell<BTreeMap<(String, String), Agreement>>,
    /// Files whose syntax is wrong: what they do not say may only be what could not be read.
    damaged: RefCell<BTreeSet<String>>,
}

/// Where an agreement is written, and the departments of the other authority it puts in charge.
#[derive(Debug)]
struct Agreement {
    place: Place,
    lent: Vec<String>,
}

impl Findings {
    /// Adds a mistake.
    pub(crate) fn error(&self, place: &Place, message: impl Into<String>) {
        self.push(place.says(Severity::Error, message));
    }

    /// Adds a warning.
    pub(crate) fn warning(&self, place: &Place, message: impl Into<String>) {
        self.push(place.says(Severity::Warning, message));
    }

    /// Adds a remark.
    pub(crate) fn info(&self, place: &Place, message: impl Into<String>) {
        self.push(place.says(Severity::Info, message));
    }

    /// Records that a file could be read in part only.
    pub(crate) fn damage(&self, file: &str) {
        self.damaged.borrow_mut().insert(file.to_owned());
    }

    /// Returns whether a file could be read in part only.
    pub(crate) fn is_damaged(&self, file: &str) -> bool {
        self.damaged.borrow().contains(file)
    }

    /// Returns whether some file could be read in part only.
    pub(crate) fn any_damaged(&self) -> bool {
        !self.damaged.borrow().is_empty()
    }

    fn push(&self, diagnostic: Diagnostic) {
        self.diagnostics.borrow_mut().push(diagnostic);
    }

    /// Records that a code exists. The second place of the same code is a mistake, whichever file it is in.
    pub(crate) fn define(&self, kind: Kind, authority: &str, code: &str, place: &Place) {
        let key = (kind, authority.to_owned(), code.to_owned());
        let first = self.defined.borrow().get(&key).cloned();
        match first {
            Some(first) => {
                self.error(place, format!("{} « {code} » existe déjà ({first}). Choisissez un autre nom.", kind.noun()))
            }
            None => {
                self.defined.borrow_mut().insert(key, place.clone());
            }
        }
    }

    /// Records that a code is used.
    pub(crate) fn mention(&self, kind: Kind, scope: &[&str], code: &str, place: &Place) {
        self.mentions.borrow_mut().push(Mention {
            kind,
            scope: scope.iter().map(|&authority| authority.to_owned()).collect(),
            code: code.to_owned(),
            place: place.clone(),
        });
    }

    /// Returns where a code is defined; the whole file when it is not.
    pub(crate) fn place_of(&self, kind: Kind, authority: &str, code: &str) -> Place {
        let key = (kind, authority.to_owned(), code.to_owned());
        let defined = self.defined.borrow().get(&key).cloned();
        defined.unwrap_or_else(|| Place::whole(&format!("{authority}/{}", kind.home())))
    }

    /// Returns whether a code is defined in one of the authorities of `scope` (none = among the shared codes).
    pub(crate) fn is_defined(&self, kind: Kind, scope: &[String], code: &str) -> bool {
        self.codes(kind, scope).iter().any(|known| known == code)
    }

    /// Returns the codes of a kind within a scope.
    pub(crate) fn codes(&self, kind: Kind, scope: &[String]) -> Vec<String> {
        let is_within =
            |authority: &String| if scope.is_empty() { authority.is_empty() } else { scope.contains(authority) };
        let defined = self.defined.borrow();
        defined.keys().filter(|(of, at, _)| *of == kind && is_within(at)).map(|(_, _, code)| code.clone()).collect()
    }

    /// Records that `authority` has an agreement with another, whose departments `lent` serve it.
    pub(crate) fn agree(&self, authority: &str, with: &str, lent: &[String], place: &Place) {
        let agreement = Agreement { place: place.clone(), lent: lent.to_vec() };
        self.agreements.borrow_mut().insert((authority.to_owned(), with.to_owned()), agreement);
    }

    /// Returns the authorities that lend their department `code` to `authority`.
    pub(crate) fn lenders_of(&self, authority: &str, code: &str) -> Vec<String> {
        let agreements = self.agreements.borrow();
        let lends = |granted: &str, agreement: &Agreement| {
            granted == authority && agreement.lent.iter().any(|lent| lent == code)
        };
        agreements
            .iter()
            .filter(|((granted, _), agreement)| lends(granted, agreement))
            .map(|((_, with), _)| with.clone())
            .collect()
    }

    /// Returns where the agreement of an authority with another is written.
    pub(crate) fn place_of_agreement(&self, authority: &str, with: &str) -> Place {
        let key = (authority.to_owned(), with.to_owned());
        let place = self.agreements.borrow().get(&key).map(|agreement| agreement.place.clone());
        place.unwrap_or_else(|| Place::whole("pooling.toml"))
    }

    /// Returns every mention.
    pub(crate) fn mentions(&self) -> Vec<Mention> {
        self.mentions.borrow().clone()
    }

    /// Returns the diagnostics, by file and line, errors first within a line.
    pub(crate) fn into_diagnostics(self) -> Vec<Diagnostic> {
        let mut diagnostics = self.diagnostics.into_inner();
        diagnostics.sort_by(|a, b| {
            (&a.file, a.line, a.column, a.severity, &a.message)
                .cmp(&(&b.file, b.line, b.column, b.severity, &b.message))
        });
        diagnostics.dedup();
        diagnostics
    }
}
