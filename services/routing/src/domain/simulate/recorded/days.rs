//! Which days are recorded, in French.

use jiff::ToSpan;
use jiff::civil::Date;

/// Returns which days are recorded, in order, in a sentence: days that follow each other are told together.
pub fn days_in_words(days: &[Date]) -> String {
    let mut spans: Vec<(Date, Date)> = Vec::new();
    for day in days {
        match spans.last_mut() {
            Some((_, last)) if last.checked_add(1.day()).is_ok_and(|next| next == *day) => *last = *day,
            _ => spans.push((*day, *day)),
        }
    }
    let told: Vec<String> = spans
        .into_iter()
        .map(|(first, last)| if first == last { date(first) } else { format!("du {} au {}", date(first), date(last)) })
        .collect();
    match &told[..] {
        [] => "Aucune journée n'est encore enregistrée.".to_owned(),
        told => format!("Journées enregistrées : {}.", told.join(", ")),
    }
}

fn date(day: Date) -> String {
    format!("{:02}/{:02}/{}", day.day(), day.month(), day.year())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_that_follow_each_other_are_told_together() {
        let days = [date(2026, 11, 20), date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 25)];
        assert_eq!(days_in_words(&days), "Journées enregistrées : 20/11/2026, du 23/11/2026 au 25/11/2026.");
        assert_eq!(days_in_words(&[]), "Aucune journée n'est encore enregistrée.");
    }
}
