//! The thin shell around [`parse`](crate::parse): reads a folder tree from the disk.

use std::fs;
use std::path::Path;

use crate::diagnostic::{Diagnostic, Place, Severity};
use crate::{Loaded, parse};

/// Octets of one file; a sheet of 300 pages fits.
const FILE_OCTETS_MAX: u64 = 1024 * 1024;
/// Files of a folder: past it, the folder given is not a directory of authorities.
const FILES_MAX: usize = 20_000;
/// Folders inside folders: `valorme/sheets/` is two deep, one more to name what is misplaced.
const DEPTH_MAX: usize = 3;

/// Reads and checks the folder at `root`. A folder that cannot be read is a diagnostic like any other.
pub fn load(root: &Path) -> Loaded {
    let (files, unreadable) = read_folder(root);
    // One sentence is enough when nothing at all could be read.
    let mut loaded = if files.is_empty() && !unreadable.is_empty() { Loaded::default() } else { parse(files) };
    loaded.diagnostics.splice(0..0, unreadable);
    loaded
}

/// Returns the files below `root` as (path with slashes, text), by path, and what could not be read.
pub fn read_folder(root: &Path) -> (Vec<(String, String)>, Vec<Diagnostic>) {
    let mut reading = Reading::default();
    reading.read(root, "", 0);
    reading.files.sort();
    (reading.files, reading.unreadable)
}

#[derive(Default)]
struct Reading {
    files: Vec<(String, String)>,
    unreadable: Vec<Diagnostic>,
}

impl Reading {
    fn read(&mut self, folder: &Path, prefix: &str, depth: usize) {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => {
                let shown = if prefix.is_empty() { folder.display().to_string() } else { prefix.to_owned() };
                return self.refuse(&shown, format!("ce dossier ne peut pas être lu ({error})."));
            }
        };
        for entry in entries.flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            if crate::read::is_ignored(&name) {
                continue;
            }
            let path = format!("{prefix}{name}");
            let full = entry.path();
            if full.is_dir() {
                if depth < DEPTH_MAX {
                    self.read(&full, &format!("{path}/"), depth + 1);
                }
            } else if self.files.len() < FILES_MAX {
                self.read_file(&full, path);
            }
        }
    }

    fn read_file(&mut self, full: &Path, path: String) {
        let too_large = fs::metadata(full).is_ok_and(|metadata| metadata.len() > FILE_OCTETS_MAX);
        if too_large {
            return self.refuse(&path, "ce fichier dépasse 1 Mio : partagez-le en plusieurs.".to_owned());
        }
        match fs::read(full).map(String::from_utf8) {
            Ok(Ok(text)) => self.files.push((path, text)),
            Ok(Err(error)) => {
                let upto = error.utf8_error().valid_up_to();
                let line = error.as_bytes()[..upto].iter().filter(|&&byte| byte == b'\n').count() + 1;
                let place = Place { file: path, line: u32::try_from(line).unwrap_or(u32::MAX), column: None };
                let message = "cette ligne n'est pas en UTF-8 : enregistrez le fichier dans cet encodage.";
                self.unreadable.push(place.says(Severity::Error, message));
            }
            Err(error) => self.refuse(&path, format!("ce fichier ne peut pas être lu ({error}).")),
        }
    }

    fn refuse(&mut self, file: &str, message: String) {
        self.unreadable.push(Place::whole(file).says(Severity::Error, message));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_folder_is_named() {
        let loaded = load(Path::new("/nonexistent/town"));
        assert_eq!(loaded.diagnostics.len(), 1);
        assert_eq!(loaded.diagnostics[0].file, "/nonexistent/town");
        assert!(loaded.has_errors());
    }

    #[test]
    fn a_file_in_another_encoding_is_named_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("ville")).unwrap();
        fs::write(folder.path().join("ville/authority.toml"), b"# un\nname = \"Ville d'\xE9t\xE9\"\n").unwrap();
        fs::write(folder.path().join("skills.toml"), "[skills]\n").unwrap();
        let loaded = load(folder.path());
        let told = &loaded.diagnostics[0];
        assert_eq!((told.file.as_str(), told.line), ("ville/authority.toml", 2));
    }

    #[test]
    fn hidden_files_and_backups_are_ignored() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".DS_Store", "skills.toml~", "skills.toml"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let (files, unreadable) = read_folder(folder.path());
        assert_eq!((files.len(), unreadable), (1, Vec::new()));
    }
}
