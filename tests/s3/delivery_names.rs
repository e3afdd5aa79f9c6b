//! Windows over objects of every delivery: what a window needs is downloaded, whatever kind of name it has, and what no event of
//! it can be in is not.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::harness::{gzip, s3al};
use crate::program::Program;
use crate::server::Server;

const DAYS: i64 = 8;
const EVERY_HOURS: i64 = 6;

fn time(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

/// How names of deliveries are built: the object with the events from a time on, and its number. The last ones tell no time.
const KINDS: [(&str, fn(DateTime<Utc>, usize) -> String); 9] = [
    ("firehose", |at, number| {
        at.format(&format!("fh/%Y/%m/%d/%H/my-stream-1-%Y-%m-%d-%H-%M-%S-{}.gz", uuid(number))).to_string()
    }),
    ("firehose in the zone of Tokyo", |at, number| {
        let at = at + TimeDelta::hours(9);
        at.format(&format!("tokyo/%Y/%m/%d/%H/s-2-%Y-%m-%d-%H-%M-%S-{}", uuid(number))).to_string()
    }),
    ("vended", |at, number| {
        let at = at + TimeDelta::minutes(40);
        at.format(&format!("AWSLogs/111122223333/S3/eu-west-1/%Y/%m/%d/%H/111122223333_s3_eu-west-1_%Y%m%dT%H%MZ_{number:08x}.log.gz")).to_string()
    }),
    ("for Hive", |at, number| {
        at.format(&format!("p/AWSLogs/aws-account-id=111122223333/aws-service=s3/aws-region=eu-west-1/year=%Y/month=%m/day=%d/hour=%H/{number}.json.gz")).to_string()
    }),
    ("with a suffix path of days", |at, number| {
        at.format(&format!("AWSLogs/111122223333/s3-logs/b/%Y/%m/%d/{number}.json")).to_string()
    }),
    ("access logging", |at, number| {
        let at = at + TimeDelta::hours(20);
        at.format(&format!("std/%Y-%m-%d-%H-%M-%S-{number:016X}")).to_string()
    }),
    ("access logging by the date of events", |at, number| {
        at.format(&format!("111122223333/eu-west-1/b/%Y/%m/%d/%Y-%m-%d-00-00-00-{number:016X}")).to_string()
    }),
    ("with a suffix path without a time", |_, number| {
        format!("AWSLogs/111122223333/s3/static/{number}.json")
    }),
    ("export task", |_, number| format!("exportedlogs/{}/my-stream/{number:06}.gz", uuid(0))),
];
const WITHOUT_TIME: usize = 2;

fn uuid(number: usize) -> String {
    format!("0a1b2c3d-0a1b-2c3d-4e5f-{number:012x}")
}

/// The objects, each with the times of its two events.
fn objects() -> Vec<(String, [DateTime<Utc>; 2])> {
    let steps = 0..DAYS * 24 / EVERY_HOURS;
    let of_kind = |(_, name): &(&str, fn(DateTime<Utc>, usize) -> String)| {
        let name = *name;
        steps.clone().map(move |step| {
            let at = time("2026-08-01T00:10:00Z") + TimeDelta::hours(step * EVERY_HOURS);
            (name(at, usize::try_from(step).expect("a number")), [at, at + TimeDelta::seconds(14 * 60 + 59)])
        })
    };
    KINDS.iter().flat_map(of_kind).collect()
}

fn body(key: &str, events: [DateTime<Utc>; 2]) -> Vec<u8> {
    let record = |at: DateTime<Utc>| {
        json!({"request_time": at.to_rfc3339(), "bucket_name": "b", "request_id": key}).to_string()
    };
    let text = events.map(record).concat().into_bytes();
    if key.ends_with(".gz") { gzip(&text) } else { text }
}

#[test]
fn a_window_reads_what_it_needs_of_every_delivery() {
    let objects = objects();
    let server = Server::new(objects.iter().map(|(key, events)| (key, body(key, *events))));
    for other in
        ["AWSLogs/111122223333/CloudTrail/eu-west-1/2026/08/03/x_20260803T1200Z_y.json.gz", "fh/notes.txt"]
    {
        server.put(other, &body(other, [time("2026-08-03T12:00:00Z"); 2]));
    }
    let program = Program::new(&server);
    let folder = tempfile::tempdir().expect("a folder");
    for (key, events) in &objects {
        let path = folder.path().join(key);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        std::fs::write(path, body(key, *events)).expect("written");
    }
    let folder = folder.path().display().to_string();
    for (since, until) in [
        ("2026-08-03T06:00:00Z", "2026-08-03T07:00:00Z"),
        ("2026-08-03T00:00:00Z", "2026-08-05T00:00:00Z"),
        ("2026-08-04T18:24:00Z", "2026-08-04T18:25:00Z"),
        ("2026-08-01T00:00:00Z", "2026-08-01T00:11:00Z"),
        ("2026-08-08T12:00:00Z", "2026-08-09T12:00:00Z"),
    ] {
        let window = time(since)..time(until);
        let is_wanted = |events: &[DateTime<Utc>; 2]| events.iter().filter(|at| window.contains(at)).count();
        let expected: usize = objects.iter().map(|(_, events)| is_wanted(events)).sum();
        assert!(expected > 0);
        server.clear();
        let count = |report: serde_json::Value| report["tally"]["matched"].as_u64();
        let words = [
            "top",
            "s3://my-logs/",
            "--no-sign-request",
            "--format",
            "json",
            "--since",
            since,
            "--until",
            until,
        ];
        let found = count(program.run(&words).done().json());
        assert_eq!(found, Some(expected as u64), "{since}");
        let local = s3al(&format!("top {folder} --format json --since {since} --until {until}")).done();
        assert_eq!(count(local.json()), Some(expected as u64), "{since} in a folder");
        // What is downloaded can hold an event of the window: a name is off by less than 14 hours, and a delivery by less than 24.
        let gets = server.requests("GET");
        let off = TimeDelta::hours(24 + 14 + 24);
        for (key, [first, last]) in &objects {
            let is_near = *last >= window.start - off && *first <= window.end + off;
            let is_downloaded = gets.iter().any(|get| get == &format!("GET {key}"));
            let tells_time = KINDS.len() - WITHOUT_TIME;
            let has_time = KINDS[..tells_time]
                .iter()
                .any(|(_, name)| (0..objects.len() / KINDS.len()).any(|number| name(*first, number) == *key));
            assert!(is_downloaded || is_wanted(&[*first, *last]) == 0, "{since}: {key} was not read");
            assert!(!is_downloaded || is_near || !has_time, "{since}: {key} was read");
            assert!(is_downloaded || has_time, "{since}: {key} was not read");
        }
        assert!(!gets.iter().any(|get| get.contains("CloudTrail") || get.contains("notes")));
    }
}

#[test]
fn a_folder_of_another_service_is_read_where_it_is_named() {
    let (key, at) = ("AWSLogs/111122223333/own-source/2026/08/03/x.json", time("2026-08-03T12:00:00Z"));
    let server = Server::new([(key, body(key, [at; 2]))]);
    let program = Program::new(&server);
    for (prefix, expected) in [("AWSLogs/111122223333/own-source/", 2), ("AWSLogs/", 0), ("", 0)] {
        let source = format!("s3://my-logs/{prefix}");
        let report = program.run(&["top", &source, "--no-sign-request", "--format", "json"]).done().json();
        assert_eq!(report["tally"]["records"], expected, "{prefix}");
    }
}
