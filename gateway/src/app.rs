//! What every handler shares.

use std::sync::Arc;

use guichet_core::{Clock, Rng};
use guichet_rpc::Peers;

use crate::auth::Sessions;
use crate::config::Config;
use crate::keys::{Signer, cookie_key};
use crate::limits::Limits;
use crate::live::Live;
use crate::towns::TownCache;
use axum_extra::extract::cookie::Key;
use tokio_util::sync::CancellationToken;

/// Says why the product cannot serve yet; nothing = it can.
pub type ReadinessProbe = Arc<dyn Fn() -> Vec<String> + Send + Sync>;

/// What the gateway is given besides its configuration.
#[derive(Clone)]
pub struct GatewayDeps {
    /// The four services.
    pub peers: Peers,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for nonces and references.
    pub rng: Arc<dyn Rng>,
    /// Asked at each `GET /readyz`.
    pub readiness: ReadinessProbe,
    /// Answer for health and metrics here too; otherwise the process does at a door of its own.
    pub answers_probes: bool,
    /// The process will stop: callers that keep a connection are told to open another.
    pub leaving: CancellationToken,
    /// Ends the streams of open pages, so that the process can end.
    pub stop: CancellationToken,
}

impl std::fmt::Debug for GatewayDeps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GatewayDeps")
    }
}

/// The state behind every route.
pub(crate) struct App {
    pub(crate) config: Config,
    pub(crate) peers: Peers,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) readiness: ReadinessProbe,
    pub(crate) leaving: CancellationToken,
    pub(crate) limits: Limits,
    pub(crate) live: Live,
    pub(crate) sessions: Sessions,
    pub(crate) towns: TownCache,
    pub(crate) cookie_key: Key,
    /// Signs the token each form of a signed-in agent carries.
    pub(crate) form_tokens: Signer,
    /// Signs the files a form keeps between two tries.
    pub(crate) kept_files: Signer,
}

/// How handlers hold the state.
pub(crate) type Shared = Arc<App>;

impl App {
    pub(crate) fn new(config: Config, deps: GatewayDeps) -> Self {
        Self {
            limits: Limits::new(config.rates),
            live: Live::new(deps.stop),
            sessions: Sessions::default(),
            towns: TownCache::default(),
            cookie_key: cookie_key(&config.cookie_key),
            form_tokens: Signer::new(&config.cookie_key, "form token"),
            kept_files: Signer::new(&config.cookie_key, "kept file"),
            peers: deps.peers,
            clock: deps.clock,
            rng: deps.rng,
            readiness: deps.readiness,
            leaving: deps.leaving,
            config,
        }
    }

    /// Returns `octets` random octets in hexadecimal.
    pub(crate) fn random_hex(&self, octets: usize) -> String {
        let mut buffer = vec![0; octets];
        self.rng.fill(&mut buffer);
        buffer.iter().map(|octet| format!("{octet:02x}")).collect()
    }
}
