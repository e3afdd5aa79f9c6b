//! The lines of a generation, in the order in which a store has them.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::DateTime;

use crate::aggregate::Lines;
use crate::columnar::MILLIS_OF_DAY;
use crate::parser::Parser;
use crate::record::{Field, Record};
use crate::scan::RecordSink;
use crate::source::ChunkId;
use crate::spill::{Sorted, Sorter, Space};
use crate::store::{DayWriter, Generation};
use crate::threads::map_in_order;

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
        self.record(record, number);
        self.flush(ChunkId { item: 0, part: number, last: true });
    }

    fn flush(&mut self, id: ChunkId) {
        let (mut key_start, mut start) = (0, 0);
        let mut rest = Vec::new();
        for (place, ((day, end), key_end)) in self.lines.drain(..).zip(self.key_ends.drain(..)).enumerate() {
            rest.clear();
            rest.extend_from_slice(&self.keys[key_start..key_end]);
            rest.extend_from_slice([id.item, id.part, place as u64].map(u64::to_be_bytes).as_flattened());
            *self.days.entry(day).or_default() += 1;
            self.sorter.push_numbered(rank(day), &rest, &self.text[start..end]);
            (key_start, start) = (key_end, end);
        }
        self.keys.clear();
        self.text.clear();
    }

    /// Writes a file for each day, on so many threads, without the lines of the items that could not be read to their end. Returns how
    /// many rows were written, and in how many days.
    pub(super) fn write(
        self,
        generation: &Generation<'_>,
        unread: &HashSet<String>,
        threads: usize,
    ) -> anyhow::Result<(u64, usize)> {
        let Self { sorter, days, items, .. } = self;
        let left_out: HashSet<u64> =
            items.into_iter().filter(|(_, name)| unread.contains(name)).map(|(item, _)| item).collect();
        let lines = sorter.sorted()?;
        let written = map_in_order(days.into_iter(), threads, |(day, count)| {
            write_day(&lines, (day, count), generation, &left_out)
        });
        let rows: Vec<u64> = written.into_iter().collect::<anyhow::Result<_>>()?;
        Ok((rows.iter().sum(), rows.iter().filter(|rows| **rows > 0).count()))
    }
}

/// Writes the file of a day, of which there are about `count` lines, and returns how many rows it has: none if there is no file.
fn write_day(
    lines: &Sorted,
    (day, count): (i64, u64),
    generation: &Generation<'_>,
    left_out: &HashSet<u64>,
) -> anyhow::Result<u64> {
    let mut lines = lines.of_number(rank(day))?;
    let mut parser = Parser::default();
    let mut writer = None;
    while let Some((key, line)) = lines.next()? {
        let place = key.len().checked_sub(PLACE_LEN).and_then(|start| key[start..].first_chunk());
        if place.is_some_and(|item| left_out.contains(&u64::from_be_bytes(*item))) {
            continue;
        }
        let writer = match &mut writer {
            Some(writer) => writer,
            none => none.insert(DayWriter::new(generation.day(&name_of(day))?, count)?),
        };
        // It has been read before, so this cannot fail.
        if let Ok(record) = parser.parse(line) {
            writer.push(&record)?;
        }
    }
    let Some(writer) = writer else { return Ok(0) };
    let (file, rows) = writer.finish()?;
    generation.finish(file)?;
    Ok(rows)
}

fn rank(day: i64) -> u64 {
    day.cast_unsigned() ^ (1 << 63)
}

/// A day as folders name it.
fn name_of(day: i64) -> String {
    let time = DateTime::from_timestamp_millis(day.saturating_mul(MILLIS_OF_DAY));
    time.map_or_else(|| "unknown".to_owned(), |time| time.format("%Y-%m-%d").to_string())
}

impl RecordSink for LineSorter {
    fn record(&mut self, record: &Record<'_>, _: u64) {
        self.keys.extend_from_slice(record.get(Field::Bucket).unwrap_or_default());
        self.keys.push(0);
        self.keys.extend_from_slice(&record.timestamp().rank().to_be_bytes());
        self.key_ends.push(self.keys.len());
        self.text.extend_from_slice(record.line());
        self.lines.push((record.timestamp().millis().div_euclid(MILLIS_OF_DAY), self.text.len()));
    }

    fn chunk_done(&mut self, id: ChunkId, name: &str, _: Lines, _: u64) {
        self.items.entry(id.item).or_insert_with(|| name.to_owned());
        self.flush(id);
    }
}
