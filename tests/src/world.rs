//! What one process sees otherwise than the machine it runs on: its own names of hosts, a small disk, another clock.
//!
//! Names and disks are mounts in a namespace of the process alone, which Linux lets anybody make; the clock is
//! libfaketime's. Nothing of it outlives the process.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Mounts, then becomes the program: its process id is the one that was started.
const ENTER: &str = r#"
hosts=$1 disk=$2 octets=$3
shift 3
if [ -n "$hosts" ]; then mount --bind "$hosts" /etc/hosts || exit 1; fi
if [ -n "$disk" ]; then mount -t tmpfs -o size="$octets" disk "$disk" || exit 1; fi
exec "$@"
"#;
/// The library that shows a program another time, in the folder that its package names after the machine.
const FAKETIME: &str = "faketime/libfaketimeMT.so.1";

/// A world of its own; the machine's where it says nothing.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// Another binary of the product, of another release.
    pub binary: Option<PathBuf>,
    /// A file in place of `/etc/hosts`.
    pub hosts: Option<PathBuf>,
    /// A folder that is a disk of so many octets.
    pub disk: Option<(PathBuf, u64)>,
    /// A file that says how far the clock is off, as libfaketime reads it (`+3600`); read again at each look.
    pub clock: Option<PathBuf>,
}

impl World {
    /// Returns the program and arguments that run another program in this world.
    ///
    /// # Panics
    /// When it has a clock and libfaketime is not installed.
    pub(crate) fn enter(&self, program: PathBuf, arguments: Vec<String>) -> (PathBuf, Vec<String>) {
        let (program, arguments) = self.with_clock(program, arguments);
        if self.hosts.is_none() && self.disk.is_none() {
            return (program, arguments);
        }
        let text = |path: &Path| path.display().to_string();
        let (disk, octets) =
            self.disk.as_ref().map_or_else(Default::default, |(disk, octets)| (text(disk), octets.to_string()));
        let hosts = self.hosts.as_deref().map_or_else(String::new, text);
        let mut all: Vec<String> = ["--map-root-user", "--mount", "sh", "-c", ENTER, "world"].map(str::to_owned).into();
        all.extend([hosts, disk, octets, text(&program)]);
        all.extend(arguments);
        (PathBuf::from("unshare"), all)
    }

    fn with_clock(&self, program: PathBuf, arguments: Vec<String>) -> (PathBuf, Vec<String>) {
        let Some(clock) = &self.clock else { return (program, arguments) };
        let machines = std::fs::read_dir("/usr/lib").expect("tests run on Linux").flatten();
        let library = machines.map(|machine| machine.path().join(FAKETIME)).find(|library| library.is_file());
        let library =
            library.expect("`libfaketime` is needed by this test and is not installed: run `cargo xtask setup`");
        let mut all = vec![
            format!("LD_PRELOAD={}", library.display()),
            format!("FAKETIME_TIMESTAMP_FILE={}", clock.display()),
            "FAKETIME_NO_CACHE=1".to_owned(),
            // Waits and deadlines are not the clock's business.
            "FAKETIME_DONT_FAKE_MONOTONIC=1".to_owned(),
            program.display().to_string(),
        ];
        all.extend(arguments);
        (PathBuf::from("env"), all)
    }
}

/// Returns how the others see a folder of a process that has a disk of its own.
pub(crate) fn seen_through(process: u32, folder: &Path) -> PathBuf {
    let mut path = OsString::from(format!("/proc/{process}/root"));
    path.push(folder);
    PathBuf::from(path)
}

/// Copies the SQLite files of a folder as they are at one moment: SQLite itself would follow the path of [`seen_through`] back to
/// the machine's own disk.
pub(crate) fn copy_databases(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("the folder can be made");
    let parts = ["", "-wal"];
    for name in ["intake", "routing", "notification"] {
        let files = parts.map(|part| format!("{name}.db{part}"));
        let stamps =
            || files.clone().map(|file| std::fs::metadata(from.join(file)).and_then(|found| found.modified()).ok());
        loop {
            let before = stamps();
            for file in &files {
                // What an earlier copy left would not fit.
                let _absent = std::fs::remove_file(to.join(file));
                if from.join(file).is_file() {
                    std::fs::copy(from.join(file), to.join(file)).expect("there is room");
                }
            }
            let _absent = std::fs::remove_file(to.join(format!("{name}.db-shm")));
            if stamps() == before {
                break;
            }
        }
    }
}
