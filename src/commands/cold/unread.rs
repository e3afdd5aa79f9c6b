//! The objects of an inventory that nobody has read in these logs.

use std::cmp::Reverse;

use hashbrown::HashSet;

use crate::aggregate::{Aggregate, GroupTable, KeyBuffer, KeyReader, Merge, TimeRange, prefix};
use crate::record::{Field, Record};
use crate::report::{Builder, Column, Table, Value};
use crate::semantics::Effect;
use crate::source::{Inventory, Listed};
use crate::time::Timestamp;

use super::effect;

/// The objects that have been read.
#[derive(Default)]
pub(super) struct ReadObjects {
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

    fn share(&self) -> Option<f64> {
        (self.bytes > 0).then(|| self.unread_bytes as f64 / self.bytes as f64)
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

/// Adds the columns of a stock.
fn stock_columns<'a, R>(
    table: Builder<'a, R>,
    stock: impl Fn(&R) -> &Stock + Copy + Sync + 'a,
) -> Builder<'a, R> {
    table
        .column("never_read_objects", Value::Count, move |row| stock(row).unread_objects)
        .column("never_read_bytes", Value::Bytes, move |row| stock(row).unread_bytes)
        .column("objects", Value::Count, move |row| stock(row).objects)
        .context()
        .column("bytes", Value::Bytes, move |row| stock(row).bytes)
        .context()
        .column("share", Value::share, move |row| stock(row).share())
        .context()
}

/// An object that has not been read; in order of size, largest first, then by name.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Unread {
    size: Reverse<u64>,
    name: Vec<u8>,
    last_modified: Option<Timestamp>,
    storage_class: Option<Vec<u8>>,
}

/// The objects of an inventory that nobody has read.
pub(super) fn tables(
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

    let seen = read.seen.get();
    let overview = Table::builder("overview", "Objects not read during the period of these logs", [all])
        .column("first_seen", Value::time, |_| seen.map(|(first, _)| first))
        .context()
        .column("last_seen", Value::time, |_| seen.map(|(_, last)| last))
        .context();
    let overview = stock_columns(overview, |all| all).notes(strangers(read, &prefixes)).build();
    Ok(vec![overview, by_prefix(&prefixes, limit), objects(&largest, all.unread_objects)])
}

fn by_prefix(prefixes: &GroupTable<Stock>, limit: usize) -> Table {
    let total = prefixes.iter().filter(|(_, stock)| stock.unread_objects > 0).count();
    let top = prefixes
        .top(limit.min(total), |stock| (stock.unread_objects > 0, stock.unread_bytes, stock.unread_objects));
    let rows = top.into_iter().map(|(name, stock)| (parts(name), stock));
    let table = Table::builder("prefixes", "Never read, by prefix", rows)
        .field(Field::Bucket, |([bucket, _], _)| Some(bucket))
        .text("prefix", |([_, prefix], _)| Some(prefix));
    stock_columns(table, |(_, stock)| stock)
        .total(total as u64)
        .note("share: of the bytes below the prefix")
        .build()
}

fn objects(largest: &[Unread], total: u64) -> Table {
    let rows = largest.iter().map(|object| (parts(&object.name), object));
    Table::builder("objects", "Largest objects that were never read", rows)
        .field(Field::Bucket, |([bucket, _], _)| Some(bucket))
        .context()
        .text("object", |([_, name], _)| Some(name))
        .column("object_size", Value::Bytes, |(_, object)| object.size.0)
        .column("last_modified", Value::time, |(_, object)| object.last_modified)
        .context()
        .one(Column::whole("storage_class"), |(_, object)| Value::text(object.storage_class.as_deref()))
        .context()
        .total(total)
        .build()
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
