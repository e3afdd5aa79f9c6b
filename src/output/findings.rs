//! What the formats for findings have in common: the rows of a report as findings with their evidence, and JSON of them.

use std::collections::HashMap;
use std::io::{self, Write};

use serde_json::{Map, Value as Json};

use super::object::string;
use crate::report::{Report, Row, Table, Value};

/// The table of findings, and what a report needs in it to be one of findings.
const FINDINGS: &str = "findings";
const NEEDED: [&str; 8] =
    ["rule", "severity", "title", "why", "first_seen", "last_seen", "tactic", "technique"];

/// Whether a report has findings, with all that is said of them.
pub(super) fn has_findings(report: &Report) -> bool {
    let has_all = |table: &Table| NEEDED.iter().all(|name| table.names().any(|own| own == *name));
    report.tables.iter().any(|table| table.name == FINDINGS && has_all(table))
}

/// A row, by the names of its columns.
pub(super) struct Named<'a> {
    table: &'a Table,
    row: &'a Row,
}

impl<'a> Named<'a> {
    fn value(&self, name: &str) -> Option<&'a Value> {
        let place = self.table.names().position(|own| own == name)?;
        self.row.values.get(place)
    }

    /// A text; bytes that are no UTF-8 become U+FFFD.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        match self.value(name)? {
            Value::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
            _ => None,
        }
    }

    /// Several texts.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        match self.value(name) {
            Some(Value::List(texts)) => {
                texts.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// A number.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        match self.value(name)? {
            Value::Count(count) => i64::try_from(*count).ok(),
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// A time in milliseconds since 1970.
    pub(super) fn millis(&self, name: &str) -> Option<i64> {
        match self.value(name)? {
            Value::Time(time) => Some(time.millis()),
            _ => None,
        }
    }

    /// A time as RFC 3339 has it, in UTC.
    pub(super) fn time(&self, name: &str) -> Option<String> {
        match self.value(name)? {
            Value::Time(time) => Some(time.to_string()),
            _ => None,
        }
    }

    /// What tells this finding from all others, and stays the same in the next run over the same logs.
    pub(super) fn fingerprint(&self) -> String {
        let texts = ["rule", "requester", "touched", "title"].map(|name| self.text(name).unwrap_or_default());
        let lists = ["buckets", "remote_ips"].map(|name| self.list(name).join(","));
        let time = self.time("first_seen").unwrap_or_default();
        let all = texts.into_iter().chain(lists).chain([time]);
        // FNV-1a.
        let hash = all
            .flat_map(|text| [text.into_bytes(), vec![0]])
            .flatten()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
            });
        format!("{hash:016x}")
    }
}

/// Hands on each finding with its evidence.
///
/// # Errors
/// If rows cannot be read, or if `take` fails.
pub(super) fn for_each(
    report: &Report,
    mut take: impl FnMut(&Named<'_>, &[Named<'_>]) -> io::Result<()>,
) -> io::Result<()> {
    let table = |name: &str| report.tables.iter().find(|table| table.name == name);
    let mut evidence: HashMap<i64, Vec<Row>> = HashMap::new();
    let requests = table("evidence");
    if let Some(table) = requests {
        table.rows.for_each(|row| {
            let number = Named { table, row }.number("finding").unwrap_or_default();
            evidence.entry(number).or_default().push(row.clone());
            Ok(())
        })?;
    }
    let Some(findings) = table(FINDINGS) else { return Ok(()) };
    findings.rows.for_each(|row| {
        let finding = Named { table: findings, row };
        let own = finding.number("finding").and_then(|number| evidence.get(&number));
        let own = own.into_iter().flatten().zip(requests.into_iter().cycle());
        let own: Vec<_> = own.map(|(row, table)| Named { table, row }).collect();
        take(&finding, &own)
    })
}

/// An object without its members that are null or empty: both formats leave out what is not known.
pub(super) fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
    let is_empty = |value: &Json| match value {
        Json::Null => true,
        Json::Array(values) => values.is_empty(),
        Json::Object(members) => members.is_empty(),
        _ => false,
    };
    let kept = members.into_iter().filter(|(_, value)| !is_empty(value));
    Json::Object(kept.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}

/// A number and a name, as ATT&CK is written here: `TA0009 Collection`.
pub(super) fn number_and_name(text: &str) -> (&str, &str) {
    text.split_once(' ').unwrap_or((text, ""))
}

/// Writes JSON in which all that may not reach a terminal is escaped, as in every other JSON of this program.
///
/// # Errors
/// If it cannot be written.
pub(super) fn write(value: &Json, out: &mut dyn Write) -> io::Result<()> {
    let mut buffer = Vec::new();
    put(value, &mut buffer);
    out.write_all(&buffer)
}

fn put(value: &Json, out: &mut Vec<u8>) {
    match value {
        Json::String(text) => string(text.as_bytes(), out),
        Json::Array(values) => {
            out.push(b'[');
            for (place, value) in values.iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                put(value, out);
            }
            out.push(b']');
        }
        Json::Object(members) => {
            out.push(b'{');
            for (place, (name, value)) in members.iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                string(name.as_bytes(), out);
                out.push(b':');
                put(value, out);
            }
            out.push(b'}');
        }
        plain => out.extend_from_slice(plain.to_string().as_bytes()),
    }
}
