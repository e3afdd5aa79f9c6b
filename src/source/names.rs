//! The times in the names of log objects.

use chrono::NaiveDateTime;

/// Length of `YYYY-MM-DD-hh-mm-ss`.
const TIME_LEN: usize = 19;
/// Length of `-` and the sixteen characters that make a name unique.
const UNIQUE_LEN: usize = 17;

/// The name of a log object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogName {
    /// The time in it, in seconds since the epoch.
    pub time: i64,
    /// Whether it stands for a whole day of events.
    pub whole_day: bool,
}

impl LogName {
    /// Takes a key apart; `None` if it is not the name of a log object.
    pub fn parse(key: &str) -> Option<Self> {
        let name = key.strip_suffix(".gz").or_else(|| key.strip_suffix(".zst")).unwrap_or(key);
        let start = name.len().checked_sub(TIME_LEN + UNIQUE_LEN)?;
        let (time, unique) = name.get(start..)?.split_at_checked(TIME_LEN)?;
        let unique = unique.strip_prefix('-')?;
        if !unique.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()) {
            return None;
        }
        let time = NaiveDateTime::parse_from_str(time, "%Y-%m-%d-%H-%M-%S").ok()?;
        let folder = time.format("%Y/%m/%d/").to_string();
        let whole_day = name[..start].ends_with(&folder) && time.format("%H%M%S").to_string() == "000000";
        Some(Self { time: time.and_utc().timestamp(), whole_day })
    }
}
