//! `--requester`: who asked.

use std::str::FromStr;

use memchr::memchr_iter;

use super::glob::{Case, Glob, is_pattern};
use super::include_exclude::{Predicate, Value};
use super::nullable_glob::not_empty;
use crate::record::{Record, Requester};
use crate::value_error::ValueError;

const FORMS: &str = "an ARN or a part of its path (alice, ops/alice, Deploy), an account, a pattern such as *:assumed-role/Deploy/*, or \
                     anonymous";

/// The ending of the names of AWS's own services.
const SERVICE_END: &[u8] = b".amazonaws.com";

/// Longer than nearly all requesters.
const INLINE_LEN: usize = 256;

/// A requester in upper or lower case: its whole text, its account, or whole parts of its path; or the anonymous one.
#[derive(Clone, Debug)]
pub(crate) struct RequesterPattern(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Anonymous,
    /// In lower case.
    Parts(Vec<u8>),
    /// The same, and the end of the number of the account: `dave @3333`, as narrow tables show it.
    OfAccount(Vec<u8>, [u8; 4]),
    /// The ends of a canonical user id, as narrow tables show it.
    Ends(Vec<u8>, Vec<u8>),
    /// For texts in lower case.
    Pattern(Glob),
}

impl FromStr for RequesterPattern {
    type Err = ValueError;

    fn from_str(typed: &str) -> Result<Self, ValueError> {
        if typed == "-" || typed.eq_ignore_ascii_case("anonymous") {
            return Ok(Self(Kind::Anonymous));
        }
        let lower = not_empty(typed, FORMS)?.to_ascii_lowercase();
        if is_pattern(&lower) {
            return Glob::new(&lower, Case::Sensitive).map(|glob| Self(Kind::Pattern(glob)));
        }
        Ok(Self(short_form(&lower).unwrap_or_else(|| Kind::Parts(lower.into_bytes()))))
    }
}

/// What the tables of a narrow terminal show of a requester. Neither the space nor the ellipsis can be in one.
fn short_form(lower: &str) -> Option<Kind> {
    if let Some((name, end)) = lower.rsplit_once(" @") {
        let end = <[u8; 4]>::try_from(end.as_bytes()).ok()?;
        return end.iter().all(u8::is_ascii_digit).then(|| Kind::OfAccount(name.into(), end));
    }
    let (start, end) = lower.split_once('…')?;
    let is_hex = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_hex(start) && is_hex(end)).then(|| Kind::Ends(start.into(), end.into()))
}

impl Value for RequesterPattern {
    // The session of an assumed role can hold commas.
    const HOLDS_COMMAS: bool = true;
}

impl Predicate for RequesterPattern {
    fn matches(&self, record: &Record<'_>) -> bool {
        self.matches_text(record.requester().text())
    }
}

impl RequesterPattern {
    /// Whether a requester passes; the anonymous one has no text.
    pub(super) fn matches_text(&self, text: Option<&[u8]>) -> bool {
        let Some(text) = text else { return matches!(self.0, Kind::Anonymous) };
        match &self.0 {
            Kind::Anonymous => false,
            Kind::Parts(parts) => with_lower(text, |text| has_parts(text, parts)),
            Kind::OfAccount(parts, end) => {
                Requester::new(text).account().is_some_and(|account| account.ends_with(end))
                    && with_lower(text, |text| has_parts(text, parts))
            }
            Kind::Ends(start, end) => {
                text.len() >= start.len() + end.len()
                    && with_lower(text, |text| text.starts_with(start) && text.ends_with(end))
            }
            Kind::Pattern(glob) => with_lower(text, |text| matches_part(text, glob)),
        }
    }
}

/// What `test` says of the text in lower case.
fn with_lower(text: &[u8], test: impl FnOnce(&[u8]) -> bool) -> bool {
    let mut buffer = [0; INLINE_LEN];
    match buffer.get_mut(..text.len()) {
        Some(lower) => {
            lower.copy_from_slice(text);
            lower.make_ascii_lowercase();
            test(lower)
        }
        None => test(&text.to_ascii_lowercase()),
    }
}

/// Where parts begin: the text itself, the account of an ARN, and each part of what follows it. `arn`, `aws` and `iam` do not
/// count.
fn starts(text: &[u8]) -> impl Iterator<Item = usize> {
    let named =
        if text.starts_with(b"arn:") { memchr_iter(b':', text).nth(3).map_or(0, |at| at + 1) } else { 0 };
    let begins = move |at: usize| at == 0 || at == named || matches!(text[at - 1], b':' | b'/' | b' ');
    [0].into_iter().chain(named.max(1)..text.len()).filter(move |at| begins(*at))
}

fn has_parts(text: &[u8], parts: &[u8]) -> bool {
    starts(text).any(|start| {
        text[start..]
            .strip_prefix(parts)
            .is_some_and(|after| matches!(after.first(), None | Some(b':' | b'/')) || after == SERVICE_END)
    })
}

/// Whether a pattern matches the text, its account, its short name, or the end of its path from any part on; a role also without
/// its session.
fn matches_part(text: &[u8], glob: &Glob) -> bool {
    let requester = Requester::new(text);
    starts(text).any(|start| glob.matches(&text[start..]))
        || requester.account().is_some_and(|account| glob.matches(account))
        || requester.principal().is_some_and(|name| glob.matches(name))
        || requester.identity().is_some_and(|identity| glob.matches(identity))
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
                ("Alice", user, true),
                ("ALI*", user, true),
                ("lice", user, false),
                ("path", user, true),
                ("path/alice", user, true),
                ("user/path/ALICE", user, true),
                ("user/alice", user, false),
                ("ath/alice", user, false),
                ("path/ali", user, false),
                ("path/*", user, true),
                ("111122223333", user, true),
                ("111122223333:user/path", user, true),
                ("11112222", user, false),
                ("iam", user, false),
                ("arn:aws", user, true),
                ("*:user/*", user, true),
                ("bob,alice", user, true),
                ("bob,carol", user, false),
                ("!bob,alice", user, false),
                ("Deploy", role, true),
                ("deploy", role, true),
                ("Dep*y", role, true),
                ("assumed-role/Deploy", role, true),
                ("assumed-role/D*y", role, false),
                ("arn:*/D*y", role, true),
                ("Deploy/a@b,c", role, true),
                ("a@b,c", role, true),
                ("a@b\\,c", role, true),
                ("*/a@b,c", role, true),
                ("E2EXAMPLE1234", origin, true),
                ("e2example*", origin, true),
                ("svc:cloudtrail.amazonaws.com", "svc:cloudtrail.amazonaws.com", true),
                ("alice @3333", user, true),
                ("ALICE @3333", user, true),
                ("alice @4444", user, false),
                ("bob @3333", user, false),
                ("Deploy @3333", role, true),
                ("Deploy/a@b,c @3333", role, true),
                ("alice @333", user, false),
                ("79a59d…00b9", "79a59df900b949e55d96a1e698fbaced00b9", true),
                ("79a59d…00b8", "79a59df900b949e55d96a1e698fbaced00b9", false),
                ("79a59d…9d00b9", "79a59d00b9", false),
                ("!alice @3333", user, false),
                ("cloudtrail", "svc:cloudtrail.amazonaws.com", true),
                ("CLOUD*", "svc:cloudtrail.amazonaws.com", true),
                ("amazonaws.com", "svc:cloudtrail.amazonaws.com", false),
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
        let long = format!("arn:aws:iam::111122223333:user/{}alice", "p/".repeat(INLINE_LEN));
        check::<RequesterPattern>(Field::Requester, &[("p/ALICE", &long, true), ("q/alice", &long, false)]);
        refuses::<RequesterPattern>(&["", "!", "{a"]);
    }
}
