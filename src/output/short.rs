//! Shorter ways to write values, for people whose terminal is narrow. Different values stay different.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::sanitize::sanitize;
use crate::record::Requester;
use crate::report::{Short, Value};
use crate::semantics::write_client;

/// The texts of a column's values in a shorter form; `None` where the form keeps a value as it is.
pub(super) fn texts(short: Short, values: &[&Value]) -> Vec<Option<String>> {
    let unique = |forms: &[fn(&[u8]) -> Cow<'_, [u8]>]| {
        let known = distinct(values, forms);
        values.iter().map(|value| text(value).and_then(|text| known.get(text).cloned())).collect()
    };
    match short {
        Short::Requester => unique(&[requester, requester_with_session]),
        Short::Operation => unique(&[operation]),
        // Many versions of a client are meant to look alike.
        Short::UserAgent => values.iter().map(|value| text(value).map(client)).collect(),
        Short::Status | Short::Error => vec![None; values.len()],
    }
}

fn text(value: &Value) -> Option<&[u8]> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// The first of the forms that tells each value from all others; a value has none if no form does.
fn distinct<'v>(values: &[&'v Value], forms: &[fn(&[u8]) -> Cow<'_, [u8]>]) -> BTreeMap<&'v [u8], String> {
    let mut left: Vec<&[u8]> = values.iter().filter_map(|value| text(value)).collect();
    left.sort_unstable();
    left.dedup();
    let mut known = BTreeMap::new();
    for form in forms {
        let mut by_form: BTreeMap<String, Vec<&[u8]>> = BTreeMap::new();
        for text in left.drain(..) {
            by_form.entry(sanitize(&form(text))).or_default().push(text);
        }
        for (short, texts) in by_form {
            match texts[..] {
                [text] => drop(known.insert(text, short)),
                _ => left.extend(texts),
            }
        }
    }
    known
}

/// `EtlRunner @6666`: the name, and the end of the account's number. A canonical user id keeps its ends.
fn requester(text: &[u8]) -> Cow<'_, [u8]> {
    named(text, |requester| requester.principal())
}

/// `EtlRunner/session @6666`
fn requester_with_session(text: &[u8]) -> Cow<'_, [u8]> {
    let role = b":assumed-role/";
    named(text, |requester| match memchr::memmem::find(text, role) {
        Some(start) => Some(&text[start + role.len()..]),
        None => requester.principal(),
    })
}

fn named<'a>(text: &'a [u8], name: impl Fn(Requester<'a>) -> Option<&'a [u8]>) -> Cow<'a, [u8]> {
    let requester = Requester::new(text);
    let name = name(requester).unwrap_or(text);
    if name.len() == 64 && name.iter().all(u8::is_ascii_hexdigit) {
        return Cow::Owned([&name[..8], "…".as_bytes(), &name[60..]].concat());
    }
    match requester.account().and_then(<[u8]>::last_chunk::<4>) {
        Some(end) => Cow::Owned([name, b" @", end].concat()),
        None => Cow::Borrowed(name),
    }
}

/// `GET`, `PUT.PART`, `BATCH.DELETE`: without what nearly all operations have.
fn operation(text: &[u8]) -> Cow<'_, [u8]> {
    let text = text.strip_prefix(b"REST.").unwrap_or(text);
    Cow::Borrowed(text.strip_suffix(b".OBJECT").unwrap_or(text))
}

fn client(user_agent: &[u8]) -> String {
    let mut out = Vec::new();
    write_client(user_agent, &mut out);
    sanitize(&out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(kind: Short, values: &[&str]) -> Vec<String> {
        let values: Vec<Value> = values.iter().map(|value| Value::from(*value)).collect();
        let texts = texts(kind, &values.iter().collect::<Vec<_>>());
        texts.into_iter().map(|text| text.unwrap_or_else(|| "whole".into())).collect()
    }

    #[test]
    fn requesters() {
        let role = "arn:aws:sts::111122226666:assumed-role/EtlRunner/";
        let id = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";
        let [one, two] = ["i-1", "i-2"].map(|session| format!("{role}{session}"));
        let user = "arn:aws:iam::111122226666:user/path/alice";
        let table: &[(&[&str], &[&str])] = &[
            (&[&one, user, id], &["EtlRunner @6666", "alice @6666", "79a59df9…f2be"]),
            (&[&one, &two, &one], &["EtlRunner/i-1 @6666", "EtlRunner/i-2 @6666", "EtlRunner/i-1 @6666"]),
            (&["svc:cloudtrail.amazonaws.com", "AmazonS3"], &["cloudtrail", "AmazonS3"]),
            (&[user, "arn:aws:iam::111122226666:user/alice"], &["whole", "whole"]),
        ];
        for (values, expected) in table {
            assert_eq!(short(Short::Requester, values), *expected);
        }
    }

    #[test]
    fn operations() {
        let operations = ["REST.GET.OBJECT", "REST.PUT.PART", "BATCH.DELETE.OBJECT", "S3.EXPIRE.OBJECT"];
        assert_eq!(short(Short::Operation, &operations), ["GET", "PUT.PART", "BATCH.DELETE", "S3.EXPIRE"]);
        assert_eq!(short(Short::Operation, &["REST.GET.OBJECT", "GET"]), ["whole", "whole"]);
    }

    #[test]
    fn user_agents() {
        let agents = ["aws-cli/2.15.30 Python/3.11", "aws-cli/2.1", "\u{1b}[31m/1"];
        assert_eq!(short(Short::UserAgent, &agents)[..2], ["aws-cli/2", "aws-cli/2"]);
        assert!(!short(Short::UserAgent, &agents)[2].contains('\u{1b}'));
    }
}
