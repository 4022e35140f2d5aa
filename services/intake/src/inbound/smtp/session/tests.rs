//! What a session must hold.

use super::*;

struct Town {
    ready: bool,
    has_room: bool,
}

impl Desk for Town {
    fn knows(&self, address: &str) -> Option<bool> {
        self.ready.then(|| address.ends_with("@valorme.example"))
    }

    fn has_room(&self) -> bool {
        self.has_room
    }
}

const OPEN: Town = Town { ready: true, has_room: true };

fn session() -> Session {
    Session::new(Policy { hostname: "mx.valorme.example".to_owned(), octets_max: 1_000_000 })
}

fn answer(session: &mut Session, line: &str, desk: &Town) -> String {
    match session.command(format!("{line}\r\n").as_bytes(), desk) {
        Step::Reply(reply) | Step::Data(reply) | Step::Close(reply) => reply.wire(),
    }
}

fn begins(session: &mut Session, line: &str, desk: &Town, expected: &str) {
    let answer = answer(session, line, desk);
    assert!(answer.starts_with(expected), "{line} → {answer}");
}

#[test]
fn a_message_goes_through_in_order() {
    let mut session = session();
    begins(&mut session, "EHLO laptop", &OPEN, "250-mx.valorme.example\r\n250-PIPELINING\r\n250-SIZE 1000000\r\n");
    begins(&mut session, "MAIL FROM:<awa@example.fr> SIZE=300 BODY=8BITMIME SMTPUTF8", &OPEN, "250 2.1.0");
    begins(&mut session, "RCPT TO:<guichet+token@valorme.example>", &OPEN, "250 2.1.5");
    begins(&mut session, "data", &OPEN, "354 ");
    let expected =
        Envelope { from: Some("awa@example.fr".to_owned()), to: vec!["guichet+token@valorme.example".to_owned()] };
    assert_eq!(session.take_envelope(), expected);
    begins(&mut session, "QUIT", &OPEN, "221 2.0.0");
}

#[test]
fn commands_out_of_order_are_told_what_comes_first() {
    let mut session = session();
    begins(&mut session, "MAIL FROM:<a@b.fr>", &OPEN, "503 5.5.1");
    begins(&mut session, "HELO laptop", &OPEN, "250 ");
    begins(&mut session, "RCPT TO:<guichet@valorme.example>", &OPEN, "503 5.5.1");
    begins(&mut session, "DATA", &OPEN, "503 5.5.1");
    begins(&mut session, "MAIL FROM:<>", &OPEN, "250 2.1.0");
    begins(&mut session, "MAIL FROM:<a@b.fr>", &OPEN, "503 5.5.1");
    begins(&mut session, "RSET", &OPEN, "250 2.0.0");
    begins(&mut session, "MAIL FROM:<a@b.fr>", &OPEN, "250 2.1.0");
}

#[test]
fn refusals_come_before_the_message_with_their_status() {
    let mut session = session();
    begins(&mut session, "EHLO laptop", &OPEN, "250-");
    begins(&mut session, "MAIL FROM:<a@b.fr> SIZE=1000001", &OPEN, "552 5.3.4");
    begins(&mut session, "MAIL FROM:<a@b.fr>", &Town { has_room: false, ..OPEN }, "452 4.3.1");
    begins(&mut session, "MAIL FROM:<a@b.fr>", &Town { ready: false, ..OPEN }, "451 4.3.2");
    begins(&mut session, "MAIL FROM:<a@b.fr>", &OPEN, "250 2.1.0");
    begins(&mut session, "RCPT TO:<someone@elsewhere.example>", &OPEN, "550 5.1.1");
    begins(&mut session, "VRFY guichet", &OPEN, "252 2.5.0");
    begins(&mut session, "STARTTLS", &OPEN, "502 5.5.1");
    begins(&mut session, "BONJOUR", &OPEN, "500 5.5.2");
}

#[test]
fn recipients_and_errors_are_bounded() {
    let mut session = session();
    begins(&mut session, "EHLO laptop", &OPEN, "250-");
    begins(&mut session, "MAIL FROM:<a@b.fr>", &OPEN, "250");
    for _ in 0..limits::RECIPIENTS_MAX {
        begins(&mut session, "RCPT TO:<guichet@valorme.example>", &OPEN, "250");
    }
    begins(&mut session, "RCPT TO:<guichet@valorme.example>", &OPEN, "452 4.5.3");
    for _ in 1..REFUSALS_MAX {
        begins(&mut session, "?", &OPEN, "500");
    }
    assert!(matches!(session.command(b"?\r\n", &OPEN), Step::Close(reply) if reply.code == 421));
}

proptest::proptest! {
    #[test]
    fn no_line_breaks_a_session(line in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
        let mut session = session();
        session.command(&[&line[..], b"\r\n"].concat(), &OPEN);
    }
}
