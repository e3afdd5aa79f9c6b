//! `convert` into a bucket and from one: what comes out of the store is what went in, whatever happened in between.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use s3al::record::Field;

use crate::harness::{Ran, Record, log, ran};
use crate::program::Program;
use crate::server::{Act, On, Server};

const STORE: &str = "s3://my-logs/store";

/// The log of requests of three days, in objects with names of logs.
fn logs(count: usize, each: usize) -> Vec<(String, String)> {
    let request = |number: usize| {
        let outcome = ["200 -", "403 AccessDenied"][number % 2];
        let time = format!("{:02}/Aug/2026:10:{:02}:{:02}", 1 + number % 3, number / 60 % 60, number % 60);
        Record::of(&[]).at(&time).outcome(outcome).with(Field::RequestId, format!("{number:016}"))
    };
    let all: Vec<Record> = (0..count).map(request).collect();
    let name = |place: usize| format!("logs/2026-08-04-10-20-30-{place:016X}");
    all.chunks(each).enumerate().map(|(place, part)| (name(place), log(part))).collect()
}

/// How often each line is there.
fn counted(lines: impl Iterator<Item = String>) -> BTreeMap<String, u64> {
    let mut counted = BTreeMap::new();
    for line in lines {
        *counted.entry(line).or_default() += 1;
    }
    counted
}

fn lines_of(objects: &[(String, String)]) -> BTreeMap<String, u64> {
    counted(objects.iter().flat_map(|(_, text)| text.lines().map(str::to_owned)))
}

fn run(program: &Program, words: &[&str]) -> Ran {
    program.run(&[words, &["--no-sign-request"]].concat())
}

fn lines_in(program: &Program, source: &str) -> BTreeMap<String, u64> {
    let ran = run(program, &["export", source, "--format", "raw"]).done();
    counted(ran.text().lines().map(str::to_owned))
}

/// The names of the objects of the store.
fn names(server: &Server) -> Vec<String> {
    fn below(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() { below(&path, found) } else { found.push(path) }
        }
    }
    let (root, mut found) = (server.path("store"), Vec::new());
    below(&root, &mut found);
    let name = |path: PathBuf| path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
    let mut names: Vec<String> = found.into_iter().map(name).collect();
    names.sort();
    names
}

#[test]
fn a_bucket_becomes_a_store_in_a_bucket() {
    let objects = logs(300, 20);
    let server = Server::new([("x", "")]);
    server.tell_etags();
    for (key, text) in &objects {
        server.put(key, text.as_bytes());
    }
    server.put("logs/2026-08-04-10-20-30-FFFFFFFFFFFFFFFF", b"no record\n");
    let program = Program::new(&server);
    let convert =
        |more: &[&str]| run(&program, &[&["convert", "s3://my-logs/logs/", "-o", STORE], more].concat());
    let first = convert(&[]).done();
    assert!(
        first.text().starts_with("16 new files, 0 already there, 300 records in 3 files of days"),
        "{}",
        first.text()
    );
    assert_eq!(
        names(&server),
        [
            ".s3al/00000001.json",
            "_rejects/00000001.tsv",
            "date=2026-08-01/00000001.parquet",
            "date=2026-08-02/00000001.parquet",
            "date=2026-08-03/00000001.parquet",
        ]
    );
    let rejects = fs::read_to_string(server.path("store/_rejects/00000001.tsv")).unwrap();
    assert!(rejects.starts_with("s3://my-logs/logs/2026-08-04-10-20-30-FFFFFFFFFFFFFFFF\t1\t"), "{rejects}");
    assert!(lines_of(&objects) == lines_in(&program, STORE));
    let note = fs::read_to_string(server.path("store/.s3al/00000001.json")).unwrap();
    assert!(note.contains("\"etag\":\""), "{note}");

    // What is there already is not even downloaded.
    server.clear();
    server.tell_etags();
    let again = convert(&[]).done();
    assert!(again.text().starts_with("0 new files, 16 already there, 0 records"), "{}", again.text());
    assert!(!again.stderr.contains("warning"), "{}", again.stderr);
    assert_eq!(server.requests("GET logs/"), [""; 0]);

    // Late records become one more file of their day, until all are merged.
    server.put("logs/2026-08-05-10-20-30-0123456789ABCDEF", objects[0].1.as_bytes());
    convert(&[]).done();
    assert_eq!(names(&server).iter().filter(|name| name.ends_with("00000002.parquet")).count(), 3);
    let expected = lines_in(&program, "s3://my-logs/logs/");
    assert!(expected == lines_in(&program, STORE));
    let merged = convert(&["--compact"]).done();
    assert!(merged.text().contains("6 files merged"), "{}", merged.text());
    let days = |server: &Server| {
        names(server).into_iter().filter(|name| name.ends_with(".parquet")).collect::<Vec<_>>()
    };
    assert_eq!(days(&server).len(), 3);
    assert!(expected == lines_in(&program, STORE));

    run(&program, &["convert", "-o", STORE, "--delete-before", "2026-08-03"]).done();
    assert_eq!(days(&server).len(), 1);
    let again = convert(&[]).done();
    assert!(again.text().starts_with("0 new files, 17 already there"), "{}", again.text());
    assert!(names(&server).iter().all(|name| name.matches('/').count() == 1), "{:?}", names(&server));
}

#[test]
fn an_object_that_has_changed_is_not_taken_twice() {
    let objects = logs(40, 20);
    let server = Server::new(objects.clone());
    server.tell_etags();
    let program = Program::new(&server);
    let convert = || run(&program, &["convert", "s3://my-logs/logs/", "-o", STORE]);
    convert().done();
    // As many bytes, and others.
    let other = objects[0].1.replace("AccessDenied", "AccessDeniee");
    server.put(&objects[0].0, other.as_bytes());
    convert().ended(3).says("ETag").says("under another name");
    server.put(&objects[0].0, objects[1].1.repeat(2).as_bytes());
    convert().ended(3).says("bytes and has");
    assert!(lines_of(&objects) == lines_in(&program, STORE));
}

#[test]
fn a_folder_becomes_a_store_in_a_bucket_and_a_bucket_one_in_a_folder() {
    let objects = logs(60, 20);
    let server = Server::new(objects.clone());
    let program = Program::new(&server);
    for (key, text) in &objects {
        let path = program.path(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    run(&program, &["convert", "logs", "-o", STORE]).done();
    run(&program, &["convert", "s3://my-logs/logs/", "-o", "store"]).done();
    for source in ["store", STORE] {
        assert!(lines_of(&objects) == lines_in(&program, source), "{source}");
        let again = run(
            &program,
            &["convert", if source == STORE { "logs" } else { "s3://my-logs/logs/" }, "-o", source],
        );
        assert!(again.done().text().starts_with("0 new files, 3 already there"), "{source}");
    }
    // A store below what is read is no source.
    run(&program, &["convert", "s3://my-logs/", "-o", STORE]).done();
    let found = lines_in(&program, STORE);
    assert!(found.values().all(|count| *count == 2) && found.len() == 60);
}

#[test]
fn of_two_at_a_time_one_ends_and_no_record_is_there_twice() {
    let objects = logs(200, 10);
    let server = Server::new(objects.clone());
    let program = Program::new(&server);
    let words = ["convert", "s3://my-logs/logs/", "-o", STORE, "--commit-every", "8kB", "--no-sign-request"];
    let start = || {
        let mut command = program.command(&words);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let both = [start(), start()].map(|child| child.wait_with_output().unwrap());
    for output in &both {
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() || said.contains("another s3al convert has written"), "{said}");
    }
    ran(&mut program.command(&words)).done();
    assert!(lines_of(&objects) == lines_in(&program, STORE));
    // What the other one had made is gone.
    assert!(names(&server).iter().all(|name| name.matches('/').count() == 1), "{:?}", names(&server));
}

#[test]
fn an_answer_that_is_lost_changes_nothing() {
    let objects = logs(60, 20);
    let server = Server::new(objects.clone());
    let program = Program::new(&server);
    for key in [".json", ".parquet", ".tsv"] {
        server.rule(1, On::Put(key), Act::Lose);
    }
    server.rule(2, On::Get(".json"), Act::Cut);
    server.put("logs/2026-08-04-10-20-30-FFFFFFFFFFFFFFFF", b"no record\n");
    run(&program, &["convert", "s3://my-logs/logs/", "-o", STORE]).done();
    assert!(lines_of(&objects) == lines_in(&program, STORE));
    let again = run(&program, &["convert", "s3://my-logs/logs/", "-o", STORE]).done();
    assert!(again.text().starts_with("0 new files, 4 already there"), "{}", again.text());
}

#[test]
fn what_may_not_be_written_is_said() {
    let server = Server::new(logs(10, 10));
    let program = Program::new(&server);
    server.rule(9, On::Put("store/"), Act::Fail(403, "AccessDenied"));
    run(&program, &["convert", "s3://my-logs/logs/", "-o", STORE])
        .ended(2)
        .says("s3:PutObject")
        .says("store/.s3al/");
    server.clear();
    run(&program, &["convert", "s3://my-logs/logs/", "-o", "s3://my-logs/a*"])
        .ended(2)
        .says("no place for a store");
    run(&program, &["convert", "s3://my-logs/logs/", "-o", "s3://no-such-bucket/"])
        .ended(2)
        .says("does not exist");
    assert_eq!(names(&server), [""; 0]);
}

/// A number that is the same in every run of the test.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

#[cfg(unix)]
#[test]
fn killed_twenty_times_it_loses_nothing_and_takes_nothing_twice() {
    let objects = logs(6_000, 50);
    let server = Server::new(objects.clone());
    let program = Program::new(&server);
    let expected = lines_of(&objects);
    let (mut state, mut killed) = (11, 0);
    let words =
        ["convert", "s3://my-logs/logs/", "-o", STORE, "-q", "--commit-every", "100kB", "--no-sign-request"];
    for _ in 0..20 {
        let mut child = program.command(&words).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(100 + next(&mut state) % 500));
        killed += u64::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        // Whoever reads now finds no record twice.
        if names(&server).iter().any(|name| name.starts_with("date=")) {
            for (line, count) in lines_in(&program, STORE) {
                assert!(count <= expected[&line]);
            }
        }
    }
    assert!(killed > 2, "{killed}");
    ran(&mut program.command(&words)).done();
    ran(&mut program.command(&words)).done();
    assert!(expected == lines_in(&program, STORE));
    // Nothing is left of what was never finished.
    assert!(names(&server).iter().all(|name| name.matches('/').count() == 1), "{:?}", names(&server));
}
