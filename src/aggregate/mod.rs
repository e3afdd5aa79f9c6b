//! In-memory folds over records. Each can be cut in parts and merged, so it runs on any number of threads and gives
//! the same answer.

mod dedup;
mod detailed;
mod distinct;
mod group_by;
mod having;
mod intervals;
mod key;
mod metrics;
mod percentiles;
mod seconds;
mod series;
mod sort_key;
mod table;
mod top_records;
mod trend;

pub(crate) use dedup::{Dedup, SeenIds};
pub(crate) use detailed::{Counted, Detailed, Details};
pub(crate) use distinct::{Distinct, DistinctValues, Values};
pub(crate) use group_by::{Combination, Dimensions};
pub(crate) use having::{Having, Nearest, Thresholds};
pub(crate) use intervals::Intervals;
pub(crate) use key::{KeyBuffer, KeyReader, split_numbers};
pub(crate) use metrics::{Requests, TimeRange};
pub(crate) use percentiles::Percentiles;
pub(crate) use seconds::Seconds;
pub(crate) use series::Series;
pub(crate) use sort_key::SortKey;
pub(crate) use table::{Approximation, GroupTable, Groups, Prefetched, top_n};
pub(crate) use top_records::TopRecords;
pub(crate) use trend::Trend;

pub(crate) use crate::dimension::{DeriveOptions, Derived, Dimension, prefix, read_time};
use crate::record::Record;
use serde::{Deserialize, Serialize};

/// A fold over records. `merge` is associative and, in its answer, commutative: no answer may depend on which thread saw
/// which record.
pub(crate) trait Aggregate: Send {
    /// Whether it counts lines too whose records do not pass, so that no source may leave them out.
    const COUNTS_LINES: bool = false;

    /// Takes one more record in.
    fn add(&mut self, record: &Record<'_>);

    /// Takes in all that another part has seen.
    fn merge(&mut self, other: Self);

    /// About how many bytes it takes. Asked after each chunk of lines, so that a run ends before it takes more than it may.
    /// Tables with a bound of their own keep it; the rest has to hold all it is given, because to leave anything out would make
    /// the answer wrong and not approximate.
    fn memory(&self) -> usize;

    /// Says where the records to come are from, for reports about the sources themselves. Called for each chunk of lines, not
    /// for each line.
    fn enter(&mut self, _source: &str) {}

    /// Says what became of the lines of the source that was entered.
    fn leave(&mut self, _source: &str, _lines: Lines) {}
}

/// What became of the lines of a source, or of a part of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lines {
    /// Lines that are not blank.
    pub(crate) lines: u64,
    /// Lines that were read as a record, whether or not it passed the filters.
    pub(crate) records: u64,
    /// Lines that could not be read.
    pub(crate) rejected: u64,
    /// Records whose referer and user agent can be told apart in more than one way.
    pub(crate) ambiguous: u64,
    /// Whether the source has, or may have, other parts.
    pub(crate) is_part: bool,
    /// Whether these are its first lines.
    pub(crate) is_start: bool,
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
pub(crate) trait Merge: Default + Send {
    /// Takes in what another part has seen of the same group.
    fn merge(&mut self, other: Self);

    /// How much the group weighs: where memory is bounded, the lightest ones are left out. For counts, the count.
    fn weight(&self) -> u64 {
        1
    }

    /// About how many bytes it holds outside of itself: what its vectors, boxes and tables take. Asked before and after each
    /// change, so it has to be cheap.
    #[inline]
    fn heap_bytes(&self) -> usize {
        0
    }
}

impl Merge for u64 {
    fn merge(&mut self, other: Self) {
        *self = self.saturating_add(other);
    }

    fn weight(&self) -> u64 {
        *self
    }
}

impl Merge for () {
    fn merge(&mut self, (): Self) {}
}
