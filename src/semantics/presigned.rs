//! Presigned URLs: the signature in the query of a request.
//!
//! Source: AWS, "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)" and "Signing and
//! Authenticating REST Requests" (version 2).

use std::borrow::Cow;
use std::sync::LazyLock;

use chrono::NaiveDateTime;
use memchr::{memchr, memmem};
use percent_encoding::percent_decode;

use crate::digits;
use crate::record::{Field, Record};
use crate::time::Timestamp;

/// What the names of the parameters that hold a signature end in, in either version.
static SIGNATURE_NAME: LazyLock<memmem::Finder<'static>> =
    LazyLock::new(|| memmem::Finder::new(b"ignature="));

/// The signature in the query of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Presigned<'a> {
    /// The signature, decoded.
    pub(crate) signature: Cow<'a, [u8]>,
    /// When it expires, if the URL says.
    pub(crate) expires: Option<Timestamp>,
    /// How long it is valid, in milliseconds. Version 2 names the expiry only, so there it is the time left when the
    /// request arrived.
    pub(crate) lifetime: Option<u64>,
}

impl<'a> Presigned<'a> {
    /// Of a record; `None` if its request was not presigned.
    #[inline]
    pub(crate) fn of(record: &Record<'a>) -> Option<Self> {
        let uri = record.get(Field::RequestUri)?;
        let query = &uri[memchr(b'?', uri)? + 1..];
        SIGNATURE_NAME.find(query)?;
        Self::read(query.split(|byte| *byte == b' ').next()?, record.timestamp())
    }

    fn read(query: &'a [u8], received: Timestamp) -> Option<Self> {
        let (mut v4, mut v2, mut date, mut seconds, mut end) = (None, None, None, None, None);
        for parameter in query.split(|byte| *byte == b'&') {
            let Some(equals) = memchr(b'=', parameter) else { continue };
            let (name, value) = (&parameter[..equals], &parameter[equals + 1..]);
            let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
            if is(b"x-amz-signature") {
                v4 = Some(value);
            } else if is(b"x-amz-date") {
                date = date_time(value);
            } else if is(b"x-amz-expires") {
                seconds = digits::number(value);
            } else if is(b"signature") {
                v2 = Some(value);
            } else if is(b"expires") {
                end = digits::number(value);
            }
        }
        if let Some(signature) = v4 {
            let lifetime = seconds.map(|seconds| seconds.saturating_mul(1000));
            let end = lifetime.and_then(|lifetime| date?.millis().checked_add_unsigned(lifetime));
            return Some(Self {
                signature: percent_decode(signature).into(),
                expires: end.map(Timestamp::from_millis),
                lifetime,
            });
        }
        // Without an end this is a parameter of the client's own.
        let end = i64::try_from(end?).ok()?.checked_mul(1000)?;
        Some(Self {
            signature: percent_decode(v2?).into(),
            expires: Some(Timestamp::from_millis(end)),
            lifetime: u64::try_from(end.saturating_sub(received.millis())).ok(),
        })
    }

    /// Whether it had expired by then.
    pub(crate) fn is_expired(&self, at: Timestamp) -> bool {
        self.expires.is_some_and(|end| end < at)
    }
}

/// `20260801T100000Z`
fn date_time(text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?;
    let time = NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ").ok()?;
    Some(time.and_utc().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_ends_and_lifetimes() {
        let received = date_time(b"20260801T100000Z").unwrap();
        /// The signature, its expiry and its lifetime.
        type Expected = Option<(&'static str, Option<&'static str>, Option<u64>)>;
        let table: &[(&str, Expected)] = &[
            (
                "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260801T095000Z&X-Amz-Expires=900&X-Amz-Signature=ab12",
                Some(("ab12", Some("2026-08-01T10:05:00Z"), Some(900_000))),
            ),
            (
                "x-amz-date=20260801T095000Z&x-amz-expires=300&x-amz-signature=ab12",
                Some(("ab12", Some("2026-08-01T09:55:00Z"), Some(300_000))),
            ),
            ("X-Amz-Date=now&X-Amz-Expires=x&X-Amz-Signature=ab", Some(("ab", None, None))),
            (
                "X-Amz-Date=20260801T095000Z&X-Amz-Expires=18446744073709551615&X-Amz-Signature=ab",
                Some(("ab", None, Some(u64::MAX))),
            ),
            (
                "AWSAccessKeyId=AKIA&Expires=1785578700&Signature=a%2Bb%3D",
                Some(("a+b=", Some("2026-08-01T10:05:00Z"), Some(300_000))),
            ),
            ("Expires=1&Signature=a", Some(("a", Some("1970-01-01T00:00:01Z"), None))),
            ("signature=mine", None),
            ("Expires=99999999999999999999&Signature=a", None),
            ("", None),
        ];
        for (query, expected) in table {
            let read = Presigned::read(query.as_bytes(), received);
            let read = read.as_ref().map(|presigned| {
                let end = presigned.expires.map(|end| end.to_string());
                (String::from_utf8_lossy(&presigned.signature).into_owned(), end, presigned.lifetime)
            });
            let read = read
                .as_ref()
                .map(|(signature, end, lifetime)| (signature.as_str(), end.as_deref(), *lifetime));
            assert_eq!(read, *expected, "{query}");
        }
        let v4 = Presigned::read(table[1].0.as_bytes(), received).unwrap();
        assert!(v4.is_expired(received) && !v4.is_expired(date_time(b"20260801T095500Z").unwrap()));
    }
}
