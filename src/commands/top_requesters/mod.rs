//! `top-requesters`, also `top`: who sends the most requests, or whatever else they are grouped by.

pub(super) mod sort;

use std::time::Duration;

use crate::aggregate::{
    Aggregate, Combination, Counted, Detailed, Details, Dimension, Dimensions, Distinct, GroupTable, Groups,
    Having, Merge as _, Nearest, Prefetched, Requests, Thresholds, Trend,
};
use crate::args::{CommonArgs, GroupByArgs, OutputDefaults, by_default, without_repeats};
use crate::record::{Field, Record};
use crate::report::{Chart, Importance, Note, Report, Table, Value};
use crate::run::{Context, Exit, Run};
use crate::spill::Space;
use crate::time::{self, Interval, IntervalCursor, Timestamp};

use sort::Sort;

/// What it does where nothing is typed.
const DEFAULTS: OutputDefaults = OutputDefaults { limit: 10, ..OutputDefaults::REPORT };

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
/// <, <= or =, then a number. With --by bytes_sent, their sum is called bytes_sent_total. With --every there is a row for each
/// interval: who sent more than 100 requests in a minute?
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al top logs/
  s3al top logs/ --by remote_ip --sort bytes
  s3al top logs/ --by bucket,prefix --depth 2 --limit 50
  s3al top logs/ --by remote_ip --trend
  s3al top logs/ --by remote_ip,bucket --every 1m --having 'requests>100'
  s3al top logs/ --by requester --distinct remote_ip --having 'distinct>1'")]
#[command(mut_args(by_default("requester")))]
#[command(mut_args(DEFAULTS.said()))]
pub(crate) struct Args {
    #[command(flatten)]
    by: GroupByArgs,

    /// Sort by this column; numbers and times greatest first, texts in their own order
    #[arg(long, value_name = "COLUMN", default_value = "requests")]
    sort: Sort,

    /// Only rows that pass: 'requests>100', 'share>5%'
    ///
    /// Also 'bytes_sent>=1GB'. Repeat it for more: all have to pass.
    #[arg(long, value_name = "THRESHOLD")]
    having: Vec<Having>,

    /// Count different values of a field in each row
    ///
    /// Several are separated by commas; fields count together with a plus: remote_ip+user_agent.
    #[arg(long, value_name = "FIELD[+FIELD]", value_delimiter = ',')]
    distinct: Vec<Combination>,

    /// A row for each interval: 1m, 15m, 1h, 1d, 1w, 1mo; in the zone of --tz
    #[arg(long, value_name = "INTERVAL")]
    every: Option<Interval>,

    /// Show each row's requests over time
    ///
    /// As a line of bars that are high where the row's own requests are many; in JSON as counts over spans of equal length.
    #[arg(long)]
    trend: bool,

    #[command(flatten)]
    common: CommonArgs,
}

struct Top<G> {
    by: Dimensions,
    every: Option<IntervalCursor>,
    groups: Prefetched<G>,
    distinct: Option<Distinct>,
    trend: bool,
    all: Requests,
}

impl<G: Counted> Aggregate for Top<G> {
    #[inline]
    fn add(&mut self, record: &Record<'_>) {
        let key = match &mut self.every {
            None => self.by.key(record),
            Some(cursor) => self.by.key_at(cursor.start(record.timestamp()), record),
        };
        let distinct = self.distinct.as_mut().map(|distinct| distinct.values(record));
        let details = Details { distinct, trend: self.trend };
        self.groups.update(key, |group| group.add(record, details));
        if self.trend {
            self.all.seen.add(record.timestamp());
        }
        self.all.requests += 1;
        self.all.bytes_sent = self.all.bytes_sent.saturating_add(record.bytes_sent().unwrap_or_default());
    }

    fn memory(&self) -> usize {
        self.groups.bytes()
    }

    fn merge(&mut self, other: Self) {
        self.groups.merge(other.groups);
        self.all.merge(other.all);
    }
}

/// Runs `top-requesters`.
pub(super) fn run(context: &Context, mut args: Args) -> anyhow::Result<Exit> {
    args.distinct = without_repeats(&args.distinct);
    let having = Thresholds::new(&args.having, &args.distinct)?;
    args.sort.check(&args.by.fields(), &args.distinct, args.every.is_some())?;
    let run = Run::new(context, &args.common, DEFAULTS)?;
    if args.distinct.is_empty() && args.trend {
        answer::<Detailed>(run, &args, &having, None)
    } else if args.distinct.is_empty() {
        answer::<Requests>(run, &args, &having, None)
    } else {
        let counted: Vec<Dimension> = args.distinct.iter().flat_map(|of| of.0.clone()).collect();
        let options = run.derive(&counted, args.by.prefix)?;
        let distinct = Distinct::new(&args.distinct, &options, run.space().memory());
        answer::<Detailed>(run, &args, &having, Some(distinct))
    }
}

fn answer<G: Counted>(
    mut run: Run,
    args: &Args,
    having: &Thresholds,
    distinct: Option<Distinct>,
) -> anyhow::Result<Exit> {
    let (zone, limit, memory) = (run.output.zone, run.output.limit, run.memory_of(1));
    let space = run.space().clone();
    let by = run.dimensions(&args.by)?;
    // All rows are exact; of the first ones it is enough to know how far from the truth they can be. Sets of values and trends take
    // much more memory than groups do.
    let is_exact = limit == usize::MAX || distinct.is_some() || args.trend;
    let groups =
        || if is_exact { GroupTable::spilling(&space, memory) } else { GroupTable::<G>::bounded(memory) };
    let mut top = run.aggregate(|| Top {
        by: by.clone(),
        every: args.every.map(|interval| IntervalCursor::new(interval, zone)),
        groups: Prefetched::of(groups()),
        distinct: distinct.clone(),
        trend: args.trend,
        all: Requests::default(),
    })?;
    let groups = std::mem::take(&mut top.groups).done().groups()?;
    let table = table(args, having, &top, &groups, limit, &space)?;
    let mut if_empty = String::new();
    if table.rows.is_empty() && !having.is_empty() {
        let mut nearest = Nearest::default();
        groups.for_each(|_, group: &G| {
            nearest.add(having, group.requests(), top.share(group.requests()), || group.counts());
            Ok(())
        })?;
        if_empty = format!("no row passes {}", nearest.in_words(having));
    }
    let (main, tables) = (table.name, vec![table]);
    run.report(Report { name: "top-requesters", main, tables, if_empty, ..Report::default() })
}

impl<G> Top<G> {
    fn share(&self, group: &Requests) -> f64 {
        group.requests as f64 / self.all.requests as f64
    }

    /// The part of all bytes; `None` where none were sent.
    fn bytes_share(&self, group: &Requests) -> Option<f64> {
        (self.all.bytes_sent > 0).then(|| group.bytes_sent as f64 / self.all.bytes_sent as f64)
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

fn table<G: Counted>(
    args: &Args,
    having: &Thresholds,
    top: &Top<G>,
    groups: &Groups<G>,
    limit: usize,
    space: &Space,
) -> std::io::Result<Table> {
    let rank = |key: &[u8], group: &G| {
        let values = || {
            let (start, values) = top.values(key);
            (start.map_or(0, Timestamp::millis), values)
        };
        args.sort.rank(group.requests(), (top.by.list(), &args.distinct), || group.counts(), values)
    };
    let passes =
        |_: &[u8], group: &G| having.pass(group.requests(), top.share(group.requests()), || group.counts());
    let ranked = groups.top(limit, passes, rank)?;
    // Without a threshold, also those that memory did not hold are counted.
    let total = if having.is_empty() { groups.distinct() } else { ranked.total };
    let by = top.by.list();
    let names: Vec<&str> = by.iter().map(|dimension| dimension.name()).collect();
    let is_requesters = by == [Dimension::Field(Field::Requester)];
    let title =
        if is_requesters { "Top requesters".into() } else { format!("Requests by {}", names.join(", ")) };
    let title = args.every.map_or(title.clone(), |interval| format!("{title}, every {interval}"));
    let mut table = Table::builder(if is_requesters { "requesters" } else { "groups" }, title, []);
    if args.every.is_some() {
        table = table.column("time", Value::time, |(key, _): &(Vec<u8>, G)| top.values(key).0);
    }
    table =
        table
            .groups(&top.by, |(key, _)| top.values(key).1)
            .column("requests", Value::Count, |(_, group)| group.requests().requests);
    for (place, of) in args.distinct.iter().enumerate() {
        table = table.column(format!("distinct_{of}"), Value::count, move |(_, group)| {
            Some(group.counts().get(place).copied().unwrap_or_default())
        });
    }
    let chart = match args.every {
        Some(_) if by.len() == 1 => Chart::line("time", &["requests"]).by(Some(names[0])),
        _ => Chart::bars("requests"),
    };
    // A row has each name once, also where the rows are those of one size.
    let is_by_bytes = by.contains(&Dimension::Field(Field::BytesSent));
    let bytes_sent = if is_by_bytes { sort::BYTES_SENT_TOTAL } else { "bytes_sent" };
    let sorted_by =
        |sort: Sort, otherwise: Importance| if args.sort == sort { Importance::Answer } else { otherwise };
    let seen = |(_, group): &(Vec<u8>, G)| group.requests().seen.get();
    table = table
        .column("share", Value::Share, |(_, group)| top.share(group.requests()))
        .context()
        .column("errors", Value::Count, |(_, group)| group.requests().errors)
        .column(bytes_sent, Value::Bytes, |(_, group)| group.requests().bytes_sent)
        .importance(sorted_by(Sort::BytesSent, Importance::Context))
        .column("first_seen", Value::time, move |row| seen(row).map(|(first, _)| first))
        .importance(sorted_by(Sort::FirstSeen, Importance::Detail))
        .column("last_seen", Value::time, move |row| seen(row).map(|(_, last)| last))
        .importance(sorted_by(Sort::LastSeen, Importance::Detail))
        .column("bytes_received", Value::Bytes, |(_, group)| group.requests().bytes_received)
        .importance(sorted_by(Sort::BytesReceived, Importance::Detail))
        .hide_zero()
        .column("bytes_share", Value::share, |(_, group)| top.bytes_share(group.requests()))
        .detail()
        .chart(chart)
        .total(total)
        .notes(groups.approximation());
    if args.trend {
        let seen = top.all.seen;
        let length = Duration::from_secs(Trend::minutes(seen) * 60);
        table = table
            .column("requests_over_time", Value::Series, move |(_, group)| group.over_time(seen))
            .note(format!("requests_over_time: spans of {}", time::length(length)));
    }
    let mut is_estimated = false;
    if let Some(distinct) = &top.distinct {
        ranked.for_each(|_, group| {
            is_estimated |= group.is_estimated();
            Ok(())
        })?;
        table = table.notes(is_estimated.then(|| Note::Approximate(distinct.note())));
    }
    table.build_with(space, |put| ranked.rows(put))
}
