//! How many requests are in flight: up while throughput grows, halved when S3 pushes back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// What a run begins with.
const INITIAL_LIMIT: usize = 32;
/// What is never gone below.
const MIN_LIMIT: usize = 2;
/// How long throughput is measured before the next decision.
const EPOCH: Duration = Duration::from_millis(250);
/// After a halving: failures of requests that were sent before it say nothing new, and growth waits for calm.
const COOLDOWN: Duration = Duration::from_secs(1);
/// Epochs without growth after which a little more is tried again: the network may have got better.
const EPOCHS_BEFORE_PROBE: u32 = 20;
/// What counts as growth of throughput.
const MIN_GROWTH: f64 = 1.05;

/// Hands out the right to send a request.
#[derive(Debug)]
pub(super) struct AdaptiveLimit {
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Debug)]
struct State {
    limit: usize,
    ceiling: usize,
    in_flight: usize,
    /// Whether the limit held anything back in this epoch. If not, more would change nothing.
    held_back: bool,
    epoch: Instant,
    done: u32,
    best: f64,
    calm_epochs: u32,
    halved: Option<Instant>,
}

impl State {
    fn new(ceiling: usize, now: Instant) -> Self {
        let ceiling = ceiling.max(1);
        Self {
            limit: INITIAL_LIMIT.min(ceiling),
            ceiling,
            in_flight: 0,
            held_back: false,
            epoch: now,
            done: 0,
            best: 0.0,
            calm_epochs: 0,
            halved: None,
        }
    }

    fn succeeded(&mut self, now: Instant) {
        self.done += 1;
        let elapsed = now.saturating_duration_since(self.epoch);
        if elapsed < EPOCH {
            return;
        }
        let rate = f64::from(self.done) / elapsed.as_secs_f64();
        let cooling = self.halved.is_some_and(|at| now.saturating_duration_since(at) < COOLDOWN);
        if self.held_back && !cooling {
            self.calm_epochs += 1;
            if rate > self.best * MIN_GROWTH {
                self.best = rate;
                self.calm_epochs = 0;
                self.limit = (self.limit + self.limit.div_ceil(2)).min(self.ceiling);
            } else if self.calm_epochs >= EPOCHS_BEFORE_PROBE {
                self.best = rate;
                self.calm_epochs = 0;
                self.limit = (self.limit + self.limit.div_ceil(8)).min(self.ceiling);
            }
        }
        (self.epoch, self.done, self.held_back) = (now, 0, false);
    }

    fn pushed_back(&mut self, now: Instant) {
        if self.halved.is_some_and(|at| now.saturating_duration_since(at) < COOLDOWN) {
            return;
        }
        self.limit = (self.limit / 2).max(MIN_LIMIT.min(self.ceiling));
        tracing::debug!("S3 pushes back: at most {} requests at a time from now on", self.limit);
        self.halved = Some(now);
        self.best = 0.0;
        self.calm_epochs = 0;
    }
}

impl AdaptiveLimit {
    /// At most `ceiling` requests in flight.
    pub(super) fn new(ceiling: usize) -> Self {
        Self { state: Mutex::new(State::new(ceiling, Instant::now())), freed: Notify::new() }
    }

    /// Waits until one more request may be sent.
    pub(super) async fn acquire(self: &Arc<Self>) -> InFlight {
        loop {
            {
                let mut state = self.lock();
                if state.in_flight < state.limit {
                    state.in_flight += 1;
                    if state.in_flight < state.limit {
                        // There may be others who wait.
                        self.freed.notify_one();
                    }
                    return InFlight { limit: Arc::clone(self), succeeded: false };
                }
                state.held_back = true;
            }
            self.freed.notified().await;
        }
    }

    /// S3 pushed back.
    pub(super) fn push_back(&self) {
        self.lock().pushed_back(Instant::now());
    }

    /// A task that panicked while it held the lock left counters that are still good enough.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that was let through. It is over when this is dropped.
#[derive(Debug)]
pub(super) struct InFlight {
    limit: Arc<AdaptiveLimit>,
    /// Whether it went well.
    pub(crate) succeeded: bool,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut state = self.limit.lock();
        state.in_flight -= 1;
        if self.succeeded {
            state.succeeded(Instant::now());
        }
        drop(state);
        self.limit.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs epochs in which `rate` requests a second succeed while the limit holds others back.
    fn run(state: &mut State, now: &mut Instant, epochs: u32, rate: impl Fn(usize) -> u32) {
        for _ in 0..epochs {
            let requests = rate(state.limit) / 4;
            for _ in 0..requests {
                state.held_back = true;
                *now += EPOCH / requests;
                state.succeeded(*now);
            }
            *now += Duration::from_millis(1);
        }
    }

    #[test]
    fn grows_to_the_ceiling_while_throughput_grows() {
        let mut now = Instant::now();
        let mut state = State::new(256, now);
        assert_eq!(state.limit, 32);
        run(&mut state, &mut now, 12, |limit| limit as u32 * 30);
        assert_eq!(state.limit, 256);
    }

    #[test]
    fn stays_where_more_brings_nothing() {
        let mut now = Instant::now();
        let mut state = State::new(256, now);
        run(&mut state, &mut now, 12, |_| 2000);
        assert!(state.limit < 64, "{}", state.limit);
    }

    #[test]
    fn halves_once_for_a_burst_and_recovers() {
        let mut now = Instant::now();
        let mut state = State::new(256, now);
        for _ in 0..100 {
            state.pushed_back(now);
        }
        assert_eq!(state.limit, 16);
        now += COOLDOWN;
        state.pushed_back(now);
        assert_eq!(state.limit, 8);
        for _ in 0..10 {
            now += COOLDOWN;
            state.pushed_back(now);
        }
        assert_eq!(state.limit, MIN_LIMIT);
        run(&mut state, &mut now, 40, |limit| limit as u32 * 30);
        assert_eq!(state.limit, 256);
    }

    #[test]
    fn never_exceeds_a_low_ceiling() {
        let now = Instant::now();
        assert_eq!(State::new(1, now).limit, 1);
        assert_eq!(State::new(0, now).limit, 1);
    }
}
