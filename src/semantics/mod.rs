//! What S3 means by a record: each fact once, each with its source.

mod billing;
mod client;
mod denial;
mod geoip;
mod lifecycle;
mod operations;
mod outcome;
mod presigned;
pub mod prices;
mod query;
pub mod region;
mod tls;
mod transfer;

pub use billing::is_unbilled;
pub use client::{is_bot, write_client};
pub use denial::DenialReason;
pub use geoip::{Geoip, GeoipFile};
pub use lifecycle::{Effect, Event, StorageClass};
pub use operations::{
    Access, Level, OPERATIONS, OperationInfo, OperationSet, Source, Tier, names_version, sends_object,
};
pub use outcome::Outcome;
pub use presigned::Presigned;
pub use query::{access_key_id, parameter, referer_host};
pub use tls::Security;
pub use transfer::bytes_received;
