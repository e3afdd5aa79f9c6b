//! Hours and weekdays in a time zone.

use chrono_tz::Tz;

use super::hours::Hours;
use super::include_exclude::IncludeExclude;
use super::weekdays::Weekdays;
use crate::time::{Timestamp, Zone};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// 1970-01-01 was a Thursday.
const FIRST_WEEKDAY: i64 = 3;

/// The hours and weekdays of a run, read in one time zone.
#[derive(Clone, Debug)]
pub(crate) struct Calendar {
    zone: Zone,
    hours: u32,
    weekdays: u32,
}

impl Calendar {
    /// The hours and weekdays as the clocks of a zone show them.
    pub(crate) fn new(
        hours: &IncludeExclude<Hours>,
        weekdays: &IncludeExclude<Weekdays>,
        zone: Zone,
    ) -> Self {
        let bits = |count: u32, passes: &dyn Fn(u32) -> bool| {
            (0..count).filter(|place| passes(*place)).fold(0, |bits, place| bits | 1 << place)
        };
        Self {
            // UTC needs no look into the tables of the zones.
            zone: if matches!(zone, Zone::Named(Tz::UTC | Tz::Etc__UTC)) { Zone::Utc } else { zone },
            hours: bits(24, &|hour| hours.passes(|range| range.holds(hour))),
            weekdays: bits(7, &|day| weekdays.passes(|range| range.holds(day))),
        }
    }

    /// Whether a time is in one of the hours, on one of the weekdays.
    #[inline]
    pub(crate) fn holds(&self, time: Timestamp) -> bool {
        let seconds = time.millis().div_euclid(1_000) + i64::from(self.zone.seconds_ahead(time).unwrap_or(0));
        let hour = seconds.rem_euclid(DAY) / HOUR;
        let weekday = (seconds.div_euclid(DAY) + FIRST_WEEKDAY).rem_euclid(7);
        self.hours & (1 << hour) != 0 && self.weekdays & (1 << weekday) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> Timestamp {
        chrono::DateTime::parse_from_rfc3339(time).unwrap().to_utc().into()
    }

    #[test]
    fn hours_and_weekdays_of_a_zone() {
        let [berlin, kolkata, west] =
            ["Europe/Berlin", "Asia/Kolkata", "-03:30"].map(|zone| zone.parse::<Zone>().unwrap());
        // 2026-08-01 is a Saturday.
        let table: &[(&str, &str, Zone, &str, bool)] = &[
            ("20-6", "", Zone::Utc, "2026-08-01T20:00:00Z", true),
            ("20-6", "", Zone::Utc, "2026-08-01T05:59:59Z", true),
            ("20-6", "", Zone::Utc, "2026-08-01T06:00:00Z", false),
            ("!20-6", "", Zone::Utc, "2026-08-01T06:00:00Z", true),
            ("9-12,14", "", Zone::Utc, "2026-08-01T14:30:00Z", true),
            ("8", "", berlin, "2026-08-01T06:00:00Z", true),
            ("7", "", berlin, "2026-01-01T06:00:00Z", true),
            ("8", "", berlin, "2026-01-01T06:00:00Z", false),
            ("12", "", kolkata, "2026-01-01T06:30:00Z", true),
            ("2", "fri", west, "2026-08-01T06:00:00Z", false),
            ("2", "sat", west, "2026-08-01T06:00:00Z", true),
            ("9", "", Zone::Named(Tz::UTC), "2026-08-01T09:00:00Z", true),
            ("", "sat", Zone::Utc, "2026-08-01T23:59:59Z", true),
            ("", "sun", berlin, "2026-08-01T22:00:00Z", true),
            ("", "sat", berlin, "2026-08-01T22:00:00Z", false),
            ("", "mon-fri,sun", Zone::Utc, "2026-08-01T12:00:00Z", false),
            ("", "!sat-sun", Zone::Utc, "2026-08-03T00:00:00Z", true),
            ("", "wed", Zone::Utc, "1969-12-31T23:59:59Z", true),
            ("23", "wed", Zone::Utc, "1969-12-31T23:59:59Z", true),
            ("", "thu", Zone::Utc, "1970-01-01T00:00:00Z", true),
            ("20-6", "sat", Zone::Utc, "2026-08-02T02:00:00Z", false),
        ];
        for (hours, weekdays, zone, time, expected) in table {
            let hours = if hours.is_empty() { IncludeExclude::default() } else { hours.parse().unwrap() };
            let weekdays =
                if weekdays.is_empty() { IncludeExclude::default() } else { weekdays.parse().unwrap() };
            let calendar = Calendar::new(&hours, &weekdays, *zone);
            assert_eq!(calendar.holds(at(time)), *expected, "{hours:?} {weekdays:?} {zone:?} {time}");
        }
    }

    #[test]
    fn times_out_of_all_calendars() {
        let calendar = Calendar::new(
            &IncludeExclude::default(),
            &IncludeExclude::default(),
            Zone::Named(Tz::Europe__Berlin),
        );
        assert!(
            [i64::MIN, i64::MAX].into_iter().all(|millis| calendar.holds(Timestamp::from_millis(millis)))
        );
    }
}
