//! The engine: sources → parser → filter → one aggregate per thread → merged.
//!
//! [`aggregate`] folds every matching record; [`stream`] writes every matching record out, in the order of the input. Both go
//! through the same core, and both count every line.

mod rejects;
mod reorder;

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};

use anyhow::{Context as _, bail};
use bytesize::ByteSize;
use hashbrown::HashMap;

use crate::aggregate::{Aggregate, Dedup, Lines, SeenIds};
use crate::filter::Filter;
use crate::parser::{Parser, is_blank};
use crate::record::Record;
use crate::report::Tally;
use crate::source::{self, Cancel, Chunk, ChunkId, Consume, Items, Progress, Reading, Unread};

use rejects::Rejected;
use reorder::Reorder;

/// What to read, and how.
pub struct Scan<'a> {
    /// What to read.
    pub items: Items,
    /// Which records count.
    pub filter: &'a Filter,
    /// How many threads read.
    pub threads: usize,
    /// Raised to end early.
    pub cancel: &'a Cancel,
    /// Counts what was read.
    pub progress: &'a Progress,
    /// Whether to leave out records that have been seen before.
    pub dedupe: bool,
    /// How many bytes an aggregate may take that has to hold all it is given, on all threads.
    pub memory: usize,
    /// Where lines that cannot be read are written, with their source, line number and reason.
    pub rejects: Option<&'a mut (dyn Write + Send)>,
}

/// How much of what is found is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// How many rows are written.
    pub rows: u64,
    /// Whether to read all there is, to count it.
    pub read_on: bool,
}

/// What was read, and what could not be.
#[derive(Debug, Default)]
pub struct Scanned {
    /// What was read.
    pub tally: Tally,
    /// Items that could not be read to their end.
    pub unread: Vec<Unread>,
}

/// Folds all matching records into one aggregate. `fresh` makes the empty one that each thread begins with.
///
/// # Errors
/// If the rejects cannot be written, or if the aggregate would take more than it may. What cannot be read is no error: it is
/// in [`Scanned`].
pub fn aggregate<A: Aggregate>(scan: Scan<'_>, fresh: impl Fn() -> A) -> anyhow::Result<(A, Scanned)> {
    let threads = scan.threads.max(1);
    let is_full = AtomicBool::new(false);
    let (cancel, memory) = (scan.cancel.clone(), scan.memory);
    let fold = |_| Fold { aggregate: fresh(), most: memory / threads, is_full: &is_full, cancel: &cancel };
    let folds = (0..threads).map(fold).collect();
    let seen = scan.dedupe.then(Dedup::default);
    let (folds, scanned) = run(scan, folds, seen.as_ref(), &|_| true)?;
    if is_full.load(Relaxed) {
        bail!(
            "the answer takes more than {} of memory, and to leave anything out would make it wrong; give it more with \
             --memory, or ask for less: a shorter time, one bucket, a prefix",
            ByteSize(memory as u64).display().si()
        );
    }
    let merged = folds.into_iter().map(|fold| fold.aggregate).reduce(|mut all, part| {
        all.merge(part);
        all
    });
    Ok((merged.unwrap_or_else(fresh), scanned))
}

/// Writes all matching records to `out`, in the order of the input, each as `write` puts it at the end of the bytes; the first
/// ones of them if there is a limit.
///
/// # Errors
/// If `out` or the rejects cannot be written.
pub fn stream(
    scan: Scan<'_>,
    limit: Option<Limit>,
    out: &mut (dyn FnMut(&[u8]) -> anyhow::Result<()> + Send),
    write: impl Fn(&Record<'_>, &mut Vec<u8>) + Sync,
) -> anyhow::Result<Scanned> {
    let threads = scan.threads.max(1);
    let cancel = scan.cancel.clone();
    // Which of equal records is written is settled by the order of the input, so it is done where rows are back in it.
    let seen = scan.dedupe.then(Dedup::default);
    let duplicates = AtomicU64::new(0);
    let once = seen.is_some().then(|| Once { seen: SeenIds::default(), duplicates: &duplicates });
    let rows = Reorder::new(Limited { out, once, limit, cancel: cancel.clone() }, cancel);
    let stream = |_| Stream { rows: &rows, write: &write, seen: seen.as_ref(), buffer: Rows::default() };
    let streams = (0..threads).map(stream).collect();
    let (_, mut scanned) = run(scan, streams, None, &|item| rows.may_start(item))?;
    rows.finish()?;
    scanned.tally.duplicates = duplicates.into_inner();
    scanned.tally.matched -= scanned.tally.duplicates;
    Ok(scanned)
}

/// What is done with the records of a thread.
trait RecordSink: Send {
    fn chunk_begins(&mut self, _name: &str) {}
    fn record(&mut self, record: &Record<'_>);
    fn chunk_done(&mut self, place: ChunkId, name: &str, lines: Lines);
}

struct Fold<'a, A> {
    aggregate: A,
    /// How many bytes it may take.
    most: usize,
    /// Whether that of any thread takes more.
    is_full: &'a AtomicBool,
    cancel: &'a Cancel,
}

impl<A: Aggregate> RecordSink for Fold<'_, A> {
    fn chunk_begins(&mut self, name: &str) {
        self.aggregate.enter(name);
    }

    #[inline]
    fn record(&mut self, record: &Record<'_>) {
        self.aggregate.add(record);
    }

    fn chunk_done(&mut self, _: ChunkId, name: &str, lines: Lines) {
        self.aggregate.leave(name, lines);
        if self.aggregate.memory() > self.most {
            self.is_full.store(true, Relaxed);
            self.cancel.finish();
        }
    }
}

/// The rows of one chunk: their bytes, and where each ends; and what each is known by, if duplicates are left out.
#[derive(Default)]
struct Rows {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    ids: Vec<u128>,
}

struct Stream<'a, 'o, W> {
    rows: &'a Reorder<Rows, Limited<'o>>,
    write: &'a W,
    seen: Option<&'a Dedup>,
    buffer: Rows,
}

impl<W: Fn(&Record<'_>, &mut Vec<u8>) + Sync> RecordSink for Stream<'_, '_, W> {
    fn record(&mut self, record: &Record<'_>) {
        (self.write)(record, &mut self.buffer.bytes);
        self.buffer.ends.push(self.buffer.bytes.len());
        if let Some(seen) = self.seen {
            self.buffer.ids.push(seen.id(record));
        }
    }

    fn chunk_done(&mut self, place: ChunkId, _: &str, _: Lines) {
        let rows = std::mem::take(&mut self.buffer);
        let weight = rows.bytes.len() + size_of_val(&*rows.ids);
        self.rows.put(place, rows, weight);
    }
}

/// Writes rows until there are enough.
struct Limited<'a> {
    out: &'a mut (dyn FnMut(&[u8]) -> anyhow::Result<()> + Send),
    once: Option<Once<'a>>,
    limit: Option<Limit>,
    cancel: Cancel,
}

/// Leaves out rows that have been written.
struct Once<'a> {
    seen: SeenIds,
    duplicates: &'a AtomicU64,
}

impl Once<'_> {
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

impl reorder::OrderedSink<Rows> for Limited<'_> {
    fn put(&mut self, rows: Rows) -> anyhow::Result<()> {
        let rows = match &mut self.once {
            Some(once) => once.filter(rows),
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

fn run<T: RecordSink>(
    scan: Scan<'_>,
    takes: Vec<T>,
    seen: Option<&Dedup>,
    gate: &(dyn Fn(u64) -> bool + Sync),
) -> anyhow::Result<(Vec<T>, Scanned)> {
    let rejects = scan.rejects.map(|out| Reorder::new(rejects::Writer::new(out), scan.cancel.clone()));
    let workers = takes.into_iter().map(|take| Worker {
        take,
        parser: Parser::default(),
        filter: scan.filter,
        seen,
        progress: scan.progress,
        tally: Tally::default(),
        rejects: rejects.as_ref(),
        doubtful: HashMap::new(),
    });
    let reading = Reading { cancel: scan.cancel, progress: scan.progress, gate };
    let (workers, outcome) = source::read(scan.items, &reading, workers.collect());

    let mut tally = Tally { files: outcome.files, unread: outcome.unread.len() as u64, ..Tally::default() };
    let mut doubtful: HashMap<u64, Doubt> = HashMap::new();
    let mut takes = Vec::with_capacity(workers.len());
    for worker in workers {
        tally += worker.tally;
        for (item, doubt) in worker.doubtful {
            doubtful.entry(item).or_default().add(doubt);
        }
        takes.push(worker.take);
    }
    tally.not_logs =
        doubtful.values().filter(|doubt| doubt.records == 0 && doubt.rejected > 0).count() as u64;
    tally.skipped = scan.progress.skipped.load(Relaxed);
    tally.interrupted = scan.cancel.is_interrupted();
    if let Some(rejects) = rejects {
        rejects.finish().context("cannot write the rejects")?;
    }
    Ok((takes, Scanned { tally, unread: outcome.unread }))
}

/// Reads the lines of chunks, and counts them.
struct Worker<'a, 'r, T> {
    take: T,
    parser: Parser,
    filter: &'a Filter,
    seen: Option<&'a Dedup>,
    progress: &'a Progress,
    tally: Tally,
    rejects: Option<&'a Reorder<Rejected, rejects::Writer<'r>>>,
    /// Items that have rejected lines, and all items that come in parts: one without any record is no log.
    doubtful: HashMap<u64, Doubt>,
}

/// What was read of an item that may be no log.
#[derive(Clone, Copy, Default)]
struct Doubt {
    records: u64,
    rejected: u64,
}

impl Doubt {
    fn add(&mut self, other: Self) {
        self.records += other.records;
        self.rejected += other.rejected;
    }
}

impl<T: RecordSink> Consume for Worker<'_, '_, T> {
    fn chunk(&mut self, chunk: Chunk<'_>) {
        let place = chunk.place;
        let mut read =
            Lines { is_part: place.part > 0 || !place.last, is_start: place.part == 0, ..Lines::default() };
        let mut rejected = Rejected::default();
        self.take.chunk_begins(chunk.name);
        let mut lines = self.parser.lines(chunk.bytes);
        while let Some(line) = lines.next_line() {
            rejected.line_done();
            if is_blank(line) {
                continue;
            }
            read.lines += 1;
            // Borrowed, because a record is large enough that moving it takes time.
            match &lines.read() {
                Ok(record) => {
                    read.records += 1;
                    read.ambiguous += u64::from(record.is_ambiguous());
                    if !self.filter.matches(record) {
                        continue;
                    }
                    if self.seen.is_some_and(|seen| !seen.insert(record)) {
                        self.tally.duplicates += 1;
                        continue;
                    }
                    self.tally.matched += 1;
                    self.take.record(record);
                }
                Err(reject) => {
                    read.rejected += 1;
                    if self.rejects.is_some() {
                        rejected.push(*reject, line);
                    }
                }
            }
        }
        self.tally.bytes += chunk.bytes.len() as u64;
        self.tally.lines += read.lines;
        self.tally.records += read.records;
        self.tally.rejected += read.rejected;
        self.tally.ambiguous += read.ambiguous;
        self.progress.lines.fetch_add(read.lines, Relaxed);
        if read.rejected > 0 || read.is_part {
            let doubt = Doubt { records: read.records, rejected: read.rejected };
            self.doubtful.entry(place.item).or_default().add(doubt);
        }
        self.take.chunk_done(place, chunk.name, read);
        if let Some(rejects) = self.rejects {
            let weight = rejected.weight();
            rejects.put(place, rejected.of(Arc::clone(chunk.name)), weight);
        }
    }
}
