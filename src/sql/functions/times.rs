//! Times read and written, as other engines name it.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use chrono::{NaiveDate, Utc, Weekday};
use datafusion::arrow::compute::kernels::cast_utils::string_to_datetime;
use datafusion::error::Result;
use datafusion::logical_expr::ScalarUDF;

use super::make::{text_of_time, time};
use super::pattern::{of_mysql, read, write};

/// The name of the function that writes a time as the log does.
pub(super) const LOG_TIME: &str = "log_time";

/// How the log writes times.
const LOG_PATTERN: &str = "%d/%b/%Y:%H:%M:%S %z";

/// All of them.
pub(super) fn all() -> Vec<ScalarUDF> {
    vec![
        time(
            "date_parse",
            2,
            Arc::new(|row| match row {
                // Read, a fraction has any number of digits; written, it has six.
                [Some(text), Some(pattern)] => {
                    read(text, &of_mysql(pattern)?.replace(".%6f", "%.f")).map(Some)
                }
                _ => Ok(None),
            }),
        ),
        time(
            "from_iso8601_timestamp",
            1,
            Arc::new(|row| match row {
                [Some(text)] => {
                    let text = &*of_calendar(text);
                    // ISO 8601 lets seconds be left out.
                    let shorter = || {
                        ["%Y-%m-%dT%H:%M%#z", "%Y-%m-%dT%H:%M"].iter().find_map(|form| read(text, form).ok())
                    };
                    match string_to_datetime(&Utc, text) {
                        Ok(time) => Ok(Some(time.timestamp_millis())),
                        Err(error) => shorter().map(Some).ok_or_else(|| error.into()),
                    }
                }
                _ => Ok(None),
            }),
        ),
        text_of_time("date_format", 1, |time, row| written(time, row, of_mysql)),
        text_of_time("strftime", 1, |time, row| written(time, row, |pattern| Ok(pattern.to_owned()))),
        text_of_time(LOG_TIME, 0, |time, _| write(time, LOG_PATTERN).map(Some)),
    ]
}

/// A time whose date is of a week (2026-W05-3) or the number of a day in its year (2026-123), with a date of the calendar.
fn of_calendar(text: &str) -> Cow<'_, str> {
    let (date, time) = text.split_at(text.find('T').unwrap_or(text.len()));
    let part = |range: Range<usize>| {
        date.get(range).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?.parse::<u32>().ok()
    };
    let calendar = || {
        let year = i32::try_from(part(0..4)?).ok()?;
        match date.get(4..)?.as_bytes() {
            [b'-', b'W', _, _] => NaiveDate::from_isoywd_opt(year, part(6..8)?, Weekday::Mon),
            [b'-', b'W', _, _, b'-', day @ b'1'..=b'7'] => {
                NaiveDate::from_isoywd_opt(year, part(6..8)?, Weekday::try_from(day - b'1').ok()?)
            }
            [b'-', _, _, _] => NaiveDate::from_yo_opt(year, part(5..8)?),
            _ => None,
        }
    };
    calendar().map_or(Cow::Borrowed(text), |date| Cow::Owned(format!("{date}{time}")))
}

fn written(
    time: i64,
    row: &[Option<&str>],
    pattern: impl Fn(&str) -> Result<String>,
) -> Result<Option<String>> {
    match row {
        [Some(text)] => write(time, &pattern(text)?).map(Some),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_weeks_and_years() {
        for (text, expected) in [
            ("2026-W05-3", "2026-01-28"),
            ("2026-W05", "2026-01-26"),
            ("2020-W53-7T04:05:06Z", "2021-01-03T04:05:06Z"),
            ("2026-032T10:00", "2026-02-01T10:00"),
            ("2026-02-01T10:00", "2026-02-01T10:00"),
            ("2026-02-01", "2026-02-01"),
            ("2026-W54", "2026-W54"),
            ("2026-W05-8", "2026-W05-8"),
            ("2026-400", "2026-400"),
            ("\u{e9}\u{e9}-W05", "\u{e9}\u{e9}-W05"),
            ("", ""),
        ] {
            assert_eq!(of_calendar(text), expected, "{text}");
        }
    }
}
