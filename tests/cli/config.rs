//! `s3al.toml`: named sources and defaults.

use serde_json::Value;

use crate::coverage::trusted;
use crate::harness::{EVEN, command, ran};

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

#[test]
fn the_default_source_is_read_where_nothing_else_is_named() {
    let logs = trusted();
    const CONFIG: &str = "config/s3al/s3al.toml";
    logs.write_text(CONFIG, "source = \"@prod\"\n[sources.prod]\npaths = [\"logs\"]\n");
    let records = |ran: crate::harness::Ran| ran.done().json()["tally"]["records"].as_u64();
    let ran = logs.run(&["failed", "--format", "json"]).says("reading the default source, @prod");
    assert_eq!(records(ran), Some(21));
    // What is typed, and what is piped in, goes before it.
    logs.write_text("empty", "");
    let ran = logs.run(&["failed", "empty", "--format", "json"]);
    assert!(!ran.stderr.contains("default source"));
    assert_eq!(records(ran), Some(0));
    logs.run(&["history", "no/key"]).done();
    logs.write_text(CONFIG, "source = [\"logs\", \"@none\"]\n");
    logs.run(&["failed"]).ended(2).says("the default source: there is no source @none");
}

#[test]
fn a_variable_that_is_no_number_says_so() {
    let ran = ran(command().args(["top", EVEN]).env("S3AL_LIMIT", "x")).ended(2);
    let expected =
        "the variable S3AL_LIMIT: invalid value 'x' for `limit`: not a number; expected a whole number";
    assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    for (name, value, said) in [
        ("S3AL_WIDTH", "0", "invalid value '0' for `width`: expected a whole number from 1 to 65535"),
        ("S3AL_TZ", "foo", "invalid value 'foo' for `tz`: expected `Europe/Berlin`"),
        ("S3AL_MEMORY", "x", "invalid value 'x' for `memory`: expected a number of bytes"),
    ] {
        crate::harness::ran(command().args(["top", EVEN]).env(name, value)).ended(2).says(said);
    }
}

#[test]
fn variables_go_between_the_file_and_the_command_line() {
    let logs = trusted();
    logs.write_text("config/s3al/s3al.toml", "[defaults]\nlimit = 1\nformat = \"csv\"\n");
    logs.write_text("other.toml", "[defaults]\nlimit = 3\nformat = \"csv\"\n");
    let run = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = command();
        command.current_dir(logs.path(".")).env("XDG_CONFIG_HOME", logs.path("config"));
        command.args(["top", "--by", "request_id"]).args(arguments).envs(variables.iter().copied());
        ran(&mut command)
    };
    let rows = |variables: &[(&str, &str)], arguments: &[&str]| {
        run(variables, &[&["logs"], arguments].concat()).done().text().lines().count() - 1
    };
    assert_eq!(rows(&[], &[]), 1);
    assert_eq!(rows(&[("S3AL_LIMIT", "2")], &[]), 2);
    assert_eq!(rows(&[("S3AL_LIMIT", "2")], &["--limit", "4"]), 4);
    assert_eq!(rows(&[("S3AL_LIMIT", "")], &[]), 1);
    assert_eq!(rows(&[("S3AL_CONFIG", "other.toml")], &[]), 3);
    assert_eq!(run(&[("S3AL_QUIET", "1")], &["logs"]).done().stderr, "");
    run(&[("S3AL_SOURCE", "logs")], &[]).done().says("reading the default source, logs");
    run(&[("S3AL_LIMIT", "many")], &["logs"]).ended(2).says("the variable S3AL_LIMIT: invalid value 'many'");
    run(&[("S3AL_LIMITS", "2")], &["logs"]).done().says("did you mean S3AL_LIMIT?");
    run(&[("S3AL_PROFILE", "nobody")], &["s3://my-logs/"]).ended(2).says("nobody");
}
