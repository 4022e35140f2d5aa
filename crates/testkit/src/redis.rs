//! Private Redis servers: one a call, without persistence, since Redis is never the only copy of anything.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::program::redis_server;
use crate::watchdog::{self, Watched};
use crate::{blocking, free_port};

/// Attempts at another port, when somebody else took the chosen one in between.
const START_ATTEMPTS: u32 = 5;
/// Time a server has to come up or go down: it takes 20 ms on an idle machine.
const SWITCH_TIMEOUT: Duration = Duration::from_secs(10);
/// Time between two looks at a server that comes up or goes down.
const SWITCH_STEP: Duration = Duration::from_millis(5);

/// A Redis server of one test; it stops when the value is dropped.
#[derive(Debug)]
pub struct RedisServer {
    /// `redis://127.0.0.1:<port>/`
    pub url: String,
    port: u16,
    folder: PathBuf,
    /// What it is started with besides its port and its files.
    arguments: Vec<String>,
    _in_use: File,
}

/// Starts a Redis server for the calling test.
///
/// # Panics
/// When Redis is not installed or does not start.
pub async fn redis() -> RedisServer {
    redis_with(&[]).await
}

/// Starts a Redis server with settings of its own, as `redis-server --NAME VALUE` takes them.
///
/// # Panics
/// When Redis is not installed or does not start.
pub async fn redis_with(settings: &[(&str, &str)]) -> RedisServer {
    let mut arguments: Vec<String> = ["--save", "", "--appendonly", "no"].map(str::to_owned).into();
    arguments.extend(settings.iter().flat_map(|(name, value)| [format!("--{name}"), (*value).to_owned()]));
    blocking(move || RedisServer::launch(arguments, None)).await
}

impl RedisServer {
    /// Returns the port it listens on.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Forgets everything, as an operator's FLUSHALL does.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn flushall(&self) {
        let port = self.port;
        blocking(move || assert_eq!(command(port, "FLUSHALL"), Some("+OK".to_owned()), "redis did not flush")).await;
    }

    /// Says one line to the server, as `redis-cli` does, and returns the first line of its answer: empty while it does not
    /// answer, as one that is just starting.
    pub async fn tell(&self, line: &str) -> String {
        let (port, line) = (self.port, line.to_owned());
        blocking(move || command(port, &line).unwrap_or_default()).await
    }

    /// Forgets all but the last `entries` of a stream.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn trim(&self, stream: &str, entries: u32) {
        let (port, order) = (self.port, format!("XTRIM {stream} MAXLEN {entries}"));
        let answer = blocking(move || command(port, &order)).await;
        assert!(answer.as_deref().is_some_and(|answer| answer.starts_with(':')), "redis did not trim: {answer:?}");
    }

    /// Stops the server at once, losing everything, and starts it again on the same port.
    ///
    /// # Panics
    /// When it does not come back.
    pub async fn restart(&self) {
        self.stop().await;
        self.start().await;
    }

    /// Stops the server at once, as a crash does.
    ///
    /// # Panics
    /// When it does not stop.
    pub async fn stop(&self) {
        let (port, folder) = (self.port, self.folder.clone());
        blocking(move || {
            let pid = std::fs::read_to_string(folder.join("pid")).expect("a running server has a pid file");
            watchdog::run(Command::new("kill").args(["-KILL", pid.trim()]));
            until("redis did not stop", || TcpStream::connect_timeout(&address(port), SWITCH_TIMEOUT).is_err());
        })
        .await;
    }

    /// Starts the server again after a stop, on the same port.
    ///
    /// # Panics
    /// When it does not come back.
    pub async fn start(&self) {
        let (port, folder, arguments) = (self.port, self.folder.clone(), self.arguments.clone());
        blocking(move || assert!(spawn(&folder, port, &arguments), "redis did not come back on port {port}")).await;
    }

    /// Starts a server; with the text of a configuration, one that keeps it, as a sentinel does.
    pub(crate) fn launch(mut arguments: Vec<String>, configuration: Option<&str>) -> Self {
        let folder = crate::temp_dir().keep();
        if let Some(text) = configuration {
            let file = folder.join("redis.conf");
            std::fs::write(&file, text).expect("this user made the folder");
            arguments.insert(0, file.display().to_string());
        }
        let in_use = watchdog::lock_use(&folder);
        let pid_file = folder.join("pid");
        // Before the first attempt: one that does not answer is ended with the others.
        let rubbish = folder.clone();
        watchdog::watch(&Watched { folder: &folder, grace_seconds: 0, pid_file, signal: "KILL", rubbish });
        for _ in 0..START_ATTEMPTS {
            let port = free_port();
            if spawn(&folder, port, &arguments) {
                return Self { url: format!("redis://127.0.0.1:{port}/"), port, folder, arguments, _in_use: in_use };
            }
        }
        let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        panic!("redis did not start in {START_ATTEMPTS} attempts\n{log}");
    }
}

fn spawn(folder: &Path, port: u16, arguments: &[String]) -> bool {
    let mut server = Command::new(redis_server());
    server.args(arguments);
    server.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--daemonize", "yes"]);
    server.arg("--dir").arg(folder).arg("--pidfile").arg(folder.join("pid")).arg("--logfile").arg(folder.join("log"));
    watchdog::run(&mut server);
    let start = Instant::now();
    while start.elapsed() < SWITCH_TIMEOUT {
        if answers(folder, port) {
            return true;
        }
        if log_says_port_is_taken(folder) {
            return false;
        }
        std::thread::sleep(SWITCH_STEP);
    }
    false
}

/// Says whether it is this very server that answers on the port, and not a stranger who was there first.
fn answers(folder: &Path, port: u16) -> bool {
    let Ok(pid) = std::fs::read_to_string(folder.join("pid")) else { return false };
    exchange(port, "INFO server").is_some_and(|text| text.contains(&format!("process_id:{}\r", pid.trim())))
}

fn log_says_port_is_taken(folder: &Path) -> bool {
    let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
    let taken = log.contains("Address already in use");
    if taken {
        // The next attempt starts from an empty log.
        std::fs::remove_file(folder.join("log")).ok();
    }
    taken
}

fn until(failure: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < SWITCH_TIMEOUT, "{failure} within {SWITCH_TIMEOUT:?}");
        std::thread::sleep(SWITCH_STEP);
    }
}

fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// Sends one inline command and returns the first line of the answer.
fn command(port: u16, line: &str) -> Option<String> {
    let text = exchange(port, line)?;
    text.split("\r\n").next().map(str::to_owned)
}

fn exchange(port: u16, line: &str) -> Option<String> {
    let mut stream = TcpStream::connect_timeout(&address(port), SWITCH_TIMEOUT).ok()?;
    stream.set_read_timeout(Some(SWITCH_TIMEOUT)).ok()?;
    stream.write_all(format!("{line}\r\n").as_bytes()).ok()?;
    // It answers what it was told, then closes; a sentinel knows no other goodbye.
    stream.shutdown(Shutdown::Write).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    String::from_utf8(answer).ok()
}
