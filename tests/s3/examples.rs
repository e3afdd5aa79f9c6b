//! The examples of the help that read a bucket.

use chrono::{DateTime, TimeDelta, TimeZone as _, Utc};
use s3al::record::Field;

use crate::harness::{Following, Record, examples, ran};
use crate::program::Program;
use crate::server::Server;

#[test]
fn every_example_of_a_bucket_runs() {
    let log = |time: DateTime<Utc>| {
        let timestamp = time.format("%d/%b/%Y:%H:%M:%S").to_string();
        let name = time.format("prod/%Y-%m-%d-%H-%M-%S-0123456789ABCDEF").to_string();
        (name, Record::of(&[(Field::HttpStatus, "403")]).at(&timestamp).line())
    };
    // A command that judges ends with an error where it has read nothing, so there is a log of today for `--since 7d`.
    let then = Utc.with_ymd_and_hms(2026, 8, 1, 10, 0, 0).unwrap();
    let server = Server::new([log(then), log(Utc::now() - TimeDelta::hours(1))]);
    // Where `convert` writes to.
    std::fs::create_dir(server.root.path().join("my-store")).unwrap();
    let program = Program::new(&server).variable("AWS_ENDPOINT_URL", server.url());
    let mut count = 0;
    for example in examples() {
        // The server knows no other buckets, and not where logs are.
        let is_of_it = example.contains("my-logs")
            && !example.contains("--inventory")
            // Those are run against moto, which knows how buckets are set up (tests/services).
            && !example.starts_with("s3al logging ")
            // Sends nothing.
            && !example.starts_with("s3al ddl ");
        if !is_of_it {
            continue;
        }
        let words = shlex::split(&example).expect("words");
        assert_eq!(words[0], "s3al", "{example}");
        let mut words: Vec<&str> = words[1..].iter().map(String::as_str).collect();
        words.extend(["--no-sign-request", "--region", "us-east-1"]);
        if words[0] == "follow" {
            let run = Following::start(program.bare(&words));
            assert_eq!(run.end().0, 130, "{example}");
        } else {
            ran(&mut program.bare(&words)).done();
        }
        count += 1;
    }
    assert!(count > 4, "{count}");
}
