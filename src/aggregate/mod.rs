//! In-memory folds over entries. Each can be cut in parts and merged, so it runs on any number of threads and gives
//! the same answer.

mod bound;
mod dimension;
mod distinct;
mod groups;
mod having;
mod index;
mod metrics;
mod newest;
mod percentiles;
mod queued;
mod seconds;
mod seen;
mod series;
mod step;
mod steps;

pub use bound::Approximation;
pub use dimension::{Derived, Dimension, Dimensions, UnknownDimension, prefix};
pub use distinct::Distinct;
pub use groups::{Groups, first};
pub use having::{Having, NoSuchDistinct, Thresholds};
pub use metrics::{Requests, Span};
pub use newest::Selection;
pub use percentiles::Percentiles;
pub use queued::Queued;
pub use seconds::Seconds;
pub use seen::{Ids, Seen};
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

    /// About how many bytes it takes, if it has to hold all it is given: where to leave something out would make an answer
    /// wrong and not approximate. Asked after each chunk of lines, so that a run can end before it takes more than it may.
    fn exact_bytes(&self) -> usize {
        0
    }

    /// Says where the entries to come are from, for reports about the sources themselves. Called for each chunk of lines, not
    /// for each line.
    fn enter(&mut self, _source: &str) {}

    /// Says what became of the lines of the source that was entered.
    fn leave(&mut self, _source: &str, _lines: Lines) {}
}

/// What became of the lines of a source, or of a part of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// Lines that are not blank.
    pub lines: u64,
    /// Lines that were read as a record, whether or not it passed the filters.
    pub records: u64,
    /// Lines that could not be read.
    pub rejected: u64,
    /// Records whose referer and user agent can be told apart in more than one way.
    pub ambiguous: u64,
    /// Whether the source has, or may have, other parts.
    pub is_part: bool,
    /// Whether these are its first lines.
    pub is_start: bool,
}

impl Merge for Lines {
    fn merge(&mut self, other: Self) {
        self.lines += other.lines;
        self.records += other.records;
        self.rejected += other.rejected;
        self.ambiguous += other.ambiguous;
        self.is_part |= other.is_part;
        self.is_start |= other.is_start;
    }
}

/// Values that are kept for each group, and merged: on several threads, if there are many of them.
pub trait Merge: Default + Send {
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
