//! `--requester`: who asked.

use std::str::FromStr;

use super::glob::{Case, Glob};
use super::include_exclude::{Predicate, Value};
use super::nullable_glob::not_empty;
use crate::record::Record;
use crate::value_error::ValueError;

const FORMS: &str =
    "an ARN, an account, a name such as alice, a pattern such as *:assumed-role/Deploy/*, or anonymous";

/// A requester: its whole text, its short name or its account; or the anonymous one.
#[derive(Clone, Debug)]
pub struct RequesterPattern(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Anonymous,
    Named(Glob),
}

impl FromStr for RequesterPattern {
    type Err = ValueError;

    fn from_str(typed: &str) -> Result<Self, ValueError> {
        if typed == "-" || typed.eq_ignore_ascii_case("anonymous") {
            return Ok(Self(Kind::Anonymous));
        }
        Glob::new(not_empty(typed, FORMS)?, Case::Sensitive).map(|glob| Self(Kind::Named(glob)))
    }
}

impl Value for RequesterPattern {
    // The session of an assumed role can hold commas.
    const COMMAS: bool = false;
}

impl Predicate for RequesterPattern {
    fn matches(&self, record: &Record<'_>) -> bool {
        let requester = record.requester();
        match (&self.0, requester.text()) {
            (Kind::Anonymous, text) => text.is_none(),
            (Kind::Named(_), None) => false,
            (Kind::Named(glob), Some(text)) => {
                glob.matches(text)
                    || requester.principal().is_some_and(|name| glob.matches(name))
                    || requester.account().is_some_and(|account| glob.matches(account))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::tests::{check, refuses};
    use crate::record::Field;

    #[test]
    fn requesters() {
        let user = "arn:aws:iam::111122223333:user/path/alice";
        let role = "arn:aws:sts::111122223333:assumed-role/Deploy/a@b,c";
        let origin = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE1234";
        check::<RequesterPattern>(
            Field::Requester,
            &[
                (user, user, true),
                ("alice", user, true),
                ("ali*", user, true),
                ("Alice", user, false),
                ("lice", user, false),
                ("111122223333", user, true),
                ("11112222", user, false),
                ("*:user/*", user, true),
                ("Deploy", role, true),
                ("a@b,c", role, false),
                ("*/a@b,c", role, true),
                ("E2EXAMPLE1234", origin, true),
                ("svc:cloudtrail.amazonaws.com", "svc:cloudtrail.amazonaws.com", true),
                ("cloudtrail", "svc:cloudtrail.amazonaws.com", true),
                ("AmazonS3", "AmazonS3", true),
                ("!AmazonS3", "AmazonS3", false),
                ("!AmazonS3", "-", true),
                ("-", "-", true),
                ("anonymous", "-", true),
                ("Anonymous", "Anonymous", true),
                ("-", "Anonymous", true),
                ("anonymous", "arn:aws:iam::111122223333:user/anonymous", false),
                ("!anonymous", "-", false),
                ("!anonymous", user, true),
                ("*", "-", false),
            ],
        );
        refuses::<RequesterPattern>(&["", "!", "{a"]);
    }
}
