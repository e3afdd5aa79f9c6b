//! One line → one [`Record`]: the grammar of the log line, and the JSON delivery.
//!
//! This module knows no file, no S3 and no report. Reading a line allocates nothing.

mod delimited;
mod delimited_lines;
mod delimited_quotes;
mod envelope;
mod error;
mod fast_path;
mod iso_time;
mod json;
mod json_fast_path;
mod json_members;
mod json_texts;
mod line;
mod lines;
mod log_time;
mod shallow;
mod structural_index;
mod tail;
mod text;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub(crate) use delimited::{Columns, begins_with_directive, last_header};
pub(crate) use envelope::is_one as is_envelope;
pub(crate) use error::ParseError;
#[cfg(feature = "sql")]
pub(crate) use json_members::field_of as field_of_member;
pub(crate) use lines::Lines;
pub(crate) use structural_index::{MAX_JOINT_SPACES, is_joint};
pub(crate) use text::is_json;
pub use text::{is_blank, lines};

use std::ops::Range;
use std::sync::Arc;

use crate::record::Record;
use crate::record::cursor::Cursor;
use json_texts::Read;
use log_time::LogTimes;
use structural_index::StructuralIndex;

/// The longest line that is read, in bytes. S3 writes up to about 16 kB; the rest is room for what clients send.
pub(crate) const MAX_RECORD_LEN: usize = 1 << 20;
/// Longer lines are read by the references alone, in bytes. Hardly any record is as long; what is, is mostly the beginning of one that
/// was cut and others after it, and to look at all of the line for each of these would take hours.
const LONG_LINE: usize = 32 << 10;

/// Reads lines. It keeps what neighbouring lines share, and the space that unescaped JSON texts need, so use one for
/// many lines, and one a thread.
#[derive(Debug, Default)]
pub struct Parser {
    times: LogTimes,
    index: StructuralIndex,
    json: Json,
    /// The lines that were in an envelope, or the object that a delimited line stands for.
    unpacked: Vec<u8>,
    /// The columns of lines without a header.
    columns: Option<Arc<Columns>>,
}

/// What the records of the JSON delivery share.
#[derive(Debug, Default)]
struct Json {
    order: json_members::Order,
    times: iso_time::IsoTimes,
    texts: json_texts::JsonTexts,
}

impl Json {
    /// Reads an object that is all of the line.
    fn line(&mut self, line: &[u8], index: &mut StructuralIndex) -> Result<Read, ParseError> {
        if line.len() > MAX_RECORD_LEN {
            return Err(ParseError::TooLong);
        }
        if line.len() > LONG_LINE {
            return json::record(line, &mut self.texts);
        }
        index.read_json(line);
        self.object(line, 0..line.len(), index.all())
    }

    /// Reads the object in the given range of a chunk. `delimiters` are its delimiters.
    #[inline(always)]
    fn object(&mut self, text: &[u8], object: Range<usize>, delimiters: &[u32]) -> Result<Read, ParseError> {
        let Self { order, times, texts } = self;
        match json_fast_path::record(text, object.clone(), delimiters, order, times, texts) {
            Some(read) => Ok(read),
            None => json::record(text.get(object).unwrap_or_default(), texts),
        }
    }

    /// The record of an object that was read last, of the given place in the chunk.
    #[inline(always)]
    fn record<'a>(&'a self, read: Read, text: &'a [u8], object: Range<usize>) -> Record<'a> {
        read.record(text.get(object).unwrap_or_default(), text, &self.texts)
    }
}

impl Parser {
    /// Reads lines as delimited ones with these columns, where no header names others.
    pub(crate) fn with_columns(columns: Option<Arc<Columns>>) -> Self {
        Self { columns, ..Self::default() }
    }

    /// Cuts a chunk into lines, and reads them. This is the fast way to read many.
    pub fn lines<'p>(&'p mut self, chunk: &'p [u8]) -> Lines<'p> {
        self.lines_under(b"", chunk)
    }

    /// The same, for a chunk of a longer text. `header` is the last line before it that names columns, if there is one:
    /// see [`last_header`].
    pub(crate) fn lines_under<'p>(&'p mut self, header: &[u8], chunk: &'p [u8]) -> Lines<'p> {
        Lines::new(self, header, chunk)
    }

    /// Reads one line, with or without its line end: a line of the log format, or an object of the JSON delivery.
    ///
    /// # Errors
    /// The reason, if the line is no record. No field is guessed at.
    pub fn parse<'a>(&'a mut self, line: &'a [u8]) -> Result<Record<'a>, ParseError> {
        let line = &line[text::trim(line)];
        if line.first() == Some(&b'{') {
            let read = self.json.line(line, &mut self.index)?;
            return Ok(self.json.record(read, line, 0..line.len()));
        }
        log_line(line, &mut self.index, &mut self.times)
    }

    /// The same without the fast paths: what reads every line, from its bytes alone. It is what the fast paths are held to.
    ///
    /// # Errors
    /// As [`Parser::parse`].
    pub fn parse_by_grammar<'a>(&'a mut self, line: &'a [u8]) -> Result<Record<'a>, ParseError> {
        let line = &line[text::trim(line)];
        if line.len() > MAX_RECORD_LEN {
            return Err(ParseError::TooLong);
        }
        if line.first() == Some(&b'{') {
            let read = json::record(line, &mut self.json.texts)?;
            return Ok(self.json.record(read, line, 0..line.len()));
        }
        line::record(line, &mut self.times)
    }
}

/// Reads one line of the log format, which has been trimmed.
fn log_line<'a>(
    line: &'a [u8],
    index: &'a mut StructuralIndex,
    times: &mut LogTimes,
) -> Result<Record<'a>, ParseError> {
    if line.len() > MAX_RECORD_LEN {
        return Err(ParseError::TooLong);
    }
    if line.len() > LONG_LINE {
        return line::record(line, times);
    }
    index.read(line);
    let cursor = Cursor::new(line, 0, index.all());
    fast_path::record(cursor, times).map_or_else(|| line::record(line, times), Ok)
}
