//! Hours and weekdays in a time zone.

use chrono::{Offset, TimeZone};
use chrono_tz::Tz;

use super::choice::Choice;
use super::hours::Hours;
use super::weekdays::Weekdays;
use crate::parser::Timestamp;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// 1970-01-01 was a Thursday.
const FIRST_WEEKDAY: i64 = 3;

/// The hours and weekdays of a run, read in one time zone.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// None for UTC, which needs no look into the tables of the zones.
    zone: Option<Tz>,
    hours: u32,
    weekdays: u32,
}

impl Calendar {
    /// The hours and weekdays as the clocks of a zone show them.
    pub fn new(hours: &Choice<Hours>, weekdays: &Choice<Weekdays>, zone: Tz) -> Self {
        let bits = |count: u32, passes: &dyn Fn(u32) -> bool| {
            (0..count).filter(|place| passes(*place)).fold(0, |bits, place| bits | 1 << place)
        };
        Self {
            zone: (!matches!(zone, Tz::UTC | Tz::Etc__UTC)).then_some(zone),
            hours: bits(24, &|hour| hours.passes(|range| range.holds(hour))),
            weekdays: bits(7, &|day| weekdays.passes(|range| range.holds(day))),
        }
    }

    /// Whether a time is in one of the hours, on one of the weekdays.
    #[inline]
    pub fn holds(&self, time: Timestamp) -> bool {
        let seconds = time.millis().div_euclid(1_000) + self.zone.map_or(0, |zone| offset(zone, time));
        let hour = seconds.rem_euclid(DAY) / HOUR;
        let weekday = (seconds.div_euclid(DAY) + FIRST_WEEKDAY).rem_euclid(7);
        self.hours & (1 << hour) != 0 && self.weekdays & (1 << weekday) != 0
    }
}

/// What the zone's clocks were ahead of UTC, in seconds. Times that chrono cannot hold are read as UTC.
fn offset(zone: Tz, time: Timestamp) -> i64 {
    let Some(time) = time.to_utc() else { return 0 };
    i64::from(zone.offset_from_utc_datetime(&time.naive_utc()).fix().local_minus_utc())
}
