//! The commands that investigate, on small logs whose right answers were worked out by hand.

mod access;
mod audit;
mod failed;
mod guide;
mod history;

use std::process::{Command, Output};

use s3al::record::Field;
use serde_json::Value;

/// A line of the log format with all 27 fields: the given ones and ordinary values for the rest.
fn record(fields: &[(Field, &str)]) -> String {
    let words = Field::ALL.map(|field| {
        let given = fields.iter().find(|(other, _)| *other == field).map(|(_, text)| *text);
        let text = given.unwrap_or(match field {
            Field::BucketOwner => "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be",
            Field::Bucket => "my-bucket",
            Field::Timestamp => "01/Aug/2026:10:00:00 +0000",
            Field::RemoteIp => "192.0.2.3",
            Field::Requester => "arn:aws:iam::111122223333:user/alice",
            Field::RequestId => "3E57427F3EXAMPLE",
            Field::Operation => "REST.GET.OBJECT",
            Field::HttpStatus => "200",
            Field::UserAgent => "aws-cli/2.15.30",
            Field::HostId => "s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP=",
            Field::SignatureVersion => "SigV4",
            Field::CipherSuite => "TLS_AES_128_GCM_SHA256",
            Field::AuthenticationType => "AuthHeader",
            Field::HostHeader => "my-bucket.s3.eu-central-1.amazonaws.com",
            Field::TlsVersion => "TLSv1.3",
            _ => "-",
        });
        match field {
            Field::Timestamp => format!("[{text}]"),
            Field::RequestUri | Field::Referer | Field::UserAgent => format!("\"{text}\""),
            _ => text.to_owned(),
        }
    });
    words.join(" ") + "\n"
}

/// The same line as it was before March 2019, without the fields behind version_id.
fn old(line: &str) -> String {
    let (start, version) = line.rsplit_once("\" ").expect("a user agent");
    format!("{start}\" {}\n", version.split(' ').next().expect("a version id"))
}

/// Runs the command on the log, cut into a file for each line, so that threads have something to share.
fn run(log: &str, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    for (place, line) in log.split_inclusive('\n').enumerate() {
        std::fs::write(folder.path().join(format!("{place:03}")), line).expect("a line");
    }
    let command = Command::new(env!("CARGO_BIN_EXE_s3al")).args(arguments).arg(folder.path()).output();
    command.expect("s3al runs")
}

/// What the command prints. The number of threads makes no difference.
fn stdout(log: &str, arguments: &[&str]) -> String {
    let one = run(log, &[arguments, &["--threads", "1"]].concat());
    let three = run(log, &[arguments, &["--threads", "3"]].concat());
    assert_eq!(one.stdout, three.stdout, "{arguments:?}");
    assert_eq!(one.status.code(), Some(0), "{}", String::from_utf8_lossy(&one.stderr));
    String::from_utf8(one.stdout).expect("UTF-8")
}

/// Checks the rows of a table: the values of these columns (with ` | ` between them), null as a dash.
fn assert_rows(log: &str, arguments: &[&str], table: &str, columns: &str, expected: &[&str]) {
    let text = stdout(log, &[arguments, &["--format", "json"]].concat());
    let report: Value = serde_json::from_str(&text).expect("JSON");
    let rows = report["tables"][table].as_array().unwrap_or_else(|| panic!("no {table} in {text}"));
    let value = |row: &Value, column: &str| match row.get(column) {
        None => panic!("no {column} in {row}"),
        Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let row = |row| columns.split(" | ").map(|column| value(row, column)).collect::<Vec<_>>().join(" | ");
    assert_eq!(rows.iter().map(row).collect::<Vec<_>>(), expected, "{arguments:?}");
}

/// Every command answers the same on the shipped lines, however many threads read them.
#[test]
fn threads_make_no_difference() {
    let commands: [&[&str]; 6] = [
        &["history", "--key", "*"],
        &["audit", "--limit", "0"],
        &["access", "--limit", "0", "--depth", "2"],
        &["access", "--as-policy"],
        &["access", "--as-policy", "--requester", "*"],
        &["failed", "--causes", "--limit", "0"],
    ];
    for command in commands {
        let run = |threads| {
            let output = Command::new(env!("CARGO_BIN_EXE_s3al"))
                .args(command)
                .args(["--threads", threads, "tests/fixtures"])
                .output()
                .expect("s3al runs");
            assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
            output.stdout
        };
        let one = run("1");
        assert!(one.len() > 500, "{command:?}: {}", String::from_utf8_lossy(&one));
        assert!(one == run("3"), "{command:?}");
    }
}
