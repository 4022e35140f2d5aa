//! E-mail over SMTP to a committed request.

use std::time::Instant;

use guichet_testkit::wait_until;
use guichet_tests::{Guichet, PATIENCE};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::cpu::used_ms;

/// Sessions at once, as a busy relay opens.
const SESSIONS: usize = 8;

/// What mail costs.
#[derive(serde::Serialize)]
pub(crate) struct Figures {
    pub(crate) mails: usize,
    pub(crate) mails_per_second: f64,
    pub(crate) intake_cpu_ms_per_mail: f64,
    pub(crate) all_cpu_ms_per_mail: f64,
}

/// Sends mails and measures until each is a request whose receipt has left.
pub(crate) async fn measure(guichet: &Guichet, mails: usize) -> Figures {
    let cpu = |name: Option<&str>| -> f64 {
        let of = guichet.processes.iter().filter(|(process, _)| name.is_none_or(|name| name == process));
        of.filter_map(|(_, process)| process.id()).map(used_ms).sum()
    };
    let (intake_before, all_before, started) = (cpu(Some("intake")), cpu(None), Instant::now());
    let sessions = (0..SESSIONS).map(|session| send(guichet.smtp_port, session, mails / SESSIONS));
    futures::future::join_all(sessions).await;
    let (took, mails) = (started.elapsed(), mails / SESSIONS * SESSIONS);
    let intake_cpu_ms_per_mail = (cpu(Some("intake")) - intake_before) / mails as f64;
    wait_until(PATIENCE * 4, || async {
        let status = guichet.get("/status").await;
        let accepted = status["deliveries"]["accepted"].as_u64().unwrap_or_default();
        accepted >= mails as u64
    })
    .await;
    Figures {
        mails,
        mails_per_second: mails as f64 / took.as_secs_f64(),
        intake_cpu_ms_per_mail,
        all_cpu_ms_per_mail: (cpu(None) - all_before) / mails as f64,
    }
}

async fn send(port: u16, session: usize, mails: usize) {
    let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("the desk listens");
    stream.set_nodelay(true).expect("a TCP socket");
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut expect = async |code: &str| loop {
        let line = lines.next_line().await.expect("reads").expect("the session is open");
        if line.as_bytes().get(3) != Some(&b'-') {
            assert!(line.starts_with(code), "expected {code}, got {line}");
            return;
        }
    };
    expect("220").await;
    write.write_all(b"EHLO relais.example\r\n").await.expect("sends");
    expect("250").await;
    for mail in 0..mails {
        let envelope =
            format!("MAIL FROM:<u{session}-{mail}@citoyen.example>\r\nRCPT TO:<guichet@valorme.example>\r\nDATA\r\n");
        write.write_all(envelope.as_bytes()).await.expect("sends");
        for code in ["250", "250", "354"] {
            expect(code).await;
        }
        write.write_all(message(session, mail).as_bytes()).await.expect("sends");
        expect("250").await;
    }
}

/// A multipart French message as a mail program writes it, with a small file.
fn message(session: usize, mail: usize) -> String {
    let file = "JVBERi0xLjcKJcOkw7zDtsOfCjIgMCBvYmoKPDwvTGVuZ3RoIDMgMCBSPj4K".repeat(200);
    let lines: Vec<&str> = file.as_bytes().chunks(76).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!(
        "From: Usager <u{session}-{mail}@citoyen.example>\r\nTo: guichet@valorme.example\r\n\
         Subject: =?utf-8?q?Lampadaire_en_panne_=C3=A0_l=27angle?= {session}-{mail}\r\n\
         Date: Mon, 23 Nov 2026 09:12:00 +0100\r\nMessage-ID: <{session}.{mail}@bench.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\nBonjour,\r\n\r\nLe lampadaire est éteint depuis trois jours rue Hoche.\r\n\r\n\
         --b\r\nContent-Type: application/pdf; name=\"photo.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=\"photo.pdf\"\r\n\r\n{}\r\n--b--\r\n.\r\n",
        lines.join("\r\n")
    )
}
