//! `cargo xtask gen`: files that the product itself prints and that are kept in the tree so that a change of theirs is
//! seen in review. CI refuses a tree where they differ.

use crate::launch::{built, cargo, root, run as launch};
use crate::test;

pub(crate) const HELP: &str = "\
  gen [--check]         writes the generated files anew; with --check, only says whether they are current
                          cargo xtask gen
                          cargo xtask gen --check";

/// A generated file, and the arguments of `guichet` that print it.
const GENERATED: [(&str, &[&str]); 1] = [("config.default.toml", &["config", "defaults"])];

pub(crate) fn run(arguments: &[String]) -> crate::Outcome {
    launch(&mut cargo(&test::BUILD))?;
    if arguments.iter().any(|argument| argument == "--check") {
        return check();
    }
    for (path, command) in GENERATED {
        let text = print(command)?;
        std::fs::write(root().join(path), text).map_err(|error| format!("could not write {path}: {error}"))?;
        println!("{path}");
    }
    Ok(())
}

/// Says which generated files are not what the product, already built, prints today.
pub(crate) fn check() -> crate::Outcome {
    let mut stale = Vec::new();
    for (path, command) in GENERATED {
        if std::fs::read(root().join(path)).unwrap_or_default() != print(command)? {
            stale.push(path);
        }
    }
    if stale.is_empty() { Ok(()) } else { Err(format!("{} differ: run `cargo xtask gen`", stale.join(", "))) }
}

fn print(command: &[&str]) -> Result<Vec<u8>, String> {
    let mut guichet = built("debug", "guichet")?;
    let output = guichet.args(command).output().map_err(|error| format!("could not run guichet: {error}"))?;
    if !output.status.success() {
        return Err(format!("guichet {} failed\n{}", command.join(" "), String::from_utf8_lossy(&output.stderr)));
    }
    Ok(output.stdout)
}
