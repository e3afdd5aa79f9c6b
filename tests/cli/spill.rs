//! What memory does not hold goes to temporary files, and the answer is the same.

use std::collections::BTreeMap;

use s3al::record::Field::{BytesSent, Key, RequestId};

use crate::harness::{Logs, Record, command, many_requests, piped, ran};

/// Every command that has to hold everything, in formats of every kind: rows, objects, and tables that need to know all rows.
const SPILLED: [&str; 22] = [
    "export --format table",
    "export --format table --width 200",
    "export --format list",
    "export --format markdown",
    "export --format json --sort timestamp",
    "export --format csv --sort -timestamp",
    "export --format table --columns key,prefix,request_id --width 90",
    "export --format raw --sort timestamp --dedupe",
    "failed --limit 0 --format raw",
    "failed --limit 0 --format table --table requests",
    "large-downloads --min-size 0 --limit 0 --format table",
    "large-downloads --min-size 0 --limit 0 --join-ranges --format csv",
    "access --depth 3 --limit 0 --format json",
    "access --depth 9 --limit 0 --format table --width 120",
    "latency --limit 0 --format json --table slowest",
    "top --by key --limit 0 --format csv",
    "top --by key --limit 0 --sort key --format table",
    "top --by user_agent,key --limit 0 --sort last_seen --having bytes_sent>50 --format json",
    "top --by requester --distinct key,remote_ip --limit 0 --format csv",
    "top --by key --distinct version_id,remote_ip --sort distinct_remote_ip --limit 3000 --format csv",
    "cold --by key --limit 0 --format csv",
    "cost --by key --limit 0 --format table",
];

#[test]
fn the_answer_is_the_same_with_little_memory() {
    let logs = Logs::new();
    logs.write_text("logs/a", &many_requests(4_000)).write_text("logs/b", &many_requests(2_000));
    let temporary = logs.path("temporary");
    std::fs::create_dir(&temporary).expect("a folder");
    for words in SPILLED {
        let ask = |memory: &str| {
            let mut command = command();
            let command = command.args(words.split(' ')).args(["--threads", "2", "--memory", memory]);
            ran(command.arg(logs.path("logs")).env("TMPDIR", &temporary)).done()
        };
        let (little, much) = (ask("1MB"), ask("1GB"));
        assert!(much.stdout.len() > 100_000, "{words}: {}", much.stdout.len());
        assert!(little.stdout == much.stdout, "{words}: less memory changes the answer");
        let note = format!("went to temporary files in `{}`: --memory is 1.0 MB", temporary.display());
        little.says(&note);
        assert!(!much.stderr.contains("temporary"), "{words}: {}", much.stderr);
    }
    assert!(temporary.read_dir().expect("a folder").next().is_none(), "a temporary file has stayed");
}

#[test]
fn every_group_is_counted_however_little_memory_there_is() {
    let log = many_requests(6_000);
    let mut counts = BTreeMap::new();
    for line in log.lines() {
        // The ninth word of a line, where the time is two.
        let key = line.split(' ').nth(8).expect("a key");
        *counts.entry(key.to_owned()).or_insert(0_u64) += 1;
    }
    for words in ["top --by key", "cost --by key", "cold --by key"] {
        let words = format!("{words} --limit 0 --memory 400kB --format ndjson -");
        let rows = piped(&words, log.clone()).done().says("temporary files").rows();
        let name = |row: &serde_json::Value| {
            row.get("key").or(row.get("object")).and_then(|key| key.as_str()).expect("a key").to_owned()
        };
        let found: BTreeMap<_, _> =
            rows.iter().map(|row| (name(row), row["requests"].as_u64().expect("a count"))).collect();
        assert_eq!(found.len(), rows.len(), "{words}");
        if words.starts_with("cold") {
            // Only what succeeded: two requests of five.
            assert_eq!(found.values().sum::<u64>(), 6_000 / 5 * 2);
            assert!(found.iter().all(|(key, count)| counts[key] >= *count));
        } else {
            assert_eq!(found, counts, "{words}");
        }
    }
}

/// Values of which memory holds some, and of which it holds all.
#[test]
fn different_values_are_counted_or_estimated_and_the_answer_says_which() {
    let logs = Logs::new();
    logs.write_text("logs/a", &many_requests(4_000)).write_text("logs/b", &many_requests(3_000));
    let words = ["top", "logs", "--by", "bucket", "--distinct", "key"];
    let ask = |memory: &str| logs.json(&[&words[..], &["--memory", memory]].concat());
    let count =
        |report: &serde_json::Value| report["tables"]["groups"][0]["distinct_key"].as_u64().expect("a count");
    let exact = ask("100MB");
    assert_eq!((count(&exact), exact.get("approximate")), (4_000, None));
    let estimated = ask("500kB");
    let note = estimated["approximate"][0]["note"].as_str().expect("a note");
    assert_eq!(
        note,
        "distinct: counts of more than 1024 values are about right, ±2 % (standard error 1.6 %)"
    );
    assert!(count(&estimated).abs_diff(4_000) < 4_000 / 100 * 7, "{estimated}");
    assert_eq!(count(&ask("600kB")), count(&estimated));
}

/// Records in an order of their own, some at the same second.
fn shuffled() -> Vec<Record> {
    let record = |number: u64| {
        let second = number * 7_919 % 3_000 / 2;
        let time = format!("06/Feb/2026:00:{:02}:{:02}", second / 60, second % 60);
        Record::of(&[])
            .at(&time)
            .with(RequestId, format!("{number:016}"))
            .with(Key, second)
            .with(BytesSent, number)
    };
    (0..6_000).map(record).collect()
}

#[test]
fn export_in_the_order_of_time() {
    let logs = Logs::of(&shuffled());
    // What a stable sort makes of the rows in the order of the input.
    let input = logs.same(&["export", "logs", "--columns", "time,request_id", "--format", "ndjson"]).rows();
    let text = |row: &serde_json::Value| row["request_id"].as_str().expect("an id").to_owned();
    let time = |row: &serde_json::Value| row["timestamp"].as_str().expect("a time").to_owned();
    for memory in ["200kB", "100MB"] {
        for (sort, limit) in [("timestamp", 0), ("timestamp", 7), ("-timestamp", 0), ("-timestamp", 2_000)] {
            let mut expected: Vec<_> = input.iter().collect();
            expected.sort_by_key(|row| time(row));
            if sort == "-timestamp" {
                expected.sort_by_key(|row| std::cmp::Reverse(time(row)));
            }
            let wanted = if limit == 0 { expected.len() } else { limit };
            let expected: Vec<_> = expected.into_iter().take(wanted).map(text).collect();
            let limit = limit.to_string();
            let words = ["export", "logs", "--sort", sort, "--limit", &limit, "--memory", memory];
            let found = logs.same(&[&words[..], &["--format", "ndjson"]].concat()).rows();
            assert_eq!(found.iter().map(text).collect::<Vec<_>>(), expected, "{words:?}");
            let csv = logs.text(&[&words[..], &["--format", "csv", "--columns", "request_id"]].concat());
            assert_eq!(csv.lines().skip(1).collect::<Vec<_>>(), expected, "{words:?}");
            let raw = logs.text(&[&words[..], &["--format", "raw"]].concat());
            assert!(raw.lines().zip(&expected).all(|(line, id)| line.contains(id.as_str())), "{words:?}");
            assert_eq!(raw.lines().count(), expected.len());
            let json = logs.json(&words);
            let rows = json["tables"]["records"].as_array().expect("rows");
            assert_eq!(
                (rows.iter().map(text).collect::<Vec<_>>(), &json["tally"]["matched"]),
                (expected, &6_000.into())
            );
        }
    }
}

#[test]
fn export_sorts_what_is_left_of_duplicates() {
    let log = shuffled();
    let twice: Vec<_> = log.iter().chain(&log).cloned().collect();
    let sorted = |log: &[Record], words: &[&str]| {
        Logs::of(log).same(&[&["export", "logs", "--format", "raw", "--sort", "timestamp"], words].concat())
    };
    let (once, left) = (sorted(&log, &[]), sorted(&twice, &["--dedupe"]));
    let lines = |text: &str| {
        let mut counts = BTreeMap::new();
        text.lines().for_each(|line| *counts.entry(line.to_owned()).or_insert(0) += 1);
        counts
    };
    assert_eq!(lines(once.text()), lines(left.text()));
    left.says("6,000 duplicates left out");
}

#[test]
fn what_cannot_be_sorted_by_is_said() {
    piped("export --sort key -", "").ended(2).says("by timestamp or -timestamp, not by \"key\"");
}

#[test]
fn a_full_disk_is_an_error_that_says_what_to_do() {
    let log = many_requests(3_000);
    for words in ["export --format table", "export --sort timestamp", "failed --limit 0"] {
        let mut command = command();
        command.args(words.split(' ')).args(["--memory", "100kB", "-q", "-"]).env("TMPDIR", "/nonexistent");
        let ran = assert_cmd::Command::from_std(command)
            .write_stdin(log.clone())
            .output()
            .expect("the program runs");
        crate::harness::Ran::from(ran)
            .ended(2)
            .says("cannot keep in `/nonexistent` what --memory does not hold")
            .says("TMPDIR");
    }
}

/// Of records in many files, some came twice; where more than one is cut, the worst file comes first.
#[test]
fn duplicates_and_files_with_damage_are_counted_however_little_memory_there_is() {
    let (logs, log) = (Logs::new(), many_requests(12_000));
    let lines: Vec<&str> = log.lines().collect();
    for (number, part) in lines.chunks(8).enumerate() {
        let cut = "cut\n".repeat(number % 3 + usize::from(number == 1_000));
        logs.write_text(
            &format!("logs/some-long-name-of-a-file-{number:05}"),
            &format!("{}\n{cut}", part.join("\n")),
        );
    }
    logs.write_text("logs/again", &(lines[..5_000].join("\n") + "\n"));
    let ask = |memory: &str| {
        let ran = logs.run(&["coverage", "logs", "--memory", memory, "--limit", "0", "--format", "json"]);
        ran.done()
    };
    let (little, much) = (ask("300kB"), ask("1GB"));
    assert_eq!(little.json()["tables"], much.json()["tables"]);
    let report = little.says("temporary files").json();
    let overview = &report["tables"]["overview"][0];
    assert_eq!((&overview["records"], &overview["duplicates"]), (&17_000.into(), &5_000.into()));
    let sources = report["tables"]["sources"].as_array().expect("rows");
    assert_eq!((sources.len(), &sources[0]["rejected"]), (1_000, &2.into()));
}
