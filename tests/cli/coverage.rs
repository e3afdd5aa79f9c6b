//! `coverage`: gaps, duplicates, sources that cannot be read.

use s3al::record::Field;
use serde_json::{Value, json};

use crate::harness::{Logs, Record, log};

fn at(time: &str, id: usize) -> Record {
    Record::of(&[(Field::Bucket, "b"), (Field::Key, "k")]).at(time).with(Field::RequestId, format!("R{id}"))
}

/// Ten records at 0:30 and ten at 2:30, one of the former twice, and a line that is none.
pub fn trusted() -> Logs {
    let logs = Logs::new();
    let hour = |time, ids: std::ops::Range<usize>| ids.map(|id| at(time, id)).collect::<Vec<_>>();
    let mut late = hour("01/Aug/2026:02:30:00", 10..20);
    late.push(at("01/Aug/2026:00:30:00", 3));
    let late = log(&late) + "no record\n";
    logs.write("logs/2026-08-01-02-00-00-0123456789ABCDEF", &hour("01/Aug/2026:00:30:00", 0..10));
    logs.write_text("logs/2026-08-01-03-00-00-0123456789ABCDEF", &late);
    logs
}

#[test]
fn coverage() {
    let logs = trusted();
    let args = ["coverage", "logs", "--retention", "3d", "--until", "2026-08-03"];
    let report = logs.json(&args);
    assert_eq!(
        report["tables"]["overview"],
        json!([{
            "first_seen": "2026-08-01T00:30:00Z", "last_seen": "2026-08-01T02:30:00Z", "days_held": 1,
            "records": 21, "duplicates": 1, "rejected": 1, "ambiguous": 0,
            "missing_hours": 1, "retention_days": 3, "missing_days": 2,
        }])
    );
    assert_eq!(
        report["tables"]["gaps"],
        json!([{
            "bucket": "b", "since": "2026-08-01T01:00:00Z", "until": "2026-08-01T02:00:00Z", "hours": 1,
            "missing_hours": 1, "requests_before": 11, "requests_after": 10,
        }])
    );
    assert_eq!(
        report["tables"]["missing_days"],
        json!([
            { "first_day": "2026-07-31", "last_day": "2026-07-31", "days": 1 },
            { "first_day": "2026-08-02", "last_day": "2026-08-02", "days": 1 },
        ])
    );
    // 10 after half an hour, 10 after one and a half, the copy after two and a half.
    assert_eq!(
        report["tables"]["lag"],
        json!([{ "records": 21, "p50": 5_400_000, "p99": 9_000_000, "max": 9_000_000, "after_delivery": 0, "late": 0 }])
    );
    assert_eq!(
        report["tables"]["sources"],
        json!([{
            "source": "logs/2026-08-01-03-00-00-0123456789ABCDEF", "lines": 12, "rejected": 1,
            "share": 1.0 / 12.0, "ambiguous": 0,
        }])
    );
    assert_eq!(report["tables"]["delivery_gaps"], json!([]));
    insta::assert_snapshot!("coverage", logs.text(&args));

    let exit = |more: &[&str]| logs.run(&[&["coverage", "logs"][..], more].concat()).code;
    assert_eq!(exit(&[]), 0);
    assert_eq!(exit(&["--fail"]), 1);
    assert_eq!(exit(&["--fail", "--busy", "12"]), 0);
    assert_eq!(exit(&["--fail", "--busy", "12", "--retention", "1d", "--until", "2026-08-02"]), 0);
    assert_eq!(exit(&["--fail", "--busy", "12", "--retention", "2d", "--until", "2026-08-02"]), 1);
    assert_eq!(exit(&["--retention", "1h"]), 2);
}

#[test]
fn coverage_without_anything_to_tell() {
    let logs = Logs::new();
    logs.write("some.log", &[at("01/Aug/2026:00:30:00", 1)]);
    let report = logs.json(&["coverage", "some.log"]);
    assert_eq!(report["tables"]["lag"], json!([]));
    assert_eq!(report["tables"]["overview"][0]["missing_days"], Value::Null);
    logs.write("none.log", &[]);
    let report = logs.json(&["coverage", "none.log"]);
    assert_eq!(report["tables"]["overview"][0]["first_seen"], Value::Null);
    // Without buckets there is no picture, but it can be asked for.
    assert!(report["tables"].get("strip").is_none(), "{report}");
    let named = logs.json(&["coverage", "none.log", "--table", "strip"]);
    assert_eq!(named["tables"]["strip"], json!([]));
}

#[test]
fn duplicates_are_left_out() {
    let logs = trusted();
    let report = logs.json(&["summary", "logs", "--dedupe"]);
    assert_eq!(report["tables"]["overview"][0]["requests"], 20);
    let tally = &report["tally"];
    assert_eq!(
        (&tally["records"], &tally["matched"], &tally["duplicates"]),
        (&json!(21), &json!(20), &json!(1))
    );
    assert_eq!(logs.json(&["summary", "logs"])["tally"].get("duplicates"), None);
    // The first copy stays, wherever the threads are.
    let export = logs.json(&["export", "logs", "--dedupe"]);
    let ids: Vec<_> =
        export["tables"]["records"].as_array().expect("rows").iter().map(|row| &row["request_id"]).collect();
    let expected: Vec<_> = (0..20).map(|id| json!(format!("R{id}"))).collect();
    assert_eq!(ids, expected.iter().collect::<Vec<_>>());
    assert_eq!(export["tally"]["duplicates"], 1);
    let raw = logs.text(&["export", "logs", "--dedupe", "--format", "raw", "--limit", "5"]);
    assert_eq!(raw.lines().count(), 5);
    logs.run(&["export", "logs", "--dedupe", "--format", "table"]).says("1 duplicate left out");
}

/// Every file twice, in many files: threads meet the copies in any order.
#[test]
fn copies_in_many_files() {
    let logs = Logs::new();
    for file in 0..40 {
        let lines: Vec<_> = (0..50).map(|id| at("01/Aug/2026:00:30:00", (file % 20) * 50 + id)).collect();
        logs.write(&format!("logs/{file:02}"), &lines);
    }
    let report = logs.json(&["export", "logs", "--dedupe"]);
    assert_eq!(report["tables"]["records"].as_array().map(Vec::len), Some(1000));
    assert_eq!(report["tally"]["duplicates"], 1000);
    assert_eq!(logs.json(&["coverage", "logs"])["tables"]["overview"][0]["duplicates"], 1000);
}

#[test]
fn the_verdict_comes_first() {
    let logs = trusted();
    let first = |args: &[&str]| logs.text(args).lines().next().map(str::to_owned);
    let missing = ["coverage", "logs", "--retention", "3d", "--until", "2026-08-03"];
    let expected = "NOT complete: 1 hour without records in 1 bucket, 2 days without records";
    assert_eq!(first(&missing).as_deref(), Some(expected));
    assert_eq!(first(&["coverage", "logs", "--busy", "100"]).as_deref(), Some("no gap found"));
    assert_eq!(
        first(&["coverage", "logs", "--since", "2030-01-01"]).as_deref(),
        Some("no records, so nothing can be said")
    );
}
