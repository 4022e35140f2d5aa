//! How often one address may knock, and who the address is; how much one authority may be asked.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;

use axum::extract::ConnectInfo;
use axum::http::Extensions;
use axum::http::HeaderMap;
use governor::{DefaultKeyedRateLimiter, Quota};

use crate::config::Rates;
use crate::problem::Problem;
use guichet_core::Network;
use guichet_core::id::AuthorityId;

/// Addresses remembered before those that have been quiet are forgotten.
const ADDRESSES_MAX: usize = 20_000;
/// Share of a minute's requests that an authority may be asked at once: what comes faster than that is no crowd.
const BURST_SHARE: u32 = 10;

/// The rates of one process.
pub(crate) struct Limits {
    track: DefaultKeyedRateLimiter<IpAddr>,
    submit: DefaultKeyedRateLimiter<IpAddr>,
    sign_in: DefaultKeyedRateLimiter<IpAddr>,
    authority_submit: DefaultKeyedRateLimiter<AuthorityId>,
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
        let at_least_one = |count| NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
        let quota = |per_minute: u32| Quota::per_minute(at_least_one(per_minute));
        let limiter = |per_minute| DefaultKeyedRateLimiter::keyed(quota(per_minute));
        let a_minute = rates.authority_submit_per_minute;
        let burst = at_least_one(a_minute / BURST_SHARE);
        Self {
            track: limiter(rates.track_per_minute),
            submit: limiter(rates.submit_per_minute),
            sign_in: limiter(rates.sign_in_per_minute),
            authority_submit: DefaultKeyedRateLimiter::keyed(quota(a_minute).allow_burst(burst)),
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

    /// Counts one request submitted to an authority that exists, by its code, and refuses the one too many.
    pub(crate) fn count_for(&self, authority: &str) -> Result<(), Problem> {
        self.authority_submit.check_key(&AuthorityId::of_code(authority)).map_err(|_| Problem::busy())
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
    fn a_flood_at_one_authority_is_told_to_wait_and_the_others_are_not() {
        let limits = Limits::new(Rates::default());
        let (flooded, other) = ("ccas", "valorme");
        let taken = (0..200).filter(|_| limits.count_for(flooded).is_ok()).count();
        assert!((60..70).contains(&taken), "a tenth of a minute's, and what the minute brings meanwhile: {taken}");
        assert_eq!(limits.count_for(flooded).expect_err("too many").code.as_ref(), "GU-GTW-044");
        assert!(limits.count_for(other).is_ok());
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
