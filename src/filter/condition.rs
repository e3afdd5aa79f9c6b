//! `--where`: a condition on any field, or on what is derived from one.

use std::str::FromStr;

use chrono::{DateTime, Utc};

use super::bytes::Size;
use super::field_test::{FieldTest, Kind, SpanOrText};
use super::glob::{Case, is_pattern};
use super::include_exclude::{IncludeExclude, Value};
use super::nullable_glob::NullableGlob;
use super::operator::Operator;
use super::{
    ErrorCode, Ip, Ips, Key, OperationPattern, RequesterPattern, SourceBucket, Status, Statuses, Test,
    TlsVersion, UserAgent, Weekdays,
};
use crate::dimension::{DeriveOptions, Derived, Dimension};
use crate::record::{Field, FieldKind};
use crate::time::{TimeArg, Timestamp};
use crate::value_error::ValueError;

const FORMS: &str = "FIELD=PATTERN or FIELD!=PATTERN; for numbers and times also <, <=, > and >=: tls_version=1.2, \
                     'total_time>5s', 'timestamp<2026-08-01'";

/// How a condition compares, the longer signs first.
const OPERATORS: [(&str, Operator); 6] = [
    ("!=", Operator::IsNot),
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("=", Operator::Is),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

/// A condition as it was typed.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    typed: String,
    /// What is after the operator.
    pattern: String,
    dimension: Dimension,
    operator: Operator,
    meant: Meant,
}

/// What a condition compares with, checked.
#[derive(Clone, Debug)]
enum Meant {
    /// What the field's own filter tests.
    Filter(Box<Test>),
    Text(IncludeExclude<NullableGlob>),
    Weekdays(IncludeExclude<Weekdays>),
    Numbers(IncludeExclude<Option<u64>>),
    Number(u64),
    Times(IncludeExclude<TimeOrText>),
    Time(TimeArg),
}

#[derive(Clone, Debug)]
enum TimeOrText {
    Time(TimeArg),
    /// A pattern for the text of a time.
    Text(NullableGlob),
}

/// A value that is read once its field is known. Its text can hold commas, or not.
struct Raw<const HOLDS_COMMAS: bool>(String);

impl<const HOLDS_COMMAS: bool> FromStr for Raw<HOLDS_COMMAS> {
    type Err = ValueError;

    fn from_str(typed: &str) -> Result<Self, ValueError> {
        Ok(Self(typed.to_owned()))
    }
}

impl<const COMMAS: bool> Value for Raw<COMMAS> {
    const HOLDS_COMMAS: bool = COMMAS;
}

impl FromStr for Condition {
    type Err = ValueError;

    fn from_str(typed: &str) -> Result<Self, ValueError> {
        let because = |problem: String| ValueError::because("condition", typed, problem, FORMS);
        let at = typed.find(['=', '!', '<', '>']).ok_or_else(|| because("no comparison".into()))?;
        let (name, rest) = typed.split_at(at);
        let found =
            OPERATORS.into_iter().find_map(|(sign, operator)| Some((rest.strip_prefix(sign)?, operator)));
        let (pattern, operator) = found.ok_or_else(|| because("no comparison".into()))?;
        let dimension: Dimension =
            name.parse().map_err(|error: crate::dimension::UnknownDimension| because(error.to_string()))?;
        let meant = match operator {
            Operator::Is | Operator::IsNot => equal(dimension, pattern)?,
            _ => ordered(dimension, pattern).map_err(because)?,
        };
        Ok(Self { typed: typed.to_owned(), pattern: pattern.to_owned(), dimension, operator, meant })
    }
}

/// What `=` compares with.
fn equal(dimension: Dimension, pattern: &str) -> Result<Meant, ValueError> {
    if let Some(test) = own_filter(dimension, pattern)? {
        return Ok(Meant::Filter(Box::new(test)));
    }
    if dimension == Dimension::Derived(Derived::Weekday) {
        return pattern.trim().parse().map(Meant::Weekdays);
    }
    if dimension.time_unit().is_some() {
        let times: IncludeExclude<Raw<false>> = pattern.parse()?;
        return times.try_map(|Raw(text)| time_or_text(&text)).map(Meant::Times);
    }
    match dimension.kind() {
        kind @ (FieldKind::Integer | FieldKind::Bytes | FieldKind::Milliseconds) => {
            let numbers: IncludeExclude<Raw<false>> = pattern.parse()?;
            let read = |Raw(text): Raw<false>| match text.as_str() {
                "-" => Ok(None),
                text => number(kind, text).map(Some),
            };
            numbers.try_map(read).map(Meant::Numbers)
        }
        FieldKind::Boolean => {
            let answers: IncludeExclude<Raw<false>> = pattern.parse()?;
            answers.try_map(|Raw(text)| yes_or_no(&text)).map(Meant::Text)
        }
        FieldKind::Text | FieldKind::Time => {
            let case = case(dimension);
            let texts: IncludeExclude<Raw<true>> = pattern.parse()?;
            texts.try_map(|Raw(text)| NullableGlob::new(&text, case)).map(Meant::Text)
        }
    }
}

/// What the field's own filter tests, if it has one: so `--where http_status=4xx` is `--status 4xx`.
fn own_filter(dimension: Dimension, pattern: &str) -> Result<Option<Test>, ValueError> {
    let Dimension::Field(field) = dimension else { return Ok(None) };
    fn read<T: Value>(pattern: &str) -> Result<IncludeExclude<T>, ValueError> {
        pattern.parse()
    }
    Ok(Some(match field {
        Field::Bucket => Test::SourceBucket(read::<SourceBucket>(pattern)?),
        Field::RemoteIp => Test::Ip(Ips::from(read::<Ip>(pattern)?)),
        Field::Requester => Test::RequesterPattern(read::<RequesterPattern>(pattern)?),
        Field::Operation => Test::OperationPattern(read::<OperationPattern>(pattern)?),
        Field::Key => Test::Key(read::<Key>(pattern)?),
        Field::HttpStatus => Test::Status(Statuses::from(read::<Status>(pattern)?)),
        Field::ErrorCode => Test::Error(read::<ErrorCode>(pattern)?),
        Field::UserAgent => Test::UserAgent(read::<UserAgent>(pattern)?),
        Field::TlsVersion => Test::TlsVersion(read::<TlsVersion>(pattern)?),
        _ => return Ok(None),
    }))
}

/// What `<`, `<=`, `>` and `>=` compare with.
fn ordered(dimension: Dimension, pattern: &str) -> Result<Meant, String> {
    if dimension.time_unit().is_some() {
        return pattern.parse().map(Meant::Time).map_err(|error: ValueError| error.to_string());
    }
    match dimension.kind() {
        kind @ (FieldKind::Integer | FieldKind::Bytes | FieldKind::Milliseconds) => {
            number(kind, pattern.trim()).map(Meant::Number).map_err(|error| error.to_string())
        }
        _ => Err(format!("{dimension} is neither a number nor a time: it takes only = and !=")),
    }
}

/// Texts whose case matters: names of buckets and objects, and what clients sent. For all others, case does not
/// matter.
fn case(dimension: Dimension) -> Case {
    let is_sensitive = matches!(
        dimension,
        Dimension::Field(Field::RequestUri | Field::Referer | Field::VersionId | Field::HostId)
            | Dimension::Derived(
                Derived::Object | Derived::ObjectVersion | Derived::Prefix | Derived::Param(_)
            )
    );
    if is_sensitive { Case::Sensitive } else { Case::Ignored }
}

fn number(kind: FieldKind, text: &str) -> Result<u64, ValueError> {
    let invalid = |forms| ValueError::invalid("number", text, forms);
    match kind {
        FieldKind::Bytes => text.parse::<Size>().map(Size::bytes),
        FieldKind::Milliseconds => {
            let duration = || humantime::parse_duration(text).ok().map(|time| time.as_millis());
            let millis = text.parse().ok().or_else(|| u64::try_from(duration()?).ok());
            millis.ok_or_else(|| invalid("milliseconds such as 500, or a duration such as 5s or 2m"))
        }
        _ => {
            let digits = text.strip_prefix("AS").or_else(|| text.strip_prefix("as")).unwrap_or(text);
            digits.parse().map_err(|_| invalid("a whole number, or - for none"))
        }
    }
}

fn yes_or_no(text: &str) -> Result<NullableGlob, ValueError> {
    // In groups, a dash is no; here it is null as everywhere.
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" => NullableGlob::new("Yes", Case::Sensitive),
        "no" | "false" => NullableGlob::new("\\-", Case::Sensitive),
        "-" => Ok(NullableGlob::Null),
        _ => Err(ValueError::invalid("answer", text, "yes, no, or - for none")),
    }
}

fn time_or_text(text: &str) -> Result<TimeOrText, ValueError> {
    if is_pattern(text) {
        return NullableGlob::new(text, Case::Ignored).map(TimeOrText::Text);
    }
    text.parse().map(TimeOrText::Time)
}

impl Condition {
    /// What was typed.
    pub(crate) fn typed(&self) -> &str {
        &self.typed
    }

    /// The field that it tests.
    pub(crate) fn dimension(&self) -> Dimension {
        self.dimension
    }

    /// The values that it is compared with, as they were typed; none unless with `=`.
    pub(super) fn values(&self) -> Vec<String> {
        if self.operator == Operator::Is { vec![self.pattern.clone()] } else { Vec::new() }
    }

    /// The test that runs.
    ///
    /// # Errors
    /// If a time is too long ago for the calendar.
    pub(crate) fn resolve(
        &self,
        now: DateTime<Utc>,
        options: &DeriveOptions,
    ) -> Result<FieldTest, ValueError> {
        let zone = options.zone;
        let span = |time: &TimeArg| {
            let (start, end) = time.span(now, zone)?;
            Ok(match self.dimension.time_unit() {
                Some(unit) => {
                    let last = Timestamp::from_millis(end.millis() - 1);
                    (unit.start(start, zone), unit.end(unit.start(last, zone), zone))
                }
                None => (start, end),
            })
        };
        let kind = match self.meant.clone() {
            Meant::Filter(test) => Kind::Filter(test),
            Meant::Text(texts) => Kind::Text(texts),
            Meant::Weekdays(days) => Kind::Weekdays(days),
            Meant::Numbers(numbers) => Kind::Numbers(numbers),
            Meant::Number(bound) => Kind::Number(self.operator, bound),
            Meant::Times(times) => Kind::Times(times.try_map(|time| {
                Ok(match time {
                    TimeOrText::Time(time) => SpanOrText::Span(span(&time)?),
                    TimeOrText::Text(glob) => SpanOrText::Text(glob),
                })
            })?),
            Meant::Time(time) => {
                let (start, end) = span(&time)?;
                // A span is a point to what is compared with it: after a day is after its end.
                match self.operator {
                    Operator::Greater | Operator::AtMost => {
                        let operator = if self.operator == Operator::Greater {
                            Operator::AtLeast
                        } else {
                            Operator::Less
                        };
                        Kind::Time(operator, end)
                    }
                    operator => Kind::Time(operator, start),
                }
            }
        };
        // A prefix has as many parts as the pattern has slashes.
        let depth = self.pattern.bytes().filter(|byte| *byte == b'/').count().max(1);
        Ok(FieldTest {
            dimension: self.dimension,
            options: DeriveOptions { depth, ..options.clone() },
            is_negated: self.operator == Operator::IsNot,
            kind,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::filter::tests::with;

    fn matches(typed: &str) -> Option<bool> {
        let condition: Condition = typed.parse().ok()?;
        let test = condition.resolve(DateTime::UNIX_EPOCH, &DeriveOptions::default()).ok()?;
        Some(with(&[(Field::TotalTime, b"5000"), (Field::Referer, b"http://a/")], |record| {
            test.matches(record)
        }))
    }

    #[test]
    fn signs_and_names() {
        for (typed, expected) in [
            ("total-time=5s", true),
            (" total_time >=5000", true),
            ("total_time>5000", false),
            ("total_time<5001", true),
            ("total_time!=5000,1", false),
            ("total_time=!5000", false),
            ("referer=http://a/", true),
            ("referer=HTTP://A/", false),
            ("referer=*b*,*a*", true),
            ("referer!=!*a*", true),
            ("param:a=-", true),
            ("timestamp=2019-02-06", true),
            ("timestamp=2019-02-06T00:00:38", true),
            ("timestamp>2019-02-06T00:00:38", false),
            ("timestamp>=2019-02-06T00:00:38", true),
            ("week<=2019-02-06", true),
            ("week<2019-02-06", false),
            ("week=2019-W06", true),
            ("week>=2019-W06", true),
            ("week>2019-W06", false),
            ("week<=2019-W05", false),
            ("week=2019-W0*", true),
            ("timestamp=2019-W06", true),
            ("day>2019-W05", true),
            ("day=2019-W07", false),
        ] {
            assert_eq!(matches(typed), Some(expected), "{typed}");
        }
    }

    proptest! {
        #[test]
        fn no_condition_panics(
            name in prop::sample::select(Dimension::names().collect::<Vec<_>>()),
            sign in prop::sample::select(vec!["=", "!=", "<", "<=", ">", ">=", "=!", "!"]),
            pattern in "[-0-9a-zT:.,!*?{}\\[\\]\\\\ /%]{0,12}",
        ) {
            matches(&format!("{name}{sign}{pattern}"));
        }

        /// Whatever is compared, a value is less, equal or greater.
        #[test]
        fn signs_divide_all_values(
            name in prop::sample::select(vec!["total_time", "bytes_sent", "timestamp", "day", "week", "month", "hour"]),
            number in 0u64..10_000,
            day in 1u32..29,
        ) {
            let bound = if ["total_time", "bytes_sent"].contains(&name) {
                number.to_string()
            } else {
                format!("2019-02-{day:02}")
            };
            let holds = |sign: &str| matches(&format!("{name}{sign}{bound}"));
            let [less, equal, greater] = ["<", "=", ">"].map(|sign| holds(sign).map(u8::from));
            prop_assert_eq!(less.zip(equal).zip(greater).map(|((a, b), c)| a + b + c), Some(1));
            prop_assert_eq!(holds("<="), holds(">").map(|holds| !holds));
            prop_assert_eq!(holds(">="), holds("<").map(|holds| !holds));
            prop_assert_eq!(holds("!="), holds("=").map(|holds| !holds));
        }
    }
}
