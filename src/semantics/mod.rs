//! What S3 means by a record: each fact once, each with its source.

mod action;
mod client;
mod denial;
mod lifecycle;
mod presigned;
pub mod region;
mod tls;

pub use action::{Access, Action, Grant};
pub use client::write_client;
pub use denial::DenialReason;
pub use lifecycle::{Event, StorageClass};
pub use presigned::Presigned;
pub use tls::Security;
