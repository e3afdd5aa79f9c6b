//! The rows of reports on a few lines, compared as texts.

use std::process::Output;

use serde_json::Value;

use super::command;

/// Runs the command on the log, cut into a file for each line, so that threads have something to share.
pub fn run(log: &str, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    for (place, line) in log.split_inclusive('\n').enumerate() {
        std::fs::write(folder.path().join(format!("{place:03}")), line).expect("a line");
    }
    command().args(arguments).arg(folder.path()).output().expect("s3al runs")
}

/// What the command prints. The number of threads makes no difference.
pub fn stdout(log: &str, arguments: &[&str]) -> String {
    let one = run(log, &[arguments, &["--threads", "1"]].concat());
    let three = run(log, &[arguments, &["--threads", "3"]].concat());
    assert_eq!(one.stdout, three.stdout, "{arguments:?}");
    assert_eq!(one.status.code(), Some(0), "{}", String::from_utf8_lossy(&one.stderr));
    String::from_utf8(one.stdout).expect("UTF-8")
}

/// Checks the rows of a table: the values of these columns (with ` | ` between them), null as a dash.
pub fn assert_rows(log: &str, arguments: &[&str], table: &str, columns: &str, expected: &[&str]) {
    let text = stdout(log, &[arguments, &["--format", "json"]].concat());
    let report: Value = serde_json::from_str(&text).expect("JSON");
    let rows = report["tables"][table].as_array().unwrap_or_else(|| panic!("no {table} in {text}"));
    let value = |row: &Value, column: &str| match row.get(column) {
        None => panic!("no {column} in {row}"),
        Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let row = |row| columns.split(" | ").map(|column| value(row, column)).collect::<Vec<_>>().join(" | ");
    assert_eq!(rows.iter().map(row).collect::<Vec<_>>(), expected, "{arguments:?}");
}
