//! Units of the calendar: the spans that people name.

use chrono::{Datelike as _, Days, Months, NaiveDateTime};

use super::{Timestamp, Zone};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A unit of the calendar in a zone. Weeks begin on Monday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CalendarUnit {
    /// From the first of a month on.
    Month,
    /// From Monday on.
    Week,
    /// From midnight on.
    Day,
    /// An hour.
    Hour,
    /// A minute.
    Minute,
    /// A second, as exact as log lines are.
    Second,
    /// A millisecond, as exact as times are.
    Millisecond,
}

impl CalendarUnit {
    /// The start of the unit that holds the time.
    pub(crate) fn start(self, time: Timestamp, zone: Zone) -> Timestamp {
        match self {
            Self::Month => {
                let first = zone.clock(time).and_then(|clock| clock.date().with_day(1)?.and_hms_opt(0, 0, 0));
                first.and_then(|first| zone.time_of(first)).unwrap_or(time)
            }
            Self::Week => zone.floor(time, 7 * DAY),
            Self::Day => zone.floor(time, DAY),
            Self::Hour => zone.floor(time, HOUR),
            Self::Minute => zone.floor(time, MINUTE),
            Self::Second => time.floor(1_000),
            Self::Millisecond => time,
        }
    }

    /// The first moment after the unit that starts there.
    pub(crate) fn end(self, start: Timestamp, zone: Zone) -> Timestamp {
        let after = |millis: i64| Timestamp::from_millis(start.millis().saturating_add(millis));
        // Days and months end when the zone's clocks say so.
        let clock = |next: &dyn Fn(NaiveDateTime) -> Option<NaiveDateTime>| {
            let end = zone.clock(start).and_then(next).and_then(|next| zone.time_of(next));
            end.filter(|end| *end > start).unwrap_or(after(1))
        };
        let midnight = |clock: NaiveDateTime| clock.date().and_hms_opt(0, 0, 0);
        match self {
            Self::Month => clock(&|start| midnight(start)?.checked_add_months(Months::new(1))),
            Self::Week => clock(&|start| midnight(start)?.checked_add_days(Days::new(7))),
            Self::Day => clock(&|start| midnight(start)?.checked_add_days(Days::new(1))),
            Self::Hour => after(HOUR),
            Self::Minute => after(MINUTE),
            Self::Second => after(1_000),
            Self::Millisecond => after(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_zones() {
        let time = |text: &str| Timestamp::from_iso(text.as_bytes()).unwrap();
        let table = [
            (
                CalendarUnit::Month,
                "UTC",
                "2026-02-15T10:00:00Z",
                "2026-02-01T00:00:00Z",
                "2026-03-01T00:00:00Z",
            ),
            (
                CalendarUnit::Month,
                "Asia/Tokyo",
                "2026-02-28T15:00:00Z",
                "2026-02-28T15:00:00Z",
                "2026-03-31T15:00:00Z",
            ),
            (
                CalendarUnit::Month,
                "Europe/Berlin",
                "2026-03-10T00:00:00Z",
                "2026-02-28T23:00:00Z",
                "2026-03-31T22:00:00Z",
            ),
            (
                CalendarUnit::Week,
                "UTC",
                "2026-08-02T23:59:59Z",
                "2026-07-27T00:00:00Z",
                "2026-08-03T00:00:00Z",
            ),
            (
                CalendarUnit::Day,
                "Europe/Berlin",
                "2026-03-29T12:00:00Z",
                "2026-03-28T23:00:00Z",
                "2026-03-29T22:00:00Z",
            ),
            // A day that begins at one o'clock.
            (
                CalendarUnit::Day,
                "America/Sao_Paulo",
                "2018-11-04T14:00:00Z",
                "2018-11-04T03:00:00Z",
                "2018-11-05T02:00:00Z",
            ),
            (
                CalendarUnit::Hour,
                "Asia/Kolkata",
                "2026-08-01T00:45:00Z",
                "2026-08-01T00:30:00Z",
                "2026-08-01T01:30:00Z",
            ),
            (
                CalendarUnit::Second,
                "UTC",
                "1969-12-31T23:59:59.5Z",
                "1969-12-31T23:59:59Z",
                "1970-01-01T00:00:00Z",
            ),
        ];
        for (unit, zone, inside, start, end) in table {
            let zone: Zone = zone.parse().unwrap();
            assert_eq!(unit.start(time(inside), zone), time(start), "{unit:?} {inside}");
            assert_eq!(unit.end(time(start), zone), time(end), "{unit:?} {inside}");
        }
    }
}
