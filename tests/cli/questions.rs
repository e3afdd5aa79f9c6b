//! The answers of docs/questions.md are right.
//!
//! That the page shows what the program prints is tested in pages.rs. Here the answers are worked out again from the lines
//! of the log, with one regular expression and plain loops and nothing of the library, so that page and program cannot be wrong
//! together.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use regex::Regex;

use crate::harness::root;
use crate::pages::printed;

/// A question that nobody checks is as good as one that is answered wrongly.
#[test]
fn every_question_is_checked() {
    let checks = include_str!("questions.rs");
    let questions = page();
    let questions = questions.lines().filter_map(|line| line.strip_prefix("## "));
    let unchecked = questions.filter(|question| !checks.contains(&format!("answers(\"{question}\")")));
    assert_eq!(unchecked.collect::<Vec<_>>(), [""; 0]);
}

/// A line of the log, as the one who made it up would read it. Times look like `2026-08-03T12:00:00`.
struct Line {
    bucket: String,
    time: String,
    ip: String,
    requester: String,
    id: String,
    operation: String,
    key: String,
    status: String,
    error: String,
    sent: u64,
    user_agent: String,
    signature: String,
    acl: String,
}

impl Line {
    fn day(&self) -> &str {
        &self.time[..10]
    }

    fn hour(&self) -> u32 {
        self.time[11..13].parse().expect("an hour")
    }

    fn failed(&self) -> bool {
        self.status.starts_with(['4', '5'])
    }

    fn within(&self, since: &str, until: &str) -> bool {
        self.time.as_str() >= since && self.time.as_str() < until
    }
}

/// What the expression takes from the left ends at the first quote after the URI, and what it takes from the right begins at the
/// last quote of the line: no user agent can move a field.
fn lines() -> Vec<Line> {
    let form = Regex::new(concat!(
        r#"^\S+ (?<bucket>\S+) \[(?<day>\d\d)/Aug/2026:(?<clock>[\d:]{8}) \+0000\] (?<ip>\S+) (?<requester>\S+) "#,
        r#"(?<id>\S+) (?<operation>\S+) (?<key>\S+) "[^"]*" (?<status>\S+) (?<error>\S+) (?<sent>\S+) "#,
        r#"\S+ \S+ \S+ "[^"]*" "(?<user_agent>.*)" \S+ \S+ (?<signature>\S+) \S+ \S+ \S+ \S+ \S+ (?<acl>\S+) \S+$"#,
    ))
    .expect("an expression");
    let read = |line| {
        let found = form.captures(line).unwrap_or_else(|| panic!("not understood: {line}"));
        let text = |name: &str| found[name].to_owned();
        Line {
            bucket: text("bucket"),
            time: format!("2026-08-{}T{}", &found["day"], &found["clock"]),
            ip: text("ip"),
            requester: text("requester"),
            id: text("id"),
            operation: text("operation"),
            key: text("key"),
            status: text("status"),
            error: text("error"),
            sent: if &found["sent"] == "-" { 0 } else { found["sent"].parse().expect("a number") },
            user_agent: text("user_agent"),
            signature: text("signature"),
            acl: text("acl"),
        }
    };
    let lines: Vec<_> = file("tests/fixtures/questions.log").lines().map(read).collect();
    assert_eq!(lines.len(), 250, "as the page says");
    lines
}

fn file(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect("a file of the project")
}

fn page() -> String {
    file("docs/questions.md")
}

/// The rows of the main table that a command of the page answers with, each a cell by the name of its column.
struct Answer(Vec<BTreeMap<String, String>>);

/// The answers to the commands below the heading. The page shows them as tables, which cut what does not fit; here they are CSV.
fn answers(question: &str) -> Vec<Answer> {
    let page = page();
    let section = page.split("\n## ").find(|section| section.lines().next() == Some(question));
    let section = section.unwrap_or_else(|| panic!("no question {question:?}"));
    let commands = section.lines().filter_map(|line| line.strip_prefix("$ s3al "));
    let answer = |command: &str| {
        let format = if command.contains("--format csv") { "" } else { "--format csv" };
        Answer(csv(&printed(&format!("s3al {command} {format}"), Path::new("tests/fixtures"), None)))
    };
    commands.map(answer).collect()
}

/// The only answer below the heading.
fn answer(mut answers: Vec<Answer>) -> Answer {
    assert_eq!(answers.len(), 1);
    answers.remove(0)
}

fn csv(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names = reader.headers().expect("names").clone();
    let row = |row: csv::StringRecord| {
        names.iter().zip(&row).map(|(name, cell)| (name.to_owned(), cell.to_owned())).collect()
    };
    reader.records().map(|record| row(record.expect("a row"))).collect()
}

impl Answer {
    /// Compares these columns (with ` | ` between them) of all rows. Times and what is not there are compared in one form.
    #[track_caller]
    fn is(&self, columns: &str, expected: &[impl AsRef<str>]) {
        let time = Regex::new(r"^(\d{4}-\d\d-\d\d)[ T]([\d:]{8})Z?$").expect("an expression");
        let same = |cell: &str| match cell {
            "" | "-" => "-".to_owned(),
            cell => time.replace(cell, "${1}T$2").into_owned(),
        };
        let cell = |row: &BTreeMap<String, String>, name: &str| {
            same(row.get(name).unwrap_or_else(|| panic!("no column {name}")))
        };
        let row = |row| columns.split(" | ").map(|name| cell(row, name)).collect::<Vec<_>>().join(" | ");
        let rows: Vec<_> = self.0.iter().map(row).collect();
        let expected =
            expected.iter().map(|row| row.as_ref().split(" | ").map(same).collect::<Vec<_>>().join(" | "));
        assert_eq!(rows, expected.collect::<Vec<_>>());
    }
}

/// Counts what these values have in common, most frequent first, then by the values. A row is the values, requests, failed ones,
/// and the times of the first and the last.
fn counted<'a>(
    lines: impl IntoIterator<Item = &'a Line>,
    values: impl Fn(&'a Line) -> Vec<&'a str>,
) -> Vec<String> {
    let mut groups: BTreeMap<Vec<&str>, Vec<&Line>> = BTreeMap::new();
    for line in lines {
        groups.entry(values(line)).or_default().push(line);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, lines)| Reverse(lines.len()));
    let row = |(values, lines): (Vec<&str>, Vec<&Line>)| {
        let failed = lines.iter().filter(|line| line.failed()).count();
        let first = lines.iter().map(|line| &line.time).min().expect("a line");
        let last = lines.iter().map(|line| &line.time).max().expect("a line");
        format!("{} | {} | {failed} | {first} | {last}", values.join(" | "), lines.len())
    };
    groups.into_iter().map(row).collect()
}

/// The columns that `counted` has after the values.
const COUNTED: &str = "requests | errors | first_seen | last_seen";

/// As it is written in the log.
const JULY: &str = "reports/july%2520summary.pdf";

#[test]
fn who_deleted_an_object() {
    let mut expected = Vec::new();
    for line in &lines() {
        if line.key == JULY && line.operation.contains("DELETE") {
            let event = if line.failed() { "delete denied" } else { "deleted" };
            let Line { time, requester, ip, status, id, .. } = line;
            expected.push(format!("{time} | {event} | {requester} | {ip} | {status} | {id}"));
        }
    }
    let answer = answer(answers("Who deleted an object, and when?"));
    answer.is("time | event | requester | remote_ip | http_status | request_id", &expected);
    answer.is(
        "time | event | requester",
        &[
            "2026-08-03T11:50:00 | delete denied | arn:aws:sts::444455556666:assumed-role/Partner/import",
            "2026-08-03T12:00:00 | deleted | arn:aws:iam::111122223333:user/ops/bob",
        ],
    );
}

#[test]
fn what_a_user_did() {
    let lines = lines();
    let bobs = lines.iter().filter(|line| line.requester.ends_with("/bob"));
    let expected = counted(bobs, |line| vec![&line.operation, &line.key, &line.status]);
    answer(answers("What did an IAM user do?"))
        .is(&format!("operation | key | http_status | {COUNTED}"), &expected);
}

#[test]
fn what_was_done_with_an_object() {
    let mut expected = Vec::new();
    for line in &lines() {
        if line.key == JULY && line.within("2026-08-03T08", "2026-08-03T12") {
            // None of these follow each other with the same reader.
            let event = match (line.operation.as_str(), line.status.as_str()) {
                ("REST.GET.OBJECT", "200") => "read",
                ("REST.GET.OBJECT", "403") => "read denied",
                ("REST.GET.OBJECT_TAGGING", "200") => "settings read",
                ("REST.PUT.ACL", "200") => "ACL changed",
                ("REST.DELETE.OBJECT", "403") => "delete denied",
                other => panic!("{other:?}"),
            };
            let Line { time, id, ip, status, requester, .. } = line;
            expected.push(format!("{time} | {event} | 1 | {requester} | {ip} | {status} | {id}"));
        }
    }
    assert_eq!(expected.len(), 6);
    answer(answers("What was done with an object in a window of time?"))
        .is("time | event | count | requester | remote_ip | http_status | request_id", &expected);
}

#[test]
fn how_much_was_sent_to_an_address() {
    let (mut requests, mut failed, mut sent) = (0, 0, 0);
    for line in &lines() {
        if line.ip == "198.51.100.7" && line.day() == "2026-08-04" && line.hour() == 9 {
            requests += 1;
            failed += u64::from(line.failed());
            sent += line.sent;
        }
    }
    assert_eq!(sent, 5_120 + 91_000 + 290);
    answer(answers("How much data was sent to an address in a window?")).is(
        "remote_ip | requests | errors | bytes_sent",
        &[format!("198.51.100.7 | {requests} | {failed} | {sent}")],
    );
}

#[test]
fn who_signs_with_version_2() {
    let lines = lines();
    let old = lines.iter().filter(|line| line.signature == "SigV2");
    let expected = counted(old, |line| vec![&line.requester, &line.user_agent]);
    let answer = answer(answers("Who still signs with Signature Version 2?"));
    // An identity is a role without its session, a client is without the rest of its version.
    let expected: Vec<_> = expected
        .iter()
        .map(|row| {
            row.replace("/host-1 ", " ")
                .replace("s3cmd/1.6.1", "s3cmd/1")
                .replace("S3Browser/7.6", "S3Browser/7")
        })
        .map(|row| row.replace(" | 2 | 0 | ", " | 2 | ").replace(" | 2 | 1 | ", " | 2 | "))
        .collect();
    answer.is("identity | client | requests | first_seen | last_seen", &expected);
}

#[test]
fn what_was_written_read_and_anonymous() {
    let lines = lines();
    let window = || lines.iter().filter(|line| line.within("2026-08-03T08:00", "2026-08-03T12:30"));

    let puts = window().filter(|line| line.operation == "REST.PUT.OBJECT");
    answer(answers("Which requests wrote objects in a window?")).is(
        &format!("key | requester | http_status | {COUNTED}"),
        &counted(puts, |line| vec![&line.key, &line.requester, &line.status]),
    );

    let gets = window().filter(|line| line.operation == "REST.GET.OBJECT");
    answer(answers("Which requests read objects in a window?")).is(
        &format!("key | requester | http_status | {COUNTED}"),
        &counted(gets, |line| vec![&line.key, &line.requester, &line.status]),
    );

    let anonymous = window().filter(|line| line.requester == "-");
    let expected = counted(anonymous, |line| vec![&line.operation, &line.key, &line.ip, &line.status]);
    answer(answers("Which requests came without credentials in a window?"))
        .is(&format!("operation | key | remote_ip | http_status | {COUNTED}"), &expected);
}

#[test]
fn what_needed_an_acl() {
    let mut expected = Vec::new();
    for line in &lines() {
        if line.acl == "Yes" {
            let Line { operation, time, id, bucket, key, .. } = line;
            expected.push(format!("{operation} | 1 | {time} | {id} | {bucket} | {key}"));
        }
    }
    // The newest first.
    expected.sort();
    answer(answers("Which requests needed an ACL?"))
        .is("detail | requests | last_seen | request_id | bucket | key", &expected);
}

#[test]
fn how_many_each_day() {
    let lines = lines();
    let mut expected = Vec::new();
    for day in ["2026-08-01", "2026-08-02", "2026-08-03", "2026-08-04", "2026-08-05"] {
        let of_day = || lines.iter().filter(|line| line.day() == day);
        let failed = of_day().filter(|line| line.failed()).count();
        expected.push(format!("{day}T00:00:00 | {} | {failed}", of_day().count()));
    }
    answer(answers("How many requests were there each day?")).is("time | requests | errors", &expected);
}

#[test]
fn what_is_most_frequent() {
    let lines = lines();
    let objects = counted(lines.iter().filter(|line| line.key != "-"), |line| vec![&line.bucket, &line.key]);
    answer(answers("Which objects are asked for most?"))
        .is(&format!("bucket | key | {COUNTED}"), &objects[..3]);

    let addresses = counted(&lines, |line| vec![&line.ip]);
    answer(answers("Which addresses send the most requests?"))
        .is(&format!("remote_ip | {COUNTED}"), &addresses[..3]);

    let errors =
        counted(lines.iter().filter(|line| line.error != "-"), |line| vec![&line.status, &line.error]);
    answer(answers("Which errors are the most frequent?"))
        .is(&format!("http_status | error_code | {COUNTED}"), &errors);
}

#[test]
fn largest_downloads() {
    let lines = lines();
    let mut large: Vec<_> = lines
        .iter()
        .filter(|line| line.operation == "REST.GET.OBJECT" && !line.failed() && line.sent >= 50_000_000)
        .collect();
    large.sort_by_key(|line| Reverse(line.sent));
    let row = |line: &&Line| format!("{} | {} | {} | {}", line.time, line.bucket, line.key, line.sent);
    let expected: Vec<_> = large.iter().map(row).collect();
    assert_eq!(expected.len(), 4);
    answer(answers("Which were the largest downloads?"))
        .is("timestamp | bucket | key | bytes_sent", &expected);
}

#[test]
fn who_came_from_outside() {
    let lines = lines();
    let outside =
        |line: &&Line| line.requester.starts_with("arn:") && !line.requester.contains(":111122223333:");
    let expected =
        counted(lines.iter().filter(outside), |line| vec![&line.requester, &line.bucket, &line.status]);
    answer(answers("Who came from outside an account?"))
        .is(&format!("requester | bucket | http_status | {COUNTED}"), &expected);
}

#[test]
fn which_uploads_failed() {
    let uploads = ["REST.PUT.OBJECT", "REST.PUT.PART", "REST.POST.UPLOAD"];
    let mut expected = Vec::new();
    for line in &lines() {
        if uploads.contains(&line.operation.as_str()) && line.failed() {
            let Line { time, bucket, status, error, operation, key, requester, ip, id, .. } = line;
            let row = [time, bucket, status, error, operation, key, requester, ip, id].map(String::as_str);
            expected.push(row.join(" | "));
        }
    }
    expected.sort();
    expected.reverse();
    assert_eq!(expected.len(), 4);
    answer(answers("Which uploads failed?")).is(
        "timestamp | bucket | http_status | error_code | operation | key | requester | remote_ip | request_id",
        &expected,
    );
}

#[test]
fn what_was_anonymous() {
    let lines = lines();
    let anonymous = lines.iter().filter(|line| line.requester == "-");
    let expected = counted(anonymous, |line| vec![&line.bucket, &line.operation, &line.status]);
    answer(answers("Which requests came without credentials?"))
        .is(&format!("bucket | operation | http_status | {COUNTED}"), &expected);
}

/// The number of requests in a row of `counted`.
fn requests(row: &str, values: usize) -> usize {
    row.split(" | ").nth(values).and_then(|cell| cell.parse().ok()).expect("a number")
}

#[test]
fn more_than_100_in_a_minute() {
    let lines = lines();
    let groups = counted(&lines, |line| vec![&line.time[..16], &line.ip, &line.bucket]);
    // One address has 100 in a minute and one more in the next, which is not more than 100.
    assert!(
        groups
            .iter()
            .any(|row| row.starts_with("2026-08-05T02:10 | 198.51.100.66 | example-backups | 100 | "))
    );
    let busy: Vec<_> = groups.iter().filter(|row| requests(row, 3) > 100).collect();
    let expected: Vec<_> = busy.iter().map(|row| row.replacen(" | ", ":00 | ", 1)).collect();
    answer(answers("Which address sent more than 100 requests in a minute to a bucket?"))
        .is(&format!("time | remote_ip | bucket | {COUNTED}"), &expected);
}

#[test]
fn more_than_50_failures() {
    let lines = lines();
    let failures = counted(lines.iter().filter(|line| line.failed()), |line| vec![&line.ip, &line.bucket]);
    // Another address has 50, which is not more than 50.
    assert!(failures.iter().any(|row| row.starts_with("203.0.113.50 | example-photos | 50 | ")));
    let many: Vec<_> = failures.iter().filter(|row| requests(row, 2) > 50).collect();
    let expected: Vec<_> =
        many.iter().map(|row| row.split(" | ").take(3).collect::<Vec<_>>().join(" | ")).collect();
    answer(answers("Which address failed more than 50 times on a bucket?"))
        .is("remote_ip | bucket | errors", &expected);
}

#[test]
fn outside_working_hours() {
    let lines = lines();
    let late = |line: &&Line| line.hour() >= 20 || line.hour() < 6;
    // The first of August 2026 is a Saturday, as any calendar says.
    let weekend = |line: &&Line| ["2026-08-01", "2026-08-02"].contains(&line.day());
    let [nights, weekends] =
        answers("What happened outside working hours?").try_into().ok().expect("two answers");
    let columns = format!("requester | bucket | {COUNTED}");
    nights.is(&columns, &counted(lines.iter().filter(late), |line| vec![&line.requester, &line.bucket]));
    let days = lines.iter().filter(|line| weekend(line) && !late(line));
    weekends.is(&columns, &counted(days, |line| vec![&line.requester, &line.bucket]));
}

#[test]
fn what_lifecycle_rules_did() {
    let lines = lines();
    let mut expected = Vec::new();
    for day in ["2026-08-01", "2026-08-02", "2026-08-03"] {
        for operation in ["S3.CREATE.DELETEMARKER", "S3.EXPIRE.OBJECT"] {
            let count = lines.iter().filter(|line| line.day() == day && line.operation == operation).count();
            expected.push(format!("{day}T00:00:00 | {operation} | {count}"));
        }
    }
    assert_eq!(lines.iter().filter(|line| line.operation.starts_with("S3.")).count(), 2);
    answer(answers("What did lifecycle rules do?")).is("time | value | requests", &expected);
}
