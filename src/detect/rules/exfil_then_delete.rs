//! Objects read and then deleted.

use std::collections::BTreeMap;

use crate::detect::config::RuleSettings;
use crate::detect::event::WhoKind;
use crate::detect::finding::{Finding, Severity, operations};
use crate::detect::known::{Did, Known, by_hour, hits_of};
use crate::detect::event::kind;
use crate::detect::profile::Entry;
use crate::detect::rule::{About, Rule, Setting, Threshold};
use crate::detect::shelf::Room;
use crate::semantics::{Access, Event as LifeEvent};

/// The rule.
pub(crate) struct ExfilThenDelete {
    objects: u64,
    window: i64,
}

impl Rule for ExfilThenDelete {
    const ABOUT: &'static About = &About {
        id: "exfil-then-delete",
        title: "Objects are read, and then deleted",
        severity: Severity::Critical,
        tactic: "TA0040 Impact",
        technique: "T1485 Data Destruction",
        fires: "An actor deletes 20 objects within 30 hours that it has read (or copied) within the 30 hours before each deletion, and did not do half as much in the \
                baseline. One finding for each actor and bucket.",
        unseen: "Programs that work a queue of objects off (read, then delete) do the same: the baseline knows them. One actor that reads and another that deletes. \
                 Of more than 256 objects an hour, numbers are estimates.",
        next: "Count the objects as stolen. Take the actor's credentials away, then see which objects can be brought back (versions, replicas, backups).",
        thresholds: &[
            Threshold { name: "objects", default: Setting::Count(20), meaning: "objects that were read and then deleted" },
            Threshold { name: "window", default: Setting::Seconds(30 * 3_600), meaning: "for how long before a deletion reads count" },
        ],
        needs_history: true,
        ..About::DEFAULT
    };

    fn new(settings: &RuleSettings, _: &Room) -> Self {
        Self { objects: settings.number("objects"), window: (settings.number("window") / 3_600).max(1) as i64 }
    }

    fn findings(&mut self, known: &Known<'_>) -> Vec<Finding> {
        let mut found = Vec::new();
        for (_, entries) in known.actors() {
            if entries[0].kind == WhoKind::Service || !entries.iter().any(|entry| deletes(entry)) {
                continue;
            }
            let mut sorted = entries.clone();
            sorted.sort_by_key(|entry| entry.bucket().to_vec());
            for of_bucket in sorted.chunk_by(|a, b| a.bucket() == b.bucket()) {
                let hours: Vec<(i64, Did)> = by_hour(of_bucket);
                let all = hours.iter().enumerate().filter(|(_, (_, did))| did.deletes > 0);
                let thefts = all.filter_map(|(place, _)| Theft::of(&hours[..=place], self.window));
                let (judged, before): (Vec<Theft>, Vec<Theft>) = thefts.partition(|theft| known.is_judged(theft.hour));
                let is_theft = |objects: u64| objects >= self.objects;
                let is_usual = |objects: u64| objects >= self.objects / 2;
                if let Some((range, objects)) = self.together(&judged, is_theft)
                    && self.together(&before, is_usual).is_none()
                {
                    found.push(self.finding(of_bucket, range, objects));
                }
            }
        }
        found
    }
}

fn deletes(entry: &Entry) -> bool {
    entry.hours.iter().any(|hour| hour.deletes > 0)
}

/// An hour in which objects were deleted that had been read.
#[derive(Clone, Copy)]
struct Theft {
    hour: i64,
    /// The hour in which the first of them was read.
    first: i64,
    objects: u64,
}

impl Theft {
    /// Of the last of these hours, of which those within the window before it count.
    fn of(hours: &[(i64, Did)], window: i64) -> Option<Self> {
        let (hour, did) = hours.last()?;
        let within = &hours[hours.partition_point(|(earlier, _)| hour - earlier > window)..];
        let read = |keys: &[(i64, Did)]| did.keys.overlap(kind::DELETE, keys.iter().map(|(_, did)| &did.keys), kind::READ);
        // An estimate is no more than what was deleted.
        let objects = read(within).min(did.deletes);
        let first = within.chunks(1).find(|earlier| read(earlier) > 0).unwrap_or(within);
        (objects > 0).then_some(Self { hour: *hour, first: first.first()?.0, objects })
    }
}

impl ExfilThenDelete {
    /// Those that pass the test with what lies within a window: from when to when, and how many objects.
    fn together(&self, thefts: &[Theft], passes: impl Fn(u64) -> bool) -> Option<((i64, i64), u64)> {
        let mut passing = BTreeMap::new();
        for (place, last) in thefts.iter().enumerate() {
            let start = thefts.partition_point(|theft| last.hour - theft.hour > self.window);
            let within = &thefts[start..=place];
            if passes(within.iter().map(|theft| theft.objects).sum()) {
                passing.extend(within.iter().map(|theft| (theft.hour, *theft)));
            }
        }
        let first = passing.values().map(|theft| theft.first).min()?;
        let (last, _) = passing.last_key_value()?;
        Some(((first, *last), passing.values().map(|theft| theft.objects).sum()))
    }

    fn finding(&self, entries: &[&Entry], (first, last): (i64, i64), objects: u64) -> Finding {
        let hours = entries.iter().flat_map(|entry| {
            let is_within = move |hour: &&crate::detect::profile::Hour| (first..=last).contains(&hour.hour);
            entry.hours.iter().filter(is_within).map(move |hour| (*entry, hour))
        });
        let hours: Vec<_> = hours.collect();
        let count = hours.iter().map(|(_, hour)| u64::from(hour.reads) + u64::from(hour.deletes)).sum();
        let (mut hits, requester) = hits_of(hours, kind::READ | kind::DELETE);
        hits.count = count;
        let size = bytesize::ByteSize(hits.bytes).display().si();
        let why = format!("{objects} objects (at least {}) were deleted after they had been read; {size} were read", self.objects);
        let shown = operations(|row| {
            row.access == Access::Read && row.event != Some(LifeEvent::SettingsRead)
                || row.access == Access::Delete && matches!(row.event, Some(LifeEvent::Deleted | LifeEvent::DeletedInBatch))
        });
        let finding = Finding::of_hours(Self::ABOUT, &hits, requester, why).show("--operation", shown).show("--status", "2xx,304");
        if entries[0].kind == WhoKind::Anonymous { finding.at_origin() } else { finding }
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::testing::{Line, STRANGER, at, found, ordinary, said};

    fn theft(day: u32, count: u32, after: u32) -> Vec<Line> {
        let one = |number: u32| {
            let read = at(day, number).requester(STRANGER).key(format!("k{number}"));
            let delete = at(day, after + number).requester(STRANGER).key(format!("k{number}"));
            [read, delete.operation("BATCH.DELETE.OBJECT").status("204 -").bytes(0)]
        };
        (0..count).flat_map(one).collect()
    }

    fn with(lines: Vec<Line>) -> Vec<Line> {
        (1..5).flat_map(ordinary).chain(lines).collect()
    }

    #[test]
    fn within_thirty_hours() {
        let said = said("exfil-then-delete", &with(theft(3, 20, 600)));
        assert!(said[0].starts_with("critical 40 20 objects (at least 20) were deleted after"), "{said:?}");
        assert_eq!(found("exfil-then-delete", &with(theft(3, 20, 30 * 3_600))).len(), 1);
        assert!(found("exfil-then-delete", &with(theft(3, 20, 31 * 3_600))).is_empty());
        assert!(found("exfil-then-delete", &with(theft(3, 19, 600))).is_empty());
    }

    /// Whoever reads and deletes a file now and then is no thief, however long the log.
    #[test]
    fn a_file_now_and_then() {
        let one = |day: u32, number: u32| theft(day, number + 1, 600).split_off(number as usize * 2);
        let files = (11..30).map(|day| one(day, day)).chain((11..30).map(|day| one(day, day + 40)));
        let lines: Vec<_> = (1..31).flat_map(ordinary).chain(files.flatten()).collect();
        assert!(found("exfil-then-delete", &lines).is_empty());
        let mut more = lines;
        more.extend(theft(20, 20, 600));
        let [finding] = &found("exfil-then-delete", &more)[..] else { panic!() };
        assert!(finding.why.starts_with("26 objects"), "{}", finding.why);
    }

    /// Of many reads a sample is kept: what is deleted beside them is not taken for hundreds of them.
    #[test]
    fn a_few_deletions_among_many_reads() {
        let reads = (0..9_000).map(|number: u32| at(3, number * 2 / 5).requester(STRANGER).key(format!("k{number}")));
        let deletes = (0..100).map(|number| {
            let own = if number < 15 { format!("k{number}") } else { format!("tmp{number}") };
            at(3, 3_650 + number).requester(STRANGER).key(own).operation("REST.DELETE.OBJECT").status("204 -")
        });
        assert!(found("exfil-then-delete", &with(reads.clone().chain(deletes).collect())).is_empty());
        let all = (0..9_000).map(|number: u32| {
            at(3, 3_650 + number * 2 / 5).requester(STRANGER).key(format!("k{number}")).operation("BATCH.DELETE.OBJECT").status("204 -")
        });
        assert_eq!(found("exfil-then-delete", &with(reads.chain(all).collect())).len(), 1);
    }

    #[test]
    fn queues_and_others() {
        assert!(found("exfil-then-delete", &with([theft(1, 20, 600), theft(3, 20, 600)].concat())).is_empty());
        let heads: Vec<_> = theft(3, 30, 600)
            .into_iter()
            .map(|line| if line.operation == "REST.GET.OBJECT" { line.operation("REST.HEAD.OBJECT") } else { line })
            .collect();
        assert!(found("exfil-then-delete", &with(heads)).is_empty());
        let two: Vec<_> = theft(3, 30, 600)
            .into_iter()
            .map(|line| if line.operation == "REST.GET.OBJECT" { line.requester(crate::detect::testing::DEPLOY) } else { line })
            .collect();
        assert!(found("exfil-then-delete", &with(two)).is_empty());
    }
}
