//! Passwords that are kept in files and renewed while the product runs.

use std::path::Path;
use std::time::Duration;

use guichet_testkit::{later, wait_until};
use guichet_tests::mail::Outgoing;
use guichet_tests::{Guichet, Kind, PATIENCE, binary};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use crate::only_request;

const ROLE: &str = "town";
/// How long the sessions of before are kept away, so that one that would be let in again by itself is seen.
const MOMENT: Duration = Duration::from_millis(50);

/// Replaces a file as a mounted Secret does: whole, by another.
fn replace(file: &Path, text: &str) {
    let aside = file.with_extension("aside");
    std::fs::write(&aside, format!("{text}\n")).expect("writes");
    std::fs::rename(&aside, file).expect("renames");
}

/// Starts a relay that takes every mail; returns its port and the recipients.
async fn relay() -> (u16, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let (taken, recipients) = mpsc::unbounded_channel();
    TaskTracker::new().spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let taken = taken.clone();
            TaskTracker::new().spawn(async move {
                let (read, mut write) = stream.split();
                let mut lines = BufReader::new(read).lines();
                let mut answer = "220 relay.example ESMTP\r\n";
                let mut in_message = false;
                loop {
                    // A client that is gone ends the conversation at the next line.
                    let _gone = write.write_all(answer.as_bytes()).await;
                    let Ok(Some(line)) = lines.next_line().await else { break };
                    answer = match line.as_str() {
                        "." => "250 taken\r\n",
                        "DATA" => "354 go on\r\n",
                        _ if in_message => "",
                        _ if line.starts_with("EHLO") => "250-relay.example\r\n250 8BITMIME\r\n",
                        _ => "250 ok\r\n",
                    };
                    in_message = line == "DATA" || (in_message && line != ".");
                    if line.starts_with("RCPT TO:") {
                        let _nobody_waits = taken.send(line);
                    }
                }
            });
        }
    });
    (port, recipients)
}

#[tokio::test]
async fn passwords_renewed_in_their_files_are_taken_up_without_a_restart() {
    let server = guichet_testkit::private_postgres().await;
    let database = server.database().await;
    let make = format!("CREATE ROLE {ROLE} LOGIN SUPERUSER PASSWORD 'first'");
    server.query(&database, &make).await;
    server.ask_password_of(ROLE).await;
    let redis = guichet_testkit::redis().await;
    assert_eq!(redis.tell(&format!("ACL SETUSER {ROLE} on >first ~* &* +@all")).await, "+OK");
    let folder = guichet_testkit::temp_dir();
    let file = |name: &str| folder.path().join(name);
    let database_url = |password: &str| database.replace("postgres@", &format!("{ROLE}:{password}@"));
    let redis_url = |password: &str| redis.url.replace("redis://", &format!("redis://{ROLE}:{password}@"));
    replace(&file("database"), &database_url("first"));
    replace(&file("redis"), &redis_url("first"));
    replace(&file("relay"), "smtp://127.0.0.1:1");
    let settings = [
        format!("storage.url_file={}", file("database").display()),
        format!("bus.url_file={}", file("redis").display()),
        format!("notification.email.url_file={}", file("relay").display()),
    ];
    let mut migrate = tokio::process::Command::new(binary());
    migrate.arg("--data").arg(file("migrate")).args(["--set", &settings[0], "migrate"]);
    assert!(migrate.status().await.expect("the command starts").success());
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    let mut g = Guichet::start_with(Kind::AllInOne, &settings).await;
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a parent").join("demo/directory");
    g.command(&["directory", "import", &demo.display().to_string(), "--demo"]).await;

    let (port, mut recipients) = relay().await;
    server.query(&database, &format!("ALTER ROLE {ROLE} PASSWORD 'second'")).await;
    assert_eq!(redis.tell(&format!("ACL SETUSER {ROLE} resetpass >second")).await, "+OK");
    replace(&file("database"), &database_url("second"));
    replace(&file("redis"), &redis_url("second"));
    replace(&file("relay"), &format!("smtp://127.0.0.1:{port}"));
    let process = g.process("all");
    // Four storages, Redis and the relay.
    wait_until(PATIENCE, async || process.log().matches("what was replaced is in use").count() == 6).await;

    let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{ROLE}'");
    server.query(&database, &end).await;
    later(MOMENT, redis.tell(&format!("CLIENT KILL USER {ROLE}"))).await;
    let before = redis.tell("XLEN guichet:intake").await;
    wait_until(PATIENCE, async || {
        let mail = Outgoing::new(&g, "Awa Diop <awa.diop@citoyen.example>", "Lampadaire en panne", "Rue Hoche.");
        mail.send().await.is_ok()
    })
    .await;
    only_request(&g, "Lampadaire").await;
    wait_until(PATIENCE, async || redis.tell("XLEN guichet:intake").await != before).await;
    let recipient = tokio::time::timeout(PATIENCE, recipients.recv()).await.expect("a mail leaves by the new relay");
    assert!(recipient.expect("the relay lives").contains("awa.diop@citoyen.example"));
}
