//! `large-downloads`: the largest downloads, request by request or joined from their ranges.

mod joined;

use self::joined::Joined;
use crate::aggregate::{Aggregate, TopRecords};
use crate::args::{CommonArgs, OutputDefaults};
use crate::filter::Size;
use crate::output::size;
use crate::record::{Field, Record};
use crate::report::{Importance, RecordColumns, Report, Table};
use crate::run::{Context, Exit, Run};
use crate::semantics::{Outcome, sends_object};
use crate::spill::Space;

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
    min_size: Size,

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

/// Runs `large-downloads`.
pub(super) fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    let defaults = OutputDefaults { records: !args.join_ranges, ..OutputDefaults::default() };
    let mut run = Run::new(context, &args.common, defaults)?;
    let (limit, min_size) = (run.output.limit, args.min_size.bytes());
    let (space, memory) = (run.space().clone(), run.memory_of(1));
    let (table, largest) = if args.join_ranges {
        let joined = run.aggregate(|| Joined::new(&space, memory))?;
        joined.table(min_size, limit, &space)?
    } else {
        let largest = run.aggregate(|| Largest::new(min_size, limit, &space, memory))?;
        let most = largest.most;
        (largest.table(&space)?, most)
    };
    let if_empty = match largest {
        None => "none of them is an object that was sent".to_owned(),
        Some(bytes) => {
            format!("no download sent {} (--min-size): the largest sent {}", args.min_size, size(bytes))
        }
    };
    let (main, tables) = (table.name, vec![table]);
    run.report(Report { name: "large-downloads", main, tables, if_empty, ..Report::default() })
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
    /// The most bytes that any download sent, whether or not that is enough.
    most: Option<u64>,
}

impl Largest {
    /// The `limit` largest of at least `min_size` bytes; about `memory` bytes of them are held in memory.
    pub(super) fn new(min_size: u64, limit: usize, space: &Space, memory: usize) -> Self {
        Self { min_size, downloads: TopRecords::new(limit, space, memory), most: None }
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
        let Some(bytes) = download(record) else { return };
        self.most = self.most.max(Some(bytes));
        if bytes >= self.min_size {
            self.downloads.add(bytes, record);
        }
    }

    fn memory(&self) -> usize {
        self.downloads.bytes()
    }

    fn merge(&mut self, other: Self) {
        self.downloads.merge(other.downloads);
        self.most = self.most.max(other.most);
    }
}
