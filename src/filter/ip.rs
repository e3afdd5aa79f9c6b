//! `--ip`: from where.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net};

use super::glob::Case;
use super::include_exclude::{IncludeExclude, Value};
use super::nullable_glob::NullableGlob;
use crate::record::{Field, Record};
use crate::value_error::ValueError;

const FORMS: &str =
    "an address, a network such as 10.0.0.0/8 or 2001:db8::/32, a pattern such as x.x.41.*, or - for none";

/// An address, a network, or a pattern for texts that are neither, such as redacted addresses.
#[derive(Clone, Debug)]
pub(crate) struct Ip(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Net(IpNet),
    NullableGlob(NullableGlob),
}

impl FromStr for Ip {
    type Err = ValueError;

    fn from_str(typed: &str) -> Result<Self, ValueError> {
        if let Ok(address) = typed.parse::<IpAddr>() {
            return Ok(Self(Kind::Net(canonical(address.into()))));
        }
        if let Ok(net) = typed.parse::<IpNet>() {
            return Ok(Self(Kind::Net(canonical(net).trunc())));
        }
        if typed == "-" || is_redacted(typed) || typed.contains(['*', '?', '[', '{']) {
            return NullableGlob::new(typed, Case::Ignored).map(|text| Self(Kind::NullableGlob(text)));
        }
        Err(match typed.split_once('/') {
            Some((address, _)) if address.parse::<IpAddr>().is_ok() => {
                ValueError::because("address", typed, "no prefix length after the slash", FORMS)
            }
            _ => ValueError::invalid("address", typed, FORMS),
        })
    }
}

impl Value for Ip {
    const HOLDS_COMMAS: bool = false;
}

/// IPv4 inside IPv6 (`::ffff:192.0.2.1`) is IPv4: the same client is logged either way.
fn canonical(net: IpNet) -> IpNet {
    match (net.addr().to_canonical(), net.prefix_len().checked_sub(96)) {
        (IpAddr::V4(address), Some(length)) if net.max_prefix_len() == 128 => {
            Ipv4Net::new(address, length).map_or(net, IpNet::V4)
        }
        _ => net,
    }
}

/// Whether a part of an address is blotted out: `x.x.41.39`.
fn is_redacted(typed: &str) -> bool {
    let mut parts = typed.split(['.', ':']);
    parts.clone().count() > 1
        && parts.any(|part| !part.is_empty() && part.bytes().all(|byte| matches!(byte, b'x' | b'X')))
}

/// The addresses of a run, ready for a great many lookups.
#[derive(Clone, Debug)]
pub(crate) struct Ips {
    any: bool,
    wanted: Set,
    unwanted: Set,
}

impl Ips {
    /// Whether the record came from an address that is wanted.
    pub(crate) fn matches(&self, record: &Record<'_>) -> bool {
        self.matches_text(record.get(Field::RemoteIp))
    }

    pub(super) fn matches_text(&self, text: Option<&[u8]>) -> bool {
        let needs_address = !(self.wanted.nets.is_empty() && self.unwanted.nets.is_empty());
        let address = if needs_address { text.and_then(address) } else { None };
        (self.any || self.wanted.holds(text, address)) && !self.unwanted.holds(text, address)
    }
}

impl From<IncludeExclude<Ip>> for Ips {
    fn from(choice: IncludeExclude<Ip>) -> Self {
        let (wanted, unwanted) = choice.into_parts();
        Self { any: wanted.is_empty(), wanted: Set::new(wanted), unwanted: Set::new(unwanted) }
    }
}

fn address(text: &[u8]) -> Option<IpAddr> {
    std::str::from_utf8(text).ok()?.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

#[derive(Clone, Debug)]
struct Set {
    /// Disjoint and in order.
    nets: Vec<IpNet>,
    texts: Vec<NullableGlob>,
}

impl Set {
    fn new(values: Vec<Ip>) -> Self {
        let (mut nets, mut texts) = (Vec::new(), Vec::new());
        for Ip(kind) in values {
            match kind {
                Kind::Net(net) => nets.push(net),
                Kind::NullableGlob(text) => texts.push(text),
            }
        }
        let mut nets = IpNet::aggregate(&nets);
        nets.sort_unstable();
        Self { nets, texts }
    }

    fn holds(&self, text: Option<&[u8]>, address: Option<IpAddr>) -> bool {
        address.is_some_and(|address| {
            let behind = self.nets.partition_point(|net| net.network() <= address);
            behind.checked_sub(1).is_some_and(|place| self.nets[place].contains(&address))
        }) || self.texts.iter().any(|pattern| pattern.matches(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::tests::{refuses, with};

    #[test]
    fn addresses() {
        let table: &[(&str, &str, bool)] = &[
            ("192.0.2.3", "192.0.2.3", true),
            ("192.0.2.3", "192.0.2.30", false),
            ("192.0.2.0/24", "192.0.2.3", true),
            ("192.0.2.77/24", "192.0.2.3", true),
            ("192.0.2.0/24", "192.0.3.3", false),
            ("10.0.0.0/8,192.0.0.0/16, 192.0.2.0/24", "192.0.2.3", true),
            ("10.0.0.0/8,192.0.2.0/25,192.0.2.128/25", "192.0.2.200", true),
            ("10.0.0.0/8,192.0.2.9", "192.0.2.3", false),
            ("0.0.0.0/0", "192.0.2.3", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "2001:db8::1", true),
            ("2001:db8::1", "2001:DB8:0:0:0:0:0:1", true),
            ("2001:db8::/32", "2001:db8::1", true),
            ("192.0.2.3", "::ffff:192.0.2.3", true),
            ("::ffff:192.0.2.3", "192.0.2.3", true),
            ("::ffff:192.0.2.0/120", "192.0.2.3", true),
            ("!192.0.2.0/24", "192.0.2.3", false),
            ("!192.0.2.0/24", "-", true),
            ("192.0.0.0/16,!192.0.2.3", "192.0.2.3", false),
            ("192.0.0.0/16,!192.0.2.3", "192.0.2.4", true),
            ("-", "-", true),
            ("-", "192.0.2.3", false),
            ("!-", "192.0.2.3", true),
            ("0.0.0.0/0", "-", false),
            ("x.x.41.*", "x.x.41.39", true),
            ("x.x.41.39", "X.X.41.39", true),
            ("x.x.41.39", "x.x.41.3", false),
            ("192.0.*", "192.0.2.3", true),
            ("192.0.2.{3,4}", "192.0.2.4", true),
            ("0.0.0.0/0", "x.x.41.39", false),
            ("2001:DB8:*", "2001:db8::1", true),
        ];
        for (typed, text, expected) in table {
            let ips =
                Ips::from(typed.parse::<IncludeExclude<Ip>>().unwrap_or_else(|error| panic!("{error}")));
            let matches = with(&[(Field::RemoteIp, text.as_bytes())], |record| ips.matches(record));
            assert_eq!(matches, *expected, "{typed} {text}");
        }
        refuses::<Ip>(&[
            "",
            "10.0.0.300",
            "10.0.0",
            "10.0.0.0/33",
            "10.0.0.0/",
            "/8",
            "host",
            "x",
            "1.2.3.4,",
            "[",
            "!",
        ]);
    }
}
