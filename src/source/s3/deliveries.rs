//! The names of objects that bring the JSON delivery: vended logs of CloudWatch Logs, what Amazon Data Firehose writes, and
//! export tasks.
//!
//! They sort by time only in part, so a listing does not jump over them as over the names of [`super::names`]; but what lies
//! outside of a window is not downloaded. What their times stand for is documented loosely, so each stands for a span that
//! is wide enough.
//!
//! Sources: AWS, "Configure Amazon S3 object name format" and "Understand custom prefixes for Amazon S3 objects" (Amazon Data
//! Firehose Developer Guide); "S3DeliveryConfiguration" (Amazon CloudWatch Logs API Reference) for suffix paths and paths as
//! Hive wants them; "CreateExportTask" (the same) for the prefix `exportedlogs`. The rest of a vended log's key and of an
//! export's is not documented for server access logs; it is read as other vended logs have it.

use chrono::{NaiveDate, NaiveTime};

use super::names::{DAY, Span, SpanPosition, read_time};

const HOUR: i64 = 3_600;
/// Firehose names an object after its oldest record, and gathers records for up to 15 minutes.
const GATHERED: i64 = HOUR / 4;
/// The time in the names of Firehose can be that of any time zone (`CustomTimeZone`).
const FARTHEST_ZONE: i64 = 14 * HOUR;
/// Length of `YYYY-MM-DD-hh-mm-ss`.
const TIME_LEN: usize = 19;
/// Length of a UUID.
const UUID_LEN: usize = 36;

/// When the records of an object can have been delivered, as seconds since the epoch, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DeliveryName {
    first: i64,
    last: i64,
    /// Whether the object is a Parquet file.
    pub(super) is_parquet: bool,
}

impl DeliveryName {
    /// Reads a key; `None` if it is none of a delivery. `prefix` is what was asked for: below `AWSLogs/` lie the logs of
    /// many services, and only who names a folder there wants what its name does not tell to be of S3.
    pub(super) fn parse(key: &str, prefix: &str) -> Option<Self> {
        let (folder, file) = key.rsplit_once('/').unwrap_or(("", key));
        let (file, is_parquet) = match without_parquet(file) {
            Some(file) => (file, true),
            None => (file, false),
        };
        let name = stem(file)?;
        let always = Self { first: i64::MIN, last: i64::MAX, is_parquet };
        if let Some(time) = firehose(name) {
            let (first, last) = (time - FARTHEST_ZONE, time + FARTHEST_ZONE + GATHERED);
            return Some(Self { first, last, ..always });
        }
        if is_export(folder, file) {
            return Some(always);
        }
        let service = service(folder)?;
        let is_wanted = service.to_ascii_lowercase().contains("s3") || service_of_prefix(prefix);
        is_wanted.then(|| {
            let around =
                |first: i64, len: i64| Self { first: first - HOUR, last: first + len + HOUR, ..always };
            time_of_name(name)
                .map(|time| around(time, 0))
                .or_else(|| of_folders(folder).map(|(first, len)| around(first, len)))
                .unwrap_or(always)
        })
    }

    /// Where the name lies.
    pub(super) fn position(self, span: Span) -> SpanPosition {
        if span.first.is_some_and(|first| self.last < first) {
            SpanPosition::Before
        } else if span.last.is_some_and(|last| self.first > last) {
            SpanPosition::After
        } else {
            SpanPosition::Inside
        }
    }
}

/// A Parquet file's name without the ending that tells it: `x.parquet`, `x.snappy.parquet`.
fn without_parquet(file: &str) -> Option<&str> {
    let (name, _) = file.rsplit_once('.').filter(|(_, end)| end.eq_ignore_ascii_case("parquet"))?;
    Some(
        ["snappy", "gz", "zstd"]
            .iter()
            .find_map(|end| name.strip_suffix(end)?.strip_suffix('.'))
            .unwrap_or(name),
    )
}

/// A file's name without the endings that a delivery can have; `None` if it has another one.
fn stem(file: &str) -> Option<&str> {
    let file = file.strip_suffix(".gz").or_else(|| file.strip_suffix(".zst")).unwrap_or(file);
    let file = [".json", ".log", ".txt"].iter().find_map(|end| file.strip_suffix(end)).unwrap_or(file);
    let is_other = file
        .rsplit_once('.')
        .is_some_and(|(_, end)| ["orc", "zip", "snappy"].contains(&end.to_ascii_lowercase().as_str()));
    (!is_other && !file.is_empty()).then_some(file)
}

/// `STREAM-VERSION-YYYY-MM-DD-hh-mm-ss-UUID`: the time.
fn firehose(name: &str) -> Option<i64> {
    let (rest, uuid) = name.split_at_checked(name.len().checked_sub(UUID_LEN)?)?;
    let rest = rest.strip_suffix('-').filter(|_| is_uuid(uuid))?;
    let (rest, time) = rest.split_at_checked(rest.len().checked_sub(TIME_LEN)?)?;
    let (stream, version) = rest.strip_suffix('-')?.rsplit_once('-')?;
    let is_stream =
        !stream.is_empty() && !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
    read_time(time.as_bytes()).filter(|_| is_stream)
}

fn is_uuid(text: &str) -> bool {
    text.len() == UUID_LEN
        && text.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// `PREFIX/TASK/STREAM/000000.gz`, which says nothing of its time.
fn is_export(folder: &str, file: &str) -> bool {
    let number = file.strip_suffix(".gz").unwrap_or_default();
    let task = folder.rsplit('/').nth(1).unwrap_or_default();
    number.len() == 6 && number.bytes().all(|byte| byte.is_ascii_digit()) && is_uuid(task)
}

/// The service of `AWSLogs/ACCOUNT/SERVICE`, or of the same as Hive wants it.
fn service(folder: &str) -> Option<&str> {
    let mut parts = folder.split('/').skip_while(|part| *part != "AWSLogs").skip(1);
    let account = parts.next()?;
    let account = account.strip_prefix("aws-account-id=").unwrap_or(account);
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let service = parts.next().filter(|_| is_account)?;
    Some(service.strip_prefix("aws-service=").unwrap_or(service))
}

/// Whether a prefix names a service itself.
fn service_of_prefix(prefix: &str) -> bool {
    service(prefix).is_some_and(|service| !service.is_empty())
}

/// The last `YYYYMMDDThhmmZ` or `YYYYMMDDThhmmssZ` among the words of a name.
fn time_of_name(name: &str) -> Option<i64> {
    name.split(|byte: char| !byte.is_ascii_alphanumeric()).rev().find_map(|word| {
        let (date, clock) = word.strip_suffix('Z')?.split_once('T')?;
        let date = NaiveDate::parse_from_str(date, "%Y%m%d").ok().filter(|_| date.len() == 8)?;
        let clock = match clock.len() {
            4 => NaiveTime::parse_from_str(clock, "%H%M"),
            6 => NaiveTime::parse_from_str(clock, "%H%M%S"),
            _ => return None,
        };
        Some(date.and_time(clock.ok()?).and_utc().timestamp())
    })
}

/// The day or the hour of `YYYY/MM/DD/hh` or `year=YYYY/month=MM/day=DD/hour=hh` in a path, and how long it is.
fn of_folders(folder: &str) -> Option<(i64, i64)> {
    let parts: Vec<&str> = folder.split('/').collect();
    (0..parts.len()).rev().find_map(|start| {
        let number = |place: usize, name: &str, digits: usize| {
            let part = *parts.get(start + place)?;
            let part = part.strip_prefix(name).and_then(|part| part.strip_prefix('=')).unwrap_or(part);
            let is_number = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse::<u32>().ok().filter(|_| is_number)
        };
        let (year, month, day) = (number(0, "year", 4)?, number(1, "month", 2)?, number(2, "day", 2)?);
        let day = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
        let day = day.and_time(NaiveTime::MIN).and_utc().timestamp();
        let hour = number(3, "hour", 2).filter(|hour| *hour < 24);
        Some(hour.map_or((day, DAY - 1), |hour| (day + i64::from(hour) * HOUR, HOUR - 1)))
    })
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;

    fn seconds(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text).unwrap().timestamp()
    }

    const UUID: &str = "0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f";

    #[test]
    fn names_of_deliveries_and_other_objects() {
        let ten = "2026-08-01T10:00:00Z";
        // The earliest and latest time that it can stand for, in hours before and after the one given.
        let table = [
            (format!("2026/08/01/10/my-stream-12-2026-08-01-10-00-00-{UUID}.gz"), "", Some(Some((ten, 14.0, 14.25)))),
            (format!("p-stream-1-2026-08-01-10-00-00-{UUID}"), "", Some(Some((ten, 14.0, 14.25)))),
            (
                "AWSLogs/111122223333/S3/us-east-1/2026/08/01/10/111122223333_s3_us-east-1_20260801T1000Z_0a1b2c3d.log.gz".into(),
                "",
                Some(Some((ten, 1.0, 1.0))),
            ),
            (
                "logs/AWSLogs/aws-account-id=111122223333/aws-service=s3/year=2026/month=08/day=01/hour=10/x.json.gz".into(),
                "",
                Some(Some((ten, 1.0, 2.0))),
            ),
            ("AWSLogs/111122223333/s3accesslogs/2026/08/01/x.gz".into(), "", Some(Some(("2026-08-01T00:00:00Z", 1.0, 25.0)))),
            ("AWSLogs/111122223333/s3/no-time.gz".into(), "", Some(None)),
            (format!("exportedlogs/{UUID}/my-stream/000000.gz"), "", Some(None)),
            ("AWSLogs/111122223333/CloudTrail/us-east-1/2026/08/01/x_20260801T1000Z_y.json.gz".into(), "", None),
            (
                "AWSLogs/111122223333/own/2026/08/01/10/x.json.gz".into(),
                "AWSLogs/111122223333/own/",
                Some(Some((ten, 1.0, 2.0))),
            ),
            ("AWSLogs/111122223333/own/2026/08/01/10/x.json.gz".into(), "AWSLogs/111122223333/", None),
            ("AWSLogs/111122223333/ec2/2026/08/01/x.parquet".into(), "", None),
            ("AWSLogs/111122223333/s3/2026/08/01/x.orc".into(), "", None),
            ("AWSLogs/111122223333/s3/2026/08/01/x.parquet".into(), "", Some(Some(("2026-08-01T00:00:00Z", 1.0, 25.0)))),
            (format!("s-1-2026-08-01-10-00-00-{UUID}.snappy.parquet"), "", Some(Some((ten, 14.0, 14.25)))),
            ("backups/2026/08/01/db.gz".into(), "", None),
            (format!("stream-x-2026-08-01-10-00-00-{UUID}"), "", None),
            (format!("exportedlogs/{UUID}/my-stream/aws-logs-write-test"), "", None),
            ("aws-logs-write-test".into(), "", None),
            ("AWSLogs/111122223333/s3/2026/08/01/".into(), "", None),
            ("".into(), "", None),
        ];
        for (key, prefix, expected) in table {
            let expected = expected.map(|span| match span {
                Some((time, before, after)) => {
                    let hours = |hours: f64| (hours * HOUR as f64) as i64;
                    (seconds(time) - hours(before), seconds(time) + hours(after))
                }
                None => (i64::MIN, i64::MAX),
            });
            let read = DeliveryName::parse(&key, prefix).map(|name| (name.first, name.last));
            // An hour ends with its last second.
            let same = read
                .zip(expected)
                .is_some_and(|(read, expected)| read.0 == expected.0 && (expected.1 - read.1 <= 1));
            assert!(same || (read.is_none() && expected.is_none()), "{key}: {read:?} {expected:?}");
        }
    }

    #[test]
    fn parquet_is_told_by_the_name() {
        for (name, is_parquet) in
            [("x.parquet", true), ("x.gz.PARQUET", true), ("x.json.gz", false), ("parquet", false)]
        {
            let key = format!("AWSLogs/111122223333/s3/2026/08/01/{name}");
            let read = DeliveryName::parse(&key, "").map(|name| name.is_parquet);
            assert_eq!(read, Some(is_parquet), "{name}");
        }
    }

    #[test]
    fn what_can_hold_an_event_of_the_window_is_inside() {
        let key = format!("2026/08/01/10/s-1-2026-08-01-10-00-00-{UUID}.gz");
        let position = |first: &str, last: &str| {
            let span = Span { first: Some(seconds(first)), last: Some(seconds(last)) };
            DeliveryName::parse(&key, "").map(|name| name.position(span))
        };
        assert_eq!(position("2026-08-01T10:10:00Z", "2026-08-01T11:00:00Z"), Some(SpanPosition::Inside));
        assert_eq!(position("2026-08-03T00:00:00Z", "2026-08-04T00:00:00Z"), Some(SpanPosition::Before));
        assert_eq!(position("2026-07-01T00:00:00Z", "2026-07-02T00:00:00Z"), Some(SpanPosition::After));
    }

    proptest! {
        #[test]
        fn no_text_panics(key in any::<String>(), words in "[A-Za-z0-9=/._TZ-]{0,120}") {
            let _ = DeliveryName::parse(&key, "");
            let _ = DeliveryName::parse(&format!("AWSLogs/111122223333/s3/{words}"), &key);
        }
    }
}
