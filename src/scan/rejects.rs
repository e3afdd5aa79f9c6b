//! The lines that could not be read, kept for `--rejects`.

use std::io::Write;
use std::sync::Arc;

use super::reorder::OrderedSink;
use crate::parser::ParseError;

/// Why a line is not a record.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(super) enum Reason {
    /// It does not have the format.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// Its rest is missing, so even a piece that reads like a record can be wrong.
    #[error("the source could not be read to the end of the line")]
    Piece,
}

/// The rejected lines of one chunk.
#[derive(Default)]
pub(super) struct Rejected {
    name: Option<Arc<str>>,
    /// All lines of the chunk, blank ones too.
    lines: u64,
    /// The line's number in the chunk from 1, and the reason; its text is in `text`.
    rejects: Vec<(u64, Reason, std::ops::Range<usize>)>,
    text: Vec<u8>,
}

impl Rejected {
    /// Adds the line of this number.
    pub(super) fn push(&mut self, number: u64, reason: Reason, line: &[u8]) {
        let start = self.text.len();
        self.text.extend_from_slice(line);
        self.rejects.push((number, reason, start..self.text.len()));
    }

    /// The same, of a chunk with this name and so many lines.
    pub(super) fn of(mut self, name: Arc<str>, lines: u64) -> Self {
        self.name = Some(name);
        self.lines = lines;
        self
    }

    pub(super) fn weight(&self) -> usize {
        self.text.len() + size_of::<Self>()
    }
}

/// Writes one line for each: source, line number, reason and the line itself, separated by tabs.
pub(super) struct Writer<'a> {
    out: &'a mut (dyn Write + Send),
    name: Option<Arc<str>>,
    lines: u64,
}

impl<'a> Writer<'a> {
    pub(super) fn new(out: &'a mut (dyn Write + Send)) -> Self {
        Self { out, name: None, lines: 0 }
    }
}

impl OrderedSink<Rejected> for Writer<'_> {
    fn put(&mut self, rejected: Rejected) -> anyhow::Result<()> {
        // An item's chunks share their name by pointer; two items of one name do not.
        let same = matches!((&self.name, &rejected.name), (Some(old), Some(new)) if Arc::ptr_eq(old, new));
        if !same {
            self.lines = 0;
        }
        let name = rejected.name.as_deref().unwrap_or_default();
        for (number, reason, line) in &rejected.rejects {
            write!(self.out, "{}\t{}\t{reason}\t", name.escape_debug(), self.lines + number)?;
            self.out.write_all(&rejected.text[line.clone()])?;
            self.out.write_all(b"\n")?;
        }
        self.lines += rejected.lines;
        self.name = rejected.name;
        Ok(())
    }
}
