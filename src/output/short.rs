//! Shorter ways to write values, for people whose terminal is narrow. Different values stay different.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::human::show;
use super::sanitize::sanitize;
use super::truncate::cut;
use crate::record::Requester;
use crate::report::{Column, Fit, Short, Value};
use crate::semantics::write_client;
use crate::time::Zone;

/// A value that is a heading takes no more columns of a terminal.
const MAX_HEADING_WIDTH: usize = 24;

/// Whether a form has to tell different values apart, and so has to know all of them.
pub(super) fn keeps_apart(short: Short) -> bool {
    matches!(short, Short::Requester | Short::Operation)
}

/// The short texts of these different values, of a form that keeps them apart; a value has none if no form does.
pub(super) fn known(short: Short, values: &BTreeSet<Vec<u8>>) -> BTreeMap<Vec<u8>, String> {
    let forms: &[fn(&[u8]) -> Cow<'_, [u8]>] = match short {
        Short::Requester => &[requester, requester_with_session],
        Short::Operation => &[operation],
        _ => &[],
    };
    let mut left: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
    let mut known = BTreeMap::new();
    for form in forms {
        let mut by_form: BTreeMap<String, Vec<&[u8]>> = BTreeMap::new();
        for text in left.drain(..) {
            by_form.entry(sanitize(&form(text))).or_default().push(text);
        }
        for (short, texts) in by_form {
            match texts[..] {
                [text] => drop(known.insert(text.to_vec(), short)),
                _ => left.extend(texts),
            }
        }
    }
    known
}

/// The short text of a value whose neighbors nobody knows yet: sessions of a role look alike.
pub(super) fn one(short: Short, text: &[u8]) -> String {
    match short {
        Short::Requester => sanitize(&requester(text)),
        Short::Operation => sanitize(&operation(text)),
        Short::UserAgent => client(text),
        Short::Status | Short::Error => sanitize(text),
    }
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

/// A column of its own for a value of another column, which is its heading.
pub(crate) fn column_of(value: &Value, column: &Column) -> Column {
    let name = match value {
        Value::Text(text) => String::from_utf8_lossy(text).into_owned(),
        value => show(value, column, Zone::Utc),
    };
    Column::whole(name).headed(heading(value, column))
}

fn heading(value: &Value, column: &Column) -> String {
    let shorter: fn(&[u8]) -> Cow<'_, [u8]> = match column.short {
        Some(Short::Requester) => requester_with_session,
        Some(Short::Operation) => operation,
        _ => |text| Cow::Borrowed(text),
    };
    let text = match value {
        Value::Text(text) => sanitize(&shorter(text)),
        value => show(value, column, Zone::Utc),
    };
    cut(&text, MAX_HEADING_WIDTH, Fit::Middle).into_owned()
}

/// `GET`, `PUT.PART`, `BATCH.DELETE`: without what nearly all operations have.
fn operation(text: &[u8]) -> Cow<'_, [u8]> {
    let text = text.strip_prefix(b"REST.").unwrap_or(text);
    Cow::Borrowed(text.strip_suffix(b".OBJECT").unwrap_or(text))
}

/// `aws-cli/2`. Many versions of a client are meant to look alike.
pub(super) fn client(user_agent: &[u8]) -> String {
    let mut out = Vec::new();
    write_client(user_agent, &mut out);
    sanitize(&out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(kind: Short, values: &[&str]) -> Vec<String> {
        let known = known(kind, &values.iter().map(|value| value.as_bytes().to_vec()).collect());
        let text = |value: &&str| known.get(value.as_bytes()).map_or("whole", String::as_str).to_owned();
        values.iter().map(text).collect()
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
        let clients = agents.map(|agent| client(agent.as_bytes()));
        assert_eq!(clients[..2], ["aws-cli/2", "aws-cli/2"]);
        assert!(!clients[2].contains('\u{1b}'));
    }
}
