//! Where raw mail and attachments are kept. Through a folder goes a small file, which leaves nothing; the database has lines of its
//! own.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use guichet_intake::BlobPlace;

use super::Check;
use super::line::Line;
use crate::cli::Target;
use crate::config::Config;

const SUBJECT: &str = "pièces et messages bruts";
const BROKEN: (&str, &str) = (
    "GU-DOC-040",
    "Donnez ce dossier à l'utilisateur qui fait tourner Guichet, et vérifiez que le volume est monté en écriture.",
);
/// Free octets under which an operator wants to know: some days of a busy town's mail.
const FREE_BYTES_MIN: u64 = 1024 * 1024 * 1024;
/// What is written and read again.
const PROBE: &[u8] = b"guichet doctor";

/// Returns the check; none where no blob is kept.
pub(super) fn check(config: &Config, targets: &BTreeSet<Target>) -> Option<Check> {
    let place = config.blob_place().filter(|_| targets.contains(&Target::Intake))?;
    Some(Check::new(SUBJECT, BROKEN, async move {
        let BlobPlace::Folder(folder) = place else {
            return vec![Line::ok(SUBJECT, "gardés dans la base de données, regardée ci-dessus")];
        };
        let looked = tokio::task::spawn_blocking(move || look(&folder)).await;
        vec![looked.unwrap_or_else(|error| Line::failure(SUBJECT, error.to_string(), BROKEN.0, BROKEN.1))]
    }))
}

fn look(folder: &Path) -> Line {
    // Before the first start nothing is there: the volume is the one of the nearest folder above.
    let Some(place) = folder.ancestors().map(or_here).find(|place| place.is_dir()) else {
        return Line::failure(SUBJECT, format!("{} n'existe pas", folder.display()), BROKEN.0, BROKEN.1);
    };
    let seen = write_once(place, "blobs").and_then(|()| Ok(rustix::fs::statvfs(place)?));
    let space = match seen {
        Ok(space) => space,
        Err(error) => {
            return Line::failure(SUBJECT, format!("{} : {error}", place.display()), BROKEN.0, BROKEN.1);
        }
    };
    told(place, space.f_bavail.saturating_mul(space.f_frsize))
}

fn told(place: &Path, free: u64) -> Line {
    let seen = format!("{} s'écrit et se relit, {} Mio libres", place.display(), free / (1024 * 1024));
    if free >= FREE_BYTES_MIN {
        return Line::ok(SUBJECT, seen);
    }
    Line::warning(
        SUBJECT,
        seen,
        "GU-DOC-041",
        "Agrandissez le volume : plein, il fait répondre « plus tard » aux expéditeurs.",
    )
}

/// The folder above a name alone is the current one.
fn or_here(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

/// Writes a small file to the disk, reads it again and removes it. `what` keeps those who look at the same folder apart.
pub(super) fn write_once(folder: &Path, what: &str) -> io::Result<()> {
    let file = folder.join(format!(".doctor.{what}.{}", std::process::id()));
    let checked = through(&file);
    let removed = std::fs::remove_file(&file);
    checked.and(removed)
}

fn through(file: &Path) -> io::Result<()> {
    let mut written = File::options().write(true).create_new(true).open(file)?;
    written.write_all(PROBE)?;
    written.sync_all()?;
    let mut read = Vec::new();
    File::open(file)?.read_to_end(&mut read)?;
    if read == PROBE { Ok(()) } else { Err(io::Error::other("ce qui est relu n'est pas ce qui a été écrit")) }
}

#[cfg(test)]
mod tests {
    use super::super::line::Mark;
    use super::*;

    #[test]
    fn a_folder_to_come_is_looked_at_through_the_one_above_and_nothing_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(look(&folder.path().join("data/blobs")).mark, Mark::Ok);
        assert_eq!(std::fs::read_dir(folder.path()).expect("reads").count(), 0);
    }

    #[test]
    fn little_room_is_a_warning() {
        assert_eq!(told(Path::new("blobs"), FREE_BYTES_MIN).mark, Mark::Ok);
        assert_eq!(told(Path::new("blobs"), FREE_BYTES_MIN - 1).mark, Mark::Warning);
    }
}
