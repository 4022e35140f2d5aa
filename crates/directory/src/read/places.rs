//! `departments.toml`, `sites.toml` and `calendars.toml`.

use std::collections::BTreeMap;

use guichet_events::{Calendar, Closure, Department, Interval, Site, Weekday};

use super::authority::{parse_email, parse_phone};
use super::fields::Fields;
use super::findings::{Findings, Kind};
use super::read_coded;
use super::source::Source;
use crate::words::{self, WEEKDAYS, parse_interval};

/// Returns the departments of a file, by code.
pub(super) fn read_departments(
    authority: &str,
    source: &Source<'_>,
    findings: &Findings,
) -> BTreeMap<String, Department> {
    read_coded((Kind::Department, authority), source, findings, |_, fields| {
        for key in ["site", "calendar", "phone"] {
            fields.require(key);
        }
        Department {
            name: fields.required_text("name"),
            site: fields.mention("site", Kind::Site, &[authority]),
            calendar: fields.mention("calendar", Kind::Calendar, &[authority]),
            phone: fields.parsed("phone", parse_phone).unwrap_or_default(),
            email: fields.parsed("email", parse_email).unwrap_or_default(),
        }
    })
}

/// Returns the sites of a file, by code.
pub(super) fn read_sites(authority: &str, source: &Source<'_>, findings: &Findings) -> BTreeMap<String, Site> {
    read_coded((Kind::Site, authority), source, findings, |_, fields| Site {
        name: fields.required_text("name"),
        postal_address: fields.required_text("postal_address"),
    })
}

/// Returns the calendars of a file, by code.
pub(super) fn read_calendars(authority: &str, source: &Source<'_>, findings: &Findings) -> BTreeMap<String, Calendar> {
    read_coded((Kind::Calendar, authority), source, findings, |code, fields| {
        let week = read_week(fields, findings);
        if week.is_empty() {
            findings.error(
                &fields.place,
                format!("le calendrier « {code} » n'ouvre jamais. Ajoutez par exemple lundi = [\"08:30-12:30\"]."),
            );
        }
        let closures = fields.tables("closures").into_iter().filter_map(|closure| read_closure(closure, findings));
        Calendar { week, closures: closures.collect(), bridges: fields.flag("bridges", false) }
    })
}

fn read_week(fields: &Fields<'_>, findings: &Findings) -> BTreeMap<Weekday, Vec<Interval>> {
    let mut week = BTreeMap::new();
    for &(day, word) in WEEKDAYS {
        let mut intervals = fields.list_at(word, parse_interval);
        intervals.sort_by_key(|(interval, _)| interval.from_minute);
        for pair in intervals.windows(2) {
            let ((first, _), (second, place)) = (&pair[0], &pair[1]);
            if second.from_minute < first.to_minute {
                let (first, second) = (words::interval(*first), words::interval(*second));
                findings.error(place, format!("{word} : « {second} » chevauche « {first} ». Corrigez l'un des deux."));
            }
        }
        if !intervals.is_empty() {
            week.insert(day, intervals.into_iter().map(|(interval, _)| interval).collect());
        }
    }
    week
}

fn read_closure(closure: Fields<'_>, findings: &Findings) -> Option<Closure> {
    let days = read_days(&closure, "la fermeture", findings);
    let reason = closure.required_text("reason");
    closure.finish();
    let (from, to) = days?;
    Some(Closure { from, to, reason })
}

/// Returns the first and the last of some days, which are the same when the last one is not said. `noun` is what the
/// days are, in French with its article.
pub(super) fn read_days(days: &Fields<'_>, noun: &str, findings: &Findings) -> Option<(String, String)> {
    days.require("from");
    let from = days.date("from");
    let to = days.date("to").or(from);
    let (from, to) = (from?, to?);
    if to < from {
        findings.error(&days.place, format!("{noun} finit le {to}, avant de commencer le {from}."));
    }
    Some((from.to_string(), to.to_string()))
}
