//! `--error`: why a request failed.

use std::str::FromStr;

use super::glob::Case;
use super::include_exclude::{Predicate, Value};
use super::nullable_glob::{NullableGlob, not_empty};
use crate::record::{Field, Record};
use crate::value_error::ValueError;

const FORMS: &str = "an error code such as AccessDenied, a pattern such as NoSuch*, or - for none";

/// An error code, in upper or lower case.
#[derive(Clone, Debug)]
pub(crate) struct ErrorCode(NullableGlob);

impl ErrorCode {
    #[inline]
    pub(super) fn matches_text(&self, text: Option<&[u8]>) -> bool {
        self.0.matches(text)
    }
}

impl FromStr for ErrorCode {
    type Err = ValueError;

    fn from_str(typed: &str) -> Result<Self, ValueError> {
        NullableGlob::new(not_empty(typed, FORMS)?, Case::Ignored).map(Self)
    }
}

impl Value for ErrorCode {
    const HOLDS_COMMAS: bool = false;
}

impl Predicate for ErrorCode {
    #[inline]
    fn matches(&self, record: &Record<'_>) -> bool {
        self.matches_text(record.get(Field::ErrorCode))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::tests::{check, refuses};

    #[test]
    fn error_codes() {
        check::<ErrorCode>(
            Field::ErrorCode,
            &[
                ("AccessDenied", "AccessDenied", true),
                ("accessdenied", "AccessDenied", true),
                ("Denied", "AccessDenied", false),
                ("NoSuch*", "NoSuchKey", true),
                ("AccessDenied,NoSuchKey", "NoSuchKey", true),
                ("*", "NoSuchKey", true),
                ("*", "-", false),
                ("-", "-", true),
                ("-", "NoSuchKey", false),
                ("!-", "NoSuchKey", true),
                ("!*", "-", true),
                ("!NoSuchKey", "-", true),
            ],
        );
        refuses::<ErrorCode>(&["", ",", "[a"]);
    }
}
