//! What S3 means by a record: each fact once, each with its source.

mod billing;
mod client;
mod denial;
mod geoip;
mod lifecycle;
mod operations;
mod outcome;
mod presigned;
pub(crate) mod prices;
mod query;
pub(crate) mod region;
mod tls;
mod transfer;

pub(crate) use billing::is_unbilled;
pub(crate) use client::{ClientKind, client_kind, is_bot, platform, write_client};
pub(crate) use denial::DenialReason;
pub(crate) use geoip::{Geoip, GeoipFile};
pub(crate) use lifecycle::{Effect, Event, StorageClass};
pub(crate) use operations::{
    Access, Level, OPERATIONS, OperationInfo, OperationSet, Tier, is_of_client, names_version, sends_object,
};
pub(crate) use outcome::Outcome;
pub(crate) use presigned::Presigned;
#[cfg(feature = "sql")]
pub(crate) use query::parameter_of;
pub(crate) use query::{access_key_id, host_of, parameter, referer_host, search_phrase};
pub(crate) use tls::Security;
pub(crate) use transfer::bytes_received;
