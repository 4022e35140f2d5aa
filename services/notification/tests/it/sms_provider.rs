//! Text messages to a provider over HTTP.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use guichet_core::id::DeliveryId;
use guichet_core::{PhoneNumber, SystemClock, SystemRng, Timestamp};
use guichet_notification::app::ports::{Sms, SmsTransport};
use guichet_notification::domain::gsm::SmsText;
use guichet_notification::domain::state::Attempt;
use guichet_notification::outbound::HttpSms;
use serde_json::Value;

const TAKEN_WITHIN: Duration = Duration::from_secs(5);

/// What the provider was asked.
#[derive(Debug)]
struct Asked {
    head: Vec<String>,
    body: Value,
}

impl Asked {
    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.iter().filter_map(|line| line.split_once(": "));
        lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }
}

/// Starts a provider that answers everybody the same; returns its port and what it was asked.
fn provider(answer: &'static str) -> (u16, Receiver<Asked>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream.try_clone().expect("a socket"));
            let head = reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
            let mut asked = Asked { head, body: Value::Null };
            let length = asked.header("content-length").and_then(|length| length.parse().ok()).expect("a length");
            asked.body = serde_json::from_reader(reader.take(length)).expect("JSON");
            sender.send(asked).ok();
            let end = "content-length: 0\r\nconnection: close\r\n\r\n";
            stream.write_all(format!("HTTP/1.1 {answer}\r\n{end}").as_bytes()).ok();
        }
    });
    (port, receiver)
}

fn arbitrary_sms() -> Sms {
    Sms {
        id: DeliveryId::new(&SystemClock, &SystemRng),
        authority: "valorme".to_owned(),
        to: PhoneNumber::parse("06 39 98 00 12").expect("a mobile"),
        text: SmsText::new("Votre demande est bien arrivée."),
        date: Timestamp::from_millis(1_795_430_400_000),
    }
}

fn transport(address: &str) -> HttpSms {
    // Fails when another test did it.
    let _installed_before = rustls::crypto::ring::default_provider().install_default();
    HttpSms::new(address).expect("an address")
}

#[tokio::test]
async fn a_text_message_is_posted_whole_under_its_key_by_who_may() {
    let (port, asked) = provider("202 Accepted");
    let sms = arbitrary_sms();
    for (sign_in, shown) in
        [("", None), ("ville:p%40ss@", Some("Basic dmlsbGU6cEBzcw==")), (":jeton@", Some("Bearer jeton"))]
    {
        let attempt = transport(&format!("http://{sign_in}127.0.0.1:{port}/sms")).send(&sms).await;
        assert_eq!(attempt, Attempt::Accepted);
        let asked = asked.recv_timeout(TAKEN_WITHIN).expect("asked");
        assert_eq!(asked.head[0], "POST /sms HTTP/1.1");
        assert_eq!(asked.header("idempotency-key"), Some(sms.id.to_string().as_str()));
        assert_eq!(asked.header("authorization"), shown);
        let said = |name: &str| asked.body[name].as_str().unwrap_or_default().to_owned();
        assert_eq!([said("to"), said("authority")], ["+33639980012", "valorme"]);
        assert_eq!([said("text"), said("encoding")], ["Votre demande est bien arrivée.", "gsm-7"]);
    }
}

#[tokio::test]
async fn a_provider_that_moves_fails_or_is_away_is_asked_again_later_and_its_password_stays_ours() {
    for answer in
        ["307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/", "401 Unauthorized", "503 Service Unavailable"]
    {
        let (port, asked) = provider(answer);
        let attempt = transport(&format!("http://127.0.0.1:{port}")).send(&arbitrary_sms()).await;
        assert!(matches!(&attempt, Attempt::Deferred(_)), "{attempt:?}");
        assert!(asked.recv_timeout(TAKEN_WITHIN).is_ok());
    }
    let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
    let away = transport(&format!("http://ville:secret@127.0.0.1:{port}"));
    let attempt = away.send(&arbitrary_sms()).await;
    let Attempt::Deferred(why) = attempt else { panic!("{attempt:?}") };
    assert!(why.contains("refused") && !why.contains("secret"), "{why}");
}
