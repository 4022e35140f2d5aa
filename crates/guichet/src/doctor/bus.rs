//! Redis. It may be lost at any time: what is wrong with it makes the product slower, never wrong.

use std::collections::BTreeSet;

use guichet_bus::{Bus, Inspection};

use super::line::Line;
use super::{Check, causes, last_cause};
use crate::cli::Target;
use crate::config::Config;

const SUBJECT: &str = "Redis";
const SILENT: (&str, &str) =
    ("GU-DOC-020", "Vérifiez que Redis tourne, que le réseau y mène, et l'adresse et le mot de passe de [bus] url.");
/// What Redis does with a full memory that suits us: it refuses, and the log goes on without it.
const KEEPS: &str = "noeviction";

/// Returns the check; none where nothing uses the bus.
pub(super) fn check(config: &Config, targets: &BTreeSet<Target>) -> Option<Check> {
    let config = config.clone();
    targets.iter().any(|target| *target != Target::Gateway).then(|| {
        Check::new(SUBJECT, SILENT, async move {
            let seen = match open(&config) {
                Ok(bus) => inspect(&bus).await,
                Err(error) => Err(error),
            };
            seen.map_or_else(
                |error| vec![Line::failure(SUBJECT, error, SILENT.0, SILENT.1)],
                |seen| lines(seen.as_ref()),
            )
        })
    })
}

fn open(config: &Config) -> Result<Bus, String> {
    let options = config.bus_options().map_err(|error| causes(&error))?;
    Bus::open_with(&options).map_err(|error| causes(&error))
}

async fn inspect(bus: &Bus) -> Result<Option<Inspection>, String> {
    bus.inspect().await.map_err(|error| format!("ne répond pas : {}", last_cause(&error)))
}

fn lines(seen: Option<&Inspection>) -> Vec<Line> {
    let Some(seen) = seen else { return vec![Line::ok("bus", "dans ce processus, sans Redis")] };
    let version = if seen.version.is_empty() { "version tue" } else { &seen.version };
    let streams = match &seen.refusal {
        None => Line::ok(SUBJECT, format!("{version}, prend les flux et les scripts")),
        Some(refusal) => Line::failure(
            SUBJECT,
            format!("{version}, refuse un script qui écrit un flux : {refusal}"),
            "GU-DOC-021",
            "Donnez à l'utilisateur de Redis les commandes +@stream +@scripting +publish +subscribe +ping +info sur guichet:*.",
        ),
    };
    let eviction = match seen.eviction.as_str() {
        KEEPS => Line::ok("mémoire de Redis", "pleine, elle refuse et n'oublie rien (noeviction)"),
        "" => Line::ok("mémoire de Redis", "Redis ne dit pas ce qu'il en fait quand elle est pleine"),
        other => Line::warning(
            "mémoire de Redis",
            format!("pleine, elle oublie des flux ({other})"),
            "GU-DOC-022",
            "Réglez maxmemory-policy sur noeviction : un flux oublié est relu dans la base, plus lentement.",
        ),
    };
    vec![streams, eviction]
}

#[cfg(test)]
mod tests {
    use super::super::line::Mark;
    use super::*;

    fn marks(eviction: &str, refusal: Option<&str>) -> Vec<Mark> {
        let seen = Inspection {
            version: "7.0.15".to_owned(),
            eviction: eviction.to_owned(),
            refusal: refusal.map(str::to_owned),
        };
        lines(Some(&seen)).into_iter().map(|line| line.mark).collect()
    }

    #[test]
    fn a_redis_that_forgets_is_a_warning_and_one_that_refuses_is_a_failure() {
        assert_eq!(marks("noeviction", None), [Mark::Ok, Mark::Ok]);
        assert_eq!(marks("allkeys-lru", None), [Mark::Ok, Mark::Warning]);
        assert_eq!(marks("", Some("NOPERM")), [Mark::Failure, Mark::Ok]);
    }
}
