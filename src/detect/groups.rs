//! Requests that belong to one finding each.

use hashbrown::HashMap;

use crate::detect::event::Event;
use crate::detect::hits::Hits;

/// What belongs together, by a hash of what it has in common.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    groups: HashMap<u64, Hits>,
    heap: usize,
}

impl Groups {
    /// Takes in a request.
    pub(crate) fn add(&mut self, group: u64, event: &Event<'_, '_>) -> &mut Hits {
        let hits = self.groups.entry(group).or_default();
        self.heap = self.heap.saturating_add_signed(hits.add(event));
        hits
    }

    /// Takes in what another part has seen.
    pub(crate) fn merge(&mut self, other: Self) {
        for (group, hits) in other.groups {
            self.groups.entry(group).or_default().merge(&hits);
        }
        self.heap += other.heap;
    }

    /// About how many bytes it takes.
    pub(crate) fn memory(&self) -> usize {
        self.groups.capacity() * size_of::<(u64, Hits)>() + self.heap
    }

    /// All groups.
    pub(crate) fn all(&self) -> impl Iterator<Item = (u64, &Hits)> {
        self.groups.iter().map(|(group, hits)| (*group, hits))
    }
}
