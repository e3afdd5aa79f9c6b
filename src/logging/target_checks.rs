//! What is wrong with a bucket that takes logs.

use super::checks::{Check, Found, Known};
use super::keys::{Delivered, beginning};
use super::{mend, policy};
use crate::source::s3::{LockFact, LoggingFact, SourceFacts, TargetFacts};

/// Logs are usually kept for 90 days to 7 years.
const USUAL_DAYS: std::ops::RangeInclusive<i32> = 90..=2557;

impl Known<'_> {
    pub(super) fn of_target(
        &self,
        source: &SourceFacts,
        logging: &LoggingFact,
        target: &TargetFacts,
        found: &mut Vec<Found>,
    ) {
        let name = &target.bucket;
        let region = source.region.known().map_or("us-east-1", String::as_str);
        let other = |name: String| mend::other_target(source, logging, name, region, self.account);
        match target.region.known() {
            Some(None) => {
                let facts = format!("there is no bucket {name}");
                found.push((Check::TargetMissing, facts, other(name.clone())));
                return;
            }
            Some(Some(there)) if source.region.known().is_some_and(|region| region != there) => {
                let facts = format!("{} is in {region}, {name} in {there}", source.bucket);
                found.push((Check::OtherRegion, facts, other(mend::bucket_name(name, region))));
            }
            _ => {}
        }
        // Whose buckets are meant, if not those of this account, nobody tells.
        let is_own = self.own.is_some_and(|own| own.contains(&source.bucket));
        if is_own && target.is_own.known() == Some(&false) {
            let facts = format!("{name} is no bucket of the account of {}", source.bucket);
            found.push((Check::OtherAccount, facts, other(mend::bucket_name(&source.bucket, "logs"))));
        }
        self.of_policy(source, logging, target, found);
        if let Some(Some(algorithm)) = target.encryption.known()
            && algorithm.starts_with("aws:kms")
        {
            let facts = format!("the default encryption of {name} is {algorithm}");
            found.push((Check::Kms, facts, mend::encryption(name)));
        }
        if target.requester_pays.known() == Some(&true) {
            found.push((Check::RequesterPays, format!("requesters pay for {name}"), mend::payer(name)));
        }
        // It cannot be turned off again, and without a default retention S3's guide rules such a bucket out as well.
        let lock = match target.lock.known() {
            Some(LockFact::DefaultRetention) => Some(format!("{name} has a default retention")),
            Some(LockFact::On) => Some(format!("Object Lock is enabled for {name}")),
            _ => None,
        };
        found
            .extend(lock.map(|facts| (Check::ObjectLock, facts, other(mend::bucket_name(name, "unlocked")))));
        of_the_public(target, found);
        self.of_expiry(source, logging, target, found);
    }

    fn of_policy(
        &self,
        source: &SourceFacts,
        logging: &LoggingFact,
        target: &TargetFacts,
        found: &mut Vec<Found>,
    ) {
        let Some(there) = target.policy.known() else { return };
        let delivered = Delivered::of(source, logging, self.account);
        let wanted = delivered.wanted();
        let delivery = policy::delivery(there.as_deref(), &wanted);
        let name = &target.bucket;
        if delivery.is_denied {
            let facts = format!("the policy of {name} denies s3:PutObject to everybody");
            found.push((Check::Denied, facts, mend::look_at_policy(name)));
        }
        if delivery.is_open {
            let facts = format!("a statement of the policy of {name} has no such condition");
            found.push((Check::OpenToOthers, facts, mend::limit(name, there.as_deref(), &wanted)));
        }
        if delivery.is_allowed() {
            return;
        }
        match (target.acl.known().map(|acl| acl.log_delivery), target.acls_off.known()) {
            (Some(true), Some(true)) => {
                let facts = format!("{name} has a grant for the log delivery group");
                found.push((Check::AclOnly, facts, mend::allow(name, there.as_deref(), &wanted, logging)));
            }
            // The old way works still.
            (Some(true), _) => {}
            // Whether there is a grant is not known.
            (None, acls_off) if acls_off != Some(&true) => {}
            _ => {
                let facts = format!("nothing in {name} allows the logs of {}", source.bucket);
                found.push((Check::NotAllowed, facts, mend::allow(name, there.as_deref(), &wanted, logging)));
            }
        }
    }

    fn of_expiry(
        &self,
        source: &SourceFacts,
        logging: &LoggingFact,
        target: &TargetFacts,
        found: &mut Vec<Found>,
    ) {
        let Some(rules) = target.expiry.known() else { return };
        let days = self.retention.0.unwrap_or(365);
        let keys = beginning(source, logging, self.account);
        let expires = rules.iter().filter(|rule| keys.starts_with(&rule.prefix)).map(|rule| rule.days).min();
        let expire = || mend::expire(target, &logging.prefix, days);
        let Some(expires) = expires else {
            let facts = format!("no rule of {} is for {:?}", target.bucket, logging.prefix);
            found.push((Check::NoExpiry, facts, expire()));
            return;
        };
        let wanted = match self.retention.0 {
            Some(wanted) if expires != wanted => format!("not {wanted}"),
            None if !USUAL_DAYS.contains(&expires) => "and 90 days to 7 years are usual".to_owned(),
            _ => return,
        };
        let mend = if expires > days { expire() } else { mend::expire_later(&target.bucket, &keys, days) };
        found.push((Check::Expiry, format!("they expire after {expires} days, {wanted}"), mend));
    }
}

/// Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage": RestrictPublicBuckets leaves a public policy to the account and
/// to services, IgnorePublicAcls takes public grants for none.
fn of_the_public(target: &TargetFacts, found: &mut Vec<Found>) {
    let Some(block) = target.public_block.known() else { return };
    let by_policy = target.has_public_policy.known() == Some(&true) && !block.restricts_policies;
    let by_acl = target.acl.known().is_some_and(|acl| acl.is_public)
        && target.acls_off.known() == Some(&false)
        && !block.ignores_acls;
    let by = match (by_policy, by_acl) {
        (true, true) => "its policy and its access control list",
        (true, false) => "its policy",
        (false, true) => "its access control list",
        (false, false) => return,
    };
    let name = &target.bucket;
    found.push((Check::Public, format!("{name} is public by {by}"), mend::block_public(name)));
}
