//! Rows on their way out while more are being found.

use std::collections::BTreeMap;
use std::io::Write;

use super::envelope::{self, Seam};
use super::rows::Rows;
use super::sink::Sink;
use crate::report::Tally;

/// An open answer that takes blocks of rows. Dropped without [`Stream::finish`], a file is left as it was before.
#[derive(Debug)]
pub(crate) struct Stream {
    sink: Sink,
    rows: Rows,
    /// For JSON, the object around the rows.
    object: Option<(&'static str, Seam)>,
}

impl Stream {
    /// Starts an answer of rows that are in no object.
    pub(super) fn plain(mut sink: Sink, rows: Rows) -> anyhow::Result<Self> {
        let mut header = Vec::new();
        rows.header(&mut header);
        sink.write_all(&header).map_err(|error| sink.explain(error))?;
        Ok(Self { sink, rows, object: None })
    }

    /// Goes on with an answer of rows that has its beginning already.
    pub(super) fn further(sink: Sink, rows: Rows) -> Self {
        Self { sink, rows, object: None }
    }

    /// Starts a JSON object with one table.
    pub(super) fn object(
        mut sink: Sink,
        rows: Rows,
        report: &str,
        table: &'static str,
    ) -> anyhow::Result<Self> {
        let mut head = Vec::new();
        envelope::start(report, &mut head);
        envelope::start_table(table, &mut head);
        sink.write_all(&head).map_err(|error| sink.explain(error))?;
        Ok(Self { sink, rows, object: Some((table, Seam::default())) })
    }

    /// What encodes rows into blocks. Clone it for other threads.
    pub(crate) fn rows(&self) -> &Rows {
        &self.rows
    }

    /// Writes a block of encoded rows.
    ///
    /// # Errors
    /// If it cannot be written. [`super::is_broken_pipe`] tells whether that matters.
    pub(crate) fn write(&mut self, block: &[u8]) -> anyhow::Result<()> {
        let block = match &mut self.object {
            Some((_, seam)) => seam.join(block),
            None => block,
        };
        self.sink.write_all(block).map_err(|error| self.sink.explain(error))
    }

    /// Lets whoever reads see what was written.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn flush(&mut self) -> anyhow::Result<()> {
        self.sink.flush().map_err(|error| self.sink.explain(error))
    }

    /// Ends the answer.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn finish(mut self, tally: &Tally) -> anyhow::Result<()> {
        if let Some((table, _)) = self.object {
            let mut tail = Vec::new();
            envelope::end_table(&mut tail);
            envelope::end(table, std::iter::empty(), &BTreeMap::new(), tally, &mut tail);
            self.sink.write_all(&tail).map_err(|error| self.sink.explain(error))?;
        }
        self.sink.finish()
    }
}
