//! What can go wrong in routing, by what the caller can do about it. Codes have their page in `docs/errors/`.

use guichet_core::{Coded, ErrorKind, Violation};

/// A failed call to routing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Fields to correct.
    #[error("input is not valid")]
    Invalid(Vec<Violation>),
    /// Login or password is wrong: which one is never told.
    #[error("sign-in is refused")]
    SignInRefused,
    /// The session or the key is over.
    #[error("session is over")]
    SessionOver,
    /// No such request, or not for this person's eyes.
    #[error("request is not known")]
    RequestNotFound,
    /// No such offer for this agent.
    #[error("offer is not known")]
    OfferNotFound,
    /// The offer was answered, taken back or has run out.
    #[error("offer is over")]
    OfferOver,
    /// The request has changed since it was read.
    #[error("work has moved on")]
    Stale,
    /// The state of the request does not allow the command.
    #[error("state does not allow it")]
    State,
    /// Somebody else has it.
    #[error("agent is not in charge of the request")]
    NotInCharge,
    /// The content is reserved to cleared agents.
    #[error("request is confidential")]
    Confidential,
    /// The agent lacks something to take it.
    #[error("agent lacks what the request asks")]
    Lacks(Vec<String>),
    /// The answer goes back through level 1.
    #[error("answer goes back through level 1")]
    MustReturn,
    /// Too late to reopen.
    #[error("request is too old to be reopened")]
    TooOld,
    /// The authority has no directory.
    #[error("authority is not known")]
    UnknownAuthority,
    /// The directory was published anew since it was read.
    #[error("directory has moved on")]
    DirectoryMoved,
    /// Only those who supervise the authority may do it.
    #[error("agent does not supervise the authority")]
    NotSupervisor,
    /// The database failed.
    #[error("storage failed")]
    Storage(#[from] guichet_db::Error),
    /// The log failed.
    #[error("log failed")]
    Log(#[from] guichet_bus::Error),
    /// A stored value does not read back.
    #[error("stored {what} cannot be read")]
    Corrupt {
        /// What it is.
        what: &'static str,
        /// Why.
        source: serde_json::Error,
    },
    /// Password hashing failed.
    #[error("password could not be hashed")]
    Hashing(#[source] argon2::password_hash::Error),
    /// Work on another thread did not end.
    #[error("background work ended early")]
    Interrupted(#[from] tokio::task::JoinError),
}

impl Error {
    /// Returns the error of one wrong field.
    pub(crate) fn field(pointer: &str, detail: &str) -> Self {
        Self::Invalid(vec![Violation::new(pointer, detail)])
    }
}

impl Coded for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "GU-RTG-001",
            Self::SignInRefused => "GU-RTG-002",
            Self::SessionOver => "GU-RTG-003",
            Self::RequestNotFound => "GU-RTG-004",
            Self::OfferNotFound => "GU-RTG-005",
            Self::OfferOver => "GU-RTG-006",
            Self::Stale => "GU-RTG-007",
            Self::State => "GU-RTG-008",
            Self::NotInCharge => "GU-RTG-009",
            Self::Confidential => "GU-RTG-010",
            Self::Lacks(_) => "GU-RTG-011",
            Self::MustReturn => "GU-RTG-012",
            Self::TooOld => "GU-RTG-013",
            Self::UnknownAuthority => "GU-RTG-014",
            Self::Storage(_) | Self::Log(_) => "GU-RTG-015",
            Self::Corrupt { .. } | Self::Hashing(_) | Self::Interrupted(_) => "GU-RTG-016",
            Self::DirectoryMoved => "GU-RTG-017",
            Self::NotSupervisor => "GU-RTG-018",
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid(_) => ErrorKind::InvalidInput,
            Self::SignInRefused | Self::SessionOver => ErrorKind::Unauthenticated,
            Self::RequestNotFound | Self::OfferNotFound | Self::UnknownAuthority => ErrorKind::NotFound,
            Self::OfferOver | Self::Stale | Self::State | Self::TooOld | Self::DirectoryMoved => ErrorKind::Conflict,
            Self::NotInCharge | Self::Confidential | Self::Lacks(_) | Self::MustReturn | Self::NotSupervisor => {
                ErrorKind::Forbidden
            }
            Self::Storage(error) if error.is_unavailable() => ErrorKind::Unavailable,
            Self::Log(guichet_bus::Error::Storage(error)) if error.is_unavailable() => ErrorKind::Unavailable,
            Self::Storage(_) | Self::Log(_) | Self::Corrupt { .. } | Self::Hashing(_) | Self::Interrupted(_) => {
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
            Self::SignInRefused => "L'identifiant ou le mot de passe n'est pas le bon.".to_owned(),
            Self::SessionOver => "Votre session est terminée : connectez-vous de nouveau.".to_owned(),
            Self::RequestNotFound => "Nous ne trouvons pas cette demande.".to_owned(),
            Self::OfferNotFound => "Nous ne trouvons pas cette proposition.".to_owned(),
            Self::OfferOver => {
                "Cette proposition n'est plus ouverte : la demande a peut-être été confiée à quelqu'un d'autre."
                    .to_owned()
            }
            Self::Stale => "La demande a changé entre-temps : rechargez la page, puis recommencez.".to_owned(),
            Self::State => "La demande n'est plus dans un état qui le permet : rechargez la page.".to_owned(),
            Self::NotInCharge => "Cette demande est confiée à quelqu'un d'autre.".to_owned(),
            Self::Confidential => "Dossier réservé : vous voyez qu'une demande existe, pas son contenu.".to_owned(),
            Self::Lacks(missing) => format!("Pour prendre cette demande, il vous manque : {}.", missing.join(", ")),
            Self::MustReturn => {
                "Pour cette démarche, la réponse repasse par le guichet : rendez-la au niveau 1.".to_owned()
            }
            Self::TooOld => {
                "La réponse date de plus de trente jours : ouvrez une nouvelle demande liée à celle-ci.".to_owned()
            }
            Self::UnknownAuthority => "Cette collectivité n'est pas dans l'annuaire.".to_owned(),
            Self::DirectoryMoved => {
                "L'annuaire a changé entre-temps : rechargez la page, puis recommencez votre changement.".to_owned()
            }
            Self::NotSupervisor => "Seul l'encadrement de cette collectivité peut le faire.".to_owned(),
            _ if self.kind() == ErrorKind::Unavailable => {
                "Le service est indisponible pour un instant : recommencez dans une minute.".to_owned()
            }
            _ => "Une erreur est survenue de notre côté.".to_owned(),
        }
    }
}
