//! The columns of the table `logs`.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field as ArrowField, Schema, SchemaRef, TimeUnit};

use crate::dimension::{Derived, Dimension};
use crate::record::{Field, FieldKind};
use crate::report::EXTRA;

/// The day of UTC, as stores have it for a partition.
pub(crate) const DATE: &str = "date";
/// Where the record was read.
pub(crate) const SOURCE_FILE: &str = "source_file";
/// The number of its line there, from 1.
pub(crate) const LINE_NUMBER: &str = "line_number";

/// A column of the table `logs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    /// A field, or what is derived from one.
    Dimension(Dimension),
    /// What else is in the line.
    Extra,
    /// The day of UTC.
    Date,
    /// The name of the file or object.
    SourceFile,
    /// The line's number there, from 1.
    LineNumber,
}

impl Column {
    /// All columns, in their order.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let fields = Field::ALL.into_iter().map(Dimension::Field).map(Self::Dimension);
        let derived = Derived::all().map(Dimension::Derived).map(Self::Dimension);
        fields.chain([Self::Extra]).chain(derived).chain([Self::Date, Self::SourceFile, Self::LineNumber])
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Dimension(dimension) => dimension.name(),
            Self::Extra => EXTRA,
            Self::Date => DATE,
            Self::SourceFile => SOURCE_FILE,
            Self::LineNumber => LINE_NUMBER,
        }
    }

    /// Its type in rows.
    pub(crate) fn data_type(self) -> DataType {
        match self {
            Self::Dimension(dimension) => match dimension.kind() {
                FieldKind::Text => DataType::Utf8View,
                FieldKind::Time => DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
                // A status.
                FieldKind::Integer if matches!(dimension, Dimension::Field(_)) => DataType::Int32,
                FieldKind::Integer | FieldKind::Bytes | FieldKind::Milliseconds => DataType::Int64,
                FieldKind::Boolean => DataType::Boolean,
            },
            Self::Extra => DataType::List(Arc::new(ArrowField::new("item", DataType::Utf8, true))),
            Self::Date => DataType::Date32,
            Self::SourceFile => DataType::Utf8View,
            Self::LineNumber => DataType::Int64,
        }
    }

    fn is_nullable(self) -> bool {
        !matches!(
            self,
            Self::Date
                | Self::SourceFile
                | Self::LineNumber
                | Self::Dimension(Dimension::Field(Field::Timestamp))
        )
    }
}

/// The columns as rows have them.
pub(crate) fn schema_of(columns: &[Column]) -> SchemaRef {
    let field = |column: &Column| ArrowField::new(column.name(), column.data_type(), column.is_nullable());
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}
