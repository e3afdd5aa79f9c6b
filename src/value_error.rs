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
