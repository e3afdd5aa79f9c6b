//! The reports on time and change, against logs whose answers were worked out by hand or by a naive loop.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

/// One record, with what the tests look at; the rest is the same in all.
#[derive(Clone)]
struct Line {
    bucket: &'static str,
    time: String,
    ip: String,
    requester: &'static str,
    operation: &'static str,
    key: &'static str,
    status: &'static str,
    error: &'static str,
    bytes: u64,
    total_time: u64,
    turn_around_time: u64,
}

/// A read at a time such as `01/Aug/2026:10:00:00`.
fn get(time: &str) -> Line {
    Line {
        bucket: "photos",
        time: time.to_owned(),
        ip: "192.0.2.1".to_owned(),
        requester: "arn:aws:iam::111122223333:user/alice",
        operation: "REST.GET.OBJECT",
        key: "a/1",
        status: "200",
        error: "-",
        bytes: 100,
        total_time: 20,
        turn_around_time: 10,
    }
}

impl Line {
    fn write(&self, out: &mut String) {
        let Self { bucket, time, ip, requester, operation, key, status, error, bytes, .. } = self;
        let (total_time, turn_around_time) = (self.total_time, self.turn_around_time);
        if operation.starts_with("S3.") {
            writeln!(
                out,
                "79a59d {bucket} [{time} +0000] - AmazonS3 3E57427F3EXAMPLE {operation} {key} \"-\" - - - 100 - - \"-\" \"-\" -"
            )
        } else {
            writeln!(
                out,
                "79a59d {bucket} [{time} +0000] {ip} {requester} 3E57427F3EXAMPLE {operation} {key} \"GET /{key} HTTP/1.1\" {status} {error} {bytes} - {total_time} {turn_around_time} \"-\" \"aws-cli/2.1\" -"
            )
        }
        .unwrap();
    }
}

/// A folder of logs: several files, so that several threads have something to read.
fn folder(lines: &[Line]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (place, part) in lines.chunks(lines.len().div_ceil(5).max(1)).enumerate() {
        let mut text = String::new();
        part.iter().for_each(|line| line.write(&mut text));
        std::fs::write(folder.path().join(place.to_string()), text).unwrap();
    }
    folder
}

/// What the program prints, which has to be the same on one thread and on three.
fn run(folder: &Path, arguments: &[&str]) -> String {
    let output = ["1", "3"].map(|threads| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_s3al"));
        let command =
            command.arg(arguments[0]).arg(folder).args(&arguments[1..]).args(["--threads", threads]);
        let output = command.output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{message}");
        String::from_utf8(output.stdout).unwrap()
    });
    assert_eq!(output[0], output[1], "the same bytes on any number of threads");
    let [output, _] = output;
    output
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&run(folder, &[arguments, &["--format", "json"]].concat())).unwrap()
}

/// The rows of a table, some columns of them.
fn rows(report: &Value, table: &str, columns: &[&str]) -> Vec<Value> {
    let rows = report["tables"][table].as_array().unwrap_or_else(|| panic!("no table {table}: {report}"));
    let row = |row: &Value| columns.iter().map(|column| row[*column].clone()).collect();
    rows.iter().map(row).collect()
}

fn error(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_s3al")).args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8(output.stderr).unwrap()
}

/// Three days, the second of them without a request.
fn three_days() -> tempfile::TempDir {
    folder(&[
        Line { bytes: 7, ..get("03/Aug/2026:09:00:00") },
        get("01/Aug/2026:00:00:00"),
        Line { status: "403", error: "AccessDenied", ..get("01/Aug/2026:23:59:59") },
        Line { ip: "192.0.2.2".into(), key: "b/2", ..get("01/Aug/2026:12:00:00") },
    ])
}

#[test]
fn daily_trend() {
    let folder = three_days();
    let report = json(folder.path(), &["timeline", "--every", "1d"]);
    assert_eq!(report["main"], "timeline");
    assert_eq!(
        rows(&report, "timeline", &["time", "requests", "errors", "bytes_sent"]),
        [
            json!(["2026-08-01T00:00:00Z", 3, 1, 300]),
            json!(["2026-08-02T00:00:00Z", 0, 0, 0]),
            json!(["2026-08-03T00:00:00Z", 1, 0, 7]),
        ]
    );
    // The newest rows are those that stay.
    let newest = json(folder.path(), &["timeline", "--every", "1d", "--limit", "1"]);
    assert_eq!(rows(&newest, "timeline", &["requests"]), [json!([1])]);
    insta::assert_snapshot!(run(folder.path(), &["timeline", "--every", "1d"]));
}

#[test]
fn days_are_those_of_the_zone() {
    // Midnight in Berlin is at 22:00 UTC, but for the 25th of October, when the clocks go back.
    let folder = folder(&[
        get("24/Oct/2026:21:59:59"),
        get("24/Oct/2026:22:00:00"),
        get("25/Oct/2026:22:59:59"),
        get("25/Oct/2026:23:00:00"),
    ]);
    let report = json(folder.path(), &["timeline", "--every", "1d", "--tz", "Europe/Berlin"]);
    assert_eq!(
        rows(&report, "timeline", &["time", "requests"]),
        [
            json!(["2026-10-24T00:00:00+02:00", 1]),
            json!(["2026-10-25T00:00:00+02:00", 2]),
            json!(["2026-10-26T00:00:00+01:00", 1]),
        ]
    );
}

#[test]
fn steps_by_themselves() {
    let minutes = |count: u32| -> Vec<Line> {
        (0..count)
            .map(|minute| get(&format!("01/Aug/2026:{:02}:{:02}:07", minute / 60, minute % 60)))
            .collect()
    };
    // (minutes, step in minutes, rows)
    for (count, step, expected) in [(60, 1, 60), (61, 5, 13), (301, 15, 21), (1440, 30, 48)] {
        let report = json(folder(&minutes(count)).path(), &["timeline"]);
        let rows = rows(&report, "timeline", &["requests"]);
        assert_eq!(rows.len(), expected, "{count} minutes");
        assert_eq!(rows[0], json!([step.min(count)]));
    }
    // Years are shown in weeks or longer, and nothing is lost on the way.
    let years: Vec<_> = (2007..2027).map(|year| get(&format!("06/Feb/{year}:10:00:00"))).collect();
    let report = json(folder(&years).path(), &["timeline"]);
    let rows = rows(&report, "timeline", &["requests"]);
    assert!(rows.len() <= 60, "{}", rows.len());
    assert_eq!(rows.iter().map(|row| row[0].as_u64().unwrap()).sum::<u64>(), 20);
    // One record from far away does not make thousands of rows.
    let far =
        folder(&[get("01/Aug/2026:10:00:00"), get("01/Aug/2026:11:00:00"), get("31/Dec/9999:10:00:00")]);
    let report = json(far.path(), &["timeline"]);
    assert_eq!(self::rows(&report, "timeline", &["requests"]), [json!([2]), json!([1])]);
}

#[test]
fn lines_for_values() {
    let mut lines = Vec::new();
    for (place, (ip, requests)) in
        [("a", 9), ("b", 8), ("c", 7), ("d", 6), ("e", 5), ("f", 2), ("g", 1)].iter().enumerate()
    {
        for request in 0..*requests {
            lines.push(Line {
                ip: (*ip).to_owned(),
                ..get(&format!("01/Aug/2026:{:02}:00:{place:02}", 10 + request % 2 * 2))
            });
        }
    }
    let folder = folder(&lines);
    let report = json(folder.path(), &["timeline", "--every", "1h", "--by", "remote_ip"]);
    let all = rows(&report, "timeline", &["time", "value", "requests"]);
    // Three hours, five values and the others; nothing happened at 11.
    assert_eq!(all.len(), 18);
    assert_eq!(all[0], json!(["2026-08-01T10:00:00Z", "a", 5]));
    assert_eq!(all[5], json!(["2026-08-01T10:00:00Z", "other", 2]));
    assert_eq!(all[6], json!(["2026-08-01T11:00:00Z", "a", 0]));
    assert_eq!(all[17], json!(["2026-08-01T12:00:00Z", "other", 1]));
    assert_eq!(
        rows(&report, "values", &["value", "requests", "requests_over_time"])[4..],
        [json!(["e", 5, [3, 0, 2]]), json!(["other", 3, [2, 0, 1]])]
    );
    let every = json(folder.path(), &["timeline", "--every", "1h", "--by", "remote_ip", "--values", "0"]);
    assert_eq!(rows(&every, "timeline", &["value"]).len(), 21);
    insta::assert_snapshot!(run(
        folder.path(),
        &["timeline", "--every", "1h", "--by", "remote_ip", "--values", "2"]
    ));
}

#[test]
fn lifecycle() {
    let own = |operation, time| Line { operation, ..get(time) };
    let folder = folder(&[
        own("S3.EXPIRE.OBJECT", "01/Aug/2026:00:10:00"),
        own("S3.EXPIRE.OBJECT", "01/Aug/2026:00:10:01"),
        own("S3.EXPIRE.OBJECT", "03/Aug/2026:00:10:00"),
        own("S3.CREATE.DELETEMARKER", "01/Aug/2026:00:20:00"),
        own("S3.CREATE.DELETEMARKER", "02/Aug/2026:00:20:00"),
        own("S3.DELETE.UPLOAD", "01/Aug/2026:00:30:00"),
        own("S3.TRANSITION.OBJECT", "03/Aug/2026:00:30:00"),
        own("S3.TRANSITION_SIA.OBJECT", "02/Aug/2026:00:30:00"),
        own("S3.TRANSITION_GDA.OBJECT", "02/Aug/2026:00:40:00"),
        get("02/Aug/2026:00:40:00"),
    ]);
    let arguments =
        ["timeline", "--operation", "S3.*", "--by", "operation", "--values", "0", "--every", "1d"];
    let report = json(folder.path(), &arguments);
    assert_eq!(
        rows(&report, "values", &["value", "requests", "requests_over_time"]),
        [
            json!(["S3.EXPIRE.OBJECT", 3, [2, 0, 1]]),
            json!(["S3.CREATE.DELETEMARKER", 2, [1, 1, 0]]),
            json!(["S3.DELETE.UPLOAD", 1, [1, 0, 0]]),
            json!(["S3.TRANSITION.OBJECT", 1, [0, 0, 1]]),
            json!(["S3.TRANSITION_GDA.OBJECT", 1, [0, 1, 0]]),
            json!(["S3.TRANSITION_SIA.OBJECT", 1, [0, 1, 0]]),
        ]
    );
    assert_eq!(rows(&report, "timeline", &["requests"]).len(), 18);
}

#[test]
fn an_empty_answer() {
    let folder = three_days();
    for command in ["timeline", "latency", "top"] {
        let report = json(folder.path(), &[command, "--key", "nothing"]);
        assert_eq!(report["tally"]["matched"], 0, "{command}");
    }
    let arguments = ["compare", "--baseline", "..2020-01-01", "--window", "2020-01-01..2020-01-02"];
    assert_eq!(rows(&json(folder.path(), &arguments), "changes", &["value"]), [] as [Value; 0]);
}

/// Requests of three addresses to two buckets over ten minutes, as many as a fixed rule says.
fn busy() -> Vec<Line> {
    let mut lines = Vec::new();
    for minute in 0..10 {
        for (place, ip) in ["192.0.2.1", "192.0.2.2", "192.0.2.3"].into_iter().enumerate() {
            for request in 0..(minute * 37 + place * 53) % 150 {
                let (bucket, failed) =
                    if request % 3 == 0 { ("logs", request % 2 == 0) } else { ("photos", minute == 4) };
                let (status, error) = if failed { ("403", "AccessDenied") } else { ("200", "-") };
                let time = format!("01/Aug/2026:10:{minute:02}:{:02}", request % 60);
                let key = ["a/1", "a/2", "b/1"][request % 3];
                lines.push(Line { ip: ip.into(), bucket, status, error, key, ..get(&time) });
            }
        }
    }
    // Files are in no order.
    let half = lines.len() / 2;
    lines.rotate_left(half);
    lines
}

#[test]
fn more_than_100_requests_a_minute() {
    let lines = busy();
    let mut naive: BTreeMap<(String, &str, &str), u64> = BTreeMap::new();
    for line in &lines {
        *naive.entry((line.time[12..17].to_owned(), &line.ip, line.bucket)).or_default() += 1;
    }
    let mut expected: Vec<_> = naive.into_iter().filter(|(_, count)| *count > 60).collect();
    expected
        .sort_by_key(|((time, ip, bucket), count)| (std::cmp::Reverse(*count), time.clone(), *ip, *bucket));
    let expected: Vec<_> = expected
        .into_iter()
        .map(|((time, ip, bucket), count)| json!([format!("2026-08-01T{time}:00Z"), ip, bucket, count]))
        .collect();
    assert!(expected.len() > 3);
    let arguments =
        ["top", "--by", "remote_ip,bucket", "--every", "1m", "--having", "requests>60", "--limit", "0"];
    let report = json(folder(&lines).path(), &arguments);
    assert_eq!(rows(&report, "groups", &["time", "remote_ip", "bucket", "requests"]), expected);

    let by_hand = {
        let at = |second: usize| get(&format!("01/Aug/2026:10:{:02}:{:02}", second / 60, second % 60));
        // 101 requests in the first minute, 100 in the second.
        let lines: Vec<_> = (0..101)
            .map(|request| at(request % 60))
            .chain((0..100).map(|request| at(60 + request % 60)))
            .collect();
        folder(&lines)
    };
    let arguments = ["top", "--by", "remote_ip,bucket", "--every", "1m", "--having", "requests>100"];
    assert_eq!(
        rows(&json(by_hand.path(), &arguments), "groups", &["time", "remote_ip", "bucket", "requests"]),
        [json!(["2026-08-01T10:00:00Z", "192.0.2.1", "photos", 101])]
    );
    insta::assert_snapshot!(run(by_hand.path(), &arguments));
}

#[test]
fn more_than_50_failures() {
    let lines = busy();
    let mut naive: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.status != "200") {
        *naive.entry((&line.ip, line.bucket)).or_default() += 1;
    }
    let expected: BTreeSet<_> = naive
        .into_iter()
        .filter(|(_, count)| *count > 50)
        .map(|((ip, bucket), count)| json!([ip, bucket, count, count]).to_string())
        .collect();
    assert!(!expected.is_empty() && expected.len() < 6);
    let arguments = ["top", "--by", "remote_ip,bucket", "--status", "4xx,5xx", "--having", "requests>50"];
    let report = json(folder(&lines).path(), &arguments);
    let rows = rows(&report, "groups", &["remote_ip", "bucket", "requests", "errors"]);
    assert_eq!(rows.iter().map(Value::to_string).collect::<BTreeSet<_>>(), expected);
}

#[test]
fn top_objects_addresses_and_error_codes() {
    let folder = three_days();
    let top = |by: &str, more: &[&str]| {
        let report = json(folder.path(), &[&["top", "--by", by], more].concat());
        rows(&report, "groups", &[by, "requests"])
    };
    assert_eq!(top("key", &[]), [json!(["a/1", 3]), json!(["b/2", 1])]);
    assert_eq!(top("remote_ip", &[]), [json!(["192.0.2.1", 3]), json!(["192.0.2.2", 1])]);
    assert_eq!(top("error_code", &["--status", "4xx,5xx"]), [json!(["AccessDenied", 1])]);
    assert_eq!(top("key", &["--operation", "REST.PUT.*"]), [] as [Value; 0]);
}

#[test]
fn different_values() {
    let lines = busy();
    let mut naive: BTreeMap<&str, [BTreeSet<&str>; 3]> = BTreeMap::new();
    for line in &lines {
        let [ips, errors, keys] = naive.entry(line.bucket).or_default();
        ips.insert(&line.ip);
        // A null is no value.
        if line.error != "-" {
            errors.insert(line.error);
        }
        keys.insert(line.key);
    }
    let folder = folder(&lines);
    let arguments = ["top", "--by", "bucket", "--distinct", "remote_ip,error_code", "--distinct", "key"];
    let columns = ["bucket", "distinct_remote_ip", "distinct_error_code", "distinct_key"];
    for row in rows(&json(folder.path(), &arguments), "groups", &columns) {
        let [ips, errors, keys] = &naive[row[0].as_str().unwrap()];
        assert_eq!(
            [&row[1], &row[2], &row[3]],
            [&json!(ips.len()), &json!(errors.len()), &json!(keys.len())]
        );
    }
    let having = |thresholds: &[&str]| {
        let thresholds: Vec<_> = thresholds.iter().flat_map(|having| ["--having", having]).collect();
        let arguments = [&["top", "--by", "bucket", "--distinct", "key"], &thresholds[..]].concat();
        rows(&json(folder.path(), &arguments), "groups", &["bucket", "distinct_key"])
    };
    // Every third request goes to `logs`, and all of those are for one key.
    assert_eq!(having(&["distinct>1"]), [json!(["photos", 2])]);
    assert_eq!(having(&["distinct_key<=1", "share>=10%"]), [json!(["logs", 1])]);
    assert_eq!(having(&["distinct>1", "share<50%"]), [] as [Value; 0]);
}

#[test]
fn thresholds_that_make_no_sense() {
    for (arguments, expected) in [
        (&["top", "x", "--having", "distinct>1"][..], "add --distinct FIELD"),
        (&["top", "x", "--having", "distinct_key>1"], "needs --distinct key"),
        (&["top", "x", "--distinct", "key,bucket", "--having", "distinct>1"], "say distinct_key"),
        (&["top", "x", "--having", "hits>1"], "names nothing that can be compared"),
        (&["top", "x", "--every", "7h"], "does not divide a day"),
        (&["timeline", "x", "--every", "soon"], "is no length of time"),
        (&["compare", "x"], "--baseline"),
        (&["compare", "x", "--baseline", "7d"], "has no .."),
        (&["compare", "x", "--baseline", "7d..", "--window", "1d..2d"], "before it starts"),
        (&["compare", "x", "--baseline", "7d..", "--window", "1d..", "--min-factor", "0.5"], "at least 1"),
    ] {
        let message = error(arguments);
        assert!(message.contains(expected), "{arguments:?}: {message}");
    }
}

#[test]
fn times_of_operations() {
    let mut lines: Vec<_> = (1..=100)
        .map(|millis| Line {
            total_time: millis,
            turn_around_time: millis / 2,
            ..get("01/Aug/2026:10:00:00")
        })
        .collect();
    // Three hours, and what has no times.
    lines.push(Line { operation: "REST.PUT.OBJECT", total_time: 10_800_000, ..get("01/Aug/2026:10:00:00") });
    lines.push(Line { operation: "S3.EXPIRE.OBJECT", ..get("01/Aug/2026:10:00:00") });
    let folder = folder(&lines);
    let report = json(folder.path(), &["latency"]);
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
    insta::assert_snapshot!(run(folder.path(), &["latency", "--limit", "3"]));
}

#[test]
fn percentiles_are_right_within_one_percent() {
    // A skewed spread from 1 ms to an hour, in no order.
    let times: Vec<u64> = (0..3000u64).map(|place| 1 + (place * 7919 % 3000).pow(3) / 7500).collect();
    let lines: Vec<_> =
        times.iter().map(|millis| Line { total_time: *millis, ..get("01/Aug/2026:10:00:00") }).collect();
    let report = json(folder(&lines).path(), &["latency"]);
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
    let read = |bytes, total_time| Line { bytes, total_time, ..get("01/Aug/2026:10:00:00") };
    let mut lines: Vec<_> = (1..=10).map(|seconds| read(10_000_000, seconds * 1000)).collect();
    // Too small, failed, no read.
    lines.push(read(999_999, 1));
    lines.push(Line { status: "500", error: "InternalError", ..read(5_000_000, 1) });
    lines.push(Line { operation: "REST.GET.BUCKET", ..read(5_000_000, 1) });
    let report = json(folder(&lines).path(), &["latency"]);
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
    let slow = |time: &str| Line { status: "503", error: "SlowDown", ..get(time) };
    let mut lines = vec![
        // One burst: never more than 60 s between two.
        slow("01/Aug/2026:10:00:00"),
        slow("01/Aug/2026:10:00:00"),
        Line { status: "500", error: "InternalError", ..slow("01/Aug/2026:10:01:00") },
        slow("01/Aug/2026:10:02:00"),
        // 61 s later: the next.
        slow("01/Aug/2026:10:03:01"),
        // Another requester of the same prefix, and another prefix.
        Line { requester: "-", ..slow("01/Aug/2026:10:00:30") },
        Line { key: "b/9", ..slow("01/Aug/2026:10:00:30") },
    ];
    let peak = |time: &'static str, requests: usize| std::iter::repeat_n(get(time), requests);
    // Within 60 s before and behind the first burst; the greater peak at 09:58:59 is too early.
    lines.extend(peak("01/Aug/2026:09:58:59", 50));
    lines.extend(peak("01/Aug/2026:09:59:00", 7));
    lines.extend(peak("01/Aug/2026:10:03:00", 9));
    // Other buckets and prefixes have their own rates.
    lines.extend(peak("01/Aug/2026:10:00:00", 30).map(|line| Line { key: "b/1", ..line }));
    lines.extend(peak("01/Aug/2026:10:00:00", 40).map(|line| Line { bucket: "logs", ..line }));
    let folder = folder(&lines);
    let report = json(folder.path(), &["latency", "--limit", "0"]);
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
    let alice = "arn:aws:iam::111122223333:user/alice";
    let time = |time: &str| format!("2026-08-01T{time}Z");
    assert_eq!(
        rows(&report, "throttling", &columns),
        [
            json!(["photos", "a/", alice, time("10:00:00"), time("10:02:00"), 3, 1, 9]),
            json!(["photos", "a/", null, time("10:00:30"), time("10:00:30"), 1, 0, 2]),
            json!(["photos", "b/", alice, time("10:00:30"), time("10:00:30"), 1, 0, 30]),
            json!(["photos", "a/", alice, time("10:03:01"), time("10:03:01"), 1, 0, 9]),
        ]
    );
    let by = json(folder.path(), &["latency", "--by", "bucket,http_status"]);
    assert_eq!(rows(&by, "latency", &["bucket", "http_status", "requests"])[0], json!(["photos", 200, 96]));
}

/// A week of 100 requests a day, and one where an address is new, one is gone, one is up, and a rare error appears.
fn two_weeks() -> (Vec<Line>, Vec<Line>) {
    let week = |first: usize, ips: &[(&str, usize)]| {
        let mut lines = Vec::new();
        for (ip, requests) in ips {
            for request in 0..*requests {
                let time = format!("{:02}/Aug/2026:10:{:02}:00", first + request % 7, request % 60);
                lines.push(Line { ip: (*ip).to_owned(), ..get(&time) });
            }
        }
        lines
    };
    let before = week(1, &[("192.0.2.1", 600), ("192.0.2.2", 50), ("192.0.2.3", 50)]);
    let mut after = week(8, &[("192.0.2.1", 1100), ("192.0.2.2", 200), ("192.0.2.9", 100)]);
    after[0] = Line { status: "403", error: "AccessDenied", ..after[0].clone() };
    (before, after)
}

/// 2 Σ n ln(n / expected), worked out in another way than in the program.
fn g2(counts: [f64; 2], all: [f64; 2]) -> f64 {
    let both = counts[0] + counts[1];
    let part = |side: usize| {
        let expected = both * all[side] / (all[0] + all[1]);
        if counts[side] == 0.0 { 0.0 } else { 2.0 * counts[side] * (counts[side] / expected).ln() }
    };
    let sign = if counts[1] / all[1] < counts[0] / all[0] { -1.0 } else { 1.0 };
    sign * (part(0) + part(1))
}

#[test]
fn new_gone_and_changed() {
    let (before, after) = two_weeks();
    let columns = ["dimension", "value", "change", "baseline_requests", "window_requests", "factor"];
    // 700 and 1400 requests. The first address has gone down from 86 % to 79 %, which is no news.
    let expected = [
        json!(["remote_ip", "192.0.2.3", "gone", 50, 0, 0.0]),
        json!(["remote_ip", "192.0.2.9", "new", 0, 100, null]),
        json!(["remote_ip", "192.0.2.2", "up", 50, 200, 2.0]),
        json!(["error_code", "AccessDenied", "new", 0, 1, null]),
    ];
    let check = |report: &Value| {
        assert_eq!(rows(report, "changes", &columns), expected);
        for (row, counts) in rows(report, "changes", &["score"]).iter().zip([
            [50.0, 0.0],
            [0.0, 100.0],
            [50.0, 200.0],
            [0.0, 1.0],
        ]) {
            assert!((row[0].as_f64().unwrap() - g2(counts, [700.0, 1400.0])).abs() < 1e-9);
        }
        assert_eq!(
            rows(report, "sides", &["side", "requests"]),
            [json!(["baseline", 700]), json!(["window", 1400])]
        );
    };
    let both = folder(&[before.clone(), after.clone()].concat());
    let windows = ["compare", "--baseline", "2026-08-01..2026-08-08", "--window", "2026-08-08..2026-08-15"];
    check(&json(both.path(), &windows));
    insta::assert_snapshot!(run(both.path(), &windows));

    let (before, after) = (folder(&before), folder(&after));
    let sources = ["compare", "--baseline-source", before.path().to_str().unwrap()];
    let report = json(after.path(), &sources);
    check(&report);
    assert_eq!(report["tally"]["records"], 2100);

    let all = json(both.path(), &[&windows[..], &["--by", "remote_ip", "--min-factor", "1"]].concat());
    assert_eq!(rows(&all, "changes", &["value"]).len(), 3);
}

#[test]
fn a_window_that_is_open() {
    let (before, after) = two_weeks();
    let both = folder(&[before, after].concat());
    let open = ["compare", "--baseline", "..2026-08-08", "--window", "2026-08-08..", "--by", "error_code"];
    assert_eq!(
        rows(&json(both.path(), &open), "changes", &["value", "change"]),
        [json!(["AccessDenied", "new"])]
    );
}

#[test]
fn help_has_examples() {
    for command in ["timeline", "top", "latency", "compare"] {
        let output = Command::new(env!("CARGO_BIN_EXE_s3al")).args([command, "--help"]).output().unwrap();
        let help = String::from_utf8(output.stdout).unwrap();
        let (_, examples) = help.split_once("Examples:").unwrap();
        assert!(examples.matches("s3al ").count() >= 2, "{command}");
    }
}
