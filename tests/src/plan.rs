//! How a split product is put together.

use std::path::{Path, PathBuf};

use crate::Topology;
use crate::links::{Neighbour, POSTGRES, REDIS};

/// The five targets, in the order they are started.
pub(crate) const TARGETS: [&str; 5] = ["routing", "intake", "notification", "knowledge", "gateway"];
/// Two processes of each target.
pub const DOUBLED: &[(&str, u8)] =
    &[("routing", 2), ("intake", 2), ("notification", 2), ("knowledge", 2), ("gateway", 2)];
/// Domain of the names under which processes know each other when a target has several.
const DOMAIN: &str = "guichet.test";

/// One machine plays every citizen: the limits are for the world outside.
pub(crate) const RATES: [&str; 4] = [
    "gateway.rates.submit_per_minute=1000000",
    "gateway.rates.authority_submit_per_minute=1000000",
    "gateway.rates.sign_in_per_minute=1000000",
    "gateway.rates.track_per_minute=1000",
];

/// The limit that came with the present release.
const NEWEST_RATE: &str = "gateway.rates.authority_submit_per_minute";

/// What a split product has beside its five processes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plan<'s> {
    /// Settings (`section.key=value`) of every process.
    pub settings: &'s [&'s str],
    /// A PostgreSQL server of its own, which a test may crash.
    pub has_private_postgres: bool,
    /// Certificates between its processes.
    pub has_certificates: bool,
    /// A proxy on every link, which a test may cut.
    pub has_links: bool,
    /// A connection pooler in transaction mode before the database; the schemas are made directly.
    pub has_pooler: bool,
    /// The binary of another release.
    pub binary: Option<&'s Path>,
    /// Targets of several processes, and how many: under one name, each at an address of its own.
    pub copies: &'s [(&'s str, u8)],
}

impl Plan<'_> {
    /// Returns the limits of its gateway. The release before may not know the newest yet: its own default is enough for what the
    /// tests of it ask.
    pub(crate) fn rates(&self) -> impl Iterator<Item = &'static str> {
        let is_older = self.binary.is_some();
        RATES.into_iter().filter(move |rate| !is_older || !rate.starts_with(NEWEST_RATE))
    }

    pub(crate) const fn has_copies(&self) -> bool {
        !self.copies.is_empty()
    }

    /// Returns how many processes a target has.
    pub(crate) fn copies_of(&self, target: &str) -> u8 {
        self.copies.iter().find(|(copied, _)| *copied == target).map_or(1, |(_, copies)| *copies)
    }

    /// Writes the names of the targets, each with the addresses of its processes, as `/etc/hosts` has them.
    pub(crate) fn write_hosts(&self, folder: &Path) -> PathBuf {
        let mut lines = vec!["127.0.0.1 localhost".to_owned()];
        for target in TARGETS {
            lines.extend((1..=self.copies_of(target)).map(|copy| format!("{} {target}.{DOMAIN}", host(copy))));
        }
        let file = folder.join("hosts");
        std::fs::write(&file, lines.join("\n") + "\n").expect("the folder is ours");
        file
    }

    pub(crate) async fn stand_on(&self) -> Topology {
        let private = match self.has_private_postgres {
            true => Some(guichet_testkit::private_postgres().await),
            false => None,
        };
        let database = match &private {
            Some(server) => server.database().await,
            None => guichet_testkit::postgres().await.database().await,
        };
        Topology::Split { postgres: private, database, redis: guichet_testkit::redis().await }
    }

    pub(crate) fn neighbours(&self, database: &str, redis: &str, grpc: &[(&'static str, u16)]) -> Vec<Neighbour> {
        let neighbour = |name, setting: &str, url: String| Neighbour { name, setting: setting.to_owned(), url };
        let mut all = vec![
            neighbour(POSTGRES, "storage.url", database.to_owned()),
            neighbour(REDIS, "bus.url", redis.to_owned()),
        ];
        for &(target, port) in grpc.iter().filter(|(target, _)| *target != "gateway") {
            let scheme = if self.has_certificates { "https" } else { "http" };
            let host = match (self.has_copies(), self.has_certificates) {
                (true, _) => format!("{target}.{DOMAIN}"),
                (false, true) => "localhost".to_owned(),
                (false, false) => "127.0.0.1".to_owned(),
            };
            all.push(neighbour(target, &format!("peers.{target}"), format!("{scheme}://{host}:{port}")));
        }
        all
    }
}

/// Returns the address of a process of a target: the first is copy 1.
pub(crate) fn host(copy: u8) -> String {
    format!("127.0.0.{copy}")
}
