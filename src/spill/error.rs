//! What can go wrong with temporary files.

use std::io;
use std::path::PathBuf;

use bytesize::ByteSize;

/// A temporary file cannot be made, written or read.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot keep in `{}` what --memory does not hold ({} so far): {cause}; set TMPDIR to a folder with more room, give more with \
     --memory, or ask for less: a shorter time, one bucket, a prefix",
    folder.display(), ByteSize(*written).display().si()
)]
pub(crate) struct SpillError {
    pub(super) folder: PathBuf,
    pub(super) written: u64,
    /// Not shown again as the cause: the sentence holds it.
    pub(super) cause: io::Error,
}

impl SpillError {
    /// Whether this is among the causes of an error.
    #[cfg(feature = "sql")]
    pub(crate) fn is_in(error: &anyhow::Error) -> bool {
        error.chain().any(|cause| {
            cause.downcast_ref::<io::Error>().is_some_and(Self::is_cause_of) || cause.is::<Self>()
        })
    }

    /// Whether this is what an operation has failed of.
    pub(crate) fn is_cause_of(error: &io::Error) -> bool {
        error.get_ref().is_some_and(|inner| inner.is::<Self>())
    }
}
