//! `--hours`: at what time of the day.

use std::str::FromStr;

use super::BadValue;
use super::choice::Value;

const FORMS: &str =
    "hours from 0 to 24 such as 9-17 (9:00 to 16:59), 20-6 (over midnight) or 9 (9:00 to 9:59)";

/// Hours of the day, one bit for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours(u32);

impl Hours {
    /// Whether an hour from 0 to 23 is one of them.
    pub const fn holds(self, hour: u32) -> bool {
        self.0 & (1 << hour) != 0
    }
}

impl FromStr for Hours {
    type Err = BadValue;

    fn from_str(typed: &str) -> Result<Self, BadValue> {
        let bad = |problem| BadValue::new(typed, problem, FORMS);
        let read = |text| hour(text).ok_or_else(|| bad("is no range of hours"));
        let (start, end) = match typed.split_once('-') {
            Some((start, end)) => (read(start)?, read(end)?),
            None => (read(typed)?, read(typed)? + 1),
        };
        if start == 24 || end > 24 {
            return Err(bad("starts at 24, where the day is over"));
        }
        if start == end {
            return Err(bad("ends where it starts; the whole day is 0-24"));
        }
        let inside = |hour: &u32| {
            if start < end { (start..end).contains(hour) } else { *hour >= start || *hour < end }
        };
        Ok(Self((0..24).filter(inside).fold(0, |bits, hour| bits | 1 << hour)))
    }
}

impl Value for Hours {
    const COMMAS: bool = true;
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
