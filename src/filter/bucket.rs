//! `--source-bucket`: which bucket was accessed.

use std::str::FromStr;

use super::BadValue;
use super::choice::{Predicate, Value};
use super::glob::{Case, Glob};
use super::text::{Text, not_empty};
use crate::parser::{Entry, Field};

const FORMS: &str = "a bucket name, or a pattern such as prod-*";

/// The bucket that was accessed. Old bucket names have upper case, so case counts.
#[derive(Clone, Debug)]
pub struct SourceBucket(Text);

impl SourceBucket {
    /// The bucket of just this name, whatever characters it holds.
    pub fn named(name: &str) -> Self {
        Self(Text::Glob(Glob::literal(name.as_bytes())))
    }
}

impl FromStr for SourceBucket {
    type Err = BadValue;

    fn from_str(typed: &str) -> Result<Self, BadValue> {
        Text::new(not_empty(typed, FORMS)?, Case::Sensitive).map(Self)
    }
}

impl Value for SourceBucket {
    const COMMAS: bool = true;
}

impl Predicate for SourceBucket {
    #[inline]
    fn matches(&self, entry: &Entry<'_>) -> bool {
        self.0.matches(entry.get(Field::Bucket))
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
        assert!(!with(&[], |entry| SourceBucket::named("*").matches(entry)));
        assert!(with(&[], |entry| SourceBucket::named("my-bucket").matches(entry)));
    }
}
