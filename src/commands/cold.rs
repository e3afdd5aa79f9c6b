//! `cold`: what has not been read for the longest time, or not at all.

use std::cmp::Reverse;
use std::path::PathBuf;

use hashbrown::HashSet;

use crate::aggregate::{
    Aggregate, Derived, Dimension, Dimensions, GroupTable, KeyBuffer, KeyReader, Merge, TimeRange, prefix,
};
use crate::args::{CommonArgs, OutputDefaults};
use crate::record::{Field, Record};
use crate::report::{Column, Note, Report, Row, Table, Value};
use crate::run::{Context, Exit, Run};
use crate::semantics::{Effect, Event, Outcome};
use crate::source::{Inventory, Listed, Schema};
use crate::time::Timestamp;

/// What has not been read for the longest time, or not at all
///
/// The last read and the last write of each prefix or object, coldest first: never read in these logs, then longest ago.
///
/// Logs only know of objects that somebody has touched. With an S3 Inventory, the objects that nobody has read show as well:
/// how many and how large they are by prefix, and the largest of them. An inventory is a CSV file, plain or compressed, or
/// its manifest.json with the files beside it, in a folder or in a bucket. Only successful requests count; a read is a download, an unchanged object
/// (304), a query (SELECT) or a copy from it.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al cold logs/ --depth 2 --limit 50
  s3al cold logs/ --since 90d --inventory inventory/manifest.json
  s3al cold --bucket my-logs --since 90d --inventory s3://inventories/site/all/2026-08-01T01-00Z/manifest.json")]
pub struct Args {
    /// Whether to look at prefixes or at single objects
    #[arg(long, value_enum, default_value_t)]
    by: By,

    /// How many parts of the key make a prefix
    #[arg(long, value_name = "N", default_value_t = 1)]
    depth: usize,

    /// The S3 Inventory of the objects there are: a CSV file or a manifest.json, or the s3:// URL of one
    #[arg(long, value_name = "FILE")]
    inventory: Option<PathBuf>,

    /// The columns of the inventory, where there is no manifest and they are not the usual ones
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
#[derive(Clone, Copy, Debug, Default)]
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
    if let Some(path) = &args.inventory {
        let inventory =
            Inventory::open(path, args.inventory_schema, args.common.input.s3.options(), run.cancel())?;
        let read = run.aggregate(ReadObjects::default)?;
        let tables = unread(&read, &inventory, args.depth, run.output.limit)?;
        return run.report(Report { name: "cold", tables, main: "prefixes", ..Report::default() });
    }
    let what = match args.by {
        By::Prefix => Derived::Prefix,
        By::Key => Derived::Object,
    };
    let list = vec![Dimension::Field(Field::Bucket), Dimension::Derived(what)];
    let by = Dimensions::new(list, args.depth, run.output.zone);
    let cold = run.aggregate(|| Cold { by: by.clone(), groups: GroupTable::default() })?;
    let table = table(&cold, args.by, run.output.limit);
    run.report(Report { name: "cold", main: table.name, tables: vec![table], ..Report::default() })
}

fn table(cold: &Cold, by: By, limit: usize) -> Table {
    let mut notes = Vec::new();
    let mut coldest: Vec<_> = cold.groups.iter().collect();
    if by == By::Key {
        coldest.retain(|(_, access)| !access.is_gone());
        let gone = cold.groups.len() - coldest.len();
        if gone > 0 {
            notes.push(format!("left out: {gone} that have been deleted since").into());
        }
    }
    coldest.sort_unstable_by_key(|(key, access)| (access.last_read, access.last_write, *key));
    let total = coldest.len() as u64;
    let row = |(key, access): (&[u8], &Access)| {
        let values = cold.by.list().iter().zip(cold.by.values(key));
        let values = values.map(|(by, value)| Value::of_dimension(*by, value.as_deref()));
        let metrics = [
            Value::time(access.last_read),
            Value::time(access.last_write),
            Value::time(access.last_delete),
            Value::Count(access.requests),
            Value::Bytes(access.bytes_sent),
        ];
        Row::from(values.chain(metrics).collect::<Vec<_>>())
    };
    let times = ["last_read", "last_write", "last_delete"].map(|name| Column::whole(name).null_as("never"));
    let metrics = ["requests", "bytes_sent"].map(Column::whole);
    Table {
        name: if by == By::Key { "objects" } else { "prefixes" },
        title: if by == By::Key { "Coldest objects" } else { "Coldest prefixes" }.into(),
        columns: cold
            .by
            .list()
            .iter()
            .map(|by| Column::of_dimension(*by))
            .chain(times)
            .chain(metrics)
            .collect(),
        rows: coldest.into_iter().take(limit).map(row).collect(),
        total: Some(total),
        notes,
    }
}

/// The objects that have been read.
#[derive(Default)]
struct ReadObjects {
    seen: TimeRange,
    objects: GroupTable<()>,
    /// Those that have been read by version, with the version.
    versions: GroupTable<()>,
    key: KeyBuffer,
}

impl Aggregate for ReadObjects {
    fn add(&mut self, record: &Record<'_>) {
        self.seen.add(record.timestamp());
        if effect(record) != Some(Effect::Read) {
            return;
        }
        let Some(object) = record.object() else { return };
        let bucket = record.get(Field::Bucket).unwrap_or_default();
        self.objects.update(name(bucket, &object, None, &mut self.key), |()| ());
        if let Some(version) = record.get(Field::VersionId) {
            self.versions.update(name(bucket, &object, Some(version), &mut self.key), |()| ());
        }
    }

    fn memory(&self) -> usize {
        self.objects.bytes() + self.versions.bytes()
    }

    fn merge(&mut self, other: Self) {
        self.seen.merge(other.seen);
        self.objects.merge(other.objects);
        self.versions.merge(other.versions);
    }
}

impl ReadObjects {
    /// Whether the object has been read. Of one that is not current, only reads that name its version count.
    fn has(&self, listed: &Listed<'_>, buffer: &mut KeyBuffer) -> bool {
        let (versions, version) = match listed.version_id {
            Some(version) if !listed.is_latest => (&self.versions, Some(version)),
            _ => (&self.objects, None),
        };
        if versions.get(name(listed.bucket, listed.object, version, buffer)).is_some() {
            return true;
        }
        // In the log, a plus can stand for a space.
        let has_space = listed.object.contains(&b' ');
        has_space && {
            let object: Vec<u8> =
                listed.object.iter().map(|byte| if *byte == b' ' { b'+' } else { *byte }).collect();
            versions.get(name(listed.bucket, &object, version, buffer)).is_some()
        }
    }
}

/// The key of an object, or of a version of one.
fn name<'k>(bucket: &[u8], object: &[u8], version: Option<&[u8]>, buffer: &'k mut KeyBuffer) -> &'k [u8] {
    let buffer = buffer.start().push(Some(bucket)).push(Some(object));
    if version.is_some() { buffer.push(version).key() } else { buffer.key() }
}

/// The bucket and the object of a key.
fn parts(name: &[u8]) -> [Vec<u8>; 2] {
    let mut reader = KeyReader::new(name);
    [(); 2].map(|()| reader.text().unwrap_or_default().into_owned())
}

/// Objects and their bytes: all, and those that have not been read.
#[derive(Clone, Copy, Debug, Default)]
struct Stock {
    objects: u64,
    bytes: u64,
    unread_objects: u64,
    unread_bytes: u64,
}

impl Stock {
    fn add(&mut self, bytes: u64, is_read: bool) {
        self.objects += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        if !is_read {
            self.unread_objects += 1;
            self.unread_bytes = self.unread_bytes.saturating_add(bytes);
        }
    }

    fn values(&self) -> [Value; 5] {
        let share = self.unread_bytes as f64 / self.bytes as f64;
        [
            Value::Count(self.unread_objects),
            Value::Bytes(self.unread_bytes),
            Value::Count(self.objects),
            Value::Bytes(self.bytes),
            if self.bytes > 0 { Value::Share(share) } else { Value::Null },
        ]
    }
}

impl Merge for Stock {
    fn merge(&mut self, other: Self) {
        self.objects += other.objects;
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.unread_objects += other.unread_objects;
        self.unread_bytes = self.unread_bytes.saturating_add(other.unread_bytes);
    }
}

const STOCK: [&str; 5] = ["never_read_objects", "never_read_bytes", "objects", "bytes", "share"];

/// An object that has not been read; in order of size, largest first, then by name.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Unread {
    size: Reverse<u64>,
    name: Vec<u8>,
    last_modified: Option<Timestamp>,
    storage_class: Option<Vec<u8>>,
}

/// The objects of an inventory that nobody has read.
fn unread(
    read: &ReadObjects,
    inventory: &Inventory,
    depth: usize,
    limit: usize,
) -> anyhow::Result<Vec<Table>> {
    let mut all = Stock::default();
    let mut prefixes: GroupTable<Stock> = GroupTable::default();
    let mut largest: Vec<Unread> = Vec::new();
    let mut buffer = KeyBuffer::default();
    inventory.read(|listed| {
        let is_read = read.has(listed, &mut buffer);
        let size = listed.size.unwrap_or_default();
        all.add(size, is_read);
        let prefix = name(listed.bucket, prefix(listed.object, depth), None, &mut buffer);
        prefixes.update(prefix, |stock| stock.add(size, is_read));
        if !is_read && limit > 0 {
            // Twice as many as are shown, so that they are not sorted out for every object.
            if largest.len() >= limit.saturating_mul(2) {
                largest.select_nth_unstable(limit - 1);
                largest.truncate(limit);
            }
            largest.push(Unread {
                size: Reverse(size),
                name: name(listed.bucket, listed.object, None, &mut buffer).to_vec(),
                last_modified: listed.last_modified,
                storage_class: listed.storage_class.map(<[u8]>::to_vec),
            });
        }
    })?;
    largest.sort_unstable();
    largest.truncate(limit);

    let (first, last) = read.seen.get().unzip();
    let times = ["first_seen", "last_seen"];
    let overview = Table {
        name: "overview",
        title: "Objects that were not read in the time of these logs".into(),
        columns: times.into_iter().chain(STOCK).map(Column::whole).collect(),
        rows: vec![Row::from(
            [Value::time(first), Value::time(last)].into_iter().chain(all.values()).collect::<Vec<_>>(),
        )],
        total: None,
        notes: strangers(read, &prefixes).into_iter().map(Note::from).collect(),
    };
    Ok(vec![overview, by_prefix(&prefixes, limit), objects(&largest, all.unread_objects)])
}

fn by_prefix(prefixes: &GroupTable<Stock>, limit: usize) -> Table {
    let total = prefixes.iter().filter(|(_, stock)| stock.unread_objects > 0).count();
    let top = prefixes
        .top(limit.min(total), |stock| (stock.unread_objects > 0, stock.unread_bytes, stock.unread_objects));
    let row = |(name, stock): (&[u8], &Stock)| {
        let names = parts(name).map(Value::Text);
        Row::from(names.into_iter().chain(stock.values()).collect::<Vec<_>>())
    };
    let columns = [Column::of(Field::Bucket), Column::middle("prefix")];
    Table {
        name: "prefixes",
        title: "Never read, by prefix".into(),
        columns: columns.into_iter().chain(STOCK.map(Column::whole)).collect(),
        rows: top.into_iter().map(row).collect(),
        total: Some(total as u64),
        notes: vec!["share: of the bytes below the prefix".into()],
    }
}

fn objects(largest: &[Unread], total: u64) -> Table {
    let row = |object: &Unread| {
        let [bucket, name] = parts(&object.name);
        Row::from(vec![
            Value::Text(bucket.to_vec()),
            Value::Text(name.to_vec()),
            Value::Bytes(object.size.0),
            Value::time(object.last_modified),
            Value::text(object.storage_class.as_deref()),
        ])
    };
    let names = ["object_size", "last_modified", "storage_class"].map(Column::whole);
    let columns = [Column::of(Field::Bucket), Column::middle("object")];
    Table {
        name: "objects",
        title: "Largest objects that were never read".into(),
        columns: columns.into_iter().chain(names).collect(),
        rows: largest.iter().map(row).collect(),
        total: Some(total),
        ..Table::default()
    }
}

/// A word about buckets whose logs are not here: all of their objects look as if nobody read them.
fn strangers(read: &ReadObjects, prefixes: &GroupTable<Stock>) -> Vec<String> {
    let bucket = |name| KeyReader::new(name).text().unwrap_or_default();
    let known: HashSet<_> = read.objects.iter().map(|(name, ())| bucket(name)).collect();
    let mut strangers: Vec<_> = prefixes.iter().map(|(name, _)| bucket(name)).collect();
    strangers.sort_unstable();
    strangers.dedup();
    let strangers = strangers.into_iter().filter(|bucket| !known.contains(bucket));
    strangers
        .map(|bucket| {
            let bucket = String::from_utf8_lossy(&bucket);
            format!("no read of any object of {bucket} is in these logs: are they the logs of that bucket?")
        })
        .collect()
}
