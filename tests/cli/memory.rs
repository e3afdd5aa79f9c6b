//! `--memory`: what does not fit is approximated within an error that is stated, or refused where that would be wrong.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::harness::{piped, s3al};

/// Reads of 40,000 objects once each, and of 5 others often; and how often each.
fn log() -> (String, HashMap<String, u64>) {
    let (mut log, mut counts) = (String::new(), HashMap::new());
    for number in 0..40_000 {
        let mut keys = vec![format!("once/{number}")];
        keys.extend((1..=5).filter(|often| number % (often * 10) == 0).map(|often| format!("often/{often}")));
        for key in keys {
            let time = format!("{:02}:{:02}:{:02}", number / 3600, number / 60 % 60, number % 60);
            writeln!(
                log,
                "o b [06/Feb/2026:{time} +0000] 192.0.2.3 - {number:016} REST.GET.OBJECT {key} \"GET /{key} HTTP/1.1\" \
                 200 - 100 100 7 6 \"-\" \"a\" -"
            )
            .expect("memory");
            *counts.entry(key).or_insert(0) += 1;
        }
    }
    (log, counts)
}

#[test]
fn a_table_of_keys_says_how_far_from_the_truth_it_is() {
    let (log, truth) = log();
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
    let (log, _) = log();
    for words in [
        "history --key ** -",
        "cold --by key -",
        "cost --by key -",
        "coverage -",
        "large-downloads --join-ranges --min-size 0 -",
    ] {
        piped(&format!("{words} --memory 400kB -q"), log.clone())
            .ended(2)
            .says("the answer takes more than 400.0 kB of memory");
        let ran = piped(&format!("{words} --memory 400MB -q --format csv"), log.clone()).done();
        assert!(ran.text().lines().count() > 1, "{words}");
    }
    // It is the table that counts, not the log.
    s3al("cold --memory 400kB -q tests/fixtures/questions.log").done();
}
