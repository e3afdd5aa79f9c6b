//! What is wrong with a value that was typed.

use std::borrow::Cow;
use std::fmt;
use std::num::{IntErrorKind, ParseIntError};

/// A value that cannot be read: what it should be, what was typed, what is wrong with it, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ValueError {
    what: &'static str,
    typed: String,
    problem: Option<String>,
    forms: &'static str,
}

impl ValueError {
    /// A value in no accepted form: `invalid status "99x": expected 100 to 599`.
    pub(crate) fn invalid(what: &'static str, typed: &str, forms: &'static str) -> Self {
        Self { what, typed: typed.to_owned(), problem: None, forms }
    }

    /// The same, with a sentence on what is wrong.
    pub(crate) fn because(
        what: &'static str,
        typed: &str,
        problem: impl Into<String>,
        forms: &'static str,
    ) -> Self {
        Self { problem: Some(problem.into()), ..Self::invalid(what, typed, forms) }
    }

    /// What is wrong with it, for a sentence that has named `value`: the part of it that is meant is named if it is not all of it.
    pub(crate) fn of_value(&self, value: &str) -> String {
        let part = if self.typed == value { String::new() } else { format!("{:?}: ", self.typed) };
        format!("{part}{}", self.expected())
    }

    fn expected(&self) -> String {
        let Self { problem, forms, .. } = self;
        match problem {
            // A question ends a sentence.
            Some(problem) if problem.ends_with('?') => format!("{problem} Expected {forms}"),
            Some(problem) => format!("{problem}; expected {forms}"),
            None => format!("expected {forms}"),
        }
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid {} {:?}: {}", self.what, self.typed, self.expected())
    }
}

impl std::error::Error for ValueError {}

/// What is wrong with a value, where the error that is there does not say it well. `range` tells which whole numbers would be right.
pub(crate) fn value_problem(
    problem: &(dyn std::error::Error + 'static),
    value: &str,
    range: impl FnOnce() -> String,
) -> Option<String> {
    // What begins with the value and its option must not name both again.
    if let Some(problem) = problem.downcast_ref::<ValueError>() {
        return Some(problem.of_value(value));
    }
    if let Some(problem) = problem.downcast_ref::<ParseIntError>() {
        let what = match (problem.kind(), value.parse::<f64>()) {
            (IntErrorKind::PosOverflow, _) => "the number is too large",
            (_, Ok(number)) if number < 0.0 => "the number is below zero",
            (_, Ok(_)) => "not a whole number",
            (_, Err(_)) => "not a number",
        };
        return Some(format!("{what}; expected {}", range()));
    }
    if problem.is::<humantime::DurationError>() {
        let expected = "expected a number with a unit such as 90m, 24h or 7d";
        return Some(format!("not a length of time; {expected}"));
    }
    let text = problem.to_string();
    match text.split_once(OUT_OF_RANGE).filter(|(lead, _)| *lead == value) {
        Some((_, range)) => Some(format!("expected {}", in_words(range))),
        None => without_lead(&text, value),
    }
}

/// What follows the name and the value in `invalid bucket name "X": a name has ...`, or the problem alone of
/// `unknown field "x"; s3al help ...`.
fn without_lead(text: &str, value: &str) -> Option<String> {
    let named = [format!("{value:?}"), format!("`{value}`")];
    let (lead, rest) = named.iter().find_map(|named| text.split_once(named.as_str()))?;
    let is_lead = lead.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b' ');
    if !is_lead {
        return None;
    }
    if let Some(problem) = rest.strip_prefix(": ").filter(|_| lead.starts_with("invalid ")) {
        return Some(problem.to_owned());
    }
    rest.strip_prefix("; ").map(|hint| format!("{}; {hint}", lead.trim_end()))
}

/// What clap says of a number that is out of its range, before the range.
pub(crate) const OUT_OF_RANGE: &str = " is not in ";

/// `1..=65535` for people.
pub(crate) fn in_words(range: &str) -> String {
    match range.split_once("..=").or_else(|| range.split_once("..")) {
        // The greatest that a number can be is no bound that anybody has to know.
        Some((least, most)) if most.len() < 10 && !most.is_empty() => {
            format!("a whole number from {least} to {most}")
        }
        Some((least, _)) => format!("a whole number, {least} or more"),
        None => format!("a whole number in {range}"),
    }
}

/// A value as a shell takes it, so that what a message names can be pasted.
pub(crate) fn quoted(typed: &str) -> Cow<'_, str> {
    // Only what holds a zero byte cannot be quoted, and that nobody can type.
    shlex::try_quote(typed).unwrap_or(Cow::Borrowed(typed))
}

/// What to type instead of an unknown name: the nearest one, or else all of them.
pub(crate) fn did_you_mean<'n>(typed: &str, names: impl Iterator<Item = &'n str> + Clone) -> String {
    match nearest(typed, names.clone()) {
        Some(name) => format!("did you mean {name}?"),
        None => format!("there are: {}", names.collect::<Vec<_>>().join(", ")),
    }
}

/// The name that was probably meant, in whatever case it was typed.
pub(crate) fn nearest<'n>(typed: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let typed = typed.to_ascii_lowercase();
    let likeness = |name: &str| likeness(&typed, &name.to_ascii_lowercase());
    let nearest = names.map(|name| (likeness(name), name)).max_by_key(|(likeness, _)| *likeness)?;
    Some(nearest.1).filter(|_| nearest.0 >= MIN_LIKENESS)
}

/// How similar two names are, from 0 to 1000.
pub(crate) fn likeness(a: &str, b: &str) -> u32 {
    (strsim::jaro_winkler(a, b) * 1000.0) as u32
}

/// The least similarity for a guess, of 1000: the same as clap's.
pub(crate) const MIN_LIKENESS: u32 = 800;

/// Characters that show nothing, though Unicode counts them among letters and symbols: fillers of Hangul, and Braille without a dot.
const BLANKS: [char; 5] = ['\u{115f}', '\u{1160}', '\u{3164}', '\u{ffa0}', '\u{2800}'];

/// A text with what nobody sees in it made visible, if there is any: spaces at its ends and beside slashes, control and zero-width characters,
/// spaces that are none, accents that are a character of their own.
pub(crate) fn invisible(typed: &str) -> Option<String> {
    let is_quoted = |character| matches!(character, '"' | '\'' | '\\');
    let is_invisible = |character: char| {
        !is_quoted(character) && character.escape_debug().len() > 1 || BLANKS.contains(&character)
    };
    let has_ends = typed.split('/').any(|part| part.starts_with(' ') || part.ends_with(' '));
    // A character by itself: in a text, accents are left as they are.
    let shown = typed.chars().map(|character| match character {
        character if BLANKS.contains(&character) => character.escape_unicode().to_string(),
        character if is_invisible(character) => character.escape_debug().to_string(),
        character => character.to_string(),
    });
    (has_ends || typed.contains(is_invisible)).then(|| format!("\"{}\"", shown.collect::<String>()))
}

/// What to say of a text, at the end of a sentence, that was typed with what nobody sees; else nothing.
pub(crate) fn told_invisible(typed: &str) -> String {
    let shown = invisible(typed).map(|shown| format!("; it was typed with invisible characters: {shown}"));
    shown.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_shown() {
        for (typed, shown) in [
            ("s3://b/prod/", None),
            ("s3://b/a b/été/\"q\"/back\\slash", None),
            ("s3://b/prod ", Some("\"s3://b/prod \"")),
            ("s3://b/prod\u{200b}/", Some("\"s3://b/prod\\u{200b}/\"")),
            ("s3://b/a\u{a0}b", Some("\"s3://b/a\\u{a0}b\"")),
            ("s3://b/e\u{301}te\u{301}", Some("\"s3://b/e\\u{301}te\\u{301}\"")),
            ("s3://b/ prod/", Some("\"s3://b/ prod/\"")),
            ("prod\u{2800}\u{3164}", Some("\"prod\\u{2800}\\u{3164}\"")),
            ("s3://b/prod\r", Some("\"s3://b/prod\\r\"")),
        ] {
            assert_eq!(invisible(typed).as_deref(), shown, "{typed:?}");
        }
    }
}
