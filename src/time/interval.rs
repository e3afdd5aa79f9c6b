//! Intervals of time: what `--every` takes, and the start of the interval that a time is in.

use std::str::FromStr;

use crate::time::{Timestamp, Zone};
use crate::value_error::ValueError;

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

const FORMS: &str = "a part of a day such as 1m, 5m, 15m, 1h or 6h, or whole days such as 1d or 1w";

/// A length of time that cuts the days of a zone in equal parts, or joins whole days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval(i64);

impl Interval {
    /// The lengths to choose from where none was asked for. Each is a multiple of the one before, so that counts of one can
    /// be folded into the next.
    const LADDER: [Self; 13] = [
        Self(MINUTE),
        Self(5 * MINUTE),
        Self(15 * MINUTE),
        Self(30 * MINUTE),
        Self(HOUR),
        Self(3 * HOUR),
        Self(6 * HOUR),
        Self(12 * HOUR),
        Self(DAY),
        Self(7 * DAY),
        Self(28 * DAY),
        Self(84 * DAY),
        Self(336 * DAY),
    ];

    /// One minute.
    pub const MINUTE: Self = Self(MINUTE);

    /// The next longer one to choose from.
    fn longer(self) -> Option<Self> {
        Self::LADDER.into_iter().find(|interval| *interval > self)
    }

    /// The start of the interval that holds the time.
    pub fn start(self, time: Timestamp, zone: Zone) -> Timestamp {
        zone.floor(time, self.0)
    }

    /// The start of the interval behind the one that starts there.
    fn next(self, start: Timestamp, zone: Zone) -> Timestamp {
        // A change of the zone's offset makes an interval shorter or longer.
        let change = if self.0 > HOUR { HOUR } else { 0 };
        let after = |millis: i64| {
            let time = Timestamp::from_millis(start.millis().saturating_add(millis));
            Some(self.start(time, zone)).filter(|next| *next > start)
        };
        let next = [self.0 - change, self.0, self.0 + change, 2 * self.0].into_iter().find_map(after);
        next.unwrap_or(Timestamp::from_millis(start.millis().saturating_add(self.0)))
    }

    /// The starts of all intervals from the one that holds `first` to the one that holds `last`.
    pub fn starts(self, first: Timestamp, last: Timestamp, zone: Zone) -> impl Iterator<Item = Timestamp> {
        let first = self.start(first, zone);
        std::iter::successors(Some(first), move |start| {
            Some(self.next(*start, zone)).filter(|next| *next <= last && next > start)
        })
    }

    /// The longest length to choose from, this one or a longer one, of which the span between two times surely takes more
    /// than `most` intervals: what [`Interval::fitting`] chooses for the span, or for any that holds it, is no shorter.
    pub fn within(self, most: usize, first: Timestamp, last: Timestamp) -> Self {
        let span = last.millis().saturating_sub(first.millis());
        // One interval more than that, for days of 25 hours.
        let is_sure = |interval: &Self| interval.0.saturating_mul(most as i64 + 1) < span;
        std::iter::successors(self.longer(), |interval| interval.longer())
            .take_while(is_sure)
            .last()
            .unwrap_or(self)
    }

    /// The shortest length to choose from that is no shorter than this one and takes no more than `most` intervals.
    pub fn fitting(self, most: usize, first: Timestamp, last: Timestamp, zone: Zone) -> Self {
        let mut interval = self;
        while let Some(longer) = interval.longer()
            && interval.starts(first, last, zone).nth(most).is_some()
        {
            interval = longer;
        }
        interval
    }
}

impl FromStr for Interval {
    type Err = ValueError;

    fn from_str(typed: &str) -> Result<Self, ValueError> {
        let wrong = |problem| ValueError::because("interval", typed, problem, FORMS);
        let length = humantime::parse_duration(typed.trim())
            .map_err(|_| ValueError::invalid("interval", typed, FORMS))?;
        let millis = i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
        if millis < SECOND || millis % SECOND != 0 || millis > 3660 * DAY {
            return Err(wrong("not a whole number of seconds up to ten years"));
        }
        if DAY % millis != 0 && millis % DAY != 0 {
            return Err(wrong("does not divide a day"));
        }
        Ok(Self(millis))
    }
}

impl std::fmt::Display for Interval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = match self.0 {
            millis if millis % DAY == 0 => format!("{}d", millis / DAY),
            millis if millis % HOUR == 0 => format!("{}h", millis / HOUR),
            millis if millis % MINUTE == 0 => format!("{}m", millis / MINUTE),
            millis => format!("{}s", millis / SECOND),
        };
        f.pad(&text)
    }
}

/// Tells the interval of one time after the other. Neighbouring lines share an interval, so it keeps the last one, and asks the zone
/// only where a new one begins.
#[derive(Clone, Debug)]
pub struct IntervalCursor {
    interval: Interval,
    zone: Zone,
    start: Timestamp,
    end: Timestamp,
}

impl IntervalCursor {
    /// A cursor of this interval, in the days of this zone.
    pub fn new(interval: Interval, zone: Zone) -> Self {
        let none = Timestamp::default();
        Self { interval, zone, start: none, end: none }
    }

    /// The interval it tells.
    pub fn interval(&self) -> Interval {
        self.interval
    }

    /// The start of the interval that holds the time.
    #[inline]
    pub fn start(&mut self, time: Timestamp) -> Timestamp {
        if time < self.start || time >= self.end {
            self.start = self.interval.start(time, self.zone);
            self.end = self.interval.next(self.start, self.zone);
        }
        self.start
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lengths() {
        for (typed, shown) in [("1m", "1m"), ("90s", "90s"), ("60m", "1h"), ("24h", "1d"), ("1w", "7d")] {
            assert_eq!(typed.parse::<Interval>().unwrap().to_string(), shown);
        }
        for (typed, problem) in [
            ("", "invalid interval"),
            ("5", "invalid interval"),
            ("7h", "divide"),
            ("36h", "divide"),
            ("1ms", "whole"),
        ] {
            let error = typed.parse::<Interval>().unwrap_err().to_string();
            assert!(error.contains(problem) && error.contains("expected a part of a day"), "{error}");
        }
    }

    #[test]
    fn the_ladder_folds() {
        for pair in Interval::LADDER.windows(2) {
            assert_eq!(pair[1].0 % pair[0].0, 0);
        }
    }

    #[test]
    fn as_long_as_it_has_to_be() {
        let at = |millis| Timestamp::from_millis(millis);
        let fitting = |millis| Interval::MINUTE.fitting(60, at(0), at(millis), Zone::Utc).to_string();
        assert_eq!(fitting(0), "1m");
        assert_eq!(fitting(HOUR - 1), "1m");
        assert_eq!(fitting(HOUR), "5m");
        assert_eq!(fitting(DAY - 1), "30m");
        assert_eq!(fitting(60 * DAY - 1), "1d");
        assert_eq!(fitting(60 * DAY), "7d");
        assert_eq!(Interval(HOUR).fitting(60, at(0), at(0), Zone::Utc), Interval(HOUR));
    }

    #[test]
    fn days_of_23_and_25_hours() {
        let berlin: Zone = "Europe/Berlin".parse().unwrap();
        let time = |text: &str| text.parse::<chrono::DateTime<chrono::Utc>>().map(Timestamp::from).unwrap();
        for (first, last) in [
            ("2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z"),
            ("2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z"),
        ] {
            let starts: Vec<_> = Interval(DAY).starts(time(first), time(last), berlin).collect();
            assert_eq!(starts.len(), 3);
            assert!(starts.iter().all(|start| berlin.show(*start).ends_with("00:00:00")));
        }
    }

    proptest! {
        /// Whatever the zone, the cursor says what the interval says, and no interval is left out between two times.
        #[test]
        fn every_time_is_in_a_step(
            from in 1_500_000_000_000i64..1_800_000_000_000,
            intervals in prop::collection::vec(-40 * HOUR..60 * HOUR, 1..30),
            zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kolkata", "-03:30"]),
            every in prop::sample::select(vec!["1m", "1h", "2h", "6h", "1d", "1w"]),
        ) {
            let (zone, interval): (Zone, Interval) = (zone.parse().unwrap(), every.parse().unwrap());
            let mut cursor = IntervalCursor::new(interval, zone);
            let times: Vec<_> = intervals.iter().scan(from, |at, by| { *at += by; Some(Timestamp::from_millis(*at)) }).collect();
            let (first, last) = (*times.iter().min().unwrap(), *times.iter().max().unwrap());
            let fitting = Interval::MINUTE.fitting(24, first, last, zone);
            prop_assert!(fitting.starts(first, last, zone).count() <= 24);
            prop_assert!(Interval::MINUTE.within(24, first, last) <= fitting);
            let starts: std::collections::BTreeSet<_> = interval.starts(first, last, zone).collect();
            for time in times {
                let start = cursor.start(time);
                prop_assert_eq!(start, interval.start(time, zone));
                prop_assert!(start <= time);
                prop_assert!(starts.contains(&start), "{} in {}", start, interval);
            }
        }
    }
}
