//! What rules keep by actor and time: in memory while it is little, and in temporary files beyond.
//!
//! Actors are bounded by what there is, but not the times at which strangers knock: what is kept of those is written away when it becomes
//! much, sorted, and merged at the end. So nothing is left out for want of memory, and answers are the same.

use hashbrown::HashMap;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::spill::{Sorter, Space, decode, encode};

/// Where rules put what memory does not hold, and how many bytes of memory each of their tables may take.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    /// The temporary files.
    pub(crate) space: Space,
    /// The bytes of a table.
    pub(crate) bytes: usize,
}

/// By what something is kept: an actor, and a place in time.
pub(crate) type Place = (u64, i64);

/// What is kept.
pub(crate) trait Item: Default + Serialize + DeserializeOwned {
    /// Takes in what was kept of the same.
    fn merge(&mut self, other: Self);

    /// About how many bytes it takes beside itself.
    fn heap_bytes(&self) -> usize;
}

/// Items by their places.
#[derive(Debug)]
pub(crate) struct Shelf<V> {
    items: HashMap<Place, V>,
    heap: usize,
    room: Room,
    away: Option<Sorter>,
}

impl<V: Item> Shelf<V> {
    /// An empty one.
    pub(crate) fn new(room: &Room) -> Self {
        Self { items: HashMap::new(), heap: 0, room: room.clone(), away: None }
    }

    /// Changes an item, made if it is new.
    pub(crate) fn update(&mut self, place: Place, change: impl FnOnce(&mut V)) {
        let item = self.items.entry(place).or_default();
        let before = item.heap_bytes();
        change(item);
        self.heap = (self.heap + item.heap_bytes()).saturating_sub(before);
        if self.memory() > self.room.bytes {
            self.put_away();
        }
    }

    /// Writes all items away.
    #[cold]
    fn put_away(&mut self) {
        let mut items: Vec<(Place, V)> = std::mem::take(&mut self.items).into_iter().collect();
        items.sort_unstable_by_key(|(place, _)| *place);
        self.heap = 0;
        let Room { space, bytes } = &self.room;
        let away = self.away.get_or_insert_with(|| Sorter::new(space, *bytes));
        away.push_run(|put| {
            let mut value = Vec::new();
            for (place, item) in items {
                value.clear();
                encode(&item, &mut value);
                put(&key(place), &value)?;
            }
            Ok(())
        });
    }

    /// Takes in what another part has kept.
    pub(crate) fn merge(&mut self, other: Self) {
        match (&mut self.away, other.away) {
            (Some(away), Some(others)) => away.merge(others),
            (None, away) => self.away = away,
            (Some(_), None) => {}
        }
        for (place, item) in other.items {
            self.update(place, |known| known.merge(item));
        }
    }

    /// About how many bytes of memory it takes.
    pub(crate) fn memory(&self) -> usize {
        self.items.capacity() * size_of::<(Place, V)>() + self.heap
    }

    /// Hands on all items in the order of their places, and keeps none. A failure to read is told by [`Space::check`].
    pub(crate) fn drain(&mut self, mut take: impl FnMut(Place, V)) {
        if self.away.is_some() {
            self.put_away();
        }
        let Some(away) = self.away.take() else {
            let mut items: Vec<(Place, V)> = std::mem::take(&mut self.items).into_iter().collect();
            items.sort_unstable_by_key(|(place, _)| *place);
            self.heap = 0;
            return items.into_iter().for_each(|(place, item)| take(place, item));
        };
        let mut open: Option<(Place, V)> = None;
        let read = away.sorted().and_then(|sorted| {
            sorted.for_each(|bytes, value| {
                let item: V = decode(value)?;
                match &mut open {
                    Some((place, known)) if key(*place) == bytes => known.merge(item),
                    _ => {
                        if let Some((place, item)) = open.replace((place(bytes), item)) {
                            take(place, item);
                        }
                    }
                }
                Ok(())
            })
        });
        if let Some((place, item)) = open {
            take(place, item);
        }
        if let Err(error) = read {
            self.room.space.fail(error);
        }
    }
}

/// A place as bytes, which sort as places do.
fn key((actor, time): Place) -> [u8; 16] {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&actor.to_be_bytes());
    // Times before 1970 come first.
    key[8..].copy_from_slice(&(time ^ i64::MIN).to_be_bytes());
    key
}

fn place(key: &[u8]) -> Place {
    let part = |at: usize| key[at..].first_chunk().copied().unwrap_or_default();
    (u64::from_be_bytes(part(0)), i64::from_be_bytes(part(8)) ^ i64::MIN)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    impl Item for u64 {
        fn merge(&mut self, other: Self) {
            *self += other;
        }

        fn heap_bytes(&self) -> usize {
            0
        }
    }

    proptest! {
        #[test]
        fn all_of_it_comes_back(places in prop::collection::vec((0..4_u64, -3..3_i64), 0..60), cut in 0..60_usize, bytes in 0..4_000_usize) {
            let room = Room { space: Space::new(std::env::temp_dir(), bytes), bytes };
            let mut expected = BTreeMap::new();
            let cut = cut.min(places.len());
            let mut parts = [&places[..cut], &places[cut..]].map(|places| {
                let mut shelf = Shelf::new(&room);
                for place in places {
                    *expected.entry(*place).or_default() += 1;
                    shelf.update(*place, |count: &mut u64| *count += 1);
                }
                Some(shelf)
            });
            let mut all = parts[0].take().expect("a part");
            all.merge(parts[1].take().expect("a part"));
            let mut found = Vec::new();
            all.drain(|place, count| found.push((place, count)));
            prop_assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
            room.space.check().expect("no failure");
        }
    }
}
