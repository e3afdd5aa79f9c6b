//! In-memory folds over entries. Each can be cut in parts and merged, so it runs on any number of threads and gives
//! the same answer.

mod bound;
mod dimension;
mod distinct;
mod groups;
mod having;
mod metrics;
mod newest;
mod percentiles;
mod seconds;
mod series;
mod step;
mod steps;

pub use bound::Approximation;
pub use dimension::{Derived, Dimension, Dimensions, UnknownDimension};
pub use distinct::Distinct;
pub use groups::{Groups, first};
pub use having::{Having, NoSuchDistinct, Thresholds};
pub use metrics::{Requests, Span};
pub use newest::Selection;
pub use percentiles::Percentiles;
pub use seconds::Seconds;
pub use series::Series;
pub use step::{Clock, Step};
pub use steps::Steps;

use crate::parser::Entry;

/// A fold over entries. `merge` is associative and, in its answer, commutative: no answer may depend on which thread saw
/// which entry.
pub trait Aggregate: Send {
    /// Takes one more entry in.
    fn add(&mut self, entry: &Entry<'_>);

    /// Takes in all that another part has seen.
    fn merge(&mut self, other: Self);
}

/// Values that are kept for each group, and merged.
pub trait Merge: Default {
    /// Takes in what another part has seen of the same group.
    fn merge(&mut self, other: Self);

    /// How much the group weighs: where memory is bounded, the lightest ones are left out. For counts, the count.
    fn weight(&self) -> u64 {
        1
    }
}

impl Merge for u64 {
    fn merge(&mut self, other: Self) {
        *self += other;
    }

    fn weight(&self) -> u64 {
        *self
    }
}

impl Merge for () {
    fn merge(&mut self, (): Self) {}
}
