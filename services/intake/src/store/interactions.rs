//! Interactions: what was said.

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, AuthorityId, InteractionId, PartyId, ServiceRequestId};
use guichet_core::work::{Channel, Nature, Outcome, ReplyThen};
use guichet_db::{Db, Result, Row, Tx, args};

use super::{parsed, parsed_option};

/// Who said what to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// From the usager.
    Message,
    /// From an agent to the usager.
    Reply,
    /// Between agents.
    Note,
    /// A call, a visit or a letter as typed by an agent.
    Call,
}

impl Kind {
    /// Returns the stable text of this value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Reply => "reply",
            Self::Note => "note",
            Self::Call => "call",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Message, Self::Reply, Self::Note, Self::Call].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// An interaction as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interaction {
    /// Which.
    pub id: InteractionId,
    /// The tenant.
    pub authority_id: AuthorityId,
    /// `None` for a contact answered on the spot.
    pub request_id: Option<ServiceRequestId>,
    /// Who said what to whom.
    pub kind: Kind,
    /// How.
    pub channel: Channel,
    /// The usager.
    pub party_id: Option<PartyId>,
    /// The usager's name, as given.
    pub author_name: String,
    /// Key of the usager's address; empty when none.
    pub author_email: String,
    /// The agent.
    pub agent_id: Option<AgentId>,
    /// On one line.
    pub subject: String,
    /// What is new in it.
    pub new_text: String,
    /// Everything it says; `None` when that is what is new.
    pub full_text: Option<String>,
    /// When it was said.
    pub occurred_at: Timestamp,
    /// When it was written down here.
    pub recorded_at: Timestamp,
    /// The raw message has more.
    pub truncated: bool,
    /// The author was authenticated.
    pub sender_verified: bool,
    /// Of the mail; empty when none.
    pub message_id: String,
    /// Of a reply.
    pub reply_then: Option<ReplyThen>,
    /// Of a reply or a contact.
    pub outcome: Option<Outcome>,
    /// Of a reply that asks for papers.
    pub wait_until: Option<Timestamp>,
    /// Hash of the raw message.
    pub raw_sha256: Option<String>,
    /// Of a contact.
    pub nature: Option<Nature>,
    /// Of a contact.
    pub procedure: Option<String>,
    /// Code; empty when none.
    pub site: String,
}

const INSERT: &str = "INSERT INTO interactions (
        authority_id, id, request_id, kind, channel, party_id, author_name, author_email, agent_id, subject, new_text,
        full_text, occurred_at, recorded_at, truncated, sender_verified, message_id, reply_then, outcome, wait_until,
        raw_sha256, nature, procedure_code, site
    ) VALUES (
        $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24
    )";
const THREAD: &str = "SELECT authority_id, id, request_id, kind, channel, party_id, author_name, author_email, agent_id,
        subject, new_text, full_text, occurred_at, recorded_at, truncated, sender_verified, message_id, reply_then, outcome,
        wait_until, raw_sha256, nature, procedure_code, site
    FROM interactions
    WHERE authority_id = $1 AND request_id = $2
    ORDER BY recorded_at, id";
const AUTHORS: &str = "SELECT DISTINCT author_email
    FROM interactions
    WHERE authority_id = $1 AND request_id = $2 AND author_email <> ''";
const SET_PARTY: &str = "UPDATE interactions
    SET party_id = $4
    WHERE authority_id = $1 AND request_id = $2 AND party_id = $3";

/// Adds an interaction.
pub async fn insert(tx: &mut Tx, said: &Interaction) -> Result<()> {
    let args = args![
        said.authority_id,
        said.id,
        said.request_id,
        said.kind.as_str(),
        said.channel.as_str(),
        said.party_id,
        &said.author_name,
        &said.author_email,
        said.agent_id,
        &said.subject,
        &said.new_text,
        said.full_text.clone(),
        said.occurred_at,
        said.recorded_at,
        said.truncated,
        said.sender_verified,
        &said.message_id,
        said.reply_then.map(ReplyThen::as_str),
        said.outcome.map(Outcome::as_str),
        said.wait_until,
        said.raw_sha256.clone(),
        said.nature.map(Nature::as_str),
        said.procedure.clone(),
        &said.site,
    ];
    tx.execute(INSERT, args).await.map(drop)
}

/// Returns a request's interactions, oldest first.
pub async fn thread(db: &Db, authority_id: AuthorityId, request_id: ServiceRequestId) -> Result<Vec<Interaction>> {
    db.fetch_all(THREAD, args![authority_id, request_id]).await?.iter().map(interaction).collect()
}

/// Returns the keys of the addresses that wrote in a request.
pub async fn authors(db: &Db, authority_id: AuthorityId, request_id: ServiceRequestId) -> Result<Vec<String>> {
    let rows = db.fetch_all(AUTHORS, args![authority_id, request_id]).await?;
    rows.iter().map(|row| row.get("author_email")).collect()
}

/// Gives what one party said in a request to another.
pub async fn set_party(
    tx: &mut Tx,
    (authority_id, request_id): (AuthorityId, ServiceRequestId),
    from: PartyId,
    to: PartyId,
) -> Result<()> {
    tx.execute(SET_PARTY, args![authority_id, request_id, from, to]).await.map(drop)
}

fn interaction(row: &Row) -> Result<Interaction> {
    let text = |column| row.get::<Option<String>>(column);
    Ok(Interaction {
        id: row.get("id")?,
        authority_id: row.get("authority_id")?,
        request_id: row.get("request_id")?,
        kind: parsed("kind", &row.get::<String>("kind")?, Kind::parse)?,
        channel: parsed("channel", &row.get::<String>("channel")?, Channel::parse)?,
        party_id: row.get("party_id")?,
        author_name: row.get("author_name")?,
        author_email: row.get("author_email")?,
        agent_id: row.get("agent_id")?,
        subject: row.get("subject")?,
        new_text: row.get("new_text")?,
        full_text: row.get("full_text")?,
        occurred_at: row.get("occurred_at")?,
        recorded_at: row.get("recorded_at")?,
        truncated: row.get("truncated")?,
        sender_verified: row.get("sender_verified")?,
        message_id: row.get("message_id")?,
        reply_then: parsed_option("reply_then", text("reply_then")?.as_deref(), ReplyThen::parse)?,
        outcome: parsed_option("outcome", text("outcome")?.as_deref(), Outcome::parse)?,
        wait_until: row.get("wait_until")?,
        raw_sha256: row.get("raw_sha256")?,
        nature: parsed_option("nature", text("nature")?.as_deref(), Nature::parse)?,
        procedure: row.get("procedure_code")?,
        site: row.get("site")?,
    })
}
