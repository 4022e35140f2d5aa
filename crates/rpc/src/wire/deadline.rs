//! The deadline of a call, as gRPC writes it in a header: the client keeps it too, for a server may be gone.

use std::time::Duration;

use http::HeaderMap;

/// Name of the header.
const HEADER: &str = "grpc-timeout";
/// Digits the protocol allows.
const DIGITS_MAX: usize = 8;

/// Returns how long a call may take; `None` when it does not say, or not in the protocol's form.
pub(crate) fn of(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(HEADER)?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: u64 = digits.parse().ok().filter(|_| digits.len() <= DIGITS_MAX)?;
    match unit {
        "H" => Some(Duration::from_secs(number * 60 * 60)),
        "M" => Some(Duration::from_secs(number * 60)),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn read(text: &str) -> Option<Duration> {
        of(&HeaderMap::from_iter([(
            http::HeaderName::from_static(HEADER),
            HeaderValue::from_str(text).expect("ASCII"),
        )]))
    }

    #[test]
    fn what_tonic_writes_is_read_back() {
        let mut request = tonic::Request::new(());
        request.set_timeout(Duration::from_millis(1_234));
        let written =
            request.metadata().get(HEADER).and_then(|value| value.to_str().ok()).expect("a deadline").to_owned();
        assert_eq!(read(&written), Some(Duration::from_millis(1_234)));
    }

    #[test]
    fn what_is_no_deadline_is_none() {
        assert_eq!(read("2S"), Some(Duration::from_secs(2)));
        for wrong in ["", "S", "12", "-1S", "123456789n", "1x"] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
    }
}
