//! A private PgBouncer in transaction mode in front of a test's database: few sessions, many clients, nothing allowed that its
//! defaults do not allow.

use std::fs::File;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::postgres::{as_server, own_folder};
use crate::program::pgbouncer_program;
use crate::watchdog::{self, Watched};
use crate::{blocking, free_port};

/// Attempts at another port, when somebody else took the chosen one in between.
const START_ATTEMPTS: u32 = 5;
/// Time it has to come up: 20 ms on an idle machine.
const START_TIMEOUT: Duration = Duration::from_secs(10);
/// Time between two looks at it.
const START_STEP: Duration = Duration::from_millis(5);
/// Sessions it holds for a database and a role: fewer than the clients of a service, so that they are truly passed around.
const SESSIONS: u32 = 4;
/// Clients it lets in.
const CLIENTS: u32 = 500;

/// A PgBouncer of one test; it stops when the value is dropped.
#[derive(Debug)]
pub struct PgBouncer {
    port: u16,
    _in_use: File,
}

/// Starts a PgBouncer in transaction mode before the server of a database's address.
///
/// # Panics
/// When it is not installed or does not start.
pub async fn pgbouncer(database: &str) -> PgBouncer {
    let server: SocketAddr = host_of(database).parse().expect("test databases are at an address and a port");
    blocking(move || PgBouncer::launch(server)).await
}

impl PgBouncer {
    /// Returns the address of the same database through this pooler.
    #[must_use]
    pub fn url_of(&self, database: &str) -> String {
        database.replace(host_of(database), &format!("127.0.0.1:{}", self.port))
    }

    fn launch(server: SocketAddr) -> Self {
        let folder = crate::temp_dir().keep();
        own_folder(&folder);
        let in_use = watchdog::lock_use(&folder);
        for _ in 0..START_ATTEMPTS {
            let port = free_port();
            write_settings(&folder, server, port);
            let mut start = as_server(&pgbouncer_program(), &folder);
            let started = watchdog::try_run(start.arg("--daemon").arg("--quiet").arg(folder.join("pgbouncer.ini")));
            if started.status.success() && listens(port) {
                let pid_file = folder.join("pid");
                let watched =
                    Watched { folder: &folder, grace_seconds: 0, pid_file, signal: "TERM", rubbish: folder.clone() };
                watchdog::watch(&watched);
                return Self { port, _in_use: in_use };
            }
        }
        let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        panic!("pgbouncer did not start in {START_ATTEMPTS} attempts\n{log}");
    }
}

/// Returns `host:port` of `postgres://role@host:port/name`.
fn host_of(database: &str) -> &str {
    let rest = database.rsplit_once('@').map_or(database, |(_, rest)| rest);
    rest.split('/').next().unwrap_or_default()
}

fn write_settings(folder: &Path, server: SocketAddr, port: u16) {
    let file = |name: &str| -> PathBuf { folder.join(name) };
    let settings = format!(
        "[databases]\n* = host={} port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
         pool_mode = transaction\ndefault_pool_size = {SESSIONS}\nmax_client_conn = {CLIENTS}\nauth_type = trust\n\
         auth_file = {}\npidfile = {}\nlogfile = {}\n",
        server.ip(),
        server.port(),
        file("users.txt").display(),
        file("pid").display(),
        file("log").display(),
    );
    std::fs::write(file("pgbouncer.ini"), settings).expect("this user made the folder");
    std::fs::write(file("users.txt"), "\"postgres\" \"\"\n").expect("this user made the folder");
}

fn listens(port: u16) -> bool {
    let start = Instant::now();
    while start.elapsed() < START_TIMEOUT {
        if TcpStream::connect_timeout(&SocketAddr::from(([127, 0, 0, 1], port)), START_TIMEOUT).is_ok() {
            return true;
        }
        std::thread::sleep(START_STEP);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pooler_takes_the_servers_place_in_an_address() {
        let url = "postgres://postgres@127.0.0.1:5432/t_1_1";
        assert_eq!(host_of(url), "127.0.0.1:5432");
    }
}
