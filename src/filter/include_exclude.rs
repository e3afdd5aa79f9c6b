//! Several values of one filter: any of the wanted, none of the unwanted.

use std::str::FromStr;

use super::tokens::split_list;
use crate::record::Record;
use crate::value_error::ValueError;

/// A value that a filter takes.
pub(crate) trait Value: FromStr<Err = ValueError> {
    /// Whether the text can hold commas. Commas separate values everywhere; where the text can hold them too, what was typed is
    /// also looked for as a whole.
    const HOLDS_COMMAS: bool;
}

/// A value that tests records itself.
pub(crate) trait Predicate: Value {
    /// Whether the record passes.
    fn matches(&self, record: &Record<'_>) -> bool;
}

/// The values of one filter. A record passes if it matches any of the wanted ones, where there are any, and none of
/// the unwanted ones (typed with `!` in front).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IncludeExclude<T> {
    wanted: Vec<T>,
    unwanted: Vec<T>,
    /// The arguments as they were typed.
    typed: Vec<String>,
}

impl<T> IncludeExclude<T> {
    /// One wanted value.
    pub(crate) fn only(value: T) -> Self {
        Self { wanted: vec![value], ..Self::default() }
    }

    /// Several wanted values.
    pub(crate) fn any_of(values: impl IntoIterator<Item = T>) -> Self {
        Self { wanted: values.into_iter().collect(), ..Self::default() }
    }

    /// The same choice, with what was typed for it.
    #[must_use]
    pub(crate) fn typed_as(mut self, typed: &str) -> Self {
        self.typed.push(typed.to_owned());
        self
    }

    /// The arguments as they were typed.
    pub(crate) fn typed(&self) -> &[String] {
        &self.typed
    }

    /// The same choice with each value converted.
    ///
    /// # Errors
    /// The first that `change` returns.
    pub(super) fn try_map<U, E>(self, change: impl Fn(T) -> Result<U, E>) -> Result<IncludeExclude<U>, E> {
        Ok(IncludeExclude {
            wanted: self.wanted.into_iter().map(&change).collect::<Result<_, _>>()?,
            unwanted: self.unwanted.into_iter().map(change).collect::<Result<_, _>>()?,
            typed: self.typed,
        })
    }

    /// Whether something passes; `test` says which values it matches.
    #[inline]
    pub(crate) fn passes(&self, mut test: impl FnMut(&T) -> bool) -> bool {
        (self.wanted.is_empty() || self.wanted.iter().any(&mut test)) && !self.unwanted.iter().any(test)
    }

    /// Whether no value is unwanted.
    #[cfg(feature = "sql")]
    pub(super) fn has_only_wanted(&self) -> bool {
        self.unwanted.is_empty()
    }

    /// The texts that pass, if each wanted value is just one; unwanted values can only make fewer pass.
    #[cfg(feature = "sql")]
    pub(super) fn all_wanted(&self, text: impl Fn(&T) -> Option<String>) -> Option<Vec<String>> {
        if self.wanted.is_empty() { None } else { self.wanted.iter().map(text).collect() }
    }

    /// The wanted and the unwanted values.
    pub(super) fn into_parts(self) -> (Vec<T>, Vec<T>) {
        (self.wanted, self.unwanted)
    }
}

impl<T: Predicate> IncludeExclude<T> {
    /// Whether the record passes.
    #[inline]
    pub(crate) fn matches(&self, record: &Record<'_>) -> bool {
        self.passes(|value| value.matches(record))
    }
}

impl<T> Default for IncludeExclude<T> {
    fn default() -> Self {
        Self { wanted: Vec::new(), unwanted: Vec::new(), typed: Vec::new() }
    }
}

/// Reads one argument: values with commas between them. `!` in front of the first one is for all of them. `\!` at the start is a
/// literal exclamation mark and `\,` a literal comma, as anywhere in a glob.
impl<T: Value> FromStr for IncludeExclude<T> {
    type Err = ValueError;

    fn from_str(typed: &str) -> Result<Self, ValueError> {
        let mut choice = Self::default().typed_as(typed);
        let trimmed = if T::HOLDS_COMMAS { typed } else { typed.trim() };
        let (list, is_unwanted) = match trimmed.strip_prefix('!') {
            Some(list) => (list, true),
            None => (trimmed, false),
        };
        let items = split_list(list);
        let is_list = items.len() > 1;
        for (place, item) in items.into_iter().enumerate() {
            let item = if is_list { item.trim() } else { item };
            // A text that ends in a comma is looked for as a whole.
            if T::HOLDS_COMMAS && is_list && item.is_empty() {
                continue;
            }
            match item.strip_prefix('!').filter(|_| place > 0) {
                Some(item) => choice.unwanted.push(item.parse()?),
                None if is_unwanted => choice.unwanted.push(item.parse()?),
                None => choice.wanted.push(item.parse()?),
            }
        }
        if T::HOLDS_COMMAS && is_list {
            let whole = list.parse()?;
            if is_unwanted { choice.unwanted.push(whole) } else { choice.wanted.push(whole) }
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
            all.typed.extend(choice.typed);
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
        const HOLDS_COMMAS: bool = false;
    }

    #[derive(Clone, Debug, PartialEq, Eq)]
    struct Text(String);

    impl FromStr for Text {
        type Err = ValueError;

        fn from_str(typed: &str) -> Result<Self, ValueError> {
            Ok(Self(typed.replace("\\,", ",")))
        }
    }

    impl Value for Text {
        const HOLDS_COMMAS: bool = true;
    }

    #[test]
    fn texts_that_can_hold_commas() {
        let table: &[(&str, &str, bool)] = &[
            ("a,b", "a", true),
            ("a,b", "b", true),
            ("a,b", "a,b", true),
            ("a, b", "b", true),
            ("a, b", "a, b", true),
            ("a, b", " b", false),
            (" a", " a", true),
            ("a\\,b", "a", false),
            ("a\\,b", "a,b", true),
            ("a,", "a,", true),
            ("a,", "a", true),
            ("a,", "", false),
            ("!a,b", "a", false),
            ("!a,b", "b", false),
            ("!a,b", "a,b", false),
            ("!a,b", "c", true),
            ("", "", true),
        ];
        for (typed, text, passes) in table {
            let choice: IncludeExclude<Text> = typed.parse().unwrap();
            assert_eq!(choice.passes(|value| value.0 == *text), *passes, "{typed} {text}");
        }
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
            (&["!a,b"], "b", false),
            (&["!a,b"], "c", true),
            (&["a,!b"], "a", true),
            (&["a,!b"], "b", false),
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
