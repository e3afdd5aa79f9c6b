//! `summary`: what happened at all.

use std::collections::BTreeSet;

use s3al::record::Field::{self, BytesSent, HttpStatus, Key, RemoteIp, Requester};
use serde_json::json;

use crate::harness::{ALICE, Logs, ROWS, Record, in_formats, read_at, rows};

#[test]
fn in_all_formats() {
    insta::assert_snapshot!(in_formats("summary --limit 3", &ROWS));
}

/// 200 requests: of every three one fails, of every seven one is anonymous.
fn log() -> Vec<Record> {
    let record = |number: usize| {
        let outcome = ["200 -", "200 -", "404 NoSuchKey"][number % 3];
        let requester =
            if number.is_multiple_of(7) { "-".to_owned() } else { format!("{ALICE}{}", number % 5) };
        read_at(&format!("01/Aug/2026:{:02}:00:{:02}", number / 60, number % 60))
            .outcome(outcome)
            .with(Requester, requester)
            .with(RemoteIp, format!("192.0.2.{}", number % 11))
            .with(Key, format!("key/{}", number % 13))
            .with(BytesSent, number * number)
    };
    (0..200).map(record).collect()
}

#[test]
fn the_overview_is_what_a_loop_counts() {
    let log = log();
    let different = |field: Field| {
        let texts = log.iter().map(|record| record.get(field)).filter(|text| *text != "-");
        texts.collect::<BTreeSet<_>>().len()
    };
    let errors = log.iter().filter(|record| record.get(HttpStatus) == "404").count();
    let bytes: usize = (0..200).map(|number| number * number).sum();
    let columns =
        ["first_seen", "last_seen", "requests", "errors", "bytes_sent", "requesters", "addresses", "keys"];
    let report = Logs::of(&log).json(&["summary", "logs"]);
    let [requesters, addresses, keys] = [Requester, RemoteIp, Key].map(different);
    let (first, last) = ("2026-08-01T00:00:00Z", "2026-08-01T03:00:19Z");
    assert_eq!(
        rows(&report, "overview", &columns),
        [json!([first, last, 200, errors, bytes, requesters, addresses, keys])]
    );
    assert_eq!((errors, requesters, addresses, keys), (66, 5, 11, 13));
}
