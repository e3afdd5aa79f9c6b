//! Hands items out to threads: small files whole, large files in slices, streams in blocks.

use std::collections::{HashSet, VecDeque};
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use anyhow::{Context as _, Error};

use super::aligned::AlignedBuffer;
use super::chunk::{Chunk, ChunkId, Consume};
use super::open::{Opened, open};
use super::reading::Reading;
use super::s3::S3Error;
use super::slices::{Slice, Slices};
use super::stream::{Block, Blocks};
use super::{Body, Items};

/// How often a thread that waits looks around.
const CANCEL_POLL_INTERVAL: Duration = Duration::from_millis(20);

/// An item that could not be read to its end.
#[derive(Debug)]
pub(crate) struct Unread {
    /// The item's name.
    pub(crate) name: Arc<str>,
    /// Why, and what to try.
    pub(crate) error: Error,
}

/// What came of the items.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Items read to the end.
    pub(crate) files: u64,
    /// Items that could not be.
    pub(crate) unread: Vec<Unread>,
    /// The numbers of those that are more of a file that was counted before.
    pub(crate) continued: HashSet<u64>,
}

/// Reads all items, with one thread for each consumer, and gives the consumers back. Chunks come to the consumers in any order;
/// their places tell the right one.
pub(crate) fn read<C: Consume>(items: Items, reading: &Reading<'_>, consumers: Vec<C>) -> (Vec<C>, Outcome) {
    let schedule = Schedule {
        items: Mutex::new((0, Some(items))),
        shared: Mutex::new(Shared::default()),
        changed: Condvar::new(),
        blocks: consumers.len() * 2,
        in_parts: AtomicUsize::new(0),
        reading,
    };
    let consumers = std::thread::scope(|scope| {
        let threads: Vec<_> = consumers
            .into_iter()
            .map(|mut consumer| {
                let schedule = &schedule;
                scope.spawn(move || {
                    schedule.work(&mut consumer);
                    consumer
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let shared = schedule.shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    let Counts { mut files, shared: sliced, mut unread, continued } = shared.counts;
    unread.sort_by_key(|(item, _)| *item);
    // A file that has become shorter fails once for every slice that is not there any more.
    unread.dedup_by_key(|(item, _)| *item);
    let is_unread = |item: &u64| unread.binary_search_by_key(item, |(item, _)| *item).is_ok();
    files += sliced.iter().filter(|item| !is_unread(item)).count() as u64;
    (consumers, Outcome { files, unread: unread.into_iter().map(|(_, unread)| unread).collect(), continued })
}

#[derive(Default)]
struct Counts {
    /// Items that one thread has read to the end.
    files: u64,
    /// Files whose last slice has been read.
    shared: Vec<u64>,
    unread: Vec<(u64, Unread)>,
    /// More of files that were counted before.
    continued: HashSet<u64>,
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
struct WaitingBlock {
    source: Source,
    id: ChunkId,
    block: Block,
}

#[derive(Default)]
struct Shared {
    large: VecDeque<Large>,
    blocks: VecDeque<WaitingBlock>,
    /// Used blocks, to be filled again.
    spare: Vec<Vec<u8>>,
    /// Threads that are reading an item, which may still bring blocks or a large file.
    readers: usize,
    counts: Counts,
}

/// What a thread does next.
enum Task {
    Item(Source, Body),
    Slice(Source, Slice, ChunkId),
    Block(WaitingBlock),
    Wait,
    Done,
}

struct Schedule<'a> {
    items: Mutex<(u64, Option<Items>)>,
    shared: Mutex<Shared>,
    changed: Condvar,
    /// How many blocks may wait.
    blocks: usize,
    /// Items that are being read and come in parts.
    in_parts: AtomicUsize,
    reading: &'a Reading<'a>,
}

impl Schedule<'_> {
    fn work<C: Consume>(&self, consumer: &mut C) {
        let mut buffer = AlignedBuffer::default();
        while !self.reading.cancel.is_raised() {
            match self.next() {
                Task::Item(source, body) => {
                    let is_in_parts = usize::from(matches!(body, Body::Parts(_)));
                    self.in_parts.fetch_add(is_in_parts, Relaxed);
                    let goes_on = matches!(&body, Body::Appended(opening) if opening.goes_on());
                    let read = self.item(&source, body, &mut buffer, consumer);
                    self.in_parts.fetch_sub(is_in_parts, Relaxed);
                    let mut shared = self.shared();
                    shared.readers -= 1;
                    if goes_on {
                        shared.counts.continued.insert(source.number);
                    }
                    let failed = match read {
                        // A source that is not there is missing also where another one has answered in the meantime.
                        Ok(Read::Unopened(error)) => Some(error),
                        // It was not read to its end, and that is no failure of the source.
                        _ if self.reading.cancel.is_interrupted() => None,
                        Err(_) if self.reading.cancel.is_raised() => None,
                        Err(error) => Some(error),
                        Ok(Read::Whole) => {
                            shared.counts.files += u64::from(!goes_on);
                            None
                        }
                        // Counted with its last slice.
                        Ok(Read::Shared) => None,
                    };
                    if let Some(error) = failed {
                        let unread = Unread { name: source.name, error };
                        shared.counts.unread.push((source.number, unread));
                    }
                    drop(shared);
                    self.changed.notify_all();
                }
                Task::Slice(source, slice, id) => {
                    let read = slice.read(&mut buffer);
                    let (bytes, piece) = (&buffer[read.lines], &buffer[read.piece]);
                    consumer.chunk(Chunk { name: &source.name, id, header: b"", bytes, piece });
                    self.slice_done(source, id, read.result.err());
                }
                Task::Block(block) => self.consume(block, consumer),
                Task::Wait => {
                    let shared = self.shared();
                    drop(self.changed.wait_timeout(shared, CANCEL_POLL_INTERVAL));
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

    fn waiting_block(&self) -> Option<WaitingBlock> {
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
        let mut items = match self.items.try_lock() {
            Ok(items) => items,
            // The next item can be long in coming, and there will be lines of those that come in parts.
            Err(TryLockError::WouldBlock) if self.in_parts.load(Relaxed) > 0 => return Task::Wait,
            Err(TryLockError::WouldBlock) => self.items.lock().unwrap_or_else(PoisonError::into_inner),
            Err(TryLockError::Poisoned(items)) => items.into_inner(),
        };
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
        let id = ChunkId { item: large.source.number, part: large.part, last };
        let task = Task::Slice(large.source.clone(), slice, id);
        large.part += 1;
        if last {
            shared.large.remove(open);
        }
        Some(task)
    }

    /// Counts the file with its last slice; a slice that could not be read makes it unread.
    fn slice_done(&self, source: Source, id: ChunkId, error: Option<io::Error>) {
        let mut shared = self.shared();
        if let Some(error) = error {
            let error = Error::from(error).context("cannot read all of it");
            shared.counts.unread.push((source.number, Unread { name: source.name, error }));
        } else if id.last {
            shared.counts.shared.push(source.number);
        }
    }

    fn consume<C: Consume>(&self, waiting: WaitingBlock, consumer: &mut C) {
        let WaitingBlock { source, id, block } = waiting;
        let (bytes, piece) = block.bytes.split_at(block.lines);
        consumer.chunk(Chunk { name: &source.name, id, header: &block.header, bytes, piece });
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
            let id = ChunkId { item: source.number, part: 0, last: true };
            consumer.chunk(Chunk { name: &source.name, id, header: b"", bytes, piece: b"" });
        };
        let ends_with_run = matches!(body, Body::Parts(_));
        match open(body, buffer, self.reading) {
            Ok(Opened::Buffered) => whole(buffer),
            Ok(Opened::Object(bytes)) => whole(&bytes),
            Ok(Opened::Stream(stream)) => self.stream(source, Blocks::new(stream), consumer)?,
            Ok(Opened::Shared(slices)) => {
                self.shared().large.push_back(Large { source: source.clone(), slices, part: 0 });
                self.changed.notify_all();
                return Ok(Read::Shared);
            }
            Err(error) => {
                whole(b"");
                return if ends_with_run || is_untried(&error) {
                    Err(error)
                } else {
                    Ok(Read::Unopened(error))
                };
            }
        }
        Ok(Read::Whole)
    }

    /// Reads a stream in blocks of whole lines, for whichever thread has time: this one too, when too many wait.
    fn stream<C: Consume>(&self, source: &Source, mut blocks: Blocks, consumer: &mut C) -> Result<(), Error> {
        let mut part = 0;
        loop {
            while !(self.reading.gate)(source.number) && !self.reading.cancel.is_raised() {
                self.help(consumer);
            }
            let spare = self.shared().spare.pop().unwrap_or_default();
            let mut block = blocks.next(spare, self.reading.cancel);
            let end = block.end.take();
            let id = ChunkId { item: source.number, part, last: end.is_some() };
            self.hand_on(WaitingBlock { source: source.clone(), id, block }, consumer);
            part += 1;
            if let Some(end) = end {
                return end.context("cannot read it to its end");
            }
        }
    }

    fn hand_on<C: Consume>(&self, block: WaitingBlock, consumer: &mut C) {
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
            None => drop(self.changed.wait_timeout(shared, CANCEL_POLL_INTERVAL)),
        }
    }
}

/// What became of an item.
enum Read {
    /// It was read to its end.
    Whole,
    /// All threads read it.
    Shared,
    /// It could not be opened.
    Unopened(Error),
}

/// Whether this says that a request was not made, or given up, because the run ends.
fn is_untried(error: &Error) -> bool {
    matches!(error.downcast_ref(), Some(S3Error::Interrupted { .. } | S3Error::NotTried))
}

#[cfg(test)]
mod tests {
    use super::super::{Body, Cancel, Item, Progress};
    use super::*;
    #[cfg(feature = "sql")]
    use crate::spill::Space;

    /// The other threads have enough as soon as they know that nothing more comes of an item.
    struct Enough<'a>(&'a Cancel);

    impl Consume for Enough<'_> {
        fn chunk(&mut self, chunk: Chunk<'_>) {
            if chunk.id.last {
                self.0.finish();
            }
        }
    }

    /// What is told of one item, where the answer is complete just when it fails.
    fn unread(body: Body) -> Vec<String> {
        let (cancel, progress) = (Cancel::default(), Progress::default());
        let reading = Reading {
            cancel: &cancel,
            progress: &progress,
            #[cfg(feature = "sql")]
            selection: &crate::filter::Selection::default(),
            #[cfg(feature = "sql")]
            space: &Space::new(std::env::temp_dir(), 1 << 20),
            gate: &|_| true,
        };
        let items = std::iter::once(Item { name: "nowhere".into(), body });
        let (_, outcome) = read(Box::new(items), &reading, vec![Enough(&cancel)]);
        outcome.unread.iter().map(|unread| format!("{}: {}", unread.name, unread.error)).collect()
    }

    #[test]
    fn a_missing_file_is_told_also_if_enough_was_read_in_the_meantime() {
        assert_eq!(unread(Body::File("no/such/file".into())), ["nowhere: cannot open it"]);
        assert_eq!(unread(Body::Unread(Error::msg("it was deleted"))), ["nowhere: it was deleted"]);
        // But not what nobody needs any more.
        let given_up = S3Error::Interrupted { terminated: false };
        assert_eq!(unread(Body::Unread(given_up.into())), [""; 0]);
    }
}
