//! Writes all records out, in the order of the input.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use super::reorder::{OrderedSink, Reorder};
use super::worker::{RecordSink, run};
use super::{Scan, Scanned};
use crate::aggregate::{Dedup, Lines, SeenIds};
use crate::record::Record;
use crate::source::{Cancel, ChunkId};

/// How many rows are wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    /// How many rows are written at most.
    pub(crate) rows: u64,
    /// Whether to read everything anyway, to count it.
    pub(crate) read_on: bool,
}

/// Writes all matching records to `out`, in the order of the input, each as `write` puts it at the end of the bytes; the first
/// ones of them if there is a limit.
///
/// # Errors
/// If `out` or the rejects cannot be written.
pub(crate) fn stream(
    scan: Scan<'_>,
    limit: Option<Limit>,
    out: &mut (dyn FnMut(&[u8]) -> anyhow::Result<()> + Send),
    write: impl Fn(&Record<'_>, &mut Vec<u8>) + Sync,
) -> anyhow::Result<Scanned> {
    let threads = scan.threads.max(1);
    let cancel = scan.cancel.clone();
    // Which of equal records is written is settled by the order of the input, so it is done where rows are back in it.
    let seen = scan.seen.clone();
    let duplicates = AtomicU64::new(0);
    let unique = seen.is_some().then(|| Unique { seen: SeenIds::default(), duplicates: &duplicates });
    let rows =
        Reorder::new(RowWriter { out, unique, limit, cancel: cancel.clone() }, cancel, scan.space.memory());
    let stream = |_| Stream { rows: &rows, write: &write, seen: seen.as_deref(), buffer: Rows::default() };
    let streams = (0..threads).map(stream).collect();
    let (_, mut scanned) = run(scan, streams, None, &|item| rows.may_start(item))?;
    rows.finish()?;
    scanned.tally.duplicates = duplicates.into_inner();
    scanned.tally.matched -= scanned.tally.duplicates;
    Ok(scanned)
}

/// The rows of one chunk: their bytes, where each ends, and the id of each if duplicates are left out.
#[derive(Default)]
struct Rows {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    ids: Vec<u128>,
}

struct Stream<'a, 'o, W> {
    rows: &'a Reorder<Rows, RowWriter<'o>>,
    write: &'a W,
    seen: Option<&'a Dedup>,
    buffer: Rows,
}

impl<W: Fn(&Record<'_>, &mut Vec<u8>) + Sync> RecordSink for Stream<'_, '_, W> {
    fn record(&mut self, record: &Record<'_>, _: u64) {
        (self.write)(record, &mut self.buffer.bytes);
        self.buffer.ends.push(self.buffer.bytes.len());
        if let Some(seen) = self.seen {
            self.buffer.ids.push(seen.id(record));
        }
    }

    fn chunk_done(&mut self, id: ChunkId, _: &str, _: Lines, _: u64) {
        let rows = std::mem::take(&mut self.buffer);
        let weight = rows.bytes.len() + size_of_val(&*rows.ids);
        self.rows.put(id, rows, weight);
    }
}

/// Writes rows until there are enough.
struct RowWriter<'a> {
    out: &'a mut (dyn FnMut(&[u8]) -> anyhow::Result<()> + Send),
    unique: Option<Unique<'a>>,
    limit: Option<Limit>,
    cancel: Cancel,
}

/// Leaves out rows that were written before.
struct Unique<'a> {
    seen: SeenIds,
    duplicates: &'a AtomicU64,
}

impl Unique<'_> {
    fn filter(&mut self, rows: Rows) -> Rows {
        let mut kept = Rows { bytes: Vec::with_capacity(rows.bytes.len()), ..Rows::default() };
        let mut start = 0;
        for (end, id) in rows.ends.iter().zip(rows.ids) {
            if self.seen.insert(id) {
                kept.bytes.extend_from_slice(&rows.bytes[start..*end]);
                kept.ends.push(kept.bytes.len());
            }
            start = *end;
        }
        self.duplicates.fetch_add((rows.ends.len() - kept.ends.len()) as u64, Relaxed);
        kept
    }
}

impl OrderedSink<Rows> for RowWriter<'_> {
    fn put(&mut self, rows: Rows) -> anyhow::Result<()> {
        let rows = match &mut self.unique {
            Some(unique) => unique.filter(rows),
            None => rows,
        };
        let count = rows.ends.len() as u64;
        let take = self.limit.map_or(count, |limit| limit.rows.min(count));
        if take > 0 {
            (self.out)(&rows.bytes[..rows.ends[take as usize - 1]])?;
        }
        if let Some(limit) = &mut self.limit {
            limit.rows -= take;
            if limit.rows == 0 && !limit.read_on {
                self.cancel.finish();
            }
        }
        Ok(())
    }
}
