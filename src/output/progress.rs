//! The progress line on standard error.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::human;
use crate::source::Progress;

/// A run that ends before this shows no progress.
const PATIENCE: Duration = Duration::from_millis(300);
const REFRESH: Duration = Duration::from_millis(100);

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
            let started = Instant::now();
            let mut pause = PATIENCE;
            while receiver.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                if pause == PATIENCE {
                    drawn.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
                }
                pause = REFRESH;
                drawn.set_message(State::of(&progress).line(started.elapsed()));
                drawn.tick();
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

    /// `812 of 5,678 files, 52.4 MB, 812,345 lines, 48.1 MB/s, 12.0 s left`
    fn line(self, elapsed: Duration) -> String {
        let known = human::counted(self.listed, "file", "files");
        let more = if self.listing_done { "" } else { ", listing" };
        if self.fetched == 0 && self.fetched_bytes == 0 {
            return format!("{known}{more}");
        }
        let bytes = human::size(self.fetched_bytes);
        let lines = human::counted(self.lines, "line", "lines");
        let rate = human::size((self.fetched_bytes as f64 / elapsed.as_secs_f64().max(0.001)) as u64);
        let left = self.left(elapsed).map_or(String::new(), |left| format!(", {left} left"));
        format!("{} of {known}{more}, {bytes}, {lines}, {rate}/s{left}", human::thousands(self.fetched))
    }

    /// Time left at the pace so far; nothing as long as nobody knows how much there is.
    fn left(self, elapsed: Duration) -> Option<String> {
        if !self.listing_done {
            return None;
        }
        let done = if self.listed_bytes > 0 {
            self.fetched_bytes as f64 / self.listed_bytes as f64
        } else {
            self.fetched as f64 / self.listed as f64
        };
        if !(done > 0.0 && done < 1.0) {
            return None;
        }
        let seconds = (elapsed.as_secs_f64() * (1.0 - done) / done).ceil();
        Some(human::duration(seconds as u64 * 1000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_say_what_is_known() {
        let elapsed = Duration::from_secs(10);
        let state = State { listed: 1000, ..State::default() };
        assert_eq!(state.line(elapsed), "1,000 files, listing");
        let state = State { fetched: 20, fetched_bytes: 5_000_000, lines: 12_345, ..state };
        assert_eq!(state.line(elapsed), "20 of 1,000 files, listing, 5.0 MB, 12,345 lines, 500.0 kB/s");
        let state = State { listing_done: true, ..state };
        assert_eq!(state.line(elapsed), "20 of 1,000 files, 5.0 MB, 12,345 lines, 500.0 kB/s, 8m 10s left");
        let state = State { listed_bytes: 10_000_000, ..state };
        assert_eq!(state.line(elapsed), "20 of 1,000 files, 5.0 MB, 12,345 lines, 500.0 kB/s, 10.0 s left");
        let state = State { fetched_bytes: 11_000_000, ..state };
        assert_eq!(state.line(Duration::ZERO), "20 of 1,000 files, 11.0 MB, 12,345 lines, 11.0 GB/s");
    }

    #[test]
    fn it_ends_when_dropped() {
        let progress = ProgressDisplay::start(Arc::default());
        assert_eq!(progress.suspend(|| 7), 7);
        progress.finish();
        ProgressDisplay::hidden().finish();
    }
}
