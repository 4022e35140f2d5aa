//! Why the gateway cannot start. What it answers to people is [`Problem`](crate::problem::Problem).

use guichet_core::{Coded, ErrorKind};

use crate::config::COOKIE_KEY_BYTES_MIN;

/// The gateway was configured in a way that cannot work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not an address people could type.
    #[error("`{0}` is not a public address of the form https://name")]
    PublicUrl(String),
    /// Sessions could be forged.
    #[error("the cookie key holds {got} octets, it needs at least {COOKIE_KEY_BYTES_MIN}")]
    CookieKeyTooShort {
        /// Octets given.
        got: usize,
    },
}

impl Coded for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::PublicUrl(_) => "GU-GTW-001",
            Self::CookieKeyTooShort { .. } => "GU-GTW-002",
        }
    }

    fn kind(&self) -> ErrorKind {
        ErrorKind::InvalidInput
    }
}
