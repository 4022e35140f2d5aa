//! What can go wrong, by what the caller can do about it.

use guichet_core::{Coded, ErrorKind, Violation};

/// A failed call to notification.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database.
    #[error("storage failed")]
    Storage(#[from] guichet_db::Error),
    /// The log.
    #[error("log failed")]
    Log(#[from] guichet_bus::Error),
    /// Fields to correct.
    #[error("input is not valid")]
    Invalid(Vec<Violation>),
    /// No such delivery.
    #[error("delivery does not exist")]
    DeliveryNotFound,
    /// The delivery is not in a state from which it can be sent again.
    #[error("delivery is not failed, unknown or printed")]
    NotRetryable,
    /// The authority's directory has not been published here yet.
    #[error("authority is not known")]
    AuthorityNotFound,
    /// The text has changed since it was read.
    #[error("text has moved on")]
    Stale,
    /// The address of a transport is not one we can use.
    #[error("`{url}` is not a transport: {reason}")]
    Transport {
        /// Without its password.
        url: String,
        /// What to write instead.
        reason: String,
    },
    /// A stored value is not what its column promises.
    #[error("stored {0} cannot be read")]
    Corrupt(&'static str),
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
            Self::Storage(_) => "GU-NTF-001",
            Self::Log(_) => "GU-NTF-002",
            Self::Invalid(_) => "GU-NTF-003",
            Self::DeliveryNotFound => "GU-NTF-004",
            Self::NotRetryable => "GU-NTF-005",
            Self::AuthorityNotFound => "GU-NTF-006",
            Self::Transport { .. } => "GU-NTF-007",
            Self::Corrupt(_) => "GU-NTF-008",
            Self::Stale => "GU-NTF-009",
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::Storage(error) | Self::Log(guichet_bus::Error::Storage(error)) if error.is_unavailable() => {
                ErrorKind::Unavailable
            }
            Self::Invalid(_) => ErrorKind::InvalidInput,
            Self::DeliveryNotFound | Self::AuthorityNotFound => ErrorKind::NotFound,
            Self::NotRetryable | Self::Stale => ErrorKind::Conflict,
            Self::Storage(_) | Self::Log(_) | Self::Transport { .. } | Self::Corrupt(_) => ErrorKind::Internal,
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
            Self::Invalid(_) => "Certaines informations sont à corriger.",
            Self::DeliveryNotFound => "Nous ne trouvons pas ce message.",
            Self::NotRetryable => "Ce message est déjà parti ou va partir : il n'y a rien à renvoyer.",
            Self::AuthorityNotFound => "Nous ne connaissons pas cette collectivité : importez d'abord son annuaire.",
            Self::Stale => "Ce texte a changé entre-temps : rechargez la page, puis recommencez.",
            _ if self.kind() == ErrorKind::Unavailable => {
                "Le service est indisponible pour un instant : recommencez dans une minute."
            }
            _ => "Une erreur est survenue de notre côté.",
        }
        .to_owned()
    }
}
