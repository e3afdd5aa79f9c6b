//! Attacks from end to end, as logs show them, and what `detect` makes of them: what it finds, and what it does not.

use s3al::record::Field::{
    AuthenticationType, Bucket, BytesSent, Key, Operation, RemoteIp, RequestId, RequestUri, Requester,
    SignatureVersion, UserAgent, VersionId,
};
use serde_json::Value;

use crate::detect::{findings, rules};
use crate::harness::{Record, read_at};

const DEPLOY: &str = "arn:aws:sts::111122223333:assumed-role/Deploy/ci-1";
const BACKUP: &str = "arn:aws:sts::111122223333:assumed-role/Backup/nightly";
const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
const THIEF: &str = "203.0.113.9";

/// At a second of a day of August 2026.
fn at(day: u32, second: u32) -> Record {
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    read_at(&format!("{:02}/Aug/2026:{:02}:{minute:02}:{second:02}", day + hour / 24, hour % 24))
        .with(RequestId, format!("R{day:02}{second:02}{minute:02}{hour:02}"))
}

fn by(who: &str, ip: &str, day: u32, second: u32) -> Record {
    at(day, second).with(Requester, who).with(RemoteIp, ip)
}

fn anonymous(ip: &str, day: u32, second: u32) -> Record {
    by("-", ip, day, second).with(SignatureVersion, "-").with(AuthenticationType, "-")
}

/// Three usual days, and a fourth up to noon: Deploy writes and reads a few objects each hour, Backup writes at night, alice reads by day.
fn usual() -> Vec<Record> {
    let mut log = Vec::new();
    for day in 1..=4 {
        for hour in 0..24 {
            let second = hour * 3_600;
            for number in 0..5 {
                let key = format!("customer/{day}-{hour}-{number}");
                let of_deploy = by(DEPLOY, "10.0.0.5", day, second + 60 + number * 7).with(Key, key);
                log.push(of_deploy.clone().with(Operation, "REST.PUT.OBJECT").with(BytesSent, "-"));
                log.push(of_deploy.with(BytesSent, 5_000));
            }
            if hour == 1 {
                for part in 0..60 {
                    let key = format!("backup/{day}");
                    log.push(
                        by(BACKUP, "10.0.0.9", day, second + part)
                            .with(Operation, "REST.PUT.PART")
                            .with(Key, key),
                    );
                }
            }
            if (9..17).contains(&hour) {
                log.push(by(ALICE, "192.0.2.10", day, second + 99).with(Key, format!("reports/{hour}")));
            }
        }
    }
    log
}

/// Severity and rule of what is found beside the usual; and what is told of the first incident.
#[track_caller]
fn told(attack: Vec<Record>) -> (Vec<String>, Option<String>) {
    let log: Vec<Record> = usual().into_iter().chain(attack).collect();
    let found = findings(&log, &[]);
    let logs = crate::harness::Logs::of(&log);
    let report = logs.run(&["detect", "logs", "--format", "json"]).json();
    let story = report["tables"]["incidents"][0]["what_happened"].as_str().map(str::to_owned);
    let incidents = report["tables"]["incidents"].as_array().map_or(0, Vec::len);
    assert!(incidents <= 1, "one attack is {incidents} incidents");
    let mut rules = rules(&found);
    rules.retain(|one| !one.starts_with("info "));
    rules.dedup();
    (rules, story)
}

fn has(found: &[String], rule: &str) -> bool {
    found.iter().any(|one| one == rule)
}

#[test]
fn nothing_happens_on_usual_days() {
    let (found, story) = told(Vec::new());
    assert_eq!((found, story), (Vec::<String>::new(), None));
}

#[test]
fn ransom_with_batch_deletes() {
    let thief = |second: u32| by(DEPLOY, THIEF, 4, 7_860 + second).with(UserAgent, "Boto3/1.34.0");
    let mut attack = vec![];
    for (second, bucket) in [(0, "photos"), (5, "billing"), (9, "mail")] {
        attack.push(thief(second).with(Operation, "REST.GET.BUCKET").with(Key, "-").with(Bucket, bucket));
    }
    for number in 0..120 {
        let key = format!("customer/{}-{}-{}", 1 + number / 60, number / 5 % 12, number % 5);
        attack.push(thief(180 + number * 18).with(Key, &key).with(BytesSent, 340_000_000));
        let deleted = thief(3_060 + number / 60 * 10).with(Operation, "BATCH.DELETE.OBJECT");
        attack.push(deleted.outcome("204 -").with(Key, &key).with(BytesSent, "-"));
    }
    for batch in 0..2 {
        let asked = thief(3_060 + batch * 10).with(Operation, "REST.POST.MULTI_OBJECT_DELETE");
        attack.push(asked.with(Key, "-").with(BytesSent, 400));
    }
    attack.push(
        thief(3_240).with(Operation, "REST.PUT.OBJECT").with(Key, "RESTORE-FILES.txt").with(BytesSent, "-"),
    );
    let (found, story) = told(attack);
    for rule in ["critical exfil-then-delete", "high ransom-note", "medium mass-delete", "medium bulk-read"] {
        assert!(has(&found, rule), "{rule}: {found:?}");
    }
    assert_eq!(
        story.as_deref(),
        Some(
            "2026-08-04 02:11 role Deploy from 203.0.113.9 (first seen) lists 3 buckets; \
             02:14 to 02:49 reads 40.8 GB of customer/* (120 requests); \
             03:02 deletes 120 objects in 2 batches (of customer/*); 03:05 uploads RESTORE-FILES.txt"
        )
    );
}

#[test]
fn ransom_with_overwrites() {
    let mut attack = Vec::new();
    for number in 0..80 {
        let key = format!("customer/{}-{}-{}", 1 + number / 60, number / 5 % 12, number % 5);
        let read = by(DEPLOY, THIEF, 4, 10_800 + number * 20).with(Key, key);
        attack.push(read.clone().with(BytesSent, 1_000));
        let second = 10_805 + number * 20;
        let time = format!("04/Aug/2026:{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60);
        attack.push(read.at(&time).with(Operation, "REST.PUT.OBJECT").with(BytesSent, "-"));
    }
    let (found, story) = told(attack);
    assert!(has(&found, "high overwrite-storm"), "{found:?}");
    let story = story.expect("an incident");
    assert!(story.contains("uploads 80 objects (of customer/*)"), "{story}");
}

#[test]
fn a_leaked_key_lists_reads_and_deletes() {
    let thief = |second: u32| {
        by(ALICE, THIEF, 4, 10_800 + second).with(UserAgent, "aws-cli/2.9 Linux/6.1.0-kali5-amd64")
    };
    let mut attack = vec![thief(0).with(Operation, "REST.GET.BUCKET").with(Key, "-")];
    for number in 0..60 {
        let key = format!("customer/1-{}-{}", number / 5, number % 5);
        attack.push(thief(60 + number * 5).with(Key, &key).with(BytesSent, 40_000));
        attack.push(
            thief(1_200 + number).with(Operation, "REST.DELETE.OBJECT").with(Key, &key).outcome("204 -"),
        );
    }
    let (found, story) = told(attack);
    for rule in ["critical exfil-then-delete", "high pentest-client", "medium mass-delete"] {
        assert!(has(&found, rule), "{rule}: {found:?}");
    }
    let story = story.expect("an incident");
    assert!(
        story.starts_with("2026-08-04 03:00 user alice from 203.0.113.9 (first seen) lists photos; "),
        "{story}"
    );
    assert!(story.ends_with("deletes 60 objects (of customer/1-*)"), "{story}");
}

#[test]
fn a_scan_from_outside_finds_one_public_object() {
    let mut attack = Vec::new();
    for number in 0_u32..90 {
        let outcome = if number.is_multiple_of(2) { "403 AccessDenied" } else { "404 NoSuchKey" };
        attack.push(
            anonymous(THIEF, 4, 7_200 + number * 3).with(Key, format!("word{number}.zip")).outcome(outcome),
        );
    }
    attack.push(anonymous(THIEF, 4, 7_400).with(Key, "backup.zip").with(BytesSent, 9_000_000));
    let (found, story) = told(attack);
    for rule in ["critical guess-then-hit", "medium key-guessing", "medium anonymous-read"] {
        assert!(has(&found, rule), "{rule}: {found:?}");
    }
    let story = story.expect("an incident");
    assert!(story.contains("somebody without credentials from 203.0.113.9 (first seen)"), "{story}");
    assert!(story.contains("reads 9.0 MB of backup.zip (1 request)"), "{story}");
}

#[test]
fn an_insider_with_a_backup_role() {
    // From the address that the role always has, at the hour that it always has.
    let insider = |second: u32| by(BACKUP, "10.0.0.9", 4, 3_600 + second);
    let mut attack = vec![insider(30).with(Operation, "REST.GET.BUCKET").with(Key, "-")];
    for number in 0..40 {
        attack.push(
            insider(60 + number * 9)
                .with(Key, format!("customer/3-{}-{}", number / 5, number % 5))
                .with(BytesSent, 90_000_000),
        );
    }
    let (found, story) = told(attack);
    assert!(has(&found, "low role-misuse") && has(&found, "medium bulk-read"), "{found:?}");
    let story = story.expect("an incident");
    assert!(
        story.contains("role Backup from 10.0.0.9 ") && story.contains("reads 3.6 GB of customer/3-*"),
        "{story}"
    );
    assert!(!story.contains("first seen"), "{story}");
}

#[test]
fn a_policy_is_opened_and_data_is_copied_to_another_account() {
    let other = "arn:aws:iam::999988887777:user/mallory";
    let mut attack = vec![
        by(ALICE, "192.0.2.10", 4, 36_000)
            .with(Operation, "REST.PUT.BUCKETPOLICY")
            .with(Key, "-")
            .outcome("204 -"),
    ];
    for number in 0..30 {
        let copied = by(other, "192.0.2.10", 4, 36_600 + number * 4).with(Operation, "REST.COPY.OBJECT_GET");
        attack
            .push(copied.with(Key, format!("customer/1-{}-{}", number / 5, number % 5)).with(BytesSent, "-"));
    }
    let (found, story) = told(attack);
    assert!(has(&found, "high foreign-copy") && has(&found, "medium config-change"), "{found:?}");
    // They are tied by the address.
    let story = story.expect("an incident");
    assert!(story.contains("user alice from 192.0.2.10 changes settings of photos (1 request)"), "{story}");
    assert!(
        story.contains(
            "user mallory from 192.0.2.10 (first seen) copies customer/1-* (to elsewhere, 30 requests)"
        ),
        "{story}"
    );
}

#[test]
fn a_presigned_link_goes_viral() {
    let uri = "GET /reports/1?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE/20260804/eu-central-1/s3/aws4_request\
               &X-Amz-Date=20260804T090000Z&X-Amz-Expires=604800&X-Amz-SignedHeaders=host&X-Amz-Signature=0123456789abcdef HTTP/1.1";
    let one = |number: u32| {
        by(ALICE, &format!("198.51.100.{number}"), 4, 33_000 + number * 60)
            .with(Key, "reports/1")
            .with(RequestUri, uri)
            .with(AuthenticationType, "QueryString")
            .with(UserAgent, "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36")
    };
    let (found, story) = told((0..60).map(one).collect());
    assert!(has(&found, "medium presigned-sharing") && has(&found, "low presigned-long"), "{found:?}");
    let story = story.expect("an incident");
    assert!(story.contains("user alice from 60 addresses (first seen) reads"), "{story}");
}

#[test]
fn a_crawler_is_no_attack() {
    // A website with some dead links: nothing is guessed, for most of it is there.
    let page = |number: u32| {
        let page = anonymous("66.249.66.1", 4, 3_600 + number * 10)
            .with(Operation, "WEBSITE.GET.OBJECT")
            .with(Bucket, "www")
            .with(Key, format!("tea/{number}.html"))
            .with(UserAgent, "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)");
        if number.is_multiple_of(5) { page.outcome("404 NoSuchKey") } else { page }
    };
    let (found, story) = told((0..600).map(page).collect());
    assert_eq!((found, story), (Vec::<String>::new(), None));
}

/// What is not found: somebody who has a key, uses it from the network and with the client that are usual, at usual hours, and takes little
/// each day. Nothing tells it from work.
#[test]
fn slow_exfiltration_below_every_threshold_is_not_found() {
    let one = |number: u32| {
        by(ALICE, "192.0.2.10", 3 + number / 8, 36_000 + number % 8 * 900)
            .with(Key, format!("reports/{}", 9 + number % 8))
    };
    let (found, story) = told((0..16).map(|number| one(number).with(BytesSent, 50_000_000)).collect());
    assert_eq!((found, story), (Vec::<String>::new(), None));
    // From another network it is at least seen as new.
    let elsewhere = |number| one(number).with(RemoteIp, THIEF).with(BytesSent, 50_000_000);
    let log: Vec<Record> = usual().into_iter().chain((8..16).map(elsewhere)).collect();
    let found = findings(&log, &["--min-severity", "info"]);
    let why: Vec<&str> = found.iter().filter_map(|one| one["why"].as_str()).collect();
    assert!(why.iter().any(|why| why.contains("network not in the baseline: 203.0.113.0/24")), "{why:?}");
}

/// What the rules find that compare, or look at hours: for each there is something, the command of each shows as many requests as it counts,
/// and its evidence is among them.
#[test]
fn rules_that_compare_have_commands_that_show_all() {
    const MALLORY: &str = "arn:aws:iam::999988887777:user/mallory";
    const LOADER: &str = "arn:aws:sts::111122223333:assumed-role/Loader/l-1";
    let mut log = Vec::new();
    for day in 1..=10 {
        for hour in 0..24 {
            log.push(by(DEPLOY, "10.0.0.5", day, hour * 3_600));
            if (9..17).contains(&hour) {
                log.push(by(ALICE, "192.0.2.10", day, hour * 3_600 + 9).with(Key, "reports/1"));
            }
            // A busy bucket, of which there is nothing from 12 to 16 on the seventh day.
            if (6..9).contains(&day) && (day, hour / 4) != (7, 3) {
                log.extend((0..20).map(|number| {
                    by(DEPLOY, "10.0.0.5", day, hour * 3_600 + 60 + number).with(Bucket, "busy")
                }));
            }
        }
    }
    log.push(anonymous("198.51.100.7", 1, 5).with(Operation, "WEBSITE.GET.OBJECT").with(Bucket, "www"));
    let mallory = |second: u32| by(MALLORY, THIEF, 9, 36_000 + second).with(UserAgent, "Boto3/1.34.0");
    let bucket = |number: u32| format!("bucket-{}", number % 6);
    for number in 0..120 {
        log.push(mallory(number).with(Operation, "REST.GET.BUCKET").with(Key, "-"));
    }
    for number in 0..6 {
        let setting = mallory(130 + number).with(Bucket, bucket(number)).with(Key, "-");
        log.push(setting.with(Operation, "REST.GET.BUCKETPOLICY").outcome("404 NoSuchBucketPolicy"));
        let deleted = mallory(140 + number).with(Operation, "REST.DELETE.OBJECT").with(VersionId, "v1");
        log.push(deleted.with(RequestUri, "DELETE /k?versionId=v1 HTTP/1.1").outcome("204 -"));
    }
    for number in 0..25 {
        log.push(mallory(150 + number).with(Bucket, bucket(number)).outcome("403 AccessDenied"));
    }
    log.push(mallory(200).with(Operation, "REST.PUT.OBJECT").with(Bucket, "www").with(Key, "js/app.js"));
    // alice's key with a new tool, among what she always uses; at night.
    for number in 0..10 {
        let tool = if number < 7 { "rclone/v1.65" } else { "aws-cli/2.15.30" };
        log.push(by(ALICE, "192.0.2.10", 9, 3 * 3_600 + number).with(Key, "reports/1").with(UserAgent, tool));
    }
    log.extend((0..7).map(|number| by(DEPLOY, &format!("198.51.{number}.7"), 9, 40_000 + number)));
    for number in 0..400 {
        log.push(by(LOADER, "10.0.0.8", 9, 46_800 + number).with(Bucket, "shared"));
        if number < 60 {
            log.push(
                by(ALICE, "192.0.2.10", 9, 46_800 + number).with(Bucket, "shared").outcome("503 SlowDown"),
            );
        }
    }
    let found = findings(&log, &["--min-severity", "info"]);
    let mut rules: Vec<&str> = found.iter().filter_map(|one| one["rule"].as_str()).collect();
    rules.sort_unstable();
    rules.dedup();
    assert_eq!(
        rules,
        [
            "access-denied-burst",
            "credential-spread",
            "first-seen",
            "list-storm",
            "logging-gap",
            "posture-sweep",
            "site-tamper",
            "throttle-abuse",
            "tool-new",
            "unusual-hours",
            "version-delete",
        ]
    );
    let counts = |rule: &str| {
        found.iter().filter(|one| one["rule"] == rule).map(|one| one["count"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(counts("tool-new"), [7]);
    assert_eq!(counts("list-storm"), [120]);
    assert_eq!(counts("logging-gap"), [0]);
}

/// The order of lines, of files and of threads changes nothing: neither findings nor incidents.
#[test]
fn the_order_does_not_matter() {
    let mut log = usual();
    for number in 0_u32..90 {
        let outcome = if number.is_multiple_of(9) { "200 -" } else { "404 NoSuchKey" };
        log.push(anonymous(THIEF, 4, 7_200 + number * 3).with(Key, format!("w{number}")).outcome(outcome));
        let deleted = by(DEPLOY, THIEF, 4, 9_000 + number).with(Operation, "REST.DELETE.OBJECT");
        log.push(deleted.with(Key, format!("customer/{number}")).outcome("204 -"));
    }
    let answer = |log: &[Record], files: usize, threads: &str| {
        let logs = crate::harness::Logs::new();
        for (place, part) in log.chunks(log.len().div_ceil(files)).enumerate() {
            logs.write(&format!("logs/{place}.log"), part);
        }
        let ran = logs.run(&[
            "detect",
            "logs",
            "--format",
            "json",
            "--limit",
            "0",
            "--threads",
            threads,
            "--min-severity",
            "info",
        ]);
        let mut report: Value = ran.json();
        report["tally"] = Value::Null;
        report
    };
    let expected = answer(&log, 1, "1");
    assert!(expected["tables"]["incidents"].as_array().is_some_and(|all| !all.is_empty()));
    for (seed, files, threads) in [(1_u64, 1, "1"), (2, 7, "2"), (3, 30, "4"), (4, 3, "3")] {
        let mut shuffled = log.clone();
        let mut state = seed;
        for place in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            shuffled.swap(place, (state >> 33) as usize % (place + 1));
        }
        assert_eq!(answer(&shuffled, files, threads), expected, "{seed}");
    }
}
