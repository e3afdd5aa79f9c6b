//! Buffers that begin on a page.
//!
//! The kernel copies what it reads with string instructions. On some processors (AMD Zen 3 was measured) these take four to
//! five times as long where the target does not begin at a multiple of 32 bytes, and an allocator that keeps its own notes
//! before a large block hands out just such addresses.

use std::io::{self, BufRead, ErrorKind, Read};
use std::ops::{Deref, DerefMut};

/// The alignment of buffers in bytes: a page.
pub(super) const ALIGNMENT: usize = 4096;

/// Bytes in memory whose first one lies at a multiple of [`ALIGNMENT`], however much they grow.
#[derive(Debug, Default)]
pub(super) struct AlignedBuffer {
    /// Longer than what is held, by one alignment, so that an aligned part of it is long enough.
    memory: Vec<u8>,
    /// Where the first aligned byte of the memory is.
    start: usize,
    /// How many bytes are held.
    len: usize,
}

impl AlignedBuffer {
    /// Forgets the bytes, and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.len = 0;
    }

    /// Forgets all bytes after the first `len`.
    pub(super) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Makes the buffer `len` bytes long. The content of new bytes is unspecified: they are there to be read into.
    pub(super) fn resize(&mut self, len: usize) {
        self.reserve(len);
        self.len = len;
    }

    /// Reads to the end. `expected` is how many bytes there probably are.
    ///
    /// # Errors
    /// If the source fails; what was read until then is kept.
    pub(super) fn read_to_end(&mut self, mut source: impl Read, expected: usize) -> io::Result<()> {
        // One byte more, so that the end shows without more memory.
        self.reserve(self.len + expected + 1);
        loop {
            if self.len == self.capacity() {
                self.reserve(self.len + 1);
            }
            match source.read(&mut self.memory[self.start + self.len..]) {
                Ok(0) => return Ok(()),
                Ok(read) => self.len += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn capacity(&self) -> usize {
        self.memory.len() - self.start
    }

    fn reserve(&mut self, capacity: usize) {
        if self.capacity() >= capacity {
            return;
        }
        let capacity = capacity.max(2 * self.capacity());
        // Zeroed memory comes from the system without being touched.
        let memory = vec![0; capacity + ALIGNMENT];
        // An offset that cannot be told is only slower.
        let start =
            Some(memory.as_ptr().align_offset(ALIGNMENT)).filter(|start| *start < ALIGNMENT).unwrap_or(0);
        let old = std::mem::replace(self, Self { memory, start, len: self.len });
        self.memory[start..start + old.len].copy_from_slice(&old);
    }
}

impl Deref for AlignedBuffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.memory[self.start..self.start + self.len]
    }
}

impl DerefMut for AlignedBuffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.memory[self.start..self.start + self.len]
    }
}

impl AsRef<[u8]> for AlignedBuffer {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

/// A buffered reader whose buffer begins on a page.
#[derive(Debug)]
pub(super) struct AlignedReader<R> {
    source: R,
    buffer: AlignedBuffer,
    /// Where the bytes that have not been taken yet begin.
    next: usize,
    capacity: usize,
}

impl<R: Read> AlignedReader<R> {
    /// A reader that asks the source for 128 kB at a time.
    pub(super) fn new(source: R) -> Self {
        Self::with_capacity(1 << 17, source)
    }

    /// A reader that asks the source for `capacity` bytes at a time.
    fn with_capacity(capacity: usize, source: R) -> Self {
        Self { source, buffer: AlignedBuffer::default(), next: 0, capacity }
    }
}

impl<R: Read> BufRead for AlignedReader<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.next >= self.buffer.len() {
            self.next = 0;
            self.buffer.resize(self.capacity);
            let read = self.source.read(&mut self.buffer);
            self.buffer.truncate(*read.as_ref().unwrap_or(&0));
            read?;
        }
        Ok(&self.buffer[self.next..])
    }

    fn consume(&mut self, amount: usize) {
        self.next += amount;
    }
}

impl<R: Read> Read for AlignedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

/// A source that fails a test which hands it memory that does not begin on a page.
#[cfg(test)]
pub(super) struct AlignmentProbe<R>(pub(crate) R);

#[cfg(test)]
impl<R: Read> Read for AlignmentProbe<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        assert!(buffer.as_ptr().addr().is_multiple_of(ALIGNMENT), "{:p}", buffer.as_ptr());
        self.0.read(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_aligned(bytes: &[u8]) -> bool {
        bytes.as_ptr().addr().is_multiple_of(ALIGNMENT)
    }

    #[test]
    fn begins_on_a_page_however_it_grows() {
        let mut buffer = AlignedBuffer::default();
        let mut expected = Vec::new();
        for len in [1, 100, 4096, 4097, 100_000, 1 << 20] {
            let old = buffer.len();
            buffer.resize(len);
            assert!(is_aligned(&buffer), "{len}");
            let new: Vec<u8> = (old..len).map(|at| at as u8).collect();
            buffer[old..].copy_from_slice(&new);
            expected.extend(new);
            assert!(*buffer == expected[..], "{len}");
        }
        buffer.truncate(3);
        assert_eq!(*buffer, [0, 1, 2]);
        buffer.clear();
        assert!(buffer.is_empty());
    }

    #[test]
    fn files_are_read_whole_into_aligned_memory() {
        let text = b"0123456789".repeat(2000);
        for expected in [0, 5, text.len(), 3 * text.len()] {
            let mut buffer = AlignedBuffer::default();
            // The probe sees where the first read goes to, and has nothing itself.
            let source = AlignmentProbe(io::empty()).chain(&text[..]);
            buffer.read_to_end(source, expected).expect("read");
            assert!(is_aligned(&buffer) && *buffer == text[..], "{expected}");
        }
    }

    #[test]
    fn the_reader_reads_into_aligned_memory_only() {
        let text = b"0123456789".repeat(2000);
        for capacity in [1, 7, 4096, 1 << 17] {
            let mut read = Vec::new();
            let mut reader = AlignedReader::with_capacity(capacity, AlignmentProbe(&text[..]));
            reader.read_to_end(&mut read).expect("read");
            assert!(read == text, "{capacity}");
        }
    }
}
