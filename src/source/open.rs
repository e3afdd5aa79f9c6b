//! Opens an item: a small one is read at once, a large one can be shared by threads, the rest is a stream.

use std::fs::{self, File};
use std::io::{self, BufRead as _, Read};
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;

use anyhow::{Context as _, Error};
use bytes::Bytes;

use super::Body;
use super::aligned::{AlignedBuffer, AlignedReader};
use super::cut;
use super::decode::{self, Encoding};
use super::pipe::Pipe;
use super::reading::Reading;
use super::s3::{Location, ObjectReader};
use super::slices::Slices;
use crate::parser::begins_with_directive;
use crate::positional::read_exact_at;
use crate::value_error::invisible;

/// Files of at least this many bytes are shared by all threads.
const MIN_SHARED_FILE: u64 = 4 << 20;

/// What became of an item that was opened.
pub(super) enum Opened {
    /// It is small, and all of it is in the buffer.
    Buffered,
    /// It was in memory already.
    Object(Bytes),
    /// It is large, and all threads can take from it.
    Shared(Slices),
    /// It has to be read from its beginning to its end.
    Stream(Box<dyn Read + Send>),
}

/// Opens an item. A small file is read into `buffer`.
///
/// # Errors
/// If it cannot be opened or read, or is of a kind that is not read here.
pub(super) fn open(body: Body, buffer: &mut AlignedBuffer, reading: &Reading<'_>) -> Result<Opened, Error> {
    let cancel = reading.cancel;
    Ok(match body {
        Body::Unread(error) => return Err(error),
        Body::Stdin => Opened::Stream(lines_of(Pipe::new(cancel.clone(), || Ok(io::stdin())))?),
        Body::Object(bytes) if Encoding::of(&bytes) == Encoding::Plain => Opened::Object(bytes),
        Body::Object(bytes) if Encoding::of(&bytes) == Encoding::PARQUET => store_of_bytes(bytes, reading)?,
        Body::Object(bytes) => Opened::Stream(decode::text(io::Cursor::new(bytes))?),
        Body::Appended(opening) => Opened::Stream(Box::new(opening.open().context("cannot open it")?)),
        Body::Parts(mut reader) => match Encoding::of(reader.fill_buf()?) {
            Encoding::PARQUET => store_of_parts(reader, reading)?,
            _ => Opened::Stream(decode::text(reader)?),
        },
        Body::File(path) => open_file(&path, buffer, reading)?,
    })
}

/// What comes through a pipe. Plain lines are handed on whenever it pauses.
fn lines_of(mut pipe: Pipe) -> io::Result<Box<dyn Read + Send>> {
    if Encoding::of(pipe.fill_buf()?) == Encoding::Plain {
        pipe.tell_pauses();
    }
    decode::text(pipe)
}

/// The lines of a file of a store.
#[cfg(feature = "sql")]
fn store_of_file(file: File, reading: &Reading<'_>) -> Result<Opened, Error> {
    Ok(Opened::Stream(Box::new(crate::store::Lines::of_file(file, reading.selection)?)))
}

/// The lines of a file of a store, which is in memory.
#[cfg(feature = "sql")]
fn store_of_bytes(bytes: Bytes, reading: &Reading<'_>) -> Result<Opened, Error> {
    Ok(Opened::Stream(Box::new(crate::store::Lines::of_bytes(bytes, reading.selection)?)))
}

/// The lines of a file of a store that comes from its beginning, and is read from its end.
#[cfg(feature = "sql")]
fn store_of_parts(mut reader: Box<ObjectReader>, reading: &Reading<'_>) -> Result<Opened, Error> {
    use std::io::Seek as _;
    let mut file = reading.space.file()?;
    io::copy(&mut reader, &mut file)?;
    file.rewind()?;
    store_of_file(file, reading)
}

#[cfg(not(feature = "sql"))]
fn store_of_parts(_: Box<ObjectReader>, _: &Reading<'_>) -> Result<Opened, Error> {
    Err(decode::foreign(decode::PARQUET).into())
}

#[cfg(not(feature = "sql"))]
fn store_of_file(_: File, _: &Reading<'_>) -> Result<Opened, Error> {
    Err(decode::foreign(decode::PARQUET).into())
}

#[cfg(not(feature = "sql"))]
fn store_of_bytes(_: Bytes, _: &Reading<'_>) -> Result<Opened, Error> {
    Err(decode::foreign(decode::PARQUET).into())
}

/// What to say of a file that was found and cannot be opened.
#[cfg(feature = "sql")]
fn cannot_open(path: &Path) -> String {
    let folder = path.parent().and_then(Path::parent);
    match folder.is_some_and(|folder| !path.exists() && folder.join(crate::store::STATE).is_dir()) {
        true => {
            "it is noted in the store and gone: if s3al convert runs, it was merged or removed; ask again"
                .to_owned()
        }
        false => cannot_open_file(path),
    }
}

#[cfg(not(feature = "sql"))]
fn cannot_open(path: &Path) -> String {
    cannot_open_file(path)
}

/// The same, with what was meant, if that was no file, and what nobody sees in its name.
fn cannot_open_file(path: &Path) -> String {
    let mut text = "cannot open it".to_owned();
    if let Some(name) = path.to_str().filter(|_| !path.exists()) {
        if let Some(meant) = Location::meant_by(name) {
            text = format!("{text} as a file (for what is in a bucket, type {meant})");
        } else if let Some(shown) = invisible(name) {
            text = format!("{text} (there are invisible characters in its name: {shown})");
        }
    }
    text
}

fn open_file(path: &Path, buffer: &mut AlignedBuffer, reading: &Reading<'_>) -> Result<Opened, Error> {
    let Reading { progress, cancel, .. } = *reading;
    #[cfg(feature = "sql")]
    let moved = crate::store::moved_file(path);
    #[cfg(feature = "sql")]
    let path = moved.as_deref().unwrap_or(path);
    let metadata = fs::metadata(path).with_context(|| cannot_open(path))?;
    progress.fetched.fetch_add(1, Relaxed);
    progress.fetched_bytes.fetch_add(metadata.len(), Relaxed);
    if !metadata.is_file() {
        let path = path.to_owned();
        let pipe = Pipe::new(cancel.clone(), || File::open(path));
        return Ok(Opened::Stream(lines_of(pipe).context("cannot read it")?));
    }
    let file = File::open(path).with_context(|| cannot_open(path))?;
    buffer.clear();
    if metadata.len() < MIN_SHARED_FILE {
        buffer.read_to_end(file, metadata.len() as usize).context("cannot read it")?;
        return Ok(match Encoding::of(buffer) {
            Encoding::Plain => Opened::Buffered,
            Encoding::PARQUET => store_of_bytes(Bytes::copy_from_slice(buffer), reading)?,
            _ => Opened::Stream(decode::text(io::Cursor::new(std::mem::take(buffer)))?),
        });
    }
    buffer.resize(cut::LINE_LOOK);
    read_exact_at(&file, buffer, 0, &mut 0).context("cannot read it")?;
    let start = &buffer[..];
    if Encoding::of(start) == Encoding::PARQUET {
        return store_of_file(file, reading);
    }
    // The lines of a file with a header mean nothing without it, so it is read from its beginning.
    if Encoding::of(start) != Encoding::Plain || begins_with_directive(start) {
        return Ok(Opened::Stream(decode::text(AlignedReader::new(file))?));
    }
    Ok(Opened::Shared(Slices::new(file, metadata.len(), start)))
}
