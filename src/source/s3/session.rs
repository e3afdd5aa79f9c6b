//! A bucket being read: the threads behind it, and the iterator in front.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;

use super::client::S3Client;
use super::connect::Options;
use super::download::{Downloads, Fetched, Place, queue};
use super::error::S3Error;
use super::listing::{Listing, Wanted};
use super::location::Location;
use super::store::{Object, ObjectStore};
use super::window::{Spans, Window};
use crate::source::{Body, Cancel, Item, Items, Progress};

/// Threads that serve requests. One serves thousands a second; the others of the machine parse.
const THREADS: usize = 4;
/// How soon an interruption is noticed while S3 is waited for.
const ALERTNESS: Duration = Duration::from_millis(50);

/// The logs at a location, in the order of the listing, downloaded while they are read. An object that cannot be read is
/// an item that says why. An error means that nothing can be done: no such bucket, no credentials, listing denied.
pub fn items(
    location: &Location,
    options: &Options,
    window: &Window,
    progress: Arc<Progress>,
    cancel: Cancel,
) -> Result<Items, S3Error> {
    let session = Session::connect(location, options)?;
    let listing = session.list(window.span().into())?;
    let objects = session.download(listing, |_| true, progress, cancel);
    Ok(Box::new(objects.map(|fetched| Item {
        name: Arc::from(fetched.url),
        body: match fetched.body {
            Ok(bytes) => Body::Object(bytes),
            Err(error) => Body::Unread(error.into()),
        },
    })))
}

/// A location of a store, and the threads that serve requests to it.
pub(super) struct Session<S> {
    runtime: Runtime,
    store: Arc<S>,
    location: Location,
    options: Options,
}

impl Session<S3Client> {
    /// Connects to S3. Sends no request yet.
    pub fn connect(location: &Location, options: &Options) -> Result<Self, S3Error> {
        let runtime = runtime()?;
        let store = runtime.block_on(S3Client::new(&location.bucket, options));
        Ok(Self::new(runtime, store, location, options))
    }
}

impl<S: ObjectStore> Session<S> {
    pub fn new(runtime: Runtime, store: S, location: &Location, options: &Options) -> Self {
        Self { runtime, store: Arc::new(store), location: location.clone(), options: options.clone() }
    }

    /// Begins to list. The first page is there when this returns.
    pub fn list(&self, spans: Spans) -> Result<Listing<S>, S3Error> {
        let wanted = Wanted { prefix: self.location.prefix.to_string(), spans, now: present() };
        // The first slice is not started here, so nothing is lost when this future ends.
        self.runtime.block_on(Listing::open(Arc::clone(&self.store), wanted, self.options.patience))
    }

    /// What is read.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Waits for a future on this thread.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Begins to download what is listed and wanted.
    pub fn download(
        self,
        listing: Listing<S>,
        wanted: impl FnMut(&Object) -> bool + Send + 'static,
        progress: Arc<Progress>,
        cancel: Cancel,
    ) -> Objects {
        let (sender, places) = queue();
        let downloads = Downloads {
            store: self.store,
            location: self.location,
            concurrency: self.options.concurrency,
            patience: self.options.patience,
            progress,
            cancel: cancel.clone(),
        };
        let url = downloads.location.to_string();
        let stopped = cancel.clone();
        self.runtime.spawn(async move {
            // On a stop all is dropped: requests are cut off, and the reader wakes to an end.
            tokio::select! {
                () = downloads.run(listing, wanted, sender) => {}
                () = raised(&stopped) => {}
            }
        });
        Objects { places, runtime: Some(self.runtime), cancel, url }
    }
}

/// The present, in seconds since the epoch.
pub(super) fn present() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
}

async fn raised(cancel: &Cancel) {
    while !cancel.is_raised() {
        tokio::time::sleep(ALERTNESS).await;
    }
}

/// Threads for requests.
pub(super) fn runtime() -> Result<Runtime, S3Error> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Builder::new_multi_thread()
        .worker_threads((cores / 2).clamp(1, THREADS))
        .thread_name("s3")
        .enable_all()
        .build()
        .map_err(|error| S3Error::Request { message: format!("no threads: {error}") })
}

/// The objects of a listing in its order. Blocks until the next one is there. Ends early when the run is stopped.
pub struct Objects {
    places: mpsc::Receiver<Place>,
    runtime: Option<Runtime>,
    cancel: Cancel,
    url: String,
}

impl Iterator for Objects {
    type Item = Fetched;

    fn next(&mut self) -> Option<Fetched> {
        match self.places.blocking_recv()? {
            Place::Ready(fetched) => Some(*fetched),
            Place::Coming(fetched) => match fetched.blocking_recv() {
                // The memory of the object is accounted to the reader from here on.
                Ok((fetched, _permit)) => Some(fetched),
                Err(_) if self.cancel.is_raised() => None,
                Err(_) => Some(Fetched {
                    url: self.url.clone(),
                    key: None,
                    body: Err(S3Error::Request { message: "a download ended without a result".to_owned() }),
                }),
            },
        }
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
