//! Sliding windows of time over requests that come in any order.
//!
//! Time is cut into slots, each a tenth of the window. What a rule counts is kept for each actor and slot, and at the end eleven slots that
//! follow each other are looked at together. So whatever lies within a window is always seen together, wherever it begins; and what lies
//! within a window and a tenth can be.

use hashbrown::HashMap;

use crate::detect::event::Event;
use crate::detect::hits::Hits;

/// In how many slots a window is cut.
const SLOTS: i64 = 10;
/// About what the table takes for each slot of an actor.
const SLOT_BYTES: usize = size_of::<((u64, i64), Hits)>();

/// What actors did, by slots of time.
#[derive(Debug)]
pub(crate) struct Windows {
    /// The length of a window in seconds.
    seconds: u64,
    /// The length of a slot in seconds.
    slot: i64,
    slots: HashMap<(u64, i64), Hits>,
    heap: usize,
}

impl Windows {
    /// Windows of so many seconds.
    pub(crate) fn new(seconds: u64) -> Self {
        let slot = i64::try_from(seconds).unwrap_or(i64::MAX) / SLOTS;
        Self { seconds, slot: slot.max(1), slots: HashMap::new(), heap: 0 }
    }

    /// The length of a window in seconds.
    pub(crate) fn seconds(&self) -> u64 {
        self.seconds
    }

    /// Takes in a request of an actor. `distinct` is the hash of what has to differ for it to count more than once.
    pub(crate) fn add(&mut self, actor: u64, event: &Event<'_, '_>, distinct: u64) {
        let hits = self.slots.entry((actor, event.seconds.div_euclid(self.slot))).or_default();
        let before = hits.heap_bytes();
        hits.add(event);
        hits.distinct.add(distinct);
        self.heap = (self.heap + hits.heap_bytes()).saturating_sub(before);
    }

    /// Takes in what another part has seen.
    pub(crate) fn merge(&mut self, other: Self) {
        for (key, hits) in other.slots {
            self.slots.entry(key).or_default().merge(&hits);
        }
        self.heap += other.heap;
    }

    /// About how many bytes it takes.
    pub(crate) fn memory(&self) -> usize {
        self.slots.capacity() * SLOT_BYTES + self.heap
    }

    /// The bursts: what actors did in windows with at least so many requests that pass the test, windows that overlap as one.
    pub(crate) fn bursts(&self, at_least: u64, is_burst: impl Fn(&Hits) -> bool) -> Vec<(u64, Hits)> {
        let mut all: Vec<(u64, i64, &Hits)> =
            self.slots.iter().map(|((actor, slot), hits)| (*actor, *slot, hits)).collect();
        all.sort_unstable_by_key(|(actor, slot, _)| (*actor, *slot));
        let mut bursts = Vec::new();
        for slots in all.chunk_by(|(a, ..), (b, ..)| a == b) {
            let (mut start, mut count) = (0, 0);
            // The slots of the burst that is not over yet.
            let mut open: Option<(usize, usize)> = None;
            let mut close = |open: Option<(usize, usize)>| {
                if let Some((first, last)) = open {
                    bursts.push((slots[0].0, sum(&slots[first..=last])));
                }
            };
            for (end, (_, slot, hits)) in slots.iter().enumerate() {
                count += hits.count;
                while slots[start].1 < slot - SLOTS {
                    count -= slots[start].2.count;
                    start += 1;
                }
                if count < at_least || !is_burst(&sum(&slots[start..=end])) {
                    continue;
                }
                open = match open {
                    Some((first, last)) if start <= last => Some((first, end)),
                    earlier => {
                        close(earlier);
                        Some((start, end))
                    }
                };
            }
            close(open);
        }
        bursts
    }
}

fn sum(slots: &[(u64, i64, &Hits)]) -> Hits {
    let mut all = Hits::default();
    slots.iter().for_each(|(.., hits)| all.merge(hits));
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::detect::testing::{at, found_with, settings};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn exact_up_to_a_tenth_of_the_window(start in 0u32..5_000, apart in 0u32..250) {
            let pair = [start, start + apart].map(|second| {
                at(1, second).operation("REST.DELETE.OBJECT").key(format!("k{second}")).status("204 -")
            });
            let two = settings("[rules.mass-delete]\ndeletes = 2\nwindow = \"100s\"\n");
            let is_found = found_with("mass-delete", two, None, &pair).len() == 1;
            prop_assert!(is_found || apart >= 100, "{start} {apart} is missed");
            prop_assert!(!is_found || apart < 110, "{start} {apart} is too far apart");
        }
    }
}
