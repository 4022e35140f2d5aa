//! What an operator is told about the certificates of `[tls]`: for how long they hold, and whether the authority vouches for
//! them. The two dates are read from the certificate itself (RFC 5280 §4.1): a walk over six fields needs no parser.

use std::time::Duration;

use guichet_core::Timestamp;
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;

use crate::tls::{Tls, TlsError, TlsFiles};

/// Tags of DER: what a certificate is made of.
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The certificate of this process, as it is in the files.
#[derive(Clone, Debug)]
pub struct CertificateLook {
    /// From when on it holds.
    pub not_before: Timestamp,
    /// Until when.
    pub not_after: Timestamp,
    /// Why the authority does not vouch for it, whatever the date; `None` when it does.
    pub refusal: Option<String>,
}

/// Looks at the files: they are read, fit together, and say until when.
pub fn look(files: &TlsFiles, now: Timestamp) -> Result<CertificateLook, TlsError> {
    Tls::open(files.clone())?;
    let chain = certificates(&files.cert)?;
    let mut roots = RootCertStore::empty();
    for authority in certificates(&files.ca)? {
        roots.add(authority).map_err(|error| TlsError::Fit(Box::new(error)))?;
    }
    let unreadable = || TlsError::Fit("the certificate has no dates".into());
    let (own, above) = chain.split_first().ok_or_else(unreadable)?;
    let (not_before, not_after) = validity(own).ok_or_else(unreadable)?;
    let verifier = WebPkiClientVerifier::builder(std::sync::Arc::new(roots)).build();
    let verifier = verifier.map_err(|error| TlsError::Fit(Box::new(error)))?;
    // Asked of the day of its life that is nearest, so that only what its own dates do not say is told here.
    let verdict = verifier.verify_client_cert(own, above, unix_time(now.clamp(not_before, not_after.max(not_before))));
    Ok(CertificateLook { not_before, not_after, refusal: verdict.err().map(|error| error.to_string()) })
}

fn certificates(file: &std::path::Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = std::fs::read(file).map_err(|source| TlsError::File { file: file.to_owned(), source })?;
    let read = CertificateDer::pem_slice_iter(&text).collect::<Result<Vec<_>, _>>();
    read.map_err(|source| TlsError::Pem { file: file.to_owned(), source })
}

fn unix_time(at: Timestamp) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_millis(u64::try_from(at.as_millis()).unwrap_or_default()))
}

/// Returns from when until when a certificate holds; `None` when it is not a certificate.
fn validity(certificate: &[u8]) -> Option<(Timestamp, Timestamp)> {
    let (_, certificate, _) = field(certificate, SEQUENCE)?;
    let (_, signed, _) = field(certificate, SEQUENCE)?;
    let mut rest = signed;
    if rest.first() == Some(&VERSION) {
        rest = any_field(rest)?.2;
    }
    // Serial number, algorithm, issuer.
    for _ in 0..3 {
        rest = any_field(rest)?.2;
    }
    let (_, dates, _) = field(rest, SEQUENCE)?;
    let (first_tag, first, dates) = any_field(dates)?;
    let (last_tag, last, _) = any_field(dates)?;
    Some((instant(first_tag, first)?, instant(last_tag, last)?))
}

fn field(bytes: &[u8], tag: u8) -> Option<(u8, &[u8], &[u8])> {
    any_field(bytes).filter(|(found, _, _)| *found == tag)
}

/// Splits the first field off: its tag, its content, and what follows it.
fn any_field(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        // Its length is in the next one to four octets.
        0x81..=0x84 => {
            let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (length.iter().fold(0, |sum, &octet| sum << 8 | usize::from(octet)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// Reads « 261126103000Z » and « 20561126103000Z ».
fn instant(tag: u8, text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    if !text.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = match tag {
        UTC_TIME => {
            let year: i16 = text.get(..2)?.parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, text.get(2..)?)
        }
        GENERALIZED_TIME => (text.get(..4)?.parse().ok()?, text.get(4..)?),
        _ => return None,
    };
    let part = |place: usize| rest.get(place..place + 2)?.parse::<i8>().ok();
    let date = jiff::civil::DateTime::new(year, part(0)?, part(2)?, part(4)?, part(6)?, part(8)?, 0).ok()?;
    date.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    #[test]
    fn the_dates_of_a_certificate_are_those_it_was_made_with() {
        let mut params = CertificateParams::new(vec!["intake".to_owned()]).expect("a name");
        (params.not_before, params.not_after) = (date_time_ymd(2026, 11, 26), date_time_ymd(2056, 1, 2));
        let certificate = params.self_signed(&KeyPair::generate().expect("a key")).expect("signs itself");
        let (not_before, not_after) = validity(certificate.der()).expect("a certificate");
        assert_eq!(not_before.to_jiff().to_string(), "2026-11-26T00:00:00Z");
        assert_eq!(not_after.to_jiff().to_string(), "2056-01-02T00:00:00Z");
    }

    #[test]
    fn both_ways_to_write_an_instant_are_read() {
        let read = |tag, text: &str| instant(tag, text.as_bytes()).map(|at| at.to_jiff().to_string());
        assert_eq!(read(UTC_TIME, "491231235959Z").as_deref(), Some("2049-12-31T23:59:59Z"));
        assert_eq!(read(UTC_TIME, "991231235959Z").as_deref(), Some("1999-12-31T23:59:59Z"));
        assert_eq!(read(GENERALIZED_TIME, "20500101000000Z").as_deref(), Some("2050-01-01T00:00:00Z"));
        assert_eq!(read(GENERALIZED_TIME, "20501301000000Z"), None);
    }

    proptest! {
        #[test]
        fn whatever_is_given_for_a_certificate_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _read = validity(&bytes);
        }
    }
}
