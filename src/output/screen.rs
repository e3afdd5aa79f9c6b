//! An answer that changes, drawn over what it was before.

use std::io::Write as _;
use std::time::Instant;

use super::sink::Sink;
use super::{Output, Target};
use crate::report::Report;

/// Back to the first column of a line so far above, and away with all that is below.
const CLEAR_BELOW: &str = "\r\x1b[J";

/// The part of a terminal that an answer is drawn in, or a file that is replaced every so often. Anywhere else it is written once, at
/// the end.
#[derive(Debug)]
pub(crate) struct Screen {
    output: Output,
    /// How many lines the terminal has.
    height: usize,
    /// How many lines are drawn.
    lines: usize,
    /// When a file was replaced last.
    replaced: Option<Instant>,
    /// Whether a file does not show all that there is.
    is_behind: bool,
}

impl Screen {
    pub(super) fn new(mut output: Output, height: usize) -> Self {
        output.pager.clear();
        // A page can be opened before anything has come.
        Self { output, height, lines: 0, replaced: None, is_behind: true }
    }

    /// Whether the answer is seen while it changes.
    pub(crate) fn is_live(&self) -> bool {
        self.output.style.terminal && self.output.target == Target::Stdout
    }

    /// Draws the answer in the place of the one before, as many lines as the terminal shows.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn draw(&mut self, report: &Report) -> anyhow::Result<()> {
        if !self.is_live() {
            return Ok(());
        }
        let mut text = Vec::new();
        self.output.render(report, &mut text)?;
        let text = String::from_utf8_lossy(&text);
        let room = self.height.saturating_sub(2).max(1);
        let shown: Vec<&str> = text.lines().take(room).collect();
        let mut drawn = self.cleared();
        shown.iter().for_each(|line| {
            drawn.push_str(line);
            drawn.push('\n');
        });
        self.lines = shown.len();
        self.write(&drawn)
    }

    /// There is more to show than a file has.
    pub(crate) fn fall_behind(&mut self) {
        self.is_behind = true;
    }

    /// When a file is to be replaced, if it has to be.
    pub(crate) fn due(&self) -> Option<Instant> {
        let refresh = self.output.refresh.filter(|_| self.is_behind)?;
        match self.replaced {
            Some(replaced) => replaced.checked_add(refresh),
            None => Some(Instant::now()),
        }
    }

    /// Replaces a file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn replace(&mut self, report: &Report) -> anyhow::Result<()> {
        self.output.write(report)?;
        (self.replaced, self.is_behind) = (Some(Instant::now()), false);
        Ok(())
    }

    /// Removes what is drawn, so that something else can be said.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn clear(&mut self) -> anyhow::Result<()> {
        if self.lines == 0 {
            return Ok(());
        }
        let cleared = self.cleared();
        self.lines = 0;
        self.write(&cleared)
    }

    fn cleared(&self) -> String {
        match self.lines {
            0 => String::new(),
            lines => format!("\x1b[{lines}A{CLEAR_BELOW}"),
        }
    }

    fn write(&self, text: &str) -> anyhow::Result<()> {
        let mut sink = Sink::open(&self.output.target)?;
        let written = sink.write_all(text.as_bytes()).and_then(|()| sink.flush());
        written.map_err(|error| sink.explain(error))
    }

    /// Writes the answer as it is at the end.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn finish(mut self, report: &Report) -> anyhow::Result<()> {
        self.clear()?;
        // A page that will not change any more does not look whether it has.
        self.output.refresh = None;
        self.output.write(report)
    }
}
