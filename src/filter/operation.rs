//! `--operation`: what was asked for.

use std::str::FromStr;

use super::glob::Case;
use super::include_exclude::{Predicate, Value};
use super::nullable_glob::{NullableGlob, not_empty};
use crate::record::{Field, Record};
use crate::value_error::ValueError;

const FORMS: &str = "an operation such as REST.GET.OBJECT, a pattern such as REST.*.OBJECT, or - for none";

/// An operation, in upper or lower case.
#[derive(Clone, Debug)]
pub struct OperationPattern(NullableGlob);

impl FromStr for OperationPattern {
    type Err = ValueError;

    fn from_str(typed: &str) -> Result<Self, ValueError> {
        NullableGlob::new(not_empty(typed, FORMS)?, Case::Ignored).map(Self)
    }
}

impl Value for OperationPattern {
    const COMMAS: bool = true;
}

impl Predicate for OperationPattern {
    #[inline]
    fn matches(&self, record: &Record<'_>) -> bool {
        self.0.matches(record.get(Field::Operation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::tests::{check, refuses};

    #[test]
    fn operations() {
        check::<OperationPattern>(
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
        refuses::<OperationPattern>(&["", "a,", "!", "{a"]);
    }
}
