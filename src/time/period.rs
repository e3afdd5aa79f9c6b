//! `--baseline` and `--window`: a window of time in one argument.

use std::str::FromStr;

use chrono::{DateTime, Utc};

use super::{TimeArg, Timestamp, Window, Zone};
use crate::value_error::ValueError;

const FORMS: &str =
    "two times with .. between them: 2026-08-01..2026-08-08, 14d..7d, 7d..now; either can be left out";

/// A window of time as it was typed: `2026-08-01..2026-08-08`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Period {
    /// The first moment inside.
    pub(crate) since: Option<TimeArg>,
    /// The first moment after it.
    pub(crate) until: Option<TimeArg>,
}

impl Period {
    /// The window it means; times without an offset are in the zone.
    ///
    /// # Errors
    /// If no time can be in the window.
    pub(crate) fn resolve(&self, now: DateTime<Utc>, zone: Zone) -> anyhow::Result<Window> {
        let time =
            |moment: &Option<TimeArg>| moment.as_ref().map(|moment| moment.resolve(now, zone)).transpose();
        Ok(Window::new(time(&self.since)?, time(&self.until)?)?)
    }
}

impl Period {
    /// The period of equal length that ends where a window begins; `None` where the window is open on a side.
    pub(crate) fn before(window: Window) -> Option<Self> {
        let (since, until) = (window.since?, window.until?);
        let length = until.millis().saturating_sub(since.millis());
        let start = Timestamp::from_millis(since.millis().saturating_sub(length));
        // Times that are written with their offset are read back whatever the zone is.
        let typed = |time: Timestamp| time.to_string().parse().ok();
        Some(Self { since: Some(typed(start)?), until: Some(typed(since)?) })
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
    fn the_same_length_before() {
        let now = DateTime::parse_from_rfc3339("2026-08-15T00:00:00.250Z").unwrap().to_utc();
        let zone: Zone = "Europe/Berlin".parse().unwrap();
        let before = |typed: &str| {
            let window = typed.parse::<Period>().unwrap().resolve(now, zone).unwrap();
            let period = Period::before(window)?.resolve(now, zone).unwrap();
            Some(
                [period.since, period.until]
                    .map(|time| time.map(|time| time.to_string()).unwrap_or_default()),
            )
        };
        let at = |since: &str, until: &str| Some([since, until].map(str::to_owned));
        assert_eq!(before("7d..now"), at("2026-08-01T00:00:00.250Z", "2026-08-08T00:00:00.250Z"));
        assert_eq!(before("2026-08-02..2026-08-03"), at("2026-07-31T22:00:00Z", "2026-08-01T22:00:00Z"));
        assert_eq!(before("2026-08-02.."), None);
    }

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
