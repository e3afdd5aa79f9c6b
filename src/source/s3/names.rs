//! The names of log objects and the times in them.
//!
//! Two layouts exist, times in UTC:
//! - simple: `[base]YYYY-MM-DD-hh-mm-ss-UNIQUE`, the time of delivery;
//! - partitioned: `[base]YYYY/MM/DD/YYYY-MM-DD-hh-mm-ss-UNIQUE`, where the base is `[prefix]ACCOUNT/REGION/BUCKET/`. By
//!   date of delivery it is the time of delivery; by date of event the day is that of the events and the clock is zero.
//!
//! Both sort by time as text, so a span of time is a span of keys.

use crate::digits::fixed;
use crate::time::Timestamp;
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};

/// Seconds in a day.
pub(super) const DAY: i64 = 86_400;
/// Length of `YYYY-MM-DD-hh-mm-ss`.
const TIME_LEN: usize = 19;
/// Length of `-` and the sixteen characters that make a name unique.
const UNIQUE_LEN: usize = 17;
/// Length of `YYYY/MM/DD/`.
const FOLDER_LEN: usize = 11;

/// How a name is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Layout {
    /// All in one folder.
    Simple,
    /// A folder a day.
    Partitioned,
}

/// The name of a log object, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogName<'k> {
    /// Everything before the part that sorts by time.
    pub(crate) base: &'k str,
    /// How it is built.
    pub(crate) layout: Layout,
    /// The time in it, in seconds since the epoch.
    pub(crate) time: i64,
    /// Whether it stands for a whole day of events.
    pub(crate) whole_day: bool,
}

/// A span of names in seconds since the epoch, both ends included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    /// The first second; none is the beginning.
    pub(crate) first: Option<i64>,
    /// The last second; none is the end.
    pub(crate) last: Option<i64>,
}

/// Where a name lies, seen from a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SpanPosition {
    /// Before its first second.
    Before,
    /// In it.
    Inside,
    /// After its last second.
    After,
}

impl<'k> LogName<'k> {
    /// Takes a key apart; `None` if it is not the name of a log object. Logs that were compressed in place (`.gz`,
    /// `.zst`) are still logs.
    pub(crate) fn parse(key: &'k str) -> Option<Self> {
        let name = key.strip_suffix(".gz").or_else(|| key.strip_suffix(".zst")).unwrap_or(key);
        let start = name.len().checked_sub(TIME_LEN + UNIQUE_LEN)?;
        let (before, name) = (name.get(..start)?, name.get(start..)?);
        let (time, unique) = name.split_at_checked(TIME_LEN)?;
        let unique = unique.strip_prefix('-')?.as_bytes();
        if !unique.iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()) {
            return None;
        }
        let time = read_time(time.as_bytes())?;
        match before.len().checked_sub(FOLDER_LEN).and_then(|at| before.split_at_checked(at)) {
            Some((base, folder)) if base.is_empty() || base.ends_with('/') => match read_folder(folder) {
                Some(day) if day == start_of_day(time) => {
                    Some(Self { base, layout: Layout::Partitioned, time, whole_day: time == day })
                }
                // Events of one day under a name of another: only the folder orders the keys, so it is the time.
                Some(day) => Some(Self { base, layout: Layout::Partitioned, time: day, whole_day: true }),
                None => Some(Self { base: before, layout: Layout::Simple, time, whole_day: false }),
            },
            _ => Some(Self { base: before, layout: Layout::Simple, time, whole_day: false }),
        }
    }

    /// When the log of this name was delivered; `None` if it is no name of a log, or one that tells no more than the day of the
    /// events.
    pub(crate) fn delivery(key: &'k str) -> Option<Timestamp> {
        let name = Self::parse(key).filter(|name| !name.whole_day)?;
        Some(Timestamp::from_millis(name.time.saturating_mul(1000)))
    }

    /// Where the name lies. A name that stands for a day of events is inside if any part of the day is.
    pub(crate) fn position(&self, span: Span) -> SpanPosition {
        let end = if self.whole_day { self.time + DAY - 1 } else { self.time };
        if span.first.is_some_and(|first| end < first) {
            SpanPosition::Before
        } else if span.last.is_some_and(|last| self.time > last) {
            SpanPosition::After
        } else {
            SpanPosition::Inside
        }
    }

    /// The bucket whose requests are logged, where the name tells: `[prefix]ACCOUNT/REGION/BUCKET/` before the day.
    pub(crate) fn source_bucket(&self) -> Option<&'k str> {
        let folders = self.base.strip_suffix('/').filter(|_| self.layout == Layout::Partitioned)?;
        let (rest, bucket) = folders.rsplit_once('/')?;
        let (rest, _region) = rest.rsplit_once('/')?;
        let account = rest.rsplit('/').next()?;
        (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())).then_some(bucket)
    }

    /// The key after all names of a partitioned base: its folders of years begin with digits.
    pub(crate) fn end_of_base(&self) -> String {
        format!("{}:", self.base)
    }

    /// For a name outside the span: a key that no name inside comes before, so that a listing can go on after it.
    ///
    /// Account numbers are digits like years, so in a simple layout a partitioned one can lie between two years
    /// (`2024-12-31-…` < `202412345678/` < `2025-01-01-…`): no jump leaves the year.
    pub(crate) fn skip(&self, span: Span) -> Option<String> {
        match (self.position(span), self.layout) {
            (SpanPosition::Inside, _) => None,
            (SpanPosition::After, Layout::Partitioned) => Some(self.end_of_base()),
            (SpanPosition::Before, Layout::Partitioned) => {
                let first = span.first?;
                // The day's whole-day names come first in its folder: skip over them only from inside the folder.
                let same_day = self.time.div_euclid(DAY) == first.div_euclid(DAY);
                Some(key_at(self.base, self.layout, if same_day { first } else { start_of_day(first) }))
            }
            (SpanPosition::Before, Layout::Simple) if year(self.time) == year(span.first?) => {
                Some(key_at(self.base, self.layout, span.first?))
            }
            (_, Layout::Simple) => Some(format!("{}{:04}.", self.base, year(self.time))),
        }
    }
}

/// The key that every name of that second or later comes after, and every name of an earlier second before.
pub(super) fn key_at(base: &str, layout: Layout, time: i64) -> String {
    let time = to_date_time(time);
    let name = time.format("%Y-%m-%d-%H-%M-%S");
    match layout {
        Layout::Simple => format!("{base}{name}"),
        Layout::Partitioned if time.time() == NaiveTime::MIN => {
            format!("{base}{}", time.format("%Y/%m/%d/"))
        }
        Layout::Partitioned => format!("{base}{}{name}", time.format("%Y/%m/%d/")),
    }
}

/// The first second of the day.
pub(super) fn start_of_day(time: i64) -> i64 {
    time.div_euclid(DAY) * DAY
}

fn year(time: i64) -> i32 {
    to_date_time(time).year()
}

/// Names hold four digits of a year; a time outside of them is as good as the first or the last.
fn to_date_time(time: i64) -> DateTime<Utc> {
    const FIRST_SECOND: i64 = -62_167_219_200;
    const LAST_SECOND: i64 = 253_402_300_799;
    DateTime::from_timestamp(time.clamp(FIRST_SECOND, LAST_SECOND), 0).unwrap_or_default()
}

/// Reads `YYYY-MM-DD-hh-mm-ss`.
pub(super) fn read_time(text: &[u8]) -> Option<i64> {
    let [d @ .., b'-', h1, h2, b'-', m1, m2, b'-', s1, s2] = text else { return None };
    let date = read_date(d, b'-')?;
    let clock = (fixed([*h1, *h2])?, fixed([*m1, *m2])?, fixed([*s1, *s2])?);
    Some(date.and_hms_opt(clock.0, clock.1, clock.2)?.and_utc().timestamp())
}

/// Reads `YYYY/MM/DD/` as the second the day begins.
fn read_folder(text: &str) -> Option<i64> {
    let date = read_date(text.strip_suffix('/')?.as_bytes(), b'/')?;
    Some(date.and_time(NaiveTime::MIN).and_utc().timestamp())
}

fn read_date(text: &[u8], separator: u8) -> Option<NaiveDate> {
    let &[y1, y2, y3, y4, p, m1, m2, q, d1, d2] = text else { return None };
    if p != separator || q != separator {
        return None;
    }
    NaiveDate::from_ymd_opt(fixed([y1, y2, y3, y4])? as i32, fixed([m1, m2])?, fixed([d1, d2])?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const UNIQUE: &str = "0123456789ABCDEF";

    fn seconds(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text).unwrap().timestamp()
    }

    fn name(base: &str, layout: Layout, time: i64, whole_day: bool) -> String {
        let time = if whole_day { start_of_day(time) } else { time };
        let name = to_date_time(time).format("%Y-%m-%d-%H-%M-%S");
        match layout {
            Layout::Simple => format!("{base}{name}-{UNIQUE}"),
            Layout::Partitioned => format!("{base}{}{name}-{UNIQUE}", to_date_time(time).format("%Y/%m/%d/")),
        }
    }

    #[test]
    fn names_of_logs_and_other_objects() {
        use Layout::{Partitioned, Simple};
        let table = [
            ("2026-08-01-10-20-30-0123456789ABCDEF", Some(("", Simple, "2026-08-01T10:20:30Z", false))),
            (
                "prod/2026-08-01-10-20-30-0123456789ABCDEF",
                Some(("prod/", Simple, "2026-08-01T10:20:30Z", false)),
            ),
            (
                "prod-2026-08-01-10-20-30-0123456789ABCDEF",
                Some(("prod-", Simple, "2026-08-01T10:20:30Z", false)),
            ),
            (
                "p/2026-08-01-10-20-30-0123456789ABCDEF.gz",
                Some(("p/", Simple, "2026-08-01T10:20:30Z", false)),
            ),
            (
                "p/123456789012/eu-west-1/b/2026/08/01/2026-08-01-10-20-30-0123456789ABCDEF",
                Some(("p/123456789012/eu-west-1/b/", Partitioned, "2026-08-01T10:20:30Z", false)),
            ),
            (
                "123456789012/eu-west-1/b/2026/08/01/2026-08-01-00-00-00-0123456789ABCDEF",
                Some(("123456789012/eu-west-1/b/", Partitioned, "2026-08-01T00:00:00Z", true)),
            ),
            (
                "1/r/b/2026/08/01/2026-08-03-10-20-30-0123456789ABCDEF",
                Some(("1/r/b/", Partitioned, "2026-08-01T00:00:00Z", true)),
            ),
            (
                "x2026/08/01/2026-08-01-10-20-30-0123456789ABCDEF",
                Some(("x2026/08/01/", Simple, "2026-08-01T10:20:30Z", false)),
            ),
            ("é2026-08-01-10-20-30-0123456789ABCDEF", Some(("é", Simple, "2026-08-01T10:20:30Z", false))),
            ("2026-08-01-10-20-30-0123456789abcdef", None),
            ("2026-08-01-10-20-30-0123456789ABCDE", None),
            ("2026-13-01-10-20-30-0123456789ABCDEF", None),
            ("2026-08-01-24-20-30-0123456789ABCDEF", None),
            ("2026-08-01-10-20-30-0123456789ABCDEF/", None),
            ("é26-08-01-10-20-30-0123456789ABCDEF", None),
            ("readme.txt", None),
            ("", None),
        ];
        for (key, expected) in table {
            let read = LogName::parse(key).map(|name| (name.base, name.layout, name.time, name.whole_day));
            let expected = expected.map(|(base, layout, time, day)| (base, layout, seconds(time), day));
            assert_eq!(read, expected, "{key}");
        }
    }

    #[test]
    fn skips_stay_in_the_year_of_a_simple_layout() {
        let span = Span {
            first: Some(seconds("2026-08-01T12:00:00Z")),
            last: Some(seconds("2026-08-02T12:00:00Z")),
        };
        let skip = |key: &str| LogName::parse(key).unwrap().skip(span);
        let simple = |time: &str| skip(&format!("p/{time}-{UNIQUE}"));
        assert_eq!(simple("2024-12-31-00-00-00").as_deref(), Some("p/2024."));
        assert_eq!(simple("2026-01-01-00-00-00").as_deref(), Some("p/2026-08-01-12-00-00"));
        assert_eq!(simple("2026-08-01-12-00-00"), None);
        assert_eq!(simple("2026-08-02-12-00-01").as_deref(), Some("p/2026."));
        let folder = |day: &str, time: &str| skip(&format!("a/r/b/{day}/{time}-{UNIQUE}"));
        assert_eq!(folder("2024/12/31", "2024-12-31-00-00-00").as_deref(), Some("a/r/b/2026/08/01/"));
        assert_eq!(folder("2026/08/01", "2026-08-01-00-00-00"), None);
        assert_eq!(
            folder("2026/08/01", "2026-08-01-11-59-59").as_deref(),
            Some("a/r/b/2026/08/01/2026-08-01-12-00-00")
        );
        assert_eq!(folder("2026/08/03", "2026-08-03-00-00-00").as_deref(), Some("a/r/b/:"));
    }

    prop_compose! {
        fn any_name()(
            base in prop::sample::select(vec!["", "p/", "p-", "123456789012/eu-west-1/b/"]),
            simple in any::<bool>(),
            time in 1_000_000_000i64..1_900_000_000,
            whole_day in any::<bool>(),
        ) -> (String, &'static str, Layout) {
            let partitioned = !simple && (base.is_empty() || base.ends_with('/'));
            let layout = if partitioned { Layout::Partitioned } else { Layout::Simple };
            (name(base, layout, time, partitioned && whole_day), base, layout)
        }
    }

    proptest! {
        #[test]
        fn reads_what_is_written((key, base, layout) in any_name()) {
            let read = LogName::parse(&key).unwrap();
            prop_assert_eq!((read.base, read.layout), (base, layout));
        }

        #[test]
        fn no_skip_jumps_over_a_name_inside(
            (from, base, layout) in any_name(),
            first in 1_000_000_000i64..1_900_000_000,
            length in 0i64..(400 * DAY),
            at in 0i64..(400 * DAY),
            whole_day in any::<bool>(),
        ) {
            let span = Span { first: Some(first), last: Some(first + length) };
            let inside = name(base, layout, first + at.min(length), whole_day && layout == Layout::Partitioned);
            let read = LogName::parse(&inside).unwrap();
            prop_assert_eq!(read.position(span), SpanPosition::Inside);
            if let Some(skip) = LogName::parse(&from).unwrap().skip(span) {
                prop_assert!(skip > from, "a skip goes forward: {} to {}", from, skip);
                prop_assert!(inside < from || inside > skip, "{} to {} jumps over {}", from, skip, inside);
            }
        }

        #[test]
        fn no_skip_jumps_over_an_account(
            time in 1_000_000_000i64..1_900_000_000,
            first in 1_000_000_000i64..1_900_000_000,
            account in 0u64..1_000_000_000_000,
        ) {
            let from = name("p/", Layout::Simple, time, false);
            let span = Span { first: Some(first), last: Some(first + DAY) };
            let other = format!("p/{account:012}/eu-west-1/b/2026/08/01/2026-08-01-00-00-00-{UNIQUE}");
            if let Some(skip) = LogName::parse(&from).unwrap().skip(span) {
                prop_assert!(other < from || other > skip, "{} to {} jumps over {}", from, skip, other);
            }
        }

        #[test]
        fn keys_of_times_divide_names(
            (key, base, layout) in any_name(),
            time in 1_000_000_000i64..1_900_000_000,
        ) {
            let read = LogName::parse(&key).unwrap();
            let divider = key_at(base, layout, time);
            prop_assert_eq!(key > divider, read.time >= time);
        }

        #[test]
        fn no_text_panics(key in any::<String>()) {
            let _ = LogName::parse(&key);
        }
    }
}
