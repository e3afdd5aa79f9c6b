//! The delimited lines of a chunk, and the records in them.

use std::ops::Range;
use std::sync::Arc;

use super::delimited::{Columns, begins_with_directive, is_directive};
use super::error::ParseError;
use super::text::{json_start, lines, without_mark};
use super::{MAX_RECORD_LEN, Parser};
use crate::record::Record;

/// How far a chunk of delimited lines has been read.
#[derive(Debug)]
pub(super) struct DelimitedLines {
    /// `None` before the first header.
    columns: Option<Arc<Columns>>,
    /// Where the next line begins, and where the last one is.
    next: usize,
    line: Range<usize>,
}

impl DelimitedLines {
    /// The lines of a chunk that comes after a header, or begins with one; `None` if its lines are no delimited ones.
    pub(super) fn of(parser: &Parser, header: &[u8], chunk: &[u8]) -> Option<Self> {
        let typed = || parser.columns.clone().filter(|columns| !columns.is_empty());
        let columns = parser.columns_of(header).or_else(typed);
        let are_delimited = columns.is_some() || begins_with_directive(chunk);
        are_delimited.then_some(Self { columns, next: 0, line: 0..0 })
    }

    /// The line that was given last.
    pub(super) fn line<'c>(&self, chunk: &'c [u8]) -> &'c [u8] {
        &chunk[self.line.clone()]
    }

    /// Goes to the next line, and takes the columns from it if it names them. A directive is given as an empty line: nothing is lost
    /// with it.
    pub(super) fn next<'c>(&mut self, parser: &Parser, chunk: &'c [u8]) -> Option<&'c [u8]> {
        let line = lines(chunk.get(self.next..)?).next()?;
        self.line = self.next..self.next + line.len();
        self.next = self.line.end + 1;
        if let Some(columns) = parser.columns_of(without_mark(line)) {
            self.columns = Some(columns);
        }
        Some(if is_directive(line) { b"" } else { line })
    }

    /// Reads the line that was given last.
    pub(super) fn read<'a>(&self, parser: &'a mut Parser, chunk: &'a [u8]) -> Result<Record<'a>, ParseError> {
        let line = &chunk[self.line.clone()];
        let columns = match &self.columns {
            Some(columns) if json_start(line).is_none() => columns,
            _ => return parser.parse(line),
        };
        let line = without_mark(line.strip_suffix(b"\r").unwrap_or(line));
        if line.len() > MAX_RECORD_LEN {
            return Err(ParseError::TooLong);
        }
        let mut object = std::mem::take(&mut parser.unpacked);
        object.clear();
        let written = columns.write_object(line, &mut object);
        parser.unpacked = object;
        written?;
        let Parser { json, index, unpacked, .. } = parser;
        let read = json.line(unpacked, index)?;
        Ok(json.record(read, unpacked, 0..unpacked.len()))
    }
}

impl Parser {
    /// The columns that a header names.
    fn columns_of(&self, header: &[u8]) -> Option<Arc<Columns>> {
        let typed = self.columns.as_ref().and_then(|columns| columns.delimiter());
        Columns::of_header(header, typed).map(Arc::new)
    }
}
