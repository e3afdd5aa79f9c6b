//! `--since` and `--until`: a point in time as a person types it.

use std::str::FromStr;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use humantime::DurationError;

use super::BadValue;
use crate::parser::Timestamp;

const FORMS: &str = "2026-08-01, 2026-08-01T10:30, 2026-08-01T10:30:00Z (all UTC unless an offset is given), \
                     a time ago such as 90m, 24h, 7d or 2w, yesterday, today, now";

/// A point in time as it was typed: fixed, or in relation to now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
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

impl Moment {
    /// The time it stands for.
    ///
    /// # Errors
    /// If it is so long ago that there was no year yet.
    pub fn resolve(&self, now: DateTime<Utc>) -> Result<Timestamp, BadValue> {
        let time = match self.kind {
            Kind::At(time) => Some(time),
            Kind::Ago(ago) => now.checked_sub_signed(ago),
            Kind::DaysBack(days) => now
                .checked_sub_days(Days::new(days))
                .map(|day| day.date_naive().and_time(NaiveTime::MIN).and_utc()),
        };
        let time = time.filter(|time| time.year() >= 0).map(Timestamp::from);
        time.ok_or_else(|| BadValue::new(&self.typed, "is too long ago", FORMS))
    }
}

impl FromStr for Moment {
    type Err = BadValue;

    fn from_str(typed: &str) -> Result<Self, BadValue> {
        let text = typed.trim();
        let kind = match text.to_ascii_lowercase().as_str() {
            "now" => Kind::Ago(TimeDelta::zero()),
            "today" => Kind::DaysBack(0),
            "yesterday" => Kind::DaysBack(1),
            _ if starts_with_year(text) => {
                Kind::At(date(text).ok_or_else(|| BadValue::new(typed, "is no date or time", FORMS))?)
            }
            _ => Kind::Ago(ago(text).map_err(|problem| BadValue::new(typed, problem, FORMS))?),
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
            format!("has no unit; {value}d is days, {value}h hours")
        }
        DurationError::UnknownUnit { unit, .. } => format!("has a unit that is not known, {unit:?}"),
        DurationError::NumberOverflow => "is too long ago".into(),
        _ => "is no date, time or duration".into(),
    })?;
    TimeDelta::from_std(duration).map_err(|_| "is too long ago".into())
}
