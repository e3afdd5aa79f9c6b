//! How a run reads its items.

use super::{Cancel, Progress};
use crate::spill::Space;
use crate::time::Window;

/// How a run reads.
pub struct Reading<'a> {
    /// Raised to end early.
    pub cancel: &'a Cancel,
    /// Counts what was read.
    pub progress: &'a Progress,
    /// The times that are wanted, for files that can leave out others.
    pub window: Window,
    /// Where large objects go that have to be read from their end.
    pub space: &'a Space,
    /// Whether more of this item may be read now. Answers `true` for the item whose output is next.
    pub gate: &'a (dyn Fn(u64) -> bool + Sync),
}
