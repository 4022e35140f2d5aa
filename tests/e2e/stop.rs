//! A process that is told to stop: it says so while it still serves, ends what is under way, and obeys at any moment of
//! its life.

use std::time::{Duration, Instant};

use guichet_testkit::{free_port, wait_until};
use guichet_tests::{Guichet, Kind, PATIENCE, Process};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// A process without work under way ends within this, on a machine that is building beside.
const PROMPT: Duration = Duration::from_secs(10);

async fn health_at(port: u16) -> HealthClient<Channel> {
    let endpoint = Endpoint::from_shared(format!("http://127.0.0.1:{port}")).expect("an address");
    HealthClient::new(endpoint.connect().await.expect("gRPC answers"))
}

async fn status(health: &mut HealthClient<Channel>) -> ServingStatus {
    health.check(HealthCheckRequest::default()).await.expect("gRPC answers").into_inner().status()
}

/// A request of a citizen, half sent.
struct HalfSent {
    stream: TcpStream,
    rest: &'static str,
}

impl HalfSent {
    const BODY: (&'static str, &'static str) = (
        r#"{"authority": "valorme", "procedure": "PROCEDURE", "subject": "Une demande en deux temps", "#,
        r#""body": "Le reste vient.", "requester": {"name": "Awa", "email": "awa@citoyen.example"}}"#,
    );

    async fn to(url: &str, procedure: &str) -> Self {
        let host = url.trim_start_matches("http://");
        let (first, rest) = (Self::BODY.0.replace("PROCEDURE", procedure), Self::BODY.1);
        let mut stream = TcpStream::connect(host).await.expect("the gateway listens");
        let head = format!(
            "POST /api/v1/requests HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n\
             idempotency-key: half\r\ncontent-length: {}\r\n\r\n{first}",
            first.len() + rest.len()
        );
        stream.write_all(head.as_bytes()).await.expect("it is taken");
        Self { stream, rest }
    }

    /// Sends the rest and returns the whole answer, read until the other end closes.
    async fn finish(mut self) -> String {
        self.stream.write_all(self.rest.as_bytes()).await.expect("the rest is taken");
        let mut answer = String::new();
        self.stream.read_to_string(&mut answer).await.expect("an answer, then the end of the connection");
        answer
    }
}

#[tokio::test]
async fn who_leaves_says_so_first_and_ends_what_is_under_way() {
    let (grpc, apart) = (free_port(), free_port());
    let settings = [
        format!("server.grpc=127.0.0.1:{grpc}"),
        format!("server.health=127.0.0.1:{apart}"),
        "server.leave_seconds=3".to_owned(),
    ];
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    let mut g = Guichet::start_apart(&settings, apart).await;
    let (mut health, mut plain) = (health_at(grpc).await, health_at(apart).await);
    assert_eq!((status(&mut health).await, status(&mut plain).await), (ServingStatus::Serving, ServingStatus::Serving));
    let mut watch = health.watch(HealthCheckRequest::default()).await.expect("health can be watched").into_inner();
    assert_eq!(watch.message().await.expect("told").expect("a state").status(), ServingStatus::Serving);
    let under_way = HalfSent::to(&g.url, "acte").await;

    let (url, http) = (g.url.clone(), g.http().clone());
    let told = async {
        let told = watch.message().await.expect("told").expect("a state");
        assert_eq!(told.status(), ServingStatus::NotServing, "who watches is told at once");
        // The same connections, and new ones: nothing is closed yet.
        assert_eq!(status(&mut health).await, ServingStatus::NotServing, "before the server says goodbye");
        assert_eq!(status(&mut health_at(apart).await).await, ServingStatus::NotServing);
        let ready = http.get(format!("http://127.0.0.1:{apart}/readyz")).send().await.expect("still answered");
        assert_eq!(ready.status().as_u16(), 503);
        let page = http.get(&url).send().await.expect("still answered");
        assert_eq!((page.status().as_u16(), page.headers()["connection"].to_str().ok()), (200, Some("close")));
        let answer = under_way.finish().await;
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
        assert!(watch.message().await.expect("an end in peace").is_none(), "who watches holds nothing up");
    };
    let (ended, ()) = tokio::join!(g.process("all").terminate(), told);
    assert!(ended.success(), "ended with {ended}\n{}", g.logs());
    assert!(!g.logs().contains("did not end in time"), "{}", g.logs());
}

#[tokio::test]
async fn probes_are_answered_at_their_own_door_only() {
    let apart = free_port();
    let g = Guichet::start_apart(&[&format!("server.health=127.0.0.1:{apart}")], apart).await;
    for path in ["healthz", "readyz", "metrics"] {
        let status = |url: String| async { g.http().get(url).send().await.expect("answers").status().as_u16() };
        assert_eq!(status(format!("http://127.0.0.1:{apart}/{path}")).await, 200, "{path}");
        assert_eq!(status(format!("{}/{path}", g.url)).await, 404, "{path} beside the pages");
    }
}

/// Returns the arguments of a process that listens on free ports, and its port for probes.
fn arguments(folder: &std::path::Path, settings: &[String]) -> (Vec<String>, u16) {
    let port = free_port();
    let mut arguments = vec!["--data".to_owned(), folder.display().to_string()];
    let own = [
        format!("server.http=127.0.0.1:{}", free_port()),
        format!("server.grpc=127.0.0.1:{}", free_port()),
        format!("server.health=127.0.0.1:{port}"),
        format!("intake.smtp.listen=127.0.0.1:{}", free_port()),
    ];
    for setting in own.iter().chain(settings) {
        arguments.extend(["--set".to_owned(), setting.clone()]);
    }
    (arguments, port)
}

/// Tells a process that is starting to stop, and proves that it does.
async fn stops_while_starting(arguments: Vec<String>, port: u16, why: &str, folder: &std::path::Path) {
    let mut process = Process::start(arguments, &folder.join("log"));
    let http = guichet_tests::http_client(Duration::from_secs(2));
    let starting = async || {
        let answer = http.get(format!("http://127.0.0.1:{port}/readyz")).send().await.ok()?;
        answer.text().await.ok().filter(|text| text.contains(why))
    };
    wait_until(PATIENCE, async || starting().await.is_some()).await;
    let asked = Instant::now();
    let ended = process.terminate().await;
    assert!(ended.success() && asked.elapsed() < PROMPT, "{ended} after {:?}\n{}", asked.elapsed(), process.log());
}

#[tokio::test]
async fn who_is_still_starting_stops_when_told() {
    let folder = guichet_testkit::temp_dir();
    let (arguments, port) = arguments(&folder.path().join("data"), &[]);
    stops_while_starting(arguments, port, "the services are starting", folder.path()).await;
}

#[tokio::test]
async fn who_waits_for_a_migration_stops_when_told() {
    let (folder, redis) = (guichet_testkit::temp_dir(), guichet_testkit::redis().await);
    let database = guichet_testkit::postgres().await.database().await;
    let away = free_port();
    let mut settings = vec![format!("storage.url={database}"), format!("bus.url={}", redis.url)];
    settings
        .extend(["intake", "notification", "knowledge"].map(|peer| format!("peers.{peer}=http://127.0.0.1:{away}")));
    let (mut arguments, port) = arguments(&folder.path().join("data"), &settings);
    arguments.extend(["serve", "--target", "routing"].map(str::to_owned));
    stops_while_starting(arguments, port, "the schema of routing is behind", folder.path()).await;
}

#[tokio::test]
async fn a_second_signal_cuts_the_goodbye_short() {
    let mut g = Guichet::start_with(Kind::AllInOne, &["server.leave_seconds=600"]).await;
    let (http, ready) = (g.http().clone(), format!("{}/readyz", g.url));
    let process = g.process("all");
    process.signal("TERM");
    let leaving = async || http.get(&ready).send().await.is_ok_and(|answer| answer.status().as_u16() == 503);
    wait_until(PATIENCE, leaving).await;
    assert!(process.terminate().await.success());
}
