//! Intervals of time: what `--every` takes, and where the interval around a time starts.

use std::str::FromStr;

use chrono::{Datelike as _, Months, NaiveDate, NaiveTime};

use crate::time::{Timestamp, Zone};
use crate::value_error::ValueError;

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

const FORMS: &str =
    "a part of a day such as 1m, 5m, 15m, 1h or 6h, whole days such as 1d or 1w, or months such as 1mo";

/// A length of time: an equal part of a zone's day, or a number of whole days or months.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Interval(Length);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Length {
    Millis(i64),
    /// Months of the calendar, counted from January of year 0.
    Months(u32),
}

impl Interval {
    /// The lengths to choose from if none was typed. Each is a multiple of the one before, so that counts of one can
    /// be folded into the next.
    const LADDER: [Self; 13] = [
        Self::of(MINUTE),
        Self::of(5 * MINUTE),
        Self::of(15 * MINUTE),
        Self::of(30 * MINUTE),
        Self::of(HOUR),
        Self::of(3 * HOUR),
        Self::of(6 * HOUR),
        Self::of(12 * HOUR),
        Self::of(DAY),
        Self::of(7 * DAY),
        Self::of(28 * DAY),
        Self::of(84 * DAY),
        Self::of(336 * DAY),
    ];

    /// One minute.
    pub(crate) const MINUTE: Self = Self::of(MINUTE);

    /// One hour.
    pub(crate) const HOUR: Self = Self::of(HOUR);

    /// One day.
    pub(crate) const DAY: Self = Self::of(DAY);

    const fn of(millis: i64) -> Self {
        Self(Length::Millis(millis))
    }

    /// The next longer one to choose from.
    fn longer(self) -> Option<Self> {
        Self::LADDER.into_iter().find(|interval| *interval > self)
    }

    /// The start of the interval that holds the time.
    pub(crate) fn start(self, time: Timestamp, zone: Zone) -> Timestamp {
        match self.0 {
            Length::Millis(millis) => zone.floor(time, millis),
            Length::Months(months) => first_of_months(time, months, zone).unwrap_or(time),
        }
    }

    /// The start of the interval after the one that starts there.
    fn next(self, start: Timestamp, zone: Zone) -> Timestamp {
        let length = match self.0 {
            Length::Millis(millis) => millis,
            Length::Months(months) => return after_months(start, months, zone).unwrap_or(start),
        };
        // A change of the zone's offset makes an interval shorter or longer.
        let change = if length > HOUR { HOUR } else { 0 };
        let after = |millis: i64| {
            let time = Timestamp::from_millis(start.millis().saturating_add(millis));
            Some(self.start(time, zone)).filter(|next| *next > start)
        };
        let next = [length - change, length, length + change, 2 * length].into_iter().find_map(after);
        next.unwrap_or(Timestamp::from_millis(start.millis().saturating_add(length)))
    }

    /// The starts of all intervals from the one that holds `first` to the one that holds `last`.
    pub(crate) fn starts(
        self,
        first: Timestamp,
        last: Timestamp,
        zone: Zone,
    ) -> impl Iterator<Item = Timestamp> {
        let first = self.start(first, zone);
        std::iter::successors(Some(first), move |start| {
            Some(self.next(*start, zone)).filter(|next| *next <= last && next > start)
        })
    }

    /// The longest length to choose from, this one or a longer one, of which the span between two times surely takes more
    /// than `most` intervals: what [`Interval::fitting`] chooses for the span, or for any that holds it, is no shorter.
    pub(crate) fn within(self, most: usize, first: Timestamp, last: Timestamp) -> Self {
        let span = last.millis().saturating_sub(first.millis());
        // One interval more than that, for days of 25 hours.
        let is_sure = |interval: &Self| match interval.0 {
            Length::Millis(millis) => millis.saturating_mul(most as i64 + 1) < span,
            Length::Months(_) => false,
        };
        std::iter::successors(self.longer(), |interval| interval.longer())
            .take_while(is_sure)
            .last()
            .unwrap_or(self)
    }

    /// The shortest length to choose from that is no shorter than this one and takes no more than `most` intervals.
    pub(crate) fn fitting(self, most: usize, first: Timestamp, last: Timestamp, zone: Zone) -> Self {
        let mut interval = self;
        while let Some(longer) = interval.longer()
            && interval.starts(first, last, zone).nth(most).is_some()
        {
            interval = longer;
        }
        interval
    }
}

/// The start of the group of `months` months that holds the time.
fn first_of_months(time: Timestamp, months: u32, zone: Zone) -> Option<Timestamp> {
    let date = zone.clock(time)?.date();
    let month = i64::from(date.year()) * 12 + i64::from(date.month0());
    let first = month - month.rem_euclid(months.into());
    let (year, month) = (first.div_euclid(12), first.rem_euclid(12) + 1);
    let date = NaiveDate::from_ymd_opt(year.try_into().ok()?, month.try_into().ok()?, 1)?;
    zone.time_of(date.and_time(NaiveTime::MIN))
}

fn after_months(start: Timestamp, months: u32, zone: Zone) -> Option<Timestamp> {
    let date = zone.clock(start)?.date().checked_add_months(Months::new(months))?;
    zone.time_of(date.and_time(NaiveTime::MIN))
}

impl FromStr for Interval {
    type Err = ValueError;

    fn from_str(typed: &str) -> Result<Self, ValueError> {
        let wrong = |problem| ValueError::because("interval", typed, problem, FORMS);
        if let Some(number) = typed.trim().strip_suffix("mo") {
            let months = number.trim_end().parse().ok().filter(|months| (1..=120).contains(months));
            return months
                .map(|months| Self(Length::Months(months)))
                .ok_or_else(|| wrong("not a whole number of months up to ten years"));
        }
        let length = humantime::parse_duration(typed.trim())
            .map_err(|_| ValueError::invalid("interval", typed, FORMS))?;
        let millis = i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
        if millis < SECOND || millis % SECOND != 0 || millis > 3660 * DAY {
            return Err(wrong("not a whole number of seconds up to ten years"));
        }
        if DAY % millis != 0 && millis % DAY != 0 {
            return Err(wrong("does not divide a day"));
        }
        Ok(Self::of(millis))
    }
}

impl std::fmt::Display for Interval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let millis = match self.0 {
            Length::Millis(millis) => millis,
            Length::Months(months) => return f.pad(&format!("{months}mo")),
        };
        let text = match millis {
            millis if millis % DAY == 0 => format!("{}d", millis / DAY),
            millis if millis % HOUR == 0 => format!("{}h", millis / HOUR),
            millis if millis % MINUTE == 0 => format!("{}m", millis / MINUTE),
            millis => format!("{}s", millis / SECOND),
        };
        f.pad(&text)
    }
}

/// Finds the interval of one time after another. Neighbouring lines share an interval, so it keeps the last one, and asks the zone
/// only where a new one begins.
#[derive(Clone, Debug)]
pub(crate) struct IntervalCursor {
    interval: Interval,
    zone: Zone,
    start: Timestamp,
    end: Timestamp,
}

impl IntervalCursor {
    /// A cursor of this interval, in the days of this zone.
    pub(crate) fn new(interval: Interval, zone: Zone) -> Self {
        let none = Timestamp::default();
        Self { interval, zone, start: none, end: none }
    }

    /// The interval.
    pub(crate) fn interval(&self) -> Interval {
        self.interval
    }

    /// The start of the interval that holds the time.
    #[inline]
    pub(crate) fn start(&mut self, time: Timestamp) -> Timestamp {
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
        for (typed, shown) in
            [("1m", "1m"), ("90s", "90s"), ("60m", "1h"), ("24h", "1d"), ("1w", "7d"), ("1mo", "1mo")]
        {
            assert_eq!(typed.parse::<Interval>().unwrap().to_string(), shown);
        }
        for (typed, problem) in [
            ("", "invalid interval"),
            ("5", "invalid interval"),
            ("7h", "divide"),
            ("36h", "divide"),
            ("1ms", "whole"),
            ("0mo", "months"),
            ("1.5mo", "months"),
        ] {
            let error = typed.parse::<Interval>().unwrap_err().to_string();
            assert!(error.contains(problem) && error.contains("expected a part of a day"), "{error}");
        }
    }

    #[test]
    fn the_ladder_folds() {
        for pair in Interval::LADDER.windows(2) {
            let [Length::Millis(shorter), Length::Millis(longer)] = [pair[0].0, pair[1].0] else {
                panic!("{pair:?}")
            };
            assert_eq!(longer % shorter, 0);
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
        assert_eq!(Interval::of(HOUR).fitting(60, at(0), at(0), Zone::Utc), Interval::of(HOUR));
    }

    #[test]
    fn days_of_23_and_25_hours() {
        let berlin: Zone = "Europe/Berlin".parse().unwrap();
        let time = |text: &str| text.parse::<chrono::DateTime<chrono::Utc>>().map(Timestamp::from).unwrap();
        for (first, last) in [
            ("2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z"),
            ("2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z"),
        ] {
            let starts: Vec<_> = Interval::of(DAY).starts(time(first), time(last), berlin).collect();
            assert_eq!(starts.len(), 3);
            assert!(starts.iter().all(|start| berlin.show(*start).ends_with("00:00:00")));
        }
    }

    #[test]
    fn months_of_the_calendar() {
        let berlin: Zone = "Europe/Berlin".parse().unwrap();
        let time = |text: &str| text.parse::<chrono::DateTime<chrono::Utc>>().map(Timestamp::from).unwrap();
        let starts = |every: &str, first, last| {
            let starts = every.parse::<Interval>().unwrap().starts(time(first), time(last), berlin);
            starts.map(|start| berlin.show(start)[..10].to_owned()).collect::<Vec<_>>()
        };
        // In Berlin the month begins one or two hours before that of UTC.
        let found = starts("1mo", "2026-01-31T22:59:59Z", "2026-03-31T22:00:00Z");
        assert_eq!(found, ["2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"]);
        assert_eq!(
            starts("3mo", "2025-12-31T22:00:00Z", "2026-04-01T00:00:00Z"),
            ["2025-10-01", "2026-01-01", "2026-04-01"]
        );
        assert_eq!(
            starts("12mo", "2024-02-29T00:00:00Z", "2025-01-01T00:00:00Z"),
            ["2024-01-01", "2025-01-01"]
        );
    }

    proptest! {
        /// Whatever the zone, the cursor says what the interval says, and no interval is left out between two times.
        #[test]
        fn every_time_is_in_a_step(
            from in 1_500_000_000_000i64..1_800_000_000_000,
            intervals in prop::collection::vec(-40 * HOUR..60 * HOUR, 1..30),
            zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kolkata", "-03:30"]),
            every in prop::sample::select(vec!["1m", "1h", "2h", "6h", "1d", "1w", "1mo", "5mo"]),
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
