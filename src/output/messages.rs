//! What goes to standard error beside the answer: the tally, warnings, errors.

use std::io::Write;
use std::time::Duration;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

use super::human::{counted, duration, size, thousands};
use super::sanitize::message;
use crate::report::Tally;

/// What is said on standard error, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Messages {
    /// Whether to use colors.
    pub(crate) color: bool,
    /// Whether errors are all that is said.
    pub(crate) quiet: bool,
}

impl Messages {
    /// Says in one line what was read. `rejects` is what becomes of lines that could not be, or could.
    pub(crate) fn tally(self, tally: &Tally, elapsed: Duration, rejects: &str) {
        self.note(&line(tally, elapsed, rejects));
    }

    /// Says something that may be good to know.
    pub(crate) fn note(self, text: &str) {
        if !self.quiet {
            self.print("", Style::new().dimmed(), text);
        }
    }

    /// Says that something is not as it should be, though the run goes on.
    pub(crate) fn warn(self, text: &str) {
        if !self.quiet {
            self.print("warning: ", AnsiColor::Yellow.on_default().bold(), text);
        }
    }

    /// Says why the run has failed, or what of it: the error and what led to it.
    pub(crate) fn error(self, error: &anyhow::Error) {
        self.print("error: ", AnsiColor::Red.on_default().bold(), &format!("{error:#}"));
    }

    /// A label is styled alone, a text without one as a whole.
    fn print(self, label: &str, style: Style, text: &str) {
        let text = message(text);
        let (before, after) = if label.is_empty() { (text.as_str(), "") } else { (label, text.as_str()) };
        // Old consoles of Windows are told about colors in another way.
        let choice = if self.color { ColorChoice::Always } else { ColorChoice::Never };
        let mut stderr = AutoStream::new(std::io::stderr(), choice);
        // Where there is nobody to tell, there is nothing to do about it.
        let _ = writeln!(stderr, "{style}{before}{style:#}{after}");
    }
}

fn line(tally: &Tally, elapsed: Duration, rejects: &str) -> String {
    let mut read = String::new();
    if tally.files > 0 {
        read = counted(tally.files, "file", "files") + ", ";
    }
    read += &counted(tally.records, "record", "records");
    if tally.bytes > 0 {
        read += &format!(" ({})", size(tally.bytes));
    }
    read += &format!(" in {}", seconds(elapsed));

    let lines = counted(tally.rejected, "line", "lines");
    let not_logs = counted(tally.not_logs, "file holds", "files hold");
    let skipped = counted(tally.skipped, "other object", "other objects");
    let duplicates = counted(tally.duplicates, "duplicate", "duplicates");
    let unread = counted(tally.unread, "source", "sources");
    let matched = counted(tally.matched, "matched", "matched");
    let parts = [
        (tally.rejected > 0, format!("{lines} could not be read ({rejects})")),
        (tally.ambiguous > 0, format!("{} with an ambiguous user agent", thousands(tally.ambiguous))),
        (tally.duplicates > 0, format!("{duplicates} left out")),
        (tally.not_logs > 0, format!("{not_logs} no access log")),
        (tally.skipped > 0, format!("{skipped} skipped")),
        (tally.unread > 0, format!("{unread} not read")),
        (tally.matched != tally.records, matched),
        (tally.interrupted > 0, "interrupted: partial result".to_owned()),
    ];
    let said = parts.into_iter().filter(|(say, _)| *say).map(|(_, text)| text);
    [read].into_iter().chain(said).collect::<Vec<_>>().join("; ")
}

/// Two decimals as long as they matter.
fn seconds(elapsed: Duration) -> String {
    if elapsed < Duration::from_secs(10) {
        format!("{:.2} s", elapsed.as_secs_f64())
    } else {
        duration(elapsed.as_millis().try_into().unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_zero_is_left_out() {
        let nothing = line(&Tally::default(), Duration::ZERO, "");
        assert_eq!(nothing, "0 records in 0.00 s");
        let tally = Tally {
            files: 1234,
            bytes: 3_200_000,
            lines: 56_801,
            records: 56_789,
            rejected: 12,
            ambiguous: 3,
            matched: 1200,
            ..Tally::default()
        };
        assert_eq!(
            line(&tally, Duration::from_millis(412), "--rejects FILE keeps them"),
            "1,234 files, 56,789 records (3.2 MB) in 0.41 s; \
             12 lines could not be read (--rejects FILE keeps them); 3 with an ambiguous user agent; 1,200 matched"
        );
        let all = Tally {
            files: 1,
            records: 1,
            rejected: 1,
            matched: 0,
            duplicates: 2,
            not_logs: 1,
            skipped: 2,
            unread: 1,
            interrupted: 1,
            ..Tally::default()
        };
        assert_eq!(
            line(&all, Duration::from_secs(75), "--rejects FILE keeps them"),
            "1 file, 1 record in 1m 15s; 1 line could not be read (--rejects FILE keeps them); \
             2 duplicates left out; 1 file holds no access log; 2 other objects skipped; 1 source not read; \
             0 matched; interrupted: partial result"
        );
    }
}
