//! The objects of a listing, in which stores are what their notes say.

use std::collections::VecDeque;
use std::sync::Arc;

use super::download::Batches;
use super::error::S3Error;
use super::listing::Listing;
use super::location::{Keys, Location};
use super::names::Span;
use super::retry::{RetryPolicy, retry};
use super::store::{GetRequest, Object, ObjectStore, list_all};
use super::stores::StoreName;
use super::walk::Batch;
use super::window::Spans;
use crate::source::Progress;
use crate::store::{Found, Missing, STATE, Snapshot, number_of, root_of};

/// A listing, and what it takes to ask for the notes of stores in it.
pub(super) struct Noted<S> {
    pub(super) listing: Listing<S>,
    pub(super) store: Arc<S>,
    pub(super) retry_policy: RetryPolicy,
    pub(super) wanted: Wanted,
    pub(super) found: Found<Object>,
    pub(super) progress: Arc<Progress>,
    pub(super) state: State,
}

/// Which objects of stores are wanted.
pub(super) struct Wanted {
    location: Location,
    keys: Keys,
    except: Vec<Keys>,
    span: Span,
}

/// Batches that are to be handed on, and whether those of the listing are all in them.
#[derive(Default)]
pub(super) struct State {
    ready: VecDeque<Result<Batch, S3Error>>,
    is_over: bool,
}

impl Wanted {
    pub(super) fn new(location: &Location, except: &[Location], spans: &Spans) -> Self {
        let except = except.iter().map(Location::keys).collect();
        Self { location: location.clone(), keys: location.keys(), except, span: spans.of_days() }
    }

    fn holds(&self, key: &str) -> bool {
        self.keys.hold(key)
            && !self.except.iter().any(|keys| keys.hold(key))
            && StoreName::parse(key).is_some_and(|name| name.is_inside(self.span))
    }
}

impl<S: ObjectStore> Batches for Noted<S> {
    async fn next(&mut self) -> Option<Result<Batch, S3Error>> {
        loop {
            if let Some(batch) = self.state.ready.pop_front() {
                return Some(batch);
            }
            if self.state.is_over {
                return None;
            }
            let root = self.found.root_of_base().filter(|root| self.found.lacks(root)).map(str::to_owned);
            if let Some(root) = root {
                self.look_at(&root).await;
                continue;
            }
            match self.listing.next().await {
                Some(Ok(batch)) => self.judge(batch).await,
                Some(Err(error)) => return Some(Err(error)),
                None => {
                    self.state.is_over = true;
                    self.end().await;
                }
            }
        }
    }
}

impl<S: ObjectStore> Noted<S> {
    /// Takes out what is no part of its store.
    async fn judge(&mut self, mut batch: Batch) {
        for root in std::mem::take(&mut batch.stores) {
            if self.found.lacks(&root) {
                self.look_at(&root).await;
            }
        }
        let mut objects = Vec::with_capacity(batch.objects.len());
        for object in std::mem::take(&mut batch.objects) {
            let key = object.key.clone();
            let is_day = matches!(StoreName::parse(&key), Some(StoreName::Day(_)));
            if let Some(root) = root_of(&key).filter(|root| is_day && self.found.lacks(root)) {
                self.look_at(root).await;
            }
            objects.extend(self.found.judge(&key, object));
        }
        batch.objects = objects;
        self.state.ready.push_back(Ok(batch));
    }

    /// Asks what the notes of a store say.
    async fn look_at(&mut self, root: &str) {
        let progress = Arc::clone(&self.progress);
        let awaited = progress.awaits();
        let snapshot = self.snapshot(root).await;
        drop(awaited);
        let snapshot = snapshot.unwrap_or_else(|error| {
            let message = format!("the notes of this store cannot be read: {error}");
            self.tell(format!("{root}{STATE}/"), message);
            None
        });
        self.found.add(root, snapshot);
    }

    /// Hands on what waited, and what is noted and was not listed.
    async fn end(&mut self) {
        let rest = self.found.end();
        let url = |root: &String| self.wanted.location.url(root);
        let [left_out, mixed] =
            [rest.left_out, rest.mixed].map(|roots| roots.iter().map(url).collect::<Vec<_>>());
        self.progress.note_stores(&left_out, &mixed);
        let mut objects = rest.held;
        for (root, Missing { name, made }) in rest.missing {
            let key = format!("{root}{name}");
            if !self.wanted.holds(&key) {
                continue;
            }
            match self.find([format!("{root}{made}"), key.clone()]).await {
                Ok(Some(object)) => objects.push(object),
                Ok(None) => self.tell(key, "it is noted in the store and gone".to_owned()),
                Err(error) => self.tell(key, error.to_string()),
            }
        }
        self.state.ready.push_back(Ok(Batch { objects, ..Batch::default() }));
    }

    fn tell(&mut self, key: String, message: String) {
        self.state.ready.push_back(Err(S3Error::Store { key, message }));
    }

    /// What the last note of a store says, which is all that a reader needs; `None` if there is none.
    async fn snapshot(&mut self, root: &str) -> Result<Option<Snapshot>, S3Error> {
        let progress = Arc::clone(&self.progress);
        let failed = |error: &S3Error| error.count(&progress);
        let own = list_all(&*self.store, &self.retry_policy, format!("{root}{STATE}/"), failed).await?;
        let number = |object: &Object| number_of(object.key.strip_prefix(root)?);
        let last = own.iter().filter_map(|object| Some((number(object)?, object))).max_by_key(|last| last.0);
        let Some((number, object)) = last else { return Ok(None) };
        let attempt = || async {
            let request = GetRequest { object, range: None, version: None };
            let answer = self.store.get(&request).await?;
            answer.broken.map_or(Ok(answer.body), Err)
        };
        let bytes = retry(&self.retry_policy, &object.key, failed, attempt).await?;
        let (snapshot, damaged) = Snapshot::new([(number, bytes.to_vec())]);
        for (_, error) in damaged {
            self.tell(object.key.clone(), format!("{error:#}"));
        }
        Ok(Some(snapshot))
    }

    /// The first of these objects that there is.
    async fn find(&self, keys: [String; 2]) -> Result<Option<Object>, S3Error> {
        let _awaited = self.progress.awaits();
        for key in keys {
            let failed = |error: &S3Error| error.count(&self.progress);
            let found = list_all(&*self.store, &self.retry_policy, key.clone(), failed)
                .await?
                .into_iter()
                .find(|object| object.key == key);
            // What cannot be read at once is told with the others of that kind.
            if let Some(object) = found.filter(|object| object.archived.is_none()) {
                return Ok(Some(object));
            }
        }
        Ok(None)
    }
}
