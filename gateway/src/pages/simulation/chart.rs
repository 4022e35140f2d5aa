//! The chart of the waits, drawn on the server: two bars a department, each with its words. The table beside it says the
//! same.

use crate::language::{self, Language};
use crate::text::t;

/// Units of the drawing: as wide as a telephone, so that its letters are legible there.
const WIDTH: u32 = 340;
/// Length of the longest bar: what is left of the width holds its words.
const BAR: f64 = 230.0;
const ROW: u32 = 46;
const ROW_OF_ONE: u32 = 32;

/// The drawing, ready for the template.
pub(super) struct Chart {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) rows: Vec<Row>,
}

/// One department.
pub(super) struct Row {
    pub(super) name: String,
    /// Where its name stands.
    pub(super) name_y: u32,
    pub(super) bars: Vec<Bar>,
}

/// One bar and its words.
pub(super) struct Bar {
    /// Of the stylesheet.
    pub(super) class: &'static str,
    pub(super) y: u32,
    pub(super) length: u32,
    pub(super) words: String,
    pub(super) words_x: u32,
    pub(super) words_y: u32,
}

impl Chart {
    /// Draws seconds as they are and changed, by name; one bar a name when nothing is changed.
    pub(super) fn of(values: &[(String, f64, f64)], changed: bool) -> Self {
        let longest = values.iter().flat_map(|(_, before, after)| [*before, *after]).fold(1.0, f64::max);
        let height = if changed { ROW } else { ROW_OF_ONE };
        let row = |(place, (name, before, after)): (u32, &(String, f64, f64))| {
            let top = place * height;
            let mut bars = vec![bar("before", top + 17, *before / longest, length(*before))];
            if changed {
                bars[0].words = format!("{} {}", t("simulation-today-short"), length(*before));
                let words = format!("{} {}", t("simulation-changed-short"), length(*after));
                bars.push(bar("after", top + 30, *after / longest, words));
            }
            Row { name: name.clone(), name_y: top + 12, bars }
        };
        let rows: Vec<Row> = (0..).zip(values).map(row).collect();
        let height = height * u32::try_from(rows.len()).unwrap_or(0);
        Self { width: WIDTH, height, rows }
    }
}

fn bar(class: &'static str, y: u32, share: f64, words: String) -> Bar {
    let length = units(share);
    Bar { class, y, length, words, words_x: length + 5, words_y: y + 9 }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a length of a few hundred units"
)]
fn units(share: f64) -> u32 {
    (share.clamp(0.0, 1.0) * BAR).round().max(1.0) as u32
}

/// Returns « 45 s », « 12 min » or « 2 h 05 »; no wait at all is less than « 1 s ».
pub(super) fn length(seconds: f64) -> String {
    if seconds < 59.5 {
        return format!("{:.0}\u{a0}s", seconds.max(1.0));
    }
    let minutes = (seconds / 60.0).round();
    if minutes < 60.0 {
        return format!("{minutes:.0}\u{a0}min");
    }
    let (hours, minutes) = ((minutes / 60.0).floor(), minutes % 60.0);
    match language::current() {
        Language::French => format!("{hours:.0}\u{a0}h\u{a0}{minutes:02.0}"),
        Language::English => format!("{hours:.0}\u{a0}h {minutes:.0}\u{a0}min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_wait_has_the_longest_bar_and_every_bar_its_words() {
        let chart = Chart::of(&[("A".to_owned(), 7_500.0, 60.0), ("B".to_owned(), 0.0, 0.0)], true);
        let bars: Vec<(u32, &str)> =
            chart.rows.iter().flat_map(|row| &row.bars).map(|bar| (bar.length, bar.words.as_str())).collect();
        assert_eq!(bars[0].0, 230);
        assert!(bars[0].1.ends_with("2\u{a0}h\u{a0}05") && bars[1].1.ends_with("1\u{a0}min"), "{bars:?}");
        assert_eq!((bars[1].0, bars[2].0), (2, 1), "a bar is never invisible");
        assert_eq!(chart.height, 2 * ROW);
    }

    #[test]
    fn an_unchanged_day_has_one_bar_a_department() {
        let chart = Chart::of(&[("A".to_owned(), 30.0, 30.0)], false);
        assert_eq!((chart.rows[0].bars.len(), chart.height), (1, ROW_OF_ONE));
        assert_eq!(chart.rows[0].bars[0].words, "30\u{a0}s");
    }
}
