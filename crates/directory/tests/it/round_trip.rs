//! What is written back reads the same, and nothing that can be in a file makes reading fail.

use guichet_core::{Rng, SeededRng};
use guichet_directory::{export, load, parse};

use crate::{demo_files, demo_root};

#[test]
fn the_exported_folder_says_the_same() {
    let loaded = load(&demo_root());
    let files = export(&loaded.bundles);
    let again = parse(files.clone());
    assert_eq!(again.bundles, loaded.bundles);
    assert!(!again.has_errors());
    assert_eq!(export(&again.bundles), files, "exporting twice changes nothing");
}

#[test]
fn the_order_of_files_and_their_line_ends_do_not_matter() {
    let mut files = demo_files();
    files.reverse();
    let windows =
        files.iter().map(|(path, text)| (path.replace('/', "\\"), format!("\u{feff}{}", text.replace('\n', "\r\n"))));
    assert_eq!(parse(windows).bundles, parse(demo_files()).bundles);
}

#[test]
fn closures_and_texts_survive_the_round_trip() {
    let files = [
        ("skills.toml", "[skills]\nACC = \"accueil \\\"premier\\\" niveau\"\n"),
        (
            "ville/calendars.toml",
            "[G]\nlundi = [\"13:00-14:00\", \"8h-12h\"]\nclosures = [{ from = 2026-12-24, reason = \"Pont\" }, { from = \"2027-07-01\", to = \"2027-07-02\", reason = \"Travaux\" }]\n",
        ),
        ("ville/texts/answer.sms.md", "Votre réponse est prête.\n"),
        ("ville/texts/answer.email.en.md", "+++\nsubject = \"Your answer\"\n+++\nHello\n\n+++\n"),
    ];
    let loaded = parse(files);
    let bundle = &loaded.bundles[0];
    assert_eq!(bundle.directory.calendars["G"].closures[0].to, "2026-12-24");
    assert_eq!((bundle.texts.len(), bundle.texts[0].language.as_str()), (2, "en"));
    assert_eq!(parse(export(&loaded.bundles)).bundles, loaded.bundles);
}

#[test]
fn no_damage_to_a_file_makes_reading_panic_or_go_unnoticed_by_the_round_trip() {
    let rng = SeededRng::new(11);
    let files = demo_files();
    for _ in 0..300 {
        let mut damaged = files.clone();
        let which = rng.below(u32::try_from(damaged.len()).unwrap()) as usize;
        let mut characters: Vec<char> = damaged[which].1.chars().collect();
        let length = u32::try_from(characters.len()).unwrap();
        let from = rng.below(length) as usize;
        match rng.below(3) {
            0 => characters.truncate(from),
            1 => drop(characters.drain(from..(from + 1 + rng.below(40) as usize).min(characters.len()))),
            _ => characters.insert(from, ['"', '[', ']', '=', '\n', '#', '+', 'é', '\0', '0'][rng.below(10) as usize]),
        }
        damaged[which].1 = characters.into_iter().collect();
        let loaded = parse(damaged);
        if !loaded.has_errors() {
            assert_eq!(parse(export(&loaded.bundles)).bundles, loaded.bundles);
        }
    }
}

#[test]
fn what_widens_a_search_survives_the_round_trip() {
    let widen = "[{ after = \"90min\", skills = [\"ENF 1\"] }, { after = \"2h\", drop = [\"ENF\"] }]";
    let mut files = demo_files();
    let file = files.iter_mut().find(|(path, _)| path == "valorme/procedures.toml").expect("a file of the demo");
    file.1 = file.1.replace("[{ after = \"4 heures\", skills = [\"ENF 1\"] }]", widen);
    let loaded = parse(files);
    let steps =
        &loaded.bundles.iter().find(|bundle| bundle.directory.authority.code == "valorme").expect("it is there");
    let widened = steps.directory.procedures["ecole"].widened();
    assert_eq!(widened.iter().map(|(after, skills)| (*after, skills.len())).collect::<Vec<_>>(), [(90, 1), (120, 0)]);
    assert_eq!(parse(export(&loaded.bundles)).bundles, loaded.bundles);
}
