//! People who are away, and those who stand in for them.

use std::path::{Path, PathBuf};

use guichet_tests::Guichet;
use serde_json::json;

use crate::routing::{offered, request};
use crate::{scenarios, text};

scenarios! {
    what_somebody_absent_holds_is_on_the_desk_of_who_stands_in_and_theirs_to_take,
    who_learns_is_offered_a_case_under_the_eyes_of_the_tutor_who_sees_it,
}

/// Imports the demo town with a line added to the group of an agent of the Ville.
async fn import_with(g: &Guichet, login: &str, line: &str) {
    let folder = guichet_testkit::temp_dir();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a parent");
    copy(&root.join("demo/directory"), folder.path());
    let agents = folder.path().join("valorme/agents.toml");
    let group = format!("[\"{login}\"]\n");
    let text = std::fs::read_to_string(&agents).expect("the demo has agents");
    assert!(text.contains(&group), "{login} is of the Ville");
    std::fs::write(&agents, text.replace(&group, &format!("{group}{line}\n"))).expect("written");
    g.command(&["directory", "import", &folder.path().display().to_string()]).await;
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder of the demo") {
        let path: PathBuf = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("copied");
        }
    }
}

async fn what_somebody_absent_holds_is_on_the_desk_of_who_stands_in_and_theirs_to_take(g: Guichet) {
    let created = g.post("/requests", &request("valorme", "acte")).await;
    let id = text(&created, "id");
    let (holder, offer) = offered(&g, id).await;
    holder.accept(&offer).await;
    let substitute = if holder.login == "aline.encre" { "edwige.calepin" } else { "aline.encre" };
    let now = guichet_core::Clock::now(&guichet_core::SystemClock);
    let today = guichet_core::french::Dates::of_zone("Europe/Paris").local(now).date();
    let tomorrow = today.tomorrow().expect("a day");
    let absence = format!("absences = [{{ from = {today}, to = {tomorrow}, substitute = \"{substitute}\" }}]");
    import_with(&g, &holder.login, &absence).await;
    let colleague = g.agent(substitute).await;
    let page = guichet_testkit::wait_for(guichet_tests::PATIENCE, || async {
        let page = colleague.page("/agent").send().await.ok()?.text().await.ok()?;
        page.contains("en remplacement de").then_some(page)
    })
    .await;
    assert!(page.contains("Demande acte") && page.contains("Prendre la suite"), "{page}");
    colleague.command(id, "take", json!({})).await;
    let work = colleague.request_of(id).await["work"].clone();
    assert_eq!(work["assignee"], colleague.get("/session").await["agent"], "{work}");
}

async fn who_learns_is_offered_a_case_under_the_eyes_of_the_tutor_who_sees_it(g: Guichet) {
    let aline = g.agent("aline.encre").await;
    // At work, and offered nothing: those who have what an act asks are not free.
    aline.is("counter").await;
    for login in ["edwige.calepin", "gaelle.registre", "hakim.parapheur"] {
        g.agent(login).await.is("away").await;
    }
    let created = g.post("/requests", &request("valorme", "acte")).await;
    let firmin = g.agent("firmin.brouillon").await;
    let offer = firmin.offer_of(text(&created, "id")).await;
    let why = text(&offer, "why");
    assert!(why.contains("en apprentissage") && why.contains("tuteur : Aline Encre"), "{why}");
    firmin.accept(&offer).await;
    let desk = async |agent: &guichet_tests::Agent| {
        agent.page("/agent").send().await.expect("the desk answers").text().await.expect("a page")
    };
    let page = desk(&aline).await;
    assert!(page.contains("Firmin Brouillon apprend") && page.contains(text(&created, "reference")), "{page}");
    let page = desk(&firmin).await;
    assert!(page.contains("Vous apprenez"), "{page}");
}
