//! A relay of one conversation at a time, that fails where it is told to.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};

/// Where the relay fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behaviour {
    Accepts,
    /// 554 instead of a greeting.
    RefusesSessions,
    /// 535 at sign-in would be the same; 451 at RCPT is greylisting.
    Greylists,
    /// 550 at RCPT.
    RefusesRecipients,
    /// 451 after the last dot.
    DefersMessages,
    /// 554 after the last dot.
    RefusesMessages,
    /// Closes after the last dot, before its answer.
    CutsAfterTheLastDot,
    /// Closes in the middle of the envelope.
    CutsAtRcpt,
}

/// What the relay was told in one mail.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) data: String,
}

/// Starts a relay; returns its port and the mails it took to the last dot.
pub(crate) fn start(behaviour: Behaviour) -> (u16, Receiver<Taken>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A conversation that ends early is what is being tested.
            converse(stream, behaviour, &sender).ok();
        }
    });
    (port, receiver)
}

fn converse(stream: TcpStream, behaviour: Behaviour, taken: &Sender<Taken>) -> std::io::Result<()> {
    let mut writer = stream.try_clone()?;
    let mut say = |line: &str| writer.write_all(format!("{line}\r\n").as_bytes());
    if behaviour == Behaviour::RefusesSessions {
        return say("554 5.7.1 not you");
    }
    say("220 relay.example ESMTP")?;
    let mut mail = Taken::default();
    let mut lines = BufReader::new(stream).lines();
    while let Some(line) = lines.next().transpose()? {
        let command = line.to_ascii_uppercase();
        if command.starts_with("EHLO") {
            say("250-relay.example\r\n250 8BITMIME")?;
        } else if command.starts_with("MAIL FROM:") {
            mail = Taken { from: line["MAIL FROM:".len()..].to_owned(), ..Taken::default() };
            say("250 2.1.0 ok")?;
        } else if command.starts_with("RCPT TO:") {
            mail.to = line["RCPT TO:".len()..].to_owned();
            match behaviour {
                Behaviour::Greylists => say("451 4.7.1 come back in five minutes")?,
                Behaviour::RefusesRecipients => say("550 5.1.1 no such user")?,
                Behaviour::CutsAtRcpt => return Ok(()),
                _ => say("250 2.1.5 ok")?,
            }
        } else if command == "DATA" {
            say("354 go on")?;
            for line in lines.by_ref() {
                let line = line?;
                if line == "." {
                    break;
                }
                mail.data.push_str(&line);
                mail.data.push('\n');
            }
            taken.send(std::mem::take(&mut mail)).ok();
            match behaviour {
                Behaviour::CutsAfterTheLastDot => return Ok(()),
                Behaviour::DefersMessages => say("451 4.3.0 later")?,
                Behaviour::RefusesMessages => say("554 5.6.0 no")?,
                _ => say("250 2.0.0 queued")?,
            }
        } else if command == "QUIT" {
            return say("221 2.0.0 bye");
        } else {
            say("250 2.0.0 ok")?;
        }
    }
    Ok(())
}
