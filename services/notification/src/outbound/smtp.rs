//! The transport to the authority's relay. The session is driven command by command, because what a failure means
//! depends on where it happens: before the message is written nothing was taken, after its last dot nobody knows.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use guichet_core::{Clock, Timestamp};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use url::Url;

use super::{decoded, mime};
use crate::Error;
use crate::app::ports::{Email, MailTransport, Transport};
use crate::domain::state::Attempt;

/// Connections kept open between mails.
const IDLE_MAX: usize = 8;
/// Milliseconds after which an idle connection is dropped: relays drop theirs after 5 minutes (Postfix).
const IDLE_MS_MAX: i64 = 60_000;
/// How a certificate begins in PEM (RFC 7468 §5).
const CERTIFICATE: &[u8] = b"-----BEGIN CERTIFICATE-----";
/// Ports when the address names none: relay, submission (STARTTLS), submissions.
const PORT_SMTP: u16 = 25;
const PORT_SUBMISSION: u16 = 587;
const PORT_SMTPS: u16 = 465;

/// How long each part of a session may take.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// Connection, TLS, greeting and sign-in.
    pub session: Duration,
    /// MAIL, RCPT and DATA.
    pub envelope: Duration,
    /// The message and the answer to its last dot (RFC 5321 §4.5.3.2.6 asks for patience here).
    pub message: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { session: Duration::from_secs(30), envelope: Duration::from_secs(60), message: Duration::from_secs(300) }
    }
}

/// A relay: where it is, whom we are to it, and how we know that it is ours.
#[derive(Clone, Default)]
pub struct RelayOptions {
    /// `smtp://[user:password@]host[:port][?tls=required|opportunistic|none]` or `smtps://…`.
    pub url: String,
    /// PEM file with the authority that signs its certificate, beside the public ones; none when empty.
    pub ca: PathBuf,
    /// Address of the portal: its name is what we call ourselves (EHLO), for relays that refuse a machine's own. The machine's when
    /// empty or not a full name.
    pub public_url: String,
}

impl std::fmt::Debug for RelayOptions {
    /// Leaves the address out: it may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RelayOptions").field("ca", &self.ca).finish_non_exhaustive()
    }
}

impl RelayOptions {
    fn hello(&self) -> ClientId {
        let url = Url::parse(&self.public_url).ok();
        let name = url.as_ref().and_then(Url::domain).filter(|name| name.contains('.'));
        name.map_or_else(ClientId::default, |name| ClientId::Domain(name.to_owned()))
    }

    fn authority(&self) -> Result<Option<Certificate>, Error> {
        if self.ca.as_os_str().is_empty() {
            return Ok(None);
        }
        let wrong = |error: &dyn std::fmt::Display| {
            let file = self.ca.display();
            super::unknown(&self.url, &format!("[notification.email] ca: {file} cannot be used: {error}"))
        };
        let pem = std::fs::read(&self.ca).map_err(|error| wrong(&error))?;
        // The library takes a file without any for an authority that signs nothing.
        if !pem.windows(CERTIFICATE.len()).any(|octets| octets == CERTIFICATE) {
            return Err(wrong(&"it holds no certificate"));
        }
        Certificate::from_pem(&pem).map(Some).map_err(|error| wrong(&error))
    }
}

/// When the session is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tls {
    /// Never: a relay on the same machine.
    Never,
    /// By STARTTLS when the relay offers it.
    Opportunistic,
    /// By STARTTLS or not at all: no fallback to clear text.
    Required,
    /// From the first octet.
    Implicit,
}

/// A relay that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayLook {
    /// Its host and port.
    pub address: String,
    /// Whether what is said to it is encrypted.
    pub is_encrypted: bool,
    /// Whether encryption is wanted if it offers it.
    pub wanted_starttls: bool,
    /// Whether it has taken our user name and password.
    pub has_signed_in: bool,
}

/// Why a relay cannot be used, in the order in which it is met.
#[derive(Debug, thiserror::Error)]
pub enum RelayTrouble {
    /// No connection, or no greeting.
    #[error("relay does not answer")]
    Silent(#[source] SmtpError),
    /// Encryption is required and it has none.
    #[error("relay does not offer STARTTLS")]
    NoStartTls,
    /// The encryption fails: its certificate, as a rule.
    #[error("encryption with the relay fails")]
    Encryption(#[source] SmtpError),
    /// It does not take our user name and password.
    #[error("relay refuses the sign-in")]
    SignIn(#[source] SmtpError),
}

/// Hands mails over to a relay.
pub struct SmtpMail {
    host: String,
    port: u16,
    tls: Tls,
    hello: ClientId,
    authority: Option<Certificate>,
    credentials: Option<Credentials>,
    timeouts: Timeouts,
    clock: Arc<dyn Clock>,
    idle: Mutex<Vec<(AsyncSmtpConnection, Timestamp)>>,
}

impl std::fmt::Debug for SmtpMail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SmtpMail({}:{}, {:?})", self.host, self.port, self.tls)
    }
}

impl SmtpMail {
    /// Returns the transport towards a relay.
    pub fn new(relay: &RelayOptions, timeouts: Timeouts, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let url = &relay.url;
        let wrong = |reason: &str| super::unknown(url, reason);
        let parsed = Url::parse(url).map_err(|_| wrong("write smtp://host:port"))?;
        let host = parsed.host_str().filter(|host| !host.is_empty()).ok_or_else(|| wrong("write smtp://host:port"))?;
        let asked = parsed.query_pairs().find(|(name, _)| name == "tls").map(|(_, value)| value.into_owned());
        let tls = match (parsed.scheme(), asked.as_deref()) {
            ("smtps", None) => Tls::Implicit,
            ("smtp", None | Some("none")) => Tls::Never,
            ("smtp", Some("required")) => Tls::Required,
            ("smtp", Some("opportunistic")) => Tls::Opportunistic,
            _ => return Err(wrong("tls is required, opportunistic or none, and only with smtp://")),
        };
        let port = parsed.port().unwrap_or(match tls {
            Tls::Implicit => PORT_SMTPS,
            Tls::Required => PORT_SUBMISSION,
            Tls::Never | Tls::Opportunistic => PORT_SMTP,
        });
        let credentials = (!parsed.username().is_empty())
            .then(|| Credentials::new(decoded(parsed.username()), decoded(parsed.password().unwrap_or_default())));
        let host = host.trim_matches(['[', ']']).to_owned();
        let (hello, authority, idle) = (relay.hello(), relay.authority()?, Mutex::new(Vec::new()));
        Ok(Self { host, port, tls, hello, authority, credentials, timeouts, clock, idle })
    }

    fn encryption(&self) -> Result<TlsParameters, SmtpError> {
        let parameters = TlsParameters::builder(self.host.clone());
        match &self.authority {
            Some(authority) => parameters.add_root_certificate(authority.clone()),
            None => parameters,
        }
        .build()
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, SmtpError> {
        let implicit = (self.tls == Tls::Implicit).then(|| self.encryption()).transpose()?;
        let server = (self.host.as_str(), self.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, Some(self.timeouts.session), &self.hello, implicit, None)
                .await?;
        let upgrade = self.tls == Tls::Required || (self.tls == Tls::Opportunistic && connection.can_starttls());
        if upgrade {
            connection.starttls(self.encryption()?, &self.hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }

    /// Greets the relay as before a mail and leaves: nothing is sent.
    pub async fn look(&self) -> Result<RelayLook, RelayTrouble> {
        let implicit = (self.tls == Tls::Implicit).then(|| self.encryption()).transpose();
        let implicit = implicit.map_err(RelayTrouble::Encryption)?;
        let server = (self.host.as_str(), self.port);
        let greeted =
            AsyncSmtpConnection::connect_tokio1(server, Some(self.timeouts.session), &self.hello, implicit, None).await;
        let mut connection = greeted.map_err(|error| match error.is_tls() {
            true => RelayTrouble::Encryption(error),
            false => RelayTrouble::Silent(error),
        })?;
        let offers_starttls = connection.can_starttls();
        if self.tls == Tls::Required && !offers_starttls {
            connection.abort().await;
            return Err(RelayTrouble::NoStartTls);
        }
        if offers_starttls && matches!(self.tls, Tls::Required | Tls::Opportunistic) {
            let parameters = self.encryption().map_err(RelayTrouble::Encryption)?;
            connection.starttls(parameters, &self.hello).await.map_err(RelayTrouble::Encryption)?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await.map_err(RelayTrouble::SignIn)?;
        }
        let look = RelayLook {
            address: format!("{}:{}", self.host, self.port),
            is_encrypted: connection.is_encrypted(),
            wanted_starttls: self.tls == Tls::Opportunistic,
            has_signed_in: self.credentials.is_some(),
        };
        // Whether it says goodbye changes nothing of what was seen.
        let _goodbye = connection.quit().await;
        Ok(look)
    }

    /// Returns an idle connection that still answers, else a new one.
    async fn session(&self) -> Result<AsyncSmtpConnection, SmtpError> {
        let oldest = self.clock.now().plus_millis(-IDLE_MS_MAX);
        loop {
            let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some((mut connection, since)) = kept else { return self.connect().await };
            if since >= oldest && connection.test_connected().await {
                return Ok(connection);
            }
        }
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_MAX && !connection.has_broken() {
            idle.push((connection, self.clock.now()));
        }
    }

    async fn attempt(&self, mail: &Email) -> Attempt {
        let message = match mime::build(mail) {
            Ok(message) => message,
            Err(error) => return Attempt::Failed(error.to_string()),
        };
        // Whatever is wrong with the session is the relay's or the operator's matter, never this recipient's.
        let mut connection = match tokio::time::timeout(self.timeouts.session, self.session()).await {
            Ok(Ok(connection)) => connection,
            Ok(Err(error)) => return Attempt::Deferred(error.to_string()),
            Err(_) => return Attempt::Deferred("relay did not answer in time".to_owned()),
        };
        match tokio::time::timeout(self.timeouts.envelope, offer(&mut connection, &message)).await {
            Ok(Ok(())) => {}
            Ok(Err(refusal)) => return refusal,
            Err(_) => return Attempt::Deferred("relay did not answer in time".to_owned()),
        }
        let bytes = message.formatted();
        match tokio::time::timeout(self.timeouts.message, connection.message(&bytes)).await {
            Ok(Ok(_)) => {
                self.keep(connection);
                Attempt::Accepted
            }
            Ok(Err(error)) if error.is_permanent() => Attempt::Failed(error.to_string()),
            Ok(Err(error)) if error.is_transient() => Attempt::Deferred(error.to_string()),
            Ok(Err(error)) => Attempt::Unknown(error.to_string()),
            Err(_) => Attempt::Unknown("relay did not answer in time after the message".to_owned()),
        }
    }
}

/// Announces sender and recipient; nothing has been taken yet when it fails.
async fn offer(connection: &mut AsyncSmtpConnection, message: &lettre::Message) -> Result<(), Attempt> {
    let envelope = message.envelope();
    let mut parameters = Vec::new();
    let ascii = |address: &lettre::Address| AsRef::<str>::as_ref(address).is_ascii();
    if !envelope.from().into_iter().chain(envelope.to()).all(ascii) {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(Attempt::Failed("relay does not take addresses with accents".to_owned()));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    let refused = |error: SmtpError| match error.is_permanent() {
        true => Attempt::Failed(error.to_string()),
        false => Attempt::Deferred(error.to_string()),
    };
    connection.command(Mail::new(envelope.from().cloned(), parameters)).await.map_err(refused)?;
    for recipient in envelope.to() {
        connection.command(Rcpt::new(recipient.clone(), Vec::new())).await.map_err(refused)?;
    }
    connection.command(Data).await.map_err(refused)?;
    Ok(())
}

impl Transport for SmtpMail {
    fn repeats_safely(&self) -> bool {
        false
    }

    fn longest(&self) -> Duration {
        self.timeouts.session + self.timeouts.envelope + self.timeouts.message
    }
}

impl MailTransport for SmtpMail {
    fn send<'a>(&'a self, mail: &'a Email) -> BoxFuture<'a, Attempt> {
        self.attempt(mail).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use guichet_core::SystemClock;

    fn smtp(url: &str) -> Result<SmtpMail, Error> {
        let relay = RelayOptions { url: url.to_owned(), ..RelayOptions::default() };
        SmtpMail::new(&relay, Timeouts::default(), Arc::new(SystemClock))
    }

    #[test]
    fn the_address_says_port_and_encryption() {
        for (url, port, tls) in [
            ("smtp://relay.example", 25, Tls::Never),
            ("smtp://relay.example:2525", 2525, Tls::Never),
            ("smtp://u:p%40ss@relay.example?tls=required", 587, Tls::Required),
            ("smtp://relay.example?tls=opportunistic", 25, Tls::Opportunistic),
            ("smtps://relay.example", 465, Tls::Implicit),
        ] {
            let smtp = smtp(url).expect(url);
            assert_eq!((smtp.port, smtp.tls), (port, tls), "{url}");
        }
        assert_eq!(decoded("p%40s+s&"), "p@s+s&");
    }

    #[test]
    fn a_wrong_address_is_told_without_its_password() {
        for url in ["smtp://", "smtp://u:secret@relay.example?tls=maybe", "smtps://u:secret@relay.example?tls=none"] {
            let error = smtp(url).expect_err(url).to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
