//! The gateway's section of the configuration: where people find it, whom it trusts and how much it takes.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Error;
use guichet_core::Network;

/// Octets a cookie key must have: less would be guessable.
pub const COOKIE_KEY_BYTES_MIN: usize = 32;

/// What the gateway is told at start.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Address people type, `https://guichet.valorme.fr`, from `[server]`: cookies and the same-origin check follow it.
    #[serde(skip)]
    pub public_url: String,
    /// Code of the authority whose name is on the portal; the first commune when empty.
    pub portal_authority: String,
    /// Proxies whose `X-Forwarded-For` is believed, as addresses or networks (`10.42.0.0/16`); nobody else's is.
    pub trusted_proxies: Vec<Network>,
    /// How often one address may knock.
    pub rates: Rates,
    /// Octets one submission may hold, files included.
    pub form_bytes_max: usize,
    /// Octets one message given to `POST /mail` may hold.
    pub mail_bytes_max: usize,
    /// Key of the session cookie and of form tokens, read from `secrets/` by the binary.
    #[serde(skip)]
    pub cookie_key: Vec<u8>,
    /// The operator's machine account, an administrator; no token, no such account.
    #[serde(skip)]
    pub admin_token: Option<String>,
    /// Folder of the `file:` transport (`mail/` and `sms/` in it): `/courrier` shows it, only on a demo.
    #[serde(skip)]
    pub outbox_dir: Option<PathBuf>,
}

/// Tries a minute, of one address but where another is named; load tests raise them. Each process of the gateway counts for itself.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rates {
    /// References looked up: with 31^8 of them, guessing one takes ages at this pace.
    pub track_per_minute: u32,
    /// Requests submitted without signing in: a family sends a few, a flood sends hundreds.
    pub submit_per_minute: u32,
    /// Requests submitted to one authority without signing in, whoever sends them: a hundred times what a town of 100,000 gets in
    /// its busiest minute, so that a flood at one authority leaves room for the others.
    pub authority_submit_per_minute: u32,
    /// Passwords tried.
    pub sign_in_per_minute: u32,
}

impl Default for Rates {
    fn default() -> Self {
        Self { track_per_minute: 10, submit_per_minute: 30, authority_submit_per_minute: 600, sign_in_per_minute: 10 }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8080".to_owned(),
            portal_authority: String::new(),
            trusted_proxies: Vec::new(),
            rates: Rates::default(),
            form_bytes_max: 30 * 1024 * 1024,
            mail_bytes_max: 25 * 1024 * 1024,
            cookie_key: Vec::new(),
            admin_token: None,
            outbox_dir: None,
        }
    }
}

impl std::fmt::Debug for Config {
    /// Leaves the secrets out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("public_url", &self.public_url)
            .field("portal_authority", &self.portal_authority)
            .field("trusted_proxies", &self.trusted_proxies)
            .field("rates", &self.rates)
            .field("form_bytes_max", &self.form_bytes_max)
            .field("mail_bytes_max", &self.mail_bytes_max)
            .field("outbox_dir", &self.outbox_dir)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// Refuses what could not work.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let origin = self.public_url.strip_prefix("https://").or_else(|| self.public_url.strip_prefix("http://"));
        if origin.is_none_or(|host| host.trim_end_matches('/').is_empty()) {
            return Err(Error::PublicUrl(self.public_url.clone()));
        }
        if self.cookie_key.len() < COOKIE_KEY_BYTES_MIN {
            return Err(Error::CookieKeyTooShort { got: self.cookie_key.len() });
        }
        Ok(())
    }

    /// Returns whether people come by TLS.
    pub(crate) fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// Returns the public address without its trailing slash.
    pub(crate) fn origin(&self) -> &str {
        self.public_url.trim_end_matches('/')
    }
}
