//! What `--fail` makes of the end of a run.

use super::{Exit, Run};

impl Run {
    /// Notes why there is nothing to judge, for a command that knows: `the baseline holds no requests`.
    pub(crate) fn has_no_verdict(&mut self, why: String) {
        self.no_verdict = Some(why);
    }

    /// The exit code: with `--fail`, findings are an error. Where nothing was there to be judged, an empty answer is no good news.
    pub(super) fn judged(&self, exit: Exit, has_findings: bool) -> Exit {
        if !self.output.fail || !matches!(exit, Exit::Done | Exit::Partial) {
            return exit;
        }
        if let Some(why) = self.why_no_verdict(has_findings) {
            self.output.messages.error(&anyhow::anyhow!("{why}, so there is nothing to judge"));
            return Exit::Nothing;
        }
        if has_findings && exit == Exit::Done { Exit::Findings } else { exit }
    }

    fn why_no_verdict(&self, has_findings: bool) -> Option<String> {
        let (tally, passed_over) = (&self.scanned.tally, self.scanned.passed_over);
        if tally.records == 0 && passed_over == 0 {
            return Some("no record was read".to_owned());
        }
        // What stores leave out is not tested.
        let is_of_another_time = match passed_over {
            0 => self.scanned.misses.are_of_another_time(&self.filter, tally.records),
            _ => self.filter.is_of_time_alone(),
        };
        // That there is nothing can be the finding.
        if tally.matched == 0 && is_of_another_time && !has_findings {
            return Some("no record of that time was read".to_owned());
        }
        self.no_verdict.clone()
    }
}
