//! What becomes of records that arrive: rows, one after the other, or a table that is drawn anew.

use std::time::Instant;

use crate::aggregate::Aggregate;
use crate::output::{Screen, Stream};
use crate::record::Record;
use crate::report::{Report, Tally};
use crate::scan::{self, Scan, Scanned, Sort};

/// Takes what arrives.
pub(crate) trait Arriving {
    /// Reads what has come, and shows it. With `drops_part` nothing is shown of what an interrupt has cut.
    fn take(&mut self, scan: Scan<'_>, drops_part: bool) -> anyhow::Result<Scanned>;

    /// Says something on standard error, with the answer out of the way.
    fn say(&mut self, say: impl FnOnce()) -> anyhow::Result<()>;

    /// When there is something to show that nothing new has to come for.
    fn due(&self) -> Option<Instant> {
        None
    }

    /// Shows it.
    fn show(&mut self, _tally: &Tally) -> anyhow::Result<()> {
        Ok(())
    }

    /// Whether there is enough.
    fn is_full(&self) -> bool {
        false
    }

    /// Ends the answer.
    fn finish(self, tally: &Tally) -> anyhow::Result<()>;
}

/// Rows as they arrive.
pub(crate) struct Rows<W> {
    /// Where they go.
    pub stream: Stream,
    /// How a record is written.
    pub write: W,
    /// How many more there are to be.
    pub left: usize,
}

impl<W: Fn(&Record<'_>, &mut Vec<u8>) + Sync> Arriving for Rows<W> {
    fn take(&mut self, scan: Scan<'_>, drops_part: bool) -> anyhow::Result<Scanned> {
        let cancel = scan.cancel.clone();
        let (mut is_dropped, mut is_first) = (false, true);
        let stream = &mut self.stream;
        let mut out = |block: &[u8]| {
            if std::mem::take(&mut is_first) {
                is_dropped = drops_part && cancel.is_interrupted();
            }
            if is_dropped { Ok(()) } else { stream.write(block) }
        };
        let sort = Sort { is_newest_first: false, rows: self.left };
        let scanned = scan::sorted(scan, sort, &mut out, &self.write)?;
        self.stream.flush()?;
        if self.left < usize::MAX {
            self.left =
                self.left.saturating_sub(usize::try_from(scanned.tally.matched).unwrap_or(usize::MAX));
        }
        Ok(scanned)
    }

    fn say(&mut self, say: impl FnOnce()) -> anyhow::Result<()> {
        say();
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.left == 0
    }

    fn finish(self, tally: &Tally) -> anyhow::Result<()> {
        self.stream.finish(tally)
    }
}

/// A table of all that has arrived.
pub(crate) struct Top<A, F, R> {
    /// Where it is drawn.
    pub screen: Screen,
    /// What has arrived by now.
    pub all: A,
    /// Makes an empty aggregate.
    pub fresh: F,
    /// Makes the answer.
    pub report: R,
}

impl<A, F, R: Fn(&A) -> Report> Top<A, F, R> {
    fn draw(&mut self) -> anyhow::Result<()> {
        if self.screen.is_live() { self.screen.draw(&(self.report)(&self.all)) } else { Ok(()) }
    }
}

impl<A: Aggregate, F: Fn() -> A, R: Fn(&A) -> Report> Arriving for Top<A, F, R> {
    fn take(&mut self, scan: Scan<'_>, drops_part: bool) -> anyhow::Result<Scanned> {
        let (new, scanned) = scan::aggregate(scan, &self.fresh)?;
        if !(drops_part && scanned.tally.interrupted > 0) {
            self.all.merge(new);
            self.screen.fall_behind();
        }
        self.draw()?;
        Ok(scanned)
    }

    fn say(&mut self, say: impl FnOnce()) -> anyhow::Result<()> {
        self.screen.clear()?;
        say();
        self.draw()
    }

    fn due(&self) -> Option<Instant> {
        self.screen.due()
    }

    fn show(&mut self, tally: &Tally) -> anyhow::Result<()> {
        self.screen.replace(&Report { tally: tally.clone(), ..(self.report)(&self.all) })
    }

    fn finish(self, tally: &Tally) -> anyhow::Result<()> {
        let report = Report { tally: tally.clone(), ..(self.report)(&self.all) };
        self.screen.finish(&report)
    }
}
