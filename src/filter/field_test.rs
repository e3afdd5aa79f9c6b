//! The test that a condition becomes: of a field, or of what is derived from one.

use super::include_exclude::IncludeExclude;
use super::nullable_glob::NullableGlob;
use super::operator::Operator;
#[cfg(feature = "sql")]
use super::selection::FieldPart;
use super::{Test, Weekdays};
use crate::dimension::{DeriveOptions, Derived, Dimension};
#[cfg(feature = "sql")]
use crate::record::FieldKind;
use crate::record::{Field, Record};
use crate::time::{Timestamp, Zone};

/// A test of a field, or of what is derived from one.
#[derive(Clone, Debug)]
pub(crate) struct FieldTest {
    pub(super) dimension: Dimension,
    pub(super) options: DeriveOptions,
    pub(super) is_negated: bool,
    pub(super) kind: Kind,
}

/// What the value of the field is tested for.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Filter(Box<Test>),
    Text(IncludeExclude<NullableGlob>),
    Weekdays(IncludeExclude<Weekdays>),
    Numbers(IncludeExclude<Option<u64>>),
    Number(Operator, u64),
    Times(IncludeExclude<SpanOrText>),
    Time(Operator, Timestamp),
}

/// A span of time, or a pattern for the text of one.
#[derive(Clone, Debug)]
pub(super) enum SpanOrText {
    Span((Timestamp, Timestamp)),
    Text(NullableGlob),
}

impl FieldTest {
    /// Whether the record passes.
    pub(crate) fn matches(&self, record: &Record<'_>) -> bool {
        self.holds(record) != self.is_negated
    }

    fn holds(&self, record: &Record<'_>) -> bool {
        match &self.kind {
            Kind::Filter(test) => test.matches(record),
            Kind::Text(texts) => self.with_text(record, |text| texts.passes(|glob| glob.matches(text))),
            Kind::Weekdays(days) => {
                let day = weekday(record.timestamp(), self.options.zone);
                day.is_some_and(|day| days.passes(|days| days.holds(day)))
            }
            Kind::Numbers(_) | Kind::Number(..) => self.holds_number(self.number(record)),
            Kind::Times(times) => times.passes(|time| match time {
                SpanOrText::Span((start, end)) => (*start..*end).contains(&record.timestamp()),
                SpanOrText::Text(glob) => self.with_text(record, |text| glob.matches(text)),
            }),
            Kind::Time(operator, bound) => operator.holds(record.timestamp().cmp(bound)),
        }
    }

    fn holds_number(&self, number: Option<u64>) -> bool {
        match &self.kind {
            Kind::Numbers(numbers) => numbers
                .passes(|wanted| *wanted == number || wanted.is_some() && *wanted == self.or_zero(number)),
            Kind::Number(operator, bound) => {
                self.or_zero(number).is_some_and(|number| operator.holds(number.cmp(bound)))
            }
            _ => false,
        }
    }

    /// The number that is compared: a dash in bytes_sent is zero bytes.
    fn or_zero(&self, number: Option<u64>) -> Option<u64> {
        let is_sent = self.dimension == Dimension::Field(Field::BytesSent);
        number.or(is_sent.then_some(0))
    }

    fn number(&self, record: &Record<'_>) -> Option<u64> {
        match self.dimension {
            Dimension::Field(field) => record.number(field),
            Dimension::Derived(_) => {
                self.with_text(record, |text| std::str::from_utf8(text?).ok()?.parse().ok())
            }
        }
    }

    /// What `read` makes of the value's text; times are written out.
    pub(super) fn with_text<T>(&self, record: &Record<'_>, read: impl FnOnce(Option<&[u8]>) -> T) -> T {
        let mut out = Vec::new();
        match self.dimension {
            Dimension::Field(Field::Timestamp) | Dimension::Derived(Derived::Hour | Derived::Minute) => {
                let zone = self.options.zone;
                let start = self.dimension.time_unit().map(|unit| unit.start(record.timestamp(), zone));
                zone.write_rfc3339(start.unwrap_or(record.timestamp()), &mut out);
                read(Some(&out))
            }
            dimension => {
                let text = dimension.text(record, &self.options, &mut out);
                read(text)
            }
        }
    }

    /// What its field decides alone, if it is one of the log and no time.
    #[cfg(feature = "sql")]
    pub(super) fn part(&self) -> Option<FieldPart> {
        let Dimension::Field(field) = self.dimension else { return None };
        let test = self.clone();
        match &self.kind {
            Kind::Text(_) if field.kind() == FieldKind::Text => Some(FieldPart::text(
                field,
                move |text| matches!(&test.kind, Kind::Text(texts) if texts.passes(|glob| glob.matches(text)) != test.is_negated),
            )),
            Kind::Numbers(_) | Kind::Number(..) => {
                Some(FieldPart::number(field, move |number| test.holds_number(number) != test.is_negated))
            }
            _ => None,
        }
    }

    /// The test that the field's own filter makes, if it has one.
    pub(super) fn own_filter(&self) -> Option<&Test> {
        match &self.kind {
            Kind::Filter(test) if !self.is_negated => Some(test),
            _ => None,
        }
    }

    /// Whether times are compared, and whether numbers are.
    pub(super) fn compares(&self) -> (bool, bool) {
        (
            matches!(self.kind, Kind::Times(_) | Kind::Time(..)),
            matches!(self.kind, Kind::Numbers(_) | Kind::Number(..)),
        )
    }

    /// The number of the record that is compared.
    pub(super) fn compared_number(&self, record: &Record<'_>) -> Option<u64> {
        self.or_zero(self.number(record))
    }

    /// The field that it tests.
    pub(super) fn dimension(&self) -> Dimension {
        self.dimension
    }
}

/// The day of the week in a zone, from 0 for Monday.
fn weekday(time: Timestamp, zone: Zone) -> Option<u32> {
    use chrono::Datelike as _;
    Some(zone.clock(time)?.weekday().num_days_from_monday())
}
