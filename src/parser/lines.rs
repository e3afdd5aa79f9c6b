//! Cutting bytes into lines, and preparing them for the grammar.

use std::ops::Range;

use memchr::{memchr, memchr_iter};

use super::delimited_lines::DelimitedLines;
use super::envelope::Unpacked;
use super::error::ParseError;
use super::log_time::LogTimes;
use super::log_time::is_bracketed_time;
use super::shallow::end_of_value;
use super::structural_index::{StructuralIndex, is_joint};
use super::text::{json_start, trim};
use super::{Json, Parser, envelope, fast_path, json, json_members, line, log_line};
use crate::record::Record;
use crate::record::cursor::Cursor;

/// How much of a chunk is prepared at a time, in bytes: few enough that it stays, with its delimiters, in the cache next to the
/// processor.
const WINDOW: usize = 16 << 10;
/// The same for the JSON delivery, whose records are longer. What is cut at its end is prepared again.
const JSON_WINDOW: usize = 32 << 10;

/// The lines of a chunk, and the records in them: see [`Parser::lines`].
#[derive(Debug)]
pub struct Lines<'p> {
    parser: &'p mut Parser,
    /// What is read: all of it or, among delimited lines, one of the JSON delivery.
    chunk: &'p [u8],
    place: Place,
    delimited: Option<DelimitedLines<'p>>,
    aside: Aside,
}

/// What is read instead of the chunk.
#[derive(Debug)]
enum Aside {
    /// Nothing.
    None,
    /// What the parser has unpacked from an envelope, and how far.
    Unpacked(Place),
    /// The object that a delimited line stands for.
    Delimited,
}

/// How far a chunk has been read.
#[derive(Debug, Default)]
struct Place {
    /// Where that part of the chunk begins that is prepared: the index holds the delimiters of its beginning. All
    /// other places are counted from here.
    base: usize,
    /// Where the next line begins, which of the delimiters is its first, and which of the line ends its own.
    next: (usize, usize, usize),
    /// Where the line is that was given last, and its delimiters; none if the index does not hold them.
    line: Range<usize>,
    delimiters: Option<Range<usize>>,
    /// Whether the delimiters are those of the JSON delivery.
    is_json: bool,
    /// Where a line that is longer than a window ends, counted from the beginning of the chunk: as a line of the log format, and as one
    /// of the JSON delivery. A long line can be cut into many, and its end is looked for once.
    long_ends: [usize; 2],
}

impl<'p> Lines<'p> {
    pub(super) fn new(parser: &'p mut Parser, header: &[u8], chunk: &'p [u8]) -> Self {
        parser.index.read(b"");
        let delimited = DelimitedLines::of(parser, header, chunk);
        let chunk = if delimited.is_some() { b"" } else { chunk };
        Self { parser, chunk, place: Place::default(), delimited, aside: Aside::None }
    }

    /// The next line, without its line feed. The last one of the chunk need not end in one, and objects of the JSON delivery
    /// that follow each other directly are lines, too. Instead of an envelope of CloudWatch Logs come the lines in it.
    #[inline]
    pub fn next_line(&mut self) -> Option<&[u8]> {
        if matches!(self.aside, Aside::None)
            && let Some(line) = self.place.next(&mut self.parser.index, self.chunk)
        {
            if !(self.place.is_json && envelope::is_one(line)) {
                return Some(line);
            }
            self.unpack();
        }
        self.next_unusual()
    }

    /// The line that was given last. If it could not be read, and a second record begins in it, only what is before that.
    #[inline]
    pub(crate) fn line(&self) -> &[u8] {
        match &self.aside {
            Aside::None => self.place.line(self.chunk),
            Aside::Unpacked(place) => place.line(&self.parser.unpacked),
            Aside::Delimited => self.delimited.as_ref().map_or(b"", DelimitedLines::line),
        }
    }

    /// The next line, wherever it is from. Envelopes without one and lines of another kind can follow each other without end.
    #[cold]
    fn next_unusual(&mut self) -> Option<&[u8]> {
        loop {
            let line = match &mut self.aside {
                Aside::None => self.place.next(&mut self.parser.index, self.chunk),
                Aside::Unpacked(place) => {
                    if place.next(&mut self.parser.index, &self.parser.unpacked).is_some() {
                        return Some(self.line());
                    }
                    self.aside = Aside::None;
                    self.parser.index.read(b"");
                    continue;
                }
                Aside::Delimited => {
                    self.aside = Aside::None;
                    None
                }
            };
            match line {
                Some(line) if self.place.is_json && envelope::is_one(line) => self.unpack(),
                Some(line) => return Some(line),
                None => {
                    let (line, is_json) = self.delimited.as_mut()?.next(self.parser)?;
                    if !is_json {
                        self.aside = Aside::Delimited;
                        return Some(line);
                    }
                    // It is read as in any other text.
                    (self.chunk, self.place) = (line, Place::default());
                    self.parser.index.read(b"");
                }
            }
        }
    }

    /// Unpacks the envelope that was given last, and goes to the lines in it, if there are any.
    #[cold]
    fn unpack(&mut self) {
        let line = self.place.line(self.chunk);
        let object = &line[json_start(line).unwrap_or_default()..];
        let lines = &mut self.parser.unpacked;
        let unpacked = envelope::unpack(object, lines);
        if unpacked != Unpacked::Whole {
            // What begins after it, in the same line, is none of it.
            let end = end_of_value(object).or_else(|| second_record(object)).unwrap_or(object.len());
            if unpacked == Unpacked::Cut {
                envelope::push(lines, &object[..end]);
            }
            if end < object.len() {
                let at = self.place.line.end - object.len() + end;
                self.place.end_line(Some(&self.parser.index), at);
            }
        }
        if lines.is_empty() {
            return;
        }
        self.place.forget();
        self.parser.index.read(b"");
        self.aside = Aside::Unpacked(Place::default());
    }

    /// Reads the line that was given last, as [`Parser::parse`] does. The line of a record of a delimited line is the object that
    /// it stands for.
    ///
    /// # Errors
    /// The reason, if the line is no record. No field is guessed at.
    #[inline]
    pub fn read(&mut self) -> Result<Record<'_>, ParseError> {
        let Self { parser, chunk, place, delimited, aside } = self;
        match aside {
            Aside::None => place.read(&mut parser.index, &mut parser.times, &mut parser.json, chunk),
            Aside::Unpacked(place) => {
                place.read(&mut parser.index, &mut parser.times, &mut parser.json, &parser.unpacked)
            }
            Aside::Delimited => match delimited {
                Some(lines) => lines.read(parser),
                None => parser.parse(b""),
            },
        }
    }
}

impl Place {
    /// Goes to the next line, if there is one.
    #[inline]
    fn next<'c>(&mut self, index: &mut StructuralIndex, chunk: &'c [u8]) -> Option<&'c [u8]> {
        let (start, delimiter, line_end) = self.next;
        if let Some(last) = index.line_ends().get(line_end) {
            let last = *last as usize;
            let end = index.all()[last] as usize;
            let rest = &chunk[self.base..];
            let line = &rest[start..end];
            if json_start(line).is_some() != self.is_json && !line.is_empty() {
                return self.next_window(index, chunk);
            }
            self.line = start..end;
            self.delimiters = Some(delimiter..last);
            // Where an object follows another, there is no line feed.
            self.next = (end + usize::from(rest[end] == b'\n'), last + 1, line_end + 1);
            return Some(line);
        }
        self.next_window(index, chunk)
    }

    /// Goes to the next line, which is not among those that are prepared.
    #[inline(never)]
    fn next_window<'c>(&mut self, index: &mut StructuralIndex, chunk: &'c [u8]) -> Option<&'c [u8]> {
        self.forget();
        let rest = &chunk[self.base..];
        self.is_json = json_start(rest).is_some();
        let window = if self.is_json { JSON_WINDOW } else { WINDOW };
        let long_end = self.long_ends[usize::from(self.is_json)];
        if long_end < self.base + window {
            let window = &rest[..rest.len().min(window)];
            if self.is_json {
                index.read_json(window)
            } else {
                index.read(window)
            }
            if !index.line_ends().is_empty() {
                return self.next(index, chunk);
            }
        }
        // A line longer than a window, or the last one: it is read for itself.
        index.read(b"");
        let end = if long_end > self.base { long_end - self.base } else { line_end(rest, self.is_json) };
        self.long_ends[usize::from(self.is_json)] = self.base + end;
        self.line = 0..end;
        self.delimiters = None;
        self.next.0 = end + usize::from(rest.get(end) == Some(&b'\n'));
        (!rest.is_empty()).then(|| &rest[..end])
    }

    /// The index holds something else now.
    fn forget(&mut self) {
        self.base += self.next.0;
        self.next = (0, 0, 0);
    }

    fn line<'c>(&self, chunk: &'c [u8]) -> &'c [u8] {
        &chunk[self.base..][self.line.clone()]
    }

    /// Reads the line.
    #[inline]
    fn read<'a>(
        &mut self,
        index: &'a mut StructuralIndex,
        times: &mut LogTimes,
        json: &'a mut Json,
        chunk: &'a [u8],
    ) -> Result<Record<'a>, ParseError> {
        let rest = &chunk[self.base..];
        let line = &rest[self.line.clone()];
        let record = trim(line);
        // What is prepared is of one kind.
        if (self.is_json || self.delimiters.is_none())
            && let Some(start) = json_start(line)
        {
            let object = self.line.start + start..self.line.start + record.end;
            return self.read_json(index, json, rest, object);
        }
        let (start, end) = (self.line.start + record.start, self.line.start + record.end);
        let Some(delimiters) = self.delimiters.clone() else {
            // Before the grammar reads it: of many objects in one line, it would read all of them for each.
            self.end_before_object(None, line);
            let line = &rest[self.line.clone()];
            return log_line(&line[trim(line)], index, times);
        };
        let cursor = Cursor::new(&rest[..end], start, &index.all()[delimiters]);
        match fast_path::record(cursor, times) {
            Some(record) => Ok(record),
            None => {
                line::record(&line[record], times).inspect_err(|_| self.end_before_object(Some(index), line))
            }
        }
    }

    /// Ends a line that is no record before an object of the JSON delivery, if it is the end of another one that is in front of it.
    /// A line of the log format is none, whatever its client wrote into it: it holds a time in brackets before that, and does not
    /// end as objects do.
    #[cold]
    fn end_before_object(&mut self, index: Option<&StructuralIndex>, line: &[u8]) {
        if !line.trim_ascii_end().ends_with(b"}") {
            return;
        }
        let Some(at) = second_record(line) else { return };
        if !memchr_iter(b'[', &line[..at]).any(|bracket| is_bracketed_time(&line[bracket..])) {
            self.end_line(index, self.line.start + at);
        }
    }

    /// Reads the object in the line. Where it cannot be read, and another one begins inside, the line ends there.
    #[inline]
    fn read_json<'a>(
        &mut self,
        index: &mut StructuralIndex,
        json: &'a mut Json,
        rest: &'a [u8],
        object: Range<usize>,
    ) -> Result<Record<'a>, ParseError> {
        let (text, place, read) = match &self.delimiters {
            Some(delimiters) => {
                let mut delimiters = &index.all()[delimiters.clone()];
                if object.start != self.line.start {
                    // A mark or white space before the object can hold some.
                    let before = delimiters.partition_point(|delimiter| (*delimiter as usize) < object.start);
                    delimiters = &delimiters[before..];
                }
                let read = json.object(rest, object.clone(), delimiters);
                (rest, object.clone(), read)
            }
            None => {
                let line = &rest[object.clone()];
                (line, 0..line.len(), json.line(line, index))
            }
        };
        match read {
            Ok(read) => Ok(json.record(read, text, place)),
            Err(ParseError::Json) => self.read_cut(index, json, rest, object),
            Err(error) => Err(error),
        }
    }

    /// Reads a line with more in it than one object: a whole one and something else, or the beginning of one and another.
    #[cold]
    fn read_cut<'a>(
        &mut self,
        index: &StructuralIndex,
        json: &'a mut Json,
        rest: &'a [u8],
        object: Range<usize>,
    ) -> Result<Record<'a>, ParseError> {
        let text = &rest[object.clone()];
        if let Some(end) = end_of_value(text)
            && goes_on(&text[end..])
        {
            self.end_line(Some(index), object.start + end);
            let object = object.start..object.start + end;
            let read = json::record(&rest[object.clone()], &mut json.texts)?;
            return Ok(json.record(read, rest, object));
        }
        if let Some(next) = second_record(text) {
            self.end_line(Some(index), object.start + next);
        }
        Err(ParseError::Json)
    }

    /// Ends the line before this place; the next one begins there.
    #[cold]
    fn end_line(&mut self, index: Option<&StructuralIndex>, at: usize) {
        self.line.end = at;
        self.next = match self.delimiters.as_ref().zip(index) {
            Some((delimiters, index)) => {
                let before =
                    index.all()[delimiters.clone()].partition_point(|delimiter| (*delimiter as usize) < at);
                (at, delimiters.start + before, self.next.2 - 1)
            }
            None => (at, 0, 0),
        };
    }
}

/// Where the first line ends: before its line feed or, in the JSON delivery, before an object that follows another.
fn line_end(chunk: &[u8], is_json: bool) -> usize {
    let end = memchr(b'\n', chunk).unwrap_or(chunk.len());
    let joint = || memchr_iter(b'{', &chunk[..end]).find(|at| is_joint(chunk, *at));
    if is_json { joint().unwrap_or(end) } else { end }
}

/// Whether another object comes after a whole one, with or without something else between them.
#[cold]
fn goes_on(rest: &[u8]) -> bool {
    rest.trim_ascii_start().starts_with(b"{") || second_record(rest).is_some()
}

/// Where a second record or envelope begins in an object that is none, because it has been cut.
#[cold]
fn second_record(object: &[u8]) -> Option<usize> {
    let begins = |at: &usize| {
        let object = &object[*at..];
        let rest = object[1..].trim_ascii_start();
        let Some(rest) = rest.strip_prefix(b"\"") else { return false };
        let name = rest.split(|byte| *byte == b'"').next().unwrap_or_default();
        let is_name = rest[name.len()..].starts_with(b"\":");
        // A member of a record can be an object with any names.
        is_name && (json_members::is_aws(name) || envelope::is_member(name) || json::begins_record(object))
    };
    memchr_iter(b'{', object).filter(|at| *at > 0).find(begins)
}

#[cfg(test)]
#[path = "delivery_tests.rs"]
mod delivery_tests;
