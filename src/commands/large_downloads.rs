//! `large-downloads`: the largest downloads, request by request or joined from their ranges.

use std::cmp::Reverse;

use bytesize::ByteSize;

use crate::aggregate::{Aggregate, Dimension, Dimensions, GroupTable, Merge, TopRecords};
use crate::args::{CommonArgs, OutputDefaults};
use crate::record::{Field, Record};
use crate::report::{Importance, RecordColumns, Report, Table, Value};
use crate::run::{Context, Exit, Run};
use crate::semantics::{Outcome, sends_object};
use crate::spill::Space;
use crate::time::{Timestamp, Zone};

/// The largest downloads
///
/// Successful object reads that sent many bytes, largest first; parts of objects (status 206) count too.
///
/// Clients fetch large objects in ranges. --join-ranges adds up the requests of one client (address, requester and user
/// agent) for one object, as long as they follow each other within an hour, and then looks at the size.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al large-downloads logs/
  s3al large-downloads logs/ --min-size 1GB --join-ranges
  cat *.log | s3al large-downloads --anonymous --format csv")]
pub(crate) struct Args {
    /// Minimum bytes sent: 1048576, 50MB, 1GiB
    #[arg(long, value_name = "SIZE", default_value = "50MB")]
    min_size: ByteSize,

    /// Add up the range requests of one client for one object
    #[arg(long)]
    join_ranges: bool,

    #[command(flatten)]
    common: CommonArgs,
}

const DOWNLOADS: RecordColumns<10> = [
    (Field::Timestamp, Importance::Answer),
    (Field::Bucket, Importance::Detail),
    (Field::Key, Importance::Lead),
    (Field::BytesSent, Importance::Lead),
    (Field::ObjectSize, Importance::Context),
    (Field::TotalTime, Importance::Detail),
    (Field::Operation, Importance::Detail),
    (Field::Requester, Importance::Answer),
    (Field::RemoteIp, Importance::Context),
    (Field::UserAgent, Importance::Detail),
];

/// What tells one download from another.
const JOINED: [Field; 6] =
    [Field::Bucket, Field::Key, Field::VersionId, Field::Requester, Field::RemoteIp, Field::UserAgent];

/// The longest pause within one download, in milliseconds.
const MAX_PAUSE_MS: i64 = 3_600_000;

/// Runs `large-downloads`.
pub(super) fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    let defaults = OutputDefaults { records: !args.join_ranges, ..OutputDefaults::default() };
    let mut run = Run::new(context, &args.common, defaults)?;
    run.note_excluded_statuses("downloads", |status| (200..300).contains(&status));
    let (limit, min_size) = (run.output.limit, args.min_size.as_u64());
    let table = if args.join_ranges {
        let by = Dimensions::new(JOINED.map(Dimension::Field).to_vec(), 0, Zone::Utc);
        let joined = run.aggregate(|| Joined { by: by.clone(), groups: GroupTable::default() })?;
        joined.table(min_size, limit)
    } else {
        let (space, memory) = (run.space().clone(), run.memory_of(1));
        let largest = run.aggregate(|| Largest::new(min_size, limit, &space, memory))?;
        largest.table(&space)?
    };
    run.report(Report { name: "large-downloads", main: table.name, tables: vec![table], ..Report::default() })
}

/// The bytes that a successful object read sent.
#[inline]
fn download(record: &Record<'_>) -> Option<u64> {
    let is_read = Outcome::of(record) == Outcome::Success && sends_object(record.operation());
    record.bytes_sent().filter(|_| is_read)
}

/// The largest downloads, request by request.
pub(super) struct Largest {
    min_size: u64,
    downloads: TopRecords,
}

impl Largest {
    /// The `limit` largest of at least `min_size` bytes; about `memory` bytes of them are held in memory.
    pub(super) fn new(min_size: u64, limit: usize, space: &Space, memory: usize) -> Self {
        Self { min_size, downloads: TopRecords::new(limit, space, memory) }
    }

    /// A row for each.
    ///
    /// # Errors
    /// If a temporary file cannot be written or read.
    pub(super) fn table(self, space: &Space) -> std::io::Result<Table> {
        let total = self.downloads.total();
        let table = Table::of_records("downloads", "Largest downloads", &DOWNLOADS, space, |put| {
            self.downloads.into_lines(put)
        })?;
        Ok(Table { total: Some(total), ..table })
    }
}

impl Aggregate for Largest {
    #[inline]
    fn add(&mut self, record: &Record<'_>) {
        if let Some(bytes) = download(record).filter(|bytes| *bytes >= self.min_size) {
            self.downloads.add(bytes, record);
        }
    }

    fn memory(&self) -> usize {
        self.downloads.bytes()
    }

    fn merge(&mut self, other: Self) {
        self.downloads.merge(other.downloads);
    }
}

/// All reads of one object by one client.
#[derive(Default)]
struct Reads(Vec<Read>);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Read {
    time: Timestamp,
    total_time: u64,
    bytes: u64,
    object_size: Option<u64>,
}

impl Read {
    fn end(&self) -> i64 {
        self.time.millis().saturating_add_unsigned(self.total_time)
    }
}

impl Merge for Reads {
    fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    fn heap_bytes(&self) -> usize {
        self.0.capacity() * size_of::<Read>()
    }
}

struct Joined {
    by: Dimensions,
    groups: GroupTable<Reads>,
}

impl Aggregate for Joined {
    fn add(&mut self, record: &Record<'_>) {
        let Some(bytes) = download(record).filter(|bytes| *bytes > 0) else { return };
        let (time, total_time) = (record.timestamp(), record.total_time().unwrap_or_default());
        let read = Read { time, total_time, bytes, object_size: record.object_size() };
        self.groups.update(self.by.key(record), |reads| reads.0.push(read));
    }

    fn memory(&self) -> usize {
        self.groups.bytes()
    }

    fn merge(&mut self, other: Self) {
        self.groups.merge(other.groups);
    }
}

impl Joined {
    fn table(&self, min_size: u64, limit: usize) -> Table {
        let mut downloads = Vec::new();
        for (key, reads) in self.groups.iter() {
            let mut reads = reads.0.clone();
            reads.sort_unstable();
            // The pause counts from the end of all reads before, not of the last that began.
            let mut end = i64::MIN;
            let joined = reads.chunk_by(|before, next| {
                end = end.max(before.end());
                next.time.millis().saturating_sub(end) <= MAX_PAUSE_MS
            });
            for reads in joined {
                let bytes = reads.iter().fold(0u64, |sum, read| sum.saturating_add(read.bytes));
                if bytes >= min_size {
                    downloads.push((bytes, reads[0].time, key, reads.to_vec()));
                }
            }
        }
        downloads.sort_unstable_by_key(|(bytes, start, key, _)| (Reverse(*bytes), *start, *key));
        let total = downloads.len() as u64;
        let shown = downloads.into_iter().take(limit).map(|(bytes_sent, start, key, reads)| {
            let fields = <[_; JOINED.len()]>::try_from(self.by.values(key)).unwrap_or_default();
            let [bucket, key, _, requester, remote_ip, user_agent] = fields;
            Download { start, bucket, key, requester, remote_ip, user_agent, bytes_sent, reads }
        });
        Table::builder("downloads", "Largest downloads, ranges joined", shown)
            .column("timestamp", Value::Time, |download| download.start)
            .field(Field::Bucket, |download| download.bucket.as_ref())
            .detail()
            .field(Field::Key, |download| download.key.as_ref())
            .lead()
            .field(Field::Requester, |download| download.requester.as_ref())
            .field(Field::RemoteIp, |download| download.remote_ip.as_ref())
            .context()
            .field(Field::UserAgent, |download| download.user_agent.as_ref())
            .detail()
            .column("requests", Value::Count, |download| download.reads.len() as u64)
            .context()
            .column("bytes_sent", Value::Bytes, |download| download.bytes_sent)
            .lead()
            .column("object_size", Value::bytes, Download::object_size)
            .context()
            .column("share", Value::share, |download| {
                let size = download.object_size().filter(|size| *size > 0)?;
                Some(download.bytes_sent as f64 / size as f64)
            })
            .context()
            .column("duration", Value::Millis, Download::duration)
            .context()
            .total(total)
            .note("share: bytes sent of the object's size; over 100 % where parts were fetched again")
            .build()
    }
}

/// A download, joined from its ranges.
struct Download {
    start: Timestamp,
    bucket: Option<Vec<u8>>,
    key: Option<Vec<u8>>,
    requester: Option<Vec<u8>>,
    remote_ip: Option<Vec<u8>>,
    user_agent: Option<Vec<u8>>,
    bytes_sent: u64,
    reads: Vec<Read>,
}

impl Download {
    fn object_size(&self) -> Option<u64> {
        self.reads.iter().filter_map(|read| read.object_size).max()
    }

    /// From the first request to the end of the last one, in milliseconds.
    fn duration(&self) -> u64 {
        let end = self.reads.iter().map(Read::end).max().unwrap_or(self.start.millis());
        end.saturating_sub(self.start.millis()).unsigned_abs()
    }
}
