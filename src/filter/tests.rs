//! Filters against real lines. The tables of each predicate are in its own file and use the helpers here.

use std::fmt::Debug;

use proptest::prelude::*;

use super::*;
use crate::parser::Parser;
use crate::record::Field;
use crate::time::Timestamp;

/// A line with some of its fields replaced.
pub(super) fn line(fields: &[(Field, &[u8])]) -> Vec<u8> {
    let text = |field: Field| {
        let given = fields.iter().find(|(other, _)| *other == field).map(|(_, text)| *text);
        given.unwrap_or(match field {
            Field::BucketOwner => b"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be",
            Field::Bucket => b"my-bucket",
            Field::Timestamp => b"06/Feb/2019:00:00:38 +0000",
            Field::RemoteIp => b"192.0.2.3",
            Field::Requester => b"arn:aws:iam::111122223333:user/alice",
            Field::RequestId => b"3E57427F3EXAMPLE",
            Field::Operation => b"REST.GET.OBJECT",
            Field::Key => b"k",
            Field::RequestUri => b"GET /k HTTP/1.1",
            Field::HttpStatus => b"200",
            Field::BytesSent => b"113",
            Field::UserAgent => b"aws-cli/2.0",
            _ => b"-",
        })
    };
    let mut line = Vec::new();
    for field in Field::ALL.into_iter().take(Field::HEAD) {
        let (open, close): (&[u8], &[u8]) = match field {
            Field::Timestamp => (b"[", b"]"),
            Field::RequestUri | Field::Referer | Field::UserAgent => (b"\"", b"\""),
            _ => (b"", b""),
        };
        line.extend_from_slice(&[open, text(field), close, b" "].concat());
    }
    line.extend_from_slice(
        b"- s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234= SigV4 - - h -",
    );
    line
}

/// What a test says of a line with these fields.
pub(super) fn with<T>(fields: &[(Field, &[u8])], test: impl FnOnce(&Record<'_>) -> T) -> T {
    with_version(fields, "-", test)
}

/// What a test says of a line with these fields and this version id.
pub(super) fn with_version<T>(
    fields: &[(Field, &[u8])],
    version: &str,
    test: impl FnOnce(&Record<'_>) -> T,
) -> T {
    let line = line(fields);
    let end = line.windows(3).rposition(|end| end == b"\" -").map_or(line.len(), |at| at + 2);
    let line = [&line[..end], version.as_bytes(), &line[end + 1..]].concat();
    let mut parser = Parser::default();
    let record = parser.parse(&line).unwrap_or_else(|reject| panic!("{reject}: {}", line.escape_ascii()));
    test(&record)
}

/// Checks what one argument of a filter says of one field.
pub(super) fn check<T: Predicate + Debug>(field: Field, table: &[(&str, &str, bool)]) {
    for (typed, text, expected) in table {
        let choice: IncludeExclude<T> = typed.parse().unwrap_or_else(|error| panic!("{error}"));
        let matches = with(&[(field, text.as_bytes())], |record| choice.matches(record));
        assert_eq!(matches, *expected, "{typed} {text}");
    }
}

/// Checks that each value is refused, with a message that shows it and the forms that are accepted.
pub(super) fn refuses<T: Value + Debug>(values: &[&str]) {
    for typed in values {
        let error = typed.parse::<IncludeExclude<T>>().map(|_| ()).expect_err(typed).to_string();
        let has_forms = error.contains("expected ") || error.contains("Expected ");
        assert!(error.starts_with("invalid ") && has_forms, "{error}");
    }
}

#[test]
fn no_filter_passes_everything() {
    let filter = Filter::default();
    assert!(filter.is_empty() && filter.window().is_open());
    assert!(with(&[], |record| filter.matches(record)));
}

#[test]
fn cheap_tests_come_first() {
    let filter = Filter::new(Window { since: Some(Timestamp::from_millis(0)), until: None })
        .and(Test::Key(IncludeExclude::default()))
        .and(Test::Status(IncludeExclude::default().into()))
        .with_source_buckets(&["b"])
        .and(Test::Anonymous);
    let kinds: Vec<_> = filter.tests.iter().map(|typed| TestKind::from(&typed.test)).collect();
    let expected =
        [TestKind::Window, TestKind::Anonymous, TestKind::Status, TestKind::SourceBucket, TestKind::Key];
    assert_eq!(kinds, expected);
}

#[test]
fn all_tests_must_pass() {
    let filter = Filter::new(Window::default())
        .and(Test::Key(IncludeExclude::only("a*".parse().unwrap())))
        .with_source_buckets(&["my-bucket"]);
    assert!(with(&[(Field::Key, b"abc")], |record| filter.matches(record)));
    assert!(!with(&[(Field::Key, b"xbc")], |record| filter.matches(record)));
    assert!(!with(&[(Field::Key, b"abc"), (Field::Bucket, b"other")], |record| filter.matches(record)));
    assert!(!with(&[(Field::Key, b"abc")], |record| filter
        .clone()
        .with_source_buckets(&["my-*"])
        .matches(record)));
}

proptest! {
    /// Keys and user agents are what strangers send.
    #[test]
    fn hostile_texts_do_no_harm(
        key in "[!-~]{1,30}|(%[0-9a-fA-F]{1,2}|[/+*]){1,20}",
        agent in proptest::collection::vec(any::<u8>().prop_filter("a line end", |byte| !matches!(byte, b'\n' | b'\r')), 1..30),
    ) {
        let line = line(&[(Field::Key, key.as_bytes()), (Field::UserAgent, &agent)]);
        let mut parser = Parser::default();
        if let Ok(record) = parser.parse(&line) {
            if let Some(key) = record.key() {
                let any: Key = "*".parse().unwrap();
                prop_assert!(any.matches(&record));
                let copied = IncludeExclude::only(escaped(key).parse::<Key>().unwrap());
                prop_assert!(copied.matches(&record), "{}", escaped(key));
            }
            let any: UserAgent = "*".parse().unwrap();
            prop_assert_eq!(any.matches(&record), record.get(Field::UserAgent).is_some());
        }
    }
}

/// A text with a backslash before every character that is special.
fn escaped(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    text.chars()
        .flat_map(|character| [Some('\\').filter(|_| "*?[]{}\\!-".contains(character)), Some(character)])
        .flatten()
        .collect()
}
