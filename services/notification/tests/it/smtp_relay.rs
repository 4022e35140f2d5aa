//! The SMTP transport against a relay: what each failure means depends on where it happens.

use std::sync::Arc;
use std::time::Duration;

use guichet_core::{EmailAddress, SystemClock, Timestamp};
use guichet_notification::app::ports::{Email, File, MailTransport};
use guichet_notification::domain::state::Attempt;
use guichet_notification::outbound::{RelayOptions, SmtpMail, Timeouts};
use mail_parser::MessageParser;
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;

use crate::smtp_peer::{Behaviour, Taken, start, start_encrypted};

const TAKEN_WITHIN: Duration = Duration::from_secs(5);

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("an address")
}

fn arbitrary_mail() -> Email {
    Email {
        message_id: "receipt_ack.abc@valorme.example".to_owned(),
        from_name: "Ville de Valorme".to_owned(),
        from: address("guichet@valorme.example"),
        envelope_from: address("guichet+k7m2@valorme.example"),
        reply_to: Some(address("guichet+k7m2@valorme.example")),
        to: address("awa@example.fr"),
        subject: "Votre demande V7KM-4T9R est bien arrivée".to_owned(),
        text: "Bonjour,\n\n.\n.. un point seul ne finit rien\n".to_owned(),
        html: "<p>Bonjour</p>".to_owned(),
        in_reply_to: String::new(),
        references: String::new(),
        auto_submitted: "auto-replied",
        date: Timestamp::from_millis(1_795_430_400_000),
        files: Vec::new(),
    }
}

fn transport(url: &str) -> SmtpMail {
    relay(&RelayOptions { url: url.to_owned(), ..RelayOptions::default() })
}

fn relay(options: &RelayOptions) -> SmtpMail {
    let timeouts =
        Timeouts { session: Duration::from_secs(2), envelope: Duration::from_secs(2), message: Duration::from_secs(2) };
    SmtpMail::new(options, timeouts, Arc::new(SystemClock)).expect("an address")
}

async fn attempt(behaviour: Behaviour, mail: &Email) -> (Attempt, Option<Taken>) {
    let (port, taken) = start(behaviour);
    let attempt = transport(&format!("smtp://127.0.0.1:{port}")).send(mail).await;
    (attempt, taken.recv_timeout(Duration::from_millis(1)).ok())
}

#[tokio::test]
async fn a_mail_is_handed_over_whole_with_bounces_sent_to_the_tokens_address() {
    let (port, taken) = start(Behaviour::Accepts);
    let smtp = transport(&format!("smtp://127.0.0.1:{port}"));
    for _ in 0..3 {
        assert_eq!(smtp.send(&arbitrary_mail()).await, Attempt::Accepted);
        let mail = taken.recv_timeout(TAKEN_WITHIN).expect("taken");
        assert!(mail.from.contains("<guichet+k7m2@valorme.example>"), "{}", mail.from);
        assert!(mail.to.contains("<awa@example.fr>"), "{}", mail.to);
        let parsed = MessageParser::default().parse(mail.data.as_bytes()).expect("a mail");
        assert_eq!(parsed.message_id(), Some("receipt_ack.abc@valorme.example"));
        assert_eq!(parsed.subject(), Some("Votre demande V7KM-4T9R est bien arrivée"));
    }
}

#[tokio::test]
async fn a_cut_after_the_last_dot_leaves_the_delivery_unknown() {
    let (attempt, taken) = attempt(Behaviour::CutsAfterTheLastDot, &arbitrary_mail()).await;
    assert!(matches!(attempt, Attempt::Unknown(_)), "{attempt:?}");
    assert!(taken.is_some(), "the relay had it all");
}

#[tokio::test]
async fn what_happens_before_the_message_is_no_mystery() {
    for behaviour in [Behaviour::Greylists, Behaviour::CutsAtRcpt, Behaviour::RefusesSessions] {
        let (attempt, taken) = attempt(behaviour, &arbitrary_mail()).await;
        assert!(matches!(attempt, Attempt::Deferred(_)), "{behaviour:?}: {attempt:?}");
        assert!(taken.is_none());
    }
    let nobody_listens = transport("smtp://127.0.0.1:9").send(&arbitrary_mail()).await;
    assert!(matches!(nobody_listens, Attempt::Deferred(_)), "{nobody_listens:?}");
}

#[tokio::test]
async fn answers_after_the_message_decide() {
    let (deferred, _) = attempt(Behaviour::DefersMessages, &arbitrary_mail()).await;
    assert!(matches!(deferred, Attempt::Deferred(_)), "{deferred:?}");
    for behaviour in [Behaviour::RefusesRecipients, Behaviour::RefusesMessages] {
        let (failed, _) = attempt(behaviour, &arbitrary_mail()).await;
        assert!(matches!(failed, Attempt::Failed(_)), "{behaviour:?}: {failed:?}");
    }
}

#[tokio::test]
async fn no_clear_text_when_encryption_is_required() {
    let (port, taken) = start(Behaviour::Accepts);
    let smtp = transport(&format!("smtp://127.0.0.1:{port}?tls=required"));
    let attempt = smtp.send(&arbitrary_mail()).await;
    assert!(matches!(attempt, Attempt::Deferred(_)), "{attempt:?}");
    assert!(taken.recv_timeout(Duration::from_millis(1)).is_err());
}

#[tokio::test]
async fn a_relay_whose_certificate_is_not_public_is_believed_once_its_authority_is_told() {
    let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let key = PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()).into();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.expect("versions").with_no_client_auth();
    let config = builder.with_single_cert(vec![own.cert.der().clone()], key).expect("a certificate and its key");
    let (port, taken) = start_encrypted(Arc::new(config));
    let url = format!("smtps://127.0.0.1:{port}");
    let attempt = transport(&url).send(&arbitrary_mail()).await;
    assert!(matches!(&attempt, Attempt::Deferred(why) if why.contains("certificate")), "{attempt:?}");

    let folder = tempfile::tempdir().expect("a folder");
    let ca = folder.path().join("ca.crt");
    std::fs::write(&ca, own.cert.pem()).expect("our folder");
    let told = RelayOptions { url, ca, public_url: "https://guichet.valorme.example/".to_owned() };
    let attempt = relay(&told).send(&arbitrary_mail()).await;
    assert_eq!(attempt, Attempt::Accepted);
    assert_eq!(taken.recv_timeout(TAKEN_WITHIN).expect("taken").hello, "guichet.valorme.example");
}

#[tokio::test]
async fn nothing_a_stranger_typed_becomes_a_header() {
    let mut mail = arbitrary_mail();
    let evil = "x\r\nBcc: everyone@example.fr\r\n\r\nbody\0";
    mail.subject = evil.to_owned();
    mail.from_name = evil.to_owned();
    mail.files = vec![File {
        name: evil.to_owned(),
        media_type: "text/plain\r\nBcc: everyone@example.fr".to_owned(),
        bytes: b"x".to_vec(),
    }];
    let (port, taken) = start(Behaviour::Accepts);
    let attempt = transport(&format!("smtp://127.0.0.1:{port}")).send(&mail).await;
    assert_eq!(attempt, Attempt::Accepted);
    let taken = taken.recv_timeout(TAKEN_WITHIN).expect("taken");
    let forged = taken.data.lines().any(|line| line.to_ascii_lowercase().starts_with("bcc:"));
    assert!(!forged, "{}", taken.data);
}
