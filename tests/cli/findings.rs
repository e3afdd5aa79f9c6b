//! Formats for findings: SARIF and OCSF, held to what their schemas require.

use std::fs;

use s3al::record::Field::{Bucket, Key, Operation, RemoteIp, Requester, UserAgent};
use serde_json::Value;

use crate::harness::{Logs, Record, read_at, root, s3al};

/// A setting that is changed, a tool of attackers at a redacted address, and names that are neither UTF-8 nor fit for a terminal.
fn log() -> Vec<Record> {
    let at = |second: u32| read_at(&format!("01/Aug/2026:10:00:{second:02}"));
    vec![
        at(1).with(Operation, "REST.DELETE.PUBLIC_ACCESS_BLOCK").with(Key, "-"),
        at(2).with(UserAgent, "aws-cli/2.9 Linux/6.1.0-kali5-amd64").with(RemoteIp, "x.x.41.39"),
        at(3).with(Operation, "REST.PUT.OBJECT").with(Key, "RESTORE-FILES\u{202e}\u{1b}[1m.txt"),
        at(4).with(Requester, "-").with(Operation, "REST.GET.BUCKET").with(Key, "-").with(Bucket, "b \"c\""),
    ]
}

fn fixture(name: &str) -> Value {
    let text = fs::read_to_string(root().join("tests/fixtures").join(name)).expect("a fixture");
    serde_json::from_str(&text).expect("JSON")
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().map(|text| text.as_str().expect("a text")).collect()
}

/// Checks an object and all below it; objects are known by the name of their member.
fn check_ocsf(name: &str, value: &Value, schema: &Value) -> usize {
    match value {
        Value::Array(values) => values.iter().map(|value| check_ocsf(name, value, schema)).sum(),
        Value::Object(members) => {
            let rules = if name == "event" { &schema["event"] } else { &schema["objects"][name] };
            for needed in texts(&rules["required"]) {
                assert!(members.contains_key(needed), "{name} has no {needed}: {value}");
            }
            let choice = texts(&rules["at_least_one"]);
            assert!(
                choice.is_empty() || choice.iter().any(|one| members.contains_key(*one)),
                "{name}: {value}"
            );
            assert!(members.values().all(|value| !value.is_null()), "{value}");
            let below: usize = members.iter().map(|(name, value)| check_ocsf(name, value, schema)).sum();
            below + usize::from(!rules.is_null())
        }
        _ => 0,
    }
}

#[test]
fn ocsf_has_what_its_schema_requires() {
    let schema = fixture("ocsf.json");
    let logs = Logs::of(&log());
    let ran = logs.run(&["detect", "logs", "--format", "ocsf"]).ended(1);
    let events: Vec<Value> =
        ran.text().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let rows = logs.run(&["detect", "logs", "--format", "ndjson", "--limit", "0"]).ended(1).rows();
    assert_eq!(events.len(), rows.len());
    for (event, row) in events.iter().zip(&rows) {
        assert!(check_ocsf("event", event, &schema) > 8, "{event}");
        assert_eq!(
            (&event["class_uid"], &event["category_uid"], &event["type_uid"]),
            (&2004.into(), &2.into(), &200_401.into())
        );
        let severity = ["", "info", "low", "medium", "high", "critical"]
            .iter()
            .position(|name| row["severity"] == *name);
        assert_eq!(event["severity_id"].as_u64(), severity.map(|place| place as u64));
        assert_eq!(event["finding_info"]["analytic"]["uid"], row["rule"]);
        assert_eq!(event["count"], row["count"]);
        assert_eq!(event["finding_info"]["desc"], row["why"]);
        assert_eq!(event["unmapped"]["command"], row["command"]);
    }
    let uids: std::collections::BTreeSet<_> =
        events.iter().map(|event| event["finding_info"]["uid"].to_string()).collect();
    assert_eq!(uids.len(), events.len());
    // An address that was redacted is none, and what could reach a terminal is escaped.
    assert!(
        ran.text().contains(r#"{"name":"x.x.41.39"}"#) && ran.text().contains(r"\u202e\u001b[1m"),
        "{}",
        ran.text()
    );
    assert_eq!(logs.run(&["detect", "logs", "--format", "ocsf", "--threads", "3"]).text(), ran.text());
}

fn check_sarif(value: &Value, rules: &Value) {
    let members = value.as_object().expect("an object");
    for needed in texts(&rules["required"]) {
        assert!(members.contains_key(needed), "no {needed}: {value}");
    }
    let allowed = texts(&rules["allowed"]);
    members.keys().for_each(|name| assert!(allowed.contains(&name.as_str()), "{name}"));
}

#[test]
fn sarif_has_what_its_schema_requires() {
    let schema = fixture("sarif.json");
    let logs = Logs::of(&log());
    let ran = logs.run(&["detect", "logs", "--format", "sarif"]).ended(1);
    let sarif = ran.json();
    check_sarif(&sarif, &schema["log"]);
    assert_eq!((&sarif["version"], sarif["runs"].as_array().map(Vec::len)), (&"2.1.0".into(), Some(1)));
    let run = &sarif["runs"][0];
    let driver = &run["tool"]["driver"];
    check_sarif(run, &schema["run"]);
    check_sarif(&run["tool"], &schema["tool"]);
    check_sarif(driver, &schema["driver"]);
    let rules = driver["rules"].as_array().expect("rules");
    rules.iter().for_each(|rule| check_sarif(rule, &schema["rule"]));
    let results = run["results"].as_array().expect("results");
    let rows = logs.run(&["detect", "logs", "--format", "ndjson", "--limit", "0"]).ended(1).rows();
    assert_eq!(results.len(), rows.len());
    for (result, row) in results.iter().zip(&rows) {
        check_sarif(result, &schema["result"]);
        assert!(texts(&schema["levels"]).contains(&result["level"].as_str().expect("a level")));
        let place = result["ruleIndex"].as_u64().expect("a place") as usize;
        assert_eq!((&result["ruleId"], &rules[place]["id"]), (&row["rule"], &row["rule"]));
        let message =
            format!("{}: {}", row["title"].as_str().expect("a title"), row["why"].as_str().expect("why"));
        assert_eq!(result["message"]["text"], message);
        for location in result["locations"].as_array().into_iter().flatten() {
            check_sarif(location, &schema["location"]);
            let uri = location["physicalLocation"]["artifactLocation"]["uri"].as_str().expect("a URI");
            assert!(
                uri.starts_with("s3://") && uri.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"'),
                "{uri}"
            );
        }
    }
    let none =
        Logs::of(&[read_at("01/Aug/2026:10:00:00")]).run(&["detect", "logs", "--format", "sarif"]).ended(0);
    assert_eq!(none.json()["runs"][0]["results"], Value::Array(Vec::new()));
}

#[test]
fn what_has_no_findings_says_so() {
    let logs = Logs::of(&log());
    for command in ["failed", "summary", "audit", "export"] {
        for format in ["sarif", "ocsf"] {
            logs.run(&[command, "logs", "--format", format]).ended(2).says("s3al detect has");
        }
    }
    s3al("detect --list-rules --format sarif").ended(2).says("s3al detect has");
    logs.run(&["detect", "logs", "--format", "ocsf", "--table", "evidence"])
        .ended(2)
        .says("leave out --columns and --table");
    logs.run(&["detect", "logs", "--format", "sarif", "--columns", "rule"])
        .ended(2)
        .says("leave out --columns and --table");
}
