//! What is wrong with a value that was typed.

/// A value that cannot be read: what was typed, what is wrong with it, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{typed:?} {problem}; accepted: {forms}")]
pub struct ValueError {
    typed: String,
    problem: String,
    forms: &'static str,
}

impl ValueError {
    /// From what was typed, what is wrong with it, and the forms that are right.
    pub fn new(typed: &str, problem: impl Into<String>, forms: &'static str) -> Self {
        Self { typed: typed.to_owned(), problem: problem.into(), forms }
    }
}

/// What to type instead of a name that is not known: the nearest one, or else all there are.
pub fn did_you_mean<'n>(typed: &str, names: impl Iterator<Item = &'n str> + Clone) -> String {
    let likeness = |name: &&str| (strsim::jaro_winkler(typed, name) * 1000.0) as u32;
    match names.clone().max_by_key(likeness).filter(|name| likeness(name) >= SIMILAR) {
        Some(name) => format!("did you mean {name}?"),
        None => format!("there are: {}", names.collect::<Vec<_>>().join(", ")),
    }
}

/// From where on two names are alike enough for a guess, of 1000: as clap guesses.
const SIMILAR: u32 = 800;
