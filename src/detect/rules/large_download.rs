//! Large downloads, one by one.

use crate::detect::config::RuleSettings;
use crate::detect::event::{Event, fact, mix};
use crate::detect::finding::{Finding, Severity, glob, operations};
use crate::detect::hits::Hits;
use crate::detect::known::Known;
use crate::detect::rule::{About, Rule, Setting, Threshold};
use crate::detect::shelf::Room;
use crate::detect::window::Windows;
use crate::record::Field;
use crate::semantics::{Access, Event as LifeEvent};

/// The rule.
pub(crate) struct LargeDownload {
    windows: Windows,
    bytes: u64,
}

impl Rule for LargeDownload {
    const ABOUT: &'static About = &About {
        id: "large-download",
        title: "A large object is downloaded",
        severity: Severity::Low,
        tactic: "TA0010 Exfiltration",
        technique: "T1530 Data from Cloud Storage",
        fires: "An actor reads 100 MB or more of one object within an hour; ranges and parts add up. One finding for each download.",
        unseen: "Whether it is unusual: bulk-read compares, and is on by default. Objects that are smaller than `bytes` are never looked at.",
        next: "See who it was; `s3al large-downloads` has more to ask.",
        thresholds: &[
            Threshold { name: "bytes", default: Setting::Bytes(100_000_000), meaning: "bytes of one object" },
            Threshold { name: "window", default: Setting::Seconds(3_600), meaning: "within this time" },
        ],
        is_on: false,
        ..About::DEFAULT
    };
    const WANTS: u32 = fact::READ;

    fn new(settings: &RuleSettings, room: &Room) -> Self {
        Self { windows: Windows::new(settings.number("window"), room), bytes: settings.number("bytes") }
    }

    fn add(&mut self, event: &Event<'_, '_>) {
        let size = event.record.object_size().unwrap_or_default().max(event.record.bytes_sent().unwrap_or_default());
        if size >= self.bytes && !event.is_head() {
            self.windows.add(mix(mix(event.actor(), event.bucket), event.key), event, 0);
        }
    }

    windows!();

    fn findings(&mut self, _: &Known<'_>) -> Vec<Finding> {
        let is_read = |row: &crate::semantics::OperationInfo| {
            row.access == Access::Read
                && !matches!(row.event, Some(LifeEvent::ReadForCopy | LifeEvent::SettingsRead | LifeEvent::HeadRead))
        };
        let finding = |(_, hits): (u64, Hits)| {
            let size = |bytes: u64| bytesize::ByteSize(bytes).display().si().to_string();
            let why = format!("{} in {} requests (at least {})", size(hits.bytes), hits.count, size(self.bytes));
            let key = hits.examples.list().first().and_then(|one| one.get(Field::Key)).map(glob).unwrap_or_default();
            let finding = Finding::of(Self::ABOUT, &hits, why)
                .show("--operation", operations(is_read))
                .show("--key", key)
                .show("--status", "2xx,304");
            if hits.identity().is_none() { finding.at_origin() } else { finding }
        };
        self.windows.bursts(1, |window| window.bytes() >= self.bytes).into_iter().map(finding).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::testing::{Line, at, found, found_with, settings};

    fn range(second: u32, bytes: u64) -> Line {
        let mut line = at(1, second).key("big").status("206 -").bytes(bytes);
        // The size of the whole object.
        line.id = "R1".into();
        line
    }

    #[test]
    fn ranges_add_up() {
        let find = |lines: &[Line]| {
            let on = settings("[rules.large-download]\nenabled = true\nbytes = \"100B\"\n");
            found_with("large-download", on, None, lines).len()
        };
        assert_eq!(find(&[range(0, 50), range(3_000, 50)]), 1);
        assert_eq!(find(&[range(0, 50), range(3_000, 49)]), 0);
        assert_eq!(find(&[range(0, 50), range(3_960, 50)]), 0);
        assert_eq!(find(&[range(0, 50), range(9, 50).key("other")]), 0);
        assert!(found("large-download", &[range(0, 1 << 40)]).is_empty(), "it is off");
    }
}
