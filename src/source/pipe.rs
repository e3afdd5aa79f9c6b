//! Standard input and named pipes, read so that an interrupt ends the wait for them.

use std::io::{self, BufRead, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use super::Cancel;
use super::aligned::AlignedBuffer;

/// How much is read at a time, in bytes: the size of a pipe.
const PIECE_SIZE: usize = 1 << 16;
/// How many pieces may wait.
const MAX_WAITING_PIECES: usize = 16;
/// How long to wait before looking at the stop flag.
const CANCEL_POLL_INTERVAL: Duration = Duration::from_millis(50);
/// A pipe that is silent for so long pauses.
const PAUSE: Duration = Duration::from_millis(200);

/// Reads on a thread of its own: opening or reading a silent pipe cannot be interrupted, so nothing waits for that thread.
pub(super) struct Pipe {
    pieces: Receiver<io::Result<AlignedBuffer>>,
    piece: AlignedBuffer,
    /// Where the bytes of the piece that have not been taken yet begin.
    next: usize,
    /// Whether a pause is told, as [`io::ErrorKind::WouldBlock`]: what has come can be used while more is awaited.
    tells_pauses: bool,
    cancel: Cancel,
}

impl Pipe {
    pub(super) fn new<R: Read>(
        cancel: Cancel,
        open: impl FnOnce() -> io::Result<R> + Send + 'static,
    ) -> Self {
        let (sender, pieces) = sync_channel(MAX_WAITING_PIECES);
        std::thread::spawn(move || {
            let mut source = match open() {
                Ok(source) => source,
                // If nobody listens any more, nobody has to know.
                Err(error) => return drop(sender.send(Err(error))),
            };
            loop {
                // What has come is handed on at once: it may be all there is for a long time.
                let mut piece = AlignedBuffer::default();
                piece.resize(PIECE_SIZE);
                let read = match source.read(&mut piece) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    read => read,
                };
                let is_end = !matches!(read, Ok(1..));
                let piece = read.map(|length| {
                    piece.truncate(length);
                    piece
                });
                if sender.send(piece).is_err() || is_end {
                    return;
                }
            }
        });
        Self { pieces, piece: AlignedBuffer::default(), next: 0, tells_pauses: false, cancel }
    }

    /// From now on, a pause is an error of the kind [`io::ErrorKind::WouldBlock`], after which reading goes on.
    pub(super) fn tell_pauses(&mut self) {
        self.tells_pauses = true;
    }
}

impl BufRead for Pipe {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let mut waited = Duration::ZERO;
        while self.next >= self.piece.len() {
            match self.pieces.recv_timeout(CANCEL_POLL_INTERVAL) {
                Ok(piece) => (self.piece, self.next) = (piece?, 0),
                Err(RecvTimeoutError::Timeout) if !self.cancel.is_raised() => {
                    waited += CANCEL_POLL_INTERVAL;
                    if self.tells_pauses && waited >= PAUSE {
                        return Err(io::ErrorKind::WouldBlock.into());
                    }
                    continue;
                }
                Err(_) => return Ok(&[]),
            }
            if self.piece.is_empty() {
                return Ok(&[]);
            }
        }
        Ok(&self.piece[self.next..])
    }

    fn consume(&mut self, amount: usize) {
        self.next += amount;
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::aligned::AlignmentProbe;

    #[test]
    fn reads_all_of_it_into_aligned_memory() {
        let text = b"0123456789".repeat(20_000);
        let source = AlignmentProbe(io::Cursor::new(text.clone()));
        let mut read = Vec::new();
        Pipe::new(Cancel::default(), || Ok(source)).read_to_end(&mut read).expect("read");
        assert!(read == text);
    }
}
