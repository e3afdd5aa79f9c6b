//! When requests come: more by day than by night.

use std::f64::consts::TAU;

const DAY: f64 = 86_400_000.0;
/// How far the rush differs from the mean.
const SWING: f64 = 0.6;
/// The rush is at 14:00 UTC.
const RUSH: f64 = 2.0 / 24.0;

/// From a share of the log to a moment in its time span.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// Milliseconds since 1970.
    pub start: u64,
    days: f64,
}

impl Clock {
    pub fn new(start: u64, days: f64) -> Self {
        Self { start, days: days.max(0.0) }
    }

    /// The moment, in milliseconds since 1970, after this share of all requests.
    pub fn at(&self, share: f64) -> u64 {
        let days = share.clamp(0.0, 1.0) * self.days;
        let swing = SWING / TAU * ((TAU * (days - RUSH)).sin() + (TAU * RUSH).sin());
        self.start + ((days + swing).clamp(0.0, self.days) * DAY) as u64
    }
}
