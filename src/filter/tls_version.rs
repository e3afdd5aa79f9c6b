//! `--tls-version`: how the connection was encrypted.

use std::str::FromStr;

use super::include_exclude::{Predicate, Value};
use crate::record::{Field, Record};
use crate::value_error::ValueError;

const FORMS: &str = "1.0, 1.1, 1.2 or 1.3, with or without TLSv in front, or - for none (plain HTTP, or a line older than the field)";

/// A version of TLS, however it is written: S3 logs version 1.0 as `TLSv1`, and AWS's examples have `TLSV1.2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TlsVersion(Option<u8>);

impl TlsVersion {
    pub(super) fn matches_text(&self, text: Option<&[u8]>) -> bool {
        match self.0 {
            Some(version) => text.and_then(minor) == Some(version),
            None => text.is_none(),
        }
    }
}

impl FromStr for TlsVersion {
    type Err = ValueError;

    fn from_str(typed: &str) -> Result<Self, ValueError> {
        match typed {
            "-" => Ok(Self(None)),
            _ => match minor(typed.as_bytes()) {
                Some(minor) => Ok(Self(Some(minor))),
                None => Err(ValueError::invalid("TLS version", typed, FORMS)),
            },
        }
    }
}

/// What follows the dot of `TLSv1.2`, `tls1.2` or `1.2`; 0 for `TLSv1`.
fn minor(text: &[u8]) -> Option<u8> {
    let rest = match text.split_at_checked(3) {
        Some((start, rest)) if start.eq_ignore_ascii_case(b"tls") => rest,
        _ => text,
    };
    let rest = rest.strip_prefix(b"v").or_else(|| rest.strip_prefix(b"V")).unwrap_or(rest);
    match rest {
        b"1" => Some(0),
        [b'1', b'.', minor @ b'0'..=b'9'] => Some(minor - b'0'),
        _ => None,
    }
}

impl Value for TlsVersion {
    const HOLDS_COMMAS: bool = false;
}

impl Predicate for TlsVersion {
    fn matches(&self, record: &Record<'_>) -> bool {
        self.matches_text(record.get(Field::TlsVersion))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::include_exclude::IncludeExclude;
    use crate::filter::tests::refuses;
    use crate::parser::Parser;

    #[test]
    fn versions() {
        let table = [
            ("1.0", "TLSv1", true),
            ("TLSv1", "TLSv1", true),
            ("1.0", "TLSv1.1", false),
            ("1.2", "TLSV1.2", true),
            ("tlsv1.2", "TLSv1.2", true),
            ("TLS1.2", "TLSv1.2", true),
            ("1.0,1.1", "TLSv1.1", true),
            ("!1.2,1.3", "TLSv1.3", false),
            ("!1.2,1.3", "-", true),
            ("-", "-", true),
            ("-", "TLSv1.2", false),
            ("1.2", "odd", false),
        ];
        for (typed, text, expected) in table {
            let line = format!(
                "o b [06/Feb/2019:00:00:38 +0000] 192.0.2.3 - R REST.GET.OBJECT k \"GET /k HTTP/1.1\" 200 - 1 2 3 4 \"-\" \"a\" - \
                 s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234= SigV4 ECDHE-RSA AuthHeader h {text}"
            );
            let choice: IncludeExclude<TlsVersion> = typed.parse().unwrap();
            let mut parser = Parser::default();
            assert_eq!(choice.matches(&parser.parse(line.as_bytes()).unwrap()), expected, "{typed} {text}");
        }
        refuses::<TlsVersion>(&["", "2", "1.22", "TLS", "SSLv3"]);
    }
}
