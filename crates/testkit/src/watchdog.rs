//! The end of a test server. A test process may be killed at any moment, so it cannot be trusted to stop what it
//! started: a shell script, outside its process group, waits for the last user's file lock to go and then stops the
//! server and deletes its folder.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const SCRIPT: &str = include_str!("watchdog.sh");

/// What the watchdog has to know about the server it ends.
pub(crate) struct Watched<'a> {
    /// Folder of the locks.
    pub(crate) folder: &'a Path,
    /// Time without any user before the end, in seconds.
    pub(crate) grace_seconds: u32,
    /// File whose first line is the server's process id.
    pub(crate) pid_file: PathBuf,
    /// Signal that stops the server at once.
    pub(crate) signal: &'static str,
    /// What is deleted afterwards.
    pub(crate) rubbish: PathBuf,
}

/// Held while a server is started or stopped.
#[must_use]
pub(crate) fn lock_start(folder: &Path) -> File {
    let file = open(&folder.join("start.lock"));
    file.lock().expect("a file lock on the temporary folder");
    file
}

/// Held, and shared, for as long as a server is used.
#[must_use]
pub(crate) fn lock_use(folder: &Path) -> File {
    let file = open(&folder.join("users.lock"));
    file.lock_shared().expect("a file lock on the temporary folder");
    file
}

/// Starts the watchdog. The caller already holds its lock of use.
pub(crate) fn watch(server: &Watched<'_>) {
    let mut command = Command::new("setsid");
    command.args(["--fork", "sh", "-c", SCRIPT, "guichet-watchdog"]);
    command.arg(server.folder).arg(server.grace_seconds.to_string()).arg(&server.pid_file).arg(server.signal);
    command.arg(&server.rubbish);
    run(&mut command);
}

/// Runs a short command to its end; what it printed is shown when it fails.
///
/// # Panics
/// When the command cannot be run or fails.
pub(crate) fn run(command: &mut Command) -> Output {
    let output = try_run(command);
    assert!(
        output.status.success(),
        "{command:?} failed ({})\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// Runs a short command to its end, whatever its result.
///
/// # Panics
/// When the command cannot be run.
pub(crate) fn try_run(command: &mut Command) -> Output {
    // Output goes to files rather than pipes: a daemon that keeps a pipe open would make this wait for its own end.
    let (stdout, stderr) = (scratch(), scratch());
    let status = command
        .stdin(Stdio::null())
        .stdout(stdout.try_clone().expect("a second handle of an open file"))
        .stderr(stderr.try_clone().expect("a second handle of an open file"))
        .status()
        .unwrap_or_else(|error| panic!("could not run {command:?}: {error}"));
    Output { status, stdout: content(stdout), stderr: content(stderr) }
}

fn scratch() -> File {
    tempfile::tempfile().expect("the temporary folder of the machine is writable")
}

fn content(mut file: File) -> Vec<u8> {
    use std::io::{Read, Seek};
    let mut bytes = Vec::new();
    file.rewind().expect("a regular file can be read again");
    file.read_to_end(&mut bytes).expect("a regular file can be read again");
    bytes
}

fn open(path: &Path) -> File {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .unwrap_or_else(|error| panic!("could not open {}: {error}", path.display()))
}
