//! Tables of groups that memory does not hold: whole tables are written as runs, and merged when all is in.

use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{GroupTable, Part, top_n};
use crate::aggregate::key::KeyBuffer;
use crate::aggregate::{Approximation, Merge, SortKey};
use crate::spill::{Sorted, Sorter, Space, decode, encode};

/// Where a table goes that is full.
#[derive(Debug)]
pub(super) struct Spilling<V> {
    space: Space,
    runs: Sorter,
    codec: Codec<V>,
}

/// How values are written and read. Only tables that spill need it, so it is no part of every value.
#[derive(Debug)]
struct Codec<V> {
    encode: fn(&V, &mut Vec<u8>),
    decode: fn(&[u8]) -> io::Result<V>,
}

impl<V> Clone for Codec<V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for Codec<V> {}

impl<V: Merge + Serialize + DeserializeOwned> GroupTable<V> {
    /// A table that takes about `memory` bytes and loses nothing: what does not fit goes to temporary files. It is read by
    /// [`GroupTable::groups`].
    pub(crate) fn spilling(space: &Space, memory: usize) -> Self {
        let codec = Codec { encode: |value: &V, out| encode(value, out), decode: decode::<V> };
        // What is in memory at the end is all that is merged there.
        let runs = Sorter::new(space, memory / 2);
        Self {
            spilling: Some(Box::new(Spilling { space: space.clone(), runs, codec })),
            ..Self::bounded(memory)
        }
    }
}

impl<V: Merge> Spilling<V> {
    /// Writes all keys and values of these parts, and empties them.
    pub(super) fn write_out(&mut self, parts: &mut [Part<V>]) {
        let mut all: Vec<(&[u8], &V)> = parts.iter().flat_map(Part::iter).collect();
        all.sort_unstable_by_key(|(key, _)| *key);
        let (codec, mut value) = (self.codec, Vec::new());
        self.runs.push_run(|put| {
            all.iter().try_for_each(|(key, one)| {
                value.clear();
                (codec.encode)(one, &mut value);
                put(key, &value)
            })
        });
        parts.iter_mut().for_each(Part::clear);
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.runs.merge(other.runs);
    }
}

/// The groups of a table, each once.
#[derive(Debug)]
pub(crate) struct Groups<V>(Kept<V>);

#[derive(Debug)]
enum Kept<V> {
    Memory(GroupTable<V>),
    /// Keys can come several times; and how many different ones there are.
    File {
        sorted: Sorted,
        space: Space,
        codec: Codec<V>,
        len: u64,
    },
}

impl<V: Merge> GroupTable<V> {
    /// All groups, when all is in.
    ///
    /// # Errors
    /// If a temporary file could not be written or read.
    pub(crate) fn groups(mut self) -> io::Result<Groups<V>> {
        match self.spilling.take() {
            Some(mut spilling) if !spilling.runs.is_empty() => {
                spilling.write_out(&mut self.parts);
                let Spilling { space, runs, codec } = *spilling;
                let mut groups = Groups(Kept::File { sorted: runs.sorted()?, space, codec, len: 0 });
                let mut count = 0;
                groups.for_each(|_, _| {
                    count += 1;
                    Ok(())
                })?;
                if let Kept::File { len, .. } = &mut groups.0 {
                    *len = count;
                }
                Ok(groups)
            }
            _ => Ok(Groups(Kept::Memory(self))),
        }
    }
}

impl<V: Merge> Groups<V> {
    /// Hands on all keys and their values, in no order that means anything.
    ///
    /// # Errors
    /// If a temporary file cannot be read, or if `take` fails.
    pub(crate) fn for_each(&self, mut take: impl FnMut(&[u8], &V) -> io::Result<()>) -> io::Result<()> {
        let (sorted, codec) = match &self.0 {
            Kept::Memory(table) => return table.iter().try_for_each(|(key, value)| take(key, value)),
            Kept::File { sorted, codec, .. } => (sorted, codec),
        };
        let (mut merged, mut last, mut value) = (sorted.iter()?, Vec::new(), None::<V>);
        while let Some((key, more)) = merged.next()? {
            let more = (codec.decode)(more)?;
            match &mut value {
                Some(value) if last == key => value.merge(more),
                _ => {
                    if let Some(value) = value.replace(more) {
                        take(&last, &value)?;
                    }
                    last.clear();
                    last.extend_from_slice(key);
                }
            }
        }
        value.map_or(Ok(()), |value| take(&last, &value))
    }

    /// How many groups there are.
    pub(crate) fn len(&self) -> u64 {
        match &self.0 {
            Kept::Memory(table) => table.len() as u64,
            Kept::File { len, .. } => *len,
        }
    }

    /// How many different keys there were; an estimate if the table is approximate.
    pub(crate) fn distinct(&self) -> u64 {
        self.approximation().map_or(self.len(), |approximation| approximation.distinct)
    }

    /// How far from the truth the table can be; `None` if it is exact.
    pub(crate) fn approximation(&self) -> Option<Approximation> {
        match &self.0 {
            Kept::Memory(table) => table.approximation(),
            Kept::File { .. } => None,
        }
    }

    /// The first `limit` by `rank` of the groups that `keeps` lets pass, greatest first; ties by the key's text.
    ///
    /// # Errors
    /// If a temporary file cannot be written or read.
    pub(crate) fn top<R: SortKey>(
        &self,
        limit: usize,
        keeps: impl Fn(&[u8], &V) -> bool,
        rank: impl Fn(&[u8], &V) -> R,
    ) -> io::Result<Ranked<'_, V>> {
        let mut total = 0;
        let (space, codec) = match &self.0 {
            Kept::Memory(table) => {
                let ranked = table.iter().filter(|(key, value)| keeps(key, value));
                let ranked = ranked.inspect(|_| total += 1).map(|row| (row.0, row));
                let best = top_n(ranked, limit, |(key, value)| rank(key, value));
                let rows = best.into_iter().map(|(_, row)| row).collect();
                return Ok(Ranked { total, rows: Rows::Memory(rows) });
            }
            Kept::File { space, codec, .. } => (space, *codec),
        };
        let mut sorter = Sorter::of_first(limit, space, space.memory() / 4);
        let (mut place, mut entry) = (KeyBuffer::default(), Vec::new());
        self.for_each(|key, value| {
            if !keeps(key, value) {
                return Ok(());
            }
            total += 1;
            place.start();
            rank(key, value).write(&mut place);
            place.flip(0);
            let rank_len = place.key().len() as u32;
            entry.clear();
            entry.extend_from_slice(&rank_len.to_le_bytes());
            (codec.encode)(value, &mut entry);
            sorter.push(&[place.key(), key].concat(), &entry);
            Ok(())
        })?;
        Ok(Ranked { total, rows: Rows::File(sorter.sorted()?, codec) })
    }
}

/// Groups in an order.
#[derive(Debug)]
pub(crate) struct Ranked<'t, V> {
    /// How many there are, those included that a limit leaves out.
    pub(crate) total: u64,
    rows: Rows<'t, V>,
}

#[derive(Debug)]
enum Rows<'t, V> {
    Memory(Vec<(&'t [u8], &'t V)>),
    File(Sorted, Codec<V>),
}

impl<V> Ranked<'_, V> {
    /// Hands on the groups in their order.
    ///
    /// # Errors
    /// If a temporary file cannot be read, or if `take` fails.
    pub(crate) fn for_each(&self, mut take: impl FnMut(&[u8], &V) -> io::Result<()>) -> io::Result<()> {
        match &self.rows {
            Rows::Memory(rows) => rows.iter().try_for_each(|(key, value)| take(key, value)),
            Rows::File(sorted, codec) => sorted.for_each(|place, entry| {
                let Some((rank_len, value)) = entry.split_first_chunk() else { return Ok(()) };
                let key = place.get(u32::from_le_bytes(*rank_len) as usize..).unwrap_or_default();
                take(key, &(codec.decode)(value)?)
            }),
        }
    }
}

impl<V: Clone> Ranked<'_, V> {
    /// Hands on the groups in their order, as the rows of a table are made of them.
    ///
    /// # Errors
    /// If a temporary file cannot be read, or if `take` fails.
    pub(crate) fn rows(&self, take: &mut dyn FnMut(&(Vec<u8>, V)) -> io::Result<()>) -> io::Result<()> {
        self.for_each(|key, value| take(&(key.to_vec(), value.clone())))
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_table_in_a_file_is_that_of_a_naive_loop(
            keys in prop::collection::vec(("[a-f]{0,3}", 0usize..20), 0..600),
            parts in 1usize..4, limit in prop::sample::select(vec![0usize, 1, 9, usize::MAX]),
            memory in prop::sample::select(vec![0usize, 2_000, 1 << 20]),
        ) {
            let space = Space::new(std::env::temp_dir(), memory);
            let mut naive: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
            let mut tables: Vec<_> = (0..parts).map(|_| GroupTable::<u64>::spilling(&space, memory)).collect();
            for (key, place) in &keys {
                *naive.entry(key.clone().into_bytes()).or_default() += 1;
                tables[place % parts].update(key.as_bytes(), |count| *count += 1);
            }
            let merged = tables.into_iter().reduce(|mut all, part| { all.merge(part); all }).unwrap();
            let groups = merged.groups().unwrap();
            prop_assert_eq!((groups.len(), groups.approximation()), (naive.len() as u64, None));
            let mut found = BTreeMap::new();
            groups.for_each(|key, count| { found.insert(key.to_vec(), *count); Ok(()) }).unwrap();
            prop_assert_eq!(&found, &naive);
            // Some are left out; the rest are in both directions.
            let is_kept = |key: &[u8]| key.len() != 2;
            let rank = |key: &[u8], count: &u64| (*count, Reverse(key.first().copied().map(u64::from)));
            let top = groups.top(limit, |key, _| is_kept(key), rank).unwrap();
            let mut rows = Vec::new();
            top.rows(&mut |row| { rows.push(row.clone()); Ok(()) }).unwrap();
            let mut expected: Vec<_> = naive.into_iter().filter(|(key, _)| is_kept(key)).collect();
            expected.sort_by_key(|(key, count)| (Reverse(rank(key, count)), key.clone()));
            prop_assert_eq!(top.total, expected.len() as u64);
            expected.truncate(limit);
            prop_assert_eq!(rows, expected);
        }
    }
}
