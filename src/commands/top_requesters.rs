//! `top-requesters`, also `top`: who sends the most requests, or whatever else they are grouped by.

use crate::aggregate::{Aggregate, Dimension, Dimensions, Groups, Requests};
use crate::args::{CommonArgs, OutputDefaults};
use crate::parser::{Entry, Field};
use crate::report::{Column, Report, Row, Table, Value};
use crate::run::{Exit, Run};

/// Who sends the most requests: requests, errors and bytes by requester, or by anything else.
///
/// --by takes one or more of the 27 fields of the log format, and what is derived from them: account and principal (of the
/// requester), method (of the operation), client (of the user agent), status_class, prefix, object and extension (of the
/// decoded key), network (/24 or /64), day, hour, minute.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al top logs/
  s3al top logs/ --by remote_ip --sort bytes
  s3al top logs/ --by bucket,prefix --depth 2 --limit 50")]
pub struct Args {
    /// What to group by: one or more names, with commas between them
    #[arg(long, value_name = "FIELD", value_delimiter = ',', default_value = "requester")]
    by: Vec<Dimension>,

    /// What to sort by, greatest first
    #[arg(long, value_enum, default_value_t)]
    sort: Sort,

    /// How many parts of the key make a prefix
    #[arg(long, value_name = "N", default_value_t = 1)]
    depth: usize,

    #[command(flatten)]
    common: CommonArgs,
}

/// What the rows are sorted by.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Sort {
    #[default]
    Requests,
    Bytes,
    Errors,
}

struct Top {
    by: Dimensions,
    groups: Groups<Requests>,
    all: Requests,
    scratch: Vec<u8>,
}

impl Aggregate for Top {
    #[inline]
    fn add(&mut self, entry: &Entry<'_>) {
        self.groups.value(self.by.key(entry, &mut self.scratch)).add(entry);
        self.groups.keep_bound();
        self.all.requests += 1;
    }

    fn merge(&mut self, other: Self) {
        self.groups.merge(other.groups);
        self.all.requests += other.all.requests;
    }
}

/// Runs `top-requesters`.
pub(super) fn run(args: Args) -> anyhow::Result<Exit> {
    let mut run = Run::new(&args.common, OutputDefaults { limit: 10, ..OutputDefaults::default() })?;
    let by = Dimensions::new(args.by, args.depth, run.output.zone);
    let memory = run.memory_of(1);
    let top = run.aggregate(|| Top {
        by: by.clone(),
        groups: Groups::bounded(memory),
        all: Requests::default(),
        scratch: Vec::new(),
    })?;
    let table = table(&by, args.sort, &top, run.output.limit);
    run.report(Report { name: "top-requesters", main: table.name, tables: vec![table], ..Report::default() })
}

fn table(by: &Dimensions, sort: Sort, top: &Top, limit: usize) -> Table {
    let rank = |requests: &Requests| match sort {
        Sort::Requests => requests.requests,
        Sort::Bytes => requests.bytes_sent,
        Sort::Errors => requests.errors,
    };
    let rows = top.groups.top(limit, rank).into_iter().map(|(key, group)| {
        let (first, last) = group.seen.get().unzip();
        let values = by.list().iter().zip(by.values(key));
        let mut row: Vec<Value> =
            values.map(|(dimension, value)| Value::of_dimension(*dimension, value.as_deref())).collect();
        row.extend([
            Value::Count(group.requests),
            Value::Share(group.requests as f64 / top.all.requests as f64),
            Value::Count(group.errors),
            Value::Bytes(group.bytes_sent),
            Value::time(first),
            Value::time(last),
        ]);
        Row::from(row)
    });
    let metrics = ["requests", "share", "errors", "bytes_sent", "first_seen", "last_seen"];
    let names: Vec<&str> = by.list().iter().map(|dimension| dimension.name()).collect();
    let is_requesters = by.list() == [Dimension::Field(Field::Requester)];
    Table {
        name: if is_requesters { "requesters" } else { "groups" },
        title: if is_requesters {
            "Top requesters".into()
        } else {
            format!("Requests by {}", names.join(", "))
        },
        columns: by
            .list()
            .iter()
            .map(|dimension| Column::of_dimension(*dimension))
            .chain(metrics.map(Column::whole))
            .collect(),
        rows: rows.collect(),
        total: Some(top.groups.distinct()),
        notes: top.groups.approximation().iter().map(ToString::to_string).collect(),
    }
}
