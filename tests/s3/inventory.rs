//! An inventory in a bucket: its manifest, and the files that it names.

use std::process::Command;

use crate::server::{BUCKET, Server};

const LOG: &str = "79a59d site [01/Aug/2026:10:00:00 +0000] 192.0.2.3 - R1 REST.GET.OBJECT read \"GET /read HTTP/1.1\" 200 - 10 10 9 8 \"-\" \"curl\" -\n";

#[test]
fn what_nobody_read() {
    let manifest = r#"{"fileFormat":"CSV","fileSchema":"Bucket, Key, Size","files":[{"key":"inv/data/1.csv"},{"key":"inv/data/2.csv"}]}"#;
    let server = Server::new([
        ("inv/2026-08-02T00-00Z/manifest.json", manifest),
        ("inv/data/1.csv", "\"site\",\"read\",\"10\"\n"),
        ("inv/data/2.csv", "\"site\",\"unread\",\"20\"\n"),
        ("inv/data/2.csv.old", "\"site\",\"older\",\"30\"\n"),
    ]);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("log"), LOG).unwrap();
    let cold = |key: &str| {
        let inventory = format!("s3://{BUCKET}/{key}");
        let output = Command::new(env!("CARGO_BIN_EXE_s3al"))
            .args(["cold", "log", "--endpoint-url", &server.url(), "--no-sign-request", "--format", "ndjson"])
            .args(["--inventory", &inventory])
            .current_dir(folder.path())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, rows, error) = cold("inv/2026-08-02T00-00Z/manifest.json");
    assert_eq!(code, Some(0), "{error}");
    let row: serde_json::Value = serde_json::from_str(&rows).unwrap();
    let numbers =
        ["never_read_objects", "never_read_bytes", "objects", "bytes"].map(|name| row[name].as_u64());
    assert_eq!(numbers, [1, 20, 2, 30].map(Some));
    let (code, _, error) = cold("inv/none.csv");
    assert_eq!(code, Some(2));
    assert!(error.contains("none.csv") && error.contains("no such object"), "{error}");
}
