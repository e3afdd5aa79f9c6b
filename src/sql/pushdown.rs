//! Which conditions of a query are tested on records, before there are rows.

use std::collections::HashSet;

use chrono::{NaiveDate, NaiveTime};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::{BinaryExpr, InList, Like};
use datafusion::logical_expr::{Between, Expr, Operator as SqlOperator};
use regex::{Regex, RegexBuilder};

use crate::columnar::DATE;
use crate::filter::{Comparison, Operator};
use crate::record::{Field, FieldKind};

/// The condition as a test on records; `None` if it has to be tested on rows. The answer is the same.
pub(super) fn comparison(condition: &Expr, column: &dyn Fn(&str) -> Option<Field>) -> Option<Comparison> {
    let read = |condition: &Expr| comparison(condition, column);
    match condition {
        Expr::BinaryExpr(BinaryExpr { left, op: SqlOperator::And, right }) => {
            Some(Comparison::And(vec![read(left)?, read(right)?]))
        }
        Expr::BinaryExpr(BinaryExpr { left, op: SqlOperator::Or, right }) => {
            Some(Comparison::Or(vec![read(left)?, read(right)?]))
        }
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            let operator = operator(*op)?;
            match (literal(left), literal(right)) {
                (None, Some(value)) => compare_to(left, operator, value, column),
                (Some(value), None) => compare_to(right, operator.swapped(), value, column),
                _ => None,
            }
        }
        Expr::Not(one) => Some(not(read(one)?)),
        Expr::IsNull(of) => Some(Comparison::IsNull(plain(of, column)?)),
        Expr::IsNotNull(of) => Some(not(Comparison::IsNull(plain(of, column)?))),
        Expr::Between(Between { expr, negated, low, high }) => {
            let low = compare_to(expr, Operator::AtLeast, literal(low)?, column)?;
            let high = compare_to(expr, Operator::AtMost, literal(high)?, column)?;
            Some(negate_if(*negated, Comparison::And(vec![low, high])))
        }
        Expr::InList(InList { expr, list, negated }) => {
            let any = match field(expr, column) {
                Some(field) if field.kind() == FieldKind::Text => {
                    let texts =
                        list.iter().map(|value| literal(value)?.try_as_str().flatten().map(str::to_owned));
                    Comparison::AnyOf(field, texts.collect::<Option<HashSet<_>>>()?)
                }
                _ => {
                    let each =
                        list.iter().map(|value| compare_to(expr, Operator::Is, literal(value)?, column));
                    Comparison::Or(each.collect::<Option<_>>()?)
                }
            };
            Some(negate_if(*negated, any))
        }
        Expr::Like(Like { negated, expr, pattern, escape_char, case_insensitive }) => {
            let field = field(expr, column).filter(|field| field.kind() == FieldKind::Text)?;
            let pattern = literal(pattern)?.try_as_str().flatten()?;
            let pattern = like(pattern, escape_char.unwrap_or('\\'), *case_insensitive)?;
            Some(negate_if(*negated, Comparison::Matches(field, pattern)))
        }
        Expr::Column(_) => Some(Comparison::IsTrue(plain(condition, column)?))
            .filter(|one| matches!(one, Comparison::IsTrue(Field::AclRequired))),
        _ => None,
    }
}

fn not(comparison: Comparison) -> Comparison {
    Comparison::Not(Box::new(comparison))
}

fn negate_if(is_negated: bool, comparison: Comparison) -> Comparison {
    if is_negated { not(comparison) } else { comparison }
}

fn operator(operator: SqlOperator) -> Option<Operator> {
    Some(match operator {
        SqlOperator::Eq => Operator::Is,
        SqlOperator::NotEq => Operator::IsNot,
        SqlOperator::Lt => Operator::Less,
        SqlOperator::LtEq => Operator::AtMost,
        SqlOperator::Gt => Operator::Greater,
        SqlOperator::GtEq => Operator::AtLeast,
        _ => return None,
    })
}

/// The field that is a column.
fn plain(expression: &Expr, column: &dyn Fn(&str) -> Option<Field>) -> Option<Field> {
    match expression {
        Expr::Column(name) => column(&name.name),
        _ => None,
    }
}

/// The field that is a column, or one that is cast to a type with the same values.
fn field(expression: &Expr, column: &dyn Fn(&str) -> Option<Field>) -> Option<Field> {
    let Expr::Cast(cast) = expression else { return plain(expression, column) };
    let field = plain(&cast.expr, column)?;
    let is_same = match (field.kind(), cast.field.data_type()) {
        (FieldKind::Text, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) => true,
        // All zones are that of the column, or name the same point in time.
        (FieldKind::Time, DataType::Timestamp(unit, _)) => {
            *unit != datafusion::arrow::datatypes::TimeUnit::Second
        }
        (FieldKind::Integer | FieldKind::Bytes | FieldKind::Milliseconds, DataType::Int64) => true,
        _ => false,
    };
    is_same.then_some(field)
}

fn literal(expression: &Expr) -> Option<&ScalarValue> {
    match expression {
        Expr::Literal(value, _) if !value.is_null() => Some(value),
        _ => None,
    }
}

/// What a column, or the day or hour of its time, is to be.
fn compare_to(
    expression: &Expr,
    operator: Operator,
    value: &ScalarValue,
    column: &dyn Fn(&str) -> Option<Field>,
) -> Option<Comparison> {
    match step(expression, column) {
        Some(step) => compare_start(step, operator, start(value)?),
        None => compare(field(expression, column)?, operator, value),
    }
}

const NANOS_OF_DAY: i128 = 86_400_000_000_000;

/// The length of the parts of time, in nanoseconds, of which an expression gives the beginning: the day as a date, the day as a text as in the
/// partitions of AWS's examples for Athena, or what date_trunc makes. All of them are those of UTC.
fn step(expression: &Expr, column: &dyn Fn(&str) -> Option<Field>) -> Option<i128> {
    let is_time = |of: &Expr| field(of, column) == Some(Field::Timestamp);
    match expression {
        Expr::Cast(cast) if *cast.field.data_type() == DataType::Date32 && is_time(&cast.expr) => {
            Some(NANOS_OF_DAY)
        }
        Expr::Column(name) if name.name == DATE => Some(NANOS_OF_DAY),
        Expr::ScalarFunction(function) => match (function.name(), &function.args[..]) {
            ("strftime", [of, pattern]) if is_time(of) && text(pattern)? == DAY_PATTERN => Some(NANOS_OF_DAY),
            ("date_trunc", [unit, of]) if is_time(of) => match text(unit)?.to_ascii_lowercase().as_str() {
                "day" => Some(NANOS_OF_DAY),
                "hour" => Some(NANOS_OF_DAY / 24),
                "minute" => Some(NANOS_OF_DAY / 1_440),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// How the partitions of AWS's examples for Athena are named.
const DAY_PATTERN: &str = "%Y/%m/%d";

fn text(expression: &Expr) -> Option<&str> {
    literal(expression)?.try_as_str().flatten()
}

/// The point in time that a date, a day as text or a time is, in nanoseconds since the epoch.
fn start(value: &ScalarValue) -> Option<i128> {
    if let ScalarValue::Date32(Some(days)) = value {
        return Some(i128::from(*days) * NANOS_OF_DAY);
    }
    let Some(text) = value.try_as_str().flatten() else { return nanos(value) };
    // Only texts that are written in full are in the order of their days.
    let day =
        NaiveDate::parse_from_str(text, DAY_PATTERN).ok().filter(|_| text.len() == "2024/01/16".len())?;
    Some(i128::from(day.and_time(NaiveTime::MIN).and_utc().timestamp()) * 1_000_000_000)
}

/// The test on a time whose part of time begins before, at or after a point; `None` if no part begins there.
fn compare_start(step: i128, operator: Operator, start: i128) -> Option<Comparison> {
    // The first beginning that is not before the point, and the one after the point.
    let next = (start + step - 1).div_euclid(step) * step;
    let is_beginning = next == start;
    let after = if is_beginning { start + step } else { next };
    Some(match operator {
        Operator::Is | Operator::IsNot if !is_beginning => return None,
        Operator::Is => Comparison::And(vec![
            Comparison::Time(Operator::AtLeast, start),
            Comparison::Time(Operator::Less, after),
        ]),
        Operator::IsNot => Comparison::Or(vec![
            Comparison::Time(Operator::Less, start),
            Comparison::Time(Operator::AtLeast, after),
        ]),
        Operator::AtLeast => Comparison::Time(Operator::AtLeast, next),
        Operator::Greater => Comparison::Time(Operator::AtLeast, after),
        Operator::Less => Comparison::Time(Operator::Less, next),
        Operator::AtMost => Comparison::Time(Operator::Less, after),
    })
}

fn compare(field: Field, operator: Operator, value: &ScalarValue) -> Option<Comparison> {
    match field.kind() {
        FieldKind::Text => Some(Comparison::Text(field, operator, value.try_as_str().flatten()?.to_owned())),
        FieldKind::Time => Some(Comparison::Time(operator, nanos(value)?)),
        FieldKind::Integer | FieldKind::Bytes | FieldKind::Milliseconds => {
            Some(Comparison::Number(field, operator, whole(value)?))
        }
        FieldKind::Boolean => None,
    }
}

/// Nanoseconds since the epoch.
fn nanos(value: &ScalarValue) -> Option<i128> {
    let (number, factor) = match value {
        ScalarValue::TimestampSecond(number, _) => (number, 1_000_000_000),
        ScalarValue::TimestampMillisecond(number, _) => (number, 1_000_000),
        ScalarValue::TimestampMicrosecond(number, _) => (number, 1_000),
        ScalarValue::TimestampNanosecond(number, _) => (number, 1),
        _ => return None,
    };
    Some(i128::from((*number)?) * factor)
}

fn whole(value: &ScalarValue) -> Option<i128> {
    match value {
        ScalarValue::Int32(number) => number.map(i128::from),
        ScalarValue::Int64(number) => number.map(i128::from),
        ScalarValue::UInt64(number) => number.map(i128::from),
        _ => None,
    }
}

/// The pattern of a LIKE. After the escape character, a character is itself.
fn like(pattern: &str, escape: char, is_case_insensitive: bool) -> Option<Regex> {
    let mut regex = String::from("^");
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '%' => regex.push_str(".*"),
            '_' => regex.push('.'),
            other => {
                let itself = if other == escape { characters.next().unwrap_or(escape) } else { other };
                regex.push_str(&regex::escape(itself.encode_utf8(&mut [0; 4])));
            }
        }
    }
    regex.push('$');
    RegexBuilder::new(&regex).dot_matches_new_line(true).case_insensitive(is_case_insensitive).build().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// As the beginning itself would be compared.
        #[test]
        fn parts_of_time_are_compared_by_their_beginnings(step in 1..6_i128, time in -20..20_i128, start in -20..20_i128) {
            for (operator, expected) in [
                (Operator::Is, |a: i128, b: i128| a == b),
                (Operator::IsNot, |a, b| a != b),
                (Operator::Less, |a, b| a < b),
                (Operator::AtMost, |a, b| a <= b),
                (Operator::Greater, |a, b| a > b),
                (Operator::AtLeast, |a, b| a >= b),
            ] as [(Operator, fn(i128, i128) -> bool); 6] {
                let holds = |one: &Comparison| match one {
                    Comparison::Time(Operator::AtLeast, point) => time >= *point,
                    Comparison::Time(Operator::Less, point) => time < *point,
                    other => panic!("{other:?}"),
                };
                let found = match compare_start(step, operator, start) {
                    Some(Comparison::And(all)) => all.iter().all(holds),
                    Some(Comparison::Or(any)) => any.iter().any(holds),
                    Some(one) => holds(&one),
                    None => continue,
                };
                prop_assert_eq!(found, expected(time.div_euclid(step) * step, start), "{:?}", operator);
            }
        }
    }

    #[test]
    fn likes() {
        for (pattern, text, expected) in [
            ("%DELETE%", "REST.DELETE.OBJECT", true),
            ("REST.___.OBJECT", "REST.GET.OBJECT", true),
            ("REST.___.OBJECT", "REST.HEAD.OBJECT", false),
            ("a.c", "abc", false),
            ("100\\%", "100%", true),
            ("100\\%", "1000", false),
            ("%\\_%", "a_b", true),
            ("", "", true),
            ("%", "two\nlines", true),
            ("a", "A", false),
        ] {
            assert_eq!(like(pattern, '\\', false).unwrap().is_match(text), expected, "{pattern} {text}");
        }
        assert!(like("a%", '\\', true).unwrap().is_match("Abc"));
        assert!(like("a!%", '!', false).unwrap().is_match("a%"));
    }
}
