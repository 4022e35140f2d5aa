//! Reading and checking a text. The whole language is `{field}` and, in an SMS, `[a passage that may be left out]`.

use super::field::Field;
use crate::domain::notice::{Medium, Notice};

/// Characters of a text: a letter of several pages fits, a mistaken paste does not.
const BODY_CHARACTERS_MAX: usize = 10_000;
/// Characters of a subject line.
const SUBJECT_CHARACTERS_MAX: usize = 200;

/// A text as people write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Empty for an SMS.
    pub subject: String,
    /// Paragraphs separated by blank lines.
    pub body: String,
}

/// A piece of a text that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Literal(String),
    Field(Field),
    Optional(Vec<Piece>),
}

/// A text that was read and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pub(super) subject: Vec<Piece>,
    pub(super) body: Vec<Piece>,
}

/// Why a text cannot be used, in the words of the person who wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// `subject` or `body`.
    pub place: &'static str,
    /// One French sentence.
    pub sentence: String,
}

impl Template {
    /// Reads a text; every mistake is told at once.
    pub fn parse(notice: Notice, medium: Medium, source: &Source) -> Result<Self, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        let allowed = notice.fields(medium);
        let mut read = |place: &'static str, text: &str, longest: usize| {
            let mut sentences = Vec::new();
            if text.chars().count() > longest {
                sentences.push(format!("Ce texte dépasse {longest} caractères."));
            }
            let pieces =
                Reader { allowed: &allowed, brackets: medium == Medium::Sms, sentences: &mut sentences }.read(text);
            mistakes.extend(sentences.into_iter().map(|sentence| Mistake { place, sentence }));
            pieces
        };
        let subject = read("subject", &source.subject, SUBJECT_CHARACTERS_MAX);
        let body = read("body", &source.body, BODY_CHARACTERS_MAX);
        mistakes.extend(duties(notice, medium, source, &subject, &body));
        if mistakes.is_empty() { Ok(Self { subject, body }) } else { Err(mistakes) }
    }
}

/// Returns what is missing for the text to do its duty.
fn duties(notice: Notice, medium: Medium, source: &Source, subject: &[Piece], body: &[Piece]) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    if source.body.trim().is_empty() {
        mistakes.push(Mistake { place: "body", sentence: "Écrivez un texte.".to_owned() });
        return mistakes;
    }
    if medium != Medium::Sms && source.subject.trim().is_empty() {
        mistakes.push(Mistake { place: "subject", sentence: "Écrivez un objet.".to_owned() });
    }
    for field in notice.required_fields(medium) {
        if !names(subject, field) && !names(body, field) {
            let sentence = format!("Ajoutez « {{{field}}} » : l'usager doit le trouver dans ce message.");
            mistakes.push(Mistake { place: "body", sentence });
        }
    }
    mistakes
}

/// An optional passage does not count: it may be left out.
fn names(pieces: &[Piece], field: Field) -> bool {
    pieces.iter().any(|piece| matches!(piece, Piece::Field(named) if *named == field))
}

struct Reader<'a> {
    allowed: &'a [Field],
    brackets: bool,
    sentences: &'a mut Vec<String>,
}

impl Reader<'_> {
    fn read(&mut self, text: &str) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut rest = text;
        let stops: &[char] = if self.brackets { &['{', '}', '[', ']'] } else { &['{', '}'] };
        while let Some(position) = rest.find(stops) {
            push_literal(&mut pieces, &rest[..position]);
            let (mark, after) = rest[position..].split_at(1);
            rest = match mark {
                "{" => self.field(after, &mut pieces),
                "[" => self.passage(after, &mut pieces),
                _ => {
                    self.sentences.push(format!("« {mark} » ferme quelque chose qui n'a pas été ouvert."));
                    after
                }
            };
        }
        push_literal(&mut pieces, rest);
        pieces
    }

    fn field<'t>(&mut self, text: &'t str, pieces: &mut Vec<Piece>) -> &'t str {
        let Some((name, rest)) = text.split_once('}').filter(|(name, _)| !name.contains(['{', '\n'])) else {
            self.sentences.push("Une accolade « { » n'est pas refermée sur la même ligne.".to_owned());
            return text;
        };
        match Field::parse(name.trim()).filter(|field| self.allowed.contains(field)) {
            Some(field) => pieces.push(Piece::Field(field)),
            None => self.sentences.push(self.unknown(name.trim())),
        }
        rest
    }

    fn passage<'t>(&mut self, text: &'t str, pieces: &mut Vec<Piece>) -> &'t str {
        let Some((inside, rest)) = text.split_once(']').filter(|(inside, _)| !inside.contains('[')) else {
            self.sentences.push("Un crochet « [ » n'est pas refermé.".to_owned());
            return text;
        };
        pieces.push(Piece::Optional(self.read(inside)));
        rest
    }

    fn unknown(&self, name: &str) -> String {
        let near = |field: &&Field| strsim::damerau_levenshtein(field.as_str(), &name.to_lowercase());
        let nearest = self.allowed.iter().min_by_key(near).map_or("numero", |field| field.as_str());
        let shown: String = name.chars().take(40).collect();
        if Field::parse(name).is_some() {
            return format!(
                "« {{{shown}}} » ne peut pas servir dans ce message ; le plus proche est « {{{nearest}}} »."
            );
        }
        format!("« {{{shown}}} » n'existe pas : voulez-vous dire « {{{nearest}}} » ?")
    }
}

fn push_literal(pieces: &mut Vec<Piece>, text: &str) {
    if !text.is_empty() {
        pieces.push(Piece::Literal(text.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sentences(medium: Medium, body: &str) -> Vec<String> {
        let source = Source { subject: "Demande {numero}".to_owned(), body: body.to_owned() };
        let result = Template::parse(Notice::Delayed, medium, &source);
        result.err().unwrap_or_default().into_iter().map(|mistake| mistake.sentence).collect()
    }

    #[test]
    fn an_unknown_name_is_told_with_the_nearest_right_one() {
        let told = sentences(Medium::Email, "Appelez le {telefone}. Nouvelle date : {nouvelle_date}. {telephone}");
        assert_eq!(told, ["« {telefone} » n'existe pas : voulez-vous dire « {telephone} » ?"]);
    }

    #[test]
    fn an_sms_may_not_say_what_the_request_is_about() {
        let told = sentences(Medium::Sms, "{autorite} : {demarche} {numero}, {nouvelle_date}, {telephone}");
        assert!(told[0].starts_with("« {demarche} » ne peut pas servir dans ce message"), "{told:?}");
    }

    #[test]
    fn a_message_without_telephone_is_refused() {
        let told = sentences(Medium::Email, "Nouvelle date : {nouvelle_date}.");
        assert_eq!(told, ["Ajoutez « {telephone} » : l'usager doit le trouver dans ce message."]);
    }

    #[test]
    fn braces_and_brackets_are_closed() {
        let told = sentences(Medium::Sms, "{autorite} {numero} {nouvelle_date} {telephone} {horaires\n [ x }");
        assert_eq!(told.len(), 3, "{told:?}");
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(body in "[a-zé{}\\[\\]\n ]{0,60}", medium in proptest::sample::select(Medium::ALL.to_vec())) {
            let _ = Template::parse(Notice::Answer, medium, &Source { subject: body.clone(), body });
        }
    }
}
