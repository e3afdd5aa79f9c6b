//! Hands items out to threads: small files whole, large files in slices, streams in blocks.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Error};
use memchr::{memchr, memrchr};

use super::aligned::{AlignedBuffer, AlignedReader};
use super::decode::{self, Encoding};
use super::pipe::Pipe;
use super::slices::{Slice, Slices, read_at};
use super::{Body, Cancel, Items, LONGEST_LINE, Progress};

/// Files of at least this many bytes are shared by all threads.
const LARGE: u64 = 4 << 20;
/// How much of a stream is read before it is handed on, in bytes.
const BLOCK: usize = 1 << 20;
/// How often a thread that waits looks around.
const LOOK_AROUND: Duration = Duration::from_millis(20);

/// Whole lines of one item.
#[derive(Clone, Copy, Debug)]
pub struct Chunk<'a> {
    /// The item's name.
    pub name: &'a Arc<str>,
    /// Where the chunk stands among all others.
    pub place: ChunkId,
    /// The lines.
    pub bytes: &'a [u8],
}

/// Where a chunk stands among all chunks: every item has chunks 0, 1, 2, ... up to a last one, which may be empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChunkId {
    /// The item's number.
    pub item: u64,
    /// The chunk's number within the item.
    pub part: u64,
    /// Whether it is the item's last.
    pub last: bool,
}

/// Takes chunks in; one a thread.
pub trait Consume: Send {
    /// Takes in one chunk.
    fn chunk(&mut self, chunk: Chunk<'_>);
}

/// An item that could not be read to its end.
#[derive(Debug)]
pub struct Unread {
    /// The item's name.
    pub name: Arc<str>,
    /// Why, and what to try.
    pub error: Error,
}

/// How a run reads.
pub struct Reading<'a> {
    /// Raised to end early.
    pub cancel: &'a Cancel,
    /// Counts what was read.
    pub progress: &'a Progress,
    /// Whether more of this item may be read now. Answers `true` for the item whose output is next.
    pub gate: &'a (dyn Fn(u64) -> bool + Sync),
}

/// What came of the items.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Items read to the end.
    pub files: u64,
    /// Items that could not be.
    pub unread: Vec<Unread>,
}

/// Reads all items, with one thread for each consumer, and gives the consumers back. Chunks come to the consumers in any order;
/// their places tell the right one.
pub fn read<C: Consume>(items: Items, reading: &Reading<'_>, consumers: Vec<C>) -> (Vec<C>, Outcome) {
    let feed = Feed {
        items: Mutex::new((0, Some(items))),
        shared: Mutex::new(Shared::default()),
        changed: Condvar::new(),
        blocks: consumers.len() * 2,
        reading,
    };
    let consumers = std::thread::scope(|scope| {
        let threads: Vec<_> = consumers
            .into_iter()
            .map(|mut consumer| {
                let feed = &feed;
                scope.spawn(move || {
                    feed.work(&mut consumer);
                    consumer
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let shared = feed.shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut outcome = shared.outcome;
    outcome.unread.sort_by_key(|(item, _)| *item);
    let unread = outcome.unread.into_iter().map(|(_, unread)| unread).collect();
    (consumers, Outcome { files: outcome.files, unread })
}

#[derive(Default)]
struct Found {
    files: u64,
    unread: Vec<(u64, Unread)>,
}

/// An item that is being read.
#[derive(Clone)]
struct Source {
    number: u64,
    name: Arc<str>,
}

/// A large file that threads take slices of.
struct Large {
    source: Source,
    slices: Slices,
    part: u64,
}

/// Lines of a stream that wait for a thread.
struct Block {
    source: Source,
    place: ChunkId,
    bytes: Vec<u8>,
}

#[derive(Default)]
struct Shared {
    large: VecDeque<Large>,
    blocks: VecDeque<Block>,
    /// Used blocks, to be filled again.
    spare: Vec<Vec<u8>>,
    /// Threads that are reading an item, which may still bring blocks or a large file.
    readers: usize,
    outcome: Found,
}

/// What a thread does next.
enum Task {
    Item(Source, Body),
    Slice(Source, Slice, ChunkId),
    Block(Block),
    Wait,
    Done,
}

struct Feed<'a> {
    items: Mutex<(u64, Option<Items>)>,
    shared: Mutex<Shared>,
    changed: Condvar,
    /// How many blocks may wait.
    blocks: usize,
    reading: &'a Reading<'a>,
}

impl Feed<'_> {
    fn work<C: Consume>(&self, consumer: &mut C) {
        let mut buffer = AlignedBuffer::default();
        while !self.reading.cancel.is_raised() {
            match self.next() {
                Task::Item(source, body) => {
                    let read = self.item(&source, body, &mut buffer, consumer);
                    let mut shared = self.shared();
                    shared.readers -= 1;
                    match read {
                        // It was not read to its end, and that is no failure of the source.
                        _ if self.reading.cancel.is_interrupted() => {}
                        Ok(Read::Whole) => shared.outcome.files += 1,
                        // Counted with its last slice.
                        Ok(Read::Shared) => {}
                        Err(error) => {
                            let unread = Unread { name: source.name, error };
                            shared.outcome.unread.push((source.number, unread));
                        }
                    }
                    drop(shared);
                    self.changed.notify_all();
                }
                Task::Slice(source, slice, place) => {
                    let read = slice.read(&mut buffer);
                    let lines = read.as_ref().map_or(&[][..], |lines| &buffer[lines.clone()]);
                    consumer.chunk(Chunk { name: &source.name, place, bytes: lines });
                    self.slice_done(source, place, read.err());
                }
                Task::Block(block) => self.consume(block, consumer),
                Task::Wait => {
                    let shared = self.shared();
                    drop(self.changed.wait_timeout(shared, LOOK_AROUND));
                }
                Task::Done => break,
            }
        }
        // What was read before an interrupt is known, too.
        while self.reading.cancel.is_interrupted()
            && let Some(block) = self.waiting_block()
        {
            self.consume(block, consumer);
        }
    }

    fn waiting_block(&self) -> Option<Block> {
        self.shared().blocks.pop_front()
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lines that are at hand come before new items: so memory holds few.
    fn next(&self) -> Task {
        if let Some(task) = self.at_hand() {
            return task;
        }
        let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        if items.1.is_some() && !(self.reading.gate)(items.0) {
            return Task::Wait;
        }
        if let Some(item) = items.1.as_mut().and_then(Iterator::next) {
            let source = Source { number: items.0, name: item.name };
            items.0 += 1;
            // Counted before the next thread can see that there are no more items.
            self.shared().readers += 1;
            return Task::Item(source, item.body);
        }
        items.1 = None;
        drop(items);
        if let Some(task) = self.at_hand() {
            return task;
        }
        let shared = self.shared();
        let is_done = shared.readers == 0 && shared.blocks.is_empty() && shared.large.is_empty();
        if is_done { Task::Done } else { Task::Wait }
    }

    fn at_hand(&self) -> Option<Task> {
        let mut shared = self.shared();
        if let Some(block) = shared.blocks.pop_front() {
            return Some(Task::Block(block));
        }
        let open = shared.large.iter().position(|large| (self.reading.gate)(large.source.number))?;
        let large = &mut shared.large[open];
        let (slice, last) = large.slices.next();
        let place = ChunkId { item: large.source.number, part: large.part, last };
        let task = Task::Slice(large.source.clone(), slice, place);
        large.part += 1;
        if last {
            shared.large.remove(open);
        }
        Some(task)
    }

    /// Counts the file with its last slice; a slice that could not be read makes it unread.
    fn slice_done(&self, source: Source, place: ChunkId, error: Option<io::Error>) {
        let mut shared = self.shared();
        if let Some(error) = error {
            let error = Error::from(error).context("cannot read all of it");
            shared.outcome.unread.push((source.number, Unread { name: source.name, error }));
        } else if place.last {
            shared.outcome.files += 1;
        }
    }

    fn consume<C: Consume>(&self, block: Block, consumer: &mut C) {
        consumer.chunk(Chunk { name: &block.source.name, place: block.place, bytes: &block.bytes });
        self.shared().spare.push(block.bytes);
    }

    /// Reads an item, or makes it ready for all threads. Whatever happens, its last chunk is handed on.
    fn item<C: Consume>(
        &self,
        source: &Source,
        body: Body,
        buffer: &mut AlignedBuffer,
        consumer: &mut C,
    ) -> Result<Read, Error> {
        let mut whole = |bytes: &[u8]| {
            let place = ChunkId { item: source.number, part: 0, last: true };
            consumer.chunk(Chunk { name: &source.name, place, bytes });
        };
        let stream = match body {
            Body::Unread(error) => {
                whole(b"");
                return Err(error);
            }
            Body::Stdin => {
                decode::text(Pipe::new(self.reading.cancel.clone(), || Ok(io::stdin()))).map_err(Error::from)
            }
            Body::Object(bytes) => match Encoding::of(&bytes) {
                Encoding::Plain => {
                    whole(&bytes);
                    return Ok(Read::Whole);
                }
                _ => decode::text(io::Cursor::new(bytes)).map_err(Error::from),
            },
            Body::File(path) => match self.file(source, &path, buffer) {
                Ok(Opened::Whole) => {
                    whole(buffer);
                    return Ok(Read::Whole);
                }
                Ok(Opened::Shared) => return Ok(Read::Shared),
                Ok(Opened::Stream(stream)) => Ok(stream),
                Err(error) => Err(error),
            },
        };
        match stream {
            Ok(stream) => self.stream(source, stream, consumer).map(|()| Read::Whole),
            Err(error) => {
                whole(b"");
                Err(error)
            }
        }
    }

    /// Opens a file: reads a small one, shares a large one, and streams what is compressed or no regular file.
    fn file(&self, source: &Source, path: &Path, buffer: &mut AlignedBuffer) -> Result<Opened, Error> {
        let metadata = fs::metadata(path).context("cannot open it")?;
        let progress = self.reading.progress;
        progress.fetched.fetch_add(1, Relaxed);
        progress.fetched_bytes.fetch_add(metadata.len(), Relaxed);
        if !metadata.is_file() {
            let path = path.to_owned();
            let pipe = Pipe::new(self.reading.cancel.clone(), || File::open(path));
            return Ok(Opened::Stream(decode::text(pipe).context("cannot read it")?));
        }
        let file = File::open(path).context("cannot open it")?;
        buffer.clear();
        if metadata.len() < LARGE {
            buffer.read_to_end(file, metadata.len() as usize).context("cannot read it")?;
            return Ok(match Encoding::of(buffer) {
                Encoding::Plain => Opened::Whole,
                _ => Opened::Stream(decode::text(io::Cursor::new(std::mem::take(buffer)))?),
            });
        }
        let mut start = [0; 8];
        read_at(&file, &mut start, 0).context("cannot read it")?;
        if Encoding::of(&start) != Encoding::Plain {
            return Ok(Opened::Stream(decode::text(AlignedReader::new(file))?));
        }
        let large = Large { source: source.clone(), slices: Slices::new(file, metadata.len()), part: 0 };
        self.shared().large.push_back(large);
        self.changed.notify_all();
        Ok(Opened::Shared)
    }

    /// Reads a stream in blocks of whole lines, for whichever thread has time: this one too, when too many wait.
    fn stream<C: Consume>(
        &self,
        source: &Source,
        mut stream: Box<dyn io::Read + Send>,
        consumer: &mut C,
    ) -> Result<(), Error> {
        let mut part = 0;
        let mut rest = Vec::new();
        let mut is_cut = false;
        loop {
            while !(self.reading.gate)(source.number) && !self.reading.cancel.is_raised() {
                self.help(consumer);
            }
            let mut bytes = self.shared().spare.pop().unwrap_or_default();
            bytes.clear();
            bytes.append(&mut rest);
            let read = fill(&mut stream, &mut bytes);
            let last = !matches!(read, Ok(More::Yes)) || self.reading.cancel.is_raised();
            if is_cut {
                // What is left of a line that was cut is no line.
                is_cut = memchr(b'\n', &bytes).is_none();
                bytes.drain(..memchr(b'\n', &bytes).map_or(bytes.len(), |line_end| line_end + 1));
            }
            if !last && let Some(end) = memrchr(b'\n', &bytes) {
                rest.extend_from_slice(&bytes[end + 1..]);
                bytes.truncate(end + 1);
            } else if !last && bytes.len() < LONGEST_LINE {
                rest = bytes;
                continue;
            } else {
                is_cut = !last;
            }
            if self.reading.cancel.is_raised() {
                // The rest of the last line would have come later.
                bytes.truncate(memrchr(b'\n', &bytes).map_or(0, |end| end + 1));
            }
            let place = ChunkId { item: source.number, part, last };
            self.hand_on(Block { source: source.clone(), place, bytes }, consumer);
            part += 1;
            if last {
                return read.map(|_| ()).context("cannot read it to its end");
            }
        }
    }

    fn hand_on<C: Consume>(&self, block: Block, consumer: &mut C) {
        let mut shared = self.shared();
        shared.blocks.push_back(block);
        let is_full = shared.blocks.len() > self.blocks;
        drop(shared);
        self.changed.notify_one();
        if is_full {
            self.help(consumer);
        }
    }

    /// Takes the block that has waited longest, or waits.
    fn help<C: Consume>(&self, consumer: &mut C) {
        let mut shared = self.shared();
        match shared.blocks.pop_front() {
            Some(block) => {
                drop(shared);
                self.consume(block, consumer);
            }
            None => drop(self.changed.wait_timeout(shared, LOOK_AROUND)),
        }
    }
}

/// What became of an item.
enum Read {
    /// It was read to its end.
    Whole,
    /// All threads read it.
    Shared,
}

/// What became of a file that was opened.
enum Opened {
    /// It is small, and in the buffer.
    Whole,
    /// It is large, and all threads take from it.
    Shared,
    Stream(Box<dyn io::Read + Send>),
}

/// Whether there may be more to read.
enum More {
    Yes,
    No,
}

/// Reads until there are [`BLOCK`] bytes more, or no more at all.
fn fill(stream: &mut impl io::Read, bytes: &mut Vec<u8>) -> io::Result<More> {
    let want = BLOCK as u64;
    let read = stream.take(want).read_to_end(bytes)?;
    Ok(if (read as u64) < want { More::No } else { More::Yes })
}
