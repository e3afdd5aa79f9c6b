//! The JSON delivery as it arrives: whole files of it, large and small, plain and packed, read by any number of threads.

use std::fs;

use serde_json::{Value, json};

use crate::harness::*;

/// Records of three requesters, each with more bytes than the one before.
fn objects(count: u64) -> Vec<String> {
    let object = |number: u64| {
        json!({
            "schema_version_id": "V_1_0",
            "bucket_name": "b",
            "request_time": format!("2026-03-01T12:{:02}:00.123Z", number % 60),
            "requester": format!("arn:aws:iam::111122223333:user/u{}", number % 3),
            "operation": "REST.GET.OBJECT",
            "key_name": "k",
            "http_status": 200,
            "bytes_sent_size": number,
            "user_agent": if number.is_multiple_of(7) { "agent }{ \"}{\" \u{e9}" } else { "agent/1 }{" },
            "source_region": null,
        })
    };
    (0..count).map(|number| object(number).to_string()).collect()
}

/// Requests and bytes by requester, as they have to be.
fn expected(count: u64) -> Vec<(String, u64, u64)> {
    let mut rows: Vec<_> = (0..3)
        .map(|user| {
            let numbers = (0..count).filter(|number| number % 3 == user);
            (format!("arn:aws:iam::111122223333:user/u{user}"), numbers.clone().count() as u64, numbers.sum())
        })
        .collect();
    rows.sort();
    rows
}

/// The same as the program counts them, and how many lines it refused.
fn counted(path: &str, threads: u64) -> (Vec<(String, u64, u64)>, Value) {
    let report = s3al(&format!("top {path} --limit 0 --threads {threads} --format json")).done().json();
    let rows = report["tables"]["requesters"].as_array().expect("rows").iter();
    let mut rows: Vec<_> = rows
        .map(|row| {
            let number = |name: &str| row[name].as_u64().expect("a number");
            (row["requester"].as_str().unwrap_or("-").to_owned(), number("requests"), number("bytes_sent"))
        })
        .collect();
    rows.sort();
    (rows, report["tally"]["rejected"].clone())
}

#[test]
fn every_way_to_write_it_gives_the_same_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    // More than what threads share of one file, and more than a block of a stream.
    let count = 18_000;
    let objects = objects(count);
    let envelopes: Vec<String> = objects
        .chunks(100)
        .map(|chunk| {
            let events: Vec<Value> =
                chunk.iter().map(|object| json!({"id": "1", "timestamp": 1, "message": object})).collect();
            json!({"messageType": "DATA_MESSAGE", "owner": "1", "logEvents": events}).to_string()
        })
        .collect();
    let timed: Vec<String> =
        objects.iter().map(|object| format!("2026-03-01T12:00:00.123Z {object}\n")).collect();
    let files = [
        ("lines", objects.join("\n").into_bytes()),
        ("firehose", objects.concat().into_bytes()),
        ("spaced", objects.join(" ").into_bytes()),
        ("export", timed.concat().into_bytes()),
        ("envelopes", envelopes.concat().into_bytes()),
    ];
    for (name, text) in files {
        assert!(text.len() > 4 << 20);
        for (name, text) in [(format!("{name}.gz"), gzip(&text)), (name.to_owned(), text)] {
            let path = folder.path().join(&name);
            fs::write(&path, text).expect("written");
            let (rows, rejected) = counted(&path.display().to_string(), 3);
            assert_eq!(rows, expected(count), "{name}");
            assert_eq!(rejected, 0, "{name}");
        }
    }
}

#[test]
fn a_cut_record_is_the_only_one_that_is_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let count = 18_000;
    let mut objects = objects(count + 1);
    let cut = objects.pop().expect("one more");
    objects.insert(9_000, cut[..cut.len() / 2].to_owned());
    let path = folder.path().join("cut");
    fs::write(&path, objects.concat()).expect("written");
    let (rows, rejected) = counted(&path.display().to_string(), 2);
    assert_eq!((rows, rejected), (expected(count), json!(1)));
}
