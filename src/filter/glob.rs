//! Globs on bytes, matched against the whole text.
//!
//! `*` is any bytes, `/` included; `?` is one byte; `[..]` and `{a,b}` as in a shell; a backslash makes the next
//! character literal. Texts without special characters and those with stars only, which is nearly all that is typed,
//! never meet a regular expression.

use globset::{ErrorKind, GlobBuilder};
use memchr::memmem;
use regex::bytes::{Regex, RegexBuilder};

use super::tokens::{Token, tokens};
use crate::value_error::ValueError;

const FORMS: &str =
    "a text, or a pattern of *, ?, [..] and {a,b}; a backslash makes the next character literal";

/// Whether upper and lower case of ASCII letters are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Sensitive,
    Ignored,
}

/// A pattern for a text of the log.
#[derive(Clone, Debug)]
pub(super) enum Glob {
    Exact(Vec<u8>),
    ExactIgnoringCase(Vec<u8>),
    /// Texts with a star between each two.
    Stars {
        start: Vec<u8>,
        middle: Vec<memmem::Finder<'static>>,
        end: Vec<u8>,
    },
    Regex(Regex),
}

impl Glob {
    pub(super) fn new(typed: &str, case: Case) -> Result<Self, ValueError> {
        match (plain_parts(typed), case) {
            (Some(parts), Case::Sensitive) => return Ok(Self::from_parts(parts)),
            (Some(mut parts), Case::Ignored) if parts.len() == 1 => {
                return Ok(Self::ExactIgnoringCase(parts.swap_remove(0)));
            }
            _ => {}
        }
        if tokens(typed).any(|(token, _)| matches!(token, Token::Class(class) if !class.is_ascii())) {
            return Err(ValueError::because(
                "pattern",
                typed,
                "a [..] holds a character of more than one byte",
                FORMS,
            ));
        }
        let glob = GlobBuilder::new(typed)
            .case_insensitive(case == Case::Ignored)
            .literal_separator(false)
            .backslash_escape(true)
            .empty_alternates(true)
            .build()
            .map_err(|error| ValueError::because("pattern", typed, problem(&error), FORMS))?;
        // A text can hold a line feed (in the JSON delivery) and bytes that are no UTF-8: a star must not stop there.
        let regex = RegexBuilder::new(glob.regex()).unicode(false).dot_matches_new_line(true).build();
        regex.map(Self::Regex).map_err(|_| ValueError::because("pattern", typed, "too large", FORMS))
    }

    /// The glob that matches this text and no other.
    pub(super) fn literal(text: &[u8]) -> Self {
        Self::Exact(text.to_vec())
    }

    /// The glob with its literal parts changed. `None` if none changes, or if the result is not a pattern: one with more
    /// than stars must stay UTF-8.
    pub(super) fn with_literals(typed: &str, change: impl Fn(&[u8]) -> Vec<u8>) -> Option<Self> {
        if let Some(parts) = plain_parts(typed) {
            let changed: Vec<_> = parts.iter().map(|part| change(part)).collect();
            return (changed != parts).then(|| Self::from_parts(changed));
        }
        let (mut pattern, mut literal) = (String::new(), String::new());
        let mut is_changed = false;
        let mut flush = |literal: &mut String, pattern: &mut String| {
            let changed = String::from_utf8(change(literal.as_bytes())).ok()?;
            is_changed |= changed != *literal;
            for character in changed.chars() {
                if "*?[]{},\\".contains(character) {
                    pattern.push('\\');
                }
                pattern.push(character);
            }
            literal.clear();
            Some(())
        };
        for (token, _) in tokens(typed) {
            match token {
                Token::Plain(character) if character != ',' => literal.push(character),
                Token::Escaped(character) => literal.push(character),
                Token::Class(class) => {
                    flush(&mut literal, &mut pattern)?;
                    pattern.push_str(class);
                }
                // In braces a comma is a separator; outside, globset takes it literally.
                Token::Plain(special) | Token::Special(special) => {
                    flush(&mut literal, &mut pattern)?;
                    pattern.push(special);
                }
            }
        }
        flush(&mut literal, &mut pattern)?;
        if is_changed { Self::new(&pattern, Case::Sensitive).ok() } else { None }
    }

    fn from_parts(mut parts: Vec<Vec<u8>>) -> Self {
        let end = parts.pop().unwrap_or_default();
        if parts.is_empty() {
            return Self::Exact(end);
        }
        let start = parts.remove(0);
        let middle = parts.iter().map(|part| memmem::Finder::new(part).into_owned()).collect();
        Self::Stars { start, middle, end }
    }

    #[inline]
    pub(super) fn matches(&self, text: &[u8]) -> bool {
        match self {
            Self::Exact(exact) => text == exact.as_slice(),
            Self::ExactIgnoringCase(exact) => text.eq_ignore_ascii_case(exact),
            Self::Stars { start, middle, end } => {
                let Some(text) = text.strip_prefix(start.as_slice()) else { return false };
                let Some(mut text) = text.strip_suffix(end.as_slice()) else { return false };
                // The leftmost place leaves the most text for the parts after, so no other need be tried.
                middle.iter().all(|part| match part.find(text) {
                    Some(at) => {
                        text = &text[at + part.needle().len()..];
                        true
                    }
                    None => false,
                })
            }
            Self::Regex(regex) => regex.is_match(text),
        }
    }

    /// The only text that it matches.
    #[cfg(feature = "sql")]
    pub(super) fn exact(&self) -> Option<&[u8]> {
        match self {
            Self::Exact(exact) => Some(exact),
            _ => None,
        }
    }

    /// Whether a text that begins like this can match at all; true if that would take long to find out.
    #[inline]
    pub(super) fn can_begin(&self, text: &[u8]) -> bool {
        match self {
            Self::Exact(exact) => exact.starts_with(text),
            Self::Stars { start, .. } => start.starts_with(text) || text.starts_with(start),
            Self::ExactIgnoringCase(_) | Self::Regex(_) => true,
        }
    }
}

/// Whether a text has anything special in it, or is broken.
pub(super) fn is_pattern(typed: &str) -> bool {
    typed.contains(['*', '?', '[', '{', '}', '\\'])
}

/// The literal parts between the stars; `None` if there is anything else than stars. `**` next to a slash is
/// special (`**/a` also matches `a`) and left to globset.
fn plain_parts(glob: &str) -> Option<Vec<Vec<u8>>> {
    let mut parts = vec![Vec::new()];
    let mut after_star = false;
    for (token, _) in tokens(glob) {
        let is_star = token == Token::Special('*');
        match token {
            Token::Plain(character) | Token::Escaped(character) => {
                let part = parts.last_mut()?;
                part.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            Token::Special('*') if !after_star => parts.push(Vec::new()),
            Token::Special(_) | Token::Class(_) => return None,
        }
        after_star = is_star;
    }
    Some(parts)
}

fn problem(error: &globset::Error) -> String {
    match error.kind() {
        ErrorKind::UnclosedClass => "has a [ that is never closed; write \\[ for a bracket".into(),
        ErrorKind::UnclosedAlternates => "has a { that is never closed; write \\{ for a brace".into(),
        ErrorKind::UnopenedAlternates => "has a } without a {; write \\} for a brace".into(),
        ErrorKind::DanglingEscape => "ends in a single backslash; write two for one".into(),
        kind => format!("is not a valid pattern: {kind}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(glob: &str, case: Case, text: &[u8]) -> bool {
        Glob::new(glob, case).unwrap_or_else(|error| panic!("{error}")).matches(text)
    }

    #[test]
    fn whole_texts() {
        let table: &[(&str, &[u8], bool)] = &[
            ("a", b"a", true),
            ("a", b"ab", false),
            ("a", b"A", false),
            ("", b"", true),
            ("", b"a", false),
            ("*", b"", true),
            ("*", b"a/b\n\xff\0", true),
            ("logs/*", b"logs/a/b.gz", true),
            ("logs/*", b"logs", false),
            ("*.gz", b"logs/a/b.gz", true),
            ("*.gz", b"logs/a/b.gz.tmp", false),
            ("*2020*", b"a/2020/b", true),
            ("a*b*c", b"a-b-b-c", true),
            ("a*b*c", b"a-c-b", false),
            ("ab*ba", b"aba", false),
            ("a*bc*bc", b"a-bc", false),
            ("a*bc*bc", b"a-bcbc", true),
            ("a?c", b"a/c", true),
            ("a?c", b"a\xffc", true),
            ("a?c", b"ac", false),
            ("[a-c]x", b"bx", true),
            ("[!a-c]x", b"bx", false),
            ("{a,b/*}.txt", b"b/c.txt", true),
            ("{a,b}{,.txt}", b"a", true),
            ("**/a", b"a", true),
            ("**/a", b"x/y/a", true),
            ("x/**", b"x/y/a", true),
            ("{*.gz,*\\,*}", b"a,b\n", true),
            ("a\\*b", b"a*b", true),
            ("a\\*b", b"axb", false),
            ("\\!a", b"!a", true),
            ("\\-", b"-", true),
            ("a.c", b"abc", false),
            ("é*?", "éü".as_bytes(), true),
            ("(a|b)+$", b"(a|b)+$", true),
        ];
        for (glob, text, expected) in table {
            assert_eq!(matches(glob, Case::Sensitive, text), *expected, "{glob} {}", text.escape_ascii());
        }
    }

    #[test]
    fn without_case() {
        for (glob, text, expected) in [
            ("AccessDenied", "accessdenied", true),
            ("accessdenied", "AccessDenied", true),
            ("*BOT*", "Googlebot/2.1", true),
            ("*BOT*", "curl", false),
            ("{Aws,CURL}*", "aws-cli", true),
        ] {
            assert_eq!(matches(glob, Case::Ignored, text.as_bytes()), expected, "{glob} {text}");
        }
    }

    #[test]
    fn broken_patterns_say_what_to_do() {
        for (glob, hint) in [
            ("[S3Console", "\\["),
            ("{a,b", "\\{"),
            ("a}", "\\}"),
            ("a\\", "backslash"),
            ("[b-a]", "range"),
            ("[é]", "more than one byte"),
        ] {
            let error = Glob::new(glob, Case::Sensitive).map(|_| ()).unwrap_err().to_string();
            assert!(error.contains(hint) && error.contains("expected "), "{error}");
        }
    }

    #[test]
    fn changed_literals() {
        let decode = |text: &[u8]| percent_encoding::percent_decode(text).collect::<Vec<u8>>();
        for (glob, text, expected) in [
            ("a%20b", &b"a b"[..], Some(true)),
            ("a%20*", b"a b", Some(true)),
            ("a%2A", b"a*", Some(true)),
            ("a%2A", b"ab", Some(false)),
            ("a%ff*", b"a\xffb", Some(true)),
            ("{a%20,b%2C}?", b"b,c", Some(true)),
            ("{%7B%2C%2A}?", b"{,*x", Some(true)),
            ("[%20]%20", b"0 ", Some(true)),
            ("a%ff?", b"a\xffb", None),
            ("100%", b"100%", None),
            ("a?", b"ab", None),
        ] {
            let glob = Glob::with_literals(glob, decode).map(|glob| glob.matches(text));
            assert_eq!(glob, expected, "{}", text.escape_ascii());
        }
    }

    proptest! {
        #[test]
        fn stars_match_as_the_regex_does(glob in "[ab*]{0,8}", text in "[ab]{0,12}") {
            prop_assume!(!glob.contains("**"));
            let regex = Regex::new(&format!("^{}$", glob.replace('*', ".*"))).unwrap();
            prop_assert_eq!(matches(&glob, Case::Sensitive, text.as_bytes()), regex.is_match(text.as_bytes()));
        }

        #[test]
        fn what_matches_can_begin_as_it_does(glob in "[ab*?]{0,6}", text in "[ab]{0,8}", length in 0usize..9) {
            prop_assume!(!glob.contains("**"));
            let glob = Glob::new(&glob, Case::Sensitive).unwrap();
            let start = &text.as_bytes()[..length.min(text.len())];
            prop_assert!(!glob.matches(text.as_bytes()) || glob.can_begin(start));
        }

        #[test]
        fn no_pattern_panics(glob in "[ab%é,\\[\\]{}!^\\\\*?/-]{0,20}", text in any::<Vec<u8>>()) {
            for case in [Case::Sensitive, Case::Ignored] {
                if let Ok(glob) = Glob::new(&glob, case) {
                    glob.matches(&text);
                }
            }
            Glob::with_literals(&glob, |text| text.to_vec());
        }
    }
}
