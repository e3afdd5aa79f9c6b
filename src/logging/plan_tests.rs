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
            let back = Disable::default().plan(&meant, &sources, &targets).unwrap();
            assert_eq!(back.len(), 3, "{back:?}");
            carried_out(&back, &mut sources, &mut target);
            let left = target.policy.known().unwrap().clone();
            assert_eq!(left.is_some(), policy.is_some(), "{left:?}");
            let targets = BTreeMap::from([("logs".to_owned(), target)]);
            assert_eq!(Disable::default().plan(&meant, &sources, &targets), Ok(Vec::new()));
        }
    }
}

#[test]
fn what_is_there_is_kept() {
    // Buckets that mix now and do not afterwards; a layout by the other day; a statement of the same name.
    let mut sources = vec![logs_to("my-site", "logs", ""), logs_to("mysite", "logs", "")];
    if let Fact::Known(Some(logging)) = &mut sources[0].logging {
        (logging.layout, logging.has_grants) = (LogLayout::DeliveryTime, true);
    }
    let mut target = target();
    let enable = Enable { layout: LogLayout::EventTime, ..enable() };
    let plan = enable.plan(&buckets(&sources), &sources, &target).unwrap();
    let logging: Vec<&LoggingFact> = plan
        .iter()
        .filter_map(|step| match &step.change {
            Change::Logging { logging, .. } => logging.as_ref(),
            _ => None,
        })
        .collect();
    assert_eq!(
        logging.iter().map(|to| to.layout).collect::<Vec<_>>(),
        [LogLayout::DeliveryTime, LogLayout::EventTime]
    );
    let texts: Vec<&str> = plan.iter().map(|step| step.what.as_str()).collect();
    assert!(texts.iter().any(|text| text.contains("not renewed")), "{texts:?}");
    carried_out(&plan, &mut sources, &mut target);
    assert_eq!(enable.plan(&buckets(&sources), &sources, &target), Ok(Vec::new()));
    // Run for each alone, too.
    for source in &sources {
        assert_eq!(enable.plan(std::slice::from_ref(&source.bucket), &sources, &target), Ok(Vec::new()));
    }
    // A statement that lets everybody in stays, and is no reason to write another one again and again.
    let open = "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"logging.s3.amazonaws.com\"},\"Action\":\"s3:PutObject\",\"Resource\":\"*\"}]}";
    target.policy = Fact::Known(Some(open.to_owned()));
    let plan = enable.plan(&buckets(&sources), &sources, &target).unwrap();
    assert_eq!(plan.len(), 1);
    carried_out(&plan, &mut sources, &mut target);
    for source in &sources {
        assert_eq!(enable.plan(std::slice::from_ref(&source.bucket), &sources, &target), Ok(Vec::new()));
    }
    assert!(target.policy.known().unwrap().as_ref().unwrap().contains("\"Resource\":\"*\""));
}

#[test]
fn folders_of_several_buckets_expire_by_one_rule() {
    let sources = vec![source("site"), source("shop")];
    let enable = Enable { layout: LogLayout::EventTime, prefix: "all/".to_owned(), ..enable() };
    let facts = TargetFacts { has_no_rules: Fact::Known(true), ..target() };
    let plan = enable.plan(&buckets(&sources), &sources, &facts).unwrap();
    let rules: Vec<&Step> = plan.iter().filter(|step| matches!(step.change, Change::Expire { .. })).collect();
    assert_eq!(rules.len(), 1);
    assert!(!super::super::command(&rules[0].change).1.contains("jq"));
    // A rule of a shorter time is told.
    let short = ExpiryFact { prefix: String::new(), days: 30 };
    let facts = TargetFacts { expiry: Fact::Known(vec![short]), ..target() };
    let plan = enable.plan(&buckets(&sources), &sources, &facts).unwrap();
    let rule = plan.iter().find(|step| matches!(step.change, Change::Expire { .. })).unwrap();
    assert!(rule.what.ends_with("they expire after 30 days already"), "{}", rule.what);
    assert!(super::super::command(&rule.change).1.contains("jq"));
}

#[test]
fn a_statement_that_was_left_is_taken_out_by_the_name_of_the_log_bucket() {
    let mut sources = vec![source("site")];
    let mut facts = target();
    carried_out(&enable().plan(&buckets(&sources), &sources, &facts).unwrap(), &mut sources, &mut facts);
    sources[0].logging = Fact::Known(None);
    let targets = BTreeMap::from([("logs".to_owned(), facts)]);
    assert_eq!(Disable::default().plan(&buckets(&sources), &sources, &targets), Ok(Vec::new()));
    let named = Disable { target: Some("logs".to_owned()) };
    let plan = named.plan(&buckets(&sources), &sources, &targets).unwrap();
    assert_eq!(plan.len(), 1);
    assert_eq!(plan[0].change, Change::Policy { bucket: "logs".to_owned(), policy: None });
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
            "denies the delivery of the logs of site",
            enable(),
            vec![source("site")],
            &["site"],
            TargetFacts {
                policy: Fact::Known(Some(
                    "{\"Statement\":[{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"s3:*\",\"Resource\":\"*\"}]}"
                        .to_owned(),
                )),
                ..t()
            },
        ),
        (
            "S3 takes no more than 20480",
            enable(),
            vec![source("site")],
            &["site"],
            TargetFacts {
                policy: Fact::Known(Some(format!("{{\"Id\":\"{}\",\"Statement\":[]}}", "x".repeat(20_300)))),
                ..t()
            },
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
