//! The built program, from the outside: one module a command, and one a subject that all commands share.

#[path = "../harness/mod.rs"]
mod harness;

mod access;
mod activity;
mod audit;
mod benign;
mod cold;
mod compare;
mod config;
#[cfg(feature = "sql")]
mod convert;
mod cost;
mod coverage;
mod dashboard;
mod ddl;
mod deliveries;
mod derived;
mod detect;
#[cfg(unix)]
mod examples;
mod exits;
mod export;
mod failed;
mod filters;
mod findings;
mod fixtures;
mod follow;
mod guide;
mod help;
mod history;
mod html;
mod independent;
mod interrupts;
mod isolation;
mod large_downloads;
mod latency;
mod limits;
mod logging;
mod memory;
mod mistakes;
#[cfg(unix)]
mod pages;
#[cfg(feature = "sql")]
mod parquet;
#[cfg(unix)]
#[cfg(feature = "sql")]
mod pasted;
mod picture;
#[cfg(feature = "sql")]
mod prompt;
#[cfg(feature = "sql")]
mod pruning;
#[cfg(unix)]
mod questions;
mod rejects;
mod rooms;
mod sources;
mod spill;
#[cfg(feature = "sql")]
mod sql;
mod stories;
mod summary;
mod terminal;
mod threads;
mod timeline;
mod top_requesters;
#[cfg(not(feature = "sql"))]
mod without_sql;
mod written;
