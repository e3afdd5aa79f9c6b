//! Large objects of a bucket in memory, whose answers break off anywhere.

use std::collections::VecDeque;
use std::io::{BufRead as _, Read as _};
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use md5::{Digest as _, Md5};
use proptest::prelude::*;

use super::connect::{Options, Transfer};
use super::download::{Content, Fetched};
use super::error::S3Error;
use super::etag::Digest;
use super::location::Location;
use super::retry::RetryPolicy;
use super::session::{Objects, Session};
use super::store::{Answer, GetRequest, ListRequest, LoggingTarget, Object, ObjectStore, Page};
use super::threads::Threads;
use super::window::Spans;
use crate::source::Cancel;

const KEY: &str = "2026-08-01-10-00-00-0123456789ABCDEF";

/// What becomes of an answer.
#[derive(Clone, Copy, Debug)]
enum Fault {
    None,
    /// It breaks off after so many bytes.
    Cut(usize),
    /// It ends after so many bytes.
    Short(usize),
    Throttle,
    Hang,
}

/// A bucket with one object, which is as long as it claims and repeats what it holds.
struct Store {
    size: u64,
    body: Bytes,
    md5: Option<Digest>,
    /// The ETag of each answer; the last one goes on.
    etags: Mutex<VecDeque<Option<&'static str>>>,
    faults: Mutex<VecDeque<Fault>>,
    asked: Mutex<Vec<(Range<u64>, Option<String>)>>,
}

impl Store {
    fn new(body: impl Into<Bytes>) -> Self {
        let body = body.into();
        Self {
            size: body.len() as u64,
            body,
            md5: None,
            etags: Mutex::new([Some("a")].into()),
            faults: Mutex::default(),
            asked: Mutex::default(),
        }
    }
}

impl ObjectStore for Arc<Store> {
    async fn list(&self, _request: &ListRequest) -> Result<Page, S3Error> {
        let object = Object { key: KEY.into(), size: self.size, modified: None, archived: None, etag: None };
        Ok(Page { objects: vec![object], ..Page::default() })
    }

    async fn get(&self, request: &GetRequest<'_>) -> Result<Answer, S3Error> {
        let range = request.range.clone().expect("a part");
        self.asked.lock().unwrap().push((range.clone(), request.version.clone()));
        let etag = {
            let mut etags = self.etags.lock().unwrap();
            if etags.len() > 1 { etags.pop_front().unwrap() } else { etags[0] }
        };
        let start = range.start as usize % self.body.len();
        let body = self.body.slice(start..start + (range.end - range.start) as usize);
        let answer = |length: usize, broken: Option<S3Error>| {
            let body = body.slice(..length.min(body.len()));
            Ok(Answer { body, etag: etag.map(str::to_owned), md5: self.md5, broken })
        };
        let fault = self.faults.lock().unwrap().pop_front();
        match fault.unwrap_or(Fault::None) {
            Fault::None => answer(usize::MAX, None),
            Fault::Cut(length) => answer(length, Some(S3Error::Cut { message: "cut".into() })),
            Fault::Short(length) => answer(length, None),
            Fault::Hang => std::future::pending().await,
            Fault::Throttle => Err(S3Error::Throttled { code: "SlowDown".into() }),
        }
    }

    async fn logging(&self, _bucket: &str) -> Result<Option<LoggingTarget>, S3Error> {
        Ok(None)
    }
}

fn download(store: &Arc<Store>, transfer: Transfer, cancel: &Cancel) -> Objects {
    let retry_policy =
        RetryPolicy { pause: Duration::from_micros(10), attempts: 6, ..RetryPolicy::default() };
    let options = Options { transfer, retry_policy, ..Options::default() };
    let location = Location::new("my-logs".parse().unwrap(), "".parse().unwrap());
    let session =
        Session::new(Threads::start().unwrap(), Arc::clone(store), &location, &options, Arc::default());
    let listing = session.list(Spans::default(), &[], cancel).unwrap();
    session.download(listing, |_| true, cancel.clone())
}

fn in_parts(part: u64) -> Transfer {
    Transfer { whole: 0, part, ahead: 1 << 20 }
}

/// What is read of the object, and how that ends.
fn read(store: &Arc<Store>, transfer: Transfer) -> (Vec<u8>, Result<(), S3Error>) {
    let mut objects = download(store, transfer, &Cancel::default());
    let Some(Fetched { body: Ok(Content::Parts(mut reader)), .. }) = objects.next() else {
        panic!("no parts")
    };
    let mut read = Vec::new();
    let end = reader.read_to_end(&mut read).map(drop);
    (read, end.map_err(|error| error.downcast::<S3Error>().unwrap()))
}

fn text(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 7 % 251) as u8).collect()
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        2 => Just(Fault::None),
        4 => (0..40usize).prop_map(Fault::Cut),
        1 => (0..40usize).prop_map(Fault::Short),
        1 => Just(Fault::Throttle),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However answers break off: what is read is the object, or begins like it and has an error.
    #[test]
    fn no_byte_is_read_twice_and_none_is_missing(
        length in 1..400usize,
        part in 1..60u64,
        faults in prop::collection::vec(fault(), 0..60),
    ) {
        let body = text(length);
        let store = Arc::new(Store { faults: Mutex::new(faults.into()), ..Store::new(body.clone()) });
        let (read, end) = read(&store, in_parts(part));
        prop_assert!(body.starts_with(&read));
        prop_assert_eq!(end.is_ok(), read.len() == body.len());
        // Of the version that came first, if anything had come.
        for (range, version) in store.asked.lock().unwrap().iter() {
            prop_assert!(version.is_some() || range.start % part == 0, "{:?}", range);
        }
    }
}

#[test]
fn an_answer_that_breaks_off_is_gone_on_with() {
    let store = Store::new(text(100));
    store.faults.lock().unwrap().extend([Fault::Cut(30), Fault::Short(30), Fault::Cut(0)]);
    let store = Arc::new(store);
    let (read, end) = read(&store, in_parts(100));
    assert!(end.is_ok() && read == text(100));
    let asked: Vec<Range<u64>> = store.asked.lock().unwrap().iter().map(|(range, _)| range.clone()).collect();
    assert_eq!(asked, [0..100, 30..100, 60..100, 60..100]);
}

#[test]
fn an_object_that_changes_is_noticed() {
    for (etags, faults) in [
        // Between parts.
        (vec![Some("a"), Some("b")], vec![]),
        (vec![Some("a"), None], vec![]),
        (vec![None, Some("a")], vec![]),
        // In a part.
        (vec![Some("a"), Some("b")], vec![Fault::Cut(3)]),
        (vec![None, Some("b")], vec![Fault::Cut(3)]),
    ] {
        let part = if faults.is_empty() { 50 } else { 100 };
        let store = Store::new(text(100));
        *store.etags.lock().unwrap() = etags.clone().into();
        store.faults.lock().unwrap().extend(faults);
        let (read, end) = read(&Arc::new(store), in_parts(part));
        assert!(matches!(end, Err(S3Error::Changed)), "{etags:?}: {end:?}");
        assert!(read.len() < 100, "{etags:?}");
    }
    // A server that tells no versions.
    let store = Store::new(text(100));
    *store.etags.lock().unwrap() = [None].into();
    assert!(read(&Arc::new(store), in_parts(50)).1.is_ok());
}

#[test]
fn damage_is_noticed_by_the_md5() {
    let right = Digest::from(Md5::digest(text(100)));
    for (md5, is_right) in [(right, true), ([0; 16], false)] {
        let store = Store { md5: Some(md5), ..Store::new(text(100)) };
        let (read, end) = read(&Arc::new(store), in_parts(30));
        assert_eq!((end.is_ok(), read.len() == 100), (is_right, is_right));
        assert!(is_right || matches!(end, Err(S3Error::Corrupt)));
    }
}

#[test]
fn more_than_4_gib_come_through_a_little_memory() {
    let transfer = Transfer::default();
    let body = vec![b'x'; transfer.part as usize];
    let store = Arc::new(Store { size: (5 << 30) + 1, ..Store::new(body) });
    let mut objects = download(&store, transfer, &Cancel::default());
    let Some(Fetched { body: Ok(Content::Parts(mut reader)), .. }) = objects.next() else { panic!() };
    let mut read = 0;
    while let Ok(1..) = reader.fill_buf().map(<[u8]>::len) {
        let part = reader.fill_buf().unwrap().len();
        reader.consume(part);
        read += part as u64;
    }
    assert_eq!(read, (5 << 30) + 1);
    assert_eq!(store.asked.lock().unwrap().len(), 641);
}

#[test]
fn parts_are_asked_for_as_they_are_read_and_not_after() {
    let store = Arc::new(Store::new(text(100)));
    let mut objects = download(&store, in_parts(1), &Cancel::default());
    let Some(Fetched { body: Ok(Content::Parts(mut reader)), .. }) = objects.next() else { panic!() };
    let asked = || store.asked.lock().unwrap().len();
    // So many, on a busy machine after a while, and no more.
    let settled = |count| {
        let begin = std::time::Instant::now();
        while asked() < count && begin.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(asked(), count);
    };
    settled(4);
    reader.read_exact(&mut [0; 10]).unwrap();
    // The last one that was read is still held.
    settled(13);
    drop(reader);
    assert!(objects.next().is_none());
    std::thread::sleep(Duration::from_millis(100));
    assert!(asked() <= 14);
}

#[test]
fn an_interrupt_ends_the_wait_for_a_part() {
    let store = Store::new(text(100));
    store.faults.lock().unwrap().extend([Fault::None, Fault::None, Fault::Hang]);
    let store = Arc::new(store);
    let cancel = Cancel::default();
    let mut objects = download(&store, in_parts(10), &cancel);
    let Some(Fetched { body: Ok(Content::Parts(mut reader)), .. }) = objects.next() else { panic!() };
    reader.read_exact(&mut [0; 5]).unwrap();
    cancel.interrupt_flag().store(true, std::sync::atomic::Ordering::Relaxed);
    let begin = std::time::Instant::now();
    let end = reader.read_to_end(&mut Vec::new()).unwrap_err().downcast::<S3Error>().unwrap();
    assert!(matches!(end, S3Error::Interrupted { terminated: false }), "{end:?}");
    assert!(begin.elapsed() < Duration::from_secs(20));
}
