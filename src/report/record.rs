//! Records as rows: the fields of a record as typed values.

use super::{Column, Row, Table, Value};
use crate::aggregate::{Derived, Dimension, read_time};
use crate::parser::Parser;
use crate::record::{Field, FieldKind, Record};

impl Value {
    /// The value of a field: null for a dash and for a field that the line does not have.
    pub fn of(record: &Record<'_>, field: Field) -> Self {
        match field.kind() {
            FieldKind::Time => Self::Time(record.timestamp()),
            FieldKind::Integer => {
                record.number(field).map_or(Self::Null, |number| Self::Integer(number as i64))
            }
            FieldKind::Bytes => Self::bytes(record.number(field)),
            FieldKind::Milliseconds => Self::millis(record.number(field)),
            FieldKind::Boolean => Self::bool(record.acl_required()),
            FieldKind::Text if field == Field::Requester => Self::text(record.requester().text()),
            FieldKind::Text => Self::text(record.get(field)),
        }
    }

    /// A value of a field from its text, as groups keep it.
    pub fn from_text(field: Field, text: Option<&[u8]>) -> Self {
        let Some(text) = text else { return Self::Null };
        let number = || std::str::from_utf8(text).ok()?.parse().ok();
        match field.kind() {
            FieldKind::Integer => number().map_or(Self::Null, |number: u64| Self::Integer(number as i64)),
            FieldKind::Bytes => Self::bytes(number()),
            FieldKind::Milliseconds => Self::millis(number()),
            FieldKind::Boolean => Self::Bool(text.eq_ignore_ascii_case(b"yes")),
            FieldKind::Time => Self::time(read_time(text)),
            FieldKind::Text => Self::Text(text.to_vec()),
        }
    }
}

impl Value {
    /// A value of a dimension from its text, as groups keep it.
    pub fn of_dimension(dimension: Dimension, text: Option<&[u8]>) -> Self {
        match dimension {
            Dimension::Field(field) => Self::from_text(field, text),
            Dimension::Derived(Derived::Hour | Derived::Minute) => Self::time(text.and_then(read_time)),
            Dimension::Derived(_) => Self::text(text),
        }
    }
}

impl Column {
    /// The column of a dimension.
    pub fn of_dimension(dimension: Dimension) -> Self {
        match dimension {
            Dimension::Field(field) => Self::of(field),
            Dimension::Derived(Derived::Prefix | Derived::Object) => Self::middle(dimension.name()),
            Dimension::Derived(Derived::Client) => Self::end(dimension.name()),
            Dimension::Derived(Derived::Principal | Derived::Identity) => {
                Self::middle(dimension.name()).null_as("anonymous")
            }
            Dimension::Derived(_) => Self::whole(dimension.name()),
        }
    }

    /// The column of a field: how it is called, and what may be cut of it.
    pub fn of(field: Field) -> Self {
        match field {
            Field::Requester => Self::middle(field.name()).null_as("anonymous"),
            Field::UserAgent | Field::CipherSuite | Field::ErrorCode => Self::end(field.name()),
            Field::RemoteIp | Field::RequestId => Self::whole(field.name()),
            _ if field.kind() == FieldKind::Text => Self::middle(field.name()),
            _ => Self::whole(field.name()),
        }
    }
}

/// The column of what stands in a line and is none of the 27 fields.
pub const EXTRA: &str = "extra";

impl Table {
    /// A table of records, read again from their lines.
    pub fn of_records(
        name: &'static str,
        title: impl Into<String>,
        fields: &[Field],
        lines: Vec<Vec<u8>>,
    ) -> Self {
        let mut parser = Parser::default();
        let mut rows = Vec::with_capacity(lines.len());
        for line in lines {
            // They have been read before, so this cannot fail.
            let Ok(record) = parser.parse(&line) else { continue };
            let values = fields.iter().map(|field| Value::of(&record, *field)).collect();
            rows.push(Row { values, raw: Some(line) });
        }
        let columns = fields.iter().map(|field| Column::of(*field)).collect();
        Self { name, title: title.into(), columns, rows, total: None, notes: Vec::new() }
    }

    /// Adds the column of what else stands in the lines of a table of records.
    pub fn add_extra(&mut self) {
        let mut parser = Parser::default();
        for row in &mut self.rows {
            let record = row.raw.as_deref().and_then(|line| parser.parse(line).ok());
            let extra: Vec<Vec<u8>> = record.iter().flat_map(Record::extra).map(<[u8]>::to_vec).collect();
            row.values.push(if extra.is_empty() { Value::Null } else { Value::List(extra) });
        }
        self.columns.push(Column::middle(EXTRA));
    }
}
