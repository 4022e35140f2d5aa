//! The part of `guichet.routing.v1.Queue` that asks what a day would be.

use guichet_events::{Directory, SkillLevel};
use guichet_proto::routing::v1 as proto;
use guichet_proto::routing::v1::simulate_request::Change as Asked;
use guichet_rpc::status;
use tonic::{Response, Status};

use super::Api;
use super::convert::{id, optional_id, text};
use crate::app::simulation::{Answer, Change, Lesson, Rate, Report, Rule, SinglePoint, Waits, WhatIf};
use crate::error::Error;

impl Api {
    pub(super) async fn simulation(
        &self,
        request: proto::SimulateRequest,
    ) -> Result<Response<proto::SimulateResponse>, Status> {
        let agent = optional_id(&request.agent_id, "/agent_id").map_err(status::of)?;
        let what_if = what_if(request).map_err(status::of)?;
        let answer = self.app.simulate(agent, what_if).await.map_err(status::of)?;
        Ok(Response::new(to_proto(answer)))
    }
}

fn what_if(request: proto::SimulateRequest) -> Result<WhatIf, Error> {
    let change = match request.change {
        None => Change::Nothing,
        Some(Asked::Teach(teach)) => Change::Teach {
            agent_id: id(&teach.agent_id, "/teach/agent_id")?,
            skill: skill(&teach.skill, teach.level, "/teach/level")?,
        },
        Some(Asked::MoreLike(like)) => Change::More { like: id(&like, "/more_like")? },
        Some(Asked::Less(agent)) => Change::Less { agent_id: id(&agent, "/less")? },
    };
    let advise = if request.advise_skill.is_empty() {
        None
    } else {
        Some(skill(&request.advise_skill, request.advise_level, "/advise_level")?)
    };
    let rule = match request.policy.as_str() {
        "" => None,
        name => Some(Rule::parse(name).ok_or_else(|| Error::field("/policy", "Cette règle n'existe pas."))?),
    };
    Ok(WhatIf {
        authority: request.authority,
        day: Some(request.day).filter(|day| !day.is_empty()),
        change,
        against: directories(&request.directories)?,
        rule,
        advise: !request.without_advice,
        skill: advise,
        contacts: usize::try_from(request.contacts).ok().filter(|contacts| *contacts > 0),
        seed: request.seed,
    })
}

fn directories(texts: &[String]) -> Result<Option<Vec<Directory>>, Error> {
    if texts.is_empty() {
        return Ok(None);
    }
    let wrong = |_| Error::field("/directories", "Cet annuaire n'est pas lisible.");
    texts.iter().map(|text| serde_json::from_str(text).map_err(wrong)).collect::<Result<_, _>>().map(Some)
}

fn skill(code: &str, level: u32, pointer: &str) -> Result<SkillLevel, Error> {
    let known = u8::try_from(level).ok().filter(|level| (1..=5).contains(level));
    let level = known.ok_or_else(|| Error::field(pointer, "Choisissez un niveau de 1 à 5."))?;
    Ok(SkillLevel::new(code, level))
}

fn to_proto(answer: Answer) -> proto::SimulateResponse {
    proto::SimulateResponse {
        before: Some(day(&answer.before)),
        after: answer.after.as_ref().map(day),
        sentences: answer.sentences,
        lessons: answer.lessons.into_iter().map(lesson).collect(),
        single_points: answer.points.into_iter().map(point).collect(),
    }
}

fn day(report: &Report) -> proto::SimulatedDay {
    proto::SimulatedDay {
        waits: Some(waits("", &report.first_offer)),
        departments: report.by_department.iter().map(|(code, department)| waits(code, department)).collect(),
        within_target: report.within_target,
        gave_up: report.gave_up,
        utilisation: report.utilisation,
        left_waiting: count(report.left_waiting),
        longest_seconds: report.first_offer.max_s,
        crowded: report.crowded,
        continuity: Some(rate(report.continuity)),
        language_match: Some(rate(report.language_match)),
        legal_kept: Some(rate(report.legal_kept)),
        figures: serde_json::to_string(report).expect("a report is plain data"),
    }
}

fn rate(rate: Rate) -> proto::SimulatedRate {
    proto::SimulatedRate { of: count(rate.of), share: rate.share }
}

fn waits(department: &str, waits: &Waits) -> proto::SimulatedWaits {
    proto::SimulatedWaits {
        department: department.to_owned(),
        count: count(waits.count),
        p50_seconds: waits.p50_s,
        p90_seconds: waits.p90_s,
    }
}

fn lesson((lesson, sentence): (Lesson, String)) -> proto::Lesson {
    let agent_id = lesson.agent_id.to_string();
    let taught = |skill: SkillLevel| proto::TaughtSkill {
        agent_id: agent_id.clone(),
        skill: skill.skill,
        level: skill.level.into(),
    };
    proto::Lesson {
        skills: lesson.skills.into_iter().map(taught).collect(),
        procedure: lesson.procedure,
        before: Some(waits("", &lesson.subject_before)),
        after: Some(waits("", &lesson.subject_after)),
        sentence,
        agent_id,
    }
}

fn point((point, sentence): (SinglePoint, String)) -> proto::SinglePoint {
    proto::SinglePoint {
        procedure: point.procedure,
        agent_id: text(point.agent_id),
        live_only: point.live_only,
        sentence,
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
