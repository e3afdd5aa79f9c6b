//! Standard input and named pipes, read so that an interrupt ends the wait for them.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use super::Cancel;

/// How much is read at a time, in bytes: the size of a pipe.
const PIECE: usize = 1 << 16;
/// How many pieces may wait.
const PIECES: usize = 16;
/// How long a wait goes before the stop flag is looked at.
const LOOK_AROUND: Duration = Duration::from_millis(50);

/// Reads on a thread of its own: opening and reading a silent pipe cannot be ended, so nobody waits for that thread.
pub(super) struct Pipe {
    pieces: Receiver<io::Result<Vec<u8>>>,
    piece: io::Cursor<Vec<u8>>,
    cancel: Cancel,
}

impl Pipe {
    pub(super) fn new<R: Read>(
        cancel: Cancel,
        open: impl FnOnce() -> io::Result<R> + Send + 'static,
    ) -> Self {
        let (sender, pieces) = sync_channel(PIECES);
        std::thread::spawn(move || {
            let mut source = match open() {
                Ok(source) => source,
                // If nobody listens any more, nobody has to know.
                Err(error) => return drop(sender.send(Err(error))),
            };
            loop {
                // What has come is handed on at once: it may be all there is for a long time.
                let mut piece = vec![0; PIECE];
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
        Self { pieces, piece: io::Cursor::default(), cancel }
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.piece.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            match self.pieces.recv_timeout(LOOK_AROUND) {
                Ok(Ok(piece)) if piece.is_empty() => return Ok(0),
                Ok(piece) => self.piece = io::Cursor::new(piece?),
                Err(RecvTimeoutError::Timeout) if !self.cancel.is_raised() => {}
                Err(_) => return Ok(0),
            }
        }
    }
}
