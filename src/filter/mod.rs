//! Which records count: one predicate a file, each a small value type that reads what was typed.
//!
//! The predicates are values as typed ([`IncludeExclude`] of [`Key`], [`TimeArg`], ...); a [`Filter`] is what runs.

mod access_key;
mod bucket;
mod bytes;
mod calendar;
#[cfg(feature = "sql")]
mod comparison;
mod condition;
mod error_code;
mod field_test;
mod glob;
mod hours;
mod include_exclude;
mod ip;
mod key;
mod misses;
mod nullable_glob;
mod operation;
mod operator;
mod requester;
#[cfg(feature = "sql")]
mod selection;
mod status;
mod tls_version;
mod tokens;
mod user_agent;
mod weekdays;

#[cfg(test)]
mod tests;

pub(crate) use access_key::AccessKey;
pub(crate) use bucket::SourceBucket;
pub(crate) use bytes::{ByteRange, Size};
pub(crate) use calendar::Calendar;
#[cfg(feature = "sql")]
pub(crate) use comparison::Comparison;
pub(crate) use condition::Condition;
pub(crate) use error_code::ErrorCode;
pub(crate) use field_test::FieldTest;
pub(crate) use hours::Hours;
pub(crate) use include_exclude::{IncludeExclude, Predicate, Value};
pub(crate) use ip::{Ip, Ips};
pub(crate) use key::Key;
pub(crate) use misses::{Missed, Misses};
pub(crate) use operation::OperationPattern;
#[cfg(feature = "sql")]
pub(crate) use operator::Operator;
pub(crate) use requester::RequesterPattern;
#[cfg(feature = "sql")]
pub(crate) use selection::Selection;
#[cfg(feature = "sql")]
pub(crate) use selection::{FieldPart, ValueTest};
pub(crate) use status::{Status, Statuses};
pub(crate) use tls_version::TlsVersion;
pub(crate) use user_agent::UserAgent;
pub(crate) use weekdays::Weekdays;

use chrono::{DateTime, Utc};
use strum::EnumDiscriminants;

use crate::dimension::DeriveOptions;
use crate::record::{Field, Record};
use crate::semantics::access_key_id;
use crate::time::Window;
use crate::value_error::{ValueError, quoted};

/// All the filters of a run, read and checked.
///
/// All threads share one: it is read only.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    window: Window,
    /// In the order of [`Test`].
    tests: Vec<Typed>,
}

/// A test, and what was typed for it.
#[derive(Clone, Debug)]
struct Typed {
    test: Test,
    /// The options, for messages.
    text: String,
    /// Their values, where they are texts or patterns.
    values: Vec<String>,
}

/// One filter of a run. The order of this list is the order of the tests: what is cheap and what throws most records out comes
/// first.
#[derive(Clone, Debug, EnumDiscriminants)]
#[strum_discriminants(name(TestKind), vis(pub(self)), derive(PartialOrd, Ord))]
pub(crate) enum Test {
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
    /// Over what kind of connection.
    TlsVersion(IncludeExclude<TlsVersion>),
    /// With what program.
    UserAgent(IncludeExclude<UserAgent>),
    /// What any field holds.
    Field(Box<FieldTest>),
    /// What a query asks of any field.
    #[cfg(feature = "sql")]
    Comparison(Box<Comparison>),
    /// With what access key.
    AccessKey(IncludeExclude<AccessKey>),
    /// Which object.
    Key(IncludeExclude<Key>),
}

impl Test {
    /// Whether the record passes.
    #[inline]
    pub(crate) fn matches(&self, record: &Record<'_>) -> bool {
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
            Self::TlsVersion(choice) => choice.matches(record),
            Self::UserAgent(choice) => choice.matches(record),
            Self::Field(test) => test.matches(record),
            #[cfg(feature = "sql")]
            Self::Comparison(comparison) => comparison.matches(record),
            Self::AccessKey(choice) => choice.matches(record),
            Self::Key(choice) => choice.matches(record),
        }
    }

    /// Hands on the text that it tests, and what people call it by; nothing if there is none.
    fn with_text(&self, record: &Record<'_>, take: &mut dyn FnMut(&[u8], &[u8])) {
        let field = match self {
            Self::SourceBucket(_) => Field::Bucket,
            Self::OperationPattern(_) => Field::Operation,
            Self::Error(_) => Field::ErrorCode,
            Self::Ip(_) => Field::RemoteIp,
            Self::UserAgent(_) => Field::UserAgent,
            Self::Key(_) => Field::Key,
            Self::TlsVersion(_) => Field::TlsVersion,
            Self::Field(test) => {
                return match test.own_filter() {
                    Some(test) => test.with_text(record, take),
                    None => test.with_text(record, |text| text.into_iter().for_each(|text| take(text, text))),
                };
            }
            Self::AccessKey(_) => {
                if let Some(key) = access_key_id(record) {
                    take(&key, &key);
                }
                return;
            }
            Self::RequesterPattern(_) => {
                let requester = record.requester();
                if let (Some(text), Some(name)) = (requester.text(), requester.principal()) {
                    take(text, name);
                }
                return;
            }
            Self::Window(_) | Self::Anonymous | Self::Status(_) | Self::Bytes(_) | Self::Calendar(_) => {
                return;
            }
            #[cfg(feature = "sql")]
            Self::Comparison(_) => return,
        };
        if let Some(text) = record.get(field) {
            take(text, text);
        }
    }
}

impl Filter {
    /// The filter that passes what is in a window of time.
    #[cfg(test)]
    pub(crate) fn new(window: Window) -> Self {
        Self::of_window(window, "--since and --until")
    }

    /// The same, with the options that were typed for it.
    pub(crate) fn of_window(window: Window, text: impl Into<String>) -> Self {
        let filter = Self { window, tests: Vec::new() };
        if window.is_open() {
            return filter;
        }
        filter.and_typed(Test::Window(window), text, Vec::new())
    }

    /// The filter with one more test, which records have to pass as well.
    #[cfg(test)]
    #[must_use]
    pub(crate) fn and(self, test: Test) -> Self {
        self.and_typed(test, "", Vec::new())
    }

    /// The same, with what was typed for it: the options, and their values where they are texts or patterns.
    #[must_use]
    pub(crate) fn and_typed(mut self, test: Test, text: impl Into<String>, values: Vec<String>) -> Self {
        let kind = TestKind::from(&test);
        let place = self.tests.partition_point(|other| TestKind::from(&other.test) <= kind);
        self.tests.insert(place, Typed { test, text: text.into(), values });
        self
    }

    /// The filter for just these source buckets, on top of what it is for already.
    #[must_use]
    pub(crate) fn with_source_buckets(self, names: &[&str]) -> Self {
        let test =
            Test::SourceBucket(IncludeExclude::any_of(names.iter().map(|name| SourceBucket::named(name))));
        let names = names.iter().map(|name| (*name).to_owned());
        let typed: Vec<String> = names.clone().map(|name| format!("--logs-of {name}")).collect();
        self.and_typed(test, typed.join(" "), names.collect())
    }

    /// The filter with one more condition on a field.
    ///
    /// # Errors
    /// If a time in it is so long ago that there was no year yet.
    pub(crate) fn with_condition(
        self,
        condition: &Condition,
        now: DateTime<Utc>,
        options: &DeriveOptions,
    ) -> Result<Self, ValueError> {
        let test = Test::Field(Box::new(condition.resolve(now, options)?));
        Ok(self.and_typed(test, format!("--where {}", quoted(condition.typed())), condition.values()))
    }

    /// The filter with what a query asks of records.
    #[cfg(feature = "sql")]
    #[must_use]
    pub(crate) fn with_comparison(mut self, comparison: Comparison) -> Self {
        let window = comparison.window();
        self.window.since = self.window.since.max(window.since);
        self.window.until = match (self.window.until, window.until) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        let buckets = comparison.source_buckets();
        let filter =
            self.and_typed(Test::Comparison(Box::new(comparison)), "the conditions of the query", Vec::new());
        let and = |filter: Self, test| filter.and_typed(test, "the buckets of the query", Vec::new());
        buckets.into_iter().fold(filter, and)
    }

    /// The window of time, for a source that can leave out what is not in it.
    pub(crate) fn window(&self) -> Window {
        self.window
    }

    /// Whether a time is all that is asked of records.
    pub(crate) fn is_of_time_alone(&self) -> bool {
        !self.tests.is_empty() && self.tests.iter().all(|typed| matches!(typed.test, Test::Window(_)))
    }

    /// Which source buckets can pass, for a source that can leave out the others; `None` if all can.
    pub(crate) fn source_buckets(&self) -> Option<impl Fn(&str) -> bool + Send + Sync + 'static> {
        let tests = self.tests.iter().filter_map(|test| match &test.test {
            Test::SourceBucket(choice) => Some(choice.clone()),
            _ => None,
        });
        let tests: Vec<_> = tests.collect();
        let test =
            move |name: &str| tests.iter().all(|choice| choice.passes(|bucket| bucket.matches_name(name)));
        self.tests.iter().any(|test| matches!(test.test, Test::SourceBucket(_))).then_some(test)
    }

    /// Whether everything passes.
    #[cfg(any(test, feature = "sql"))]
    pub(crate) fn is_empty(&self) -> bool {
        self.tests.is_empty()
    }

    /// Whether the record passes every filter.
    #[cfg(test)]
    #[inline]
    pub(crate) fn matches(&self, record: &Record<'_>) -> bool {
        self.first_failed(record).is_none()
    }

    /// The place of the first test that the record does not pass, for [`Misses`].
    #[inline]
    pub(crate) fn first_failed(&self, record: &Record<'_>) -> Option<usize> {
        if self.tests.is_empty() { None } else { self.failed(record) }
    }

    // Out of the way of the many runs that filter nothing.
    #[inline(never)]
    fn failed(&self, record: &Record<'_>) -> Option<usize> {
        self.tests.iter().position(|typed| !typed.test.matches(record))
    }

    /// All that was typed.
    pub(crate) fn typed(&self) -> String {
        self.texts(|_| true)
    }

    /// What was typed that chooses among the requests for an object, and not objects and times.
    pub(crate) fn typed_of_requests(&self) -> String {
        self.texts(|test| match test {
            Test::Window(_) | Test::SourceBucket(_) | Test::Key(_) => false,
            Test::Field(test) => !test.dimension().is_of_object_or_time(),
            _ => true,
        })
    }

    fn texts(&self, is_meant: impl Fn(&Test) -> bool) -> String {
        let meant = self.tests.iter().filter(|typed| is_meant(&typed.test));
        meant.map(|typed| typed.text.as_str()).collect::<Vec<_>>().join(" ")
    }
}
