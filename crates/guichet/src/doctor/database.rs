//! Each service's database, seen by the role that the service uses.

use std::collections::BTreeSet;

use guichet_db::{Db, DbOptions, Inspection, Pooling, Server};

use super::line::Line;
use super::{Check, last_cause, machine_clock};
use crate::cli::Target;
use crate::compose::{Kept, db_options, kept};
use crate::config::Config;

/// Milliseconds between our clock and the database's past which dates on screen and in the log begin to contradict each other:
/// machines that follow a time server stay within 100.
const SKEW_MS_MAX: i64 = 1_000;

const SILENT: (&str, &str) = (
    "GU-DOC-010",
    "Vérifiez que PostgreSQL tourne, que le réseau y mène, et l'adresse, le rôle et le mot de passe de [storage] url.",
);

pub(super) fn checks(config: &Config, targets: &BTreeSet<Target>) -> Vec<Check> {
    targets.iter().copied().filter_map(kept).map(|service| check(config, service)).collect()
}

fn check(config: &Config, service: Kept) -> Check {
    let options = db_options(config, &service);
    let subject = format!("base de données ({})", service.name);
    Check::new(subject.clone(), SILENT, async move {
        match Db::inspect(&options, &machine_clock()).await {
            Err(error) => {
                let seen = format!("ne répond pas : {}", last_cause(&error));
                vec![Line::failure(subject, seen, SILENT.0, SILENT.1)]
            }
            Ok(seen) => lines(&service, &seen, &options),
        }
    })
}

fn lines(service: &Kept, seen: &Inspection, options: &DbOptions) -> Vec<Line> {
    let mut lines = vec![schema(service, seen)];
    if let Some(server) = &seen.server {
        lines.push(rights(service.name, server));
        lines.push(pooling(service.name, server, options.pooling));
        lines.push(connections(service.name, server, options.max_connections));
        lines.push(clock(service.name, server));
    }
    lines
}

fn schema(service: &Kept, seen: &Inspection) -> Line {
    let subject = format!("base de données ({})", service.name);
    let server = seen.server.as_ref();
    let place = server.map_or_else(|| "SQLite".to_owned(), |server| format!("PostgreSQL {}", server.version));
    let (found, needed) = (seen.schema_version, service.migrations.last_version());
    match (found.cmp(&needed), server) {
        (std::cmp::Ordering::Less, Some(_)) => Line::failure(
            subject,
            format!("{place}, schéma {found}, et ce programme demande {needed}"),
            "GU-DOC-012",
            "Lancez `guichet migrate` ; les processus attendent le schéma et continuent d'eux-mêmes.",
        ),
        (std::cmp::Ordering::Less, None) if found == 0 => Line::ok(subject, "SQLite, créée au premier démarrage"),
        (std::cmp::Ordering::Less, None) => {
            Line::ok(subject, format!("{place}, schéma {found}, mis à jour au prochain démarrage"))
        }
        (std::cmp::Ordering::Equal, _) => Line::ok(subject, format!("{place}, schéma {found} en place")),
        (std::cmp::Ordering::Greater, _) => {
            Line::ok(subject, format!("{place}, schéma {found}, plus récent que ce programme ({needed})"))
        }
    }
}

fn rights(name: &str, server: &Server) -> Line {
    /// Names told at most: the first ones say which grant was forgotten.
    const TOLD: usize = 5;
    let subject = format!("droits ({name})");
    if server.lacking.is_empty() {
        return Line::ok(subject, format!("le rôle {} lit et écrit ce qu'il faut", server.role));
    }
    let told: Vec<&str> = server.lacking.iter().take(TOLD).map(String::as_str).collect();
    Line::failure(
        subject,
        format!("le rôle {} n'a pas tous les droits sur {} ({})", server.role, told.join(", "), server.lacking.len()),
        "GU-DOC-011",
        "Passez `k8s/roles.sql` de nouveau : il donne à chaque rôle les droits de son schéma.",
    )
}

fn pooling(name: &str, server: &Server, told: Pooling) -> Line {
    let subject = format!("sessions ({name})");
    match (server.shares_sessions, told) {
        (false, _) => Line::ok(subject, "une par connexion"),
        (true, Pooling::Transaction) => Line::ok(subject, "prêtées par un répartiteur, comme le dit [storage] pooling"),
        (true, Pooling::Session) => Line::failure(
            subject,
            "un répartiteur passe la même session à deux clients (mode transaction)",
            "GU-DOC-013",
            "Réglez [storage] pooling = \"transaction\" et session_url, ou passez le répartiteur en mode session.",
        ),
    }
}

fn connections(name: &str, server: &Server, wanted: u32) -> Line {
    let subject = format!("connexions ({name})");
    let seen = format!(
        "{} libres sur {}, un processus en ouvre {wanted} au plus",
        server.connections_left, server.connections_max
    );
    if server.connections_left >= i64::from(wanted) {
        return Line::ok(subject, seen);
    }
    Line::warning(
        subject,
        seen,
        "GU-DOC-014",
        "Augmentez max_connections de PostgreSQL (ou la limite du rôle), ou baissez [storage] connections.",
    )
}

fn clock(name: &str, server: &Server) -> Line {
    let subject = format!("horloge de la base ({name})");
    let seen = match server.ahead_ms {
        0 => "la même que la nôtre".to_owned(),
        ms if ms > 0 => format!("{ms} ms en avance sur la nôtre"),
        ms => format!("{} ms en retard sur la nôtre", -ms),
    };
    if server.ahead_ms.abs() <= SKEW_MS_MAX {
        return Line::ok(subject, seen);
    }
    let advice = "Réglez les deux machines sur un serveur de temps (NTP).";
    Line::warning(subject, seen, "GU-DOC-050", advice)
}

#[cfg(test)]
mod tests {
    use super::super::line::Mark;
    use super::*;

    fn server() -> Server {
        Server {
            version: "15.8".to_owned(),
            role: "guichet_intake".to_owned(),
            lacking: Vec::new(),
            connections_left: 20,
            connections_max: 97,
            shares_sessions: false,
            ahead_ms: 3,
        }
    }

    fn marks(server: Server, schema_version: i64) -> Vec<Mark> {
        let service = kept(Target::Intake).expect("it keeps data");
        let seen = Inspection { server: Some(server), schema_version };
        lines(&service, &seen, &DbOptions::new("postgres://db/guichet", "intake"))
            .into_iter()
            .map(|line| line.mark)
            .collect()
    }

    #[test]
    fn a_healthy_server_is_green_and_a_newer_schema_too() {
        assert_eq!(marks(server(), i64::MAX), [Mark::Ok; 5]);
    }

    #[test]
    fn sessions_that_are_lent_are_no_trouble_once_the_configuration_says_so() {
        let lent = Server { shares_sessions: true, ..server() };
        assert_eq!(pooling("intake", &lent, Pooling::Session).mark, Mark::Failure);
        assert_eq!(pooling("intake", &lent, Pooling::Transaction).mark, Mark::Ok);
    }

    #[test]
    fn each_trouble_of_a_server_is_told_by_its_own_line() {
        let (ok, warning, failure) = (Mark::Ok, Mark::Warning, Mark::Failure);
        let troubles = [
            (server(), 0, [failure, ok, ok, ok, ok]),
            (Server { lacking: vec!["requests".to_owned()], ..server() }, i64::MAX, [ok, failure, ok, ok, ok]),
            (Server { shares_sessions: true, ..server() }, i64::MAX, [ok, ok, failure, ok, ok]),
            (Server { connections_left: 7, ..server() }, i64::MAX, [ok, ok, ok, warning, ok]),
            (Server { ahead_ms: -1_001, ..server() }, i64::MAX, [ok, ok, ok, ok, warning]),
        ];
        for (server, version, expected) in troubles {
            assert_eq!(marks(server.clone(), version), expected, "{server:?}");
        }
    }
}
