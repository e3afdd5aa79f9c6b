//! Every filter, with the answer counted by a reader that shares nothing with the program.

use std::net::IpAddr;
use std::sync::OnceLock;

use serde_json::Value;

use crate::harness::{EVEN, HARD, SAMPLE, has, run};
use crate::independent;

/// Every shipped record, read another way; nothing where that other way is not there.
fn records() -> &'static [Value] {
    static RECORDS: OnceLock<Vec<Value>> = OnceLock::new();
    RECORDS.get_or_init(|| if has("python3") { independent::records() } else { Vec::new() })
}

/// Exports with the filter, and compares with the records that the test says.
#[track_caller]
fn check(filter: &[&str], is_meant: impl Fn(&Value) -> bool) {
    if records().is_empty() {
        return;
    }
    let ran = run(&[&["export", EVEN, SAMPLE, HARD, "--format", "ndjson"], filter].concat()).done();
    let name = |row: &Value| format!("{} {} {}", row["request_id"], row["operation"], row["key"]);
    let found: Vec<String> = ran.rows().iter().map(name).collect();
    let meant: Vec<String> = records().iter().filter(|row| is_meant(row)).map(name).collect();
    assert!(!meant.is_empty(), "{filter:?} is to find something");
    assert_ne!(meant.len(), records().len(), "{filter:?} is to leave something out");
    assert_eq!(found, meant, "{filter:?}");
    if meant.len() < records().len() {
        let tally = ran.stderr.replace(',', "");
        assert!(tally.contains(&format!("; {} matched", meant.len())), "{}", ran.stderr);
    }
}

fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().unwrap_or_default()
}

fn status(row: &Value) -> u64 {
    row["http_status"].as_u64().unwrap_or_default()
}

fn bytes(row: &Value) -> u64 {
    row["bytes_sent"].as_u64().unwrap_or_default()
}

#[test]
fn since_and_until() {
    check(&["--since", "2026-08-02"], |row| text(row, "timestamp") >= "2026-08-02");
    check(&["--until", "2026-08-02T12:00"], |row| text(row, "timestamp") < "2026-08-02T12:00");
    check(&["--since", "2026-08-02T02:00:00+02:00", "--until", "2026-08-03"], |row| {
        ("2026-08-02".."2026-08-03").contains(&text(row, "timestamp"))
    });
    // Times ago: all of them lie before what comes a thousand years from now.
    check(&["--until", "1d", "--since", "9000d"], |row| {
        let now = chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now());
        let ago = |days| (now - chrono::Duration::days(days)).format("%Y-%m-%dT%H:%M:%SZ").to_string();
        (ago(9000).as_str()..ago(1).as_str()).contains(&text(row, "timestamp"))
    });
}

#[test]
fn hours_and_weekdays() {
    let hour = |row: &Value| text(row, "timestamp")[11..13].parse::<u32>().expect("an hour");
    check(&["--hours", "9-17"], |row| (9..17).contains(&hour(row)));
    check(&["--hours", "20-6,12"], |row| hour(row) >= 20 || hour(row) < 6 || hour(row) == 12);
    check(&["--hours", "!0-12"], |row| hour(row) >= 12);
    check(&["--hours", "2-3", "--tz", "+02:00"], |row| hour(row) == 0);
    // The first of August 2026 is a Saturday.
    check(&["--weekdays", "sun", "--since", "2026-08-01"], |row| {
        text(row, "timestamp").starts_with("2026-08-02")
    });
}

#[test]
fn source_bucket() {
    check(&["--source-bucket", "media.example.com"], |row| row["bucket"] == "media.example.com");
    check(&["--source-bucket", "amzn-s3-demo-*"], |row| text(row, "bucket").starts_with("amzn-s3-demo-"));
    check(&["--source-bucket", "!amzn-s3-demo-cn,!media.example.com"], |row| {
        row["bucket"] != "amzn-s3-demo-cn" && row["bucket"] != "media.example.com"
    });
}

#[test]
fn requester() {
    let carol = "arn:aws:iam::111122223333:user/analytics/carol";
    check(&["--requester", carol], |row| row["requester"] == carol);
    check(&["--requester", "*:assumed-role/EtlRunner/*"], |row| {
        text(row, "requester").contains(":assumed-role/EtlRunner/")
    });
    check(&["--requester", "carol", "--requester", "AmazonS3"], |row| {
        text(row, "requester").ends_with("/carol") || row["requester"] == "AmazonS3"
    });
    check(&["--requester", "111122223333"], |row| text(row, "requester").contains("::111122223333:"));
}

#[test]
fn anonymous() {
    let is_anonymous = |row: &Value| row["requester"].is_null() || row["requester"] == "Anonymous";
    check(&["--anonymous"], is_anonymous);
    check(&["--requester", "anonymous"], is_anonymous);
    check(&["--requester", "!anonymous"], |row| !is_anonymous(row));
}

#[test]
fn ip() {
    let address = |row: &Value| text(row, "remote_ip").parse::<IpAddr>().ok();
    check(&["--ip", "10.0.12.7"], |row| row["remote_ip"] == "10.0.12.7");
    check(&["--ip", "10.0.0.0/8,2001:db8::/32"], |row| match address(row) {
        Some(IpAddr::V4(ip)) => ip.octets()[0] == 10,
        Some(IpAddr::V6(ip)) => ip.segments()[..2] == [0x2001, 0xdb8],
        None => false,
    });
    check(
        &["--ip", "!10.0.0.0/8"],
        |row| !matches!(address(row), Some(IpAddr::V4(ip)) if ip.octets()[0] == 10),
    );
    check(&["--ip", "-"], |row| row["remote_ip"].is_null());
}

#[test]
fn operation() {
    check(&["--operation", "rest.put.object"], |row| row["operation"] == "REST.PUT.OBJECT");
    check(&["--operation", "S3.*,BATCH.*"], |row| {
        text(row, "operation").starts_with("S3.") || text(row, "operation").starts_with("BATCH.")
    });
    check(&["--operation", "!REST.*"], |row| !text(row, "operation").starts_with("REST."));
}

#[test]
fn key() {
    check(&["--key", "images/*"], |row| text(row, "key").starts_with("images/"));
    // Encoded twice in the log.
    check(&["--key", "video/keynote final.mp4"], |row| row["key"] == "video/keynote%2520final.mp4");
    check(&["--key", "video/keynote%2520final.mp4"], |row| row["key"] == "video/keynote%2520final.mp4");
    check(&["--key", "!*/*"], |row| !text(row, "key").contains('/'));
}

#[test]
fn status_and_error() {
    check(&["--status", "403"], |row| status(row) == 403);
    check(&["--status", "4xx,500-502"], |row| (400..=502).contains(&status(row)));
    check(&["--status", "!2xx"], |row| !(200..300).contains(&status(row)));
    check(&["--status", "-"], |row| row["http_status"].is_null());
    check(&["--error", "AccessDenied"], |row| row["error_code"] == "AccessDenied");
    check(&["--error", "nosuch*", "--error", "SlowDown"], |row| {
        text(row, "error_code").starts_with("NoSuch") || row["error_code"] == "SlowDown"
    });
    check(&["--error", "*"], |row| !row["error_code"].is_null());
}

#[test]
fn user_agent() {
    check(&["--user-agent", "aws-cli/*"], |row| {
        text(row, "user_agent").to_ascii_lowercase().starts_with("aws-cli/")
    });
    check(&["--user-agent", "!*java*"], |row| !text(row, "user_agent").to_ascii_lowercase().contains("java"));
    check(&["--user-agent", "-"], |row| row["user_agent"].is_null());
}

#[test]
fn size() {
    check(&["--min-bytes", "1MB"], |row| bytes(row) >= 1_000_000);
    check(&["--min-bytes", "1KiB", "--max-bytes", "15000"], |row| (1024..=15_000).contains(&bytes(row)));
    check(&["--max-bytes", "0"], |row| bytes(row) == 0);
}

#[test]
fn all_filters_have_to_pass() {
    check(&["--status", "4xx", "--anonymous", "--since", "2026-08-01"], |row| {
        (400..500).contains(&status(row))
            && row["requester"].is_null()
            && text(row, "timestamp") >= "2026-08-01"
    });
}

#[test]
fn commands_count_what_passes() {
    if records().is_empty() {
        return;
    }
    let is_meant = |row: &&Value| text(row, "key").starts_with("images/");
    let filter = ["--key", "images/*", "--format", "json", "--limit", "0", EVEN, SAMPLE, HARD];
    let count = |name: &str, table: &str| {
        let ran = run(&[&[name], &filter[..]].concat()).done().json();
        ran["tables"][table].as_array().expect("rows").len()
    };
    let failed = records().iter().filter(is_meant).filter(|row| status(row) >= 400).count();
    assert_eq!(count("failed", "requests"), failed);
    let mut requesters: Vec<_> =
        records().iter().filter(is_meant).map(|row| text(row, "requester")).collect();
    requesters.sort_unstable();
    requesters.dedup();
    assert_eq!(count("top", "requesters"), requesters.len());
}

#[test]
fn what_left_nothing_is_said() {
    let table: &[(&[&str], &str)] = &[
        (&["--user-agent", "curl"], "passed --user-agent curl; the nearest is curl/"),
        (&["--user-agent", "curl"], "the whole text has to match, so try 'curl*'"),
        (&["--key", "images/"], "so try 'images/*'"),
        (&["--requester", "carool"], "the nearest is arn:aws:iam::111122223333:user/analytics/carol"),
        (&["--error", "AccesDenied"], "passed --error AccesDenied; the nearest is AccessDenied"),
        (&["--source-bucket", "media"], "the nearest is media.example.com"),
        (&["--status", "599"], "passed --status 599; their statuses: 200, "),
        (&["--since", "2100-01-01"], "passed --since 2100-01-01; they are from 20"),
        (&["--min-bytes", "100PB"], "they sent from 0 to "),
        (
            &["--hours", "3", "--weekdays", "mon", "--since", "2100-01-01"],
            "passed --since 2100-01-01; they are from ",
        ),
    ];
    for (filter, said) in table {
        let ran = run(&[&["export", EVEN], *filter].concat()).done().says(said);
        assert!(ran.stderr.starts_with("note: none of ") && ran.stdout.is_empty(), "{}", ran.stderr);
        let quiet = run(&[&["export", EVEN, "-q"], *filter].concat()).done();
        assert_eq!(quiet.stderr, "");
        let one = run(&[&["export", EVEN, "--threads", "1"], *filter].concat()).done();
        assert_eq!(note(&one.stderr), note(&ran.stderr), "whatever the threads");
    }
    let ran = run(&["top", EVEN, "--status", "403", "--key", "nothing*"]).done();
    let of_403 = run(&["export", EVEN, "--status", "403"]).done().rows().len();
    ran.says(&format!(
        "passed all filters: {of_403} records passed --status 403, and none of those --key nothing*"
    ));
    let ran = run(&["top", EVEN, "--key", "*"]).done();
    assert!(!ran.stderr.contains("note:"), "{}", ran.stderr);
}

fn note(stderr: &str) -> &str {
    stderr.lines().next().unwrap_or_default()
}

#[test]
fn a_filter_that_contradicts_the_command_is_named() {
    run(&["failed", EVEN, "--status", "200"]).done().says("note: --status 200 leaves no failed requests");
    let ran = run(&["failed", EVEN, "--status", "4xx"]).done();
    assert!(!ran.stderr.contains("note:"), "{}", ran.stderr);
    run(&["large-downloads", EVEN, "--status", "404"]).done().says("note: --status 404 leaves no downloads");
}
