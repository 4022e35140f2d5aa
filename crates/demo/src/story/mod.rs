//! The twelve journeys that the product is judged by, each played step by step: what will happen and where to look, then
//! the real thing through the real doors, then what came of it. What the product cannot do yet is said, never acted.
//!
//! Start with [`STORIES`] and [`play`]; a story is a function of [`counter`], [`writing`], [`levels`] or [`town`] that
//! tells its scenes on a [`Stage`].

mod counter;
mod gestures;
mod levels;
mod stage;
mod town;
mod writing;

use serde::Serialize;

pub use stage::{Audience, Stage, Step};

use crate::{Doors, Error};

/// A story as it is announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Story {
    /// From 1 to 12.
    pub number: u32,
    /// In French, one line.
    pub title: &'static str,
    /// What belongs to it and does not exist yet, in French.
    pub missing: &'static [&'static str],
}

/// All stories, in order.
pub const STORIES: [Story; 12] = [
    Story { number: 1, title: "Odette, 74 ans, appelle de son téléphone fixe au sujet de son bac", missing: &[] },
    Story {
        number: 2,
        title: "Un père écrit à 22 h 41, d'un texte vague, avec un PDF",
        missing: &[
            "Les propositions n'attendent pas encore l'ouverture du guichet : la démo est ouverte à toute heure.",
        ],
    },
    Story {
        number: 3,
        title: "« Où en est mon permis ? » au téléphone, répondu sur place",
        missing: &["Le dossier n'est pas lu dans le logiciel d'urbanisme : l'étape montrée est celle de Guichet."],
    },
    Story {
        number: 4,
        title: "Une déclaration préalable à laquelle il manque un plan",
        missing: &["La date de la loi ne se recalcule pas encore quand la pièce arrive."],
    },
    Story { number: 5, title: "Un passeport au guichet, pour l'agent qui y est habilité", missing: &[] },
    Story { number: 6, title: "Une demande confiée à l'État civil, qui répond lui-même", missing: &[] },
    Story { number: 7, title: "L'APA relève du Département : transmise, et toujours suivie", missing: &[] },
    Story { number: 8, title: "Rémi et Solène partagent une boîte aux lettres", missing: &[] },
    Story {
        number: 9,
        title: "Tempête : quarante lampadaires signalés, et cinquante fois le même message",
        missing: &["Les signalements ne se regroupent pas encore : il n'y a ni groupe, ni avis de réparation commun."],
    },
    Story {
        number: 10,
        title: "Une réclamation au sujet d'un agent",
        missing: &[
            "On ne peut pas encore dire de quel agent il s'agit : il n'est donc pas écarté des candidats.",
            "Les réclamations ne sont pas encore comptées à part dans le pilotage.",
        ],
    },
    Story {
        number: 11,
        title: "Gaëlle part : plus personne pour le funéraire",
        missing: &[
            "L'alarme ne dit pas encore « Aucun agent disponible » : elle ne voit que ce que personne ne sait faire.",
            "La simulation « Former Basile au niveau 3 » n'existe pas encore.",
        ],
    },
    Story {
        number: 12,
        title: "Une panne en plein trafic : rien de perdu, rien en double",
        missing: &[
            "Le récit n'arrête lui-même aucun processus : c'est à vous de le faire ; la suite de tests « faults » le fait seule.",
            "La chaîne du chiffre « Délai annoncé tenu » jusqu'aux événements d'une demande n'existe pas encore.",
        ],
    },
];

/// What a story showed.
#[derive(Clone, Debug, Serialize)]
pub struct Told {
    /// Which.
    #[serde(flatten)]
    pub story: Story,
    /// Its steps, in order.
    pub steps: Vec<Step>,
}

/// Plays a story before an audience; `run` keeps the messages of two evenings apart.
///
/// # Errors
/// When a door is closed, or when what the story announces does not happen.
pub async fn play<A: Audience>(number: u32, doors: &Doors, run: &str, audience: &mut A) -> Result<Told, Error> {
    let story = STORIES.into_iter().find(|story| story.number == number).ok_or(Error::NoSuchStory(number))?;
    let mut stage = Stage::new(doors, run, audience);
    match number {
        1 => counter::odette(&mut stage).await?,
        2 => writing::father(&mut stage).await?,
        3 => counter::permit(&mut stage).await?,
        4 => levels::missing_drawing(&mut stage).await?,
        5 => counter::passport(&mut stage).await?,
        6 => levels::handed_over(&mut stage).await?,
        7 => levels::elsewhere(&mut stage).await?,
        8 => writing::shared_mailbox(&mut stage).await?,
        9 => writing::storm(&mut stage).await?,
        10 => town::complaint(&mut stage).await?,
        11 => town::nobody_left(&mut stage).await?,
        _ => town::fault(&mut stage).await?,
    }
    Ok(Told { story, steps: stage.into_steps() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stories_are_numbered_from_1_to_12() {
        let numbers: Vec<u32> = STORIES.iter().map(|story| story.number).collect();
        assert_eq!(numbers, (1..=12).collect::<Vec<_>>());
    }
}
