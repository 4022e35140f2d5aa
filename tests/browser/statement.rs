//! The statement at `/accessibilite` rests on what the walk through every page has seen: `gateway/accessibility.json`.
//! `ACCESSIBILITY_WRITE=2026-11-24` writes it anew with that date.

use std::path::Path;

use serde_json::{Value, json};

use crate::browser::SETTINGS;

/// Fails when the statement says something else than what was seen.
pub(crate) fn compare(engine: &str, pages: &[String], violations: usize) {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests has a parent").join("gateway/accessibility.json");
    let settings: Vec<&str> = SETTINGS.iter().map(|setting| setting.name).collect();
    let seen = |on: &str| {
        json!({
            "on": on, "engine": engine, "pages": pages, "settings": settings,
            "violations": violations,
        })
    };
    if let Some(today) = std::env::var_os("ACCESSIBILITY_WRITE") {
        let text = serde_json::to_string_pretty(&seen(&today.to_string_lossy())).expect("plain data");
        std::fs::write(&file, text + "\n").expect("the statement can be written");
    }
    let text = std::fs::read_to_string(&file).expect("the statement is part of the gateway");
    let stated: Value = serde_json::from_str(&text).expect("the statement is JSON");
    let on = stated["on"].as_str().expect("the statement has a date");
    assert_eq!(stated, seen(on), "run the walk with ACCESSIBILITY_WRITE=<today> and look at the change");
}
