//! Signed tokens: the proof that a message answers one of ours, and the link that opens a thread. Each use has its own
//! key. A token names its request and carries an HMAC-SHA256 (RFC 2104), cut to what guessing cannot reach (RFC 2104 §5)
//! and compared in constant time.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use guichet_core::Timestamp;
use guichet_core::id::ServiceRequestId;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use uuid::Uuid;

/// Octets of a reply token's code: 80 bits, checked online only, and short enough for a local part of 64 octets.
const REPLY_CODE_OCTETS: usize = 10;
/// Octets of a link's code.
const LINK_CODE_OCTETS: usize = 16;
/// Octets of the id inside a token.
const ID_OCTETS: usize = 16;
/// Octets of the instant a link ends.
const EXPIRY_OCTETS: usize = 8;
/// Lower-case letters and digits only: local parts lose their case on the way.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Characters of a reply token.
const REPLY_TOKEN_LENGTH: usize = ((ID_OCTETS + REPLY_CODE_OCTETS) * 8).div_ceil(5);

/// A key that signs; it is never shown.
#[derive(Clone)]
pub struct SigningKey([u8; 32]);

impl SigningKey {
    /// Returns the key made of these octets.
    pub const fn new(octets: [u8; 32]) -> Self {
        Self(octets)
    }

    fn code(&self, purpose: &str, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(purpose.as_bytes());
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

/// Mints and checks the tokens of plus-addresses and Message-IDs.
#[derive(Clone, Debug)]
pub struct ReplyTokens(SigningKey);

impl ReplyTokens {
    /// Returns the minter that signs with `key`.
    pub const fn new(key: SigningKey) -> Self {
        Self(key)
    }

    /// Returns the token of a request: always the same, so that every message of a thread carries it.
    pub fn mint(&self, request: ServiceRequestId) -> String {
        let id = request.uuid();
        let code = self.0.code("reply", &[id.as_bytes()]).finalize().into_bytes();
        let mut octets = id.as_bytes().to_vec();
        octets.extend_from_slice(&code[..REPLY_CODE_OCTETS]);
        encode(&octets)
    }

    /// Returns the request a token proves, `None` when the token is not ours.
    pub fn verify(&self, token: &str) -> Option<ServiceRequestId> {
        if token.len() != REPLY_TOKEN_LENGTH {
            return None;
        }
        let octets = decode(&token.to_ascii_lowercase())?;
        let (id, code) = octets.split_at_checked(ID_OCTETS)?;
        self.0.code("reply", &[id]).verify_truncated_left(code).ok()?;
        Some(ServiceRequestId::from(Uuid::from_slice(id).ok()?))
    }

    /// Returns the Message-ID, without brackets, of the message that carries `notice` about a request: the same each
    /// time it is asked, so that a message sent twice is recognised as one.
    pub fn message_id(&self, request: ServiceRequestId, notice: &str, domain: &str) -> String {
        let code = self.0.code("notice", &[request.uuid().as_bytes(), notice.as_bytes()]).finalize().into_bytes();
        format!("{}.{}@{domain}", encode(&code[..REPLY_CODE_OCTETS]), self.mint(request))
    }

    /// Returns the request that one of our Message-IDs proves.
    pub fn verify_message_id(&self, message_id: &str) -> Option<ServiceRequestId> {
        let (local, _domain) = message_id.rsplit_once('@')?;
        let (_notice, token) = local.rsplit_once('.')?;
        self.verify(token)
    }
}

/// Mints and checks the links that open a thread at `/suivi`.
#[derive(Clone, Debug)]
pub struct LinkTokens(SigningKey);

impl LinkTokens {
    /// Returns the minter that signs with `key`.
    pub const fn new(key: SigningKey) -> Self {
        Self(key)
    }

    /// Returns a link token that opens a request until `until`.
    pub fn mint(&self, request: ServiceRequestId, until: Timestamp) -> String {
        let mut octets = request.uuid().as_bytes().to_vec();
        octets.extend_from_slice(&until.as_millis().to_be_bytes());
        let code = self.0.code("link", &[&octets]).finalize().into_bytes();
        octets.extend_from_slice(&code[..LINK_CODE_OCTETS]);
        URL_SAFE_NO_PAD.encode(octets)
    }

    /// Returns the request a token opens at `now`, `None` when it is not ours or no longer valid.
    pub fn verify(&self, token: &str, now: Timestamp) -> Option<ServiceRequestId> {
        let octets = URL_SAFE_NO_PAD.decode(token).ok()?;
        if octets.len() != ID_OCTETS + EXPIRY_OCTETS + LINK_CODE_OCTETS {
            return None;
        }
        let (signed, code) = octets.split_at(ID_OCTETS + EXPIRY_OCTETS);
        self.0.code("link", &[signed]).verify_truncated_left(code).ok()?;
        let (id, until) = signed.split_at(ID_OCTETS);
        let until = Timestamp::from_millis(i64::from_be_bytes(until.try_into().ok()?));
        (now <= until).then_some(ServiceRequestId::from(Uuid::from_slice(id).ok()?))
    }
}

fn encode(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len() * 8 / 5 + 1);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for &octet in octets {
        bits = bits << 8 | u32::from(octet);
        held += 8;
        while held >= 5 {
            held -= 5;
            text.push(char::from(ALPHABET[(bits >> held & 31) as usize]));
        }
        bits &= (1 << held) - 1;
    }
    if held > 0 {
        text.push(char::from(ALPHABET[(bits << (5 - held) & 31) as usize]));
    }
    text
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(text.len() * 5 / 8);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in text.bytes() {
        let digit = ALPHABET.iter().position(|&candidate| candidate == byte)?;
        bits = bits << 5 | u32::try_from(digit).ok()?;
        held += 5;
        if held >= 8 {
            held -= 8;
            octets.push(u8::try_from(bits >> held).ok()?);
            bits &= (1 << held) - 1;
        }
    }
    // The bits left over carry nothing: two spellings of one token would be one too many.
    (bits == 0).then_some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tokens() -> ReplyTokens {
        ReplyTokens::new(SigningKey::new([7; 32]))
    }

    fn arbitrary_request() -> ServiceRequestId {
        ServiceRequestId::from(Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_002a))
    }

    #[test]
    fn a_token_fits_a_local_part_and_survives_a_change_of_case() {
        let token = tokens().mint(arbitrary_request());
        assert_eq!(token.len(), REPLY_TOKEN_LENGTH);
        assert!("guichet+".len() + token.len() <= 64, "{token}");
        assert_eq!(tokens().verify(&token.to_ascii_uppercase()), Some(arbitrary_request()));
    }

    #[test]
    fn a_token_of_another_key_or_another_use_proves_nothing() {
        let token = ReplyTokens::new(SigningKey::new([8; 32])).mint(arbitrary_request());
        assert_eq!(tokens().verify(&token), None);
        let links = LinkTokens::new(SigningKey::new([7; 32]));
        assert_eq!(links.verify(&tokens().mint(arbitrary_request()), Timestamp::default()), None);
    }

    #[test]
    fn a_message_id_is_the_same_each_time_and_differs_between_notices() {
        let id = tokens().message_id(arbitrary_request(), "int_1", "valorme.example");
        assert_eq!(id, tokens().message_id(arbitrary_request(), "int_1", "valorme.example"));
        assert_ne!(id, tokens().message_id(arbitrary_request(), "receipt_ack", "valorme.example"));
        assert_eq!(tokens().verify_message_id(&id), Some(arbitrary_request()));
    }

    #[test]
    fn a_link_ends_when_it_says() {
        let links = LinkTokens::new(SigningKey::new([9; 32]));
        let until = Timestamp::from_millis(1_000);
        let token = links.mint(arbitrary_request(), until);
        assert_eq!(links.verify(&token, until), Some(arbitrary_request()));
        assert_eq!(links.verify(&token, until.plus_millis(1)), None);
    }

    proptest! {
        #[test]
        fn changing_one_character_of_a_token_breaks_it(position in 0..REPLY_TOKEN_LENGTH, digit in 0..32_usize) {
            let token = tokens().mint(arbitrary_request());
            let mut forged = token.clone().into_bytes();
            forged[position] = ALPHABET[digit];
            let forged = String::from_utf8(forged).expect("ASCII");
            prop_assert_eq!(tokens().verify(&forged).is_some(), forged == token);
        }

        #[test]
        fn no_text_that_was_not_minted_is_a_token(text in "\\PC{0,60}") {
            prop_assert_eq!(tokens().verify(&text), None);
            prop_assert_eq!(tokens().verify_message_id(&text), None);
        }
    }
}
