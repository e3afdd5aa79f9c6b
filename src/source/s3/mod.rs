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
mod profile;
mod request_log;
mod retry;
mod session;
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

pub use arrivals::{Arrivals, BucketState, Following};
#[cfg(feature = "sql")]
pub(crate) use bucket_place::BucketPlace;
pub(crate) use connect::profiles;
pub use connect::{DEFAULT_CONCURRENCY, Options, Transfer, check};
pub use download::{Content, Fetched};
pub use error::S3Error;
pub use get_object::get_object;
pub use large::ObjectReader;
pub use location::{Bucket, Location, LocationError, Prefix};
pub use logging::{LogsOf, logs_of};
pub use mirror::STATE_FOLDER;
pub use mirror::{Copied, LOOKBACK, Mirror, Mirrored, Mirroring, Plan, Report};
pub use names::LogName;
pub use nearby::nearby;
pub use retry::RetryPolicy;
pub use session::{Objects, items};
pub use survey::{
    AclFact, BlockFact, Change, ExpiryFact, Fact, LockFact, LogLayout, LoggingFact, SourceFacts, Survey,
    TargetFacts,
};
pub use window::{BucketTest, DELIVERY_LAG, LogSelection, ObjectTest, Window};
