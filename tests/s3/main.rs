//! Reading a bucket of a real S3 server in process, with a layer in front of it that breaks things.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../harness/mod.rs"]
mod harness;

mod account;
mod cli;
#[cfg(feature = "sql")]
mod convert;
mod credentials;
mod delivery_names;
#[cfg(unix)]
mod disk;
mod empty;
mod examples;
mod faults;
mod fetch;
mod folders;
#[cfg(unix)]
mod follow;
mod hopeless;
mod hostile;
#[cfg(unix)]
mod interrupts;
mod inventory;
mod isolation;
mod large;
mod late;
mod listing;
mod logging;
mod program;
mod server;
mod several;
mod sources;
#[cfg(feature = "sql")]
mod stores;
mod verbose;
