//! The folder of the demo town as a whole: it is right, it survives the round trip, and each mistake made in it is named.

mod demo;
mod edit;
mod mistakes;
mod round_trip;

use std::path::{Path, PathBuf};

use guichet_directory::read_folder;

/// Returns the folder of the demo town.
fn demo_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/directory")
}

/// Returns the files of the demo town.
fn demo_files() -> Vec<(String, String)> {
    let (files, unreadable) = read_folder(&demo_root());
    assert_eq!(unreadable, Vec::new());
    files
}
