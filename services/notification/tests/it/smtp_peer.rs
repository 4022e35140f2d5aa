//! A relay of one conversation at a time, that fails where it is told to.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

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
    pub(crate) hello: String,
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

/// Starts a relay that takes every mail, encrypted from the first octet.
pub(crate) fn start_encrypted(config: Arc<ServerConfig>) -> (u16, Receiver<Taken>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = ServerConnection::new(Arc::clone(&config)).expect("a connection");
            converse(StreamOwned::new(connection, stream), Behaviour::Accepts, &sender).ok();
        }
    });
    (port, receiver)
}

/// One end of a conversation, line by line.
struct Lines<S>(BufReader<S>);

impl<S: Read + Write> Lines<S> {
    fn say(&mut self, line: &str) -> io::Result<()> {
        self.0.get_mut().write_all(format!("{line}\r\n").as_bytes())?;
        self.0.get_mut().flush()
    }

    fn hear(&mut self) -> io::Result<Option<String>> {
        let mut line = String::new();
        let length = self.0.read_line(&mut line)?;
        Ok((length > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
    }
}

fn converse(stream: impl Read + Write, behaviour: Behaviour, taken: &Sender<Taken>) -> io::Result<()> {
    let mut lines = Lines(BufReader::new(stream));
    if behaviour == Behaviour::RefusesSessions {
        return lines.say("554 5.7.1 not you");
    }
    lines.say("220 relay.example ESMTP")?;
    let (mut hello, mut mail) = (String::new(), Taken::default());
    while let Some(line) = lines.hear()? {
        let command = line.to_ascii_uppercase();
        if command.starts_with("EHLO ") {
            hello = line["EHLO ".len()..].to_owned();
            lines.say("250-relay.example\r\n250 8BITMIME")?;
        } else if command.starts_with("MAIL FROM:") {
            let from = line["MAIL FROM:".len()..].to_owned();
            mail = Taken { hello: hello.clone(), from, ..Taken::default() };
            lines.say("250 2.1.0 ok")?;
        } else if command.starts_with("RCPT TO:") {
            mail.to = line["RCPT TO:".len()..].to_owned();
            match behaviour {
                Behaviour::Greylists => lines.say("451 4.7.1 come back in five minutes")?,
                Behaviour::RefusesRecipients => lines.say("550 5.1.1 no such user")?,
                Behaviour::CutsAtRcpt => return Ok(()),
                _ => lines.say("250 2.1.5 ok")?,
            }
        } else if command == "DATA" {
            lines.say("354 go on")?;
            while let Some(line) = lines.hear()?.filter(|line| line != ".") {
                mail.data.push_str(&line);
                mail.data.push('\n');
            }
            taken.send(std::mem::take(&mut mail)).ok();
            match behaviour {
                Behaviour::CutsAfterTheLastDot => return Ok(()),
                Behaviour::DefersMessages => lines.say("451 4.3.0 later")?,
                Behaviour::RefusesMessages => lines.say("554 5.6.0 no")?,
                _ => lines.say("250 2.0.0 queued")?,
            }
        } else if command == "QUIT" {
            return lines.say("221 2.0.0 bye");
        } else {
            lines.say("250 2.0.0 ok")?;
        }
    }
    Ok(())
}
