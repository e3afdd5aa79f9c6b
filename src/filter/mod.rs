//! Which records count: one predicate a file, each a small value type that reads what was typed.
//!
//! The predicates are values as typed ([`IncludeExclude`] of [`Key`], [`TimeArg`], ...); a [`Filter`] is what runs.

mod bucket;
mod bytes;
mod calendar;
mod error_code;
mod glob;
mod hours;
mod include_exclude;
mod ip;
mod key;
mod nullable_glob;
mod operation;
mod requester;
mod status;
mod tokens;
mod user_agent;
mod weekdays;

#[cfg(test)]
mod tests;

pub use bucket::SourceBucket;
pub use bytes::{ByteRange, EmptyRange, Size};
pub use calendar::Calendar;
pub use error_code::ErrorCode;
pub use hours::Hours;
pub use include_exclude::{IncludeExclude, Predicate, Value};
pub use ip::{Ip, Ips};
pub use key::Key;
pub use operation::OperationPattern;
pub use requester::RequesterPattern;
pub use status::{Status, Statuses};
pub use user_agent::UserAgent;
pub use weekdays::Weekdays;

use strum::EnumDiscriminants;

use crate::record::Record;
use crate::time::Window;

/// All the filters of a run, read and checked.
///
/// All threads share one: it is read only.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    window: Window,
    /// In the order of [`Test`].
    tests: Vec<Test>,
}

/// One filter of a run. The order of this list is the order of the tests: what is cheap and what throws most records out comes
/// first.
#[derive(Clone, Debug, EnumDiscriminants)]
#[strum_discriminants(name(TestKind), vis(pub(self)), derive(PartialOrd, Ord))]
pub enum Test {
    /// When.
    Window(Window),
    /// Only requests without authentication.
    Anonymous,
    /// With what outcome.
    Status(Statuses),
    /// How much was sent.
    Bytes(ByteRange),
    /// At what hours and on what weekdays.
    Calendar(Calendar),
    /// Which bucket was accessed.
    SourceBucket(IncludeExclude<SourceBucket>),
    /// What was asked for.
    OperationPattern(IncludeExclude<OperationPattern>),
    /// Why it failed.
    Error(IncludeExclude<ErrorCode>),
    /// From where.
    Ip(Ips),
    /// Who asked.
    RequesterPattern(IncludeExclude<RequesterPattern>),
    /// With what program.
    UserAgent(IncludeExclude<UserAgent>),
    /// Which object.
    Key(IncludeExclude<Key>),
}

impl Test {
    /// Whether the record passes.
    #[inline]
    pub fn matches(&self, record: &Record<'_>) -> bool {
        match self {
            Self::Window(window) => window.holds(record.timestamp()),
            Self::Anonymous => record.requester().is_anonymous(),
            Self::Status(statuses) => statuses.matches(record),
            Self::Bytes(range) => range.matches(record),
            Self::Calendar(calendar) => calendar.holds(record.timestamp()),
            Self::SourceBucket(choice) => choice.matches(record),
            Self::OperationPattern(choice) => choice.matches(record),
            Self::Error(choice) => choice.matches(record),
            Self::Ip(ips) => ips.matches(record),
            Self::RequesterPattern(choice) => choice.matches(record),
            Self::UserAgent(choice) => choice.matches(record),
            Self::Key(choice) => choice.matches(record),
        }
    }
}

impl Filter {
    /// The filter that passes what is in a window of time.
    pub fn new(window: Window) -> Self {
        let tests = if window.is_open() { Vec::new() } else { vec![Test::Window(window)] };
        Self { window, tests }
    }

    /// The filter with one more test, which records have to pass as well.
    #[must_use]
    pub fn and(mut self, test: Test) -> Self {
        let kind = TestKind::from(&test);
        let place = self.tests.partition_point(|other| TestKind::from(other) <= kind);
        self.tests.insert(place, test);
        self
    }

    /// The filter for just this source bucket, on top of what it is for already.
    #[must_use]
    pub fn with_source_bucket(self, name: &str) -> Self {
        self.and(Test::SourceBucket(IncludeExclude::only(SourceBucket::named(name))))
    }

    /// The window of time, for a source that can leave out what is not in it.
    pub fn window(&self) -> Window {
        self.window
    }

    /// Which source buckets can pass, for a source that can leave out the others; `None` if all can.
    pub fn source_buckets(&self) -> Option<impl Fn(&str) -> bool + Send + Sync + 'static> {
        let tests = self.tests.iter().filter_map(|test| match test {
            Test::SourceBucket(choice) => Some(choice.clone()),
            _ => None,
        });
        let tests: Vec<_> = tests.collect();
        let test =
            move |name: &str| tests.iter().all(|choice| choice.passes(|bucket| bucket.matches_name(name)));
        self.tests.iter().any(|test| matches!(test, Test::SourceBucket(_))).then_some(test)
    }

    /// Whether everything passes.
    pub fn is_empty(&self) -> bool {
        self.tests.is_empty()
    }

    /// Whether the record passes every filter.
    #[inline]
    pub fn matches(&self, record: &Record<'_>) -> bool {
        self.tests.is_empty() || self.passes(record)
    }

    // Out of the way of the many runs that filter nothing.
    #[inline(never)]
    fn passes(&self, record: &Record<'_>) -> bool {
        self.tests.iter().all(|test| test.matches(record))
    }
}
