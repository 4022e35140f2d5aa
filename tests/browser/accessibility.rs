//! Every page of the product, on a wide and a narrow screen, by day and by night.

use guichet_testkit::wait_for;
use guichet_tests::mail::wait_for_message;
use guichet_tests::{Guichet, Kind, PATIENCE};
use serde_json::json;

use crate::browser::{Browser, SETTINGS};
use crate::{axe, statement};

const LEO: &str = "leo.marchand@citoyen.example";
const SCROLLS: &str = "const page = document.scrollingElement;
    if (page.scrollWidth <= innerWidth) return '';
    const wide = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1);
    return 'scrolls sideways: ' + wide.slice(0, 3).map(e => e.outerHTML.slice(0, 160)).join('\\n    ');";

/// What was found on the pages seen so far.
struct Walk<'a> {
    browser: &'a Browser,
    axe: String,
    seen: Vec<String>,
    findings: Vec<String>,
}

impl Walk<'_> {
    /// Looks at the page shown in every setting.
    async fn look(&mut self, page: &str) {
        self.seen.push(page.to_owned());
        axe::bring(self.browser, &self.axe).await;
        for setting in SETTINGS {
            self.browser.set(setting).await;
            let mut found = axe::violations(self.browser).await;
            let scrolls = self.browser.script(SCROLLS).await;
            found.extend(scrolls.as_str().filter(|text| !text.is_empty()).map(str::to_owned));
            self.findings.extend(found.iter().map(|finding| format!("{page} ({}): {finding}", setting.name)));
            self.browser.picture(&format!("{:02}-{page}", self.seen.len()), setting).await;
        }
        self.browser.set(SETTINGS[0]).await;
    }

    async fn open(&mut self, path: &str, page: &str) {
        self.browser.goto(path).await;
        self.look(page).await;
    }
}

#[tokio::test]
async fn no_page_breaks_an_accessibility_rule() {
    crate::run(Kind::AllInOne, async |guichet: &Guichet, browser: &Browser| {
        crate::only_works(guichet, "aline.encre").await;
        let mut walk = Walk { browser, axe: axe::source(), seen: Vec::new(), findings: Vec::new() };
        as_a_citizen(guichet, &mut walk).await;
        as_an_agent(guichet, &mut walk).await;
        as_a_supervisor(&mut walk).await;
        as_a_visitor_of_the_demo(&mut walk).await;
        in_english(&mut walk).await;
        let engine = axe::engine(browser).await;
        let Walk { findings, seen, .. } = walk;
        assert!(findings.is_empty(), "{} on {} pages:\n{}", findings.len(), seen.len(), findings.join("\n"));
        statement::compare(&engine, &seen, 0);
    })
    .await;
}

async fn as_a_citizen(guichet: &Guichet, walk: &mut Walk<'_>) {
    let browser = walk.browser;
    walk.open("/", "portal").await;
    walk.open("/evenements/naissance", "life-event").await;
    walk.open("/demande/voirie?pour=valorme", "questions").await;
    browser.press("Envoyer ma demande").await;
    browser.sees("à corriger").await;
    walk.look("questions-errors").await;
    walk.open("/fiches", "sheets").await;
    walk.open("/fiches?q=voirie", "sheets-found").await;
    browser.follow(".results a").await;
    walk.look("sheet").await;
    walk.open("/fiches?q=zzzzzz", "sheets-none").await;
    walk.open("/demande/question?pour=valorme", "form").await;
    browser.press("Envoyer ma demande").await;
    browser.sees("Objet").await;
    walk.look("form-errors").await;
    browser.fill("Objet", "Un bac de tri plus grand").await;
    browser.fill("Votre demande", "Nous sommes six depuis l’été.").await;
    browser.fill("Prénom et nom", "Léo Marchand").await;
    browser.fill("Courriel", LEO).await;
    browser.press("Envoyer ma demande").await;
    browser.sees("Votre demande est bien arrivée").await;
    let reference = browser.text_of(".reference").await;
    walk.look("form-done").await;
    walk.open("/suivi", "tracking").await;
    walk.open(&format!("/suivi?numero={reference}"), "tracking-found").await;
    walk.open("/suivi?numero=2222-2222", "tracking-none").await;
    let receipt = wait_for_message(guichet, LEO, "lien=").await;
    walk.open(&format!("/suivi?lien={}", link(&receipt.text)), "thread").await;
    walk.open("/nulle-part", "not-found").await;
}

/// Returns the token of the link in a message.
pub(crate) fn link(text: &str) -> &str {
    let after = text.split_once("lien=").expect("the message has a link").1;
    after.split_whitespace().next().expect("the link has a token")
}

async fn as_an_agent(guichet: &Guichet, walk: &mut Walk<'_>) {
    let browser = walk.browser;
    walk.open("/connexion", "sign-in").await;
    browser.fill("Identifiant", "aline.encre").await;
    browser.fill("Mot de passe", "faux").await;
    browser.press("Se connecter").await;
    browser.sees("Identifiant").await;
    walk.look("sign-in-errors").await;
    browser.fill("Mot de passe", "demo").await;
    browser.press("Se connecter").await;
    browser.sees("Propositions").await;
    browser.finds("/agent", "Pourquoi moi").await;
    walk.look("desk").await;
    browser.press("Prendre").await;
    browser.sees("La demande est à vous").await;
    browser.sees("Répondre et terminer").await;
    walk.look("request").await;
    for fold in
        ["Demander un avis", "Confier au service", "Changer de service", "Transmettre hors", "Classer sans suite"]
    {
        browser.press(fold).await;
    }
    walk.look("request-unfolded").await;
    browser.types("?").await;
    browser.goto("/agent").await;
    browser.types("?").await;
    browser.sees("Les lettres seules").await;
    walk.look("keys").await;
    walk.open("/agent", "desk-held").await;
    as_somebody_calls(guichet, walk).await;
}

async fn as_somebody_calls(guichet: &Guichet, walk: &mut Walk<'_>) {
    let browser = walk.browser;
    walk.open("/agent/appel", "call").await;
    browser.fill("Nom de la personne", "Odette Lavande").await;
    browser.fill("Téléphone", "03 53 01 77 77").await;
    browser.fill("Adresse postale", "3 rue du Lavoir, 00400 Valorme").await;
    browser.press("Enregistrer la demande").await;
    browser.sees("Objet").await;
    walk.look("call-errors").await;
    browser.choose("Démarche", "Question, autre demande").await;
    browser.fill("Objet", "Bac cassé").await;
    browser.fill("Ce qui a été dit", "Le couvercle de son bac de tri est cassé.").await;
    browser.press("Enregistrer la demande").await;
    browser.sees("La demande est enregistrée").await;
    let reference = browser.text_of(".reference").await;
    walk.look("call-done").await;
    browser.goto("/agent/appel").await;
    browser.fill("Chercher un usager", "Odette").await;
    browser.press("Chercher").await;
    browser.sees("Odette Lavande").await;
    walk.look("call-found").await;
    browser.press("Odette Lavande").await;
    browser.sees("Nom de la personne").await;
    walk.look("call-caller").await;
    wait_for(PATIENCE, || async {
        let deliveries = guichet.agent("aline.encre").await.get(&format!("/requests/{reference}/deliveries")).await;
        deliveries["items"].as_array()?.iter().any(|delivery| delivery["state"] == json!("to_print")).then_some(())
    })
    .await;
    browser.finds("/agent", "Courriers à imprimer").await;
    walk.look("desk-letters").await;
    browser.follow("a[href^='/agent/lettres/']").await;
    browser.sees("Odette Lavande").await;
    walk.look("letter").await;
}

async fn as_a_supervisor(walk: &mut Walk<'_>) {
    let browser = walk.browser;
    browser.goto("/agent").await;
    browser.press("Se déconnecter").await;
    browser.signs_in("leon.virgule").await;
    walk.open("/pilotage", "supervision").await;
    walk.open("/pilotage/demandes?chiffre=open", "supervision-list").await;
    walk.open("/pilotage/demandes?chiffre=open&canal=web", "supervision-list-channel").await;
    walk.open("/pilotage/demandes?chiffre=late", "supervision-list-none").await;
    walk.browser.press("Retour au pilotage").await;
    walk.browser.goto("/pilotage/demandes?chiffre=open").await;
    walk.browser.press("événements").await;
    walk.look("chronicle").await;
    walk.open("/pilotage/simulation", "simulation").await;
    walk.open("/pilotage/simulation?essai=former", "simulation-errors").await;
    walk.open("/pilotage/simulation?essai=moins&agent=gaelle.registre&competence=FUN&niveau=3", "simulation-day").await;
    walk.open("/pilotage/engagements", "commitments").await;
    walk.open("/pilotage/engagements/demandes?engagement=answered-or-dated&verdict=counted&mois=", "commitment-list")
        .await;
    as_the_head_of_the_desk(walk).await;
}

async fn as_the_head_of_the_desk(walk: &mut Walk<'_>) {
    let browser = walk.browser;
    walk.open("/admin", "settings").await;
    for (kind, page) in
        [("demarches", "settings-procedures"), ("agents", "settings-agents"), ("horaires", "settings-hours")]
    {
        walk.open(&format!("/admin/{kind}"), page).await;
        browser.follow(".parts a").await;
        walk.look(&format!("{page}-form")).await;
    }
    walk.open("/admin/collectivite/informations", "settings-authority").await;
    walk.open("/admin/reponses/nouveau", "settings-new").await;
    walk.open("/admin/demarches/acte", "settings-procedure").await;
    browser.fill("Délai annoncé", "bientôt").await;
    browser.press("Voir ce qui change").await;
    browser.sees("à corriger").await;
    walk.look("settings-errors").await;
    browser.fill("Délai annoncé", "2 jours ouvrés").await;
    browser.press("Voir ce qui change").await;
    browser.sees("Ce qui va changer").await;
    walk.look("settings-preview").await;
    browser.press("Publier").await;
    browser.sees("C’est publié").await;
    walk.open("/admin/calcul", "settings-count").await;
    walk.open("/admin/calcul?service=EC&de=2027-05-04T10:00&delai=bientot", "settings-count-errors").await;
    walk.open("/admin/calcul?service=EC&de=2027-05-04T10:00&delai=3+jo", "settings-counted").await;
    walk.open("/admin/historique", "settings-history").await;
    browser.press("Revenir à cet état").await;
    browser.sees("Revenir à l’état").await;
    walk.look("settings-restore").await;
    walk.open("/admin/textes", "settings-texts").await;
    walk.open("/admin/textes/receipt_ack/sms", "settings-text-sms").await;
    walk.open("/admin/textes/receipt_ack/email", "settings-text").await;
    browser.goto("/agent").await;
    browser.press("Écrire les consignes du jour").await;
    browser.fill("Consignes du jour", "Panne d’ascenseur à l’annexe : recevez en bas.").await;
    browser.press("Afficher ces consignes").await;
    browser.sees("Les consignes sont à jour").await;
    walk.look("desk-notes").await;
}

async fn in_english(walk: &mut Walk<'_>) {
    let browser = walk.browser;
    browser.goto("/agent").await;
    browser.press("English").await;
    browser.sees("Nothing is offered").await;
    walk.look("english-desk").await;
    browser.press("Sign out").await;
    walk.open("/", "english-portal").await;
    walk.open("/demande/voirie?pour=valorme", "english-form").await;
    browser.press("Send my request").await;
    browser.sees("Some information needs correcting").await;
    walk.look("english-form-errors").await;
    walk.open("/suivi?numero=2222-2222", "english-tracking-none").await;
    walk.open("/accessibilite", "english-accessibility").await;
    browser.press("Français").await;
    browser.sees("Déclaration d’accessibilité").await;
    walk.look("accessibility").await;
}

async fn as_a_visitor_of_the_demo(walk: &mut Walk<'_>) {
    walk.open("/courrier", "mailbox").await;
    walk.browser.follow(".results a").await;
    walk.look("mail").await;
}
