//! Streams, cut at line ends (and between the objects of a line) into blocks.

use std::io::{self, Read};

use super::{Cancel, cut};
use crate::parser::{begins_with_directive, last_header};

/// How many bytes of a stream are read before they are handed on.
const BLOCK_SIZE: usize = 1 << 20;

/// Reads a stream block by block.
pub(super) struct Blocks {
    stream: Box<dyn Read + Send>,
    /// The beginning of a line whose end has not been read yet.
    rest: Vec<u8>,
    /// Whether the rest of a line that was too long is still to come; its beginning has been handed on.
    is_inside_long_line: bool,
    /// The last line so far that names the columns of delimited lines. A stream that does not begin with a directive has none.
    header: Option<Vec<u8>>,
    is_first: bool,
}

/// What was read: whole lines and, after a failure, a piece of one.
#[derive(Debug)]
pub(super) struct Block {
    /// The bytes.
    pub(crate) bytes: Vec<u8>,
    /// The last line before it that names the columns of delimited lines; mostly empty.
    pub(crate) header: Vec<u8>,
    /// How many of them are whole lines. What follows is a piece whose rest could not be read.
    pub(crate) lines: usize,
    /// How the stream ended, with its last block.
    pub(crate) end: Option<io::Result<()>>,
}

impl Blocks {
    pub(super) fn new(stream: Box<dyn Read + Send>) -> Self {
        Self { stream, rest: Vec::new(), is_inside_long_line: false, header: None, is_first: true }
    }

    /// Reads the next block into `bytes`, whose content is lost. After the one with an end there is none.
    pub(super) fn next(&mut self, mut bytes: Vec<u8>, cancel: &Cancel) -> Block {
        bytes.clear();
        bytes.append(&mut self.rest);
        loop {
            let read = fill(&mut self.stream, &mut bytes);
            let is_cancelled = cancel.is_raised();
            if self.is_inside_long_line {
                // What is left of a line that was cut is no line.
                let start = cut::first(&bytes);
                self.is_inside_long_line = start.is_none();
                bytes.drain(..start.unwrap_or(bytes.len()));
            }
            let whole = cut::last(&bytes).unwrap_or(0);
            let (lines, end) = match read {
                // The rest of the last line would have come later.
                read if is_cancelled => {
                    bytes.truncate(whole);
                    (whole, Some(read.map(|_| ())))
                }
                Ok(More::Yes) if whole > 0 => {
                    self.rest.extend_from_slice(&bytes[whole..]);
                    bytes.truncate(whole);
                    (whole, None)
                }
                Ok(More::Yes) if bytes.len() < cut::max_len(&bytes) => continue,
                Ok(More::Yes) => {
                    self.is_inside_long_line = true;
                    (bytes.len(), None)
                }
                // The last line needs no line feed.
                Ok(More::No) => (bytes.len(), Some(Ok(()))),
                Err(error) => (whole, Some(Err(error))),
            };
            let header = self.header(&bytes[..lines]);
            return Block { bytes, header, lines, end };
        }
    }
}

impl Blocks {
    /// The header of a block with these lines, which may hold that of the next one.
    fn header(&mut self, lines: &[u8]) -> Vec<u8> {
        if self.is_first && begins_with_directive(lines) {
            self.header = Some(Vec::new());
        }
        self.is_first = false;
        let Some(header) = &mut self.header else { return Vec::new() };
        let before = header.clone();
        if let Some(last) = last_header(lines) {
            last.clone_into(header);
        }
        before
    }
}

/// Whether there may be more to read.
enum More {
    Yes,
    No,
}

/// Reads until there are [`BLOCK_SIZE`] bytes more, or the stream pauses, or there is no more at all.
fn fill(stream: &mut impl Read, bytes: &mut Vec<u8>) -> io::Result<More> {
    let want = BLOCK_SIZE as u64;
    match stream.take(want).read_to_end(bytes) {
        Ok(read) => Ok(if (read as u64) < want { More::No } else { More::Yes }),
        // What has come by then is in `bytes`.
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(More::Yes),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::MAX_LINE_LEN;

    /// A source that fails after its text.
    struct Failing(&'static [u8]);

    impl Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(io::ErrorKind::ConnectionReset.into()),
                read => Ok(read),
            }
        }
    }

    #[test]
    fn a_source_that_fails_inside_a_line_leaves_a_piece() {
        let table: [(&[u8], &str, &str); 4] = [
            (b"one\ntwo\nthr", "one\ntwo\n", "thr"),
            (b"one\n", "one\n", ""),
            (b"on", "", "on"),
            (b"", "", ""),
        ];
        for (text, lines, piece) in table {
            let block = Blocks::new(Box::new(Failing(text))).next(Vec::new(), &Cancel::default());
            assert!(block.end.is_some_and(|end| end.is_err()));
            assert_eq!(block.bytes[..block.lines], *lines.as_bytes());
            assert_eq!(block.bytes[block.lines..], *piece.as_bytes());
        }
    }

    #[test]
    fn blocks_hold_whole_lines_and_all_of_them() {
        let text = "a line of some length\n".repeat(200_000) + "the last one";
        let mut blocks = Blocks::new(Box::new(io::Cursor::new(text.clone())));
        let mut read = Vec::new();
        loop {
            let block = blocks.next(Vec::new(), &Cancel::default());
            assert_eq!(block.lines, block.bytes.len());
            assert!(block.end.is_some() || block.bytes.ends_with(b"\n"));
            read.extend(block.bytes);
            if block.end.is_some() {
                break;
            }
        }
        assert!(read == text.as_bytes());
    }

    #[test]
    fn objects_without_line_feeds_are_cut_between_two() {
        let object = r#"{"request_time":"2026-03-01T12:00:00Z","user_agent":"}{ \"}{\""}"#;
        let text = object.repeat(60_000);
        let mut blocks = Blocks::new(Box::new(io::Cursor::new(text.clone())));
        let (mut read, mut count) = (Vec::new(), 0);
        loop {
            let block = blocks.next(Vec::new(), &Cancel::default());
            assert!(block.bytes.starts_with(b"{\"request") && block.bytes.ends_with(b"\"}"));
            read.extend(block.bytes);
            count += 1;
            if block.end.is_some() {
                break;
            }
        }
        assert!(read == text.as_bytes() && count > 2);
    }

    #[test]
    fn a_line_without_end_is_cut_and_its_rest_is_no_line() {
        let text = ["x".repeat(3 * MAX_LINE_LEN), "\nnext\n".to_owned()].concat();
        let mut blocks = Blocks::new(Box::new(io::Cursor::new(text)));
        let mut lines = Vec::new();
        loop {
            let block = blocks.next(Vec::new(), &Cancel::default());
            let whole = block.bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
            lines.extend(whole.map(<[u8]>::len));
            if block.end.is_some() {
                break;
            }
        }
        assert_eq!(lines, [MAX_LINE_LEN, 4]);
    }
}
