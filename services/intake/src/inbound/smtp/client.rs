//! Whose connection it is, and whether they may hand over mail: the address of the socket, or the one that a proxy names
//! in its header (PROXY protocol, versions 1 and 2, `haproxy.org/download/3.2/doc/proxy-protocol.txt`).

use std::net::IpAddr;

use guichet_core::Network;
use proxy_header::{Error as HeaderError, ParseConfig, ProxyHeader};

/// Octets of the longest header taken: version 1 has 107, version 2 some hundreds with what proxies add.
const HEADER_OCTETS_MAX: usize = 2_048;

/// Who may come, and how.
#[derive(Clone, Debug, Default)]
pub struct Door {
    /// Who may hand over mail; everybody when empty.
    pub accept_from: Vec<Network>,
    /// Proxies that name their clients.
    pub trusted_proxies: Vec<Network>,
}

impl Door {
    /// Returns whether a connection from this address begins with a proxy's header.
    pub fn expects_header(&self, peer: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(peer))
    }

    /// Returns whether a client may hand over mail.
    pub fn accepts(&self, client: IpAddr) -> bool {
        self.accept_from.is_empty() || self.accept_from.iter().any(|network| network.contains(client))
    }
}

/// What the first octets of a proxy's connection are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// A whole header of so many octets. The proxy speaks for itself when it names nobody: it looks whether we live.
    Whole {
        /// Whom it names.
        client: Option<IpAddr>,
        /// Octets to leave out.
        octets: usize,
    },
    /// The beginning of one.
    Unfinished,
    /// Something else.
    Wrong,
}

/// Reads the header at the beginning of a proxy's connection.
pub fn read_header(octets: &[u8]) -> Header {
    let config = ParseConfig { include_tlvs: false, ..ParseConfig::default() };
    match ProxyHeader::parse(octets, config) {
        Ok((header, octets)) if octets <= HEADER_OCTETS_MAX => {
            Header::Whole { client: header.proxied_address().map(|address| address.source.ip()), octets }
        }
        Err(HeaderError::BufferTooShort) if octets.len() < HEADER_OCTETS_MAX => Header::Unfinished,
        _ => Header::Wrong,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proxy_header::ProxiedAddress;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn networks(texts: &[&str]) -> Vec<Network> {
        texts.iter().map(|text| text.parse().expect("a network")).collect()
    }

    #[test]
    fn everybody_may_come_unless_some_are_named() {
        assert!(Door::default().accepts(ip("203.0.113.7")));
        let door = Door { accept_from: networks(&["10.0.0.0/8", "fd00::/8"]), ..Door::default() };
        assert!(door.accepts(ip("10.1.2.3")) && door.accepts(ip("fd12::1")) && door.accepts(ip("::ffff:10.1.2.3")));
        assert!(!door.accepts(ip("203.0.113.7")) && !door.expects_header(ip("10.1.2.3")));
    }

    #[test]
    fn both_versions_name_the_client() {
        let text = b"PROXY TCP4 192.0.2.9 10.0.0.2 41234 25\r\nEHLO mx\r\n";
        assert_eq!(read_header(text), Header::Whole { client: Some(ip("192.0.2.9")), octets: text.len() - 9 });
        let address = ProxiedAddress::stream("[2001:db8::9]:41234".parse().unwrap(), "[fd00::2]:25".parse().unwrap());
        let mut binary = Vec::new();
        ProxyHeader::with_address(address).encode_v2(&mut binary).expect("encoded");
        assert_eq!(read_header(&binary), Header::Whole { client: Some(ip("2001:db8::9")), octets: binary.len() });
    }

    #[test]
    fn a_proxy_that_looks_whether_we_live_names_nobody() {
        let mut binary = Vec::new();
        ProxyHeader::with_local().encode_v2(&mut binary).expect("encoded");
        assert_eq!(read_header(&binary), Header::Whole { client: None, octets: binary.len() });
        assert_eq!(read_header(b"PROXY UNKNOWN\r\n"), Header::Whole { client: None, octets: 15 });
    }

    #[test]
    fn what_is_no_header_is_wrong_at_once() {
        assert_eq!(read_header(b"EHLO mx.example\r\n"), Header::Wrong);
        assert_eq!(read_header(b"PROXY TCP4 nobody 10.0.0.2 1 25\r\n"), Header::Wrong);
        assert_eq!(read_header(&[b"PROXY TCP4 ".as_slice(), &[b'1'; HEADER_OCTETS_MAX]].concat()), Header::Wrong);
        assert_eq!(read_header(b""), Header::Unfinished);
    }

    proptest! {
        #[test]
        fn any_octets_are_read_without_a_panic(octets in proptest::collection::vec(any::<u8>(), 0..300), starts in 0_u8..3) {
            let start: &[u8] = [b"PROXY ".as_slice(), b"\r\n\r\n\x00\r\nQUIT\n", b""][usize::from(starts)];
            let octets = [start, &octets].concat();
            if let Header::Whole { octets: used, .. } = read_header(&octets) {
                prop_assert!(used <= octets.len());
            }
        }

        #[test]
        fn a_header_that_comes_in_pieces_is_unfinished_until_it_is_whole(
            source in any::<[u8; 4]>(), port in any::<u16>(), is_binary in any::<bool>()
        ) {
            let address = ProxiedAddress::stream((source, port).into(), ([10, 0, 0, 2], 25).into());
            let mut whole = Vec::new();
            let header = ProxyHeader::with_address(address);
            if is_binary { header.encode_v2(&mut whole) } else { header.encode_v1(&mut whole) }.expect("encoded");
            for length in 0..whole.len() {
                prop_assert_eq!(read_header(&whole[..length]), Header::Unfinished);
            }
            prop_assert_eq!(read_header(&whole), Header::Whole { client: Some(source.into()), octets: whole.len() });
        }
    }
}
