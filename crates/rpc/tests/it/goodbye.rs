//! A call that meets the end of its connection. What a server says nobody has begun to answer is asked elsewhere, commands included;
//! what may have been answered is not. The server's side is written by hand, frame by frame (RFC 9113), for a server of a library
//! leaves no call in this state on purpose.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use guichet_rpc::resolved;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;
use tonic::Code;

use crate::balance::{LONG, Name, Server, read};

/// Types of frames (RFC 9113 §6).
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
/// Codes of errors (RFC 9113 §7).
const NO_ERROR: u32 = 0;
const REFUSED_STREAM: u32 = 7;
/// Octets of a client's first words (RFC 9113 §3.4) and of the head of a frame (§4.1).
const PREFACE_OCTETS: usize = 24;
const HEAD_OCTETS: usize = 9;

/// What the first connection does with the first call.
#[derive(Clone, Copy)]
enum End {
    /// Says goodbye: no call was begun.
    Goodbye,
    /// Refuses the call, then says goodbye to the next one.
    Refusal,
    /// Goes without a word.
    Loss,
}

/// The first connection, by hand.
struct Line(TcpStream);

impl Line {
    async fn greet(mut stream: TcpStream) -> io::Result<Self> {
        stream.read_exact(&mut [0; PREFACE_OCTETS]).await?;
        let mut line = Self(stream);
        line.say(SETTINGS, 0, &[]).await?;
        Ok(line)
    }

    async fn say(&mut self, kind: u8, stream: u32, words: &[u32]) -> io::Result<()> {
        let length = u8::try_from(4 * words.len()).expect("a short frame");
        let mut frame = vec![0, 0, length, kind, 0];
        frame.extend(stream.to_be_bytes());
        frame.extend(words.iter().flat_map(|word| word.to_be_bytes()));
        self.0.write_all(&frame).await
    }

    /// Returns the number of the next call.
    async fn call(&mut self) -> io::Result<u32> {
        loop {
            let mut head = [0; HEAD_OCTETS];
            self.0.read_exact(&mut head).await?;
            let [_, a, b, kind, _, stream @ ..] = head;
            self.0.read_exact(&mut vec![0; usize::from(u16::from_be_bytes([a, b]))]).await?;
            if kind == HEADERS {
                return Ok(u32::from_be_bytes(stream));
            }
        }
    }

    async fn end(mut self, end: End) -> io::Result<()> {
        let call = self.call().await?;
        if let End::Refusal = end {
            self.say(RST_STREAM, call, &[REFUSED_STREAM]).await?;
            self.call().await?;
        }
        if let End::Goodbye | End::Refusal = end {
            self.say(GOAWAY, 0, &[0, NO_ERROR]).await?;
            // Until the other end has read it and hangs up.
            while self.0.read(&mut [0; 1_024]).await? > 0 {}
        }
        Ok(())
    }
}

/// A port whose first connection ends so; those that come after it lead to the server.
async fn port(end: End, server: SocketAddr, tasks: &TaskTracker) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let place = listener.local_addr().expect("an address");
    let connections = tasks.clone();
    tasks.spawn(async move {
        let (first, _) = listener.accept().await?;
        Line::greet(first).await?.end(end).await?;
        loop {
            let (mut inner, mut outer) = (TcpStream::connect(server).await?, listener.accept().await?.0);
            connections.spawn(async move { copy_bidirectional(&mut outer, &mut inner).await });
        }
        #[expect(unreachable_code, reason = "it says what the task returns")]
        io::Result::Ok(())
    });
    place
}

/// Returns the answers to two calls, and how many the server had seen after the first.
async fn ends(end: End) -> (Result<(), tonic::Status>, Result<(), tonic::Status>, usize) {
    let (server, tasks) = (Server::start(LONG), TaskTracker::new());
    let place = port(end, server.place, &tasks).await;
    let peer = resolved(Name(Arc::new(Mutex::new(vec![place]))));
    let first = read(&peer).await;
    let between = server.calls();
    (first, read(&peer).await, between)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_crosses_a_goodbye_or_is_refused_is_asked_again_and_answered_once() {
    for end in [End::Goodbye, End::Refusal] {
        let (first, second, calls) = ends(end).await;
        first.expect("asked on the next connection");
        assert_eq!(calls, 1);
        second.expect("as any other");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_whose_connection_is_lost_is_not_asked_again_by_itself() {
    let (first, second, calls) = ends(End::Loss).await;
    assert_eq!(first.expect_err("nobody knows whether it was answered").code(), Code::Unavailable);
    assert_eq!(calls, 0);
    second.expect("the next one finds a connection");
}
