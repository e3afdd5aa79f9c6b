//! Which entries count: one predicate a file, each a small value type that reads what was typed.

use crate::parser::Entry;

/// All the filters of a run, read and checked.
#[derive(Clone, Debug, Default)]
pub struct Filter {}

impl Filter {
    /// Whether the entry passes every filter.
    #[inline]
    pub fn matches(&self, _entry: &Entry<'_>) -> bool {
        true
    }
}
