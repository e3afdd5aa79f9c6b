//! Throttling: bursts of responses that ask for fewer requests or tell of a failure of S3, and the traffic around them.

use std::cmp::Reverse;

use crate::aggregate::{Derived, Dimension, Dimensions, GroupTable, Merge, Seconds};
use crate::args::DepthArgs;
use crate::record::{Field, Record};
use crate::report::{Table, Value};
use crate::semantics::Outcome;
use crate::time::{Timestamp, Zone};

/// Seconds without a throttled request that end a burst, and that belong to its surroundings.
const BURST_GAP_SECONDS: u32 = 60;

/// The requests of a prefix, and those of a requester that were throttled.
#[derive(Debug, Default)]
struct Traffic {
    requests: Seconds,
    /// Few prefixes have any.
    throttled: Option<Box<GroupTable<Throttled>>>,
}

#[derive(Debug, Default)]
struct Throttled {
    slow_down: Seconds,
    internal: Seconds,
}

impl Merge for Throttled {
    fn merge(&mut self, other: Self) {
        self.slow_down.merge(other.slow_down);
        self.internal.merge(other.internal);
    }

    fn heap_bytes(&self) -> usize {
        self.slow_down.heap_bytes() + self.internal.heap_bytes()
    }
}

impl Merge for Traffic {
    fn merge(&mut self, other: Self) {
        self.requests.merge(other.requests);
        if let Some(throttled) = other.throttled {
            self.throttled.get_or_insert_default().merge(*throttled);
        }
    }

    fn weight(&self) -> u64 {
        self.requests.weight()
    }

    fn heap_bytes(&self) -> usize {
        self.requests.heap_bytes() + self.throttled.as_ref().map_or(0, |throttled| throttled.bytes())
    }
}

/// The traffic of every prefix, by second, and what of it was throttled.
pub(in crate::commands) struct Throttling {
    prefixes: Dimensions,
    requesters: Dimensions,
    traffic: GroupTable<Traffic>,
    /// Whether all requests are counted, for the peaks around bursts; that takes a look at each of them.
    has_peaks: bool,
}

impl Throttling {
    /// None yet; what there is takes about `memory` bytes.
    pub(super) fn new(prefix: DepthArgs, zone: Zone, memory: usize) -> Self {
        let of = |list: Vec<Dimension>| prefix.dimensions(list, zone);
        let prefix = [Dimension::Field(Field::Bucket), Dimension::Derived(Derived::Prefix)];
        Self {
            prefixes: of(prefix.to_vec()),
            requesters: of(prefix.into_iter().chain([Dimension::Field(Field::Requester)]).collect()),
            traffic: GroupTable::bounded(memory),
            has_peaks: true,
        }
    }

    /// The same for the bursts alone, without the traffic around them.
    pub(in crate::commands) fn of_bursts(prefix: DepthArgs, zone: Zone, memory: usize) -> Self {
        Self { has_peaks: false, ..Self::new(prefix, zone, memory) }
    }

    #[inline]
    pub(in crate::commands) fn add(&mut self, record: &Record<'_>) {
        let outcome = Outcome::of(record);
        // S3's own work is not throttled.
        if outcome == Outcome::NoResponse {
            return;
        }
        if !self.has_peaks && !matches!(outcome, Outcome::Throttled | Outcome::ServerError) {
            return;
        }
        let time = record.timestamp();
        let Self { prefixes, requesters, traffic, .. } = self;
        traffic.update(prefixes.key(record), |traffic| {
            traffic.requests.add(time);
            if let Outcome::Throttled | Outcome::ServerError = outcome {
                let all = traffic.throttled.get_or_insert_default();
                all.update(requesters.key(record), |throttled| match outcome {
                    Outcome::Throttled => throttled.slow_down.add(time),
                    _ => throttled.internal.add(time),
                });
            }
        });
    }

    /// About how many bytes it takes.
    pub(in crate::commands) fn bytes(&self) -> usize {
        self.traffic.bytes()
    }

    pub(in crate::commands) fn merge(&mut self, other: Self) {
        self.traffic.merge(other.traffic);
    }

    /// The bursts with most throttled requests.
    pub(in crate::commands) fn table(&self, limit: usize) -> Table {
        let mut bursts = Vec::new();
        for (_, traffic) in self.traffic.iter() {
            let Some(throttled) = &traffic.throttled else { continue };
            let requests = traffic.requests.packed();
            for (key, throttled) in throttled.iter() {
                bursts.extend(bursts_of(key, throttled, &requests));
            }
        }
        bursts.sort_unstable_by_key(|burst| (Reverse(burst.requests()), burst.first, burst.key));
        let time = |second: u32| Value::Time(Timestamp::from_millis(i64::from(second) * 1000));
        let total = bursts.len() as u64;
        let bursts = bursts.into_iter().take(limit);
        let mut table = Table::builder("throttling", "Throttling: bursts of status 503 and 500", bursts)
            .group(&self.requesters, |burst| burst.key)
            .column("first_seen", time, |burst| burst.first)
            .column("last_seen", time, |burst| burst.last)
            .context()
            .column("status_503", Value::Count, |burst| burst.slow_down)
            .column("status_500", Value::Count, |burst| burst.internal)
            .hide_zero()
            .total(total)
            .note("status_503: responses that ask for fewer requests, 429 among them; status_500: all other 5xx");
        if self.has_peaks {
            table = table
                .column("peak_per_second", Value::Count, |burst| u64::from(burst.peak))
                .context()
                .note(format!(
                    "peak_per_second: the most requests in one second that the prefix had, from {BURST_GAP_SECONDS} s before to \
                     {BURST_GAP_SECONDS} s after the burst"
                ));
        }
        table.notes(self.traffic.approximation()).build()
    }
}

/// Throttled requests of a requester that follow each other.
struct Burst<'a> {
    key: &'a [u8],
    first: u32,
    last: u32,
    slow_down: u64,
    internal: u64,
    peak: u32,
}

impl Burst<'_> {
    fn requests(&self) -> u64 {
        self.slow_down + self.internal
    }
}

/// The bursts of one requester. `requests` are all those of the prefix.
fn bursts_of<'a>(key: &'a [u8], throttled: &Throttled, requests: &[(u32, u32)]) -> Vec<Burst<'a>> {
    let slow_down = throttled.slow_down.packed().into_iter().map(|(second, count)| (second, count, 0));
    let internal = throttled.internal.packed().into_iter().map(|(second, count)| (second, 0, count));
    let mut seconds: Vec<_> = slow_down.chain(internal).collect();
    seconds.sort_unstable();
    let bursts = seconds.chunk_by(|(before, ..), (next, ..)| next - before <= BURST_GAP_SECONDS);
    let burst = |seconds: &[(u32, u32, u32)]| {
        let (first, last) = (seconds[0].0, seconds[seconds.len() - 1].0);
        let from = requests.partition_point(|(second, _)| *second < first.saturating_sub(BURST_GAP_SECONDS));
        let to = requests.partition_point(|(second, _)| *second <= last.saturating_add(BURST_GAP_SECONDS));
        Burst {
            key,
            first,
            last,
            slow_down: seconds.iter().map(|(_, count, _)| u64::from(*count)).sum(),
            internal: seconds.iter().map(|(.., count)| u64::from(*count)).sum(),
            peak: requests[from..to].iter().map(|(_, count)| *count).max().unwrap_or(0),
        }
    };
    bursts.map(burst).collect()
}
