//! The IAM policy that would allow what was seen and allowed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;

use crate::output::counted;
use crate::record::Requester;
use crate::semantics::{Access, Level, OperationInfo};

use super::{MAX_NAMED_OBJECTS, Use};

/// A policy, as IAM reads it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    version: &'static str,
    statement: Vec<Statement>,
}

impl Policy {
    /// How many characters IAM counts.
    fn len(&self) -> usize {
        let text = serde_json::to_string(self).unwrap_or_default();
        text.chars().filter(|character| !character.is_whitespace()).count()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    sid: String,
    effect: &'static str,
    action: BTreeSet<&'static str>,
    resource: BTreeSet<String>,
}

/// What is printed, and what is said beside it.
pub(super) struct Written {
    /// The policy as JSON, or an object of policies by identity.
    pub(super) text: String,
    /// Whether it allows anything.
    pub(super) allows: bool,
    /// What is not in it, or would not be taken by IAM.
    pub(super) warnings: Vec<String>,
}

/// The longest managed policy, without its white space. (AWS, "IAM and AWS STS quotas", section "IAM and STS character limits".)
const MAX_MANAGED_POLICY_LEN: usize = 6_144;

/// Writes the policy for what was seen and allowed.
pub(super) fn write(uses: &[Use], by_identity: bool) -> anyhow::Result<Written> {
    let mut grants: BTreeMap<Option<String>, Grants> = BTreeMap::new();
    let (mut left_out, mut unknown) = (BTreeSet::new(), BTreeSet::new());
    for seen in uses.iter().filter(|seen| seen.uses.successes > 0) {
        let Some(identity) = seen.identity.as_deref().filter(|identity| can_have_policy(identity)) else {
            // What S3 does by itself has nobody behind it.
            if !seen.operation.starts_with(b"S3.") {
                let identity = seen.identity.as_deref().unwrap_or(b"anonymous");
                left_out.insert(String::from_utf8_lossy(identity).into_owned());
            }
            continue;
        };
        let Some(action) = seen.action else {
            unknown.insert(String::from_utf8_lossy(&seen.operation).into_owned());
            continue;
        };
        let name = by_identity.then(|| String::from_utf8_lossy(identity).into_owned());
        grants.entry(name).or_default().add(seen, action, partition(identity));
    }
    let is_empty = grants.is_empty();
    let policies: BTreeMap<_, _> = grants
        .into_iter()
        .map(|(identity, grants)| (identity.unwrap_or_default(), grants.policy()))
        .collect();
    let longest = policies.iter().map(|(identity, policy)| (policy.len(), identity)).max();
    // One that allows nothing is a policy too, whoever reads it.
    let text = if by_identity && !is_empty {
        serde_json::to_string_pretty(&policies)?
    } else {
        let only = policies.values().next();
        only.map_or_else(
            || serde_json::to_string_pretty(&Grants::default().policy()),
            serde_json::to_string_pretty,
        )?
    };
    let mut warnings = Vec::new();
    if is_empty {
        warnings.push("the policy is empty: nothing was allowed to anybody who can have one".to_owned());
    }
    if let Some((len, identity)) = longest.filter(|(len, _)| *len > MAX_MANAGED_POLICY_LEN) {
        let whose = if by_identity { format!(" of {identity}") } else { String::new() };
        warnings.push(format!(
            "the policy{whose} has {}, and IAM takes {} in a managed policy: a smaller --depth makes it shorter",
            counted(len as u64, "character", "characters"),
            counted(MAX_MANAGED_POLICY_LEN as u64, "character", "characters")
        ));
    }
    if !left_out.is_empty() {
        warnings.push(format!("left out, as no IAM policy can be attached to them: {}", join(&left_out)));
    }
    if !unknown.is_empty() {
        warnings.push(format!("left out, as no action is known for these operations: {}", join(&unknown)));
    }
    Ok(Written { text: ascii(&text), allows: !is_empty, warnings })
}

fn join(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// Whether it is someone of IAM's: a user, a role, or an account by its canonical id.
fn can_have_policy(identity: &[u8]) -> bool {
    let is_canonical_id = identity.len() >= 32 && identity.iter().all(u8::is_ascii_hexdigit);
    is_canonical_id || Requester::new(identity).account().is_some()
}

fn partition(identity: &[u8]) -> &str {
    let partition = identity.strip_prefix(b"arn:").and_then(|rest| rest.split(|byte| *byte == b':').next());
    let partition = partition.and_then(|partition| std::str::from_utf8(partition).ok());
    // Nothing else can be in a policy as it is.
    let is_plain = |text: &&str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    partition.filter(is_plain).unwrap_or("aws")
}

/// Where each action was used.
#[derive(Default)]
struct Grants(BTreeMap<&'static str, (Access, BTreeSet<Resource>)>);

/// Where something was used. The order puts a bucket's whole prefix before all that it covers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Resource {
    partition: String,
    bucket: Vec<u8>,
    within: Within,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Within {
    Bucket,
    Prefix(Vec<u8>),
    Object(Vec<u8>),
}

impl Grants {
    fn add(&mut self, seen: &Use, action: &OperationInfo, partition: &str) {
        let uses = &seen.uses;
        let grants =
            [(action.actions, uses.successes - uses.of_versions), (action.version_actions, uses.of_versions)];
        for (names, _) in grants.into_iter().filter(|(_, count)| *count > 0) {
            let resources: Vec<Within> = match &seen.prefix {
                _ if action.level == Level::Bucket => vec![Within::Bucket],
                // Few enough to name them; a prefix of nothing is the whole bucket.
                Some(prefix)
                    if prefix.is_empty() && (1..=MAX_NAMED_OBJECTS).contains(&uses.objects.len()) =>
                {
                    uses.objects.iter().cloned().map(Within::Object).collect()
                }
                prefix => vec![Within::Prefix(prefix.clone().unwrap_or_default())],
            };
            for name in names {
                let (_, used) = self.0.entry(name).or_insert_with(|| (action.access, BTreeSet::new()));
                used.extend(resources.iter().map(|within| Resource {
                    partition: partition.to_owned(),
                    bucket: seen.bucket.clone(),
                    within: within.clone(),
                }));
            }
        }
    }

    /// One statement for all actions that were used in the same resources.
    fn policy(self) -> Policy {
        let mut statements: BTreeMap<BTreeSet<String>, BTreeMap<&'static str, Access>> = BTreeMap::new();
        for (action, (access, resources)) in self.0 {
            let resources = collapse(resources).iter().map(Resource::arn).collect();
            statements.entry(resources).or_default().insert(action, access);
        }
        let statement = statements.into_iter().enumerate().map(|(number, (resource, actions))| {
            let kinds: BTreeSet<Access> = actions.values().copied().collect();
            let kinds = kinds.into_iter().map(|kind| match kind {
                Access::Read => "Read",
                Access::Write => "Write",
                Access::Delete => "Delete",
                Access::List => "List",
                Access::Configure => "Configure",
                Access::Other => "Other",
            });
            Statement {
                sid: kinds.chain([(number + 1).to_string().as_str()]).collect(),
                effect: "Allow",
                action: actions.into_keys().collect(),
                resource,
            }
        });
        Policy { version: "2012-10-17", statement: statement.collect() }
    }
}

/// Leaves out what a prefix covers that is there too.
fn collapse(resources: BTreeSet<Resource>) -> Vec<Resource> {
    let mut kept: Vec<Resource> = Vec::new();
    let mut covering: Option<Resource> = None;
    for resource in resources {
        let is_covered = covering.as_ref().is_some_and(|cover| cover.covers(&resource));
        if !is_covered {
            if matches!(resource.within, Within::Prefix(_)) {
                covering = Some(resource.clone());
            }
            kept.push(resource);
        }
    }
    // Objects come after all prefixes of their bucket, so the last one may not be the one that covers them.
    let prefixes: Vec<Resource> =
        kept.iter().filter(|resource| matches!(resource.within, Within::Prefix(_))).cloned().collect();
    kept.retain(|resource| {
        !matches!(resource.within, Within::Object(_))
            || !prefixes.iter().any(|prefix| prefix.covers(resource))
    });
    kept
}

impl Resource {
    fn covers(&self, other: &Self) -> bool {
        let Within::Prefix(prefix) = &self.within else { return false };
        let is_inside = match &other.within {
            Within::Bucket => false,
            Within::Prefix(text) | Within::Object(text) => text.starts_with(prefix),
        };
        is_inside && self.partition == other.partition && self.bucket == other.bucket
    }

    fn arn(&self) -> String {
        let mut arn = format!("arn:{}:s3:::{}", self.partition, escape(&self.bucket));
        match &self.within {
            Within::Bucket => {}
            Within::Prefix(prefix) => arn += &format!("/{}*", escape(prefix)),
            Within::Object(object) => arn += &format!("/{}", escape(object)),
        }
        arn
    }
}

/// What IAM would take for a pattern or a variable, written so that it stands for itself. What no policy can hold is any one
/// character: a byte that is no UTF-8, and what is beyond Latin-1.
///
/// Sources: AWS, "IAM policy elements: Variables and tags", section "Special characters"; "IAM and AWS STS quotas", section "IAM name
/// requirements".
fn escape(text: &[u8]) -> String {
    let mut escaped = String::new();
    for character in String::from_utf8_lossy(text).chars() {
        match character {
            '*' | '?' | '$' => {
                escaped.extend(['$', '{', character, '}']);
            }
            '\t' | '\n' | '\r' | ' '..='\u{ff}' => escaped.push(character),
            _ => escaped.push('?'),
        }
    }
    escaped
}

/// The same JSON in ASCII, so that nothing of a key reaches a terminal as it is.
fn ascii(json: &str) -> String {
    let mut ascii = String::with_capacity(json.len() + 1);
    for character in json.chars() {
        if character.is_ascii() && character != '\x7f' {
            ascii.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // A `String` takes all that is written to it.
                let _ = write!(ascii, "\\u{unit:04x}");
            }
        }
    }
    ascii.push('\n');
    ascii
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(bucket: &str, within: Within) -> Resource {
        Resource { partition: "aws".into(), bucket: bucket.into(), within }
    }

    #[test]
    fn prefixes_cover_what_is_in_them() {
        let prefix = |bucket, text: &str| resource(bucket, Within::Prefix(text.into()));
        let object = |bucket, text: &str| resource(bucket, Within::Object(text.into()));
        let resources = [
            resource("a", Within::Bucket),
            prefix("a", "x/"),
            prefix("a", "x/y/"),
            prefix("a", "z/"),
            object("a", "x"),
            prefix("b", ""),
            prefix("b", "x/"),
            object("b", "x"),
            object("c", "x"),
        ];
        let arns: Vec<_> = collapse(resources.into()).iter().map(Resource::arn).collect();
        let expected = ["a", "a/x/*", "a/z/*", "a/x", "b/*", "c/x"].map(|arn| format!("arn:aws:s3:::{arn}"));
        assert_eq!(arns, expected);
    }

    #[test]
    fn names_stand_for_themselves() {
        assert_eq!(escape(b"a*b?c${aws:username}\xff"), "a${*}b${?}c${$}{aws:username}?");
        assert_eq!(escape("caf\u{e9} \u{1f600}\u{200b}\0\t".as_bytes()), "caf\u{e9} ???\t");
        assert_eq!(ascii("\"\u{202e}é\u{1f44d}\""), "\"\\u202e\\u00e9\\ud83d\\udc4d\"\n");
    }

    #[test]
    fn who_can_have_a_policy() {
        let table = [
            ("arn:aws:iam::111122223333:user/alice", true, "aws"),
            ("arn:aws-cn:sts::111122223333:assumed-role/R", true, "aws-cn"),
            ("79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be", true, "aws"),
            ("svc:cloudtrail.amazonaws.com", false, "aws"),
            ("AmazonS3", false, "aws"),
            ("arn:a*s:iam::111122223333:user/alice", true, "aws"),
            ("arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE1234", false, "aws"),
        ];
        for (identity, expected, name) in table {
            assert_eq!(can_have_policy(identity.as_bytes()), expected, "{identity}");
            assert_eq!(partition(identity.as_bytes()), name);
        }
    }
}
