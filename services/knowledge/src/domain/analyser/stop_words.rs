//! Words that say nothing of what a text is about: articles, pronouns, prepositions, auxiliaries, and the politeness
//! and question words every usager writes.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Without accents, since people leave them out; one line a family.
const STOP_WORDS: &str = "
    a au aux avec ce ceci cela celle celles celui ces cet cette ceux chez comme contre d dans de dedans des du durant
    elle elles en entre envers et eu eux
    hormis hors il ils j je jusque jusqu l la laquelle le lequel les lesquelles lesquels leur leurs lorsque lorsqu lui m ma mais
    malgre me meme memes mes moi mon n ne ni nos notre nous on ou outre par parmi pas pendant pour puis puisque puisqu
    qu que qui quoi quoique s sa sans sauf se selon ses si soi son sous sur t ta tandis te tes toi ton tous tout toute
    toutes tu un une vers via voici voila vos votre vous y
    ai aie aient aies ait as aura aurai auraient aurais aurait auras aurez auriez aurions aurons auront avaient avais
    avait avez aviez avions avons ayant ayez ayons ont
    es est etaient etais etait etant etes etiez etions etre fut furent sera serai seraient serais serait seras serez
    seriez serions serons seront soient sois soit sommes sont soyez soyons suis
    fait faire fais faites faut faudra faudrait font
    peut peuvent peux pouvez pouvons pouvoir puis puisse puissent pourra pourrai pourrait pourrais pourriez
    doit doivent dois devez devons devoir devrait devrais
    veut veulent veux voulez voudrais voudrait souhaite souhaiterais souhaitons souhaiterions
    combien comment pourquoi quand quel quelle quelles quels ou
    alors ainsi aucun aucune aussi autre autres car cependant certain certaine certaines certains chaque depuis donc
    dont encore lors moins non oui parce peu plus plusieurs plutot pourtant presque quelque quelques quelqu sinon
    tant tel telle telles tels toujours tres trop
    aujourd hui aujourdhui
    bonjour bonsoir merci cordialement salutations svp stp madame monsieur mme mr messieurs mesdames
    afin cas ca c ci etc lorsque
";

/// Articles and short words that lose their last vowel before another.
const ELISIONS: &[&str] = &["l", "d", "j", "m", "t", "s", "n", "c", "ç", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu"];

/// What may follow a verb behind a hyphen.
const CLITICS: &[&str] = &[
    "t", "je", "tu", "il", "elle", "on", "nous", "vous", "ils", "elles", "ce", "ci", "là", "la", "le", "les", "lui",
    "leur", "moi", "toi", "y", "en", "même", "mêmes",
];

static STOP_SET: LazyLock<HashSet<&str>> = LazyLock::new(|| STOP_WORDS.split_whitespace().collect());

/// Returns whether a normalised word says nothing.
pub(super) fn is_stop_word(word: &str) -> bool {
    match word {
        // Without its accent, each would be an empty word.
        "dû" | "sûr" | "maïs" => false,
        _ if word.is_ascii() => STOP_SET.contains(word),
        _ => STOP_SET.contains(super::fold(word).as_str()),
    }
}

/// Returns whether a normalised part before an apostrophe is an elided article or conjunction.
pub(super) fn is_elision(part: &str) -> bool {
    ELISIONS.contains(&part)
}

/// Returns whether a normalised part behind a hyphen is a pronoun.
pub(super) fn is_clitic(part: &str) -> bool {
    CLITICS.contains(&part)
}
