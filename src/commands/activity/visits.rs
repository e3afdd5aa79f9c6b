//! What an actor did, step by step, and in which visits.

use std::borrow::Cow;
use std::io;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::different::Different;
use crate::aggregate::{KeyBuffer, split_numbers};
use crate::commands::history::{
    BUCKET, CLIENT, ERROR, Kind, OBJECT, OPERATION, REMOTE_IP, REQUESTER, Request, Requests, STATUS, Values,
};
use crate::spill::{Sorted, Sorter, Space, decode, encode};
use crate::time::Timestamp;

/// Requests of one actor that follow each other and do the same.
#[derive(Serialize, Deserialize)]
pub(super) struct Step {
    /// The number of its visit.
    pub(super) visit: u64,
    /// Those of the first request.
    pub(super) values: Values<'static>,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    pub(super) count: u64,
    /// How many different objects.
    pub(super) objects: u64,
    /// The object, or what the names of all of them begin with, and `*`.
    pub(super) object: Option<Vec<u8>>,
    pub(super) bytes_sent: u64,
    /// That of the first request.
    pub(super) request_id: Option<Vec<u8>>,
}

impl Step {
    pub(super) fn value(&self, of: usize) -> Option<&[u8]> {
        self.values[of].as_deref()
    }
}

/// Steps without a long pause between them.
#[derive(Serialize, Deserialize)]
pub(super) struct Visit {
    pub(super) number: u64,
    pub(super) requester: Option<Vec<u8>>,
    pub(super) remote_ip: Option<Vec<u8>>,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    pub(super) requests: u64,
    pub(super) errors: u64,
    pub(super) bytes_sent: u64,
    pub(super) buckets: u64,
}

/// What makes two requests the same step. Sessions of a role have different requesters.
const SAME: [usize; 5] = [OPERATION, STATUS, ERROR, BUCKET, CLIENT];
/// What waits for its order takes this part of the memory of an answer.
const MEMORY_DIVISOR: usize = 8;

/// The steps and visits of all actors, oldest first.
pub(super) struct Visits {
    /// By their times; what several actors did in one second is in the order of their visits.
    steps: Sorted,
    step_count: u64,
    /// By their times and their actors.
    visits: Sorted,
    visit_count: u64,
}

impl Visits {
    /// Those of requests whose actors come first.
    pub(super) fn of(requests: Requests, gap: Duration, space: &Space) -> io::Result<Self> {
        let memory = space.memory() / MEMORY_DIVISOR;
        let gap = i64::try_from(gap.as_millis()).unwrap_or(i64::MAX);
        let mut found = Found { steps: Sorter::new(space, memory), visits: Sorter::new(space, memory) };
        let (mut open, mut same) = (None::<OpenVisit>, KeyBuffer::default());
        requests.for_each(|request| {
            let is_same_visit = |visit: &OpenVisit| {
                let pause = request.time.millis().saturating_sub(visit.visit.last.millis());
                visit.actor == request.first && pause <= gap
            };
            same.start();
            SAME.iter().for_each(|of| _ = same.push(request.values[*of].as_deref()));
            match &mut open {
                Some(visit) if is_same_visit(visit) => visit.add(request, same.key(), &mut found, space),
                _ => {
                    let visit = OpenVisit::new(request, same.key(), space);
                    open.replace(visit).map_or(Ok(()), |visit| visit.finish(&mut found))
                }
            }
        })?;
        open.map_or(Ok(()), |visit| visit.finish(&mut found))?;
        let Found { steps, visits } = found;
        let (step_count, visit_count) = (steps.len(), visits.len());
        let steps = numbered(&steps.sorted()?, space, memory)?.sorted()?;
        Ok(Self { steps, step_count, visits: visits.sorted()?, visit_count })
    }

    pub(super) fn step_count(&self) -> u64 {
        self.step_count
    }

    pub(super) fn visit_count(&self) -> u64 {
        self.visit_count
    }

    /// Hands on the newest of the steps, oldest first.
    pub(super) fn newest_steps(
        &self,
        limit: usize,
        take: &mut dyn FnMut(&Step) -> io::Result<()>,
    ) -> io::Result<()> {
        newest(&self.steps, self.step_count, limit, |_, step| take(&step))
    }

    /// Hands on the newest of the visits, oldest first.
    pub(super) fn newest_visits(
        &self,
        limit: usize,
        take: &mut dyn FnMut(&Visit) -> io::Result<()>,
    ) -> io::Result<()> {
        newest(&self.visits, self.visit_count, limit, |number, visit| take(&Visit { number, ..visit }))
    }
}

/// Hands on the newest of entries, oldest first, and the numbers of their places, from 1.
fn newest<T: serde::de::DeserializeOwned>(
    all: &Sorted,
    count: u64,
    limit: usize,
    mut take: impl FnMut(u64, T) -> io::Result<()>,
) -> io::Result<()> {
    let mut number = 0;
    let left_out = count.saturating_sub(limit as u64);
    all.for_each(|_, entry| {
        number += 1;
        if number > left_out { take(number, decode(entry)?) } else { Ok(()) }
    })
}

/// Gives steps, which are in the order of their visits, the numbers of these.
fn numbered(steps: &Sorted, space: &Space, memory: usize) -> io::Result<Sorter> {
    let mut by_time = Sorter::new(space, memory);
    let (mut visit, mut number) = (Vec::new(), 0);
    let (mut place, mut entry) = (KeyBuffer::default(), Vec::new());
    steps.for_each(|key, step| {
        let (of_visit, [index]) = split_numbers(key);
        if number == 0 || visit != of_visit {
            visit.clear();
            visit.extend_from_slice(of_visit);
            number += 1;
        }
        let step = Step { visit: number, ..decode(step)? };
        entry.clear();
        encode(&step, &mut entry);
        place.start().push_number(number).push_number(index);
        by_time.push_numbered(step.first.rank(), place.key(), &entry);
        Ok(())
    })?;
    Ok(by_time)
}

/// What has been found, each under the time and the actor of its visit.
struct Found {
    steps: Sorter,
    visits: Sorter,
}

/// A visit that may go on.
struct OpenVisit {
    /// Whose, in the form of a key.
    actor: Vec<u8>,
    visit: Visit,
    buckets: Different,
    step: OpenStep,
    /// How many steps came before.
    steps: u64,
}

/// A step that may go on.
struct OpenStep {
    /// What it does, in the form of a key.
    same: Vec<u8>,
    step: Step,
    objects: Different,
}

impl OpenVisit {
    fn new(request: &Request<'_>, same: &[u8], space: &Space) -> Self {
        let [requester, remote_ip] =
            [REQUESTER, REMOTE_IP].map(|of| request.values[of].as_deref().map(<[u8]>::to_vec));
        let (first, last) = (request.time, request.time);
        let mut visit = Self {
            actor: request.first.to_vec(),
            visit: Visit {
                number: 0,
                requester,
                remote_ip,
                first,
                last,
                requests: 0,
                errors: 0,
                bytes_sent: 0,
                buckets: 0,
            },
            buckets: Different::new(space),
            step: OpenStep::new(request, same, space),
            steps: 0,
        };
        visit.count(request);
        visit
    }

    fn count(&mut self, request: &Request<'_>) {
        self.visit.last = request.time;
        self.visit.requests += 1;
        self.visit.errors += u64::from(Kind::of(&request.values).outcome.is_error());
        self.visit.bytes_sent = self.visit.bytes_sent.saturating_add(request.numbers.bytes_sent);
        request.values[BUCKET].iter().for_each(|bucket| self.buckets.add(bucket));
        self.step.count(request);
    }

    fn add(
        &mut self,
        request: &Request<'_>,
        same: &[u8],
        found: &mut Found,
        space: &Space,
    ) -> io::Result<()> {
        if self.step.same != same {
            let step = std::mem::replace(&mut self.step, OpenStep::new(request, same, space));
            step.finish(&self.actor, self.visit.first, self.steps, found)?;
            self.steps += 1;
        }
        self.count(request);
        Ok(())
    }

    fn finish(self, found: &mut Found) -> io::Result<()> {
        let Self { actor, mut visit, buckets, step, steps } = self;
        step.finish(&actor, visit.first, steps, found)?;
        (visit.buckets, _) = buckets.finish()?;
        let mut entry = Vec::new();
        encode(&visit, &mut entry);
        found.visits.push_numbered(visit.first.rank(), &actor, &entry);
        Ok(())
    }
}

impl OpenStep {
    fn new(request: &Request<'_>, same: &[u8], space: &Space) -> Self {
        let owned = |value: &Option<Cow<'_, [u8]>>| value.as_deref().map(<[u8]>::to_vec);
        let step = Step {
            visit: 0,
            values: request.values.each_ref().map(|value| owned(value).map(Cow::Owned)),
            first: request.time,
            last: request.time,
            count: 0,
            objects: 0,
            object: None,
            bytes_sent: 0,
            request_id: owned(&request.id),
        };
        Self { same: same.to_vec(), step, objects: Different::new(space) }
    }

    fn count(&mut self, request: &Request<'_>) {
        self.step.last = request.time;
        self.step.count += 1;
        self.step.bytes_sent = self.step.bytes_sent.saturating_add(request.numbers.bytes_sent);
        request.values[OBJECT].iter().for_each(|object| self.objects.add(object));
    }

    /// Puts the step under the start and the actor of its visit, and its number in it.
    fn finish(self, actor: &[u8], visit: Timestamp, number: u64, found: &mut Found) -> io::Result<()> {
        let Self { mut step, objects, .. } = self;
        (step.objects, step.object) = objects.finish()?;
        let (mut key, mut entry) = (KeyBuffer::default(), Vec::new());
        key.start().push_coded(actor).push_number(number);
        encode(&step, &mut entry);
        found.steps.push_numbered(visit.rank(), key.key(), &entry);
        Ok(())
    }
}
