//! The one memory map.

use std::fs::File;
use std::io;
use std::ops::Range;

use memchr::memchr;
use memmap2::{Advice, Mmap};

/// How much of a mapped file one thread takes at a time, in bytes: small enough to share the end of a file evenly, large
/// enough that taking costs nothing.
const SLICE: usize = 1 << 20;

/// A file in memory, handed out in slices of whole lines.
#[derive(Debug)]
pub(super) struct Mapped {
    bytes: Mmap,
}

impl Mapped {
    /// Maps a file for reading.
    ///
    /// # Errors
    /// If the file cannot be mapped, as with most things that are no regular files.
    pub(super) fn new(file: &File) -> io::Result<Self> {
        // SAFETY: the map is private and read-only, so nothing here can change the file. The bytes may change under us if
        // somebody writes to the file meanwhile; they are only ever read as bytes, no value of which is invalid, and every
        // index into them is checked. If somebody cuts the file short meanwhile, the system ends the process (SIGBUS), as
        // with every program that maps files; delivered log files are never changed.
        let bytes = unsafe { Mmap::map(file)? };
        Ok(Self { bytes })
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The slice of whole lines that begins at `start`.
    pub(super) fn slice_from(&self, start: usize) -> Range<usize> {
        let len = self.bytes.len();
        let least = start.saturating_add(SLICE).min(len);
        start..memchr(b'\n', &self.bytes[least..]).map_or(len, |line_end| least + line_end + 1)
    }

    /// The bytes of a slice. Asks the system for all its pages at once, which costs less than a fault for each.
    pub(super) fn bytes(&self, slice: Range<usize>) -> &[u8] {
        // Advice that the system does not know changes nothing.
        let _ = self.bytes.advise_range(Advice::PopulateRead, slice.start, slice.len());
        &self.bytes[slice]
    }
}
