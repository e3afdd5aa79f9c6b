//! Which visitors were counted already, for most of them: a visitor sends many requests, and to count one takes longer than to know it.

use std::hash::{BuildHasher as _, Hasher as _};

use hashbrown::DefaultHashBuilder;

use crate::record::{Field, Record};
use crate::time::Timestamp;

/// How many are known at a time: a power of two, so few that they stay in the cache.
const SLOTS: usize = 1 << 13;

/// Some of the visitors that were counted, by the day on which they were.
pub(super) struct KnownVisitors {
    /// Seeded: nobody can choose an address and a user agent that pass for those of another.
    hash: DefaultHashBuilder,
    slots: Box<[u64]>,
}

impl Default for KnownVisitors {
    fn default() -> Self {
        Self { hash: DefaultHashBuilder::default(), slots: vec![0; SLOTS].into() }
    }
}

impl KnownVisitors {
    /// Whether the visitor has to be counted on the day that begins there. Requests without an address are nobody's visit.
    #[inline]
    pub(super) fn is_new(&mut self, record: &Record<'_>, day: Timestamp) -> bool {
        let Some(address) = record.get(Field::RemoteIp) else { return false };
        let mut hasher = self.hash.build_hasher();
        hasher.write_i64(day.millis());
        hasher.write_usize(address.len());
        hasher.write(address);
        hasher.write(record.get(Field::UserAgent).unwrap_or_default());
        // Nothing is 0, with which slots begin.
        let visitor = hasher.finish() | 1;
        let slot = &mut self.slots[(visitor >> 1) as usize % SLOTS];
        std::mem::replace(slot, visitor) != visitor
    }
}
