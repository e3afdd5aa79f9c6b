//! `top`: groups, thresholds, different values, intervals.

use std::collections::{BTreeMap, BTreeSet};

use s3al::record::Field::{
    Bucket, BytesSent, ErrorCode, HttpStatus, Key, ObjectSize, Operation, RemoteIp, Timestamp, UserAgent,
};
use serde_json::{Value, json};

use crate::harness::{EVEN, HARD, Logs, ROWS, Record, assert_rows, in_formats, read_at, rows, run, s3al};
use crate::timeline::three_days;

/// Requests of three addresses to two buckets over ten minutes, as many as a fixed rule says.
fn busy() -> Vec<Record> {
    let mut lines = Vec::new();
    for minute in 0..10 {
        for (place, ip) in ["192.0.2.1", "192.0.2.2", "192.0.2.3"].into_iter().enumerate() {
            for request in 0..(minute * 37 + place * 53) % 150 {
                let (bucket, failed) =
                    if request % 3 == 0 { ("logs", request % 2 == 0) } else { ("photos", minute == 4) };
                let time = format!("01/Aug/2026:10:{minute:02}:{:02}", request % 60);
                let line = read_at(&time)
                    .outcome(if failed { "403 AccessDenied" } else { "200 -" })
                    .with(RemoteIp, ip)
                    .with(Bucket, bucket)
                    .with(Key, ["a/1", "a/2", "b/1"][request % 3]);
                lines.push(line);
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
        *naive
            .entry((line.get(Timestamp)[12..17].to_owned(), line.get(RemoteIp), line.get(Bucket)))
            .or_default() += 1;
    }
    let mut expected: Vec<_> = naive.into_iter().filter(|(_, count)| *count > 60).collect();
    expected
        .sort_by_key(|((time, ip, bucket), count)| (std::cmp::Reverse(*count), time.clone(), *ip, *bucket));
    let expected: Vec<_> = expected
        .into_iter()
        .map(|((time, ip, bucket), count)| json!([format!("2026-08-01T{time}:00Z"), ip, bucket, count]))
        .collect();
    assert!(expected.len() > 3);
    let arguments = [
        "top",
        "logs",
        "--by",
        "remote_ip,bucket",
        "--every",
        "1m",
        "--having",
        "requests>60",
        "--limit",
        "0",
    ];
    let report = Logs::of(&lines).json(&arguments);
    assert_eq!(rows(&report, "groups", &["time", "remote_ip", "bucket", "requests"]), expected);

    let by_hand = {
        let at = |second: usize| read_at(&format!("01/Aug/2026:10:{:02}:{:02}", second / 60, second % 60));
        // 101 requests in the first minute, 100 in the second.
        let lines: Vec<_> = (0..101)
            .map(|request| at(request % 60))
            .chain((0..100).map(|request| at(60 + request % 60)))
            .collect();
        Logs::of(&lines)
    };
    let arguments = ["top", "logs", "--by", "remote_ip,bucket", "--every", "1m", "--having", "requests>100"];
    assert_eq!(
        rows(&by_hand.json(&arguments), "groups", &["time", "remote_ip", "bucket", "requests"]),
        [json!(["2026-08-01T10:00:00Z", "192.0.2.1", "photos", 101])]
    );
    insta::assert_snapshot!(by_hand.same(&arguments).text());
}

#[test]
fn more_than_50_failures() {
    let lines = busy();
    let mut naive: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.get(HttpStatus) != "200") {
        *naive.entry((line.get(RemoteIp), line.get(Bucket))).or_default() += 1;
    }
    let expected: BTreeSet<_> = naive
        .into_iter()
        .filter(|(_, count)| *count > 50)
        .map(|((ip, bucket), count)| json!([ip, bucket, count, count]).to_string())
        .collect();
    assert!(!expected.is_empty() && expected.len() < 6);
    let arguments =
        ["top", "logs", "--by", "remote_ip,bucket", "--status", "4xx,5xx", "--having", "requests>50"];
    let report = Logs::of(&lines).json(&arguments);
    let rows = rows(&report, "groups", &["remote_ip", "bucket", "requests", "errors"]);
    assert_eq!(rows.iter().map(Value::to_string).collect::<BTreeSet<_>>(), expected);
}

#[test]
fn top_objects_addresses_and_error_codes() {
    let logs = three_days();
    let top = |by: &str, more: &[&str]| {
        let report = logs.json(&[&["top", "logs", "--by", by], more].concat());
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
        let [ips, errors, keys] = naive.entry(line.get(Bucket)).or_default();
        ips.insert(line.get(RemoteIp));
        // A null is no value.
        if line.get(ErrorCode) != "-" {
            errors.insert(line.get(ErrorCode));
        }
        keys.insert(line.get(Key));
    }
    let logs = Logs::of(&lines);
    let arguments =
        ["top", "logs", "--by", "bucket", "--distinct", "remote_ip,error_code", "--distinct", "key"];
    let columns = ["bucket", "distinct_remote_ip", "distinct_error_code", "distinct_key"];
    for row in rows(&logs.json(&arguments), "groups", &columns) {
        let [ips, errors, keys] = &naive[row[0].as_str().unwrap()];
        assert_eq!(
            [&row[1], &row[2], &row[3]],
            [&json!(ips.len()), &json!(errors.len()), &json!(keys.len())]
        );
    }
    let having = |thresholds: &[&str]| {
        let thresholds: Vec<_> = thresholds.iter().flat_map(|having| ["--having", having]).collect();
        let arguments = [&["top", "logs", "--by", "bucket", "--distinct", "key"], &thresholds[..]].concat();
        rows(&logs.json(&arguments), "groups", &["bucket", "distinct_key"])
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
        (&["top", "x", "--having", "hits>1"], "unknown metric"),
        (&["top", "x", "--every", "7h"], "does not divide a day"),
        (&["timeline", "x", "--every", "soon"], "for '--every <INTERVAL>': expected a part of a day"),
        (&["compare", "x"], "--baseline"),
        (&["compare", "x", "--baseline", "7d"], "no .. between two times"),
        (&["compare", "x", "--baseline", "7d..", "--window", "1d..2d"], "before it starts"),
        (&["compare", "x", "--baseline", "7d..", "--window", "1d..", "--min-factor", "0.5"], "at least 1"),
    ] {
        run(arguments).ended(2).says(expected);
    }
}

#[test]
fn in_all_formats() {
    insta::assert_snapshot!(in_formats("top-requesters --limit 3", &ROWS));
    assert_eq!(s3al(&format!("top {EVEN}")).stdout, s3al(&format!("top-requesters {EVEN}")).stdout);
}

#[test]
fn by_anything() {
    let by = [
        "http_status,error_code",
        "account",
        "principal",
        "method",
        "client",
        "status_class",
        "prefix",
        "prefix --depth 2",
        "object",
        "extension",
        "network",
        "day",
        "hour --tz Asia/Kolkata",
        "minute",
        "bucket,key --sort bytes",
        "remote_ip --sort errors",
    ];
    let answers = by.map(|by| {
        let ran = s3al(&format!("top {EVEN} {HARD} --limit 4 --format csv --by {by}")).done();
        format!("--- {by}\n{}", ran.text())
    });
    insta::assert_snapshot!(answers.join("\n"));
}

#[test]
fn times_in_another_zone() {
    let ran = s3al(&format!("top {EVEN} --limit 1 --tz Europe/Berlin")).done();
    assert!(ran.text().contains("(times in Europe/Berlin)"), "{}", ran.text());
}

#[test]
fn rows_are_in_the_order_of_any_column() {
    let request = |ip: &str, agent: &str, time: &str, sent: &str| {
        let agent = format!("\"{agent}\"");
        read_at(time).with(RemoteIp, ip).with(UserAgent, agent).with(BytesSent, sent)
    };
    let log = [
        request("192.0.2.1", "a", "01/Aug/2026:10:00:00", "900"),
        request("192.0.2.1", "a", "01/Aug/2026:10:00:01", "1"),
        request("192.0.2.3", "a", "01/Aug/2026:10:00:02", "50"),
        request("192.0.2.3", "b", "01/Aug/2026:10:00:09", "50"),
        request("192.0.2.3", "b", "01/Aug/2026:10:00:04", "50"),
        request("192.0.2.2", "c", "01/Aug/2026:10:00:20", "49"),
    ];
    for (sort, order) in [
        ("requests", [3, 1, 2]),
        ("bytes_sent", [1, 3, 2]),
        ("bytes_share", [1, 3, 2]),
        ("first_seen", [2, 3, 1]),
        ("last_seen", [2, 3, 1]),
        ("remote_ip", [1, 2, 3]),
        ("distinct", [3, 1, 2]),
    ] {
        let expected = order.map(|ip| format!("192.0.2.{ip}"));
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        let arguments = ["top", "--by", "remote_ip", "--distinct", "user_agent", "--sort", sort];
        assert_rows(&log, &arguments, "groups", "remote_ip", &expected);
    }
    let arguments = ["top", "--by", "bucket", "--distinct", "remote_ip+user_agent,remote_ip"];
    assert_rows(&log, &arguments, "groups", "distinct_remote_ip+user_agent | distinct_remote_ip", &["4 | 3"]);
    s3al("top --sort key -").ended(2).says("--sort key needs --by key");
    s3al("top --sort requets -").ended(2).says("did you mean requests?");
}

#[test]
fn bytes_that_came_in_are_counted_once() {
    let write = |operation: &str, outcome: &str, size: &str| {
        read_at("01/Aug/2026:10:00:00").with(Operation, operation).outcome(outcome).with(ObjectSize, size)
    };
    let log = [
        write("REST.PUT.OBJECT", "200 -", "7"),
        write("REST.PUT.OBJECT", "403 AccessDenied", "1000"),
        write("REST.POST.UPLOADS", "200 -", "-"),
        write("REST.PUT.PART", "200 -", "8388608"),
        write("REST.PUT.PART", "200 -", "11"),
        write("REST.POST.UPLOAD", "200 -", "8388619"),
        write("REST.COPY.OBJECT", "200 -", "300"),
        write("REST.GET.OBJECT", "200 -", "5000"),
    ];
    let received = 7 + 8_388_608 + 11 + 300;
    assert_rows(&log, &["top", "--by", "bucket"], "groups", "bytes_received", &[&received.to_string()]);
    assert_rows(&log, &["timeline", "--every", "1d"], "timeline", "bytes_received", &[&received.to_string()]);
}

#[test]
fn requests_of_each_row_over_time() {
    // An address that comes every minute of two hours, and one that comes in one of them only.
    let steady = (0..120).map(|minute| {
        read_at(&format!("01/Aug/2026:{:02}:{:02}:30", minute / 60, minute % 60)).with(RemoteIp, "192.0.2.1")
    });
    let burst =
        (0..30).map(|second| read_at(&format!("01/Aug/2026:01:10:{second:02}")).with(RemoteIp, "192.0.2.2"));
    let logs = Logs::of(&steady.chain(burst).collect::<Vec<_>>());
    let report = logs.json(&["top", "logs", "--by", "remote_ip", "--trend"]);
    // Two hours are 60 spans of two minutes.
    let mut only = vec![0; 60];
    only[35] = 30;
    assert_eq!(
        rows(&report, "groups", &["remote_ip", "requests_over_time"]),
        [json!(["192.0.2.1", vec![2; 60]]), json!(["192.0.2.2", only])]
    );
    let table = logs.same(&["top", "logs", "--by", "remote_ip", "--trend"]);
    assert!(table.text().contains("requests_over_time: spans of 2m"), "{table:?}");
    assert!(table.text().contains("▁▁█▁▁"), "{table:?}");
    // With different values, and from temporary files, the answer is the same.
    let distinct = ["top", "logs", "--by", "remote_ip", "--trend", "--distinct", "key", "--limit", "0"];
    let more = logs.json(&distinct);
    assert_eq!(
        rows(&more, "groups", &["remote_ip", "requests_over_time", "distinct_key"]),
        [json!(["192.0.2.1", vec![2; 60], 1]), json!(["192.0.2.2", only, 1])]
    );
}
