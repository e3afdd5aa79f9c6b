//! A bucket being read: the threads behind it, and the iterator in front.

use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::mpsc;

use super::client::S3Client;
use super::connect::Options;
use super::download::{Batches, Content, DownloadSlot, Downloads, Fetched, queue};
use super::error::S3Error;
use super::large::Kept;
use super::listing::{self, Listing};
use super::location::Location;
#[cfg(feature = "sql")]
use super::noted;
use super::store::{Object, ObjectStore};
use super::threads::{Threads, raised};
use super::walk::Batch;
use super::window::{LogSelection, Spans};
use crate::source::{Body, Cancel, Item, Items, Progress};
#[cfg(feature = "sql")]
use crate::store::Found;

/// The logs at a location that are wanted, in the order of the listing, downloaded while they are read. An object that cannot be read is
/// an item that says why. An error means that nothing can be done: no such bucket, no credentials, listing denied.
pub fn items(
    location: &Location,
    options: &Options,
    wanted: &LogSelection,
    progress: Arc<Progress>,
    cancel: Cancel,
) -> Result<Items, S3Error> {
    let session = Session::connect(location, options, progress, &cancel)?;
    let spans = Spans { buckets: wanted.buckets.clone(), any_name: wanted.any_name, ..wanted.window.into() };
    #[cfg(feature = "sql")]
    let of_stores = noted::Wanted::new(location, &wanted.except, &spans);
    let listing = session.list(spans, &wanted.except, &cancel)?;
    #[cfg(feature = "sql")]
    let listing = session.noted(listing, of_stores);
    let (test, location) = (wanted.objects.clone(), location.clone());
    let is_wanted = move |object: &Object| {
        test.as_ref().is_none_or(|test| test.wants(&location.url(&object.key), object))
    };
    let objects = session.download(listing, is_wanted, cancel);
    Ok(Box::new(objects.map(item)))
}

/// An object as something to be read.
pub(super) fn item(fetched: Fetched) -> Item {
    Item {
        name: Arc::from(fetched.url),
        body: match fetched.body {
            Ok(Content::Whole(bytes)) => Body::Object(bytes),
            Ok(Content::Parts(reader)) => Body::Parts(reader),
            Err(error) => Body::Unread(error.into()),
        },
    }
}

/// A location of a store, and the threads that serve requests to it.
pub(super) struct Session<S> {
    threads: Arc<Threads>,
    store: Arc<S>,
    location: Location,
    options: Options,
    progress: Arc<Progress>,
}

impl Session<S3Client> {
    /// Connects to S3. Sends no request yet.
    pub(super) fn connect(
        location: &Location,
        options: &Options,
        progress: Arc<Progress>,
        cancel: &Cancel,
    ) -> Result<Self, S3Error> {
        let threads = Threads::start()?;
        let store = threads.wait(cancel, S3Client::new(&location.bucket, options))?;
        Ok(Self::new(threads, store, location, options, progress))
    }
}

impl<S: ObjectStore> Session<S> {
    pub(super) fn new(
        threads: Threads,
        store: S,
        location: &Location,
        options: &Options,
        progress: Arc<Progress>,
    ) -> Self {
        let (location, options) = (location.clone(), options.clone());
        Self { threads: Arc::new(threads), store: Arc::new(store), location, options, progress }
    }

    /// Begins to list, without what other locations of the bucket hold. The first page is there when this returns.
    pub(super) fn list(
        &self,
        spans: Spans,
        except: &[Location],
        cancel: &Cancel,
    ) -> Result<Listing<S>, S3Error> {
        self.list_after("", spans, except, cancel)
    }

    /// The same, of the keys after one.
    pub(super) fn list_after(
        &self,
        after: &str,
        spans: Spans,
        except: &[Location],
        cancel: &Cancel,
    ) -> Result<Listing<S>, S3Error> {
        let wanted = listing::ListingRequest {
            prefix: self.location.prefix.to_string(),
            after: after.to_owned(),
            keys: self.location.keys(),
            except: except.iter().map(Location::keys).collect(),
            spans,
            now: present(),
            progress: Arc::clone(&self.progress),
        };
        // The first slice is not started here, so nothing is lost when this future ends.
        self.threads.wait(cancel, Listing::open(Arc::clone(&self.store), wanted, self.options.retry_policy))
    }

    /// What the next page of a listing held; `None` at the end, and when the run is to end.
    pub(super) fn next(&self, listing: &mut Listing<S>, cancel: &Cancel) -> Option<Result<Batch, S3Error>> {
        self.threads.wait(cancel, async { Ok(listing.next().await) }).ok().flatten()
    }

    /// The same listing, in which stores are what their notes say.
    #[cfg(feature = "sql")]
    fn noted(&self, listing: Listing<S>, wanted: noted::Wanted) -> noted::Noted<S> {
        noted::Noted {
            listing,
            store: Arc::clone(&self.store),
            retry_policy: self.options.retry_policy,
            wanted,
            found: Found::new(self.location.prefix.to_string()),
            progress: Arc::clone(&self.progress),
            state: noted::State::default(),
        }
    }

    /// The location.
    pub(super) fn location(&self) -> &Location {
        &self.location
    }

    /// Begins to download what is listed and wanted.
    pub(super) fn download(
        &self,
        listing: impl Batches,
        wanted: impl FnMut(&Object) -> bool + Send + 'static,
        cancel: Cancel,
    ) -> Objects {
        let (sender, slots) = queue();
        let downloads = Downloads {
            store: Arc::clone(&self.store),
            location: self.location.clone(),
            concurrency: self.options.concurrency,
            retry_policy: self.options.retry_policy,
            transfer: self.options.transfer,
            progress: Arc::clone(&self.progress),
            cancel: cancel.clone(),
        };
        let url = downloads.location.to_string();
        let stopped = cancel.clone();
        self.threads.spawn(async move {
            // On a stop all is dropped: requests are cut off, and the reader wakes to an end.
            tokio::select! {
                () = downloads.run(listing, wanted, sender) => {}
                () = raised(&stopped) => {}
            }
        });
        Objects {
            slots,
            threads: Arc::clone(&self.threads),
            progress: Arc::clone(&self.progress),
            cancel,
            url,
        }
    }
}

/// The present, in seconds since the epoch.
pub(super) fn present() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
}

/// The objects of a listing in its order. Blocks until the next one is there. Ends early when the run is stopped.
pub(crate) struct Objects {
    slots: mpsc::Receiver<DownloadSlot>,
    threads: Arc<Threads>,
    progress: Arc<Progress>,
    cancel: Cancel,
    url: String,
}

impl Iterator for Objects {
    type Item = Fetched;

    fn next(&mut self) -> Option<Fetched> {
        match self.slots.blocking_recv()? {
            DownloadSlot::Ready(fetched) => Some(*fetched),
            DownloadSlot::Large(object) => Some(object.open(Kept {
                cancel: self.cancel.clone(),
                progress: Arc::clone(&self.progress),
                _threads: Arc::clone(&self.threads),
            })),
            DownloadSlot::Pending(fetched) => match fetched.blocking_recv() {
                // The memory of the object is accounted to the reader from here on.
                Ok((fetched, _permit)) => Some(fetched),
                Err(_) if self.cancel.is_raised() => None,
                Err(_) => Some(Fetched {
                    url: self.url.clone(),
                    key: None,
                    modified: None,
                    body: Err(S3Error::Request { message: "a download ended without a result".to_owned() }),
                }),
            },
        }
    }
}
