//! A pattern for a field that can be null.

use super::glob::{Case, Glob};
use crate::value_error::ValueError;

/// What is typed for a text filter: `-` for null, else a glob. No glob matches null, so that `*` is any text at all;
/// a text that is a real dash is `\-`.
#[derive(Clone, Debug)]
pub(super) enum NullableGlob {
    Null,
    Glob(Glob),
}

impl NullableGlob {
    pub(super) fn new(typed: &str, case: Case) -> Result<Self, ValueError> {
        match typed {
            "-" => Ok(Self::Null),
            _ => Glob::new(typed, case).map(Self::Glob),
        }
    }

    #[inline]
    pub(super) fn matches(&self, text: Option<&[u8]>) -> bool {
        match (self, text) {
            (Self::Null, None) => true,
            (Self::Glob(glob), Some(text)) => glob.matches(text),
            _ => false,
        }
    }
}

/// Refuses the empty text, which no value of the field can be: more likely a shell variable that was not set.
pub(super) fn not_empty<'a>(typed: &'a str, forms: &'static str) -> Result<&'a str, ValueError> {
    if typed.is_empty() { Err(ValueError::because("value", typed, "it is empty", forms)) } else { Ok(typed) }
}
