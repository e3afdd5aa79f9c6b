//! Logs of which times, addresses and outcomes matter, in several files; and what the program says of them.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use super::command;

/// One record, with what the tests look at; the rest is the same in all.
#[derive(Clone)]
pub struct Line {
    pub bucket: &'static str,
    pub time: String,
    pub ip: String,
    pub requester: &'static str,
    pub operation: &'static str,
    pub key: &'static str,
    pub status: &'static str,
    pub error: &'static str,
    pub bytes: u64,
    pub total_time: u64,
    pub turn_around_time: u64,
}

impl Line {
    pub fn write(&self, out: &mut String) {
        let Self { bucket, time, ip, requester, operation, key, status, error, bytes, .. } = self;
        let (total_time, turn_around_time) = (self.total_time, self.turn_around_time);
        if operation.starts_with("S3.") {
            writeln!(
                out,
                "79a59d {bucket} [{time} +0000] - AmazonS3 3E57427F3EXAMPLE {operation} {key} \"-\" - - - 100 - - \"-\" \"-\" -"
            )
        } else {
            writeln!(
                out,
                "79a59d {bucket} [{time} +0000] {ip} {requester} 3E57427F3EXAMPLE {operation} {key} \"GET /{key} HTTP/1.1\" {status} {error} {bytes} - {total_time} {turn_around_time} \"-\" \"aws-cli/2.1\" -"
            )
        }
        .unwrap();
    }
}

/// A read at a time such as `01/Aug/2026:10:00:00`.
pub fn get(time: &str) -> Line {
    Line {
        bucket: "photos",
        time: time.to_owned(),
        ip: "192.0.2.1".to_owned(),
        requester: "arn:aws:iam::111122223333:user/alice",
        operation: "REST.GET.OBJECT",
        key: "a/1",
        status: "200",
        error: "-",
        bytes: 100,
        total_time: 20,
        turn_around_time: 10,
    }
}

/// A folder of logs: several files, so that several threads have something to read.
pub fn folder(lines: &[Line]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (place, part) in lines.chunks(lines.len().div_ceil(5).max(1)).enumerate() {
        let mut text = String::new();
        part.iter().for_each(|line| line.write(&mut text));
        std::fs::write(folder.path().join(place.to_string()), text).unwrap();
    }
    folder
}

/// What the program prints, which has to be the same on one thread and on three.
pub fn run(folder: &Path, arguments: &[&str]) -> String {
    let output = ["1", "3"].map(|threads| {
        let mut command = command();
        let command =
            command.arg(arguments[0]).arg(folder).args(&arguments[1..]).args(["--threads", threads]);
        let output = command.output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{message}");
        String::from_utf8(output.stdout).unwrap()
    });
    assert_eq!(output[0], output[1], "the same bytes on any number of threads");
    let [output, _] = output;
    output
}

pub fn json(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&run(folder, &[arguments, &["--format", "json"]].concat())).unwrap()
}

/// The rows of a table, some columns of them.
pub fn rows(report: &Value, table: &str, columns: &[&str]) -> Vec<Value> {
    let rows = report["tables"][table].as_array().unwrap_or_else(|| panic!("no table {table}: {report}"));
    let row = |row: &Value| columns.iter().map(|column| row[*column].clone()).collect();
    rows.iter().map(row).collect()
}

pub fn error(arguments: &[&str]) -> String {
    let output = command().args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8(output.stderr).unwrap()
}

/// Requests of three addresses to two buckets over ten minutes, as many as a fixed rule says.
pub fn busy() -> Vec<Line> {
    let mut lines = Vec::new();
    for minute in 0..10 {
        for (place, ip) in ["192.0.2.1", "192.0.2.2", "192.0.2.3"].into_iter().enumerate() {
            for request in 0..(minute * 37 + place * 53) % 150 {
                let (bucket, failed) =
                    if request % 3 == 0 { ("logs", request % 2 == 0) } else { ("photos", minute == 4) };
                let (status, error) = if failed { ("403", "AccessDenied") } else { ("200", "-") };
                let time = format!("01/Aug/2026:10:{minute:02}:{:02}", request % 60);
                let key = ["a/1", "a/2", "b/1"][request % 3];
                lines.push(Line { ip: ip.into(), bucket, status, error, key, ..get(&time) });
            }
        }
    }
    // Files are in no order.
    let half = lines.len() / 2;
    lines.rotate_left(half);
    lines
}
