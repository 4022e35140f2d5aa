//! Each way to spoil a link, seen from both ends.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use guichet_testkit::{TcpProxy, Way, wait_until};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::DEADLINE;

/// Long enough for an octet that comes through to be seen.
const MOMENT: Duration = Duration::from_millis(150);

struct Link {
    proxy: TcpProxy,
    listener: TcpListener,
}

impl Link {
    async fn sound() -> Self {
        let (listener, address) = server().await;
        Self { proxy: TcpProxy::start(address).await, listener }
    }

    async fn dial(&self) -> std::io::Result<TcpStream> {
        TcpStream::connect(("127.0.0.1", self.proxy.port())).await
    }

    async fn both_ends(&self) -> (TcpStream, TcpStream) {
        let client = self.dial().await.expect("the proxy accepts");
        let (server, _) = self.listener.accept().await.expect("and connects");
        (client, server)
    }
}

async fn server() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    (listener, address)
}

async fn say(stream: &mut TcpStream, word: &[u8; 4]) {
    stream.write_all(word).await.expect("the kernel takes it");
}

async fn hear(stream: &mut TcpStream) -> std::io::Result<[u8; 4]> {
    let mut word = [0; 4];
    timeout(DEADLINE, stream.read_exact(&mut word)).await.expect("something comes").map(|_| word)
}

async fn hears_nothing(stream: &mut TcpStream) -> bool {
    timeout(MOMENT, stream.read_u8()).await.is_err()
}

#[tokio::test]
async fn a_sound_link_carries_both_ways_and_the_end() {
    let link = Link::sound().await;
    let (mut client, mut server) = link.both_ends().await;
    say(&mut client, b"ping").await;
    assert_eq!(&hear(&mut server).await.expect("carried"), b"ping");
    client.shutdown().await.expect("one half ends");
    assert_eq!(server.read(&mut [0; 4]).await.expect("a polite end"), 0);
    say(&mut server, b"pong").await;
    assert_eq!(&hear(&mut client).await.expect("the other half goes on"), b"pong");
    assert_eq!((link.proxy.accepted(), link.proxy.open()), (1, 1));
    drop(server);
    wait_until(DEADLINE, async || link.proxy.open() == 0).await;
}

#[tokio::test]
async fn a_cut_link_keeps_connections_and_brings_what_waited_once_healed() {
    let link = Link::sound().await;
    let (mut client, mut server) = link.both_ends().await;
    link.proxy.cut(Way::Both);
    say(&mut client, b"wait").await;
    say(&mut server, b"too!").await;
    assert!(hears_nothing(&mut server).await && hears_nothing(&mut client).await);
    let mut newcomer = link.dial().await.expect("a partition refuses nobody");
    say(&mut newcomer, b"new!").await;
    assert!(timeout(MOMENT, link.listener.accept()).await.is_err(), "and brings nobody through");
    link.proxy.heal().await;
    assert_eq!(&hear(&mut server).await.expect("brought"), b"wait");
    assert_eq!(&hear(&mut client).await.expect("brought"), b"too!");
    let (mut accepted, _) = link.listener.accept().await.expect("the newcomer arrives");
    assert_eq!(&hear(&mut accepted).await.expect("brought"), b"new!");
}

#[tokio::test]
async fn one_way_is_cut_without_the_other() {
    let link = Link::sound().await;
    let (mut client, mut server) = link.both_ends().await;
    link.proxy.cut(Way::ToClient);
    say(&mut client, b"goes").await;
    assert_eq!(&hear(&mut server).await.expect("carried"), b"goes");
    say(&mut server, b"lost").await;
    assert!(hears_nothing(&mut client).await);
    link.proxy.heal().await;
    assert_eq!(&hear(&mut client).await.expect("brought"), b"lost");
    link.proxy.cut(Way::ToServer);
    say(&mut server, b"back").await;
    assert_eq!(&hear(&mut client).await.expect("carried"), b"back");
    say(&mut client, b"hold").await;
    assert!(hears_nothing(&mut server).await);
}

#[tokio::test]
async fn a_link_that_refuses_keeps_what_is_open() {
    let link = Link::sound().await;
    let (mut client, mut server) = link.both_ends().await;
    link.proxy.refuse().await;
    assert_eq!(link.dial().await.expect_err("refused").kind(), ErrorKind::ConnectionRefused);
    say(&mut client, b"stay").await;
    assert_eq!(&hear(&mut server).await.expect("carried"), b"stay");
    link.proxy.heal().await;
    let (mut client, mut server) = link.both_ends().await;
    say(&mut client, b"back").await;
    assert_eq!(&hear(&mut server).await.expect("carried"), b"back");
}

#[tokio::test]
async fn a_reset_breaks_what_is_open_at_both_ends_and_nothing_later() {
    let link = Link::sound().await;
    let (mut client, mut server) = link.both_ends().await;
    // Once an octet has come through, the proxy holds both ends.
    say(&mut client, b"one.").await;
    assert_eq!(&hear(&mut server).await.expect("carried"), b"one.");
    link.proxy.reset();
    for end in [&mut client, &mut server] {
        assert_eq!(hear(end).await.expect_err("broken").kind(), ErrorKind::ConnectionReset);
    }
    let (mut client, mut server) = link.both_ends().await;
    say(&mut client, b"anew").await;
    assert_eq!(&hear(&mut server).await.expect("carried"), b"anew");
}

#[tokio::test]
async fn a_slow_link_brings_everything_later_and_in_order() {
    /// Far above what loopback takes.
    const LATENCY: Duration = Duration::from_millis(300);
    let link = Link::sound().await;
    let (mut client, mut server) = link.both_ends().await;
    link.proxy.slow_down(LATENCY);
    let said_at = Instant::now();
    say(&mut client, b"one.").await;
    say(&mut client, b"two.").await;
    assert_eq!(&hear(&mut server).await.expect("carried"), b"one.");
    assert!(said_at.elapsed() >= LATENCY, "after {:?}", said_at.elapsed());
    assert_eq!(&hear(&mut server).await.expect("carried"), b"two.");
    assert!(said_at.elapsed() < 2 * LATENCY, "both were on their way together: {:?}", said_at.elapsed());
}

#[tokio::test]
async fn new_connections_go_to_the_server_the_link_points_to() {
    let link = Link::sound().await;
    let (mut client, mut before) = link.both_ends().await;
    let (listener, address) = server().await;
    link.proxy.point_to(address);
    let mut newcomer = link.dial().await.expect("the proxy accepts");
    let (mut after, _) = listener.accept().await.expect("the other server");
    say(&mut newcomer, b"next").await;
    assert_eq!(&hear(&mut after).await.expect("carried"), b"next");
    say(&mut client, b"last").await;
    assert_eq!(&hear(&mut before).await.expect("open ones stay"), b"last");
}

#[tokio::test]
async fn a_server_that_is_not_there_breaks_the_connection() {
    let (listener, address) = server().await;
    drop(listener);
    let proxy = TcpProxy::start(address).await;
    let mut client = TcpStream::connect(("127.0.0.1", proxy.port())).await.expect("the proxy accepts");
    assert!(hear(&mut client).await.is_err());
}
