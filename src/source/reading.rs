//! How a run reads its items.

use super::{Cancel, Progress};
#[cfg(feature = "sql")]
use crate::filter::Selection;
#[cfg(feature = "sql")]
use crate::spill::Space;

/// How a run reads.
pub(crate) struct Reading<'a> {
    /// Raised to end early.
    pub(crate) cancel: &'a Cancel,
    /// Counts what was read.
    pub(crate) progress: &'a Progress,
    /// What is wanted, for files that can leave out the rest.
    #[cfg(feature = "sql")]
    pub(crate) selection: &'a Selection,
    /// Where large objects go that have to be read from their end.
    #[cfg(feature = "sql")]
    pub(crate) space: &'a Space,
    /// Whether more of this item may be read now. Answers `true` for the item whose output is next.
    pub(crate) gate: &'a (dyn Fn(u64) -> bool + Sync),
}
