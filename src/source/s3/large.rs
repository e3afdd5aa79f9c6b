//! Large objects: in parts, which come some ahead of the reader, each with a request of its own.
//!
//! A record that lies across two parts is read as any other, because the reader hands on one text. No byte is read twice:
//! each part is a range of its own, which comes whole or fails. All parts are of one version, because later ones are asked for
//! by its ETag, and those of a server that does not mind are compared.

use std::fmt;
use std::io::{self, BufRead, Read};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use bytes::{Buf as _, Bytes};
use md5::{Digest as _, Md5};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;

use super::error::S3Error;
use super::etag::Digest;
use super::gets::{Gets, Part};
use super::store::{Object, ObjectStore};
use super::threads::Threads;
use crate::source::{Cancel, Progress};

/// Parts of one object between the requests and the reader.
pub(super) const PARTS_AHEAD: u64 = 4;

/// A part that is on its way, and the right to hold it in memory.
pub(super) type PartSlot = oneshot::Receiver<(Result<Part, S3Error>, OwnedSemaphorePermit)>;

/// Asks for the parts of an object, one after the other, as long as somebody reads them.
pub(super) struct Parts<S> {
    pub(crate) gets: Arc<Gets<S>>,
    pub(crate) object: Object,
    /// The length of a part in bytes.
    pub(crate) length: u64,
    pub(crate) slots: mpsc::Sender<PartSlot>,
}

/// The queue between the requests for the parts of an object and whoever reads them.
pub(super) fn queue() -> (mpsc::Sender<PartSlot>, mpsc::Receiver<PartSlot>) {
    mpsc::channel(PARTS_AHEAD as usize)
}

impl<S: ObjectStore> Parts<S> {
    pub(super) async fn run(self) {
        let memory = Arc::new(Semaphore::new(PARTS_AHEAD as usize));
        let object = Arc::new(self.object);
        let mut tasks = JoinSet::new();
        for range in ranges(object.size, self.length) {
            // The semaphore is never closed.
            let Ok(permit) = Arc::clone(&memory).acquire_owned().await else { return };
            let in_flight = self.gets.limit.acquire().await;
            if self.gets.brake.why().is_some() {
                break;
            }
            let (sender, slot) = oneshot::channel();
            if self.slots.send(slot).await.is_err() {
                // Whoever stopped reading does not want what is on its way either.
                return;
            }
            let (gets, object) = (Arc::clone(&self.gets), Arc::clone(&object));
            tasks.spawn(async move {
                let part = gets.part(&object, range, in_flight).await;
                let _ = sender.send((part, permit));
            });
            while tasks.try_join_next().is_some() {}
        }
        tokio::select! {
            () = async { while tasks.join_next().await.is_some() {} } => {}
            () = self.slots.closed() => {}
        }
    }
}

fn ranges(size: u64, length: u64) -> impl Iterator<Item = Range<u64>> {
    let length = length.max(1);
    (0..size.div_ceil(length)).map(move |number| number * length..size.min((number + 1) * length))
}

/// The content of a large object, in order. Blocks until the next part is there.
pub struct ObjectReader {
    slots: mpsc::Receiver<PartSlot>,
    part: Bytes,
    /// The right to hold the part in memory.
    permit: Option<OwnedSemaphorePermit>,
    /// Bytes that have not come.
    left: u64,
    /// Of the first part.
    version: Option<Version>,
    failed: Option<S3Error>,
    kept: Kept,
    /// The right to read one more large object.
    _permit: OwnedSemaphorePermit,
}

/// What has to live as long as an object is read.
pub(super) struct Kept {
    pub(crate) cancel: Cancel,
    pub(crate) progress: Arc<Progress>,
    /// The threads that the requests run on.
    pub(crate) _threads: Arc<Threads>,
}

/// The version of an object, and the MD5 of what has come of it if its own is known.
struct Version {
    etag: Option<String>,
    md5: Option<(Md5, Digest)>,
}

impl ObjectReader {
    /// The reader of an object of this size.
    pub(super) fn new(
        size: u64,
        slots: mpsc::Receiver<PartSlot>,
        permit: OwnedSemaphorePermit,
        kept: Kept,
    ) -> Self {
        Self {
            slots,
            part: Bytes::new(),
            permit: None,
            left: size,
            version: None,
            failed: None,
            kept,
            _permit: permit,
        }
    }

    /// Waits for the next part.
    fn next(&mut self) -> Result<Bytes, S3Error> {
        self.permit = None;
        let arrived = self.slots.blocking_recv().and_then(|part| part.blocking_recv().ok());
        let Some((part, permit)) = arrived else {
            return Err(match self.kept.cancel.is_raised() {
                true => S3Error::Interrupted { terminated: self.kept.cancel.is_terminated() },
                // The requests end early only if the run gave up.
                false => S3Error::NotTried,
            });
        };
        let Part { bytes, etag, md5 } = part?;
        self.permit = Some(permit);
        let version = self
            .version
            .get_or_insert_with(|| Version { etag: etag.clone(), md5: md5.map(|md5| (Md5::new(), md5)) });
        if version.etag != etag {
            return Err(S3Error::Changed);
        }
        self.left = self.left.saturating_sub(bytes.len() as u64);
        if let Some((found, expected)) = &mut version.md5 {
            found.update(&bytes);
            if self.left == 0 && Digest::from(found.clone().finalize()) != *expected {
                return Err(S3Error::Corrupt);
            }
        }
        Ok(bytes)
    }
}

impl BufRead for ObjectReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.part.is_empty() && self.left > 0 {
            let part = match self.failed.take() {
                Some(error) => Err(error),
                None => self.next(),
            };
            match part {
                Ok(part) => self.part = part,
                Err(error) => {
                    self.failed = Some(error.clone());
                    return Err(io::Error::other(error));
                }
            }
        }
        Ok(&self.part)
    }

    fn consume(&mut self, amount: usize) {
        self.part.advance(amount);
    }
}

impl Read for ObjectReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl Drop for ObjectReader {
    fn drop(&mut self) {
        self.kept.progress.fetched.fetch_add(1, Relaxed);
    }
}

impl fmt::Debug for ObjectReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectReader").field("left", &self.left).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_divide_an_object_among_them() {
        for (size, length) in [(0, 5), (1, 5), (5, 5), (6, 5), (10, 5), (11, 5), (5 << 30, 8 << 20)] {
            let mut end = 0;
            for range in ranges(size, length) {
                assert_eq!(range.start, end);
                assert!(range.end - range.start <= length && range.end > range.start);
                end = range.end;
            }
            assert_eq!(end, size);
        }
    }
}
