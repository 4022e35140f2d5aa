//! What the head of the desk changes without the operator, and what the auditor drills into.

use guichet_testkit::wait_for;
use guichet_tests::mail::wait_for_message;
use guichet_tests::{Guichet, PATIENCE};
use serde_json::json;

use crate::browser::Browser;
use crate::scenarios;

scenarios! {
    a_delay_is_changed_seen_by_usagers_and_undone,
    a_mistake_is_told_at_its_field_and_nothing_changes,
    an_agent_on_leave_is_offered_nothing,
    a_text_is_worded_anew_previewed_sent_and_taken_back,
    the_notes_of_the_day_show_on_an_open_desk,
    a_delay_kept_is_drilled_down_to_the_events_of_one_request,
    a_delay_is_counted_day_by_day_and_bridges_are_closed_on_screen,
    the_exported_folder_says_what_was_changed_on_screen,
}

const LEO: &str = "leo.marchand@citoyen.example";

async fn a_delay_is_changed_seen_by_usagers_and_undone(_: &Guichet, browser: &Browser) {
    browser.signs_in("leon.virgule").await;
    browser.goto("/admin/demarches/acte").await;
    browser.fill("Délai annoncé", "2 jours ouvrés").await;
    browser.press("Voir ce qui change").await;
    browser.sees("3 jours ouvrés → 2 jours ouvrés").await;
    browser.press("Publier").await;
    browser.sees("C’est publié").await;
    // The portal tells the new delay within the time a directory is believed.
    browser.finds("/demande/acte?pour=valorme", "2 jours ouvrés").await;
    browser.goto("/admin/historique").await;
    browser.sees("Léon Virgule").await;
    browser.press("Revenir à cet état").await;
    browser.sees("2 jours ouvrés → 3 jours ouvrés").await;
    browser.press_exactly("Revenir à cet état").await;
    browser.sees("de nouveau en vigueur").await;
    browser.sees("retour à l’état").await;
    browser.finds("/demande/acte?pour=valorme", "3 jours ouvrés").await;
}

async fn a_delay_is_counted_day_by_day_and_bridges_are_closed_on_screen(_: &Guichet, browser: &Browser) {
    browser.signs_in("leon.virgule").await;
    let address = "/admin/calcul?service=EC&de=2027-05-04T10:00&delai=3+jo";
    browser.goto("/admin").await;
    browser.press("Compter un délai").await;
    browser.fill("Délai", "bientôt").await;
    browser.press_exactly("Compter").await;
    browser.sees("n'est pas un délai").await;
    browser.goto(address).await;
    for words in [
        "mardi 4 mai 2027\u{a0}: jour de réception",
        "jeudi 6 mai 2027\u{a0}: férié (Ascension)",
        "vendredi 7 mai 2027\u{a0}: jour ouvré, 2e jour",
        "samedi 8 mai 2027\u{a0}: férié (victoire de 1945)",
        "Échéance\u{a0}: lundi 10 mai 2027",
    ] {
        browser.sees(words).await;
    }
    browser.goto("/admin/horaires/G").await;
    browser.ticks("Fermé les jours de pont").await;
    browser.press("Voir ce qui change").await;
    browser.sees("Fermé les jours de pont").await;
    browser.press("Publier").await;
    browser.sees("C’est publié").await;
    browser.finds(address, "vendredi 7 mai 2027\u{a0}: pont, ne compte pas").await;
    browser.sees("Échéance\u{a0}: mardi 11 mai 2027").await;
}

async fn a_mistake_is_told_at_its_field_and_nothing_changes(_: &Guichet, browser: &Browser) {
    browser.signs_in("leon.virgule").await;
    browser.goto("/admin/demarches/acte").await;
    browser.fill("Délai annoncé", "bientôt").await;
    browser.press("Voir ce qui change").await;
    browser.sees("à corriger").await;
    browser.sees("bientôt").await;
    assert_eq!(browser.value_of("Délai annoncé").await, "bientôt", "what was typed is still there");
    browser.goto("/admin/historique").await;
    browser.sees("Premier état connu").await;
    assert!(!browser.text().await.contains("Léon Virgule ("), "nothing was published");
    // What grants access is not a supervisor's to change.
    browser.goto("/admin/agents/aline.encre").await;
    browser.sees("Réservé aux administrateurs").await;
}

async fn an_agent_on_leave_is_offered_nothing(g: &Guichet, browser: &Browser) {
    crate::only_works(g, "aline.encre").await;
    browser.signs_in("leon.virgule").await;
    browser.goto("/admin/agents/aline.encre").await;
    let today = guichet_core::french::Dates::of_zone("Europe/Paris");
    let today = today.local(guichet_core::Clock::now(&guichet_core::SystemClock)).date().to_string();
    browser.fill("Absences", &today).await;
    browser.press("Voir ce qui change").await;
    browser.sees(&today).await;
    browser.press("Publier").await;
    browser.sees("C’est publié").await;
    let request = json!({
        "authority": "valorme", "procedure": "acte", "subject": "Copie d’acte",
        "body": "Pour un dossier.", "requester": {"name": "Léo Marchand", "email": LEO},
    });
    let id = g.post("/requests", &request).await["id"].as_str().expect("an id").to_owned();
    let aline = g.agent("aline.encre").await;
    wait_for(PATIENCE, || async {
        let decisions = g.get(&format!("/requests/{id}/decisions")).await;
        decisions["items"].as_array()?.iter().any(|item| item["kind"] == "waiting").then_some(())
    })
    .await;
    assert!(aline.offers().await.is_empty(), "she is on leave today");
    browser.goto(&format!("/pilotage/demandes/{id}/evenements")).await;
    browser.sees("mise en attente").await;
}

async fn a_text_is_worded_anew_previewed_sent_and_taken_back(g: &Guichet, browser: &Browser) {
    browser.signs_in("leon.virgule").await;
    browser.goto("/admin/textes/receipt_ack/sms").await;
    browser.fill("Texte", "{autorite} : {numero} bien notée. {delai} {telephone} {inconnu}").await;
    browser.press("Aperçu").await;
    browser.sees("inconnu").await;
    browser.fill("Texte", "{autorite} : {numero} bien notée. {delai} {telephone}").await;
    browser.press("Aperçu").await;
    browser.sees("V7KM-4T9R bien notée").await;
    browser.sees("1 SMS").await;
    browser.press("Publier").await;
    browser.sees("C’est publié").await;
    let call = json!({
        "authority": "valorme", "channel": "phone", "procedure": "question", "subject": "Bac cassé",
        "body": "Le couvercle est cassé.", "requester": {"name": "Odette Lavande", "phone": "06 39 98 00 12"},
    });
    g.agent("aline.encre").await.post("/calls", &call).await;
    wait_for(PATIENCE, || async {
        guichet_tests::mail::text_messages(g).iter().any(|sms| sms.to_string().contains("bien notée")).then_some(())
    })
    .await;
    browser.goto("/admin/textes/receipt_ack/sms").await;
    browser.press("Reprendre le texte d’origine").await;
    browser.sees("C’est publié").await;
    browser.sees("texte d’origine").await;
    assert!(!browser.value_of("Texte").await.contains("bien notée"));
}

async fn the_notes_of_the_day_show_on_an_open_desk(g: &Guichet, browser: &Browser) {
    let leon = Browser::open(g).await;
    browser.signs_in("aline.encre").await;
    browser.script("window.untouched = true").await;
    leon.signs_in("leon.virgule").await;
    leon.press("Écrire les consignes du jour").await;
    leon.fill("Consignes du jour", "Panne d’ascenseur à l’annexe : recevez en bas.").await;
    leon.press("Afficher ces consignes").await;
    leon.sees("Les consignes sont à jour").await;
    leon.close().await;
    browser.sees("Panne d’ascenseur à l’annexe").await;
    browser.sees("Léon Virgule").await;
    assert_eq!(browser.script("return window.untouched === true").await, true, "the page was not loaded again");
}

async fn a_delay_kept_is_drilled_down_to_the_events_of_one_request(g: &Guichet, browser: &Browser) {
    crate::only_works(g, "aline.encre").await;
    let request = json!({
        "authority": "valorme", "procedure": "question", "subject": "Un bac de tri plus grand",
        "body": "Nous sommes six depuis l’été.", "requester": {"name": "Léo Marchand", "email": LEO},
    });
    let created = g.post("/requests", &request).await;
    let (id, reference) = (created["id"].as_str().expect("an id"), created["reference"].as_str().expect("a number"));
    let aline = g.agent("aline.encre").await;
    let offer = aline.offer_of(id).await;
    aline.accept(&offer).await;
    aline.command(id, "start", json!({})).await;
    aline.reply(id, "Un bac de 240 litres arrive lundi.", "resolve").await;
    wait_for_message(g, LEO, "240 litres").await;
    browser.signs_in("leon.virgule").await;
    browser.press("Pilotage").await;
    browser.press("Engagements").await;
    browser.sees("Délai annoncé tenu").await;
    browser.sees("100\u{a0}%").await;
    browser.press("tenues\u{a0}: 1").await;
    browser.sees(reference).await;
    browser.press(reference).await;
    for words in [
        "reçue et enregistrée",
        "proposition acceptée",
        "répondue",
        "Accusé de réception",
        "Aline Encre",
        "date annoncée",
    ] {
        browser.sees(words).await;
    }
}

async fn the_exported_folder_says_what_was_changed_on_screen(g: &Guichet, browser: &Browser) {
    browser.signs_in("leon.virgule").await;
    browser.goto("/admin/reponses/nouveau").await;
    browser.fill("Code", "merci").await;
    browser.fill("Nom", "Merci").await;
    browser.fill("Texte", "Bonjour,\n\nMerci de votre message.").await;
    browser.press("Voir ce qui change").await;
    browser.sees("Merci").await;
    browser.press("Publier").await;
    browser.sees("C’est publié").await;
    let leon = g.agent("leon.virgule").await;
    let archive = leon.page("/admin/export").send().await.expect("the gateway answers").bytes().await.expect("a body");
    let folder = guichet_testkit::temp_dir();
    zip::ZipArchive::new(std::io::Cursor::new(archive))
        .expect("an archive")
        .extract(folder.path())
        .expect("it unpacks");
    let loaded = guichet_directory::load(folder.path());
    assert_eq!(loaded.bundles.len(), 1, "a supervisor has the folder of their own authority");
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a parent");
    let ours = guichet_directory::load(&root.join("demo/directory"));
    for after in &loaded.bundles {
        let code = &after.directory.authority.code;
        let before = ours.bundles.iter().find(|bundle| bundle.directory.authority.code == *code).expect("Valorme");
        let differences = guichet_directory::edit::compare(&before.directory, &after.directory);
        let about: Vec<_> =
            differences.iter().map(|difference| (difference.file.as_str(), difference.code.as_str())).collect();
        assert_eq!(about, [("replies", "merci")]);
        assert_eq!(after.sheets.len(), before.sheets.len(), "sheets travel too");
    }
}
