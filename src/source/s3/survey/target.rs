//! What is asked about a bucket that takes logs.

use std::collections::HashSet;

use aws_sdk_s3::types::{
    ExpirationStatus, LifecycleRule, ObjectLockEnabled, ObjectOwnership, Payer, Permission,
};

use super::facts::{AclFact, BlockFact, ExpiryFact, Fact, LockFact, TargetFacts};
use super::{Asker, fact};
use crate::source::s3::error::S3Error;

/// Amazon S3 User Guide, "Access control list (ACL) overview", Amazon S3 predefined groups.
const LOG_DELIVERY: &str = "http://acs.amazonaws.com/groups/s3/LogDelivery";
const EVERYBODY: [&str; 2] = [
    "http://acs.amazonaws.com/groups/global/AllUsers",
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
];

macro_rules! ask {
    ($asker:ident, $bucket:ident, $call:ident, $action:literal, [$($nothing:literal),*]) => {{
        let asked = $asker.ask(&$bucket, $action, &[$($nothing),*], |client| client.$call().bucket(&$bucket).send()).await;
        fact(asked, $action)?
    }};
}

impl Asker {
    pub(super) async fn target(
        &self,
        bucket: String,
        own: &Fact<HashSet<String>>,
    ) -> Result<TargetFacts, S3Error> {
        let region = self.region(&bucket).await?;
        let is_own = own.clone().map(|own| own.contains(&bucket));
        if region.known() == Some(&None) {
            return Ok(TargetFacts { bucket, region, is_own, ..TargetFacts::default() });
        }
        let policy = ask!(self, bucket, get_bucket_policy, "s3:GetBucketPolicy", ["NoSuchBucketPolicy"]);
        let status =
            ask!(self, bucket, get_bucket_policy_status, "s3:GetBucketPolicyStatus", ["NoSuchBucketPolicy"]);
        let block = ask!(
            self,
            bucket,
            get_public_access_block,
            "s3:GetBucketPublicAccessBlock",
            ["NoSuchPublicAccessBlockConfiguration"]
        );
        let ownership = ask!(
            self,
            bucket,
            get_bucket_ownership_controls,
            "s3:GetBucketOwnershipControls",
            ["OwnershipControlsNotFoundError"]
        );
        let acl = ask!(self, bucket, get_bucket_acl, "s3:GetBucketAcl", []);
        let encryption = ask!(
            self,
            bucket,
            get_bucket_encryption,
            "s3:GetEncryptionConfiguration",
            ["ServerSideEncryptionConfigurationNotFoundError"]
        );
        let payment = ask!(self, bucket, get_bucket_request_payment, "s3:GetBucketRequestPayment", []);
        let lock = ask!(
            self,
            bucket,
            get_object_lock_configuration,
            "s3:GetBucketObjectLockConfiguration",
            ["ObjectLockConfigurationNotFoundError"]
        );
        let lifecycle = ask!(
            self,
            bucket,
            get_bucket_lifecycle_configuration,
            "s3:GetLifecycleConfiguration",
            ["NoSuchLifecycleConfiguration"]
        );
        let rules = lifecycle.map(|found| found.and_then(|found| found.rules).unwrap_or_default());
        Ok(TargetFacts {
            region,
            is_own,
            policy: policy.map(|found| found.and_then(|found| found.policy)),
            has_public_policy: status.map(|found| {
                let status = found.and_then(|found| found.policy_status);
                status.and_then(|status| status.is_public).unwrap_or(false)
            }),
            public_block: block.map(|found| {
                let block = found.and_then(|found| found.public_access_block_configuration);
                block.map_or_else(BlockFact::default, |block| BlockFact {
                    ignores_acls: block.ignore_public_acls == Some(true),
                    restricts_policies: block.restrict_public_buckets == Some(true),
                })
            }),
            acls_off: ownership.map(|found| {
                let rules = found.and_then(|found| found.ownership_controls).map(|controls| controls.rules);
                let is_enforced = |rule: &aws_sdk_s3::types::OwnershipControlsRule| {
                    rule.object_ownership == ObjectOwnership::BucketOwnerEnforced
                };
                rules.is_some_and(|rules| rules.iter().any(is_enforced))
            }),
            acl: acl.map(|found| {
                let mut acl = AclFact::default();
                for grant in found.and_then(|found| found.grants).unwrap_or_default() {
                    let uri = grant.grantee.and_then(|grantee| grantee.uri).unwrap_or_default();
                    acl.is_public |= EVERYBODY.contains(&uri.as_str());
                    let may_write =
                        matches!(grant.permission, Some(Permission::Write | Permission::FullControl));
                    acl.log_delivery |= uri == LOG_DELIVERY && may_write;
                }
                acl
            }),
            encryption: encryption.map(|found| {
                let rules = found.and_then(|found| found.server_side_encryption_configuration)?.rules;
                let by_default =
                    rules.into_iter().find_map(|rule| rule.apply_server_side_encryption_by_default)?;
                Some(by_default.sse_algorithm.as_str().to_owned())
            }),
            requester_pays: payment
                .map(|found| found.and_then(|found| found.payer) == Some(Payer::Requester)),
            lock: lock.map(|found| {
                let Some(lock) = found.and_then(|found| found.object_lock_configuration) else {
                    return LockFact::Off;
                };
                match (lock.rule.and_then(|rule| rule.default_retention), lock.object_lock_enabled) {
                    (Some(_), _) => LockFact::DefaultRetention,
                    (None, Some(ObjectLockEnabled::Enabled)) => LockFact::On,
                    _ => LockFact::Off,
                }
            }),
            has_no_rules: rules.clone().map(|rules| rules.is_empty()),
            expiry: rules.map(|rules| rules.iter().filter_map(expiry).collect()),
            bucket,
        })
    }
}

/// A rule by which everything below a prefix expires.
fn expiry(rule: &LifecycleRule) -> Option<ExpiryFact> {
    let days = rule.expiration.as_ref()?.days?;
    if rule.status != ExpirationStatus::Enabled {
        return None;
    }
    #[allow(deprecated, reason = "rules that were made before there were filters have it")]
    let before = rule.prefix.clone();
    let prefix = match &rule.filter {
        Some(filter) => {
            let is_partial = filter.tag.is_some()
                || filter.object_size_greater_than.is_some()
                || filter.object_size_less_than.is_some()
                || filter.and.as_ref().is_some_and(|and| {
                    and.tags.as_ref().is_some_and(|tags| !tags.is_empty())
                        || and.object_size_greater_than.is_some()
                        || and.object_size_less_than.is_some()
                });
            if is_partial {
                return None;
            }
            filter.prefix.clone().or_else(|| filter.and.as_ref()?.prefix.clone())
        }
        None => None,
    };
    Some(ExpiryFact { prefix: prefix.or(before).unwrap_or_default(), days })
}
