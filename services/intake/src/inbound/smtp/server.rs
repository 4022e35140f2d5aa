//! The sockets of the mail receiver.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use guichet_core::crash;
use guichet_rpc::BoxError;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::client::{Door, Header, read_header};
use super::data::{DataReceiver, End};
use super::reply::{self, Reply};
use super::session::{Desk, Policy, Session, Step};
use crate::app::App;
use crate::app::room::Place;

/// Sessions at a time: each may hold one message in memory.
const SESSIONS_MAX: usize = 64;
/// Octets of a command line: RFC 5321's 512 and what extensions add, SMTPUTF8 included.
const LINE_OCTETS_MAX: usize = 2_048;
/// Octets read at a time.
const READ_OCTETS: usize = 16 * 1_024;
/// Wait for a proxy's header, which comes with the connection or one lost packet later.
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);
/// Wait for a command (RFC 5321 §4.5.3.2.7).
const COMMAND_TIMEOUT: Duration = Duration::from_secs(300);
/// Wait for more of a message (RFC 5321 §4.5.3.2.5).
const DATA_TIMEOUT: Duration = Duration::from_secs(180);
/// The longest a whole message may take: 25 MB over a slow line.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(900);
/// Pause after a failure to accept (too many open files), so that it does not fill the log.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Serves until cancelled, then lets the messages under way end.
pub async fn serve(
    listener: Arc<TcpListener>,
    app: Arc<App>,
    door: Arc<Door>,
    policy: Policy,
    cancel: CancellationToken,
) -> Result<(), BoxError> {
    let places = Arc::new(Semaphore::new(SESSIONS_MAX));
    let mut sessions = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = cancel.cancelled() => break,
            Some(ended) = sessions.join_next(), if !sessions.is_empty() => {
                if let Err(error) = ended {
                    tracing::error!(%error, "smtp session ended badly");
                }
                continue;
            }
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok((stream, peer)) => (stream, peer.ip().to_canonical()),
            Err(error) => {
                tracing::warn!(%error, "smtp connection was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let (app, cancel) = (Arc::clone(&app), cancel.clone());
        let connection = Connection { stream, client: peer, app, pending: Vec::new(), cancel };
        let (places, policy, door) = (Arc::clone(&places), policy.clone(), Arc::clone(&door));
        sessions.spawn(async move {
            let Ok(_place) = places.try_acquire() else { return connection.turn_away().await };
            if let Err(error) = connection.enter(&door, policy).await {
                tracing::debug!(%error, "smtp connection was lost");
            }
        });
    }
    while sessions.join_next().await.is_some() {}
    Ok(())
}

/// What the session asks of the application.
struct AppDesk<'a> {
    app: &'a App,
    has_room: bool,
}

impl Desk for AppDesk<'_> {
    fn knows(&self, address: &str) -> Option<bool> {
        self.app.knows_mailbox(address)
    }

    fn has_room(&self) -> bool {
        self.has_room
    }
}

/// How a proxy's connection begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Proxy {
    /// With somebody's address.
    NamesClient,
    /// With a header that names nobody: it looks whether we live, and may.
    SpeaksForItself,
    /// With no header.
    SaysNothing,
    /// Not at all.
    Left,
}

/// What came of waiting for octets.
enum Read {
    Some,
    Closed,
    TimedOut,
    ShuttingDown,
}

struct Connection {
    stream: TcpStream,
    /// The address of who hands over mail.
    client: IpAddr,
    app: Arc<App>,
    /// Read and not yet used: commands may be sent several at a time.
    pending: Vec<u8>,
    cancel: CancellationToken,
}

impl Connection {
    async fn turn_away(mut self) {
        let reply = Reply::new(421, "4.3.2", "Trop de connexions, reessayez dans un moment");
        if let Err(error) = self.send(&reply).await {
            tracing::debug!(%error, "smtp connection was lost");
        }
    }

    /// Runs the session if its client may come in.
    async fn enter(mut self, door: &Door, policy: Policy) -> std::io::Result<()> {
        let proxy = if door.expects_header(self.client) {
            let read = timeout(HEADER_TIMEOUT, self.read_header()).await;
            match read.unwrap_or(Ok(Proxy::SaysNothing))? {
                Proxy::SaysNothing => {
                    tracing::warn!(
                        client.address = %self.client,
                        "a connection from a proxy of [intake.smtp] trusted_proxies did not begin with a PROXY header"
                    );
                    return self.send(&Reply::new(421, "4.3.5", "En-tete PROXY attendu, au revoir")).await;
                }
                Proxy::Left => return Ok(()),
                named => Some(named),
            }
        } else {
            None
        };
        if proxy != Some(Proxy::SpeaksForItself) && !door.accepts(self.client) {
            tracing::warn!(client.address = %self.client, "smtp client is not in [intake.smtp] accept_from");
            return self.send(&Reply::new(554, "5.7.1", "Ce serveur ne prend pas de courrier de votre adresse")).await;
        }
        self.run(policy).await
    }

    /// Reads whom the proxy names.
    async fn read_header(&mut self) -> std::io::Result<Proxy> {
        loop {
            match read_header(&self.pending) {
                Header::Whole { client, octets } => {
                    self.pending.drain(..octets);
                    let Some(client) = client else { return Ok(Proxy::SpeaksForItself) };
                    self.client = client.to_canonical();
                    return Ok(Proxy::NamesClient);
                }
                Header::Wrong => return Ok(Proxy::SaysNothing),
                Header::Unfinished => {}
            }
            match self.read(HEADER_TIMEOUT, true).await? {
                Read::Some => {}
                // A load balancer that only looks whether the port is open, or this process that stops.
                Read::Closed | Read::ShuttingDown => return Ok(Proxy::Left),
                Read::TimedOut => return Ok(Proxy::SaysNothing),
            }
        }
    }

    async fn run(mut self, policy: Policy) -> std::io::Result<()> {
        let octets_max = policy.octets_max;
        let mut session = Session::new(policy);
        self.send(&session.greeting()).await?;
        loop {
            let step = match self.next_line().await? {
                Line::Command(line) => {
                    let desk = AppDesk { app: &self.app, has_room: self.app.has_room().await };
                    session.command(&line, &desk)
                }
                Line::TooLong => session.line_too_long(),
                Line::End(None) => return Ok(()),
                Line::End(Some(reply)) => return self.send(&reply).await,
            };
            match step {
                Step::Reply(reply) => self.send(&reply).await?,
                Step::Close(reply) => {
                    self.send(&reply).await?;
                    return self.stream.shutdown().await;
                }
                Step::Data(reply) => {
                    self.send(&reply).await?;
                    let mut place = self.app.room.enter();
                    let Some(receiver) = self.read_message(octets_max, &mut place).await? else { return Ok(()) };
                    let envelope = session.take_envelope();
                    let reply = match receiver.end() {
                        End::TooBig => reply::too_big(octets_max as u64),
                        End::Crowded => reply::crowded(),
                        End::Message(message) => self.deliver(&envelope, message).await,
                    };
                    drop(place);
                    crash::point("intake.answering");
                    self.send(&reply).await?;
                    crash::point("intake.answered");
                }
            }
        }
    }

    /// Hands a message over; only what is committed is acknowledged.
    async fn deliver(&self, envelope: &crate::app::mail::Envelope, message: Vec<u8>) -> Reply {
        match self.app.receive_mail(envelope, message).await {
            Ok(_) => Reply::new(250, "2.0.0", "Message enregistre"),
            Err(error) => {
                let reply = reply::of_error(&error);
                tracing::warn!(
                    client.address = %self.client,
                    reply = reply.code,
                    error = &error as &dyn std::error::Error,
                    "mail was refused"
                );
                reply
            }
        }
    }

    async fn next_line(&mut self) -> std::io::Result<Line> {
        let mut too_long = false;
        loop {
            if let Some(end) = self.pending.iter().position(|octet| *octet == b'\n') {
                let line: Vec<u8> = self.pending.drain(..=end).collect();
                too_long |= line.len() > LINE_OCTETS_MAX;
                return Ok(if too_long { Line::TooLong } else { Line::Command(line) });
            }
            if self.pending.len() > LINE_OCTETS_MAX {
                self.pending.clear();
                too_long = true;
            }
            match self.read(COMMAND_TIMEOUT, true).await? {
                Read::Some => {}
                Read::Closed => return Ok(Line::End(None)),
                Read::TimedOut => {
                    return Ok(Line::End(Some(Reply::new(421, "4.4.2", "Trop longue attente, au revoir"))));
                }
                Read::ShuttingDown => {
                    return Ok(Line::End(Some(Reply::new(
                        421,
                        "4.3.2",
                        "Le guichet s'arrete, reessayez dans un moment",
                    ))));
                }
            }
        }
    }

    /// Reads a message to its end; `None` when its sender went away: nothing was taken.
    async fn read_message(&mut self, octets_max: usize, place: &mut Place) -> std::io::Result<Option<DataReceiver>> {
        let mut receiver = DataReceiver::new(octets_max);
        let whole = async {
            loop {
                let octets = std::mem::take(&mut self.pending);
                if !place.holds(receiver.held() + octets.len()) {
                    receiver.let_go();
                }
                // What is kept no more takes no room from others until its sender has said all of it.
                if receiver.is_lost() {
                    *place = self.app.room.enter();
                }
                if let Some(used) = receiver.ingest(&octets) {
                    self.pending = octets[used..].to_vec();
                    return Ok(true);
                }
                match self.read(DATA_TIMEOUT, false).await? {
                    Read::Some => {}
                    Read::Closed => return Ok(false),
                    Read::TimedOut | Read::ShuttingDown => {
                        self.send(&Reply::new(421, "4.4.2", "Message interrompu, au revoir")).await?;
                        return Ok(false);
                    }
                }
            }
        };
        let ended: std::io::Result<bool> = timeout(MESSAGE_TIMEOUT, whole).await.unwrap_or(Ok(false));
        Ok(ended?.then_some(receiver))
    }

    async fn read(&mut self, wait: Duration, stops: bool) -> std::io::Result<Read> {
        self.pending.reserve(READ_OCTETS);
        let read = tokio::select! {
            () = self.cancel.cancelled(), if stops => return Ok(Read::ShuttingDown),
            read = timeout(wait, self.stream.read_buf(&mut self.pending)) => read,
        };
        let Ok(read) = read else { return Ok(Read::TimedOut) };
        Ok(if read? == 0 { Read::Closed } else { Read::Some })
    }

    async fn send(&mut self, reply: &Reply) -> std::io::Result<()> {
        let sent = timeout(DATA_TIMEOUT, self.stream.write_all(reply.wire().as_bytes())).await;
        sent.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))
    }
}

/// What came where a command was expected.
enum Line {
    Command(Vec<u8>),
    TooLong,
    End(Option<Reply>),
}
