//! What sources hand out: whole lines, and where they belong.

use std::sync::Arc;

/// Whole lines of one item.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chunk<'a> {
    /// The item's name.
    pub(crate) name: &'a Arc<str>,
    /// Where the chunk belongs among all others.
    pub(crate) id: ChunkId,
    /// The last line of the item before the chunk that names the columns of delimited lines; mostly empty.
    pub(crate) header: &'a [u8],
    /// The lines.
    pub(crate) bytes: &'a [u8],
    /// The beginning of a line whose rest could not be read, because the source failed inside it; mostly empty.
    pub(crate) piece: &'a [u8],
}

/// Where a chunk belongs among all chunks: every item has chunks 0, 1, 2, ... up to a last one, which may be empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ChunkId {
    /// The item's number.
    pub(crate) item: u64,
    /// The chunk's number within the item.
    pub(crate) part: u64,
    /// Whether it is the item's last.
    pub(crate) last: bool,
}

/// Takes chunks in; one a thread.
pub(crate) trait Consume: Send {
    /// Takes in one chunk.
    fn chunk(&mut self, chunk: Chunk<'_>);
}
