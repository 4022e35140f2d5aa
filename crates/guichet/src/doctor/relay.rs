//! Where messages leave: the relay of mails is greeted as before a mail, the provider of text messages is called.

use std::collections::BTreeSet;
use std::sync::Arc;

use guichet_notification::outbound::{RelayLook, RelayOptions, RelayTrouble, SmtpMail, Timeouts};
use tokio::net::TcpStream;

use super::line::Line;
use super::names::places;
use super::{Check, PATIENCE, last_cause, machine_clock};
use crate::cli::Target;
use crate::config::Config;

const MAIL: &str = "relais de messagerie";
const MAIL_SILENT: (&str, &str) =
    ("GU-DOC-030", "Vérifiez que le relais tourne, que le réseau y mène, et l'adresse de [notification.email] url.");
const SMS: &str = "fournisseur de SMS";
const SMS_SILENT: (&str, &str) =
    ("GU-DOC-033", "Vérifiez l'adresse de [notification.sms] url et que le réseau mène au fournisseur.");

/// Returns the checks; none where nothing is sent.
pub(super) fn checks(config: &Config, targets: &BTreeSet<Target>) -> Vec<Check> {
    if !targets.contains(&Target::Notification) {
        return Vec::new();
    }
    let mut section = config.notification.clone();
    section.public_url = config.public_url();
    let (mail, sms) = (section.relay(), section.sms.url);
    vec![
        Check::new(MAIL, MAIL_SILENT, async move { vec![look_at_mail(&mail).await] }),
        Check::new(SMS, SMS_SILENT, async move { vec![look_at_sms(&sms).await] }),
    ]
}

async fn look_at_mail(relay: &RelayOptions) -> Line {
    if relay.url.starts_with("file:") {
        return Line::ok(MAIL, "aucun : les messages sont écrits dans des fichiers, rien ne part");
    }
    let timeouts = Timeouts { session: PATIENCE, envelope: PATIENCE, message: PATIENCE };
    match SmtpMail::new(relay, timeouts, Arc::new(machine_clock())) {
        Ok(relay) => mail_line(relay.look().await),
        Err(error) => Line::failure(MAIL, error.to_string(), MAIL_SILENT.0, MAIL_SILENT.1),
    }
}

fn mail_line(seen: Result<RelayLook, RelayTrouble>) -> Line {
    let seen = match seen {
        Ok(seen) => seen,
        Err(trouble) => return trouble_line(&trouble),
    };
    let encryption = if seen.is_encrypted { "chiffré" } else { "en clair" };
    let sign_in = if seen.has_signed_in { ", identifiants acceptés" } else { "" };
    let text = format!("{} répond, {encryption}{sign_in}", seen.address);
    if seen.wanted_starttls && !seen.is_encrypted {
        let advice = "Demandez au relais d'offrir STARTTLS, ou acceptez que les messages y passent en clair.";
        return Line::warning(MAIL, text, "GU-DOC-031", advice);
    }
    Line::ok(MAIL, text)
}

fn trouble_line(trouble: &RelayTrouble) -> Line {
    let cause = last_cause(trouble);
    let (seen, (code, advice)) = match trouble {
        RelayTrouble::Silent(_) => (format!("ne répond pas : {cause}"), MAIL_SILENT),
        RelayTrouble::NoStartTls => (
            "n'offre pas STARTTLS".to_owned(),
            ("GU-DOC-031", "Activez STARTTLS sur le relais, ou retirez `tls=required` de [notification.email] url."),
        ),
        RelayTrouble::Encryption(_) => (
            format!("le chiffrement échoue : {cause}"),
            (
                "GU-DOC-032",
                "Donnez au relais un certificat valide pour ce nom, et à [notification.email] ca l'autorité qui le signe si elle n'est pas publique.",
            ),
        ),
        RelayTrouble::SignIn(_) => (
            format!("refuse nos identifiants : {cause}"),
            ("GU-DOC-032", "Vérifiez l'utilisateur et le mot de passe de [notification.email] url."),
        ),
    };
    Line::failure(MAIL, seen, code, advice)
}

async fn look_at_sms(url: &str) -> Line {
    if url.starts_with("file:") {
        return Line::ok(SMS, "aucun : les SMS sont écrits dans des fichiers, rien ne part");
    }
    if url.starts_with("none:") {
        return Line::ok(SMS, "aucun : les usagers sont joints par courriel ou par courrier");
    }
    let Some(place) = places(url).into_iter().next() else {
        return Line::failure(SMS, "adresse sans nom de machine", SMS_SILENT.0, SMS_SILENT.1);
    };
    match TcpStream::connect((place.host.as_str(), place.port)).await {
        Ok(_) => Line::ok(SMS, format!("{place} prend les connexions")),
        Err(error) => Line::failure(SMS, format!("{place} : {error}"), SMS_SILENT.0, SMS_SILENT.1),
    }
}

#[cfg(test)]
mod tests {
    use super::super::line::Mark;
    use super::*;

    #[test]
    fn clear_text_is_a_warning_only_where_encryption_was_wanted() {
        let look = |wanted_starttls, is_encrypted| {
            let address = "relay.example:25".to_owned();
            mail_line(Ok(RelayLook { address, is_encrypted, wanted_starttls, has_signed_in: false })).mark
        };
        assert_eq!(look(false, false), Mark::Ok);
        assert_eq!(look(true, true), Mark::Ok);
        assert_eq!(look(true, false), Mark::Warning);
        assert_eq!(mail_line(Err(RelayTrouble::NoStartTls)).mark, Mark::Failure);
    }
}
