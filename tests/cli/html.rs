//! `--format html`: every report is a page of its own, and its hints of charts are those of JSON.

use serde_json::Value;

use crate::harness::{SAMPLE, commands, s3al};

/// What is typed for each command; `None` for those that have no report of a log's records.
const WORDS: [(&str, Option<&str>); 26] = [
    ("fetch", None),
    ("convert", None),
    ("ddl", None),
    // tests/cli/follow.rs
    ("follow", None),
    ("logging", None),
    ("summary", Some("")),
    ("dashboard", Some("")),
    ("top-requesters", Some("--every 1d")),
    ("failed", Some("")),
    ("large-downloads", Some("--min-size 1kB")),
    ("timeline", Some("--by status_class")),
    ("latency", Some("")),
    ("cost", Some("")),
    ("cold", Some("")),
    ("detect", Some("")),
    ("activity", Some("--requester ci-deploy")),
    ("history", Some("index.html")),
    ("access", Some("")),
    ("audit", Some("")),
    ("compare", Some("--baseline 2024-01-15..2024-01-18 --window 2024-01-18..2024-01-21")),
    ("export", Some("--limit 100")),
    ("sql", None),
    ("coverage", Some("")),
    ("help", None),
    ("completions", None),
    ("man", None),
];

/// The page of a command, and its data.
fn page(words: &str) -> (String, Value) {
    let ran = s3al(&format!("{words} {SAMPLE} --format html -q"));
    // Findings end with 1.
    let ran = if words.starts_with("detect") { ran.ended(1) } else { ran.done() };
    let text = ran.text().to_owned();
    let (_, data) = text.split_once("<script type=\"application/json\" id=\"data\">").expect("data");
    let data = serde_json::from_str(data.split_once("</script>").expect("its end").0).expect("JSON");
    (text, data)
}

#[test]
fn every_report_is_a_page() {
    for name in commands() {
        let (_, words) =
            WORDS.iter().find(|(command, _)| *command == name).unwrap_or_else(|| panic!("{name}: a page?"));
        let Some(words) = words else { continue };
        let (text, data) = page(&format!("{name} {words}"));
        assert!(text.starts_with("<!doctype html>") && text.ends_with("</html>\n"), "{name}");
        // Nothing is loaded from anywhere: addresses are in the data alone, and in the names of namespaces.
        let (before, rest) = text.split_once("id=\"data\">").expect("data");
        let (numbers, script) = rest.split_once("</script>").expect("its end");
        for part in
            ["src=", "href=\"http", "url(", "@import", "import(", "fetch(", "XMLHttpRequest", "WebSocket"]
        {
            assert!(!before.contains(part) && !script.contains(part), "{name}: {part}");
        }
        let size = text.len() - numbers.len();
        assert!(size < 400_000, "{name}: {size} bytes without data");
        let tables = data["tables"].as_array().expect("tables");
        assert!(tables.iter().any(|table| table["has"].as_u64() > Some(0)), "{name}: nothing in it");
        assert_eq!(data["about"]["report"], name.as_str());
    }
}

#[test]
fn charts_are_said_once_and_shown_by_each_format() {
    let kinds = |charts: &Value| -> Vec<String> {
        let charts = charts.as_array().into_iter().flatten();
        charts.map(|chart| chart["kind"].as_str().expect("a kind").to_owned()).collect()
    };
    let mut seen = Vec::new();
    for words in ["dashboard", "timeline", "summary", "latency"] {
        let (_, data) = page(words);
        let json = s3al(&format!("{words} {SAMPLE} --format json -q")).done().json();
        for table in data["tables"].as_array().expect("tables") {
            let name = table["name"].as_str().expect("a name");
            let charts = &json["charts"][name];
            // Some tables are for people alone.
            if json["tables"].get(name).is_none() {
                assert_eq!(name, "side_by_side", "{words}");
                continue;
            }
            assert_eq!(kinds(&table["charts"]), kinds(charts), "{words} {name}");
            if table["has"] == 0 {
                continue;
            }
            for chart in charts.as_array().into_iter().flatten() {
                // Columns that the rows of the table have.
                let columns =
                    chart["values"].as_array().expect("values").iter().chain([&chart["axis"], &chart["by"]]);
                for column in columns.filter_map(Value::as_str) {
                    assert!(json["tables"][name][0].get(column).is_some(), "{words} {name}: {column}");
                }
                seen.push(chart["kind"].as_str().expect("a kind").to_owned());
            }
        }
    }
    for kind in ["cards", "line", "stack", "bars", "heat_map", "histogram"] {
        assert!(seen.iter().any(|one| one == kind), "{kind}");
    }
}
