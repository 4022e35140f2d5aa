//! `guichet replay`: a recorded day of routing, decided again.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::client::Client;

/// Replays a day and says whether each decision was made again as it was.
pub(crate) async fn run(day: &str, authority: Option<&str>, json: bool, client: &Client) -> Result<ExitCode> {
    if !is_day(day) {
        bail!("`{day}` is not a day: write it as 2026-11-26, or `today`");
    }
    let authority = authority.unwrap_or_default();
    if !authority.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter)) {
        bail!("`{authority}` is not the code of an authority: `guichet directory export` shows them");
    }
    let mut last = Value::Null;
    let shows_progress = std::io::stderr().is_terminal();
    client
        .get_lines(&format!("/replay?day={day}&authority={authority}"), |line| {
            last = serde_json::from_str(line).unwrap_or_default();
            if shows_progress {
                show_progress(&last);
            }
        })
        .await?;
    if !last["done"].as_bool().unwrap_or_default() {
        bail!("the replay was cut short: the log of the routing process says why");
    }
    if json {
        println!("{last}");
    } else {
        print(&last);
    }
    Ok(if number(&last, "mismatches") == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Returns whether a day may be asked for: the server knows the calendar, an address takes no other character.
fn is_day(day: &str) -> bool {
    day == "today" || (day.len() == 10 && day.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-'))
}

fn number(told: &Value, key: &str) -> u64 {
    told[key].as_u64().unwrap_or_default()
}

fn show_progress(told: &Value) {
    let mut stderr = std::io::stderr();
    let reached = told["reached"].as_str().unwrap_or_default();
    let end = if told["done"].as_bool().unwrap_or_default() { "\n" } else { "" };
    // A terminal that went away stops nothing.
    let _written = write!(stderr, "\rup to {reached}: {} decisions compared{end}", number(told, "decisions"));
    let _flushed = stderr.flush();
}

fn print(told: &Value) {
    let day = told["day"].as_str().unwrap_or_default();
    for found in told["first"].as_array().into_iter().flatten() {
        let text = |key: &str| found[key].as_str().unwrap_or_default();
        println!("DIFFERS {} {} (batch {}): {}", text("at"), text("request"), found["batch"], text("difference"));
    }
    let (decisions, mismatches) = (number(told, "decisions"), number(told, "mismatches"));
    println!(
        "{day}: {decisions} decisions made again from {} loads and {} inputs, {mismatches} differ",
        number(told, "loads"),
        number(told, "inputs")
    );
    let uncovered = number(told, "uncovered");
    if uncovered > 0 {
        println!("{day}: {uncovered} decisions cannot be made again: what the engine knew then is not kept");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_day_is_put_in_an_address() {
        assert!(["today", "2026-11-26"].into_iter().all(is_day));
        assert!(!["", "hier", "2026-11-26&x=1", "26/11/2026"].into_iter().any(is_day));
    }
}
