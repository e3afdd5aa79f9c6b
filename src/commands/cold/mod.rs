//! `cold`: what has not been read for the longest time, or not at all.

mod unread;

use std::cmp::Reverse;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, Derived, Dimension, Dimensions, GroupTable, Merge};
use crate::args::{CommonArgs, DepthArgs, OutputDefaults};
use crate::output::counted;
use crate::record::{Field, Record};
use crate::report::{Report, Table, Value};
use crate::run::{Context, Exit, Run};
use crate::semantics::{Effect, Event, Outcome};
use crate::source::{Inventory, Schema};
use crate::spill::Space;
use crate::time::Timestamp;

use unread::ReadObjects;

/// What has not been read for the longest time, or not at all
///
/// Shows the last read and the last write of each prefix or object, coldest first: never read in these logs, then read longest ago.
///
/// Logs show only objects that somebody accessed. With an S3 Inventory, objects that nobody read are shown too: their number
/// and size by prefix, and the largest of them. An inventory is a CSV file, plain or compressed, or its manifest.json with the
/// files beside it, in a folder or in a bucket. Only successful requests count; a read is a download, an unchanged object
/// (304), a query (SELECT) or a copy from it.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al cold logs/ --depth 2 --limit 50
  s3al cold logs/ --since 90d --inventory inventory/manifest.json
  s3al cold --bucket my-logs --inventory s3://inventories/site/manifest.json")]
pub(crate) struct Args {
    /// Whether to look at prefixes or single objects
    #[arg(short, long, value_enum, default_value_t)]
    by: By,

    #[command(flatten)]
    prefix: DepthArgs,

    /// The S3 Inventory of the objects: CSV or manifest.json, a file or an s3:// URL
    #[arg(long, value_name = "FILE")]
    inventory: Option<PathBuf>,

    /// The columns of the inventory, if there is no manifest (and not the usual ones)
    #[arg(long, value_name = "NAMES", requires = "inventory")]
    inventory_schema: Option<Schema>,

    #[command(flatten)]
    common: CommonArgs,
}

/// What is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum By {
    /// The first parts of keys, as many as --depth says
    #[default]
    Prefix,
    /// Single objects
    Key,
}

/// What a request did to an object; `None` if it had no success. A redirect is none: the client has to ask again elsewhere.
#[inline]
fn effect(record: &Record<'_>) -> Option<Effect> {
    if !Outcome::of(record).is_success() {
        return None;
    }
    Some(Event::of(record.operation()).map_or(Effect::Other, Event::effect))
}

/// What was done to an object, or below a prefix.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Access {
    requests: u64,
    bytes_sent: u64,
    last_read: Option<Timestamp>,
    last_write: Option<Timestamp>,
    last_delete: Option<Timestamp>,
}

impl Access {
    #[inline]
    fn add(&mut self, effect: Effect, record: &Record<'_>) {
        self.requests += 1;
        self.bytes_sent = self.bytes_sent.saturating_add(record.bytes_sent().unwrap_or_default());
        let last = match effect {
            Effect::Read => &mut self.last_read,
            Effect::Write => &mut self.last_write,
            Effect::Delete => &mut self.last_delete,
            Effect::Other => return,
        };
        *last = (*last).max(Some(record.timestamp()));
    }

    /// Whether a delete is the last that is known of an object.
    fn is_gone(&self) -> bool {
        self.last_delete.is_some_and(|deleted| Some(deleted) >= self.last_read.max(self.last_write))
    }
}

impl Merge for Access {
    fn merge(&mut self, other: Self) {
        self.requests += other.requests;
        self.bytes_sent = self.bytes_sent.saturating_add(other.bytes_sent);
        self.last_read = self.last_read.max(other.last_read);
        self.last_write = self.last_write.max(other.last_write);
        self.last_delete = self.last_delete.max(other.last_delete);
    }
}

struct Cold {
    by: Dimensions,
    groups: GroupTable<Access>,
}

impl Aggregate for Cold {
    #[inline]
    fn add(&mut self, record: &Record<'_>) {
        let Some(effect) = record.key().and_then(|_| effect(record)) else { return };
        self.groups.update(self.by.key(record), |access| access.add(effect, record));
    }

    fn memory(&self) -> usize {
        self.groups.bytes()
    }

    fn merge(&mut self, other: Self) {
        self.groups.merge(other.groups);
    }
}

/// Runs `cold`.
pub(super) fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    let mut run = Run::new(context, &args.common, OutputDefaults::default())?;
    let left_out = run.filter.typed_of_requests();
    if !left_out.is_empty() {
        run.output.messages.note(&format!(
            "note: only requests that passed {left_out} are looked at, so \"never\" is never among those; to see all reads, \
             filter by --key, --source-bucket and times alone"
        ));
    }
    if let Some(path) = &args.inventory {
        if context.is_rehearsal {
            return Ok(Exit::Done);
        }
        let inventory =
            Inventory::open(path, args.inventory_schema, args.common.input.s3.options(), run.cancel())?;
        let read = run.aggregate(ReadObjects::default)?;
        let tables = unread::tables(&read, &inventory, args.prefix.depth, run.output.limit, run.space())?;
        return run.report(Report { name: "cold", tables, main: "prefixes", ..Report::default() });
    }
    let what = match args.by {
        By::Prefix => Derived::Prefix,
        By::Key => Derived::Object,
    };
    let list = vec![Dimension::Field(Field::Bucket), Dimension::Derived(what)];
    let by = args.prefix.dimensions(list, run.output.zone);
    let (space, memory) = (run.space().clone(), run.memory_of(1));
    let cold = run.aggregate(|| Cold { by: by.clone(), groups: GroupTable::spilling(&space, memory) })?;
    let table = table(cold, args.by, run.output.limit, &space)?;
    let if_empty = match args.by {
        By::Prefix => "none of them is a successful request for an object".to_owned(),
        By::Key => "none of them is a successful request for an object that is still there".to_owned(),
    };
    let (main, tables) = (table.name, vec![table]);
    run.report(Report { name: "cold", main, tables, if_empty, ..Report::default() })
}

fn table(cold: Cold, by: By, limit: usize, space: &Space) -> io::Result<Table> {
    let groups = cold.groups.groups()?;
    let is_there = |_: &[u8], access: &Access| by == By::Prefix || !access.is_gone();
    let coldest = groups.top(limit, is_there, |_, access| Reverse((access.last_read, access.last_write)))?;
    let gone = groups.len() - coldest.total;
    let notes =
        (gone > 0).then(|| format!("{} left out", counted(gone, "deleted object", "deleted objects")));
    let is_by_key = by == By::Key;
    Table::builder(
        if is_by_key { "objects" } else { "prefixes" },
        if is_by_key { "Coldest objects" } else { "Coldest prefixes" },
        [],
    )
    .group(&cold.by, |(key, _): &(Vec<u8>, Access)| key)
    .column("last_read", Value::time, |(_, access)| access.last_read)
    .null_as("never")
    .column("last_write", Value::time, |(_, access)| access.last_write)
    .null_as("never")
    .context()
    .column("last_delete", Value::time, |(_, access)| access.last_delete)
    .null_as("never")
    .detail()
    .column("requests", Value::Count, |(_, access)| access.requests)
    .context()
    .column("bytes_sent", Value::Bytes, |(_, access)| access.bytes_sent)
    .context()
    .total(coldest.total)
    .notes(notes)
    .build_with(space, |put| coldest.rows(put))
}
