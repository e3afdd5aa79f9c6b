//! Somebody who reads far more than usual.

use std::cell::LazyCell;
use std::collections::BTreeMap;

use crate::detect::config::RuleSettings;
use crate::detect::event::WhoKind;
use crate::detect::finding::{Finding, Severity, operations};
use crate::detect::keys::Keys;
use crate::detect::known::{Known, hits_of};
use crate::detect::event::kind;
use crate::detect::profile::Entry;
use crate::detect::rule::{About, Rule, Setting, Threshold};
use crate::detect::shelf::Room;
use crate::semantics::{Access, Event as LifeEvent};

/// Hours in a day.
const DAY: i64 = 24;

/// The rule.
pub(crate) struct BulkRead {
    bytes: u64,
    factor: u64,
    share: f64,
    keys: u64,
}

impl Rule for BulkRead {
    const ABOUT: &'static About = &About {
        id: "bulk-read",
        title: "Somebody reads far more than usual",
        severity: Severity::Medium,
        tactic: "TA0009 Collection",
        technique: "T1530 Data from Cloud Storage",
        fires: "In a day (UTC), an actor reads more than 1 GB and 10 times the bytes of the busiest day of its baseline; or more than 20 % of the different keys \
                that anybody touched on a bucket, if those are 500 or more and it read less than half as large a part in any day of the baseline. Ranges and \
                parts add up. One finding for each actor, bucket and day.",
        unseen: "Who reads a little each day, for many days. Of more than 256 objects an hour, the share is an estimate from a sample, within a quarter of the truth as a rule. Copies \
                 to other buckets have no bytes: see foreign-copy. Website endpoints and buckets that are named public are left out.",
        next: "See what was read, and from where. If the actor has no reason to, take its credentials away, and count what was read as leaked.",
        thresholds: &[
            Threshold { name: "bytes", default: Setting::Bytes(1_000_000_000), meaning: "bytes read in a day" },
            Threshold { name: "factor", default: Setting::Count(10), meaning: "times the busiest day of the baseline" },
            Threshold { name: "share", default: Setting::Share(0.2), meaning: "part of the bucket's keys read in a day" },
            Threshold { name: "keys", default: Setting::Count(500), meaning: "different keys of a bucket from which on its share counts" },
        ],
        quiet_buckets: &["*public*"],
        needs_history: true,
        ..About::DEFAULT
    };

    fn new(settings: &RuleSettings, _: &Room) -> Self {
        Self {
            bytes: settings.number("bytes"),
            factor: settings.number("factor"),
            share: settings.share("share"),
            keys: settings.number("keys"),
        }
    }

    fn findings(&mut self, known: &Known<'_>) -> Vec<Finding> {
        let buckets = buckets(known);
        let mut found = Vec::new();
        for (_, entries) in known.actors() {
            if entries[0].kind == WhoKind::Service {
                continue;
            }
            let learned = |day: &&Day<'_>| known.is_learned(day.first);
            let usual = by_day(&entries, known).iter().filter(learned).map(|day| day.bytes).max().unwrap_or_default();
            for of_bucket in by_bucket(&entries) {
                if of_bucket.iter().any(|entry| entry.is_website) {
                    continue;
                }
                let place = buckets.binary_search_by(|one| one.name.cmp(of_bucket[0].bucket()));
                let Some(bucket) = place.ok().and_then(|place| buckets.get(place)) else { continue };
                let days = by_day(&of_bucket, known);
                // The objects of the days of the baseline are looked at only if there is something to compare with them, and once.
                let before = LazyCell::new(|| days.iter().filter(learned).map(|day| day.share(bucket)).fold(0.0, f64::max));
                for day in days.iter().filter(|day| known.is_judged(day.first) && day.reads > 0) {
                    let is_large = day.bytes > self.bytes && day.bytes > usual.saturating_mul(self.factor);
                    let share = if bucket.count >= self.keys || is_large { day.share(bucket) } else { 0.0 };
                    let is_wide = bucket.count >= self.keys && share > self.share && *before < share / 2.0;
                    if is_large || is_wide {
                        found.push(self.finding(&of_bucket, day, usual, share, is_large));
                    }
                }
            }
        }
        found
    }
}

impl BulkRead {
    fn finding(&self, entries: &[&Entry], day: &Day<'_>, usual: u64, share: f64, is_large: bool) -> Finding {
        let size = |bytes: u64| bytesize::ByteSize(bytes).display().si().to_string();
        let why = if is_large {
            format!("{} in a day (over {}), the busiest day of the baseline had {}", size(day.bytes), size(self.bytes), size(usual))
        } else {
            format!("{:.0} % of the bucket's keys in a day (over {:.0} %), {}", share * 100.0, self.share * 100.0, size(day.bytes))
        };
        let hours = entries.iter().flat_map(|entry| {
            let is_of_day = |hour: &&crate::detect::profile::Hour| (day.first..=day.last).contains(&hour.hour);
            entry.hours.iter().filter(is_of_day).map(move |hour| (*entry, hour))
        });
        let (mut hits, requester) = hits_of(hours, kind::READ);
        hits.count = day.reads;
        let is_read = |row: &crate::semantics::OperationInfo| {
            row.access == Access::Read && row.event != Some(LifeEvent::SettingsRead)
        };
        let finding = Finding::of_hours(Self::ABOUT, &hits, requester, why);
        let finding = finding.show("--operation", operations(is_read)).show("--status", "2xx,304");
        if entries[0].kind == WhoKind::Anonymous { finding.at_origin() } else { finding }
    }
}

/// What an actor read on a bucket in a day.
struct Day<'a> {
    /// The first and the last hour of it that there are.
    first: i64,
    last: i64,
    bytes: u64,
    reads: u64,
    keys: Vec<&'a Keys>,
}

impl Day<'_> {
    /// Which part of all keys of a bucket was read.
    fn share(&self, bucket: &Bucket<'_>) -> f64 {
        Keys::union(self.keys.iter().copied()).part_of(&bucket.keys, kind::READ)
    }
}

/// The days of UTC, those of the baseline apart from those after it, in their order.
fn by_day<'a>(entries: &[&'a Entry], known: &Known<'_>) -> Vec<Day<'a>> {
    let mut days: BTreeMap<(i64, bool, bool), Day<'a>> = BTreeMap::new();
    for hour in entries.iter().flat_map(|entry| &entry.hours) {
        let key = (hour.hour.div_euclid(DAY), known.is_judged(hour.hour), known.is_learned(hour.hour));
        let new = || Day { first: hour.hour, last: hour.hour, bytes: 0, reads: 0, keys: Vec::new() };
        let day = days.entry(key).or_insert_with(new);
        day.first = day.first.min(hour.hour);
        day.last = day.last.max(hour.hour);
        day.bytes = day.bytes.saturating_add(hour.bytes);
        day.reads += u64::from(hour.reads);
        day.keys.push(&hour.keys);
    }
    days.into_values().collect()
}

/// The entries of an actor, by bucket.
fn by_bucket<'a>(entries: &[&'a Entry]) -> Vec<Vec<&'a Entry>> {
    let mut sorted = entries.to_vec();
    sorted.sort_by_key(|entry| entry.bucket().to_vec());
    sorted.chunk_by(|a, b| a.bucket() == b.bucket()).map(<[_]>::to_vec).collect()
}

/// A bucket, and what anybody touched of it.
struct Bucket<'a> {
    name: &'a [u8],
    keys: Keys,
    count: u64,
}

/// All buckets, in the order of their names.
fn buckets<'a>(known: &Known<'a>) -> Vec<Bucket<'a>> {
    let mut buckets: BTreeMap<&[u8], Vec<&Keys>> = BTreeMap::new();
    for entry in known.entries() {
        buckets.entry(entry.bucket()).or_default().extend(entry.hours.iter().map(|hour| &hour.keys));
    }
    let bucket = |(name, keys): (&'a [u8], Vec<&Keys>)| {
        let keys = Keys::union(keys.iter().copied());
        Bucket { name, count: keys.count(u8::MAX), keys }
    };
    buckets.into_iter().map(bucket).collect()
}

#[cfg(test)]
mod tests {
    use crate::detect::testing::{ALICE, Line, STRANGER, at, found, ordinary, said};

    fn days(mut lines: Vec<Line>) -> Vec<Line> {
        lines.extend((1..4).flat_map(ordinary));
        lines
    }

    fn reads(day: u32, count: u32, bytes: u64, who: &str) -> Vec<Line> {
        (0..count).map(|number| at(day, number * 10).requester(who).key(format!("k{number}")).bytes(bytes)).collect()
    }

    #[test]
    fn ten_times_the_bytes() {
        assert_eq!(
            said("bulk-read", &days(reads(3, 11, 100_000_000, STRANGER))),
            ["medium 11 1.1 GB in a day (over 1.0 GB), the busiest day of the baseline had 0 B"]
        );
        assert!(found("bulk-read", &days(reads(3, 10, 100_000_000, STRANGER))).is_empty());
        // Ranges of one object add up.
        let ranges: Vec<_> = reads(3, 11, 100_000_000, STRANGER).into_iter().map(|line| line.key("k").status("206 -")).collect();
        assert_eq!(found("bulk-read", &days(ranges)).len(), 1);
        let every_day = [reads(1, 2, 100_000_000, ALICE), reads(3, 19, 100_000_000, ALICE)].concat();
        assert!(found("bulk-read", &days(every_day)).is_empty());
        let more = [reads(1, 2, 100_000_000, ALICE), reads(3, 21, 100_000_000, ALICE)].concat();
        assert_eq!(found("bulk-read", &days(more)).len(), 1);
    }

    #[test]
    fn a_part_of_all_keys() {
        let written = |day| (0..600).map(move |number: u32| at(day, number * 30).key(format!("k{number}")).operation("REST.PUT.OBJECT"));
        let with = |lines: Vec<Line>| days(written(1).chain(lines).collect());
        assert!(said("bulk-read", &with(reads(3, 130, 1, STRANGER)))[0].starts_with("medium 130 22 % of the bucket's keys in a day"));
        assert!(found("bulk-read", &with(reads(3, 110, 1, STRANGER))).is_empty());
        let backup = [reads(1, 500, 1, STRANGER), reads(3, 600, 1, STRANGER)].concat();
        assert!(found("bulk-read", &with(backup)).is_empty());
    }
}
