//! What a thread of the engine does with records: it makes batches of them, and hands those to the query.

use std::sync::Arc;

use anyhow::Context as _;
use datafusion::arrow::array::{Int64Array, RecordBatch};
use datafusion::arrow::compute::kernels::numeric::add;
use datafusion::error::{DataFusionError, Result};
use tokio::sync::mpsc;

use crate::aggregate::Lines;
use crate::columnar::{BATCH_ROWS, BatchBuilder, Column, schema_of};
use crate::record::Record;
use crate::scan::{OrderedSink, RecordSink, Reorder};
use crate::source::{Cancel, ChunkId};

/// Takes batches from one thread.
pub(super) trait Out: Send {
    /// A batch that is full.
    fn batch(&mut self, batch: Result<RecordBatch>);
    /// A chunk has been read to its end. `rows` makes a batch of the rows that are left.
    fn chunk_done(&mut self, id: ChunkId, lines: u64, rest: &mut BatchBuilder);
    /// All has been read.
    fn end(&mut self, rest: &mut BatchBuilder);
}

/// Makes batches of records.
pub(super) struct Sink<O> {
    builder: BatchBuilder,
    source: String,
    out: O,
}

impl<O: Out> Sink<O> {
    pub(super) fn new(builder: BatchBuilder, out: O) -> Self {
        Self { builder, source: String::new(), out }
    }

    pub(super) fn end(mut self) {
        self.out.end(&mut self.builder);
    }
}

impl<O: Out> RecordSink for Sink<O> {
    fn chunk_begins(&mut self, name: &str) {
        self.source.clear();
        self.source.push_str(name);
    }

    fn record(&mut self, record: &Record<'_>, line: u64) {
        self.builder.push(record, &self.source, line);
        if self.builder.rows() >= BATCH_ROWS {
            self.out.batch(self.builder.finish());
        }
    }

    fn chunk_done(&mut self, id: ChunkId, _: &str, _: Lines, last_line: u64) {
        self.out.chunk_done(id, last_line, &mut self.builder);
    }
}

/// Hands batches on as they come.
#[derive(Clone)]
pub(super) struct AnyOrder {
    sender: mpsc::Sender<Result<RecordBatch>>,
    cancel: Cancel,
}

impl AnyOrder {
    pub(super) fn new(sender: mpsc::Sender<Result<RecordBatch>>, cancel: Cancel) -> Self {
        Self { sender, cancel }
    }
}

impl Out for AnyOrder {
    fn batch(&mut self, batch: Result<RecordBatch>) {
        if self.sender.blocking_send(batch).is_err() {
            // The query has had enough.
            self.cancel.finish();
        }
    }

    fn chunk_done(&mut self, _: ChunkId, _: u64, _: &mut BatchBuilder) {}

    fn end(&mut self, rest: &mut BatchBuilder) {
        if rest.rows() > 0 {
            self.batch(rest.finish());
        }
    }
}

/// The rows of a chunk.
pub(super) struct ChunkRows {
    item: u64,
    lines: u64,
    batches: Vec<Result<RecordBatch>>,
}

/// Collects the rows of each chunk, to be put in the order of the input.
pub(super) struct Chunks<'a> {
    rows: &'a Reorder<ChunkRows, InOrder>,
    batches: Vec<Result<RecordBatch>>,
}

impl<'a> Chunks<'a> {
    pub(super) fn new(rows: &'a Reorder<ChunkRows, InOrder>) -> Self {
        Self { rows, batches: Vec::new() }
    }
}

impl Out for Chunks<'_> {
    fn batch(&mut self, batch: Result<RecordBatch>) {
        self.batches.push(batch);
    }

    fn chunk_done(&mut self, id: ChunkId, lines: u64, rest: &mut BatchBuilder) {
        if rest.rows() > 0 {
            self.batches.push(rest.finish());
        }
        let batches = std::mem::take(&mut self.batches);
        let weight = batches.iter().flatten().map(RecordBatch::get_array_memory_size).sum();
        self.rows.put(id, ChunkRows { item: id.item, lines, batches }, weight);
    }

    fn end(&mut self, _: &mut BatchBuilder) {}
}

/// Hands batches on in the order of the input, and no more rows than are wanted.
pub(super) struct InOrder {
    sender: mpsc::Sender<Result<RecordBatch>>,
    cancel: Cancel,
    /// How many more rows are wanted.
    left: usize,
    /// The item whose rows come, and its lines so far.
    item: (u64, u64),
    /// The place of the column of line numbers.
    line_number: Option<usize>,
    /// Small chunks make small batches, which are joined.
    joined: datafusion::arrow::compute::BatchCoalescer,
}

impl InOrder {
    pub(super) fn new(
        columns: &[Column],
        limit: Option<usize>,
        sender: mpsc::Sender<Result<RecordBatch>>,
        cancel: Cancel,
    ) -> Self {
        let joined = datafusion::arrow::compute::BatchCoalescer::new(schema_of(columns), BATCH_ROWS);
        let line_number = columns.iter().position(|column| *column == Column::LineNumber);
        Self { sender, cancel, left: limit.unwrap_or(usize::MAX), item: (0, 0), line_number, joined }
    }

    fn send(&mut self, batch: Result<RecordBatch>) {
        if self.sender.blocking_send(batch).is_err() {
            self.cancel.finish();
        }
    }

    fn take(&mut self, batch: Result<RecordBatch>, before: u64) -> anyhow::Result<()> {
        let batch = batch?;
        let batch = batch.slice(0, batch.num_rows().min(self.left));
        self.left -= batch.num_rows();
        let batch = match self.line_number {
            Some(place) if before > 0 => numbered(batch, place, before).context("cannot number lines")?,
            _ => batch,
        };
        if batch.num_columns() == 0 {
            self.send(Ok(batch));
            return Ok(());
        }
        self.joined.push_batch(batch).map_err(DataFusionError::from)?;
        while let Some(batch) = self.joined.next_completed_batch() {
            self.send(Ok(batch));
        }
        Ok(())
    }
}

/// The batch with line numbers that count from the beginning of the item.
fn numbered(batch: RecordBatch, place: usize, before: u64) -> Result<RecordBatch> {
    let mut columns = batch.columns().to_vec();
    let before = Int64Array::new_scalar(before.cast_signed());
    if let Some(column) = columns.get_mut(place) {
        *column = Arc::new(add(column, &before)?);
    }
    Ok(RecordBatch::try_new(batch.schema(), columns)?)
}

impl OrderedSink<ChunkRows> for InOrder {
    fn put(&mut self, rows: ChunkRows) -> anyhow::Result<()> {
        if self.item.0 != rows.item {
            self.item = (rows.item, 0);
        }
        let before = self.item.1;
        self.item.1 += rows.lines;
        for batch in rows.batches {
            if self.left == 0 {
                break;
            }
            self.take(batch, before)?;
        }
        if self.left == 0 {
            self.cancel.finish();
        }
        Ok(())
    }
}

impl Drop for InOrder {
    fn drop(&mut self) {
        if self.joined.finish_buffered_batch().is_ok() {
            while let Some(batch) = self.joined.next_completed_batch() {
                self.send(Ok(batch));
            }
        }
    }
}
