//! A private PostgreSQL cluster, durable settings included: what is proved on it holds in production.
//!
//! Test processes of one machine user share a cluster, each test with a database of its own; it stops a few seconds
//! after the last of them. A test that restarts or kills the server asks for a cluster of its own with
//! [`private_postgres`].

use std::fmt::Write as _;
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::program::postgres_program;
use crate::watchdog::{self, Watched};
use crate::{blocking, free_port, wait_until};

/// Time without any test process after which the shared cluster stops: longer than the pause between two test
/// binaries of one run, so that a run starts it once.
const SHARED_GRACE_SECONDS: u32 = 15;
/// Attempts at another port, when somebody else took the chosen one in between.
const START_ATTEMPTS: u32 = 5;
/// Time the server has to come up, in seconds: one on an idle machine.
const START_TIMEOUT_SECONDS: u32 = 60;
/// Time a standby has to follow its primary.
const STANDBY_TIMEOUT: Duration = Duration::from_secs(30);
/// What a test of the split topology needs: four services with their pools, a few tests at a time.
const MAX_CONNECTIONS: u32 = 200;
/// Databases of tests are named `t_<process>_<number>`.
const DATABASE_PREFIX: &str = "t_";
/// Databases of tests, and whether one has what emptying it does not take away: rights or settings of its own.
const DATABASES: &str = "SELECT d.datname, d.datacl IS NOT NULL OR s.setdatabase IS NOT NULL
    FROM pg_database d LEFT JOIN pg_db_role_setting s ON s.setdatabase = d.oid WHERE d.datname LIKE 't\\_%'";
/// Makes a database as empty as a new one.
const EMPTY: &str = "DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
        EXECUTE format('DROP SCHEMA %I CASCADE', name);
    END LOOP;
    CREATE SCHEMA public AUTHORIZATION pg_database_owner;
    GRANT USAGE ON SCHEMA public TO PUBLIC;
END $$";

/// A running cluster.
#[derive(Debug)]
pub struct PostgresServer {
    folder: PathBuf,
    port: u16,
    _in_use: File,
}

/// Returns the shared cluster, started by the first test process that asks.
///
/// # Panics
/// When PostgreSQL is not installed or does not start.
pub async fn postgres() -> &'static PostgresServer {
    static SERVER: OnceLock<PostgresServer> = OnceLock::new();
    blocking(|| SERVER.get_or_init(PostgresServer::join_shared)).await
}

/// Starts a cluster for the calling test alone; it stops when the value is dropped.
///
/// # Panics
/// When PostgreSQL is not installed or does not start.
pub async fn private_postgres() -> PostgresServer {
    blocking(PostgresServer::launch_private).await
}

impl PostgresServer {
    /// Returns the address of an empty database, `postgres://…`: one that a test has left, or a new one. Copying and dropping
    /// the files of a database takes a server many times longer than dropping the tables of a test.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn database(&self) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("{DATABASE_PREFIX}{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let url = self.url_of(&name);
        let maintenance = self.url_of("postgres");
        let emptied = url.clone();
        blocking(move || {
            if take_over(&maintenance, &name) {
                psql(&emptied, EMPTY);
            } else {
                psql(&maintenance, &format!("CREATE DATABASE {name}"));
            }
        })
        .await;
        url
    }

    /// Runs one statement in a database of this server and returns what `psql` prints: one line a row, columns
    /// separated by `|`.
    ///
    /// # Panics
    /// When the statement fails.
    pub async fn query(&self, url: &str, sql: &str) -> String {
        let (url, sql) = (url.to_owned(), sql.to_owned());
        blocking(move || psql(&url, &sql)).await
    }

    /// Asks a role for its password from now on; tests are let in without otherwise.
    ///
    /// # Panics
    /// When the server's files cannot be written.
    pub async fn ask_password_of(&self, role: &str) {
        let file = data(&self.folder).join("pg_hba.conf");
        let rules = std::fs::read_to_string(&file).expect("the cluster has its rules");
        let ours = format!("host all {role} 127.0.0.1/32 scram-sha-256\n{rules}");
        std::fs::write(&file, ours).expect("this user made the cluster");
        self.query(&self.url_of("postgres"), "SELECT pg_reload_conf()").await;
    }

    /// Restarts the server as an operator does: sessions are cut, nothing committed is lost.
    ///
    /// # Panics
    /// When it does not come back.
    pub async fn restart(&self) {
        self.control(&["-m", "fast", "restart"]).await;
    }

    /// Stops the server at once, without a checkpoint, as a crash does.
    ///
    /// # Panics
    /// When it does not stop.
    pub async fn crash(&self) {
        self.control(&["-m", "immediate", "stop"]).await;
    }

    /// Starts the server again after a crash.
    ///
    /// # Panics
    /// When it does not come back.
    pub async fn start(&self) {
        self.control(&["start"]).await;
    }

    /// Starts a standby of this server, which from then on tells nobody that a change is durable before the standby has it.
    ///
    /// # Panics
    /// When the copy cannot be made, or the standby does not follow.
    pub async fn standby(&self) -> Self {
        let port = self.port;
        let standby = blocking(move || Self::launch_standby(port)).await;
        // One statement each: a change of the server's settings stands alone.
        let maintenance = self.url_of("postgres");
        self.query(&maintenance, "ALTER SYSTEM SET synchronous_standby_names = '*'").await;
        self.query(&maintenance, "SELECT pg_reload_conf()").await;
        let followed = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
        wait_until(STANDBY_TIMEOUT, async || self.query(&maintenance, followed).await.trim() == "1").await;
        standby
    }

    /// Makes a standby the server that takes changes.
    ///
    /// # Panics
    /// When it does not.
    pub async fn promote(&self) {
        self.control(&["promote"]).await;
    }

    /// Returns the port it listens on.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Returns the address that a database of another server has here, on its copy.
    ///
    /// # Panics
    /// When `url` names no database.
    #[must_use]
    pub fn address_of(&self, url: &str) -> String {
        self.url_of(url.rsplit('/').next().expect("an address ends with the name of its database"))
    }

    async fn control(&self, arguments: &'static [&'static str]) {
        let folder = self.folder.clone();
        blocking(move || watchdog::run(pg_ctl(&folder).args(arguments))).await;
    }

    fn url_of(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    fn join_shared() -> Self {
        let folder = shared_folder();
        let _starting = watchdog::lock_start(&folder);
        let in_use = watchdog::lock_use(&folder);
        if let Some(port) = running_port(&folder) {
            return Self { folder, port, _in_use: in_use };
        }
        let port = launch(&folder);
        watch(&folder, SHARED_GRACE_SECONDS, data(&folder));
        Self { folder, port, _in_use: in_use }
    }

    fn launch_private() -> Self {
        let folder = crate::temp_dir().keep();
        open_to_all(&folder);
        let in_use = watchdog::lock_use(&folder);
        let port = launch(&folder);
        watch(&folder, 0, folder.clone());
        Self { folder, port, _in_use: in_use }
    }

    fn launch_standby(primary: u16) -> Self {
        let folder = crate::temp_dir().keep();
        open_to_all(&folder);
        let in_use = watchdog::lock_use(&folder);
        let data = make_data(&folder);
        let mut copy = as_server(&postgres_program("pg_basebackup"), &folder);
        copy.args([
            "-h",
            "127.0.0.1",
            "-p",
            &primary.to_string(),
            "-U",
            "postgres",
            "-c",
            "fast",
            "-X",
            "stream",
            "-R",
        ]);
        watchdog::run(copy.arg("-D").arg(&data));
        let port = free_port();
        // The last line on a setting wins: the others are the primary's.
        let settings = data.join("postgresql.auto.conf");
        let mut text = std::fs::read_to_string(&settings).expect("the copy has its settings");
        writeln!(text, "port = {port}").expect("a text takes another line");
        std::fs::write(&settings, text).expect("this user may write them");
        watchdog::run(pg_ctl(&folder).arg("start"));
        watch(&folder, 0, folder.clone());
        Self { folder, port, _in_use: in_use }
    }
}

/// Gives a database that a test has left to this one; returns whether there was one. What cannot be used again is dropped.
fn take_over(maintenance: &str, name: &str) -> bool {
    for line in psql(maintenance, DATABASES).lines() {
        let Some((left, is_marked)) = line.split_once('|').filter(|(left, _)| is_orphan(left)) else { continue };
        let is_done = |change: &str| watchdog::try_run(&mut psql_command(maintenance, change)).status.success();
        // Another process may be quicker, or a session not be over yet: then the next one.
        if is_marked == "t" {
            is_done(&format!("DROP DATABASE IF EXISTS {left} WITH (FORCE)"));
        } else if is_done(&format!("ALTER DATABASE {left} RENAME TO {name}")) {
            return true;
        }
    }
    false
}

fn is_orphan(database: &str) -> bool {
    let process = database.strip_prefix(DATABASE_PREFIX).and_then(|rest| rest.split('_').next());
    process.is_some_and(|id| id.parse::<u32>().is_ok() && !Path::new("/proc").join(id).exists())
}

fn shared_folder() -> PathBuf {
    let uid = current_uid();
    let folder = std::env::temp_dir().join(format!("guichet-testkit-{uid}"));
    std::fs::create_dir_all(&folder).expect("the temporary folder of the machine is writable");
    let owner = std::fs::metadata(&folder).expect("the folder was just created").uid();
    assert_eq!(owner, uid, "{} belongs to another user", folder.display());
    open_to_all(&folder);
    folder
}

/// The server may run as another user than the tests: it has to be able to walk into the folder.
fn open_to_all(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let walkable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(folder, walkable).expect("the folder belongs to this user");
}

/// Gives a folder to the account that servers run as.
pub(crate) fn own_folder(folder: &Path) {
    open_to_all(folder);
    if let Some(account) = server_account() {
        std::os::unix::fs::chown(folder, Some(account.uid), Some(account.gid)).expect("root may give a folder away");
    }
}

fn data(folder: &Path) -> PathBuf {
    folder.join("data")
}

fn watch(folder: &Path, grace_seconds: u32, rubbish: PathBuf) {
    // QUIT is PostgreSQL's immediate shutdown: nothing here is worth a checkpoint.
    let pid_file = data(folder).join("postmaster.pid");
    watchdog::watch(&Watched { folder, grace_seconds, pid_file, signal: "QUIT", rubbish });
}

/// Returns the port of a server that already runs in the folder.
fn running_port(folder: &Path) -> Option<u16> {
    if !data(folder).join("postmaster.pid").is_file()
        || !watchdog::try_run(pg_ctl(folder).arg("status")).status.success()
    {
        return None;
    }
    // Its fourth line is the port.
    let pid_file = std::fs::read_to_string(data(folder).join("postmaster.pid")).ok()?;
    pid_file.lines().nth(3)?.trim().parse().ok()
}

/// Makes the empty folder of a cluster, which must be the server's own and nobody else's.
fn make_data(folder: &Path) -> PathBuf {
    use std::os::unix::fs::DirBuilderExt;
    let data = data(folder);
    std::fs::remove_dir_all(&data).ok();
    std::fs::DirBuilder::new().mode(0o700).create(&data).expect("the folder belongs to this user");
    if let Some(account) = server_account() {
        std::os::unix::fs::chown(&data, Some(account.uid), Some(account.gid)).expect("root may give a folder away");
    }
    data
}

fn launch(folder: &Path) -> u16 {
    let data = make_data(folder);
    let mut initdb = as_server(&postgres_program("initdb"), folder);
    initdb.arg("-D").arg(&data).args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"]);
    watchdog::run(&mut initdb);
    for _ in 0..START_ATTEMPTS {
        let port = free_port();
        write_settings(&data, port);
        if watchdog::try_run(pg_ctl(folder).arg("start")).status.success() {
            return port;
        }
    }
    let log = std::fs::read_to_string(data.join("log")).unwrap_or_default();
    panic!("postgresql did not start in {START_ATTEMPTS} attempts\n{log}");
}

fn write_settings(data: &Path, port: u16) {
    let settings = format!(
        "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = ''\nmax_connections = {MAX_CONNECTIONS}\n\
         fsync = on\nsynchronous_commit = on\nlog_min_messages = warning\n"
    );
    std::fs::write(data.join("postgresql.auto.conf"), settings).expect("this user made the folder");
}

fn pg_ctl(folder: &Path) -> Command {
    let data = data(folder);
    let mut command = as_server(&postgres_program("pg_ctl"), folder);
    command.arg("-D").arg(&data).arg("-l").arg(data.join("log"));
    command.args(["-s", "-w", "-t", &START_TIMEOUT_SECONDS.to_string()]);
    command
}

fn psql_command(url: &str, sql: &str) -> Command {
    let mut command = Command::new(postgres_program("psql"));
    command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql]);
    command
}

fn psql(url: &str, sql: &str) -> String {
    let output = watchdog::run(&mut psql_command(url, sql));
    String::from_utf8(output.stdout).expect("the client prints UTF-8")
}

/// The account the server runs as when the tests run as root, which PostgreSQL refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Account {
    uid: u32,
    gid: u32,
}

fn current_uid() -> u32 {
    std::fs::metadata("/proc/self").expect("tests run on Linux").uid()
}

fn server_account() -> Option<Account> {
    if current_uid() != 0 {
        return None;
    }
    let accounts = std::fs::read_to_string("/etc/passwd").expect("every system has its list of accounts");
    let account = find_account(&accounts, "postgres").or_else(|| find_account(&accounts, "nobody"));
    Some(account.expect("tests run as root need an account `postgres` or `nobody` for the database server"))
}

fn find_account(accounts: &str, name: &str) -> Option<Account> {
    let mut fields = accounts.lines().map(|line| line.split(':')).find(|fields| fields.clone().next() == Some(name))?;
    let uid = fields.nth(2)?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    Some(Account { uid, gid })
}

/// Returns the command that runs a program as the account of servers.
pub(crate) fn as_server(program: &Path, folder: &Path) -> Command {
    let mut command = match server_account() {
        None => Command::new(program),
        Some(Account { uid, gid }) => {
            let mut command = Command::new("setpriv");
            command.args([format!("--reuid={uid}"), format!("--regid={gid}"), "--clear-groups".to_owned()]);
            command.arg("--").arg(program);
            command
        }
    };
    command.current_dir(folder).env("LC_ALL", "C");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_read_from_the_list_by_its_exact_name() {
        let accounts = "root:x:0:0:root:/root:/bin/sh\npostgresql:x:7:8::/:/bin/sh\npostgres:x:101:104::/:/bin/sh\n";
        assert_eq!(find_account(accounts, "postgres"), Some(Account { uid: 101, gid: 104 }));
        assert_eq!(find_account(accounts, "nobody"), None);
    }

    #[test]
    fn a_database_of_a_living_process_is_no_orphan() {
        assert!(!is_orphan(&format!("t_{}_1", std::process::id())));
        assert!(!is_orphan("template1"));
        assert!(is_orphan("t_4294967295_1"));
    }
}
