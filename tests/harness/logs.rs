//! A folder of logs, the program run inside of it, and the rows that it answers.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use super::program::{Ran, command, ran};
use super::record::Record;

/// How many files a log is cut into, so that threads have something to share.
const FILES: usize = 16;

pub struct Logs(TempDir);

impl Logs {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    /// These requests in the folder `logs`, in their order.
    pub fn of(log: &[Record]) -> Self {
        let logs = Self::new();
        fs::create_dir(logs.path("logs")).expect("a folder");
        for (place, part) in log.chunks(log.len().div_ceil(FILES).max(1)).enumerate() {
            logs.write(&format!("logs/{place:02}"), part);
        }
        logs
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, log: &[Record]) -> &Self {
        self.write_text(name, &super::log(log))
    }

    pub fn write_text(&self, name: &str, text: &str) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
        self
    }

    /// Runs in the folder. The user's own configuration, if there is to be one, is in `config`.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = command();
        command.args(arguments).current_dir(self.0.path());
        ran(command.env("XDG_CONFIG_HOME", self.path("config")).env("APPDATA", self.path("config")))
    }

    /// Runs on one thread and on three, which makes no difference.
    #[track_caller]
    pub fn same(&self, arguments: &[&str]) -> Ran {
        let [one, three] =
            ["1", "3"].map(|threads| self.run(&[arguments, &["--threads", threads]].concat()).done());
        assert!(one.stdout == three.stdout, "{arguments:?}: threads change the answer");
        one
    }

    #[track_caller]
    pub fn text(&self, arguments: &[&str]) -> String {
        self.run(arguments).done().text().to_owned()
    }

    /// The tables and the tally.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        self.same(&[arguments, &["--format", "json"]].concat()).json()
    }
}

/// Runs on these requests.
#[track_caller]
pub fn run_on(log: &[Record], arguments: &[&str]) -> Ran {
    Logs::of(log).run(&[arguments, &["logs"]].concat())
}

/// What is printed of these requests.
#[track_caller]
pub fn text_of(log: &[Record], arguments: &[&str]) -> String {
    Logs::of(log).same(&[arguments, &["logs"]].concat()).text().to_owned()
}

/// The rows of a table, some columns of them.
#[track_caller]
pub fn rows(report: &Value, table: &str, columns: &[&str]) -> Vec<Value> {
    let rows = report["tables"][table].as_array().unwrap_or_else(|| panic!("no table {table}: {report}"));
    let value = |row: &Value, column: &&str| {
        row.get(column).unwrap_or_else(|| panic!("no column {column}: {row}")).clone()
    };
    rows.iter().map(|row| columns.iter().map(|column| value(row, column)).collect()).collect()
}

/// Checks the rows of a table: the values of these columns (with ` | ` between them), null as a dash.
#[track_caller]
pub fn assert_rows(log: &[Record], arguments: &[&str], table: &str, columns: &str, expected: &[&str]) {
    let report = Logs::of(log).json(&[arguments, &["logs"]].concat());
    let columns: Vec<&str> = columns.split(" | ").collect();
    let text = |value: &Value| match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let row = |row: &Value| row.as_array().expect("a row").iter().map(text).collect::<Vec<_>>().join(" | ");
    let found: Vec<String> = rows(&report, table, &columns).iter().map(row).collect();
    assert_eq!(found, expected, "{arguments:?}");
}
