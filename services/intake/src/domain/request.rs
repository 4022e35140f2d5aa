//! A request as it is opened: what is recorded from the first day, and what is read in its text.

use guichet_core::Timestamp;
use guichet_core::id::AgentId;
use guichet_core::work::{Channel, Nature};
use guichet_events::Directory;

use super::text::fold;

/// Words, folded, by which people report danger; they count only for procedures that may carry some.
const DANGER_WORDS: [&str; 14] = [
    "danger",
    "dangereux",
    "dangereuse",
    "cable electrique",
    "cable au sol",
    "fil electrique",
    "fils electriques",
    "fuite de gaz",
    "odeur de gaz",
    "effondre",
    "effondrement",
    "trou beant",
    "blesse",
    "electrocut",
];

/// Who chose the procedure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassifiedBy {
    /// The usager or the agent, in a form.
    Form,
    /// The classifier.
    Classifier,
    /// An agent, later.
    Agent,
}

impl ClassifiedBy {
    /// Returns the stable text of this value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Classifier => "classifier",
            Self::Agent => "agent",
        }
    }
}

/// What a request is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classification {
    /// Code of the procedure, `None` while a person has to look.
    pub procedure: Option<String>,
    /// In thousandths; 1000 when a person chose.
    pub confidence_permille: u16,
    /// Who chose.
    pub by: ClassifiedBy,
    /// The classifier's, in French.
    pub reasons: Vec<String>,
}

impl Classification {
    /// Returns the classification of a procedure a person chose.
    pub fn chosen(procedure: &str) -> Self {
        let procedure = Some(procedure.to_owned());
        Self { procedure, confidence_permille: 1_000, by: ClassifiedBy::Form, reasons: Vec::new() }
    }

    /// Returns the classification of a text nobody could classify: triage.
    pub const fn unknown() -> Self {
        Self { procedure: None, confidence_permille: 0, by: ClassifiedBy::Classifier, reasons: Vec::new() }
    }
}

/// What the classifier proposes.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// Code of the procedure.
    pub procedure: String,
    /// 0 to 1.
    pub confidence: f64,
    /// In French.
    pub reasons: Vec<String>,
}

/// Returns the classification that follows from the best proposal: its procedure when the authority has it and the
/// confidence reaches the threshold, else triage with the reasons kept for the agent.
pub fn classify(best: Option<Proposal>, threshold: f64, directory: &Directory) -> Classification {
    let Some(best) = best.filter(|best| directory.procedures.contains_key(&best.procedure)) else {
        return Classification::unknown();
    };
    let confidence_permille = (best.confidence.clamp(0.0, 1.0) * 1_000.0).round() as u16;
    Classification {
        procedure: (best.confidence >= threshold).then_some(best.procedure),
        confidence_permille,
        by: ClassifiedBy::Classifier,
        reasons: best.reasons,
    }
}

/// Returns the nature of a request: what the form says, else a complaint when its procedure is one.
pub fn nature_of(said: Option<Nature>, procedure: Option<&str>, directory: &Directory) -> Nature {
    let is_complaint =
        procedure.and_then(|code| directory.procedures.get(code)).is_some_and(|procedure| procedure.complaint);
    said.unwrap_or(if is_complaint { Nature::Complaint } else { Nature::Request })
}

/// Returns whether a text reports danger, for a procedure that may carry some.
pub fn reports_danger(text: &str, procedure: Option<&str>, directory: &Directory) -> bool {
    let may_carry =
        procedure.and_then(|code| directory.procedures.get(code)).is_some_and(|found| found.danger_hours.is_some());
    let folded = fold(text);
    may_carry && DANGER_WORDS.iter().any(|word| folded.contains(word))
}

/// Returns the agents a complaint names: they are never offered it.
pub fn agents_named(text: &str, nature: Nature, directory: &Directory) -> Vec<AgentId> {
    if nature != Nature::Complaint {
        return Vec::new();
    }
    let folded = format!(" {} ", fold(text));
    let is_named = |name: &str| {
        let name = fold(name);
        let reversed = name.split_once(' ').map(|(first, last)| format!("{last} {first}")).unwrap_or_default();
        [name, reversed].iter().any(|name| name.contains(' ') && folded.contains(&format!(" {name} ")))
    };
    directory.agents.values().filter(|agent| is_named(&agent.name)).map(|agent| agent.id).collect()
}

/// Where a contact came from and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// How it came.
    pub channel: Channel,
    /// When the authority had it.
    pub received_at: Timestamp,
    /// BCP 47.
    pub language: String,
    /// Code of the site, empty when none.
    pub site: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::arbitrary_directory;

    fn proposal(procedure: &str, confidence: f64) -> Option<Proposal> {
        Some(Proposal { procedure: procedure.to_owned(), confidence, reasons: vec!["mot « bac »".to_owned()] })
    }

    #[test]
    fn a_sure_proposal_is_taken_and_an_unsure_one_goes_to_triage_with_its_reasons() {
        let directory = arbitrary_directory();
        let sure = classify(proposal("voirie", 0.91), 0.6, &directory);
        assert_eq!((sure.procedure.as_deref(), sure.confidence_permille), (Some("voirie"), 910));
        let unsure = classify(proposal("voirie", 0.4), 0.6, &directory);
        assert_eq!((unsure.procedure, unsure.reasons.len()), (None, 1));
        assert_eq!(classify(proposal("inconnue", 1.0), 0.6, &directory), Classification::unknown());
        assert_eq!(classify(None, 0.6, &directory), Classification::unknown());
    }

    #[test]
    fn danger_is_heard_only_where_it_can_be() {
        let directory = arbitrary_directory();
        assert!(reports_danger("Un câble électrique pend sur le trottoir", Some("voirie"), &directory));
        assert!(!reports_danger("Un banc cassé", Some("voirie"), &directory));
        assert!(!reports_danger("Un danger", Some("question"), &directory));
    }

    #[test]
    fn a_complaint_excludes_the_agent_it_names() {
        let directory = arbitrary_directory();
        let aline = AgentId::of_login("aline.encre");
        assert_eq!(agents_named("Mme Encre Aline m'a mal reçu", Nature::Complaint, &directory), [aline]);
        assert_eq!(agents_named("Aline Encre m'a bien reçu", Nature::Request, &directory), []);
        assert_eq!(agents_named("L'encre est sèche", Nature::Complaint, &directory), []);
    }
}
