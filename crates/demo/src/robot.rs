//! Robot agents: they say that they are there, take what they are offered and answer it. The fault suite has them work
//! plainly and without a pause; a demo has them work as people do.

use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::session::Session;

/// Requests a robot looks at in one round: no agent holds as many.
const HELD_MAX: u32 = 100;
/// Rounds between two moments at the counter or on the telephone.
const ROUNDS_BETWEEN_VISITS: u64 = 25;
/// Pause of a robot that works without thinking and found nothing to do.
const IDLE_PAUSE: Duration = Duration::from_millis(250);
/// Of a hundred requests: those for which a paper is missing, and those that a specialist must answer.
const PAPER_MISSING: u32 = 15;
const FOR_A_SPECIALIST: u32 = 12;

/// How a robot works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Answers everything at once, in the same words.
    Plain,
    /// Thinks this long between two gestures, asks for papers, hands over to level 2.
    Lively(Duration),
}

/// Works until `stop`; `tell` hears how many requests were just answered.
pub async fn work(session: &Session, manner: Manner, stop: &CancellationToken, mut tell: impl FnMut(u64)) {
    if let Manner::Lively(_) = manner {
        session.is("available").await;
    }
    let mut round = 0_u64;
    while !stop.is_cancelled() {
        round += 1;
        let done = work_off(session, manner).await;
        tell(done);
        let pause = match manner {
            Manner::Plain if done > 0 => continue,
            Manner::Plain => IDLE_PAUSE,
            Manner::Lively(thinks) => {
                move_about(session, round).await;
                thinks
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
    // Nobody is left at the counter for ever.
    if manner != Manner::Plain {
        session.is("available").await;
    }
}

/// Leaves for the counter now and then, and comes back.
async fn move_about(session: &Session, round: u64) {
    match round % ROUNDS_BETWEEN_VISITS {
        0 => drop(session.is(if round.is_multiple_of(2) { "counter" } else { "phone" }).await),
        2 => drop(session.is("available").await),
        _ => {}
    }
}

/// Accepts every offer at hand and goes on with everything held, what a fault left half done included; returns how many
/// requests were answered.
pub async fn work_off(session: &Session, manner: Manner) -> u64 {
    let (_, offers) = session.get("/offers").await;
    for offer in offers["items"].as_array().into_iter().flatten() {
        let id = offer["id"].as_str().unwrap_or_default();
        session.post(&format!("/offers/{id}/accept"), &json!({})).await;
    }
    let (_, held) = session.get(&format!("/requests?assignee=me&open=true&limit={HELD_MAX}")).await;
    let mut answered = 0;
    for request in held["items"].as_array().into_iter().flatten() {
        let done = match manner {
            Manner::Plain => answer_plainly(session, request).await,
            Manner::Lively(_) => go_on(session, request).await,
        };
        answered += u64::from(done);
        // A person does one thing at a time.
        if done && manner != Manner::Plain {
            break;
        }
    }
    answered
}

/// Begins and answers one request; under the same key, an answer whose fate is unknown is given once.
async fn answer_plainly(session: &Session, request: &Value) -> bool {
    let (Some(id), Some(state)) = (request["id"].as_str(), request["state"].as_str()) else { return false };
    if state == "assigned" {
        let version = json!({"version": request["version"]});
        session.post(&format!("/requests/{id}/start"), &version).await;
    }
    if !["assigned", "in_progress"].contains(&state) {
        return false;
    }
    let reply = json!({"kind": "reply", "body": "C'est fait.", "then": "resolve", "outcome": "done"});
    let (status, _) = session.keyed_post(&format!("/requests/{id}/interactions"), "answer", &reply).await;
    (200..300).contains(&status)
}

/// What a robot does next with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gesture {
    Wait,
    Start,
    AskForAPaper,
    HandOver,
    GiveBack,
    Answer,
}

/// Decides the next gesture from what the desk shows of a request: the same request always has the same story.
fn next_gesture(request: &Value) -> Gesture {
    let allows = |name: &str| request["allowed"].as_array().into_iter().flatten().any(|allowed| allowed == name);
    let state = request["state"].as_str().unwrap_or_default();
    let waits_for_level2 = state == "escalated" && request["work"]["level2_assignee"].is_null();
    if allows("start") {
        return Gesture::Start;
    }
    if waits_for_level2 || !["in_progress", "escalated"].contains(&state) {
        return Gesture::Wait;
    }
    let replies = request["interactions"].as_array().into_iter().flatten();
    let asked_before = replies.filter(|interaction| interaction["kind"] == "reply").count() > 0;
    let fate = fate_of(request["id"].as_str().unwrap_or_default());
    match fate {
        _ if fate < PAPER_MISSING && allows("pause") && !asked_before => Gesture::AskForAPaper,
        PAPER_MISSING.. if fate < PAPER_MISSING + FOR_A_SPECIALIST && allows("escalate") => Gesture::HandOver,
        _ if allows("resolve") => Gesture::Answer,
        _ if allows("return") => Gesture::GiveBack,
        _ => Gesture::Wait,
    }
}

/// Returns a number below 100 that belongs to a request (FNV-1a over its id).
fn fate_of(id: &str) -> u32 {
    let hash = id.bytes().fold(0x811C_9DC5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash % 100
}

/// Returns an answer that fits what was asked.
fn words_for(procedure: &str) -> &'static str {
    match procedure {
        "acte" => "Bonjour,\n\nVotre acte est prêt : il part aujourd'hui par la poste.\n\nBien à vous",
        "titre_rdv" => {
            "Bonjour,\n\nNous vous proposons un rendez-vous jeudi à 14 h. Apportez une photo et l'ancien titre."
        }
        "voirie" | "proprete" => "Bonjour,\n\nMerci de votre signalement : l'équipe passe demain matin.",
        "bac" | "encombrants" => {
            "Bonjour,\n\nC'est noté : passage prévu mardi. Merci de sortir le tout la veille au soir."
        }
        "perisco" | "ecole" | "creche" => {
            "Bonjour,\n\nC'est enregistré pour votre enfant. Vous recevrez la confirmation par courrier."
        }
        "hors_competence" => {
            "Bonjour,\n\nCette démarche ne relève pas de la Ville. Nous vous indiquons par téléphone à qui vous adresser."
        }
        _ => "Bonjour,\n\nVoici les informations demandées. Nous restons à votre disposition au 03 53 01 00 10.",
    }
}

/// Does the next gesture; returns whether the request is answered by it.
async fn go_on(session: &Session, held: &Value) -> bool {
    let Some(id) = held["id"].as_str() else { return false };
    let (_, request) = session.get(&format!("/requests/{id}")).await;
    let version = json!({"version": request["work"]["version"]});
    let interactions = format!("/requests/{id}/interactions");
    let answer = async || {
        let words = words_for(request["procedure"].as_str().unwrap_or_default());
        let reply = json!({"kind": "reply", "body": words, "then": "resolve", "outcome": "done"});
        (200..300).contains(&session.post(&interactions, &reply).await.0)
    };
    match next_gesture(&request) {
        Gesture::Wait => false,
        Gesture::Answer => answer().await,
        Gesture::Start => {
            session.post(&format!("/requests/{id}/start"), &version).await;
            false
        }
        Gesture::GiveBack => {
            session.post(&format!("/requests/{id}/return"), &version).await;
            false
        }
        Gesture::AskForAPaper => {
            let words = "Bonjour,\n\nIl manque une pièce : pouvez-vous nous envoyer un justificatif de domicile de moins de trois mois ?";
            session.post(&interactions, &json!({"kind": "reply", "body": words, "then": "wait"})).await;
            false
        }
        Gesture::HandOver => {
            let mut body = version;
            body["department"] = request["work"]["department"].clone();
            let (status, _) = session.post(&format!("/requests/{id}/escalate"), &body).await;
            // Nobody above in that department: the robot answers itself.
            if (200..300).contains(&status) { false } else { answer().await }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(state: &str, allowed: &[&str], interactions: &Value) -> Value {
        json!({"id": "req_1", "state": state, "allowed": allowed, "work": {}, "interactions": interactions})
    }

    /// Returns an id whose fate is below or from a limit.
    fn with_fate(mut request: Value, wanted: impl Fn(u32) -> bool) -> Value {
        let id = (0..1_000).map(|number| format!("req_{number}")).find(|id| wanted(fate_of(id))).expect("one of many");
        request["id"] = id.into();
        request
    }

    #[test]
    fn what_is_given_is_begun_first() {
        assert_eq!(next_gesture(&request("assigned", &["start", "resolve"], &json!([]))), Gesture::Start);
    }

    #[test]
    fn a_missing_paper_is_asked_for_once() {
        let allowed = ["resolve", "pause", "escalate"];
        let fresh = with_fate(request("in_progress", &allowed, &json!([])), |fate| fate < PAPER_MISSING);
        assert_eq!(next_gesture(&fresh), Gesture::AskForAPaper);
        let mut asked = fresh;
        asked["interactions"] = json!([{"kind": "message"}, {"kind": "reply"}]);
        assert_eq!(next_gesture(&asked), Gesture::Answer);
    }

    #[test]
    fn a_specialists_request_is_handed_over_and_left_alone_until_taken() {
        let is_special = |fate| (PAPER_MISSING..PAPER_MISSING + FOR_A_SPECIALIST).contains(&fate);
        let hard = with_fate(request("in_progress", &["resolve", "escalate"], &json!([])), is_special);
        assert_eq!(next_gesture(&hard), Gesture::HandOver);
        assert_eq!(next_gesture(&request("escalated", &["resolve"], &json!([]))), Gesture::Wait);
    }

    #[test]
    fn what_must_go_back_to_level_1_goes_back() {
        let ordinary = with_fate(request("in_progress", &["return"], &json!([])), |fate| fate > 50);
        assert_eq!(next_gesture(&ordinary), Gesture::GiveBack);
    }
}
