//! The lines of a generation, in the order in which a store has them.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::DateTime;

use crate::aggregate::Lines;
use crate::parser::Parser;
use crate::record::{Field, Record};
use crate::scan::RecordSink;
use crate::source::ChunkId;
use crate::spill::{Sorter, Space};
use crate::store::{DayWriter, Generation};

const DAY_MILLIS: i64 = 86_400_000;

/// How many bytes of a key say which item the line is of, and where in it.
const PLACE_LEN: usize = 3 * size_of::<u64>();

/// Sorts the lines of a thread by day, bucket and time.
pub(super) struct LineSorter {
    sorter: Sorter,
    /// How many lines each day has, by its number since the epoch.
    days: BTreeMap<i64, u64>,
    lines: Vec<(i64, usize)>,
    /// The keys and lines of the chunk that is being read.
    keys: Vec<u8>,
    key_ends: Vec<usize>,
    text: Vec<u8>,
    items: HashMap<u64, String>,
}

impl LineSorter {
    pub(super) fn new(space: &Space, memory: usize) -> Self {
        Self {
            sorter: Sorter::new(space, memory),
            days: BTreeMap::new(),
            lines: Vec::new(),
            keys: Vec::new(),
            key_ends: Vec::new(),
            text: Vec::new(),
            items: HashMap::new(),
        }
    }

    /// Takes in what another thread has read.
    pub(super) fn merge(&mut self, other: Self) {
        self.sorter.merge(other.sorter);
        self.items.extend(other.items);
        for (day, count) in other.days {
            *self.days.entry(day).or_default() += count;
        }
    }

    /// Takes in a line by itself.
    pub(super) fn add(&mut self, record: &Record<'_>, number: u64) {
        self.record(record);
        self.flush(ChunkId { item: 0, part: number, last: true });
    }

    fn flush(&mut self, id: ChunkId) {
        let (mut key_start, mut start) = (0, 0);
        for (place, ((day, end), key_end)) in self.lines.drain(..).zip(self.key_ends.drain(..)).enumerate() {
            let mut rest = self.keys[key_start..key_end].to_vec();
            rest.extend_from_slice([id.item, id.part, place as u64].map(u64::to_be_bytes).as_flattened());
            *self.days.entry(day).or_default() += 1;
            self.sorter.push_numbered(rank(day), &rest, &self.text[start..end]);
            (key_start, start) = (key_end, end);
        }
        self.keys.clear();
        self.text.clear();
    }

    /// Writes a file for each day, without the lines of the items that could not be read to their end. Returns how many rows
    /// were written, and in how many days.
    pub(super) fn write(
        self,
        generation: &mut Generation<'_>,
        unread: &HashSet<String>,
    ) -> anyhow::Result<(u64, usize)> {
        let Self { sorter, days, items, .. } = self;
        let left_out: HashSet<u64> =
            items.into_iter().filter(|(_, name)| unread.contains(name)).map(|(item, _)| item).collect();
        let (mut parser, mut open, mut rows, mut files) = (Parser::default(), None, 0, 0);
        let sorted = sorter.sorted()?;
        let mut merged = sorted.iter()?;
        while let Some((key, line)) = merged.next()? {
            let (Some(day), Some((_, place))) =
                (key.first_chunk(), key.split_at_checked(key.len().saturating_sub(PLACE_LEN)))
            else {
                continue;
            };
            let item = place.first_chunk().map_or(0, |item| u64::from_be_bytes(*item));
            if left_out.contains(&item) {
                continue;
            }
            let day = unrank(u64::from_be_bytes(*day));
            if open.as_ref().is_none_or(|(open, _)| *open != day) {
                rows += finish(open.take(), generation)?;
                let count = days.get(&day).copied().unwrap_or(0);
                open = Some((day, DayWriter::new(generation.day(&name_of(day))?, count)?));
                files += 1;
            }
            // It has been read before, so this cannot fail.
            if let (Ok(record), Some((_, writer))) = (parser.parse(line), &mut open) {
                writer.push(&record)?;
            }
        }
        rows += finish(open, generation)?;
        Ok((rows, files))
    }
}

fn finish(open: Option<(i64, DayWriter)>, generation: &Generation<'_>) -> anyhow::Result<u64> {
    let Some((_, writer)) = open else { return Ok(0) };
    let (file, rows) = writer.finish()?;
    generation.finish(file)?;
    Ok(rows)
}

fn rank(day: i64) -> u64 {
    day.cast_unsigned() ^ (1 << 63)
}

fn unrank(rank: u64) -> i64 {
    (rank ^ (1 << 63)).cast_signed()
}

/// A day as folders name it.
fn name_of(day: i64) -> String {
    let time = DateTime::from_timestamp_millis(day.saturating_mul(DAY_MILLIS));
    time.map_or_else(|| "unknown".to_owned(), |time| time.format("%Y-%m-%d").to_string())
}

impl RecordSink for LineSorter {
    fn chunk_begins(&mut self, _: &str) {}

    fn record(&mut self, record: &Record<'_>) {
        self.keys.extend_from_slice(record.get(Field::Bucket).unwrap_or_default());
        self.keys.push(0);
        self.keys.extend_from_slice(&record.timestamp().rank().to_be_bytes());
        self.key_ends.push(self.keys.len());
        self.text.extend_from_slice(record.line());
        self.lines.push((record.timestamp().millis().div_euclid(DAY_MILLIS), self.text.len()));
    }

    fn chunk_done(&mut self, id: ChunkId, name: &str, _: Lines) {
        self.items.entry(id.item).or_insert_with(|| name.to_owned());
        self.flush(id);
    }
}
