//! What can be derived from the fields of a record.

use std::net::{IpAddr, Ipv6Addr};

use memchr::{memchr_iter, memchr3_iter, memrchr};

use crate::record::{Field, Record};
use crate::semantics::write_client;
use crate::time::{Timestamp, Zone};

macro_rules! derived {
    ($($variant:ident $name:literal $doc:literal;)*) => {
        /// What can be derived from the fields of a record.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Derived {
            $(#[doc = $doc] $variant,)*
        }

        impl Derived {
            pub(super) const ALL: &[Derived] = &[$(Derived::$variant,)*];

            /// Its name in `--by` and in every output.
            pub const fn name(self) -> &'static str {
                match self { $(Derived::$variant => $name,)* }
            }
        }
    };
}

derived! {
    Account "account" "The account of the requester's ARN.";
    Principal "principal" "The requester's short name: user, role, service.";
    Identity "identity" "The requester, an assumed role without its session.";
    Method "method" "The second part of the operation: `GET`.";
    Client "client" "Family and major version of the user agent.";
    StatusClass "status_class" "`2xx`, `4xx`, ...";
    Prefix "prefix" "The first parts of the decoded key, as many as the depth says.";
    Object "object" "The decoded key.";
    Extension "extension" "What follows the last dot of the decoded key's last part, in lower case.";
    Network "network" "The client's /24 (IPv4) or /64 (IPv6).";
    Day "day" "The date.";
    Hour "hour" "The start of the hour.";
    Minute "minute" "The start of the minute.";
}

const MINUTE: i64 = 60_000;

/// Longer than any extension that people use.
const MAX_EXTENSION: usize = 12;

impl Derived {
    /// Writes the value to the end of `out`; `None` is null. `depth` is the number of parts in a prefix; days, hours and minutes
    /// are those of `zone`.
    pub(crate) fn write(
        self,
        record: &Record<'_>,
        depth: usize,
        zone: Zone,
        out: &mut Vec<u8>,
    ) -> Option<()> {
        match self {
            Self::Account => out.extend_from_slice(record.requester().account()?),
            Self::Principal => out.extend_from_slice(record.requester().principal()?),
            Self::Identity => out.extend_from_slice(record.requester().identity()?),
            Self::Method => out.extend_from_slice(record.operation().method()?),
            Self::Client => write_client(record.get(Field::UserAgent)?, out),
            Self::StatusClass => {
                let status = record.http_status()?;
                out.extend_from_slice(&[b'0' + (status / 100) as u8, b'x', b'x']);
            }
            Self::Prefix => match plain_prefix(record.key()?, depth) {
                Some(prefix) => out.extend_from_slice(prefix),
                None => out.extend_from_slice(prefix(&record.object()?, depth)),
            },
            Self::Object => record.write_object(out)?,
            Self::Extension => {
                let start = out.len();
                out.extend_from_slice(extension(&record.object()?)?);
                out[start..].make_ascii_lowercase();
            }
            Self::Network => write_network(record.get(Field::RemoteIp)?, out),
            Self::Day => zone.write_date(record.timestamp(), out),
            Self::Hour => write_time(zone.floor(record.timestamp(), 60 * MINUTE), out),
            Self::Minute => write_time(zone.floor(record.timestamp(), MINUTE), out),
        }
        Some(())
    }
}

/// Writes a time as digits of one length, which sort as times do and hold no zero byte.
pub(super) fn write_time(time: Timestamp, out: &mut Vec<u8>) {
    let bytes = (time.millis() ^ i64::MIN).to_be_bytes();
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    out.extend(digits.map(|digit| b"0123456789abcdef"[usize::from(digit)]));
}

/// The time of a value of `timestamp`, `hour` or `minute`.
pub fn read_time(value: &[u8]) -> Option<Timestamp> {
    let millis = u64::from_str_radix(std::str::from_utf8(value).ok()?, 16).ok()?;
    Some(Timestamp::from_millis(millis.cast_signed() ^ i64::MIN))
}

/// The first `depth` parts of an object's name, each with its slash; empty for an object at the top.
pub fn prefix(object: &[u8], depth: usize) -> &[u8] {
    let slashes = memchr_iter(b'/', object).take(depth);
    slashes.last().map_or(&[], |slash| &object[..=slash])
}

/// The same of a key as the log writes it, if nothing before the prefix's end is encoded, nor a plus that can be a space: most
/// keys need no decoding.
fn plain_prefix(key: &[u8], depth: usize) -> Option<&[u8]> {
    let (mut end, mut left) = (0, depth);
    let mut marks = memchr3_iter(b'/', b'%', b'+', key);
    while left > 0
        && let Some(at) = marks.next()
    {
        if key[at] != b'/' {
            return None;
        }
        (end, left) = (at + 1, left - 1);
    }
    Some(&key[..end])
}

fn extension(object: &[u8]) -> Option<&[u8]> {
    let name = &object[memrchr(b'/', object).map_or(0, |slash| slash + 1)..];
    let dot = memrchr(b'.', name).filter(|dot| *dot > 0)?;
    let extension = &name[dot + 1..];
    let is_usual =
        (1..=MAX_EXTENSION).contains(&extension.len()) && extension.iter().all(u8::is_ascii_alphanumeric);
    is_usual.then_some(extension)
}

/// The /24 or /64 of an address; an IPv4 address that is written as an IPv6 one is an IPv4 address, as it is for `--ip`.
/// Other text (a redacted address) stays as it is.
fn write_network(address: &[u8], out: &mut Vec<u8>) {
    let text = std::str::from_utf8(address).unwrap_or_default();
    let network = match text.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(v4)) => {
            let [a, b, c, _] = v4.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        Ok(IpAddr::V6(v6)) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        Err(_) => return out.extend_from_slice(address),
    };
    out.extend_from_slice(network.as_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn plain_prefixes_are_those_of_the_object(key in "([a-c./+]|%2F|%25){0,12}", depth in 0usize..4) {
            let object: Vec<u8> = percent_encoding::percent_decode(key.as_bytes()).collect();
            if let Some(plain) = plain_prefix(key.as_bytes(), depth) {
                prop_assert_eq!(plain, prefix(&object, depth));
            } else {
                prop_assert!(key.contains(['%', '+']));
            }
        }
    }

    #[test]
    fn times_sort_as_texts() {
        let texts = [i64::MIN, -1, 0, 1, 1_786_000_000_123, i64::MAX].map(|millis| {
            let mut text = Vec::new();
            write_time(Timestamp::from_millis(millis), &mut text);
            assert_eq!(read_time(&text), Some(Timestamp::from_millis(millis)));
            text
        });
        assert!(texts.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn extensions_and_networks() {
        for (object, expected) in
            [("a.txt", Some("txt")), (".bashrc", None), ("a.b/c", None), ("a.", None), ("x.y z", None)]
        {
            assert_eq!(extension(object.as_bytes()), expected.map(str::as_bytes), "{object}");
        }
        for (address, expected) in [
            ("192.0.2.77", "192.0.2.0/24"),
            ("::ffff:192.0.2.3", "192.0.2.0/24"),
            ("2001:db8::1", "2001:db8::/64"),
            ("x.x.41.39", "x.x.41.39"),
        ] {
            let mut out = Vec::new();
            write_network(address.as_bytes(), &mut out);
            assert_eq!(out, expected.as_bytes());
        }
    }
}
