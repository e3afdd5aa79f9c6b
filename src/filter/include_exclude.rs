//! Several values of one filter: any of the wanted, none of the unwanted.

use std::str::FromStr;

use super::tokens::split_list;
use crate::record::Record;
use crate::value_error::ValueError;

/// A value that a filter takes.
pub trait Value: FromStr<Err = ValueError> {
    /// Whether a comma separates values: only where the text can hold none.
    const COMMAS: bool;
}

/// A value that is a test of its own.
pub trait Predicate: Value {
    /// Whether the record passes.
    fn matches(&self, record: &Record<'_>) -> bool;
}

/// The values of one filter. A record passes if it matches any of the wanted ones, where there are any, and none of
/// the unwanted ones (typed with `!` in front).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncludeExclude<T> {
    wanted: Vec<T>,
    unwanted: Vec<T>,
}

impl<T> IncludeExclude<T> {
    /// A choice of one value.
    pub fn only(value: T) -> Self {
        Self { wanted: vec![value], unwanted: Vec::new() }
    }

    /// Whether everything passes.
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty() && self.unwanted.is_empty()
    }

    /// Whether something passes of which `test` says which values it matches.
    #[inline]
    pub fn passes(&self, mut test: impl FnMut(&T) -> bool) -> bool {
        (self.wanted.is_empty() || self.wanted.iter().any(&mut test)) && !self.unwanted.iter().any(test)
    }

    /// The wanted and the unwanted values.
    pub(super) fn into_parts(self) -> (Vec<T>, Vec<T>) {
        (self.wanted, self.unwanted)
    }
}

impl<T: Predicate> IncludeExclude<T> {
    /// Whether the record passes.
    #[inline]
    pub fn matches(&self, record: &Record<'_>) -> bool {
        self.passes(|value| value.matches(record))
    }
}

impl<T> Default for IncludeExclude<T> {
    fn default() -> Self {
        Self { wanted: Vec::new(), unwanted: Vec::new() }
    }
}

/// Reads one argument. `\!` at the start is a literal exclamation mark, as anywhere in a glob.
impl<T: Value> FromStr for IncludeExclude<T> {
    type Err = ValueError;

    fn from_str(typed: &str) -> Result<Self, ValueError> {
        let mut choice = Self::default();
        let items = if T::COMMAS { split_list(typed) } else { vec![typed] };
        for item in items {
            let item = if T::COMMAS { item.trim() } else { item };
            match item.strip_prefix('!') {
                Some(item) => choice.unwanted.push(item.parse()?),
                None => choice.wanted.push(item.parse()?),
            }
        }
        Ok(choice)
    }
}

/// Joins the arguments of an option that was given more than once.
impl<T> FromIterator<Self> for IncludeExclude<T> {
    fn from_iter<I: IntoIterator<Item = Self>>(choices: I) -> Self {
        choices.into_iter().fold(Self::default(), |mut all, choice| {
            all.wanted.extend(choice.wanted);
            all.unwanted.extend(choice.unwanted);
            all
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Eq)]
    struct Listed(String);

    impl FromStr for Listed {
        type Err = ValueError;

        fn from_str(typed: &str) -> Result<Self, ValueError> {
            if typed.is_empty() {
                Err(ValueError::because("text", typed, "it is empty", "a text"))
            } else {
                Ok(Self(typed.into()))
            }
        }
    }

    impl Value for Listed {
        const COMMAS: bool = true;
    }

    #[test]
    fn wanted_and_unwanted() {
        let table: &[(&[&str], &str, bool)] = &[
            (&[], "a", true),
            (&["a"], "a", true),
            (&["a"], "b", false),
            (&["a,b"], "b", true),
            (&["a", "b"], "b", true),
            (&["!a"], "a", false),
            (&["!a"], "b", true),
            (&["!a,!b"], "b", false),
            (&["a,b", "!b"], "b", false),
            (&["a, b"], "b", true),
            (&["!!a"], "!a", false),
        ];
        for (arguments, text, passes) in table {
            let choice: IncludeExclude<Listed> =
                arguments.iter().map(|text| text.parse::<IncludeExclude<_>>().unwrap()).collect();
            assert_eq!(choice.passes(|value| value.0 == *text), *passes, "{arguments:?} {text}");
        }
        for bad in ["", "a,", ",", "a,,b", "!", "a,!"] {
            assert!(bad.parse::<IncludeExclude<Listed>>().is_err(), "{bad}");
        }
    }
}
