//! One line → one [`Entry`]: the grammar of the log line, the JSON delivery, and the typed readings of the fields.
//!
//! This module knows no file, no S3 and no report. Reading a line allocates nothing.

mod action;
mod entry;
mod event;
mod field;
mod grammar;
mod input;
mod json;
mod key;
mod lines;
mod marks;
mod operation;
mod presigned;
mod refusal;
mod refuse;
mod reject;
mod requester;
mod security;
mod tail;
mod timestamp;
mod user_agent;
mod zone;

#[cfg(test)]
mod tests;

pub use action::{Access, Action, Grant};
pub use entry::Entry;
pub use event::{Event, StorageClass};
pub use field::{Field, FieldKind, UnknownField};
pub use lines::{Lines, is_blank, lines};
pub use operation::Operation;
pub use presigned::Presigned;
pub use refusal::Refusal;
pub use reject::Reject;
pub use requester::Requester;
pub use security::Security;
pub use timestamp::Timestamp;
pub use user_agent::write_client;
pub use zone::{UnknownZone, Zone};

/// The longest line that is read, in bytes. S3 writes up to about 16 kB; the rest is room for what clients send.
pub const MAX_LINE: usize = 1 << 20;

/// Reads lines. It keeps what neighbouring lines share, and the space that unescaped JSON texts need, so use one for
/// many lines, and one a thread.
#[derive(Debug, Default)]
pub struct Parser {
    times: timestamp::LogTimes,
    scratch: json::Scratch,
    marks: marks::Marks,
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
    pub fn parse<'a>(&'a mut self, line: &'a [u8]) -> Result<Entry<'a>, Reject> {
        let line = &line[lines::trim(line)];
        if line.len() > MAX_LINE {
            return Err(Reject::TooLong);
        }
        if line.first() == Some(&b'{') {
            return json::entry(line, &mut self.scratch);
        }
        self.marks.read(line);
        grammar::entry(input::Input::new(line, 0, self.marks.all()), &mut self.times)
    }
}
