//! Stores: records as Parquet, a folder a day, which s3al and every other engine reads.
//!
//! docs/store.md has the layout. What was converted is in the store itself, so that no run can take a source twice; files become part of
//! it together with that note, or not at all.

mod columns;
mod folder;
mod foreign;
mod found;
mod generation;
mod line;
mod place;
mod pruning;
mod reader;
mod rows;
mod snapshot;
mod writer;

pub(crate) use columns::{Rows, StoreFile, divide};
pub(crate) use folder::{Folder, source_name};
pub(crate) use found::{Found, root_of};
pub(crate) use generation::{Generation, Input, STATE, Store, is_own, number_of};
pub(crate) use place::Place;
pub(crate) use reader::Lines;
pub(crate) use snapshot::{Missing, Snapshot, moved, moved_file};
pub(crate) use writer::DayWriter;

/// The version of the layout, in the metadata of every file and in every note.
pub(crate) const VERSION: &str = "1";

/// The folder of lines that could not be read.
const REJECTS: &str = "_rejects";

/// The name of the version in the metadata of files.
pub(crate) const VERSION_KEY: &str = "s3al.store.version";

/// The names of the columns of a file.
#[cfg(test)]
pub(crate) fn column_names() -> Vec<String> {
    rows::RowBuilder::new().schema().fields().iter().map(|field| field.name().clone()).collect()
}
