//! `cost`: what requests and transfer cost.

use s3al::record::Field::{
    self, AclRequired, Bucket, BytesSent, HostHeader, Key, Operation, RequestUri, Requester, SourceRegion,
};
use serde_json::{Value, json};

use crate::harness::{ALICE, Logs, Record};

const GIB: u64 = 1 << 30;

/// A request for an object of bucket `b`.
const OF_K: [(Field, &str); 3] = [(Bucket, "b"), (Key, "k"), (RequestUri, "GET /k HTTP/1.1")];

fn charged() -> Logs {
    let logs = Logs::new();
    let host = [(HostHeader, "b.s3.eu-west-1.amazonaws.com")];
    let usual = || Record::of(&[&OF_K[..], &host].concat());
    let put = usual().with(Operation, "REST.PUT.OBJECT");
    let listing = usual().with(Operation, "REST.GET.BUCKET").with(Key, "-");
    let records = [
        put.clone(),
        put,
        listing.with(BytesSent, 1024).with(SourceRegion, "eu-west-1"),
        usual().with(BytesSent, GIB).with(SourceRegion, "us-east-1"),
        usual().with(BytesSent, 2 * GIB),
        usual().with(Operation, "REST.DELETE.OBJECT").outcome("204 -"),
        usual().with(Requester, "-").outcome("403 AccessDenied").with(BytesSent, 300),
        // Of before the field that says where it came from.
        usual().with(Requester, "-").with(BytesSent, GIB).until(AclRequired),
        usual().with(Requester, "svc:cloudfront.amazonaws.com").with(BytesSent, GIB),
        usual().by_s3("S3.TRANSITION.OBJECT"),
        usual().by_s3("S3.EXPIRE.OBJECT"),
    ];
    logs.write("log", &records);
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
    logs.write_text("eu.toml", "region = \"eu-west-1\"\n[transfer]\ninternet = 1\n");
    let report = logs.json(&["cost", "log", "--by", "bucket,method", "--prices", "eu.toml"]);
    let row = &report["tables"]["charges"][0];
    assert_eq!((&row["bucket"], &row["method"]), (&json!("b"), &json!("GET")));
    // 2 GiB to the internet and one to where nobody knows, one to another region.
    assert_close(&row["transfer_cost"], 3.02);
    logs.write_text("bad.toml", "[request]\n");
    logs.run(&["cost", "log", "--prices", "bad.toml"]).ended(2).says("request");
}

#[test]
fn the_region_of_a_bucket_that_nobody_named() {
    let logs = Logs::new();
    let record = Record::of(&OF_K).with(HostHeader, "b.s3.amazonaws.com").with(BytesSent, GIB);
    logs.write("log", &[record.with(SourceRegion, "eu-west-1")]);
    let bytes = |args: &[&str]| {
        let total = &logs.json(&[&["cost", "log"][..], args].concat())["tables"]["total"][0];
        (total["bytes_same_region"].as_u64(), total["bytes_other_region"].as_u64())
    };
    assert_eq!(bytes(&[]), (Some(0), Some(GIB)));
    assert_eq!(bytes(&["--bucket-region", "eu-west-1"]), (Some(GIB), Some(0)));
    assert!(logs.text(&["cost", "log"]).contains("name it with --bucket-region"));
}
