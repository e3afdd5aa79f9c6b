//! What has to change so that buckets are logged, or are no more. Planned as a whole before anything is changed.

use std::collections::{BTreeMap, HashSet};

use super::keys::{Delivered, beginning, mix};
use super::{policy, statements};
use crate::source::s3::{Change, Fact, LockFact, LogLayout, LoggingFact, SourceFacts, TargetFacts};

/// What stands for the name of a bucket in a prefix.
const BUCKET: &str = "{bucket}";
/// How long a policy may be ("Bucket policies and user policies", Amazon S3 User Guide).
const MAX_POLICY_LEN: usize = 20 * 1024;

/// How buckets are to be logged.
#[derive(Clone, Debug)]
pub(crate) struct Enable {
    /// The bucket that takes the logs.
    pub target: String,
    /// The start of their keys; `{bucket}` is the name of the bucket.
    pub prefix: String,
    /// How the keys are built.
    pub layout: LogLayout,
    /// After how many days they expire, if that is to be set.
    pub expire: Option<i32>,
    /// Whether to create the target if there is none.
    pub create_target: bool,
    /// The account.
    pub account: String,
}

/// Buckets that are to be logged no more.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disable {
    /// Where the logs of those went whose logging is off already.
    pub target: Option<String>,
}

/// One change of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// What is changed.
    pub change: Change,
    /// What it does.
    pub what: String,
    /// What happens without it.
    pub without: &'static str,
}

/// Changes in their order.
pub(crate) type Plan = Vec<Step>;

/// Why something cannot be planned.
pub(crate) type Refusal = String;

/// The name of the lifecycle rule for a prefix.
pub(super) fn rule_id(prefix: &str) -> String {
    format!("s3al-access-logs {prefix}").trim_end().chars().take(255).collect()
}

impl Enable {
    fn logging(&self, source: &SourceFacts) -> LoggingFact {
        let mut logging = LoggingFact {
            target: self.target.clone(),
            prefix: self.prefix.replace(BUCKET, &source.bucket),
            layout: self.layout,
            has_grants: false,
        };
        // Folders are folders, by whichever day.
        if let Some(Some(now)) = source.logging.known()
            && (LogLayout::EventTime, LogLayout::DeliveryTime) == (logging.layout, now.layout)
            && now.target == logging.target
        {
            logging.layout = now.layout;
        }
        logging
    }

    /// The changes that these buckets need; none if all is as it is to be. `sources` are all buckets that are known, of which `buckets`
    /// are meant.
    ///
    /// # Errors
    /// Says everything that stands against it.
    pub(crate) fn plan(
        &self,
        buckets: &[String],
        sources: &[SourceFacts],
        target: &TargetFacts,
    ) -> Result<Plan, Vec<Refusal>> {
        let meant: Vec<&SourceFacts> =
            sources.iter().filter(|source| buckets.contains(&source.bucket)).collect();
        let mut against = self.against_target(target);
        for source in &meant {
            against.extend(self.against(source, &meant, sources, target));
        }
        for (place, source) in meant.iter().enumerate() {
            let mine = self.logging(source);
            let earlier = meant[..place].iter().find(|other| mix(&self.logging(other), &mine));
            against.extend(earlier.map(|other| {
                format!(
                    "the prefixes of {} and {} overlap, so that their logs would mix: write {BUCKET} in --prefix",
                    other.bucket, source.bucket
                )
            }));
        }
        if !against.is_empty() {
            return Err(against);
        }
        let is_new = target.region.known() == Some(&None);
        let region = meant.iter().find_map(|source| source.region.known()).cloned().unwrap_or_default();
        let mut plan = Vec::new();
        if is_new {
            plan.push(Step {
                change: Change::Create { bucket: self.target.clone(), region: region.clone() },
                what: format!("create the bucket {} in {region}", self.target),
                without: "there is no bucket that takes the logs",
            });
        }
        let there = if is_new { None } else { target.policy.known().cloned().flatten() };
        let policy = self.policy(there.as_deref(), &meant).map_err(|error| vec![error])?;
        if policy != there {
            plan.push(Step {
                change: Change::Policy { bucket: self.target.clone(), policy },
                what: format!("let S3 deliver into {}, beside all that its policy says", self.target),
                without: "S3 delivers no log, and tells nobody",
            });
        }
        if let Some(days) = self.expire {
            let is_empty = is_new || target.has_no_rules.known() == Some(&true);
            // Folders of several buckets may lie below one prefix.
            let mut prefixes = HashSet::new();
            for source in &meant {
                if let Some(prefix) = self.expiry(source, days, target)
                    && prefixes.insert(prefix.0.clone())
                {
                    plan.push(self.expire(prefix, days, is_empty && prefixes.len() == 1));
                }
            }
        }
        for source in &meant {
            let logging = self.logging(source);
            let now = source.logging.known().and_then(Option::as_ref);
            if now.is_none_or(|now| LoggingFact { has_grants: false, ..now.clone() } != logging) {
                let others = if now.is_some_and(|now| now.has_grants) {
                    "; the grants that others have on its logs are not renewed"
                } else {
                    ""
                };
                plan.push(Step {
                    what: format!(
                        "log {} to s3://{}/{}{others}",
                        source.bucket, logging.target, logging.prefix
                    ),
                    change: Change::Logging { bucket: source.bucket.clone(), logging: Some(logging) },
                    without: "requests to the bucket leave no trace",
                });
            }
        }
        Ok(plan)
    }

    /// The policy with a statement for each bucket that needs one.
    fn policy(&self, there: Option<&str>, meant: &[&SourceFacts]) -> Result<Option<String>, Refusal> {
        let mut policy = there.map(str::to_owned);
        for source in meant {
            let logging = self.logging(source);
            let delivered = Delivered::of(source, &logging, Some(&self.account));
            let wanted = delivered.wanted();
            let delivery = policy::delivery(policy.as_deref(), &wanted);
            if delivery.is_denied {
                return Err(format!(
                    "a statement of the policy of {} denies the delivery of the logs of {}: take it out, or name another \
                     bucket",
                    self.target, source.bucket
                ));
            }
            if !delivery.is_limited {
                let added = statements::added(policy.as_deref(), &wanted, &logging.prefix);
                policy = Some(added.map_err(|error| format!("{}: {error}", self.target))?);
            }
        }
        match &policy {
            Some(now) if policy.as_deref() != there && now.len() > MAX_POLICY_LEN => Err(format!(
                "the policy of {} would have {} bytes, and S3 takes no more than {MAX_POLICY_LEN}: take another log bucket \
                 for some of them",
                self.target,
                now.len()
            )),
            _ => Ok(policy),
        }
    }

    /// The prefix of the logs that a rule is needed for, and the time of a shorter one that is there.
    fn expiry(&self, source: &SourceFacts, days: i32, target: &TargetFacts) -> Option<(String, Option<i32>)> {
        let logging = self.logging(source);
        let keys = beginning(source, &logging, Some(&self.account));
        let rules = target.expiry.known().map_or(&[][..], Vec::as_slice);
        let before = rules.iter().filter(|rule| keys.starts_with(&rule.prefix)).map(|rule| rule.days);
        let shortest = before.clone().filter(|before| *before < days).min();
        let is_there = before.into_iter().any(|before| before == days);
        (!is_there).then_some((logging.prefix, shortest))
    }

    fn expire(&self, (prefix, shorter): (String, Option<i32>), days: i32, is_first: bool) -> Step {
        // Amazon S3 User Guide, "Examples of S3 Lifecycle configuration", Example 5: of two that overlap, the shorter one holds.
        let shorter = shorter.map_or_else(String::new, |shorter| {
            format!("; by a rule that is there, they expire after {shorter} days already")
        });
        Step {
            what: format!(
                "let logs below {prefix:?} expire after {days} days, beside the rules that are there{shorter}"
            ),
            change: Change::Expire {
                bucket: self.target.clone(),
                id: rule_id(&prefix),
                prefix,
                days,
                is_first,
            },
            without: "logs are kept, and paid for, without end",
        }
    }

    /// What the target stands against it with.
    fn against_target(&self, target: &TargetFacts) -> Vec<Refusal> {
        let name = &target.bucket;
        let mut against = Vec::new();
        match &target.region {
            Fact::Known(None) if !self.create_target => {
                against.push(format!(
                    "there is no bucket {name}: name one that is there, or add --create-target"
                ));
            }
            Fact::Known(_) => {}
            other => against.push(format!("{name}: {}", other.problem().unwrap_or_default())),
        }
        if target.region.known() == Some(&None) {
            return against;
        }
        if target.is_own.known() == Some(&false) {
            against
                .push(format!("{name} is no bucket of the account: S3 delivers logs within an account only"));
        }
        if let Some(problem) = target.policy.problem() {
            against.push(format!("{name}: {problem}, so that nobody knows what would be replaced"));
        }
        if target
            .encryption
            .known()
            .and_then(Option::as_deref)
            .is_some_and(|name| name.starts_with("aws:kms"))
        {
            against.push(format!(
                "{name} encrypts with KMS by default: S3 delivers logs to buckets with SSE-S3 only"
            ));
        }
        if target.requester_pays.known() == Some(&true) {
            against.push(format!("requesters pay for {name}: S3 does not deliver to such a bucket"));
        }
        if target.lock.known().is_some_and(|lock| *lock != LockFact::Off) {
            against.push(format!("{name} locks objects (Object Lock): S3 does not deliver to such a bucket"));
        }
        against
    }

    /// What stands against logging a bucket.
    fn against(
        &self,
        source: &SourceFacts,
        meant: &[&SourceFacts],
        sources: &[SourceFacts],
        target: &TargetFacts,
    ) -> Vec<Refusal> {
        let (name, mut against) = (&source.bucket, Vec::new());
        if *name == self.target {
            against.push(format!("{name} would log into itself: every log makes another one, without end"));
            return against;
        }
        if let Some(problem) = source.region.problem().or_else(|| source.logging.problem()) {
            against.push(format!("{name}: {problem}"));
        }
        if let (Some(region), Some(Some(other))) = (source.region.known(), target.region.known())
            && region != other
        {
            against.push(format!(
                "{name} is in {region}, {} in {other}: S3 delivers within a region only",
                self.target
            ));
        }
        let first = meant.iter().find(|other| other.region.known().is_some());
        if target.region.known() == Some(&None)
            && let (Some(region), Some(other)) =
                (source.region.known(), first.and_then(|first| first.region.known()))
            && region != other
        {
            against.push(format!(
                "{name} is in {region}, other buckets in {other}: each region needs a log bucket of its own"
            ));
        }
        // The logs of the log bucket must not come back.
        let (mut at, mut steps) = (self.target.as_str(), 0);
        while let Some(next) = sources
            .iter()
            .find(|source| source.bucket == at)
            .and_then(|source| source.logging.known()?.as_ref().map(|logging| logging.target.as_str()))
        {
            if next == name {
                against.push(format!(
                    "{} is logged, and its logs come to {name}: a circle without end",
                    self.target
                ));
            }
            steps += 1;
            if next == name || steps > sources.len() {
                break;
            }
            at = next;
        }
        let mine = self.logging(source);
        // Those that are meant have other settings afterwards.
        let other = sources.iter().find(|other| {
            !meant.iter().any(|meant| meant.bucket == other.bucket)
                && other.logging.known().and_then(Option::as_ref).is_some_and(|other| mix(other, &mine))
        });
        against.extend(other.map(|other| {
            format!(
                "the logs of {} are below the same beginning of keys as {:?}, so that they would mix",
                other.bucket, mine.prefix
            )
        }));
        against
    }
}

impl Disable {
    /// The changes that turn logging off: the logs stay, and so does the rule by which they expire.
    ///
    /// # Errors
    /// Says everything that stands against it.
    pub(crate) fn plan(
        &self,
        buckets: &[String],
        sources: &[SourceFacts],
        targets: &BTreeMap<String, TargetFacts>,
    ) -> Result<Plan, Vec<Refusal>> {
        let (mut plan, mut against) = (Vec::new(), Vec::new());
        let mut policies: BTreeMap<&str, Option<String>> = BTreeMap::new();
        for source in sources.iter().filter(|source| buckets.contains(&source.bucket)) {
            if let Some(problem) = source.logging.problem() {
                against.push(format!("{}: {problem}", source.bucket));
            }
            let logging = source.logging.known().and_then(Option::as_ref);
            plan.extend(logging.map(|logging| Step {
                change: Change::Logging { bucket: source.bucket.clone(), logging: None },
                what: format!(
                    "log {} no more; its logs stay in s3://{}/{}",
                    source.bucket, logging.target, logging.prefix
                ),
                without: "requests to the bucket are logged further on",
            }));
            let Some(target) = logging.map(|logging| &logging.target).or(self.target.as_ref()) else {
                continue;
            };
            let Some(target) = targets.get(target) else { continue };
            let Some(Some(there)) = target.policy.known() else { continue };
            let logging = LoggingFact { target: target.bucket.clone(), ..LoggingFact::default() };
            let delivered = Delivered::of(source, &logging, None);
            let wanted = delivered.wanted();
            let now = policies.entry(&target.bucket).or_insert_with(|| Some(there.clone()));
            if let Some(policy) = now.as_deref() {
                match statements::removed(policy, &wanted) {
                    Ok(left) => *now = left,
                    Err(error) => against.push(format!("{}: {error}", target.bucket)),
                }
            }
        }
        if !against.is_empty() {
            return Err(against);
        }
        // First nobody needs it any more.
        for (bucket, policy) in policies {
            let there = targets.get(bucket).and_then(|target| target.policy.known()).cloned().flatten();
            if policy != there {
                plan.push(Step {
                    change: Change::Policy { bucket: bucket.to_owned(), policy },
                    what: format!(
                        "take the statement of s3al out of the policy of {bucket}; all others stay"
                    ),
                    without: "S3 may deliver logs that nobody sends",
                });
            }
        }
        Ok(plan)
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
