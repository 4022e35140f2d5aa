//! A link that a test may spoil: a TCP proxy on loopback between a client and its server.
//!
//! A cut is a partition as a network makes it: connections stay, new ones are accepted, and no octet comes through until
//! the link is [healed](TcpProxy::heal), when what was on its way arrives. One way may be cut without the other. What a
//! client sees of a server that is not there, or that dies, are [`TcpProxy::refuse`] and [`TcpProxy::reset`].

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::free_port;

/// Octets read at once.
const CHUNK_OCTETS: usize = 16 * 1024;
/// Chunks on their way in one direction of a slow link: past it the sender waits, as it does for a full pipe.
const CHUNKS_ON_THE_WAY: usize = 256;
/// Time between two attempts at a port that does not come free at once.
const LISTEN_STEP: Duration = Duration::from_millis(10);

/// A direction in which octets travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the client to its server.
    ToServer,
    /// From the server to its client.
    ToClient,
    /// Both.
    Both,
}

/// What the link is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    server: SocketAddr,
    is_cut_to_server: bool,
    is_cut_to_client: bool,
    refuses: bool,
    latency: Duration,
    resets: u64,
}

impl State {
    const fn sound(server: SocketAddr, resets: u64) -> Self {
        Self {
            server,
            is_cut_to_server: false,
            is_cut_to_client: false,
            refuses: false,
            latency: Duration::ZERO,
            resets,
        }
    }

    const fn lets_through(&self, way: Way) -> bool {
        match way {
            Way::ToServer => !self.is_cut_to_server,
            Way::ToClient => !self.is_cut_to_client,
            Way::Both => !self.is_cut_to_server && !self.is_cut_to_client,
        }
    }
}

/// What the link has seen.
#[derive(Debug, Default)]
struct Counts {
    accepted: AtomicU64,
    open: AtomicU64,
}

/// A proxy, sound until a test spoils it; dropped, it closes every connection.
#[derive(Debug)]
pub struct TcpProxy {
    port: u16,
    state: watch::Sender<State>,
    listens: watch::Receiver<bool>,
    counts: Arc<Counts>,
    _tasks: JoinSet<()>,
}

impl TcpProxy {
    /// Listens on a free loopback port and forwards to `server`.
    ///
    /// # Panics
    /// When the port cannot be listened on.
    pub async fn start(server: SocketAddr) -> Self {
        let (state, seen) = watch::channel(State::sound(server, 0));
        let (tell, listens) = watch::channel(false);
        let (port, counts) = (free_port(), Arc::<Counts>::default());
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(port, seen, tell, Arc::clone(&counts)));
        let proxy = Self { port, state, listens, counts, _tasks: tasks };
        proxy.until_it_listens(true).await;
        proxy
    }

    /// Returns the port clients connect to.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Lets nothing through any more; connections stay.
    pub fn cut(&self, way: Way) {
        self.change(|state| {
            state.is_cut_to_server |= way != Way::ToClient;
            state.is_cut_to_client |= way != Way::ToServer;
        });
    }

    /// Refuses new connections, as a machine does on which nobody listens; open ones stay.
    ///
    /// # Panics
    /// When the proxy has ended.
    pub async fn refuse(&self) {
        self.change(|state| state.refuses = true);
        self.until_it_listens(false).await;
    }

    /// Breaks every open connection, as a machine does that lost its memory of them.
    pub fn reset(&self) {
        self.change(|state| state.resets += 1);
    }

    /// Makes every octet arrive this much later.
    pub fn slow_down(&self, latency: Duration) {
        self.change(|state| state.latency = latency);
    }

    /// Sends new connections to another server; open ones stay.
    pub fn point_to(&self, server: SocketAddr) {
        self.change(|state| state.server = server);
    }

    /// Makes the link sound again.
    ///
    /// # Panics
    /// When the port cannot be listened on again.
    pub async fn heal(&self) {
        self.change(|state| *state = State::sound(state.server, state.resets));
        self.until_it_listens(true).await;
    }

    /// Returns how many connections were accepted so far.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.counts.accepted.load(Ordering::Relaxed)
    }

    /// Returns how many connections are open.
    #[must_use]
    pub fn open(&self) -> u64 {
        self.counts.open.load(Ordering::Relaxed)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        self.state.send_modify(change);
    }

    async fn until_it_listens(&self, wanted: bool) {
        let mut listens = self.listens.clone();
        listens.wait_for(|listens| *listens == wanted).await.expect("the proxy lives as long as its value");
    }
}

async fn accept(port: u16, state: watch::Receiver<State>, listens: watch::Sender<bool>, counts: Arc<Counts>) {
    let mut connections = JoinSet::new();
    let mut seen = state.clone();
    loop {
        if seen.wait_for(|state| !state.refuses).await.is_err() {
            return;
        }
        let listener = listen(port).await;
        listens.send_replace(true);
        loop {
            tokio::select! {
                refuses = seen.wait_for(|state| state.refuses) => match refuses {
                    Ok(_) => break,
                    Err(_) => return,
                },
                accepted = listener.accept() => {
                    if let Ok((client, _)) = accepted {
                        counts.accepted.fetch_add(1, Ordering::Relaxed);
                        connections.spawn(carry(client, state.clone(), Open::of(&counts)));
                    }
                }
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
            }
        }
        drop(listener);
        listens.send_replace(false);
    }
}

/// Takes the port, which nobody else may have since it was handed out.
async fn listen(port: u16) -> TcpListener {
    loop {
        match TcpListener::bind(("127.0.0.1", port)).await {
            Ok(listener) => return listener,
            Err(_) => tokio::time::sleep(LISTEN_STEP).await,
        }
    }
}

/// Counts a connection for as long as it is there.
struct Open(Arc<Counts>);

impl Open {
    fn of(counts: &Arc<Counts>) -> Self {
        counts.open.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(counts))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn carry(mut client: TcpStream, mut state: watch::Receiver<State>, _open: Open) {
    let resets = state.borrow().resets;
    let mut reset = state.clone();
    let mut server = None;
    let broken = {
        let carried = async {
            // The first packet of a connection does not get through a cut either.
            let place =
                state.wait_for(|state| state.lets_through(Way::ToServer)).await.map_err(io::Error::other)?.server;
            let server = server.insert(TcpStream::connect(place).await?);
            server.set_nodelay(true)?;
            client.set_nodelay(true)?;
            let (from_client, to_client) = client.split();
            let (from_server, to_server) = server.split();
            tokio::try_join!(
                pump(from_client, to_server, Way::ToServer, state.clone()),
                pump(from_server, to_client, Way::ToClient, state.clone()),
            )
        };
        tokio::select! {
            _ = reset.wait_for(|state| state.resets != resets) => true,
            carried = carried => carried.is_err(),
        }
    };
    if broken {
        for stream in [Some(client), server].into_iter().flatten() {
            // A connection that has ended already needs no reset.
            let _ended = stream.set_zero_linger();
        }
    }
}

/// Carries one direction of a connection until it ends.
async fn pump(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    way: Way,
    mut state: watch::Receiver<State>,
) -> io::Result<()> {
    let (send, mut on_the_way) = mpsc::channel::<(Instant, Vec<u8>)>(CHUNKS_ON_THE_WAY);
    let mut at_the_end = state.clone();
    let take = async move {
        let mut chunk = vec![0; CHUNK_OCTETS];
        loop {
            state.wait_for(|state| state.lets_through(way)).await.map_err(io::Error::other)?;
            let read = tokio::select! {
                read = from.read(&mut chunk) => read?,
                changed = state.changed() => {
                    changed.map_err(io::Error::other)?;
                    continue;
                }
            };
            let arrives_at = Instant::now() + state.borrow().latency;
            if read == 0 || send.send((arrives_at, chunk[..read].to_vec())).await.is_err() {
                return Ok(());
            }
        }
    };
    let bring = async move {
        while let Some((arrives_at, chunk)) = on_the_way.recv().await {
            sleep_until(arrives_at).await;
            at_the_end.wait_for(|state| state.lets_through(way)).await.map_err(io::Error::other)?;
            to.write_all(&chunk).await?;
        }
        to.shutdown().await
    };
    tokio::try_join!(take, bring).map(|((), ())| ())
}
