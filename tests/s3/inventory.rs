//! An inventory in a bucket: its manifest, and the files that it names.

use s3al::record::Field::{Bucket, Key, RequestUri};

use crate::harness::{Logs, Record};
use crate::server::{BUCKET, Server};

#[test]
fn what_nobody_read() {
    let manifest = r#"{"fileFormat":"CSV","fileSchema":"Bucket, Key, Size","files":[{"key":"inv/data/1.csv"},{"key":"inv/data/2.csv"}]}"#;
    let server = Server::new([
        ("inv/2026-08-02T00-00Z/manifest.json", manifest),
        ("inv/data/1.csv", "\"site\",\"read\",\"10\"\n"),
        ("inv/data/2.csv", "\"site\",\"unread\",\"20\"\n"),
        ("inv/data/2.csv.old", "\"site\",\"older\",\"30\"\n"),
    ]);
    let log = [Record::of(&[(Bucket, "site"), (Key, "read"), (RequestUri, "GET /read HTTP/1.1")])];
    let logs = Logs::of(&log);
    let cold = |key: &str| {
        let (inventory, url) = (format!("s3://{BUCKET}/{key}"), server.url());
        let source = ["cold", "logs", "--endpoint-url", &url, "--no-sign-request", "--format", "ndjson"];
        logs.run(&[&source[..], &["--inventory", &inventory]].concat())
    };
    let rows = cold("inv/2026-08-02T00-00Z/manifest.json").done().rows();
    let numbers =
        ["never_read_objects", "never_read_bytes", "objects", "bytes"].map(|name| rows[0][name].as_u64());
    assert_eq!((rows.len(), numbers), (1, [1, 20, 2, 30].map(Some)));
    cold("inv/none.csv").ended(2).says("none.csv").says("no such object");
}
