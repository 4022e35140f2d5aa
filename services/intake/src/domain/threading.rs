//! Which request a message belongs to. It takes a proof (a token we signed, or a reference to a message of the thread)
//! *and* an author who belongs to the request; anything less opens a new request, with a hint for the agent. A quoted
//! reference number proves nothing.

use guichet_core::id::ServiceRequestId;
use guichet_core::work::WorkState;
use guichet_core::{EmailAddress, Reference, Timestamp};

use super::limits;
use super::mail::NormalisedMail;
use super::token::ReplyTokens;

/// A request that a message points to, as storage has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Which.
    pub request_id: ServiceRequestId,
    /// As shown.
    pub reference: Reference,
    /// Where the work stands.
    pub state: WorkState,
    /// Since when.
    pub state_since: Timestamp,
    /// Until when a reply reopens it, when routing has said.
    pub reopen_until: Option<Timestamp>,
    /// Keys of the addresses that belong to it: the requester's, and those of messages already accepted.
    pub addresses: Vec<String>,
}

impl Candidate {
    /// Returns whether a message still joins this request, rather than a new one linked to it.
    pub fn takes_messages(&self, now: Timestamp) -> bool {
        if self.state.is_open() {
            return true;
        }
        now <= self.reopen_until.unwrap_or(self.state_since.plus_millis(limits::REOPEN_MS))
    }
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Thread {
    /// Into this request.
    Joins(ServiceRequestId),
    /// Into a new request that continues one finished long ago.
    Continues(ServiceRequestId),
    /// Into a new request; the agent is told which one it may continue.
    Opens {
        /// The request somebody else's proof pointed to.
        may_continue: Option<Reference>,
    },
}

/// Returns the requests that signed tokens of a mail point to: in the plus-addresses it was sent to and in the
/// Message-IDs it refers to.
pub fn proven_by_tokens(tokens: &ReplyTokens, mail: &NormalisedMail, envelope_to: &[String]) -> Vec<ServiceRequestId> {
    let addresses = envelope_to.iter().map(String::as_str).chain(mail.recipients.iter().map(EmailAddress::as_str));
    let in_addresses = addresses.filter_map(|address| tokens.verify(plus_part(address)?));
    let in_references = mail.references.iter().rev().filter_map(|id| tokens.verify_message_id(id));
    let mut proven = Vec::new();
    for request in in_addresses.chain(in_references) {
        if !proven.contains(&request) {
            proven.push(request);
        }
    }
    proven
}

/// Returns where a message goes, given the requests it has a proof for, best proof first.
pub fn decide(candidates: &[Candidate], author: Option<&EmailAddress>, now: Timestamp) -> Thread {
    let belongs = |candidate: &&Candidate| author.is_some_and(|author| candidate.addresses.contains(&author.key()));
    match candidates.iter().find(belongs) {
        Some(own) if own.takes_messages(now) => Thread::Joins(own.request_id),
        Some(own) => Thread::Continues(own.request_id),
        None => Thread::Opens { may_continue: candidates.first().map(|other| other.reference.clone()) },
    }
}

/// Returns what stands between `+` and `@` in an address.
pub fn plus_part(address: &str) -> Option<&str> {
    let (local, _domain) = address.rsplit_once('@')?;
    local.split_once('+').map(|(_, plus)| plus)
}

/// Returns an address without its plus part, in lower case: the mailbox it is delivered to.
pub fn mailbox_of(address: &str) -> String {
    let address = address.trim().to_lowercase();
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{}@{domain}", local.split('+').next().unwrap_or_default()),
        None => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::mail::parse;
    use crate::domain::token::SigningKey;
    use guichet_core::SeededRng;
    use uuid::Uuid;

    fn candidate(state: WorkState) -> Candidate {
        Candidate {
            request_id: ServiceRequestId::from(Uuid::from_u128(7)),
            reference: Reference::new(&SeededRng::new(1)),
            state,
            state_since: Timestamp::from_millis(0),
            reopen_until: None,
            addresses: vec!["awa@example.fr".to_owned()],
        }
    }

    fn author(address: &str) -> EmailAddress {
        EmailAddress::parse(address).expect("an address")
    }

    #[test]
    fn a_proof_and_an_author_who_belongs_join_the_thread() {
        let open = candidate(WorkState::Queued);
        assert_eq!(
            decide(std::slice::from_ref(&open), Some(&author("Awa@example.fr")), Timestamp::default()),
            Thread::Joins(open.request_id)
        );
    }

    #[test]
    fn a_stranger_with_the_proof_opens_another_request_with_a_hint() {
        let open = candidate(WorkState::Queued);
        let expected = Thread::Opens { may_continue: Some(open.reference.clone()) };
        assert_eq!(
            decide(std::slice::from_ref(&open), Some(&author("eva@example.fr")), Timestamp::default()),
            expected
        );
        assert_eq!(decide(&[open], None, Timestamp::default()), expected);
    }

    #[test]
    fn no_proof_opens_a_request_whoever_writes() {
        assert_eq!(
            decide(&[], Some(&author("awa@example.fr")), Timestamp::default()),
            Thread::Opens { may_continue: None }
        );
    }

    #[test]
    fn thirty_days_after_its_end_a_request_is_continued_by_another() {
        let closed = candidate(WorkState::Closed);
        let awa = author("awa@example.fr");
        let last = Timestamp::from_millis(limits::REOPEN_MS);
        assert_eq!(decide(std::slice::from_ref(&closed), Some(&awa), last), Thread::Joins(closed.request_id));
        assert_eq!(
            decide(std::slice::from_ref(&closed), Some(&awa), last.plus_millis(1)),
            Thread::Continues(closed.request_id)
        );
    }

    #[test]
    fn tokens_are_found_in_addresses_and_references_and_quoted_numbers_are_not() {
        let tokens = ReplyTokens::new(SigningKey::new([1; 32]));
        let request = ServiceRequestId::from(Uuid::from_u128(9));
        let plus = format!("guichet+{}@valorme.example", tokens.mint(request));
        let bare = parse(b"From: a@b.fr\r\nSubject: Re: V7KM-4T9R\r\n\r\nMa demande V7KM-4T9R\r\n");
        assert_eq!(proven_by_tokens(&tokens, &bare, &[]), []);
        assert_eq!(proven_by_tokens(&tokens, &bare, &[plus.to_uppercase()]), [request]);
        let ours = tokens.message_id(request, "int_1", "valorme.example");
        let reply = parse(format!("From: a@b.fr\r\nReferences: <x@y> <{ours}>\r\n\r\nMerci\r\n").as_bytes());
        assert_eq!(proven_by_tokens(&tokens, &reply, &[]), [request]);
    }

    #[test]
    fn plus_addresses_belong_to_their_mailbox() {
        assert_eq!(mailbox_of("Guichet+abc@Valorme.example"), "guichet@valorme.example");
        assert_eq!(plus_part("guichet+a+b@valorme.example"), Some("a+b"));
    }
}
