//! `s3al` answers questions about Amazon S3 server access logs.
//!
//! Data flows one way: bytes → entries → filter → aggregate → report → output. A module imports only from modules that
//! stand before its own in this list.

pub mod parser;

pub mod filter;

pub mod aggregate;

pub mod report;

pub mod source;

pub mod output;

pub mod args;
