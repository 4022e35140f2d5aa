//! How often one address may knock, and who the address is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;

use axum::extract::ConnectInfo;
use axum::http::Extensions;
use axum::http::HeaderMap;
use governor::{DefaultKeyedRateLimiter, Quota};

use crate::config::Rates;
use crate::problem::Problem;
use guichet_core::Network;

/// Addresses remembered before those that have been quiet are forgotten.
const ADDRESSES_MAX: usize = 20_000;

/// The rates of one process.
pub(crate) struct Limits {
    track: DefaultKeyedRateLimiter<IpAddr>,
    submit: DefaultKeyedRateLimiter<IpAddr>,
    sign_in: DefaultKeyedRateLimiter<IpAddr>,
}

/// What is being tried.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Try {
    Track,
    Submit,
    SignIn,
}

impl Limits {
    pub(crate) fn new(rates: Rates) -> Self {
        let limiter = |per_minute: u32| {
            DefaultKeyedRateLimiter::keyed(Quota::per_minute(NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN)))
        };
        Self {
            track: limiter(rates.track_per_minute),
            submit: limiter(rates.submit_per_minute),
            sign_in: limiter(rates.sign_in_per_minute),
        }
    }

    /// Counts one try of an address, and refuses the one too many.
    pub(crate) fn count(&self, tried: Try, address: IpAddr) -> Result<(), Problem> {
        let limiter = match tried {
            Try::Track => &self.track,
            Try::Submit => &self.submit,
            Try::SignIn => &self.sign_in,
        };
        if limiter.len() > ADDRESSES_MAX {
            limiter.retain_recent();
        }
        limiter.check_key(&subscriber(address)).map_err(|_| Problem::too_many())
    }
}

/// Returns what stands for one subscriber: an IPv6 network of 64 bits is one home.
fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

/// Returns the caller's address: the connection's, or what a trusted proxy says it was.
pub(crate) fn client_address(extensions: &Extensions, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let peer = extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip().to_canonical());
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(peer) {
        return peer;
    }
    let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<IpAddr> =
        forwarded.flat_map(|line| line.split(',')).filter_map(|hop| hop.trim().parse().ok()).collect();
    // Each proxy appends who it heard: the last one that is not ours is the caller.
    hops.into_iter().rev().find(|hop| !is_trusted(*hop)).unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn from(peer: &str, forwarded: &'static str, trusted: &[&str]) -> IpAddr {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().expect("an address"), 4711)));
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_static(forwarded));
        let trusted: Vec<Network> = trusted.iter().map(|proxy| proxy.parse().expect("a network")).collect();
        client_address(&extensions, &headers, &trusted)
    }

    #[test]
    fn a_spoofed_proxy_header_is_ignored() {
        assert_eq!(from("203.0.113.7", "198.51.100.1", &["10.0.0.1"]).to_string(), "203.0.113.7");
        assert_eq!(from("10.0.0.1", "198.51.100.1, 203.0.113.7", &["10.0.0.1"]).to_string(), "203.0.113.7");
    }

    #[test]
    fn a_proxy_of_a_trusted_network_is_believed_whatever_its_address() {
        let networks = ["10.42.0.0/16", "fd00::/8"];
        assert_eq!(from("10.42.3.9", "203.0.113.7, 10.42.8.1", &networks).to_string(), "203.0.113.7");
        assert_eq!(from("10.43.0.1", "203.0.113.7", &networks).to_string(), "10.43.0.1");
    }

    #[test]
    fn the_eleventh_reference_tried_within_a_minute_is_refused() {
        let limits = Limits::new(Rates::default());
        let address = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));
        let passed = (0..20).filter(|_| limits.count(Try::Track, address).is_ok()).count();
        assert_eq!(passed, 10);
        assert!(
            limits.count(Try::Track, IpAddr::V4(Ipv4Addr::new(203, 0, 113, 8))).is_ok(),
            "others are not held back"
        );
    }
}
