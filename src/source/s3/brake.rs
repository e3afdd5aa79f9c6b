//! The brake: when to stop asking, because no answer will be better than the last one.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::error::S3Error;

/// If so many requests have failed for good and none has succeeded, the others will not either.
const MAX_FAILURES_BEFORE_SUCCESS: u32 = 64;
/// Attempts that must have failed before the time without a success says something.
const MIN_FAILED_ATTEMPTS: u32 = 8;

/// Hears how requests go, and stops them all when they cannot succeed.
#[derive(Debug)]
pub(super) struct Brake {
    state: Mutex<State>,
    pulled: watch::Sender<bool>,
    /// How long nothing may succeed.
    give_up: Duration,
}

#[derive(Debug)]
struct State {
    has_succeeded: bool,
    last_success: Instant,
    /// Attempts that failed since.
    attempts: u32,
    /// Requests that failed for good.
    failed: u32,
    why: Option<S3Error>,
}

impl Brake {
    pub(super) fn new(give_up: Duration) -> Self {
        let state =
            State { has_succeeded: false, last_success: Instant::now(), attempts: 0, failed: 0, why: None };
        Self { state: Mutex::new(state), pulled: watch::Sender::new(false), give_up }
    }

    pub(super) fn succeeded(&self) {
        let mut state = self.lock();
        state.has_succeeded = true;
        state.attempts = 0;
        state.last_success = Instant::now();
    }

    /// An attempt failed that can be repeated.
    pub(super) fn attempt_failed(&self, error: &S3Error) {
        let mut state = self.lock();
        state.attempts += 1;
        if state.attempts >= MIN_FAILED_ATTEMPTS && state.last_success.elapsed() >= self.give_up {
            self.pull(&mut state, error);
        }
    }

    /// A request failed for good.
    pub(super) fn failed(&self, error: &S3Error) {
        let mut state = self.lock();
        // What is gone or archived says nothing about the others: both begin with the oldest.
        state.failed += u32::from(!matches!(error, S3Error::Gone | S3Error::Archived { .. }));
        if error.is_about_identity() || !state.has_succeeded && state.failed >= MAX_FAILURES_BEFORE_SUCCESS {
            self.pull(&mut state, error);
        }
    }

    fn pull(&self, state: &mut State, error: &S3Error) {
        // The first reason is the true one; those who were stopped by it say nothing new.
        if state.why.is_none() {
            state.why = Some(error.clone());
            self.pulled.send_replace(true);
        }
    }

    /// Why all was stopped, if it was.
    pub(super) fn why(&self) -> Option<S3Error> {
        self.lock().why.clone()
    }

    /// Waits until all is stopped.
    pub(super) async fn pulled(&self) {
        // The sender lives as long as this.
        let _ = self.pulled.subscribe().wait_for(|pulled| *pulled).await;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slow_down() -> S3Error {
        S3Error::Throttled { code: "SlowDown".to_owned() }
    }

    fn expired() -> S3Error {
        S3Error::BadCredentials { code: "ExpiredToken".to_owned(), message: String::new() }
    }

    #[test]
    fn refused_credentials_stop_all_at_once() {
        let brake = Brake::new(Duration::MAX);
        brake.succeeded();
        brake.failed(&S3Error::Gone);
        assert!(brake.why().is_none());
        brake.failed(&expired());
        brake.failed(&slow_down());
        assert!(matches!(brake.why(), Some(S3Error::BadCredentials { .. })));
    }

    #[test]
    fn failures_stop_all_if_nothing_ever_succeeded() {
        for (succeeds, error, stops) in
            [(false, slow_down(), true), (true, slow_down(), false), (false, S3Error::Gone, false)]
        {
            let brake = Brake::new(Duration::MAX);
            if succeeds {
                brake.succeeded();
            }
            (1..MAX_FAILURES_BEFORE_SUCCESS).for_each(|_| brake.failed(&error));
            assert!(brake.why().is_none());
            brake.failed(&error);
            assert_eq!(brake.why().is_some(), stops, "{error:?}");
        }
    }

    #[test]
    fn a_long_time_without_a_success_stops_all() {
        let patient = Brake::new(Duration::MAX);
        let impatient = Brake::new(Duration::ZERO);
        for _ in 1..MIN_FAILED_ATTEMPTS {
            impatient.attempt_failed(&slow_down());
            patient.attempt_failed(&slow_down());
        }
        impatient.succeeded();
        (1..MIN_FAILED_ATTEMPTS).for_each(|_| impatient.attempt_failed(&slow_down()));
        assert!(impatient.why().is_none() && patient.why().is_none());
        impatient.attempt_failed(&slow_down());
        patient.attempt_failed(&slow_down());
        assert!(impatient.why().is_some() && patient.why().is_none());
    }
}
