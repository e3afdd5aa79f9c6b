//! What other products find in S3, and which rules here find the same. The lists were read in November 2026, at the addresses below.

/// A list of what another product finds.
#[derive(Debug)]
pub(crate) struct Catalogue {
    /// Whose it is.
    pub(crate) name: &'static str,
    /// Where it is.
    #[cfg_attr(not(test), expect(dead_code, reason = "docs/detections.md alone shows it"))]
    pub(crate) address: &'static str,
    /// What it reads, where that explains the difference.
    #[cfg_attr(not(test), expect(dead_code, reason = "docs/detections.md alone shows it"))]
    pub(crate) remark: &'static str,
    /// What it finds, the rules here that find the same, and what there is to say of it.
    pub(crate) finds: &'static [(&'static str, &'static [&'static str], &'static str)],
}

/// All lists.
pub(crate) const CATALOGUES: &[Catalogue] = &[
    Catalogue {
        name: "Amazon GuardDuty",
        address: "https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-s3.html",
        remark: "GuardDuty reads CloudTrail. What it knows of bodies, of whole accounts and of addresses is not in these logs.",
        finds: &[
            (
                "Discovery:S3/AnomalousBehavior",
                &["list-storm", "posture-sweep", "access-denied-burst", "first-seen"],
                "",
            ),
            (
                "Discovery:S3/MaliciousIPCaller",
                &["bad-ip"],
                "with the lists of `--bad-ips`; none is built in",
            ),
            ("Discovery:S3/MaliciousIPCaller.Custom", &["bad-ip"], ""),
            ("Discovery:S3/TorIPCaller", &["bad-ip"], "with a list of Tor's exits"),
            (
                "Exfiltration:S3/AnomalousBehavior",
                &["bulk-read", "exfil-then-delete", "foreign-copy", "first-seen"],
                "",
            ),
            ("Exfiltration:S3/MaliciousIPCaller", &["bad-ip"], "with the lists of `--bad-ips`"),
            (
                "Impact:S3/AnomalousBehavior.Delete",
                &["mass-delete", "version-delete", "exfil-then-delete", "role-misuse"],
                "",
            ),
            ("Impact:S3/AnomalousBehavior.Permission", &["config-change"], ""),
            (
                "Impact:S3/AnomalousBehavior.Write",
                &["overwrite-storm", "ransom-note", "site-tamper", "role-misuse"],
                "",
            ),
            ("Impact:S3/MaliciousIPCaller", &["bad-ip"], "with the lists of `--bad-ips`"),
            ("PenTest:S3/KaliLinux", &["pentest-client"], ""),
            ("PenTest:S3/ParrotLinux", &["pentest-client"], ""),
            ("PenTest:S3/PentooLinux", &["pentest-client"], ""),
            (
                "Policy:S3/AccountBlockPublicAccessDisabled",
                &[],
                "a setting of the account: no bucket logs it",
            ),
            (
                "Policy:S3/BucketAnonymousAccessGranted",
                &["config-change"],
                "that the policy or ACL was changed; its body is not logged. What is read through it is anonymous-read",
            ),
            ("Policy:S3/BucketBlockPublicAccessDisabled", &["config-change"], ""),
            (
                "Policy:S3/BucketPublicAccessGranted",
                &["config-change"],
                "that the policy or ACL was changed; its body is not logged",
            ),
            (
                "Stealth:S3/ServerAccessLoggingDisabled",
                &["config-change", "logging-gap"],
                "that logging was changed, and the silence after it",
            ),
            ("UnauthorizedAccess:S3/MaliciousIPCaller.Custom", &["bad-ip"], ""),
            ("UnauthorizedAccess:S3/TorIPCaller", &["bad-ip"], "with a list of Tor's exits"),
            (
                "AttackSequence:S3/CompromisedData",
                &[],
                "no rule: it is an incident, which findings of one actor are here",
            ),
            ("Object:S3/MaliciousFile", &[], "what is in an object is not logged"),
        ],
    },
    Catalogue {
        name: "Panther",
        address: "https://github.com/panther-labs/panther-analysis/tree/develop/rules/aws_s3_rules",
        remark: "These rules read the same logs.",
        finds: &[
            (
                "AWS S3 Access Error",
                &["access-denied-burst", "key-guessing"],
                "bursts, and not every error; `s3al failed` has all",
            ),
            (
                "AWS S3 Access IP Allowlist",
                &["first-seen"],
                "networks that are new; for a fixed list, `s3al export --ip '!192.0.2.0/24'`",
            ),
            ("AWS S3 Bucket Defacement Attempt", &["site-tamper"], ""),
            ("AWS S3 Insecure Access", &["weak-crypto"], ""),
            ("AWS S3 Unauthenticated Access", &["anonymous-read", "anonymous-write", "anonymous-list"], ""),
            ("AWS S3 Unknown Requester", &["first-seen", "foreign-copy"], ""),
        ],
    },
    Catalogue {
        name: "Elastic",
        address: "https://github.com/elastic/detection-rules/tree/main/rules/integrations/aws",
        remark: "Those of S3, by the names of their files. They read CloudTrail, which has the parameters of requests.",
        finds: &[
            (
                "collection_s3_bucket_acl_public_access_new_identity",
                &["config-change"],
                "that the ACL was changed, not whether it opens the bucket",
            ),
            (
                "collection_s3_unauthenticated_bucket_access_by_rare_source",
                &["anonymous-read", "anonymous-write", "anonymous-list"],
                "",
            ),
            ("collection_s3_unauthenticated_bucket_listing", &["anonymous-list"], ""),
            ("collection_s3_unauthenticated_get_object", &["anonymous-read"], ""),
            ("credential_access_credentials_in_s3_bucket", &["secret-file"], ""),
            ("defense_evasion_s3_bucket_configuration_deletion", &["config-change"], "but CORS"),
            (
                "defense_evasion_s3_bucket_lifecycle_expiration_added",
                &["config-change"],
                "that lifecycle rules were changed",
            ),
            (
                "defense_evasion_s3_bucket_server_access_logging_disabled",
                &["config-change", "logging-gap"],
                "",
            ),
            (
                "defense_evasion_s3_mfa_delete_disabled",
                &["config-change"],
                "that versioning was changed; MFA is not logged",
            ),
            (
                "exfiltration_s3_bucket_policy_added_for_external_account_access",
                &["config-change"],
                "that the policy was changed; what is copied through it is foreign-copy",
            ),
            (
                "exfiltration_s3_bucket_policy_added_for_public_access",
                &["config-change"],
                "that the policy was changed",
            ),
            (
                "exfiltration_s3_bucket_replicated_to_external_account",
                &["config-change"],
                "that replication was changed",
            ),
            ("impact_aws_s3_bucket_enumeration_or_brute_force", &["key-guessing", "access-denied-burst"], ""),
            ("impact_s3_bucket_object_uploaded_with_ransom_keyword", &["ransom-note"], ""),
            (
                "impact_s3_excessive_object_encryption_with_sse_c",
                &["overwrite-storm"],
                "objects read and overwritten; headers of SSE-C are not logged",
            ),
            (
                "impact_s3_object_encryption_with_external_key",
                &["overwrite-storm"],
                "objects copied onto themselves; the key is not logged",
            ),
            ("impact_s3_object_versioning_disabled", &["config-change"], "that versioning was changed"),
            ("impact_s3_static_site_js_file_uploaded", &["site-tamper"], ""),
            ("impact_s3_unusual_object_encryption_with_sse_c", &["overwrite-storm"], "as above"),
        ],
    },
    Catalogue {
        name: "Sigma",
        address: "https://github.com/SigmaHQ/sigma/tree/master/rules/cloud/aws/cloudtrail",
        remark: "Those of S3, by the names of their files. They read CloudTrail.",
        finds: &[
            ("aws_cloudtrail_s3_anonymous_object_access", &["anonymous-read", "anonymous-write"], ""),
            ("aws_cloudtrail_bucket_block_public_access_weakened", &["config-change"], ""),
            ("aws_cloudtrail_bucket_deleted", &[], "no rule; `s3al export --operation REST.DELETE.BUCKET`"),
            ("aws_disable_bucket_versioning", &["config-change"], "that versioning was changed"),
            (
                "aws_enum_buckets",
                &[],
                "who lists the buckets of an account asks none of them: no bucket logs it",
            ),
            (
                "aws_iam_s3browser_templated_s3_bucket_policy_creation",
                &["tool-new", "config-change"],
                "bodies are not logged",
            ),
            ("aws_s3_data_management_tampering", &["config-change"], "but restores"),
        ],
    },
    Catalogue {
        name: "Tailpipe",
        address: "https://github.com/turbot/tailpipe-mod-aws-s3-server-access-log-detections",
        remark: "These detections read the same logs.",
        finds: &[
            (
                "s3_bucket_accessed_using_insecure_tls_version",
                &["weak-crypto"],
                "TLS 1.0 too: AWS writes `TLSv1`",
            ),
            ("s3_object_accessed_using_insecure_tls_version", &["weak-crypto"], "TLS 1.0 too"),
            (
                "s3_object_accessed_outside_business_hours",
                &["unusual-hours", "outside-hours"],
                "outside-hours is off by default",
            ),
            ("s3_object_accessed_publicly", &["anonymous-read"], ""),
            (
                "s3_object_accessed_using_suspicious_user_agent",
                &["pentest-client", "tool-new"],
                "ordinary SDKs are not suspicious",
            ),
            (
                "s3_object_accessed_with_large_request_size",
                &[],
                "it looks at the size of the object that is read, and not at a request; see bulk-read and large-download",
            ),
            (
                "s3_object_accessed_with_large_response_size",
                &["large-download"],
                "off by default; ranges add up",
            ),
            ("s3_object_uploaded_without_encryption", &[], "headers are not logged"),
        ],
    },
];

/// What other products find that this rule finds too.
pub(crate) fn found_by(rule: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let of = move |one: &'static Catalogue| {
        let same = one.finds.iter().filter(move |(_, rules, _)| rules.contains(&rule));
        same.map(move |(name, ..)| (one.name, *name))
    };
    CATALOGUES.iter().flat_map(of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::place;

    #[test]
    fn every_rule_that_is_named_exists() {
        for one in CATALOGUES {
            assert!(one.address.starts_with("https://") && !one.finds.is_empty(), "{}", one.name);
            for (name, rules, remark) in one.finds {
                rules.iter().for_each(|rule| assert!(place(rule).is_ok(), "{name}: {rule}"));
                assert!(!rules.is_empty() || !remark.is_empty(), "{name}: neither covered, nor why not");
            }
        }
        assert_eq!(found_by("pentest-client").count(), 4);
    }
}
