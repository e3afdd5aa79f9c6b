//! The progress line on standard error.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use console::Term;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use super::Messages;
use super::human;
use super::silence::Silence;
use crate::source::Progress;

/// A run that ends before this shows no progress.
const SHOW_AFTER: Duration = Duration::from_millis(300);
const REFRESHES_PER_SECOND: u8 = 10;
const REFRESH_INTERVAL: Duration = Duration::from_millis(1000 / REFRESHES_PER_SECOND as u64);
/// What a terminal shows for a key that interrupts, `^C`, takes so many columns.
const ECHO_WIDTH: u16 = 2;
/// S3 is said to throttle until so long after it last asked for fewer requests: pauses between attempts are shorter.
const CALM: Duration = Duration::from_secs(12);
/// What is over sooner is not worth a note.
const NOTE_AFTER: Duration = Duration::from_secs(2);
/// Nor is what S3 asks less often.
const NOTE_FROM: u64 = 4;
/// While it goes on, it is said again.
const NOTE_INTERVAL: Duration = Duration::from_secs(30);

/// Says how far the run is from a thread of its own, until it is dropped: in a line that is redrawn, if it is to be shown, and
/// in a note if S3 throttles or does not answer.
#[derive(Debug)]
pub(crate) struct ProgressDisplay {
    bar: ProgressBar,
    ticker: Option<(mpsc::Sender<()>, JoinHandle<()>)>,
}

impl ProgressDisplay {
    /// Starts to show what the progress says.
    pub(crate) fn start(progress: Arc<Progress>, has_line: bool, messages: Messages) -> Self {
        if !has_line && messages.quiet {
            return Self::hidden();
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{spinner:.dim} {wide_msg}") {
            bar.set_style(style);
        }
        let (sender, receiver) = mpsc::channel();
        let drawn = bar.clone();
        let draw = move || {
            let (mut pause, mut throttling, mut silence) =
                (SHOW_AFTER, Throttling::default(), Silence::default());
            while receiver.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                let state = State::of(&progress);
                let is_throttled = throttling.goes_on(state.throttled, Instant::now());
                let silent = silence.note(state.awaited, state.answered, Instant::now());
                for note in throttling.note(Instant::now()).into_iter().chain(silent) {
                    drawn.suspend(|| messages.note(&note));
                }
                if has_line {
                    state.show(is_throttled, &drawn);
                    if pause == SHOW_AFTER {
                        drawn.set_draw_target(target());
                        drawn.tick();
                    }
                }
                pause = REFRESH_INTERVAL;
            }
        };
        // Without a thread there is no progress line, and the run is none the worse.
        let ticker = thread::Builder::new().name("progress".to_owned()).spawn(draw).ok();
        Self { bar, ticker: ticker.map(|ticker| (sender, ticker)) }
    }

    /// Nothing is shown.
    pub(crate) fn hidden() -> Self {
        Self { bar: ProgressBar::hidden(), ticker: None }
    }

    /// Does something that writes to standard error, with the line out of the way.
    pub(crate) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    /// Removes the line, before the answer is printed.
    pub(crate) fn finish(self) {}
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

/// Standard error, if it is a terminal.
fn target() -> ProgressDrawTarget {
    let term = Term::buffered_stderr();
    if term.is_term() {
        ProgressDrawTarget::term_like_with_hz(Box::new(Line(term)), REFRESHES_PER_SECOND)
    } else {
        ProgressDrawTarget::hidden()
    }
}

/// A terminal whose line is not filled to its end. indicatif does that, and so a `^C` that the terminal shows would begin the next line, which is
/// then cleared in its place.
#[derive(Debug)]
struct Line(Term);

impl TermLike for Line {
    fn width(&self) -> u16 {
        TermLike::width(&self.0).saturating_sub(ECHO_WIDTH)
    }

    fn height(&self) -> u16 {
        TermLike::height(&self.0)
    }

    fn move_cursor_up(&self, lines: usize) -> io::Result<()> {
        self.0.move_cursor_up(lines)
    }

    fn move_cursor_down(&self, lines: usize) -> io::Result<()> {
        self.0.move_cursor_down(lines)
    }

    fn move_cursor_right(&self, columns: usize) -> io::Result<()> {
        self.0.move_cursor_right(columns)
    }

    fn move_cursor_left(&self, columns: usize) -> io::Result<()> {
        self.0.move_cursor_left(columns)
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.0.write_line(text.trim_end_matches(' '))
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.0.write_str(text.trim_end_matches(' '))
    }

    fn clear_line(&self) -> io::Result<()> {
        self.0.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.0.flush()
    }
}

/// How long S3 has been asking for fewer requests.
#[derive(Debug, Default)]
struct Throttling {
    count: u64,
    /// When it began and how often S3 had asked before, and when S3 last asked.
    time: Option<(Instant, u64, Instant)>,
    noted: Option<Instant>,
}

impl Throttling {
    /// Whether it goes on, if S3 has asked so many times by now.
    fn goes_on(&mut self, count: u64, now: Instant) -> bool {
        if count > self.count {
            let (begin, before) = self.time.map_or((now, self.count), |(begin, before, _)| (begin, before));
            (self.count, self.time) = (count, Some((begin, before, now)));
        } else if self.time.is_some_and(|(.., last)| now.duration_since(last) > CALM) {
            (self.time, self.noted) = (None, None);
        }
        self.time.is_some()
    }

    /// What to say of it, when it is time to.
    fn note(&mut self, now: Instant) -> Option<String> {
        let (begin, before, last) = self.time?;
        let is_due = match self.noted {
            None => now.duration_since(begin) >= NOTE_AFTER && self.count - before >= NOTE_FROM,
            Some(noted) => now.duration_since(noted) >= NOTE_INTERVAL && last > noted,
        };
        if !is_due {
            return None;
        }
        self.noted = Some(now);
        let times = human::counted(self.count, "time", "times");
        Some(format!("S3 throttles: it has asked {times} to slow down, so fewer requests are sent at a time"))
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
    throttled: u64,
    awaited: u64,
    answered: u64,
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
            throttled: progress.throttled.load(Ordering::Relaxed),
            awaited: progress.awaited.load(Ordering::Relaxed),
            answered: progress.answered.load(Ordering::Relaxed),
        }
    }

    /// Draws the bar, which measures the rate, and the time left as soon as it is known how much there is.
    fn show(self, is_throttled: bool, bar: &ProgressBar) {
        bar.update(|bar| {
            bar.set_pos(self.fetched_bytes);
            if self.listing_done {
                bar.set_len(self.listed_bytes);
            }
        });
        let throttles = if is_throttled { ", S3 throttles" } else { "" };
        bar.set_message(self.line(bar.per_sec(), bar.eta()) + throttles);
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
            state.show(false, &bar);
            assert_eq!(bar.message().ends_with(" left"), step > 5, "{}", bar.message());
        }
        let rate = bar.per_sec();
        assert!((1.0..=500_000.0).contains(&rate), "{rate}");
        let (left, expected) = (bar.eta().as_secs_f64(), 300_000.0 / rate);
        assert!((left - expected).abs() < 0.05 * expected, "{left} {expected}");
        // All is there.
        State { fetched_bytes: 400_000, ..state }.show(false, &bar);
        assert!(!bar.message().contains("left"), "{}", bar.message());
    }

    #[test]
    fn throttling_is_said_while_it_goes_on() {
        let begin = Instant::now();
        let at = |seconds: u64| begin + Duration::from_secs(seconds);
        let mut throttling = Throttling::default();
        // Once is nothing to speak of.
        assert!(!throttling.goes_on(0, at(0)));
        assert!(throttling.goes_on(1, at(1)) && throttling.note(at(1)).is_none());
        assert!(throttling.goes_on(1, at(12)) && throttling.note(at(12)).is_none());
        assert!(!throttling.goes_on(1, at(14)) && throttling.note(at(14)).is_none());
        let mut said = Vec::new();
        for second in 20..90 {
            assert!(throttling.goes_on(second, at(second)));
            said.extend(throttling.note(at(second)).map(|note| (second, note)));
        }
        let seconds: Vec<u64> = said.iter().map(|(second, _)| *second).collect();
        assert_eq!(seconds, [22, 52, 82]);
        assert!(said[0].1.starts_with("S3 throttles: it has asked 22 times to slow down"));
        assert!(!throttling.goes_on(89, at(200)) && throttling.note(at(200)).is_none());
        let bar = ProgressBar::hidden();
        State { listed: 1000, ..State::default() }.show(true, &bar);
        assert_eq!(bar.message(), "1,000 files, listing, S3 throttles");
    }

    #[test]
    fn it_ends_when_dropped() {
        let progress = ProgressDisplay::start(Arc::default(), true, Messages::default());
        assert_eq!(progress.suspend(|| 7), 7);
        progress.finish();
        ProgressDisplay::hidden().finish();
    }
}
