//! The names of the configuration: each must lead somewhere, and a peer should lead to each of its pods.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::Check;
use super::line::Line;
use crate::cli::Target;
use crate::config::Config;

const UNKNOWN: (&str, &str) =
    ("GU-DOC-070", "Corrigez le nom dans la configuration, ou demandez à votre DNS de le connaître.");

/// Where an address leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) host: String,
    pub(super) port: u16,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// Returns one check for each name that what runs here looks up.
pub(super) fn checks(config: &Config, targets: &BTreeSet<Target>) -> Vec<Check> {
    let keeps_data = targets.iter().any(|target| *target != Target::Gateway);
    let sends = targets.contains(&Target::Notification);
    let peers = &config.peers;
    let used = [
        ("[storage] url", &config.storage.url, keeps_data, false),
        ("[bus] url", &config.bus.url, keeps_data, false),
        ("[notification.email] url", &config.notification.email.url, sends, false),
        ("[notification.sms] url", &config.notification.sms.url, sends, false),
        ("[telemetry] otlp", &config.telemetry.otlp, true, false),
        ("[peers] intake", &peers.intake, !targets.contains(&Target::Intake), true),
        ("[peers] routing", &peers.routing, !targets.contains(&Target::Routing), true),
        ("[peers] notification", &peers.notification, !targets.contains(&Target::Notification), true),
        ("[peers] knowledge", &peers.knowledge, !targets.contains(&Target::Knowledge), true),
    ];
    let used = used.into_iter().filter(|(_, _, is_used, _)| *is_used);
    let places =
        used.flat_map(|(key, url, _, is_peer)| places(url).into_iter().map(move |place| (key, place, is_peer)));
    // An address in figures is no name.
    let names = places.filter(|(_, place, _)| place.host.parse::<IpAddr>().is_err());
    names.map(|(key, place, is_peer)| check(key, place, is_peer)).collect()
}

fn check(key: &'static str, place: Place, is_peer: bool) -> Check {
    let subject = format!("nom {} ({key})", place.host);
    Check::new(subject.clone(), UNKNOWN, async move {
        let found = tokio::net::lookup_host((place.host.as_str(), place.port)).await;
        vec![match found {
            Ok(found) => told(subject, &found.map(|address| address.ip()).collect(), is_peer),
            Err(error) => Line::failure(subject, error.to_string(), UNKNOWN.0, UNKNOWN.1),
        }]
    })
}

fn told(subject: String, found: &BTreeSet<IpAddr>, is_peer: bool) -> Line {
    match (found.len(), is_peer) {
        (0, _) => Line::failure(subject, "ne mène nulle part", UNKNOWN.0, UNKNOWN.1),
        (1, false) => Line::ok(subject, "une adresse"),
        (1, true) => Line::ok(subject, "une adresse : un seul processus, ou un nom qui n'est pas « headless »"),
        (count, true) => Line::ok(subject, format!("{count} adresses, appelées tour à tour")),
        (count, false) => Line::ok(subject, format!("{count} adresses")),
    }
}

/// Returns where an address leads: several places for the list of `redis+sentinel://`, none for files and memory.
pub(super) fn places(url: &str) -> Vec<Place> {
    let Some((scheme, rest)) = url.split_once("://") else { return Vec::new() };
    if matches!(scheme, "file" | "sqlite" | "memory") {
        return Vec::new();
    }
    let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let hosts = rest.rsplit_once('@').map_or(rest, |(_, hosts)| hosts);
    let port = usual_port(scheme);
    hosts.split(',').filter_map(|host| place(host.trim(), port)).collect()
}

fn place(text: &str, usual_port: u16) -> Option<Place> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map(|(host, port)| (host, port.strip_prefix(':')))?,
        None => text.rsplit_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let port = port.map_or(Some(usual_port), |port| port.parse().ok())?;
    (!host.is_empty()).then(|| Place { host: host.to_owned(), port })
}

fn usual_port(scheme: &str) -> u16 {
    match scheme {
        "postgres" | "postgresql" => 5432,
        "redis" | "rediss" => 6379,
        "redis+sentinel" | "rediss+sentinel" => 26379,
        "smtp" => 25,
        "smtps" => 465,
        "https" => 443,
        _ => 80,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_to_its_hosts_and_never_tells_its_password() {
        let told = |url: &str| places(url).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        assert_eq!(told("postgres://u:p%40ss@db.example/guichet?sslmode=require"), "db.example:5432");
        assert_eq!(told("redis://:secret@[::1]:6380/0"), "[::1]:6380");
        assert_eq!(told("redis+sentinel://u:p@one,two:26380/town"), "one:26379 two:26380");
        assert_eq!(told("smtp://u:p@ss@relay?tls=required"), "relay:25");
        assert_eq!(told("http://routing:8090"), "routing:8090");
        for nowhere in ["", "memory:", "file:mail", "sqlite:data", "postgres:///guichet", "smtp://relay:port"] {
            assert_eq!(told(nowhere), "", "{nowhere}");
        }
    }

    #[test]
    fn a_peer_with_several_addresses_is_called_in_turn() {
        let found = |count: u8| (1..=count).map(|last| IpAddr::from([10, 42, 0, last])).collect::<BTreeSet<_>>();
        let text = |count, is_peer| format!("{:?}", told("nom".to_owned(), &found(count), is_peer));
        assert!(text(3, true).contains("3 adresses, appelées tour à tour"));
        assert!(text(1, true).contains("headless"));
        assert!(text(0, true).contains("GU-DOC-070"));
        assert!(!text(1, false).contains("headless"));
    }
}
