//! CPU time of processes, from `/proc` (Linux).

/// Milliseconds of one clock tick: USER_HZ is 100 on every Linux of today.
const TICK_MS: f64 = 10.0;

/// Returns the milliseconds of CPU a process has used, user and system.
pub(crate) fn used_ms(id: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).expect("the process runs");
    // The second field is the name in brackets and may hold spaces: count from after it.
    let after = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let field = |place: usize| after.split_whitespace().nth(place).and_then(|text| text.parse::<f64>().ok());
    (field(11).unwrap_or_default() + field(12).unwrap_or_default()) * TICK_MS
}
