//! A forecast in French, always as an indication: the announced date is the promise, and stays it.

use guichet_core::Timestamp;
use guichet_core::french::Dates;

use super::{Announced, Shape};

/// Returns when, after a verb: « dans 10 à 20 minutes », « entre le lundi 30 novembre et le mercredi 2 décembre ».
pub(crate) fn words(announced: &Announced, dates: &Dates) -> String {
    let day = |at: Timestamp| format!("le {}", dates.weekday(at));
    match announced.shape {
        Shape::Minutes { low, high } if low == high => format!("en moins {}", of(&length(high))),
        Shape::Minutes { low, high } if high < 60 => format!("dans {low} à {high} minutes"),
        Shape::Minutes { low, high } => format!("dans {} à {}", length(low), length(high)),
        Shape::HalfDay => "dans la demi-journée".to_owned(),
        Shape::Day => "dans la journée".to_owned(),
        Shape::Date => day(announced.to),
        Shape::Until => format!("d'ici au {}", dates.weekday(announced.to)),
        Shape::Dates => format!("entre {} et {}", day(announced.from), day(announced.to)),
    }
}

/// Returns the sentence for the usager.
pub(crate) fn in_words(announced: &Announced, dates: &Dates) -> String {
    let when = words(announced, dates);
    format!("À titre indicatif, un agent devrait s'en occuper {when}. Les dates annoncées ne changent pas.")
}

fn length(minutes: u32) -> String {
    match minutes {
        60 => "une heure".to_owned(),
        90 => "une heure et demie".to_owned(),
        120 => "deux heures".to_owned(),
        _ => format!("{minutes} minutes"),
    }
}

fn of(length: &str) -> String {
    if length.starts_with("une") { format!("d'{length}") } else { format!("de {length}") }
}
