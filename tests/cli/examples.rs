//! Every example of the help does what it is an example of.

use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use crate::harness::*;

/// What examples read: logs, prices, an inventory.
fn folder() -> Logs {
    let logs = Logs::new();
    for (place, file) in files_below(EVEN).iter().enumerate() {
        let folder = ["logs/july", "logs/august"][place % 2];
        std::fs::create_dir_all(logs.path(folder)).expect("a folder");
        let name = file.file_name().expect("a name");
        std::fs::copy(file, logs.path(folder).join(name)).expect("a copy");
    }
    let gz = files_below(EVEN).into_iter().find(|file| file.extension().is_some_and(|end| end == "gz"));
    std::fs::copy(gz.expect("a file"), logs.path("logs/x.gz")).expect("a copy");
    std::fs::copy(root().join(HARD), logs.path("x.log")).expect("a copy");
    logs.write_text("eu.toml", "[requests]\ntier1 = 0.0054\n");
    let manifest = "{\"fileFormat\": \"CSV\", \"fileSchema\": \"Bucket, Key, Size\", \
                    \"files\": [{\"key\": \"inventory/1.csv\", \"size\": 1}]}";
    logs.write_text("inventory/manifest.json", manifest);
    logs.write_text("inventory/1.csv", "\"amzn-s3-demo-a\",\"a\",\"1\"\n");
    // Who uses fish has its folder.
    for name in ["bin", ".config/fish"] {
        std::fs::create_dir_all(logs.path(name)).expect("a folder");
    }
    symlink(env!("CARGO_BIN_EXE_s3al"), logs.path("bin/s3al")).expect("a link");
    // A build without SQL makes none.
    if cfg!(feature = "sql") {
        logs.run(&["convert", "logs", "-o", "store", "-q"]).done();
    } else {
        std::fs::create_dir_all(logs.path("store/date=2026-08-01")).expect("a folder");
    }
    logs
}

#[test]
fn every_example_runs() {
    let folder = folder();
    let programs = ["jq", "man", "goaccess"];
    let needs = |example: &str, program: &str| example.contains(&format!("| {program} ")) && !has(program);
    let mut count = 0;
    for example in examples() {
        // Those that read a bucket are run against a server, in another test.
        let is_of_s3 = !example.starts_with("s3al ddl ")
            && ["--bucket", "--logs-of", "s3://", "s3al logging "].iter().any(|word| example.contains(word));
        if is_of_s3 || programs.iter().any(|program| needs(&example, program)) {
            continue;
        }
        // What has no end is ended.
        let line = example.replace("s3al follow", "timeout --preserve-status -s INT 2 s3al follow");
        // A prompt in a pipe.
        let line = if example == "s3al sql logs/" { format!("echo .tables | {line}") } else { line };
        let mut shell = Command::new("bash");
        shell.args(["-o", "pipefail", "-c", &line]).stdin(Stdio::null());
        isolate(&mut shell).current_dir(folder.path("."));
        let path = std::env::var("PATH").unwrap_or_default();
        shell.env("PATH", format!("{}:{path}", folder.path("bin").display())).env("HOME", folder.path("."));
        let ran = ran(&mut shell);
        let expected: &[i32] =
            if example.contains("--fail") || example.contains("s3al detect") { &[0, 1] } else { &[0] };
        let expected = if line.contains("timeout ") { &[130] } else { expected };
        assert!(expected.contains(&ran.code), "{example}: {}\n{}", ran.code, ran.stderr);
        assert!(!ran.stderr.contains("error:"), "{example}: {}", ran.stderr);
        count += 1;
    }
    assert!(count > 45, "{count}");
}
