//! Questions in SQL: Apache DataFusion over the same sources, parser and filters as every report.
//!
//! A query is planned by DataFusion; what it asks of the table `logs` is read by [`scan`](crate::scan), which builds only the columns
//! that are needed and tests what it can on records, before there is any row.

mod cell;
mod engine;
mod error;
mod functions;
mod metered;
mod parameters;
mod pushdown;
mod scan;
mod sink;
mod statement;
mod store_scan;
mod table;
mod views;

pub(crate) use cell::{Cells, column_of};
pub(crate) use engine::{Engine, Explained, Names, Query};
pub(crate) use parameters::Parameter;
