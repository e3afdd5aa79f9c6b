//! One file that is followed: how far it was read, and what tells that it is the same file still.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};

use crate::parser::{begins_with_directive, last_header};
use crate::source::aligned::AlignedReader;
use crate::source::cut;
use crate::source::decode::{self, Encoding};

/// How many bytes at the beginning of a file tell it from others. The names of columns that delimited lines begin with take some
/// hundred, and are the same in many files.
const HEAD_LEN: u64 = 4096;
/// How many bytes before the end are searched first for the end of a line.
const FIRST_LOOK: u64 = 64 << 10;

/// What a file is, whatever its name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct FileId(u64, u64);

impl FileId {
    /// The number of no file.
    pub(super) fn of_none(number: u64) -> Self {
        Self(u64::MAX, number)
    }

    #[cfg(unix)]
    pub(super) fn of(_path: &Path, metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self(metadata.dev(), metadata.ino())
    }

    /// Where a file has no number, it is known by its name.
    #[cfg(not(unix))]
    pub(super) fn of(path: &Path, _metadata: &Metadata) -> Self {
        use std::hash::{DefaultHasher, Hash as _, Hasher as _};
        let mut hasher = DefaultHasher::new();
        path.hash(&mut hasher);
        Self(0, hasher.finish())
    }
}

/// What is kept of a file from one run to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileState {
    /// Its name.
    pub(super) path: PathBuf,
    pub(super) id: FileId,
    /// How many bytes of it have been read: whole lines.
    pub(super) position: u64,
    /// The MD5 of so many bytes at its beginning.
    pub(super) head: (u64, String),
    /// Whether it is compressed, and so read as a whole.
    #[serde(default)]
    pub(super) is_compressed: bool,
    /// How many bytes of text were read, where that is not `position`.
    #[serde(default)]
    pub(super) text: u64,
}

impl FileState {
    /// How far its text was read.
    pub(super) fn text_position(&self) -> u64 {
        if self.is_compressed { self.text } else { self.position }
    }

    /// Whether a reader begins with the bytes that this file began with.
    pub(super) fn is_beginning_of(&self, text: &mut dyn Read) -> bool {
        head_of(text, self.head.0).is_ok_and(|head| head == self.head)
    }
}

/// How a file looked when it was last looked at.
pub(super) type Looks = (u64, Option<SystemTime>);

pub(super) fn looks(metadata: &Metadata) -> Looks {
    (metadata.len(), metadata.modified().ok())
}

/// The MD5 of the first bytes, as far as there are so many.
fn head_of(text: &mut dyn Read, length: u64) -> io::Result<(u64, String)> {
    let mut head = Vec::new();
    text.take(length).read_to_end(&mut head)?;
    let hash = Md5::digest(&head);
    Ok((head.len() as u64, hash.iter().map(|byte| format!("{byte:02x}")).collect()))
}

/// The head of the part of a file that has been read.
pub(super) fn head(file: &mut File, position: u64) -> io::Result<(u64, String)> {
    file.seek(SeekFrom::Start(0))?;
    head_of(file, position.min(HEAD_LEN))
}

/// The head of the text of a compressed file.
pub(super) fn compressed_head(mut file: File) -> io::Result<(u64, String)> {
    file.seek(SeekFrom::Start(0))?;
    head_of(&mut *decode::text(AlignedReader::new(file))?, HEAD_LEN)
}

/// How long the text of a compressed file is.
///
/// # Errors
/// If it cannot be read to its end: it may not be whole yet.
pub(super) fn text_len(mut file: File) -> io::Result<u64> {
    file.seek(SeekFrom::Start(0))?;
    io::copy(&mut decode::text(AlignedReader::new(file))?, &mut io::sink())
}

/// How a file is stored.
pub(super) fn encoding(file: &mut File) -> io::Result<Encoding> {
    let mut start = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.take(8).read_to_end(&mut start)?;
    Ok(Encoding::of(&start))
}

/// Where the last whole line ends between `start` and `end`; `start` if no line is whole yet. A line that is too long for any record
/// ends at `end`.
pub(super) fn whole_lines(file: &mut File, start: u64, end: u64) -> io::Result<u64> {
    let mut window = FIRST_LOOK;
    loop {
        let from = end.saturating_sub(window).max(start);
        let mut text = Vec::new();
        file.seek(SeekFrom::Start(from))?;
        file.by_ref().take(end - from).read_to_end(&mut text)?;
        // An envelope that is being written may not be whole for long.
        let is_too_long = |line: &[u8]| line.len() >= cut::max_len(line);
        if let Some(line_end) = memchr::memrchr(b'\n', &text) {
            return Ok(if is_too_long(&text[line_end + 1..]) { end } else { from + line_end as u64 + 1 });
        }
        if from == start {
            // Objects of the JSON delivery need no line feed between them, nor after the last one.
            let is_object = cut::begins_object(&text)
                && serde_json::from_slice::<serde::de::IgnoredAny>(text.trim_ascii()).is_ok();
            let whole = if is_object { Some(text.len()) } else { cut::last(&text) };
            return Ok(match whole {
                Some(whole) => from + whole as u64,
                None if is_too_long(&text) => end,
                None => start,
            });
        }
        if window >= cut::MAX_ENVELOPE_LEN as u64 {
            return Ok(end);
        }
        window *= 4;
    }
}

/// The last line between `start` and `end` that names the columns of delimited lines; `before` if there is none.
pub(super) fn header(file: &mut File, start: u64, end: u64, before: &[u8]) -> io::Result<Vec<u8>> {
    if start == 0 {
        let mut first = Vec::new();
        file.seek(SeekFrom::Start(0))?;
        file.by_ref().take(FIRST_LOOK).read_to_end(&mut first)?;
        if !begins_with_directive(&first) {
            return Ok(Vec::new());
        }
    } else if before.is_empty() {
        return Ok(Vec::new());
    }
    let mut last = before.to_vec();
    file.seek(SeekFrom::Start(start))?;
    let mut lines = AlignedReader::new(file.take(end - start));
    let mut line = Vec::new();
    while io::BufRead::read_until(&mut lines, b'\n', &mut line)? > 0 {
        if let Some(found) = last_header(&line) {
            found.clone_into(&mut last);
            if !last.ends_with(b"\n") {
                last.push(b'\n');
            }
        }
        line.clear();
    }
    Ok(last)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// Where whole lines end in a file with this text.
    fn end_in(text: &[u8]) -> usize {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(text).expect("written");
        whole_lines(&mut file, 0, text.len() as u64).expect("read") as usize
    }

    #[test]
    fn a_long_envelope_is_waited_for_until_it_is_whole() {
        let event = format!(r#"{{"message":"{}"}}"#, "x".repeat(1_000));
        let events = vec![event; 6_000].join(",");
        let envelope = format!(r#"{{"messageType":"DATA_MESSAGE","logEvents":[{events}]}}"#).into_bytes();
        assert_eq!(end_in(&envelope), envelope.len());
        let cut = &envelope[..envelope.len() - 9];
        assert_eq!(end_in(cut), 0);
        assert_eq!(end_in(&[&envelope[..], cut].concat()), envelope.len());
        assert_eq!(end_in(&[b"a line\n", cut].concat()), 7);
        // Any other line of such a length is none.
        let long = "x".repeat(6 << 20).into_bytes();
        assert_eq!(end_in(&long), long.len());
    }
}
