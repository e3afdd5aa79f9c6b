//! Each check alone: a setup that is right, and one thing that is not.

use std::collections::HashSet;

use super::super::keys::Delivered;
use super::super::statements;
use super::*;
use crate::source::s3::{AclFact, BlockFact, ExpiryFact, Fact, LockFact, LogLayout};

const NOW: i64 = 1_785_578_400_000;
const ACCOUNT: &str = "111122223333";

fn source(bucket: &str, target: &str, prefix: &str) -> SourceFacts {
    let logging =
        LoggingFact { target: target.to_owned(), prefix: prefix.to_owned(), ..LoggingFact::default() };
    SourceFacts {
        bucket: bucket.to_owned(),
        region: Fact::Known("eu-west-1".to_owned()),
        logging: Fact::Known(Some(logging)),
        newest: Fact::Known(Some(Timestamp::from_millis(NOW - 3_600_000))),
    }
}

fn allowing(buckets: &[(&str, &str)]) -> String {
    buckets
        .iter()
        .fold(None::<String>, |policy, (bucket, prefix)| {
            let facts = source(bucket, "logs", prefix);
            let Some(Some(logging)) = facts.logging.known() else { return policy };
            let delivered = Delivered::of(&facts, logging, Some(ACCOUNT));
            statements::added(policy.as_deref(), &delivered.wanted(), prefix).ok()
        })
        .unwrap_or_default()
}

fn target() -> TargetFacts {
    TargetFacts {
        bucket: "logs".to_owned(),
        region: Fact::Known(Some("eu-west-1".to_owned())),
        is_own: Fact::Known(true),
        policy: Fact::Known(Some(allowing(&[("site", "site/"), ("shop", "shop/")]))),
        has_public_policy: Fact::Known(false),
        public_block: Fact::Known(BlockFact::default()),
        acls_off: Fact::Known(true),
        acl: Fact::Known(AclFact::default()),
        encryption: Fact::Known(Some("AES256".to_owned())),
        requester_pays: Fact::Known(false),
        lock: Fact::Known(LockFact::Off),
        expiry: Fact::Known(vec![ExpiryFact { prefix: String::new(), days: 365 }]),
        has_no_rules: Fact::Known(false),
    }
}

/// What is found of `site`, and the commands.
fn found(sources: Vec<SourceFacts>, target: TargetFacts, retention: Option<i32>) -> Vec<(Check, String)> {
    let targets = BTreeMap::from([(target.bucket.clone(), target)]);
    let own = HashSet::from(["site", "shop"].map(str::to_owned));
    let known = Known {
        sources: &sources,
        targets: &targets,
        account: Some(ACCOUNT),
        own: Some(&own),
        retention: Retention(retention),
        now: Timestamp::from_millis(NOW),
    };
    let all = check(&["site".to_owned()], &known);
    all.into_iter().map(|finding| (finding.check, finding.mend)).collect()
}

fn two() -> Vec<SourceFacts> {
    vec![source("site", "logs", "site/"), source("shop", "logs", "shop/")]
}

#[test]
fn what_is_right_has_no_finding_and_what_is_unknown_neither() {
    assert_eq!(found(two(), target(), None), []);
    assert_eq!(found(two(), target(), Some(365)), []);
    let unknown = TargetFacts {
        bucket: "logs".to_owned(),
        policy: Fact::Denied("s3:GetBucketPolicy"),
        ..TargetFacts::default()
    };
    assert_eq!(found(two(), unknown, None), []);
    let mut off = two();
    off[0].logging = Fact::Known(None);
    assert_eq!(found(off, target(), None), []);
}

#[test]
fn each_check_alone() {
    let open = r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":"logging.s3.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/*"}]}"#;
    let grant = AclFact { log_delivery: true, is_public: false };
    let t = target;
    let logged_by = |bucket: &str, to: &str, prefix: &str| {
        vec![source("site", "logs", "site/"), source(bucket, to, prefix)]
    };
    let with = |place: usize, change: &dyn Fn(&mut SourceFacts)| {
        let mut sources = two();
        change(&mut sources[place]);
        sources
    };
    let old = Fact::Known(Some(Timestamp::from_millis(NOW - 2 * 86_400_000)));
    let table: Vec<(Check, &str, Vec<SourceFacts>, TargetFacts, Option<i32>)> = vec![
        (Check::TargetMissing, "create-bucket --bucket logs", two(), TargetFacts { region: Fact::Known(None), ..t() }, None),
        (
            Check::OtherRegion,
            "LocationConstraint=eu-west-1",
            two(),
            TargetFacts { region: Fact::Known(Some("us-east-1".to_owned())), ..t() },
            None,
        ),
        (Check::OtherAccount, "create-bucket --bucket site-logs", two(), TargetFacts { is_own: Fact::Known(false), ..t() }, None),
        (Check::NotAllowed, "put-bucket-policy", two(), TargetFacts { policy: Fact::Known(None), ..t() }, None),
        (
            Check::NotAllowed,
            "arn:aws:s3:::site",
            two(),
            TargetFacts { policy: Fact::Known(Some(allowing(&[("shop", "shop/")]))), ..t() },
            None,
        ),
        (
            Check::AclOnly,
            "put-bucket-policy",
            two(),
            TargetFacts { policy: Fact::Known(None), acl: Fact::Known(grant.clone()), ..t() },
            None,
        ),
        (
            Check::Denied,
            "get-bucket-policy",
            two(),
            TargetFacts {
                policy: Fact::Known(Some(
                    allowing(&[("site", "site/")]).replacen(
                        "\"Statement\":[",
                        "\"Statement\":[{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"s3:Put*\",\"Resource\":\"arn:aws:s3:::logs/*\"},",
                        1,
                    ),
                )),
                ..t()
            },
            None,
        ),
        (Check::Kms, "AES256", two(), TargetFacts { encryption: Fact::Known(Some("aws:kms:dsse".to_owned())), ..t() }, None),
        (Check::RequesterPays, "Payer=BucketOwner", two(), TargetFacts { requester_pays: Fact::Known(true), ..t() }, None),
        (
            Check::ObjectLock,
            "create-bucket --bucket logs-unlocked",
            two(),
            TargetFacts { lock: Fact::Known(LockFact::DefaultRetention), ..t() },
            None,
        ),
        (Check::ObjectLock, "logs-unlocked", two(), TargetFacts { lock: Fact::Known(LockFact::On), ..t() }, None),
        (
            Check::LogsIntoItself,
            "--bucket site --bucket-logging-status '{}'",
            with(0, &|site| *site = source("site", "site", "site/")),
            t(),
            None,
        ),
        (Check::LogsInCircle, "--bucket site", logged_by("logs", "site", ""), t(), None),
        (Check::Public, "put-public-access-block", two(), TargetFacts { has_public_policy: Fact::Known(true), ..t() }, None),
        (
            Check::Public,
            "put-public-access-block",
            two(),
            TargetFacts {
                acls_off: Fact::Known(false),
                acl: Fact::Known(AclFact { log_delivery: false, is_public: true }),
                ..t()
            },
            None,
        ),
        (Check::NoDelivery, "s3://logs/site/", with(0, &|site| site.newest = old.clone()), t(), None),
        (Check::NoDelivery, "s3://logs/site/", with(0, &|site| site.newest = Fact::Known(None)), t(), None),
        (
            Check::OpenToOthers,
            "aws:SourceAccount",
            two(),
            TargetFacts { policy: Fact::Known(Some(open.to_owned())), ..t() },
            None,
        ),
        (
            Check::OpenToOthers,
            "get-bucket-policy",
            two(),
            TargetFacts {
                policy: Fact::Known(Some(open.replace(r#"{"Service":"logging.s3.amazonaws.com"}"#, "\"*\""))),
                ..t()
            },
            None,
        ),
        // The other one has no prefix of its own.
        (
            Check::PrefixOverlap,
            "--bucket shop --bucket-logging-status '{\"LoggingEnabled\":{\"TargetBucket\":\"logs\",\"TargetPrefix\":\"shop/\"}}'",
            logged_by("shop", "logs", "site/shop/"),
            t(),
            None,
        ),
        (
            Check::LogsInCircle,
            "put-bucket-logging --bucket logs --bucket-logging-status '{}'",
            logged_by("logs", "logs", "logs/"),
            t(),
            None,
        ),
        (
            Check::PrefixEmpty,
            "\"TargetPrefix\":\"site/\"",
            with(0, &|site| *site = source("site", "logs", "")),
            TargetFacts { policy: Fact::Known(Some(allowing(&[("site", "")]))), ..t() },
            None,
        ),
        (Check::NoExpiry, "\"Days\":365", two(), TargetFacts { expiry: Fact::Known(vec![]), ..t() }, None),
        (
            Check::NoExpiry,
            "\"Prefix\":\"site/\"",
            two(),
            TargetFacts { expiry: Fact::Known(vec![ExpiryFact { prefix: "shop/".to_owned(), days: 90 }]), ..t() },
            None,
        ),
        (
            Check::Expiry,
            "\"site/\" | startswith($prefix)) and (.Expiration.Days // 365) < 365 then .Expiration.Days = 365",
            two(),
            TargetFacts { expiry: Fact::Known(vec![ExpiryFact { prefix: String::new(), days: 30 }]), ..t() },
            None,
        ),
        (Check::Expiry, "\"Days\":30}", two(), t(), Some(30)),
        (Check::Expiry, ".Expiration.Days = 400", two(), t(), Some(400)),
    ];
    for check in Check::ALL {
        assert!(table.iter().any(|(tried, ..)| tried == check), "{check:?} is not tried");
    }
    for (check, mend, sources, target, retention) in table {
        let found = found(sources, target, retention);
        assert_eq!(found.iter().map(|(check, _)| *check).collect::<Vec<_>>(), [check], "{found:?}");
        assert!(found[0].1.contains(mend), "{check:?}: {}", found[0].1);
    }
}

#[test]
fn what_is_no_finding() {
    // An access control list that is still on.
    let acl = AclFact { log_delivery: true, is_public: false };
    let by_acl = TargetFacts {
        policy: Fact::Known(None),
        acl: Fact::Known(acl),
        acls_off: Fact::Known(false),
        ..target()
    };
    assert_eq!(found(two(), by_acl, None), []);
    // Public, and blocked, each by its own.
    let by_policy = TargetFacts { has_public_policy: Fact::Known(true), ..target() };
    let by_acl = TargetFacts {
        acls_off: Fact::Known(false),
        acl: Fact::Known(AclFact { log_delivery: false, is_public: true }),
        ..target()
    };
    let restricts = Fact::Known(BlockFact { restricts_policies: true, ..BlockFact::default() });
    let ignores = Fact::Known(BlockFact { ignores_acls: true, ..BlockFact::default() });
    for (facts, block) in [(&by_policy, &restricts), (&by_acl, &ignores)] {
        assert_eq!(found(two(), TargetFacts { public_block: block.clone(), ..facts.clone() }, None), []);
    }
    for (facts, block) in [(&by_policy, &ignores), (&by_acl, &restricts)] {
        let found = found(two(), TargetFacts { public_block: block.clone(), ..facts.clone() }, None);
        assert_eq!(found[0].0, Check::Public);
    }
    // What blocks is not known.
    let unknown = Fact::Denied("s3:GetBucketPublicAccessBlock");
    assert_eq!(found(two(), TargetFacts { public_block: unknown, ..by_policy }, None), []);
    // Neither is whose bucket is logged, if not this account's.
    let mut others = two();
    others[0].bucket = "theirs".to_owned();
    let facts = TargetFacts { is_own: Fact::Known(false), ..target() };
    assert_eq!(found(others, facts, None), []);
    // Nothing arrives from anybody.
    let mut quiet = two();
    quiet.iter_mut().for_each(|source| source.newest = Fact::Known(None));
    assert_eq!(found(quiet, target(), None), []);
    // Partitioned names have a folder for each bucket.
    let mut partitioned = two();
    for source in &mut partitioned {
        if let Fact::Known(Some(logging)) = &mut source.logging {
            (logging.layout, logging.prefix) = (LogLayout::DeliveryTime, String::new());
        }
    }
    let policy = Fact::Known(Some(allowing(&[("site", ""), ("shop", "")])));
    let facts = TargetFacts { policy, ..target() };
    assert_eq!(found(partitioned.clone(), facts.clone(), None), []);
    // And so a rule for that folder is one for all of the bucket's logs.
    let folder = |prefix: &str| {
        Fact::Known(vec![ExpiryFact { prefix: format!("{ACCOUNT}/eu-west-1/{prefix}"), days: 365 }])
    };
    let expires = TargetFacts { expiry: folder("site/"), ..facts.clone() };
    assert_eq!(found(partitioned.clone(), expires, None), []);
    let other = TargetFacts { expiry: folder("shop/"), ..facts };
    assert_eq!(found(partitioned, other, None)[0].0, Check::NoExpiry);
}

/// What a mend that moves prefixes does is allowed, and mends.
#[test]
fn prefixes_are_moved_together_with_the_policy() {
    let mut sources = vec![source("site", "logs", ""), source("shop", "logs", "")];
    let mut facts = TargetFacts { policy: Fact::Known(Some(allowing(&[("site", "site/")]))), ..target() };
    let mend = found(sources.clone(), facts.clone(), None)
        .into_iter()
        .find_map(|(check, mend)| (check == Check::PrefixEmpty).then_some(mend))
        .unwrap();
    let commands: Vec<Vec<String>> = mend.lines().map(|line| shlex::split(line).unwrap()).collect();
    assert_eq!(commands.len(), 3, "{mend}");
    for words in commands {
        let (bucket, document) = (&words[4], &words[6]);
        match words[2].as_str() {
            "put-bucket-policy" => facts.policy = Fact::Known(Some(document.clone())),
            "put-bucket-logging" => {
                let status: serde_json::Value = serde_json::from_str(document).unwrap();
                let prefix = status["LoggingEnabled"]["TargetPrefix"].as_str().unwrap();
                let source = sources.iter_mut().find(|source| source.bucket == *bucket);
                source.unwrap().logging = self::source(bucket, "logs", prefix).logging;
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!(found(sources, facts, None), []);
}
