//! Logs in a bucket: found by name, listed in parallel, downloaded ahead of whoever reads, delivered in the order of the listing.
//!
//! Listing, downloads and whoever reads overlap. Nothing touches the disk. Everything that is waited for is bounded: the
//! pages a listing is ahead, the objects and the bytes that downloads are ahead.

mod adaptive_limit;
mod arrivals;
mod brake;
#[cfg(feature = "sql")]
mod bucket_place;
mod classify;
mod client;
mod connect;
mod credentials;
mod deliveries;
mod download;
mod endpoint;
mod error;
mod etag;
mod get_object;
mod gets;
mod large;
mod listing;
mod listing_context;
mod location;
mod logging;
mod mirror;
mod names;
mod nearby;
#[cfg(feature = "sql")]
mod noted;
mod profile;
mod request_log;
mod retry;
mod session;
mod spelling;
mod split;
mod store;
mod stores;
mod survey;
mod threads;
mod trust;
mod walk;
mod whole;
mod window;

#[cfg(test)]
mod large_tests;
#[cfg(test)]
mod memory;
#[cfg(test)]
mod tests;

pub(crate) use arrivals::{Arrivals, BucketState, Following};
#[cfg(feature = "sql")]
pub(crate) use bucket_place::BucketPlace;
pub(crate) use connect::{DEFAULT_CONCURRENCY, check, profiles};
pub use connect::{Options, Transfer};
pub(crate) use download::Content;
pub use error::S3Error;
pub(crate) use get_object::get_object;
pub(crate) use large::ObjectReader;
pub use location::Location;
pub(crate) use location::{Bucket, LocationError, Prefix};
pub(crate) use logging::logs_of;
pub use mirror::{Mirror, Mirrored, Mirroring};
pub(crate) use mirror::{Plan, STATE_FOLDER};
pub(crate) use names::LogName;
pub(crate) use nearby::nearby;
pub use retry::RetryPolicy;
pub use session::items;

#[cfg(test)]
pub(crate) use survey::{AclFact, BlockFact, ExpiryFact};
pub(crate) use survey::{
    Change, Fact, LockFact, LogLayout, LoggingFact, Problem, SourceFacts, Survey, TargetFacts,
};
#[cfg(feature = "sql")]
pub(crate) use window::ObjectTest;
pub use window::{BucketTest, LogSelection, Window};
