//! What a folder remembers: each location by itself, and from when on its copy is complete.

use std::fs;

use crate::harness::Ran;
use crate::program::Program;
use crate::server::{Act, On, Server};

fn key(bucket: &str, day: u32) -> String {
    format!("logs/2026-08-{day:02}-10-00-00-{bucket:0>16}")
}

/// A server with 19 days of logs in each of two buckets.
fn two_buckets() -> Server {
    let server = Server::new((1..20).map(|day| (key("A", day), "a log\n")));
    let other = server.root.path().join("other-logs");
    for day in 1..20 {
        let path = other.join(key("B", day));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "another log\n").unwrap();
    }
    server
}

fn fetch(program: &Program, args: &[&str]) -> Ran {
    program.run(&[&["fetch", "--no-sign-request", "-o", "copy"], args].concat())
}

#[track_caller]
fn assert_fetches(ran: &Ran, new: u32, known: u32) {
    assert_eq!(ran.code, 0, "{ran:?}");
    let noun = if new == 1 { "object" } else { "objects" };
    assert!(ran.text().starts_with(&format!("{new} new {noun}, ")), "{ran:?}");
    assert!(ran.text().contains(&format!(", {known} already there, ")), "{ran:?}");
}

#[test]
fn two_buckets_in_one_folder() {
    let server = two_buckets();
    let program = Program::new(&server);
    assert_fetches(&fetch(&program, &["s3://my-logs/logs/"]), 19, 0);
    let ran = fetch(&program, &["s3://other-logs/logs/"]);
    assert_fetches(&ran, 19, 0);
    assert!(ran.stderr.contains("begins with the first log"), "{ran:?}");
    // Each goes on by itself.
    server.put(&key("A", 20), b"new\n");
    let ran = fetch(&program, &["s3://my-logs/logs/"]);
    assert_fetches(&ran, 1, 2);
    assert!(ran.stderr.contains("begins at 2026-08-18T10:00:00Z, --lookback before"), "{ran:?}");
    let ran = fetch(&program, &["s3://other-logs/logs/"]);
    assert_fetches(&ran, 0, 2);
    assert!(ran.stderr.contains("begins at 2026-08-18T10:00:00Z"), "{ran:?}");
    // A wider prefix of the same bucket is another location.
    assert_fetches(&fetch(&program, &["s3://my-logs/"]), 0, 20);
}

#[test]
fn what_a_window_left_out_is_fetched_without_one() {
    let server = two_buckets();
    let program = Program::new(&server);
    let ran = fetch(&program, &["s3://my-logs/logs/", "--since", "2026-08-15"]);
    assert_fetches(&ran, 5, 0);
    assert_eq!(ran.stderr, "");
    let ran = fetch(&program, &["s3://my-logs/logs/"]);
    assert_fetches(&ran, 14, 5);
    assert!(
        ran.stderr
            .contains("begins with the first log: earlier runs have left out what is before 2026-08-15"),
        "{ran:?}"
    );
    assert_fetches(&fetch(&program, &["s3://my-logs/logs/"]), 0, 2);
    // A window in the middle says nothing of what is after it.
    let program = Program::new(&server);
    let middle =
        ["s3://my-logs/logs/", "--since", "2026-08-05", "--until", "2026-08-07", "--delivery-lag", "0s"];
    assert_fetches(&fetch(&program, &middle), 2, 0);
    assert_fetches(&fetch(&program, &["s3://my-logs/logs/"]), 17, 2);
    // Nor does a window after a gap.
    let program = Program::new(&server);
    assert_fetches(
        &fetch(&program, &["s3://my-logs/logs/", "--until", "2026-08-05", "--delivery-lag", "0s"]),
        4,
        0,
    );
    assert_fetches(&fetch(&program, &["s3://my-logs/logs/", "--since", "2026-08-15"]), 5, 0);
    let ran = fetch(&program, &["s3://my-logs/logs/"]);
    assert_fetches(&ran, 10, 7);
}

#[test]
fn files_that_were_cut_or_deleted_are_noticed() {
    let server = two_buckets();
    let program = Program::new(&server);
    assert_fetches(&fetch(&program, &["s3://my-logs/logs/"]), 19, 0);
    let file = |day| program.path("copy").join(key("A", day));
    fs::write(file(3), "a").unwrap();
    fs::remove_file(file(5)).unwrap();
    let ran = fetch(&program, &["s3://my-logs/logs/"]);
    assert_fetches(&ran, 0, 2);
    assert!(ran.stderr.contains("--verify compares everything"), "{ran:?}");
    assert_fetches(&fetch(&program, &["s3://my-logs/logs/", "--verify"]), 2, 17);
    assert_eq!(fs::read_to_string(file(3)).unwrap(), "a log\n");
    // Without the newest, a run begins earlier.
    (15..20).for_each(|day| fs::remove_file(file(day)).unwrap());
    assert_fetches(&fetch(&program, &["s3://my-logs/logs/"]), 5, 2);
    // Without any, with the first.
    fs::remove_dir_all(program.path("copy/logs")).unwrap();
    assert_fetches(&fetch(&program, &["s3://my-logs/logs/"]), 19, 0);
}

#[test]
fn a_run_that_failed_is_gone_on_with() {
    let server = two_buckets();
    let program = Program::new(&server);
    assert_fetches(&fetch(&program, &["s3://my-logs/logs/", "--since", "2026-08-10"]), 10, 0);
    server.rule(1, On::Get("2026-08-03"), Act::Fail(403, "AccessDenied"));
    let ran = fetch(&program, &["s3://my-logs/logs/"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    let ran = fetch(&program, &["s3://my-logs/logs/"]);
    assert_fetches(&ran, 1, 18);
    assert_fetches(&fetch(&program, &["s3://my-logs/logs/"]), 0, 2);
}

#[test]
fn a_dry_run_says_where_it_begins_and_notes_nothing() {
    let server = two_buckets();
    let program = Program::new(&server);
    assert_fetches(&fetch(&program, &["s3://my-logs/logs/", "--since", "2026-08-15"]), 5, 0);
    for _ in 0..2 {
        let ran = fetch(&program, &["s3://my-logs/logs/", "--dry-run"]);
        assert!(ran.text().starts_with("14 objects to download"), "{ran:?}");
        assert!(ran.stderr.contains("begins with the first log"), "{ran:?}");
    }
}
