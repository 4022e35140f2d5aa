//! Signing what travels through the browser: form tokens and files kept between two tries of a form.

use axum_extra::extract::cookie::Key;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Signs and checks; each purpose has its own key, so that a token of one is worth nothing for another.
#[derive(Clone)]
pub(crate) struct Signer(Hmac<Sha256>);

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer")
    }
}

impl Signer {
    /// Returns the signer of one purpose.
    pub(crate) fn new(secret: &[u8], purpose: &str) -> Self {
        let mut derivation = keyed(secret);
        derivation.update(purpose.as_bytes());
        Self(keyed(&derivation.finalize().into_bytes()))
    }

    /// Returns the signature of `text`.
    pub(crate) fn sign(&self, text: &str) -> String {
        let mut mac = self.0.clone();
        mac.update(text.as_bytes());
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }

    /// Returns whether `signature` is that of `text`, in constant time.
    pub(crate) fn accepts(&self, text: &str, signature: &str) -> bool {
        let mut mac = self.0.clone();
        mac.update(text.as_bytes());
        URL_SAFE_NO_PAD.decode(signature).is_ok_and(|given| mac.verify_slice(&given).is_ok())
    }

    /// Returns `text` in a form that comes back unchanged or not at all.
    pub(crate) fn seal(&self, text: &str) -> String {
        format!("{}.{}", URL_SAFE_NO_PAD.encode(text), self.sign(text))
    }

    /// Returns what [`Signer::seal`] was given.
    pub(crate) fn open(&self, sealed: &str) -> Option<String> {
        let (encoded, signature) = sealed.split_once('.')?;
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).ok()?).ok()?;
        self.accepts(&text, signature).then_some(text)
    }
}

fn keyed(secret: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(secret).expect("HMAC takes keys of any length")
}

/// Returns the key of the session cookie: 64 octets, derived from the secret for signing and for nothing else.
pub(crate) fn cookie_key(secret: &[u8]) -> Key {
    let half = |name: &str| {
        let mut derivation = keyed(secret);
        derivation.update(name.as_bytes());
        derivation.finalize().into_bytes()
    };
    Key::from(&[half("session cookie, first half"), half("session cookie, second half")].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens_and_what_was_changed_does_not() {
        let signer = Signer::new(b"a secret of at least thirty-two octets", "files");
        let sealed = signer.seal("été");
        assert_eq!(signer.open(&sealed).as_deref(), Some("été"));
        assert_eq!(signer.open(&sealed.replace('.', "A.")), None);
        assert_eq!(Signer::new(b"a secret of at least thirty-two octets", "forms").open(&sealed), None);
    }
}
