//! Comparisons of fields as SQL has them: exact, and neither true nor false where a field is null.

use std::borrow::Cow;
use std::collections::HashSet;

use regex::Regex;

use super::operator::Operator;
use super::selection::FieldPart;
use super::{IncludeExclude, SourceBucket, Test};
use crate::dimension::field_text;
use crate::record::{Field, Record};
use crate::time::{Timestamp, Window};

/// How many nanoseconds a millisecond has.
const NANOS_PER_MILLI: i128 = 1_000_000;

/// A condition on the fields of a record.
#[derive(Clone, Debug)]
pub(crate) enum Comparison {
    /// All of them hold.
    And(Vec<Comparison>),
    /// Any of them holds.
    Or(Vec<Comparison>),
    /// It does not hold.
    Not(Box<Comparison>),
    /// A field has no value.
    IsNull(Field),
    /// When, with nanoseconds since the epoch.
    Time(Operator, i128),
    /// A number.
    Number(Field, Operator, i128),
    /// A text.
    Text(Field, Operator, String),
    /// Any of some texts.
    AnyOf(Field, HashSet<String>),
    /// A pattern of a text.
    Matches(Field, Regex),
    /// Yes.
    IsTrue(Field),
}

impl Comparison {
    /// Whether the record passes.
    pub(super) fn matches(&self, record: &Record<'_>) -> bool {
        self.holds(record) == Some(true)
    }

    /// Whether it holds; `None` where a value is null that decides it.
    fn holds(&self, record: &Record<'_>) -> Option<bool> {
        match self {
            Self::And(all) => decided(all, record, false),
            Self::Or(all) => decided(all, record, true),
            Self::Not(one) => one.holds(record).map(|holds| !holds),
            Self::IsNull(Field::Timestamp) => Some(false),
            Self::IsNull(field) if is_number(*field) => Some(record.number(*field).is_none()),
            Self::IsNull(field) => Some(field_text(*field, record).is_none()),
            Self::Time(operator, nanos) => {
                let time = i128::from(record.timestamp().millis()) * NANOS_PER_MILLI;
                Some(operator.holds(time.cmp(nanos)))
            }
            Self::Number(field, operator, number) => {
                Some(operator.holds(i128::from(record.number(*field)?).cmp(number)))
            }
            Self::Text(field, operator, text) => {
                let found = field_text(*field, record)?;
                // Valid texts are the same if their bytes are.
                if let Operator::Is | Operator::IsNot = operator
                    && found == text.as_bytes()
                {
                    return Some(*operator == Operator::Is);
                }
                Some(operator.holds(shown(found).as_ref().cmp(text)))
            }
            Self::AnyOf(field, texts) => Some(texts.contains(shown(field_text(*field, record)?).as_ref())),
            Self::Matches(field, pattern) => Some(pattern.is_match(&shown(field_text(*field, record)?))),
            Self::IsTrue(field) => Some(field_text(*field, record)? == b"Yes"),
        }
    }

    /// Hands on the parts that all have to hold.
    fn each(&self, take: &mut dyn FnMut(&Self)) {
        match self {
            Self::And(all) => all.iter().for_each(|one| one.each(take)),
            one => take(one),
        }
    }

    /// The window of time outside of which it does not hold.
    pub(super) fn window(&self) -> Window {
        let mut window = Window::default();
        self.each(&mut |one| {
            let Self::Time(operator, nanos) = one else { return };
            let below = nanos.div_euclid(NANOS_PER_MILLI);
            let above = -(-nanos).div_euclid(NANOS_PER_MILLI);
            let time = |millis: i128| {
                Timestamp::from_millis(i64::try_from(millis).unwrap_or(if millis < 0 {
                    i64::MIN
                } else {
                    i64::MAX
                }))
            };
            let (since, until) = match operator {
                Operator::Is => (Some(above), Some(below + 1)),
                Operator::AtLeast => (Some(above), None),
                Operator::Greater => (Some(below + 1), None),
                Operator::Less => (None, Some(above)),
                Operator::AtMost => (None, Some(below + 1)),
                Operator::IsNot => return,
            };
            window.since = window.since.max(since.map(time));
            window.until = match (window.until, until.map(time)) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        });
        window
    }

    /// What single fields decide of it.
    pub(super) fn parts(&self) -> Vec<FieldPart> {
        let mut parts = Vec::new();
        self.each(&mut |one| {
            let one = one.clone();
            match one {
                Self::Number(field, operator, bound) => {
                    // A status that is no status is a number, and none in a column.
                    let or_null = field == Field::HttpStatus;
                    parts.push(FieldPart::number(field, move |number| match number {
                        Some(number) => operator.holds(i128::from(number).cmp(&bound)),
                        None => or_null,
                    }));
                }
                Self::Text(field, operator, text) => {
                    let only = (operator == Operator::Is).then(|| vec![text.clone()]);
                    let part = FieldPart::text(field, move |found| {
                        found.is_some_and(|found| operator.holds(shown(found).as_ref().cmp(&text)))
                    });
                    parts.push(FieldPart { only, ..part });
                }
                Self::AnyOf(field, texts) => {
                    let only = texts.iter().cloned().collect();
                    let part = FieldPart::text(field, move |found| {
                        found.is_some_and(|found| texts.contains(shown(found).as_ref()))
                    });
                    parts.push(part.only(only));
                }
                Self::Matches(field, pattern) => parts.push(FieldPart::text(field, move |found| {
                    found.is_some_and(|found| pattern.is_match(&shown(found)))
                })),
                _ => {}
            }
        });
        parts
    }

    /// Tests of the buckets that can pass, which a listing can be cut by.
    pub(super) fn source_buckets(&self) -> Vec<Test> {
        let mut tests = Vec::new();
        self.each(&mut |one| {
            let names: Vec<&String> = match one {
                Self::Text(Field::Bucket, Operator::Is, name) => vec![name],
                Self::AnyOf(Field::Bucket, names) => names.iter().collect(),
                _ => return,
            };
            let names = names.into_iter().map(|name| SourceBucket::named(name));
            tests.push(Test::SourceBucket(IncludeExclude::any_of(names)));
        });
        tests
    }
}

/// Whether one of them decides all: `true` for any, `false` for all of them.
fn decided(all: &[Comparison], record: &Record<'_>, by: bool) -> Option<bool> {
    let mut is_known = true;
    for one in all {
        match one.holds(record) {
            Some(holds) if holds == by => return Some(by),
            Some(_) => {}
            None => is_known = false,
        }
    }
    is_known.then_some(!by)
}

fn is_number(field: Field) -> bool {
    use crate::record::FieldKind::{Bytes, Integer, Milliseconds};
    matches!(field.kind(), Integer | Bytes | Milliseconds)
}

/// A text as rows have it: what is no UTF-8 is replaced.
fn shown(text: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parser::Parser;

    const LINE: &[u8] = b"79a59d my-bucket [06/Feb/2019:23:30:38 +0000] 192.0.2.3 - 3E57427F3EXAMPLE REST.GET.OBJECT a%20b/c \"GET /a%20b/c HTTP/1.1\" 403 AccessDenied 243 - 7 - \"-\" \"caf\xff\" -";

    /// 2019-02-06T23:30:38Z.
    const AT: i128 = 1_549_495_838_000_000_000;

    fn text(field: Field, operator: Operator, text: &str) -> Comparison {
        Comparison::Text(field, operator, text.to_owned())
    }

    #[test]
    fn nulls_are_neither() {
        use Comparison::{And, AnyOf, IsNull, IsTrue, Not, Number, Or, Time};
        use Operator::{AtLeast, AtMost, Greater, Is, IsNot, Less};
        let unknown = || text(Field::Requester, Is, "x");
        let yes = || text(Field::Bucket, Is, "my-bucket");
        let no = || text(Field::Bucket, IsNot, "my-bucket");
        let not = |one| Not(Box::new(one));
        let table = [
            (yes(), Some(true)),
            (no(), Some(false)),
            (unknown(), None),
            (not(unknown()), None),
            (And(vec![unknown(), yes()]), None),
            (And(vec![unknown(), no()]), Some(false)),
            (Or(vec![unknown(), yes()]), Some(true)),
            (Or(vec![unknown(), no()]), None),
            (IsNull(Field::Requester), Some(true)),
            (IsNull(Field::ObjectSize), Some(true)),
            (not(IsNull(Field::BytesSent)), Some(true)),
            (Number(Field::ObjectSize, AtLeast, 0), None),
            (Number(Field::HttpStatus, AtLeast, 403), Some(true)),
            (Number(Field::HttpStatus, Greater, 403), Some(false)),
            (Time(Is, AT), Some(true)),
            (Time(Less, AT), Some(false)),
            (Time(AtMost, AT), Some(true)),
            (Time(Greater, AT - 1), Some(true)),
            (text(Field::UserAgent, Is, "caf\u{fffd}"), Some(true)),
            (text(Field::Key, Less, "b"), Some(true)),
            (AnyOf(Field::ErrorCode, ["AccessDenied".to_owned()].into()), Some(true)),
            (IsTrue(Field::AclRequired), None),
        ];
        let mut parser = Parser::default();
        let record = parser.parse(LINE).unwrap();
        for (comparison, expected) in table {
            assert_eq!(comparison.holds(&record), expected, "{comparison:?}");
        }
    }

    #[test]
    fn windows_hold_what_passes() {
        use Operator::{AtLeast, AtMost, Greater, Is, IsNot, Less};
        for (operator, nanos, since, until) in [
            (AtLeast, 5_000_000, Some(5), None),
            (AtLeast, 5_000_001, Some(6), None),
            (Greater, 5_000_000, Some(6), None),
            (Greater, 5_000_001, Some(6), None),
            (Less, 5_000_000, None, Some(5)),
            (Less, 5_000_001, None, Some(6)),
            (AtMost, 5_000_000, None, Some(6)),
            (AtMost, -1, None, Some(0)),
            (Is, 5_000_000, Some(5), Some(6)),
            (IsNot, 5_000_000, None, None),
        ] {
            let time = |millis: Option<i64>| millis.map(Timestamp::from_millis);
            let window = Comparison::And(vec![Comparison::Time(operator, nanos)]).window();
            assert_eq!(window, Window { since: time(since), until: time(until) }, "{operator:?} {nanos}");
        }
    }
}
