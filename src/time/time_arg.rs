//! `--since` and `--until`: a point in time as a person types it.

use std::str::FromStr;

use chrono::{
    DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc, Weekday,
};
use humantime::DurationError;

use crate::time::{CalendarUnit, Timestamp, Zone};
use crate::value_error::ValueError;

const FORMS: &str = "2026-08, 2026-W31, 2026-08-01, 2026-08-01T10, 2026-08-01T10:30 (in the zone of --tz), \
                     2026-08-01T10:30Z, a time ago such as 90m, 24h, 7d, 2w or 1mo, yesterday, yesterday 02:00, today, now";

/// A point in time as it was typed: fixed, on the clocks of a zone that is chosen elsewhere, or in relation to now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TimeArg {
    typed: String,
    kind: Kind,
    /// How exactly it was typed.
    unit: CalendarUnit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// With an offset.
    At(DateTime<Utc>),
    /// As the clocks of the zone show it.
    Clock(NaiveDateTime),
    Ago(TimeDelta),
    MonthsAgo(Months),
    /// A time of day, a number of days before today.
    DaysBack(u64, NaiveTime),
}

impl TimeArg {
    /// What was typed.
    pub(crate) fn typed(&self) -> &str {
        &self.typed
    }

    /// The start of what was typed, in the zone unless an offset was typed.
    ///
    /// # Errors
    /// If it is too long ago for the calendar.
    pub(crate) fn resolve(&self, now: DateTime<Utc>, zone: Zone) -> Result<Timestamp, ValueError> {
        let clock_now = || zone.clock(now.into());
        let time = match self.kind {
            Kind::At(time) => Some(time.into()),
            Kind::Clock(clock) => zone.time_of(clock),
            Kind::Ago(ago) => now.checked_sub_signed(ago).map(Timestamp::from),
            Kind::MonthsAgo(months) => clock_now()
                .and_then(|clock| clock.checked_sub_months(months))
                .and_then(|clock| zone.time_of(clock)),
            Kind::DaysBack(days, time) => clock_now()
                .and_then(|clock| clock.date().checked_sub_days(Days::new(days)))
                .and_then(|date| zone.time_of(date.and_time(time))),
        };
        let time = time.filter(|time| time.to_utc().is_some_and(|time| time.year() >= 0));
        time.ok_or_else(|| ValueError::because("time", &self.typed, "too long ago", FORMS))
    }

    /// The day of UTC in which what was typed starts.
    ///
    /// # Errors
    /// As for [`TimeArg::resolve`].
    pub(crate) fn utc_day(&self, now: DateTime<Utc>) -> Result<NaiveDate, ValueError> {
        let start = self.resolve(now, Zone::Utc)?.to_utc();
        let invalid = || ValueError::invalid("time", &self.typed, FORMS);
        start.map(|start| start.date_naive()).ok_or_else(invalid)
    }

    /// The span that was typed, from its start to the first moment after it: the day of `2026-08-01`, the second of
    /// `10:30:05`. A time ago is a moment, the shortest span there is.
    ///
    /// # Errors
    /// As for [`TimeArg::resolve`].
    pub(crate) fn span(&self, now: DateTime<Utc>, zone: Zone) -> Result<(Timestamp, Timestamp), ValueError> {
        let start = self.resolve(now, zone)?;
        Ok((start, self.unit.end(start, zone)))
    }
}

impl FromStr for TimeArg {
    type Err = ValueError;

    fn from_str(typed: &str) -> Result<Self, ValueError> {
        let invalid = || ValueError::invalid("time", typed, FORMS);
        let because = |problem: String| ValueError::because("time", typed, problem, FORMS);
        let text = typed.trim().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        let text = from_log(&text).unwrap_or(text);
        let (word, rest) = text.split_once(' ').unwrap_or((&text, ""));
        let (kind, unit) = match word {
            "now" if rest.is_empty() => (Kind::Ago(TimeDelta::zero()), CalendarUnit::Millisecond),
            "today" | "yesterday" => {
                let (time, unit) = match rest {
                    "" => (NaiveTime::MIN, CalendarUnit::Day),
                    clock => time_of_day(clock.trim()).ok_or_else(invalid)?,
                };
                (Kind::DaysBack(u64::from(word == "yesterday"), time), unit)
            }
            _ if word.strip_prefix("now-").is_some_and(|ago| !ago.is_empty()) && rest.is_empty() => {
                (ago(&word["now-".len()..]).map_err(because)?, CalendarUnit::Millisecond)
            }
            "last" | "this" | "past" | "previous" => return Err(because(instead_of(rest))),
            _ if starts_with_year(&text) => date(&text).ok_or_else(invalid)?,
            _ if text.starts_with('-') => {
                let ago = text.trim_start_matches('-');
                return Err(match ago.parse::<Self>() {
                    Ok(_) => because(format!("a time ago has no minus: {ago}")),
                    Err(_) => invalid(),
                });
            }
            _ => {
                if let Some(problem) = nearest_form(&text) {
                    return Err(because(problem));
                }
                (ago(text.strip_suffix(" ago").unwrap_or(&text)).map_err(because)?, CalendarUnit::Millisecond)
            }
        };
        Ok(Self { typed: typed.to_owned(), kind, unit })
    }
}

/// What to type for `last week`, which can mean the seven days before now or the week before this one.
fn instead_of(what: &str) -> String {
    match what {
        "day" | "night" => "write 24h for the 24 hours before now, or yesterday",
        "hour" => "write 1h for the hour before now",
        "month" => "write 1mo for the month before now, or the month itself as in 2026-08",
        "year" => "write 12mo for the year before now, or a month as in 2026-01",
        _ => "write 7d for the seven days before now, or the first day of the week as in 2026-08-03",
    }
    .to_owned()
}

/// A time as the log writes it: `01/aug/2026` and `01/aug/2026:10:30:05 +0000` in the order of a date.
fn from_log(text: &str) -> Option<String> {
    let (day, clock) = text.split_at_checked("01/aug/2026".len())?;
    let day = NaiveDate::parse_from_str(day, "%d/%b/%Y").ok()?;
    let clock = match clock.strip_prefix([':', ' ', 't']) {
        None if clock.is_empty() => return Some(day.to_string()),
        None => return None,
        Some(clock) => clock,
    };
    // An offset is written without a space and with a colon here.
    let (clock, offset) = clock.split_once(' ').unwrap_or((clock, ""));
    let offset = match offset.split_at_checked(3) {
        None => String::new(),
        Some((hours, minutes)) => format!("{hours}:{minutes}"),
    };
    Some(format!("{day}t{clock}{offset}"))
}

/// How to type a time whose form is understood but not accepted.
fn nearest_form(text: &str) -> Option<String> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = || text.parse::<i64>().ok();
    Some(match text {
        _ if is_number && text.len() == 4 && text.starts_with(['1', '2']) => {
            format!("write the year as {text}-01, or {text}d for so many days ago")
        }
        _ if is_number && text.len() == 8 => {
            format!("write the date as {}-{}-{}", &text[..4], &text[4..6], &text[6..])
        }
        _ if is_number && (text.len() == 10 || text.len() == 13) => {
            let seconds = if text.len() == 13 { number()? / 1000 } else { number()? };
            let time = DateTime::from_timestamp(seconds, 0)?;
            format!("write the seconds since 1970 as {}", time.format("%Y-%m-%dT%H:%M:%SZ"))
        }
        "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun" | "monday" | "tuesday" | "wednesday"
        | "thursday" | "friday" | "saturday" | "sunday" => "write the day as a date: 2026-08-01".to_owned(),
        "noon" | "midnight" | "tonight" | "morning" => "write today 12:00, or yesterday 00:00".to_owned(),
        "tomorrow" => "records are of the past; leave --until out for all up to now".to_owned(),
        _ if text.contains(':') && time_of_day(text).is_some() => {
            format!("a time of day needs a day: write today {text}, or yesterday {text}")
        }
        _ if let Some(day) = day_in_words(text) => format!("write the date as {day}"),
        _ if text.starts_with("a ") || text.starts_with("an ") => "write 1h, 1d, 1w or 1mo".to_owned(),
        _ if text.contains('/') => "write the date as 2026-08-01".to_owned(),
        _ => return None,
    })
}

/// A date as people write it in letters: `20 jan 2024`.
fn day_in_words(text: &str) -> Option<NaiveDate> {
    const FORMS: [&str; 6] = ["%d %b %Y", "%b %d %Y", "%b %d, %Y", "%d-%b-%Y", "%d.%m.%Y", "%d. %b %Y"];
    FORMS.into_iter().find_map(|form| NaiveDate::parse_from_str(text, form).ok())
}

/// Chrono reads `26-08-01` as a day of the year 26, so four digits are asked for.
fn starts_with_year(text: &str) -> bool {
    matches!(text.as_bytes(), [a, b, c, d, b'-', ..] if [a, b, c, d].into_iter().all(u8::is_ascii_digit))
}

/// A month, a week, a day or a time, in lower case.
fn date(text: &str) -> Option<(Kind, CalendarUnit)> {
    let day = |text: &str| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    if let Some(day) = day(text) {
        return Some((Kind::Clock(day.and_time(NaiveTime::MIN)), CalendarUnit::Day));
    }
    if let Some(day) = day(&format!("{text}-01")) {
        return Some((Kind::Clock(day.and_time(NaiveTime::MIN)), CalendarUnit::Month));
    }
    if let Some((year, week)) = text.split_once("-w").filter(|(_, week)| week.len() == 2) {
        let monday = NaiveDate::from_isoywd_opt(year.parse().ok()?, week.parse().ok()?, Weekday::Mon)?;
        return Some((Kind::Clock(monday.and_time(NaiveTime::MIN)), CalendarUnit::Week));
    }
    let (date, clock) = text.split_once(['t', ' '])?;
    let clock = clock.trim_start();
    let (clock, offset) = match clock.find(['z', '+', '-']) {
        None => (clock, None),
        Some(at) => (&clock[..at], Some(offset(&clock[at..])?)),
    };
    let (time, unit) = time_of_day(clock)?;
    let at = day(date)?.and_time(time);
    Some(match offset {
        None => (Kind::Clock(at), unit),
        Some(offset) => (Kind::At(at.checked_sub_signed(TimeDelta::seconds(offset.into()))?.and_utc()), unit),
    })
}

/// `02`, `02:00`, `02:00:05` or `02:00:05.5`
fn time_of_day(text: &str) -> Option<(NaiveTime, CalendarUnit)> {
    let read = |text: &str, form| NaiveTime::parse_from_str(text, form).ok();
    match text.bytes().filter(|byte| *byte == b':').count() {
        0 if text.len() <= 2 => Some((read(&format!("{text}:00"), "%H:%M")?, CalendarUnit::Hour)),
        1 => Some((read(text, "%H:%M")?, CalendarUnit::Minute)),
        2 => {
            let unit = if text.contains('.') { CalendarUnit::Millisecond } else { CalendarUnit::Second };
            Some((read(text, "%H:%M:%S%.f")?, unit))
        }
        _ => None,
    }
}

/// The seconds of `z`, `+02:00` or `-05:30`.
fn offset(text: &str) -> Option<i32> {
    match text {
        "z" => Some(0),
        _ => Some(text.parse::<chrono::FixedOffset>().ok()?.local_minus_utc()),
    }
}

fn ago(text: &str) -> Result<Kind, String> {
    if let Some(months) = months(text) {
        return Ok(Kind::MonthsAgo(months));
    }
    let duration = humantime::parse_duration(text).map_err(|error| match error {
        DurationError::UnknownUnit { unit, value, .. } if unit.is_empty() => {
            format!("no unit; {value}d is days, {value}h hours")
        }
        DurationError::UnknownUnit { unit, .. } => format!("unknown unit {unit:?}"),
        DurationError::NumberOverflow => "too long ago".into(),
        _ => "not a date, a time or a duration".into(),
    })?;
    TimeDelta::from_std(duration).map(Kind::Ago).map_err(|_| "too long ago".into())
}

/// Months of the calendar: `1mo`, `3 months`. Those of humantime are all of the same length.
fn months(text: &str) -> Option<Months> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    matches!(unit.trim_start(), "mo" | "month" | "months").then(|| number.parse().ok().map(Months::new))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::parse_from_rfc3339("2026-08-02T10:30:15.250Z").unwrap().to_utc()
    }

    fn read_in(typed: &str, zone: &str) -> Result<String, ValueError> {
        typed.parse::<TimeArg>()?.resolve(now(), zone.parse().unwrap()).map(|time| time.to_string())
    }

    fn read(typed: &str) -> Result<String, ValueError> {
        read_in(typed, "UTC")
    }

    #[test]
    fn times() {
        let table = [
            ("2026-08", "2026-08-01T00:00:00Z"),
            ("2026-08-01", "2026-08-01T00:00:00Z"),
            ("2026-08-01T10", "2026-08-01T10:00:00Z"),
            ("2026-08-01 10", "2026-08-01T10:00:00Z"),
            ("2026-08-01T10:30", "2026-08-01T10:30:00Z"),
            ("2026-08-01 10:30", "2026-08-01T10:30:00Z"),
            ("2026-08-01T10:30Z", "2026-08-01T10:30:00Z"),
            ("2026-08-01T10:30:05", "2026-08-01T10:30:05Z"),
            ("2026-08-01T10:30:05.5", "2026-08-01T10:30:05.500Z"),
            ("2026-08-01T10:30:05Z", "2026-08-01T10:30:05Z"),
            ("2026-08-01t10:30:05z", "2026-08-01T10:30:05Z"),
            ("2026-08-01T10:30:05+02:00", "2026-08-01T08:30:05Z"),
            ("2026-08-01T10:30-05:30", "2026-08-01T16:00:00Z"),
            ("2026-08-01T10+02:00", "2026-08-01T08:00:00Z"),
            ("2024-02-29", "2024-02-29T00:00:00Z"),
            ("30s", "2026-08-02T10:29:45.250Z"),
            ("90m", "2026-08-02T09:00:15.250Z"),
            ("24h", "2026-08-01T10:30:15.250Z"),
            ("7d", "2026-07-26T10:30:15.250Z"),
            ("2w", "2026-07-19T10:30:15.250Z"),
            ("1mo", "2026-07-02T10:30:15.250Z"),
            ("3 months ago", "2026-05-02T10:30:15.250Z"),
            ("3 days ago", "2026-07-30T10:30:15.250Z"),
            ("1d 12h", "2026-07-31T22:30:15.250Z"),
            ("now", "2026-08-02T10:30:15.250Z"),
            ("today", "2026-08-02T00:00:00Z"),
            ("today 9", "2026-08-02T09:00:00Z"),
            ("Yesterday", "2026-08-01T00:00:00Z"),
            ("yesterday 02:00", "2026-08-01T02:00:00Z"),
            (" 2026-08-01 ", "2026-08-01T00:00:00Z"),
            ("now-90m", "2026-08-02T09:00:15.250Z"),
            ("01/Aug/2026", "2026-08-01T00:00:00Z"),
            ("01/Aug/2026:10:30:05", "2026-08-01T10:30:05Z"),
            ("[01/Aug/2026:10:30:05 +0200]", "2026-08-01T08:30:05Z"),
        ];
        for (typed, time) in table {
            assert_eq!(read(typed).as_deref(), Ok(time), "{typed}");
        }
    }

    #[test]
    fn without_an_offset_they_are_those_of_the_zone() {
        let table = [
            ("2026-08-01", "Europe/Berlin", "2026-07-31T22:00:00Z"),
            ("2026-11-26T03:00", "Europe/Berlin", "2026-11-26T02:00:00Z"),
            ("2026-11-26T03:00Z", "Europe/Berlin", "2026-11-26T03:00:00Z"),
            ("2026-11", "America/Los_Angeles", "2026-11-01T07:00:00Z"),
            ("today", "Asia/Tokyo", "2026-08-01T15:00:00Z"),
            ("yesterday", "Pacific/Auckland", "2026-07-31T12:00:00Z"),
            ("today", "Pacific/Honolulu", "2026-08-02T10:00:00Z"),
            ("yesterday 02:00", "Europe/Berlin", "2026-08-01T00:00:00Z"),
            ("24h", "Asia/Tokyo", "2026-08-01T10:30:15.250Z"),
            ("2026-08-01", "-03:30", "2026-08-01T03:30:00Z"),
            // Clocks that go forward leave out the hour, and those that go back show it twice.
            ("2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:30:00Z"),
            ("2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30:00Z"),
            // A day that begins at one o'clock, and a day that was left out.
            ("2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00Z"),
            ("2011-12-30", "Pacific/Apia", "2011-12-30T10:00:00Z"),
        ];
        for (typed, zone, time) in table {
            assert_eq!(read_in(typed, zone).as_deref(), Ok(time), "{typed} {zone}");
        }
    }

    #[test]
    fn spans_are_as_long_as_what_was_typed() {
        let table = [
            ("2026-02", "UTC", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"),
            ("2026-W01", "UTC", "2025-12-29T00:00:00Z", "2026-01-05T00:00:00Z"),
            ("2026-w13", "Europe/Berlin", "2026-03-22T23:00:00Z", "2026-03-29T22:00:00Z"),
            ("2026-03-29", "Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
            ("2026-03-29T10", "UTC", "2026-03-29T10:00:00Z", "2026-03-29T11:00:00Z"),
            ("2026-03-29T10:30", "UTC", "2026-03-29T10:30:00Z", "2026-03-29T10:31:00Z"),
            ("2026-03-29T10:30:05", "UTC", "2026-03-29T10:30:05Z", "2026-03-29T10:30:06Z"),
            ("yesterday", "UTC", "2026-08-01T00:00:00Z", "2026-08-02T00:00:00Z"),
            ("1d", "UTC", "2026-08-01T10:30:15.250Z", "2026-08-01T10:30:15.251Z"),
        ];
        for (typed, zone, start, end) in table {
            let span = typed.parse::<TimeArg>().unwrap().span(now(), zone.parse().unwrap()).unwrap();
            assert_eq!((span.0.to_string(), span.1.to_string()), (start.into(), end.into()), "{typed}");
        }
    }

    #[test]
    fn what_is_no_time_is_said() {
        let table = [
            ("", "invalid time"),
            ("tomorrow", "invalid time"),
            ("2026-02-30", "invalid time"),
            ("2026-13", "invalid time"),
            ("2026-W54", "invalid time"),
            ("2026-W1", "invalid time"),
            ("2026-08-01T25:00", "invalid time"),
            ("2026-08-01T100", "invalid time"),
            ("yesterday noon", "invalid time"),
            ("26-08-01", "invalid time"),
            ("01/Aux/2026", "write the date as 2026-08-01"),
            ("08/01/2026", "write the date as 2026-08-01"),
            ("20260801", "write the date as 2026-08-01"),
            ("2026", "write the year as 2026-01"),
            ("1785542400", "write the seconds since 1970 as 2026-08-01T00:00:00Z"),
            ("1785542400123", "write the seconds since 1970 as 2026-08-01T00:00:00Z"),
            ("monday", "write the day as a date"),
            ("yesterday noon", "invalid time"),
            ("a week ago", "write 1h, 1d, 1w"),
            ("7", "no unit; 7d is days"),
            ("7 parsecs", "unknown unit"),
            ("-7d", "a time ago has no minus: 7d"),
            ("-x", "invalid time"),
            ("last week", "write 7d"),
            ("this month", "write 1mo"),
            ("99999999999999999999d", "too long ago"),
            ("9999999999999d", "too long ago"),
            ("5000000d", "too long ago"),
            ("4000000000mo", "too long ago"),
            ("٢٠٢٦-08-01", "invalid time"),
        ];
        for (typed, problem) in table {
            let error = read(typed).expect_err(typed).to_string();
            assert!(error.contains(problem) && error.contains("expected 2026-08"), "{error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(typed in "[0-9TZ:. +dhwmoy-]{0,24}|(yesterday|today|last|[0-9]{1,12}) ?[0-9a-z:]{0,9}") {
            for zone in ["UTC", "Europe/Berlin", "Pacific/Apia"] {
                let _ = read_in(&typed, zone);
                if let Ok(time) = typed.parse::<TimeArg>()
                    && let Ok((start, end)) = time.span(now(), zone.parse().unwrap())
                {
                    proptest::prop_assert!(start < end);
                }
            }
        }
    }
}
