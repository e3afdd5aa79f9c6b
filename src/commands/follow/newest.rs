//! The newest of the records that have arrived, for a file that is replaced as more come.

use crate::aggregate::Aggregate;
use crate::output::counted;
use crate::record::{Field, Record};
use crate::report::{Importance, RecordColumns, Table};
use crate::spill::Space;
use crate::time::Timestamp;

const COLUMNS: RecordColumns<12> = [
    (Field::Timestamp, Importance::Lead),
    (Field::HttpStatus, Importance::Answer),
    (Field::ErrorCode, Importance::Answer),
    (Field::Operation, Importance::Answer),
    (Field::RemoteIp, Importance::Answer),
    (Field::Requester, Importance::Answer),
    (Field::Key, Importance::Answer),
    (Field::Bucket, Importance::Context),
    (Field::BytesSent, Importance::Context),
    (Field::TotalTime, Importance::Detail),
    (Field::UserAgent, Importance::Detail),
    (Field::RequestId, Importance::Detail),
];

/// So many records, as their lines; fewer where these take more than so many bytes.
pub(super) struct Newest {
    limit: usize,
    /// The bytes that they may take.
    most: usize,
    lines: Vec<(Timestamp, Box<[u8]>)>,
    /// The bytes that they take.
    memory: usize,
    /// How many have arrived in all.
    records: u64,
}

impl Newest {
    pub(super) fn new(limit: usize, most: usize) -> Self {
        Self { limit, most, lines: Vec::new(), memory: 0, records: 0 }
    }

    fn push(&mut self, time: Timestamp, line: Box<[u8]>) {
        self.memory += size(&line);
        self.lines.push((time, line));
        // Twice as many, so that to leave out the oldest is rare.
        if self.lines.len() >= self.limit.saturating_mul(2) || self.memory > self.most {
            self.cut();
        }
    }

    /// Leaves out the oldest, and half of the memory free.
    fn cut(&mut self) {
        self.lines.sort_unstable_by(|a, b| b.cmp(a));
        self.lines.truncate(self.limit);
        self.memory = 0;
        let mut has_room = |(_, line): &(Timestamp, Box<[u8]>)| {
            self.memory += size(line);
            self.memory <= self.most / 2
        };
        let kept = self.lines.iter().take_while(|line| has_room(line)).count();
        self.lines.truncate(kept.max(1));
        self.memory = self.lines.iter().map(|(_, line)| size(line)).sum();
    }

    /// The newest first.
    pub(super) fn table(&self, space: &Space) -> Table {
        let mut lines: Vec<_> = self.lines.iter().collect();
        lines.sort_unstable_by(|a, b| b.cmp(a));
        lines.truncate(self.limit);
        let count = lines.len() as u64;
        let table = Table::of_records("records", "Newest records", &COLUMNS, space, |put| {
            lines.into_iter().try_for_each(|(_, line)| put(line))
        });
        // What fails is kept by the space, which ends the run.
        let mut table = table.unwrap_or_default();
        if count < self.records {
            let all = counted(self.records, "record", "records");
            table.notes.push(format!("the newest of {all}; --limit says how many").into());
        }
        table
    }
}

fn size(line: &[u8]) -> usize {
    line.len() + size_of::<(Timestamp, Box<[u8]>)>()
}

impl Aggregate for Newest {
    fn add(&mut self, record: &Record<'_>) {
        self.records += 1;
        self.push(record.timestamp(), record.line().into());
    }

    fn memory(&self) -> usize {
        self.memory
    }

    fn merge(&mut self, other: Self) {
        self.records += other.records;
        other.lines.into_iter().for_each(|(time, line)| self.push(time, line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(limit: usize, memory: usize, times: &[i64]) -> Newest {
        let mut newest = Newest::new(limit, memory);
        for time in times {
            newest.push(Timestamp::from_millis(*time), vec![b'a'; 100].into());
            newest.records += 1;
        }
        newest
    }

    fn times(mut newest: Newest) -> Vec<i64> {
        newest.cut();
        newest.lines.iter().map(|(time, _)| time.millis()).collect()
    }

    #[test]
    fn the_newest_stay_in_whatever_order_they_come() {
        assert_eq!(times(of(3, 1 << 20, &[5, 1, 4, 2, 3, 9, 7, 8, 6])), [9, 8, 7]);
        assert_eq!(times(of(3, 1 << 20, &[2, 1])), [2, 1]);
        let mut all = of(2, 1 << 20, &[1, 5]);
        all.merge(of(2, 1 << 20, &[4, 3, 6]));
        assert_eq!(all.records, 5);
        assert_eq!(times(all), [6, 5]);
    }

    #[test]
    fn memory_holds_fewer() {
        let newest = of(1000, 1000, &(0..500).collect::<Vec<_>>());
        assert!(newest.memory() <= 1000 && newest.records == 500);
        let kept = times(newest);
        assert!(
            (1..8).contains(&kept.len()) && kept.is_sorted_by(|a, b| a > b) && kept[0] == 499,
            "{kept:?}"
        );
        // One line is always there, however long.
        assert_eq!(times(of(5, 10, &[1, 3, 2])).len(), 1);
    }
}
