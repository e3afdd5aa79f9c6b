//! A part of a file that is followed, to be read once.

use std::fmt;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek as _, SeekFrom};

use crate::source::aligned::AlignedReader;
use crate::source::decode;

/// The lines between two places of a file.
pub(in crate::source) struct Appended(Box<dyn Read + Send>);

impl fmt::Debug for Appended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Appended")
    }
}

/// Opens a part of a file when it is to be read.
pub struct Opening {
    pub(super) open: Box<dyn FnOnce() -> Result<Appended, anyhow::Error> + Send>,
    /// Whether lines of the file were read before.
    pub(super) goes_on: bool,
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opening")
    }
}

impl Opening {
    /// Opens it.
    ///
    /// # Errors
    /// If it cannot be opened, or is another file by now.
    pub(in crate::source) fn open(self) -> Result<Appended, anyhow::Error> {
        (self.open)()
    }

    /// Whether lines of the file were read before, so that it is no other file.
    pub(in crate::source) fn goes_on(&self) -> bool {
        self.goes_on
    }
}

impl Appended {
    /// The bytes from `start` to `end` of an open file, below the header of its columns.
    pub(super) fn plain(mut file: File, header: Vec<u8>, start: u64, end: u64) -> io::Result<Self> {
        file.seek(SeekFrom::Start(start))?;
        Ok(Self(Box::new(Cursor::new(header).chain(file.take(end.saturating_sub(start))))))
    }

    /// The text of a compressed file, without its first bytes.
    pub(super) fn compressed(file: File, skip: u64) -> io::Result<Self> {
        let mut text = decode::text(AlignedReader::new(file))?;
        io::copy(&mut text.by_ref().take(skip), &mut io::sink())?;
        Ok(Self(text))
    }
}

impl Read for Appended {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}
