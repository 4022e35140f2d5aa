//! Stories 2, 8 and 9: by e-mail.

use serde_json::json;

use super::gestures::text;
use super::stage::{Audience, Stage, expect};
use crate::doors::success;
use crate::{EVERYBODY, Error};

/// Reports of the storm, and copies of the message sent again and again.
const REPORTS: usize = 40;
const COPIES: usize = 50;

/// Journey 2: a registration at once, the full receipt in the same thread once somebody has looked.
pub(super) async fn father<A: Audience>(s: &mut Stage<'_, A>) -> Result<(), Error> {
    s.scene("22 h 41. Jérôme Thym écrit à la mairie : un texte vague, un PDF joint.", "/courrier").await?;
    let who = ("Jérôme Thym", "jerome.thym@citoyen.example");
    let subject = format!("Bonsoir ({})", s.run);
    let mut letter =
        s.letter(who, 0, &subject, "Bonsoir, voici le papier demandé. Merci de faire le nécessaire.\nJérôme Thym");
    letter.file = "document scanné.pdf".to_owned();
    let request = s.writes(&letter).await?;
    let registration = s.message(&request, "registration_ack").await?;
    expect(text(&registration, "/text").contains(&request.reference), "the registration gives the number")?;
    s.shows(format!("Aussitôt, il reçoit : « {} »", text(&registration, "/subject")));
    s.scene(
        "8 h 30. Un agent lit la demande et l'ouvre : le PDF est joint, la démarche est à qualifier.",
        &request.page(),
    )
    .await?;
    let agent = s.goes_to(&request, &EVERYBODY).await?;
    s.does(&agent, &request, "start", json!({})).await?;
    let seen = s.seen_by(&agent, &request).await;
    let file = text(&seen, "/interactions/0/attachments/0/file_name");
    expect(file == letter.file, format!("the file is beside the message, not « {file} »"))?;
    s.notes(&request.reference, "in_progress");
    s.shows(format!("Pièce jointe : {file}."));
    s.scene(
        "C'est pour la cantine : l'agent choisit la démarche. L'accusé complet part dans le même fil.",
        "/courrier",
    )
    .await?;
    let classified = agent.post(&format!("/requests/{}/classify", request.id), &json!({"procedure": "perisco"})).await;
    success("classify", classified)?;
    let receipt = s.message(&request, "receipt_ack").await?;
    expect(text(&receipt, "/text").contains("03 53 01 00 12"), "the receipt has the telephone of the department")?;
    s.notes(&request.reference, "in_progress");
    s.shows("L'accusé dit qui s'en occupe, à quel téléphone, et pour quand.");
    Ok(())
}

/// Journey 8: one address, two people, two files.
pub(super) async fn shared_mailbox<A: Audience>(s: &mut Stage<'_, A>) -> Result<(), Error> {
    const MAILBOX: &str = "potager@citoyen.example";
    let mut requests = Vec::new();
    let letters = [
        ("Rémi Potager", "Copie d'acte de naissance", "Bonjour, je voudrais une copie de mon acte de naissance."),
        ("Solène Potager", "Inscription à l'école", "Bonjour, comment inscrire notre fille à l'école maternelle ?"),
    ];
    for (number, (name, subject, words)) in letters.into_iter().enumerate() {
        s.scene(&format!("{name} écrit depuis la boîte que le couple partage, {MAILBOX}."), "/agent").await?;
        let letter = s.letter((name, MAILBOX), number, &format!("{subject} ({})", s.run), words);
        requests.push(s.writes(&letter).await?);
    }
    s.scene("Deux personnes, deux dossiers. Le bureau demande : « Qui écrit ? À confirmer ».", &requests[1].page())
        .await?;
    let mut parties = Vec::new();
    for request in &requests {
        let seen = s.seen_by(&s.doors.reception, request).await;
        parties.push((text(&seen, "/requester/name"), text(&seen, "/requester/party"), seen["shared_contact"] == true));
    }
    expect(parties[0].1 != parties[1].1, "the two people stay two")?;
    expect(parties[1].2, "the desk knows that the mailbox is shared")?;
    s.notes(&requests[1].reference, "");
    s.shows(format!("{} et {} restent deux usagers ; la boîte partagée est signalée.", parties[0].0, parties[1].0));
    Ok(())
}

/// Journey 9: many reports are many requests; one message sent many times is one.
pub(super) async fn storm<A: Audience>(s: &mut Stage<'_, A>) -> Result<(), Error> {
    s.scene("Rue Hoche, plus un lampadaire ne marche. Quarante habitants écrivent.", "/agent").await?;
    let subject = format!("Plus d'éclairage rue Hoche ({})", s.run);
    for number in 0..REPORTS {
        let from = format!("rue-hoche-{number}@citoyen.example");
        let letter = s.letter(
            ("Une habitante", &from),
            number,
            &subject,
            "Bonjour, tous les lampadaires sont éteints rue Hoche.",
        );
        s.posts(&letter).await?;
    }
    let count = s
        .wait_for("every report becomes a request", async || {
            let count = s.ids_about(&subject).await.len();
            (count >= REPORTS).then_some(count)
        })
        .await?;
    expect(count == REPORTS, format!("{REPORTS} reports make {count} requests"))?;
    s.shows(format!("{count} signalements, {count} demandes : chacun a son numéro."));
    s.scene("Un relais de courrier s'emballe : le même message arrive cinquante fois.", "/agent").await?;
    let subject = format!("Lampadaire en panne devant le 12 ({})", s.run);
    let once = s.letter(("Awa Marchand", "awa.marchand@citoyen.example"), REPORTS, &subject, "Il ne s'allume plus.");
    let taken = s.doors.post.send_copies(&once, COPIES).await;
    expect(taken == COPIES, format!("{taken} of {COPIES} copies were taken"))?;
    let after = s.letter(
        ("Léo Persil", "leo.persil@citoyen.example"),
        REPORTS + 1,
        &format!("Après la tempête ({})", s.run),
        "Bonjour.",
    );
    let last = s.writes(&after).await?;
    let count = s.ids_about(&subject).await.len();
    expect(count == 1, format!("{COPIES} copies make {count} requests"))?;
    s.notes(&last.reference, "");
    s.shows(format!("{COPIES} copies reçues, une seule demande."));
    Ok(())
}
