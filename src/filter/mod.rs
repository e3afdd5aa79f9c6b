//! Which entries count: one predicate a file, each a small value type that reads what was typed.
//!
//! The predicates are values as typed ([`Choice`] of [`Key`], [`Moment`], ...); a [`Filter`] is what runs.

mod bucket;
mod bytes;
mod calendar;
mod choice;
mod error;
mod error_code;
mod glob;
mod hours;
mod ip;
mod key;
mod moment;
mod operation;
mod period;
mod requester;
mod status;
mod text;
mod tokens;
mod user_agent;
mod weekdays;
mod window;

#[cfg(test)]
mod tests;

pub use bucket::SourceBucket;
pub use bytes::{ByteRange, EmptyRange, Size};
pub use calendar::Calendar;
pub use choice::{Choice, Predicate, Value};
pub use error::BadValue;
pub use error_code::ErrorCode;
pub use hours::Hours;
pub use ip::{Ip, Ips};
pub use key::Key;
pub use moment::Moment;
pub use operation::Operation;
pub use period::Period;
pub use requester::Requester;
pub use status::{Status, Statuses};
pub use user_agent::UserAgent;
pub use weekdays::Weekdays;
pub use window::{EmptyWindow, Window};

use crate::parser::Entry;

/// All the filters of a run, read and checked.
///
/// Clone it for every thread: regular expressions keep a space to work in, and threads that share one wait for it.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    window: Window,
    /// In the order of [`Test::cost`].
    tests: Vec<Test>,
}

/// One filter of a run, in the order of what an entry costs.
#[derive(Clone, Debug)]
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
    SourceBucket(Choice<SourceBucket>),
    /// What was asked for.
    Operation(Choice<Operation>),
    /// Why it failed.
    Error(Choice<ErrorCode>),
    /// From where.
    Ip(Ips),
    /// Who asked.
    Requester(Choice<Requester>),
    /// With what program.
    UserAgent(Choice<UserAgent>),
    /// Which object.
    Key(Choice<Key>),
}

impl Test {
    /// Whether the entry passes.
    #[inline]
    pub fn matches(&self, entry: &Entry<'_>) -> bool {
        match self {
            Self::Window(window) => window.holds(entry.timestamp()),
            Self::Anonymous => entry.requester().is_anonymous(),
            Self::Status(statuses) => statuses.matches(entry),
            Self::Bytes(range) => range.matches(entry),
            Self::Calendar(calendar) => calendar.holds(entry.timestamp()),
            Self::SourceBucket(choice) => choice.matches(entry),
            Self::Operation(choice) => choice.matches(entry),
            Self::Error(choice) => choice.matches(entry),
            Self::Ip(ips) => ips.matches(entry),
            Self::Requester(choice) => choice.matches(entry),
            Self::UserAgent(choice) => choice.matches(entry),
            Self::Key(choice) => choice.matches(entry),
        }
    }

    /// The place in the order of tests: what is cheap and what throws most entries out comes first.
    const fn cost(&self) -> u8 {
        match self {
            Self::Window(_) => 0,
            Self::Anonymous => 1,
            Self::Status(_) => 2,
            Self::Bytes(_) => 3,
            Self::Calendar(_) => 4,
            Self::SourceBucket(_) => 5,
            Self::Operation(_) => 6,
            Self::Error(_) => 7,
            Self::Ip(_) => 8,
            Self::Requester(_) => 9,
            Self::UserAgent(_) => 10,
            Self::Key(_) => 11,
        }
    }
}

impl Filter {
    /// The filter that passes what is in a window of time.
    pub fn new(window: Window) -> Self {
        let tests = if window.is_open() { Vec::new() } else { vec![Test::Window(window)] };
        Self { window, tests }
    }

    /// The filter with one more test, which entries have to pass as well.
    #[must_use]
    pub fn and(mut self, test: Test) -> Self {
        let place = self.tests.partition_point(|other| other.cost() <= test.cost());
        self.tests.insert(place, test);
        self
    }

    /// The filter for just this source bucket, on top of what it is for already.
    #[must_use]
    pub fn with_source_bucket(self, name: &str) -> Self {
        self.and(Test::SourceBucket(Choice::only(SourceBucket::named(name))))
    }

    /// The window of time, for a source that can leave out what is not in it.
    pub fn window(&self) -> Window {
        self.window
    }

    /// Whether everything passes.
    pub fn is_empty(&self) -> bool {
        self.tests.is_empty()
    }

    /// Whether the entry passes every filter.
    #[inline]
    pub fn matches(&self, entry: &Entry<'_>) -> bool {
        self.tests.is_empty() || self.passes(entry)
    }

    // Out of the way of the many runs that filter nothing.
    #[inline(never)]
    fn passes(&self, entry: &Entry<'_>) -> bool {
        self.tests.iter().all(|test| test.matches(entry))
    }
}
