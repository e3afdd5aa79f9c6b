//! What could not be read, said without saying the same a thousand times.

use std::collections::HashMap;

use anyhow::Error;

/// Errors of one kind that are said one by one.
const MAX_SHOWN_ERRORS: u64 = 3;

/// Errors by kind: the first few are said as they are, the others counted.
#[derive(Debug, Default)]
pub(crate) struct Unread {
    /// In the order in which the kinds came.
    kinds: Vec<Kind>,
    by_text: HashMap<String, usize>,
}

#[derive(Debug)]
struct Kind {
    count: u64,
    last: String,
}

impl Unread {
    /// Adds what could not be read. Returns what to say about it now, if it is among the first of its kind.
    pub(crate) fn add(&mut self, raw: &str, error: &Error) -> Option<Error> {
        let (name, text) = (one_line(raw), format!("{error:#}"));
        // A key that holds a line feed writes no line of its own.
        let key = key_of(raw);
        let text = if key.contains('\n') { text.replace(key, &one_line(key)) } else { text };
        let name = name.as_str();
        let next = self.kinds.len();
        let kind = *self.by_text.entry(kind(name, &text)).or_insert(next);
        if kind == next {
            self.kinds.push(Kind { count: 0, last: String::new() });
        }
        let kind = &mut self.kinds[kind];
        kind.count += 1;
        if kind.count <= MAX_SHOWN_ERRORS {
            return Some(anyhow::anyhow!("{name}: {text}"));
        }
        kind.last = format!("{name}: {text}");
        None
    }

    /// What to say at the end: of each kind how many more there were, and the last one.
    pub(crate) fn rest(&self) -> Vec<Error> {
        let more = self.kinds.iter().filter(|kind| kind.count > MAX_SHOWN_ERRORS);
        more.map(|kind| match kind.count - MAX_SHOWN_ERRORS {
            1 => anyhow::anyhow!("{}", kind.last),
            more => anyhow::anyhow!("{more} more like this: {}", kind.last),
        })
        .collect()
    }
}

/// The key in the name of an object.
fn key_of(name: &str) -> &str {
    name.strip_prefix("s3://").and_then(|url| url.split_once('/')).map_or("", |(_, key)| key)
}

fn one_line(text: &str) -> String {
    text.replace('\n', "\\n")
}

/// The text of an error without what differs between errors of one kind: the name of the source, and numbers.
fn kind(name: &str, text: &str) -> String {
    // Messages call an object by its key alone, too.
    let key = key_of(name);
    let mut text = text.replace(name, "");
    if !key.is_empty() {
        text = text.replace(key, "");
    }
    text.retain(|character| !character.is_ascii_digit());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_errors_are_counted() {
        let mut unread = Unread::default();
        let mut said = Vec::new();
        for n in 0..1000 {
            let name = format!("s3://my-logs/prod/{n}");
            let error = Error::msg(format!("denied (arn:my-logs/prod/{n})"));
            said.extend(unread.add(&name, &error));
            said.extend(unread.add(&name, &Error::msg(format!("{n} bytes came"))).filter(|_| n < 4));
        }
        said.extend(unread.add("x", &Error::msg("gone")));
        said.extend(unread.add("s3://b/a\nerror: forged", &Error::msg("no a\nerror: forged\nhere")));
        let said: Vec<String> = said.iter().map(Error::to_string).collect();
        let expected = [
            "s3://my-logs/prod/0: denied (arn:my-logs/prod/0)",
            "s3://my-logs/prod/0: 0 bytes came",
            "s3://my-logs/prod/1: denied (arn:my-logs/prod/1)",
            "s3://my-logs/prod/1: 1 bytes came",
            "s3://my-logs/prod/2: denied (arn:my-logs/prod/2)",
            "s3://my-logs/prod/2: 2 bytes came",
            "x: gone",
            "s3://b/a\\nerror: forged: no a\\nerror: forged\nhere",
        ];
        assert_eq!(said, expected);
        let rest: Vec<String> = unread.rest().iter().map(Error::to_string).collect();
        let expected = [
            "997 more like this: s3://my-logs/prod/999: denied (arn:my-logs/prod/999)",
            "997 more like this: s3://my-logs/prod/999: 999 bytes came",
        ];
        assert_eq!(rest, expected);
    }
}
