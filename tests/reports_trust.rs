//! What logs cost, what they leave unread, whether they can be trusted, and the ways around the command line: run as users
//! run them, over small logs whose answers were worked out by hand.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

const HOST_ID: &str = "s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP=";
const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
const GIB: u64 = 1 << 30;

struct Logs(TempDir);

impl Logs {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, lines: &[String]) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).expect("a file");
        self
    }

    fn run(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_s3al"))
            .args(args)
            .current_dir(self.0.path())
            // No config of whoever runs the tests.
            .env("HOME", self.path("home"))
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("APPDATA", self.path("config"))
            .output()
            .expect("s3al runs")
    }

    fn text(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {error}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// The tables and the tally; and the same bytes for any number of threads.
    fn json(&self, args: &[&str]) -> Value {
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
struct Record<'a> {
    time: &'a str,
    requester: &'a str,
    id: &'a str,
    operation: &'a str,
    key: &'a str,
    outcome: &'a str,
    bytes: u64,
    host: &'a str,
    region: Option<&'a str>,
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
    fn line(&self) -> String {
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

fn at(time: &str, id: usize) -> String {
    Record { time, id: &format!("R{id}"), ..Record::default() }.line()
}

/// Ten records at 0:30 and ten at 2:30, one of the former twice, and a line that is none.
fn trusted() -> Logs {
    let logs = Logs::new();
    let hour = |time, ids: std::ops::Range<usize>| ids.map(|id| at(time, id)).collect::<Vec<_>>();
    let mut late = hour("01/Aug/2026:02:30:00", 10..20);
    late.push(at("01/Aug/2026:00:30:00", 3));
    late.push("no record".into());
    logs.write("logs/2026-08-01-02-00-00-0123456789ABCDEF", &hour("01/Aug/2026:00:30:00", 0..10));
    logs.write("logs/2026-08-01-03-00-00-0123456789ABCDEF", &late);
    logs
}

#[test]
fn coverage() {
    let logs = trusted();
    let args = ["coverage", "logs", "--retention", "3d", "--until", "2026-08-03"];
    let report = logs.json(&args);
    assert_eq!(
        report["tables"]["overview"],
        json!([{
            "first_seen": "2026-08-01T00:30:00Z", "last_seen": "2026-08-01T02:30:00Z", "days_held": 1,
            "records": 21, "duplicates": 1, "rejected": 1, "ambiguous": 0,
            "missing_hours": 1, "retention_days": 3, "missing_days": 2,
        }])
    );
    assert_eq!(
        report["tables"]["gaps"],
        json!([{
            "bucket": "b", "since": "2026-08-01T01:00:00Z", "until": "2026-08-01T02:00:00Z", "hours": 1,
            "missing_hours": 1, "requests_before": 11, "requests_after": 10,
        }])
    );
    assert_eq!(
        report["tables"]["missing_days"],
        json!([
            { "first_day": "2026-07-31", "last_day": "2026-07-31", "days": 1 },
            { "first_day": "2026-08-02", "last_day": "2026-08-02", "days": 1 },
        ])
    );
    // 10 after half an hour, 10 after one and a half, the copy after two and a half.
    assert_eq!(
        report["tables"]["lag"],
        json!([{ "records": 21, "p50": 5_400_000, "p99": 9_000_000, "max": 9_000_000, "after_delivery": 0 }])
    );
    assert_eq!(
        report["tables"]["sources"],
        json!([{
            "source": "logs/2026-08-01-03-00-00-0123456789ABCDEF", "lines": 12, "rejected": 1,
            "share": 1.0 / 12.0, "ambiguous": 0,
        }])
    );
    assert_eq!(report["tables"]["delivery_gaps"], json!([]));
    insta::assert_snapshot!("coverage", logs.text(&args));

    let exit = |more: &[&str]| logs.run(&[&["coverage", "logs"][..], more].concat()).status.code();
    assert_eq!(exit(&[]), Some(0));
    assert_eq!(exit(&["--fail"]), Some(1));
    assert_eq!(exit(&["--fail", "--busy", "12"]), Some(0));
    assert_eq!(exit(&["--fail", "--busy", "12", "--retention", "1d", "--until", "2026-08-02"]), Some(0));
    assert_eq!(exit(&["--fail", "--busy", "12", "--retention", "2d", "--until", "2026-08-02"]), Some(1));
    assert_eq!(exit(&["--retention", "1h"]), Some(2));
}

#[test]
fn coverage_without_anything_to_tell() {
    let logs = Logs::new();
    logs.write("some.log", &[at("01/Aug/2026:00:30:00", 1)]);
    let report = logs.json(&["coverage", "some.log"]);
    assert_eq!(report["tables"]["lag"], json!([]));
    assert_eq!(report["tables"]["overview"][0]["missing_days"], Value::Null);
    logs.write("none.log", &[]);
    let report = logs.json(&["coverage", "none.log"]);
    assert_eq!(report["tables"]["overview"][0]["first_seen"], Value::Null);
}

#[test]
fn duplicates_are_left_out() {
    let logs = trusted();
    let report = logs.json(&["summary", "logs", "--dedupe"]);
    assert_eq!(report["tables"]["overview"][0]["requests"], 20);
    let tally = &report["tally"];
    assert_eq!(
        (&tally["records"], &tally["matched"], &tally["duplicates"]),
        (&json!(21), &json!(20), &json!(1))
    );
    assert_eq!(logs.json(&["summary", "logs"])["tally"].get("duplicates"), None);
    // The first copy stays, wherever the threads are.
    let export = logs.json(&["export", "logs", "--dedupe"]);
    let ids: Vec<_> =
        export["tables"]["records"].as_array().expect("rows").iter().map(|row| &row["request_id"]).collect();
    let expected: Vec<_> = (0..20).map(|id| json!(format!("R{id}"))).collect();
    assert_eq!(ids, expected.iter().collect::<Vec<_>>());
    assert_eq!(export["tally"]["duplicates"], 1);
    let raw = logs.text(&["export", "logs", "--dedupe", "--format", "raw", "--limit", "5"]);
    assert_eq!(raw.lines().count(), 5);
    let output = logs.run(&["export", "logs", "--dedupe", "--format", "table"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("1 duplicate left out"));
}

/// Every file twice, in many files: threads meet the copies in any order.
#[test]
fn copies_in_many_files() {
    let logs = Logs::new();
    for file in 0..40 {
        let lines: Vec<_> = (0..50).map(|id| at("01/Aug/2026:00:30:00", (file % 20) * 50 + id)).collect();
        logs.write(&format!("logs/{file:02}"), &lines);
    }
    let report = logs.json(&["export", "logs", "--dedupe"]);
    assert_eq!(report["tables"]["records"].as_array().map(Vec::len), Some(1000));
    assert_eq!(report["tally"]["duplicates"], 1000);
    assert_eq!(logs.json(&["coverage", "logs"])["tables"]["overview"][0]["duplicates"], 1000);
}

fn charged() -> Logs {
    let logs = Logs::new();
    let usual = || Record { region: Some("-"), host: "b.s3.eu-west-1.amazonaws.com", ..Record::default() };
    let put = Record { operation: "REST.PUT.OBJECT", ..usual() };
    let lines = [
        put.clone(),
        Record { id: "R1", ..put },
        Record { operation: "REST.GET.BUCKET", key: "-", bytes: 1024, region: Some("eu-west-1"), ..usual() },
        Record { bytes: GIB, region: Some("us-east-1"), ..usual() },
        Record { bytes: 2 * GIB, ..usual() },
        Record { operation: "REST.DELETE.OBJECT", outcome: "204 -", ..usual() },
        Record { requester: "-", outcome: "403 AccessDenied", bytes: 300, ..usual() },
        Record { requester: "-", bytes: GIB, region: None, ..usual() },
        Record { requester: "svc:cloudfront.amazonaws.com", bytes: GIB, ..usual() },
        Record { requester: "AmazonS3", operation: "S3.TRANSITION.OBJECT", outcome: "- -", ..usual() },
        Record { requester: "AmazonS3", operation: "S3.EXPIRE.OBJECT", outcome: "- -", ..usual() },
    ];
    logs.write("log", &lines.map(|record| record.line()));
    logs
}

fn assert_close(value: &Value, expected: f64) {
    let value = value.as_f64().expect("a number");
    assert!((value - expected).abs() < 1e-12, "{value} is not {expected}");
}

#[test]
fn cost() {
    let logs = charged();
    let report = logs.json(&["cost", "log"]);
    let rows = report["tables"]["charges"].as_array().expect("rows");
    let requesters: Vec<_> = rows.iter().map(|row| row["requester"].clone()).collect();
    assert_eq!(
        requesters,
        [json!(ALICE), Value::Null, json!("AmazonS3"), json!("svc:cloudfront.amazonaws.com")]
    );
    let counts = |row: &Value| {
        let names = ["requests", "tier1_requests", "tier2_requests", "free_requests", "transitions"];
        names.map(|name| row[name].as_u64().expect("a count"))
    };
    let bytes = |row: &Value| {
        let names = ["free", "same_region", "other_region", "internet", "unknown"];
        names.map(|name| row[format!("bytes_{name}")].as_u64().expect("bytes"))
    };
    assert_eq!(counts(&rows[0]), [6, 3, 2, 1, 0]);
    assert_eq!(bytes(&rows[0]), [0, 1024, GIB, 2 * GIB, 0]);
    // 3 × 0.005 / 1000 + 2 × 0.0004 / 1000, and 0.02 + 2 × 0.09.
    assert_close(&rows[0]["request_cost"], 0.000_015_8);
    assert_close(&rows[0]["transfer_cost"], 0.2);
    assert_close(&rows[0]["cost"], 0.200_015_8);
    assert_eq!((counts(&rows[1]), bytes(&rows[1])), ([2, 0, 1, 1, 0], [300, 0, 0, 0, GIB]));
    assert_close(&rows[1]["cost"], 0.090_000_4);
    assert_eq!((counts(&rows[2]), bytes(&rows[2])), ([2, 0, 0, 1, 1], [0; 5]));
    assert_close(&rows[2]["cost"], 0.000_03);
    assert_eq!((counts(&rows[3]), bytes(&rows[3])), ([1, 0, 1, 0, 0], [GIB, 0, 0, 0, 0]));
    assert_eq!(counts(&report["tables"]["total"][0]), [11, 3, 4, 3, 1]);
    insta::assert_snapshot!("cost", logs.text(&["cost", "log"]));
}

#[test]
fn cost_at_other_prices() {
    let logs = charged();
    fs::write(logs.path("eu.toml"), "region = \"eu-west-1\"\n[transfer]\ninternet = 1\n").expect("a file");
    let report = logs.json(&["cost", "log", "--by", "bucket,method", "--prices", "eu.toml"]);
    let row = &report["tables"]["charges"][0];
    assert_eq!((&row["bucket"], &row["method"]), (&json!("b"), &json!("GET")));
    // 2 GiB to the internet and one to where nobody knows, one to another region.
    assert_close(&row["transfer_cost"], 3.02);
    fs::write(logs.path("bad.toml"), "[request]\n").expect("a file");
    let output = logs.run(&["cost", "log", "--prices", "bad.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("request"));
}

#[test]
fn the_region_of_a_bucket_that_nobody_named() {
    let logs = Logs::new();
    let record = Record { bytes: GIB, region: Some("eu-west-1"), ..Record::default() };
    logs.write("log", &[record.line()]);
    let bytes = |args: &[&str]| {
        let total = &logs.json(&[&["cost", "log"][..], args].concat())["tables"]["total"][0];
        (total["bytes_same_region"].as_u64(), total["bytes_other_region"].as_u64())
    };
    assert_eq!(bytes(&[]), (Some(0), Some(GIB)));
    assert_eq!(bytes(&["--bucket-region", "eu-west-1"]), (Some(GIB), Some(0)));
    assert!(logs.text(&["cost", "log"]).contains("name it with --bucket-region"));
}

fn cold_logs() -> Logs {
    let logs = Logs::new();
    let day = |clock: &'static str, operation: &'static str, key: &'static str| Record {
        time: clock,
        operation,
        key,
        ..Record::default()
    };
    let lines = [
        day("01/Aug/2026:09:00:00", "REST.PUT.OBJECT", "hot/a"),
        Record { bytes: 100, ..day("01/Aug/2026:10:00:00", "REST.GET.OBJECT", "hot/a") },
        day("01/Aug/2026:11:00:00", "REST.PUT.OBJECT", "hot/b"),
        day("01/Aug/2026:08:00:00", "REST.PUT.OBJECT", "gone/c"),
        day("01/Aug/2026:12:00:00", "REST.DELETE.OBJECT", "gone/c"),
        day("01/Aug/2026:12:00:00", "REST.HEAD.OBJECT", "meta/d"),
        Record { outcome: "404 NoSuchKey", ..day("01/Aug/2026:12:00:00", "REST.GET.OBJECT", "no/e") },
        Record { bytes: 50, ..day("01/Aug/2026:07:00:00", "REST.GET.OBJECT", "cold/x+y") },
        day("01/Aug/2026:07:00:00", "REST.GET.BUCKET", "-"),
    ];
    logs.write("log", &lines.map(|record| record.line()));
    logs
}

#[test]
fn cold() {
    let logs = cold_logs();
    let report = logs.json(&["cold", "log"]);
    let t = |hour: u32| json!(format!("2026-08-01T{hour:02}:00:00Z"));
    let row = |prefix: &str, read: Value, write: Value, delete: Value, requests: u64, bytes: u64| {
        json!({
            "bucket": "b", "prefix": prefix, "last_read": read, "last_write": write, "last_delete": delete,
            "requests": requests, "bytes_sent": bytes,
        })
    };
    let never = || Value::Null;
    assert_eq!(
        report["tables"]["prefixes"],
        json!([
            row("meta/", never(), never(), never(), 1, 0),
            row("gone/", never(), t(8), t(12), 2, 0),
            row("cold/", t(7), never(), never(), 1, 50),
            row("hot/", t(10), t(11), never(), 3, 100),
        ])
    );
    let report = logs.json(&["cold", "log", "--by", "key"]);
    let objects: Vec<_> =
        report["tables"]["objects"].as_array().expect("rows").iter().map(|row| &row["object"]).collect();
    assert_eq!(objects, [&json!("meta/d"), &json!("hot/b"), &json!("cold/x+y"), &json!("hot/a")]);
    insta::assert_snapshot!("cold", logs.text(&["cold", "log"]));
}

const INVENTORY: &str = "\"b\",\"hot/a\",\"100\",\"2026-01-01T00:00:00.000Z\",\"e\",\"STANDARD\"\n\
    \"b\",\"hot/b\",\"200\",\"2026-01-02T00:00:00.000Z\",\"e\",\"STANDARD\"\n\
    \"b\",\"cold/x+y\",\"5000\",\"2026-01-03T00:00:00.000Z\",\"e\",\"STANDARD\"\n\
    \"b\",\"cold/z%3D\",\"7000\",\"2026-01-04T00:00:00.000Z\",\"e\",\"STANDARD_IA\"\n";

fn check_inventory(report: &Value) {
    let overview = &report["tables"]["overview"][0];
    let numbers = ["never_read_objects", "never_read_bytes", "objects", "bytes"];
    assert_eq!(numbers.map(|name| overview[name].as_u64()), [2, 7200, 4, 12_300].map(Some));
    let prefixes = report["tables"]["prefixes"].as_array().expect("rows");
    let prefixes: Vec<_> =
        prefixes.iter().map(|row| (row["prefix"].as_str(), numbers.map(|name| row[name].as_u64()))).collect();
    assert_eq!(
        prefixes,
        [(Some("cold/"), [1, 7000, 2, 12_000].map(Some)), (Some("hot/"), [1, 200, 2, 300].map(Some)),]
    );
    assert_eq!(report["tables"]["objects"][0]["object"], "cold/z=");
    assert_eq!(report["tables"]["objects"][1]["object_size"], 200);
}

#[test]
fn cold_with_an_inventory() {
    let logs = cold_logs();
    fs::write(logs.path("i.csv"), INVENTORY).expect("a file");
    let report = logs.json(&["cold", "log", "--inventory", "i.csv"]);
    check_inventory(&report);
    assert_eq!(report["tables"]["objects"][0]["storage_class"], "STANDARD_IA");
    insta::assert_snapshot!("cold_inventory", logs.text(&["cold", "log", "--inventory", "i.csv"]));
    let limited = logs.json(&["cold", "log", "--inventory", "i.csv", "--limit", "1"]);
    assert_eq!(limited["tables"]["objects"].as_array().map(Vec::len), Some(1));

    // A manifest knows the columns and the files; the columns can be given, too.
    fs::create_dir_all(logs.path("inv/2026-08-02T00-00Z")).expect("a folder");
    fs::create_dir_all(logs.path("inv/data")).expect("a folder");
    let manifest = json!({
        "fileFormat": "CSV", "fileSchema": "Bucket, Key, Size, LastModifiedDate",
        "files": [{ "key": "dest/b/inv/data/1.csv", "size": 1 }],
    });
    fs::write(logs.path("inv/2026-08-02T00-00Z/manifest.json"), manifest.to_string()).expect("a file");
    fs::write(logs.path("inv/data/1.csv"), INVENTORY).expect("a file");
    check_inventory(&logs.json(&["cold", "log", "--inventory", "inv/2026-08-02T00-00Z/manifest.json"]));
    check_inventory(&logs.json(&[
        "cold",
        "log",
        "--inventory",
        "i.csv",
        "--inventory-schema",
        "Bucket,Key,Size",
    ]));

    let error = |args: &[&str]| {
        let output = logs.run(&[&["cold", "log"][..], args].concat());
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(error(&["--inventory", "s3:///manifest.json"]).contains("bucket"));
    assert!(error(&["--inventory", "no.csv"]).contains("no.csv"));
    assert!(error(&["--inventory", "i.csv", "--inventory-schema", "Size"]).contains("Bucket and Key"));
}

#[test]
fn named_sources_and_defaults() {
    let logs = trusted();
    fs::create_dir_all(logs.path("config/s3al")).expect("a folder");
    let config = logs.path("config/s3al/s3al.toml");
    fs::write(&config, "[sources.prod]\npaths = [\"logs\"]\n[defaults]\nformat = \"json\"\nlimit = 1\n")
        .expect("a file");
    let report: Value = serde_json::from_str(&logs.text(&["failed", "@prod"])).expect("JSON by default");
    assert_eq!(report["tally"]["records"], 21);
    let rows = |args: &[&str]| {
        let text =
            logs.text(&[&["top", "@prod", "--by", "request_id", "--format", "csv"][..], args].concat());
        text.lines().count() - 1
    };
    assert_eq!((rows(&[]), rows(&["--limit", "3"])), (1, 3));

    let error = |args: &[&str]| {
        let output = logs.run(args);
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(error(&["failed", "@test"]).contains("@prod"));
    fs::write(&config, "[defaults]\nformat = \"xml\"\n").expect("a file");
    let said = error(&["failed", "logs"]);
    assert!(said.contains("s3al.toml") && said.contains("xml"), "{said}");
    fs::write(logs.path("my.toml"), "[sources.x]\nbuckt = \"b\"\n").expect("a file");
    assert!(error(&["failed", "logs", "--config", "my.toml"]).contains("expected one of `paths`"));
    assert!(error(&["failed", "logs", "--config=none.toml"]).contains("none.toml"));
    fs::write(logs.path("my.toml"), "").expect("a file");
    assert!(logs.text(&["failed", "logs", "--config", "my.toml"]).contains("nothing found"));
    fs::write(&config, "nonsense").expect("a file");
    assert!(logs.text(&["--help"]).contains("Reports:"));
}

#[test]
fn help_has_headings() {
    let logs = Logs::new();
    let help = logs.text(&["--help"]);
    for heading in ["Get logs:", "Reports:", "Investigate:", "Trust the data:", "Options:"] {
        assert!(help.contains(heading), "{help}");
    }
    let place = |text: &str| help.find(text).unwrap_or_else(|| panic!("{text}: {help}"));
    assert!(place("Trust the data:") < place("\n  coverage ") && place("\n  cost ") < place("Investigate:"));
}

#[test]
fn completions_and_manual() {
    let logs = Logs::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(logs.text(&["completions", shell]).contains("coverage"), "{shell}");
    }
    assert!(logs.text(&["man"]).contains(".TH s3al 1"));
    assert!(logs.text(&["man", "cost"]).contains("bucket\\-region"));
    assert_eq!(logs.run(&["man", "nothing"]).status.code(), Some(2));
    logs.text(&["man", "--dir", "man"]);
    let has = |name: &str| Path::new(&logs.path("man")).join(name).is_file();
    assert!(has("s3al.1") && has("s3al-coverage.1") && has("s3al-top-requesters.1"));
}
