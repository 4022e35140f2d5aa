//! Settings of long tests.

/// Reads a whole number from the environment, so that a longer or heavier run needs no rebuild.
#[must_use]
pub fn setting(name: &str, default: u64) -> u64 {
    let given = std::env::vars().find(|(key, _)| key == name).and_then(|(_, value)| value.parse().ok());
    given.unwrap_or(default)
}
