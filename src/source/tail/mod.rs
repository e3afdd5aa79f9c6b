//! What comes to files while they are followed: a file that grows, a folder or a glob to which files come.
//!
//! Rotation and truncation as `tail -F` has them: a file is known by what it is and not by its name, so one that is renamed is read
//! on; one whose name another file has taken is read to its end; one that became shorter, or begins with something else, is read from
//! its beginning. A copy of what was read (copytruncate, gzip) is read on where its original was left.

mod content;
mod file;
mod present;
mod set;

pub(crate) use content::Opening;
pub(crate) use file::FileState;
pub(crate) use set::Tail;
