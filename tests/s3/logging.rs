//! `logging`: turning it on and off in an account, also where that fails in the middle; each thing that can be wrong; and what cannot be
//! asked.

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use crate::account::Account;
use crate::harness::Ran;
use crate::program::Program;
use crate::server::{Act, CREDENTIALS, On, Server};

const TO: &str = "<BucketLoggingStatus><LoggingEnabled><TargetBucket>my-logs</TargetBucket><TargetPrefix>my-logs/</TargetPrefix></LoggingEnabled></BucketLoggingStatus>";

#[test]
fn what_cannot_be_asked_is_named_and_the_rest_is_told() {
    let server = Server::signed([("my-logs/2026-08-01-10-00-00-0123456789ABCDEF", "")]);
    server.rule(usize::MAX, On::Logging, Act::Body(TO.to_owned()));
    let program = Program::new(&server).keys(CREDENTIALS);
    let ran = program.run(&["logging", "status", "my-logs", "--format", "json", "--region", "us-east-1"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let tables = ran.json()["tables"].clone();
    let row = &tables["buckets"][0];
    assert_eq!((&row["logging"], &row["target"]), (&json!("on"), &json!("my-logs")), "{row}");
    assert_eq!(row["newest_log"], json!("2026-08-01T10:00:00Z"));
    let names: Vec<_> =
        tables["findings"].as_array().unwrap().iter().map(|found| &found["finding"]).collect();
    assert!(names.contains(&&json!("logs_into_itself")), "{names:?}");
    // The server knows no encryption, for one.
    let unknown = tables["unknown"].as_array().unwrap();
    assert!(unknown.iter().any(|row| row["what"] == "encryption"), "{unknown:?}");
    assert_eq!(program.run(&["logging", "status", "my-logs", "--fail", "--region", "us-east-1"]).code, 1);

    server.clear();
    server.rule(usize::MAX, On::Logging, Act::Fail(403, "AccessDenied"));
    let ran = program.run(&["logging", "status", "my-logs", "--format", "json", "--region", "us-east-1"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let unknown = ran.json()["tables"]["unknown"].clone();
    assert!(unknown.to_string().contains("s3:GetBucketLogging is missing"), "{unknown}");
    // Whose account it is, nobody tells here.
    let ran = program.run(&["logging", "enable", "my-site", "--target", "my-logs", "--region", "us-east-1"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("--expected-bucket-owner ACCOUNT"), "{ran:?}");
}

fn program(account: &Account) -> Program {
    Program::at(&account.url()).keys(CREDENTIALS)
}

fn run(account: &Account, words: &str) -> Ran {
    let words: Vec<&str> = words.split_whitespace().collect();
    program(account).run(&[&["logging"][..], &words, &["--format", "json"]].concat())
}

fn rows(ran: &Ran, table: &str) -> Vec<Value> {
    ran.json()["tables"][table].as_array().unwrap().clone()
}

fn texts(rows: &[Value], column: &str) -> Vec<String> {
    rows.iter().map(|row| row[column].as_str().unwrap_or("-").to_owned()).collect()
}

const ENABLE: &str = "enable site shop blog --target logs --create-target --expire 365d";
const WRITES: [&str; 8] = [
    "logs create",
    "logs policy",
    "logs lifecycle",
    "logs lifecycle",
    "logs lifecycle",
    "blog logging",
    "shop logging",
    "site logging",
];

fn three_buckets() -> Account {
    Account::new(&[("site", "eu-west-1"), ("shop", "eu-west-1"), ("blog", "eu-west-1")])
}

#[test]
fn an_account_without_buckets_is_no_verdict() {
    let account = Account::new(&[]);
    run(&account, "status --fail")
        .ended(2)
        .says("there is no bucket in this account, so there is nothing to judge");
    run(&account, "status").done().says("warning: there is no bucket in this account");
}

#[test]
fn a_failure_in_the_middle_says_what_was_done_and_the_next_run_goes_on() {
    for failing in 1..=WRITES.len() {
        let account = three_buckets();
        account.fail(failing, 403, "AccessDenied");
        let ran = run(&account, &format!("{ENABLE} --apply"));
        assert_eq!(ran.code, if failing == 1 { 2 } else { 3 }, "{failing}: {ran:?}");
        let changes = rows(&ran, "changes");
        let expected: Vec<&str> = (1..=WRITES.len())
            .map(|step| match step.cmp(&failing) {
                std::cmp::Ordering::Less => "done",
                std::cmp::Ordering::Equal => "failed",
                std::cmp::Ordering::Greater => "not done",
            })
            .collect();
        assert_eq!(texts(&changes, "state"), expected, "{failing}");
        let failed = changes[failing - 1]["change"].as_str().unwrap();
        assert!(ran.stderr.contains(failed) && ran.stderr.contains("access denied"), "{failing}: {ran:?}");
        let note = format!("{} of 8 changes are made; the same command goes on", failing - 1);
        assert!(ran.stderr.contains(&note), "{failing}: {ran:?}");
        assert_eq!(account.writes(), WRITES[..failing], "{failing}");
        // What is said is what is.
        assert_eq!(account.has("logs"), failing > 1, "{failing}");
        assert_eq!(account.setting("logs", "policy").is_some(), failing > 2, "{failing}");
        assert_eq!(account.setting("shop", "logging").is_some(), failing > 7, "{failing}");

        account.fail(usize::MAX, 500, "");
        let ran = run(&account, &format!("{ENABLE} --apply"));
        assert_eq!(
            (ran.code, account.writes()),
            (0, WRITES[failing - 1..].iter().map(|write| (*write).to_owned()).collect::<Vec<_>>()),
            "{failing}: {ran:?}"
        );
        let rules = account.setting("logs", "lifecycle").unwrap();
        assert_eq!(rules.matches("<Days>365</Days>").count(), 3, "{rules}");
        let ran = run(&account, &format!("{ENABLE} --apply"));
        assert!(ran.code == 0 && ran.stderr.contains("there is nothing to change"), "{ran:?}");
        assert_eq!(account.writes().len(), WRITES.len() + 1 - failing, "{failing}");
        assert_eq!(rows(&run(&account, "status --retention 365d --fail"), "findings"), [json!(null); 0]);
    }
}

#[test]
fn nothing_is_changed_before_the_plan_is_whole() {
    let account = three_buckets();
    account.fail(1, 500, "InternalError");
    // A plan, a column that there is not, a bucket that is not there, and one that would mix with others.
    let ran = run(&account, ENABLE);
    assert_eq!((ran.code, rows(&ran, "changes").len()), (0, WRITES.len()), "{ran:?}");
    assert!(ran.stderr.contains("nothing was changed; --apply makes these changes"), "{ran:?}");
    let ran = run(&account, &format!("{ENABLE} --apply --columns step,nothing"));
    assert!(ran.code == 2 && ran.stderr.contains("nothing"), "{ran:?}");
    for words in [
        "enable site nowhere --target logs --create-target --apply",
        "enable site shop --target logs --create-target --prefix all/ --layout simple --apply",
        "enable site --target site --apply",
    ] {
        let ran = run(&account, words);
        assert!(ran.code == 2 && ran.stderr.contains("nothing was changed"), "{words}: {ran:?}");
    }
    assert_eq!(account.writes(), Vec::<String>::new());
}

#[test]
fn disable_is_the_reverse_also_where_it_fails_in_the_middle() {
    let account = three_buckets();
    account.fail(usize::MAX, 500, "");
    let other = json!({"Sid": "Mine", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::logs/*"});
    assert_eq!(run(&account, &format!("{ENABLE} --apply")).code, 0);
    let mut policy: Value = serde_json::from_str(&account.setting("logs", "policy").unwrap()).unwrap();
    policy["Statement"].as_array_mut().unwrap().insert(0, other.clone());
    account.put("logs", "policy", &policy.to_string());
    // The policy is the last of the changes.
    account.fail(3, 403, "AccessDenied");
    let ran = run(&account, "disable site shop --apply");
    assert_eq!(ran.code, 3, "{ran:?}");
    assert_eq!(texts(&rows(&ran, "changes"), "state"), ["done", "done", "failed"]);
    assert!(
        ran.stderr.contains("2 of 3 changes are made") && ran.stderr.contains("--target LOGS"),
        "{ran:?}"
    );
    assert_eq!(account.writes(), ["shop logging", "site logging", "logs policy"]);
    account.fail(usize::MAX, 500, "");
    let ran = run(&account, "disable site shop blog --target logs --apply");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(account.writes(), ["blog logging", "logs policy"]);
    let left: Value = serde_json::from_str(&account.setting("logs", "policy").unwrap()).unwrap();
    assert_eq!(left["Statement"], json!([other]));
    assert!(account.setting("logs", "lifecycle").unwrap().contains("365"));
    let states = texts(&rows(&run(&account, "status site shop blog"), "buckets"), "logging");
    assert_eq!(states, ["off"; 3]);
}

/// A bucket `site` that is logged into `logs` as it should be, and a key of a log of it from an hour ago.
fn right() -> Account {
    let account = Account::new(&[("site", "eu-west-1"), ("logs", "eu-west-1")]);
    let ran = run(&account, "enable site --target logs --layout simple --expire 365d --apply");
    assert_eq!(ran.code, 0, "{ran:?}");
    account.log("logs", &name("site/", TimeDelta::hours(1), 1));
    account
}

fn name(prefix: &str, ago: TimeDelta, number: usize) -> String {
    format!("{prefix}{}-{number:016X}", (Utc::now() - ago).format("%Y-%m-%d-%H-%M-%S"))
}

fn to(target: &str, prefix: &str) -> String {
    format!(
        "<BucketLoggingStatus><LoggingEnabled><TargetBucket>{target}</TargetBucket><TargetPrefix>{prefix}</TargetPrefix>\
         </LoggingEnabled></BucketLoggingStatus>"
    )
}

fn granted(uri: &str, permission: &str) -> String {
    format!(
        "<AccessControlPolicy><AccessControlList><Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xsi:type=\"Group\"><URI>http://acs.amazonaws.com/groups/{uri}</URI></Grantee><Permission>{permission}</Permission>\
         </Grant></AccessControlList></AccessControlPolicy>"
    )
}

fn ownership(rule: &str) -> String {
    format!("<OwnershipControls><Rule><ObjectOwnership>{rule}</ObjectOwnership></Rule></OwnershipControls>")
}

fn encryption(algorithm: &str) -> String {
    format!(
        "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>{algorithm}</SSEAlgorithm>\
         </ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
    )
}

fn rule(more: &str) -> String {
    format!("<LifecycleConfiguration><Rule><ID>1</ID>{more}</Rule></LifecycleConfiguration>")
}

type Setup = Box<dyn Fn(&Account)>;

/// Each thing that can be wrong, as S3 tells it.
fn wrong() -> Vec<(&'static [&'static str], Setup)> {
    fn put(bucket: &'static str, setting: &'static str, document: String) -> Setup {
        Box::new(move |account| {
            account.put(bucket, setting, &document);
        })
    }
    let policy = |statements: &str| format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{statements}]}}");
    let service = r#""Principal":{"Service":"logging.s3.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/*""#;
    let lock = "<ObjectLockEnabled>Enabled</ObjectLockEnabled>";
    let expires = "<Filter><Prefix>site/</Prefix></Filter><Status>Enabled</Status><Expiration><Days>365</Days></Expiration>";
    let all_users = "global/AllUsers";
    vec![
        (&[], Box::new(|_: &Account| {})),
        (&["target_missing"], put("site", "logging", to("nowhere", "site/"))),
        (
            &["logs_into_itself"],
            Box::new(|account| {
                account.put("logs", "logging", &to("logs", "logs/"));
                account.put("site", "logging", "<BucketLoggingStatus/>");
            }),
        ),
        (
            &["logs_in_circle", "logs_in_circle", "no_delivery", "no_expiry", "not_allowed"],
            put("logs", "logging", to("site", "back/")),
        ),
        (
            &["not_allowed"],
            Box::new(|account| {
                account.put("logs", "policy", "{\"Statement\":[]}");
            }),
        ),
        (
            &["not_allowed"],
            put(
                "logs",
                "policy",
                policy(&format!(
                    r#"{{"Effect":"Allow",{service},"Condition":{{"StringEquals":{{"aws:SourceAccount":"444455556666"}}}}}}"#
                )),
            ),
        ),
        (&["open_to_others"], put("logs", "policy", policy(&format!(r#"{{"Effect":"Allow",{service}}}"#)))),
        (
            &["denied", "not_allowed"],
            put(
                "logs",
                "policy",
                policy(r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}"#),
            ),
        ),
        (
            &["acl_only"],
            Box::new(|account| {
                account.put("logs", "policy", "{\"Statement\":[]}");
                account.put("logs", "acl", &granted("s3/LogDelivery", "WRITE"));
                account.put("logs", "ownershipControls", &ownership("BucketOwnerEnforced"));
            }),
        ),
        // The same grant, and access control lists are on.
        (
            &[],
            Box::new(|account| {
                account.put("logs", "policy", "{\"Statement\":[]}");
                account.put("logs", "acl", &granted("s3/LogDelivery", "WRITE"));
                account.put("logs", "ownershipControls", &ownership("BucketOwnerPreferred"));
            }),
        ),
        (&["kms"], put("logs", "encryption", encryption("aws:kms"))),
        (&["kms"], put("logs", "encryption", encryption("aws:kms:dsse"))),
        (&[], put("logs", "encryption", encryption("AES256"))),
        (
            &["requester_pays"],
            put(
                "logs",
                "requestPayment",
                "<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>"
                    .to_owned(),
            ),
        ),
        (
            &["object_lock"],
            put("logs", "object-lock", format!("<ObjectLockConfiguration>{lock}</ObjectLockConfiguration>")),
        ),
        (
            &["object_lock"],
            put(
                "logs",
                "object-lock",
                format!(
                    "<ObjectLockConfiguration>{lock}<Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention></Rule></ObjectLockConfiguration>"
                ),
            ),
        ),
        (
            &["public"],
            put("logs", "policyStatus", "<PolicyStatus><IsPublic>true</IsPublic></PolicyStatus>".to_owned()),
        ),
        (
            &["public"],
            Box::new(move |account| {
                account.put("logs", "acl", &granted(all_users, "READ"));
                account.put("logs", "ownershipControls", &ownership("ObjectWriter"));
            }),
        ),
        (
            &[],
            Box::new(move |account| {
                account.put("logs", "acl", &granted(all_users, "READ"));
                account.put("logs", "ownershipControls", &ownership("ObjectWriter"));
                account.put("logs", "publicAccessBlock", "<PublicAccessBlockConfiguration><IgnorePublicAcls>true</IgnorePublicAcls></PublicAccessBlockConfiguration>");
            }),
        ),
        (
            &["no_expiry"],
            put(
                "logs",
                "lifecycle",
                rule(
                    "<Filter><Prefix>shop/</Prefix></Filter><Status>Enabled</Status><Expiration><Days>365</Days></Expiration>",
                ),
            ),
        ),
        (&["no_expiry"], put("logs", "lifecycle", rule(&expires.replace("Enabled", "Disabled")))),
        (
            &["no_expiry"],
            put(
                "logs",
                "lifecycle",
                rule(
                    "<Filter><And><Prefix>site/</Prefix><ObjectSizeGreaterThan>5</ObjectSizeGreaterThan></And></Filter><Status>Enabled</Status><Expiration><Days>365</Days></Expiration>",
                ),
            ),
        ),
        (&["expiry"], put("logs", "lifecycle", rule(&expires.replace("365", "30")))),
        (
            &[],
            put(
                "logs",
                "lifecycle",
                rule("<Prefix></Prefix><Status>Enabled</Status><Expiration><Days>365</Days></Expiration>"),
            ),
        ),
        (
            &["other_account"],
            Box::new(|account| {
                account.is_foreign("logs");
            }),
        ),
    ]
}

#[test]
fn each_thing_that_is_wrong_is_found_and_nothing_else() {
    for (place, (expected, setup)) in wrong().into_iter().enumerate() {
        let account = right();
        setup(&account);
        let ran = run(&account, "status site logs --fail");
        let findings = rows(&ran, "findings");
        let mut names = texts(&findings, "finding");
        names.sort_unstable();
        assert_eq!(names, expected, "{place}: {findings:#?}");
        assert_eq!(ran.code, i32::from(!expected.is_empty()), "{place}: {ran:?}");
        assert_eq!(rows(&ran, "unknown"), [json!(null); 0], "{place}");
        for finding in findings {
            let mend = finding["mend"].as_str().unwrap();
            assert!(mend.starts_with("aws s3") || mend.starts_with("rules=$(aws s3api"), "{place}: {mend}");
            assert!(finding["meaning"].as_str().is_some_and(|text| text.len() > 30), "{place}: {finding}");
        }
    }
}

#[test]
fn which_bucket_what_is_wrong_and_what_mends_it_can_be_read_in_80_columns() {
    let account = right();
    account.put("logs", "policy", "{\"Statement\":[]}");
    for width in ["80", "100", "120", "200"] {
        let ran = program(&account).run(&["logging", "status", "site", "logs", "--width", width]);
        assert_eq!(ran.code, 0, "{ran:?}");
        let text = ran.text();
        let row = text.lines().find(|line| line.starts_with("site ")).unwrap_or_else(|| panic!("{text}"));
        for answer in ["on", "logs", "not_allowed"] {
            assert!(row.contains(answer), "{answer} in {width} columns: {text}");
        }
        let block = text.split("\nFindings\n").nth(1).unwrap_or_else(|| panic!("{text}"));
        for answer in [
            "bucket   site",
            "finding  not_allowed",
            "mend     aws s3api put-bucket-policy --bucket logs --policy '{",
        ] {
            assert!(block.contains(answer), "{answer} in {width} columns: {text}");
        }
    }
}

#[test]
fn prefixes_regions_and_missing_deliveries() {
    let account = right();
    let far = Account::new(&[("site", "eu-west-1"), ("logs", "us-west-2")]);
    far.put("site", "logging", &to("logs", "site/"));
    let ran = run(&far, "status site");
    assert!(texts(&rows(&ran, "findings"), "finding").contains(&"other_region".to_owned()), "{ran:?}");
    assert_eq!(texts(&rows(&ran, "buckets"), "region"), ["eu-west-1"]);

    let both = Account::new(&[("site", "eu-west-1"), ("shop", "eu-west-1"), ("logs", "eu-west-1")]);
    for (site, shop, expected) in [
        ("site/", "site/shop/", ["prefix_overlap"; 2]),
        ("", "", ["prefix_empty"; 2]),
        ("", "shop/", ["prefix_overlap", "prefix_empty"]),
    ] {
        both.put("site", "logging", &to("logs", site)).put("shop", "logging", &to("logs", shop));
        let findings = rows(&run(&both, "status site shop"), "findings");
        let mut found = texts(&findings, "finding");
        found.retain(|name| name.starts_with("prefix"));
        assert_eq!(found, expected);
    }
    // Logs of one bucket come, those of the other do not any more.
    both.put("site", "logging", &to("logs", "site/")).put("shop", "logging", &to("logs", "shop/"));
    both.log("logs", &name("site/", TimeDelta::minutes(5), 1));
    both.log("logs", &name("shop/", TimeDelta::hours(25), 2));
    let ran = run(&both, "status site shop");
    let silent: Vec<Value> =
        rows(&ran, "findings").into_iter().filter(|row| row["finding"] == "no_delivery").collect();
    assert_eq!(texts(&silent, "bucket"), ["shop"]);
    let ages: Vec<i64> = rows(&ran, "buckets").iter().map(|row| row["age"].as_i64().unwrap()).collect();
    assert!((90_000_000..90_060_000).contains(&ages[0]) && (300_000..360_000).contains(&ages[1]), "{ages:?}");
    drop(account);
}

#[test]
fn the_newest_log_is_found_among_very_many() {
    let account = right();
    // None in the last month, and more before than are looked through.
    account.put("site", "logging", &to("logs", "old/")).page(5);
    for number in 0..400 {
        account.log("logs", &name("old/", TimeDelta::days(40) + TimeDelta::hours(number), 1));
    }
    let ran = run(&account, "status site");
    let newest = rows(&ran, "buckets")[0]["newest_log"].as_str().unwrap().to_owned();
    let newest: chrono::DateTime<Utc> = newest.parse().unwrap();
    let ago = Utc::now() - newest;
    assert!((TimeDelta::days(40)..TimeDelta::days(40) + TimeDelta::minutes(2)).contains(&ago), "{newest}");
    assert!(account.lists() < 200, "{}", account.lists());
}

#[test]
fn what_may_not_be_asked_is_unknown_and_named() {
    let account = right();
    let all = [
        ("location", "region", "s3:GetBucketLocation"),
        ("list", "newest_log", "s3:ListBucket"),
        ("policy", "policy", "s3:GetBucketPolicy"),
        ("policyStatus", "whether its policy is public", "s3:GetBucketPolicyStatus"),
        ("publicAccessBlock", "public access block", "s3:GetBucketPublicAccessBlock"),
        ("ownershipControls", "object ownership", "s3:GetBucketOwnershipControls"),
        ("acl", "access control list", "s3:GetBucketAcl"),
        ("encryption", "encryption", "s3:GetEncryptionConfiguration"),
        ("requestPayment", "who pays", "s3:GetBucketRequestPayment"),
        ("object-lock", "object lock", "s3:GetBucketObjectLockConfiguration"),
        ("lifecycle", "lifecycle rules", "s3:GetLifecycleConfiguration"),
        ("buckets", "buckets of the account", "s3:ListAllMyBuckets"),
    ];
    for (setting, what, action) in all {
        account.deny(&[setting]);
        assert_eq!(run(&account, "status site").code, 0, "{setting}");
        // Nothing was found, and not all was looked at.
        let ran = run(&account, "status site --fail");
        assert_eq!(ran.code, 3, "{setting}: {ran:?}");
        assert_eq!(rows(&ran, "findings"), [json!(null); 0], "{setting}: {ran:?}");
        let unknown = rows(&ran, "unknown");
        assert!(unknown.iter().all(|row| row["what"] == what), "{setting}: {unknown:?}");
        assert!(unknown[0]["why"].as_str().unwrap().contains(action), "{setting}: {unknown:?}");
        let row = rows(&ran, "buckets")[0].clone();
        assert_eq!(row["logging"], "on", "{setting}: {row}");
        if setting != "buckets" {
            assert_eq!(row["unknown"][0], what, "{setting}: {row}");
        }
    }
    account.deny(&all.map(|(setting, ..)| setting));
    let ran = run(&account, "status site");
    assert_eq!((ran.code, rows(&ran, "unknown").len()), (0, 13), "{ran:?}");
    let text = program(&account).run(&["logging", "status", "site"]);
    assert!(
        text.text().contains("unknown") && text.text().contains("s3:GetBucketPolicy is missing"),
        "{text:?}"
    );
    // To plan takes to know what would be replaced.
    let ran = run(&account, "enable site --target logs --apply");
    assert!(ran.code == 2 && ran.stderr.contains("s3:GetBucketPolicy is missing"), "{ran:?}");
    assert!(ran.stderr.contains("nothing was changed"), "{ran:?}");
    account.deny(&["encryption"]);
    let ran = run(&account, "enable site --target logs --layout simple");
    assert!(ran.code == 0 && ran.stderr.contains("logs: encryption could not be asked"), "{ran:?}");
}

#[test]
fn what_a_server_does_not_have_hides_nothing() {
    let account = right();
    account.lacks(&["policyStatus", "requestPayment"]);
    let ran = run(&account, "status site --fail");
    assert_eq!(ran.code, 0, "{ran:?}");
    let unknown = rows(&ran, "unknown");
    assert_eq!(texts(&unknown, "what"), ["whether its policy is public", "who pays"], "{unknown:?}");
    assert!(unknown.iter().all(|row| row["why"].as_str().unwrap().contains("does not know")), "{unknown:?}");
    account.deny(&["encryption"]);
    assert_eq!(run(&account, "status site --fail").code, 3);
}
