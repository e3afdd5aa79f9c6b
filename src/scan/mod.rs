//! The engine: sources → parser → filter → one aggregate per thread → merged.
//!
//! [`aggregate`] folds every matching record; [`stream`] writes every matching record out, in the order of the input, and [`sorted`]
//! in that of their times. All go through the same worker, and count every line.

mod fold;
mod rejects;
mod reorder;
mod sorted;
mod stream;
mod worker;

pub(crate) use fold::aggregate;
#[cfg(feature = "sql")]
pub(crate) use reorder::{OrderedSink, Reorder};
pub(crate) use sorted::{Sort, sorted};
pub(crate) use stream::{Limit, stream};
#[cfg(feature = "sql")]
pub(crate) use worker::{RecordSink, run};

use std::io::Write;
use std::sync::Arc;

use crate::aggregate::Dedup;
use crate::filter::{Filter, Misses};
use crate::parser::Columns;
use crate::report::Tally;
use crate::source::{Cancel, Items, Progress, Unread};
use crate::spill::Space;
use crate::time::Timestamp;

/// What to read, and how.
pub(crate) struct Scan<'a> {
    /// What to read.
    pub(crate) items: Items,
    /// The columns of delimited lines without a header.
    pub(crate) columns: Option<Arc<Columns>>,
    /// Which records count.
    pub(crate) filter: &'a Filter,
    /// Whether sources may leave out records that cannot pass.
    #[cfg_attr(not(feature = "sql"), expect(dead_code, reason = "only stores can"))]
    pub(crate) may_leave_out: bool,
    /// How many threads read.
    pub(crate) threads: usize,
    /// Set to end early.
    pub(crate) cancel: &'a Cancel,
    /// Counts what was read.
    pub(crate) progress: &'a Progress,
    /// The records that have been seen before, where those are to be left out.
    pub(crate) seen: Option<Arc<Dedup>>,
    /// How much memory an aggregate may take on all threads, and where the rest goes.
    pub(crate) space: &'a Space,
    /// Where lines that cannot be read are written, with their source, line number and reason.
    pub(crate) rejects: Option<&'a mut (dyn Write + Send)>,
}

/// What was read, and what could not be.
#[derive(Debug, Default)]
pub(crate) struct Scanned {
    /// What was read.
    pub(crate) tally: Tally,
    /// Items that could not be read to their end.
    pub(crate) unread: Vec<Unread>,
    /// When the newest log was delivered, of those in a bucket that hold a record that passed the filters.
    pub(crate) newest_delivery: Option<Timestamp>,
    /// Why nothing passed the filters, if nothing did.
    pub(crate) misses: Misses,
    /// Records that a store left out, because they cannot pass.
    pub(crate) passed_over: u64,
}
