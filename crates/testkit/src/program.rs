//! Where the programs that tests launch are found.

use std::path::{Path, PathBuf};

/// Where Debian and Ubuntu put the PostgreSQL programs, one folder a major version, out of `PATH`.
const POSTGRES_VERSIONS: &str = "/usr/lib/postgresql";

/// Returns the Python interpreter used by tests that speak to the product as other software does (`smtplib`).
///
/// # Panics
/// When there is no Python 3.
#[must_use]
pub fn python() -> PathBuf {
    in_path("python3").unwrap_or_else(|| missing("python3"))
}

/// Returns a program of the PostgreSQL server: `initdb`, `pg_ctl`, `psql`, `pgbench`.
///
/// # Panics
/// When PostgreSQL is not installed.
#[must_use]
pub fn postgres_program(name: &str) -> PathBuf {
    newest_postgres()
        .map(|folder| folder.join(name))
        .filter(|path| path.is_file())
        .or_else(|| in_path(name))
        .unwrap_or_else(|| missing(name))
}

/// Returns the connection pooler, which Debian puts where only the administrator's `PATH` looks.
pub(crate) fn pgbouncer_program() -> PathBuf {
    const PACKAGED: &str = "/usr/sbin/pgbouncer";
    let packaged = Some(PathBuf::from(PACKAGED)).filter(|path| path.is_file());
    in_path("pgbouncer").or(packaged).unwrap_or_else(|| missing("pgbouncer"))
}

/// Returns the browser that shows the pages.
///
/// # Panics
/// When Chromium is not installed.
#[must_use]
pub fn chromium() -> PathBuf {
    in_path("chromium").unwrap_or_else(|| missing("chromium"))
}

/// Returns the program through which tests drive the browser.
///
/// # Panics
/// When the driver of Chromium is not installed.
#[must_use]
pub fn chromedriver() -> PathBuf {
    in_path("chromedriver").unwrap_or_else(|| missing("chromedriver"))
}

/// Returns the Redis server program.
pub(crate) fn redis_server() -> PathBuf {
    in_path("redis-server").unwrap_or_else(|| missing("redis-server"))
}

fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|candidate| candidate.is_file())
}

fn newest_postgres() -> Option<PathBuf> {
    let versions = Path::new(POSTGRES_VERSIONS).read_dir().ok()?;
    let newest = versions
        .filter_map(Result::ok)
        .filter(|entry| entry.path().join("bin/pg_ctl").is_file())
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .max()?;
    Some(Path::new(POSTGRES_VERSIONS).join(newest.to_string()).join("bin"))
}

fn missing(name: &str) -> ! {
    panic!("`{name}` is needed by this test and is not installed: run `cargo xtask setup`")
}
