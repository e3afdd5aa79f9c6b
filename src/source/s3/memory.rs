//! A bucket in memory, for tests: pages of a chosen size, faults on demand, requests counted.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use super::error::S3Error;
use super::store::{Answer, GetRequest, ListRequest, LoggingTarget, Object, ObjectStore, Page};

#[derive(Debug)]
pub(super) struct Memory {
    objects: BTreeMap<String, Bytes>,
    pub(crate) page_size: usize,
    pub(crate) ignores_start_after: bool,
    pub(crate) loses_tokens: bool,
    /// Every LIST request.
    pub(crate) lists: Mutex<Vec<ListRequest>>,
    pub(crate) gets: AtomicU64,
    /// Failures of the next GET requests, one each.
    pub(crate) failures: Mutex<Vec<S3Error>>,
}

impl Memory {
    pub(super) fn new<K: Into<String>>(keys: impl IntoIterator<Item = K>) -> Self {
        let objects = keys.into_iter().map(Into::into).map(|key| (key.clone(), Bytes::from(key))).collect();
        Self {
            objects,
            page_size: 1000,
            ignores_start_after: false,
            loses_tokens: false,
            lists: Mutex::default(),
            gets: AtomicU64::new(0),
            failures: Mutex::default(),
        }
    }

    pub(super) fn list_count(&self) -> usize {
        self.lists.lock().unwrap().len()
    }
}

impl ObjectStore for Memory {
    async fn list(&self, request: &ListRequest) -> Result<Page, S3Error> {
        self.lists.lock().unwrap().push(request.clone());
        let start = match &request.token {
            Some(token) => token.clone(),
            None if self.ignores_start_after => String::new(),
            None => request.start_after.clone(),
        };
        let mut page = Page::default();
        let mut last = String::new();
        for (key, body) in self.objects.range(request.prefix.clone()..) {
            let Some(rest) = key.strip_prefix(&request.prefix) else { break };
            let folder = match rest.find('/') {
                Some(at) if request.by_folder => Some(&key[..=request.prefix.len() + at]),
                _ => None,
            };
            let entry = folder.unwrap_or(key);
            if *entry <= *start || page.folders.last().is_some_and(|last| last == entry) {
                continue;
            }
            if page.objects.len() + page.folders.len() == self.page_size {
                page.truncated = true;
                page.token = (!self.loses_tokens).then_some(last);
                break;
            }
            last = entry.to_owned();
            match folder {
                Some(folder) => page.folders.push(folder.to_owned()),
                None => page.objects.push(Object {
                    key: key.clone(),
                    size: body.len() as u64,
                    modified: None,
                    archived: key.contains("glacier").then(|| "GLACIER".into()),
                    etag: None,
                }),
            }
        }
        Ok(page)
    }

    async fn get(&self, request: &GetRequest<'_>) -> Result<Answer, S3Error> {
        self.gets.fetch_add(1, Ordering::Relaxed);
        // Let the others overtake.
        tokio::task::yield_now().await;
        if let Some(error) = self.failures.lock().unwrap().pop() {
            return Err(error);
        }
        let body = self.objects.get(&request.object.key).cloned().ok_or(S3Error::Gone)?;
        Ok(Answer { body, etag: None, md5: None, broken: None })
    }

    async fn logging(&self, _bucket: &str) -> Result<Option<LoggingTarget>, S3Error> {
        Ok(None)
    }
}
