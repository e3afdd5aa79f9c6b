//! The time of a log line: `06/Feb/2019:00:00:38 +0000`.

use chrono::NaiveDate;

use crate::digits;
use crate::time::Timestamp;

const MS_PER_SECOND: i64 = 1_000;
const MS_PER_DAY: i64 = 86_400 * MS_PER_SECOND;

/// Length of `06/Feb/2019:00:00:38 +0000`, the only form S3 writes.
pub(super) const LOG_TIME_LEN: usize = 26;
const DATE_LEN: usize = "06/Feb/2019".len();
const MINUTE_LEN: usize = "06/Feb/2019:00:00".len();
/// What follows the seconds in all that S3 writes.
const UTC: &[u8] = b" +0000";

/// Reads the times of log lines. Neighbouring lines share a minute, so it keeps the last one.
#[derive(Debug)]
pub(super) struct LogTimes {
    /// Up to the minute, in UTC: `06/Feb/2019:00:00`.
    text: [u8; MINUTE_LEN],
    minute: Timestamp,
}

impl Default for LogTimes {
    fn default() -> Self {
        Self { text: *b"01/Jan/1970:00:00", minute: Timestamp::from_millis(0) }
    }
}

impl LogTimes {
    /// Reads `06/Feb/2019:00:00:38 +0000`. `None` if it is no time. A leap second (`:60`) is the next second.
    #[inline]
    pub(super) fn read(&mut self, text: &[u8; LOG_TIME_LEN]) -> Option<Timestamp> {
        let (minute, rest) = text.split_first_chunk::<MINUTE_LEN>()?;
        let [b':', s1, s2, zone @ ..] = rest else { return None };
        let second = two(*s1, *s2).filter(|second| *second <= 60)?;
        let minute = if *minute == self.text && zone == UTC {
            self.minute
        } else {
            let start = start_of_minute(minute, zone)?;
            if zone == UTC {
                (self.text, self.minute) = (*minute, start);
            }
            start
        };
        Some(Timestamp::from_millis(minute.millis() + second * MS_PER_SECOND))
    }
}

/// Reads `06/Feb/2019:00:00` and ` +0000`.
#[cold]
fn start_of_minute(text: &[u8; MINUTE_LEN], zone: &[u8]) -> Option<Timestamp> {
    let (date, clock) = text.split_first_chunk::<DATE_LEN>()?;
    let &[b':', h1, h2, b':', m1, m2] = clock else { return None };
    let &[b' ', sign, ref zone @ ..] = zone else { return None };
    let (hour, minute) = (two(h1, h2)?, two(m1, m2)?);
    if hour > 23 || minute > 59 {
        return None;
    }
    let seconds = hour * 3600 + minute * 60 - offset(sign, zone)?;
    Some(Timestamp::from_millis(midnight(date)? + seconds * MS_PER_SECOND))
}

/// The offset from UTC in seconds, of `+` and `0000`.
fn offset(sign: u8, zone: &[u8]) -> Option<i64> {
    let &[h1, h2, m1, m2] = zone else { return None };
    let seconds = two(h1, h2)? * 3600 + two(m1, m2)? * 60;
    match sign {
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}

/// Two digits.
#[inline]
fn two(tens: u8, ones: u8) -> Option<i64> {
    digits::fixed([tens, ones]).map(i64::from)
}

/// Milliseconds from the epoch to the start of `06/Feb/2019`. Month names are English whatever the locale.
fn midnight(date: &[u8; DATE_LEN]) -> Option<i64> {
    const MONTHS: [&[u8; 3]; 12] =
        [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
    let &[d1, d2, b'/', m1, m2, m3, b'/', y1, y2, y3, y4] = date else { return None };
    let month = MONTHS.iter().position(|name| **name == [m1, m2, m3])? as u32 + 1;
    let year = digits::fixed([y1, y2, y3, y4])?;
    let date = NaiveDate::from_ymd_opt(year as i32, month, digits::fixed([d1, d2])?)?;
    Some(date.signed_duration_since(NaiveDate::default()).num_days() * MS_PER_DAY)
}

/// Whether it starts with a time in brackets: `[06/Feb/2019:`.
pub(super) fn is_bracketed_time(text: &[u8]) -> bool {
    let [b'[', d1, d2, b'/', month @ .., b'/', y1, y2, y3, y4, b':'] = text.get(..13).unwrap_or_default()
    else {
        return false;
    };
    [d1, d2, y1, y2, y3, y4].into_iter().all(u8::is_ascii_digit) && month.iter().all(u8::is_ascii_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_times() {
        let table: &[(&str, Option<&str>)] = &[
            ("06/Feb/2019:00:00:38 +0000", Some("2019-02-06T00:00:38Z")),
            ("01/Jan/1970:00:00:00 +0000", Some("1970-01-01T00:00:00Z")),
            ("31/Dec/1969:23:59:59 +0000", Some("1969-12-31T23:59:59Z")),
            ("19/Jan/2038:03:14:08 +0000", Some("2038-01-19T03:14:08Z")),
            ("31/Dec/9999:23:59:59 +0000", Some("9999-12-31T23:59:59Z")),
            ("01/Jan/0000:00:00:00 +0000", Some("0000-01-01T00:00:00Z")),
            ("31/Dec/2016:23:59:60 +0000", Some("2017-01-01T00:00:00Z")),
            ("06/Feb/2019:02:00:38 +0200", Some("2019-02-06T00:00:38Z")),
            ("05/Feb/2019:18:30:38 -0530", Some("2019-02-06T00:00:38Z")),
            ("29/Feb/2024:12:00:00 +0000", Some("2024-02-29T12:00:00Z")),
            ("29/Feb/2023:12:00:00 +0000", None),
            ("06/Fév/2019:00:00:38 +000", None),
            ("06/feb/2019:00:00:38 +0000", None),
            ("06/Feb/2019:24:00:38 +0000", None),
            ("06/Feb/2019:00:60:38 +0000", None),
            ("06/Feb/2019:00:00:61 +0000", None),
            ("06/Feb/2019:00:00:38 ~0000", None),
            ("06/Feb/2019 00:00:38 +0000", None),
            ("06/Feb/2019:00:00:38", None),
            ("\0\0\0\0\0\0\0\0\0\0\0:00:00:38 +0000", None),
            ("", None),
        ];
        let mut times = LogTimes::default();
        for (text, expected) in table {
            let read = text.as_bytes().try_into().ok().and_then(|text| times.read(text));
            let read = read.map(|time| time.to_string());
            assert_eq!(read.as_deref(), *expected, "{text}");
        }
    }
}
