//! `--baseline` and `--window`: a window of time in one argument.

use std::str::FromStr;

use chrono::{DateTime, Utc};

use super::{TimeArg, Window, Zone};
use crate::value_error::ValueError;

const FORMS: &str =
    "two times with .. between them: 2026-08-01..2026-08-08, 14d..7d, 7d..now; either can be left out";

/// A window of time as it was typed: `2026-08-01..2026-08-08`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first moment inside.
    pub since: Option<TimeArg>,
    /// The first moment after it.
    pub until: Option<TimeArg>,
}

impl Period {
    /// The window it stands for, in the zone where no offset was typed.
    ///
    /// # Errors
    /// If nothing can be in it.
    pub fn resolve(&self, now: DateTime<Utc>, zone: Zone) -> anyhow::Result<Window> {
        let time =
            |moment: &Option<TimeArg>| moment.as_ref().map(|moment| moment.resolve(now, zone)).transpose();
        Ok(Window::new(time(&self.since)?, time(&self.until)?)?)
    }
}

impl FromStr for Period {
    type Err = ValueError;

    fn from_str(typed: &str) -> Result<Self, ValueError> {
        let (since, until) = typed
            .split_once("..")
            .ok_or_else(|| ValueError::because("period", typed, "no .. between two times", FORMS))?;
        let moment = |text: &str| match text.trim() {
            "" => Ok(None),
            text => text.parse().map(Some),
        };
        let (since, until) = (moment(since)?, moment(until)?);
        if since.is_none() && until.is_none() {
            return Err(ValueError::because("period", typed, "no time on either side", FORMS));
        }
        Ok(Self { since, until })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_times() {
        let now = DateTime::parse_from_rfc3339("2026-08-15T00:00:00Z").unwrap().to_utc();
        let window = |typed: &str| -> anyhow::Result<[Option<String>; 2]> {
            let window = typed.parse::<Period>()?.resolve(now, Zone::Utc)?;
            Ok([window.since, window.until].map(|time| time.map(|time| time.to_string())))
        };
        let time = |text: &str| Some(text.to_owned());
        let table = [
            ("2026-08-01..2026-08-08", [time("2026-08-01T00:00:00Z"), time("2026-08-08T00:00:00Z")]),
            ("14d .. 7d", [time("2026-08-01T00:00:00Z"), time("2026-08-08T00:00:00Z")]),
            ("7d..", [time("2026-08-08T00:00:00Z"), None]),
            ("..2026-08-01T10:30", [None, time("2026-08-01T10:30:00Z")]),
        ];
        for (typed, expected) in table {
            assert_eq!(window(typed).unwrap(), expected, "{typed}");
        }
        for (typed, problem) in [
            ("2026-08-01", "no .."),
            ("..", "no time on either side"),
            ("x..7d", "not a date"),
            ("7d..14d", "before it starts"),
        ] {
            let error = window(typed).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }
}
