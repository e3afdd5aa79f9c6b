//! One object, by its key.

use std::sync::Arc;

use super::connect::Options;
use super::download::Content;
use super::error::S3Error;
use super::location::Location;
use super::session::Session;
use super::window::Spans;
use crate::source::Cancel;

/// The object whose key is the prefix of the location; `None` if there is none. It is listed first: that tells its size, and
/// finds the region of its bucket.
pub(crate) fn get_object(
    location: &Location,
    options: &Options,
    cancel: &Cancel,
) -> Result<Option<Content>, S3Error> {
    let session = Session::connect(location, options, Arc::default(), cancel)?;
    let listing = session.list(Spans::default(), &[], cancel)?;
    let key = location.prefix.to_string();
    let mut objects = session.download(listing, move |object| object.key == key, cancel.clone());
    objects.next().map(|fetched| fetched.body).transpose()
}
