//! Records as rows: the fields of a record as typed values.

use std::io;

use super::{Column, Importance, Row, RowWriter, Table, Value};
use crate::aggregate::{DeriveOptions, Dimension, read_time};
use crate::digits;
use crate::parser::Parser;
use crate::record::{Field, FieldKind, Record};
use crate::spill::Space;

impl Value {
    /// The value of a field: null for a dash and for a field that the line does not have.
    pub(crate) fn of(record: &Record<'_>, field: Field) -> Self {
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
    pub(crate) fn from_text(field: Field, text: Option<&[u8]>) -> Self {
        Self::of_kind(field.kind(), text)
    }

    fn of_kind(kind: FieldKind, text: Option<&[u8]>) -> Self {
        let Some(text) = text else { return Self::Null };
        let number = || digits::number(text);
        match kind {
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
    pub(crate) fn of_dimension(dimension: Dimension, text: Option<&[u8]>) -> Self {
        match dimension {
            Dimension::Field(field) => Self::from_text(field, text),
            Dimension::Derived(derived) => Self::of_kind(derived.kind(), text),
        }
    }
}

/// The column of what a line holds beside the 27 fields.
pub(crate) const EXTRA: &str = "extra";

/// The columns of a table of records: which fields, and how much of the answer each is.
pub(crate) type RecordColumns<const N: usize> = [(Field, Importance); N];

impl Table {
    /// A table of records, read again from their lines, which `lines` hands on.
    ///
    /// # Errors
    /// If memory does not hold the rows and they cannot be written, or if `lines` fails.
    pub(crate) fn of_records<E>(
        name: &'static str,
        title: impl Into<String>,
        fields: &[(Field, Importance)],
        space: &Space,
        lines: impl FnOnce(&mut (dyn FnMut(&[u8]) -> io::Result<()> + Send)) -> Result<(), E>,
    ) -> Result<Self, E> {
        let columns = fields.iter().map(|(field, importance)| Column::of(*field).of_importance(*importance));
        let (title, columns) = (title.into(), columns.collect());
        let (mut parser, mut rows) = (Parser::default(), RowWriter::new(space));
        lines(&mut |line| {
            // They have been read before, so this cannot fail.
            let Ok(record) = parser.parse(line) else { return Ok(()) };
            let values = fields.iter().map(|(field, _)| Value::of(&record, *field)).collect();
            rows.push(Row { values, raw: Some(line.to_vec()) })
        })?;
        Ok(Self { name, title, columns, rows: rows.finish(), is_of_records: true, ..Self::default() })
    }

    /// Adds columns of what is derived from the records of a table of records.
    ///
    /// # Errors
    /// If the rows are in a file, and that fails.
    pub(crate) fn add_dimensions(
        &mut self,
        dimensions: &[Dimension],
        options: &DeriveOptions,
    ) -> io::Result<()> {
        let (mut parser, mut out) = (Parser::default(), Vec::new());
        self.rows.change(|row| {
            let record = row.raw.as_deref().and_then(|line| parser.parse(line).ok());
            for dimension in dimensions {
                let text = record.as_ref().and_then(|record| dimension.text(record, options, &mut out));
                row.values.push(Value::of_dimension(*dimension, text));
            }
        })?;
        self.columns.extend(dimensions.iter().map(|dimension| Column::of_dimension(*dimension)));
        Ok(())
    }

    /// Adds the column of what else is in the lines of a table of records.
    ///
    /// # Errors
    /// If the rows are in a file, and that fails.
    pub(crate) fn add_extra(&mut self) -> io::Result<()> {
        let mut parser = Parser::default();
        self.rows.change(|row| {
            let record = row.raw.as_deref().and_then(|line| parser.parse(line).ok());
            let extra: Vec<Vec<u8>> = record.iter().flat_map(Record::extra).map(<[u8]>::to_vec).collect();
            row.values.push(if extra.is_empty() { Value::Null } else { Value::List(extra) });
        })?;
        self.columns.push(Column::middle(EXTRA).of_importance(Importance::Detail));
        Ok(())
    }
}
