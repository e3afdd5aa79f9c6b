//! Standard input, read so that an interrupt ends the wait for it.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use super::Stop;

/// How much is read at a time, in bytes: the size of a large pipe.
const PIECE: usize = 1 << 18;
/// How long a wait goes before the stop flag is looked at.
const LOOK_AROUND: Duration = Duration::from_millis(50);

/// Reads standard input on a thread of its own: a read that waits for a silent pipe cannot be ended, so nobody waits for
/// that thread.
pub(super) struct Stdin {
    pieces: Receiver<io::Result<Vec<u8>>>,
    piece: io::Cursor<Vec<u8>>,
    stop: Stop,
}

impl Stdin {
    pub(super) fn new(stop: Stop) -> Self {
        let (sender, pieces) = sync_channel(4);
        std::thread::spawn(move || {
            let mut stdin = io::stdin().lock();
            loop {
                let mut piece = Vec::with_capacity(PIECE);
                let read = (&mut stdin).take(PIECE as u64).read_to_end(&mut piece);
                let is_end = piece.is_empty();
                if sender.send(read.map(|_| piece)).is_err() || is_end {
                    return;
                }
            }
        });
        Self { pieces, piece: io::Cursor::default(), stop }
    }
}

impl Read for Stdin {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.piece.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            match self.pieces.recv_timeout(LOOK_AROUND) {
                Ok(Ok(piece)) if piece.is_empty() => return Ok(0),
                Ok(piece) => self.piece = io::Cursor::new(piece?),
                Err(RecvTimeoutError::Timeout) if !self.stop.is_raised() => {}
                Err(_) => return Ok(0),
            }
        }
    }
}
