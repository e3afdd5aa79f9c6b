//! Reads of a file from a place that is named, whatever other threads do with the file.

use std::fs::File;
use std::io::{self, ErrorKind};

/// Fills the buffer; `read` is how far it came, also after a failure.
///
/// # Errors
/// If the file cannot be read, or ends before.
pub(crate) fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64, read: &mut usize) -> io::Result<()> {
    while *read < buffer.len() {
        match read_at(file, &mut buffer[*read..], offset + *read as u64) {
            Ok(0) => {
                return Err(io::Error::new(ErrorKind::UnexpectedEof, "it became shorter while it was read"));
            }
            Ok(more) => *read += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads from an offset, as much as comes at once.
///
/// # Errors
/// If the file cannot be read.
pub(crate) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_at(file, buffer, offset);
    #[cfg(windows)]
    return std::os::windows::fs::FileExt::seek_read(file, buffer, offset);
}
