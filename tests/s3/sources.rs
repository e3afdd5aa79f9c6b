//! Sources in buckets: overlapping ones, and patterns.

use std::collections::BTreeSet;

use crate::harness::Ran;
use crate::program::Program;
use crate::server::Server;

/// Logs below two prefixes: 12 days in `logs/`, 3 in `logs/old/`, and 2 in `other/`. Each has one record of its own.
fn logs() -> Vec<(String, String)> {
    let below = |prefix: &'static str, days: std::ops::Range<u32>| {
        days.map(move |day| {
            (format!("{prefix}2026-01-{day:02}-10-00-00-0123456789ABCDEF"), line(prefix, day))
        })
    };
    below("logs/", 1..13).chain(below("logs/old/", 1..4)).chain(below("other/", 1..3)).collect()
}

fn line(prefix: &str, day: u32) -> String {
    let key = format!("{prefix}{day}");
    format!(
        "79a59d site [{day:02}/Jan/2026:09:00:00 +0000] 192.0.2.3 - R1 REST.GET.OBJECT {key} \"GET /{key} HTTP/1.1\" 200 - 10 10 9 8 \"-\" \"curl\" -\n"
    )
}

/// What the program reads from these sources, each line once; or else it says how often.
fn read(server: &Server, sources: &[&str]) -> (BTreeSet<String>, Ran) {
    let program = Program::new(server);
    let ran = program.run(&[&["export", "--format", "raw", "--no-sign-request"], sources].concat());
    let lines: Vec<String> = ran.text().lines().map(|line| format!("{line}\n")).collect();
    let set: BTreeSet<String> = lines.iter().cloned().collect();
    assert_eq!(set.len(), lines.len(), "read twice: {sources:?} {ran:?}");
    (set, ran)
}

fn expected(is_wanted: impl Fn(&str) -> bool) -> BTreeSet<String> {
    logs().into_iter().filter(|(key, _)| is_wanted(key)).map(|(_, line)| line).collect()
}

#[test]
fn sources_that_overlap_are_read_once_and_said() {
    let server = Server::new(logs());
    for (sources, is_wanted) in [
        (&["s3://my-logs/logs/", "s3://my-logs/"][..], (|_| true) as fn(&str) -> bool),
        (&["s3://my-logs/", "s3://my-logs/logs/"], |_| true),
        (&["s3://my-logs/logs/", "s3://my-logs/logs/"], |key| key.starts_with("logs/")),
        (&["s3://my-logs/logs/old/", "--bucket", "my-logs", "--prefix", "logs"], |key| {
            key.starts_with("logs")
        }),
        (&["s3://my-logs/logs/2026-01-0*", "s3://my-logs/logs/2026-01-*"], |key| {
            key.starts_with("logs/2026")
        }),
    ] {
        let (lines, ran) = read(&server, sources);
        assert_eq!(lines, expected(is_wanted), "{sources:?}");
        assert_eq!(ran.code, 0);
        assert!(ran.stderr.contains("overlap: what is in both is read once"), "{ran:?}");
        assert!(!ran.stderr.contains("nothing was read"), "{ran:?}");
    }
    let (lines, ran) = read(&server, &["s3://my-logs/other/", "s3://my-logs/logs/"]);
    assert_eq!(lines.len(), 17);
    assert!(!ran.stderr.contains("overlap"), "{ran:?}");
}

#[test]
fn patterns_of_keys() {
    let server = Server::new(logs());
    for (source, is_wanted) in [
        ("s3://my-logs/logs/2026-01-0*", (|key| key.starts_with("logs/2026-01-0")) as fn(&str) -> bool),
        ("s3://my-logs/*/old/*", |key| key.starts_with("logs/old/")),
        ("s3://my-logs/*01-?1-*", |key| key.contains("01-01-") || key.contains("01-11-")),
        ("s3://my-logs/{logs,other}/2026-01-0[12]*", |key| {
            !key.contains("old") && (key.contains("01-01-") || key.contains("01-02-"))
        }),
    ] {
        let (lines, ran) = read(&server, &[source]);
        assert_eq!(lines, expected(is_wanted), "{source} {ran:?}");
        assert!(!lines.is_empty());
    }
    // A window of time within a pattern.
    let (lines, _) =
        read(&server, &["s3://my-logs/logs/2026-*", "--since", "2026-01-05", "--until", "2026-01-07"]);
    assert_eq!(lines, [5, 6].map(|day| line("logs/", day)).into());
    let (lines, ran) = read(&server, &["s3://my-logs/logs/2027-*"]);
    assert!(lines.is_empty());
    assert!(ran.stderr.contains("nothing was read from s3://my-logs/logs/2027-*"), "{ran:?}");
    let (_, ran) = read(&server, &["s3://my-logs/log*/2027-*"]);
    assert!(ran.stderr.contains("no log that matches"), "{ran:?}");
}

#[test]
fn a_pattern_is_fetched_whatever_is_there_already() {
    let server = Server::new(logs());
    let program = Program::new(&server);
    for (url, count) in [("s3://my-logs/logs/2026-01-1*", 3), ("s3://my-logs/logs/2026-01-0*", 9)] {
        let ran = program.run(&["fetch", url, "-o", "copy", "--no-sign-request"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.text().starts_with(&format!("{count} new objects")), "{url} {ran:?}");
    }
}
