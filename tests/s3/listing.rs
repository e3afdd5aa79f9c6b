//! What a window costs, by the requests that the server saw.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use s3al::source::s3::{BucketTest, LogSelection, Window, items};
use s3al::source::{Body, Cancel};
use s3al::time::Timestamp;

use crate::server::{Act, On, Server};

const DAY: i64 = 86_400;
/// 2023-11-01T00:00:00Z; a thousand days later it is July 2026.
const BEGIN: i64 = 1_698_796_800;

fn date(time: i64, format: &str) -> String {
    chrono::DateTime::from_timestamp(time, 0).unwrap().format(format).to_string()
}

fn simple(base: &str, time: i64) -> String {
    format!("{base}{}-{:016X}", date(time, "%Y-%m-%d-%H-%M-%S"), time)
}

fn day(time: i64) -> Window {
    let at = |time: i64| Some(Timestamp::from_millis(time * 1000));
    Window { since: at(time), until: at(time + DAY), lag: Duration::ZERO }
}

/// The keys that came, which came once each and in order.
fn keys(server: &Server, prefix: &str, window: &Window) -> Vec<String> {
    let read = items(
        &server.location(prefix),
        &server.options(),
        &LogSelection { window: *window, ..LogSelection::default() },
        Arc::default(),
        Cancel::default(),
    )
    .unwrap();
    let keys: Vec<String> = read
        .map(|item| {
            assert!(matches!(item.body, Body::Object(_)), "{item:?}");
            item.name.strip_prefix("s3://my-logs/").unwrap().to_owned()
        })
        .collect();
    assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
    assert!(keys.is_sorted());
    keys
}

#[test]
fn a_day_of_a_thousand_in_one_folder() {
    let times: Vec<i64> = (0..4000).map(|n| BEGIN + n * DAY / 4).collect();
    let server = Server::new(times.iter().map(|time| (simple("logs/", *time), "")));
    server.page_size(4);
    let since = BEGIN + 600 * DAY;
    let found = keys(&server, "logs/", &day(since));
    // The last second of the window is the first of the next day.
    let expected: Vec<String> = (0..=4).map(|n| simple("logs/", since + n * DAY / 4)).collect();
    assert_eq!(found, expected);
    // Two pages of names; the first look; a jump at each turn of a year, 2023 to 2026; the page that ends the slice.
    let lists = server.requests("LIST");
    assert!(lists.len() <= 2 + 1 + 4 + 1, "{lists:#?}");
}

#[test]
fn a_day_of_a_thousand_in_folders_of_days() {
    let key = |time: i64| {
        let base = format!("p/123456789012/eu-west-1/site/{}", date(time, "%Y/%m/%d/"));
        simple(&base, time - time.rem_euclid(DAY))
    };
    let server = Server::new((0..1000).map(|n| (key(BEGIN + n * DAY), "")));
    server.page_size(10);
    let since = BEGIN + 600 * DAY;
    let found = keys(&server, "p/", &day(since));
    // The next day's events are none of the window, whose last second is a midnight.
    assert_eq!(found, [key(since)]);
    // The first look, three folders, the window, and what follows the bucket.
    let lists = server.requests("LIST");
    assert!(lists.len() <= 6, "{lists:#?}");
}

#[test]
fn slices_of_time() {
    let times: Vec<i64> = (0..2000).map(|n| BEGIN + n * 3600).collect();
    let server = Server::new(times.iter().map(|time| (simple("logs-", *time), "")));
    server.page_size(50);
    let found = keys(
        &server,
        "logs-",
        &Window {
            until: Some(Timestamp::from_millis((BEGIN + 2000 * 3600) * 1000)),
            lag: Duration::ZERO,
            since: None,
        },
    );
    assert_eq!(found.len(), 2000);
    let lists = server.requests("LIST");
    let slices = lists.iter().filter(|list| list.contains("start-after")).count();
    assert!(slices >= 10, "{slices} slices");
    assert!(lists.len() <= 2000 / 50 + slices + 1, "{} requests in {slices} slices", lists.len());
}

#[test]
fn a_server_that_ignores_start_after() {
    let times: Vec<i64> = (0..300).map(|n| BEGIN + n * DAY / 4).collect();
    let server = Server::new(times.iter().map(|time| (simple("logs/", *time), "")));
    server.page_size(30).rule(usize::MAX, On::List, Act::IgnoreStartAfter);
    assert_eq!(keys(&server, "logs/", &Window::default()).len(), 300);
    let since = BEGIN + 50 * DAY;
    assert_eq!(keys(&server, "logs/", &day(since)).len(), 5);
}

#[test]
fn layouts_mixed_in_one_prefix() {
    let mut expected: Vec<String> = Vec::new();
    for n in 0..50 {
        let time = BEGIN + n * 2 * DAY;
        expected.push(simple("", time));
        expected.push(simple("prod/", time));
        expected.push(simple("prod-", time));
        expected.push(simple(&format!("202312345678/us-east-1/b/{}", date(time, "%Y/%m/%d/")), time));
    }
    expected.sort();
    let server = Server::new(expected.iter().map(|key| (key, "")));
    server.page_size(7);
    assert_eq!(keys(&server, "", &Window::default()), expected);
    let at = BEGIN + 20 * DAY;
    let inside: Vec<String> =
        expected.iter().filter(|key| key.contains(&date(at, "%Y-%m-%d"))).cloned().collect();
    assert_eq!(keys(&server, "", &day(at)), inside);
}

#[test]
fn only_the_bucket_that_is_wanted() {
    let key = |bucket: &str, time: i64| {
        let base = format!("p/123456789012/eu-west-1/{bucket}/{}", date(time, "%Y/%m/%d/"));
        simple(&base, time)
    };
    let buckets = ["aa", "bb", "cc", "dd", "ee"];
    let all = buckets.iter().flat_map(|bucket| (0..200).map(|n| key(bucket, BEGIN + n * DAY)));
    // Of a layout that has no bucket in its names, all could be of it.
    let plain = simple("p/site-", BEGIN);
    let server = Server::new(all.chain([plain.clone()]).map(|key| (key, "")));
    server.page_size(20);
    let wanted =
        LogSelection { buckets: Some(BucketTest::new(|name| name == "cc")), ..LogSelection::default() };
    let read =
        items(&server.location("p/"), &server.options(), &wanted, Arc::default(), Cancel::default()).unwrap();
    let found: BTreeSet<String> =
        read.map(|item| item.name.strip_prefix("s3://my-logs/").unwrap().to_owned()).collect();
    let expected: BTreeSet<String> = (0..200).map(|n| key("cc", BEGIN + n * DAY)).chain([plain]).collect();
    assert_eq!(found, expected);
    // Ten pages of it and their slices, not the forty of the others: one page for each of them, and the search for folders.
    let lists = server.requests("LIST");
    assert!(lists.len() <= 30, "{} {lists:#?}", lists.len());
}

#[test]
fn a_listing_without_an_end_that_is_short_costs_little() {
    // 15 objects of an hour each, and then nothing until the present.
    let server = Server::new((0..15).map(|n| (simple("logs/", BEGIN + n * 3600), "")));
    server.page_size(10);
    let since = Window { since: Some(Timestamp::from_millis(BEGIN * 1000)), ..Window::default() };
    assert_eq!(keys(&server, "logs/", &since).len(), 15);
    let lists = server.requests("LIST");
    assert!(lists.len() <= 5, "{lists:#?}");
}
