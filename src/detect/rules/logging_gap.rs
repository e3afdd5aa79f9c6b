//! Hours without logs.

use std::collections::BTreeMap;

use crate::detect::config::RuleSettings;
use crate::detect::finding::{Finding, Severity, glob};
use crate::detect::hits::Hits;
use crate::detect::known::Known;
use crate::detect::rule::{About, Rule, Setting, Threshold};
use crate::detect::shelf::Room;
use crate::time::Timestamp;

/// How many hours before and after a gap tell what is usual.
const AROUND: i64 = 24;
/// How many of them have to have requests.
const MIN_BUSY_SHARE: f64 = 0.9;

/// The rule.
pub(crate) struct LoggingGap {
    gap: i64,
    requests: u64,
}

impl Rule for LoggingGap {
    const ABOUT: &'static About = &About {
        id: "logging-gap",
        title: "A busy bucket has hours without logs",
        severity: Severity::Low,
        tactic: "TA0005 Defense Evasion",
        technique: "T1562.008 Disable or Modify Cloud Logs",
        fires: "A bucket has no requests for 3 hours, though nearly all of the 24 hours before and after have some, 20 an hour or more on average. One finding \
                for each bucket, with its longest gap.",
        unseen: "Buckets that are quiet at times; the end of the logs (see config-change); a part of an hour's logs. Logs are delivered on a best \
                 effort basis, and often late: read a day again later.",
        next: "Fetch the logs again. If the gap stays, see who changed logging, and whether objects of the log bucket were deleted.",
        thresholds: &[
            Threshold { name: "gap", default: Setting::Seconds(3 * 3_600), meaning: "time without requests" },
            Threshold { name: "requests", default: Setting::Count(20), meaning: "requests an hour around it, on average" },
        ],
        ..About::DEFAULT
    };

    fn new(settings: &RuleSettings, _: &Room) -> Self {
        Self { gap: (settings.number("gap") / 3_600).max(1) as i64, requests: settings.number("requests") }
    }

    fn findings(&mut self, known: &Known<'_>) -> Vec<Finding> {
        let mut buckets: BTreeMap<&[u8], BTreeMap<i64, u64>> = BTreeMap::new();
        for entry in known.entries() {
            let hours = buckets.entry(entry.bucket()).or_default();
            entry.hours.iter().for_each(|hour| *hours.entry(hour.hour).or_default() += u64::from(hour.requests));
        }
        buckets.into_iter().filter_map(|(bucket, hours)| self.finding(bucket, &hours)).collect()
    }
}

impl LoggingGap {
    fn finding(&self, bucket: &[u8], hours: &BTreeMap<i64, u64>) -> Option<Finding> {
        let ends: Vec<i64> = hours.keys().copied().collect();
        let gaps = ends.windows(2).map(|pair| (pair[0] + 1, pair[1])).filter(|(start, end)| end - start >= self.gap);
        let gaps: Vec<(i64, i64)> = gaps.filter(|(start, end)| self.is_busy_around(hours, *start, *end)).collect();
        let (start, end) = gaps.iter().copied().max_by_key(|(start, end)| (end - start, -start))?;
        let more = if gaps.len() > 1 { format!(", and {} other gaps", gaps.len() - 1) } else { String::new() };
        let why = format!("no requests for {} hours (at least {}), with many before and after{more}", end - start, self.gap);
        let mut hits = Hits::default();
        let time = |hour: i64| Timestamp::from_millis(hour.saturating_mul(3_600_000));
        hits.seen.add(time(start));
        hits.seen.add(Timestamp::from_millis(time(end).millis() - 1));
        hits.buckets.add(bucket);
        let mut finding = Finding::of(Self::ABOUT, &hits, why).of_anyone();
        finding.show.retain(|(option, _)| *option != "--source-bucket");
        Some(finding.show("--source-bucket", glob(bucket)))
    }

    fn is_busy_around(&self, hours: &BTreeMap<i64, u64>, start: i64, end: i64) -> bool {
        let busy = |range: std::ops::Range<i64>| {
            let found: Vec<u64> = hours.range(range).map(|(_, requests)| *requests).collect();
            let sum: u64 = found.iter().sum();
            found.len() as f64 >= MIN_BUSY_SHARE * AROUND as f64 && sum >= self.requests.saturating_mul(AROUND as u64)
        };
        busy(start - AROUND..start) && busy(end..end + AROUND)
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::testing::{Line, at, found, said};

    fn days(gap: std::ops::Range<u32>, each: u32) -> Vec<Line> {
        let hours = (0..72).filter(|hour| !gap.contains(hour));
        hours.flat_map(|hour| (0..each).map(move |number| at(1, hour * 3_600 + number))).collect()
    }

    #[test]
    fn three_hours() {
        assert_eq!(
            said("logging-gap", &days(30..33, 20)),
            ["low 0 no requests for 3 hours (at least 3), with many before and after"]
        );
        assert!(found("logging-gap", &days(30..32, 20)).is_empty());
        assert!(found("logging-gap", &days(30..33, 19)).is_empty());
        assert!(found("logging-gap", &days(0..9, 20)).is_empty());
        assert!(found("logging-gap", &days(60..72, 20)).is_empty());
        // A bucket that sleeps at night.
        let nights: Vec<_> = (1..4).flat_map(|day| (6..20).flat_map(move |hour| (0..40).map(move |n| at(day, hour * 3_600 + n)))).collect();
        assert!(found("logging-gap", &nights).is_empty());
    }
}
