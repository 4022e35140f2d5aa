//! What can go wrong in knowledge, and what a caller can do about it.

use guichet_core::{Coded, ErrorKind, Violation};

use crate::domain::search;

/// A failure of this service.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Fields to correct.
    #[error("request is not valid")]
    Invalid(Vec<Violation>),
    /// No published sheet of that id.
    #[error("sheet is not published")]
    SheetNotFound,
    /// The configuration asks for a threshold that is no share.
    #[error("classifier_threshold is {0}: use a number from 0 to 1")]
    Threshold(f64),
    /// The database failed.
    #[error("storage failed")]
    Storage(#[from] guichet_db::Error),
    /// The log failed.
    #[error("log failed")]
    Log(#[from] guichet_bus::Error),
    /// The search index failed.
    #[error("search failed")]
    Search(#[from] search::Error),
    /// What was stored as JSON no longer reads.
    #[error("stored {what} cannot be read")]
    Corrupt {
        /// Which column.
        what: &'static str,
        /// Why.
        source: serde_json::Error,
    },
    /// Building the index was cut short: the process is stopping, or a panic.
    #[error("index build was cut short")]
    Interrupted(#[from] tokio::task::JoinError),
}

impl Error {
    /// Returns the error of one wrong field.
    pub fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![Violation::new(pointer, detail)])
    }
}

impl Coded for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "GU-KNW-001",
            Self::SheetNotFound => "GU-KNW-002",
            Self::Threshold(_) => "GU-KNW-003",
            Self::Storage(_) | Self::Log(_) => "GU-KNW-010",
            Self::Search(_) | Self::Interrupted(_) => "GU-KNW-011",
            Self::Corrupt { .. } => "GU-KNW-012",
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid(_) | Self::Threshold(_) => ErrorKind::InvalidInput,
            Self::SheetNotFound => ErrorKind::NotFound,
            Self::Storage(error) if error.is_unavailable() => ErrorKind::Unavailable,
            Self::Log(guichet_bus::Error::Storage(error)) if error.is_unavailable() => ErrorKind::Unavailable,
            Self::Storage(_) | Self::Log(_) | Self::Search(_) | Self::Corrupt { .. } | Self::Interrupted(_) => {
                ErrorKind::Internal
            }
        }
    }

    fn violations(&self) -> &[Violation] {
        match self {
            Self::Invalid(violations) => violations,
            _ => &[],
        }
    }

    fn user_message(&self) -> String {
        match self {
            Self::Invalid(_) => "Certaines informations sont à corriger.".to_owned(),
            Self::SheetNotFound => "Cette fiche n'existe pas ou n'est plus publiée.".to_owned(),
            _ if self.kind() == ErrorKind::Unavailable => {
                "Les fiches sont indisponibles pour un instant : recommencez dans une minute.".to_owned()
            }
            _ => "Une erreur est survenue de notre côté.".to_owned(),
        }
    }
}
