//! The links of a split product, each through a proxy that a test may spoil: from each process to PostgreSQL, to Redis and
//! to each service that it calls.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use guichet_testkit::{TcpProxy, Way};
use url::Url;

/// Name of the database among the ends of links.
pub const POSTGRES: &str = "postgres";
/// Name of the bus among the ends of links.
pub const REDIS: &str = "redis";

/// Somebody that processes connect to.
#[derive(Clone, Debug)]
pub(crate) struct Neighbour {
    /// Target, or [`POSTGRES`], or [`REDIS`].
    pub(crate) name: &'static str,
    /// Setting that holds its address.
    pub(crate) setting: String,
    /// The address itself.
    pub(crate) url: String,
}

/// The proxies, by both ends: who connects, then who is connected to.
#[derive(Debug, Default)]
pub struct Links(BTreeMap<(String, &'static str), TcpProxy>);

impl Links {
    /// Lays the links of a process and returns the settings that make it use them.
    pub(crate) async fn lay(&mut self, process: &str, target: &str, neighbours: &[Neighbour]) -> Vec<String> {
        let mut settings = Vec::new();
        for neighbour in neighbours.iter().filter(|neighbour| neighbour.name != target) {
            let mut url = Url::parse(&neighbour.url).expect("an address");
            let port = url.port().expect("a test's server has a port of its own");
            let proxy = TcpProxy::start(SocketAddr::from(([127, 0, 0, 1], port))).await;
            url.set_port(Some(proxy.port())).expect("an address with a host has a port");
            settings.push(format!("{}={url}", neighbour.setting));
            self.0.insert((process.to_owned(), neighbour.name), proxy);
        }
        settings
    }

    /// Returns the link over which `from` calls `to`.
    ///
    /// # Panics
    /// When the product was started without links, or has no such link.
    pub fn between(&self, from: &str, to: &str) -> &TcpProxy {
        let found = self.0.iter().find(|((one, other), _)| (one.as_str(), *other) == (from, to));
        found.map_or_else(|| panic!("no link from {from} to {to}"), |(_, proxy)| proxy)
    }

    /// Returns every link to somebody.
    pub fn to<'l>(&'l self, to: &'l str) -> impl Iterator<Item = &'l TcpProxy> {
        self.0.iter().filter(move |((_, end), _)| *end == to).map(|(_, proxy)| proxy)
    }

    /// Lets nothing that `one` sends reach `other` any more, whoever of them connected.
    pub fn silence(&self, one: &str, other: &str) {
        for ((from, to), proxy) in &self.0 {
            let ends = (from.as_str(), *to);
            if ends == (one, other) {
                proxy.cut(Way::ToServer);
            } else if ends == (other, one) {
                proxy.cut(Way::ToClient);
            }
        }
    }

    /// Lets nothing through between two any more.
    pub fn part(&self, one: &str, other: &str) {
        self.silence(one, other);
        self.silence(other, one);
    }

    /// Makes every link sound again.
    pub async fn heal(&self) {
        for proxy in self.0.values() {
            proxy.heal().await;
        }
    }
}
