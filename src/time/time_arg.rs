//! `--since` and `--until`: a point in time as a person types it.

use std::str::FromStr;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use humantime::DurationError;

use crate::time::Timestamp;
use crate::value_error::ValueError;

const FORMS: &str = "2026-08-01, 2026-08-01T10:30, 2026-08-01T10:30:00Z (all UTC unless an offset is given), \
                     a time ago such as 90m, 24h, 7d or 2w, yesterday, today, now";

/// A point in time as it was typed: fixed, or in relation to now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeArg {
    typed: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    At(DateTime<Utc>),
    Ago(TimeDelta),
    /// The start of the day so many days before today's.
    DaysBack(u64),
}

impl TimeArg {
    /// The time it stands for.
    ///
    /// # Errors
    /// If it is so long ago that there was no year yet.
    pub fn resolve(&self, now: DateTime<Utc>) -> Result<Timestamp, ValueError> {
        let time = match self.kind {
            Kind::At(time) => Some(time),
            Kind::Ago(ago) => now.checked_sub_signed(ago),
            Kind::DaysBack(days) => now
                .checked_sub_days(Days::new(days))
                .map(|day| day.date_naive().and_time(NaiveTime::MIN).and_utc()),
        };
        let time = time.filter(|time| time.year() >= 0).map(Timestamp::from);
        time.ok_or_else(|| ValueError::because("time", &self.typed, "too long ago", FORMS))
    }
}

impl FromStr for TimeArg {
    type Err = ValueError;

    fn from_str(typed: &str) -> Result<Self, ValueError> {
        let text = typed.trim();
        let kind = match text.to_ascii_lowercase().as_str() {
            "now" => Kind::Ago(TimeDelta::zero()),
            "today" => Kind::DaysBack(0),
            "yesterday" => Kind::DaysBack(1),
            _ if starts_with_year(text) => {
                Kind::At(date(text).ok_or_else(|| ValueError::invalid("time", typed, FORMS))?)
            }
            _ => Kind::Ago(ago(text).map_err(|problem| ValueError::because("time", typed, problem, FORMS))?),
        };
        Ok(Self { typed: typed.to_owned(), kind })
    }
}

/// Chrono reads `26-08-01` as a day of the year 26, so four digits are asked for.
fn starts_with_year(text: &str) -> bool {
    matches!(text.as_bytes(), [a, b, c, d, b'-', ..] if [a, b, c, d].into_iter().all(u8::is_ascii_digit))
}

fn date(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(date.and_time(NaiveTime::MIN).and_utc());
    }
    let text = text.replacen([' ', 't'], "T", 1);
    if let Ok(time) = DateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M%:z") {
        return Some(time.to_utc());
    }
    let text = text.strip_suffix(['Z', 'z']).unwrap_or(&text);
    let forms = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S%.f"];
    forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok()).map(|time| time.and_utc())
}

fn ago(text: &str) -> Result<TimeDelta, String> {
    let duration = humantime::parse_duration(text).map_err(|error| match error {
        DurationError::UnknownUnit { unit, value, .. } if unit.is_empty() => {
            format!("no unit; {value}d is days, {value}h hours")
        }
        DurationError::UnknownUnit { unit, .. } => format!("unknown unit {unit:?}"),
        DurationError::NumberOverflow => "too long ago".into(),
        _ => "not a date, a time or a duration".into(),
    })?;
    TimeDelta::from_std(duration).map_err(|_| "too long ago".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: &str) -> Result<String, ValueError> {
        let now = DateTime::parse_from_rfc3339("2026-08-02T10:30:15.250Z").unwrap().to_utc();
        typed.parse::<TimeArg>()?.resolve(now).map(|time| time.to_string())
    }

    #[test]
    fn times() {
        let table = [
            ("2026-08-01", "2026-08-01T00:00:00Z"),
            ("2026-08-01T10:30", "2026-08-01T10:30:00Z"),
            ("2026-08-01 10:30", "2026-08-01T10:30:00Z"),
            ("2026-08-01T10:30Z", "2026-08-01T10:30:00Z"),
            ("2026-08-01T10:30:05", "2026-08-01T10:30:05Z"),
            ("2026-08-01T10:30:05.5", "2026-08-01T10:30:05.500Z"),
            ("2026-08-01T10:30:05Z", "2026-08-01T10:30:05Z"),
            ("2026-08-01t10:30:05z", "2026-08-01T10:30:05Z"),
            ("2026-08-01T10:30:05+02:00", "2026-08-01T08:30:05Z"),
            ("2026-08-01T10:30-05:30", "2026-08-01T16:00:00Z"),
            ("2024-02-29", "2024-02-29T00:00:00Z"),
            ("30s", "2026-08-02T10:29:45.250Z"),
            ("90m", "2026-08-02T09:00:15.250Z"),
            ("24h", "2026-08-01T10:30:15.250Z"),
            ("7d", "2026-07-26T10:30:15.250Z"),
            ("2w", "2026-07-19T10:30:15.250Z"),
            ("1d 12h", "2026-07-31T22:30:15.250Z"),
            ("now", "2026-08-02T10:30:15.250Z"),
            ("today", "2026-08-02T00:00:00Z"),
            ("Yesterday", "2026-08-01T00:00:00Z"),
            (" 2026-08-01 ", "2026-08-01T00:00:00Z"),
        ];
        for (typed, time) in table {
            assert_eq!(read(typed).as_deref(), Ok(time), "{typed}");
        }
    }

    #[test]
    fn what_is_no_time_is_said() {
        let table = [
            ("", "invalid time"),
            ("tomorrow", "invalid time"),
            ("2026-02-30", "invalid time"),
            ("2026-08-01T25:00", "invalid time"),
            ("2026-08-01T10", "invalid time"),
            ("26-08-01", "invalid time"),
            ("01/Aug/2026", "invalid time"),
            ("7", "no unit; 7d is days"),
            ("7 parsecs", "unknown unit"),
            ("-7d", "invalid time"),
            ("99999999999999999999d", "too long ago"),
            ("9999999999999d", "too long ago"),
            ("5000000d", "too long ago"),
            ("٢٠٢٦-08-01", "invalid time"),
        ];
        for (typed, problem) in table {
            let error = read(typed).expect_err(typed).to_string();
            assert!(error.contains(problem) && error.contains("expected 2026-08-01"), "{error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(typed in "[0-9TZ:. +dhwmy-]{0,24}") {
            let _ = read(&typed);
        }
    }
}
