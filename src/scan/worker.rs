//! A thread of the engine: reads the lines of chunks, counts them, and hands on the records that pass the filter.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use anyhow::Context as _;
use hashbrown::HashMap;

use super::rejects::{self, Reason, Rejected};
use super::reorder::Reorder;
use super::{Scan, Scanned};
use crate::aggregate::{Dedup, Lines};
#[cfg(feature = "sql")]
use crate::filter::Selection;
use crate::filter::{Filter, Misses};
use crate::parser::{Parser, is_blank};
use crate::record::Record;
use crate::report::Tally;
use crate::source::s3::{Location, LogName};
use crate::source::{self, Chunk, ChunkId, Consume, Progress, Reading};
use crate::time::Timestamp;

/// What a thread does with its records.
pub(crate) trait RecordSink: Send {
    fn chunk_begins(&mut self, _name: &str) {}
    /// A record, and the number of its line in the chunk: from 1, and blank lines count.
    fn record(&mut self, record: &Record<'_>, line: u64);
    /// The end of a chunk, and the number of its last line.
    fn chunk_done(&mut self, id: ChunkId, name: &str, lines: Lines, last_line: u64);
}

/// Reads everything with one thread per sink, and returns the sinks. `gate` says whether more of an item may be read now.
pub(crate) fn run<T: RecordSink>(
    scan: Scan<'_>,
    mut sinks: Vec<T>,
    seen: Option<&Dedup>,
    gate: &(dyn Fn(u64) -> bool + Sync),
) -> anyhow::Result<(Vec<T>, Scanned)> {
    let scanned = read(scan, sinks.iter_mut().map(|sink| sink as _).collect(), seen, gate)?;
    Ok((sinks, scanned))
}

/// All that reads is compiled once, not for each kind of sink: a record costs one call more.
fn read(
    scan: Scan<'_>,
    sinks: Vec<&mut dyn RecordSink>,
    seen: Option<&Dedup>,
    gate: &(dyn Fn(u64) -> bool + Sync),
) -> anyhow::Result<Scanned> {
    let rejects = scan
        .rejects
        .map(|out| Reorder::new(rejects::Writer::new(out), scan.cancel.clone(), scan.space.memory()));
    let has_matched = AtomicBool::new(false);
    let workers = sinks.into_iter().map(|sink| Worker {
        sink,
        parser: Parser::with_columns(scan.columns.clone()),
        filter: scan.filter,
        seen,
        progress: scan.progress,
        tally: Tally::default(),
        rejects: rejects.as_ref(),
        suspects: HashMap::new(),
        newest_delivery: None,
        misses: Misses::of(scan.filter),
        has_matched: &has_matched,
    });
    #[cfg(feature = "sql")]
    let selection = if scan.may_leave_out { scan.filter.selection() } else { Selection::default() };
    let reading = Reading {
        cancel: scan.cancel,
        progress: scan.progress,
        #[cfg(feature = "sql")]
        selection: &selection,
        #[cfg(feature = "sql")]
        space: scan.space,
        gate,
    };
    let (workers, outcome) = source::read(scan.items, &reading, workers.collect());

    let mut tally = Tally { files: outcome.files, unread: outcome.unread.len() as u64, ..Tally::default() };
    let mut suspects: HashMap<u64, LineCounts> = HashMap::new();
    let mut newest_delivery = None;
    let mut misses = Misses::default();
    for worker in workers {
        misses.merge(worker.misses);
        tally += worker.tally;
        newest_delivery = newest_delivery.max(worker.newest_delivery);
        for (item, counts) in worker.suspects {
            suspects.entry(item).or_default().add(counts);
        }
    }
    let is_no_log = |(item, counts): &(&u64, &LineCounts)| {
        counts.records == 0 && counts.rejected > 0 && !outcome.continued.contains(*item)
    };
    tally.not_logs = suspects.iter().filter(is_no_log).count() as u64;
    tally.skipped = scan.progress.skipped.load(Relaxed);
    tally.interrupted = u64::from(scan.cancel.is_interrupted());
    if let Some(rejects) = rejects {
        rejects.finish().context("cannot write the rejects")?;
    }
    #[cfg(feature = "sql")]
    let passed_over = selection.passed_over.load(Relaxed);
    #[cfg(not(feature = "sql"))]
    let passed_over = 0;
    Ok(Scanned { tally, unread: outcome.unread, newest_delivery, misses, passed_over })
}

/// Reads the lines of chunks, and counts them.
struct Worker<'a, 'r> {
    sink: &'a mut dyn RecordSink,
    parser: Parser,
    filter: &'a Filter,
    seen: Option<&'a Dedup>,
    progress: &'a Progress,
    tally: Tally,
    rejects: Option<&'a Reorder<Rejected, rejects::Writer<'r>>>,
    /// Items that have rejected lines, and all items that come in parts: one without any record is not a log.
    suspects: HashMap<u64, LineCounts>,
    newest_delivery: Option<Timestamp>,
    /// Not needed once anything has passed, on any thread.
    misses: Misses,
    has_matched: &'a AtomicBool,
}

/// What was read of an item that may not be a log.
#[derive(Clone, Copy, Default)]
struct LineCounts {
    records: u64,
    rejected: u64,
}

impl LineCounts {
    fn add(&mut self, other: Self) {
        self.records += other.records;
        self.rejected += other.rejected;
    }
}

impl Consume for Worker<'_, '_> {
    fn chunk(&mut self, chunk: Chunk<'_>) {
        let id = chunk.id;
        let mut read = Lines { is_part: id.part > 0 || !id.last, is_start: id.part == 0, ..Lines::default() };
        let mut rejected = Rejected::default();
        let mut number = 0;
        self.sink.chunk_begins(chunk.name);
        let matched = self.tally.matched;
        let mut asks_why = !self.has_matched.load(Relaxed);
        let mut lines = self.parser.lines_under(chunk.header, chunk.bytes);
        while let Some(line) = lines.next_line() {
            number += 1;
            if is_blank(line) {
                continue;
            }
            read.lines += 1;
            // Borrowed, because a record is large enough that moving it sinks time.
            let record = lines.read();
            match &record {
                Ok(record) => {
                    read.records += 1;
                    read.ambiguous += u64::from(record.is_ambiguous());
                    if let Some(place) = self.filter.first_failed(record) {
                        if asks_why {
                            self.misses.add(place, self.filter, record);
                        }
                        continue;
                    }
                    if asks_why {
                        asks_why = false;
                        self.has_matched.store(true, Relaxed);
                    }
                    if self.seen.is_some_and(|seen| !seen.insert(record)) {
                        self.tally.duplicates += 1;
                        continue;
                    }
                    self.tally.matched += 1;
                    self.sink.record(record, number);
                }
                Err(error) => {
                    read.rejected += 1;
                    let error = *error;
                    if self.rejects.is_some() {
                        rejected.push(number, error.into(), lines.line());
                    }
                }
            }
        }
        if !is_blank(chunk.piece) {
            number += 1;
            read.lines += 1;
            read.rejected += 1;
            if self.rejects.is_some() {
                rejected.push(number, Reason::Piece, chunk.piece);
            }
        }
        if self.tally.matched > matched && Location::is_url(chunk.name) {
            self.newest_delivery = self.newest_delivery.max(LogName::delivery(chunk.name));
        }
        self.tally.bytes += (chunk.bytes.len() + chunk.piece.len()) as u64;
        self.tally.lines += read.lines;
        self.tally.records += read.records;
        self.tally.rejected += read.rejected;
        self.tally.ambiguous += read.ambiguous;
        self.progress.lines.fetch_add(read.lines, Relaxed);
        if read.rejected > 0 || read.is_part {
            let counts = LineCounts { records: read.records, rejected: read.rejected };
            self.suspects.entry(id.item).or_default().add(counts);
        }
        self.sink.chunk_done(id, chunk.name, read, number);
        if let Some(rejects) = self.rejects {
            let weight = rejected.weight();
            rejects.put(id, rejected.of(Arc::clone(chunk.name), number), weight);
        }
    }
}
