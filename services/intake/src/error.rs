//! What can go wrong in intake, by what the caller can do about it.

use guichet_core::{Coded, ErrorKind, Violation};

use crate::store::blobs::BlobError;

/// A failed use case.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Some fields are wrong.
    #[error("some fields are wrong")]
    Invalid(Vec<Violation>),
    /// The key was used before with another content.
    #[error("idempotency key was used before with another content")]
    KeyReused,
    /// No such request.
    #[error("no such request")]
    RequestNotFound,
    /// No such party.
    #[error("no such party")]
    PartyNotFound,
    /// No such file.
    #[error("no such file")]
    AttachmentNotFound,
    /// The link is not ours or no longer valid.
    #[error("link is not valid")]
    InvalidLink,
    /// No such authority, or its directory has not come yet.
    #[error("authority `{0}` is not known")]
    UnknownAuthority(String),
    /// No directory has come yet: nobody can say whose mail it is.
    #[error("no directory has been published yet")]
    NoDirectory,
    /// None of the recipients is a mailbox of ours.
    #[error("no recipient is a mailbox of this desk")]
    UnknownMailbox,
    /// The mail cannot be read at all.
    #[error("mail cannot be read: {0}")]
    MalformedMail(&'static str),
    /// The file or the mail is larger than is taken.
    #[error("larger than {max} bytes")]
    TooLarge {
        /// Bytes taken at most.
        max: u64,
    },
    /// No space is left.
    #[error("no space is left")]
    Full(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// As much is on its way in as memory holds.
    #[error("too much is on its way in")]
    Crowded,
    /// Storage.
    #[error("storage failed")]
    Storage(#[source] guichet_db::Error),
    /// The log.
    #[error("log failed")]
    Log(#[source] guichet_bus::Error),
    /// Blobs.
    #[error("blobs failed")]
    Blobs(#[source] BlobError),
    /// The mail receiver's port cannot be opened.
    #[error("smtp port {address} cannot be opened")]
    Listen {
        /// As configured.
        address: String,
        /// Why.
        source: std::io::Error,
    },
    /// The composition gave no keys.
    #[error("signing keys are missing")]
    NoKeys,
    /// Eight references in a row were taken: the generator is broken.
    #[error("no free reference was drawn")]
    NoReference,
}

impl From<guichet_db::Error> for Error {
    fn from(error: guichet_db::Error) -> Self {
        if error.is_full() { Self::Full(error.into()) } else { Self::Storage(error) }
    }
}

impl From<guichet_bus::Error> for Error {
    fn from(error: guichet_bus::Error) -> Self {
        match error {
            guichet_bus::Error::Storage(error) => error.into(),
            other => Self::Log(other),
        }
    }
}

impl From<BlobError> for Error {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::Database(error) => error.into(),
            error if error.is_full() => Self::Full(error.into()),
            error => Self::Blobs(error),
        }
    }
}

impl Coded for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "GU-INT-001",
            Self::KeyReused => "GU-INT-002",
            Self::RequestNotFound => "GU-INT-003",
            Self::PartyNotFound => "GU-INT-004",
            Self::AttachmentNotFound => "GU-INT-005",
            Self::InvalidLink => "GU-INT-006",
            Self::UnknownAuthority(_) => "GU-INT-007",
            Self::NoDirectory => "GU-INT-008",
            Self::UnknownMailbox => "GU-INT-009",
            Self::MalformedMail(_) => "GU-INT-010",
            Self::TooLarge { .. } => "GU-INT-011",
            Self::Full(_) => "GU-INT-012",
            Self::Storage(_) => "GU-INT-013",
            Self::Log(_) => "GU-INT-014",
            Self::Blobs(_) => "GU-INT-015",
            Self::Listen { .. } => "GU-INT-016",
            Self::NoKeys => "GU-INT-017",
            Self::NoReference => "GU-INT-018",
            Self::Crowded => "GU-INT-019",
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid(_)
            | Self::KeyReused
            | Self::UnknownMailbox
            | Self::MalformedMail(_)
            | Self::TooLarge { .. } => ErrorKind::InvalidInput,
            Self::RequestNotFound | Self::PartyNotFound | Self::AttachmentNotFound | Self::InvalidLink => {
                ErrorKind::NotFound
            }
            Self::UnknownAuthority(_) => ErrorKind::NotFound,
            Self::Full(_) => ErrorKind::OutOfSpace,
            Self::NoDirectory | Self::Crowded | Self::Log(_) => ErrorKind::Unavailable,
            Self::Storage(error) if error.is_unavailable() => ErrorKind::Unavailable,
            Self::Storage(_) | Self::Blobs(_) | Self::Listen { .. } | Self::NoKeys | Self::NoReference => {
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
        let fixed = match self {
            Self::Invalid(_) => "Certaines informations sont à corriger.",
            Self::KeyReused => {
                "Cette clé a déjà servi pour une demande différente\u{a0}: envoyez la nouvelle demande avec une autre clé."
            }
            Self::RequestNotFound => {
                "Nous ne trouvons pas de demande avec ce numéro. Vérifiez les caractères, ou appelez-nous\u{a0}: nous la \
                 chercherons avec vous."
            }
            Self::PartyNotFound => "Nous ne trouvons pas cette personne.",
            Self::AttachmentNotFound => "Nous ne trouvons pas ce fichier.",
            Self::InvalidLink => "Ce lien n'est plus valable. Entrez votre numéro de suivi, ou appelez-nous.",
            Self::UnknownAuthority(_) => "Nous ne connaissons pas cette collectivité.",
            Self::NoDirectory => "Le guichet n'est pas encore prêt\u{a0}: recommencez dans un instant.",
            Self::UnknownMailbox => "Aucune des adresses de ce courriel n'est une adresse du guichet.",
            Self::MalformedMail(_) => "Ce courriel est illisible\u{a0}: il lui manque son en-tête ou son expéditeur.",
            Self::TooLarge { max } => {
                return format!("Ce fichier est trop gros\u{a0}: {} Mo au plus.", max / 1_048_576);
            }
            Self::Full(_) => "Le guichet ne peut rien enregistrer pour l'instant\u{a0}: recommencez plus tard.",
            Self::Crowded => {
                "Trop de gros fichiers arrivent à la fois\u{a0}: recommencez dans une minute, rien n'a été gardé de celui-ci."
            }
            Self::Log(_) => "Le service est indisponible pour un instant\u{a0}: recommencez dans une minute.",
            Self::Storage(error) if error.is_unavailable() => {
                "Le service est indisponible pour un instant\u{a0}: recommencez dans une minute."
            }
            _ => "Une erreur est survenue de notre côté.",
        };
        fixed.to_owned()
    }
}
