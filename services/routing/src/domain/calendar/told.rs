//! The count of a delay in plain French, one sentence a step: « mercredi 25 novembre 2026 : jour ouvré, 1er jour ».

use guichet_core::Timestamp;
use guichet_core::french::Dates;
use guichet_events::{Delay, DelayUnit};
use jiff::civil::{Date, DateTime, Weekday};

use super::{Closed, Explanation, Step, What, WorkCalendar};

const MINUTES_AN_HOUR: u32 = 60;

/// One step as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ToldStep {
    pub(crate) day: Date,
    /// `received`, `counted`, `span`, `holiday`, `closure`, `bridge` or `week`.
    pub(crate) kind: &'static str,
    /// Days, months or minutes counted so far; 0 where nothing is.
    pub(crate) total: u32,
    pub(crate) sentence: String,
}

/// A count as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// « Délai de 3 jours ouvrés à partir du mardi 24 novembre 2026 à 10 h 00. »
    pub(crate) asked: String,
    pub(crate) steps: Vec<ToldStep>,
    pub(crate) due: Timestamp,
    /// « Échéance : … »
    pub(crate) conclusion: String,
}

impl WorkCalendar {
    /// Returns how a delay is counted, in words.
    pub(crate) fn tell(&self, from: Timestamp, delay: Delay, dates: &Dates) -> Told {
        let Explanation { steps, untold, due, ends_closed } = self.explain(from, delay);
        let mut steps: Vec<ToldStep> = steps
            .into_iter()
            .map(|step| ToldStep { sentence: self.sentence(&step, delay, dates), ..of(&step) })
            .collect();
        if untold > 0
            && let Some(last) = steps.last_mut()
        {
            last.sentence.push_str(&format!(" (puis {untold} autres étapes comptées de la même façon)"));
        }
        let ending = match (delay.unit, ends_closed) {
            (DelayUnit::Hours, _) => String::new(),
            (_, None) => ", à la fermeture".to_owned(),
            (_, Some(closed)) => {
                format!(" : fermé ce jour-là ({}), la date ne bouge pas", because(&closed, self.last_day(due)))
            }
        };
        Told {
            asked: format!("Délai de {} à partir du {}.", words(delay), dates.moment(from)),
            conclusion: format!("Échéance : {}{ending}.", dates.moment(due)),
            steps,
            due,
        }
    }

    fn sentence(&self, step: &Step, delay: Delay, dates: &Dates) -> String {
        let day = dates.long(self.instant_of(step.day.at(12, 0, 0, 0)));
        let what = match &step.what {
            What::Received => "jour de réception, il ne compte pas".to_owned(),
            What::Closed(closed) => format!("{}, ne compte pas", because(closed, step.day)),
            What::Day(1) => "jour ouvré, 1er jour".to_owned(),
            What::Day(total) => format!("jour ouvré, {total}e jour"),
            What::Hours { from, to, total } => {
                format!("ouvert de {} à {}, {} en tout", clock(*from), clock(*to), length(*total))
            }
            What::Span(_) => format!("{} plus tard, jours fermés compris", words(delay)),
        };
        format!("{day} : {what}")
    }
}

fn of(step: &Step) -> ToldStep {
    let (kind, total) = match &step.what {
        What::Received => ("received", 0),
        What::Closed(Closed::Holiday(_)) => ("holiday", 0),
        What::Closed(Closed::Closure(_)) => ("closure", 0),
        What::Closed(Closed::Bridge) => ("bridge", 0),
        What::Closed(Closed::Week) => ("week", 0),
        What::Day(total) => ("counted", *total),
        What::Hours { total, .. } => ("counted", *total),
        What::Span(total) => ("span", *total),
    };
    ToldStep { day: step.day, kind, total, sentence: String::new() }
}

fn because(closed: &Closed, day: Date) -> String {
    match closed {
        Closed::Holiday(name) => format!("férié ({name})"),
        Closed::Closure(reason) if reason.is_empty() => "fermeture".to_owned(),
        Closed::Closure(reason) => format!("fermeture ({reason})"),
        Closed::Bridge => "pont".to_owned(),
        Closed::Week if matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) => "week-end".to_owned(),
        Closed::Week => "pas d’ouverture ce jour de la semaine".to_owned(),
    }
}

fn words(delay: Delay) -> String {
    let plural = if delay.count > 1 { "s" } else { "" };
    match delay.unit {
        DelayUnit::Hours => format!("{} heure{plural} d’ouverture", delay.count),
        DelayUnit::BusinessDays => format!("{} jour{plural} ouvré{plural}", delay.count),
        DelayUnit::Days => format!("{} jour{plural}", delay.count),
        DelayUnit::Months => format!("{} mois", delay.count),
    }
}

fn clock(at: DateTime) -> String {
    format!("{} h {:02}", at.hour(), at.minute())
}

fn length(minutes: u32) -> String {
    format!("{} h {:02}", minutes / MINUTES_AN_HOUR, minutes % MINUTES_AN_HOUR)
}
