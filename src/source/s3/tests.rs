//! Listings and downloads of a bucket in memory.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use proptest::prelude::*;

use super::connect::Options;
use super::download::{Content, Fetched};
use super::error::S3Error;
use super::listing::{Listing, ListingRequest};
use super::location::Location;
use super::memory::Memory;
use super::names::{DAY, Layout, LogName, Span, SpanPosition, key_at};
use super::retry::RetryPolicy;
use super::session::Session;
use super::threads::Threads;
use super::window::{Spans, Window};
use crate::source::{Cancel, Progress};
use crate::time::Timestamp;

const NOW: i64 = 1_790_000_000;
const ACCOUNT: &str = "123456789012/eu-west-1/site/";

fn retry_policy() -> RetryPolicy {
    RetryPolicy { pause: Duration::from_millis(1), attempts: 4, ..RetryPolicy::default() }
}

fn simple(base: &str, time: i64, number: u64) -> String {
    format!("{}-{number:016X}", key_at(base, Layout::Simple, time))
}

fn partitioned(base: &str, time: i64, number: u64) -> String {
    let day = key_at(base, Layout::Partitioned, time.div_euclid(DAY) * DAY);
    simple(&day, time, number)
}

fn flat(base: &str, days: i64, a_day: i64) -> Vec<String> {
    let begin = NOW - days * DAY;
    (0..days * a_day).map(|n| simple(base, begin + n * (DAY / a_day), n as u64)).collect()
}

struct Listed {
    keys: Vec<String>,
    skipped: u64,
    archived: u64,
    errors: Vec<S3Error>,
}

fn list(store: &Arc<Memory>, prefix: &str, spans: impl Into<Spans>) -> Listed {
    let keys = Location::new("my-logs".parse().unwrap(), prefix.parse().unwrap()).keys();
    let wanted = ListingRequest {
        after: String::new(),
        prefix: prefix.to_owned(),
        keys,
        except: vec![],
        spans: spans.into(),
        now: NOW,
        progress: Arc::default(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut listing = Listing::open(Arc::clone(store), wanted, retry_policy()).await.unwrap();
        let mut listed = Listed { keys: vec![], skipped: 0, archived: 0, errors: vec![] };
        while let Some(batch) = listing.next().await {
            match batch {
                Ok(batch) => {
                    listed.keys.extend(batch.objects.into_iter().map(|object| object.key));
                    listed.skipped += batch.skipped;
                    listed.archived += batch.archived;
                }
                Err(error) => listed.errors.push(error),
            }
        }
        listed
    })
}

/// What a listing should yield: every log name in the window, in order.
fn expected<'k>(keys: impl IntoIterator<Item = &'k String>, prefix: &str, span: Span) -> Vec<String> {
    let inside = |key: &&String| {
        key.starts_with(prefix)
            && LogName::parse(key).is_some_and(|name| name.position(span) == SpanPosition::Inside)
    };
    let mut keys: Vec<String> = keys.into_iter().filter(inside).cloned().collect();
    keys.sort();
    keys
}

#[test]
fn a_day_of_a_thousand_costs_a_day() {
    let keys = flat("logs/", 1000, 2000);
    let mut store = Memory::new(keys.clone());
    store.page_size = 1000;
    let store = Arc::new(store);
    let since = NOW - 500 * DAY;
    let span = Span { first: Some(since), last: Some(since + DAY) };
    let listed = list(&store, "logs/", span);
    assert_eq!(listed.keys, expected(&keys, "logs/", span));
    // Two pages of names; one page for the first look, one for each year in the bucket and each slice.
    assert!(store.list_count() <= 2 + 1 + 4 + 1, "{:#?}", store.lists.lock().unwrap());
}

#[test]
fn a_window_leaves_out_deliveries_that_are_too_old_or_too_new() {
    let hour =
        |time: i64| chrono::DateTime::from_timestamp(time, 0).unwrap().format("%Y/%m/%d/%H/").to_string();
    let firehose = |time: i64| {
        let name = chrono::DateTime::from_timestamp(time, 0).unwrap().format("%Y-%m-%d-%H-%M-%S");
        format!("d/{}s-1-{name}-0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f.gz", hour(time))
    };
    let vended = |time: i64| format!("d/AWSLogs/{}/S3/{}x.json.gz", &ACCOUNT[..12], hour(time));
    let times = || (0..20).map(|day| NOW - day * DAY);
    let mut keys: Vec<String> = times().map(firehose).chain(times().map(vended)).collect();
    keys.push("d/readme.txt".into());
    keys.sort();
    let store = Arc::new(Memory::new(keys.clone()));
    let span = Span { first: Some(NOW - 10 * DAY), last: Some(NOW - 8 * DAY) };
    let listed = list(&store, "d/", span);
    // The zone of Firehose can be any; a day more, on the side where names are of the day before, would be too much.
    let wanted = |make: &dyn Fn(i64) -> String| (8..=10).map(|day| make(NOW - day * DAY)).collect::<Vec<_>>();
    let mut expected = [wanted(&firehose), wanted(&vended)].concat();
    expected.sort();
    assert_eq!(listed.keys, expected);
    assert_eq!(listed.skipped, 1);
    assert_eq!(list(&store, "d/", Span::default()).keys.len(), 40);
}

#[test]
fn everything_is_listed_in_slices() {
    let keys = flat("logs/", 300, 1000);
    let store = Arc::new(Memory::new(keys.clone()));
    let listed = list(&store, "logs/", Span::default());
    assert_eq!(listed.keys.len(), keys.len());
    assert_eq!(listed.keys, expected(&keys, "logs/", Span::default()));
    let pages = keys.len() / 1000;
    let requests = store.list_count();
    assert!(requests > pages && requests < pages * 2, "{requests} requests for {pages} pages");
    let jumps = store.lists.lock().unwrap().iter().filter(|request| !request.start_after.is_empty()).count();
    assert!(jumps >= 15, "only {jumps} slices");
}

#[test]
fn source_buckets_are_slices() {
    let mut keys = Vec::new();
    for bucket in 0..20 {
        for n in 0..2000 {
            keys.push(partitioned(
                &format!("p/123456789012/eu-west-1/b{bucket}/"),
                NOW - 100 * DAY + n * 4320,
                0,
            ));
        }
    }
    let store = Arc::new(Memory::new(keys.clone()));
    let span = Span { first: Some(NOW - DAY), last: None };
    let listed = list(&store, "p/", span);
    assert_eq!(listed.keys, expected(&keys, "p/", span));
    // The first look, three folders, and one page for each source bucket.
    assert!(store.list_count() <= 1 + 3 + 21, "{:#?}", store.lists.lock().unwrap());
}

#[test]
fn mixed_layouts_and_other_objects() {
    let mut keys = flat("", 800, 10);
    keys.extend((0..3000).map(|n| partitioned("202412345678/eu-west-1/b/", NOW - n * 7000, 1)));
    keys.extend((0..3000).map(|n| partitioned("555555555555/eu-west-1/b/", NOW - n * 7000, 1)));
    keys.extend((0..300).map(|n| partitioned(ACCOUNT, NOW - n * DAY, 1)));
    keys.extend(flat("prod-", 30, 50));
    keys.push("readme.txt".to_owned());
    keys.push("zzz/".to_owned());
    for page_size in [7, 100, 1000] {
        let mut store = Memory::new(keys.clone());
        store.page_size = page_size;
        let store = Arc::new(store);
        for span in [
            Span::default(),
            Span { first: Some(NOW - 100 * DAY - 7), last: Some(NOW - 98 * DAY) },
            Span { first: Some(NOW - 2 * DAY), last: None },
            Span { first: None, last: Some(NOW - 790 * DAY) },
        ] {
            let listed = list(&store, "", span);
            assert_eq!(listed.keys, expected(&keys, "", span), "{page_size} {span:?}");
            assert!(listed.errors.is_empty());
        }
        let listed = list(&store, "", Span::default());
        assert_eq!(listed.skipped, 2);
    }
}

#[test]
fn a_server_that_ignores_start_after() {
    let keys = flat("logs/", 100, 100);
    let mut store = Memory::new(keys.clone());
    (store.ignores_start_after, store.page_size) = (true, 100);
    let store = Arc::new(store);
    for span in [Span::default(), Span { first: Some(NOW - 50 * DAY), last: Some(NOW - 40 * DAY) }] {
        let listed = list(&store, "logs/", span);
        assert_eq!(listed.keys, expected(&keys, "logs/", span));
    }
}

#[test]
fn a_page_without_a_token_is_named() {
    let mut store = Memory::new(flat("logs/", 1, 50));
    (store.loses_tokens, store.page_size) = (true, 10);
    let listed = list(&Arc::new(store), "logs/", Span::default());
    assert!(matches!(&listed.errors[..], [S3Error::Unlisted { .. }]), "{:?}", listed.errors);
}

#[test]
fn a_typed_object_and_archives() {
    let store = Arc::new(Memory::new(["a/old.log", "glacier/2026-08-01-10-20-30-0123456789ABCDEF"]));
    assert_eq!(list(&store, "a/old.log", Span::default()).keys, ["a/old.log"]);
    let listed = list(&store, "", Span::default());
    assert_eq!((listed.keys.len(), listed.skipped, listed.archived), (0, 1, 1));
}

#[cfg(not(feature = "sql"))]
#[test]
fn parquet_is_named_at_the_end_and_not_downloaded() {
    let folder = "AWSLogs/111122223333/s3/us-east-1/2026/08/01/";
    let store =
        Memory::new(["a.json.gz", "b.parquet", "c.snappy.parquet"].map(|name| format!("{folder}{name}")));
    let location: Location = "s3://my-logs/".parse().unwrap();
    let options = Options { retry_policy: retry_policy(), ..Options::default() };
    let (progress, cancel) = (Arc::new(Progress::default()), Cancel::default());
    let session = Session::new(Threads::start().unwrap(), store, &location, &options, Arc::clone(&progress));
    let listing = session.list(Spans::default(), &[], &cancel).unwrap();
    let fetched: Vec<_> = session.download(listing, |_| true, cancel).collect();
    assert_eq!(fetched.len(), 2);
    assert!(fetched[0].body.is_ok());
    assert!(matches!(fetched[1].body, Err(S3Error::Parquet { count: 2 })), "{:?}", fetched[1].body);
    assert_eq!(progress.skipped.load(Ordering::Relaxed), 0);
}

#[test]
fn days_of_events_need_no_delivery_lag() {
    let begin = NOW.div_euclid(DAY) * DAY - 20 * DAY;
    let of_events =
        |day: i64, number: u64| partitioned("111122223333/eu-west-1/e/", begin + day * DAY, number);
    let of_delivery = |day: i64, number: u64| {
        let time = begin + day * DAY + if number == 0 { 0 } else { 3600 };
        partitioned("111122223333/eu-west-1/d/", time, number)
    };
    let mut keys: Vec<String> = (0..20)
        .flat_map(|day| (0..3).flat_map(move |number| [of_events(day, number), of_delivery(day, number)]))
        .collect();
    keys.sort();
    for page_size in [2, 7, 1000] {
        let mut store = Memory::new(keys.clone());
        store.page_size = page_size;
        let window = Window {
            since: Some(Timestamp::from_millis((begin + 5 * DAY) * 1000)),
            until: Some(Timestamp::from_millis((begin + 7 * DAY) * 1000)),
            lag: Duration::from_secs(24 * 3600),
        };
        let listed = list(&Arc::new(store), "", window);
        // By delivery, all of two days and the day after, and of the next midnight what has just been delivered.
        let days: Vec<String> =
            (5..8).flat_map(|day| (0..3).map(move |number| of_delivery(day, number))).collect();
        let events: Vec<String> =
            (5..7).flat_map(|day| (0..3).map(move |number| of_events(day, number))).collect();
        let expected = [days, vec![of_delivery(8, 0)], events].concat();
        assert_eq!(listed.keys, expected, "{page_size}");
    }
}

#[test]
fn downloads_come_in_order_and_once() {
    let keys = flat("logs/", 10, 100);
    let store = Memory::new(keys.clone());
    *store.failures.lock().unwrap() =
        (0..20).map(|_| S3Error::Throttled { code: "SlowDown".to_owned() }).collect();
    let location: Location = "s3://my-logs/logs/".parse().unwrap();
    let options =
        Options { retry_policy: RetryPolicy { attempts: 30, ..retry_policy() }, ..Options::default() };
    let progress = Arc::new(Progress::default());
    let session = Session::new(Threads::start().unwrap(), store, &location, &options, Arc::clone(&progress));
    let listing = session.list(Spans::default(), &[], &Cancel::default()).unwrap();
    let objects = session.download(listing, |_| true, Cancel::default());
    let body = |fetched: Fetched| match fetched.body.unwrap() {
        Content::Whole(bytes) => bytes.to_vec(),
        Content::Parts(_) => panic!("it is small"),
    };
    let bodies: Vec<Vec<u8>> = objects.map(body).collect();
    assert_eq!(bodies, keys.iter().map(|key| key.as_bytes().to_vec()).collect::<Vec<_>>());
    assert_eq!(progress.fetched.load(Ordering::Relaxed), 1000);
    assert!(progress.listing_done.load(Ordering::Relaxed));
    assert_eq!(progress.throttled.load(Ordering::Relaxed), 20);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_bucket_is_listed_whole(
        simple_names in prop::collection::vec((0usize..4, 0i64..(900 * DAY)), 0..300),
        folder_names in prop::collection::vec((0usize..4, 0i64..(900 * DAY), any::<bool>()), 0..300),
        page_size in 1usize..40,
        first in prop::option::of(0i64..(900 * DAY)),
        length in prop::option::of(0i64..(100 * DAY)),
        ignores_start_after in prop::bool::weighted(0.1),
    ) {
        let bases = ["", "a/", "a/b-", "c"];
        let accounts = ["123456789012/r/b/", "202512345678/r/b/", "a/999999999999/r/b/", "a/999999999999/r/c/"];
        let mut keys: Vec<String> = Vec::new();
        for (n, (base, time)) in simple_names.into_iter().enumerate() {
            keys.push(simple(bases[base], NOW - time, n as u64));
        }
        for (n, (account, time, whole)) in folder_names.into_iter().enumerate() {
            let time = if whole { (NOW - time).div_euclid(DAY) * DAY } else { NOW - time };
            keys.push(partitioned(accounts[account], time, n as u64));
        }
        let mut store = Memory::new(keys.clone());
        (store.page_size, store.ignores_start_after) = (page_size, ignores_start_after);
        let store = Arc::new(store);
        let first = first.map(|first| NOW - first);
        let span = Span { first, last: length.map(|length| first.unwrap_or(NOW - 100 * DAY) + length) };
        for prefix in ["", "a/", "a", "1234", "123456789012/r/", "202512345678/r/b/2026/"] {
            let listed = list(&store, prefix, span);
            prop_assert!(listed.errors.is_empty());
            prop_assert_eq!(&listed.keys, &expected(&keys, prefix, span));
        }
    }
}
