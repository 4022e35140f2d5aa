//! Each mistake is named with its file, its line and what to do; all of them at once.

use guichet_directory::{Diagnostic, Severity, parse};

use crate::demo_files;

/// Returns what is said about the demo town after `wrong` replaced `right` in a file.
fn told_after(path: &str, right: &str, wrong: &str) -> Vec<Diagnostic> {
    parse(changed(path, right, wrong)).diagnostics
}

fn changed(path: &str, right: &str, wrong: &str) -> Vec<(String, String)> {
    let mut files = demo_files();
    let file = files.iter_mut().find(|(name, _)| name == path).unwrap_or_else(|| panic!("{path} exists"));
    assert!(file.1.contains(right), "{path} contains {right}");
    file.1 = file.1.replacen(right, wrong, 1);
    files
}

/// Returns the line of a file where a text first stands.
fn line_of(files: &[(String, String)], path: &str, text: &str) -> u32 {
    let file = files.iter().find(|(name, _)| name == path).map(|(_, text)| text.as_str()).unwrap_or_default();
    let line = file.lines().position(|line| line.contains(text)).unwrap_or_else(|| panic!("{path} contains {text}"));
    u32::try_from(line + 1).expect("a file has fewer lines")
}

/// One slip: the file, the right text, the wrong one, and words of what is told.
type Slip = (&'static str, &'static str, &'static str, &'static [&'static str]);

const SLIPS: &[Slip] = &[
    ("valorme/procedures.toml", "department = \"EJ\"", "departement = \"EJ\"", &["departement", "« department »"]),
    (
        "valorme/procedures.toml",
        "department = \"EJ\"",
        "department = \"EK\"",
        &["le service « EK »", "valorme/departments.toml"],
    ),
    ("valorme/procedures.toml", "skills = [\"TIT 2\"]", "skills = [\"TYT 2\"]", &["la compétence « TYT »", "« TIT »"]),
    ("valorme/procedures.toml", "skills = [\"TIT 2\"]", "skills = [\"TIT 7\"]", &["de 1 à 5"]),
    (
        "valorme/procedures.toml",
        "clearances = [\"TES\"]",
        "clearances = [\"TSE\"]",
        &["l'habilitation « TSE »", "« TES »"],
    ),
    (
        "valorme/procedures.toml",
        "announced = \"2 jours ouvrés\"",
        "announced = \"2 jour ouvrable\"",
        &["délai", "3 jours ouvrés"],
    ),
    ("valorme/procedures.toml", "silence = \"rejette après 2 mois\"", "silence = \"rejet\"", &["rejette après 2 mois"]),
    ("valorme/procedures.toml", "danger = \"4 heures\"", "danger = \"4 jours\"", &["heures"]),
    ("valorme/procedures.toml", "danger = \"4 heures\"", "reminder = \"4 heures\"", &["jours ouvrés"]),
    (
        "valorme/procedures.toml",
        "danger = \"4 heures\"",
        "automatic_return = \"4 jours ouvrés\"",
        &["sans avoir été relancée", "5 jours ouvrés"],
    ),
    ("valorme/procedures.toml", "danger = \"4 heures\"", "reminder = \"12 jours ouvrés\"", &["« automatic_return »"]),
    (
        "valorme/procedures.toml",
        "after = \"4 heures\", skills = [\"ENF 1\"]",
        "after = \"4 heures\", skills = [\"ENF 2\"]",
        &["n'élargit rien", "ENF 2"],
    ),
    (
        "valorme/procedures.toml",
        "after = \"4 heures\", skills = [\"ENF 1\"]",
        "after = \"4 heures\", skills = [\"ECI 1\"]",
        &["« ECI »", "jamais plus"],
    ),
    (
        "valorme/procedures.toml",
        "after = \"4 heures\", skills = [\"ENF 1\"]",
        "after = \"4 heures\", drop = [\"ECI\"]",
        &["« ECI »", "rien à retirer"],
    ),
    (
        "valorme/procedures.toml",
        "after = \"4 heures\", skills = [\"ENF 1\"]",
        "after = \"4 heures\"",
        &["n'élargit rien", "drop = "],
    ),
    (
        "valorme/procedures.toml",
        "after = \"4 heures\", skills = [\"ENF 1\"]",
        "after = \"4 jours\", skills = [\"ENF 1\"]",
        &["n'est pas une attente", "2 heures"],
    ),
    (
        "valorme/procedures.toml",
        "after = \"4 heures\", skills = [\"ENF 1\"]",
        "after = \"4 heures\", clearances = [\"TES\"]",
        &["les habilitations", "jamais"],
    ),
    (
        "valorme/procedures.toml",
        "after = \"4 heures\", skills = [\"ENF 1\"]",
        "after = \"4 heures\", languages = [\"en\"]",
        &["la langue", "jamais"],
    ),
    (
        "valorme/procedures.toml",
        "after = \"4 heures\", skills = [\"ENF 1\"]",
        "after = \"4 heures\", confidential = false",
        &["la confidentialité", "jamais"],
    ),
    (
        "valorme/procedures.toml",
        "widen = [{ after = \"4 heures\", skills",
        "widen = [{ after = \"5 heures\", drop = [\"ENF\"] }, { after = \"4 heures\", skills",
        &["pas plus tard que la précédente", "5 heures"],
    ),
    ("valorme/procedures.toml", "code = \"lieu\"", "code = \"Où\"", &["code de question", "minuscules"]),
    (
        "valorme/procedures.toml",
        "code = \"danger\", label = \"Y a-t-il",
        "code = \"lieu\", label = \"Y a-t-il",
        &["deux questions", "« lieu »"],
    ),
    (
        "valorme/procedures.toml",
        "options = [\"Cette année\", \"La rentrée prochaine\"]",
        "options = []",
        &["deux réponses"],
    ),
    ("valorme/authority.toml", "colour = \"#1d4e6b\"", "colour = \"bleu\"", &["n'est pas une couleur", "#1d4e6b"]),
    ("valorme/logo.svg", "<rect", "<script>x</script><rect", &["<script", "SVG simple"]),
    ("valorme/logo.svg", "<rect", "<rect onload=\"x\"", &["gestionnaire d'événement"]),
    ("valorme/life_events.toml", "\"creche_place\"", "\"creche_plasse\"", &["la fiche", "creche_place"]),
    ("valorme/replies.toml", "procedures = [\"acte\"]", "procedures = [\"actes\"]", &["la démarche « actes »", "acte"]),
    ("valorme/procedures.toml", "tier = 2", "tier = 3", &["un nombre entier de 1 à 2"]),
    ("valorme/procedures.toml", "public = false", "public = \"non\"", &["true (oui) ou false (non)"]),
    (
        "valorme/calendars.toml",
        "jeudi = [\"08:30-12:30\", \"13:30-19:00\"]",
        "jeudi = [\"08:30-14:00\", \"13:30-19:00\"]",
        &["chevauche", "jeudi"],
    ),
    ("valorme/calendars.toml", "samedi = [\"09:00-12:00\"]", "samedi = [\"12:00-09:00\"]", &["fermeture"]),
    ("valorme/calendars.toml", "samedi", "samdi", &["« samdi »", "« samedi »"]),
    ("valorme/departments.toml", "phone = \"03 53 01 00 11\"", "phone = \"03 53 01\"", &["numéro de téléphone"]),
    ("valorme/departments.toml", "etat-civil@valorme.example", "etat-civil.valorme.example", &["adresse de courriel"]),
    (
        "valorme/departments.toml",
        "site = \"maison_enfance\"",
        "site = \"maison_enfants\"",
        &["le site", "« maison_enfance »"],
    ),
    ("valorme/departments.toml", "calendar = \"B\"", "calendar = \"BB\"", &["le calendrier « BB »"]),
    ("valorme/authority.toml", "kind = \"commune\"", "kind = \"comune\"", &["« commune »"]),
    ("valorme/authority.toml", "time_zone = \"Europe/Paris\"", "time_zone = \"Europe/Pari\"", &["fuseau horaire"]),
    (
        "valorme/authority.toml",
        "website = \"valorme.example\"",
        "website = \"https://valorme.example\"",
        &["sans https://"],
    ),
    (
        "valorme/authority.toml",
        "triage_procedure = \"question\"",
        "triage_procedure = \"questions\"",
        &["« question »"],
    ),
    ("valorme/authority.toml", "triage_procedure = \"question\"\n", "", &["il manque « triage_procedure »"]),
    (
        "valorme/agents.toml",
        "tutor = \"aline.encre\"",
        "absences = [{ from = 2026-08-03, substitute = \"firmin.brouillon\" }]",
        &["se remplacer soi-même"],
    ),
    (
        "valorme/agents.toml",
        "tutor = \"aline.encre\"",
        "absences = [{ from = 2026-08-03, substitute = \"aline.encres\" }]",
        &["l'agent « aline.encres »", "« aline.encre »"],
    ),
    (
        "valorme/agents.toml",
        "tutor = \"aline.encre\"",
        "tutor = \"aline.encres\"",
        &["l'agent « aline.encres »", "« aline.encre »"],
    ),
    (
        "valorme/agents.toml",
        "pooled_for = [\"orvance\"]",
        "pooled_for = [\"orvence\"]",
        &["la collectivité « orvence »", "« orvance »"],
    ),
    ("valorme/agents.toml", "[\"leon.virgule\"]", "[\"katell.buvard\"]", &["existe déjà", "ccas/agents.toml ligne"]),
    ("valorme/agents.toml", "skills = [\"REC 5\"", "skills = [\"REC 5\", \"REC 4\"", &["écrite deux fois"]),
    ("valorme/agents.toml", "languages = [\"fsl\"]", "languages = [\"LSF français\"]", &["code de langue"]),
    ("valorme/agents.toml", "role = \"superviseur\"", "role = \"superviseuse\"", &["« superviseur »"]),
    (
        "valorme/sheets/livret_de_famille.md",
        "procedure = \"acte\"",
        "procedure = \"actes\"",
        &["la démarche « actes »", "« acte »"],
    ),
    ("valorme/sheets/livret_de_famille.md", "## Pour les agents", "## Pour les agent", &["cache la suite aux usagers"]),
    ("valorme/sheets/livret_de_famille.md", "title", "titre", &["la clé « titre »", "« title »"]),
    (
        "pooling.toml",
        "shared_departments = [\"UR\"]",
        "shared_departments = [\"URB\"]",
        &["le service « URB »", "« UR »"],
    ),
    ("pooling.toml", "with = \"orvance\"", "with = \"orvanse\"", &["la collectivité « orvanse »", "« orvance »"]),
];

#[test]
fn each_slip_is_named_with_its_file_its_line_and_the_remedy() {
    for (path, right, wrong, words) in SLIPS {
        let files = changed(path, right, wrong);
        let told = parse(files.clone()).diagnostics;
        let named = told.iter().any(|diagnostic| {
            diagnostic.severity == Severity::Error
                && diagnostic.file == *path
                && words.iter().all(|word| diagnostic.message.contains(word))
                && (wrong.is_empty() || diagnostic.line == line_of(&files, path, wrong))
        });
        let errors: Vec<String> =
            told.iter().filter(|told| told.severity == Severity::Error).map(ToString::to_string).collect();
        assert!(named, "{path}: {wrong}\n{errors:#?}");
    }
}

#[test]
fn all_mistakes_are_named_at_once() {
    let mut files = demo_files();
    for (path, right, wrong) in [
        ("valorme/authority.toml", "phone = \"03 53 01 00 10\"", "phone = \"zéro\""),
        ("valorme/calendars.toml", "lundi", "londi"),
        ("orvance/procedures.toml", "announced = \"10 jours ouvrés\"", "announced = \"bientôt\""),
        ("orvance/procedures.toml", "skills = [\"EAU 3\"]", "skill = [\"EAU 3\"]"),
        ("ccas/agents.toml", "SOC 5", "SOC 9"),
    ] {
        let file = files.iter_mut().find(|(name, _)| name == path).unwrap();
        file.1 = file.1.replacen(right, wrong, 1);
    }
    let told = parse(files).diagnostics;
    let errors: Vec<_> = told.iter().filter(|told| told.severity == Severity::Error).collect();
    for file in ["valorme/authority.toml", "valorme/calendars.toml", "orvance/procedures.toml", "ccas/agents.toml"] {
        assert!(errors.iter().any(|told| told.file == file), "{file}: {errors:#?}");
    }
    assert!(errors.iter().any(|told| told.message.contains("« skill »")));
    assert!(errors.iter().any(|told| told.message.contains("bientôt")));
}

#[test]
fn several_syntax_slips_of_a_file_are_told_in_french() {
    let files = [
        (
            "ville/authority.toml",
            "name = Ville\nphone = \"3975\"\nphone = \"3939\"\nemail = \"a@ville.example\nkind = \"commune\"\nhours\n",
        ),
        ("skills.toml", "[skills]\nÉTÉ = \"x\"\n"),
    ];
    let told = parse(files).diagnostics;
    let at = |file: &str, line: u32| {
        told.iter()
            .find(|told| told.file == file && told.line == line)
            .map(|told| told.message.as_str())
            .unwrap_or_default()
    };
    assert!(at("ville/authority.toml", 1).contains("guillemets droits"), "{told:#?}");
    assert!(at("ville/authority.toml", 3).contains("déjà écrite"), "{told:#?}");
    assert!(at("ville/authority.toml", 4).contains("n'est pas fermé"), "{told:#?}");
    assert!(at("ville/authority.toml", 6).contains("n'a pas de valeur"), "{told:#?}");
    // Keys that could not be read are not missing.
    assert!(!told.iter().any(|told| told.message.contains("il manque")), "{told:#?}");
    assert!(at("skills.toml", 2).contains("entre guillemets"), "{told:#?}");
}

#[test]
fn an_agreement_without_its_other_half_is_named() {
    let half = "[[agreement]]\nauthority = \"orvance\"\nwith = \"valorme\"\ndepartments = [\"GU\"]\n";
    let told = told_after("pooling.toml", half, "");
    let unmirrored = told.iter().find(|told| told.message.contains("l'accord de « orvance » manque")).unwrap();
    assert_eq!((unmirrored.file.as_str(), unmirrored.severity), ("pooling.toml", Severity::Error));
    // Those it let work for Orvance are named too.
    assert!(
        told.iter().any(|told| told.file == "valorme/agents.toml" && told.message.contains("Aline Encre ne peut pas"))
    );
}

#[test]
fn a_procedure_nobody_can_serve_is_named_with_what_is_missing() {
    let told = told_after("valorme/agents.toml", "\"FUN 3\"", "\"FUN 2\"");
    let warned =
        told.iter().find(|told| told.message.contains("personne ne peut traiter « Concession funéraire »")).unwrap();
    assert_eq!((warned.severity, warned.file.as_str()), (Severity::Warning, "valorme/procedures.toml"));
    assert!(warned.message.contains("FUN 3 (le plus avancé : Gaëlle Registre, niveau 2)"), "{}", warned.message);

    let told = told_after("ccas/agents.toml", "clearances = [\"SOCIAL\"]\n", "");
    assert!(told.iter().any(|told| told.message.contains("l'habilitation SOCIAL")), "{told:#?}");
}

#[test]
fn a_procedure_whose_needs_nobody_holds_together_names_the_nearest_agent() {
    let told = told_after("valorme/procedures.toml", "skills = [\"REG 3\"]", "skills = [\"REG 3\", \"ACC 1\"]");
    let warned = told.iter().find(|told| told.message.contains("personne ne peut traiter « Occuper la rue")).unwrap();
    assert!(warned.message.contains("Il ne manque à"), "{}", warned.message);
}

#[test]
fn a_procedure_that_rests_on_one_person_is_worth_knowing() {
    let told = parse(demo_files()).diagnostics;
    let remark = told
        .iter()
        .find(|told| told.message.contains("« Subvention à une association »") && told.severity == Severity::Info);
    assert!(remark.unwrap().message.contains("Joseph Pavé"));
    assert_eq!(told.iter().filter(|told| told.severity == Severity::Info).count(), 12);
}

#[test]
fn a_mailbox_belongs_to_one_authority() {
    let told = told_after("orvance/authority.toml", "guichet@orvance.example", "Guichet@valorme.example");
    assert!(told.iter().any(|told| told.message.contains("est déjà celle de « orvance »")), "{told:#?}");
}

#[test]
fn misplaced_and_misnamed_files_are_named() {
    let mut files = demo_files();
    files.push(("competences.toml".to_owned(), String::new()));
    files.push(("valorme/agent.toml".to_owned(), String::new()));
    files.push(("valorme/fiches/acte.md".to_owned(), String::new()));
    files.push(("valorme/texts/receipt.email.md".to_owned(), "+++\nsubject = \"x\"\n+++\ny".to_owned()));
    let told = parse(files).diagnostics;
    let message =
        |file: &str| told.iter().find(|told| told.file == file).map(|told| told.message.as_str()).unwrap_or_default();
    assert!(message("competences.toml").contains("skills.toml"));
    assert!(message("valorme/agent.toml").contains("« agents.toml »"));
    assert!(message("valorme/fiches/acte.md").contains("n'est pas attendu"));
    assert!(message("valorme/texts/receipt.email.md").contains("n'est pas un message"));
}

#[test]
fn an_empty_folder_is_a_mistake() {
    let loaded = parse(Vec::<(String, String)>::new());
    assert!(loaded.has_errors() && loaded.bundles.is_empty());
}

#[test]
fn an_authority_without_its_file_is_named() {
    let mut files = demo_files();
    files.retain(|(path, _)| path != "ccas/authority.toml");
    let told = parse(files).diagnostics;
    assert!(told.iter().any(|told| told.file == "ccas/authority.toml" && told.message.contains("ce fichier manque")));
}

#[test]
fn a_search_widens_seven_times_at_most() {
    let step = |hours: usize| format!("{{ after = \"{hours} heures\", skills = [\"ENF 1\"] }}");
    let steps: Vec<String> = (1..=8).map(step).collect();
    let wrong = format!("widen = [{}]", steps.join(", "));
    let right = "widen = [{ after = \"4 heures\", skills = [\"ENF 1\"] }]";
    let told = told_after("valorme/procedures.toml", right, &wrong);
    assert!(told.iter().any(|told| told.message.contains("7 fois au plus")), "{told:#?}");
}

/// What nobody can do at once, somebody may once it is asked less.
#[test]
fn a_procedure_that_somebody_serves_later_is_no_warning() {
    let right = "skills = [\"ENF 2\"]\n# Si";
    let told = told_after("valorme/procedures.toml", right, "skills = [\"LOI 5\"]\n# Si");
    assert!(told.iter().any(|told| told.message.contains("LOI")), "{told:#?}");
    let (path, narrow) = ("valorme/procedures.toml", "skills = [\"JUR 3\"]");
    let later = "skills = [\"JUR 5\"]\nwiden = [{ after = \"1 heure\", skills = [\"JUR 3\"] }]";
    let told = told_after(path, narrow, later);
    let about = |told: &&Diagnostic| told.message.contains("avant que la recherche s'élargisse");
    assert_eq!(told.iter().find(about).map(|told| told.severity), Some(Severity::Info), "{told:#?}");
}

#[test]
fn who_stands_in_is_a_colleague_who_is_there() {
    let right = "tutor = \"aline.encre\"";
    let told = |absence: &str| {
        let wrong = format!("{right}\nabsences = [{absence}]");
        told_after("valorme/agents.toml", right, &wrong).iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let elsewhere = told("{ from = 2026-08-03, to = 2026-08-21, substitute = \"iris.cadastre\" }");
    assert!(elsewhere.contains("d'une autre collectivité"), "{elsewhere}");
    let mut files = changed(
        "valorme/agents.toml",
        right,
        "absences = [{ from = 2026-08-03, to = 2026-08-21, substitute = \"aline.encre\" }]",
    );
    assert!(!parse(files.clone()).has_errors());
    let file = files.iter_mut().find(|(path, _)| path == "valorme/agents.toml").expect("a file of the demo");
    let away = "[\"aline.encre\"]\nabsences = [{ from = 2026-08-21, to = 2026-08-25 }]";
    file.1 = file.1.replacen("[\"aline.encre\"]", away, 1);
    let told = parse(files).diagnostics;
    let about = "Aline Encre ne peut pas remplacer Firmin Brouillon du 2026-08-03 au 2026-08-21";
    assert!(told.iter().any(|told| told.severity == Severity::Error && told.message.starts_with(about)), "{told:#?}");
}
