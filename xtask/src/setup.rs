//! `cargo xtask setup`: the servers and the browser that tests start must be on the machine.

use std::path::Path;

use crate::launch::{answers, program, run as launch, target};

pub(crate) const HELP: &str = "\
  setup                 installs what the tests need and do not find: PostgreSQL, PgBouncer, Redis, Python 3,
                        libfaketime, Chromium, npm
                          cargo xtask setup
                        (with apt-get, as root; elsewhere it says what to install), and axe-core, which checks
                        that the pages are accessible (with npm, into the build folder)";

/// What `npm` installs for the tests of pages: an exact version, so that a rule added elsewhere fails no build here.
const AXE: &str = "axe-core@4.14.1";

/// One need of the tests.
struct Need {
    /// Name of the program, as a person knows it.
    what: &'static str,
    /// Package of Debian and Ubuntu.
    package: &'static str,
    present: fn() -> bool,
}

const NEEDS: [Need; 10] = [
    Need { what: "the PostgreSQL server", package: "postgresql", present: has_postgres },
    Need { what: "psql", package: "postgresql-client", present: || answers("psql", &["--version"]) },
    Need { what: "pgbouncer", package: "pgbouncer", present: has_pgbouncer },
    Need { what: "redis-server", package: "redis-server", present: || answers("redis-server", &["--version"]) },
    Need { what: "python3", package: "python3", present: || answers("python3", &["--version"]) },
    Need { what: "libfaketime", package: "libfaketime", present: has_faketime },
    Need {
        what: "flock, setsid, setpriv and unshare",
        package: "util-linux",
        present: || answers("flock", &["--version"]),
    },
    Need { what: "chromium", package: "chromium", present: || answers("chromium", &["--version"]) },
    Need { what: "chromedriver", package: "chromium-driver", present: || answers("chromedriver", &["--version"]) },
    Need { what: "npm", package: "npm", present: || answers("npm", &["--version"]) },
];

pub(crate) fn run(_: &[String]) -> crate::Outcome {
    ensure()?;
    println!("everything the tests need is installed");
    Ok(())
}

/// Installs what is missing; does nothing, and quickly, when all is there.
pub(crate) fn ensure() -> crate::Outcome {
    ensure_programs()?;
    ensure_axe()
}

/// Puts axe-core into the build folder: nothing of npm is kept in the tree.
fn ensure_axe() -> crate::Outcome {
    let folder = target()?.join("axe");
    if installed_axe(&folder).as_deref() == Some(AXE) {
        return Ok(());
    }
    let mut install = program("npm", &["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"]);
    launch(install.arg("--prefix").arg(&folder).arg(AXE))
}

/// Returns the name and version of what is there, as npm writes them.
fn installed_axe(folder: &Path) -> Option<String> {
    let described = folder.join("node_modules/axe-core/package.json");
    let text = std::fs::read_to_string(described).ok()?;
    let version = text.split_once("\"version\": \"")?.1.split_once('"')?.0;
    Some(format!("axe-core@{version}"))
}

fn ensure_programs() -> crate::Outcome {
    let missing: Vec<&Need> = NEEDS.iter().filter(|need| !(need.present)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    if !answers("apt-get", &["--version"]) || !is_root() {
        let names: Vec<&str> = missing.iter().map(|need| need.what).collect();
        return Err(format!(
            "the tests need {}: install it with your system's packages (on Debian or Ubuntu, as root: apt-get install {})",
            names.join(", "),
            packages.join(" ")
        ));
    }
    let quiet = ("DEBIAN_FRONTEND", "noninteractive");
    launch(program("apt-get", &["update", "-qq"]).env(quiet.0, quiet.1))?;
    let mut install = program("apt-get", &["install", "-y", "-qq", "--no-install-recommends"]);
    launch(install.args(&packages).env(quiet.0, quiet.1))?;
    match NEEDS.iter().find(|need| !(need.present)()) {
        None => Ok(()),
        Some(need) => Err(format!("{} is still not found after installing {}", need.what, need.package)),
    }
}

/// PostgreSQL's own programs are often out of `PATH`.
fn has_postgres() -> bool {
    let versions = Path::new("/usr/lib/postgresql").read_dir();
    let packaged = versions.is_ok_and(|mut list| {
        list.any(|version| version.is_ok_and(|version| version.path().join("bin/initdb").is_file()))
    });
    packaged || (answers("initdb", &["--version"]) && answers("pg_ctl", &["--version"]))
}

/// The pooler is packaged out of the `PATH` of most users.
fn has_pgbouncer() -> bool {
    Path::new("/usr/sbin/pgbouncer").is_file() || answers("pgbouncer", &["--version"])
}

/// A library, not a program: its package puts it into a folder named after the machine.
fn has_faketime() -> bool {
    let machines = Path::new("/usr/lib").read_dir();
    machines.is_ok_and(|mut list| {
        list.any(|entry| entry.is_ok_and(|entry| entry.path().join("faketime/libfaketimeMT.so.1").is_file()))
    })
}

fn is_root() -> bool {
    let output = program("id", &["-u"]).output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
