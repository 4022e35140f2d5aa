//! Time zones: due dates and opening hours are counted where the town is.

use jiff::tz::TimeZone;

use super::Check;
use super::line::Line;

const SUBJECT: &str = "fuseaux horaires";
const MISSING: (&str, &str) =
    ("GU-DOC-051", "Installez les fuseaux horaires du système (tzdata), ou retirez TZDIR de l'environnement.");
/// Metropolitan France, and one overseas territory on the other side of midnight.
const ZONES: [&str; 2] = ["Europe/Paris", "Pacific/Noumea"];

pub(super) fn check() -> Check {
    Check::new(SUBJECT, MISSING, async {
        let missing: Vec<&str> = ZONES.into_iter().filter(|zone| TimeZone::get(zone).is_err()).collect();
        vec![if missing.is_empty() {
            Line::ok(SUBJECT, format!("{} connus", ZONES.join(" et ")))
        } else {
            Line::failure(SUBJECT, format!("{} inconnu", missing.join(", ")), MISSING.0, MISSING.1)
        }]
    })
}
