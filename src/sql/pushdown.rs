//! Which conditions of a query are tested on records, before there are rows.

use std::collections::HashSet;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::{BinaryExpr, InList, Like};
use datafusion::logical_expr::{Between, Expr, Operator as SqlOperator};
use regex::{Regex, RegexBuilder};

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
            match (field(left, column), field(right, column)) {
                (Some(field), None) => compare(field, operator, literal(right)?),
                (None, Some(field)) => compare(field, operator.swapped(), literal(left)?),
                _ => None,
            }
        }
        Expr::Not(one) => Some(not(read(one)?)),
        Expr::IsNull(of) => Some(Comparison::IsNull(plain(of, column)?)),
        Expr::IsNotNull(of) => Some(not(Comparison::IsNull(plain(of, column)?))),
        Expr::Between(Between { expr, negated, low, high }) => {
            let field = field(expr, column)?;
            let low = compare(field, Operator::AtLeast, literal(low)?)?;
            let high = compare(field, Operator::AtMost, literal(high)?)?;
            Some(negate_if(*negated, Comparison::And(vec![low, high])))
        }
        Expr::InList(InList { expr, list, negated }) => {
            let field = field(expr, column)?;
            let any = match field.kind() {
                FieldKind::Text => {
                    let texts =
                        list.iter().map(|value| literal(value)?.try_as_str().flatten().map(str::to_owned));
                    Comparison::AnyOf(field, texts.collect::<Option<HashSet<_>>>()?)
                }
                _ => {
                    let each = list.iter().map(|value| compare(field, Operator::Is, literal(value)?));
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
    use super::*;

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
