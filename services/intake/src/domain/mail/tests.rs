//! What parsing must hold, on small messages of our own.

use super::*;
use crate::domain::dedupe::sha256_hex;
use proptest::prelude::*;

fn crlf(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}

/// A French mail with a PDF, as mail programs send it.
const WITH_PDF: &str = "From: =?utf-8?q?Am=C3=A9lie_P=C3=AAcheur?= <Amelie@Example.fr>\nTo: guichet@valorme.example\n\
Subject: =?iso-8859-1?Q?D=E9claration_pr=E9alable?=\nDate: Tue, 3 Nov 2026 08:00:00 +0100\nMessage-ID: <abc@example.fr>\n\
MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"=b\"\n\n--=b\n\
Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\n\
Bonjour,\nvoici la pi=E8ce demand=E9e.\n--=b\nContent-Type: application/pdf; name=\"plan.pdf\"\n\
Content-Disposition: attachment; filename*=utf-8''plan%20d%27%C3%A9t%C3%A9.pdf\nContent-Transfer-Encoding: base64\n\n\
JVBERi0xLjQKJeLjz9MK\n--=b--\n";

#[test]
fn accents_names_and_files_come_through_intact() {
    let mail = parse(&crlf(WITH_PDF));
    assert_eq!(mail.from.as_ref().map(EmailAddress::as_str), Some("Amelie@example.fr"));
    assert_eq!((mail.from_name.as_str(), mail.subject.as_str()), ("Amélie Pêcheur", "Déclaration préalable"));
    assert_eq!(mail.new_text, "Bonjour,\nvoici la pièce demandée.");
    assert_eq!(mail.message_id.as_deref(), Some("abc@example.fr"));
    assert_eq!(mail.date.map(Timestamp::as_millis), Some(1_793_689_200_000));
    let file = &mail.attachments[0];
    assert_eq!((file.file_name.as_str(), file.media_type.as_str()), ("plan d'été.pdf", "application/pdf"));
    assert_eq!(sha256_hex(&file.content), sha256_hex(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"));
    assert!(mail.well_formed && !mail.truncated && mail.machine == MachineFacts::default());
}

#[test]
fn a_text_file_keeps_its_own_charset() {
    let raw = crlf(
        &WITH_PDF
            .replace("application/pdf", "text/csv; charset=iso-8859-1")
            .replace("JVBERi0xLjQKJeLjz9MK", "6XTpCg=="),
    );
    assert_eq!(parse(&raw).attachments[0].content.as_slice(), b"\xe9t\xe9\n");
}

#[test]
fn html_alone_becomes_text() {
    let mail = parse(&crlf(
        "From: a@b.fr\nSubject: x\nContent-Type: text/html; charset=utf-8\n\n<p>Un trou rue <b>Hoche</b></p>",
    ));
    assert_eq!(mail.new_text, "Un trou rue Hoche");
}

#[test]
fn eight_bit_text_without_a_charset_is_read_as_windows_wrote_it() {
    let raw = b"From: a@b.fr\r\nSubject: D\xe9chets\r\n\r\nLa d\xe9ch\xe8terie est ferm\xe9e\r\n";
    let mail = parse(raw);
    assert_eq!((mail.subject.as_str(), mail.new_text.as_str()), ("Déchets", "La déchèterie est fermée"));
}

#[test]
fn a_person_who_says_so_is_not_a_machine() {
    let mail = parse(&crlf("From: a@b.fr\nSubject: x\nAuto-Submitted: no\nReturn-Path: <a@b.fr>\n\nBonjour"));
    assert_eq!(mail.machine_kind(Some("a@b.fr"), |_| false), None);
}

#[test]
fn machines_are_recognised() {
    let own = |address: &EmailAddress| address.as_str() == "guichet@valorme.example";
    for (field, expected) in [
        ("Auto-Submitted: auto-replied; owner=x", Machine::AutoReply),
        ("Subject: Réponse automatique : absence", Machine::AutoReply),
        ("Precedence: bulk", Machine::Bulk),
        ("List-Id: <quartier.example.fr>", Machine::Bulk),
        ("X-Loop: guichet@valorme.example", Machine::Loop),
        ("Return-Path: <>", Machine::NullSender),
    ] {
        let mail = parse(&crlf(&format!("{field}\nFrom: a@b.fr\n\nBonjour")));
        assert_eq!(mail.machine_kind(Some("a@b.fr"), own), Some(expected), "{field}");
    }
    let ours = parse(&crlf("From: guichet@valorme.example\nSubject: x\n\nBonjour"));
    assert_eq!(ours.machine_kind(Some("guichet@valorme.example"), own), Some(Machine::Loop));
}

/// A failure report as Postfix writes it.
const DSN: &str = "From: MAILER-DAEMON@relay.example\nTo: guichet@valorme.example\nSubject: Undelivered Mail Returned to Sender\n\
Auto-Submitted: auto-replied\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
--b\nContent-Type: text/plain\n\nI could not deliver.\n--b\nContent-Type: message/delivery-status\n\n\
Reporting-MTA: dns; relay.example\n\nFinal-Recipient: rfc822; awa@example.fr\nAction: failed\nStatus: 5.1.1\n\
Diagnostic-Code: smtp; 550 5.1.1 unknown\n--b\nContent-Type: message/rfc822\n\nFrom: guichet@valorme.example\n\
Message-ID: <ours.token@valorme.example>\nSubject: Votre demande\n\nBonjour\n--b--\n";

#[test]
fn a_delivery_report_names_our_message_and_why_it_failed() {
    let mail = parse(&crlf(DSN));
    let expected = BounceReport {
        original_message_id: "ours.token@valorme.example".to_owned(),
        action: "failed".to_owned(),
        status: "5.1.1".to_owned(),
    };
    assert_eq!(mail.bounces, [expected]);
    assert_eq!(mail.machine_kind(Some(""), |_| false), Some(Machine::Bounce));
    let returned =
        mail.attachments.iter().find(|file| file.media_type == "message/rfc822").expect("the returned message");
    assert!(returned.content.starts_with(b"From: guichet@"));
}

#[test]
fn a_report_without_a_standard_is_still_a_report() {
    let mail = parse(&crlf(
        "Return-Path: <>\nFrom: MAILER-DAEMON@qmail.example\nSubject: failure notice\n\nHi. This is the qmail-send program.\n\
         <awa@example.fr>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 No such user\n\n\
         --- Below this line is a copy of the message.\n\nMessage-ID: <ours@valorme.example>\n",
    ));
    assert_eq!(mail.bounces.len(), 1);
    assert_eq!(
        (mail.bounces[0].status.as_str(), mail.bounces[0].original_message_id.as_str()),
        ("5.1.1", "ours@valorme.example")
    );
}

#[test]
fn a_message_inside_a_message_is_a_file_and_its_source_is_untouched() {
    let inner = "From: x@y.fr\nContent-Type: message/rfc822\n\nSubject: inner\n\nfin";
    let mail = parse(&crlf(&format!(
        "From: a@b.fr\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nContent-Type: multipart/digest, disait-il\n--b\n\
         Content-Type: message/rfc822\n\n{inner}\n--b--\n"
    )));
    assert_eq!(mail.attachments[0].content.as_slice(), crlf(inner));
    assert_eq!(mail.attachments[0].media_type, "message/rfc822");
}

#[test]
fn a_header_of_a_hundred_thousand_fields_is_cut_and_what_matters_kept() {
    let junk = "X-Junk: aaaaaaaaaaaaaaaaaaaa\n".repeat(100_000);
    let mail = parse(&crlf(&format!("{junk}From: a@b.fr\nSubject: Trou\n\nRue Hoche")));
    assert_eq!((mail.subject.as_str(), mail.new_text.as_str(), mail.truncated), ("Trou", "Rue Hoche", true));
}

#[test]
fn ten_thousand_nested_parts_are_kept_as_text() {
    let mut raw = "From: a@b.fr\nSubject: nid\n".to_owned();
    for level in 0..10_000 {
        raw.push_str(&format!("Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n"));
    }
    raw.push_str("Content-Type: text/plain\n\nle texte au fond");
    let mail = parse(&crlf(&raw));
    assert!(mail.truncated && mail.full_text.contains("le texte au fond"));
    let nested = format!("From: a@b.fr\n{}\nle texte", "Content-Type: message/rfc822\n\n".repeat(900));
    let mail = parse(&crlf(&nested));
    assert!(!mail.attachments.is_empty());
}

#[test]
fn odd_messages_are_kept() {
    for raw in [
        &b""[..],
        b"\n",
        b"bonjour",
        b"\0\0\0",
        b":\n\n",
        b"From\n\nx",
        b"Content-Type: multipart/mixed; boundary=x\n\nbonjour",
    ] {
        let mail = parse(raw);
        assert_eq!(mail.full_text.contains("bonjour"), raw.windows(7).any(|window| window == b"bonjour"), "{raw:?}");
    }
}

#[test]
fn an_authenticated_author_is_told_by_the_trusted_host_only() {
    let mail = parse(&crlf(
        "Authentication-Results: mx.valorme.example; spf=pass; dmarc=pass header.from=b.fr\nFrom: a@b.fr\n\nx",
    ));
    assert!(is_authenticated(&mail.authentication_results, "mx.valorme.example"));
    assert!(!is_authenticated(&mail.authentication_results, "mx.other.example"));
    assert!(!is_authenticated(&mail.authentication_results, ""));
}

proptest! {
    #[test]
    fn no_octets_make_the_parser_fail(raw in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        parse(&raw);
    }

    #[test]
    fn no_mixture_of_mail_syntax_makes_the_parser_fail(
        pieces in proptest::collection::vec(prop_oneof![
            Just("Content-Type: multipart/mixed; boundary=b\n"), Just("--b\n"), Just("--b--\n"), Just("\n"),
            Just("Content-Type: message/rfc822\n"), Just("Content-Type: multipart/digest; boundary=c\n"), Just("--c\n"),
            Just("Content-Transfer-Encoding: base64\n"), Just("Content-Transfer-Encoding: quoted-printable\n"),
            Just("=?utf-8?b?w6k?= <"), Just("From: \"a\" <a@b.fr>\n"), Just("Content-Type: text/html\n"), Just("<p><b>é\n"),
            Just("filename*0*=utf-8''%E9; filename*1=\"x\n"), Just("aGVsbG8=\n"), Just("=E9=\n"), Just("> a écrit :\n"),
            Just("Content-Type: message/delivery-status\n"), Just("Status: 5.1.1\n"), Just("References: <a@b> <\n"),
        ], 0..40)
    ) {
        parse(pieces.concat().as_bytes());
        parse(pieces.concat().replace('\n', "\r\n").as_bytes());
    }

    #[test]
    fn a_plain_text_is_never_lost(text in "[ -~àéèù€]{1,300}") {
        let raw = format!("From: a@b.fr\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n");
        let shown = text::clean(&text);
        prop_assert_eq!(parse(raw.as_bytes()).full_text, shown.trim());
    }
}
