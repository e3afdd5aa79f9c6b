//! Addresses that try names of objects, and find one.

use hashbrown::HashMap;

use super::key_guessing::{Burst, Guesses, THRESHOLDS};
use crate::detect::config::RuleSettings;
use crate::detect::event::{Event, fact};
use crate::detect::finding::{Finding, Severity, window};
use crate::detect::hits::Hits;
use crate::detect::known::Known;
use crate::detect::origin;
use crate::detect::rule::{About, Rule, Setting, Threshold};
use crate::detect::shelf::Room;
use crate::detect::slot::Tally;

/// A bucket that more addresses than this read without credentials is public, whatever it is called: a hit there says nothing.
const MAX_READERS: usize = 1_000;

/// The rule.
pub(crate) struct GuessThenHit {
    guesses: Guesses<Tally>,
    after: i64,
    /// What was read without credentials, by bucket and by sender. `None` if too many senders did.
    read: HashMap<u64, Option<HashMap<u64, Hits>>>,
    heap: usize,
}

impl Rule for GuessThenHit {
    const ABOUT: &'static About = &About {
        id: "guess-then-hit",
        title: "An address that tries names of objects reads one",
        severity: Severity::Critical,
        tactic: "TA0009 Collection",
        technique: "T1530 Data from Cloud Storage",
        fires: "As key-guessing; and the same address reads or lists something without credentials, during the burst or up to an hour after it.",
        unseen: "Website endpoints, buckets that are named public, and buckets that more than 1,000 addresses read without credentials are public, \
                 and left out. A hit from another address than the guesses.",
        next: "What was read is gone. Close the bucket, then see what else has the same permission.",
        thresholds: &{
            let [keys, window, share] = THRESHOLDS;
            [
                keys,
                window,
                share,
                Threshold { name: "after", default: Setting::Seconds(3_600), meaning: "how long after the burst a hit counts" },
            ]
        },
        quiet_buckets: &["*public*"],
        ..About::DEFAULT
    };
    const WANTS: u32 = fact::DENIED | fact::MISSING | fact::ANONYMOUS;

    fn new(settings: &RuleSettings, room: &Room) -> Self {
        Self {
            guesses: Guesses::new(settings, room),
            after: i64::try_from(settings.number("after")).unwrap_or(i64::MAX).saturating_mul(1_000),
            read: HashMap::new(),
            heap: 0,
        }
    }

    fn add(&mut self, event: &Event<'_, '_>) {
        if !event.is(fact::ANONYMOUS) {
            self.guesses.add(event);
        } else if event.is(fact::READ | fact::LISTED) && !event.is_website() {
            let Some(readers) = self.read.entry(event.bucket).or_insert_with(|| Some(HashMap::new())) else { return };
            let hits = readers.entry(event.sender).or_default();
            self.heap = self.heap.saturating_add_signed(hits.add(event));
            if readers.len() > MAX_READERS {
                self.forget(event.bucket);
            }
        }
    }

    fn merge(&mut self, other: Self) {
        self.guesses.merge(other.guesses);
        self.heap += other.heap;
        for (bucket, readers) in other.read {
            let own = self.read.entry(bucket).or_insert_with(|| Some(HashMap::new()));
            match (own.as_mut(), readers) {
                (Some(own), Some(readers)) => {
                    for (sender, hits) in readers {
                        own.entry(sender).or_default().merge(&hits);
                    }
                    if own.len() > MAX_READERS {
                        self.forget(bucket);
                    }
                }
                _ => self.forget(bucket),
            }
        }
    }

    fn memory(&self) -> usize {
        let readers: usize = self.read.values().flatten().map(HashMap::capacity).sum();
        self.guesses.memory() + readers * size_of::<(u64, Hits)>() + self.heap
    }

    fn findings(&mut self, known: &Known<'_>) -> Vec<Finding> {
        let mut found = Vec::new();
        for burst in self.guesses.bursts(known) {
            let sender = origin::of(&burst.sender);
            let mut buckets: Vec<_> = self.read.values().flatten().filter_map(|readers| readers.get(&sender)).collect();
            buckets.sort_by_key(|hits| (hits.seen.first, hits.keys.text()));
            let (first, last) = (burst.seen.first.millis(), burst.seen.last.millis().saturating_add(self.after));
            for hit in buckets {
                // Of the requests between the first and the last only five are known one by one.
                let is_near = hit.seen.last.millis() >= first && hit.seen.first.millis() <= last;
                let is_within = |time: i64| (first..=last).contains(&time);
                let succeeded = || known.succeeded(sender, hit.buckets.only().unwrap_or_default(), first, last);
                let is_hit = hit.examples.list().iter().any(|one| is_within(one.time.millis()))
                    || is_near && (is_within(hit.seen.last.millis()) || succeeded());
                if is_hit {
                    found.push(Self::finding(&burst, hit));
                }
            }
        }
        found
    }
}

impl GuessThenHit {
    fn forget(&mut self, bucket: u64) {
        if let Some(Some(readers)) = self.read.insert(bucket, None) {
            let bytes: usize = readers.values().map(Hits::heap_bytes).sum();
            self.heap = self.heap.saturating_sub(bytes);
        }
    }

    fn finding(burst: &Burst<Tally>, hit: &Hits) -> Finding {
        let plural = if hit.count == 1 { "" } else { "es" };
        let why = format!("{}; then {} success{plural} without credentials", burst.why, hit.count);
        let mut seen = hit.seen;
        crate::aggregate::Merge::merge(&mut seen, burst.seen);
        let mut finding = Finding::of(Self::ABOUT, hit, why);
        finding.show.retain(|(option, _)| !matches!(*option, "--since" | "--until"));
        finding.show.extend(window(hit.seen));
        finding.seen = seen;
        finding.at_origin().show("--status", "2xx,304")
    }
}

#[cfg(test)]
mod tests {
    use super::super::key_guessing::tests::guesses;
    use crate::detect::testing::{Line, at, found, said};

    fn hit(second: u32) -> Line {
        at(1, second).anonymous().ip("198.51.100.7").key("backup.zip")
    }

    #[test]
    fn a_hit_after_guesses() {
        let with = |line: Line| {
            let mut lines = guesses(50, 5);
            lines.push(line);
            lines
        };
        let said = said("guess-then-hit", &with(hit(200)));
        assert!(said[0].starts_with("critical 1 50 different keys") && said[0].ends_with("then 1 success without credentials"));
        let [finding] = &found("guess-then-hit", &with(hit(245 + 3_600)))[..] else { panic!() };
        assert_eq!(finding.touched.as_deref(), Some(&b"backup.zip"[..]));
        for near in [
            hit(245 + 3_601),
            hit(200).ip("198.51.100.8"),
            hit(200).bucket("public-files"),
            hit(200).operation("WEBSITE.GET.OBJECT"),
            hit(200).status("403 AccessDenied"),
        ] {
            assert!(found("guess-then-hit", &with(near)).is_empty());
        }
        assert!(found("guess-then-hit", &[hit(1)]).is_empty());
    }

    #[test]
    fn buckets_that_all_the_world_reads() {
        let mut lines = guesses(50, 5);
        lines.push(hit(200));
        let reader = |number: u32| hit(300).ip(format!("203.0.{}.{}", number / 250, number % 250));
        lines.extend((0..999).map(reader));
        assert_eq!(found("guess-then-hit", &lines).len(), 1);
        lines.push(reader(999));
        assert!(found("guess-then-hit", &lines).is_empty());
    }
}
