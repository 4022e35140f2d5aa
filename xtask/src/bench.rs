//! `cargo xtask bench`: figures, from release builds. A bench is a binary of `tests/`, `src/bin/bench-<name>.rs` or
//! a folder of that name, which starts the product it measures.

use crate::launch::{built, cargo, root, run as launch};
use crate::setup;

pub(crate) const HELP: &str = "\
  bench [name] [args]   runs one bench on a release build; without a name, lists them
                          cargo xtask bench
                          cargo xtask bench intake";

const PREFIX: &str = "bench-";

pub(crate) fn run(arguments: &[String]) -> crate::Outcome {
    let names = names();
    let Some((name, rest)) = arguments.split_first() else {
        println!("benches: {}", names.join(", "));
        return Ok(());
    };
    if !names.contains(name) {
        return Err(format!("there is no bench `{name}`; there are: {}", names.join(", ")));
    }
    setup::ensure()?;
    launch(&mut cargo(&["build", "--release", "--workspace", "--bins"]))?;
    launch(built("release", &format!("{PREFIX}{name}"))?.args(rest))
}

fn names() -> Vec<String> {
    let Ok(entries) = root().join("tests/src/bin").read_dir() else { return Vec::new() };
    let mut names: Vec<String> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.path().file_stem()?.to_str()?.strip_prefix(PREFIX).map(str::to_owned))
        .collect();
    names.sort();
    names
}
