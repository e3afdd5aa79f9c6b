//! `--status`: with what outcome.

use std::str::FromStr;

use super::include_exclude::{IncludeExclude, Value};
use crate::digits;
use crate::record::Record;
use crate::value_error::ValueError;

const FORMS: &str = "100 to 599, such as 403, 4xx or 500-503, or - for S3's own work, which has no status";

/// Status codes: one, a class, a range, or none at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// From the first to the last.
    Codes(u16, u16),
    /// S3's own work.
    None,
}

impl FromStr for Status {
    type Err = ValueError;

    fn from_str(typed: &str) -> Result<Self, ValueError> {
        if typed == "-" || typed.eq_ignore_ascii_case("none") {
            return Ok(Self::None);
        }
        let (first, last) = typed.split_once('-').unwrap_or((typed, typed));
        let codes = codes(first.trim()).zip(codes(last.trim()));
        let ((first, _), (_, last)) = codes.ok_or_else(|| ValueError::invalid("status", typed, FORMS))?;
        if first > last {
            return Err(ValueError::because("status", typed, "the range ends before it starts", FORMS));
        }
        Ok(Self::Codes(first, last))
    }
}

impl Value for Status {
    const HOLDS_COMMAS: bool = false;
}

/// The first and the last code of `403` or `4xx`.
fn codes(text: &str) -> Option<(u16, u16)> {
    let code = |text| digits::fixed::<3>(text).map(|code| code as u16);
    match *text.as_bytes() {
        [class @ b'1'..=b'5', b'x' | b'X', b'x' | b'X'] => {
            Some((code([class, b'0', b'0'])?, code([class, b'9', b'9'])?))
        }
        [class @ b'1'..=b'5', tens, ones] => code([class, tens, ones]).map(|code| (code, code)),
        _ => None,
    }
}

/// The status codes of a run, one bit for each.
#[derive(Clone, Debug)]
pub(crate) struct Statuses {
    codes: Box<[u64; 16]>,
    none: bool,
}

impl Statuses {
    /// Whether the record's outcome is wanted.
    #[inline]
    pub(crate) fn matches(&self, record: &Record<'_>) -> bool {
        match record.http_status() {
            Some(code) => self.holds(code),
            None => self.none,
        }
    }

    /// Whether what has no status is wanted.
    #[cfg(feature = "sql")]
    pub(super) fn holds_none(&self) -> bool {
        self.none
    }

    /// Whether a status code is wanted.
    #[inline]
    pub(crate) fn holds(&self, code: u16) -> bool {
        self.codes.get(usize::from(code / 64)).is_some_and(|bits| bits & (1 << (code % 64)) != 0)
    }
}

impl From<IncludeExclude<Status>> for Statuses {
    fn from(choice: IncludeExclude<Status>) -> Self {
        let mut codes = Box::new([0_u64; 16]);
        for code in 0..1000_u16 {
            if choice.passes(
                |status| matches!(status, Status::Codes(first, last) if (first..=last).contains(&&code)),
            ) {
                codes[usize::from(code / 64)] |= 1 << (code % 64);
            }
        }
        Self { codes, none: choice.passes(|status| *status == Status::None) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::tests::{refuses, with};
    use crate::record::Field;

    #[test]
    fn values() {
        let table: &[(&str, Status)] = &[
            ("403", Status::Codes(403, 403)),
            ("4xx", Status::Codes(400, 499)),
            ("5XX", Status::Codes(500, 599)),
            ("500-503", Status::Codes(500, 503)),
            ("4xx-5xx", Status::Codes(400, 599)),
            ("404 - 499", Status::Codes(404, 499)),
            ("-", Status::None),
            ("none", Status::None),
        ];
        for (typed, status) in table {
            assert_eq!(typed.parse(), Ok(*status), "{typed}");
        }
        refuses::<Status>(&[
            "", "99x", "600", "099", "40", "4x", "x", "4x4", "503-500", "-403", "403-", "4xx,", "+40", "４03",
        ]);
    }

    #[test]
    fn outcomes() {
        let table: &[(&str, &str, bool)] = &[
            ("403", "403", true),
            ("403", "404", false),
            ("403,404", "404", true),
            ("4xx", "499", true),
            ("4xx", "500", false),
            ("500-503", "503", true),
            ("4xx,!404", "404", false),
            ("4xx,!404", "403", true),
            ("!2xx", "200", false),
            ("!2xx", "304", true),
            ("!2xx", "-", true),
            ("!2xx", "999", true),
            ("-", "-", true),
            ("-", "200", false),
            ("!-", "200", true),
            ("!-", "-", false),
            ("2xx", "-", false),
        ];
        for (typed, text, expected) in table {
            let statuses = Statuses::from(typed.parse::<IncludeExclude<Status>>().unwrap());
            let matches = with(&[(Field::HttpStatus, text.as_bytes())], |record| statuses.matches(record));
            assert_eq!(matches, *expected, "{typed} {text}");
        }
    }
}
