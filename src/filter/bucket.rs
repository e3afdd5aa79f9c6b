//! `--source-bucket`: which bucket was accessed.

use std::str::FromStr;

use super::glob::{Case, Glob};
use super::include_exclude::{Predicate, Value};
use super::nullable_glob::{NullableGlob, not_empty};
use crate::record::{Field, Record};
use crate::value_error::ValueError;

const FORMS: &str = "a bucket name, or a pattern such as prod-*";

/// The bucket that was accessed. Old bucket names have upper case, so case counts.
#[derive(Clone, Debug)]
pub(crate) struct SourceBucket(NullableGlob);

impl SourceBucket {
    /// The bucket of exactly this name, whatever characters it holds.
    pub(crate) fn named(name: &str) -> Self {
        Self(NullableGlob::Glob(Glob::literal(name.as_bytes())))
    }

    /// Whether requests to the bucket of this name pass.
    pub(crate) fn matches_name(&self, name: &str) -> bool {
        self.0.matches(Some(name.as_bytes()))
    }

    #[inline]
    pub(super) fn matches_text(&self, text: Option<&[u8]>) -> bool {
        self.0.matches(text)
    }

    /// The name, if it is one and no pattern.
    #[cfg(feature = "sql")]
    pub(super) fn name(&self) -> Option<&str> {
        match &self.0 {
            NullableGlob::Glob(glob) => std::str::from_utf8(glob.exact()?).ok(),
            NullableGlob::Null => None,
        }
    }
}

impl FromStr for SourceBucket {
    type Err = ValueError;

    fn from_str(typed: &str) -> Result<Self, ValueError> {
        NullableGlob::new(not_empty(typed, FORMS)?, Case::Sensitive).map(Self)
    }
}

impl Value for SourceBucket {
    const HOLDS_COMMAS: bool = false;
}

impl Predicate for SourceBucket {
    #[inline]
    fn matches(&self, record: &Record<'_>) -> bool {
        self.matches_text(record.get(Field::Bucket))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::tests::{check, refuses, with};

    #[test]
    fn buckets() {
        check::<SourceBucket>(
            Field::Bucket,
            &[
                ("prod-a", "prod-a", true),
                ("prod-a", "Prod-a", false),
                ("prod-*", "prod-a", true),
                ("prod-a, prod-b", "prod-b", true),
                ("!prod-*", "test.b", true),
                ("*_1", "OLD_1", true),
            ],
        );
        refuses::<SourceBucket>(&["", "a,,b"]);
    }

    #[test]
    fn a_name_is_no_pattern() {
        assert!(!with(&[], |record| SourceBucket::named("*").matches(record)));
        assert!(with(&[], |record| SourceBucket::named("my-bucket").matches(record)));
    }
}
