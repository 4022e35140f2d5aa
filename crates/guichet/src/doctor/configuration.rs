//! The configuration and the files it names: read, fit to serve, and closed to others.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::line::Line;
use super::{Check, causes};
use crate::cli::Target;
use crate::compose;
use crate::config::{Config, ConfigError};
use crate::data::Secrets;

const SUBJECT: &str = "configuration";
/// Rights of those who are neither the owner nor of the group: a mounted Secret is open to its group.
const OTHERS: u32 = 0o007;

/// Returns the only line of a configuration that cannot be read.
pub(super) fn unreadable(error: &ConfigError) -> Line {
    Line::failure(
        SUBJECT,
        causes(error),
        "GU-DOC-001",
        "Corrigez ce réglage ; `guichet config defaults` montre tous les autres.",
    )
}

pub(super) fn check(config: &Config, targets: &BTreeSet<Target>) -> Check {
    let (config, targets) = (config.clone(), targets.clone());
    let silent = ("GU-DOC-002", "Vérifiez le disque ou le volume où sont la configuration, les clés et les données.");
    Check::new(SUBJECT, silent, async move {
        let looked = tokio::task::spawn_blocking(move || look(&config, &targets)).await;
        looked.unwrap_or_else(|error| vec![Line::failure(SUBJECT, error.to_string(), silent.0, silent.1)])
    })
}

fn look(config: &Config, targets: &BTreeSet<Target>) -> Vec<Line> {
    let settings = match compose::check(config, targets) {
        Ok(()) => Line::ok(SUBJECT, "lue, et complète pour ce qui tourne ici"),
        Err(error) => {
            Line::failure(SUBJECT, format!("{error:#}"), "GU-DOC-001", "Complétez ce réglage avant de démarrer.")
        }
    };
    vec![settings, data_folder(&config.data.dir), keys(&config.secrets_dir()), permissions(config)]
}

fn data_folder(folder: &Path) -> Line {
    const SUBJECT: &str = "dossier des données";
    if !folder.exists() {
        return Line::ok(SUBJECT, format!("{} sera créé au premier démarrage", folder.display()));
    }
    match super::blobs::write_once(folder, "data") {
        Ok(()) => Line::ok(SUBJECT, format!("{} s'écrit", folder.display())),
        Err(error) => Line::failure(
            SUBJECT,
            format!("{} ne s'écrit pas : {error}", folder.display()),
            "GU-DOC-002",
            "Donnez ce dossier à l'utilisateur qui fait tourner Guichet, ou choisissez-en un autre avec [data] dir.",
        ),
    }
}

fn keys(folder: &Path) -> Line {
    const SUBJECT: &str = "clés";
    match Secrets::look(folder) {
        Ok(missing) if missing.is_empty() => Line::ok(SUBJECT, format!("lues dans {}", folder.display())),
        Ok(missing) => {
            Line::ok(SUBJECT, format!("{} à créer au premier démarrage dans {}", missing.join(", "), folder.display()))
        }
        Err(error) => Line::failure(
            SUBJECT,
            format!("{error:#}"),
            "GU-DOC-002",
            "Rendez ce fichier lisible à l'utilisateur qui fait tourner Guichet, ou remettez la clé de votre coffre.",
        ),
    }
}

fn permissions(config: &Config) -> Line {
    const SUBJECT: &str = "droits des fichiers secrets";
    let files = secret_files(config);
    let open: Vec<String> =
        files.iter().filter(|file| is_open_to_all(file)).map(|file| file.display().to_string()).collect();
    if open.is_empty() {
        return Line::ok(SUBJECT, "aucun n'est ouvert à tous");
    }
    Line::warning(
        SUBJECT,
        format!("ouverts à tous les comptes de la machine : {}", open.join(", ")),
        "GU-DOC-003",
        "Retirez les droits des autres comptes : `chmod o-rwx` sur ces fichiers.",
    )
}

/// Returns the files that hold a key or a password.
fn secret_files(config: &Config) -> Vec<PathBuf> {
    let folder = config.secrets_dir();
    let mut files: Vec<PathBuf> = Secrets::NAMES.iter().map(|name| folder.join(name)).collect();
    files.extend(config.files.values().cloned());
    files.extend(config.tls.files().map(|files| files.key));
    files.retain(|file| file.exists());
    files
}

fn is_open_to_all(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|data| data.permissions().mode() & OTHERS != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_every_account_can_read_is_told_and_one_for_a_group_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("cookie.key");
        std::fs::write(&file, "").expect("writes");
        for (mode, open) in [(0o600, false), (0o440, false), (0o644, true), (0o602, true)] {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("our file");
            assert_eq!(is_open_to_all(&file), open, "{mode:o}");
        }
    }
}
