//! Which records have been seen before, over all threads.

use std::hash::{BuildHasher, Hasher};
use std::sync::{Mutex, PoisonError};

use hashbrown::hash_table::Entry as TableEntry;
use hashbrown::{DefaultHashBuilder, HashTable};

use crate::record::{Field, Record};

/// A power of two, and many more than threads: so they rarely wait for each other.
const SHARDS: usize = 256;

/// What makes a record that record. A request id alone does not: a copy, or a delete of many objects, writes several
/// records with one.
const IDENTITY: [Field; 5] =
    [Field::RequestId, Field::Operation, Field::Key, Field::VersionId, Field::Bucket];

/// About how many bytes an id takes in a set, with the room that the set has to grow.
const ID_LEN: usize = 40;

/// A set of hashes that are as good as random, so they serve as they are.
#[derive(Debug)]
pub(crate) struct SeenIds {
    ids: HashTable<u128>,
    /// Those before, where not all are kept.
    before: HashTable<u128>,
    /// How many are kept of the last ones at least, and twice as many at most.
    most: usize,
}

impl Default for SeenIds {
    fn default() -> Self {
        Self { ids: HashTable::new(), before: HashTable::new(), most: usize::MAX }
    }
}

impl SeenIds {
    /// Whether the id is new.
    #[inline]
    pub(crate) fn insert(&mut self, id: u128) -> bool {
        if !self.before.is_empty() && self.before.find(id as u64, |seen| *seen == id).is_some() {
            return false;
        }
        match self.ids.entry(id as u64, |seen| *seen == id, |seen| *seen as u64) {
            TableEntry::Occupied(_) => return false,
            TableEntry::Vacant(place) => drop(place.insert(id)),
        }
        if self.ids.len() >= self.most {
            self.before = std::mem::take(&mut self.ids);
        }
        true
    }

    /// Forgets all ids.
    pub(crate) fn clear(&mut self) {
        self.ids.clear();
        self.before.clear();
    }
}

/// The records that have been seen, each as a hash of 128 bits: two different records share one by an accident that
/// nobody will live to see. Both halves are seeded, each by its own, so nobody can bring it about.
#[derive(Debug)]
pub(crate) struct Dedup {
    hash: [DefaultHashBuilder; 2],
    shards: Box<[Mutex<SeenIds>]>,
}

impl Default for Dedup {
    fn default() -> Self {
        Self { hash: Default::default(), shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }
}

impl Dedup {
    /// Forgets records that were seen long ago, so that it takes about this many bytes at most.
    pub(crate) fn bounded(bytes: usize) -> Self {
        let most = (bytes / SHARDS / ID_LEN / 2).max(1);
        let shard = |_| Mutex::new(SeenIds { most, ..SeenIds::default() });
        Self { shards: (0..SHARDS).map(shard).collect(), ..Self::default() }
    }

    /// Whether the record is new: no record of the same request id, operation, key, version id and bucket has been seen. A
    /// record without a request id is known by its whole line.
    #[inline]
    pub(crate) fn insert(&self, record: &Record<'_>) -> bool {
        self.insert_id(self.id(record))
    }

    /// The same, of what a record is known by.
    #[inline]
    pub(crate) fn insert_id(&self, id: u128) -> bool {
        let shard = &self.shards[(id >> 64) as usize % SHARDS];
        shard.lock().unwrap_or_else(PoisonError::into_inner).insert(id)
    }

    /// What the record is known by.
    #[inline]
    pub(crate) fn id(&self, record: &Record<'_>) -> u128 {
        let [mut low, mut high] = [self.hash[0].build_hasher(), self.hash[1].build_hasher()];
        let mut add = |text: Option<&[u8]>| {
            // No text is that long, so nothing is told from an empty text.
            let (length, text) = (text.map_or(usize::MAX, <[u8]>::len), text.unwrap_or_default());
            for half in [&mut low, &mut high] {
                half.write_usize(length);
                half.write(text);
            }
        };
        if record.get(Field::RequestId).is_some() {
            IDENTITY.into_iter().for_each(|field| add(record.get(field)));
        } else {
            add(Some(record.line()));
        }
        u128::from(high.finish()) << 64 | u128::from(low.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parser::Parser;

    fn line(bucket: &str, id: &str, operation: &str, key: &str, status: &str, version: &str) -> String {
        format!(
            "o {bucket} [06/Feb/2019:00:00:38 +0000] 192.0.2.3 - {id} {operation} {key} \"GET /k HTTP/1.1\" {status} - 1 2 3 4 \"-\" \"a\" {version}"
        )
    }

    #[test]
    fn ids_are_as_good_as_random() {
        let seen = Dedup::default();
        let mut ids = Vec::new();
        for number in 0..10_000 {
            let line = line("b", &format!("R{number}"), "REST.GET.OBJECT", "k", "200", "-");
            ids.push(seen.id(&Parser::default().parse(line.as_bytes()).expect("a record")));
        }
        for half in [0, 64] {
            let mut halves: Vec<u64> = ids.iter().map(|id| (id >> half) as u64).collect();
            // Every bit is set in about half of them.
            for bit in 0..64 {
                let set = halves.iter().filter(|half| **half >> bit & 1 == 1).count();
                assert!((4_500..5_500).contains(&set), "bit {bit} of {half}: {set}");
            }
            halves.sort_unstable();
            halves.dedup();
            assert_eq!(halves.len(), ids.len());
        }
        // The halves are two hashes, not one.
        assert!(ids.iter().all(|id| (id >> 64) as u64 != *id as u64));
    }

    #[test]
    fn what_was_seen_long_ago_is_forgotten() {
        // A hundred in each shard at least.
        let (seen, all) = (Dedup::bounded(SHARDS * ID_LEN * 200), Dedup::default());
        let id =
            |number: u64| u128::from(number.wrapping_mul(0x9E37_79B9_7F4A_7C15)) << 64 | u128::from(number);
        for number in 0..200_000 {
            assert!(seen.insert_id(id(number)) && all.insert_id(id(number)));
            // The last ones are known.
            assert!(!seen.insert_id(id(number.saturating_sub(10_000))), "{number}");
            assert!(!all.insert_id(id(number / 2)));
        }
        let kept: usize = seen
            .shards
            .iter()
            .map(|shard| shard.lock().unwrap())
            .map(|shard| shard.ids.len() + shard.before.len())
            .sum();
        assert!((SHARDS * 100..=SHARDS * 200).contains(&kept), "{kept}");
        assert!(seen.insert_id(id(0)));
    }

    #[test]
    fn what_makes_a_record_new() {
        let seen = Dedup::default();
        let is_new = |line: String| seen.insert(&Parser::default().parse(line.as_bytes()).expect("a record"));
        assert!(is_new(line("b", "R1", "REST.COPY.OBJECT", "k", "200", "-")));
        assert!(!is_new(line("b", "R1", "REST.COPY.OBJECT", "k", "200", "-")));
        assert!(is_new(line("b", "R1", "REST.COPY.OBJECT_GET", "k", "200", "-")));
        assert!(is_new(line("b", "R1", "REST.COPY.OBJECT", "k2", "200", "-")));
        assert!(is_new(line("b", "R1", "REST.COPY.OBJECT", "k", "200", "v1")));
        assert!(is_new(line("c", "R1", "REST.COPY.OBJECT", "k", "200", "-")));
        assert!(is_new(line("b", "R2", "REST.COPY.OBJECT", "k", "200", "-")));
        // Nothing else tells records apart, unless there is no request id.
        assert!(!is_new(line("b", "R2", "REST.COPY.OBJECT", "k", "304", "-")));
        assert!(is_new(line("b", "-", "REST.COPY.OBJECT", "k", "200", "-")));
        assert!(!is_new(line("b", "-", "REST.COPY.OBJECT", "k", "200", "-")));
        assert!(is_new(line("b", "-", "REST.COPY.OBJECT", "k", "304", "-")));
    }
}
