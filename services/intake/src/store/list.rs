//! Lists of requests: filters, words, and a cursor that never skips or repeats.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use guichet_core::Timestamp;
use guichet_core::id::{AgentId, PartyId, ServiceRequestId};
use guichet_core::work::WorkState;
use guichet_db::{Db, Result, args};
use uuid::Uuid;

use super::requests::{Request, request, select_requests};
use crate::domain::{limits, text};

/// What to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Code; empty = all.
    pub authority: String,
    /// Where the work stands.
    pub state: Option<WorkState>,
    /// Code; empty = all.
    pub department: String,
    /// Who holds it.
    pub assignee_id: Option<AgentId>,
    /// Who asks.
    pub party_id: Option<PartyId>,
    /// Only those on which something is left to do.
    pub open_only: bool,
    /// Words, all of which must be there.
    pub q: String,
}

/// The place after which a page begins: requests are listed newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    received_at: Timestamp,
    id: ServiceRequestId,
}

impl Cursor {
    /// Returns the place before the newest request.
    pub fn start() -> Self {
        Self { received_at: Timestamp::from_millis(i64::MAX), id: Uuid::max().into() }
    }

    /// Returns the place right after a request.
    pub const fn after(request: &Request) -> Self {
        Self { received_at: request.received_at, id: request.id }
    }

    /// Returns the place a text stands for, `None` when we did not write it.
    pub fn parse(text: &str) -> Option<Self> {
        let octets = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (instant, id) = octets.split_at_checked(8)?;
        let received_at = Timestamp::from_millis(i64::from_be_bytes(instant.try_into().ok()?));
        Some(Self { received_at, id: Uuid::from_slice(id).ok()?.into() })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut octets = self.received_at.as_millis().to_be_bytes().to_vec();
        octets.extend_from_slice(self.id.uuid().as_bytes());
        f.write_str(&URL_SAFE_NO_PAD.encode(octets))
    }
}

const LIST: &str = select_requests!(
    "WHERE (received_at < $1 OR (received_at = $1 AND id < $2))
        AND (CAST($3 AS TEXT) IS NULL OR authority = $3)
        AND (CAST($4 AS TEXT) IS NULL OR work_state = $4)
        AND (CAST($5 AS TEXT) IS NULL OR department = $5)
        AND ($6 IS NULL OR assignee_id = $6)
        AND ($7 IS NULL OR party_id = $7)
        AND (NOT $8 OR work_state NOT IN ('resolved', 'closed', 'withdrawn', 'dismissed'))
        AND search_text LIKE $9 AND search_text LIKE $10 AND search_text LIKE $11 AND search_text LIKE $12
    ORDER BY received_at DESC, id DESC
    LIMIT $13"
);

/// Returns the requests that follow a cursor.
pub async fn list(db: &Db, filter: &Filter, after: Cursor, limit: i64) -> Result<Vec<Request>> {
    let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let mut words = words(&filter.q).into_iter();
    let mut word = || words.next().unwrap_or_else(|| "%".to_owned());
    let args = args![
        after.received_at,
        after.id,
        given(&filter.authority),
        filter.state.map(WorkState::as_str),
        given(&filter.department),
        filter.assignee_id,
        filter.party_id,
        filter.open_only,
        word(),
        word(),
        word(),
        word(),
        limit,
    ];
    db.fetch_all(LIST, args).await?.iter().map(request).collect()
}

/// Returns the patterns of a search; folded words hold nothing that LIKE would read as a sign.
fn words(q: &str) -> Vec<String> {
    let folded = text::fold(q);
    folded
        .split(' ')
        .filter(|word| !word.is_empty())
        .take(limits::SEARCH_WORDS_MAX)
        .map(|word| format!("%{word}%"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_nothing_else_is_one() {
        let cursor = Cursor { received_at: Timestamp::from_millis(1_795_000_000_000), id: Uuid::from_u128(7).into() };
        assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
        assert_eq!(Cursor::parse("abc"), None);
    }

    #[test]
    fn words_are_folded_and_bounded() {
        assert_eq!(words(" Éclairage 100% rue_Hoche V7KM-4T9R"), ["%eclairage%", "%100%", "%rue%", "%hoche%"]);
    }
}
