//! In-memory folds over entries. Each can be cut in parts and merged, so it runs on any number of threads and gives
//! the same answer.

use crate::parser::Entry;

/// A fold over entries. `merge` is associative and, in its answer, commutative: no answer may depend on which thread saw
/// which entry.
pub trait Aggregate: Send {
    /// Takes one more entry in.
    fn add(&mut self, entry: &Entry<'_>);

    /// Takes in all that another part has seen.
    fn merge(&mut self, other: Self);
}
