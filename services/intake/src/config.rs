//! What intake can be told: the `[intake]` section, and what the composition fills in.

use std::sync::Arc;

use guichet_core::Network;
use serde::{Deserialize, Serialize};

use crate::domain::limits;
use crate::domain::token::SigningKey;
use crate::store::blobs::BlobPlace;

/// The `[intake]` section.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The mail receiver.
    pub smtp: SmtpConfig,
    /// Where raw mail and files are kept.
    #[serde(skip)]
    pub blobs: BlobPlace,
    /// The keys that sign; intake does not start without them.
    #[serde(skip)]
    pub keys: Option<Keys>,
    /// A port opened by the caller, in place of `smtp.listen`: tests and socket activation know its number.
    #[serde(skip)]
    pub smtp_listener: Option<Arc<std::net::TcpListener>>,
}

/// The `[intake.smtp]` section.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SmtpConfig {
    /// Address and port; empty = no mail receiver.
    pub listen: String,
    /// Octets of the largest message taken.
    pub max_bytes: usize,
    /// Name this server gives itself; empty = `guichet`.
    pub hostname: String,
    /// The town's own mail server, as it names itself in `Authentication-Results` (RFC 8601); what it says about the
    /// author is trusted. Empty = nobody is.
    pub trusted_host: String,
    /// Who may hand over mail, as addresses or networks (`10.42.0.0/16`); empty = whoever can reach the port.
    pub accept_from: Vec<Network>,
    /// Proxies, as addresses or networks, whose connections begin with a header of the PROXY protocol (version 1 or 2): the
    /// client that it names counts in the place of the proxy.
    pub trusted_proxies: Vec<Network>,
}

impl Default for SmtpConfig {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:2525".to_owned(),
            max_bytes: limits::MESSAGE_OCTETS_MAX,
            hostname: String::new(),
            trusted_host: String::new(),
            accept_from: Vec::new(),
            trusted_proxies: Vec::new(),
        }
    }
}

/// The two keys of intake; each use has its own.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Signs the tokens of plus-addresses and Message-IDs.
    pub reply: SigningKey,
    /// Signs the links that open a thread.
    pub link: SigningKey,
}

impl Keys {
    /// Returns the keys made of these octets.
    pub const fn new(reply: [u8; 32], link: [u8; 32]) -> Self {
        Self { reply: SigningKey::new(reply), link: SigningKey::new(link) }
    }
}
