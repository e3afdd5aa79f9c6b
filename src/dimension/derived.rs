//! What can be derived from the fields of a record.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use chrono::Datelike as _;
use memchr::{memchr_iter, memchr3_iter, memrchr};

use crate::record::{Field, FieldKind, Record};
use crate::semantics::{Geoip, access_key_id, is_bot, parameter, referer_host, write_client};
use crate::time::{CalendarUnit, Timestamp, Zone};

/// How derived fields are read.
#[derive(Clone, Debug, Default)]
pub(crate) struct DeriveOptions {
    /// How many parts a prefix has.
    pub(crate) depth: usize,
    /// Whose days and hours they are.
    pub(crate) zone: Zone,
    /// What tells the countries and networks of addresses.
    pub(crate) geoip: Geoip,
}

/// A dimension is asked for that only a database of addresses knows, and there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is read from a database of addresses: name one with --geoip FILE")]
pub(crate) struct NoGeoip(super::Dimension);

impl DeriveOptions {
    /// Whether a dimension can be read.
    ///
    /// # Errors
    /// If it needs a database of addresses, and there is none.
    pub(crate) fn check(&self, dimension: super::Dimension) -> Result<(), NoGeoip> {
        if dimension.needs_geoip() && self.geoip.is_empty() { Err(NoGeoip(dimension)) } else { Ok(()) }
    }
}

/// The name of a query parameter. The names that were typed are kept as long as the process runs: there are few of them, and so a
/// dimension can be copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ParamName(&'static str);

/// The names that have been typed, each as a dimension is called: `param:uploadId`.
static PARAM_NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

impl ParamName {
    /// The parameter of this name.
    pub(crate) fn new(name: &str) -> Self {
        let name = format!("param:{name}");
        let mut names = PARAM_NAMES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = names.get(name.as_str()) {
            return Self(known);
        }
        let kept: &'static str = Box::leak(name.into_boxed_str());
        names.insert(kept);
        Self(kept)
    }

    /// The parameter's name, without `param:`.
    fn parameter(self) -> &'static str {
        self.0.strip_prefix("param:").unwrap_or_default()
    }
}

macro_rules! derived {
    ($($variant:ident $name:literal $kind:ident $doc:literal;)*) => {
        /// What can be derived from the fields of a record.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Derived {
            $(#[doc = $doc] $variant,)*
            /// A parameter of the query of the request URI, decoded.
            Param(ParamName),
        }

        impl Derived {
            /// All that have a name of their own.
            pub(super) const ALL: &[Derived] = &[$(Derived::$variant,)*];

            /// Its name in `--by` and in every output.
            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $(Derived::$variant => $name,)*
                    Derived::Param(name) => name.0,
                }
            }

            /// What it is, in one sentence.
            pub(crate) const fn doc(self) -> &'static str {
                match self {
                    $(Derived::$variant => $doc,)*
                    Derived::Param(_) => "A parameter of the query of the request URI, decoded.",
                }
            }

            /// All that have a name of their own.
            pub(crate) fn all() -> impl Iterator<Item = Self> {
                Self::ALL.iter().copied()
            }

            /// What its text stands for.
            pub(crate) const fn kind(self) -> FieldKind {
                match self {
                    $(Derived::$variant => FieldKind::$kind,)*
                    Derived::Param(_) => FieldKind::Text,
                }
            }
        }
    };
}

derived! {
    Account "account" Text "The account of the requester's ARN.";
    Principal "principal" Text "The requester's short name: user, role, service.";
    Identity "identity" Text "The requester, an assumed role without its session.";
    AccessKeyId "access_key_id" Text "The access key of a presigned URL.";
    Method "method" Text "The second part of the operation: `GET`.";
    Client "client" Text "Family and major version of the user agent.";
    Bot "bot" Boolean "Whether the user agent is that of a crawler.";
    StatusClass "status_class" Text "The class of the status, such as `4xx`.";
    Prefix "prefix" Text "The first parts of the decoded key, as many as the depth says.";
    Object "object" Text "The decoded key.";
    ObjectVersion "object_version" Text "Bucket, decoded key and version: `bucket/key?versionId=ID`.";
    Extension "extension" Text "What follows the last dot of the decoded key, in lower case.";
    RefererHost "referer_host" Text "The host of the referer, in lower case.";
    Network "network" Text "The client's /24 (IPv4) or /64 (IPv6).";
    Country "country" Text "The country of the client's address, with `--geoip`.";
    Asn "asn" Integer "The autonomous system of the address, with `--geoip`.";
    AsName "as_name" Text "Whose autonomous system it is, with `--geoip`.";
    Month "month" Text "The month: `2026-08`.";
    Week "week" Text "The week of ISO 8601: `2026-W31`.";
    Day "day" Text "The date.";
    Hour "hour" Time "The start of the hour.";
    Minute "minute" Time "The start of the minute.";
    Weekday "weekday" Text "The day of the week: `mon`.";
    HourOfDay "hour_of_day" Integer "The hour of the day, from 0 to 23.";
}

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

const MINUTE: i64 = 60_000;

/// A character that was encoded twice takes so many bytes: `%252F`.
const ENCODED_LEN: usize = 5;

/// Longer than any extension that people use.
const MAX_EXTENSION: usize = 12;

impl Derived {
    /// Writes the value to the end of `out`; `None` is null.
    pub(crate) fn write(self, record: &Record<'_>, options: &DeriveOptions, out: &mut Vec<u8>) -> Option<()> {
        let (depth, zone) = (options.depth, options.zone);
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
                match plain_extension(record.key()?) {
                    Some(extension) => out.extend_from_slice(extension),
                    None => out.extend_from_slice(extension(&record.object()?)?),
                }
                out[start..].make_ascii_lowercase();
            }
            Self::Network => write_network(record.get(Field::RemoteIp)?, out),
            Self::AccessKeyId => out.extend_from_slice(&access_key_id(record)?),
            Self::Param(name) => out.extend_from_slice(&parameter(record, name.parameter())?),
            Self::Bot => {
                out.extend_from_slice(if is_bot(record.get(Field::UserAgent)?) { b"Yes" } else { b"-" });
            }
            Self::ObjectVersion => {
                out.extend_from_slice(record.get(Field::Bucket)?);
                out.push(b'/');
                record.write_object(out)?;
                if let Some(version) = record.get(Field::VersionId) {
                    out.extend_from_slice(b"?versionId=");
                    out.extend_from_slice(version);
                }
            }
            Self::RefererHost => out.extend_from_slice(&referer_host(record)?),
            Self::Country => {
                out.extend_from_slice(options.geoip.country(record.get(Field::RemoteIp)?)?.as_bytes());
            }
            Self::Asn => {
                let asn = options.geoip.asn(record.get(Field::RemoteIp)?)?;
                out.extend_from_slice(asn.to_string().as_bytes());
            }
            Self::AsName => {
                out.extend_from_slice(options.geoip.as_name(record.get(Field::RemoteIp)?)?.as_bytes());
            }
            Self::Month => {
                let start = out.len();
                zone.write_date(record.timestamp(), out);
                let day = memrchr(b'-', &out[start..])?;
                out.truncate(start + day);
            }
            Self::Week => {
                let week = zone.clock(record.timestamp())?.iso_week();
                out.extend_from_slice(format!("{:04}-W{:02}", week.year(), week.week()).as_bytes());
            }
            Self::Weekday => {
                let day = zone.clock(record.timestamp())?.weekday().num_days_from_monday();
                out.extend_from_slice(WEEKDAYS.get(day as usize)?.as_bytes());
            }
            Self::HourOfDay => {
                let seconds = record.timestamp().millis().div_euclid(1_000)
                    + i64::from(zone.seconds_ahead(record.timestamp())?);
                let hour = seconds.rem_euclid(86_400) / 3_600;
                out.extend_from_slice(hour.to_string().as_bytes());
            }
            Self::Day => zone.write_date(record.timestamp(), out),
            Self::Hour => write_time(zone.floor(record.timestamp(), 60 * MINUTE), out),
            Self::Minute => write_time(zone.floor(record.timestamp(), MINUTE), out),
        }
        Some(())
    }
}

impl super::Dimension {
    /// The unit of its spans, if its values are times.
    pub(crate) const fn time_unit(self) -> Option<CalendarUnit> {
        Some(match self {
            Self::Field(Field::Timestamp) => CalendarUnit::Millisecond,
            Self::Derived(Derived::Minute) => CalendarUnit::Minute,
            Self::Derived(Derived::Hour) => CalendarUnit::Hour,
            Self::Derived(Derived::Day) => CalendarUnit::Day,
            Self::Derived(Derived::Week) => CalendarUnit::Week,
            Self::Derived(Derived::Month) => CalendarUnit::Month,
            _ => return None,
        })
    }
}

/// Writes a time as digits of one length, which sort as times do and hold no zero byte.
pub(crate) fn write_time(time: Timestamp, out: &mut Vec<u8>) {
    let bytes = (time.millis() ^ i64::MIN).to_be_bytes();
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    out.extend(digits.map(|digit| b"0123456789abcdef"[usize::from(digit)]));
}

/// The time of a value of `timestamp`, `hour` or `minute`.
pub(crate) fn read_time(value: &[u8]) -> Option<Timestamp> {
    let millis = u64::from_str_radix(std::str::from_utf8(value).ok()?, 16).ok()?;
    Some(Timestamp::from_millis(millis.cast_signed() ^ i64::MIN))
}

/// The first `depth` parts of an object's name, each with its slash; empty for an object at the top.
pub(crate) fn prefix(object: &[u8], depth: usize) -> &[u8] {
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

/// The same of a key as the log writes it, if nothing near its end is encoded: most keys need no decoding.
fn plain_extension(key: &[u8]) -> Option<&[u8]> {
    let dot = memrchr(b'.', key)?;
    // What is in front of the dot tells whether it begins a name, and can be an encoded slash.
    let is_plain = key[..dot].last().is_some_and(|byte| *byte != b'/')
        && !key[dot.saturating_sub(ENCODED_LEN)..dot].contains(&b'%');
    let extension = &key[dot + 1..];
    let is_usual =
        (1..=MAX_EXTENSION).contains(&extension.len()) && extension.iter().all(u8::is_ascii_alphanumeric);
    (is_plain && is_usual).then_some(extension)
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
pub(crate) fn write_network(address: &[u8], out: &mut Vec<u8>) {
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

    proptest! {
        #[test]
        fn plain_extensions_are_those_of_the_object(key in "([a-c./+]|%2F|%2E|%25|%252F|%252E){0,12}", times in 1..=2) {
            let mut object = key.as_bytes().to_vec();
            for _ in 0..times {
                object = percent_encoding::percent_decode(&object).collect();
            }
            if let Some(plain) = plain_extension(key.as_bytes()) {
                prop_assert_eq!(Some(plain), extension(&object), "{}", key);
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
