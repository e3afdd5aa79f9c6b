//! A listing in the order of its plan: slices are listed in parallel, a few ahead, and read one after the other.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::brake::Brake;
use super::error::S3Error;
use super::listing_context::{KeyRange, ListingContext};
use super::location::Keys;
use super::retry::RetryPolicy;
use super::store::{ObjectStore, Page};
use super::walk::{Batch, Piece, walk};
use super::window::Spans;
use crate::source::Progress;

/// Slices that are listed at the same time.
const MAX_PARALLEL_SLICES: usize = 16;
/// Pages that a slice may be ahead.
const MAX_PAGES_AHEAD: usize = 2;

/// What is to be listed.
#[derive(Clone, Debug)]
pub(super) struct ListingRequest {
    /// The start of the keys.
    pub(crate) prefix: String,
    /// The keys after this one.
    pub(crate) after: String,
    /// The keys that are meant.
    pub(crate) keys: Keys,
    /// Keys that were read before, and are not wanted again.
    pub(crate) except: Vec<Keys>,
    /// The names that are wanted.
    pub(crate) spans: Spans,
    /// The present, in seconds since the epoch.
    pub(crate) now: i64,
    /// Hears how it goes.
    pub(crate) progress: Arc<Progress>,
}

/// A listing whose first page is there: the bucket exists and may be listed.
#[derive(Debug)]
pub(super) struct Listing<S> {
    context: Arc<ListingContext<S>>,
    nodes: VecDeque<Node>,
    tasks: JoinSet<()>,
}

#[derive(Debug)]
enum Node {
    Waiting(KeyRange, Option<Page>),
    Active(mpsc::Receiver<Piece>),
}

impl<S: ObjectStore> Listing<S> {
    /// Asks for the first page. An error means that nothing can be done.
    pub(super) async fn open(
        store: Arc<S>,
        wanted: ListingRequest,
        retry_policy: RetryPolicy,
    ) -> Result<Self, S3Error> {
        let context = Arc::new(ListingContext {
            store,
            prefix: wanted.prefix,
            keys: wanted.keys,
            except: wanted.except,
            spans: wanted.spans,
            now: wanted.now,
            retry_policy,
            brake: Brake::new(retry_policy.give_up),
            progress: wanted.progress,
            permits: Semaphore::new(MAX_PARALLEL_SLICES),
            requests: Arc::default(),
            ignores_start_after: AtomicBool::new(false),
        });
        let first = context.list(&context.request(&wanted.after, None)).await?;
        let range = KeyRange { after: wanted.after, ..KeyRange::default() };
        let nodes = VecDeque::from([Node::Waiting(range, Some(first))]);
        Ok(Self { context, nodes, tasks: JoinSet::new() })
    }

    /// LIST requests so far.
    pub(super) fn requests(&self) -> u64 {
        self.context.requests.load(Ordering::Relaxed)
    }

    /// The same, for whoever hands the listing on.
    pub(super) fn request_counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.context.requests)
    }

    /// What the next page held, or why the rest of a slice is missing; `None` at the end.
    pub(super) async fn next(&mut self) -> Option<Result<Batch, S3Error>> {
        loop {
            self.start();
            let Some(Node::Active(pieces)) = self.nodes.front_mut() else { return None };
            match pieces.recv().await {
                Some(Piece::Batch(batch)) => return Some(Ok(batch)),
                Some(Piece::Split(ranges)) => {
                    tracing::trace!("the rest is listed in {} slices", ranges.len());
                    self.nodes.pop_front();
                    for range in ranges.into_iter().rev() {
                        self.nodes.push_front(Node::Waiting(range, None));
                    }
                }
                Some(Piece::Failed(error)) => {
                    self.nodes.pop_front();
                    return Some(Err(error));
                }
                None => {
                    self.nodes.pop_front();
                }
            }
        }
    }

    /// Starts the first few slices that wait.
    fn start(&mut self) {
        while self.tasks.try_join_next().is_some() {}
        for node in self.nodes.iter_mut().take(MAX_PARALLEL_SLICES) {
            if let Node::Waiting(range, first) = node {
                let (sender, receiver) = mpsc::channel(MAX_PAGES_AHEAD);
                let (range, first) = (std::mem::take(range), first.take());
                self.tasks.spawn(walk(Arc::clone(&self.context), range, first, sender));
                *node = Node::Active(receiver);
            }
        }
    }
}
