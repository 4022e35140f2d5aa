//! How a failure is told: a closed list of kinds, mapped once to gRPC (`rpc::status`) and once to HTTP (the gateway),
//! and a stable code with a page in `docs/errors/` for those an operator or an integrator meets.

/// What a caller can do about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// Correct the fields named and send again.
    InvalidInput,
    /// Sign in.
    Unauthenticated,
    /// Ask somebody who may.
    Forbidden,
    /// Look elsewhere: it does not exist, or not for this caller.
    NotFound,
    /// Read again, then decide: the state has moved on.
    Conflict,
    /// Send less, or later.
    Exhausted,
    /// Send the same again in a moment.
    Unavailable,
    /// Send the same again once an operator has made room.
    OutOfSpace,
    /// Report the reference that comes with it.
    Internal,
}

/// One wrong field: where it is (RFC 6901 pointer) and what to do.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Violation {
    /// JSON pointer of the field, `/requester/email`.
    pub pointer: String,
    /// What to do, in the user's language.
    pub detail: String,
}

impl Violation {
    /// Returns the violation of one field.
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into() }
    }
}

/// An error that crosses a service's border.
pub trait Coded: std::error::Error + Send + Sync + 'static {
    /// Returns the stable code, `GU-<SVC>-<NNN>`.
    fn code(&self) -> &'static str;

    /// Returns what the caller can do.
    fn kind(&self) -> ErrorKind;

    /// Returns the wrong fields, when the kind is [`ErrorKind::InvalidInput`].
    fn violations(&self) -> &[Violation] {
        &[]
    }

    /// Returns the sentence for the user, in French; the default suits the kind.
    fn user_message(&self) -> String {
        match self.kind() {
            ErrorKind::InvalidInput => "Certaines informations sont à corriger.",
            ErrorKind::Unauthenticated => "Connectez-vous pour continuer.",
            ErrorKind::Forbidden => "Vous n'avez pas le droit de faire cela.",
            ErrorKind::NotFound => "Nous ne trouvons pas ce que vous cherchez.",
            ErrorKind::Conflict => "La situation a changé entre-temps : rechargez la page, puis recommencez.",
            ErrorKind::Exhausted => "Trop de demandes à la fois : attendez un instant, puis recommencez.",
            ErrorKind::Unavailable => "Le service est indisponible pour un instant : recommencez dans une minute.",
            ErrorKind::OutOfSpace => "Le guichet ne peut rien enregistrer pour l'instant : recommencez plus tard.",
            ErrorKind::Internal => "Une erreur est survenue de notre côté.",
        }
        .to_owned()
    }
}
