//! What actors did in the time of an incident, step by step.

use std::collections::{BTreeMap, BTreeSet};

use crate::aggregate::TimeRange;
use crate::detect::acts::{Act, Name, What};
use crate::detect::known::Known;
use crate::detect::profile::{Entry, Hour};
use crate::record::Requester;
use crate::time::Timestamp;

/// What is told of an incident begins so much before its first finding, and ends so much after the last one.
const MARGIN_MS: i64 = 3_600_000;
/// The same thing done again is one step, unless there is more time between.
const MAX_PAUSE_MS: i64 = 3_600_000;
/// What an actor did at most so many times as often in an hour of the baseline is as usual, and not told.
const USUAL_FACTOR: u32 = 2;
/// How many steps are told.
const MAX_STEPS: usize = 16;
const HOUR_MS: i64 = 3_600_000;

/// Something that an actor did for a while.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// From when to when.
    pub(crate) seen: TimeRange,
    /// Who did it, a role without its session; `None` if anonymous.
    pub(crate) requester: Option<Vec<u8>>,
    /// From where.
    pub(crate) addresses: BTreeSet<Vec<u8>>,
    /// Whether the baseline does not know that requester at these addresses.
    pub(crate) is_new: bool,
    /// What was done.
    pub(crate) what: What,
    /// How many requests; where objects were deleted together, how many objects.
    pub(crate) count: u64,
    /// In how many batches objects were deleted.
    pub(crate) batches: u64,
    /// The bytes that were sent.
    pub(crate) bytes: u64,
    /// On which buckets.
    pub(crate) buckets: BTreeSet<Vec<u8>>,
    /// Which object, or what the names of all begin with; `None` if they have nothing in common, or are none.
    pub(crate) name: Option<Name>,
}

/// What these entries did around that time, as far as it was not usual, in the order of time; and how many steps more there are.
pub(super) fn steps(entries: &[&Entry], seen: TimeRange, known: &Known<'_>) -> (Vec<Step>, usize) {
    let first = seen.first.millis().saturating_sub(MARGIN_MS);
    let last = seen.last.millis().saturating_add(MARGIN_MS);
    let mut parts: BTreeMap<(Option<&[u8]>, bool, What), Vec<(TimeRange, &Entry, &Act)>> = BTreeMap::new();
    for entry in entries {
        let identity = Requester::new(entry.requester()).identity();
        let (usual, is_new) = usual(entry, known);
        // Hours are in their order.
        let start = entry.hours.partition_point(|hour| (hour.hour + 1) * HOUR_MS <= first);
        let hours = entry.hours[start..].iter().take_while(|hour| hour.hour * HOUR_MS <= last);
        for (hour, act) in hours.flat_map(|hour| hour.acts.list().iter().map(move |act| (hour, act))) {
            let times = times(hour, act);
            let is_within = times.last.millis() >= first && times.first.millis() <= last;
            let most = usual.get(&act.what).copied().unwrap_or_default();
            if is_within && act.count > most.saturating_mul(USUAL_FACTOR) {
                parts.entry((identity, is_new, act.what)).or_default().push((times, entry, act));
            }
        }
    }
    let mut steps = Vec::new();
    for ((identity, is_new, what), mut parts) in parts {
        parts.sort_by_key(|(times, entry, _)| (times.first, times.last, entry.address(), entry.bucket()));
        let mut open: Option<Step> = None;
        for (times, entry, act) in parts {
            match &mut open {
                Some(step) if times.first.millis() - step.seen.last.millis() <= MAX_PAUSE_MS => {
                    step.add(times, entry, act)
                }
                _ => steps.extend(open.replace(Step::new(identity, is_new, what, times, entry, act))),
            }
        }
        steps.extend(open);
    }
    let steps = with_batches(steps);
    shortened(steps)
}

/// The most requests of each kind in an hour of the baseline; and whether there is nothing of it in a baseline.
fn usual(entry: &Entry, known: &Known<'_>) -> (BTreeMap<What, u32>, bool) {
    let (mut usual, mut is_new) = (BTreeMap::new(), known.baseline.is_some());
    for hour in entry.hours.iter().filter(|hour| known.is_learned(hour.hour)) {
        is_new = false;
        for act in hour.acts.list() {
            let most = usual.entry(act.what).or_default();
            *most = act.count.max(*most);
        }
    }
    (usual, is_new)
}

fn times(hour: &Hour, act: &Act) -> TimeRange {
    let at = |second: u16| Timestamp::from_millis(hour.hour * HOUR_MS + i64::from(second) * 1_000);
    TimeRange { first: at(act.seconds.0), last: at(act.seconds.1) }
}

impl Step {
    fn new(
        identity: Option<&[u8]>,
        is_new: bool,
        what: What,
        times: TimeRange,
        entry: &Entry,
        act: &Act,
    ) -> Self {
        let mut step = Self {
            seen: TimeRange::default(),
            requester: identity.map(<[u8]>::to_vec),
            addresses: BTreeSet::new(),
            is_new,
            what,
            count: 0,
            batches: 0,
            bytes: 0,
            buckets: BTreeSet::new(),
            name: Some(Name::of(act)),
        };
        step.add(times, entry, act);
        step
    }

    fn add(&mut self, times: TimeRange, entry: &Entry, act: &Act) {
        crate::aggregate::Merge::merge(&mut self.seen, times);
        for (texts, text) in [(&mut self.addresses, entry.address()), (&mut self.buckets, entry.bucket())] {
            if !texts.contains(text) {
                texts.insert(text.to_vec());
            }
        }
        self.count += u64::from(act.count);
        self.bytes = self.bytes.saturating_add(act.bytes);
        if let Some(name) = &mut self.name {
            let (text, is_of_several) = act.name();
            name.add(text, is_of_several);
        }
    }
}

/// Puts the batches in which objects were deleted to the step that says how many objects they were.
fn with_batches(steps: Vec<Step>) -> Vec<Step> {
    let (batches, mut steps): (Vec<_>, Vec<_>) =
        steps.into_iter().partition(|step| step.what == What::DeleteBatch);
    for batch in batches {
        let is_same = |step: &&mut Step| {
            step.what == What::Delete
                && step.requester == batch.requester
                && step.is_new == batch.is_new
                && step.seen.first.millis() <= batch.seen.last.millis() + MAX_PAUSE_MS
                && step.seen.last.millis() + MAX_PAUSE_MS >= batch.seen.first.millis()
        };
        match steps.iter_mut().find(is_same) {
            Some(step) => step.batches += batch.count,
            // Every object of it was refused or was not there.
            None => steps.push(Step { batches: batch.count, count: 0, ..batch }),
        }
    }
    for step in &mut steps {
        step.name = step.name.take().filter(|name| !name.text.is_empty());
    }
    steps
}

/// The steps that change most, in the order of time; and how many more there are.
fn shortened(mut steps: Vec<Step>) -> (Vec<Step>, usize) {
    let texts = |step: &Step| (step.requester.clone(), step.is_new, step.what);
    steps.sort_by_cached_key(|step| {
        (std::cmp::Reverse((step.what.weight(), step.bytes, step.count)), step.seen.first, texts(step))
    });
    let left_out = steps.len().saturating_sub(MAX_STEPS);
    steps.truncate(MAX_STEPS);
    steps.sort_by_cached_key(|step| (step.seen.first, step.seen.last, texts(step)));
    (steps, left_out)
}
