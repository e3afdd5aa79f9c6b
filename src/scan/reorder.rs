//! Puts what threads make of chunks back into the order of the chunks.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::source::{Cancel, ChunkId};

/// A part of the memory of a run, within these limits, may wait for its turn; above that, only the item whose turn it is goes on.
const WAITING_DIVISOR: usize = 4;
const MIN_WAITING_BYTES: usize = 4 << 20;
const MAX_WAITING_BYTES: usize = 64 << 20;

/// Takes values in their order.
pub(crate) trait OrderedSink<T> {
    fn put(&mut self, value: T) -> anyhow::Result<()>;
}

/// Takes values in any order and passes them on in their own.
pub(crate) struct Reorder<T, P> {
    state: Mutex<State<T, P>>,
    cancel: Cancel,
    most: usize,
}

struct State<T, P> {
    to: P,
    /// The item and the part whose turn it is.
    next: (u64, u64),
    waiting: BTreeMap<(u64, u64), (bool, T, usize)>,
    weight: usize,
    result: anyhow::Result<()>,
}

impl<T, P: OrderedSink<T>> Reorder<T, P> {
    /// With so much memory for the run.
    pub(crate) fn new(to: P, cancel: Cancel, memory: usize) -> Self {
        let most = (memory / WAITING_DIVISOR).clamp(MIN_WAITING_BYTES, MAX_WAITING_BYTES);
        let state = State { to, next: (0, 0), waiting: BTreeMap::new(), weight: 0, result: Ok(()) };
        Self { state: Mutex::new(state), cancel, most }
    }

    /// Whether more of this item may be read: what waits for others must not pile up.
    pub(crate) fn may_start(&self, item: u64) -> bool {
        let state = self.state();
        state.weight < self.most || state.next.0 == item
    }

    /// Takes a value of about `weight` bytes. An error ends the run; it is kept for the end.
    pub(crate) fn put(&self, id: ChunkId, value: T, weight: usize) {
        let mut state = self.state();
        let state = &mut *state;
        state.waiting.insert((id.item, id.part), (id.last, value, weight));
        state.weight += weight;
        while let Some((last, value, weight)) = state.waiting.remove(&state.next) {
            state.weight -= weight;
            state.next = if last { (state.next.0 + 1, 0) } else { (state.next.0, state.next.1 + 1) };
            if state.result.is_ok() {
                state.result = state.to.put(value);
                if state.result.is_err() {
                    self.cancel.finish();
                }
            }
        }
    }

    /// Returns the error, if there was one. What still waits after an interrupted run follows a gap, and is dropped.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        state.result
    }

    fn state(&self) -> MutexGuard<'_, State<T, P>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Dedup(std::sync::Arc<Mutex<Vec<u64>>>);

    impl OrderedSink<u64> for Dedup {
        fn put(&mut self, value: u64) -> anyhow::Result<()> {
            self.0.lock().unwrap().push(value);
            if value == 9 { Err(anyhow::anyhow!("full")) } else { Ok(()) }
        }
    }

    #[test]
    fn any_order_becomes_the_order_of_the_input() {
        let seen = Dedup::default();
        let list = std::sync::Arc::clone(&seen.0);
        let ordered = Reorder::new(seen, Cancel::default(), 0);
        for (item, part, last, value) in
            [(1, 0, true, 3), (2, 0, false, 4), (0, 1, true, 2), (0, 0, false, 1)]
        {
            ordered.put(ChunkId { item, part, last }, value, 1);
        }
        assert_eq!(*list.lock().unwrap(), [1, 2, 3, 4]);
        ordered.put(ChunkId { item: 2, part: 1, last: true }, 9, 1);
        ordered.put(ChunkId { item: 3, part: 0, last: true }, 10, 1);
        assert_eq!(*list.lock().unwrap(), [1, 2, 3, 4, 9]);
        assert!(ordered.finish().is_err());
    }
}
