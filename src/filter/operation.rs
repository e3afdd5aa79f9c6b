//! `--operation`: what was asked for.

use std::str::FromStr;

use super::BadValue;
use super::choice::{Predicate, Value};
use super::glob::Case;
use super::text::{Text, not_empty};
use crate::parser::{Entry, Field};

const FORMS: &str = "an operation such as REST.GET.OBJECT, a pattern such as REST.*.OBJECT, or - for none";

/// An operation, in upper or lower case.
#[derive(Clone, Debug)]
pub struct Operation(Text);

impl FromStr for Operation {
    type Err = BadValue;

    fn from_str(typed: &str) -> Result<Self, BadValue> {
        Text::new(not_empty(typed, FORMS)?, Case::Ignored).map(Self)
    }
}

impl Value for Operation {
    const COMMAS: bool = true;
}

impl Predicate for Operation {
    #[inline]
    fn matches(&self, entry: &Entry<'_>) -> bool {
        self.0.matches(entry.get(Field::Operation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::tests::{check, refuses};

    #[test]
    fn operations() {
        check::<Operation>(
            Field::Operation,
            &[
                ("REST.GET.OBJECT", "REST.GET.OBJECT", true),
                ("rest.get.object", "REST.GET.OBJECT", true),
                ("REST.GET", "REST.GET.OBJECT", false),
                ("REST.*.OBJECT", "REST.PUT.OBJECT", true),
                ("rest.put.*,REST.HEAD.*", "REST.HEAD.BUCKET", true),
                ("REST.{GET,HEAD}.*,S3.*", "S3.EXPIRE.OBJECT", true),
                ("REST.{GET,HEAD}.*", "REST.HEAD.OBJECT", true),
                ("!S3.*", "S3.EXPIRE.OBJECT", false),
                ("REST.*,!REST.GET.*", "REST.GET.OBJECT", false),
                ("REST.*,!REST.GET.*", "REST.PUT.OBJECT", true),
            ],
        );
        refuses::<Operation>(&["", "a,", "!", "{a"]);
    }
}
