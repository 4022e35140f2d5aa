//! A network of addresses, `10.42.0.0/16`, or a single address.

use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Addresses that share their first bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// A text that is not a network.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is neither an address nor a network: write 10.1.2.3, 10.42.0.0/16 or fd00::/8")]
pub struct InvalidNetwork(String);

impl Network {
    /// Returns whether an address belongs to it; an IPv4 address is the same when IPv6 carries it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let same_kind = address.is_ipv4() == self.address.is_ipv4();
        same_kind && first_bits(address, self.prefix) == first_bits(self.address, self.prefix)
    }
}

/// Returns the bits that a network of this address would share, as a number.
fn first_bits(address: IpAddr, prefix: u8) -> u128 {
    let bits = match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()) << (u128::BITS - u32::BITS),
        IpAddr::V6(v6) => v6.to_bits(),
    };
    bits.checked_shr(u128::BITS - u32::from(prefix)).unwrap_or(0)
}

fn longest_prefix(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let invalid = || InvalidNetwork(text.to_owned());
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse().map_err(|_| invalid())?)),
            None => (text, None),
        };
        let address = address.parse::<IpAddr>().map_err(|_| invalid())?.to_canonical();
        let prefix = prefix.unwrap_or_else(|| longest_prefix(address));
        if prefix > longest_prefix(address) { Err(invalid()) } else { Ok(Self { address, prefix }) }
    }
}

impl TryFrom<String> for Network {
    type Error = InvalidNetwork;

    fn try_from(text: String) -> Result<Self, InvalidNetwork> {
        text.parse()
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        let Network { address, prefix } = network;
        if prefix == longest_prefix(address) { address.to_string() } else { format!("{address}/{prefix}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn contains(network: &str, address: &str) -> bool {
        network.parse::<Network>().expect("a network").contains(address.parse().expect("an address"))
    }

    #[test]
    fn an_address_belongs_to_the_networks_it_shares_the_first_bits_with() {
        assert!(contains("10.42.0.0/16", "10.42.255.1") && !contains("10.42.0.0/16", "10.43.0.1"));
        assert!(contains("10.42.7.0/16", "10.42.1.1"), "what stands after the prefix does not count");
        assert!(contains("10.1.2.3", "10.1.2.3") && !contains("10.1.2.3", "10.1.2.4"));
        assert!(contains("10.0.0.0/8", "::ffff:10.1.2.3") && !contains("::/0", "10.1.2.3"));
        assert!(contains("fd00::/8", "fdab::1") && contains("0.0.0.0/0", "203.0.113.7"));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for wrong in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1", "proxy"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn a_bit_inside_the_prefix_decides_and_one_after_it_does_not(
            bits in any::<u128>(), prefix in 1_u8..128, inside in any::<u8>(), after in any::<u8>()
        ) {
            let address = |bits: u128| IpAddr::V6(bits.into());
            let network = Network { address: address(bits | 1 << 127), prefix };
            let flipped = |bit: u8| address((bits | 1 << 127) ^ (1 << (127 - bit)));
            // The first bit stays, so that no address is an IPv4 one carried by IPv6.
            let inside = 1 + inside % prefix.max(2).saturating_sub(1);
            if inside < prefix {
                prop_assert!(!network.contains(flipped(inside)));
            }
            prop_assert!(network.contains(flipped(prefix + after % (128 - prefix))));
        }

        #[test]
        fn a_network_is_written_as_it_is_read(bits in any::<u32>(), prefix in 0_u8..=32) {
            let network = Network { address: IpAddr::V4(bits.into()), prefix };
            prop_assert_eq!(String::from(network).parse::<Network>().expect("a network"), network);
        }
    }
}
