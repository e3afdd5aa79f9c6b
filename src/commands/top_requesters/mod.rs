//! `top-requesters`, also `top`: who sends the most requests, or whatever else they are grouped by.

mod sort;

use crate::aggregate::{
    Aggregate, Combination, Dimension, Dimensions, Distinct, GroupTable, Having, Merge as _, Prefetched,
    Requests, Thresholds, top_n,
};
use crate::args::{CommonArgs, GroupByArgs, OutputDefaults};
use crate::record::{Field, Record};
use crate::report::{Importance, Note, Report, Table, Value};
use crate::run::{Context, Exit, Run};
use crate::time::{Interval, IntervalCursor, Timestamp};

use sort::Sort;

/// Top requesters, or top values of any other field
///
/// Shows requests, errors and bytes by requester, or by any other field, most requests first.
///
/// --by takes one or more of the 27 fields of the log format, and derived values: account, principal and
/// identity (of the requester), access_key_id (of a presigned URL), method (of the operation), client and bot (of the user agent),
/// referer_host, status_class, prefix, object and extension (of the decoded key), object_version, param:NAME (a parameter of the
/// request URI), network (/24 or /64), month, week, day, hour, minute, weekday, hour_of_day; and with --geoip FILE country, asn and
/// as_name.
///
/// --having keeps the rows that pass a threshold: requests, errors, bytes_sent, bytes_received, share, or distinct, then >, >=,
/// <, <= or =, then a number. With --every there is a row for each interval: who sent more than 100 requests in a minute?
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al top logs/
  s3al top logs/ --by remote_ip --sort bytes
  s3al top logs/ --by bucket,prefix --depth 2 --limit 50
  s3al top logs/ --by remote_ip,bucket --every 1m --having 'requests>100'
  s3al top logs/ --by requester --distinct remote_ip --having 'distinct>1'")]
#[command(mut_arg("by", |by| by.default_value("requester")))]
pub(crate) struct Args {
    #[command(flatten)]
    by: GroupByArgs,

    /// Sort by this column; numbers and times greatest first, texts in their own order
    #[arg(long, value_name = "COLUMN", default_value = "requests")]
    sort: Sort,

    /// Only rows that pass: 'requests>100', 'share>5%'
    ///
    /// Also 'bytes_sent>=1GB'. Repeat it for more: all have to pass.
    #[arg(long, value_name = "METRIC>N")]
    having: Vec<Having>,

    /// Count different values of a field in each row
    ///
    /// Several are separated by commas; fields count together with a plus: remote_ip+user_agent.
    #[arg(long, value_name = "FIELD[+FIELD]", value_delimiter = ',')]
    distinct: Vec<Combination>,

    /// A row for each interval: 1m, 15m, 1h, 1d, 1w, 1mo; in the zone of --tz
    #[arg(long, value_name = "INTERVAL")]
    every: Option<Interval>,

    #[command(flatten)]
    common: CommonArgs,
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
        self.all.bytes_sent = self.all.bytes_sent.saturating_add(record.bytes_sent().unwrap_or_default());
        if let Some(distinct) = &mut self.distinct {
            distinct.add(key, record);
        }
    }

    fn memory(&self) -> usize {
        self.groups.bytes() + self.distinct.as_ref().map_or(0, Distinct::bytes)
    }

    fn merge(&mut self, other: Self) {
        self.groups.merge(other.groups);
        self.all.merge(other.all);
        if let (Some(distinct), Some(more)) = (&mut self.distinct, other.distinct) {
            distinct.merge(more);
        }
    }
}

/// Runs `top-requesters`.
pub(super) fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    let having = Thresholds::new(&args.having, &args.distinct)?;
    args.sort.check(&args.by.by, &args.distinct, args.every.is_some())?;
    let mut run = Run::new(context, &args.common, OutputDefaults { limit: 10, ..OutputDefaults::default() })?;
    let zone = run.output.zone;
    let memory = run.memory_of(if args.distinct.is_empty() { 1 } else { 2 });
    let by = run.dimensions(&args.by)?;
    let counted: Vec<Dimension> = args.distinct.iter().flat_map(|of| of.0.clone()).collect();
    let distinct = Distinct::new(&args.distinct, &run.derive(&counted, args.by.prefix)?, memory);
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

    /// The part of all bytes; `None` where none were sent.
    fn bytes_share(&self, group: &Requests) -> Option<f64> {
        (self.all.bytes_sent > 0).then(|| group.bytes_sent as f64 / self.all.bytes_sent as f64)
    }

    fn distinct(&self, key: &[u8]) -> Vec<u64> {
        self.distinct.as_ref().map_or(Vec::new(), |distinct| distinct.counts(key))
    }

    /// The interval of a group, and what it is grouped by.
    fn values(&self, key: &[u8]) -> (Option<Timestamp>, Vec<Option<Vec<u8>>>) {
        if self.every.is_none() {
            return (None, self.by.values(key));
        }
        let (start, values) = self.by.values_at(key);
        (Some(start), values)
    }
}

fn table(args: &Args, having: &Thresholds, top: &Top, groups: &GroupTable<Requests>, limit: usize) -> Table {
    let rank = |(key, group): &(&[u8], &Requests)| {
        let values = || {
            let (start, values) = top.values(key);
            (start.map_or(0, Timestamp::millis), values)
        };
        args.sort.rank(group, (top.by.list(), &args.distinct), || top.distinct(key), values)
    };
    let passes = |key: &[u8], group: &Requests| having.pass(group, top.share(group), || top.distinct(key));
    let mut passed = 0;
    let passing = groups.iter().filter(|(key, group)| passes(key, group)).inspect(|_| passed += 1);
    let ranked = passing.map(|(key, group)| (key, (key, group)));
    let rows = top_n(ranked, limit, rank).into_iter().map(|(_, row)| row);
    // Without a threshold, also those that memory did not hold are counted.
    let total = if having.is_empty() { groups.distinct() } else { passed };
    let by = top.by.list();
    let names: Vec<&str> = by.iter().map(|dimension| dimension.name()).collect();
    let is_requesters = by == [Dimension::Field(Field::Requester)];
    let title =
        if is_requesters { "Top requesters".into() } else { format!("Requests by {}", names.join(", ")) };
    let title = args.every.map_or(title.clone(), |interval| format!("{title}, every {interval}"));
    let mut table = Table::builder(if is_requesters { "requesters" } else { "groups" }, title, rows);
    if args.every.is_some() {
        table = table.column("time", Value::time, |(key, _)| top.values(key).0);
    }
    table =
        table
            .groups(&top.by, |(key, _)| top.values(key).1)
            .column("requests", Value::Count, |(_, group)| group.requests);
    for (place, of) in args.distinct.iter().enumerate() {
        table = table.column(format!("distinct_{of}"), Value::count, move |(key, _)| {
            top.distinct(key).get(place).copied()
        });
    }
    let sorted_by =
        |sort: Sort, otherwise: Importance| if args.sort == sort { Importance::Answer } else { otherwise };
    table = table
        .column("share", Value::Share, |(_, group)| top.share(group))
        .context()
        .column("errors", Value::Count, |(_, group)| group.errors)
        .column("bytes_sent", Value::Bytes, |(_, group)| group.bytes_sent)
        .importance(sorted_by(Sort::BytesSent, Importance::Context))
        .column("first_seen", Value::time, |(_, group)| group.seen.get().map(|(first, _)| first))
        .importance(sorted_by(Sort::FirstSeen, Importance::Detail))
        .column("last_seen", Value::time, |(_, group)| group.seen.get().map(|(_, last)| last))
        .importance(sorted_by(Sort::LastSeen, Importance::Detail))
        .column("bytes_received", Value::Bytes, |(_, group)| group.bytes_received)
        .importance(sorted_by(Sort::BytesReceived, Importance::Detail))
        .hide_zero()
        .column("bytes_share", Value::share, |(_, group)| top.bytes_share(group))
        .detail()
        .total(total)
        .notes(groups.approximation());
    if top.distinct.as_ref().is_some_and(Distinct::is_approximate) {
        let distinct = "distinct: --memory did not hold all different values, so a count can be too low";
        table = table.note(Note::Approximate(distinct.to_owned()));
    }
    table.build()
}
