//! `s3al.toml`: named sources and defaults.

use std::fs;

use serde_json::Value;

use crate::coverage::trusted;

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
