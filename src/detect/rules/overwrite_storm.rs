//! Objects overwritten right after they were read.

use std::collections::BTreeMap;

use crate::detect::config::RuleSettings;
use crate::detect::event::WhoKind;
use crate::detect::finding::{Finding, Severity};
use crate::detect::known::{Known, by_hour, hits_of};
use crate::detect::event::kind;
use crate::detect::profile::Entry;
use crate::detect::rule::{About, Rule, Setting, Threshold};
use crate::detect::shelf::Room;

/// The rule.
pub(crate) struct OverwriteStorm {
    objects: u64,
}

impl Rule for OverwriteStorm {
    const ABOUT: &'static About = &About {
        id: "overwrite-storm",
        title: "Objects are overwritten as soon as they were read",
        severity: Severity::High,
        tactic: "TA0040 Impact",
        technique: "T1486 Data Encrypted for Impact",
        fires: "An actor writes 50 objects in an hour that it has read (or copied onto themselves) before in that hour or the one before it, and did nothing of the \
                kind in the baseline. So does whoever encrypts objects for ransom. Two hours of the clock that follow each other count together, so what is done within \
                an hour is never missed. One finding for each actor and bucket.",
        unseen: "With which key objects are encrypted: headers of SSE-C are not logged. Objects that are read by one actor and written by another, or written under \
                 other names. Of more than 256 objects an hour, numbers are estimates.",
        next: "Read one of the objects. If it is not what it was, take the actor's credentials away; versions, if there are any, hold the old content.",
        thresholds: &[Threshold { name: "objects", default: Setting::Count(50), meaning: "objects read and then overwritten in an hour" }],
        needs_history: true,
        ..About::DEFAULT
    };

    fn new(settings: &RuleSettings, _: &Room) -> Self {
        Self { objects: settings.number("objects") }
    }

    fn findings(&mut self, known: &Known<'_>) -> Vec<Finding> {
        let mut found = Vec::new();
        for (_, entries) in known.actors() {
            if entries[0].kind == WhoKind::Service || !entries.iter().any(|entry| writes(entry)) {
                continue;
            }
            let mut sorted = entries.clone();
            sorted.sort_by_key(|entry| entry.bucket().to_vec());
            for of_bucket in sorted.chunk_by(|a, b| a.bucket() == b.bucket()) {
                let (mut storms, mut before) = (BTreeMap::new(), 0);
                let mut last: Option<(i64, u64)> = None;
                let hours = by_hour(of_bucket);
                for (place, (hour, did)) in hours.iter().enumerate() {
                    let is_next = |earlier: i64| earlier + 1 == *hour;
                    let earlier = place.checked_sub(1).map(|place| &hours[place]).filter(|(earlier, _)| is_next(*earlier));
                    let of_earlier = earlier.map_or(0, |(_, earlier)| did.keys.overlap(kind::WRITE, [&earlier.keys], kind::READ));
                    // An estimate is no more than what was written.
                    let objects = (did.keys.read_and_written() + of_earlier).min(did.writes);
                    let is_judged = known.is_judged(*hour);
                    // Two hours that follow each other hold whatever lies within an hour.
                    let of_last = last.filter(|(earlier, _)| is_next(*earlier) && known.is_judged(*earlier) == is_judged);
                    let together = objects + of_last.map_or(0, |(_, objects)| objects);
                    if is_judged && together >= self.objects {
                        storms.extend(of_last);
                        storms.insert(*hour, objects);
                    } else if known.is_learned(*hour) {
                        before = before.max(together);
                    }
                    last = Some((*hour, objects));
                }
                if !storms.is_empty() && before < self.objects / 2 {
                    found.push(self.finding(of_bucket, &storms));
                }
            }
        }
        found
    }
}

fn writes(entry: &Entry) -> bool {
    entry.hours.iter().any(|hour| hour.kinds & kind::WRITE != 0)
}

impl OverwriteStorm {
    fn finding(&self, entries: &[&Entry], storms: &BTreeMap<i64, u64>) -> Finding {
        let ends = storms.keys().next().zip(storms.keys().next_back());
        let (first, last) = ends.map_or_else(Default::default, |(first, last)| (first - 1, *last));
        let hours = entries.iter().flat_map(|entry| {
            let is_within = move |hour: &&crate::detect::profile::Hour| (first..=last).contains(&hour.hour);
            entry.hours.iter().filter(is_within).map(move |hour| (*entry, hour))
        });
        let (hits, requester) = hits_of(hours, kind::READ | kind::WRITE);
        let objects: u64 = storms.values().sum();
        let why = format!("{objects} objects were written after they had been read (at least {} in an hour)", self.objects);
        let finding = Finding::of_hours(Self::ABOUT, &hits, requester, why);
        if entries[0].kind == WhoKind::Anonymous { finding.at_origin() } else { finding }
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::testing::{Line, STRANGER, at, found, ordinary, said};

    fn ransom(day: u32, count: u32, after: u32) -> Vec<Line> {
        let one = |number: u32| {
            let read = at(day, 3_600 + number * 2).requester(STRANGER).key(format!("k{number}"));
            let write = at(day, 3_600 + number * 2 + after).requester(STRANGER).key(format!("k{number}"));
            [read, write.operation("REST.PUT.OBJECT").bytes(0)]
        };
        (0..count).flat_map(one).collect()
    }

    fn with(lines: Vec<Line>) -> Vec<Line> {
        (1..4).flat_map(ordinary).chain(lines).collect()
    }

    #[test]
    fn fifty_in_an_hour() {
        assert!(said("overwrite-storm", &with(ransom(3, 50, 1)))[0].starts_with("high 100 50 objects were written after"));
        assert!(found("overwrite-storm", &with(ransom(3, 49, 1))).is_empty());
        assert_eq!(found("overwrite-storm", &with(ransom(3, 60, 3_500))).len(), 1);
        assert!(found("overwrite-storm", &with(ransom(3, 60, 7_200))).is_empty());
        // Half of it before the full hour, and half after.
        let late = ransom(3, 50, 1).into_iter().enumerate().map(|(place, line)| {
            let second = 2 * 3_600 - 50 + place as u32 / 2 * 2 + place as u32 % 2;
            Line { time: at(3, second).time, ..line }
        });
        assert_eq!(found("overwrite-storm", &with(late.collect())).len(), 1);
        // Copied onto themselves, as with another key.
        let copies: Vec<_> = ransom(3, 60, 0)
            .into_iter()
            .map(|line| match line.operation.as_str() {
                "REST.GET.OBJECT" => line.operation("REST.COPY.OBJECT_GET"),
                _ => line.operation("REST.COPY.OBJECT"),
            })
            .collect();
        assert_eq!(found("overwrite-storm", &with(copies)).len(), 1);
    }

    #[test]
    fn what_is_usual_or_the_other_way_round() {
        assert!(found("overwrite-storm", &with([ransom(1, 50, 1), ransom(3, 50, 1)].concat())).is_empty());
        // Written first and then read back, as whoever uploads does.
        let uploads: Vec<_> = ransom(3, 60, 10)
            .into_iter()
            .map(|line| match line.operation.as_str() {
                "REST.GET.OBJECT" => line.operation("REST.PUT.OBJECT"),
                _ => line.operation("REST.GET.OBJECT"),
            })
            .collect();
        assert!(found("overwrite-storm", &with(uploads)).is_empty());
    }
}
