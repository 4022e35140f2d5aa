//! A service whose neighbour is not there yet: it lives, says why it is not ready, and goes on by itself.

use std::path::Path;
use std::time::Duration;

use guichet_testkit::{free_port, wait_for};
use guichet_tests::{Guichet, Kind, PATIENCE, Process, binary};
use tokio_util::task::TaskTracker;

/// What a service reads of its directories at its start: held, the start cannot go on.
const HELD: &str = "directories";

/// A service on real neighbours, started alone.
struct Alone {
    process: Process,
    http: u16,
}

impl Alone {
    fn start(target: &str, settings: &[String], folder: &Path) -> Self {
        let http = free_port();
        let mut all = settings.to_vec();
        all.push(format!("server.http=127.0.0.1:{http}"));
        all.push(format!("server.grpc=127.0.0.1:{}", free_port()));
        all.push(format!("intake.smtp.listen=127.0.0.1:{}", free_port()));
        all.extend(
            ["intake", "routing", "notification", "knowledge"].map(|peer| format!("peers.{peer}=http://127.0.0.1:1")),
        );
        let mut arguments = vec!["--data".to_owned(), folder.join(target).display().to_string()];
        arguments.extend(all.into_iter().flat_map(|setting| ["--set".to_owned(), setting]));
        arguments.extend(["serve", "--target", target].map(str::to_owned));
        Self { process: Process::start(arguments, &folder.join(format!("{target}.log"))), http }
    }

    /// Returns the status and the text of `/readyz`, once it answers.
    async fn readiness(&self) -> Option<(u16, String)> {
        assert!(!self.process.has_ended(), "it ended\n{}", self.process.log());
        let client = guichet_tests::http_client(Duration::from_secs(2));
        let answer = client.get(format!("http://127.0.0.1:{}/readyz", self.http)).send().await.ok()?;
        Some((answer.status().as_u16(), answer.text().await.unwrap_or_default()))
    }

    async fn wait_for(&self, status: u16, words: &str) {
        wait_for(PATIENCE, || async {
            let (found, text) = self.readiness().await?;
            (found == status && text.contains(words)).then_some(())
        })
        .await;
    }
}

/// Brings the schemas up to date, as a release does before its pods.
async fn migrate(settings: &[String], folder: &Path) {
    let mut migrate = tokio::process::Command::new(binary());
    migrate.arg("--data").arg(folder.join("migrate"));
    for setting in settings {
        migrate.args(["--set", setting]);
    }
    assert!(migrate.arg("migrate").status().await.expect("the command starts").success());
}

#[tokio::test]
async fn a_storage_that_fails_during_the_start_is_waited_for_by_every_service() {
    let server = guichet_testkit::postgres().await;
    let database = server.database().await;
    let redis = guichet_testkit::redis().await;
    let folder = guichet_testkit::temp_dir();
    let settings = vec![
        format!("storage.url={database}"),
        "storage.connections=3".to_owned(),
        format!("bus.url={}", redis.url),
        format!("secrets.dir={}", folder.path().join("secrets").display()),
    ];
    migrate(&settings, folder.path()).await;
    // The schema is there, and what the start reads next ends as it does when the server is being restarted.
    let name = database.rsplit('/').next().expect("a name");
    server.query(&database, &format!("ALTER DATABASE {name} SET statement_timeout = '300ms'")).await;
    let kept = ["intake", "notification", "knowledge"];
    let locks: String = kept.map(|schema| format!("LOCK TABLE {schema}.{HELD} IN ACCESS EXCLUSIVE MODE; ")).concat();
    let hold = format!("SET statement_timeout = 0; BEGIN; {locks}SELECT pg_sleep(600) AS held");
    let url = database.clone();
    let holder = TaskTracker::new().spawn(async move {
        let psql = guichet_testkit::postgres_program("psql");
        tokio::process::Command::new(psql).args(["-X", "-q", "-d", &url, "-c", &hold]).output().await
    });
    let held = "SELECT COUNT(*) FROM pg_locks JOIN pg_class ON pg_class.oid = relation
        WHERE mode = 'AccessExclusiveLock' AND granted AND relname = 'directories'";
    wait_for(PATIENCE, || async { (server.query(&database, held).await.trim() == "3").then_some(()) }).await;

    let services = kept.map(|target| Alone::start(target, &settings, folder.path()));
    for (service, target) in services.iter().zip(kept) {
        service.wait_for(503, &format!("the storage of {target} does not answer")).await;
    }
    let release = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = CURRENT_DATABASE() AND query LIKE '%pg_sleep(600) AS held%' AND pid <> pg_backend_pid()";
    server.query(&database, release).await;
    for service in &services {
        service.wait_for(200, "").await;
    }
    let _ended = holder.await;
}

#[tokio::test]
async fn a_service_started_before_its_database_waits_and_goes_on_when_it_comes() {
    let server = guichet_testkit::private_postgres().await;
    let database = server.database().await;
    let redis = guichet_testkit::redis().await;
    let folder = guichet_testkit::temp_dir();
    let settings = vec![
        format!("storage.url={database}"),
        format!("bus.url={}", redis.url),
        format!("secrets.dir={}", folder.path().join("secrets").display()),
    ];
    migrate(&settings, folder.path()).await;
    server.crash().await;
    let services = ["intake", "routing", "notification", "knowledge"]
        .map(|target| (target, Alone::start(target, &settings, folder.path())));
    for (target, service) in &services {
        service.wait_for(503, &format!("the storage of {target} does not answer")).await;
    }
    server.start().await;
    for (_, service) in &services {
        service.wait_for(200, "").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_is_ready_once_each_service_has_answered_it() {
    let mut guichet = Guichet::start(Kind::Split).await;
    guichet.process("intake").kill();
    guichet.process("gateway").kill();
    guichet.process("gateway").launch();
    let (http, url) = (guichet.http().clone(), format!("{}/readyz", guichet.url));
    let says = wait_for(PATIENCE, async || Some(http.get(&url).send().await.ok()?.status().as_u16())).await;
    assert_eq!(says, 503, "intake is away");
    guichet.process("intake").launch();
    guichet.wait_until_ready().await;
}
