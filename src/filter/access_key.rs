//! `--access-key`: which access key signed a presigned URL.

use std::str::FromStr;

use super::glob::Case;
use super::include_exclude::{Predicate, Value};
use super::nullable_glob::{NullableGlob, not_empty};
use crate::record::Record;
use crate::semantics::access_key_id;
use crate::value_error::ValueError;

const FORMS: &str = "an access key such as AKIAIOSFODNN7EXAMPLE, a pattern such as ASIA*, or - for none";

/// The id of an access key, in upper or lower case.
#[derive(Clone, Debug)]
pub(crate) struct AccessKey(NullableGlob);

impl FromStr for AccessKey {
    type Err = ValueError;

    fn from_str(typed: &str) -> Result<Self, ValueError> {
        NullableGlob::new(not_empty(typed, FORMS)?, Case::Ignored).map(Self)
    }
}

impl Value for AccessKey {
    const HOLDS_COMMAS: bool = false;
}

impl Predicate for AccessKey {
    fn matches(&self, record: &Record<'_>) -> bool {
        self.0.matches(access_key_id(record).as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::tests::{check, refuses};
    use crate::record::Field;

    #[test]
    fn keys_of_presigned_urls() {
        let uri = "GET /k?X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20260801&X-Amz-Signature=a HTTP/1.1";
        check::<AccessKey>(
            Field::RequestUri,
            &[
                ("AKIAIOSFODNN7EXAMPLE", uri, true),
                ("akia*", uri, true),
                ("ASIA*,AKIA*", uri, true),
                ("ASIA*", uri, false),
                ("!AKIA*", uri, false),
                ("-", uri, false),
                ("-", "GET /k HTTP/1.1", true),
                ("*", "GET /k HTTP/1.1", false),
            ],
        );
        refuses::<AccessKey>(&["", "[a"]);
    }
}
