//! Where requests come from, as one sender: an address, or the network of one line.
//!
//! Whoever has a line with IPv6 has a network of 64 bits, and can send each request from another address of it (RFC 4291, 2.5.4; RFC 8981). So
//! all of it counts as one sender, as one address of IPv4 does.

use std::borrow::Cow;
use std::net::Ipv6Addr;

use memchr::memchr;

use crate::detect::event::hash;
use crate::dimension::write_network;

const SUFFIX: &[u8] = b"/64";

/// The network of an address of IPv6, or of what [`text`] makes of one; `None` of all others.
fn network(address: &[u8]) -> Option<[u8; 8]> {
    memchr(b':', address)?;
    let address = address.strip_suffix(SUFFIX).unwrap_or(address);
    let address: Ipv6Addr = std::str::from_utf8(address).ok()?.parse().ok()?;
    // An address of IPv4 that is written as one of IPv6.
    if address.to_ipv4_mapped().is_some() {
        return None;
    }
    address.octets().first_chunk().copied()
}

/// The hash of the sender at an address.
pub(crate) fn of(address: &[u8]) -> u64 {
    of_hashed(address, hash(address))
}

/// The same, where the hash of the address is there already.
#[inline]
pub(crate) fn of_hashed(address: &[u8], hashed: u64) -> u64 {
    network(address).map_or(hashed, |network| hash(&network))
}

/// How the sender at an address is written, as `--ip` takes it.
pub(crate) fn text(address: &[u8]) -> Cow<'_, [u8]> {
    if network(address).is_none() || address.ends_with(SUFFIX) {
        return Cow::Borrowed(address);
    }
    let mut text = Vec::new();
    write_network(address, &mut text);
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_of_ipv6_are_one_sender() {
        for (address, sender) in [
            ("192.0.2.3", "192.0.2.3"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::/64", "2001:db8:1:2::/64"),
            ("::ffff:192.0.2.3", "::ffff:192.0.2.3"),
            ("x.x.41.39", "x.x.41.39"),
            ("a:b", "a:b"),
            ("-", "-"),
        ] {
            assert_eq!(text(address.as_bytes()), sender.as_bytes());
            assert_eq!(of(address.as_bytes()), of(sender.as_bytes()));
        }
        assert_eq!(of(b"2001:db8::1"), of(b"2001:db8::ffff"));
        assert_ne!(of(b"2001:db8::1"), of(b"2001:db8:0:1::1"));
    }
}
