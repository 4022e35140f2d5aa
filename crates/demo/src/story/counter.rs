//! Stories 1, 3 and 5: by telephone and at the counter.

use serde_json::json;

use super::gestures::{day, text};
use super::stage::{Audience, Stage, expect};
use crate::Error;
use crate::doors::success;

/// Journey 1: a number spoken, a letter, never an SMS to a landline.
pub(super) async fn odette<A: Audience>(s: &mut Stage<'_, A>) -> Result<(), Error> {
    s.scene(
        "Odette Lavande, 74 ans, appelle de son téléphone fixe : le couvercle de son bac est cassé. Aline remplit le \
         formulaire d'appel pendant qu'elle parle.",
        "/agent/appel",
    )
    .await?;
    let call = json!({
        "authority": "valorme", "channel": "phone", "procedure": "question", "subject": "Bac cassé",
        "body": "Le couvercle de son bac de tri est cassé.",
        "requester": {"name": "Odette Lavande", "phone": "03 53 01 77 77", "postal_address": "3 rue du Lavoir, 00400 Valorme"},
    });
    let request = s.records("aline.encre", call).await?;
    let spelled: Vec<String> = request.reference.chars().filter(|c| c.is_alphanumeric()).map(String::from).collect();
    s.shows(format!("Aline dit : « Votre numéro de suivi est {}. »", spelled.join(", ")));
    s.scene(
        "Odette n'a ni mobile ni courriel : l'accusé part par la poste. Regardez « Courriers à imprimer ».",
        "/agent",
    )
    .await?;
    let receipt = s.message(&request, "receipt_ack").await?;
    let medium = text(&receipt, "/medium");
    expect(medium == "letter", format!("the receipt of a landline is a letter, not {medium}"))?;
    expect(text(&receipt, "/text").contains(&request.reference), "the letter has the number on it")?;
    s.notes(&request.reference, &text(&receipt, "/state"));
    s.shows(format!("Un courrier attend l'imprimante : {}/agent/lettres/{}", s.doors.url, text(&receipt, "/id")));
    let (_, sent) = s.doors.reception.get(&format!("/requests/{}/deliveries", request.id)).await;
    let by_sms = sent["items"].as_array().into_iter().flatten().any(|delivery| delivery["medium"] == "sms");
    expect(!by_sms, "never an SMS to a landline")?;
    s.shows("Aucun SMS n'est parti.");
    Ok(())
}

/// Journey 3: the step and the date of a file, told at once; no request for the question.
pub(super) async fn permit<A: Audience>(s: &mut Stage<'_, A>) -> Result<(), Error> {
    s.scene("Bernard Râteau a déposé son permis de construire par le portail.", "/demande/pcmi").await?;
    let form = json!({
        "authority": "valorme", "procedure": "pcmi", "subject": "Permis pour notre maison",
        "body": "Le dossier complet, plans compris.",
        "requester": {"name": "Bernard Râteau", "email": "bernard.rateau@citoyen.example", "phone": "06 39 98 00 31"},
    });
    let request = s.fills_in(form).await?;
    s.wait_for("the request has its department", async || {
        let (_, seen) = s.doors.track(&request.reference).await;
        seen["department"].is_object().then_some(())
    })
    .await?;
    s.scene("Il appelle : « Où en est mon permis ? » Aline lit l'étape et la date sur la demande.", &request.page())
        .await?;
    let seen = s.seen_by(&s.doors.reception, &request).await;
    s.notes(&request.reference, &text(&seen, "/state"));
    s.shows(format!(
        "Annoncé pour le {} ; date de la loi : {}.",
        day(&seen["work"], "/announced_due"),
        day(&seen["work"], "/legal_due")
    ));
    s.scene(
        "Elle presse « C'est répondu sur place » : un contact est compté, aucune demande de plus n'est créée.",
        "/agent/appel",
    )
    .await?;
    let call = json!({
        "authority": "valorme", "channel": "phone", "procedure": "ads_suivi", "subject": "Où en est mon permis ?",
        "body": "Étape et date données.", "answered": {"outcome": "informed"},
        "requester": {"name": "Bernard Râteau", "phone": "06 39 98 00 31"},
    });
    let recorded = success("POST /calls", s.doors.reception.post("/calls", &call).await)?;
    expect(recorded["id"].is_null(), "a contact answered on the spot opens no request")?;
    s.shows("Contact enregistré, rien à traiter.");
    Ok(())
}

/// Journey 5: not the agent at the counter, but one who has the clearance, and why.
pub(super) async fn passport<A: Audience>(s: &mut Stage<'_, A>) -> Result<(), Error> {
    s.scene(
        "Au guichet, Rémi Potager vient pour un passeport. Basile n'est pas habilité aux titres : il enregistre la visite.",
        "/agent/appel",
    )
    .await?;
    let visit = json!({
        "authority": "valorme", "channel": "counter", "procedure": "titre_rdv", "subject": "Renouveler un passeport",
        "body": "Pré-demande faite, photo apportée.",
        "requester": {"name": "Rémi Potager", "phone": "06 39 98 00 14"},
    });
    let request = s.records("basile.tampon", visit).await?;
    s.scene(
        "La demande va à quelqu'un qui a l'habilitation TES. « Pourquoi moi ? » tient en une phrase.",
        &request.page(),
    )
    .await?;
    match s.offered(&request).await? {
        Some((login, why)) => {
            let cleared = ["aline.encre", "edwige.calepin", "gaelle.registre"].contains(&login.as_str());
            expect(cleared, format!("{login} has no clearance for passports"))?;
            s.notes(&request.reference, "offered");
            s.shows(format!("Proposée à {login}. {why}"));
        }
        None => {
            s.notes(&request.reference, "queued");
            s.shows("Les agents habilités ont déjà leur compte de demandes : celle-ci attend en file, pour eux seuls.");
        }
    }
    Ok(())
}
