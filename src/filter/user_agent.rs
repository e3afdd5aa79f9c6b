//! `--user-agent`: with what program.

use std::str::FromStr;

use super::BadValue;
use super::choice::{Predicate, Value};
use super::glob::Case;
use super::text::Text;
use crate::parser::{Entry, Field};

/// The User-Agent header, in upper or lower case. A client can send an empty one, so the empty text is a value.
#[derive(Clone, Debug)]
pub struct UserAgent(Text);

impl FromStr for UserAgent {
    type Err = BadValue;

    fn from_str(typed: &str) -> Result<Self, BadValue> {
        Text::new(typed, Case::Ignored).map(Self)
    }
}

impl Value for UserAgent {
    const COMMAS: bool = false;
}

impl Predicate for UserAgent {
    #[inline]
    fn matches(&self, entry: &Entry<'_>) -> bool {
        self.0.matches(entry.get(Field::UserAgent))
    }
}
