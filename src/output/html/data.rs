//! The numbers of a page, as JSON that no parser of HTML can take for anything else.

use std::io::{self, Write};

use serde::Serialize;

use crate::dimension::Dimension;
use crate::output::renderer::Look;
use crate::output::sanitize::sanitize;
use crate::report::{Chart, Column, Importance, Report, Row, Table, Value};

/// So many rows of a table, and about so many bytes of them, are what a browser shows without a pause.
const MAX_ROWS: usize = 50_000;
const MAX_BYTES: usize = 16 << 20;

/// What a column is called, and how it is shown.
#[derive(Serialize)]
struct ColumnData {
    name: String,
    /// What a null means to people.
    null: &'static str,
    /// Columns are shown in this order.
    rank: u8,
    /// Whether it is left out if all of it is zero or null.
    hide_zero: bool,
    /// Whether `--where` can ask for its values.
    is_field: bool,
}

/// What the script is told beside the tables.
#[derive(Serialize)]
struct About {
    report: String,
    /// The command that made the page, word by word.
    command: Vec<String>,
    /// The zone of `--tz`.
    zone: String,
    /// After how many seconds the page reloads itself, if the file is written anew.
    refresh: Option<u64>,
}

/// Writes what the script reads.
pub(super) fn write(report: &Report, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    let command = look.command.iter().map(|word| sanitize(word.as_bytes())).collect();
    let refresh = look.refresh.map(|refresh| refresh.as_secs().max(1));
    let about = About { report: report.name.to_owned(), command, zone: look.zone.name(), refresh };
    out.write_all(b"{\"about\":")?;
    json(&about, out)?;
    out.write_all(b",\"tables\":[")?;
    for (place, table) in report.tables.iter().enumerate() {
        out.write_all(if place > 0 { b",\n" } else { b"\n" })?;
        self::table(table, out)?;
    }
    out.write_all(b"]}")
}

fn table(table: &Table, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"{\"name\":")?;
    json(table.name, out)?;
    out.write_all(b",\"columns\":")?;
    json(&table.columns.iter().map(column).collect::<Vec<_>>(), out)?;
    out.write_all(b",\"charts\":")?;
    json(&table.drawn().map(chart).collect::<Vec<_>>(), out)?;
    out.write_all(b",\"rows\":[")?;
    let mut rows = Rows { kinds: vec![None; table.columns.len()], count: 0, bytes: 0 };
    table.rows.for_each(|row| rows.write(row, out))?;
    out.write_all(b"],\"kinds\":")?;
    json(&rows.kinds, out)?;
    write!(out, ",\"is_of_blocks\":{}", table.is_of_blocks)?;
    let has = table.rows.len() as u64;
    write!(out, ",\"has\":{has},\"total\":{}}}", table.total.unwrap_or(has).max(has))
}

fn column(column: &Column) -> ColumnData {
    let rank = match column.importance {
        Importance::Lead => 0,
        Importance::Answer => 1,
        Importance::Context => 2,
        Importance::Detail => 3,
    };
    ColumnData {
        name: sanitize(column.name.as_bytes()),
        null: column.null,
        rank,
        hide_zero: column.hide_zero,
        is_field: column.name.parse::<Dimension>().is_ok(),
    }
}

/// With the names that columns have in the page: some are values of the log.
fn chart(chart: &Chart) -> Chart {
    let name = |name: &String| sanitize(name.as_bytes());
    Chart {
        kind: chart.kind,
        axis: chart.axis.as_ref().map(name),
        values: chart.values.iter().map(name).collect(),
        by: chart.by.as_ref().map(name),
    }
}

/// The rows that have been written.
struct Rows {
    /// What the values of each column are, once one was seen.
    kinds: Vec<Option<&'static str>>,
    count: usize,
    bytes: usize,
}

impl Rows {
    /// Writes a row, unless there are too many.
    fn write(&mut self, row: &Row, out: &mut dyn Write) -> io::Result<()> {
        if self.count >= MAX_ROWS || self.bytes >= MAX_BYTES {
            return Ok(());
        }
        let mut buffer = if self.count > 0 { b",\n[".to_vec() } else { b"\n[".to_vec() };
        for (place, value) in row.values.iter().enumerate().take(self.kinds.len()) {
            if place > 0 {
                buffer.push(b',');
            }
            let kind = kind(value);
            let usual = *self.kinds[place].get_or_insert(kind.unwrap_or(UNKNOWN));
            if usual == UNKNOWN {
                self.kinds[place] = kind;
            }
            match kind {
                Some(kind) if usual != UNKNOWN && usual != kind => {
                    write!(buffer, "{{\"kind\":\"{kind}\",\"value\":")?;
                    self::value(value, &mut buffer)?;
                    buffer.push(b'}');
                }
                _ => self::value(value, &mut buffer)?,
            }
        }
        buffer.push(b']');
        self.count += 1;
        self.bytes += buffer.len();
        out.write_all(&buffer)
    }
}

/// The kind of a column of which only nulls were seen.
const UNKNOWN: &str = "";

/// What a value is to the script; `None` for a null.
fn kind(value: &Value) -> Option<&'static str> {
    Some(match value {
        Value::Null => return None,
        Value::Text(_) => "text",
        Value::Bool(_) => "bool",
        Value::Integer(_) => "integer",
        Value::Count(_) => "count",
        Value::Bytes(_) => "bytes",
        Value::Millis(_) => "millis",
        Value::Time(_) => "time",
        Value::Share(_) => "share",
        Value::Decimal(_) => "decimal",
        Value::Dollars(_) => "dollars",
        Value::List(_) => "list",
        Value::Series(_) | Value::Cells { .. } => "series",
    })
}

fn value(value: &Value, out: &mut dyn Write) -> io::Result<()> {
    match value {
        Value::Null => out.write_all(b"null"),
        Value::Text(text) => json(&sanitize(text), out),
        Value::Bool(value) => json(value, out),
        Value::Integer(value) => json(value, out),
        Value::Count(value) | Value::Bytes(value) | Value::Millis(value) => json(value, out),
        Value::Time(time) => json(&time.millis(), out),
        // What is no number becomes null.
        Value::Share(value) | Value::Decimal(value) | Value::Dollars(value) => json(value, out),
        Value::List(texts) => json(&texts.iter().map(|text| sanitize(text)).collect::<Vec<_>>(), out),
        Value::Series(counts) => json(counts, out),
        Value::Cells { counts, .. } => json(counts, out),
    }
}

/// Writes a value without any `<`: a parser of HTML reads on in a script until it finds one.
fn json<T: Serialize + ?Sized>(value: &T, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(serde_json::to_string(value)?.replace('<', "\\u003c").as_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::time::Timestamp;

    fn written(table: Table) -> serde_json::Value {
        let mut out = Vec::new();
        super::table(&table, &mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    fn of_rows(rows: Vec<Vec<Value>>) -> Table {
        let columns = rows[0].iter().map(|_| Column::whole("a")).collect();
        Table { columns, rows: rows.into_iter().map(Row::from).collect(), ..Table::default() }
    }

    #[test]
    fn a_column_has_one_kind_and_says_where_a_value_has_another() {
        let data = written(of_rows(vec![
            vec![Value::Null, Value::Time(Timestamp::from_millis(7)), Value::Share(f64::NAN)],
            vec![Value::Bytes(1), "other".into(), Value::Share(0.5)],
        ]));
        assert_eq!(data["kinds"], serde_json::json!(["bytes", "time", "share"]));
        let other = serde_json::json!({"kind": "text", "value": "other"});
        assert_eq!(data["rows"], serde_json::json!([[null, 7, null], [1, other, 0.5]]));
    }

    #[test]
    fn more_rows_than_a_browser_shows_are_counted() {
        let data = written(of_rows((0..MAX_ROWS as u64 + 5).map(|row| vec![Value::Count(row)]).collect()));
        assert_eq!(data["rows"].as_array().map(Vec::len), Some(MAX_ROWS));
        assert_eq!(data["has"], MAX_ROWS + 5);
        let long = vec![vec![Value::Text(vec![b'a'; 1 << 20])]; 20];
        assert_eq!(written(of_rows(long))["rows"].as_array().map(Vec::len), Some(16));
    }

    proptest! {
        #[test]
        fn no_text_ends_the_data(text in prop_oneof![any::<Vec<u8>>(), "[<!/a-z\"'&>-]{0,30}".prop_map(String::into_bytes)]) {
            let mut out = Vec::new();
            value(&Value::List(vec![text.clone()]), &mut out).unwrap();
            prop_assert!(!out.contains(&b'<'));
            let read: Vec<String> = serde_json::from_slice(&out).unwrap();
            prop_assert_eq!(read, [sanitize(&text)]);
        }
    }
}
