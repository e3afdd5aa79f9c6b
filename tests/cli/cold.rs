//! `cold`: what nobody reads.

use s3al::record::Field::{Bucket, BytesSent, Key, Operation};
use serde_json::{Value, json};

use crate::harness::{Logs, Record};

fn cold_logs() -> Logs {
    let logs = Logs::new();
    let at = |clock: &str, operation, key| {
        let fields = [(Bucket, "b"), (Operation, operation), (Key, key)];
        Record::of(&fields).at(&format!("01/Aug/2026:{clock}"))
    };
    let records = [
        at("09:00:00", "REST.PUT.OBJECT", "hot/a"),
        at("10:00:00", "REST.GET.OBJECT", "hot/a").with(BytesSent, 100),
        at("11:00:00", "REST.PUT.OBJECT", "hot/b"),
        at("08:00:00", "REST.PUT.OBJECT", "gone/c"),
        at("12:00:00", "REST.DELETE.OBJECT", "gone/c"),
        at("12:00:00", "REST.HEAD.OBJECT", "meta/d"),
        at("12:00:00", "REST.GET.OBJECT", "no/e").outcome("404 NoSuchKey"),
        at("07:00:00", "REST.GET.OBJECT", "cold/x+y").with(BytesSent, 50),
        at("07:00:00", "REST.GET.BUCKET", "-"),
    ];
    logs.write("log", &records);
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
    logs.write_text("i.csv", INVENTORY);
    let report = logs.json(&["cold", "log", "--inventory", "i.csv"]);
    check_inventory(&report);
    assert_eq!(report["tables"]["objects"][0]["storage_class"], "STANDARD_IA");
    insta::assert_snapshot!("cold_inventory", logs.text(&["cold", "log", "--inventory", "i.csv"]));
    let limited = logs.json(&["cold", "log", "--inventory", "i.csv", "--limit", "1"]);
    assert_eq!(limited["tables"]["objects"].as_array().map(Vec::len), Some(1));

    // A manifest knows the columns and the files; the columns can be given, too.
    let manifest = json!({
        "fileFormat": "CSV", "fileSchema": "Bucket, Key, Size, LastModifiedDate",
        "files": [{ "key": "dest/b/inv/data/1.csv", "size": 1 }],
    });
    logs.write_text("inv/2026-08-02T00-00Z/manifest.json", &manifest.to_string());
    logs.write_text("inv/data/1.csv", INVENTORY);
    check_inventory(&logs.json(&["cold", "log", "--inventory", "inv/2026-08-02T00-00Z/manifest.json"]));
    check_inventory(&logs.json(&[
        "cold",
        "log",
        "--inventory",
        "i.csv",
        "--inventory-schema",
        "Bucket,Key,Size",
    ]));

    let refused = |args: &[&str]| logs.run(&[&["cold", "log"][..], args].concat()).ended(2);
    refused(&["--inventory", "s3:///manifest.json"]).says("bucket");
    refused(&["--inventory", "no.csv"]).says("no.csv");
    refused(&["--inventory", "i.csv", "--inventory-schema", "Size"]).says("Bucket and Key");
}
