//! Sliding windows of time over requests that come in any order.
//!
//! Time is cut into slots, each a tenth of the window. What a rule counts is kept for each actor and slot, and at the end eleven slots that
//! follow each other are looked at together. So whatever lies within a window is always seen together, wherever it begins; and what lies
//! within a window and a tenth can be.

use crate::detect::event::Event;
use crate::detect::hits::{Hits, MAX_DISTINCT};
use crate::detect::known::Known;
use crate::detect::shelf::{Room, Shelf};
use crate::detect::slot::{Requests, Slot};

/// In how many slots a window is cut.
const SLOTS: i64 = 10;
const HOUR: i64 = 3_600;

/// What actors did, by slots of time.
#[derive(Debug)]
pub(crate) struct Windows<S = Requests> {
    /// The length of a window in seconds.
    seconds: u64,
    /// The length of a slot in seconds.
    slot: i64,
    slots: Shelf<S>,
}

/// A slot of an actor: its place in time, and what is in it.
type Placed<'s, S> = (i64, &'s S);
/// The same, where it is kept.
type Kept<S> = (i64, S);

/// Slots that are looked at together.
pub(crate) struct Window<'s, S> {
    slots: &'s [Placed<'s, S>],
    count: u64,
}

impl<S: Slot> Window<'_, S> {
    /// How many requests.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// The bytes that they sent.
    pub(crate) fn bytes(&self) -> u64 {
        self.slots.iter().fold(0, |sum, (_, slot)| sum.saturating_add(slot.bytes()))
    }

    /// Whether at least so many of them differ. Beyond what is counted, all are taken to differ.
    pub(crate) fn differs(&self, at_least: u64) -> bool {
        let exact = at_least.min(MAX_DISTINCT as u64) as usize;
        let lens = || self.slots.iter().map(|(_, slot)| slot.distinct().len());
        if self.count < at_least || lens().sum::<usize>() < exact {
            return false;
        }
        if lens().any(|len| len >= exact) {
            return true;
        }
        let mut all: Vec<u64> = self.slots.iter().flat_map(|(_, slot)| slot.distinct()).copied().collect();
        all.sort_unstable();
        all.dedup();
        all.len() >= exact
    }
}

/// More than usual.
pub(crate) struct Storm {
    /// Whose it is.
    pub(crate) actor: u64,
    /// What was done.
    pub(crate) hits: Hits,
    /// The most requests of a window in the baseline.
    usual: u64,
}

impl Storm {
    /// What was usual, in words.
    pub(crate) fn compared(&self, known: &Known<'_>) -> String {
        match (known.baseline, self.usual) {
            (None, _) => "no baseline".to_owned(),
            (_, 0) => "none in the baseline".to_owned(),
            (_, usual) => format!("the busiest time of that length in the baseline had {usual}"),
        }
    }
}

impl<S: Slot> Windows<S> {
    /// Windows of so many seconds.
    pub(crate) fn new(seconds: u64, room: &Room) -> Self {
        let slot = i64::try_from(seconds).unwrap_or(i64::MAX) / SLOTS;
        Self { seconds, slot: slot.max(1), slots: Shelf::new(room) }
    }

    /// The length of a window in seconds.
    pub(crate) fn seconds(&self) -> u64 {
        self.seconds
    }

    /// Takes in a request of an actor. `distinct` is the hash of what has to differ for it to count more than once.
    pub(crate) fn add(&mut self, actor: u64, event: &Event<'_, '_>, distinct: u64) {
        self.slots.update((actor, event.seconds.div_euclid(self.slot)), |slot| slot.add(event, distinct));
    }

    /// Takes in what another part has seen.
    pub(crate) fn merge(&mut self, other: Self) {
        self.slots.merge(other.slots);
    }

    /// About how many bytes it takes.
    pub(crate) fn memory(&self) -> usize {
        self.slots.memory()
    }

    /// Hands on the slots of each actor, in the order of time, and keeps none.
    fn each_actor(&mut self, mut take: impl FnMut(u64, &[Kept<S>])) {
        let mut open: Option<(u64, Vec<Kept<S>>)> = None;
        self.slots.drain(|(actor, place), slot| match &mut open {
            Some((last, slots)) if *last == actor => slots.push((place, slot)),
            _ => {
                if let Some((actor, slots)) = open.replace((actor, vec![(place, slot)])) {
                    take(actor, &slots);
                }
            }
        });
        if let Some((actor, slots)) = open {
            take(actor, &slots);
        }
    }

    /// The bursts: what actors did in windows with at least so many requests that pass the test, windows that overlap as one. Nothing is kept.
    pub(crate) fn bursts(
        &mut self,
        at_least: u64,
        is_burst: impl Fn(&Window<'_, S>) -> bool,
    ) -> Vec<(u64, S::Sum)> {
        let mut all = Vec::new();
        self.each_actor(|actor, slots| {
            let slots: Vec<Placed<'_, S>> = slots.iter().map(|(place, slot)| (*place, slot)).collect();
            let bursts = bursts_of(&slots, |window| window.count >= at_least && is_burst(window));
            all.extend(bursts.into_iter().map(|sum| (actor, sum)));
        });
        all
    }
}

impl Windows {
    /// The bursts after the baseline of windows that pass the test, which is told the most requests of any window of the baseline. Without
    /// a baseline all are looked at, and nothing is usual.
    pub(crate) fn storms(
        &mut self,
        known: &Known<'_>,
        is_storm: impl Fn(&Window<'_, Requests>, u64) -> bool,
    ) -> Vec<Storm> {
        let length = self.slot;
        let hour = |place: i64| place.saturating_mul(length).div_euclid(HOUR);
        let mut all = Vec::new();
        self.each_actor(|actor, slots| {
            let part = |is_in: &dyn Fn(i64) -> bool| -> Vec<Placed<'_, Requests>> {
                let slots = slots.iter().map(|(place, slot)| (*place, slot));
                slots.filter(|(place, _)| is_in(hour(*place))).collect()
            };
            let mut usual = 0;
            each_window(&part(&|hour| known.is_learned(hour)), |_, window| usual = usual.max(window.count));
            let looked_at = part(&|hour| known.baseline.is_none() || known.is_judged(hour));
            let bursts = bursts_of(&looked_at, |window| is_storm(window, usual));
            all.extend(bursts.into_iter().map(|hits| Storm { actor, hits, usual }));
        });
        all
    }
}

/// Each window of slots that are in the order of time, with the place of its first slot, once for each of its last ones.
fn each_window<'s, S: Slot>(slots: &'s [Placed<'s, S>], mut take: impl FnMut(usize, &Window<'s, S>)) {
    let (mut start, mut count) = (0, 0_u64);
    for (end, (place, slot)) in slots.iter().enumerate() {
        count += slot.count();
        while slots[start].0 < place - SLOTS {
            count -= slots[start].1.count();
            start += 1;
        }
        take(start, &Window { slots: &slots[start..=end], count });
    }
}

/// What was done in windows that pass the test, those that overlap as one.
fn bursts_of<S: Slot>(slots: &[Placed<'_, S>], is_burst: impl Fn(&Window<'_, S>) -> bool) -> Vec<S::Sum> {
    let mut bursts: Vec<std::ops::Range<usize>> = Vec::new();
    each_window(slots, |start, window| {
        if is_burst(window) {
            let end = start + window.slots.len();
            match bursts.last_mut() {
                Some(last) if start < last.end => last.end = end,
                _ => bursts.push(start..end),
            }
        }
    });
    let sum = |range: std::ops::Range<usize>| {
        let mut sum = S::Sum::default();
        slots[range].iter().for_each(|(_, slot)| slot.add_to(&mut sum));
        sum
    };
    bursts.into_iter().map(sum).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::detect::testing::{Line, at, found_with, ordinary, said, settings};

    fn deletes(day: u32, seconds: std::ops::Range<u32>, every: u32) -> Vec<Line> {
        let delete = |second| {
            at(day, second).operation("REST.DELETE.OBJECT").key(format!("{day}-{second}")).status("204 -")
        };
        seconds.step_by(every as usize).map(delete).collect()
    }

    /// Whoever deletes all day long, in the baseline too, hides nothing by that.
    #[test]
    fn what_goes_on_since_the_baseline_is_compared_window_by_window() {
        let mut lines: Vec<_> = (1..4).flat_map(ordinary).chain(deletes(1, 0..3 * 86_400, 60)).collect();
        assert!(said("mass-delete", &lines).is_empty(), "66 in a window on all days, 4,320 in all");
        lines.extend(deletes(3, 30..3_600, 20));
        let said = said("mass-delete", &lines);
        assert!(
            said.len() == 1 && said[0].contains("the busiest time of that length in the baseline had 66"),
            "{said:?}"
        );
    }

    /// A job that runs from half past to half past is as usual every day.
    #[test]
    fn what_is_usual_is_counted_in_the_same_windows() {
        let job = |day, count: u32| deletes(day, 1_800..5_400, 3_600 / count);
        let days =
            |today| (1..4).flat_map(ordinary).chain(job(1, 600)).chain(job(3, today)).collect::<Vec<_>>();
        assert!(said("mass-delete", &days(900)).is_empty());
        assert_eq!(said("mass-delete", &days(1_800)).len(), 1);
        assert!(said("mass-delete", &days(1_800))[0].contains(" by somebody who is in the baseline"));
    }

    #[test]
    fn thresholds_beyond_what_is_counted_exactly() {
        let with = |keys: u64| settings(&format!("[rules.mass-delete]\ndeletes = {keys}\n"));
        let find = |keys: u64| found_with("mass-delete", with(keys), None, &deletes(1, 0..1_500, 1)).len();
        assert_eq!([1_024, 1_500, 1_501].map(find), [1, 1, 0]);
        // One object again and again.
        let same: Vec<_> = deletes(1, 0..1_500, 1).into_iter().map(|line| line.key("lock")).collect();
        assert!(said("mass-delete", &same).is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn exact_up_to_a_tenth_of_the_window(start in 0u32..5_000, apart in 0u32..250) {
            // Of two objects, also in the same second: one object twice is one.
            let pair = [("a", start), ("b", start + apart)].map(|(key, second)| {
                at(1, second).operation("REST.DELETE.OBJECT").key(key).status("204 -")
            });
            let two = settings("[rules.mass-delete]\ndeletes = 2\nwindow = \"100s\"\n");
            let is_found = found_with("mass-delete", two, None, &pair).len() == 1;
            prop_assert!(is_found || apart >= 100, "{start} {apart} is missed");
            prop_assert!(!is_found || apart < 110, "{start} {apart} is too far apart");
        }
    }
}
