//! `compare`: what is new, gone and changed.

use s3al::record::Field::{BytesSent, RemoteIp};
use serde_json::{Value, json};

use crate::harness::{Logs, Record, read_at, rows, s3al};

/// A week of 100 requests a day, and one where an address is new, one is gone, one is up, and a rare error appears.
fn two_weeks() -> (Vec<Record>, Vec<Record>) {
    let week = |first: usize, ips: &[(&str, usize)]| {
        let mut lines = Vec::new();
        for (ip, requests) in ips {
            for request in 0..*requests {
                let time = format!("{:02}/Aug/2026:10:{:02}:00", first + request % 7, request % 60);
                lines.push(read_at(&time).with(RemoteIp, ip));
            }
        }
        lines
    };
    let before = week(1, &[("192.0.2.1", 600), ("192.0.2.2", 50), ("192.0.2.3", 50)]);
    let mut after = week(8, &[("192.0.2.1", 1100), ("192.0.2.2", 200), ("192.0.2.9", 100)]);
    after[0] = after[0].clone().outcome("403 AccessDenied");
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
    let both = Logs::of(&[before.clone(), after.clone()].concat());
    let windows =
        ["compare", "logs", "--baseline", "2026-08-01..2026-08-08", "--window", "2026-08-08..2026-08-15"];
    check(&both.json(&windows));
    insta::assert_snapshot!(both.same(&windows).text());

    let (before, after) = (Logs::of(&before), Logs::of(&after));
    let before = before.path("logs");
    let report = after.json(&["compare", "logs", "--baseline-source", before.to_str().expect("UTF-8")]);
    check(&report);
    assert_eq!(report["tally"]["records"], 2100);

    let all = both.json(&[&windows[..], &["--by", "remote_ip", "--min-factor", "1"]].concat());
    assert_eq!(rows(&all, "changes", &["value"]).len(), 3);
}

#[test]
fn a_window_that_is_open() {
    let (before, after) = two_weeks();
    let both = Logs::of(&[before, after].concat());
    let open =
        ["compare", "logs", "--baseline", "..2026-08-08", "--window", "2026-08-08..", "--by", "error_code"];
    assert_eq!(rows(&both.json(&open), "changes", &["value", "change"]), [json!(["AccessDenied", "new"])]);
}

#[test]
fn the_time_before_is_the_baseline_where_none_is_named() {
    let days = ["05", "06", "07", "07", "08", "08", "08"];
    let log = days.map(|day| read_at(&format!("{day}/Aug/2026:12:00:00")));
    let logs = Logs::of(&log);
    let sides = |arguments: &[&str]| {
        let report = logs.json(&[&["compare", "logs"], arguments].concat());
        rows(&report, "sides", &["side", "requests"])
    };
    let expected = [json!(["baseline", 2]), json!(["window", 3])];
    assert_eq!(sides(&["--window", "2026-08-08..2026-08-09"]), expected);
    let expected = [json!(["baseline", 2]), json!(["window", 5])];
    assert_eq!(sides(&["--window", "2026-08-07..2026-08-09"]), expected);
    s3al("compare --window 2026-08-07.. -").ended(2).says("--window is open on a side");
    s3al("compare -").ended(2).says("--window");
}

#[test]
fn bytes_that_rose_while_requests_did_not() {
    // A day of 24 requests of 100 bytes from each of two addresses, then half a day of as many an hour: one of them gets a hundred
    // times the bytes.
    let day = |day: u32, hours: u32, bytes: u64| {
        (0..hours).flat_map(move |hour| {
            let at = read_at(&format!("{day:02}/Aug/2026:{hour:02}:30:00"));
            [at.clone().with(RemoteIp, "192.0.2.7").with(BytesSent, bytes), at.with(RemoteIp, "192.0.2.8")]
        })
    };
    let logs = Logs::of(&day(1, 24, 100).chain(day(2, 12, 10_000)).collect::<Vec<_>>());
    let report = logs.json(&[
        "compare",
        "logs",
        "--baseline",
        "2026-08-01..2026-08-02",
        "--window",
        "2026-08-02..2026-08-02T12:00",
        "--by",
        "remote_ip",
    ]);
    assert!(rows(&report, "changes", &["value"]).is_empty());
    let columns = ["dimension", "value", "change", "baseline_bytes_sent", "window_bytes_sent", "factor"];
    assert_eq!(
        rows(&report, "bytes", &columns),
        [json!(["remote_ip", "192.0.2.7", "up", 2400, 120_000, 100.0])]
    );
    assert_eq!(
        rows(&report, "sides", &["bytes_sent", "bytes_sent_per_hour"]),
        [json!([4800, 200]), json!([121_200, 10_100])]
    );
}
