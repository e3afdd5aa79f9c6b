//! The examples of the help that read a bucket.

use s3al::record::Field;

use crate::harness::{examples, ran, record};
use crate::program::Program;
use crate::server::Server;

#[test]
fn every_example_of_a_bucket_runs() {
    let log = record(&[(Field::HttpStatus, "403")]);
    let server = Server::new([("prod/2026-08-01-10-00-00-0123456789ABCDEF", log)]);
    let program = Program::new(&server).variable("AWS_ENDPOINT_URL", server.url());
    let mut count = 0;
    for example in examples() {
        // The server knows no other buckets, and not where logs are.
        let is_of_it = example.contains("my-logs") && !example.contains("--inventory");
        if !is_of_it {
            continue;
        }
        let words = shlex::split(&example).expect("words");
        assert_eq!(words[0], "s3al", "{example}");
        let mut words: Vec<&str> = words[1..].iter().map(String::as_str).collect();
        words.extend(["--no-sign-request", "--region", "us-east-1"]);
        ran(&mut program.bare(&words)).done();
        count += 1;
    }
    assert!(count > 4, "{count}");
}
