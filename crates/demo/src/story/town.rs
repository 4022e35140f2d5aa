//! Stories 10, 11 and 12: complaints, a desk without its specialist, a fault.

use serde_json::{Value, json};

use super::gestures::{Request, day, text};
use super::stage::{Audience, Stage, expect};
use crate::Error;
use crate::doors::success;

/// Forms given in before a fault, each twice.
const FORMS: usize = 20;

/// Journey 10: a complaint has its own people and its own delay.
pub(super) async fn complaint<A: Audience>(s: &mut Stage<'_, A>) -> Result<(), Error> {
    s.scene("Étienne Cerfeuil se plaint de l'accueil qu'il a reçu, par le portail.", "/demande/reclamation").await?;
    let form = json!({
        "authority": "valorme", "procedure": "reclamation", "nature": "complaint", "subject": "Mal reçu au guichet",
        "body": "L'agent m'a fait attendre une heure et m'a demandé de revenir. Je demande une explication.",
        "requester": {"name": "Étienne Cerfeuil", "email": "etienne.cerfeuil@citoyen.example"},
    });
    let created = success("POST /requests", s.doors.submit(&form, "").await)?;
    let reference = text(&created, "/reference");
    s.shows(format!("Réclamation {reference} enregistrée."));
    let tracked = s
        .wait_for("a complaint has its department and its date", async || {
            let (_, tracked) = s.doors.track(&reference).await;
            tracked["department"].is_object().then_some(tracked)
        })
        .await?;
    expect(tracked["department"]["code"] == "QJ", "a complaint goes to Qualité")?;
    s.notes(&reference, &text(&tracked, "/state"));
    s.shows(format!(
        "{} : réponse avant le {} (15 jours ouvrés).",
        text(&tracked, "/department/name"),
        day(&tracked, "/announced_due")
    ));
    s.scene("Elle n'est proposée qu'à la qualité : ni Aline ni Basile, à l'accueil, ne la recevront.", "/pilotage")
        .await?;
    let request = Request { id: text(&created, "/id"), reference: reference.clone() };
    match s.offered(&request).await? {
        Some((login, why)) => {
            expect(
                ["leon.virgule", "gaelle.registre"].contains(&login.as_str()),
                format!("{login} handles no complaints"),
            )?;
            s.notes(&reference, "offered");
            s.shows(format!("Proposée à {login}. {why}"));
        }
        None => {
            s.notes(&reference, "queued");
            s.shows("Léon et Gaëlle ont déjà leur compte de demandes : elle attend en file, pour eux seuls.");
        }
    }
    Ok(())
}

/// Journey 11: nobody is left for a skill; what supervision shows of it today.
pub(super) async fn nobody_left<A: Audience>(s: &mut Stage<'_, A>) -> Result<(), Error> {
    s.scene("10 h. Gaëlle Registre, seule au funéraire, s'en va.", "/pilotage").await?;
    let gaelle = s.doors.agent("gaelle.registre").await?;
    expect(gaelle.is("away").await == 200, "Gaëlle can leave")?;
    s.shows("Gaëlle est absente.");
    let told = waits_alone(s).await;
    // Whatever happened, she comes back.
    let back = gaelle.is("available").await;
    told?;
    expect(back == 200, "Gaëlle can come back")?;
    s.shows("Gaëlle revient : la demande peut lui être proposée.");
    Ok(())
}

async fn waits_alone<A: Audience>(s: &mut Stage<'_, A>) -> Result<(), Error> {
    s.scene(
        "Une famille demande une concession : la demande attend, personne d'autre ne peut la prendre.",
        "/pilotage",
    )
    .await?;
    let form = json!({
        "authority": "valorme", "procedure": "concession", "subject": "Concession pour mon père",
        "body": "Nous voudrions une concession de trente ans au cimetière des Ormelles.",
        "requester": {"name": "Maëlle Glaïeul", "email": "maelle.glaieul@citoyen.example"},
    });
    let request = s.fills_in(form).await?;
    let offer = s.offered(&request).await?;
    expect(offer.is_none(), format!("nobody but Gaëlle could be offered it, yet {offer:?} was"))?;
    s.notes(&request.reference, "queued");
    let (_, told) = s.doors.reception.get(&format!("/requests/{}/explain", request.id)).await;
    for line in told["lines"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        s.shows(line);
    }
    s.scene(
        "Dans le pilotage, elle compte parmi celles qui attendent à l'État civil.",
        "/pilotage/demandes?chiffre=waiting&service=EC",
    )
    .await?;
    let leon = s.doors.agent("leon.virgule").await?;
    let list = leon.page("/pilotage/demandes?chiffre=waiting&service=EC").await;
    // The list shows the first page of a long queue.
    let listed = list.contains(&request.reference) || list.contains("suite=");
    expect(listed, "the list of those that wait has it")?;
    s.notes(&request.reference, "queued");
    s.shows("La ligne ouvre la demande ; son histoire dit pourquoi personne ne l'a.");
    Ok(())
}

/// Journey 12: what was promised before a fault is there after it, once.
pub(super) async fn fault<A: Audience>(s: &mut Stage<'_, A>) -> Result<(), Error> {
    s.scene("Vingt formulaires arrivent, chacun avec sa clé. Chacun reçoit son numéro.", "/agent").await?;
    let before = total(s).await?;
    let promised = give_in(s).await?;
    s.shows(format!("{} numéros promis ; {before} demandes auparavant.", promised.len()));
    s.scene(
        "Maintenant, arrêtez un processus (kill -9) et relancez-le ; en grappe, videz aussi Redis (FLUSHALL). Les \
         navigateurs, sans réponse, renverront tout sous les mêmes clés.",
        "/agent",
    )
    .await?;
    let again = s.wait_for("the demo answers again", async || give_in(s).await.ok()).await?;
    expect(again == promised, "each key keeps the number it was promised")?;
    s.shows("Les mêmes clés rendent les mêmes numéros.");
    s.scene("Le compte : avant, plus vingt, et rien d'autre.", "/pilotage").await?;
    let after = total(s).await?;
    expect(after >= before + FORMS, format!("{before} requests and {FORMS} forms make {after}"))?;
    s.shows(format!("{before} demandes avant, {after} après : aucune perdue, aucune en double de ces vingt."));
    Ok(())
}

/// Gives the same twenty forms in and returns the numbers they were promised.
async fn give_in<A: Audience>(s: &Stage<'_, A>) -> Result<Vec<String>, Error> {
    let mut numbers = Vec::new();
    for number in 0..FORMS {
        let form = json!({
            "authority": "valorme", "procedure": "proprete", "subject": format!("Corbeille pleine, place n° {number}"),
            "body": "Elle déborde depuis samedi.",
            "requester": {"name": "Naïma Brouette", "email": "naima.brouette@citoyen.example"},
        });
        let created = success("POST /requests", s.doors.submit(&form, &format!("{}-recit-{number}", s.run)).await)?;
        numbers.push(text(&created, "/reference"));
    }
    Ok(numbers)
}

/// Returns how many requests there are in the town's departments that count them: those of the reception's list.
async fn total<A: Audience>(s: &Stage<'_, A>) -> Result<usize, Error> {
    let mut count = 0;
    let mut cursor = String::new();
    loop {
        let path = format!("/requests?authority=valorme&limit=100&cursor={cursor}");
        let page = success("GET /requests", s.doors.reception.get(&path).await)?;
        count += page["items"].as_array().map_or(0, Vec::len);
        cursor = text(&page, "/next_cursor");
        if cursor.is_empty() {
            return Ok(count);
        }
    }
}
