//! Service requests.

use guichet_core::id::{AgentId, AuthorityId, PartyId, ServiceRequestId};
use guichet_core::work::{Channel, Nature, Outcome, WorkState};
use guichet_core::{Reference, Timestamp};
use guichet_db::{Db, Error, Result, Row, Tx, Value, args};

use super::{parsed, parsed_option};
use crate::domain::request::ClassifiedBy;

/// A request as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Which.
    pub id: ServiceRequestId,
    /// The tenant.
    pub authority_id: AuthorityId,
    /// Code of the tenant.
    pub authority: String,
    /// The one number.
    pub reference: Reference,
    /// How it came.
    pub channel: Channel,
    /// What kind of contact it is.
    pub nature: Nature,
    /// Code of the procedure.
    pub procedure: Option<String>,
    /// In thousandths.
    pub confidence_permille: u16,
    /// Who chose the procedure.
    pub classified_by: String,
    /// The classifier's, in French.
    pub reasons: Vec<String>,
    /// On one line.
    pub subject: String,
    /// Who asks.
    pub party_id: PartyId,
    /// As given for this request.
    pub requester_name: String,
    /// Empty when none.
    pub requester_email: String,
    /// E.164; empty when none.
    pub requester_phone: String,
    /// Empty when none.
    pub postal_address: String,
    /// BCP 47.
    pub language: String,
    /// Code; empty when none.
    pub site: String,
    /// The author was authenticated.
    pub identity_verified: bool,
    /// The address or number serves other parties too.
    pub shared_contact: bool,
    /// The finished request it continues.
    pub linked_request_id: Option<ServiceRequestId>,
    /// For the agent; empty when none.
    pub hint: String,
    /// Danger was reported.
    pub danger: bool,
    /// When the authority had it.
    pub received_at: Timestamp,
    /// When something was last said.
    pub last_interaction_at: Timestamp,
    /// What words are searched in, folded.
    pub search_text: String,
    /// The work, as routing last told.
    pub work: Work,
}

/// Projection of routing's events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// Where it stands.
    pub state: WorkState,
    /// 0 before routing has said anything.
    pub version: i64,
    /// Code; empty while unknown.
    pub department: String,
    /// Who holds it.
    pub assignee_id: Option<AgentId>,
    /// Announced.
    pub due_at: Option<Timestamp>,
    /// The latest day of the receipt.
    pub receipt_due: Option<Timestamp>,
    /// The day given to the usager, while something is awaited.
    pub wait_until: Option<Timestamp>,
    /// Since when it stands there.
    pub state_since: Timestamp,
    /// The result.
    pub outcome: Option<Outcome>,
    /// Name of the outside body; empty when none.
    pub forwarded_to: String,
    /// Only cleared agents may read it.
    pub confidential: bool,
    /// Until when a reply reopens it.
    pub reopen_until: Option<Timestamp>,
}

impl Work {
    /// Returns the work on a request that has just come.
    pub const fn new(received_at: Timestamp) -> Self {
        Self {
            state: WorkState::Received,
            version: 0,
            department: String::new(),
            assignee_id: None,
            due_at: None,
            receipt_due: None,
            wait_until: None,
            state_since: received_at,
            outcome: None,
            forwarded_to: String::new(),
            confidential: false,
            reopen_until: None,
        }
    }
}

const INSERT: &str = "INSERT INTO requests (
        authority_id, id, authority, reference, channel, nature, procedure_code, confidence_permille, classified_by, reasons,
        subject, party_id, requester_name, requester_email, requester_phone, postal_address, language, site,
        identity_verified, shared_contact, linked_request_id, hint, danger, received_at, last_interaction_at, search_text,
        work_state, work_version, department, state_since, forwarded_to, confidential
    ) VALUES (
        $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26,
        $27, $28, $29, $30, $31, $32
    )
    ON CONFLICT (reference) DO NOTHING";
/// Columns of a request, for every SELECT that returns whole requests.
macro_rules! select_requests {
    ($rest:literal) => {
        concat!(
            "SELECT authority_id, id, authority, reference, channel, nature, procedure_code, confidence_permille,
        classified_by, reasons, subject, party_id, requester_name, requester_email, requester_phone, postal_address,
        language, site, identity_verified, shared_contact, linked_request_id, hint, danger, received_at,
        last_interaction_at, search_text, work_state, work_version, department, assignee_id, due_at, receipt_due, state_since,
        outcome, forwarded_to, confidential, reopen_until, wait_until
    FROM requests ",
            $rest
        )
    };
}
pub(super) use select_requests;

const FIND: &str = select_requests!("WHERE id = $1");
const FIND_BY_REFERENCE: &str = select_requests!("WHERE reference = $1");
const FIND_MANY: &str = select_requests!("WHERE id IN ({in})");
const BY_PARTY: &str = select_requests!(
    "WHERE authority_id = $1 AND party_id = $2
    ORDER BY received_at DESC, id DESC
    LIMIT $3"
);
const LOCK: &str = select_requests!("WHERE authority_id = $1 AND id = $2");
const TOUCH: &str = "UPDATE requests
    SET last_interaction_at = $3, search_text = $4
    WHERE authority_id = $1 AND id = $2";
const CLASSIFY: &str = "UPDATE requests
    SET procedure_code = $3, nature = $4, confidence_permille = 1000, classified_by = $5
    WHERE authority_id = $1 AND id = $2";
const SET_PARTY: &str = "UPDATE requests
    SET party_id = $3, requester_name = $4, shared_contact = $5
    WHERE authority_id = $1 AND id = $2";
const COUNTS: &str = "SELECT COUNT(*) AS total,
        COALESCE(SUM(CASE WHEN work_state IN ('resolved', 'closed', 'withdrawn', 'dismissed') THEN 0 ELSE 1 END), 0) AS open
    FROM requests";

/// Adds a request; returns false when its reference is taken.
pub async fn insert(tx: &mut Tx, request: &Request) -> Result<bool> {
    let reasons = serde_json::to_string(&request.reasons).unwrap_or_else(|_| "[]".to_owned());
    let args = args![
        request.authority_id,
        request.id,
        &request.authority,
        request.reference.compact(),
        request.channel.as_str(),
        request.nature.as_str(),
        request.procedure.clone(),
        request.confidence_permille,
        &request.classified_by,
        reasons,
        &request.subject,
        request.party_id,
        &request.requester_name,
        &request.requester_email,
        &request.requester_phone,
        &request.postal_address,
        &request.language,
        &request.site,
        request.identity_verified,
        request.shared_contact,
        request.linked_request_id,
        &request.hint,
        request.danger,
        request.received_at,
        request.last_interaction_at,
        &request.search_text,
        request.work.state.as_str(),
        request.work.version,
        &request.work.department,
        request.work.state_since,
        &request.work.forwarded_to,
        request.work.confidential,
    ];
    Ok(tx.execute(INSERT, args).await? == 1)
}

/// Returns a request by id.
pub async fn find(db: &Db, id: ServiceRequestId) -> Result<Option<Request>> {
    db.fetch_optional(FIND, args![id]).await?.map(|row| request(&row)).transpose()
}

/// Returns a request by its number.
pub async fn find_by_reference(db: &Db, reference: &Reference) -> Result<Option<Request>> {
    db.fetch_optional(FIND_BY_REFERENCE, args![reference.compact()]).await?.map(|row| request(&row)).transpose()
}

/// Returns the requests among `ids` that exist, in no order.
pub async fn find_many(db: &Db, ids: &[ServiceRequestId]) -> Result<Vec<Request>> {
    let list = ids.iter().map(|id| Value::from(*id)).collect();
    db.fetch_all_in(FIND_MANY, args![], list).await?.iter().map(request).collect()
}

/// Returns a party's requests, newest first.
pub async fn by_party(db: &Db, authority_id: AuthorityId, party_id: PartyId, limit: i64) -> Result<Vec<Request>> {
    db.fetch_all(BY_PARTY, args![authority_id, party_id, limit]).await?.iter().map(request).collect()
}

/// Returns a request inside a transaction.
pub async fn read(tx: &mut Tx, authority_id: AuthorityId, id: ServiceRequestId) -> Result<Option<Request>> {
    tx.fetch_optional(LOCK, args![authority_id, id]).await?.map(|row| request(&row)).transpose()
}

/// Notes that something was said, and what can now be searched.
pub async fn touch(tx: &mut Tx, of: &Request, at: Timestamp, search_text: &str) -> Result<()> {
    tx.execute(TOUCH, args![of.authority_id, of.id, at, search_text]).await.map(drop)
}

/// Changes the procedure and the nature, chosen by an agent.
pub async fn classify(tx: &mut Tx, of: &Request, procedure: &str, nature: Nature) -> Result<()> {
    let args = args![of.authority_id, of.id, procedure, nature.as_str(), ClassifiedBy::Agent.as_str()];
    tx.execute(CLASSIFY, args).await.map(drop)
}

/// Changes who asks.
pub async fn set_party(tx: &mut Tx, of: &Request, party: PartyId, name: &str) -> Result<()> {
    tx.execute(SET_PARTY, args![of.authority_id, of.id, party, name, false]).await.map(drop)
}

/// Returns how many requests there are, and how many are open.
pub async fn counts(db: &Db) -> Result<(u64, u64)> {
    let row = db.fetch_optional(COUNTS, args![]).await?;
    row.map_or(Ok((0, 0)), |row| Ok((row.get("total")?, row.get("open")?)))
}

pub(super) fn request(row: &Row) -> Result<Request> {
    let reference: String = row.get("reference")?;
    let reasons: String = row.get("reasons")?;
    Ok(Request {
        id: row.get("id")?,
        authority_id: row.get("authority_id")?,
        authority: row.get("authority")?,
        reference: parsed("reference", &reference, Reference::parse)?,
        channel: parsed("channel", &row.get::<String>("channel")?, Channel::parse)?,
        nature: parsed("nature", &row.get::<String>("nature")?, Nature::parse)?,
        procedure: row.get("procedure_code")?,
        confidence_permille: row.get("confidence_permille")?,
        classified_by: row.get("classified_by")?,
        reasons: serde_json::from_str(&reasons)
            .map_err(|error| Error::Corrupt { column: "reasons", reason: error.to_string() })?,
        subject: row.get("subject")?,
        party_id: row.get("party_id")?,
        requester_name: row.get("requester_name")?,
        requester_email: row.get("requester_email")?,
        requester_phone: row.get("requester_phone")?,
        postal_address: row.get("postal_address")?,
        language: row.get("language")?,
        site: row.get("site")?,
        identity_verified: row.get("identity_verified")?,
        shared_contact: row.get("shared_contact")?,
        linked_request_id: row.get("linked_request_id")?,
        hint: row.get("hint")?,
        danger: row.get("danger")?,
        received_at: row.get("received_at")?,
        last_interaction_at: row.get("last_interaction_at")?,
        search_text: row.get("search_text")?,
        work: Work {
            state: parsed("work_state", &row.get::<String>("work_state")?, WorkState::parse)?,
            version: row.get("work_version")?,
            department: row.get("department")?,
            assignee_id: row.get("assignee_id")?,
            due_at: row.get("due_at")?,
            receipt_due: row.get("receipt_due")?,
            wait_until: row.get("wait_until")?,
            state_since: row.get("state_since")?,
            outcome: parsed_option("outcome", row.get::<Option<String>>("outcome")?.as_deref(), Outcome::parse)?,
            forwarded_to: row.get("forwarded_to")?,
            confidential: row.get("confidential")?,
            reopen_until: row.get("reopen_until")?,
        },
    })
}
