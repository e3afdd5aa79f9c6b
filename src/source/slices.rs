//! Large files, cut at line ends, so that all threads can read them.
//!
//! Slices are read where they are asked for, into memory that is used again and again and stays in the processor's cache. A
//! memory map was measured to take twice as long, most of it in the system's tables, and ends the process if somebody
//! cuts the file short meanwhile.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use memchr::{memchr, memrchr};

use super::aligned::AlignedBuffer;
use super::cut::{self, AHEAD, CONTEXT, LINE_LOOK};
use crate::positional::read_exact_at;

/// How much of a file one thread takes at a time, in bytes.
const SLICE_SIZE: u64 = 512 << 10;
/// How much is read at a time to find the end of a slice's last line, in bytes.
const LINE_READ_SIZE: usize = 4 << 10;

/// A file that is handed out in slices.
#[derive(Debug)]
pub(super) struct Slices {
    file: Arc<File>,
    /// Its length when it was opened; what is added later is not read.
    len: u64,
    next: u64,
    /// Whether it begins with an object of the JSON delivery, or in one.
    has_objects: bool,
}

/// A part of a file that has not been read yet.
#[derive(Debug)]
pub(super) struct Slice {
    file: Arc<File>,
    len: u64,
    /// The lines that begin here belong to the slice.
    starts: Range<u64>,
    /// Whether a line can also begin where an object of the JSON delivery follows another.
    has_objects: bool,
}

impl Slices {
    /// A file, its length, and its first bytes.
    pub(super) fn new(file: File, len: u64, start: &[u8]) -> Self {
        Self { file: Arc::new(file), len, next: 0, has_objects: cut::can_hold_objects(start) }
    }

    /// The next slice, and whether it is the last one.
    pub(super) fn next(&mut self) -> (Slice, bool) {
        let start = self.next;
        self.next = (start + SLICE_SIZE).min(self.len);
        let slice = Slice {
            file: Arc::clone(&self.file),
            len: self.len,
            starts: start..self.next,
            has_objects: self.has_objects,
        };
        (slice, self.next == self.len)
    }
}

impl Slice {
    /// Reads the lines that begin in the slice, whole, into `buffer`. If the file fails, they end before the failure.
    pub(super) fn read(&self, buffer: &mut AlignedBuffer) -> SliceRead {
        if self.has_objects {
            return self.read_objects(buffer);
        }
        let Range { start, mut end } = self.starts;
        buffer.clear();
        // The byte before tells whether a line begins at the start. It is read alone: pages of the file then come to
        // pages of the buffer.
        let mut before = [b'\n'];
        if start > 0
            && let Err(error) = read_exact_at(&self.file, &mut before, start - 1, &mut 0)
        {
            return SliceRead { lines: 0..0, piece: 0..0, result: Err(error) };
        }
        let mut result = append_at(&self.file, buffer, start, (end - start) as usize);
        let first = match before {
            [b'\n'] => 0,
            _ => memchr(b'\n', buffer).map_or(buffer.len(), |line_end| line_end + 1),
        };
        let begins_line = first < buffer.len();
        let last = memrchr(b'\n', buffer).map_or(first, |line_end| line_end + 1);
        let max = cut::max_len(&buffer[last..]);
        while begins_line
            && result.is_ok()
            && buffer.last() != Some(&b'\n')
            && end < self.len
            && buffer.len() < max
        {
            let (from, more) = (buffer.len(), LINE_READ_SIZE.min((self.len - end) as usize));
            result = append_at(&self.file, buffer, end, more);
            end += more as u64;
            if let Some(line_end) = memchr(b'\n', &buffer[from..]) {
                // What follows belongs to the next slice, and so does a failure in it.
                buffer.truncate(from + line_end + 1);
                result = Ok(());
            }
        }
        let whole = match result {
            Ok(()) => buffer.len(),
            Err(_) => memrchr(b'\n', &buffer[first..]).map_or(first, |line_end| first + line_end + 1),
        };
        SliceRead { lines: first..whole, piece: whole..buffer.len(), result }
    }
}

impl Slice {
    /// The same for a file of objects that need no line feeds between them.
    fn read_objects(&self, buffer: &mut AlignedBuffer) -> SliceRead {
        let Range { start, mut end } = self.starts;
        buffer.clear();
        let before = match self.before(start, CONTEXT) {
            Ok(before) => before,
            Err(error) => return SliceRead { lines: 0..0, piece: 0..0, result: Err(error) },
        };
        let own = (end - start) as usize;
        let ahead = AHEAD.min((self.len - end) as usize);
        end += ahead as u64;
        let mut result = append_at(&self.file, buffer, start, own + ahead);
        // What has no beginning here belongs to a slice before this one, however long it is.
        let first = match self.first_object(&before, buffer, 0) {
            Ok(first) => first.filter(|first| *first < own),
            Err(error) => return SliceRead { lines: 0..0, piece: 0..0, result: Err(error) },
        };
        let Some(first) = first else {
            // A failure after its end belongs to the next one.
            let is_read = buffer.len() >= own;
            return SliceRead { lines: 0..0, piece: 0..0, result: if is_read { Ok(()) } else { result } };
        };
        // Where the lines of the next slice begin, which may be seen only by what follows.
        let (mut next, mut from) = (None, own);
        let max =
            own + cut::max_len(&buffer[cut::last(&buffer[first..]).map_or(first, |last| first + last)..]);
        loop {
            if buffer.len() > own || end == self.len {
                match self.first_object(&before, buffer, from.min(buffer.len())) {
                    Ok(found) => next = found.filter(|next| *next < buffer.len()),
                    Err(error) => result = Err(error),
                }
            }
            if result.is_err() || next.is_some() || end == self.len || buffer.len() >= max {
                break;
            }
            let more = LINE_READ_SIZE.min((self.len - end) as usize);
            from = own.max(buffer.len().saturating_sub(AHEAD));
            result = append_at(&self.file, buffer, end, more);
            end += more as u64;
        }
        if next.is_some() {
            // A failure after it belongs to the next slice.
            result = Ok(());
        }
        let end = next.unwrap_or(buffer.len());
        let whole = match result {
            Ok(()) => end,
            Err(_) => {
                let mut whole = first.min(end);
                while let Ok(Some(start)) = self.first_object(&before, buffer, whole + 1)
                    && start < end
                {
                    whole = start;
                }
                whole
            }
        };
        SliceRead { lines: first.min(whole)..whole, piece: whole..end, result }
    }

    /// The first place from `from` on at which an object or a line begins, in a text that follows `before`.
    fn first_object(&self, before: &[u8], text: &[u8], mut from: usize) -> io::Result<Option<usize>> {
        loop {
            let found = cut::first_object(before, text, from).filter(|at| *at <= text.len());
            let Some(at) = found else { return Ok(None) };
            let follows_line = match at.checked_sub(1) {
                Some(last) => text.get(last) == Some(&b'\n'),
                None => before.last().is_none_or(|byte| *byte == b'\n'),
            };
            if follows_line || self.is_in_object_line(&text[..at])? {
                return Ok(Some(at));
            }
            // The line is of another kind, and whatever looks like an object in it, a client wrote.
            let Some(line_end) = memchr(b'\n', &text[at..]) else { return Ok(None) };
            from = at + line_end + 1;
        }
    }

    /// Whether the line is one of objects that goes on after this text, which begins where the slice does.
    fn is_in_object_line(&self, text: &[u8]) -> io::Result<bool> {
        if text.len() >= LINE_LOOK || text.contains(&b'\n') {
            return Ok(cut::is_object_line(text, false));
        }
        let mut line = self.before(self.starts.start, LINE_LOOK - text.len())?;
        let is_first = line.len() as u64 == self.starts.start;
        line.extend_from_slice(text);
        Ok(cut::is_object_line(&line, is_first))
    }

    /// Up to so many bytes that are before a place of the file.
    fn before(&self, place: u64, count: usize) -> io::Result<Vec<u8>> {
        let count = place.min(count as u64);
        let mut before = vec![0; count as usize];
        read_exact_at(&self.file, &mut before, place - count, &mut 0)?;
        Ok(before)
    }
}

/// The parts of a slice that was read, as places in the buffer.
pub(super) struct SliceRead {
    /// Whole lines.
    pub(crate) lines: Range<usize>,
    /// The beginning of a line inside which the file failed.
    pub(crate) piece: Range<usize>,
    /// Whether all of the slice could be read.
    pub(crate) result: io::Result<()>,
}

/// Appends `count` bytes from an offset to the buffer. What was read before a failure is kept.
fn append_at(file: &File, buffer: &mut AlignedBuffer, offset: u64, count: usize) -> io::Result<()> {
    let (old, mut read) = (buffer.len(), 0);
    buffer.resize(old + count);
    let result = read_exact_at(file, &mut buffer[old..], offset, &mut read);
    buffer.truncate(old + read);
    result
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;
    use crate::source::aligned::ALIGNMENT;

    fn file(text: &[u8]) -> File {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(text).expect("written");
        file
    }

    /// The slices of a file that is cut at these places.
    fn slices(text: &str, cuts: &[usize], has_objects: bool) -> Vec<Slice> {
        let (file, len) = (Arc::new(file(text.as_bytes())), text.len() as u64);
        let mut cuts: Vec<u64> = cuts.iter().map(|cut| len.min(*cut as u64)).collect();
        cuts.extend([0, len]);
        cuts.sort_unstable();
        let slice = |cut: &[u64]| Slice { file: Arc::clone(&file), len, starts: cut[0]..cut[1], has_objects };
        cuts.windows(2).map(slice).collect()
    }

    proptest! {
        #[test]
        fn slices_hold_every_line_once(lines in prop::collection::vec("[a-z]{0,9}", 0..30), cuts in prop::collection::vec(0usize..300, 0..9), ends in any::<bool>()) {
            let mut text = lines.join("\n");
            if ends {
                text.push('\n');
            }
            let mut read = Vec::new();
            for slice in slices(&text, &cuts, false) {
                let mut buffer = AlignedBuffer::default();
                buffer.resize(16);
                buffer.fill(b'x');
                let slice = slice.read(&mut buffer);
                let lines = slice.lines;
                prop_assert!(slice.result.is_ok() && slice.piece.is_empty());
                prop_assert!(lines.is_empty() || read.is_empty() || read.ends_with(b"\n"));
                read.extend_from_slice(&buffer[lines]);
            }
            prop_assert_eq!(String::from_utf8_lossy(&read), text);
        }
    }

    proptest! {
        #[test]
        fn slices_hold_every_object_once(
            pieces in prop::collection::vec((prop::sample::select(vec![r#"{"a":"}{ \"}{\""}"#, r#"{"b":1}"#, r#"{"cut":"x"#]), prop::sample::select(vec!["", "\n", " ", "   "])), 1..30),
            cuts in prop::collection::vec(0usize..700, 0..12),
        ) {
            let text: String = pieces.iter().flat_map(|(object, between)| [*object, *between]).collect();
            let mut read = Vec::new();
            for slice in slices(&text, &cuts, true) {
                let mut buffer = AlignedBuffer::default();
                let slice = slice.read(&mut buffer);
                prop_assert!(slice.result.is_ok() && slice.piece.is_empty());
                let lines = &buffer[slice.lines];
                // Every slice begins where a line does.
                let begins = read.is_empty() || lines.is_empty() || read.ends_with(b"\n") || read.trim_ascii_end().ends_with(b"}");
                prop_assert!(begins, "{:?} {:?}", String::from_utf8_lossy(&read), String::from_utf8_lossy(lines));
                read.extend_from_slice(lines);
            }
            prop_assert_eq!(String::from_utf8_lossy(&read), text);
        }
    }

    proptest! {
        #[test]
        fn no_slice_begins_at_an_object_that_a_client_wrote(
            lines in prop::collection::vec(prop::sample::select(vec![
                r#"{"a":1}{"b":2}"#, r#"{"a":1} {"b":"}{ \"}{\""}"#, r#"o b "}{"c":1}{"d":2}" -"#, r#""}{"e":1}"#, "",
            ]), 1..30),
            cuts in prop::collection::vec(0usize..500, 0..12),
        ) {
            let text = lines.join("\n");
            let mut starts = vec![text.len()];
            let mut line_start = 0;
            for line in &lines {
                starts.push(line_start);
                if line.starts_with('{') {
                    starts.extend(line.match_indices("{\"").filter(|(at, _)| {
                        let start = &line[..*at];
                        start.trim_end().ends_with('}') && start.matches('"').count() % 2 == 0
                    }).map(|(at, _)| line_start + at));
                }
                line_start += line.len() + 1;
            }
            let mut read = Vec::new();
            for slice in slices(&text, &cuts, true) {
                let mut buffer = AlignedBuffer::default();
                let slice = slice.read(&mut buffer);
                prop_assert!(slice.lines.is_empty() || starts.contains(&read.len()), "{:?} {}", text, read.len());
                read.extend_from_slice(&buffer[slice.lines]);
            }
            prop_assert_eq!(String::from_utf8_lossy(&read), text);
        }
    }

    #[test]
    fn pages_of_the_file_come_to_pages_of_memory() {
        let text = b"0123456\n".repeat(2 * SLICE_SIZE as usize / 8);
        let mut slices = Slices::new(file(&text), text.len() as u64, &text);
        let mut buffer = AlignedBuffer::default();
        for last in [false, true] {
            let (slice, is_last) = slices.next();
            assert_eq!((slice.read(&mut buffer).lines, is_last), (0..SLICE_SIZE as usize, last));
            assert!(slice.starts.start.is_multiple_of(ALIGNMENT as u64));
            assert!(buffer.as_ptr().addr().is_multiple_of(ALIGNMENT));
        }
    }

    #[test]
    fn a_file_that_becomes_shorter_is_an_error_and_its_last_line_a_piece() {
        let file = Arc::new(file(b"one\ntwo\nthr"));
        let slice = |starts| Slice { file: Arc::clone(&file), len: 20, starts, has_objects: false };
        let table = [
            (0..20, "one\ntwo\n", "thr", false),
            // The line that begins here goes on into the next slice.
            (4..6, "two\n", "", true),
            (5..10, "", "thr", false),
            (9..20, "", "", false),
            (12..20, "", "", false),
        ];
        for (starts, lines, piece, is_whole) in table {
            let mut buffer = AlignedBuffer::default();
            let read = slice(starts.clone()).read(&mut buffer);
            let text = |place| String::from_utf8_lossy(&buffer[place]).into_owned();
            assert_eq!(
                (text(read.lines), text(read.piece)),
                (lines.to_owned(), piece.to_owned()),
                "{starts:?}"
            );
            assert_eq!(read.result.is_ok(), is_whole, "{starts:?}");
            assert!(read.result.err().is_none_or(|error| error.to_string().contains("shorter")));
        }
    }
}
