//! The end of a message: CR LF `.` CR LF and nothing else. Servers that also end it at a bare LF let a message smuggle
//! another one inside (CVE-2023-51764 and its kin).

/// Collects a message until its end; past the limit it goes on reading and keeps nothing.
#[derive(Debug)]
pub struct DataReceiver {
    state: State,
    message: Vec<u8>,
    octets_max: usize,
    lost: Option<Lost>,
}

/// Why nothing more is kept.
#[derive(Clone, Copy, Debug)]
enum Lost {
    TooBig,
    Crowded,
}

/// What came of a message.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// All of it.
    Message(Vec<u8>),
    /// It was over the limit.
    TooBig,
    /// It was let go.
    Crowded,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// After CR LF, or at the very beginning.
    LineStart,
    /// After CR LF `.`.
    Dot,
    /// After CR LF `.` CR.
    DotCr,
    /// Inside a line.
    Text,
    /// After CR.
    Cr,
}

impl DataReceiver {
    /// Returns a receiver of a message of at most `octets_max` octets.
    pub const fn new(octets_max: usize) -> Self {
        Self { state: State::LineStart, message: Vec::new(), octets_max, lost: None }
    }

    /// Takes octets; returns how many belong to this message once its end is among them.
    pub fn ingest(&mut self, octets: &[u8]) -> Option<usize> {
        let mut at = 0;
        while at < octets.len() {
            if self.state == State::Text {
                let run = octets[at..].iter().position(|octet| *octet == b'\r').unwrap_or(octets.len() - at);
                self.keep(&octets[at..at + run]);
                at += run;
                if at == octets.len() {
                    break;
                }
            }
            let octet = octets[at];
            at += 1;
            self.state = match (self.state, octet) {
                (State::LineStart, b'.') => State::Dot,
                (State::Dot, b'\r') => State::DotCr,
                (State::DotCr, b'\n') => return Some(at),
                (State::DotCr, octet) => {
                    self.keep(b"\r");
                    self.keep(&[octet]);
                    if octet == b'\r' { State::Cr } else { State::Text }
                }
                (State::Cr, b'\n') => {
                    self.keep(b"\n");
                    State::LineStart
                }
                (_, b'\r') => {
                    self.keep(b"\r");
                    State::Cr
                }
                // A line that begins with a dot had one more on the way (RFC 5321 §4.5.2): that one was not kept.
                (_, octet) => {
                    self.keep(&[octet]);
                    State::Text
                }
            };
        }
        None
    }

    /// Returns the octets kept.
    pub const fn held(&self) -> usize {
        self.message.len()
    }

    /// Returns whether nothing is kept of the message.
    pub const fn is_lost(&self) -> bool {
        self.lost.is_some()
    }

    /// Keeps nothing of the message, for want of memory.
    pub fn let_go(&mut self) {
        self.lose(Lost::Crowded);
    }

    /// Returns what came of the message.
    pub fn end(self) -> End {
        match self.lost {
            None => End::Message(self.message),
            Some(Lost::TooBig) => End::TooBig,
            Some(Lost::Crowded) => End::Crowded,
        }
    }

    fn keep(&mut self, octets: &[u8]) {
        if self.message.len() + octets.len() > self.octets_max {
            self.lose(Lost::TooBig);
        }
        if self.lost.is_none() {
            self.message.extend_from_slice(octets);
        }
    }

    fn lose(&mut self, why: Lost) {
        self.lost.get_or_insert(why);
        self.message = Vec::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Feeds octets in pieces of `size`; returns the message and what follows it.
    fn receive(octets: &[u8], size: usize) -> Option<(Vec<u8>, usize)> {
        let mut receiver = DataReceiver::new(1_000);
        let mut passed = 0;
        for piece in octets.chunks(size) {
            if let Some(used) = receiver.ingest(piece) {
                let End::Message(message) = receiver.end() else { return None };
                return Some((message, passed + used));
            }
            passed += piece.len();
        }
        None
    }

    #[test]
    fn the_end_is_found_and_what_follows_is_left() {
        assert_eq!(receive(b"Bonjour\r\n.\r\nQUIT\r\n", 100), Some((b"Bonjour\r\n".to_vec(), 12)));
        assert_eq!(receive(b".\r\n", 1), Some((Vec::new(), 3)), "an empty message");
        assert_eq!(receive(b"..deux\r\n...\r\n.\r\n", 100), Some((b".deux\r\n..\r\n".to_vec(), 16)));
    }

    #[test]
    fn no_other_line_end_ends_a_message() {
        for smuggled in ["\n.\n", "\n.\r\n", "\r.\r", "\r\n.\n", "\r.\r\n", "\r\n.\r\r\n", "\r\n.\0\r\n", "\r\n.\rQ"] {
            let wire = format!("un{smuggled}MAIL FROM:<x@y>\r\n.\r\n");
            let (message, used) = receive(wire.as_bytes(), 1).expect("the real end");
            assert_eq!(used, wire.len(), "{smuggled:?}");
            assert!(message.windows(4).any(|window| window == b"MAIL"), "{smuggled:?}");
        }
    }

    #[test]
    fn past_the_limit_everything_is_read_and_nothing_kept() {
        let mut receiver = DataReceiver::new(5);
        assert_eq!(receiver.ingest(b"123456\r\n.\r\n"), Some(11));
        assert_eq!(receiver.end(), End::TooBig);
    }

    proptest! {
        #[test]
        fn whatever_is_stuffed_by_a_sender_comes_out_the_same(
            lines in proptest::collection::vec("[.a\\n]{0,4}\r?[.a]{0,3}", 0..8), size in 1..9_usize
        ) {
            let message: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
            let stuffed = format!("\r\n{message}").replace("\r\n.", "\r\n..")[2..].to_owned();
            let (received, used) = receive(format!("{stuffed}.\r\nNOOP\r\n").as_bytes(), size).expect("an end");
            prop_assert_eq!(String::from_utf8(received).expect("UTF-8"), message);
            prop_assert_eq!(used, stuffed.len() + 3);
        }
    }
}
