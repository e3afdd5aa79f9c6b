//! A window of event times as a span of names.

use std::collections::HashMap;
use std::time::Duration;

use crate::time::Timestamp;

use super::names::{LogName, Place, Span};

/// How much later than an event its log is still looked for, unless told otherwise.
pub const DELIVERY_LAG: Duration = Duration::from_secs(24 * 3600);

/// Which events are wanted: `since` included, `until` excluded.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// The first moment.
    pub since: Option<Timestamp>,
    /// The first moment that is too late.
    pub until: Option<Timestamp>,
    /// How long after an event its log can be delivered.
    pub lag: Duration,
}

impl Default for Window {
    fn default() -> Self {
        Self { since: None, until: None, lag: DELIVERY_LAG }
    }
}

impl Window {
    /// The names that can hold such events: a log is delivered after the events in it, at most `lag` later.
    pub fn span(&self) -> Span {
        let seconds = |time: Timestamp| time.millis().div_euclid(1000);
        let lag = i64::try_from(self.lag.as_secs()).unwrap_or(i64::MAX);
        Span {
            first: self.since.map(seconds),
            last: self.until.map(|until| seconds(until).saturating_add(lag)),
        }
    }
}

/// The spans of names that are wanted: one for all, and where a mirror has some already, a later beginning for them.
#[derive(Clone, Debug, Default)]
pub struct Spans {
    /// For every base that is not named.
    pub all: Span,
    /// The first second by base.
    pub first_by_base: HashMap<String, Option<i64>>,
}

impl From<Span> for Spans {
    fn from(all: Span) -> Self {
        Self { all, first_by_base: HashMap::new() }
    }
}

impl Spans {
    /// The span of the names of a base.
    pub fn of(&self, base: &str) -> Span {
        match self.first_by_base.get(base) {
            Some(&first) => Span { first, ..self.all },
            None => self.all,
        }
    }

    /// Where a name lies.
    pub fn place(&self, name: &LogName<'_>) -> Place {
        name.place(self.of(name.base))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lag_widens_the_upper_end() {
        let window = Window {
            since: Some(Timestamp::from_millis(1_500)),
            until: Some(Timestamp::from_millis(10_000)),
            lag: Duration::from_secs(60),
        };
        assert_eq!(window.span(), Span { first: Some(1), last: Some(70) });
        assert_eq!(Window::default().span(), Span::default());
        let endless = Window { lag: Duration::MAX, ..window };
        assert_eq!(endless.span().last, Some(i64::MAX));
    }
}
