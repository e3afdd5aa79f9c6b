//! Writes all records out, in the order of their times.

use std::sync::Arc;

use super::worker::{RecordSink, run};
use super::{Scan, Scanned};
use crate::aggregate::{Dedup, Lines};
use crate::record::Record;
use crate::source::{Cancel, ChunkId};
use crate::spill::{Sorter, Space};
use crate::time::Timestamp;

/// In which order, and how many.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sort {
    /// Whether the newest record comes first, and not the oldest.
    pub(crate) is_newest_first: bool,
    /// How many rows are written.
    pub(crate) rows: usize,
}

/// Rows go out in blocks of about this many bytes.
const BLOCK_SIZE: usize = 64 << 10;

/// Writes all matching records to `out`, in the order of their times, each as `write` puts it at the end of the bytes. Those of one
/// time are in the order of the input. What memory does not hold waits in a temporary file.
///
/// # Errors
/// If `out`, the rejects or temporary files cannot be written.
pub(crate) fn sorted(
    scan: Scan<'_>,
    sort: Sort,
    out: &mut (dyn FnMut(&[u8]) -> anyhow::Result<()> + Send),
    write: impl Fn(&Record<'_>, &mut Vec<u8>) + Sync,
) -> anyhow::Result<Scanned> {
    let threads = scan.threads.max(1);
    let (space, cancel) = (scan.space.clone(), scan.cancel.clone());
    // Which of equal records is written is settled by their order, so none is left out before they are in it.
    let seen = scan.seen.clone();
    let wanted = if seen.is_some() { usize::MAX } else { sort.rows };
    let sink = |_| SortSink {
        write: &write,
        sort,
        seen: seen.clone(),
        space: &space,
        cancel: &cancel,
        buffer: Vec::new(),
        rows: Vec::new(),
        sorter: Sorter::of_first(wanted, &space, space.memory() / 2 / threads),
    };
    let sinks = (0..threads).map(sink).collect();
    let (sinks, mut scanned) = run(scan, sinks, None, &|_| true)?;
    let sorters = sinks.into_iter().map(|sink| sink.sorter);
    let sorter = sorters.reduce(|mut all, part| {
        all.merge(part);
        all
    });
    space.check()?;
    let Some(sorter) = sorter else { return Ok(scanned) };
    let (mut left, mut block) = (sort.rows, Vec::new());
    let sorted = sorter.sorted()?;
    let mut merged = sorted.iter()?;
    while let Some((_, row)) = merged.next()? {
        let Some((id, row)) = row.split_first_chunk() else { continue };
        if let Some(seen) = &seen
            && !seen.insert_id(u128::from_le_bytes(*id))
        {
            scanned.tally.duplicates += 1;
            continue;
        }
        if left > 0 {
            left -= 1;
            block.extend_from_slice(row);
        } else if seen.is_none() {
            break;
        }
        if block.len() >= BLOCK_SIZE {
            out(&block)?;
            block.clear();
        }
    }
    out(&block)?;
    scanned.tally.matched -= scanned.tally.duplicates;
    Ok(scanned)
}

/// The rows of a thread.
struct SortSink<'a, W> {
    write: &'a W,
    sort: Sort,
    seen: Option<Arc<Dedup>>,
    space: &'a Space,
    cancel: &'a Cancel,
    /// Those of the chunk that is being read: what each is known by if duplicates are left out, and its bytes.
    buffer: Vec<u8>,
    /// Their times, and where each ends.
    rows: Vec<(Timestamp, usize)>,
    sorter: Sorter,
}

impl<W: Fn(&Record<'_>, &mut Vec<u8>) + Sync> RecordSink for SortSink<'_, W> {
    fn record(&mut self, record: &Record<'_>, _: u64) {
        let id = self.seen.as_ref().map_or(0, |seen| seen.id(record));
        self.buffer.extend_from_slice(&id.to_le_bytes());
        (self.write)(record, &mut self.buffer);
        self.rows.push((record.timestamp(), self.buffer.len()));
    }

    fn chunk_done(&mut self, id: ChunkId, _: &str, _: Lines, _: u64) {
        let mut start = 0;
        for (place, (time, end)) in self.rows.drain(..).enumerate() {
            let time = if self.sort.is_newest_first { !time.rank() } else { time.rank() };
            let place = [id.item, id.part, place as u64].map(u64::to_be_bytes);
            self.sorter.push_numbered(time, place.as_flattened(), &self.buffer[start..end]);
            start = end;
        }
        self.buffer.clear();
        if self.space.has_failed() {
            self.cancel.finish();
        }
    }
}
