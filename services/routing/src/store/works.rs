//! The work on requests.

use std::ops::Range;

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, AuthorityId, PartyId, ServiceRequestId};
use guichet_core::work::{Channel, Nature, Outcome, SilenceRule, Tier, WorkState};
use guichet_db::{Args, Db, Error, Result, Row, Tx, Value, args};

use guichet_events::SkillLevel;

use super::{Reader, code, json, optional_code, text};
use crate::domain::clock::Clock;
use crate::domain::commitment::Promise;
use crate::domain::engine::Need;
use crate::domain::filing::Filing;
use crate::domain::follow_up::FollowUp;
use crate::domain::overview::OpenWork;
use crate::domain::work::{Change, Desk, OpenOffer, Work};

/// Open requests counted and listed for supervisors: ten times what a desk of a large town holds at its worst.
const OPEN_MAX: i64 = 20_000;
/// Requests of one period counted for commitments: a year of a large town's contact centre (Lyon: 120,000).
const PROMISES_MAX: i64 = 200_000;
/// Entries of a queue looked at for one page: what is past it is not what an agent takes next.
const QUEUE_SCAN_MAX: i64 = 2_000;

macro_rules! columns {
    () => {
        "request_id, authority_id, state, version, procedure, department, tier, confidential, clearances, \
            returns_to_level1, slope, announced_due, legal_due, internal_due, receipt_due, silence, channel, \
            nature, language, danger, excluded, received_at, need, queue, since, late, unroutable, offer_id, \
            offered_to, assignee, level2, loaded_agent, returned, outcome, forwarded_to, forwarded_phone, \
            reason, wait_until, resolved_at, close_at, remind_at, return_at, reminded_at, clock, continuity, steps, lesson"
    };
}

const FIND: &str = concat!("SELECT ", columns!(), " FROM works WHERE request_id = $1");
const LIST_QUEUE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM works WHERE queue IS NOT NULL AND authority_id IN ({in}) ORDER BY late DESC, since LIMIT $1"
);
/// After a pool has split, its agents may hold what is another's, and others what is its own.
const LIST_ACTIVE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM works WHERE ((queue IS NOT NULL OR loaded_agent IS NOT NULL) AND ",
    of_shard!("$1"),
    ") OR loaded_agent IN (SELECT agent_id FROM agent_loads WHERE ",
    of_shard!("$1"),
    ")"
);
const LIST_DECIDED: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM works WHERE request_id IN (SELECT request_id FROM decisions WHERE shard = $4 AND batch >= $1 AND batch < $2) LIMIT $3"
);
const LIST_LOADED_BY: &str = concat!("SELECT ", columns!(), " FROM works WHERE loaded_agent = $1");
const LIST_WAIT_OVER: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM works WHERE wait_until IS NOT NULL AND wait_until <= $1 AND ",
    of_shard!("$3"),
    " ORDER BY wait_until LIMIT $2"
);
const LIST_CLOSABLE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM works WHERE close_at IS NOT NULL AND close_at <= $1 AND ",
    of_shard!("$3"),
    " ORDER BY close_at LIMIT $2"
);
/// An offer that is open ends first; a process of an older release may have left dates on work that is not confided.
macro_rules! confided {
    () => {
        " AND offer_id IS NULL AND (state IN ('escalated', 'forwarded') OR (state = 'in_progress' AND level2 IS NOT NULL))"
    };
}
const LIST_TO_REMIND: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM works WHERE remind_at IS NOT NULL AND remind_at <= $1 AND return_at > $1",
    confided!(),
    " AND ",
    of_shard!("$3"),
    " ORDER BY remind_at LIMIT $2"
);
const LIST_TO_RETURN: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM works WHERE return_at IS NOT NULL AND return_at <= $1",
    confided!(),
    " AND ",
    of_shard!("$3"),
    " ORDER BY return_at LIMIT $2"
);
const LIST_NEWLY_LATE: &str = concat!(
    "SELECT request_id, version FROM works WHERE queue IS NOT NULL AND NOT late AND internal_due <= $1 AND ",
    of_shard!("$3"),
    " ORDER BY internal_due LIMIT $2"
);
const INSERT: &str = "INSERT INTO works (
    request_id, authority_id, state, version, procedure, department, tier, confidential, clearances, \
    returns_to_level1, slope, announced_due, legal_due, internal_due, receipt_due, silence, channel, \
    nature, language, danger, excluded, received_at, need, queue, since, late, unroutable, offer_id, \
    offered_to, assignee, level2, loaded_agent, returned, outcome, forwarded_to, forwarded_phone, \
    reason, wait_until, resolved_at, close_at, remind_at, return_at, reminded_at, clock, continuity, steps, lesson)
    VALUES (
        $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, \
        $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, \
        $41, $42, $43, $44, $45, $46, $47)
    ON CONFLICT (request_id) DO NOTHING";
const UPDATE: &str = "UPDATE works SET
    state = $3, version = $4, procedure = $5, department = $6, tier = $7, confidential = $8, \
    clearances = $9, returns_to_level1 = $10, slope = $11, announced_due = $12, legal_due = $13, \
    internal_due = $14, receipt_due = $15, silence = $16, channel = $17, nature = $18, language = $19, \
    danger = $20, excluded = $21, received_at = $22, need = $23, queue = $24, since = $25, late = $26, \
    unroutable = $27, offer_id = $28, offered_to = $29, assignee = $30, level2 = $31, \
    loaded_agent = $32, returned = $33, outcome = $34, forwarded_to = $35, forwarded_phone = $36, \
    reason = $37, wait_until = $38, resolved_at = $39, close_at = $40, remind_at = $41, \
    return_at = $42, reminded_at = $43, clock = $44, continuity = $45, steps = $46, lesson = $47
    WHERE request_id = $1 AND authority_id = $2 AND version = $48";
const NOTE_PARTY: &str = "UPDATE works SET party = $2 WHERE request_id = $1";
const LAST_ANSWERED: &str = "SELECT assignee, level2 FROM works
    WHERE party = $1 AND resolved_at >= $2 AND authority_id = $3 AND department = $4
    ORDER BY resolved_at DESC
    LIMIT $5";
const MARK_UNROUTABLE: &str = "UPDATE works SET unroutable = $3 WHERE request_id = $1 AND version = $2";
const FORGET_UNROUTABLE: &str =
    concat!("UPDATE works SET unroutable = $1 WHERE unroutable AND queue IS NOT NULL AND ", of_shard!("$2"));
const NOTE_PAPERS: &str = "UPDATE works SET clock = $3, legal_due = $4 WHERE request_id = $1 AND version = $2";
const MARK_LATE: &str = "UPDATE works SET late = $3 WHERE request_id = $1 AND version = $2";
const COUNT_AHEAD: &str = "SELECT COUNT(*) AS ahead FROM works
    WHERE queue IS NOT NULL AND authority_id = $1 AND need = $2 AND channel = $3 AND since < $4";
const COUNT_STATES: &str = "SELECT
        state,
        queue IS NOT NULL AS queued,
        offered_to IS NOT NULL AS offered,
        COUNT(*) AS entries,
        CAST(SUM(CASE WHEN unroutable THEN 1 ELSE 0 END) AS BIGINT) AS unroutable,
        MIN(since) AS oldest
    FROM works
    WHERE authority_id IN ({in}) AND (queue IS NOT NULL OR loaded_agent IS NOT NULL)
    GROUP BY state, queue IS NOT NULL, offered_to IS NOT NULL";
const COUNT_WAITING: &str = "SELECT authority_id, department, COUNT(*) AS entries, MIN(since) AS oldest
    FROM works
    WHERE queue IS NOT NULL AND offered_to IS NULL
    GROUP BY authority_id, department
    ORDER BY authority_id, department";
const LIST_OPEN: &str = "SELECT
        request_id, authority_id, department, state, queue IS NOT NULL AS queued, offered_to IS NOT NULL AS offered,
        unroutable, received_at, announced_due, since, assignee, channel, nature, need
    FROM works
    WHERE state NOT IN ('forwarded', 'resolved', 'closed', 'withdrawn', 'dismissed') AND authority_id IN ({in})
    ORDER BY received_at
    LIMIT $1";
const LIST_PROMISES: &str =
    "SELECT request_id, authority_id, department, received_at, announced_due, receipt_due, resolved_at
    FROM works
    WHERE authority_id IN ({in})
        AND state NOT IN ('forwarded', 'withdrawn', 'dismissed')
        AND ((resolved_at >= $1 AND resolved_at < $2) OR (received_at >= $1 AND received_at < $2))
    ORDER BY received_at DESC, request_id
    LIMIT $3";
const ANY_DUE: &str = concat!(
    "SELECT 1 AS one FROM offers WHERE state = 'offered' AND expires_at <= $1 AND ",
    of_shard!("$3"),
    " UNION ALL SELECT 1 FROM works WHERE wait_until IS NOT NULL AND wait_until <= $1 AND ",
    of_shard!("$3"),
    " UNION ALL SELECT 1 FROM works WHERE close_at IS NOT NULL AND close_at <= $1 AND ",
    of_shard!("$3"),
    " UNION ALL SELECT 1 FROM works WHERE queue IS NOT NULL AND NOT late AND internal_due <= $1 AND ",
    of_shard!("$3"),
    " UNION ALL SELECT 1 FROM works WHERE remind_at IS NOT NULL AND remind_at <= $1",
    confided!(),
    " AND ",
    of_shard!("$3"),
    " UNION ALL SELECT 1 FROM works WHERE return_at IS NOT NULL AND return_at <= $1",
    confided!(),
    " AND ",
    of_shard!("$3"),
    " LIMIT $2"
);

fn values(work: &Work) -> Args {
    let filing = &work.filing;
    args![
        work.request_id,
        work.authority_id,
        work.state.as_str(),
        work.version,
        filing.procedure.clone(),
        &filing.department,
        u8::from(filing.tier),
        filing.confidential,
        text(&filing.clearances),
        filing.returns_to_level1,
        filing.slope,
        filing.announced_due,
        filing.legal_due,
        filing.internal_due,
        filing.receipt_due,
        filing.silence.map(SilenceRule::as_str),
        work.channel.as_str(),
        work.nature.as_str(),
        &work.language,
        work.danger,
        text(&work.excluded),
        work.received_at,
        text(&work.need),
        work.queue.map(desk_code),
        work.since,
        work.late,
        // The engine says so again if it is still true.
        false,
        work.offer.map(|offer| offer.offer_id),
        work.offer.map(|offer| offer.agent_id),
        work.assignee,
        work.level2,
        work.loaded(),
        work.returned,
        work.outcome.map(Outcome::as_str),
        work.forwarded_to.clone(),
        work.forwarded_phone.clone(),
        work.reason.clone(),
        work.wait_until,
        work.resolved_at,
        work.close_at(),
        work.followed.and_then(|followed| followed.remind_at),
        work.followed.map(|followed| followed.return_at),
        work.followed.and_then(|followed| followed.reminded_at),
        text(&work.clock),
        work.continuity.as_ref().map(text),
        (!work.wider.is_empty()).then(|| text(&work.wider)),
        work.lesson.as_ref().map(text),
    ]
}

const fn desk_code(desk: Desk) -> &'static str {
    match desk {
        Desk::Main => "main",
        Desk::Level2 => "level2",
    }
}

fn parse_desk(code: &str) -> Option<Desk> {
    [Desk::Main, Desk::Level2].into_iter().find(|desk| desk_code(*desk) == code)
}

fn work(row: &Row) -> Result<Work> {
    let tier = Tier::try_from(row.get::<u8>("tier")?).map_err(|reason| Error::Corrupt { column: "tier", reason })?;
    let filing = Filing {
        procedure: row.get("procedure")?,
        department: row.get("department")?,
        tier,
        confidential: row.get("confidential")?,
        clearances: json(row, "clearances")?,
        returns_to_level1: row.get("returns_to_level1")?,
        slope: row.get("slope")?,
        announced_due: row.get("announced_due")?,
        legal_due: row.get("legal_due")?,
        internal_due: row.get("internal_due")?,
        receipt_due: row.get("receipt_due")?,
        silence: optional_code(row, "silence", SilenceRule::parse)?,
    };
    let offer = match (row.get("offer_id")?, row.get("offered_to")?) {
        (Some(offer_id), Some(agent_id)) => Some(OpenOffer { offer_id, agent_id }),
        _ => None,
    };
    // What is older than the column was never held up.
    let clock = if row.get::<Option<String>>("clock")?.is_some() { json(row, "clock")? } else { Clock::default() };
    let waits_for = row.get::<Option<String>>("continuity")?;
    let continuity = if waits_for.is_some() { json(row, "continuity")? } else { None };
    let wider = if row.get::<Option<String>>("steps")?.is_some() { json(row, "steps")? } else { Vec::new() };
    let lesson = if row.get::<Option<String>>("lesson")?.is_some() { json(row, "lesson")? } else { None };
    Ok(Work {
        lesson,
        request_id: row.get("request_id")?,
        authority_id: row.get("authority_id")?,
        state: code(row, "state", WorkState::parse)?,
        version: row.get("version")?,
        filing,
        clock,
        continuity,
        channel: code(row, "channel", Channel::parse)?,
        nature: code(row, "nature", Nature::parse)?,
        language: row.get("language")?,
        danger: row.get("danger")?,
        excluded: json(row, "excluded")?,
        received_at: row.get("received_at")?,
        need: json(row, "need")?,
        wider,
        queue: optional_code(row, "queue", parse_desk)?,
        since: row.get("since")?,
        late: row.get("late")?,
        offer,
        assignee: row.get("assignee")?,
        level2: row.get("level2")?,
        returned: row.get("returned")?,
        outcome: optional_code(row, "outcome", Outcome::parse)?,
        forwarded_to: row.get("forwarded_to")?,
        forwarded_phone: row.get("forwarded_phone")?,
        reason: row.get("reason")?,
        wait_until: row.get("wait_until")?,
        resolved_at: row.get("resolved_at")?,
        followed: followed(row)?,
    })
}

fn followed(row: &Row) -> Result<Option<FollowUp>> {
    let (remind_at, reminded_at) = (row.get("remind_at")?, row.get("reminded_at")?);
    let return_at: Option<Timestamp> = row.get("return_at")?;
    Ok(return_at.map(|return_at| FollowUp { remind_at, return_at, reminded_at }))
}

fn works(rows: &[Row]) -> Result<Vec<Work>> {
    rows.iter().map(work).collect()
}

/// Returns the work on a request.
pub(crate) async fn find(reader: &mut impl Reader, id: ServiceRequestId) -> Result<Option<Work>> {
    reader.rows(FIND, args![id]).await?.first().map(work).transpose()
}

/// Writes a change; returns false when the work has moved on, or already exists.
pub(crate) async fn apply(tx: &mut Tx, change: &Change) -> Result<bool> {
    let mut values = values(&change.after);
    let changed = match &change.before {
        Some(before) => {
            values.push(Value::from(before.version));
            tx.execute(UPDATE, values).await?
        }
        None => tx.execute(INSERT, values).await?,
    };
    Ok(changed == 1)
}

/// Returns what waits or is offered in these authorities, the oldest first, late ones before.
pub(crate) async fn list_queue(db: &Db, authorities: Vec<AuthorityId>) -> Result<Vec<Work>> {
    let list = authorities.into_iter().map(Value::from).collect();
    works(&db.fetch_all_in(LIST_QUEUE, args![QUEUE_SCAN_MAX], list).await?)
}

/// Notes whose request it is.
pub(crate) async fn note_party(tx: &mut Tx, request_id: ServiceRequestId, party: PartyId) -> Result<()> {
    tx.execute(NOTE_PARTY, args![request_id, party]).await.map(drop)
}

/// Returns who last answered a usager in a department since an instant.
pub(crate) async fn last_to_answer(
    tx: &mut Tx,
    party: PartyId,
    (authority, department): (AuthorityId, &str),
    since: Timestamp,
) -> Result<Option<AgentId>> {
    let rows = tx.rows(LAST_ANSWERED, args![party, since, authority, department, 1_i64]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(row.get::<Option<AgentId>>("level2")?.or(row.get("assignee")?))
}

/// Returns everything the engine of a shard has to know: one statement, so one moment.
pub(crate) async fn list_active(tx: &mut Tx, shard: &str) -> Result<Vec<Work>> {
    works(&tx.rows(LIST_ACTIVE, args![shard]).await?)
}

/// Returns what was decided about in some batches of a shard.
pub(crate) async fn list_decided(reader: &mut impl Reader, shard: &str, batches: &Range<i64>) -> Result<Vec<Work>> {
    works(&reader.rows(LIST_DECIDED, args![batches.start, batches.end, OPEN_MAX, shard]).await?)
}

/// Returns what an agent holds or has been offered.
pub(crate) async fn list_loaded_by(tx: &mut Tx, agent: AgentId) -> Result<Vec<Work>> {
    works(&tx.rows(LIST_LOADED_BY, args![agent]).await?)
}

/// Returns what has waited for its usager long enough.
pub(crate) async fn list_wait_over(tx: &mut Tx, shard: &str, now: Timestamp, limit: i64) -> Result<Vec<Work>> {
    works(&tx.rows(LIST_WAIT_OVER, args![now, limit, shard]).await?)
}

/// Returns what was answered fourteen days ago.
pub(crate) async fn list_closable(tx: &mut Tx, shard: &str, now: Timestamp, limit: i64) -> Result<Vec<Work>> {
    works(&tx.rows(LIST_CLOSABLE, args![now, limit, shard]).await?)
}

/// Returns what was confided and is to be reminded.
pub(crate) async fn list_to_remind(tx: &mut Tx, shard: &str, now: Timestamp, limit: i64) -> Result<Vec<Work>> {
    works(&tx.rows(LIST_TO_REMIND, args![now, limit, shard]).await?)
}

/// Returns what was confided and nobody has answered in time.
pub(crate) async fn list_to_return(tx: &mut Tx, shard: &str, now: Timestamp, limit: i64) -> Result<Vec<Work>> {
    works(&tx.rows(LIST_TO_RETURN, args![now, limit, shard]).await?)
}

/// Returns what waits past its internal date and is not marked yet.
pub(crate) async fn list_newly_late(
    reader: &mut impl Reader,
    shard: &str,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<(ServiceRequestId, i64)>> {
    let rows = reader.rows(LIST_NEWLY_LATE, args![now, limit, shard]).await?;
    rows.iter().map(|row| Ok((row.get("request_id")?, row.get("version")?))).collect()
}

/// Marks a request late; returns false when it has moved on.
pub(crate) async fn mark_late(tx: &mut Tx, id: ServiceRequestId, version: i64) -> Result<bool> {
    Ok(tx.execute(MARK_LATE, args![id, version, true]).await? == 1)
}

/// Notes that a paper came after its wait: the date of the law has moved and nothing else, so the version stays. Returns
/// false when the work has moved on.
pub(crate) async fn note_papers(tx: &mut Tx, work: &Work) -> Result<bool> {
    let args = args![work.request_id, work.version, text(&work.clock), work.filing.legal_due];
    Ok(tx.execute(NOTE_PAPERS, args).await? == 1)
}

/// Forgets which requests of a shard nobody could serve: the engine looks at all of them again.
pub(crate) async fn forget_unroutable(tx: &mut Tx, shard: &str) -> Result<()> {
    tx.execute(FORGET_UNROUTABLE, args![false, shard]).await.map(drop)
}

/// Marks a request nobody can serve.
pub(crate) async fn mark_unroutable(tx: &mut Tx, id: ServiceRequestId, version: i64) -> Result<()> {
    tx.execute(MARK_UNROUTABLE, args![id, version, true]).await.map(drop)
}

/// Returns how many requests of the same bucket came before.
pub(crate) async fn count_ahead(reader: &mut impl Reader, work: &Work) -> Result<u64> {
    let args = args![work.authority_id, text(&work.need), work.channel.as_str(), work.since];
    let rows = reader.rows(COUNT_AHEAD, args).await?;
    rows.first().map_or(Ok(0), |row| row.get("ahead"))
}

/// Returns the work in these authorities that somebody has or waits for, counted by state.
pub(crate) async fn count_states(db: &Db, authorities: Vec<AuthorityId>) -> Result<Vec<Row>> {
    let list = authorities.into_iter().map(Value::from).collect();
    db.fetch_all_in(COUNT_STATES, args![], list).await
}

/// What waits in a department.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) authority_id: AuthorityId,
    pub(crate) department: String,
    pub(crate) entries: u64,
    pub(crate) oldest: Timestamp,
}

/// Returns how much waits in each department that has somebody waiting, and since when.
pub(crate) async fn count_waiting(db: &Db) -> Result<Vec<Waiting>> {
    let rows = db.fetch_all(COUNT_WAITING, args![]).await?;
    let waiting = |row: &Row| {
        Ok(Waiting {
            authority_id: row.get("authority_id")?,
            department: row.get("department")?,
            entries: row.get("entries")?,
            oldest: row.get("oldest")?,
        })
    };
    rows.iter().map(waiting).collect()
}

/// What lists look at of a need.
#[derive(serde::Deserialize)]
struct Asked {
    skills: Vec<SkillLevel>,
}

/// Returns all that a request asks, while it waits and is offered to nobody.
fn waits_for(row: &Row) -> Result<Option<Need>> {
    let waits = row.get::<bool>("queued")? && !row.get::<bool>("offered")?;
    if waits { json(row, "need").map(Some) } else { Ok(None) }
}

/// Returns what is not finished in these authorities, the oldest first.
pub(crate) async fn list_open(db: &Db, authorities: Vec<AuthorityId>) -> Result<Vec<OpenWork>> {
    let list = authorities.into_iter().map(Value::from).collect();
    let rows = db.fetch_all_in(LIST_OPEN, args![OPEN_MAX], list).await?;
    let open = rows.iter().map(|row| {
        Ok(OpenWork {
            request_id: row.get("request_id")?,
            authority_id: row.get("authority_id")?,
            department: row.get("department")?,
            state: code(row, "state", WorkState::parse)?,
            queued: row.get("queued")?,
            offered: row.get("offered")?,
            unroutable: row.get("unroutable")?,
            received_at: row.get("received_at")?,
            announced_due: row.get("announced_due")?,
            since: row.get("since")?,
            assignee: row.get("assignee")?,
            channel: code(row, "channel", Channel::parse)?,
            nature: code(row, "nature", Nature::parse)?,
            skills: json::<Asked>(row, "need")?.skills.into_iter().map(|skill| skill.skill).collect(),
            need: waits_for(row)?,
        })
    });
    open.collect()
}

/// Returns the requests that promises of a period count: answered in it, or received in it. Those withdrawn, dismissed or
/// with an outside body are left out.
pub(crate) async fn list_promises(
    db: &Db,
    authorities: Vec<AuthorityId>,
    period: &Range<Timestamp>,
) -> Result<Vec<Promise>> {
    let list = authorities.into_iter().map(Value::from).collect();
    let rows = db.fetch_all_in(LIST_PROMISES, args![period.start, period.end, PROMISES_MAX], list).await?;
    let promise = |row: &Row| {
        Ok(Promise {
            request_id: row.get("request_id")?,
            authority_id: row.get("authority_id")?,
            department: row.get("department")?,
            received_at: row.get("received_at")?,
            announced_due: row.get("announced_due")?,
            receipt_due: row.get("receipt_due")?,
            resolved_at: row.get("resolved_at")?,
        })
    };
    rows.iter().map(promise).collect()
}

/// Returns whether time alone has something to change.
pub(crate) async fn any_due(reader: &mut impl Reader, shard: &str, now: Timestamp) -> Result<bool> {
    Ok(!reader.rows(ANY_DUE, args![now, 1_i64, shard]).await?.is_empty())
}
