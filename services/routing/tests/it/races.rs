//! Races for an offer: two answers at once, an answer as the offer expires, an agent who vanishes, a usager who
//! withdraws. One winner each, nobody over capacity, and what goes on waiting has lost no time.

use std::collections::BTreeMap;
use std::time::Duration;

use guichet_core::id::{AgentId, OfferId, ServiceRequestId};
use guichet_core::work::Tier;
use guichet_db::args;
use guichet_events::{Agent, Directory, SkillLevel};
use guichet_proto::routing::v1 as proto;
use guichet_testkit::{later, setting, wait_for};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::desk::{DEADLINE, Desk};
use crate::town::valorme;

/// Races of a run in CI; `RACES` makes it a night's.
const RACES: u64 = 192;
/// Requests raced for at once: all the agents can be offered together.
const AT_ONCE: usize = 16;
/// Agents who are offered work.
const RACERS: usize = 8;
/// How much later the agent's « Prendre » and its rival begin, by turns, in milliseconds: about what transactions take,
/// so that each wins now and then.
const LATER_MS: [(u64, u64); 5] = [(0, 0), (0, 3), (3, 0), (15, 0), (120, 0)];
/// Pause between two looks at the loads: several in each transaction of a race would slow the race down.
const LOOK_PAUSE: Duration = Duration::from_millis(2);
/// More than an offer in writing lasts.
const PAST_EXPIRY_MS: i64 = 16 * 60_000;

/// What the agent's « Prendre » races against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rival {
    /// The same agent's other tab.
    OtherTab,
    /// « Passer », in the other tab.
    Decline,
    /// The end of the offer.
    Expiry,
    /// The agent leaves.
    Vanishing,
    /// The usager takes it back.
    Usager,
}

const RIVALS: [Rival; 5] = [Rival::OtherTab, Rival::Decline, Rival::Expiry, Rival::Vanishing, Rival::Usager];

/// An open offer, and the request as it was offered.
#[derive(Clone, Debug)]
struct Race {
    offer_id: OfferId,
    request_id: ServiceRequestId,
    agent: AgentId,
    since: i64,
    version: i64,
}

/// Who was told yes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Told {
    accepted: u32,
    rival: bool,
}

fn racer(number: usize) -> String {
    format!("racer.{number}")
}

fn town() -> Directory {
    let capacity = u32::try_from(AT_ONCE / RACERS).expect("small");
    let skilled = |login: &str| Agent {
        departments: vec!["GU".into()],
        skills: vec![SkillLevel::new("ACC", 5)],
        ..Agent::new(login, login, Tier::L1, capacity)
    };
    let racers = (0..RACERS).map(racer).map(|login| (login.clone(), skilled(&login)));
    Directory { agents: racers.collect(), pooling: Vec::new(), ..valorme() }
}

/// Returns the offers that are open, of requests from `first` on: those of earlier rounds are over, and a night has many.
async fn open_offers(desk: &Desk, first: ServiceRequestId) -> Vec<Race> {
    let sql = "SELECT o.id, o.request_id, o.agent_id, w.since, w.version FROM works w
        JOIN offers o ON o.id = w.offer_id WHERE w.request_id >= $1 AND o.state = 'offered'";
    let rows = desk.deps.db.fetch_all(sql, args![first]).await.expect("the database answers");
    let race = |row: &guichet_db::Row| Race {
        offer_id: row.get("id").expect("an id"),
        request_id: row.get("request_id").expect("an id"),
        agent: row.get("agent_id").expect("an id"),
        since: row.get("since").expect("an instant"),
        version: row.get("version").expect("a version"),
    };
    rows.iter().map(race).collect()
}

async fn accept(desk: &Desk, race: &Race) -> bool {
    let request = proto::AcceptOfferRequest { offer_id: race.offer_id.to_string(), agent_id: race.agent.to_string() };
    desk.offers().accept(request).await.is_ok()
}

/// Runs one race; `turn` says who begins first.
async fn run(desk: &Desk, rival: Rival, race: &Race, turn: usize) -> Told {
    let (accept_after, rival_after) = LATER_MS[turn % LATER_MS.len()];
    let against = async {
        match rival {
            Rival::OtherTab => accept(desk, race).await,
            // The clock has moved: what the matcher does is the rival.
            Rival::Expiry => false,
            Rival::Decline => {
                let (offer_id, agent_id) = (race.offer_id.to_string(), race.agent.to_string());
                desk.offers().decline(proto::DeclineOfferRequest { offer_id, agent_id }).await.is_ok()
            }
            Rival::Vanishing => {
                let state = proto::PresenceState::Away.into();
                let request = proto::SetPresenceRequest { agent_id: race.agent.to_string(), state };
                desk.presence().set(request).await.expect("anybody may leave");
                false
            }
            Rival::Usager => {
                let request_id = race.request_id.to_string();
                let command =
                    Some(proto::WorkCommand { request_id, version: race.version, ..proto::WorkCommand::default() });
                desk.work().withdraw(proto::WithdrawRequest { command }).await.is_ok()
            }
        }
    };
    let (rival_won, accepted) = tokio::join!(
        later(Duration::from_millis(rival_after), against),
        later(Duration::from_millis(accept_after), accept(desk, race))
    );
    match rival {
        Rival::OtherTab => Told { accepted: u32::from(accepted) + u32::from(rival_won), rival: false },
        _ => Told { accepted: u32::from(accepted), rival: rival_won },
    }
}

/// Compares what both were told with what is stored.
async fn judge(desk: &Desk, rival: Rival, race: &Race, told: Told) -> bool {
    let sql = "SELECT w.state, w.since, o.state AS ended,
            (SELECT COUNT(*) FROM assignments a WHERE a.request_id = w.request_id AND a.ended_at IS NULL) AS active,
            (SELECT COUNT(*) FROM assignments a WHERE a.request_id = w.request_id AND a.agent_id = $2) AS given
        FROM works w JOIN offers o ON o.id = $3 WHERE w.request_id = $1";
    let row = desk.deps.db.fetch_optional(sql, args![race.request_id, race.agent, race.offer_id]).await;
    let row = row.expect("the database answers").expect("the request is there");
    let number = |column| row.get::<i64>(column).expect("a number");
    let ended: String = row.get("ended").expect("a state");
    assert!(number("active") <= 1, "{rival:?}: two agents have {race:?}");
    assert_eq!(number("since"), race.since, "{rival:?}: {race:?} has lost its place");
    let won = told.accepted > 0;
    assert!(!(won && told.rival), "{rival:?}: both were told yes: {race:?}");
    assert_eq!(won, ended == "accepted", "{rival:?}: told {told:?}, stored {ended}: {race:?}");
    assert_eq!(i64::from(won), number("given"), "{rival:?}: told {told:?}: {race:?}");
    let expected = match rival {
        Rival::OtherTab => told.accepted == 2,
        // Nobody is told: the offer ends, and the request waits on or is with somebody else.
        Rival::Expiry | Rival::Vanishing => won || ["expired", "rescinded"].contains(&ended.as_str()),
        Rival::Decline | Rival::Usager => won || told.rival,
    };
    assert!(expected, "{rival:?}: nobody won: told {told:?}, stored {ended}: {race:?}");
    won
}

/// Answers everything that is offered or held, so that the next round finds everybody free.
async fn clear(desk: &Desk, first: ServiceRequestId) {
    for number in 0..RACERS {
        desk.is(&racer(number), proto::PresenceState::Available).await;
    }
    wait_for(DEADLINE, async || {
        let offers = open_offers(desk, first).await;
        futures::future::join_all(offers.iter().map(|race| accept(desk, race))).await;
        let sql = "SELECT request_id, version, assignee FROM works WHERE request_id >= $1 AND state = 'assigned'";
        let held = desk.deps.db.fetch_all(sql, args![first]).await.expect("the database answers");
        let answers = held.iter().map(|row| {
            let assignee: AgentId = row.get("assignee").expect("an agent");
            let request_id = row.get::<ServiceRequestId>("request_id").expect("an id").to_string();
            let (version, agent_id) = (row.get("version").expect("a version"), assignee.to_string());
            let command = Some(proto::WorkCommand { request_id, agent_id, version, note: String::new() });
            async move { desk.work().resolve(proto::ResolveRequest { command, outcome: 1 }).await.is_ok() }
        });
        futures::future::join_all(answers).await;
        let open = "SELECT request_id FROM works WHERE request_id >= $1 AND state NOT IN ('resolved', 'withdrawn')";
        desk.deps.db.fetch_all(open, args![first]).await.expect("the database answers").is_empty().then_some(())
    })
    .await;
}

/// Looks again and again whether anybody holds more than they can.
async fn watch(db: guichet_db::Db, over: CancellationToken) -> u64 {
    let mut looks = 0;
    while !over.is_cancelled() {
        let sql = "SELECT agent_id, used, capacity FROM agent_loads WHERE used > capacity";
        assert!(db.fetch_all(sql, args![]).await.expect("the database answers").is_empty(), "somebody holds too much");
        looks += 1;
        later(LOOK_PAUSE, async {}).await;
    }
    looks
}

async fn of_all_who_race_for_an_offer_one_wins(desk: Desk) {
    desk.publish(&[town()], true).await;
    let over = CancellationToken::new();
    let mut watching = JoinSet::new();
    watching.spawn(watch(desk.deps.db.clone(), over.clone()));
    let rounds = setting("RACES", RACES).div_ceil(AT_ONCE as u64);
    let mut accepted: BTreeMap<Rival, (usize, usize)> = BTreeMap::new();
    for (round, rival) in (0..rounds).zip(RIVALS.into_iter().cycle()) {
        let mut received = Vec::new();
        for _ in 0..AT_ONCE {
            received.push(desk.receives("question").await);
        }
        let first = received.into_iter().min().expect("some");
        let races = wait_for(DEADLINE, async || {
            let races = open_offers(&desk, first).await;
            (races.len() == AT_ONCE).then_some(races)
        })
        .await;
        if rival == Rival::Expiry {
            desk.clock.advance_millis(PAST_EXPIRY_MS);
        }
        let turns = races.iter().enumerate();
        let told = futures::future::join_all(turns.map(|(turn, race)| run(&desk, rival, race, turn))).await;
        let count = accepted.entry(rival).or_default();
        for (race, told) in races.iter().zip(told) {
            count.0 += usize::from(judge(&desk, rival, race, told).await);
            count.1 += 1;
        }
        clear(&desk, first).await;
        if round % 500 == 499 {
            println!("{} races run", (round + 1) * AT_ONCE as u64);
        }
    }
    over.cancel();
    let looks = watching.join_next().await.expect("one task").expect("nobody held too much");
    println!("« Prendre » won, of: {accepted:?}; loads looked at {looks} times");
    let (taken, run) = accepted[&Rival::OtherTab];
    assert_eq!(taken, run, "two tabs of one agent agree");
    let open = "SELECT request_id FROM works WHERE state NOT IN ('resolved', 'withdrawn')";
    assert!(
        desk.deps.db.fetch_all(open, args![]).await.expect("the database answers").is_empty(),
        "somebody waits still"
    );
    let drift = "SELECT agent_id FROM agent_loads WHERE used <> 0";
    assert!(desk.deps.db.fetch_all(drift, args![]).await.expect("the database answers").is_empty());
}

crate::on_both_back_ends! {
    of_all_who_race_for_an_offer_one_wins,
}
