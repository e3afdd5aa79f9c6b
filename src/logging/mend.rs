//! The commands that mend what is wrong. Where there are several, each has a line.

use super::cli::{command, quoted, with_rules};
use super::keys::Delivered;
use super::plan::rule_id;
use super::policy::{self, Wanted};
use super::statements;
use crate::source::s3::{Change, LoggingFact, SourceFacts, TargetFacts};

/// How long the name of a bucket may be ("Bucket naming rules", Amazon S3 User Guide).
const MAX_NAME_LEN: usize = 63;

/// Turns the logging of a bucket off.
pub(super) fn off(bucket: &str) -> String {
    command(&Change::Logging { bucket: bucket.to_owned(), logging: None }).1
}

/// A name for a bucket that is like another one.
pub(super) fn bucket_name(name: &str, ending: &str) -> String {
    let most = MAX_NAME_LEN.saturating_sub(ending.len() + 1);
    let start: String = name.chars().take(most).collect();
    format!("{}-{ending}", start.trim_end_matches(['-', '.']))
}

fn put_logging(source: &SourceFacts, logging: LoggingFact) -> String {
    command(&Change::Logging { bucket: source.bucket.clone(), logging: Some(logging) }).1
}

fn put_policy(bucket: &str, policy: String) -> String {
    command(&Change::Policy { bucket: bucket.to_owned(), policy: Some(policy) }).1
}

/// Creates a bucket that takes the logs, lets S3 deliver there, and has it done.
pub(super) fn other_target(
    source: &SourceFacts,
    logging: &LoggingFact,
    name: String,
    region: &str,
    account: Option<&str>,
) -> String {
    let create = command(&Change::Create { bucket: name.clone(), region: region.to_owned() }).1;
    let logging = LoggingFact { target: name, ..logging.clone() };
    let delivered = Delivered::of(source, &logging, account);
    let allow = allow(&logging.target, None, &delivered.wanted(), &logging);
    [create, allow, put_logging(source, logging.clone())].join("\n")
}

/// Lets S3 deliver, beside all that the policy says.
pub(super) fn allow(bucket: &str, there: Option<&str>, wanted: &Wanted<'_>, logging: &LoggingFact) -> String {
    match statements::added(there, wanted, &logging.prefix) {
        Ok(policy) => put_policy(bucket, policy),
        Err(_) => look_at_policy(bucket),
    }
}

/// Lets S3 deliver the logs of the account alone.
pub(super) fn limit(bucket: &str, there: Option<&str>, wanted: &Wanted<'_>) -> String {
    match there.and_then(|policy| statements::limited(policy, wanted)) {
        Some(policy) => put_policy(bucket, policy),
        // A condition would shut out whom the statement is for as well.
        None => look_at_policy(bucket),
    }
}

/// Shows the policy, where only its author knows what it is for.
pub(super) fn look_at_policy(bucket: &str) -> String {
    format!("aws s3api get-bucket-policy --bucket {} --query Policy --output text", quoted(bucket))
}

/// Gives each bucket a prefix of its own, and lets S3 deliver there.
pub(super) fn own_prefixes(
    apart: &[&SourceFacts],
    target: Option<&TargetFacts>,
    account: Option<&str>,
) -> String {
    let there = target.and_then(|target| target.policy.known()).cloned();
    let mut policy = there.clone();
    let mut commands = Vec::new();
    for source in apart {
        let Some(Some(logging)) = source.logging.known() else { continue };
        let own = LoggingFact { prefix: format!("{}/", source.bucket), ..logging.clone() };
        if own.prefix == logging.prefix {
            continue;
        }
        let delivered = Delivered::of(source, &own, account);
        let wanted = delivered.wanted();
        if let Some(there) = &mut policy
            && !policy::delivery(there.as_deref(), &wanted).is_allowed()
            && let Ok(added) = statements::added(there.as_deref(), &wanted, &own.prefix)
        {
            *there = Some(added);
        }
        commands.push(put_logging(source, own));
    }
    if let (Some(target), Some(Some(now))) = (target, policy.filter(|policy| Some(policy) != there.as_ref()))
    {
        commands.insert(0, put_policy(&target.bucket, now));
    }
    commands.join("\n")
}

/// Lets logs expire.
pub(super) fn expire(target: &TargetFacts, prefix: &str, days: i32) -> String {
    let (bucket, prefix) = (target.bucket.clone(), prefix.to_owned());
    let is_first = target.has_no_rules.known() == Some(&true);
    command(&Change::Expire { bucket, id: rule_id(&prefix), prefix, days, is_first }).1
}

/// Lets keys expire later, by the rules that are there: of several, that of the shortest time holds.
pub(super) fn expire_later(bucket: &str, keys: &str, days: i32) -> String {
    let of_keys = format!(
        "((.Filter.Prefix // .Filter.And.Prefix // .Prefix // \"\") as $prefix | {} | startswith($prefix))",
        serde_json::json!(keys)
    );
    with_rules(
        bucket,
        &format!(
            "[.Rules[] | if {of_keys} and (.Expiration.Days // {days}) < {days} then .Expiration.Days = {days} else . end]"
        ),
    )
}

/// Encrypts with SSE-S3 by default.
pub(super) fn encryption(bucket: &str) -> String {
    format!(
        "aws s3api put-bucket-encryption --bucket {} --server-side-encryption-configuration \
         '{{\"Rules\":[{{\"ApplyServerSideEncryptionByDefault\":{{\"SSEAlgorithm\":\"AES256\"}}}}]}}'",
        quoted(bucket)
    )
}

/// The owner pays.
pub(super) fn payer(bucket: &str) -> String {
    format!(
        "aws s3api put-bucket-request-payment --bucket {} --request-payment-configuration Payer=BucketOwner",
        quoted(bucket)
    )
}

/// Shuts everybody out.
pub(super) fn block_public(bucket: &str) -> String {
    format!(
        "aws s3api put-public-access-block --bucket {} --public-access-block-configuration \
         BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
        quoted(bucket)
    )
}

/// Shows what there is of a bucket's logs.
pub(super) fn list(logging: &LoggingFact) -> String {
    let place = format!("s3://{}/{}", logging.target, logging.prefix);
    format!("aws s3 ls {} --recursive | tail", quoted(&place))
}
