//! What `guichet doctor` says of real neighbours: green when all is well, and each trouble with what to do.

use std::path::Path;
use std::time::{Duration, Instant};

use guichet_testkit::free_port;
use guichet_tests::{Guichet, Kind, binary, certificates};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

/// What the doctor said.
#[derive(Debug)]
struct Told {
    healthy: bool,
    text: String,
}

/// Runs `guichet ARGUMENTS` in a data folder with settings.
async fn run(data: &Path, settings: &[String], arguments: &[&str]) -> Told {
    let mut command = tokio::process::Command::new(binary());
    command.arg("--data").arg(data);
    for setting in settings {
        command.args(["--set", setting]);
    }
    let output = command.args(arguments).output().await.expect("the command starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Told { healthy: output.status.success(), text: text(&output.stdout) + &text(&output.stderr) }
}

/// Asks the doctor of a product that is all on its own, but for some settings.
async fn doctor(settings: &[String]) -> Told {
    let folder = guichet_testkit::temp_dir();
    run(folder.path(), settings, &["doctor"]).await
}

/// Checks that a line says what was seen and that the page and the advice follow it.
fn assert_tells(told: &Told, mark: &str, seen: &str, advice: &str) {
    let mut lines = told.text.lines();
    let found = lines.find(|line| line.starts_with(mark) && line.contains(seen));
    assert!(found.is_some(), "no line « {mark} … {seen} » in\n{}", told.text);
    let next = lines.next().unwrap_or_default();
    assert!(next.contains(advice), "« {advice} » does not follow in\n{}", told.text);
}

/// PostgreSQL and Redis as a split product has them.
struct Neighbours {
    settings: Vec<String>,
    database: String,
    redis: guichet_testkit::RedisServer,
    data: TempDir,
}

impl Neighbours {
    async fn start() -> Self {
        let database = guichet_testkit::postgres().await.database().await;
        let redis = guichet_testkit::redis().await;
        let settings = vec![format!("storage.url={database}"), format!("bus.url={}", redis.url)];
        Self { settings, database, redis, data: guichet_testkit::temp_dir() }
    }

    async fn migrate(&self) {
        let told = run(self.data.path(), &self.settings, &["migrate"]).await;
        assert!(told.healthy, "{}", told.text);
    }

    async fn doctor(&self, arguments: &[&str]) -> Told {
        run(self.data.path(), &self.settings, &[&["doctor"], arguments].concat()).await
    }
}

#[tokio::test]
async fn a_new_folder_on_default_settings_is_green_and_left_as_it_was() {
    let folder = guichet_testkit::temp_dir();
    let told = run(folder.path(), &[], &["doctor"]).await;
    assert!(told.healthy && !told.text.contains("ÉCHEC"), "{}", told.text);
    assert_eq!(std::fs::read_dir(folder.path()).expect("reads").count(), 0, "{}", told.text);
}

#[tokio::test]
async fn a_product_that_runs_on_embedded_defaults_is_green() {
    let g = Guichet::start(Kind::AllInOne).await;
    let told = run(&g.data_dir(), &[], &["doctor"]).await;
    assert!(told.healthy && told.text.contains("SQLite, schéma") && told.text.contains("en place"), "{}", told.text);
}

#[tokio::test]
async fn a_real_database_and_a_real_redis_are_green_for_people_and_for_programs() {
    let neighbours = Neighbours::start().await;
    neighbours.migrate().await;
    let told = neighbours.doctor(&[]).await;
    assert!(told.healthy, "{}", told.text);
    for seen in
        ["base de données (routing) : PostgreSQL", "Redis : ", "sessions (intake) : une par connexion", "0 échec"]
    {
        assert!(told.text.contains(seen), "« {seen} » is missing in\n{}", told.text);
    }
    let peers = ["--target", "intake", "--json"];
    let told = run(
        neighbours.data.path(),
        &[
            neighbours.settings.clone(),
            ["routing", "notification", "knowledge"].map(|name| format!("peers.{name}=http://localhost:8090")).into(),
        ]
        .concat(),
        &[&["doctor"], &peers[..]].concat(),
    )
    .await;
    let report: Value = serde_json::from_str(&told.text).expect("JSON");
    assert!(told.healthy && report["status"] != "failure", "{report}");
    let subjects: Vec<&str> =
        report["checks"].as_array().expect("a list").iter().filter_map(|check| check["subject"].as_str()).collect();
    assert!(subjects.contains(&"nom localhost ([peers] routing)"), "{subjects:?}");
    assert!(!subjects.iter().any(|subject| subject.contains("(routing)")), "only intake's database: {subjects:?}");
}

#[tokio::test]
async fn a_database_that_is_away_is_told_with_its_cause() {
    let database = format!("storage.url=postgres://guichet:sesame@127.0.0.1:{}/guichet", free_port());
    let told = doctor(&[database]).await;
    assert!(!told.healthy && !told.text.contains("sesame"), "{}", told.text);
    assert_tells(&told, "ÉCHEC", "base de données (intake) : ne répond pas", "(GU-DOC-010)");
    assert!(told.text.contains("onnection refused"), "{}", told.text);
}

#[tokio::test]
async fn a_database_that_says_nothing_is_waited_for_no_longer_than_announced() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let start = Instant::now();
    let told = doctor(&[format!("storage.url=postgres://guichet@127.0.0.1:{port}/guichet")]).await;
    assert_tells(&told, "ÉCHEC", "base de données (intake) : pas de réponse en 5 s", "(GU-DOC-010)");
    assert!(start.elapsed() < Duration::from_secs(30), "four services wait side by side: {:?}", start.elapsed());
}

#[tokio::test]
async fn a_schema_that_is_missing_is_told_with_the_command_that_makes_it() {
    let neighbours = Neighbours::start().await;
    let told = neighbours.doctor(&[]).await;
    assert!(!told.healthy, "{}", told.text);
    assert_tells(&told, "ÉCHEC", "base de données (knowledge) : PostgreSQL", "guichet migrate");
}

#[tokio::test]
async fn a_role_without_its_rights_is_told_which_tables_it_lacks() {
    let mut neighbours = Neighbours::start().await;
    neighbours.migrate().await;
    let role = format!("doctor_{}", std::process::id());
    let server = guichet_testkit::postgres().await;
    let grants = format!("CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA intake TO {role}");
    server.query(&neighbours.database, &grants).await;
    neighbours.settings[0] = format!("storage.url={}", neighbours.database.replace("postgres@", &format!("{role}@")));
    let told = neighbours.doctor(&[]).await;
    let drop = format!("DROP OWNED BY {role}; DROP ROLE {role}");
    server.query(&neighbours.database, &drop).await;
    assert!(!told.healthy, "{}", told.text);
    assert_tells(
        &told,
        "ÉCHEC",
        &format!("droits (intake) : le rôle {role} n'a pas tous les droits sur "),
        "(GU-DOC-011)",
    );
}

#[tokio::test]
async fn the_roles_of_the_manifests_suffice_to_migrate_and_to_serve() {
    let mut neighbours = Neighbours::start().await;
    let server = guichet_testkit::private_postgres().await;
    let database = server.database().await;
    let roles = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a parent").join("k8s/roles.sql");
    let mut psql = tokio::process::Command::new(guichet_testkit::postgres_program("psql"));
    psql.args(["-X", "-q", "-d", &database, "-f"]).arg(roles);
    for role in ["MIGRATOR", "INTAKE", "ROUTING", "NOTIFICATION", "KNOWLEDGE"] {
        psql.env(format!("{role}_PASSWORD"), "arbitrary");
    }
    let made = psql.output().await.expect("psql starts");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let as_role = |role: &str| format!("storage.url={}", database.replace("postgres@", &format!("guichet_{role}@")));
    neighbours.settings[0] = as_role("migrator");
    neighbours.migrate().await;
    neighbours.settings[0] = as_role("intake");
    neighbours
        .settings
        .extend(["routing", "notification", "knowledge"].map(|name| format!("peers.{name}=http://localhost:8090")));
    let told = neighbours.doctor(&["--target", "intake"]).await;
    assert!(told.healthy && told.text.contains("le rôle guichet_intake lit et écrit"), "{}", told.text);
    neighbours.settings[0] = as_role("routing");
    let told = neighbours.doctor(&["--target", "intake"]).await;
    assert_tells(&told, "ÉCHEC", "droits (intake) : le rôle guichet_routing", "(GU-DOC-011)");
}

#[tokio::test]
async fn a_pooler_in_transaction_mode_is_recognised_and_accepted_once_it_is_told() {
    let mut neighbours = Neighbours::start().await;
    let pooler = guichet_testkit::pgbouncer(&neighbours.database).await;
    neighbours.settings[0] = format!("storage.url={}", pooler.url_of(&neighbours.database));
    neighbours.settings.push("storage.pooling=transaction".to_owned());
    let refused = run(neighbours.data.path(), &neighbours.settings, &["migrate"]).await;
    assert!(!refused.healthy && refused.text.contains("GU-CFG-015"), "{}", refused.text);
    neighbours.settings.push(format!("storage.session_url={}", neighbours.database));
    neighbours.migrate().await;
    let told = neighbours.doctor(&[]).await;
    assert!(told.healthy && told.text.contains("sessions (intake) : prêtées par un répartiteur"), "{}", told.text);
    neighbours.settings.push("storage.pooling=session".to_owned());
    let told = neighbours.doctor(&[]).await;
    assert_tells(
        &told,
        "ÉCHEC",
        "base de données (intake) : ne répond pas : unsupported startup parameter",
        "(GU-DOC-010)",
    );
}

#[tokio::test]
async fn a_redis_that_is_away_or_refuses_or_forgets_is_told_apart() {
    let neighbours = Neighbours::start().await;
    neighbours.migrate().await;
    assert_eq!(neighbours.redis.tell("CONFIG SET maxmemory-policy allkeys-lru").await, "+OK");
    let told = neighbours.doctor(&[]).await;
    assert!(told.healthy, "a warning is no failure: {}", told.text);
    assert_tells(&told, "ATTENTION", "mémoire de Redis : pleine, elle oublie des flux (allkeys-lru)", "(GU-DOC-022)");

    // What operations.md gives the user is enough.
    let acl = "ACL SETUSER guichet on >sesame ~guichet:* &guichet:* +@stream +@scripting +publish +subscribe +ping +info +client +hello";
    assert_eq!(neighbours.redis.tell(acl).await, "+OK");
    let url = neighbours.redis.url.replace("redis://", "bus.url=redis://guichet:sesame@");
    let told = run(neighbours.data.path(), &[neighbours.settings.clone(), vec![url]].concat(), &["doctor"]).await;
    assert!(told.text.contains("prend les flux et les scripts"), "{}", told.text);

    assert_eq!(neighbours.redis.tell("ACL SETUSER default -xadd").await, "+OK");
    let told = neighbours.doctor(&[]).await;
    assert!(!told.healthy, "{}", told.text);
    assert_tells(&told, "ÉCHEC", "Redis : ", "(GU-DOC-021)");
    assert_eq!(neighbours.redis.tell("EXISTS guichet:doctor").await, ":0", "nothing stays");

    neighbours.redis.stop().await;
    let told = neighbours.doctor(&[]).await;
    assert!(!told.healthy, "{}", told.text);
    assert_tells(&told, "ÉCHEC", "Redis : ne répond pas", "(GU-DOC-020)");
}

#[tokio::test]
async fn a_relay_that_is_closed_or_speaks_in_clear_is_told_apart() {
    let told = doctor(&[format!("notification.email.url=smtp://127.0.0.1:{}", free_port())]).await;
    assert!(!told.healthy, "{}", told.text);
    assert_tells(&told, "ÉCHEC", "relais de messagerie : ne répond pas", "(GU-DOC-030)");

    let port = relay_in_clear().await;
    let told = doctor(&[format!("notification.email.url=smtp://127.0.0.1:{port}?tls=required")]).await;
    assert!(!told.healthy, "{}", told.text);
    assert_tells(&told, "ÉCHEC", "relais de messagerie : n'offre pas STARTTLS", "(GU-DOC-031)");
    let told = doctor(&[format!("notification.email.url=smtp://127.0.0.1:{port}?tls=opportunistic")]).await;
    assert!(told.healthy, "{}", told.text);
    assert_tells(&told, "ATTENTION", &format!("127.0.0.1:{port} répond, en clair"), "(GU-DOC-031)");
    let told = doctor(&[format!("notification.email.url=smtp://127.0.0.1:{port}")]).await;
    assert!(told.healthy && !told.text.contains("GU-DOC-03"), "{}", told.text);
}

/// Starts a relay that greets and offers nothing; a mail would make it fail.
async fn relay_in_clear() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    TaskTracker::new().spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (read, mut write) = stream.split();
            let mut lines = BufReader::new(read).lines();
            let mut answer = Some("220 relay.example ESMTP\r\n");
            while let Some(text) = answer.take() {
                // A client that is gone ends the conversation at the next line.
                let _gone = write.write_all(text.as_bytes()).await;
                let Ok(Some(line)) = lines.next_line().await else { break };
                assert!(!line.starts_with("MAIL"), "the doctor sends nothing");
                answer = Some(if line.starts_with("EHLO") {
                    "250-relay.example\r\n250 8BITMIME\r\n"
                } else {
                    "221 bye\r\n"
                });
            }
        }
    });
    port
}

#[tokio::test]
async fn blobs_that_cannot_be_written_are_told() {
    // A place where not even the administrator of the machine makes a file.
    let told = doctor(&["blobs.url=file:/proc/self".to_owned()]).await;
    assert!(!told.healthy, "{}", told.text);
    assert_tells(&told, "ÉCHEC", "pièces et messages bruts : /proc/self", "(GU-DOC-040)");
}

#[tokio::test]
async fn certificates_are_told_by_their_dates_and_their_authority() {
    let folder = guichet_testkit::temp_dir();
    let settings = |kind: &str, ca: &str| {
        let file = |kind: &str, name: &str| folder.path().join(kind).join("intake").join(name).display().to_string();
        vec![
            format!("tls.cert={}", file(kind, "tls.crt")),
            format!("tls.key={}", file(kind, "tls.key")),
            format!("tls.ca={}", file(ca, "ca.crt")),
        ]
    };
    certificates::write_between(&folder.path().join("old"), &["intake"], (2020, 2021));
    certificates::write_between(&folder.path().join("good"), &["intake"], (2020, 2400));
    let told = doctor(&settings("old", "old")).await;
    assert!(!told.healthy, "{}", told.text);
    assert_tells(&told, "ÉCHEC", "certificats : périmé depuis le 01/01/2021", "(GU-DOC-061)");
    let told = doctor(&settings("good", "old")).await;
    assert_tells(&told, "ÉCHEC", "certificats : l'autorité de [tls] ca ne le reconnaît pas", "(GU-DOC-060)");
    let told = doctor(&settings("good", "good")).await;
    assert!(told.healthy && told.text.contains("valable jusqu'au 01/01/2400"), "{}", told.text);
}

#[tokio::test]
async fn a_name_that_leads_nowhere_is_told() {
    let told = doctor(&["telemetry.otlp=http://collecteur.invalid:4317".to_owned()]).await;
    assert!(!told.healthy, "{}", told.text);
    assert_tells(&told, "ÉCHEC", "nom collecteur.invalid ([telemetry] otlp)", "(GU-DOC-070)");
}

#[tokio::test]
async fn a_setting_that_does_not_exist_is_a_line_like_the_others() {
    let told = doctor(&["server.htpp=127.0.0.1:1".to_owned()]).await;
    assert!(!told.healthy && told.text.contains("did you mean `http`"), "{}", told.text);
    assert_tells(&told, "ÉCHEC", "configuration : GU-CFG-003", "(GU-DOC-001)");
}
