//! How a split product is put together.

use std::path::{Path, PathBuf};

use crate::Topology;
use crate::links::{Neighbour, POSTGRES, REDIS};

/// Address of the second process of each target.
pub(crate) const SECOND_HOST: &str = "127.0.0.2";
/// Domain of the names under which processes of a doubled product know each other.
const DOMAIN: &str = "guichet.test";

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
    /// Two processes of each target, under one name with two addresses.
    pub is_doubled: bool,
}

impl Plan<'_> {
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
            let host = match (self.is_doubled, self.has_certificates) {
                (true, _) => format!("{target}.{DOMAIN}"),
                (false, true) => "localhost".to_owned(),
                (false, false) => "127.0.0.1".to_owned(),
            };
            all.push(neighbour(target, &format!("peers.{target}"), format!("{scheme}://{host}:{port}")));
        }
        all
    }
}

/// Writes the names of a doubled product, each with two addresses, as `/etc/hosts` has them.
pub(crate) fn write_hosts(folder: &Path, targets: &[&str]) -> PathBuf {
    let lines = targets.iter().map(|target| format!("127.0.0.1 {target}.{DOMAIN}\n{SECOND_HOST} {target}.{DOMAIN}\n"));
    let file = folder.join("hosts");
    std::fs::write(&file, format!("127.0.0.1 localhost\n{}", lines.collect::<String>())).expect("the folder is ours");
    file
}
