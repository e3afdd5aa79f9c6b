//! Objects that are added to a bucket while `follow` runs.

use std::time::{Duration, Instant, SystemTime};

use s3al::record::Field;

use crate::harness::{Following, QUIET, record};
use crate::program::Program;
use crate::server::{Act, On, Server};

/// The name of a log that is delivered so many seconds from now.
fn name(prefix: &str, seconds: i64, number: usize) -> String {
    let time = chrono::DateTime::<chrono::Utc>::from(SystemTime::now()) + chrono::Duration::seconds(seconds);
    format!("{prefix}{}-{number:016X}", time.format("%Y-%m-%d-%H-%M-%S"))
}

fn of(id: &str) -> String {
    record(&[(Field::RequestId, id)])
}

/// Follows, and waits until it knows what is there: what is put before that is no delivery.
fn start(server: &Server, program: &Program, words: &str) -> Following {
    let words: Vec<&str> = words.split_whitespace().collect();
    let rows = ["--no-sign-request", "--interval", "150ms", "--format", "ndjson", "--columns", "request_id"];
    let (asked, begun) = (server.requests("LIST").len(), Instant::now());
    let run = Following::start(program.command(&[&["follow"][..], &words, &rows].concat()));
    while server.requests("LIST").len() == asked {
        assert!(begun.elapsed() < Duration::from_secs(60), "{}", run.said());
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(QUIET);
    run
}

#[test]
fn what_is_delivered_is_shown_once_late_names_too() {
    let server = Server::new([(name("prod/", -60, 1), of("OLD"))]);
    server.put("prod/readme.txt", b"no log");
    let program = Program::new(&server);
    let run = start(&server, &program, "s3://my-logs/prod/");
    server.put(&name("prod/", 5, 2), of("A").as_bytes());
    assert_eq!(run.ids(1), ["A"]);
    // Earlier names that appear later.
    server.put(&name("prod/", -1200, 3), of("LATE").as_bytes());
    server.put(&name("prod/", -59, 4), of("LATER").as_bytes());
    let mut ids = run.ids(3);
    ids[1..].sort_unstable();
    assert_eq!(ids, ["A", "LATE", "LATER"]);
    // What is older than the lookback is no delivery.
    server.put(&name("prod/", -90_000, 5), of("COPY").as_bytes());
    run.ids(3);
    let gets = server.requests("GET");
    assert_eq!(gets.len(), 3, "{gets:?}");
    let (code, _, said) = run.end();
    assert_eq!(code, 130, "{said}");
    assert!(said.contains("3 files, 3 records") && said.contains("1 other object skipped"), "{said}");
    // One request a look, from a little before the newest name on.
    let lists = server.requests("LIST");
    let later = lists.iter().filter(|list| list.contains("start-after=prod")).count();
    assert!(later > 3 && later + 12 > lists.len() / 2, "{lists:?}");
}

#[test]
fn several_layouts_and_buckets_that_are_logged_anew() {
    let server = Server::new([(name("prod/", -60, 1), of("OLD"))]);
    let program = Program::new(&server);
    let run = start(&server, &program, "s3://my-logs/");
    server.put(&name("prod/", 1, 2), of("A").as_bytes());
    assert_eq!(run.ids(1), ["A"]);
    let day = chrono::DateTime::<chrono::Utc>::from(SystemTime::now()).format("%Y/%m/%d/%Y-%m-%d");
    // After the names that are known.
    server.put(&format!("z/111122223333/eu-west-1/site/{day}-00-00-00-0123456789ABCDEF"), of("B").as_bytes());
    assert_eq!(run.ids(2), ["A", "B"]);
    server.put(&format!("z/111122223333/eu-west-1/site/{day}-00-00-00-0123456789ABCDE0"), of("C").as_bytes());
    assert_eq!(run.ids(3), ["A", "B", "C"]);
}

#[test]
fn failures_are_told_and_tried_again() {
    let server = Server::new([(name("prod/", -60, 1), of("OLD"))]);
    let program = Program::new(&server);
    let run = start(&server, &program, "s3://my-logs/prod/");
    server.rule(8, On::List, Act::Fail(503, "SlowDown"));
    std::thread::sleep(2 * QUIET);
    server.put(&name("prod/", 1, 2), of("A").as_bytes());
    assert_eq!(run.ids(1), ["A"]);
    let said = run.said();
    assert!(said.contains("trying again in 1s") && said.contains("trying again in 2s"), "{said}");
    assert!(said.contains("it can be read again"), "{said}");
    // An object that cannot be had for a while, among others.
    server.rule(4, On::Get("ABCDEF"), Act::Fail(503, "SlowDown"));
    server.put(&format!("{}{}", &name("prod/", 1, 3)[..25], "0000000000ABCDEF"), of("B").as_bytes());
    server.put(&name("prod/", 2, 4), of("C").as_bytes());
    let mut ids = run.ids(3);
    ids.sort_unstable();
    assert_eq!(ids, ["A", "B", "C"]);
    let (code, _, said) = run.end();
    assert_eq!(code, 130);
    // All was read in the end.
    assert!(said.contains("3 files, 3 records") && !said.contains("not read"), "{said}");
    // What is wrong from the beginning ends the run.
    server.clear();
    server.rule(9, On::List, Act::Fail(403, "AccessDenied"));
    let ran = program.run(&["follow", "s3://my-logs/prod/", "--no-sign-request"]);
    assert_eq!(ran.code, 2, "{ran:?}");
}

#[test]
fn a_later_run_goes_on_where_one_was_killed() {
    let server = Server::new([(name("prod/", -60, 1), of("OLD"))]);
    let program = Program::new(&server);
    let words = "s3://my-logs/prod/ --state state.json";
    let run = start(&server, &program, words);
    server.put(&name("prod/", 1, 2), of("A").as_bytes());
    run.ids(1);
    drop(run);
    server.put(&name("prod/", 2, 3), of("B").as_bytes());
    server.put(&name("prod/", -30, 4), of("LATE").as_bytes());
    let run = start(&server, &program, words);
    let mut ids = run.ids(2);
    ids.sort_unstable();
    assert_eq!(ids, ["B", "LATE"]);
    assert_eq!(run.end().0, 130);
    let text = std::fs::read_to_string(program.path("state.json")).unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
    // An end by SIGTERM or Ctrl-C leaves no trace beside it.
    let names = std::fs::read_dir(program.path(".")).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(names.collect::<Vec<_>>(), ["state.json"]);
}

#[test]
fn ten_thousand_objects_each_once() {
    let server = Server::new([(name("prod/", -60, 1), of("OLD"))]);
    let program = Program::new(&server);
    let count = 10_000;
    let put = |range: std::ops::Range<usize>| {
        for number in range {
            server.put(
                &name("prod/", (number / 100) as i64 - 50, number + 2),
                of(&format!("R{number}")).as_bytes(),
            );
        }
    };
    put(0..count / 2);
    let words = format!("s3://my-logs/prod/ --since {}", "2020-01-01");
    let run = start(&server, &program, &words);
    put(count / 2..count);
    let mut ids = run.ids_within(count + 1, Duration::from_secs(180));
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count + 1);
    // Nothing was asked for twice.
    let mut gets = server.requests("GET");
    assert_eq!(gets.len(), count + 1);
    gets.sort_unstable();
    gets.dedup();
    assert_eq!(gets.len(), count + 1);
}

#[test]
fn where_logs_go_is_asked() {
    let server = Server::new([(name("site/", -60, 1), of("OLD"))]);
    let to = "<BucketLoggingStatus><LoggingEnabled><TargetBucket>my-logs</TargetBucket><TargetPrefix>site/</TargetPrefix></LoggingEnabled></BucketLoggingStatus>";
    server.rule(1, On::Logging, Act::Body(to.to_owned()));
    let program = Program::new(&server);
    let run = start(&server, &program, "--logs-of my-bucket");
    server.put(&name("site/", 1, 2), of("A").as_bytes());
    server.put(&name("other/", 1, 3), of("B").as_bytes());
    assert_eq!(run.ids(1), ["A"]);
    assert!(run.said().contains("the access logs of my-bucket are in s3://my-logs/site/"));
}

#[test]
fn what_cannot_be_read_is_given_up_told_and_counted_once() {
    let server = Server::new([(name("prod/", -60, 1), of("OLD"))]);
    let program = Program::new(&server);
    server.rule(usize::MAX, On::Get("ABCDEF"), Act::Fail(403, "AccessDenied"));
    let run = start(&server, &program, "s3://my-logs/prod/ --state state.json");
    let key = format!("{}{}", &name("prod/", 1, 3)[..25], "0000000000ABCDEF");
    server.put(&key, of("B").as_bytes());
    let started = Instant::now();
    while !run.said().contains("it is given up") {
        assert!(started.elapsed() < Duration::from_secs(60), "{}", run.said());
        std::thread::sleep(QUIET);
    }
    assert_eq!(server.requests(&format!("GET {key}")).len(), 5);
    server.put(&name("prod/", 2, 4), of("C").as_bytes());
    assert_eq!(run.ids(1), ["C"]);
    let (code, _, said) = run.end();
    assert_eq!(code, 130);
    assert!(said.contains("1 source not read"), "{said}");
    assert_eq!(said.matches("it is given up").count(), 1, "{said}");
    // A later run does not begin with it again.
    server.clear();
    let run = start(&server, &program, "s3://my-logs/prod/ --state state.json");
    std::thread::sleep(2 * QUIET);
    run.ids(0);
    assert_eq!(server.requests("GET"), Vec::<String>::new());
}

#[cfg(feature = "sql")]
#[test]
fn a_store_is_not_followed_and_that_is_told() {
    let server = Server::new([(name("prod/", -60, 1), of("OLD"))]);
    let program = Program::new(&server);
    let run = start(&server, &program, "s3://my-logs/");
    let today = chrono::DateTime::<chrono::Utc>::from(SystemTime::now()).format("%Y-%m-%d");
    server.put(&format!("store/date={today}/00000001.parquet"), b"PAR1");
    server.put(&name("prod/", 5, 2), of("A").as_bytes());
    assert_eq!(run.ids(1), ["A"]);
    std::thread::sleep(QUIET);
    let (_, _, said) = run.end();
    assert!(said.contains("1 file of a store is not followed"), "{said}");
}
