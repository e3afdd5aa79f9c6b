//! `--key`: which object.

use std::str::FromStr;

use memchr::memchr2;
use percent_encoding::percent_decode;

use super::glob::{Case, Glob};
use super::include_exclude::{Predicate, Value};
use super::nullable_glob::not_empty;
use crate::record::Record;
use crate::value_error::ValueError;

const FORMS: &str = "a key, a pattern such as logs/*.gz, encoded or not, or - for no key";

/// An object's key. It is found however often it was encoded, in the log or as it was typed.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    /// What was typed and what else it can mean; empty for `-`, no key.
    globs: Vec<Glob>,
}

/// Makes another text that what was typed can mean.
type Reading = fn(&[u8]) -> Vec<u8>;

impl Key {
    /// The key of exactly this name, encoded or not: nothing in it is a pattern.
    ///
    /// # Errors
    /// If it is empty.
    pub(crate) fn named(name: &str) -> Result<Self, ValueError> {
        let escape = |character: char| {
            let is_special = "*?[]{},\\".contains(character);
            is_special.then_some('\\').into_iter().chain([character])
        };
        match name {
            "-" => "\\-".parse(),
            _ => name.chars().flat_map(escape).collect::<String>().parse(),
        }
    }

    /// Whether a record with this key can pass; the whole record tells what an encoded key, or none, is.
    #[cfg(feature = "sql")]
    pub(super) fn can_match_text(&self, text: Option<&[u8]>) -> bool {
        text.is_none_or(|key| {
            memchr2(b'%', b'+', key).is_some() || self.globs.iter().any(|glob| glob.matches(key))
        })
    }
}

impl FromStr for Key {
    type Err = ValueError;

    fn from_str(typed: &str) -> Result<Self, ValueError> {
        if typed == "-" {
            return Ok(Self { globs: Vec::new() });
        }
        let mut globs = vec![Glob::new(not_empty(typed, FORMS)?, Case::Sensitive)?];
        // S3 encodes twice, so a key copied from the log needs decoding twice; and it can write a space as a plus.
        let readings: [Reading; 5] = [
            decode,
            |text| decode(&decode(text)),
            spaces_as_plus,
            |text| spaces_as_plus(&decode(text)),
            |text| spaces_as_plus(&decode(&decode(text))),
        ];
        let mut seen = vec![typed.as_bytes().to_vec()];
        for reading in readings {
            let text = reading(typed.as_bytes());
            if !seen.contains(&text) {
                globs.extend(Glob::with_literals(typed, reading));
                seen.push(text);
            }
        }
        Ok(Self { globs })
    }
}

impl Value for Key {
    const HOLDS_COMMAS: bool = true;
}

impl Predicate for Key {
    fn matches(&self, record: &Record<'_>) -> bool {
        let any = |key: &[u8]| self.globs.iter().any(|glob| glob.matches(key));
        let Some(key) = record.key() else { return self.globs.is_empty() };
        if any(key) {
            return true;
        }
        // What is before the first percent sign or plus stays as it is, however often the key is decoded.
        let Some(first) = memchr2(b'%', b'+', key) else { return false };
        if !self.globs.iter().any(|glob| glob.can_begin(&key[..first])) {
            return false;
        }
        let once = decode(key);
        any(&once)
            || (memchr2(b'%', b'+', &once).is_some() && record.object().is_some_and(|object| any(&object)))
    }
}

fn decode(text: &[u8]) -> Vec<u8> {
    percent_decode(text).collect()
}

fn spaces_as_plus(text: &[u8]) -> Vec<u8> {
    text.iter().map(|byte| if *byte == b' ' { b'+' } else { *byte }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::include_exclude::IncludeExclude;
    use crate::filter::tests::{check, refuses, with};
    use crate::record::Field;

    #[test]
    fn keys() {
        check::<Key>(
            Field::Key,
            &[
                ("logs/a.gz", "logs/a.gz", true),
                ("logs/*.gz", "logs/2020/a.gz", true),
                ("logs", "logs/a.gz", false),
                ("a,b", "a,b", true),
                ("a,b", "a", true),
                ("a\\,b", "a", false),
                ("hr/*,prod/*", "prod/x", true),
                ("!hr/*,prod/*", "prod/x", false),
                ("!tmp/*", "tmp/a", false),
                ("!tmp/*", "a", true),
                ("!tmp/*", "-", true),
                ("\\!a", "!a", true),
                ("-", "-", true),
                ("-", "a", false),
                ("*", "-", false),
                ("/", "/", true),
                ("a b", "a%20b", true),
                ("a b", "a+b", true),
                ("a%20b", "a+b", true),
                ("a%20b", "a%20bc", false),
                ("a b*", "a+bc", true),
                ("{a b,c}?", "a+bc", true),
                ("a+b", "a%2Bb", true),
                ("a/b", "a%2Fb", true),
                ("a%2fb", "a%2Fb", true),
                ("a%2Fb", "a/b", true),
                ("a%2Ab", "a*b", true),
                ("a%2Ab", "axb", false),
                ("a\\*b", "a%2Ab", true),
                ("%FF*", "%FFabc", true),
                ("%ff*", "%FFabc", true),
                ("é", "%C3%A9", true),
                ("100%", "100%", true),
                ("100%", "100%25", true),
            ],
        );
        refuses::<Key>(&["", "!", "[a", "a\\"]);
    }

    #[test]
    fn keys_that_are_encoded_twice_in_the_log() {
        let fields: [(Field, &[u8]); 2] =
            [(Field::Key, b"date_%253D2020/a"), (Field::RequestUri, b"GET /date_%3D2020/a HTTP/1.1")];
        for typed in
            ["date_=2020/a", "date_%3D2020/a", "date_%3d2020/*", "date_%253D2020/a", "date_=*", "*_%3D*"]
        {
            let key: IncludeExclude<Key> = typed.parse().unwrap();
            assert!(with(&fields, |record| key.matches(record)), "{typed}");
            assert!(
                with(&[(Field::Key, b"date_=2020/a")], |record| key.matches(record)),
                "{typed}, never encoded"
            );
        }
    }

    #[test]
    fn a_name_is_no_pattern() {
        let table = [
            ("a*b", "a*b", true),
            ("a*b", "a%2Ab", true),
            ("a*b", "axb", false),
            ("a?[b]{c,d}\\", "a?[b]{c,d}\\", true),
            ("a?[b]{c,d}\\", "a%3F%5Bb%5D%7Bc%2Cd%7D%5C", true),
            ("x[b] c", "x[b]+c", true),
            ("!a", "!a", true),
            ("a%2Fb", "a/b", true),
        ];
        for (name, key, expected) in table {
            let named = Key::named(name).unwrap();
            let matches = with(&[(Field::Key, key.as_bytes())], |record| named.matches(record));
            assert_eq!(matches, expected, "{name} {key}");
        }
        assert!(Key::named("").is_err());
        assert!(!with(&[(Field::Key, b"-")], |record| Key::named("-").unwrap().matches(record)));
    }

    #[test]
    fn an_object_that_is_called_dash() {
        let fields: [(Field, &[u8]); 2] = [(Field::Key, b"-"), (Field::RequestUri, b"GET /- HTTP/1.1")];
        for (typed, expected) in [("-", false), ("\\-", true), ("*", true)] {
            let key: Key = typed.parse().unwrap();
            assert_eq!(with(&fields, |record| key.matches(record)), expected, "{typed}");
        }
    }
}
