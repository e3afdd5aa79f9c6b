//! Runs: entries in a part of a temporary file, one after the other.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Seek, SeekFrom, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::Space;
use super::index::{Index, IndexBuilder};
use crate::positional::read_exact_at;

/// How much is written at a time, in bytes.
const WRITE_SIZE: usize = 64 << 10;

/// Entries of a file, in their order.
#[derive(Clone, Debug)]
pub(super) struct Run {
    file: Arc<File>,
    start: u64,
    end: u64,
    #[cfg_attr(
        not(any(feature = "sql", test)),
        expect(dead_code, reason = "only convert asks for a number")
    )]
    index: Index,
}

#[cfg(any(feature = "sql", test))]
impl Run {
    /// The part of it with all entries whose keys begin with a number, and few others.
    pub(super) fn around(&self, number: u64) -> Self {
        let part = self.index.part(self.start..self.end, number);
        Self { start: part.start, end: part.end, ..self.clone() }
    }
}

/// A temporary file that runs are written to. It is made when the first one is.
#[derive(Debug, Default)]
pub(super) struct RunFile {
    file: Option<Arc<File>>,
    len: u64,
}

impl RunFile {
    /// Writes entries, each a key and a value, as one more run.
    pub(super) fn write<'e>(
        &mut self,
        space: &Space,
        entries: impl Iterator<Item = (&'e [u8], &'e [u8])>,
    ) -> io::Result<Run> {
        let mut writer = self.writer(space)?;
        for (key, value) in entries {
            writer.push(key, value)?;
        }
        writer.finish()
    }

    /// Begins one more run.
    pub(super) fn writer<'f>(&'f mut self, space: &'f Space) -> io::Result<RunWriter<'f>> {
        let file = match &self.file {
            Some(file) => Arc::clone(file),
            None => Arc::clone(self.file.insert(Arc::new(space.file()?))),
        };
        // Where reading from a place moves the one where it goes on, as in Windows.
        (&*file).seek(SeekFrom::Start(self.len)).map_err(|error| space.explain(error))?;
        let start = self.len;
        Ok(RunWriter {
            run_file: self,
            space,
            out: BufWriter::with_capacity(WRITE_SIZE, SharedFile(file)),
            start,
            index: IndexBuilder::default(),
        })
    }
}

/// A run that is being written.
pub(super) struct RunWriter<'f> {
    run_file: &'f mut RunFile,
    space: &'f Space,
    out: BufWriter<SharedFile>,
    start: u64,
    index: IndexBuilder,
}

/// A file that others read from too.
#[derive(Clone, Debug)]
struct SharedFile(Arc<File>);

impl Write for SharedFile {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        (&*self.0).write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        (&*self.0).flush()
    }
}

impl RunWriter<'_> {
    pub(super) fn push(&mut self, key: &[u8], value: &[u8]) -> io::Result<()> {
        self.index.see(key, self.run_file.len);
        let lengths = [key, value].map(|text| (text.len() as u32).to_le_bytes());
        for part in [lengths.as_flattened(), key, value] {
            self.out.write_all(part).map_err(|error| self.space.explain(error))?;
        }
        let len = (size_of_val(&lengths) + key.len() + value.len()) as u64;
        self.run_file.len += len;
        self.space.0.written.fetch_add(len, Relaxed);
        Ok(())
    }

    pub(super) fn finish(mut self) -> io::Result<Run> {
        self.out.flush().map_err(|error| self.space.explain(error))?;
        Ok(Run {
            file: Arc::clone(&self.out.get_ref().0),
            start: self.start,
            end: self.run_file.len,
            index: self.index.finish(),
        })
    }
}

/// Reads the entries of a run, one after the other.
#[derive(Debug)]
pub(super) struct RunReader {
    run: Run,
    space: Space,
    buffer: Vec<u8>,
    /// What of the buffer has not been taken.
    at: usize,
    size: usize,
}

impl RunReader {
    /// Reads about `size` bytes at a time.
    pub(super) fn new(run: Run, space: Space, size: usize) -> Self {
        Self { run, space, buffer: Vec::new(), at: 0, size }
    }

    /// Puts the next entry in the place of another: its bytes, and how many of them are the key. Returns whether there is one.
    pub(super) fn next(&mut self, entry: &mut Vec<u8>, key_len: &mut usize) -> io::Result<bool> {
        entry.clear();
        let mut lengths = [[0; 4]; 2];
        if self.at == self.buffer.len() && self.run.start == self.run.end {
            return Ok(false);
        }
        let read = self.take(size_of_val(&lengths), entry);
        read.map_err(|error| self.space.explain(error))?;
        lengths.as_flattened_mut().copy_from_slice(entry);
        let [key, value] = lengths.map(|length| u32::from_le_bytes(length) as usize);
        entry.clear();
        *key_len = key;
        self.take(key + value, entry).map_err(|error| self.space.explain(error))?;
        Ok(true)
    }

    fn take(&mut self, mut len: usize, out: &mut Vec<u8>) -> io::Result<()> {
        while len > 0 {
            if self.at == self.buffer.len() {
                self.fill()?;
            }
            let part = &self.buffer[self.at..self.buffer.len().min(self.at + len)];
            out.extend_from_slice(part);
            (self.at, len) = (self.at + part.len(), len - part.len());
        }
        Ok(())
    }

    fn fill(&mut self) -> io::Result<()> {
        let len = (self.run.end - self.run.start).min(self.size as u64);
        if len == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.buffer.resize(len as usize, 0);
        read_exact_at(&self.run.file, &mut self.buffer, self.run.start, &mut 0)?;
        self.run.start += len;
        self.at = 0;
        Ok(())
    }
}
