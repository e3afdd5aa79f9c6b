//! Records in columns, as Apache Arrow has them: for queries and for stores.

mod batch;
mod column;
mod text;

pub(crate) use batch::{BATCH_ROWS, BatchBuilder, MILLIS_OF_DAY};
pub(crate) use column::{Column, DATE, schema_of};
pub(crate) use text::Known;
