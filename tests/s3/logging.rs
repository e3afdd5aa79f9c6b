//! `logging status` where much cannot be asked.

use serde_json::json;

use crate::program::Program;
use crate::server::{Act, CREDENTIALS, On, Server};

const TO: &str = "<BucketLoggingStatus><LoggingEnabled><TargetBucket>my-logs</TargetBucket><TargetPrefix>my-logs/</TargetPrefix></LoggingEnabled></BucketLoggingStatus>";

#[test]
fn what_cannot_be_asked_is_named_and_the_rest_is_told() {
    let server = Server::signed([("my-logs/2026-08-01-10-00-00-0123456789ABCDEF", "")]);
    server.rule(usize::MAX, On::Logging, Act::Body(TO.to_owned()));
    let program = Program::new(&server).keys(CREDENTIALS);
    let ran = program.run(&["logging", "status", "my-logs", "--format", "json", "--region", "us-east-1"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let tables = ran.json()["tables"].clone();
    let row = &tables["buckets"][0];
    assert_eq!((&row["logging"], &row["target"]), (&json!("on"), &json!("my-logs")), "{row}");
    assert_eq!(row["newest_log"], json!("2026-08-01T10:00:00Z"));
    let names: Vec<_> =
        tables["findings"].as_array().unwrap().iter().map(|found| &found["finding"]).collect();
    assert!(names.contains(&&json!("logs_into_itself")), "{names:?}");
    // The server knows no encryption, for one.
    let unknown = tables["unknown"].as_array().unwrap();
    assert!(unknown.iter().any(|row| row["what"] == "encryption"), "{unknown:?}");
    assert_eq!(program.run(&["logging", "status", "my-logs", "--fail", "--region", "us-east-1"]).code, 1);

    server.clear();
    server.rule(usize::MAX, On::Logging, Act::Fail(403, "AccessDenied"));
    let ran = program.run(&["logging", "status", "my-logs", "--format", "json", "--region", "us-east-1"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let unknown = ran.json()["tables"]["unknown"].clone();
    assert!(unknown.to_string().contains("s3:GetBucketLogging is missing"), "{unknown}");
    // Whose account it is, nobody tells here.
    let ran = program.run(&["logging", "enable", "my-site", "--target", "my-logs", "--region", "us-east-1"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("--expected-bucket-owner ACCOUNT"), "{ran:?}");
}
