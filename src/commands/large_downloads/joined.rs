//! Downloads that are joined from the ranges in which clients fetched them.

use std::cmp::Reverse;
use std::io;

use serde::{Deserialize, Serialize};

use super::download;
use crate::aggregate::{Aggregate, Dimension, Dimensions, GroupTable, Merge};
use crate::record::{Field, Record};
use crate::report::{Table, Value};
use crate::spill::Space;
use crate::time::{Timestamp, Zone};

/// What tells one download from another.
const BY: [Field; 6] =
    [Field::Bucket, Field::Key, Field::VersionId, Field::Requester, Field::RemoteIp, Field::UserAgent];

/// The longest pause within one download, in milliseconds.
const MAX_PAUSE_MS: i64 = 3_600_000;

/// The reads of one object by one client that follow each other without a longer pause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Download {
    start: Timestamp,
    /// When the last of them ended, in milliseconds. A pause counts from the end of all reads before.
    end: i64,
    requests: u64,
    bytes_sent: u64,
    /// The largest that was logged.
    object_size: Option<u64>,
}

impl Download {
    fn of(record: &Record<'_>, bytes_sent: u64) -> Self {
        let start = record.timestamp();
        let end = start.millis().saturating_add_unsigned(record.total_time().unwrap_or_default());
        Self { start, end, requests: 1, bytes_sent, object_size: record.object_size() }
    }

    /// From the first request to the end of the last one, in milliseconds.
    fn duration(&self) -> u64 {
        self.end.saturating_sub(self.start.millis()).unsigned_abs()
    }
}

impl Merge for Download {
    fn merge(&mut self, other: Self) {
        self.start = self.start.min(other.start);
        self.end = self.end.max(other.end);
        self.requests += other.requests;
        self.bytes_sent = self.bytes_sent.saturating_add(other.bytes_sent);
        self.object_size = self.object_size.max(other.object_size);
    }
}

/// All downloads of one object by one client, in their order. Between two of them is a longer pause, so in whichever order reads
/// come, the same are joined.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Downloads(Vec<Download>);

impl Downloads {
    fn add(&mut self, mut download: Download) {
        let Self(all) = self;
        let is_before = |other: &Download| download.start.millis().saturating_sub(other.end) > MAX_PAUSE_MS;
        let first = all.partition_point(is_before);
        let is_joined = |other: &&Download| other.start.millis().saturating_sub(download.end) <= MAX_PAUSE_MS;
        let end = first + all[first..].iter().take_while(is_joined).count();
        if let Some((one, others)) = all[first..end].split_first_mut() {
            others.iter().for_each(|other| download.merge(*other));
            one.merge(download);
            all.drain(first + 1..end);
        } else {
            all.insert(first, download);
        }
    }
}

impl Merge for Downloads {
    fn merge(&mut self, other: Self) {
        other.0.into_iter().for_each(|download| self.add(download));
    }

    fn heap_bytes(&self) -> usize {
        self.0.capacity() * size_of::<Download>()
    }
}

/// Reads, joined.
pub(super) struct Joined {
    by: Dimensions,
    groups: GroupTable<Downloads>,
}

impl Aggregate for Joined {
    fn add(&mut self, record: &Record<'_>) {
        let Some(bytes) = download(record).filter(|bytes| *bytes > 0) else { return };
        let download = Download::of(record, bytes);
        self.groups.update(self.by.key(record), |downloads| downloads.add(download));
    }

    fn memory(&self) -> usize {
        self.groups.bytes()
    }

    fn merge(&mut self, other: Self) {
        self.groups.merge(other.groups);
    }
}

impl Joined {
    /// None yet; takes about `memory` bytes.
    pub(super) fn new(space: &Space, memory: usize) -> Self {
        let by = Dimensions::new(BY.map(Dimension::Field).to_vec(), 0, Zone::Utc);
        Self { by, groups: GroupTable::spilling(space, memory) }
    }

    /// The largest downloads of at least `min_size` bytes, and the most that any sent.
    pub(super) fn table(
        self,
        min_size: u64,
        limit: usize,
        space: &Space,
    ) -> io::Result<(Table, Option<u64>)> {
        let Self { by, groups } = self;
        let mut most = None;
        let mut large = GroupTable::spilling(space, space.memory() / 4);
        let mut key_and_start = Vec::new();
        groups.groups()?.for_each(|key, Downloads(downloads)| {
            most = most.max(downloads.iter().map(|download| download.bytes_sent).max());
            for download in downloads.iter().filter(|download| download.bytes_sent >= min_size) {
                key_and_start.clear();
                key_and_start.extend_from_slice(key);
                key_and_start.extend_from_slice(&download.start.rank().to_be_bytes());
                large.update(&key_and_start, |row| *row = *download);
            }
            Ok(())
        })?;
        let large = large.groups()?;
        let rank = |_: &[u8], download: &Download| (download.bytes_sent, Reverse(download.start));
        let largest = large.top(limit, |_, _| true, rank)?;
        let row = |key: &[u8], download: &Download| {
            let fields = <[_; BY.len()]>::try_from(by.values(key)).unwrap_or_default();
            let [bucket, key, _, requester, remote_ip, user_agent] = fields;
            Row { bucket, key, requester, remote_ip, user_agent, download: *download }
        };
        let table = Table::builder("downloads", "Largest downloads, ranges joined", [])
            .column("timestamp", Value::Time, |row: &Row| row.download.start)
            .field(Field::Bucket, |row| row.bucket.as_ref())
            .detail()
            .field(Field::Key, |row| row.key.as_ref())
            .lead()
            .field(Field::Requester, |row| row.requester.as_ref())
            .field(Field::RemoteIp, |row| row.remote_ip.as_ref())
            .context()
            .field(Field::UserAgent, |row| row.user_agent.as_ref())
            .detail()
            .column("requests", Value::Count, |row| row.download.requests)
            .context()
            .column("bytes_sent", Value::Bytes, |row| row.download.bytes_sent)
            .lead()
            .column("object_size", Value::bytes, |row| row.download.object_size)
            .context()
            .column("share", Value::share, |row| {
                let size = row.download.object_size.filter(|size| *size > 0)?;
                Some(row.download.bytes_sent as f64 / size as f64)
            })
            .context()
            .column("duration", Value::Millis, |row| row.download.duration())
            .context()
            .total(largest.total)
            .note("share: bytes sent of the object's size; over 100 % where parts were fetched again")
            .build_with(space, |put| largest.for_each(|key, download| put(&row(key, download))))?;
        Ok((table, most))
    }
}

/// A download, and whose of what it is.
struct Row {
    bucket: Option<Vec<u8>>,
    key: Option<Vec<u8>>,
    requester: Option<Vec<u8>>,
    remote_ip: Option<Vec<u8>>,
    user_agent: Option<Vec<u8>>,
    download: Download,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// As if all reads were sorted by time and looked at one after the other.
        #[test]
        fn reads_are_joined_in_whichever_order_they_come(
            reads in prop::collection::vec((0i64..40, 0i64..3, 1u64..9, prop::option::of(1u64..9)), 0..30),
            parts in 1usize..4,
        ) {
            const UNIT: i64 = MAX_PAUSE_MS / 2;
            let reads: Vec<Download> = reads
                .into_iter()
                .map(|(start, len, bytes_sent, object_size)| {
                    let (start, end) = (start * UNIT, (start + len) * UNIT);
                    Download { start: Timestamp::from_millis(start), end, requests: 1, bytes_sent, object_size }
                })
                .collect();
            let mut sorted = reads.clone();
            sorted.sort_by_key(|read| read.start);
            let mut naive: Vec<Download> = Vec::new();
            for read in sorted {
                match naive.last_mut() {
                    Some(last) if read.start.millis() - last.end <= MAX_PAUSE_MS => last.merge(read),
                    _ => naive.push(read),
                }
            }
            let mut split = vec![Downloads::default(); parts];
            for (place, read) in reads.into_iter().enumerate() {
                split[place % parts].add(read);
            }
            let joined = split.into_iter().reduce(|mut all, part| { all.merge(part); all });
            prop_assert_eq!(joined.unwrap_or_default().0, naive);
        }
    }
}
