//! Where a store lies: a folder, or the objects of a bucket whose keys begin so.

use std::fmt;
use std::fs::File;

/// Where a store lies. Files have names below it with `/` between their parts, and each is there as a whole or not at all.
pub(crate) trait Place: fmt::Debug + Send + Sync {
    /// What people call it.
    fn name(&self) -> String;

    /// What the names of everything below it begin with, as sources are named.
    ///
    /// # Errors
    /// If that cannot be found out.
    fn root(&self) -> anyhow::Result<String>;

    /// Whether nobody else can change it now. Where that cannot be told, of two that write the same note one fails.
    fn is_exclusive(&self) -> bool;

    /// The names of the files in folders whose names begin so, in order.
    ///
    /// # Errors
    /// If they cannot be listed.
    fn files(&self, folders: &str) -> anyhow::Result<Vec<String>>;

    /// What is in these files, which are small.
    ///
    /// # Errors
    /// If one cannot be read.
    fn read(&self, names: &[String]) -> anyhow::Result<Vec<Vec<u8>>>;

    /// Opens a file to be read from any place.
    ///
    /// # Errors
    /// If it cannot be read.
    fn open(&self, name: &str) -> anyhow::Result<File>;

    /// Begins a file, which is there once it is [finished](Self::finish).
    ///
    /// # Errors
    /// If it cannot be written.
    fn begin(&self, name: &str) -> anyhow::Result<File>;

    /// Has a file there for good, or in no place at all.
    ///
    /// # Errors
    /// If it cannot be written.
    fn finish(&self, name: &str, file: File) -> anyhow::Result<()>;

    /// Writes a small file that appears at once.
    ///
    /// # Errors
    /// If it cannot be written, or if somebody else has written it.
    fn create(&self, name: &str, bytes: &[u8]) -> anyhow::Result<()>;

    /// Gives a file another name. One that has it already, or that nobody has any more, is left as it is.
    ///
    /// # Errors
    /// If it cannot be done.
    fn rename(&self, from: &str, to: &str) -> anyhow::Result<()>;

    /// Removes a file, if it is there.
    ///
    /// # Errors
    /// If it is there and cannot be removed.
    fn remove(&self, name: &str) -> anyhow::Result<()>;
}
