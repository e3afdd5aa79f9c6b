//! Reading a bucket of a real S3 server in process, with a layer in front of it that breaks things.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod cli;
mod faults;
mod fetch;
mod inventory;
mod listing;
mod server;
