//! Stories 4, 6 and 7: papers that are missing, level 2, and other bodies.

use serde_json::json;

use super::gestures::{day, text};
use super::stage::{Audience, Stage, expect};
use crate::{EVERYBODY, Error};

/// Agents who take copies of civil records at level 1, and those who know all of them.
const LEVEL_1: [&str; 2] = ["aline.encre", "edwige.calepin"];
const LEVEL_2: [&str; 2] = ["gaelle.registre", "hakim.parapheur"];

/// Journey 4: the paper that is missing, the dates side by side, and the work that goes on once it arrives.
pub(super) async fn missing_drawing<A: Audience>(s: &mut Stage<'_, A>) -> Result<(), Error> {
    s.scene(
        "Célia Mûrier dépose par le portail une déclaration préalable pour une clôture. Il manque le plan de masse.",
        "/demande/dp",
    )
    .await?;
    let who = ("Célia Mûrier", "celia.murier@citoyen.example");
    let form = json!({
        "authority": "valorme", "procedure": "dp", "subject": "Clôture, chemin des Écoliers",
        "body": "Une clôture de 1,60 m. Le formulaire est rempli.", "requester": {"name": who.0, "email": who.1},
    });
    let request = s.fills_in(form).await?;
    s.scene("Iris, à l'urbanisme, ouvre la demande : trois dates côte à côte.", &request.page()).await?;
    let iris = s.goes_to(&request, &["iris.cadastre"]).await?;
    s.does(&iris, &request, "start", json!({})).await?;
    let seen = s.seen_by(&iris, &request).await;
    expect(day(&seen["work"], "/legal_due") != "–", "a déclaration préalable has a date of the law")?;
    s.notes(&request.reference, "in_progress");
    s.shows(format!(
        "Annoncée : {} · de la loi : {} (sans réponse, la loi considère qu'elle est acceptée) · interne : {}.",
        day(&seen["work"], "/announced_due"),
        day(&seen["work"], "/legal_due"),
        day(&seen["work"], "/internal_due"),
    ));
    s.scene("Elle répond « Il manque une pièce » : Célia sait laquelle, et pour quand.", "/courrier").await?;
    let words = "Il manque une pièce : le plan de masse (DP2).";
    s.replies(&iris, &request, words, json!({"then": "wait"})).await?;
    let asked = s.message(&request, "missing_papers").await?;
    expect(text(&asked, "/text").contains("plan de masse"), "the message says which paper is missing")?;
    let restarts = text(&asked, "/text").contains("repart à réception");
    expect(restarts, "where silence accepts, the message says that the delay starts again")?;
    s.reaches(&request, "waiting_requester").await?;
    s.shows("La demande est « En attente de votre réponse ».");
    s.scene("Célia répond au message, le plan joint : Iris retrouve la demande dans son travail.", &request.page())
        .await?;
    let mut reply = s.letter(who, 0, "Re: votre demande", "Voici le plan de masse.");
    reply.answers = text(&asked, "/message_id");
    reply.file = "plan de masse.pdf".to_owned();
    s.posts(&reply).await?;
    let seen = s.reaches(&request, "in_progress").await?;
    expect(seen.to_string().contains("plan de masse.pdf"), "the drawing is in the thread")?;
    s.shows("La pièce est dans le fil, le travail reprend.");
    Ok(())
}

/// Journey 6: level 2 answers itself, level 1 sees it, the usager reads one sentence.
pub(super) async fn handed_over<A: Audience>(s: &mut Stage<'_, A>) -> Result<(), Error> {
    s.scene("Théo Bêche demande un acte ancien, par le portail.", "/demande/acte").await?;
    let who = ("Théo Bêche", "theo.beche@citoyen.example");
    let form = json!({
        "authority": "valorme", "procedure": "acte", "subject": "Acte de 1871",
        "body": "Je cherche l'acte de naissance de mon arrière-grand-père, né en 1871, mention marginale comprise.",
        "requester": {"name": who.0, "email": who.1},
    });
    let request = s.fills_in(form).await?;
    s.scene("Au niveau 1, on accepte, puis on presse « Confier au service État civil ».", &request.page()).await?;
    let level1 = s.goes_to(&request, &LEVEL_1).await?;
    s.does(&level1, &request, "start", json!({})).await?;
    s.does(&level1, &request, "escalate", json!({"department": "EC", "note": "Registre d'avant 1900."})).await?;
    s.reaches(&request, "escalated").await?;
    s.shows(format!("{} garde la demande sous les yeux ; l'État civil la reçoit.", level1.login));
    s.scene("Théo, avec son numéro, ne voit qu'une phrase.", &format!("/suivi?numero={}", request.reference)).await?;
    let (_, tracked) = s.doors.track(&request.reference).await;
    let label = text(&tracked, "/label");
    expect(label.contains("tat civil"), format!("the usager reads the department, not « {label} »"))?;
    s.notes(&request.reference, &text(&tracked, "/state"));
    s.shows(format!("« {label} »"));
    s.scene("Une spécialiste répond directement à Théo.", "/courrier").await?;
    let level2 = s.goes_to(&request, &LEVEL_2).await?;
    s.replies(
        &level2,
        &request,
        "Votre acte de 1871 est retrouvé : la copie part aujourd'hui.",
        json!({"then": "resolve", "outcome": "done"}),
    )
    .await?;
    let answer = s.message(&request, "answer").await?;
    expect(text(&answer, "/text").contains("1871"), "the usager gets the answer")?;
    s.reaches(&request, "resolved").await?;
    let seen = s.seen_by(&level1, &request).await;
    expect(seen["interactions"].to_string().contains("est retrouvé"), "level 1 reads the answer of level 2")?;
    s.shows(format!("Réponse de {} envoyée ; {} la voit dans le fil.", level2.login, level1.login));
    Ok(())
}

/// Journey 7: sent to the body that can do it, with its telephone, and still followed.
pub(super) async fn elsewhere<A: Audience>(s: &mut Stage<'_, A>) -> Result<(), Error> {
    s.scene("Françoise Pivoine demande l'APA pour sa mère. Ce n'est pas la Ville, mais le Département.", "/").await?;
    let form = json!({
        "authority": "valorme", "procedure": "hors_competence", "subject": "APA pour ma mère",
        "body": "Ma mère a 88 ans et ne peut plus rester seule. Comment demander l'APA ?",
        "requester": {"name": "Françoise Pivoine", "email": "francoise.pivoine@citoyen.example"},
    });
    let request = s.fills_in(form).await?;
    s.scene("L'agent presse « Transmettre hors collectivité » et donne le téléphone du Département.", &request.page())
        .await?;
    let agent = s.goes_to(&request, &EVERYBODY).await?;
    s.does(&agent, &request, "start", json!({})).await?;
    let to = json!({"organisation": "Département de l'Orvance", "phone": "03 53 01 90 00"});
    s.does(&agent, &request, "forward", to).await?;
    s.reaches(&request, "forwarded").await?;
    let told = s.message(&request, "sent_elsewhere").await?;
    let telephone = text(&told, "/text").replace(['\u{a0}', '\u{202f}'], " ");
    expect(telephone.contains("03 53 01 90 00"), "the usager gets the telephone of the body")?;
    s.shows("Françoise reçoit : « vous n'avez rien à refaire », avec le téléphone du Département.");
    s.scene("Son numéro la suit toujours.", &format!("/suivi?numero={}", request.reference)).await?;
    let (_, tracked) = s.doors.track(&request.reference).await;
    let label = text(&tracked, "/label");
    expect(label.contains("Département"), format!("the usager reads where it is, not « {label} »"))?;
    s.notes(&request.reference, &text(&tracked, "/state"));
    s.shows(format!("« {label} »"));
    Ok(())
}
