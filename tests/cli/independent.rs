//! The answers against tests/independent.py, which shares nothing with the program, and against what the generator of logs
//! says that it wrote.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::harness::{BAD, has, root, run, shipped};

fn python(command: &str, files: &[PathBuf]) -> Vec<u8> {
    let mut python = Command::new("python3");
    python.arg("tests/independent.py").arg(command).args(files).current_dir(root());
    let output = python.stderr(Stdio::inherit()).output().expect("python3 runs");
    assert!(output.status.success(), "{command}");
    output.stdout
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("JSON")
}

fn rows(bytes: &[u8]) -> impl Iterator<Item = Value> {
    bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(json)
}

/// Every shipped record.
pub fn records() -> Vec<Value> {
    rows(&python("records", &shipped())).collect()
}

/// Compares all answers about these files.
fn compare(files: &[PathBuf]) {
    let names: Vec<&str> = files.iter().map(|file| file.to_str().expect("UTF-8")).collect();
    let s3al = |words: &str| {
        let words: Vec<&str> = words.split_whitespace().collect();
        run(&[&words[..], &names[..]].concat()).done()
    };

    let expected = json(&python("top", files));
    let top = s3al("top --limit 0 --format json").json();
    for count in ["lines", "records", "rejected", "ambiguous"] {
        assert_eq!(top["tally"][count], expected["tally"][count], "{count}");
    }
    let mut requesters: Vec<Value> = top["tables"]["requesters"].as_array().expect("rows").clone();
    let mut total = 0.0;
    for row in &mut requesters {
        let row = row.as_object_mut().expect("a row");
        total += row.remove("share").and_then(|share| share.as_f64()).expect("a share");
        if row["requester"] == "anonymous" {
            row["requester"] = Value::Null;
        }
    }
    assert!((total - 1.0).abs() < 1e-6, "all shares are {total}");
    assert_eq!(by_text(&requesters), by_text(expected["top"].as_array().expect("rows")));
    let counts: Vec<_> = requesters.iter().map(|row| row["requests"].as_u64()).collect();
    assert!(counts.is_sorted_by(|one, next| one >= next));

    let expected = json(&python("failed", files));
    let failed = s3al("failed --limit 0 --format json").json();
    let requests = failed["tables"]["requests"].as_array().expect("rows");
    assert_eq!(requests.len() as u64, expected["failures"]);
    let newest: Vec<_> = requests.iter().take(20).map(|row| &row["request_id"]).collect();
    assert_eq!(newest, expected["newest"].as_array().expect("rows").iter().collect::<Vec<_>>());
    let mut errors = expected["failed"].as_array().expect("rows").clone();
    for row in &mut errors {
        row.as_object_mut().expect("a row").remove("named_requesters");
    }
    assert_eq!(failed["tables"]["by_error"].as_array().expect("rows"), &errors);

    let expected = json(&python("large", files));
    let large = s3al("large-downloads --limit 0 --format json").json();
    let downloads = large["tables"]["downloads"].as_array().expect("rows");
    let bytes = |rows: &[Value]| rows.iter().map(|row| row["bytes_sent"].clone()).collect::<Vec<_>>();
    assert_eq!(bytes(downloads), bytes(expected["large"].as_array().expect("rows")));
    for (found, expected) in downloads.iter().zip(expected["large"].as_array().expect("rows")) {
        for field in ["timestamp", "remote_ip", "operation", "key", "object_size", "total_time"] {
            assert_eq!(found[field], expected[field], "{field} of {expected}");
        }
    }

    let expected = python("records", files);
    let export = s3al("export").stdout;
    let (mut found, mut count) = (rows(&export), 0);
    for mut expected in rows(&expected) {
        count += 1;
        let mut found = found.next().unwrap_or_else(|| panic!("record {count} is missing: {expected}"));
        // A record without unknown fields has none, however that is written.
        for row in [&mut found, &mut expected] {
            if row["extra"].as_array().is_some_and(Vec::is_empty) {
                row["extra"] = Value::Null;
            }
        }
        assert_eq!(found, expected, "record {count}");
    }
    assert!(found.next().is_none());

    let summary = s3al("summary --format json").json();
    let overview = &summary["tables"]["overview"][0];
    let (mut errors, mut bytes_sent) = (0, 0);
    let (mut times, mut distinct) = (Vec::new(), [const { Vec::new() }; 3]);
    for row in rows(&expected) {
        errors += u64::from(row["http_status"].as_u64().is_some_and(|status| status >= 400));
        bytes_sent += row["bytes_sent"].as_u64().unwrap_or_default();
        times.push(row["timestamp"].as_str().expect("a time").to_owned());
        for (field, values) in ["requester", "remote_ip", "key"].into_iter().zip(&mut distinct) {
            // Nobody is no requester, under either name.
            values.extend(row[field].as_str().filter(|text| *text != "Anonymous").map(str::to_owned));
        }
    }
    let [requesters, addresses, keys] = distinct.map(|mut values: Vec<String>| {
        values.sort_unstable();
        values.dedup();
        values.len() as u64
    });
    assert_eq!(overview["requests"], count);
    assert_eq!(overview["errors"], errors);
    assert_eq!(overview["bytes_sent"], bytes_sent);
    assert_eq!(overview["requesters"], requesters);
    assert_eq!(overview["addresses"], addresses);
    assert_eq!(overview["keys"], keys);
    // As texts, times of one second with and without milliseconds are in another order.
    let is_whole = |time: &String| time.len() == "2026-08-01T00:00:00Z".len();
    if times.iter().all(is_whole) {
        assert_eq!(overview["first_seen"].as_str(), times.iter().min().map(String::as_str));
        assert_eq!(overview["last_seen"].as_str(), times.iter().max().map(String::as_str));
    }
    let over_time = overview["requests_over_time"].as_array().expect("counts");
    assert_eq!(over_time.iter().filter_map(Value::as_u64).sum::<u64>(), count);
}

/// Rows of the same count come in the order of their texts, where a dash and a name differ between the two readers.
fn by_text(rows: &[Value]) -> Vec<String> {
    let mut texts: Vec<_> = rows.iter().map(Value::to_string).collect();
    texts.sort_unstable();
    texts
}

#[test]
fn all_answers_about_the_shipped_files() {
    if has("python3") {
        compare(&[shipped(), vec![root().join(BAD)]].concat());
    }
}

/// The generator, which is built together with the tests where all of them are.
fn generator() -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_s3al"));
    let examples = program.parent().expect("a folder").join("examples");
    let generator = examples.join(format!("generate-logs{}", std::env::consts::EXE_SUFFIX));
    if !generator.exists() {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--locked", "--example", "generate-logs"]).current_dir(root());
        assert!(cargo.status().expect("cargo runs").success());
    }
    generator
}

/// Generates, reads, and compares with both.
fn generated(records: u64, more: &[&str]) {
    if !has("python3") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (log, truth) = (folder.path().join("a.log"), folder.path().join("truth.json"));
    let mut generate = Command::new(generator());
    generate
        .args(["--records", &records.to_string(), "--bad-share", "0.002", "--hard-share", "0.05"])
        .args(more);
    generate.arg("--out").arg(&log).arg("--truth").arg(&truth);
    assert!(generate.stdout(Stdio::null()).status().expect("the generator runs").success());
    let log = [log];
    compare(&log);

    let truth = json(&std::fs::read(truth).expect("the truth"));
    let summary = run(&["summary", "--format", "json", log[0].to_str().expect("UTF-8")]).done().json();
    let overview = &summary["tables"]["overview"][0];
    assert_eq!(summary["tally"]["lines"], truth["lines"]);
    assert_eq!(summary["tally"]["rejected"], truth["rejected"]);
    assert_eq!(summary["tally"]["ambiguous"], truth["ambiguous"]);
    assert_eq!(overview["requests"], truth["records"]);
    assert_eq!(overview["errors"], truth["failures"]);
    assert_eq!(overview["bytes_sent"], truth["bytes_sent"]);
    assert_eq!(overview["first_seen"], truth["first"]);
    assert_eq!(overview["last_seen"], truth["last"]);
}

#[test]
fn all_answers_about_generated_logs() {
    // More than the 4 MiB from which on a file is cut into slices.
    generated(12_000, &[]);
    generated(2_000, &["--era", "mixed", "--seed", "7"]);
    generated(2_000, &["--format", "json", "--seed", "8"]);
}

/// Takes minutes. S3AL_RECORDS sets another number of lines.
#[test]
#[ignore = "takes minutes: cargo test --test cli -- --ignored"]
fn all_answers_about_a_million_lines() {
    let records = std::env::var("S3AL_RECORDS").ok().and_then(|text| text.parse().ok());
    generated(records.unwrap_or(1_000_000), &["--era", "mixed", "--seed", "42"]);
}

/// The numbers of the lines that are no records.
pub fn rejects(files: &[PathBuf]) -> Vec<u64> {
    rows(&python("rejects", files)).map(|reject| reject["line"].as_u64().expect("a number")).collect()
}
