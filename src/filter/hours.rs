//! `--hours`: at what time of the day.

use std::str::FromStr;

use super::include_exclude::Value;
use crate::value_error::ValueError;

const FORMS: &str =
    "hours from 0 to 24 such as 9-17 (9:00 to 16:59), 20-6 (over midnight) or 9 (9:00 to 9:59)";

/// Hours of the day, one bit for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hours(u32);

impl Hours {
    /// Whether an hour from 0 to 23 is one of them.
    pub(crate) const fn holds(self, hour: u32) -> bool {
        self.0 & (1 << hour) != 0
    }
}

impl FromStr for Hours {
    type Err = ValueError;

    fn from_str(typed: &str) -> Result<Self, ValueError> {
        let bad = |problem| ValueError::because("hours", typed, problem, FORMS);
        let read = |text| hour(text).ok_or_else(|| ValueError::invalid("hours", typed, FORMS));
        let (start, end) = match typed.split_once('-') {
            Some((start, end)) => (read(start)?, read(end)?),
            None => (read(typed)?, read(typed)? + 1),
        };
        if start == 24 || end > 24 {
            return Err(bad("24 is the end of the day"));
        }
        if start == end {
            return Err(bad("it ends where it starts; the whole day is 0-24"));
        }
        let inside = |hour: &u32| {
            if start < end { (start..end).contains(hour) } else { *hour >= start || *hour < end }
        };
        Ok(Self((0..24).filter(inside).fold(0, |bits, hour| bits | 1 << hour)))
    }
}

impl Value for Hours {
    const HOLDS_COMMAS: bool = false;
}

/// An hour, as `9`, `09` or `09:00`.
fn hour(text: &str) -> Option<u32> {
    let text = text.trim();
    let digits = text.strip_suffix(":00").unwrap_or(text);
    if digits.is_empty() || digits.len() > 2 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().filter(|hour| *hour <= 24)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::tests::refuses;

    #[test]
    fn ranges() {
        let table: &[(&str, &[u32])] = &[
            ("20-6", &[0, 1, 2, 3, 4, 5, 20, 21, 22, 23]),
            ("9-12", &[9, 10, 11]),
            ("09:00-12:00", &[9, 10, 11]),
            ("9", &[9]),
            ("23", &[23]),
            ("22-24", &[22, 23]),
            ("22-0", &[22, 23]),
            ("0 - 2", &[0, 1]),
        ];
        for (typed, expected) in table {
            let hours: Hours = typed.parse().unwrap();
            let held: Vec<u32> = (0..24).filter(|hour| hours.holds(*hour)).collect();
            assert_eq!(held, *expected, "{typed}");
        }
        assert_eq!("0-24".parse(), Ok(Hours(0xFF_FFFF)));
        refuses::<Hours>(&[
            "", "24", "24-6", "25-3", "9-9", "9-", "-9", "a-b", "9:30-10", "20-6-7", "009", "+9", "1,",
        ]);
    }
}
