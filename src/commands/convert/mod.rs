//! `convert`: a columnar store of the logs, which every engine reads.

#[cfg(not(feature = "sql"))]
mod absent;
#[cfg(feature = "sql")]
mod ledger;
#[cfg(feature = "sql")]
mod line_sorter;
#[cfg(feature = "sql")]
mod parquet;
#[cfg(feature = "sql")]
mod portion;

#[cfg(not(feature = "sql"))]
pub(super) use absent::{Args, adapt, run};
#[cfg(feature = "sql")]
pub(super) use parquet::{Args, adapt, run};
