//! What is said where records were read and the answer is empty: which filter left nothing, or what none of them is.

use super::Run;
use crate::filter::Missed;
use crate::output::counted;

impl Run {
    /// Says which filter left nothing, where nothing passed.
    pub(super) fn explain_misses(&self) {
        let tally = &self.scanned.tally;
        if tally.matched > 0 {
            return;
        }
        if self.scanned.passed_over > 0 {
            let records = counted(self.scanned.passed_over + tally.records, "record", "records");
            self.output.messages.note(&format!("note: none of {records} passed the filters"));
            return;
        }
        let Some(missed) = self.scanned.misses.explain(&self.filter, tally.records, self.output.zone) else {
            return;
        };
        let Missed { filter, before, reached, hint, invisible } = missed;
        let none = if before.is_empty() {
            format!("none of {} passed {filter}", counted(tally.records, "record", "records"))
        } else {
            let records = counted(tally.records, "record", "records");
            format!(
                "none of {records} passed all filters: {} passed {before}, and none of those {filter}",
                counted(reached, "record", "records")
            )
        };
        let hint = if hint.is_empty() { hint } else { format!("; {hint}") };
        self.output.messages.note(&format!("note: {none}{hint}{invisible}"));
    }

    /// Says why there is no answer though records passed the filters: none of them is what the command looks for.
    pub(super) fn explain_empty(&self) {
        let matched = self.scanned.tally.matched;
        if self.if_empty.is_empty() || matched == 0 {
            return;
        }
        let records = counted(matched, "record", "records");
        let [one, many] = ["was read", "were read"];
        let read = if matched == 1 { one } else { many };
        let lead = match self.filter.typed() {
            typed if typed.is_empty() => format!("{records} {read}"),
            typed => format!("{records} passed {typed}"),
        };
        self.output.messages.note(&format!("note: {lead}, but {}", self.if_empty));
    }
}
