//! What records can be grouped by: every field, and what can be derived from the fields.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use memchr::{memchr, memchr_iter, memchr2_iter, memrchr};

use crate::record::{Field, Record};
use crate::semantics::write_client;
use crate::time::{Timestamp, Zone};

/// Something that records can be grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// A field of the log.
    Field(Field),
    /// Something derived from one.
    Derived(Derived),
}

macro_rules! derived {
    ($($variant:ident $name:literal $doc:literal;)*) => {
        /// What can be derived from the fields of a record.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Derived {
            $(#[doc = $doc] $variant,)*
        }

        impl Derived {
            const ALL: &[Derived] = &[$(Derived::$variant,)*];

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

// Several values make one key whose bytes sort as the values do: null before text, and a text ends in a zero byte, which
// is marked where it is part of the text.
const NULL: u8 = 1;
const SOME: u8 = 2;
const ZERO: u8 = 0xff;

/// Longer than any extension that people use.
const MAX_EXTENSION: usize = 12;

impl Dimension {
    /// Its name in `--by` and in every output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Field(field) => field.name(),
            Self::Derived(derived) => derived.name(),
        }
    }

    /// All names, as they can be typed.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let fields = Field::ALL.into_iter().map(Field::name);
        fields.chain(Derived::ALL.iter().map(|derived| derived.name()))
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What was typed names nothing to group by.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no `{0}` to group by; there are: {all}", all = Dimension::names().collect::<Vec<_>>().join(", "))]
pub struct UnknownDimension(String);

impl FromStr for Dimension {
    type Err = UnknownDimension;

    fn from_str(text: &str) -> Result<Self, UnknownDimension> {
        // `--by remote-ip` is what fingers type.
        let name = text.trim().replace('-', "_");
        if let Ok(field) = name.parse() {
            return Ok(Self::Field(field));
        }
        let derived = Derived::ALL.iter().find(|derived| derived.name() == name);
        derived.map(|derived| Self::Derived(*derived)).ok_or_else(|| UnknownDimension(text.to_owned()))
    }
}

/// One or more dimensions, and how to read them.
#[derive(Clone, Debug)]
pub struct Dimensions {
    list: Vec<Dimension>,
    depth: usize,
    zone: Zone,
}

impl Dimensions {
    /// GroupTable by all of `list` together. `depth` is the number of parts in a prefix; days and hours are those of `zone`.
    pub fn new(list: Vec<Dimension>, depth: usize, zone: Zone) -> Self {
        Self { list, depth, zone }
    }

    /// The dimensions, in the order in which they were asked for.
    pub fn list(&self) -> &[Dimension] {
        &self.list
    }

    /// The record's key for [`super::GroupTable`]. `scratch` serves for what cannot be borrowed from the record.
    #[inline]
    pub fn key<'a>(&self, record: &Record<'a>, scratch: &'a mut Vec<u8>) -> &'a [u8] {
        if let [Dimension::Field(field)] = self.list[..] {
            // A single field is its own key, and a dash is the key of its absence: no other value is a lone dash, but for
            // the object of that name, which is told apart by a second one.
            return match (value(field, record), field) {
                (None, _) => b"-",
                (Some(b"-"), _) => b"--",
                (Some(text), _) => text,
            };
        }
        scratch.clear();
        if self.list.is_empty() {
            // The key of all records is no empty text: comparing nothing with nothing takes longer than a byte.
            scratch.push(NULL);
        }
        let mut texts = 0;
        for dimension in &self.list {
            texts += usize::from(self.push(*dimension, record, scratch));
        }
        if memchr_iter(0, scratch).count() > texts {
            self.mark_zeros(record, scratch);
        }
        scratch
    }

    /// Writes a value and what ends it behind `out`. Returns whether it is a text, and no null.
    #[inline]
    fn push(&self, dimension: Dimension, record: &Record<'_>, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        out.push(SOME);
        let is_text = match dimension {
            Dimension::Field(field) => value(field, record).map(|text| out.extend_from_slice(text)),
            Dimension::Derived(derived) => self.derive(derived, record, out),
        };
        match is_text {
            Some(()) => out.push(0),
            None => {
                out.truncate(start);
                out.push(NULL);
            }
        }
        is_text.is_some()
    }

    /// Writes a key anew that has a zero byte in one of its texts.
    #[cold]
    fn mark_zeros(&self, record: &Record<'_>, key: &mut Vec<u8>) {
        key.clear();
        let mut value = Vec::new();
        for dimension in &self.list {
            value.clear();
            let is_text = self.push(*dimension, record, &mut value);
            let (text, end) = value.split_at(value.len() - usize::from(is_text));
            key.extend(
                text.iter().flat_map(|byte| [*byte, ZERO].into_iter().take(1 + usize::from(*byte == 0))),
            );
            key.extend_from_slice(end);
        }
    }

    /// Whether there is nothing behind a key: every value is null.
    pub fn is_null(&self, key: &[u8]) -> bool {
        match self.list[..] {
            [Dimension::Field(_)] => key == b"-",
            _ => key.iter().all(|byte| *byte == NULL),
        }
    }

    /// The values behind a key, one for each dimension; `None` is null.
    pub fn values(&self, mut key: &[u8]) -> Vec<Option<Vec<u8>>> {
        if let [Dimension::Field(_)] = self.list[..] {
            return vec![match key {
                b"-" => None,
                b"--" => Some(b"-".to_vec()),
                text => Some(text.to_vec()),
            }];
        }
        let mut values = Vec::with_capacity(self.list.len());
        while values.len() < self.list.len()
            && let Some((kind, rest)) = key.split_first()
        {
            key = rest;
            values.push((*kind == SOME).then(|| {
                let mut text = Vec::new();
                while let Some(zero) = memchr(0, key) {
                    text.extend_from_slice(&key[..zero]);
                    key = &key[zero + 1..];
                    match key.strip_prefix(&[ZERO]) {
                        Some(rest) => key = rest,
                        None => break,
                    }
                    text.push(0);
                }
                text
            }));
        }
        values
    }

    /// Writes a derived value behind `out`; `None` is null.
    fn derive(&self, derived: Derived, record: &Record<'_>, out: &mut Vec<u8>) -> Option<()> {
        match derived {
            Derived::Account => out.extend_from_slice(record.requester().account()?),
            Derived::Principal => out.extend_from_slice(record.requester().principal()?),
            Derived::Identity => out.extend_from_slice(record.requester().identity()?),
            Derived::Method => out.extend_from_slice(record.operation().method()?),
            Derived::Client => write_client(record.get(Field::UserAgent)?, out),
            Derived::StatusClass => {
                let status = record.http_status()?;
                out.extend_from_slice(&[b'0' + (status / 100) as u8, b'x', b'x']);
            }
            Derived::Prefix => match plain_prefix(record.key()?, self.depth) {
                Some(prefix) => out.extend_from_slice(prefix),
                None => out.extend_from_slice(prefix(&record.object()?, self.depth)),
            },
            Derived::Object => record.write_object(out)?,
            Derived::Extension => {
                let start = out.len();
                out.extend_from_slice(extension(&record.object()?)?);
                out[start..].make_ascii_lowercase();
            }
            Derived::Network => write_network(record.get(Field::RemoteIp)?, out),
            Derived::Day => self.zone.write_date(record.timestamp(), out),
            Derived::Hour => self.write_start(record.timestamp(), 60 * MINUTE, out),
            Derived::Minute => self.write_start(record.timestamp(), MINUTE, out),
        }
        Some(())
    }

    /// As digits of one length, which sort as times do and hold no zero byte.
    fn write_start(&self, time: Timestamp, millis: i64, out: &mut Vec<u8>) {
        let start = self.zone.floor(time, millis).millis().to_be_bytes();
        let digits = start.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        out.extend(digits.map(|digit| b"0123456789abcdef"[usize::from(digit)]));
    }

    /// The time behind a value of `hour` or `minute`.
    pub fn time(value: &[u8]) -> Option<Timestamp> {
        let millis = u64::from_str_radix(std::str::from_utf8(value).ok()?, 16).ok()?;
        Some(Timestamp::from_millis(millis.cast_signed()))
    }
}

#[inline]
fn value<'a>(field: Field, record: &Record<'a>) -> Option<&'a [u8]> {
    match field {
        Field::Requester => record.requester().text(),
        field => record.get(field),
    }
}

/// The first `depth` parts of an object's name, each with its slash; empty for an object at the top.
pub fn prefix(object: &[u8], depth: usize) -> &[u8] {
    let slashes = memchr_iter(b'/', object).take(depth);
    slashes.last().map_or(&[], |slash| &object[..=slash])
}

/// The same of a key as it stands in the log, if nothing in front of the prefix's end is encoded: most keys need not be
/// decoded for it.
fn plain_prefix(key: &[u8], depth: usize) -> Option<&[u8]> {
    let (mut end, mut left) = (0, depth);
    let mut marks = memchr2_iter(b'/', b'%', key);
    while left > 0
        && let Some(at) = marks.next()
    {
        if key[at] == b'%' {
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

/// The /24 or /64 of an address; what is no address (a redacted one) stays as it is.
fn write_network(address: &[u8], out: &mut Vec<u8>) {
    let text = std::str::from_utf8(address).unwrap_or_default();
    let network = if let Ok(v4) = text.parse::<Ipv4Addr>() {
        let [a, b, c, _] = v4.octets();
        format!("{a}.{b}.{c}.0/24")
    } else if let Ok(v6) = text.parse::<Ipv6Addr>() {
        let [a, b, c, d, ..] = v6.segments();
        format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
    } else {
        return out.extend_from_slice(address);
    };
    out.extend_from_slice(network.as_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::parser::Parser;

    const LINE: &[u8] = b"o b [06/Feb/2019:23:59:38 +0000] 2001:db8:1:2:3::4 arn:aws:iam::111122223333:user/x/alice R REST.GET.OBJECT a%2Fb%2Fc.Tar.GZ \"GET /a/b/c.Tar.GZ HTTP/1.1\" 403 AccessDenied 1 2 3 4 \"-\" \"aws-cli/2.1\" -";

    fn read(by: &str, depth: usize) -> Vec<Option<String>> {
        let list = by.split(',').map(|name| name.parse().expect("a dimension")).collect();
        let dimensions = Dimensions::new(list, depth, "+02:00".parse().expect("a zone"));
        let mut parser = Parser::default();
        let record = parser.parse(LINE).expect("a record");
        let mut scratch = Vec::new();
        let key = dimensions.key(&record, &mut scratch);
        let values = dimensions.values(key).into_iter();
        values.map(|value| value.map(|text| String::from_utf8_lossy(&text).into_owned())).collect()
    }

    #[test]
    fn every_derived_value() {
        let table = [
            ("account", Some("111122223333")),
            ("principal", Some("alice")),
            ("identity", Some("arn:aws:iam::111122223333:user/x/alice")),
            ("method", Some("GET")),
            ("client", Some("aws-cli/2")),
            ("status_class", Some("4xx")),
            ("prefix", Some("a/b/")),
            ("object", Some("a/b/c.Tar.GZ")),
            ("extension", Some("gz")),
            ("network", Some("2001:db8:1:2::/64")),
            ("day", Some("2019-02-07")),
            ("referer", None),
            ("key", Some("a%2Fb%2Fc.Tar.GZ")),
        ];
        for (by, expected) in table {
            assert_eq!(read(by, 2), [expected.map(str::to_owned)], "{by}");
        }
        assert_eq!(read("prefix", 9), [Some("a/b/".to_owned())]);
        let both = read("referer,http_status,version_id,extension", 1);
        assert_eq!(both, [None, Some("403".to_owned()), None, Some("gz".to_owned())]);
    }

    #[test]
    fn hours_are_times() {
        let dimensions = Dimensions::new(vec!["hour".parse().expect("a dimension")], 1, Zone::Utc);
        let mut parser = Parser::default();
        let record = parser.parse(LINE).expect("a record");
        let mut scratch = Vec::new();
        let key = dimensions.key(&record, &mut scratch);
        let time = dimensions.values(key)[0].as_deref().and_then(Dimensions::time);
        assert_eq!(time.map(|time| time.to_string()).as_deref(), Some("2019-02-06T23:00:00Z"));
    }

    #[test]
    fn names() {
        assert_eq!("remote-ip".parse(), Ok(Dimension::Field(Field::RemoteIp)));
        assert!("ip".parse::<Dimension>().is_err_and(|error| error.to_string().contains("remote_ip")));
    }

    #[test]
    fn no_dimension_is_one_group() {
        let dimensions = Dimensions::new(Vec::new(), 1, Zone::Utc);
        let mut parser = Parser::default();
        let record = parser.parse(LINE).expect("a record");
        let mut scratch = Vec::new();
        let key = dimensions.key(&record, &mut scratch);
        assert!(!key.is_empty() && dimensions.is_null(key) && dimensions.values(key).is_empty());
    }

    #[test]
    fn texts_keep_their_zero_bytes_and_their_order() {
        let line = |bucket: &str, key: &str| {
            let text = String::from_utf8_lossy(LINE).replace(" b [", &format!(" {bucket} ["));
            text.replace("a%2Fb%2Fc.Tar.GZ", key).into_bytes()
        };
        let list = ["bucket", "object", "referer", "minute"].map(|name| name.parse().expect("a dimension"));
        let dimensions = Dimensions::new(list.to_vec(), 1, Zone::Utc);
        let buckets = ["a", "a\0", "a\0b", "ab"];
        let objects = ["x", "x%00", "x%00y", "xy"];
        let names = buckets.iter().flat_map(|bucket| objects.map(|object| (*bucket, object)));
        let keys = names.map(|(bucket, object)| {
            let (line, mut parser, mut scratch) = (line(bucket, object), Parser::default(), Vec::new());
            let key = dimensions.key(&parser.parse(&line).expect("a record"), &mut scratch).to_vec();
            let object = object.replace("%00", "\0");
            let [read_bucket, read_object, None, Some(minute)] = &dimensions.values(&key)[..] else {
                panic!()
            };
            assert_eq!(
                (read_bucket.as_deref(), read_object.as_deref()),
                (Some(bucket.as_bytes()), Some(object.as_bytes()))
            );
            assert_eq!(
                Dimensions::time(minute).map(|time| time.to_string()).as_deref(),
                Some("2019-02-06T23:59:00Z")
            );
            key
        });
        let keys: Vec<_> = keys.collect();
        assert!(keys.is_sorted_by(|a, b| a < b));
    }

    proptest! {
        #[test]
        fn plain_prefixes_are_those_of_the_object(key in "([a-c./]|%2F|%25){0,12}", depth in 0usize..4) {
            let object: Vec<u8> = percent_encoding::percent_decode(key.as_bytes()).collect();
            if let Some(plain) = plain_prefix(key.as_bytes(), depth) {
                prop_assert_eq!(plain, prefix(&object, depth));
            } else {
                prop_assert!(key.contains('%'));
            }
        }
    }

    #[test]
    fn extensions_and_networks() {
        for (object, expected) in
            [("a.txt", Some("txt")), (".bashrc", None), ("a.b/c", None), ("a.", None), ("x.y z", None)]
        {
            assert_eq!(extension(object.as_bytes()), expected.map(str::as_bytes), "{object}");
        }
        for (address, expected) in [("192.0.2.77", "192.0.2.0/24"), ("x.x.41.39", "x.x.41.39")] {
            let mut out = Vec::new();
            write_network(address.as_bytes(), &mut out);
            assert_eq!(out, expected.as_bytes());
        }
    }
}
