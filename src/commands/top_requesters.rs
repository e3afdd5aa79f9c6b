//! `top-requesters`, also `top`: who sends the most requests, or whatever else they are grouped by.

use crate::aggregate::{
    Aggregate, Dimension, Dimensions, Distinct, GroupTable, Having, Prefetched, Requests, Thresholds, top_n,
};
use crate::args::{CommonArgs, OutputDefaults};
use crate::record::{Field, Record};
use crate::report::{Column, Note, Report, Row, Table, Value};
use crate::run::{Context, Exit, Run};
use crate::time::{Interval, IntervalCursor};

/// Who sends the most requests, or whatever else they are grouped by
///
/// Who sends the most requests: requests, errors and bytes by requester, or by anything else.
///
/// --by takes one or more of the 27 fields of the log format, and what is derived from them: account, principal and
/// identity (of the requester), method (of the operation), client (of the user agent), status_class, prefix, object and extension (of the
/// decoded key), network (/24 or /64), day, hour, minute.
///
/// --having keeps the rows that pass a threshold: requests, errors, bytes_sent, share, or distinct, then >, >=, <, <= or =, then
/// a number. With --every there is a row for each interval: who sent more than 100 requests in a minute?
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al top logs/
  s3al top logs/ --by remote_ip --sort bytes
  s3al top logs/ --by bucket,prefix --depth 2 --limit 50
  s3al top logs/ --by remote_ip,bucket --every 1m --having 'requests>100'
  s3al top logs/ --by requester --distinct remote_ip --having 'distinct>1'")]
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

    /// Only rows that pass: 'requests>100', 'bytes_sent>=1GB', 'share>5%'. Repeat it for more (all have to pass)
    #[arg(long, value_name = "METRIC>N")]
    having: Vec<Having>,

    /// Count the different values of a field in each row. Repeat it or use commas for more
    #[arg(long, value_name = "FIELD", value_delimiter = ',')]
    distinct: Vec<Dimension>,

    /// A row for each interval: 1m, 15m, 1h, 1d, ... in the zone of --tz
    #[arg(long, value_name = "INTERVAL")]
    every: Option<Interval>,

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
    every: Option<IntervalCursor>,
    groups: Prefetched<Requests>,
    distinct: Option<Distinct>,
    all: Requests,
}

impl Aggregate for Top {
    #[inline]
    fn add(&mut self, record: &Record<'_>) {
        let key = match &mut self.every {
            None => self.by.key(record),
            Some(cursor) => self.by.key_at(cursor.start(record.timestamp()), record),
        };
        self.groups.update(key, |requests| requests.add(record));
        self.all.requests += 1;
        if let Some(distinct) = &mut self.distinct {
            distinct.add(key, record);
        }
    }

    fn memory(&self) -> usize {
        self.groups.bytes() + self.distinct.as_ref().map_or(0, Distinct::bytes)
    }

    fn merge(&mut self, other: Self) {
        self.groups.merge(other.groups);
        self.all.requests += other.all.requests;
        if let (Some(distinct), Some(more)) = (&mut self.distinct, other.distinct) {
            distinct.merge(more);
        }
    }
}

/// Runs `top-requesters`.
pub(super) fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    let having = Thresholds::new(&args.having, &args.distinct)?;
    let mut run = Run::new(context, &args.common, OutputDefaults { limit: 10, ..OutputDefaults::default() })?;
    let zone = run.output.zone;
    let memory = run.memory_of(if args.distinct.is_empty() { 1 } else { 2 });
    let distinct = Distinct::new(&args.distinct, args.depth, zone, memory);
    let by = Dimensions::new(args.by.clone(), args.depth, zone);
    let mut top = run.aggregate(|| Top {
        by: by.clone(),
        every: args.every.map(|interval| IntervalCursor::new(interval, zone)),
        groups: Prefetched::bounded(memory),
        distinct: (!args.distinct.is_empty()).then(|| distinct.clone()),
        all: Requests::default(),
    })?;
    let groups = std::mem::take(&mut top.groups).done();
    let table = table(&args, &having, &top, &groups, run.output.limit);
    run.report(Report { name: "top-requesters", main: table.name, tables: vec![table], ..Report::default() })
}

impl Top {
    fn share(&self, group: &Requests) -> f64 {
        group.requests as f64 / self.all.requests as f64
    }

    fn distinct(&self, key: &[u8]) -> Vec<u64> {
        self.distinct.as_ref().map_or(Vec::new(), |distinct| distinct.counts(key))
    }

    fn row(&self, key: &[u8], group: &Requests) -> Row {
        let (start, values) = match self.every {
            None => (None, self.by.values(key)),
            Some(_) => {
                let (start, values) = self.by.values_at(key);
                (Some(start), values)
            }
        };
        let values = self.by.list().iter().zip(values);
        let values = values.map(|(dimension, value)| Value::of_dimension(*dimension, value.as_deref()));
        let (first, last) = group.seen.get().unzip();
        let requests = [Value::Count(group.requests)];
        let distinct = self.distinct(key).into_iter().map(Value::Count);
        let metrics = [
            Value::Share(self.share(group)),
            Value::Count(group.errors),
            Value::Bytes(group.bytes_sent),
            Value::time(first),
            Value::time(last),
        ];
        start
            .map(Value::Time)
            .into_iter()
            .chain(values)
            .chain(requests)
            .chain(distinct)
            .chain(metrics)
            .collect::<Vec<_>>()
            .into()
    }
}

fn table(args: &Args, having: &Thresholds, top: &Top, groups: &GroupTable<Requests>, limit: usize) -> Table {
    let rank = |requests: &&Requests| match args.sort {
        Sort::Requests => requests.requests,
        Sort::Bytes => requests.bytes_sent,
        Sort::Errors => requests.errors,
    };
    let passes = |key: &[u8], group: &Requests| having.pass(group, top.share(group), || top.distinct(key));
    let mut passed = 0;
    let passing = groups.iter().filter(|(key, group)| passes(key, group)).inspect(|_| passed += 1);
    let rows = top_n(passing, limit, rank).into_iter().map(|(key, group)| top.row(key, group));
    // Without a threshold, also those that memory did not hold are counted.
    let total = if having.is_empty() { groups.distinct() } else { passed };
    let mut notes: Vec<_> = groups.approximation().map(Note::from).into_iter().collect();
    if top.distinct.as_ref().is_some_and(Distinct::is_approximate) {
        let distinct = "distinct: --memory did not hold all different values, so a count can be too low";
        notes.push(Note::Approximate(distinct.to_owned()));
    }
    let by = top.by.list();
    let time = args.every.map(|_| Column::whole("time"));
    let metrics = ["share", "errors", "bytes_sent", "first_seen", "last_seen"];
    let distinct = args.distinct.iter().map(|of| Column::whole(format!("distinct_{of}")));
    let names: Vec<&str> = by.iter().map(|dimension| dimension.name()).collect();
    let is_requesters = by == [Dimension::Field(Field::Requester)];
    let title =
        if is_requesters { "Top requesters".into() } else { format!("Requests by {}", names.join(", ")) };
    Table {
        name: if is_requesters { "requesters" } else { "groups" },
        title: args.every.map_or(title.clone(), |interval| format!("{title}, every {interval}")),
        columns: time
            .into_iter()
            .chain(by.iter().map(|dimension| Column::of_dimension(*dimension)))
            .chain([Column::whole("requests")])
            .chain(distinct)
            .chain(metrics.map(Column::whole))
            .collect(),
        rows: rows.collect(),
        total: Some(total),
        notes,
    }
}
