//! Several buckets, prefixes and names in one command, and objects of other names.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, SystemTime};

use s3al::record::Field;

use crate::harness::{Ran, record};
use crate::program::Program;
use crate::server::{Act, CREDENTIALS, On, Server};

const NAME: &str = "2026-08-01-10-00-00-0123456789ABCDEF";

/// The log object of a bucket, below a prefix: one request to another bucket, whose id tells where it is from.
fn put(server: &Server, bucket: &str, prefix: &str, accessed: &str) {
    let unique = bucket.to_uppercase().replace('-', "0");
    let name = format!("{prefix}{}-{unique:0>16}", &NAME[..19]);
    let path = server.root.path().join(bucket).join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let id = format!("{bucket}:{prefix}");
    fs::write(path, record(&[(Field::RequestId, &id), (Field::Bucket, accessed)])).unwrap();
}

/// Three prefixes in one bucket, and two other buckets.
fn server() -> Server {
    let server = Server::signed([("none", "")]);
    put(&server, "my-logs", "a/", "site-a");
    put(&server, "my-logs", "b/", "site-b");
    put(&server, "my-logs", "c/", "site-c");
    put(&server, "other-logs", "a/", "site-d");
    put(&server, "third-logs", "", "site-e");
    server
}

const CONFIG: &str = "[sources.other]\nbucket = \"other-logs\"\nprefix = \"a/\"\n\
                      [sources.both]\npaths = [\"s3://my-logs/b/\", \"s3://third-logs/\"]\n\
                      [sources.local]\npaths = [\"logs/\"]\n";

fn program(server: &Server) -> Program {
    let program = Program::new(server).keys(CREDENTIALS);
    fs::write(program.path("s3al.toml"), CONFIG).unwrap();
    program
}

fn run(program: &Program, command: &str, words: &str) -> Ran {
    let words: Vec<&str> = words.split_whitespace().collect();
    program.run(&[&command.split(' ').collect::<Vec<_>>(), &words[..], &["--config", "s3al.toml"]].concat())
}

fn ids(ran: &Ran) -> BTreeSet<String> {
    let ids: Vec<String> = ran.text().lines().skip(1).map(str::to_owned).collect();
    let set: BTreeSet<String> = ids.iter().cloned().collect();
    assert_eq!(set.len(), ids.len(), "read twice: {ran:?}");
    set
}

/// What a bucket says of its logging: they go below this prefix of my-logs.
fn logging(prefix: &str) -> Act {
    Act::Body(format!(
        "<BucketLoggingStatus xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LoggingEnabled>\
         <TargetBucket>my-logs</TargetBucket><TargetPrefix>{prefix}</TargetPrefix></LoggingEnabled></BucketLoggingStatus>"
    ))
}

#[test]
fn several_of_each_are_read_and_fetched() {
    let server = server();
    for (words, expected) in [
        ("--bucket my-logs --prefix a/ --prefix c/", &["my-logs:a/", "my-logs:c/"][..]),
        ("--bucket my-logs --bucket other-logs --prefix a/", &["my-logs:a/", "other-logs:a/"]),
        ("--bucket other-logs --bucket third-logs", &["other-logs:a/", "third-logs:"]),
        ("@other @both", &["other-logs:a/", "my-logs:b/", "third-logs:"]),
        ("@other s3://my-logs/c/ --bucket third-logs", &["other-logs:a/", "my-logs:c/", "third-logs:"]),
        ("--logs-of site-a --logs-of site-b", &["my-logs:a/", "my-logs:b/"]),
    ] {
        let program = program(&server);
        let ask = || {
            server.clear();
            server.rule(1, On::LoggingOf("site-a"), logging("a/"));
            server.rule(1, On::LoggingOf("site-b"), logging("b/"));
        };
        ask();
        let ran = run(&program, "export --format csv --columns request_id", words);
        assert_eq!(ran.code, 0, "{words} {ran:?}");
        assert_eq!(ids(&ran), expected.iter().map(|id| (*id).to_owned()).collect(), "{words}");
        ask();
        let ran = run(&program, "fetch -o copy", words);
        assert_eq!(ran.code, 0, "{words} {ran:?}");
        assert!(ran.text().starts_with(&format!("{} new objects", expected.len())), "{words} {ran:?}");
        ask();
        let ran = run(&program, "fetch -o copy --dry-run", words);
        assert!(ran.text().starts_with("0 objects to download"), "{words} {ran:?}");
        assert!(ran.text().contains(&format!("{} already there", expected.len())), "{words} {ran:?}");
    }
}

#[test]
fn with_logs_of_other_requests_do_not_count_wherever_they_are_from() {
    let server = server();
    put(&server, "third-logs", "", "site-a");
    let program = program(&server);
    server.rule(1, On::Logging, logging("a/"));
    let ran =
        run(&program, "export --format csv --columns request_id", "@other s3://third-logs/ --logs-of site-a");
    assert_eq!(ids(&ran), ["my-logs:a/", "third-logs:"].map(str::to_owned).into(), "{ran:?}");
    assert!(ran.stderr.contains("of all sources, only requests to site-a count (--logs-of)"), "{ran:?}");
}

#[test]
fn what_belongs_to_what_is_not_guessed() {
    let server = server();
    let words = "--bucket my-logs --prefix a/ --bucket other-logs --prefix b/";
    for command in ["export", "fetch -o copy"] {
        let ran = run(&program(&server), command, words);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains("write s3://my-logs/a/ s3://other-logs/b/"), "{ran:?}");
    }
    let ran = run(&program(&server), "fetch -o copy", "@local");
    assert!(ran.code == 2 && ran.stderr.contains("`logs/` is no bucket"), "{ran:?}");
    assert!(server.requests("").is_empty());
}

#[test]
fn a_bucket_that_cannot_be_fetched_leaves_the_others() {
    let server = server();
    let program = program(&server);
    let ran = run(&program, "fetch -o copy", "s3://my-logs/a/ s3://nosuch-logs/ s3://third-logs/");
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains("bucket \"nosuch-logs\" does not exist"), "{ran:?}");
    assert!(ran.text().starts_with("2 new objects"), "{ran:?}");
    let ran = run(&program, "fetch -o copy", "s3://nosuch-logs/ s3://nosuch-logs-2/");
    assert_eq!(ran.code, 2, "{ran:?}");
}

#[test]
fn objects_of_any_name() {
    let line = |id: &str| record(&[(Field::RequestId, id)]);
    let names = ["logs/2026-07.gz", "logs/compacted/2026-07-01..07.log", "logs/x.txt"];
    let mut objects: Vec<(String, String)> =
        names.iter().map(|name| ((*name).to_owned(), line(name))).collect();
    objects.push((format!("logs/{NAME}"), line("log")));
    objects.push(("logs/2025-08-01-10-00-00-0123456789ABCDEF".to_owned(), line("old")));
    let server = Server::new(objects);
    server.page_size(2);
    // What was written before the window holds nothing of it.
    let before = SystemTime::UNIX_EPOCH + Duration::from_secs(1_780_000_000);
    fs::File::options().write(true).open(server.path("logs/x.txt")).unwrap().set_modified(before).unwrap();
    let program = Program::new(&server);
    let read = |args: &[&str]| {
        let export = [
            "export",
            "s3://my-logs/logs/",
            "--no-sign-request",
            "--format",
            "csv",
            "--columns",
            "request_id",
        ];
        ids(&program.run(&[&export, args].concat()))
    };
    let set = |ids: &[&str]| -> BTreeSet<String> { ids.iter().map(|id| (*id).to_owned()).collect() };
    assert_eq!(read(&[]), set(&["log", "old"]));
    assert_eq!(read(&["--any-name"]), set(&["log", "old", names[0], names[1], names[2]]));
    server.clear();
    assert_eq!(read(&["--any-name", "--since", "2026-06-30"]), set(&["log", names[0], names[1]]));
    let mut gets = server.requests("GET");
    gets.sort();
    let expected = [names[0], &format!("logs/{NAME}"), names[1]].map(|key| format!("GET {key}"));
    assert_eq!(gets, expected);

    let fetch = |args: &[&str]| {
        program.run(&[&["fetch", "s3://my-logs/logs/", "-o", "copy", "--no-sign-request"], args].concat())
    };
    assert!(fetch(&[]).text().starts_with("2 new objects"));
    assert!(fetch(&["--any-name"]).text().starts_with("3 new objects"));
    assert!(fetch(&["--any-name"]).text().starts_with("0 new objects"));
    assert_eq!(fs::read_to_string(program.path("copy").join(names[1])).unwrap(), line(names[1]));
}

#[test]
fn of_one_key_in_two_buckets_the_first_is_kept() {
    let server = Server::new([("logs/2026-07.gz", "of my-logs")]);
    let other = server.root.path().join("other-logs/logs/2026-07.gz");
    fs::create_dir_all(other.parent().unwrap()).unwrap();
    fs::write(other, "of the others").unwrap();
    let program = Program::new(&server);
    for _ in 0..2 {
        let ran = program.run(&[
            "fetch",
            "s3://my-logs/",
            "s3://other-logs/",
            "-o",
            "copy",
            "--any-name",
            "--no-sign-request",
        ]);
        assert_eq!(ran.code, 3, "{ran:?}");
        assert!(
            ran.stderr.contains(
                "s3://other-logs/logs/2026-07.gz: the key cannot be stored: that of my-logs is there"
            ),
            "{ran:?}"
        );
        assert_eq!(fs::read_to_string(program.path("copy/logs/2026-07.gz")).unwrap(), "of my-logs");
    }
}
