//! `--memory`: what does not fit is approximated within an error that is stated, or refused where that would be wrong.

use std::collections::HashMap;

use s3al::record::Field::{BytesSent, Key, RequestId, Requester, TotalTime};
use serde_json::Value;

use crate::harness::{Record, command, many_requests, piped, s3al};
#[cfg(target_os = "linux")]
use crate::harness::{commands, peak};

/// Reads of so many objects once each, and of 5 others often; and how often each.
fn log(objects: usize) -> (String, HashMap<String, u64>) {
    let (mut log, mut counts) = (String::new(), HashMap::new());
    for number in 0..objects {
        let mut keys = vec![format!("once/{number}")];
        keys.extend((1..=5).filter(|often| number % (often * 10) == 0).map(|often| format!("often/{often}")));
        for key in keys {
            let time = format!("{:02}:{:02}:{:02}", number / 3600, number / 60 % 60, number % 60);
            let record = Record::of(&[(Requester, "-"), (TotalTime, "7")]).at(&format!("06/Feb/2026:{time}"));
            let record = record.with(RequestId, format!("{number:016}")).with(Key, &key).with(BytesSent, 100);
            log += &record.line();
            *counts.entry(key).or_insert(0) += 1;
        }
    }
    (log, counts)
}

#[test]
fn a_table_of_keys_says_how_far_from_the_truth_it_is() {
    let (log, truth) = log(40_000);
    let ask = |memory: &str| {
        piped(&format!("top --by key --limit 5 --memory {memory} --format json -"), log.clone()).done()
    };
    let of = |row: &Value| {
        let key = row["key"].as_str().expect("a key");
        (key.to_owned(), row["requests"].as_u64().expect("a count"), truth[key])
    };

    let ran = ask("400kB");
    let answer = ran.json();
    let note = answer["approximate"][0]["note"].as_str().expect("a note");
    let error =
        note.strip_prefix("approximate, ±").and_then(|rest| rest.split(':').next()).expect("an error");
    let error: u64 = error.parse().expect("a number");
    ran.says(note);
    let rows = answer["tables"]["groups"].as_array().expect("rows");
    assert_eq!(rows.len(), 5);
    for (key, count, truth) in rows.iter().map(of) {
        assert!(key.starts_with("often/"), "{key}");
        assert!(count <= truth && count + error >= truth, "{key}: {count} ±{error} of {truth}");
    }

    let exact = ask("400MB");
    let answer = exact.json();
    assert_eq!(answer.get("approximate"), None);
    assert!(!exact.stderr.contains("approximate"), "{}", exact.stderr);
    for (key, count, truth) in answer["tables"]["groups"].as_array().expect("rows").iter().map(of) {
        assert_eq!(count, truth, "{key}");
    }
}

#[test]
fn an_answer_that_must_hold_everything_is_refused_rather_than_wrong() {
    let (log, _) = log(40_000);
    // A histogram of times is more than that.
    piped("latency --memory 100kB -q -", log.clone())
        .ended(2)
        .says("the answer takes more than 100.0 kB of memory");
    let ran = piped("latency --memory 400MB -q --format csv -", log).done();
    assert!(ran.text().lines().count() > 1);
    // It is the table that counts, not the log.
    s3al("cold --memory 400kB -q tests/fixtures/questions.log").done();
}

#[test]
fn lives_and_visits_are_the_same_however_little_memory_there_is() {
    let (log, truth) = log(6_000);
    let requests: u64 = truth.values().sum();
    let ask = |words: &str, memory: &str| {
        piped(&format!("{words} --threads 2 --memory {memory} --format ndjson -"), log.clone()).done()
    };
    let sum = |rows: &[Value]| rows.iter().map(|row| row["count"].as_u64().expect("a count")).sum::<u64>();
    for (words, limit) in [("history --key **", 7), ("activity --anonymous --gap 0s", 7)] {
        let little = ask(words, "100kB").says("went to temporary files");
        let rows = little.rows();
        assert_eq!(sum(&rows), requests, "{words}");
        let much = ask(words, "1GB");
        assert!(!much.stderr.contains("temporary files"), "{}", much.stderr);
        assert!(little.text() == much.text(), "{words}: another answer");
        let newest = ask(&format!("{words} --limit {limit}"), "100kB").rows();
        assert_eq!(newest, rows[rows.len() - limit..], "{words}");
    }
    // All in one visit, of which the repeated reads are one step, of all objects.
    let step = &ask("activity --anonymous", "100kB").rows()[0];
    assert_eq!(step["objects"].as_u64(), Some(truth.len() as u64));
    assert_eq!(step["count"].as_u64(), Some(requests));
    assert_eq!(step["object"].as_str(), Some("o*"));
    // Each object is only read, so its life is one row.
    let rows = ask("history --key often/*", "100kB").rows();
    for row in &rows {
        let object = row["object"].as_str().expect("an object");
        assert_eq!(row["count"].as_u64(), Some(truth[object]), "{object}");
    }
    assert_eq!(rows.len(), 5);
}

#[test]
fn an_inventory_of_any_size_is_compared_with_little_memory() {
    const OBJECTS: u64 = 40_000;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("inventory.csv");
    let line =
        |number: u64| format!("\"my-bucket\",\"p{}/{number:06}\",\"{}\"\n", number % 20_000, number % 1_000);
    std::fs::write(&path, (0..OBJECTS).map(line).collect::<String>()).expect("a file");
    let read = Record::of(&[(Key, "p7/000007")]).line();
    let ask = |memory: &str| {
        let words =
            format!("cold --limit 0 --memory {memory} --format json --inventory {} -", path.display());
        piped(&words, read.clone()).done()
    };
    let little = ask("200kB").says("went to temporary files");
    let tables = little.json()["tables"].clone();
    assert_eq!(tables, ask("1GB").json()["tables"]);
    let rows = |table: &str| tables[table].as_array().expect("rows").clone();
    let sum = |table: &str, column: &str| {
        rows(table).iter().map(|row| row[column].as_u64().expect("a number")).sum::<u64>()
    };
    let bytes: u64 = (0..OBJECTS).map(|number| number % 1_000).sum();
    assert_eq!(sum("prefixes", "never_read_objects"), OBJECTS - 1);
    assert_eq!(sum("prefixes", "never_read_bytes"), bytes - 7);
    assert_eq!(rows("objects").len() as u64, OBJECTS - 1);
    assert_eq!(sum("objects", "object_size"), bytes - 7);
    assert_eq!(rows("objects")[0]["object"].as_str(), Some("p10999/010999"));
}

/// Every command, where it matters with what would take most memory.
#[cfg(target_os = "linux")]
const COMMANDS: [&str; 47] = [
    "summary",
    "summary --limit 0",
    "top",
    "top --by key",
    "top --by key --every 1h",
    "top --by key --distinct version_id",
    "top --by requester --distinct key,remote_ip",
    "failed",
    "failed --limit 0",
    "failed --causes",
    "failed --causes --limit 0",
    "large-downloads --min-size 0",
    "large-downloads --min-size 0 --limit 0",
    "large-downloads --min-size 0 --join-ranges",
    "large-downloads --min-size 0 --join-ranges --limit 0",
    "timeline",
    "timeline --by key",
    "timeline --by key --limit 0 --format csv",
    "latency",
    "latency --limit 0",
    "latency --by remote_ip",
    "cost --by key",
    "cold",
    "cold --by key",
    "history --key **",
    "history --key ** --limit 9",
    "history --key ** --format csv",
    "access",
    "access --limit 0 --depth 3",
    "access --as-policy",
    "audit",
    "audit --limit 0",
    "compare --baseline 2026-08-01..2026-08-14 --window 2026-08-14.. --by key",
    "compare --baseline 2026-08-01..2026-08-14 --window 2026-08-14.. --by key --limit 0",
    "coverage",
    "dashboard",
    "dashboard --limit 0 --format json",
    "detect",
    "detect --limit 0",
    "export",
    "export --format table",
    "export --format markdown",
    "export --sort timestamp",
    "latency --limit 0 --format csv --table slowest",
    "activity --anonymous",
    "activity --requester *",
    "activity --where bucket=* --gap 1s --limit 9",
];

/// Commands that hold nothing of a log, whatever it is; and those that are in some builds only.
#[cfg(target_os = "linux")]
const WITHOUT_AGGREGATE: [&str; 9] =
    ["fetch", "convert", "ddl", "follow", "logging", "sql", "completions", "man", "help"];

#[cfg(target_os = "linux")]
#[test]
fn every_command_is_tried_with_little_memory() {
    for command in commands() {
        let is = |words: &&str| words.split(' ').next() == Some(command.as_str());
        let is_tried = COMMANDS.iter().any(is) || command == "top-requesters";
        assert!(is_tried != WITHOUT_AGGREGATE.contains(&command.as_str()), "{command}: add it to COMMANDS");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn no_command_takes_more_than_it_may() {
    const MEMORY: u64 = 1_000_000;
    /// Threads, the blocks that are read, and what the program is made of.
    const BESIDE: u64 = 25_000_000;
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    std::fs::write(&log, many_requests(25_000)).expect("a log");
    for words in COMMANDS {
        let errors = folder.path().join("stderr");
        let mut child = command()
            .args(words.split(' '))
            .args(["--threads", "2", "--memory", "1MB", "-q"])
            .arg(&log)
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::fs::File::create(&errors).expect("a file"))
            .spawn()
            .expect("s3al runs");
        let peak = peak(&mut child);
        let code = child.wait().expect("an end").code();
        let stderr = std::fs::read_to_string(&errors).expect("text");
        // What cannot be right in so little memory says so.
        assert!(
            matches!(code, Some(0 | 1)) || code == Some(2) && stderr.contains("--memory"),
            "{words}: {code:?} {stderr}"
        );
        assert!(peak > 500_000 && peak < MEMORY + BESIDE, "{words}: {peak} bytes");
    }
}

#[test]
fn totals_are_right_however_little_memory_there_is() {
    const REQUESTS: u64 = 20_000;
    let log = many_requests(REQUESTS as usize);
    // As many_requests says: of five requests one is a 403, one a 404 and one a 503, and all are over TLS 1.0.
    let failed = REQUESTS / 5 * 3;
    let totals = [
        ("summary", "overview", "requests", REQUESTS),
        ("timeline --by key", "timeline", "requests", REQUESTS),
        ("timeline --by requester", "values", "requests", REQUESTS),
        ("failed", "by_error", "requests", failed),
        ("failed --limit 0", "by_error", "requests", failed),
        ("access --limit 0 --depth 3", "access", "successes", REQUESTS - failed),
        ("access --limit 0 --depth 3", "access", "denials", REQUESTS / 5),
        ("coverage", "overview", "records", REQUESTS),
        ("cost --by key --limit 0", "charges", "requests", REQUESTS),
        ("top --by key --limit 0", "groups", "requests", REQUESTS),
        (
            "large-downloads --min-size 0 --join-ranges --limit 0",
            "downloads",
            "requests",
            REQUESTS / 5 * 2 - 1,
        ),
        ("audit --check old_tls --limit 0", "by_finding", "requests", REQUESTS),
        ("audit --check old_tls", "by_finding", "requests", REQUESTS),
        (
            "compare --baseline 2026-08-01..2026-08-14 --window 2026-08-14.. --by key",
            "sides",
            "requests",
            REQUESTS,
        ),
    ];
    for (words, table, column, expected) in totals {
        let report = piped(&format!("{words} --memory 1MB --format json"), log.clone()).done().json();
        let rows = report["tables"][table].as_array().unwrap_or_else(|| panic!("{words}: no {table}"));
        let sum: u64 = rows.iter().map(|row| row[column].as_u64().expect("a count")).sum();
        assert_eq!(sum, expected, "{words}");
    }
    // A share is of all requests, not of those that are held.
    let report = piped("top --by status_class --memory 1MB --format json", log).done().json();
    let rows = report["tables"]["groups"].as_array().expect("rows");
    let sum: f64 = rows.iter().map(|row| row["share"].as_f64().expect("a share")).sum();
    assert!((sum - 1.0).abs() < 1e-9, "{sum}");
}
