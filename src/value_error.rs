//! What is wrong with a value that was typed.

use std::borrow::Cow;
use std::fmt;

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
