//! The progress line on standard error.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::human;
use crate::source::Progress;

/// A run that ends before this shows no progress.
const SHOW_AFTER: Duration = Duration::from_millis(300);
const REFRESH_INTERVAL: Duration = Duration::from_millis(100);

/// A line that says how far the run is, redrawn from a thread of its own until it is dropped.
#[derive(Debug)]
pub struct ProgressDisplay {
    bar: ProgressBar,
    ticker: Option<(mpsc::Sender<()>, JoinHandle<()>)>,
}

impl ProgressDisplay {
    /// Starts to show what the progress says.
    pub fn start(progress: Arc<Progress>) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{spinner:.dim} {wide_msg}") {
            bar.set_style(style);
        }
        let (sender, receiver) = mpsc::channel();
        let drawn = bar.clone();
        let draw = move || {
            let mut pause = SHOW_AFTER;
            while receiver.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                State::of(&progress).show(&drawn);
                if pause == SHOW_AFTER {
                    drawn.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
                    drawn.tick();
                }
                pause = REFRESH_INTERVAL;
            }
        };
        // Without a thread there is no progress line, and the run is none the worse.
        let ticker = thread::Builder::new().name("progress".to_owned()).spawn(draw).ok();
        Self { bar, ticker: ticker.map(|ticker| (sender, ticker)) }
    }

    /// Nothing is shown.
    pub fn hidden() -> Self {
        Self { bar: ProgressBar::hidden(), ticker: None }
    }

    /// Does something that writes to standard error, with the line out of the way.
    pub fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    /// Removes the line, before the answer is printed.
    pub fn finish(self) {}
}

impl Drop for ProgressDisplay {
    fn drop(&mut self) {
        if let Some((sender, ticker)) = self.ticker.take() {
            drop(sender);
            // It ends at once, and has nothing to tell.
            let _ = ticker.join();
        }
        self.bar.finish_and_clear();
    }
}

/// What the progress says at one moment.
#[derive(Clone, Copy, Debug, Default)]
struct State {
    listed: u64,
    listing_done: bool,
    listed_bytes: u64,
    fetched: u64,
    fetched_bytes: u64,
    lines: u64,
}

impl State {
    fn of(progress: &Progress) -> Self {
        Self {
            listed: progress.listed.load(Ordering::Relaxed),
            listing_done: progress.listing_done.load(Ordering::Relaxed),
            listed_bytes: progress.listed_bytes.load(Ordering::Relaxed),
            fetched: progress.fetched.load(Ordering::Relaxed),
            fetched_bytes: progress.fetched_bytes.load(Ordering::Relaxed),
            lines: progress.lines.load(Ordering::Relaxed),
        }
    }

    /// Draws the bar, which measures the rate, and the time left as soon as it is known how much there is.
    fn show(self, bar: &ProgressBar) {
        bar.update(|bar| {
            bar.set_pos(self.fetched_bytes);
            if self.listing_done {
                bar.set_len(self.listed_bytes);
            }
        });
        bar.set_message(self.line(bar.per_sec(), bar.eta()));
    }

    /// `812 of 5,678 files, 52.4 MB, 812,345 lines, 48.1 MB/s, 12.0 s left`, at so many bytes a second. No time left is a time that is
    /// not known.
    fn line(self, rate: f64, left: Duration) -> String {
        let known = human::counted(self.listed, "file", "files");
        let more = if self.listing_done { "" } else { ", listing" };
        if self.fetched == 0 && self.fetched_bytes == 0 {
            return format!("{known}{more}");
        }
        let bytes = human::size(self.fetched_bytes);
        let lines = human::counted(self.lines, "line", "lines");
        let rate = human::size(rate as u64);
        let left = if left.is_zero() {
            String::new()
        } else {
            format!(", {} left", human::duration(left.as_secs_f64().ceil() as u64 * 1000))
        };
        format!("{} of {known}{more}, {bytes}, {lines}, {rate}/s{left}", human::thousands(self.fetched))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_say_what_is_known() {
        let state = State { listed: 1000, ..State::default() };
        assert_eq!(state.line(0.0, Duration::ZERO), "1,000 files, listing");
        let state = State { fetched: 20, fetched_bytes: 5_000_000, lines: 12_345, ..state };
        let line = state.line(500_000.9, Duration::ZERO);
        assert_eq!(line, "20 of 1,000 files, listing, 5.0 MB, 12,345 lines, 500.0 kB/s");
        let line = State { listing_done: true, ..state }.line(500_000.0, Duration::from_millis(489_001));
        assert_eq!(line, "20 of 1,000 files, 5.0 MB, 12,345 lines, 500.0 kB/s, 8m 10s left");
    }

    /// Ten steps of 10 kB, 20 ms each, of 400 kB: at least a few bytes a second, at most 500 kB/s, and as long as the rest takes.
    #[test]
    fn rate_and_time_left_are_those_of_the_bytes() {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let mut state = State { listed: 4, listed_bytes: 400_000, ..State::default() };
        for step in 1..=10 {
            thread::sleep(Duration::from_millis(20));
            state = State { fetched_bytes: step * 10_000, fetched: 1, listing_done: step > 5, ..state };
            state.show(&bar);
            assert_eq!(bar.message().ends_with(" left"), step > 5, "{}", bar.message());
        }
        let rate = bar.per_sec();
        assert!((1.0..=500_000.0).contains(&rate), "{rate}");
        let (left, expected) = (bar.eta().as_secs_f64(), 300_000.0 / rate);
        assert!((left - expected).abs() < 0.05 * expected, "{left} {expected}");
        // All is there.
        State { fetched_bytes: 400_000, ..state }.show(&bar);
        assert!(!bar.message().contains("left"), "{}", bar.message());
    }

    #[test]
    fn it_ends_when_dropped() {
        let progress = ProgressDisplay::start(Arc::default());
        assert_eq!(progress.suspend(|| 7), 7);
        progress.finish();
        ProgressDisplay::hidden().finish();
    }
}
