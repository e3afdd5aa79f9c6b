//! The zone that times are read and shown in, and how they are written.

use std::str::FromStr;

use chrono::{FixedOffset, MappedLocalTime, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use crate::time::Timestamp;
use crate::value_error::nearest;

const MS_PER_HOUR: i64 = 3_600_000;
const MS_PER_DAY: i64 = 24 * MS_PER_HOUR;
const MS_PER_WEEK: i64 = 7 * MS_PER_DAY;
/// The first Monday of the epoch.
const MONDAY: i64 = 4 * MS_PER_DAY;

/// The zone that times are read and shown in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Zone {
    /// UTC, as in the log.
    #[default]
    Utc,
    /// A zone of the IANA database, with its changes of offset.
    Named(Tz),
    /// An offset from UTC that never changes.
    Fixed(FixedOffset),
}

/// Why a zone is not known.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnknownZone {
    /// What was typed is not a zone.
    #[error(
        "invalid time zone `{name}`: {}expected `Europe/Berlin`, `UTC`, `local`, or an offset such as `+02:00`",
        meant.map_or(String::new(), |zone| format!("did you mean {zone}? "))
    )]
    Name {
        /// What was typed.
        name: String,
        /// The zone that was probably meant.
        meant: Option<&'static str>,
    },
    /// The machine does not say where it is.
    #[error("cannot tell the time zone of this machine; use a name such as `Europe/Berlin`")]
    Local,
}

impl FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(text: &str) -> Result<Self, UnknownZone> {
        let unknown = || UnknownZone::Name { name: text.to_owned(), meant: nearest_zone(text) };
        if text.eq_ignore_ascii_case("utc") || text.eq_ignore_ascii_case("z") {
            return Ok(Self::Utc);
        }
        if text.starts_with(['+', '-']) {
            let minutes = if text.len() == "+02".len() { ":00" } else { "" };
            return format!("{text}{minutes}").parse().map(Self::Fixed).map_err(|_| unknown());
        }
        Tz::from_str_insensitive(text).map(Self::Named).map_err(|_| unknown())
    }
}

/// The names of all zones of the IANA database.
pub(crate) fn zone_names() -> impl Iterator<Item = &'static str> {
    chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())
}

/// The zone of a city, or one with nearly that name.
fn nearest_zone(typed: &str) -> Option<&'static str> {
    let city = typed.trim().replace(' ', "_");
    let is_in = |name: &&str| name.rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case(&city));
    zone_names().find(is_in).or_else(|| nearest(typed, zone_names()))
}

/// A zone as it was typed: `local` is the machine's, which is known only where the process asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ZoneArg {
    /// The zone of this machine.
    Local,
    /// A zone by its name.
    Zone(Zone),
}

impl ZoneArg {
    /// The zone it means, on a machine whose zone is `local`.
    ///
    /// # Errors
    /// If it is the machine's, and the machine does not say where it is.
    pub(crate) fn resolve(self, local: Option<Zone>) -> Result<Zone, UnknownZone> {
        match self {
            Self::Local => local.ok_or(UnknownZone::Local),
            Self::Zone(zone) => Ok(zone),
        }
    }
}

impl Default for ZoneArg {
    fn default() -> Self {
        Self::Zone(Zone::Utc)
    }
}

impl FromStr for ZoneArg {
    type Err = UnknownZone;

    fn from_str(text: &str) -> Result<Self, UnknownZone> {
        if text.eq_ignore_ascii_case("local") { Ok(Self::Local) } else { text.parse().map(Self::Zone) }
    }
}

impl Zone {
    /// The zone's name in the heading of a column.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Utc => "UTC".to_owned(),
            Self::Named(zone) => zone.name().to_owned(),
            Self::Fixed(offset) => offset.to_string(),
        }
    }

    /// By how many seconds the zone's clocks are ahead of UTC at that time; `None` if chrono cannot say.
    #[inline]
    pub(crate) fn seconds_ahead(self, time: Timestamp) -> Option<i32> {
        Some(match self {
            Self::Utc => 0,
            Self::Fixed(offset) => offset.local_minus_utc(),
            Self::Named(zone) => {
                zone.offset_from_utc_datetime(&time.to_utc()?.naive_utc()).fix().local_minus_utc()
            }
        })
    }

    /// The same; `None` also if it is not a whole number of minutes, which no form of writing here can hold.
    fn offset(self, time: Timestamp) -> Option<i32> {
        self.seconds_ahead(time).filter(|offset| offset % 60 == 0)
    }

    /// What the zone's clocks show at a time; `None` if chrono cannot hold it.
    pub(crate) fn clock(self, time: Timestamp) -> Option<NaiveDateTime> {
        let seconds = self.seconds_ahead(time)?;
        time.to_utc()?.naive_utc().checked_add_signed(TimeDelta::seconds(seconds.into()))
    }

    /// The time at which the zone's clocks show this. Of two such times it is the first. A time that clocks leave out, as they do
    /// when they go forward, is read as if they had not gone forward yet.
    pub(crate) fn time_of(self, clock: NaiveDateTime) -> Option<Timestamp> {
        let offset = match self {
            Self::Utc => 0,
            Self::Fixed(offset) => offset.local_minus_utc(),
            Self::Named(zone) => match zone.offset_from_local_datetime(&clock) {
                MappedLocalTime::Single(offset) | MappedLocalTime::Ambiguous(offset, _) => {
                    offset.fix().local_minus_utc()
                }
                // No clock has ever skipped more than a day.
                MappedLocalTime::None => {
                    let before = clock.checked_sub_signed(TimeDelta::hours(36))?.and_utc();
                    self.seconds_ahead(before.into())?
                }
            },
        };
        Some(clock.checked_sub_signed(TimeDelta::seconds(offset.into()))?.and_utc().into())
    }

    /// The start of the span of `millis` milliseconds that holds the time. Spans are counted from midnight of the zone, and
    /// whole weeks from Monday. Days have 23 or 25 hours where the zone's offset changes.
    pub(crate) fn floor(self, time: Timestamp, millis: i64) -> Timestamp {
        let offset = self.offset_millis(time);
        let origin = if millis % MS_PER_WEEK == 0 { MONDAY } else { 0 };
        let local = Timestamp::from_millis(time.millis().saturating_add(offset).saturating_sub(origin));
        let local = local.floor(millis).millis().saturating_add(origin);
        let start = Timestamp::from_millis(local.saturating_sub(offset));
        if millis <= MS_PER_HOUR {
            return start;
        }
        // The offset can be another one than it was when the span began.
        Timestamp::from_millis(local.saturating_sub(self.offset_millis(start)))
    }

    fn offset_millis(self, time: Timestamp) -> i64 {
        self.offset(time).map_or(0, |seconds| i64::from(seconds) * 1000)
    }

    /// Appends the date: `2026-08-01`.
    pub(crate) fn write_date(self, time: Timestamp, out: &mut Vec<u8>) {
        let start = out.len();
        self.write_rfc3339(time, out);
        if let Some(end) = out[start..].iter().position(|byte| *byte == b'T') {
            out.truncate(start + end);
        }
    }

    /// Appends a time as RFC 3339.
    pub(crate) fn write_rfc3339(self, time: Timestamp, out: &mut Vec<u8>) {
        if let Some(offset) = self.offset(time)
            && write_civil(time, offset, b'T', out)
        {
            return match self {
                Self::Utc => out.push(b'Z'),
                Self::Named(_) | Self::Fixed(_) => {
                    out.push(if offset < 0 { b'-' } else { b'+' });
                    let minutes = offset.unsigned_abs() / 60;
                    push_two(minutes / 60, out);
                    out.push(b':');
                    push_two(minutes % 60, out);
                }
            };
        }
        let text = match self {
            Self::Utc => time.to_rfc3339(&Utc),
            Self::Named(zone) => time.to_rfc3339(&zone),
            Self::Fixed(offset) => time.to_rfc3339(&offset),
        };
        out.extend_from_slice(text.as_bytes());
    }

    /// A time as people read it: `2026-08-01 10:30:12`, without the zone.
    pub(crate) fn show(self, time: Timestamp) -> String {
        let mut out = Vec::with_capacity(24);
        if !self.offset(time).is_some_and(|offset| write_civil(time, offset, b' ', &mut out)) {
            self.write_rfc3339(time, &mut out);
        }
        out.into_iter().map(char::from).collect()
    }
}

/// Appends `2026-08-01T10:30:12`, with `.123` if there are milliseconds. Writes nothing and returns false unless the
/// year has four digits.
///
/// Every row of an export has a time, so this does without chrono's general formatting.
fn write_civil(time: Timestamp, offset: i32, separator: u8, out: &mut Vec<u8>) -> bool {
    let millis = time.millis().saturating_add(i64::from(offset) * 1000);
    let (days, clock) = (millis.div_euclid(MS_PER_DAY), millis.rem_euclid(MS_PER_DAY) as u32);
    // Days are counted from 1 March of year 0 in eras of 400 years, so that the leap day is the last of its year:
    // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * march_month + 2) / 5 + 1) as u32;
    let month = (if march_month < 10 { march_month + 3 } else { march_month - 9 }) as u32;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let Some(year) = u32::try_from(year).ok().filter(|year| *year <= 9999) else { return false };

    push_two(year / 100, out);
    push_two(year % 100, out);
    out.push(b'-');
    push_two(month, out);
    out.push(b'-');
    push_two(day, out);
    out.push(separator);
    push_two(clock / 3_600_000, out);
    out.push(b':');
    push_two(clock / 60_000 % 60, out);
    out.push(b':');
    push_two(clock / 1000 % 60, out);
    let millis = clock % 1000;
    if millis != 0 {
        out.push(b'.');
        out.push(b'0' + (millis / 100) as u8);
        push_two(millis % 100, out);
    }
    true
}

#[inline]
fn push_two(number: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(&[b'0' + (number / 10) as u8, b'0' + (number % 10) as u8]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rfc3339(zone: &str, millis: i64) -> String {
        let mut out = Vec::new();
        zone.parse::<Zone>().unwrap().write_rfc3339(Timestamp::from_millis(millis), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn zones_read() {
        assert_eq!("utc".parse(), Ok(Zone::Utc));
        assert_eq!("europe/berlin".parse(), Ok(Zone::Named(Tz::Europe__Berlin)));
        assert_eq!("-0330".parse::<Zone>().map(Zone::name).as_deref(), Ok("-03:30"));
        assert_eq!("+02".parse::<Zone>().map(Zone::name).as_deref(), Ok("+02:00"));
        assert_eq!("Local".parse(), Ok(ZoneArg::Local));
        assert_eq!("utc".parse(), Ok(ZoneArg::default()));
        assert_eq!(ZoneArg::Local.resolve(Some(Zone::Utc)), Ok(Zone::Utc));
        assert_eq!(ZoneArg::Local.resolve(None), Err(UnknownZone::Local));
        for text in ["", "Berlin", "+25:00", "+2x", "2"] {
            assert!(text.parse::<Zone>().is_err(), "{text}");
        }
    }

    #[test]
    fn times_in_zones() {
        // Both sides of the change to summer time.
        assert_eq!(rfc3339("Europe/Berlin", 1_774_745_999_000), "2026-03-29T01:59:59+01:00");
        assert_eq!(rfc3339("Europe/Berlin", 1_774_746_000_000), "2026-03-29T03:00:00+02:00");
        assert_eq!(rfc3339("-03:30", 0), "1969-12-31T20:30:00-03:30");
        assert_eq!(rfc3339("UTC", 1_774_746_000_007), "2026-03-29T01:00:00.007Z");
        // Local mean time, with seconds in its offset.
        assert_eq!(rfc3339("Europe/Berlin", -3_000_000_000_000), "1874-12-07T19:33:28+00:53");
        let berlin = Zone::Named(Tz::Europe__Berlin);
        assert_eq!(berlin.show(Timestamp::from_millis(1_774_746_000_123)), "2026-03-29 03:00:00.123");
        assert_eq!(Zone::Utc.show(Timestamp::from_millis(i64::MAX)), format!("{}ms", i64::MAX));
    }

    #[test]
    fn spans_begin_at_midnight_whatever_the_offset() {
        let floor = |zone: &str, time: &str, hours: i64| {
            let zone: Zone = zone.parse().unwrap();
            let time = Timestamp::from_iso(time.as_bytes()).unwrap();
            zone.floor(time, hours * MS_PER_HOUR).to_string()
        };
        let table = [
            ("UTC", "2026-03-29T12:34:56Z", 24, "2026-03-29T00:00:00Z"),
            // Before and after the clocks go forward, and back.
            ("Europe/Berlin", "2026-03-29T00:30:00Z", 24, "2026-03-28T23:00:00Z"),
            ("Europe/Berlin", "2026-03-29T12:00:00Z", 24, "2026-03-28T23:00:00Z"),
            ("Europe/Berlin", "2026-03-29T22:00:00Z", 24, "2026-03-29T22:00:00Z"),
            ("Europe/Berlin", "2026-10-25T12:00:00Z", 24, "2026-10-24T22:00:00Z"),
            ("Europe/Berlin", "2026-10-25T22:59:59Z", 24, "2026-10-24T22:00:00Z"),
            ("Europe/Berlin", "2026-03-29T01:30:00Z", 2, "2026-03-29T01:00:00Z"),
            ("Asia/Kolkata", "2026-08-01T00:45:00Z", 1, "2026-08-01T00:30:00Z"),
            // A day that begins at one o'clock.
            ("America/Sao_Paulo", "2018-11-04T14:00:00Z", 24, "2018-11-04T03:00:00Z"),
            // Sunday and Monday.
            ("UTC", "2026-08-02T23:59:59Z", 7 * 24, "2026-07-27T00:00:00Z"),
            ("UTC", "2026-08-03T00:00:00Z", 7 * 24, "2026-08-03T00:00:00Z"),
            ("UTC", "1969-12-31T00:00:00Z", 7 * 24, "1969-12-29T00:00:00Z"),
        ];
        for (zone, time, hours, expected) in table {
            assert_eq!(floor(zone, time, hours), expected, "{zone} {time}");
        }
    }

    proptest! {
        #[test]
        fn clocks_and_times_agree(
            millis in -2_000_000_000_000i64..4_000_000_000_000,
            zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia", "-03:30"]),
        ) {
            let zone: Zone = zone.parse().unwrap();
            let clock = zone.clock(Timestamp::from_millis(millis)).unwrap();
            let time = zone.time_of(clock).unwrap();
            // The same, or the first time that the clocks showed this.
            prop_assert_eq!(zone.clock(time), Some(clock));
            prop_assert!(time.millis() <= millis);
        }

        #[test]
        fn times_are_written_as_chrono_writes_them(
            millis in prop_oneof![any::<i64>(), -70_000_000_000_000i64..260_000_000_000_000],
            zone in prop::sample::select(vec!["UTC", "Asia/Kolkata", "America/New_York", "+05:45", "-11:00"]),
        ) {
            let time = Timestamp::from_millis(millis);
            let expected = match zone.parse::<Zone>().unwrap() {
                Zone::Utc => time.to_rfc3339(&Utc),
                Zone::Named(zone) => time.to_rfc3339(&zone),
                Zone::Fixed(offset) => time.to_rfc3339(&offset),
            };
            prop_assert_eq!(rfc3339(zone, millis), expected);
        }
    }
}
