//! `authority.toml`: who the authority is and how it is reached.

use std::collections::BTreeMap;

use guichet_core::{EmailAddress, PhoneNumber};
use guichet_events::{Authority, AuthorityKind, HolidayRegion};

use super::fields::Fields;
use super::findings::{Findings, Kind};
use super::portal;
use super::source::Source;
use crate::words::{AUTHORITY_KINDS, HOLIDAYS, value_of};

const TIME_ZONE_DEFAULT: &str = "Europe/Paris";
/// Reasons for a dismissal when the authority names none.
const DISMISSAL_REASONS_DEFAULT: &[(&str, &str)] = &[
    ("doublon", "Vous nous avez déjà écrit à ce sujet : nous suivons votre première demande."),
    ("sans_suite", "Nous n'avons pas reçu les informations demandées : nous ne pouvons pas donner suite."),
    ("sans_objet", "Votre demande n'a plus d'objet."),
];

/// Returns the authority of a file.
pub(super) fn read(code: &str, source: &Source<'_>, findings: &Findings) -> Authority {
    let table = source.table(findings);
    let fields = Fields::of_file(&table, source, findings);
    for key in ["kind", "phone", "email", "website", "triage_procedure"] {
        fields.require(key);
    }
    let authority = Authority {
        name: fields.required_text("name"),
        kind: fields.parsed("kind", |text| value_of(AUTHORITY_KINDS, text)).unwrap_or(AuthorityKind::Other),
        time_zone: fields.parsed("time_zone", parse_time_zone).unwrap_or_else(|| TIME_ZONE_DEFAULT.to_owned()),
        holidays: fields.parsed("holidays", |text| value_of(HOLIDAYS, text)).unwrap_or(HolidayRegion::Metropole),
        phone: fields.parsed("phone", parse_phone).unwrap_or_default(),
        hours: fields.required_text("hours"),
        email: fields.parsed("email", parse_email).unwrap_or_default(),
        mailboxes: fields.list("mailboxes", parse_email),
        postal_address: fields.required_text("postal_address"),
        website: fields.parsed("website", parse_website).unwrap_or_default(),
        court: fields.required_text("court"),
        decision_maker: fields.required_text("decision_maker"),
        triage_procedure: fields.mention("triage_procedure", Kind::Procedure, &[code]),
        dismissal_reasons: read_reasons(&fields),
        colour: fields.parsed("colour", portal::parse_colour).unwrap_or_default(),
        ..unnamed(code)
    };
    fields.finish();
    authority
}

/// Returns the authority of a folder without its file: reading the rest goes on.
pub(super) fn unnamed(code: &str) -> Authority {
    Authority { kind: AuthorityKind::Other, time_zone: TIME_ZONE_DEFAULT.to_owned(), ..Authority::new(code, "") }
}

fn read_reasons(fields: &Fields<'_>) -> BTreeMap<String, String> {
    let Some(reasons) = fields.table("dismissal_reasons") else {
        let owned = |(code, reason): &(&str, &str)| ((*code).to_owned(), (*reason).to_owned());
        return DISMISSAL_REASONS_DEFAULT.iter().map(owned).collect();
    };
    reasons.words().into_iter().map(|(code, reason, _)| (code, reason)).collect()
}

fn parse_time_zone(text: &str) -> Result<String, String> {
    jiff::tz::TimeZone::get(text)
        .map(|_| text.to_owned())
        .map_err(|_| format!("« {text} » n'est pas un fuseau horaire. Écrivez par exemple « {TIME_ZONE_DEFAULT} »."))
}

/// Returns the number as printed. French short numbers (39 75) are printed too, though they cannot be dialled from abroad.
pub(super) fn parse_phone(text: &str) -> Result<String, String> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let is_short = digits.len() == 4 && digits.starts_with(['1', '3']) && digits.chars().all(|c| c.is_ascii_digit());
    if is_short || PhoneNumber::parse(text).is_ok() {
        return Ok(text.to_owned());
    }
    Err(format!("« {text} » n'est pas un numéro de téléphone. Écrivez par exemple « 03 53 01 00 10 »."))
}

/// Returns the address, its domain in lower case.
pub(super) fn parse_email(text: &str) -> Result<String, String> {
    EmailAddress::parse(text).map(|address| address.to_string()).map_err(|_| {
        format!("« {text} » n'est pas une adresse de courriel. Écrivez par exemple « guichet@ville.example ».")
    })
}

fn parse_website(text: &str) -> Result<String, String> {
    let spoken = text.contains('.') && !text.contains("://") && !text.contains(char::is_whitespace);
    if spoken {
        return Ok(text.trim_end_matches('/').to_owned());
    }
    Err(format!(
        "« {text} » : écrivez l'adresse du site comme on la dit, sans https://, par exemple « ville.example »."
    ))
}
