//! The objects of an inventory that nobody has read in these logs.

use std::collections::BTreeSet;
use std::io;

use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, GroupTable, Groups, KeyBuffer, KeyReader, Merge, TimeRange, prefix};
use crate::record::{Field, Record};
use crate::report::{Builder, Column, Table, Value};
use crate::semantics::Effect;
use crate::source::{Inventory, Listed};
use crate::spill::{Sorter, Space, decode, encode};
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
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
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
fn stock_columns<'a, R>(table: Builder<'a, R>, stock: impl Fn(&R) -> &Stock + Copy + 'a) -> Builder<'a, R> {
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

/// An object that has not been read.
struct Unread {
    bucket: Vec<u8>,
    object: Vec<u8>,
    size: u64,
    more: Details,
}

/// What an inventory says of an object beside its size.
#[derive(Serialize, Deserialize)]
struct Details {
    last_modified: Option<Timestamp>,
    storage_class: Option<Vec<u8>>,
}

/// The objects of an inventory that nobody has read. What memory does not hold of it goes to temporary files.
pub(super) fn tables(
    read: &ReadObjects,
    inventory: &Inventory,
    depth: usize,
    limit: usize,
    space: &Space,
) -> anyhow::Result<Vec<Table>> {
    let mut all = Stock::default();
    let mut prefixes: GroupTable<Stock> = GroupTable::spilling(space, space.memory() / 4);
    // The largest first, and then by name.
    let mut largest = Sorter::of_first(limit, space, space.memory() / 4);
    let (mut buffer, mut details) = (KeyBuffer::default(), Vec::new());
    inventory.read(|listed| {
        let is_read = read.has(listed, &mut buffer);
        let size = listed.size.unwrap_or_default();
        all.add(size, is_read);
        let prefix = name(listed.bucket, prefix(listed.object, depth), None, &mut buffer);
        prefixes.update(prefix, |stock| stock.add(size, is_read));
        if !is_read {
            let (last_modified, class) = (listed.last_modified, listed.storage_class);
            details.clear();
            encode(&Details { last_modified, storage_class: class.map(<[u8]>::to_vec) }, &mut details);
            let name = name(listed.bucket, listed.object, None, &mut buffer);
            largest.push_numbered(!size, name, &details);
        }
    })?;
    let prefixes = prefixes.groups()?;

    let seen = read.seen.get();
    let overview = Table::builder("overview", "Objects not read during the period of these logs", [all])
        .column("first_seen", Value::time, |_| seen.map(|(first, _)| first))
        .context()
        .column("last_seen", Value::time, |_| seen.map(|(_, last)| last))
        .context();
    let overview = stock_columns(overview, |all| all).notes(strangers(read, &prefixes)?).build();
    let total = all.unread_objects;
    Ok(vec![overview, by_prefix(&prefixes, limit, space)?, objects(largest, total, space)?])
}

fn by_prefix(prefixes: &Groups<Stock>, limit: usize, space: &Space) -> io::Result<Table> {
    let is_unread = |_: &[u8], stock: &Stock| stock.unread_objects > 0;
    let top = prefixes.top(limit, is_unread, |_, stock| (stock.unread_bytes, stock.unread_objects))?;
    let table = Table::builder("prefixes", "Never read, by prefix", [])
        .field(Field::Bucket, |([bucket, _], _): &([Vec<u8>; 2], Stock)| Some(bucket))
        .text("prefix", |([_, prefix], _)| Some(prefix));
    stock_columns(table, |(_, stock)| stock)
        .total(top.total)
        .note("share: of the bytes below the prefix")
        .build_with(space, |put| top.for_each(|name, stock| put(&(parts(name), *stock))))
}

fn objects(largest: Sorter, total: u64, space: &Space) -> io::Result<Table> {
    let largest = largest.sorted()?;
    Table::builder("objects", "Largest objects that were never read", [])
        .field(Field::Bucket, |object: &Unread| Some(&object.bucket))
        .context()
        .text("object", |object| Some(&object.object))
        .column("object_size", Value::Bytes, |object| object.size)
        .column("last_modified", Value::time, |object| object.more.last_modified)
        .context()
        .one(Column::whole("storage_class"), |object| Value::text(object.more.storage_class.as_deref()))
        .context()
        .total(total)
        .build_with(space, |put| {
            largest.for_each(|key, details| {
                let Some((size, name)) = key.split_first_chunk() else { return Ok(()) };
                let (size, [bucket, object]) = (!u64::from_be_bytes(*size), parts(name));
                put(&Unread { bucket, object, size, more: decode(details)? })
            })
        })
}

/// A word about buckets whose logs are not here: all of their objects look as if nobody read them.
fn strangers(read: &ReadObjects, prefixes: &Groups<Stock>) -> io::Result<Vec<String>> {
    let bucket = |name: &[u8]| KeyReader::new(name).text().unwrap_or_default().into_owned();
    let mut strangers = BTreeSet::new();
    prefixes.for_each(|name, _| {
        strangers.insert(bucket(name));
        Ok(())
    })?;
    for (name, ()) in read.objects.iter() {
        strangers.remove(&bucket(name));
    }
    let word = |bucket: Vec<u8>| {
        let bucket = String::from_utf8_lossy(&bucket);
        format!("no read of any object of {bucket} is in these logs: are they the logs of that bucket?")
    };
    Ok(strangers.into_iter().map(word).collect())
}
