//! The transport on both sides of the choice: through a pipe in this process and over TCP, the same calls behave alike.

mod balance;
mod goodbye;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use guichet_bus::{Batch, EventSource, Watch};
use guichet_core::ErrorKind;
use guichet_core::id::{AuthorityId, EventId, ServiceRequestId};
use guichet_core::{SystemClock, SystemRng, Timestamp};
use guichet_events::{Envelope, Position, producer};
use guichet_proto::common::v1::ReadEventsRequest;
use guichet_proto::common::v1::events_client::EventsClient;
use guichet_rpc::events::{Logs, RemoteLog};
use guichet_rpc::server::Door;
use guichet_rpc::status::Problem;
use guichet_rpc::{InProcess, Peer, Peers, call, remote, server};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::Code;

/// A log with three events; reading as `slow` takes longer than any deadline of the tests.
#[derive(Debug)]
struct ToyLog;

impl EventSource for ToyLog {
    fn read<'a>(&'a self, consumer: &'a str, after: Position, limit: u32) -> BoxFuture<'a, guichet_bus::Result<Batch>> {
        async move {
            if consumer == "slow" {
                std::future::pending::<()>().await;
            }
            let events = (after.seq + 1..=3).take(limit as usize).map(event).collect();
            Ok(Batch { events, head: Position { generation: 7, seq: 3 } })
        }
        .boxed()
    }

    fn watch(&self) -> BoxFuture<'_, guichet_bus::Result<Watch>> {
        // Two events, then nothing more, without an end.
        let events = stream::iter((4..=5).map(event).map(Ok)).chain(stream::pending());
        async move { Ok(events.boxed()) }.boxed()
    }
}

fn event(seq: i64) -> Envelope {
    Envelope {
        id: EventId::from(ServiceRequestId::new(&SystemClock, &SystemRng).uuid()),
        position: Position { generation: 7, seq },
        name: "toy.told".to_owned(),
        version: 1,
        authority_id: AuthorityId::of_code("valorme"),
        request_id: None,
        occurred_at: Timestamp::from_millis(5),
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        data: "{}".to_owned(),
    }
}

/// A running server and a way to it.
struct Fixture {
    peer: Peer,
    cancel: CancellationToken,
    tasks: TaskTracker,
}

impl Fixture {
    fn serve(peer: Peer, listener: Option<TcpListener>, in_process: InProcess) -> Self {
        let (cancel, tasks) = (CancellationToken::new(), TaskTracker::new());
        let mut logs = Logs::new(cancel.clone());
        logs.insert(producer::INTAKE, Arc::new(ToyLog));
        let routes = server::with_reflection(tonic::service::Routes::new(logs.into_server()));
        let stop = cancel.clone();
        let door = listener.map(|listener| Door::new(listener, &SystemRng));
        tasks.spawn(async move { server::serve(routes, door, in_process, stop).await.expect("serves") });
        Self { peer, cancel, tasks }
    }

    async fn pipe() -> Self {
        let in_process = InProcess::default();
        Self::serve(in_process.peer(), None, in_process)
    }

    async fn tcp() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        Self::serve(remote(&address, None).expect("an address"), Some(listener), InProcess::default())
    }

    fn log(&self) -> RemoteLog {
        let peer = &self.peer;
        let peers =
            Peers { intake: peer.clone(), routing: peer.clone(), notification: peer.clone(), knowledge: peer.clone() };
        RemoteLog::new(&peers, producer::INTAKE)
    }
}

macro_rules! on_both {
    ($($name:ident,)+) => {
        mod pipe { $(#[tokio::test] async fn $name() { super::$name(super::Fixture::pipe().await).await; })+ }
        mod tcp { $(#[tokio::test] async fn $name() { super::$name(super::Fixture::tcp().await).await; })+ }
    };
}

on_both! {
    events_arrive_as_they_were_told,
    who_watches_is_told_at_once_until_the_server_stops,
    an_unknown_log_is_not_found_with_its_code,
    a_deadline_is_kept_by_the_server,
    calls_at_once_share_the_way,
    calls_under_way_end_before_the_server_does,
}

async fn events_arrive_as_they_were_told(f: Fixture) {
    let batch = f.log().read("routing", Position { generation: 7, seq: 1 }, 10).await.expect("reads");
    assert_eq!(batch.head, Position { generation: 7, seq: 3 });
    let seqs: Vec<i64> = batch.events.iter().map(|event| event.position.seq).collect();
    assert_eq!((seqs, batch.events[0].traceparent.clone()), (vec![2, 3], event(2).traceparent));
}

async fn who_watches_is_told_at_once_until_the_server_stops(f: Fixture) {
    let mut events = f.log().watch().await.expect("watches");
    for seq in [4, 5] {
        let told = events.next().await.expect("not the end").expect("an event");
        assert_eq!(told, event_like(&told, seq));
    }
    f.cancel.cancel();
    f.tasks.close();
    let ended = tokio::time::timeout(Duration::from_secs(10), f.tasks.wait()).await;
    assert!(ended.is_ok(), "nobody who watches keeps the server from stopping");
}

/// Returns the toy's event at a place, with the id it was given.
fn event_like(told: &Envelope, seq: i64) -> Envelope {
    Envelope { id: told.id, ..event(seq) }
}

async fn an_unknown_log_is_not_found_with_its_code(f: Fixture) {
    let request = ReadEventsRequest { producer: "nobody".to_owned(), ..ReadEventsRequest::default() };
    let status = EventsClient::new(f.peer.clone()).read(call::read(request)).await.expect_err("no such log");
    let problem = Problem::from(&status);
    assert_eq!((problem.kind, problem.code.as_str()), (ErrorKind::NotFound, "GU-RPC-003"));
}

async fn a_deadline_is_kept_by_the_server(f: Fixture) {
    let request = ReadEventsRequest {
        producer: producer::INTAKE.to_owned(),
        consumer: "slow".to_owned(),
        ..ReadEventsRequest::default()
    };
    let call = call::with_deadline(request, Duration::from_millis(200));
    let status = EventsClient::new(f.peer.clone()).read(call).await.expect_err("too slow");
    assert!(matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled), "{status:?}");
    assert_eq!(Problem::from(&status).kind, ErrorKind::Unavailable);
}

async fn calls_at_once_share_the_way(f: Fixture) {
    let log = f.log();
    let reads = (0..64).map(|_| log.read("routing", Position::default(), 10));
    for batch in futures::future::join_all(reads).await {
        assert_eq!(batch.expect("reads").events.len(), 3);
    }
}

async fn calls_under_way_end_before_the_server_does(f: Fixture) {
    f.log().read("routing", Position::default(), 1).await.expect("the connection is up");
    f.cancel.cancel();
    f.tasks.close();
    let ended = tokio::time::timeout(Duration::from_secs(10), f.tasks.wait()).await;
    assert!(ended.is_ok(), "a server told to stop stops");
}

#[tokio::test]
async fn each_call_is_measured_by_its_method_and_its_end() {
    let f = Fixture::pipe().await;
    f.log().read("routing", Position::default(), 1).await.expect("reads");
    let nobody = ReadEventsRequest { producer: "measured".to_owned(), ..ReadEventsRequest::default() };
    EventsClient::new(f.peer.clone()).read(call::read(nobody)).await.expect_err("no such log");
    let told = |status: &str| {
        guichet_telemetry::prometheus_text().lines().any(|line| {
            line.starts_with("rpc_server_call_duration_seconds_count{")
                && line.contains(r#"rpc_method="guichet.common.v1.Events/Read""#)
                && line.contains(&format!(r#"rpc_response_status_code="{status}""#))
        })
    };
    guichet_testkit::wait_until(Duration::from_secs(10), async || told("OK") && told("NOT_FOUND")).await;
}

#[tokio::test]
async fn a_peer_that_is_away_is_unavailable_and_found_again() {
    let port = guichet_testkit::free_port();
    let peer = remote(&format!("http://127.0.0.1:{port}"), None).expect("an address");
    let away = Fixture { peer: peer.clone(), cancel: CancellationToken::new(), tasks: TaskTracker::new() };
    away.log().read("routing", Position::default(), 1).await.expect_err("nobody listens");
    let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("the port is free");
    let here = Fixture::serve(peer, Some(listener), InProcess::default());
    let read = async || here.log().read("routing", Position::default(), 1).await.is_ok();
    guichet_testkit::wait_until(Duration::from_secs(10), read).await;
}
