//! Where a test makes a process die as a crash would: between two steps of work that must not be lost or done twice.
//!
//! `CRASH_AT=intake.committed:2` ends the process the second time it gets there. Only builds with debug assertions look: a
//! release passes every point by. The crate `fail` is not used for it: its points are a feature of a build, which the
//! release that is tested would have too.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Name of the variable that arms one point.
const VARIABLE: &str = "CRASH_AT";

#[expect(clippy::disallowed_methods, reason = "a test's order to one process is no setting")]
static ARMED: LazyLock<Option<Crash>> = LazyLock::new(|| std::env::var(VARIABLE).ok()?.parse().ok());

/// The point at which this process is to die, and how often it still gets there until then.
#[derive(Debug)]
struct Crash {
    name: String,
    left: AtomicU32,
}

impl std::str::FromStr for Crash {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, times) = text.split_once(':').unwrap_or((text, "1"));
        Ok(Self { name: name.to_owned(), left: AtomicU32::new(times.parse()?) })
    }
}

impl Crash {
    /// Counts one passage; returns whether it is the last.
    fn comes(&self, name: &str) -> bool {
        self.name == name && self.left.fetch_sub(1, Ordering::Relaxed) == 1
    }
}

/// Passes a point of the work, named after the service and what has just been done; ends the process when a test asked for it.
pub fn point(name: &str) {
    if cfg!(debug_assertions) && ARMED.as_ref().is_some_and(|crash| crash.comes(name)) {
        std::process::abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_named_point_is_counted_and_no_other() {
        let crash: Crash = "intake.committed:2".parse().expect("a point");
        let passed = ["intake.committed", "intake.read", "intake.committed", "intake.committed"];
        assert_eq!(passed.map(|name| crash.comes(name)), [false, false, true, false]);
        assert!("once".parse::<Crash>().expect("a point").comes("once"));
        assert!("point:often".parse::<Crash>().is_err());
    }
}
