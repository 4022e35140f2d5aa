//! The `[knowledge]` section of the configuration.

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::domain::classifier;

/// What an operator may change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Confidence, 0 to 1, below which a person looks first (triage).
    pub classifier_threshold: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self { classifier_threshold: classifier::THRESHOLD }
    }
}

impl Config {
    /// Checks what the types cannot say.
    pub fn validate(&self) -> Result<(), Error> {
        if (0.0..=1.0).contains(&self.classifier_threshold) {
            Ok(())
        } else {
            Err(Error::Threshold(self.classifier_threshold))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_a_share() {
        assert!(Config::default().validate().is_ok());
        for classifier_threshold in [-0.1, 1.1, f64::NAN] {
            assert!(Config { classifier_threshold }.validate().is_err(), "{classifier_threshold}");
        }
    }
}
