//! `export`: every matching record, as rows.

use std::str::FromStr;

use super::record_columns::{self, cell, extra_cell};
use crate::args::{CommonArgs, DepthArgs, OutputDefaults};
use crate::dimension::Dimension;
use crate::output::Format;
use crate::record::Field;
use crate::report::{EXTRA, Importance, Report, Table};
use crate::run::{Context, Exit, Run};

/// What it does where nothing is typed.
const DEFAULTS: OutputDefaults =
    OutputDefaults { format: Format::Ndjson, limit: 0, records: true, findings: false };

/// Every matching record, as rows
///
/// Prints every matching record with all its fields, in input order, as it is read.
///
/// Rows have the 27 fields of the log format and `extra`, whatever follows them. A dash is null. With `--format raw` the
/// matching lines are printed unchanged, and with `--format combined` as the Apache web server logs requests. Tables for people, and
/// rows that are sorted, are printed after everything is read; what --memory does not hold of them waits in a temporary file.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al export logs/ > records.ndjson
  s3al export logs/ --status 5xx --format raw
  s3al export logs/ --status 100-599 --format combined | goaccess --log-format=COMBINED -
  s3al export logs/ --columns timestamp,principal,key,remote_ip --format csv
  s3al export logs/ --sort -timestamp --limit 100 --format table
  s3al export logs/ --since 7d --format csv --csv-safe -o week.csv")]
#[command(mut_args(DEFAULTS.said()))]
pub(crate) struct Args {
    /// Sort by time: `timestamp` oldest first, `-timestamp` newest first; records of one time are in input order
    #[arg(long, value_name = "[-]timestamp", allow_hyphen_values = true)]
    sort: Option<Sort>,

    #[command(flatten)]
    common: CommonArgs,
}

/// The order of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    OldestFirst,
    NewestFirst,
}

impl FromStr for Sort {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, String> {
        let (order, column) = match typed.strip_prefix('-') {
            Some(column) => (Self::NewestFirst, column),
            None => (Self::OldestFirst, typed),
        };
        match column.parse() {
            Ok(Dimension::Field(Field::Timestamp)) => Ok(order),
            _ => Err(format!("rows of `export` are sorted by timestamp or -timestamp, not by {column:?}")),
        }
    }
}

/// Runs `export`.
pub(super) fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    let mut run = Run::new(context, &args.common, DEFAULTS)?;
    if let Some(sort) = args.sort {
        run.sort_by_time(sort == Sort::NewestFirst);
    }
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
    let columns = record_columns::chosen(&run.output.selection)?;
    let derived: Vec<_> = columns.iter().filter_map(|column| column.dimension()).collect();
    let options = run.derive(&derived, DepthArgs::default())?;
    let names = columns.iter().map(|column| column.name());
    let stream = run.output.stream("export", "records", names)?;
    let Some(stream) = stream else { return table(run) };
    let rows = stream.rows().clone();
    run.stream(stream, |record, out| record_columns::write(&columns, &options, &rows, record, out))
}

/// For formats that cannot begin before all rows are known. Columns that were asked for are chosen from all fields, or derived.
fn table(mut run: Run) -> anyhow::Result<Exit> {
    let columns = Field::ALL.map(|field| (field, importance(field)));
    let space = run.space().clone();
    let mut table = Table::of_records("records", "Records", &columns, &space, |put| run.lines(put))?;
    table.add_extra()?;
    run.report(Report { name: "export", main: table.name, tables: vec![table], ..Report::default() })
}

/// How much of the answer a field is, to somebody who looks at records.
fn importance(field: Field) -> Importance {
    match field {
        Field::Timestamp
        | Field::Requester
        | Field::Operation
        | Field::Key
        | Field::HttpStatus
        | Field::BytesSent => Importance::Answer,
        Field::RemoteIp | Field::Bucket | Field::ErrorCode | Field::UserAgent => Importance::Context,
        _ => Importance::Detail,
    }
}
