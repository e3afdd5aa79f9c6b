//! The delimited lines of a chunk, and the records in them.

use std::ops::Range;
use std::sync::Arc;

use super::delimited::{Columns, begins_with_directive, is_directive};
use super::error::ParseError;
use super::text::{is_json, lines, without_mark};
use super::{MAX_RECORD_LEN, Parser};
use crate::record::Record;

/// How far a chunk of delimited lines has been read.
#[derive(Debug)]
pub(super) struct DelimitedLines<'c> {
    chunk: &'c [u8],
    /// `None` before the first header.
    columns: Option<Arc<Columns>>,
    /// Where the next line begins, and where the last one is.
    next: usize,
    line: Range<usize>,
}

impl<'c> DelimitedLines<'c> {
    /// The lines of a chunk that comes after a header, or begins with one; `None` if its lines are no delimited ones.
    pub(super) fn of(parser: &Parser, header: &[u8], chunk: &'c [u8]) -> Option<Self> {
        let typed = || parser.columns.clone().filter(|columns| !columns.is_empty());
        let columns = parser.columns_of(header).or_else(typed);
        let are_delimited = columns.is_some() || begins_with_directive(chunk);
        are_delimited.then_some(Self { chunk, columns, next: 0, line: 0..0 })
    }

    /// The line that was given last.
    pub(super) fn line(&self) -> &'c [u8] {
        &self.chunk[self.line.clone()]
    }

    /// Goes to the next line, and takes the columns from it if it names them; and whether it is one of the JSON delivery. A
    /// directive is given as an empty line: nothing is lost with it.
    pub(super) fn next(&mut self, parser: &Parser) -> Option<(&'c [u8], bool)> {
        let line = lines(self.chunk.get(self.next..)?).next()?;
        self.line = self.next..self.next + line.len();
        self.next = self.line.end + 1;
        if let Some(columns) = parser.columns_of(without_mark(line)) {
            self.columns = Some(columns);
        }
        Some(if is_directive(line) { (b"", false) } else { (line, is_json(line)) })
    }

    /// Reads the line that was given last.
    pub(super) fn read<'a>(&self, parser: &'a mut Parser) -> Result<Record<'a>, ParseError>
    where
        'c: 'a,
    {
        let line = self.line();
        let Some(columns) = &self.columns else { return parser.parse(line) };
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
