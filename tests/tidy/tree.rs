//! The files that a commit would hold.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::source::Source;

/// The project's files, or those of an example.
pub(crate) struct Tree {
    files: Vec<File>,
}

/// One file, its path relative to the root with `/`.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) size_bytes: u64,
    /// Nothing for a binary file.
    pub(crate) text: Option<String>,
    is_test: bool,
}

impl Tree {
    /// Returns the files of the project: tracked ones, and new ones that git does not ignore.
    pub(crate) fn project() -> &'static Self {
        static PROJECT: OnceLock<Tree> = OnceLock::new();
        PROJECT.get_or_init(|| {
            let list = Command::new("git")
                .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
                .current_dir(root())
                .output()
                .expect("git lists the files of the project");
            let names = String::from_utf8(list.stdout).expect("paths of the project are UTF-8");
            let paths: BTreeSet<&str> = names.split('\0').filter(|path| root().join(path).is_file()).collect();
            assert!(!paths.is_empty(), "git lists no file: house rules are judged in a clone of the project");
            Self::new(paths.into_iter().map(|path| {
                let bytes = std::fs::read(root().join(path)).expect("a listed file can be read");
                (path.to_owned(), bytes)
            }))
        })
    }

    /// Returns a tree made of the given paths and texts.
    pub(crate) fn example(files: &[(&str, &str)]) -> Self {
        Self::new(files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())))
    }

    fn new(files: impl Iterator<Item = (String, Vec<u8>)>) -> Self {
        let mut files: Vec<File> = files
            .map(|(path, bytes)| {
                let size_bytes = u64::try_from(bytes.len()).expect("a file fits in memory");
                let is_test = is_test_path(&path);
                File { path, size_bytes, text: String::from_utf8(bytes).ok(), is_test }
            })
            .collect();
        let modules: BTreeSet<String> = files.iter().flat_map(test_modules).collect();
        for file in &mut files {
            file.is_test |= modules.contains(&file.path);
        }
        Self { files }
    }

    /// Returns all files.
    pub(crate) fn files(&self) -> impl Iterator<Item = &File> {
        self.files.iter()
    }

    /// Returns the text files whose name ends so, with their text.
    pub(crate) fn texts(&self, ending: &str) -> impl Iterator<Item = (&File, &str)> {
        self.files
            .iter()
            .filter(move |file| file.path.ends_with(ending))
            .filter_map(|file| Some((file, file.text.as_deref()?)))
    }

    /// Returns the Rust files that end in the product, scanned, without their test modules.
    pub(crate) fn product(&self) -> impl Iterator<Item = (&File, Source)> {
        self.texts(".rs")
            .filter(|(file, _)| !file.is_test)
            .map(|(file, text)| (file, Source::scan(text).without_tests()))
    }

    /// Returns whether there is such a file or folder.
    pub(crate) fn has(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        self.files.iter().any(|file| file.path == path || file.path.starts_with(&folder))
    }
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate lies in the workspace").to_path_buf()
}

fn is_test_path(path: &str) -> bool {
    ["tests/", "crates/testkit/"].iter().any(|start| path.starts_with(start))
        || path.contains("/tests/")
        || path.ends_with("/tests.rs")
}

/// Returns where the modules that a file declares under `#[cfg(test)]` may lie.
fn test_modules(file: &File) -> Vec<String> {
    let Some(text) = file.text.as_deref().filter(|text| file.path.ends_with(".rs") && text.contains("#[cfg(test)]"))
    else {
        return Vec::new();
    };
    let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
    let folder = match name {
        "lib.rs" | "main.rs" | "mod.rs" => folder.to_owned(),
        other => format!("{folder}/{}", other.trim_end_matches(".rs")),
    };
    let names = Source::scan(text).test_module_files();
    names.iter().flat_map(|name| [format!("{folder}/{name}.rs"), format!("{folder}/{name}/mod.rs")]).collect()
}

#[test]
fn a_module_declared_for_tests_is_no_product() {
    let tree = Tree::example(&[
        ("services/a/src/domain/mod.rs", "#[cfg(test)]\nmod town;\nmod queue;"),
        ("services/a/src/domain/town.rs", ""),
        ("services/a/src/domain/queue.rs", ""),
        ("services/a/tests/it/main.rs", ""),
    ]);
    let product: Vec<&str> = tree.product().map(|(file, _)| file.path.as_str()).collect();
    assert_eq!(product, ["services/a/src/domain/mod.rs", "services/a/src/domain/queue.rs"]);
}
