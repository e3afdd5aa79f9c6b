//! One line → one [`Record`]: the grammar of the log line, and the JSON delivery.
//!
//! This module knows no file, no S3 and no report. Reading a line allocates nothing.

mod error;
mod fast_path;
mod json;
mod line;
mod lines;
mod log_time;
mod structural_index;
mod tail;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use error::ParseError;
pub use lines::{Lines, is_blank, lines};

use crate::record::Record;
use crate::record::cursor::Cursor;

/// The longest line that is read, in bytes. S3 writes up to about 16 kB; the rest is room for what clients send.
pub const MAX_LINE: usize = 1 << 20;

/// Reads lines. It keeps what neighbouring lines share, and the space that unescaped JSON texts need, so use one for
/// many lines, and one a thread.
#[derive(Debug, Default)]
pub struct Parser {
    times: log_time::LogTimes,
    scratch: json::Scratch,
    index: structural_index::StructuralIndex,
}

impl Parser {
    /// Cuts a chunk into lines, and reads them. This is the fast way to read many.
    pub fn lines<'p>(&'p mut self, chunk: &'p [u8]) -> Lines<'p> {
        Lines::new(self, chunk)
    }

    /// Reads one line, with or without its line end: a line of the log format, or an object of the JSON delivery.
    ///
    /// # Errors
    /// The reason, if the line is no record. No field is guessed at.
    pub fn parse<'a>(&'a mut self, line: &'a [u8]) -> Result<Record<'a>, ParseError> {
        let line = &line[lines::trim(line)];
        if line.len() > MAX_LINE {
            return Err(ParseError::TooLong);
        }
        if line.first() == Some(&b'{') {
            return json::record(line, &mut self.scratch);
        }
        self.index.read(line);
        let cursor = Cursor::new(line, 0, self.index.all());
        fast_path::record(cursor, &mut self.times).map_or_else(|| line::record(line, &mut self.times), Ok)
    }
}
