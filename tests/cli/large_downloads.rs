//! `large-downloads`: the largest answers, and what came in pieces.

use s3al::record::Field::{BytesSent, Key, ObjectSize, Operation, RemoteIp, TotalTime};
use serde_json::json;

use crate::harness::{Logs, RECORDS, ROWS, in_formats, read_at, rows};

#[test]
fn in_all_formats() {
    insta::assert_snapshot!(in_formats("large-downloads --limit 3", &RECORDS));
}

#[test]
fn with_joined_ranges() {
    insta::assert_snapshot!(in_formats("large-downloads --join-ranges --limit 3", &ROWS));
}

#[test]
fn only_successful_reads_of_objects_that_sent_enough() {
    let sent = |bytes: u64, key: &str| read_at("01/Aug/2026:10:00:00").with(BytesSent, bytes).with(Key, key);
    let log = [
        sent(999, "small"),
        sent(1_000, "enough"),
        sent(5_000, "part").outcome("206 -"),
        sent(9_000, "listing").with(Operation, "REST.GET.BUCKET"),
        sent(9_000, "written").with(Operation, "REST.PUT.OBJECT"),
        sent(9_000, "failed").outcome("503 SlowDown"),
        sent(7_000, "large"),
    ];
    let report = Logs::of(&log).json(&["large-downloads", "logs", "--min-size", "1000"]);
    let expected = [json!(["large", 7_000]), json!(["part", 5_000]), json!(["enough", 1_000])];
    assert_eq!(rows(&report, "downloads", &["key", "bytes_sent"]), expected);
}

#[test]
fn ranges_are_joined_until_an_hour_after_the_last_of_them_ends() {
    let part = |clock: &str, millis: u64| {
        read_at(&format!("01/Aug/2026:{clock}"))
            .outcome("206 -")
            .with(BytesSent, 400)
            .with(ObjectSize, 1_600)
            .with(TotalTime, millis)
    };
    let log = [
        // Half an hour long, so that an hour after its end is 11:30:00.
        part("10:00:00", 1_800_000),
        part("10:00:01", 1_000),
        part("11:30:00", 1_000),
        // An hour and a second after the end of all before.
        part("12:30:02", 1_000),
        part("10:00:02", 1_000).with(Key, "other"),
        part("10:00:02", 1_000).with(RemoteIp, "192.0.2.9"),
    ];
    let report = Logs::of(&log).json(&["large-downloads", "logs", "--join-ranges", "--min-size", "800"]);
    let columns = ["timestamp", "key", "remote_ip", "requests", "bytes_sent", "share", "duration"];
    assert_eq!(
        rows(&report, "downloads", &columns),
        [json!(["2026-08-01T10:00:00Z", "a/1", "192.0.2.1", 3, 1_200, 0.75, 5_401_000])]
    );
}
