//! Rows of a store: the fields of the log, what else a line holds, and how to make the line again.

use std::sync::Arc;

use datafusion::arrow::array::{BinaryBuilder, Int32Builder, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Field as ArrowField, Schema, SchemaRef};

use super::line::Form;
use crate::columnar::{BatchBuilder, Column, Known, schema_of};
use crate::dimension::{DeriveOptions, Dimension};
use crate::record::{Field, Record};

/// The form of the line, where it can be made again.
pub(super) const FORM: &str = "line_form";
/// The line, where it cannot.
pub(super) const LINE: &str = "line";

/// Takes in records, and makes batches of the rows of a store.
pub(crate) struct RowBuilder {
    fields: BatchBuilder,
    forms: Int32Builder,
    lines: BinaryBuilder,
    schema: SchemaRef,
    made: Vec<u8>,
}

impl RowBuilder {
    pub(crate) fn new() -> Self {
        let fields = Field::ALL.into_iter().map(|field| Column::Dimension(Dimension::Field(field)));
        let columns: Vec<Column> = fields.chain([Column::Extra]).collect();
        let known = schema_of(&columns);
        let own =
            [ArrowField::new(FORM, DataType::Int32, true), ArrowField::new(LINE, DataType::Binary, true)];
        let all: Vec<_> = known.fields().iter().cloned().chain(own.map(Arc::new)).collect();
        Self {
            fields: BatchBuilder::new(&columns, Arc::new(DeriveOptions::default())),
            forms: Int32Builder::new(),
            lines: BinaryBuilder::new(),
            schema: Arc::new(Schema::new(all)),
            made: Vec::new(),
        }
    }

    /// The columns.
    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// How many rows wait to become a batch.
    pub(crate) fn rows(&self) -> usize {
        self.fields.rows()
    }

    /// Takes in a record.
    pub(crate) fn push(&mut self, record: &Record<'_>) {
        let known = Known::of(record);
        self.fields.push_known(record, &known);
        // A row holds texts, so a line that is none is kept.
        let form = if known.is_text() { Form::of(record, &known, &mut self.made) } else { None };
        self.forms.append_option(form.map(Form::code));
        self.lines.append_option(form.is_none().then(|| record.line()));
    }

    /// The rows so far.
    ///
    /// # Errors
    /// If there is no memory for them.
    pub(crate) fn finish(&mut self) -> datafusion::error::Result<RecordBatch> {
        let mut columns = self.fields.finish()?.columns().to_vec();
        columns.push(Arc::new(self.forms.finish()));
        columns.push(Arc::new(self.lines.finish()));
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }
}
