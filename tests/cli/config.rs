//! `s3al.toml`: named sources and defaults.

use serde_json::Value;

use crate::coverage::trusted;

#[test]
fn named_sources_and_defaults() {
    let logs = trusted();
    const CONFIG: &str = "config/s3al/s3al.toml";
    logs.write_text(CONFIG, "[sources.prod]\npaths = [\"logs\"]\n[defaults]\nformat = \"json\"\nlimit = 1\n");
    let report: Value = serde_json::from_str(&logs.text(&["failed", "@prod"])).expect("JSON by default");
    assert_eq!(report["tally"]["records"], 21);
    let rows = |args: &[&str]| {
        let text =
            logs.text(&[&["top", "@prod", "--by", "request_id", "--format", "csv"][..], args].concat());
        text.lines().count() - 1
    };
    assert_eq!((rows(&[]), rows(&["--limit", "3"])), (1, 3));

    let refused = |args: &[&str]| logs.run(args).ended(2);
    refused(&["failed", "@test"]).says("@prod");
    logs.write_text(CONFIG, "[defaults]\nformat = \"xml\"\n");
    refused(&["failed", "logs"]).says("s3al.toml").says("xml");
    logs.write_text("my.toml", "[sources.x]\nbuckt = \"b\"\n");
    refused(&["failed", "logs", "--config", "my.toml"]).says("expected one of `paths`");
    refused(&["failed", "logs", "--config=none.toml"]).says("none.toml");
    logs.write_text("my.toml", "");
    assert!(logs.text(&["failed", "logs", "--config", "my.toml"]).contains("none"));
    logs.write_text(CONFIG, "nonsense");
    assert!(logs.text(&["--help"]).contains("Reports:"));
}
