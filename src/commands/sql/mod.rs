//! `sql`: any question.

#[cfg(not(feature = "sql"))]
mod absent;
#[cfg(feature = "sql")]
mod prompt;
#[cfg(feature = "sql")]
mod query;

#[cfg(not(feature = "sql"))]
pub(super) use absent::{Args, adapt, run};
#[cfg(feature = "sql")]
pub(super) use query::{Args, adapt, run};
