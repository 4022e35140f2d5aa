//! Launching programs from the root of the workspace.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

/// Returns the folder of the workspace, whatever folder the task was called from.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace").to_path_buf()
}

/// Returns the command of a program, to be run at the root of the workspace without standard input.
pub(crate) fn program(name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(arguments).current_dir(root()).stdin(Stdio::null());
    command
}

/// Whether cargo lints what it compiles.
static LINTS: AtomicBool = AtomicBool::new(false);

/// Makes cargo lint the crates of the workspace while it compiles them, from here on, and refuse warnings. `cargo clippy` would compile
/// everything a second time, libraries included, without their code.
pub(crate) fn lint_what_is_compiled() {
    LINTS.store(true, Ordering::Relaxed);
}

/// Returns a cargo command.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = program(env!("CARGO"), arguments);
    if LINTS.load(Ordering::Relaxed) {
        // Clippy stands in for the compiler, beside this cargo; it takes its own arguments from a variable.
        let clippy = Path::new(env!("CARGO")).with_file_name("clippy-driver");
        command.env("RUSTC_WORKSPACE_WRAPPER", clippy).env("CLIPPY_ARGS", "-Dwarnings");
    }
    command
}

/// Returns the folder that cargo builds into.
pub(crate) fn target() -> Result<PathBuf, String> {
    let this = std::env::current_exe().map_err(|error| format!("could not find the build folder: {error}"))?;
    // `<target>/debug/xtask`
    let target = this.parent().and_then(Path::parent).ok_or("could not find the build folder")?;
    Ok(target.to_path_buf())
}

/// Returns a folder inside the one that cargo builds into, made when it is missing.
pub(crate) fn built_folder(name: &str) -> Result<PathBuf, String> {
    let folder = target()?.join(name);
    std::fs::create_dir_all(&folder).map_err(|error| format!("could not make {}: {error}", folder.display()))?;
    Ok(folder)
}

/// Returns a program that cargo has built, for the profile named (`debug`, `release`).
pub(crate) fn built(profile: &str, name: &str) -> Result<Command, String> {
    let path = target()?.join(profile).join(name);
    if !path.is_file() {
        return Err(format!("{} was not built", path.display()));
    }
    let mut command = Command::new(path);
    command.current_dir(root()).stdin(Stdio::null());
    Ok(command)
}

/// Runs a command to its end, its output shown as it comes.
pub(crate) fn run(command: &mut Command) -> crate::Outcome {
    let status = command.status().map_err(|error| format!("could not run {}: {error}", words(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} failed ({status})", words(command))) }
}

/// Returns whether a program answers when asked for its version.
pub(crate) fn answers(name: &str, arguments: &[&str]) -> bool {
    let mut command = program(name, arguments);
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Returns the command as one would type it.
pub(crate) fn words(command: &Command) -> String {
    let mut words =
        vec![Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|argument| argument.to_string_lossy().into_owned()));
    words.join(" ")
}
