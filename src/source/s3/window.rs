//! A window of event times as a span of names.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::time::Timestamp;

use super::location::Location;
use super::names::{Layout, LogName, Span, SpanPosition};
use super::store::Object;

/// How much later than an event its log is still looked for, unless told otherwise.
pub(crate) const DELIVERY_LAG: Duration = Duration::from_secs(24 * 3600);

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
    pub(crate) fn span(&self) -> Span {
        let seconds = |time: Timestamp| time.millis().div_euclid(1000);
        let lag = i64::try_from(self.lag.as_secs()).unwrap_or(i64::MAX);
        Span {
            first: self.since.map(seconds),
            last: self.until.map(|until| seconds(until).saturating_add(lag)),
        }
    }
}

/// Tells by its name whether the requests to a bucket are wanted.
#[derive(Clone)]
pub struct BucketTest(Arc<dyn Fn(&str) -> bool + Send + Sync>);

impl BucketTest {
    /// A test of names.
    pub fn new(test: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(test))
    }
}

impl fmt::Debug for BucketTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BucketTest")
    }
}

/// Tells whether an object that was listed is to be downloaded.
#[derive(Clone)]
pub struct ObjectTest(Arc<dyn Fn(&str, u64, Option<&str>) -> bool + Send + Sync>);

impl ObjectTest {
    /// A test of the URL, the size and the ETag.
    #[cfg(feature = "sql")]
    pub(crate) fn new(test: impl Fn(&str, u64, Option<&str>) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(test))
    }

    pub(super) fn wants(&self, url: &str, object: &Object) -> bool {
        (self.0)(url, object.size, object.etag.as_deref())
    }
}

impl fmt::Debug for ObjectTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ObjectTest")
    }
}

/// Which logs of a location are read.
#[derive(Clone, Debug, Default)]
pub struct LogSelection {
    /// The window of event times.
    pub window: Window,
    /// Locations of the same bucket whose logs are not wanted, because they were read before.
    pub except: Vec<Location>,
    /// Whose logs are wanted, if not those of all buckets. Only a layout that has the bucket in its names can tell.
    pub buckets: Option<BucketTest>,
    /// Whether objects are logs whatever their names.
    pub any_name: bool,
    /// Which of them are downloaded, if not all.
    pub objects: Option<ObjectTest>,
}

/// The spans of names that are wanted: one for all, and where a mirror has some already, a later beginning for them.
#[derive(Clone, Debug, Default)]
pub(super) struct Spans {
    /// For every base that is not named.
    pub(crate) all: Span,
    /// The last second of the events that are wanted: names that stand for a day of events need no later one.
    pub(crate) last_event: Option<i64>,
    /// The first second by base.
    pub(crate) first_by_base: HashMap<String, Option<i64>>,
    /// Whose logs are wanted, if not those of all buckets.
    pub(crate) buckets: Option<BucketTest>,
    /// Whether objects are logs whatever their names.
    pub(crate) any_name: bool,
}

impl From<Span> for Spans {
    fn from(all: Span) -> Self {
        Self { all, ..Self::default() }
    }
}

impl From<Window> for Spans {
    fn from(window: Window) -> Self {
        let last_event = window.until.map(|until| until.millis().saturating_sub(1).div_euclid(1000));
        Self { last_event, ..window.span().into() }
    }
}

impl Spans {
    /// The span of the names of a base.
    pub(super) fn of(&self, base: &str) -> Span {
        match self.first_by_base.get(base) {
            Some(&first) => Span { first, ..self.all },
            None => self.all,
        }
    }

    /// The span of what is named after the day of its events, which needs no time for a delivery.
    pub(super) fn of_days(&self) -> Span {
        Span { last: self.last_event.or(self.all.last), ..self.all }
    }

    /// Where a name lies. One of a bucket that is not wanted comes after all that is. `of_events` tells that the days of its
    /// base are known to be those of events.
    pub(super) fn position(&self, name: &LogName<'_>, of_events: bool) -> SpanPosition {
        let is_later = of_events && name.whole_day && self.last_event.is_some_and(|last| name.time > last);
        if is_later || !self.is_of_wanted_bucket(name) {
            return SpanPosition::After;
        }
        name.position(self.of(name.base))
    }

    /// For a name that is not inside: a key that no name inside comes before.
    pub(super) fn skip(&self, name: &LogName<'_>, of_events: bool) -> Option<String> {
        match self.position(name, of_events) {
            SpanPosition::After if name.layout == Layout::Partitioned => Some(name.end_of_base()),
            _ => name.skip(self.of(name.base)),
        }
    }

    fn is_of_wanted_bucket(&self, name: &LogName<'_>) -> bool {
        match (&self.buckets, name.source_bucket()) {
            (Some(test), Some(bucket)) => (test.0)(bucket),
            _ => true,
        }
    }
}

/// What the days in the names of a base stand for, by those that have been seen.
///
/// Names of a whole day end with midnight, and so does that of a log that was delivered just then. Where all names of a base end
/// so, they are of events.
#[derive(Debug, Default)]
pub(super) struct DaysOfBase {
    base: String,
    of_events: bool,
}

impl DaysOfBase {
    /// Whether names of this base that came before are all of whole days.
    pub(super) fn are_of_events(&self, name: &LogName<'_>) -> bool {
        self.of_events && self.base == name.base
    }

    /// Notes a name.
    pub(super) fn note(&mut self, name: &LogName<'_>) {
        if self.base == name.base {
            self.of_events &= name.whole_day;
        } else {
            name.base.clone_into(&mut self.base);
            self.of_events = name.whole_day;
        }
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
