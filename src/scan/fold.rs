//! Folds all records into one aggregate: one per thread, merged at the end.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use anyhow::bail;
use bytesize::ByteSize;

use super::worker::{RecordSink, run};
use super::{Scan, Scanned};
use crate::aggregate::{Aggregate, Lines};
use crate::record::Record;
use crate::source::{Cancel, ChunkId};
use crate::spill::Space;

/// Folds all matching records into one aggregate. `fresh` makes the empty aggregate of each thread.
///
/// # Errors
/// If the rejects or temporary files cannot be written, or if the aggregate would take more memory than it may. What cannot be read
/// is not an error: [`Scanned`] has it.
pub(crate) fn aggregate<A: Aggregate>(scan: Scan<'_>, fresh: impl Fn() -> A) -> anyhow::Result<(A, Scanned)> {
    let threads = scan.threads.max(1);
    let is_full = AtomicBool::new(false);
    let (cancel, space) = (scan.cancel.clone(), scan.space.clone());
    let most = space.memory() / threads;
    let fold = |_| Fold { aggregate: fresh(), most, space: &space, is_full: &is_full, cancel: &cancel };
    let folds = (0..threads).map(fold).collect();
    let seen = scan.seen.clone();
    let scan = Scan { may_leave_out: !A::COUNTS_LINES, ..scan };
    let (folds, scanned) = run(scan, folds, seen.as_deref(), &|_| true)?;
    space.check()?;
    if is_full.load(Relaxed) {
        bail!(
            "the answer takes more than {} of memory, and to leave anything out would make it wrong; give it more with \
             --memory, or ask for less: a shorter time, one bucket, a prefix",
            ByteSize(space.memory() as u64).display().si()
        );
    }
    let merged = folds.into_iter().map(|fold| fold.aggregate).reduce(|mut all, part| {
        all.merge(part);
        all
    });
    Ok((merged.unwrap_or_else(fresh), scanned))
}

struct Fold<'a, A> {
    aggregate: A,
    /// How many bytes it may take.
    most: usize,
    space: &'a Space,
    /// Whether that of any thread takes more.
    is_full: &'a AtomicBool,
    cancel: &'a Cancel,
}

impl<A: Aggregate> RecordSink for Fold<'_, A> {
    fn chunk_begins(&mut self, name: &str) {
        self.aggregate.enter(name);
    }

    #[inline]
    fn record(&mut self, record: &Record<'_>, _: u64) {
        self.aggregate.add(record);
    }

    fn chunk_done(&mut self, _: ChunkId, name: &str, lines: Lines, _: u64) {
        self.aggregate.leave(name, lines);
        if self.aggregate.memory() > self.most {
            self.is_full.store(true, Relaxed);
            self.cancel.finish();
        } else if self.space.has_failed() {
            self.cancel.finish();
        }
    }
}
