//! Parties and the addresses and numbers they share or not.

use guichet_core::Timestamp;
use guichet_core::id::{AuthorityId, PartyId};
use guichet_db::{Db, Result, Row, Tx, args};

use crate::domain::party::{Known, Requester};
use crate::domain::text::fold;

/// A party as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartyCard {
    /// As first given; empty when unknown.
    pub name: String,
    /// Empty when unknown.
    pub postal_address: String,
    /// As they are written to.
    pub emails: Vec<String>,
    /// E.164.
    pub phones: Vec<String>,
    /// One of them serves another party too.
    pub shared: bool,
}

const INSERT: &str = "INSERT INTO parties (authority_id, id, name, name_folded, postal_address, created_at)
    VALUES ($1, $2, $3, $4, $5, $6)";
const COMPLETE: &str = "UPDATE parties
    SET name = CASE WHEN name = '' THEN $3 ELSE name END,
        name_folded = CASE WHEN name = '' THEN $4 ELSE name_folded END,
        postal_address = CASE WHEN postal_address = '' THEN $5 ELSE postal_address END
    WHERE authority_id = $1 AND id = $2";
const CLAIM_CONTACT: &str = "INSERT INTO contacts (authority_id, kind, value, seen_at)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT (authority_id, kind, value) DO UPDATE SET seen_at = excluded.seen_at";
const SHARING: &str = "SELECT parties.id, parties.name
    FROM party_contacts
    JOIN parties ON parties.authority_id = party_contacts.authority_id AND parties.id = party_contacts.party_id
    WHERE party_contacts.authority_id = $1 AND party_contacts.kind = $2 AND party_contacts.value = $3
    ORDER BY parties.created_at, parties.id";
const ADD_CONTACT: &str = "INSERT INTO party_contacts (authority_id, kind, value, party_id, shown)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (authority_id, kind, value, party_id) DO NOTHING";
const FIND: &str = "SELECT authority_id, id, name, postal_address FROM parties WHERE id = $1";
const CONTACTS: &str = "SELECT kind, shown,
        (SELECT COUNT(*) FROM party_contacts AS other
            WHERE other.authority_id = mine.authority_id AND other.kind = mine.kind AND other.value = mine.value) AS holders
    FROM party_contacts AS mine
    WHERE authority_id = $1 AND party_id = $2
    ORDER BY kind, value";
const SEARCH: &str = "SELECT id
    FROM parties
    WHERE authority_id = $1
        AND ((name_folded LIKE $2 AND name_folded LIKE $3)
            OR EXISTS (SELECT 1 FROM party_contacts
                WHERE party_contacts.authority_id = parties.authority_id AND party_contacts.party_id = parties.id
                    AND party_contacts.value LIKE $4))
    ORDER BY name_folded, id
    LIMIT $5";

/// A requester's address and number as (kind, key, as shown), in the order they are locked.
fn contacts_of(requester: &Requester) -> Vec<(&'static str, String, String)> {
    let email = requester.email.as_ref().map(|email| ("email", email.key(), email.to_string()));
    let phone = requester.phone.as_ref().map(|phone| ("phone", phone.to_string(), phone.to_string()));
    email.into_iter().chain(phone).collect()
}

/// Locks the requester's address and number until the transaction ends, and returns the parties that have one of them:
/// two first messages of one person cannot make two parties.
pub async fn claim_contacts(
    tx: &mut Tx,
    authority: AuthorityId,
    requester: &Requester,
    now: Timestamp,
) -> Result<Vec<Known>> {
    let mut known: Vec<Known> = Vec::new();
    for (kind, value, _) in contacts_of(requester) {
        tx.execute(CLAIM_CONTACT, args![authority, kind, &value, now]).await?;
        for row in tx.fetch_all(SHARING, args![authority, kind, &value]).await? {
            let party_id: PartyId = row.get("id")?;
            if !known.iter().any(|known| known.party_id == party_id) {
                known.push(Known { party_id, name: row.get("name")?, by_email: kind == "email" });
            }
        }
    }
    Ok(known)
}

/// Adds a party.
pub async fn insert(
    tx: &mut Tx,
    authority: AuthorityId,
    id: PartyId,
    requester: &Requester,
    now: Timestamp,
) -> Result<()> {
    let args = args![authority, id, &requester.name, fold(&requester.name), &requester.postal_address, now];
    tx.execute(INSERT, args).await.map(drop)
}

/// Completes what was unknown of a party.
pub async fn complete(tx: &mut Tx, authority: AuthorityId, id: PartyId, requester: &Requester) -> Result<()> {
    let args = args![authority, id, &requester.name, fold(&requester.name), &requester.postal_address];
    tx.execute(COMPLETE, args).await.map(drop)
}

/// Gives a party the requester's address and number, whose locks are held.
pub async fn add_contacts(tx: &mut Tx, authority: AuthorityId, id: PartyId, requester: &Requester) -> Result<()> {
    for (kind, value, shown) in contacts_of(requester) {
        tx.execute(ADD_CONTACT, args![authority, kind, value, id, shown]).await?;
    }
    Ok(())
}

/// Returns a party with its authority.
pub async fn find(db: &Db, id: PartyId) -> Result<Option<(AuthorityId, PartyCard)>> {
    let Some(row) = db.fetch_optional(FIND, args![id]).await? else { return Ok(None) };
    let authority_id: AuthorityId = row.get("authority_id")?;
    let mut card =
        PartyCard { name: row.get("name")?, postal_address: row.get("postal_address")?, ..PartyCard::default() };
    for row in db.fetch_all(CONTACTS, args![authority_id, id]).await? {
        add_contact(&mut card, &row)?;
    }
    Ok(Some((authority_id, card)))
}

fn add_contact(card: &mut PartyCard, row: &Row) -> Result<()> {
    card.shared |= row.get::<i64>("holders")? > 1;
    let shown = row.get("shown")?;
    match row.get::<String>("kind")?.as_str() {
        "email" => card.emails.push(shown),
        _ => card.phones.push(shown),
    }
    Ok(())
}

/// Returns the parties whose name has the words of `q`, or one of whose addresses or numbers begins with it.
pub async fn search(db: &Db, authority: AuthorityId, q: &str, limit: i64) -> Result<Vec<PartyId>> {
    let folded = fold(q);
    let mut words = folded.split(' ').filter(|word| !word.is_empty()).map(|word| format!("%{word}%"));
    let Some(first) = words.next() else { return Ok(Vec::new()) };
    let second = words.next().unwrap_or_else(|| "%".to_owned());
    let rows = db.fetch_all(SEARCH, args![authority, first, second, contact_pattern(q), limit]).await?;
    rows.iter().map(|row| row.get("id")).collect()
}

/// Returns the pattern of the beginning of an address or a number; one that matches nothing when `q` is neither.
fn contact_pattern(q: &str) -> String {
    let q = q.trim().to_lowercase();
    if q.contains('@') || q.contains('.') && !q.contains(' ') && q.chars().any(char::is_alphabetic) {
        let plain: String = q.chars().filter(|c| !matches!(c, '%' | '_' | '\\')).collect();
        return format!("{plain}%");
    }
    let digits: String = q.chars().filter(char::is_ascii_digit).collect();
    let is_number = digits.len() >= 4 && q.chars().all(|c| c.is_ascii_digit() || " .+-()/".contains(c));
    match (is_number, digits.strip_prefix('0').filter(|rest| !rest.starts_with('0'))) {
        (true, Some(national)) => format!("+33{national}%"),
        (true, None) => format!("+{}%", digits.trim_start_matches("00")),
        (false, _) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_match_as_they_are_typed() {
        assert_eq!(contact_pattern("06 39 98"), "+3363998%");
        assert_eq!(contact_pattern("+33 6 39"), "+33639%");
        assert_eq!(contact_pattern("Awa@Ex"), "awa@ex%");
        assert_eq!(contact_pattern("Awa Diop"), "");
    }
}
