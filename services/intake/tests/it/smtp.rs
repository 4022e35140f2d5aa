//! The mail receiver over real TCP.

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use guichet_intake::SmtpConfig;

use crate::desk::{Desk, MAIL_OCTETS_MAX};
use crate::scenarios;

/// A mail program on the other side of a socket.
pub(crate) struct MailProgram(BufReader<TcpStream>);

impl MailProgram {
    /// Connects and says nothing.
    async fn dials(port: u16) -> Self {
        Self(BufReader::new(TcpStream::connect(("127.0.0.1", port)).await.expect("it listens")))
    }

    pub(crate) async fn connects(port: u16) -> Self {
        let mut program = Self::dials(port).await;
        assert!(program.hears().await.starts_with("220 "));
        assert!(program.says("EHLO laptop\r\n").await.starts_with("250"));
        program
    }

    /// Returns the last line of the next reply.
    pub(crate) async fn hears(&mut self) -> String {
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).await.expect("the server answers");
            if line.as_bytes().get(3) != Some(&b'-') {
                return line.trim_end().to_owned();
            }
        }
    }

    pub(crate) async fn says(&mut self, octets: &str) -> String {
        self.0.get_mut().write_all(octets.as_bytes()).await.expect("the server listens");
        self.hears().await
    }

    /// Sends a message and returns what the server said of it.
    pub(crate) async fn sends(&mut self, from: &str, to: &str, raw: &str) -> String {
        let said = self.says(&format!("MAIL FROM:<{from}>\r\n")).await;
        assert!(said.starts_with("250"), "{said}");
        let said = self.says(&format!("RCPT TO:<{to}>\r\n")).await;
        assert!(said.starts_with("250"), "{said}");
        assert!(self.says("DATA\r\n").await.starts_with("354"));
        let wire = format!("\r\n{}", raw.replace('\n', "\r\n")).replace("\r\n.", "\r\n..")[2..].to_owned();
        self.says(&format!("{wire}\r\n.\r\n")).await
    }
}

pub(crate) const MAIL: &str = "From: Awa Diop <awa@example.fr>\nTo: guichet@valorme.example\nSubject: Lampadaire\n\
Date: Mon, 2 Nov 2026 08:00:00 +0100\nMessage-ID: <1@example.fr>\n\nRue Hoche, devant le 12.\n";

async fn a_mail_is_acknowledged_once_it_is_a_request(desk: Desk) {
    let mut program = MailProgram::connects(desk.smtp_port).await;
    let said = program.sends("awa@example.fr", "guichet@valorme.example", MAIL).await;
    assert!(said.starts_with("250 2.0.0"), "{said}");
    let request = desk.only_request().await;
    assert_eq!(request.summary.expect("a summary").subject, "Lampadaire");
    assert_eq!(request.interactions[0].text, "Rue Hoche, devant le 12.");
    assert_eq!(desk.told().await, ["request.received"]);
}

async fn the_same_mail_fifty_times_eight_at_once_is_one_request(desk: Desk) {
    let mut programs = JoinSet::new();
    for program in 0..8 {
        let port = desk.smtp_port;
        programs.spawn(async move {
            let copies = if program < 2 { 7 } else { 6 };
            let mut program = MailProgram::connects(port).await;
            for _ in 0..copies {
                let said = program.sends("awa@example.fr", "guichet@valorme.example", MAIL).await;
                assert!(said.starts_with("250 2.0.0"), "{said}");
            }
            copies
        });
    }
    assert_eq!(programs.join_all().await.iter().sum::<i32>(), 50);
    let request = desk.only_request().await;
    assert_eq!(request.interactions.len(), 1);
    assert_eq!(desk.told().await, ["request.received"]);
}

async fn what_cannot_be_taken_is_refused_before_any_state(desk: Desk) {
    let mut program = MailProgram::connects(desk.smtp_port).await;
    let too_big = format!("MAIL FROM:<a@b.fr> SIZE={}\r\n", MAIL_OCTETS_MAX + 1);
    assert!(program.says(&too_big).await.starts_with("552 5.3.4"));
    assert!(program.says("MAIL FROM:<a@b.fr>\r\n").await.starts_with("250"));
    assert!(program.says("RCPT TO:<someone@elsewhere.example>\r\n").await.starts_with("550 5.1.1"));
    assert!(program.says("RSET\r\n").await.starts_with("250"));
    let unannounced = format!("{MAIL}{}", "une ligne de plus\n".repeat(MAIL_OCTETS_MAX / 18));
    let said = program.sends("a@b.fr", "guichet@valorme.example", &unannounced).await;
    assert!(said.starts_with("552 5.3.4"), "{said}");
    let said = program.sends("a@b.fr", "guichet@valorme.example", "bonjour sans en-tete").await;
    assert!(said.starts_with("550 5.6.0"), "{said}");
    assert!(desk.requests().await.is_empty() && desk.told().await.is_empty());
    let said = program.sends("awa@example.fr", "guichet@valorme.example", MAIL).await;
    assert!(said.starts_with("250 2.0.0"), "the session goes on: {said}");
}

async fn commands_sent_together_are_answered_in_order(desk: Desk) {
    let mut program = MailProgram::connects(desk.smtp_port).await;
    let raw = MAIL.replace('\n', "\r\n");
    let together = format!(
        "MAIL FROM:<awa@example.fr>\r\nRCPT TO:<guichet@valorme.example>\r\nRCPT TO:<x@y.fr>\r\nDATA\r\n{raw}.\r\nNOOP\r\nQUIT\r\n"
    );
    let mut heard = vec![program.says(&together).await];
    for _ in 0..6 {
        heard.push(program.hears().await);
    }
    let codes: Vec<&str> = heard.iter().map(|line| &line[..3]).collect();
    assert_eq!(codes, ["250", "250", "550", "354", "250", "250", "221"]);
    assert_eq!(desk.requests().await.len(), 1);
}

async fn a_smuggled_message_stays_inside_the_one_that_carries_it(desk: Desk) {
    let mut program = MailProgram::connects(desk.smtp_port).await;
    assert!(program.says("MAIL FROM:<a@b.fr>\r\n").await.starts_with("250"));
    assert!(program.says("RCPT TO:<guichet@valorme.example>\r\n").await.starts_with("250"));
    assert!(program.says("DATA\r\n").await.starts_with("354"));
    let raw = MAIL.replace('\n', "\r\n");
    let smuggled = "\n.\nMAIL FROM:<maire@valorme.example>\r\nRCPT TO:<guichet@valorme.example>\r\nDATA\r\nFrom: x@y.fr\r\n\r\nfaux";
    assert!(program.says(&format!("{raw}{smuggled}\r\n.\r\n")).await.starts_with("250"));
    let request = desk.only_request().await;
    assert!(request.interactions[0].full_text.contains("maire@valorme.example"));
}

scenarios! {
    a_mail_is_acknowledged_once_it_is_a_request,
    the_same_mail_fifty_times_eight_at_once_is_one_request,
    what_cannot_be_taken_is_refused_before_any_state,
    commands_sent_together_are_answered_in_order,
    a_smuggled_message_stays_inside_the_one_that_carries_it,
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_directory_mail_is_asked_to_come_back() {
    let desk = Desk::without_directory_on_sqlite().await;
    let mut program = MailProgram::connects(desk.smtp_port).await;
    assert!(program.says("MAIL FROM:<a@b.fr>\r\n").await.starts_with("451 4.3.2"));
    desk.publishes_directory().await;
    let said = program.sends("awa@example.fr", "guichet@valorme.example", MAIL).await;
    assert!(said.starts_with("250 2.0.0"), "{said}");
}

fn networks(text: &str) -> Vec<guichet_core::Network> {
    vec![text.parse().expect("a network")]
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_hand_over_mail_is_told_so_in_the_place_of_a_greeting() {
    let smtp = SmtpConfig { accept_from: networks("192.0.2.0/24"), ..SmtpConfig::default() };
    let desk = Desk::with_receiver(smtp).await;
    assert!(MailProgram::dials(desk.smtp_port).await.hears().await.starts_with("554 5.7.1 "));
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_the_client_it_names_counts() {
    let (accept_from, trusted_proxies) = (networks("192.0.2.0/24"), networks("127.0.0.1"));
    let desk = Desk::with_receiver(SmtpConfig { accept_from, trusted_proxies, ..SmtpConfig::default() }).await;
    let mut named = MailProgram::dials(desk.smtp_port).await;
    assert!(named.says("PROXY TCP4 192.0.2.9 10.0.0.2 41234 25\r\n").await.starts_with("220 "));
    assert!(named.says("EHLO mx.valorme.example\r\n").await.starts_with("250"));
    let said = named.sends("awa@example.fr", "guichet@valorme.example", MAIL).await;
    assert!(said.starts_with("250 2.0.0"), "{said}");
    let mut stranger = MailProgram::dials(desk.smtp_port).await;
    let said = stranger.says("PROXY TCP4 203.0.113.7 10.0.0.2 41234 25\r\nEHLO mx\r\n").await;
    assert!(said.starts_with("554 5.7.1 "), "{said}");
    let mut looks = MailProgram::dials(desk.smtp_port).await;
    assert!(looks.says("PROXY UNKNOWN\r\n").await.starts_with("220 "), "the proxy itself looks whether we live");
    let mut hasty = MailProgram::dials(desk.smtp_port).await;
    assert!(hasty.says("EHLO mx\r\n").await.starts_with("421 4.3.5 "));
    let mut waits = MailProgram::dials(desk.smtp_port).await;
    assert!(waits.hears().await.starts_with("421 4.3.5 "), "who waits for a greeting is told too");
    desk.only_request().await;
}
