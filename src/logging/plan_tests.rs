//! What is planned, what is refused, and that a plan that was carried out leaves nothing to do.

use super::*;
use crate::source::s3::ExpiryFact;

const REGION: &str = "us-east-1";

fn source(bucket: &str) -> SourceFacts {
    SourceFacts {
        bucket: bucket.to_owned(),
        region: Fact::Known(REGION.to_owned()),
        logging: Fact::Known(None),
        newest: Fact::Unasked,
    }
}

fn logs_to(bucket: &str, target: &str, prefix: &str) -> SourceFacts {
    let logging =
        LoggingFact { target: target.to_owned(), prefix: prefix.to_owned(), ..LoggingFact::default() };
    SourceFacts { logging: Fact::Known(Some(logging)), ..source(bucket) }
}

fn target() -> TargetFacts {
    TargetFacts {
        bucket: "logs".to_owned(),
        region: Fact::Known(Some(REGION.to_owned())),
        is_own: Fact::Known(true),
        policy: Fact::Known(None),
        expiry: Fact::Known(Vec::new()),
        ..TargetFacts::default()
    }
}

fn enable() -> Enable {
    Enable {
        target: "logs".to_owned(),
        prefix: "{bucket}/".to_owned(),
        layout: LogLayout::Simple,
        expire: Some(365),
        create_target: false,
        account: "111122223333".to_owned(),
    }
}

fn buckets(sources: &[SourceFacts]) -> Vec<String> {
    sources.iter().map(|source| source.bucket.clone()).collect()
}

/// What is known after a plan was carried out.
fn carried_out(plan: &Plan, sources: &mut [SourceFacts], target: &mut TargetFacts) {
    for step in plan {
        match &step.change {
            Change::Create { region, .. } => target.region = Fact::Known(Some(region.clone())),
            Change::Policy { policy, .. } => target.policy = Fact::Known(policy.clone()),
            Change::Expire { prefix, days, .. } => {
                if let Fact::Known(rules) = &mut target.expiry {
                    rules.push(ExpiryFact { prefix: prefix.clone(), days: *days });
                }
            }
            Change::Logging { bucket, logging } => {
                let source = sources.iter_mut().find(|source| source.bucket == *bucket);
                source.unwrap().logging = Fact::Known(logging.clone());
            }
        }
    }
}

#[test]
fn a_plan_that_was_carried_out_leaves_nothing_to_do() {
    let other = "{\"Statement\":[{\"Sid\":\"Mine\",\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"s3:Delete*\",\"Resource\":\"*\"}]}";
    for (policy, create) in [(None, false), (Some(other.to_owned()), false), (None, true)] {
        for layout in [LogLayout::Simple, LogLayout::EventTime, LogLayout::DeliveryTime] {
            let mut target = TargetFacts { policy: Fact::Known(policy.clone()), ..target() };
            if create {
                target.region = Fact::Known(None);
            }
            let mut sources = vec![source("site"), source("shop")];
            let enable = Enable { create_target: create, layout, ..enable() };
            let meant = buckets(&sources);
            let plan = enable.plan(&meant, &sources, &target).unwrap();
            assert_eq!(plan.len(), 5 + usize::from(create), "{plan:?}");
            carried_out(&plan, &mut sources, &mut target);
            assert_eq!(enable.plan(&meant, &sources, &target), Ok(Vec::new()));
            let now = target.policy.known().unwrap().clone().unwrap();
            assert_eq!(now.contains("Mine"), policy.is_some());
            // And back.
            let targets = BTreeMap::from([("logs".to_owned(), target.clone())]);
            let back = Disable.plan(&meant, &sources, &targets).unwrap();
            assert_eq!(back.len(), 3, "{back:?}");
            carried_out(&back, &mut sources, &mut target);
            let left = target.policy.known().unwrap().clone();
            assert_eq!(left.is_some(), policy.is_some(), "{left:?}");
            let targets = BTreeMap::from([("logs".to_owned(), target)]);
            assert_eq!(Disable.plan(&meant, &sources, &targets), Ok(Vec::new()));
        }
    }
}

#[test]
fn buckets_of_other_regions_that_are_not_meant_stand_against_nothing() {
    let elsewhere = SourceFacts { region: Fact::Known("eu-west-1".to_owned()), ..source("far") };
    let enable = Enable { create_target: true, ..enable() };
    let target = TargetFacts { region: Fact::Known(None), ..target() };
    let plan = enable.plan(&["site".to_owned()], &[elsewhere, source("site")], &target).unwrap();
    let created = Change::Create { bucket: "logs".to_owned(), region: REGION.to_owned() };
    assert_eq!(plan[0].change, created);
}

#[test]
fn what_is_refused() {
    let elsewhere = SourceFacts { region: Fact::Known("eu-west-1".to_owned()), ..source("far") };
    let denied = SourceFacts { logging: Fact::Denied("s3:GetBucketLogging"), ..source("secret") };
    let t = target;
    let with_prefix = |prefix: &str| Enable { prefix: prefix.to_owned(), ..enable() };
    let table: Vec<(&str, Enable, Vec<SourceFacts>, &[&str], TargetFacts)> = vec![
        ("would log into itself", enable(), vec![source("logs")], &["logs"], t()),
        ("far is in eu-west-1, logs in us-east-1", enable(), vec![elsewhere.clone()], &["far"], t()),
        (
            "each region needs a log bucket",
            Enable { create_target: true, ..enable() },
            vec![source("site"), elsewhere],
            &["site", "far"],
            TargetFacts { region: Fact::Known(None), ..t() },
        ),
        (
            "no bucket of the account",
            enable(),
            vec![source("site")],
            &["site"],
            TargetFacts { is_own: Fact::Known(false), ..t() },
        ),
        (
            "add --create-target",
            enable(),
            vec![source("site")],
            &["site"],
            TargetFacts { region: Fact::Known(None), ..t() },
        ),
        (
            "write {bucket} in --prefix",
            with_prefix("all/"),
            vec![source("site"), source("shop")],
            &["site", "shop"],
            t(),
        ),
        (
            "so that they would mix",
            enable(),
            vec![source("site"), logs_to("old", "logs", "site/old/")],
            &["site"],
            t(),
        ),
        (
            "so that they would mix",
            enable(),
            vec![source("site"), logs_to("old", "logs", "")],
            &["site"],
            t(),
        ),
        (
            "a circle without end",
            enable(),
            vec![source("site"), logs_to("logs", "site", "x/")],
            &["site"],
            t(),
        ),
        ("s3:GetBucketLogging is missing", enable(), vec![denied], &["secret"], t()),
        (
            "s3:GetBucketPolicy is missing",
            enable(),
            vec![source("site")],
            &["site"],
            TargetFacts { policy: Fact::Denied("s3:GetBucketPolicy"), ..t() },
        ),
        (
            "encrypts with KMS",
            enable(),
            vec![source("site")],
            &["site"],
            TargetFacts { encryption: Fact::Known(Some("aws:kms".to_owned())), ..t() },
        ),
        (
            "requesters pay",
            enable(),
            vec![source("site")],
            &["site"],
            TargetFacts { requester_pays: Fact::Known(true), ..t() },
        ),
        (
            "locks objects",
            enable(),
            vec![source("site")],
            &["site"],
            TargetFacts { lock: Fact::Known(LockFact::On), ..t() },
        ),
        (
            "its policy is no JSON",
            enable(),
            vec![source("site")],
            &["site"],
            TargetFacts { policy: Fact::Known(Some("x".to_owned())), ..t() },
        ),
    ];
    for (expected, enable, sources, meant, target) in table {
        let meant: Vec<String> = meant.iter().map(|name| (*name).to_owned()).collect();
        let refused = enable.plan(&meant, &sources, &target).unwrap_err();
        assert!(refused.iter().any(|reason| reason.contains(expected)), "{expected}: {refused:?}");
    }
}
