//! One object, by its key.

use bytes::Bytes;

use super::client::S3Client;
use super::connect::Options;
use super::error::S3Error;
use super::location::Location;
use super::retry::retry;
use super::store::{ListRequest, ObjectStore};
use super::threads::Threads;
use crate::source::Cancel;

/// The object whose key is the prefix of the location, whole; `None` if there is none. It is listed first: that tells its
/// size, and finds the region of its bucket.
pub fn get_object(location: &Location, options: &Options, cancel: &Cancel) -> Result<Option<Bytes>, S3Error> {
    Threads::start()?.wait(cancel, async {
        let service = S3Client::new(&location.bucket, options).await?;
        let request = ListRequest { prefix: location.prefix.to_string(), ..ListRequest::default() };
        let page = retry(&options.retry_policy, |_| (), || service.list(&request)).await?;
        let Some(object) = page.objects.into_iter().find(|object| object.key == request.prefix) else {
            return Ok(None);
        };
        retry(&options.retry_policy, |_| (), || service.get(&object)).await.map(Some)
    })
}
