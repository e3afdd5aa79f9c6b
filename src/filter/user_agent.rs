//! `--user-agent`: with what program.

use std::str::FromStr;

use super::glob::Case;
use super::include_exclude::{Predicate, Value};
use super::nullable_glob::NullableGlob;
use crate::record::{Field, Record};
use crate::value_error::ValueError;

/// The User-Agent header, in upper or lower case. A client can send an empty one, so the empty text is a value.
#[derive(Clone, Debug)]
pub(crate) struct UserAgent(NullableGlob);

impl UserAgent {
    #[inline]
    pub(super) fn matches_text(&self, text: Option<&[u8]>) -> bool {
        self.0.matches(text)
    }
}

impl FromStr for UserAgent {
    type Err = ValueError;

    fn from_str(typed: &str) -> Result<Self, ValueError> {
        NullableGlob::new(typed, Case::Ignored).map(Self)
    }
}

impl Value for UserAgent {
    const HOLDS_COMMAS: bool = true;
}

impl Predicate for UserAgent {
    #[inline]
    fn matches(&self, record: &Record<'_>) -> bool {
        self.matches_text(record.get(Field::UserAgent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::tests::{check, refuses};

    #[test]
    fn user_agents() {
        check::<UserAgent>(
            Field::UserAgent,
            &[
                ("aws-cli/2.0", "aws-cli/2.0", true),
                ("AWS-CLI/*", "aws-cli/2.0", true),
                ("aws-cli", "aws-cli/2.0", false),
                ("*bot*", "Mozilla/5.0 (Googlebot)", true),
                ("a, b", "a, b", true),
                ("curl*,wget*", "Wget/1.21", true),
                ("x (KHTML, like Gecko) y", "x (KHTML, like Gecko) y", true),
                ("x (KHTML, like Gecko) y", "like Gecko", false),
                ("\\[S3Console/*", "[S3Console/0.4]", true),
                ("\\!important", "!important", true),
                ("!*bot*", "curl/8", true),
                ("!*bot*", "-", true),
                ("-", "-", true),
                ("*", "-", false),
                ("", "", true),
                ("", "a", false),
                ("*evil\" x*", "evil\" x\" 200 - 1", true),
            ],
        );
        refuses::<UserAgent>(&["[S3Console/0.4", "a\\"]);
    }
}
