//! `--weekdays`: on what days of the week.

use std::str::FromStr;

use chrono::Weekday;

use super::include_exclude::Value;
use crate::value_error::ValueError;

const FORMS: &str = "mon, tue, wed, thu, fri, sat, sun, or a range such as mon-fri";

/// Days of the week, one bit for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Weekdays(u8);

impl Weekdays {
    /// Whether a day, counted from 0 for Monday, is one of them.
    pub(crate) const fn holds(self, day: u32) -> bool {
        self.0 & (1 << day) != 0
    }
}

impl FromStr for Weekdays {
    type Err = ValueError;

    fn from_str(typed: &str) -> Result<Self, ValueError> {
        let (first, last) = typed.split_once('-').unwrap_or((typed, typed));
        let day = |text: &str| {
            let day = text.trim().parse::<Weekday>();
            day.map_err(|_| ValueError::invalid("weekday", typed, FORMS))
        };
        let (mut day, last) = (day(first)?, day(last)?);
        let mut bits = 1 << day.num_days_from_monday();
        while day != last {
            day = day.succ();
            bits |= 1 << day.num_days_from_monday();
        }
        Ok(Self(bits))
    }
}

impl Value for Weekdays {
    const HOLDS_COMMAS: bool = false;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::tests::refuses;

    #[test]
    fn ranges() {
        let table: &[(&str, &[u32])] = &[
            ("mon", &[0]),
            ("Sunday", &[6]),
            ("mon-fri", &[0, 1, 2, 3, 4]),
            ("sat - mon", &[0, 5, 6]),
            ("tue-tue", &[1]),
            ("mon-sun", &[0, 1, 2, 3, 4, 5, 6]),
        ];
        for (typed, expected) in table {
            let days: Weekdays = typed.parse().unwrap();
            let held: Vec<u32> = (0..7).filter(|day| days.holds(*day)).collect();
            assert_eq!(held, *expected, "{typed}");
        }
        refuses::<Weekdays>(&["", "m", "monx", "mon-", "-fri", "mon-fri-sun", "1", "mon,"]);
    }
}
