//! `export`: every matching record, as rows.

use std::ops::Range;

use anyhow::Context as _;

use crate::args::{CommonArgs, DepthArgs, OutputDefaults};
use crate::dimension::{DeriveOptions, Derived, Dimension, read_time};
use crate::output::{Cell, Format};
use crate::record::{Field, FieldKind, Record};
use crate::report::{EXTRA, Importance, Report, Selection, Table};
use crate::run::{Context, Exit, Run};

/// Every matching record, as rows
///
/// Prints every matching record with all its fields, in input order, as it is read.
///
/// Rows have the 27 fields of the log format and `extra`, whatever follows them. A dash is null. With `--format raw` the
/// matching lines are printed unchanged, and with `--format combined` as the Apache web server logs requests. Tables for people are printed after everything is read, and hold all rows in memory.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al export logs/ > records.ndjson
  s3al export logs/ --status 5xx --format raw
  s3al export logs/ --status 100-599 --format combined | goaccess --log-format=COMBINED -
  s3al export logs/ --columns timestamp,principal,key,remote_ip --format csv
  s3al export logs/ --since 7d --format csv --csv-safe -o week.csv")]
pub(crate) struct Args {
    #[command(flatten)]
    common: CommonArgs,
}

/// Runs `export`.
pub(super) fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    let mut run =
        Run::new(context, &args.common, OutputDefaults { format: Format::Ndjson, limit: 0, records: true })?;
    if !run.output.selection.columns.is_empty() {
        return chosen(run);
    }
    let names = Field::ALL.into_iter().map(Field::name).chain([EXTRA]);
    let stream = run.output.stream("export", "records", names)?;
    let Some(stream) = stream else { return table(run) };
    let rows = stream.rows().clone();
    run.stream(stream, |record, out| {
        let extra: Vec<&[u8]> = record.extra().collect();
        let cells =
            Field::ALL.into_iter().zip(record.fields()).map(|(field, text)| cell(record, field, text));
        rows.record(record, cells.chain([extra_cell(&extra)]), out);
    })
}

/// Rows with the columns that were asked for.
fn chosen(mut run: Run) -> anyhow::Result<Exit> {
    let columns = columns(&run.output.selection)?;
    let derived: Vec<_> = columns.iter().filter_map(|column| column.dimension()).collect();
    let options = run.derive(&derived, DepthArgs::default())?;
    let names = columns.iter().map(|column| column.name());
    let stream = run.output.stream("export", "records", names)?;
    let Some(stream) = stream else { return table(run) };
    let rows = stream.rows().clone();
    run.stream(stream, |record, out| {
        let extra: Vec<&[u8]> = record.extra().collect();
        let mut texts = Vec::new();
        let places: Vec<Option<Range<usize>>> =
            columns.iter().map(|column| column.derive(record, &options, &mut texts)).collect();
        let cells = columns.iter().zip(places).map(|(column, place)| match column {
            RecordColumn::Field(field) => cell(record, *field, record.get(*field)),
            RecordColumn::Derived(derived) => {
                derived_cell(*derived, place.and_then(|place| texts.get(place)))
            }
            RecordColumn::Extra => extra_cell(&extra),
        });
        rows.record(record, cells, out);
    })
}

fn extra_cell<'a>(extra: &'a [&'a [u8]]) -> Cell<'a> {
    if extra.is_empty() { Cell::Null } else { Cell::Slices(extra) }
}

/// What a column of records holds.
#[derive(Clone, Copy)]
enum RecordColumn {
    Field(Field),
    Derived(Derived),
    /// What else is in the line.
    Extra,
}

impl RecordColumn {
    const fn name(self) -> &'static str {
        match self {
            Self::Field(field) => field.name(),
            Self::Derived(derived) => derived.name(),
            Self::Extra => EXTRA,
        }
    }

    /// Appends what is derived from a record to `out`, and says where it is; `None` is null.
    fn derive(self, record: &Record<'_>, options: &DeriveOptions, out: &mut Vec<u8>) -> Option<Range<usize>> {
        let Self::Derived(derived) = self else { return None };
        let start = out.len();
        derived.write(record, options, out)?;
        Some(start..out.len())
    }

    /// What is derived, if it is.
    const fn dimension(self) -> Option<Dimension> {
        match self {
            Self::Derived(derived) => Some(Dimension::Derived(derived)),
            Self::Field(_) | Self::Extra => None,
        }
    }
}

/// The columns that were asked for.
fn columns(selection: &Selection) -> anyhow::Result<Vec<RecordColumn>> {
    let columns = selection.columns.iter().map(|name| {
        if name.trim() == EXTRA {
            return Ok(RecordColumn::Extra);
        }
        Ok(match name.parse().context("--columns")? {
            Dimension::Field(field) => RecordColumn::Field(field),
            Dimension::Derived(derived) => RecordColumn::Derived(derived),
        })
    });
    columns.collect()
}

fn derived_cell(derived: Derived, text: Option<&[u8]>) -> Cell<'_> {
    let Some(text) = text else { return Cell::Null };
    match derived.kind() {
        FieldKind::Time => read_time(text).map_or(Cell::Null, Cell::Time),
        FieldKind::Boolean => Cell::Bool(text.eq_ignore_ascii_case(b"yes")),
        FieldKind::Text => Cell::Text(text),
        FieldKind::Integer | FieldKind::Bytes | FieldKind::Milliseconds => {
            Cell::unsigned(std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()))
        }
    }
}

#[inline]
fn cell<'a>(record: &Record<'a>, field: Field, text: Option<&'a [u8]>) -> Cell<'a> {
    match field.kind() {
        FieldKind::Time => Cell::Time(record.timestamp()),
        FieldKind::Integer | FieldKind::Bytes | FieldKind::Milliseconds => {
            Cell::unsigned(record.number(field))
        }
        FieldKind::Boolean => record.acl_required().map_or(Cell::Null, Cell::Bool),
        FieldKind::Text => Cell::text(text),
    }
}

/// For formats that cannot begin before all rows are known. Columns that were asked for are chosen from all fields, or derived.
fn table(mut run: Run) -> anyhow::Result<Exit> {
    let lines = run.lines()?;
    let columns = Field::ALL.map(|field| (field, importance(field)));
    let mut table = Table::of_records("records", "Records", &columns, lines);
    table.add_extra();
    run.report(Report { name: "export", main: table.name, tables: vec![table], ..Report::default() })
}

/// How much of the answer a field is, to somebody who looks at records.
fn importance(field: Field) -> Importance {
    match field {
        Field::Timestamp
        | Field::Requester
        | Field::RemoteIp
        | Field::Operation
        | Field::Key
        | Field::HttpStatus
        | Field::BytesSent => Importance::Answer,
        Field::Bucket | Field::ErrorCode | Field::UserAgent => Importance::Context,
        _ => Importance::Detail,
    }
}
