//! Columns of rows that are records: fields, what is derived from them, and what else is in a line.

use anyhow::Context as _;

use crate::args::without_repeats;
use crate::dimension::{DeriveOptions, Derived, Dimension};
use crate::output::{Cell, Rows};
use crate::record::{Field, FieldKind, Record};
use crate::report::{EXTRA, Selection, Value};

/// What a column of records holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RecordColumn {
    Field(Field),
    Derived(Derived),
    /// What else is in the line.
    Extra,
}

impl RecordColumn {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Field(field) => field.name(),
            Self::Derived(derived) => derived.name(),
            Self::Extra => EXTRA,
        }
    }

    /// What is derived from a record; null for all other columns.
    fn derive(self, record: &Record<'_>, options: &DeriveOptions, space: &mut Vec<u8>) -> Value {
        let Some(dimension) = self.dimension() else { return Value::Null };
        Value::of_dimension(dimension, dimension.text(record, options, space))
    }

    /// What is derived, if it is.
    pub(super) const fn dimension(self) -> Option<Dimension> {
        match self {
            Self::Derived(derived) => Some(Dimension::Derived(derived)),
            Self::Field(_) | Self::Extra => None,
        }
    }
}

/// The columns that were asked for.
pub(super) fn chosen(selection: &Selection) -> anyhow::Result<Vec<RecordColumn>> {
    let columns = selection.columns.iter().map(|name| {
        if name.trim() == EXTRA {
            return Ok(RecordColumn::Extra);
        }
        Ok(match name.parse().context("--columns")? {
            Dimension::Field(field) => RecordColumn::Field(field),
            Dimension::Derived(derived) => RecordColumn::Derived(derived),
        })
    });
    // A row has each name once.
    columns.collect::<anyhow::Result<Vec<_>>>().map(|columns| without_repeats(&columns))
}

/// Appends a record as a row of these columns.
pub(super) fn write(
    columns: &[RecordColumn],
    options: &DeriveOptions,
    rows: &Rows,
    record: &Record<'_>,
    out: &mut Vec<u8>,
) {
    let extra: Vec<&[u8]> = record.extra().collect();
    let mut text = Vec::new();
    let derived: Vec<Value> =
        columns.iter().map(|column| column.derive(record, options, &mut text)).collect();
    let cells = columns.iter().zip(&derived).map(|(column, derived)| match column {
        RecordColumn::Field(field) => cell(record, *field, record.get(*field)),
        RecordColumn::Derived(_) => Cell::from(derived),
        RecordColumn::Extra => extra_cell(&extra),
    });
    rows.record(record, cells, out);
}

pub(super) fn extra_cell<'a>(extra: &'a [&'a [u8]]) -> Cell<'a> {
    if extra.is_empty() { Cell::Null } else { Cell::Slices(extra) }
}

/// The value of a field whose text is known.
#[inline]
pub(super) fn cell<'a>(record: &Record<'a>, field: Field, text: Option<&'a [u8]>) -> Cell<'a> {
    match field.kind() {
        FieldKind::Time => Cell::Time(record.timestamp()),
        FieldKind::Integer | FieldKind::Bytes | FieldKind::Milliseconds => {
            Cell::unsigned(record.number(field))
        }
        FieldKind::Boolean => record.acl_required().map_or(Cell::Null, Cell::Bool),
        FieldKind::Text => Cell::text(text),
    }
}
