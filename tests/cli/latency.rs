//! `latency`: percentiles, throughput, throttling.

use s3al::record::Field::{
    Bucket, BytesSent, HttpStatus, Key, Operation, Requester, TotalTime, TurnAroundTime,
};
use serde_json::{Value, json};

use crate::harness::{ALICE, Logs, read_at, rows};

const TIME: &str = "01/Aug/2026:10:00:00";

#[test]
fn times_of_operations() {
    let mut lines: Vec<_> = (1..=100)
        .map(|millis| read_at(TIME).with(TotalTime, millis).with(TurnAroundTime, millis / 2))
        .collect();
    // Three hours, and what has no times.
    lines.push(read_at(TIME).with(Operation, "REST.PUT.OBJECT").with(TotalTime, 10_800_000));
    lines.push(read_at(TIME).by_s3("S3.EXPIRE.OBJECT"));
    let logs = Logs::of(&lines);
    let report = logs.json(&["latency", "logs"]);
    let found = rows(&report, "latency", &["operation", "measure", "requests", "p50", "p90", "p99", "max"]);
    assert_eq!(found[0], json!(["REST.GET.OBJECT", "total_time", 100, 50, 90, 99, 100]));
    assert_eq!(found[1], json!(["REST.GET.OBJECT", "turn_around_time", 100, 25, 45, 49, 50]));
    let hours = 10_800_000;
    assert_eq!(found[2], json!(["REST.PUT.OBJECT", "total_time", 1, hours, hours, hours, hours]));
    assert_eq!(found[4], json!(["S3.EXPIRE.OBJECT", "total_time", 0, null, null, null, null]));
    assert_eq!(
        rows(&report, "slowest", &["operation", "total_time"])[..2],
        [json!(["REST.PUT.OBJECT", hours]), json!(["REST.GET.OBJECT", 100])]
    );
    assert_eq!(rows(&report, "slowest", &["key"]).len(), 20);
    assert_eq!(rows(&report, "throughput", &["requests"]), [] as [Value; 0]);
    insta::assert_snapshot!(logs.same(&["latency", "logs", "--limit", "3"]).text());
}

#[test]
fn percentiles_are_right_within_one_percent() {
    // A skewed spread from 1 ms to an hour, in no order.
    let times: Vec<u64> = (0..3000u64).map(|place| 1 + (place * 7919 % 3000).pow(3) / 7500).collect();
    let lines: Vec<_> = times.iter().map(|millis| read_at(TIME).with(TotalTime, millis)).collect();
    let report = Logs::of(&lines).json(&["latency", "logs"]);
    let found = &rows(&report, "latency", &["p50", "p90", "p99", "max"])[0];
    let mut sorted = times;
    sorted.sort_unstable();
    for (place, quantile) in [0.5, 0.9, 0.99].into_iter().enumerate() {
        let exact = sorted[(quantile * sorted.len() as f64).ceil() as usize - 1] as f64;
        let told = found[place].as_f64().unwrap();
        assert!((told - exact).abs() <= exact * 0.01, "{told} for {exact}");
    }
    assert_eq!(found[3], json!(sorted.last()));
}

#[test]
fn throughput_of_large_reads() {
    let read = |bytes: u64, time: u64| read_at(TIME).with(BytesSent, bytes).with(TotalTime, time);
    let mut lines: Vec<_> = (1..=10).map(|seconds| read(10_000_000, seconds * 1000)).collect();
    // Too small, failed, no read.
    lines.push(read(999_999, 1));
    lines.push(read(5_000_000, 1).outcome("500 InternalError"));
    lines.push(read(5_000_000, 1).with(Operation, "REST.GET.BUCKET"));
    let report = Logs::of(&lines).json(&["latency", "logs"]);
    // From 1 to 10 MB a second: the slowest tenth, and the fifth of ten from below.
    assert_eq!(
        rows(
            &report,
            "throughput",
            &["operation", "requests", "bytes_per_second_p50", "bytes_per_second_p10"]
        ),
        [json!(["REST.GET.OBJECT", 10, 1_666_666, 1_000_000])]
    );
}

#[test]
fn bursts_of_throttling() {
    let slow = |time| read_at(time).outcome("503 SlowDown");
    let mut lines = vec![
        // One burst: never more than 60 s between two.
        slow("01/Aug/2026:10:00:00"),
        slow("01/Aug/2026:10:00:00"),
        slow("01/Aug/2026:10:01:00").outcome("500 InternalError"),
        slow("01/Aug/2026:10:02:00"),
        // 61 s later: the next.
        slow("01/Aug/2026:10:03:01"),
        // Another requester of the same prefix, and another prefix.
        slow("01/Aug/2026:10:00:30").with(Requester, "-"),
        slow("01/Aug/2026:10:00:30").with(Key, "b/9"),
    ];
    let peak = |time, requests| std::iter::repeat_n(read_at(time), requests);
    // Within 60 s before and after the first burst; the greater peak at 09:58:59 is too early.
    lines.extend(peak("01/Aug/2026:09:58:59", 50));
    lines.extend(peak("01/Aug/2026:09:59:00", 7));
    lines.extend(peak("01/Aug/2026:10:03:00", 9));
    // Other buckets and prefixes have their own rates.
    lines.extend(peak("01/Aug/2026:10:00:00", 30).map(|line| line.with(Key, "b/1")));
    lines.extend(peak("01/Aug/2026:10:00:00", 40).map(|line| line.with(Bucket, "logs")));
    let logs = Logs::of(&lines);
    let report = logs.json(&["latency", "logs", "--limit", "0"]);
    let columns = [
        "bucket",
        "prefix",
        "requester",
        "first_seen",
        "last_seen",
        "status_503",
        "status_500",
        "peak_per_second",
    ];
    let time = |time: &str| format!("2026-08-01T{time}Z");
    assert_eq!(
        rows(&report, "throttling", &columns),
        [
            json!(["photos", "a/", ALICE, time("10:00:00"), time("10:02:00"), 3, 1, 9]),
            json!(["photos", "a/", null, time("10:00:30"), time("10:00:30"), 1, 0, 2]),
            json!(["photos", "b/", ALICE, time("10:00:30"), time("10:00:30"), 1, 0, 30]),
            json!(["photos", "a/", ALICE, time("10:03:01"), time("10:03:01"), 1, 0, 9]),
        ]
    );
    let by = logs.json(&["latency", "logs", "--by", "bucket,http_status"]);
    assert_eq!(rows(&by, "latency", &["bucket", "http_status", "requests"])[0], json!(["photos", 200, 96]));
}

#[test]
fn every_status_that_throttles_or_fails_is_in_a_burst() {
    let of = |status| read_at(TIME).with(HttpStatus, status);
    let lines = ["200", "304", "403", "404", "429", "500", "501", "502", "503", "504"].map(of);
    let report = Logs::of(&lines).json(&["latency", "logs"]);
    assert_eq!(rows(&report, "throttling", &["status_503", "status_500"]), [json!([2, 4])]);
}
