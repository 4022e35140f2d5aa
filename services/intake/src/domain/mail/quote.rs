//! What is new in a reply, and what it repeats: French and English mail programs first, the common ones of other
//! languages after. When in doubt text is new: showing too much is a nuisance, hiding what somebody wrote is a fault.

use crate::domain::text::fold;

/// Lines over which « Le … a écrit : » may be broken.
const ATTRIBUTION_LINES_MAX: usize = 6;
/// Characters of an attribution, all its lines together.
const ATTRIBUTION_CHARACTERS_MAX: usize = 400;
/// Lines that a block of From, Sent, To, Subject may span.
const BLOCK_LINES_MAX: usize = 8;
/// How attributions begin and end, folded.
const ATTRIBUTIONS: [(&str, &str); 9] = [
    ("le ", "a ecrit"),
    ("on ", "wrote"),
    ("am ", "schrieb"),
    ("el ", "escribio"),
    ("il ", "ha scritto"),
    ("op ", "schreef"),
    ("pa ", "skrev"),
    ("em ", "escreveu"),
    ("vao ", "viet"),
];
/// Lines that announce the original message, folded.
const SEPARATORS: [&str; 8] = [
    "message d origine",
    "message original",
    "original message",
    "message transfere",
    "forwarded message",
    "begin forwarded message",
    "debut du message transfere",
    "debut du message reexpedie",
];
/// Advertisements that telephones put under a message, folded.
const DEVICE_SIGNATURES: [&str; 10] = [
    "envoye de mon",
    "envoye depuis",
    "envoye a partir d",
    "sent from my",
    "sent from outlook",
    "get outlook for",
    "telechargez outlook",
    "telecharger outlook",
    "obtenir outlook",
    "sent from mail for",
];
/// Labels of the block that some programs put above the original, folded: sender, date, recipient, subject.
const LABELS: [&[&str]; 4] = [
    &["de", "from", "von", "fra", "da"],
    &["envoye", "date", "sent", "gesendet", "sendt", "enviado", "inviato", "envoye le"],
    &["a", "to", "an", "til", "para", "pour"],
    &["objet", "subject", "betreff", "emne", "asunto", "oggetto"],
];

/// A text, divided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// What its author wrote.
    pub new: String,
    /// What it repeats.
    pub quoted: String,
}

/// Returns a text divided into what is new and what it repeats. A text that only repeats is new as a whole.
pub fn split(text: &str) -> Split {
    let lines: Vec<&str> = text.split('\n').collect();
    let (mut new, mut quoted): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < lines.len() {
        if let Some((before, length)) =
            inline_attribution(lines[at]).or_else(|| attribution(&lines[at..]).map(|n| ("", n)))
        {
            if !before.is_empty() {
                new.push(before);
            }
            quoted.extend(&lines[at..at + length]);
            at = skip_quoted(&lines, at + length, &mut quoted);
        } else if starts_original(&lines[at..]) {
            quoted.extend(&lines[at..]);
            break;
        } else if is_quoted(lines[at]) {
            at = skip_marked(&lines, at, &mut quoted);
        } else {
            new.push(lines[at]);
            at += 1;
        }
    }
    while new.last().is_some_and(|line| line.trim().is_empty() || is_device_signature(line)) {
        quoted.extend(new.pop());
    }
    let (new, quoted) = (trimmed(&new), trimmed(&quoted));
    if new.is_empty() { Split { new: quoted, quoted: String::new() } } else { Split { new, quoted } }
}

fn is_device_signature(line: &str) -> bool {
    let folded = fold(line);
    DEVICE_SIGNATURES.iter().any(|signature| folded.starts_with(signature)) && folded.len() < 60
}

fn trimmed(lines: &[&str]) -> String {
    lines.join("\n").trim_matches(['\n', '\r', ' ']).to_owned()
}

fn is_quoted(line: &str) -> bool {
    line.trim_start().starts_with('>')
}

/// After an attribution: marked lines are quoted and what follows them is looked at again; unmarked text is quoted to
/// the end, since the original stands there bare.
fn skip_quoted<'t>(lines: &[&'t str], from: usize, quoted: &mut Vec<&'t str>) -> usize {
    let next = lines[from..].iter().position(|line| !line.trim().is_empty()).map_or(lines.len(), |blank| from + blank);
    let marked = lines.get(next).is_some_and(|line| is_quoted(line));
    quoted.extend(&lines[from..next]);
    if marked {
        return skip_marked(lines, next, quoted);
    }
    quoted.extend(&lines[next..]);
    lines.len()
}

/// Passes a run of marked lines, with the links and blanks that long lines leave between them.
fn skip_marked<'t>(lines: &[&'t str], from: usize, quoted: &mut Vec<&'t str>) -> usize {
    let mut at = from;
    let mut last_marked = from;
    while at < lines.len() {
        let line = lines[at].trim();
        if is_quoted(line) {
            last_marked = at;
        } else if !(line.is_empty() || line.ends_with('>') || line.starts_with("(http") || line.starts_with("<http")) {
            break;
        }
        at += 1;
    }
    let blanks = lines[last_marked + 1..].iter().take_while(|line| line.trim().is_empty()).count();
    let end = last_marked + 1 + blanks;
    quoted.extend(&lines[from..end]);
    end
}

/// Returns how many lines an attribution takes, when one begins here: « Le 3 nov. 2026 à 10:12, Mairie a écrit : ».
fn attribution(lines: &[&str]) -> Option<usize> {
    let first = lines[0].trim_start_matches(['>', ' ', '*', '-']);
    if is_dated(first) {
        return Some(
            1 + usize::from(lines.get(1).is_some_and(|next| next.contains('@') && next.trim_end().ends_with(':'))),
        );
    }
    if is_foreign_attribution(lines) {
        return Some(1);
    }
    let beginning = fold(first);
    let (_, end) = ATTRIBUTIONS.iter().find(|(start, _)| beginning.starts_with(start))?;
    let mut joined = String::new();
    let mut blanks = 0;
    for (count, line) in lines.iter().take(ATTRIBUTION_LINES_MAX).enumerate() {
        blanks += usize::from(line.trim().is_empty());
        if joined.len() > ATTRIBUTION_CHARACTERS_MAX || blanks > 2 {
            return None;
        }
        joined.push_str(line.trim());
        joined.push(' ');
        let said = joined.trim_end();
        if count > 0 && fold(line).starts_with(beginning.split(' ').next().unwrap_or_default()) && is_date_like(line) {
            return None;
        }
        let ends = said.ends_with(':') && fold(said.trim_end_matches([':', ' ', '\u{a0}', '\u{202f}'])).ends_with(end);
        if ends || (said.ends_with(':') && fold(said).contains(end) && said.contains('@')) {
            return said.chars().any(|c| c.is_ascii_digit()).then_some(count + 1);
        }
    }
    None
}

/// Whatever the language: an address, a number and a colon, then marked lines.
fn is_foreign_attribution(lines: &[&str]) -> bool {
    let line = lines[0].trim_end();
    let next = lines[1..].iter().find(|next| !next.trim().is_empty());
    line.ends_with(':') && line.contains('@') && is_date_like(line) && next.is_some_and(|next| is_quoted(next))
}

fn is_date_like(line: &str) -> bool {
    line.chars().any(|c| c.is_ascii_digit())
}

/// Gmail's older form: `2026-11-03 17:21 GMT+01:00 Mairie <…>:`.
fn is_dated(line: &str) -> bool {
    let bytes = line.as_bytes();
    let year = bytes.len() > 8 && bytes[..4].iter().all(u8::is_ascii_digit) && matches!(bytes[4], b'-' | b'/');
    if !year {
        return false;
    }
    let date = line.split_whitespace().next().unwrap_or_default();
    let fields: Vec<&str> = date.split(['-', '/']).collect();
    let is_date =
        fields.len() == 3 && fields.iter().all(|field| !field.is_empty() && field.chars().all(|c| c.is_ascii_digit()));
    is_date && (line.contains(" GMT") || line.contains('<') || line.trim_end().ends_with(':'))
}

/// An attribution on the line of the reply's last words: `merci --- On Wed, Apr 4 …, x@y wrote:`.
fn inline_attribution(line: &str) -> Option<(&str, usize)> {
    let at = line.find("--- On ").or_else(|| line.find("--- Le "))?;
    let said = line[at + 4..].trim_end();
    let folded = fold(said);
    let ends = said.ends_with(':') && (folded.ends_with("wrote") || folded.ends_with("a ecrit"));
    (at > 0 && ends).then(|| (line[..at].trim_end(), 1))
}

/// Returns whether the original message stands here, announced by a separator or a block of labels.
fn starts_original(lines: &[&str]) -> bool {
    let line = lines[0].trim();
    let dashed = line.starts_with("--") || line.starts_with("__") || line.starts_with('>');
    let folded = fold(line);
    let announced = SEPARATORS.iter().any(|separator| folded == *separator || (dashed && folded.contains(separator)));
    if announced && (dashed || line.ends_with(':')) {
        return true;
    }
    // Outlook draws a line of underscores above its block.
    let rest = if line.len() > 9 && line.chars().all(|c| c == '_') { &lines[1..] } else { lines };
    let labels = rest.iter().take(BLOCK_LINES_MAX).skip_while(|line| line.trim().is_empty());
    let mut found = [false; 4];
    for (position, line) in labels.enumerate() {
        let label = label_of(line);
        if position == 0 && label != Some(0) {
            return false;
        }
        if let Some(label) = label {
            found[label] = true;
        }
    }
    found[0] && found[1] && (found[2] || found[3])
}

fn label_of(line: &str) -> Option<usize> {
    let (label, value) = line.split_once(':')?;
    let label = fold(label);
    (!value.trim().is_empty()).then(|| LABELS.iter().position(|names| names.contains(&label.as_str())))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn new_of(text: &str) -> String {
        split(text).new
    }

    #[test]
    fn french_replies_keep_only_what_is_new() {
        for attribution in [
            "Le 3 nov. 2026 à 10:12, Ville de Valorme <guichet@valorme.example> a écrit :",
            "Le mar. 3 nov. 2026 à 10:12, Ville de Valorme\n<guichet+abc@valorme.example> a écrit\u{a0}:",
            "Le 03/11/2026 à 10:12, Ville de Valorme a écrit:",
            "On Tue, 3 Nov 2026 at 10:12, Desk <d@x.fr> wrote:",
            "-----Message d'origine-----\nDe : Mairie\nEnvoyé : mardi",
            "________________________________\nDe : Ville <g@x.fr>\nEnvoyé : mardi 3 novembre 2026 10:12\nÀ : Awa\nObjet : RE",
            "De : Ville\nDate : mardi 3 novembre 2026\nÀ : Awa\nObjet : RE",
        ] {
            let reply = format!("Voici la pièce.\nMerci\n\n{attribution}\n\n> Il manque une pièce.\n> Cordialement");
            assert_eq!(new_of(&reply), "Voici la pièce.\nMerci", "{attribution}");
        }
    }

    #[test]
    fn answers_between_quoted_lines_and_below_them_are_new() {
        let reply = "Le 3 nov. 2026, Mairie a écrit :\n> Votre nom ?\nAwa\n> Votre rue ?\nRue Hoche\n";
        assert_eq!(new_of(reply), "Awa\nRue Hoche");
    }

    #[test]
    fn ordinary_sentences_are_not_taken_for_quotes() {
        for text in [
            "Le 3 novembre 2026, la mairie m'a écrit.\nDe plus : rien ne bouge.",
            "On wrote me a letter.\n\nOn Monday I came.",
            "De : chez moi\nÀ : l'école\nil y a un trou.",
            "2026-11-03\nvoilà la date",
        ] {
            assert_eq!(new_of(text), text);
        }
    }

    #[test]
    fn a_bare_forward_is_new_as_a_whole() {
        let forward = "---------- Message transféré ---------\nDe : Voisin\nLe lampadaire est cassé.";
        assert_eq!(new_of(forward), forward);
    }

    proptest! {
        #[test]
        fn no_line_is_lost_or_made_up(text in "([>a-zé :\\-]{0,12}\n){0,20}") {
            let split = split(&text);
            for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
                prop_assert!(split.new.contains(line) || split.quoted.contains(line), "{line:?} of {text:?}");
            }
            prop_assert!(split.new.len() + split.quoted.len() <= text.len());
        }

        #[test]
        fn any_text_can_be_divided(text in "\\PC{0,200}") {
            let split = split(&text);
            prop_assert_eq!(split.new.is_empty(), text.trim_matches(['\n', '\r', ' ']).is_empty());
        }
    }
}
