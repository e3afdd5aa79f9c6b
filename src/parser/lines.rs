//! Cutting bytes into lines, and preparing them for the grammar.

use std::ops::Range;

use memchr::memchr;

use super::error::ParseError;
use super::{Parser, fast_path, json, line};
use crate::record::Record;
use crate::record::cursor::Cursor;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The lines of a chunk, without their line feeds. The last one need not end in one.
#[inline]
pub fn lines(mut chunk: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        if chunk.is_empty() {
            return None;
        }
        let (line, rest) = match memchr(b'\n', chunk) {
            Some(end) => (&chunk[..end], &chunk[end + 1..]),
            None => (chunk, &chunk[chunk.len()..]),
        };
        chunk = rest;
        Some(line)
    })
}

/// Whether a line holds nothing but white space: it is no record, and nothing is lost with it.
#[inline]
pub fn is_blank(line: &[u8]) -> bool {
    // Nearly every line starts with a letter or a digit.
    line.first().is_none_or(|byte| *byte <= b' ') && line.iter().all(u8::is_ascii_whitespace)
}

/// Where the record stands in a line, without the line end and what editors and re-saving add around it.
#[inline]
pub(super) fn trim(line: &[u8]) -> Range<usize> {
    let (mut start, mut end) = (0, line.len());
    while let [.., b' ' | b'\r' | b'\n' | b'\t'] = line[..end] {
        end -= 1;
    }
    if line[..end].starts_with(BYTE_ORDER_MARK) {
        start = BYTE_ORDER_MARK.len();
    }
    while let [b' ', ..] = line[start..end] {
        start += 1;
    }
    start..end
}

/// How much of a chunk is prepared at a time, in bytes: few enough that it stays, with its marks, in the cache next to the
/// processor.
const WINDOW: usize = 16 << 10;

/// The lines of a chunk, and the records in them: see [`Parser::lines`].
#[derive(Debug)]
pub struct Lines<'p> {
    parser: &'p mut Parser,
    /// What is left of the chunk. The parser holds the marks of its first [`WINDOW`] bytes.
    chunk: &'p [u8],
    /// Where the next line begins in it, which of the marks is its first, and which of the line ends its own.
    next: (usize, usize, usize),
    /// Where the line stands that was given last, and its marks; none if the parser does not hold them.
    line: Range<usize>,
    marks: Option<Range<usize>>,
}

impl<'p> Lines<'p> {
    pub(super) fn new(parser: &'p mut Parser, chunk: &'p [u8]) -> Self {
        parser.index.read(b"");
        Self { parser, chunk, next: (0, 0, 0), line: 0..0, marks: None }
    }

    /// The next line, without its line feed. The last one of the chunk need not end in one.
    #[inline]
    pub fn next_line(&mut self) -> Option<&'p [u8]> {
        let (start, mark, line_end) = self.next;
        let marks = &self.parser.index;
        if let Some(last) = marks.line_ends().get(line_end) {
            let last = *last as usize;
            let end = marks.all()[last] as usize;
            self.line = start..end;
            self.marks = Some(mark..last);
            self.next = (end + 1, last + 1, line_end + 1);
            return Some(&self.chunk[start..end]);
        }
        self.next_window()
    }

    /// The next line, which is not among those that are prepared.
    #[inline(never)]
    fn next_window(&mut self) -> Option<&'p [u8]> {
        self.chunk = &self.chunk[self.next.0..];
        self.next = (0, 0, 0);
        // The marks of the JSON delivery are of no use.
        if self.chunk.first() != Some(&b'{') {
            self.parser.index.read(&self.chunk[..self.chunk.len().min(WINDOW)]);
            if !self.parser.index.line_ends().is_empty() {
                return self.next_line();
            }
        }
        // JSON, a line longer than a window, or the last one: it is read for itself.
        self.parser.index.read(b"");
        let end = memchr(b'\n', self.chunk);
        self.line = 0..end.unwrap_or(self.chunk.len());
        self.marks = None;
        self.next.0 = end.map_or(self.chunk.len(), |end| end + 1);
        (!self.chunk.is_empty()).then(|| &self.chunk[self.line.clone()])
    }

    /// Reads the line that was given last, as [`Parser::parse`] does.
    ///
    /// # Errors
    /// The reason, if the line is no record. No field is guessed at.
    #[inline]
    pub fn read(&mut self) -> Result<Record<'_>, ParseError> {
        let line = &self.chunk[self.line.clone()];
        let Some(marks) = self.marks.clone() else { return self.parser.parse(line) };
        let record = trim(line);
        let Parser { times, scratch, index: all } = &mut *self.parser;
        if line.get(record.start) == Some(&b'{') {
            return json::record(&line[record], scratch);
        }
        let (start, end) = (self.line.start + record.start, self.line.start + record.end);
        let cursor = Cursor::new(&self.chunk[..end], start, &all.all()[marks]);
        match fast_path::record(cursor, times) {
            Some(record) => Ok(record),
            None => line::record(&line[record], times),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_what_is_between_line_feeds() {
        let table: &[(&[u8], &[&[u8]])] = &[
            (b"", &[]),
            (b"a", &[b"a"]),
            (b"a\n", &[b"a"]),
            (b"a\n\nb\r\n", &[b"a", b"", b"b\r"]),
            (b"\n", &[b""]),
        ];
        for (chunk, expected) in table {
            assert_eq!(lines(chunk).collect::<Vec<_>>(), *expected);
        }
    }

    #[test]
    fn blank_lines() {
        for line in [&b""[..], b"\r", b"  ", b"\t\r"] {
            assert!(is_blank(line), "{line:?}");
        }
        for line in [&b"a"[..], b" a", b"\0", b"-"] {
            assert!(!is_blank(line), "{line:?}");
        }
    }

    #[test]
    fn trimming_leaves_the_record() {
        for line in [&b"a b"[..], b"a b\n", b"a b\r\n", b"a b  \r\n", b"\xEF\xBB\xBFa b", b"  a b"] {
            assert_eq!(&line[trim(line)], b"a b");
        }
    }
}
