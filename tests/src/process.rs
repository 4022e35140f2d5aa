//! One process: of the product, or of a program that a test needs beside it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use guichet_testkit::wait_until;

use crate::World;

/// A running program, `guichet` as a rule, ended with the test whatever happens to it.
#[derive(Debug)]
pub struct Process {
    program: PathBuf,
    arguments: Vec<String>,
    log: PathBuf,
    /// The program, and the shell that ends it when this process ends.
    running: Mutex<Option<(Child, Child)>>,
}

impl Process {
    /// Starts the product's binary; what it logs goes to a file.
    ///
    /// # Panics
    /// When the binary is not built.
    pub fn start(arguments: Vec<String>, log: &Path) -> Self {
        Self::start_program(binary(), arguments, log)
    }

    /// Starts it in a world of its own.
    ///
    /// # Panics
    /// When the binary is not built.
    pub(crate) fn start_in(world: &World, arguments: Vec<String>, log: &Path) -> Self {
        let (program, arguments) = world.enter(world.binary.clone().unwrap_or_else(binary), arguments);
        Self::start_program(program, arguments, log)
    }

    /// Starts another program in the same way.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start_program(program: PathBuf, arguments: Vec<String>, log: &Path) -> Self {
        let mut process = Self { program, arguments, log: log.to_owned(), running: Mutex::new(None) };
        process.launch();
        process
    }

    /// Starts it again with the same arguments.
    ///
    /// # Panics
    /// When it still runs.
    pub fn launch(&mut self) {
        self.launch_in(&[]);
    }

    /// Starts it again, to die the n-th time it gets to a point of its work (`guichet_core::crash`).
    ///
    /// # Panics
    /// When it still runs.
    pub fn launch_to_crash_at(&mut self, point: &str, times: u64) {
        self.launch_in(&[("CRASH_AT", format!("{point}:{times}"))]);
    }

    fn launch_in(&mut self, variables: &[(&str, String)]) {
        let running = self.running.get_mut().unwrap_or_else(PoisonError::into_inner);
        assert!(running.is_none(), "the process still runs");
        let log = std::fs::File::options().create(true).append(true).open(&self.log).expect("the log can be written");
        let product = Command::new(&self.program)
            .args(&self.arguments)
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log)
            .spawn()
            .expect("the program starts");
        // Holds the read end of a pipe: when this process dies, however it dies, the product dies too.
        let reaper = Command::new("sh")
            .args(["-c", "cat >/dev/null; kill -9 \"$0\" 2>/dev/null", &product.id().to_string()])
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell starts");
        *running = Some((product, reaper));
    }

    /// Ends it at once, as `kill -9` does.
    pub fn kill(&mut self) {
        if let Some((mut product, mut reaper)) = self.take() {
            // Both may have ended already.
            let _gone = product.kill();
            let _status = product.wait();
            drop(reaper.stdin.take());
            let _status = reaper.wait();
        }
    }

    /// Asks it to end, as Kubernetes does, and waits for it.
    ///
    /// # Panics
    /// When it does not run, or not end.
    pub async fn terminate(&mut self) -> ExitStatus {
        let (mut product, mut reaper) = self.take().expect("the process runs");
        signal("TERM", product.id());
        let mut status = None;
        wait_until(Duration::from_secs(30), || {
            status = product.try_wait().expect("the process can be waited for");
            std::future::ready(status.is_some())
        })
        .await;
        drop(reaper.stdin.take());
        let _status = reaper.wait();
        status.expect("it ended")
    }

    /// Stops it where it is, or lets it go on.
    pub fn pause(&self, paused: bool) {
        self.signal(if paused { "STOP" } else { "CONT" });
    }

    /// Sends it a signal, if it runs.
    pub fn signal(&self, name: &str) {
        if let Some(id) = self.id() {
            signal(name, id);
        }
    }

    /// Returns its process id while it runs.
    pub fn id(&self) -> Option<u32> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.as_ref().map(|(product, _)| product.id())
    }

    /// Returns what it has logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Returns whether it has ended by itself.
    pub fn has_ended(&self) -> bool {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.as_mut().is_none_or(|(product, _)| matches!(product.try_wait(), Ok(Some(_))))
    }

    fn take(&mut self) -> Option<(Child, Child)> {
        self.running.get_mut().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Returns the memory that a process holds, in millions of octets; NaN when it is gone.
pub fn resident_mb(id: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.unwrap_or(f64::NAN) * 1_024.0 / 1e6
}

fn signal(name: &str, id: u32) {
    let _status = Command::new("kill").args(["-s", name, &id.to_string()]).status();
}

/// Returns the product's binary, built beside this one.
///
/// # Panics
/// When it is not there.
pub fn binary() -> PathBuf {
    let here = std::env::current_exe().expect("this program has a path");
    let found = here.ancestors().map(|folder| folder.join("guichet")).find(|file| file.is_file());
    found.expect("the product is not built: run the tests with `cargo xtask test`, which builds it first")
}
