//! The certificates of `[tls]`.

use guichet_core::{Clock, Timestamp};
use guichet_rpc::certificate::{self, CertificateLook};

use super::line::Line;
use super::{Check, causes, machine_clock};
use crate::config::Config;

const SUBJECT: &str = "certificats";
const UNUSABLE: (&str, &str) = (
    "GU-DOC-060",
    "Remettez ensemble le certificat, sa clé et l'autorité qui l'a signé : les trois fichiers de [tls].",
);
/// Days before the end under which an operator wants to know: time to find out why nothing renewed it.
const DAYS_MIN: i64 = 30;
const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// Returns the check; none without certificates.
pub(super) fn check(config: &Config) -> Option<Check> {
    let files = config.tls.files()?;
    Some(Check::new(SUBJECT, UNUSABLE, async move {
        let now = machine_clock().now();
        let looked = tokio::task::spawn_blocking(move || certificate::look(&files, now)).await;
        vec![match looked {
            Ok(Ok(seen)) => told(&seen, now),
            Ok(Err(error)) => Line::failure(SUBJECT, causes(&error), UNUSABLE.0, UNUSABLE.1),
            Err(error) => Line::failure(SUBJECT, error.to_string(), UNUSABLE.0, UNUSABLE.1),
        }]
    }))
}

fn told(seen: &CertificateLook, now: Timestamp) -> Line {
    const EXPIRED: &str = "GU-DOC-061";
    const RENEW: &str = "Faites signer un nouveau certificat ; il est pris sans redémarrage.";
    if let Some(refusal) = &seen.refusal {
        let seen = format!("l'autorité de [tls] ca ne le reconnaît pas : {refusal}");
        return Line::failure(SUBJECT, seen, UNUSABLE.0, UNUSABLE.1);
    }
    if now < seen.not_before {
        let text = format!("valable seulement à partir du {}", day(seen.not_before));
        return Line::failure(
            SUBJECT,
            text,
            EXPIRED,
            "Réglez l'horloge, ou faites signer un certificat valable dès maintenant.",
        );
    }
    if now > seen.not_after {
        return Line::failure(SUBJECT, format!("périmé depuis le {}", day(seen.not_after)), EXPIRED, RENEW);
    }
    let days = seen.not_after.millis_since(now) / DAY_MS;
    let text = format!("clé et autorité en accord, valable jusqu'au {} ({days} jours)", day(seen.not_after));
    if days < DAYS_MIN {
        return Line::warning(SUBJECT, text, "GU-DOC-062", RENEW);
    }
    Line::ok(SUBJECT, text)
}

fn day(at: Timestamp) -> String {
    at.to_jiff().strftime("%d/%m/%Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::super::line::Mark;
    use super::*;

    #[test]
    fn a_certificate_is_told_by_what_is_left_of_its_life() {
        let at = |days: i64| Timestamp::from_millis(days * DAY_MS);
        let seen = CertificateLook { not_before: at(10), not_after: at(100), refusal: None };
        let mark = |day: i64| told(&seen, at(day)).mark;
        assert_eq!(
            [9, 10, 70, 71, 100, 101].map(mark),
            [Mark::Failure, Mark::Ok, Mark::Ok, Mark::Warning, Mark::Warning, Mark::Failure]
        );
        let strange = CertificateLook { refusal: Some("UnknownIssuer".to_owned()), ..seen };
        assert_eq!(told(&strange, at(20)).mark, Mark::Failure);
    }
}
