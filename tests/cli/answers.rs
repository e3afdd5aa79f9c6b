//! What every command answers on the shipped sample, in every format.

use crate::harness::{HARD, SAMPLE, s3al};

fn in_all_formats(command: &str, formats: &[&str]) -> String {
    let mut all = String::new();
    for format in formats {
        let ran = s3al(&format!("{command} {SAMPLE} --format {format}")).done();
        assert!(ran.stderr.starts_with("6 files, 309 records (217.8 kB) in "), "{}", ran.stderr);
        all += &format!("--- {format}\n{}\n", ran.text());
    }
    all
}

const ROWS: [&str; 6] = ["table", "json", "ndjson", "csv", "tsv", "markdown"];
const RECORDS: [&str; 7] = ["table", "json", "ndjson", "csv", "tsv", "markdown", "raw"];

#[test]
fn failed() {
    insta::assert_snapshot!(in_all_formats("failed --limit 3", &RECORDS));
}

#[test]
fn top_requesters() {
    insta::assert_snapshot!(in_all_formats("top-requesters --limit 3", &ROWS));
    assert_eq!(s3al(&format!("top {SAMPLE}")).stdout, s3al(&format!("top-requesters {SAMPLE}")).stdout);
}

#[test]
fn top_by_anything() {
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
        let ran = s3al(&format!("top {SAMPLE} {HARD} --limit 4 --format csv --by {by}")).done();
        format!("--- {by}\n{}", ran.text())
    });
    insta::assert_snapshot!(answers.join("\n"));
}

#[test]
fn large_downloads() {
    insta::assert_snapshot!(in_all_formats("large-downloads --limit 3", &RECORDS));
}

#[test]
fn large_downloads_with_joined_ranges() {
    insta::assert_snapshot!(in_all_formats("large-downloads --join-ranges --limit 3", &ROWS));
}

#[test]
fn summary() {
    insta::assert_snapshot!(in_all_formats("summary --limit 3", &ROWS));
}

#[test]
fn export() {
    let all = RECORDS.map(|format| {
        let ran = s3al(&format!("export {SAMPLE} {HARD} --format {format} --status 5xx --limit 2")).done();
        format!("--- {format}\n{}\n", ran.text())
    });
    insta::assert_snapshot!(all.concat());
}

#[test]
fn times_in_another_zone() {
    let ran = s3al(&format!("export {SAMPLE} --limit 1 --format csv --tz +05:30")).done();
    assert!(ran.text().contains(",2026-08-01T05:30:00+05:30,"), "{}", ran.text());
    let ran = s3al(&format!("top {SAMPLE} --limit 1 --tz Europe/Berlin")).done();
    assert!(ran.text().contains("first_seen (Europe/Berlin)"), "{}", ran.text());
}

#[test]
fn help_is_there_for_every_command() {
    for command in ["", "failed", "top", "top-requesters", "large-downloads", "summary", "export"] {
        assert!(s3al(&format!("{command} --help")).done().text().contains("Usage: s3al"));
        assert!(s3al(&format!("{command} -h")).done().text().contains("Usage: s3al"));
    }
    assert!(s3al("--version").done().text().starts_with("s3al 0."));
}
