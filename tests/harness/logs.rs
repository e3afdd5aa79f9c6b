//! A folder of logs with names and fields of one's own, and the program run inside it.

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

use super::command;

pub const HOST_ID: &str = "s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP=";

pub const ALICE: &str = "arn:aws:iam::111122223333:user/alice";

pub const GIB: u64 = 1 << 30;

pub struct Logs(pub TempDir);

impl Logs {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, lines: &[String]) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).expect("a file");
        self
    }

    pub fn run(&self, args: &[&str]) -> Output {
        command()
            .args(args)
            .current_dir(self.0.path())
            // No config of whoever runs the tests.
            .env("HOME", self.path("home"))
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("APPDATA", self.path("config"))
            .output()
            .expect("s3al runs")
    }

    pub fn text(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {error}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// The tables and the tally; and the same bytes for any number of threads.
    pub fn json(&self, args: &[&str]) -> Value {
        let with = |threads| {
            let args: Vec<&str> =
                args.iter().copied().chain(["--format", "json", "--threads", threads]).collect();
            self.run(&args).stdout
        };
        let one = with("1");
        assert_eq!(one, with("3"), "{args:?}: threads change the answer");
        serde_json::from_slice(&one).expect("JSON")
    }
}

/// A record; what is not told is usual.
#[derive(Clone)]
pub struct Record<'a> {
    pub time: &'a str,
    pub requester: &'a str,
    pub id: &'a str,
    pub operation: &'a str,
    pub key: &'a str,
    pub outcome: &'a str,
    pub bytes: u64,
    pub host: &'a str,
    pub region: Option<&'a str>,
}

impl Default for Record<'_> {
    fn default() -> Self {
        Self {
            time: "01/Aug/2026:10:00:00",
            requester: ALICE,
            id: "R0",
            operation: "REST.GET.OBJECT",
            key: "k",
            outcome: "200 -",
            bytes: 0,
            host: "b.s3.amazonaws.com",
            region: None,
        }
    }
}

impl Record<'_> {
    pub fn line(&self) -> String {
        let Self { time, requester, id, operation, key, outcome, .. } = self;
        let bytes = if self.bytes == 0 { "-".to_owned() } else { self.bytes.to_string() };
        let region = self.region.map(|region| format!(" {region}")).unwrap_or_default();
        let host = self.host;
        let path = if *key == "-" { "?list-type=2" } else { key };
        format!(
            "79a59d b [{time} +0000] 192.0.2.3 {requester} {id} {operation} {key} \"GET /{path} HTTP/1.1\" {outcome} {bytes} - 9 8 \"-\" \"aws-cli/2.1\" - {HOST_ID} SigV4 ECDHE AuthHeader {host} TLSv1.2 - -{region}"
        )
    }
}

pub fn at(time: &str, id: usize) -> String {
    Record { time, id: &format!("R{id}"), ..Record::default() }.line()
}
