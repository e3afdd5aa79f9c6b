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
        "passed all filters: {of_403} records passed --status 403, and none of those --key 'nothing*'"
    ));
    let ran = run(&["top", EVEN, "--key", "*"]).done();
    assert!(!ran.stderr.contains("note:"), "{}", ran.stderr);
}

/// Options as a shell takes them.
fn typed(filter: &[&str]) -> String {
    filter.iter().map(|word| shlex::try_quote(word).unwrap()).collect::<Vec<_>>().join(" ")
}

fn note(stderr: &str) -> &str {
    stderr.lines().next().unwrap_or_default()
}

#[test]
fn a_filter_that_contradicts_the_command_is_named() {
    let matched = |filter: &[&str]| run(&[&["export", EVEN, "-q"], filter].concat()).done().rows().len();
    let table: &[(&[&str], &[&str], &str)] = &[
        (&["failed"], &["--status", "200"], "none of them failed"),
        (&["failed"], &["--where", "http_status=200"], "none of them failed"),
        (&["failed"], &["--where", "status_class=2xx"], "none of them failed"),
        (&["failed"], &["--status", "!4xx,!5xx"], "none of them failed"),
        (&["failed"], &["--error", "-"], "none of them failed"),
        (&["failed", "--causes"], &["--status", "200"], "none of them failed"),
        (&["failed", "--table", "by_error"], &["--status", "200"], "none of them failed"),
        (&["large-downloads"], &["--status", "404"], "none of them is an object that was sent"),
        (&["large-downloads"], &["--operation", "PutObject"], "none of them is an object that was sent"),
        (&["large-downloads", "--join-ranges"], &["--operation", "DELETE"], "none of them is an object"),
        (&["audit", "--check", "old_tls"], &["--tls-version", "1.3"], "none of them is a finding of old_tls"),
        (&["cold"], &["--where", "key=-"], "none of them is a successful request for an object"),
    ];
    for (command, filter, said) in table {
        let count = matched(filter);
        assert!(count > 0, "{filter:?}");
        let words = [*command, &[EVEN, "--format", "csv"], *filter].concat();
        let ran = run(&words).done();
        let records = if count == 1 { "record" } else { "records" };
        let count = count.to_string();
        let note = ran
            .stderr
            .lines()
            .find(|line| line.starts_with("note: ") && line.contains(", but "))
            .unwrap_or_default();
        let expected = format!(" {records} passed {}, but {said}", typed(filter));
        assert!(
            note.replace(',', "").contains(&count) && note.contains(&expected),
            "{words:?}: {}",
            ran.stderr
        );
        assert_eq!(run(&[&words[..], &["-q"]].concat()).done().stderr, "");
    }
    for filter in [&["--status", "4xx"][..], &["--status", "403", "--limit", "1"]] {
        let ran = run(&[&["failed", EVEN], filter].concat()).done();
        assert!(!ran.stderr.contains("note:"), "{}", ran.stderr);
    }
}

#[test]
fn what_no_row_reaches_is_named_with_the_most_there_is() {
    let rows = run(&["top", EVEN, "-q", "--format", "ndjson", "--limit", "0"]).done().rows();
    let of = |name: &'static str| rows.iter().filter_map(move |row| row[name].as_u64());
    let (most, least) = (of("requests").max().unwrap(), of("requests").min().unwrap());
    let errors = of("errors").max().unwrap();
    let records: u64 = of("requests").sum();
    let having = |having: &[&str]| {
        let options: Vec<&str> = having.iter().flat_map(|one| ["--having", *one]).collect();
        run(&[&["top", EVEN], &options[..]].concat()).done()
    };
    having(&["requests>100000"])
        .says(&format!("were read, but no row passes requests>100000 (the most is {most})"));
    having(&["requests<1"]).says(&format!("no row passes requests<1 (the least is {least})"));
    having(&["requests=100000"]).says("no row passes requests=100000\n");
    having(&["requests>=1", "errors>100000"]).says(&format!(
        "no row passes requests>=1 (the most is {most}) and errors>100000 (the most is {errors})"
    ));
    let ran =
        having(&["share>=99%"]).says(&format!("(the most is {:.1} %)", most as f64 / records as f64 * 100.0));
    assert!(ran.text().contains("none"));

    let largest = run(&["export", EVEN, "-q", "--operation", "GetObject", "--status", "2xx"]).done();
    let largest = largest.rows().iter().filter_map(|row| row["bytes_sent"].as_u64()).max().unwrap();
    let said = run(&["large-downloads", EVEN, "--min-size", "10TB"]).done().stderr;
    let (_, number) =
        said.split_once("no download sent 10TB (--min-size): the largest sent ").expect("a note");
    let number = number.lines().next().unwrap_or_default();
    let [value, unit] = number.split(' ').collect::<Vec<_>>()[..] else { panic!("{number}") };
    let scale = ["B", "kB", "MB", "GB"].iter().position(|name| *name == unit).unwrap();
    let exact = largest as f64 / 1000_f64.powi(scale as i32);
    assert!((value.parse::<f64>().unwrap() - exact).abs() <= 0.05, "{number} {largest}");
    run(&["large-downloads", EVEN, "--max-bytes", "1KB"])
        .done()
        .says("passed --max-bytes 1KB, but no download sent 50MB");
    run(&["large-downloads", EVEN, "--min-size", "10TB", "--join-ranges"]).done().says("the largest sent ");
}

/// What was written or deleted was never read only if reads were looked at.
#[test]
fn cold_says_that_a_filter_took_the_reads_away() {
    for filter in [&["--operation", "DELETE"][..], &["--status", "204"], &["--where", "method=DELETE"]] {
        let ran = run(&[&["cold", EVEN], filter].concat()).done();
        ran.says(&format!("note: only requests that passed {} are looked at", typed(filter)));
    }
    for filter in [&["--key", "*"][..], &["--since", "2000-01-01"], &["--where", "extension=*"]] {
        let ran = run(&[&["cold", EVEN], filter].concat()).done();
        assert!(!ran.stderr.contains("note:"), "{}", ran.stderr);
    }
}

#[test]
fn options_in_notes_can_be_pasted() {
    let table: &[(&[&str], &str)] = &[
        (&["--key", "no such*"], "passed --key 'no such*'"),
        (&["--min-bytes", "10TB"], "passed --min-bytes 10TB;"),
        (&["--min-bytes", "1GiB", "--max-bytes", "1536MiB"], "passed --min-bytes 1GiB --max-bytes 1536MiB;"),
        (&["--until", "30 years ago"], "passed --until '30 years ago';"),
        (&["--where", "key=no such"], "passed --where 'key=no such'"),
    ];
    for (filter, said) in table {
        run(&[&["top", EVEN], *filter].concat()).done().says(said);
    }
}

#[test]
fn patterns_of_api_names_find_what_the_iam_actions_of_those_names_find() {
    let rows = |operation: &str| {
        run(&["export", EVEN, "-q", "--format", "csv", "--columns", "operation", "--operation", operation])
            .done()
            .stdout
    };
    assert_eq!(
        rows("PutObject*"),
        rows("PutObject,PutObjectTagging,PutObjectAcl,PutObjectLegalHold,PutObjectRetention")
    );
    assert_eq!(rows("getobject*").split(|byte| *byte == b'\n').count(), {
        let all = run(&["export", EVEN, "-q"]).done().rows();
        let is_get = |operation: &str| {
            let after_get = operation.split_once(".GET.").map_or("", |(_, after)| after);
            after_get.starts_with("OBJECT") || operation.starts_with("SOAP.GetObject")
        };
        // A heading, and what follows the last line feed.
        all.iter().filter(|row| row["operation"].as_str().is_some_and(is_get)).count() + 2
    });
    run(&["top", EVEN, "--tls-version", "1.5"]).done().says("passed --tls-version 1.5; their tls_version: ");
}

#[test]
fn the_short_form_of_a_requester_is_one_that_can_be_typed() {
    let found = |requester: &str| {
        run(&["export", EVEN, "-q", "--format", "csv", "--requester", requester]).done().stdout
    };
    let rows = run(&["export", EVEN, "-q"]).done().rows();
    let arn =
        |row: &Value| row["requester"].as_str().filter(|text| text.contains(":user/")).map(str::to_owned);
    let arn = rows.iter().find_map(arn).expect("a user");
    let (account, name) = (arn.split(':').nth(4).unwrap(), arn.rsplit('/').next().unwrap());
    assert_eq!(found(&format!("{name} @{}", &account[8..])), found(&arn));
}
