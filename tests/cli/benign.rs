//! A week in which nothing bad happens, and what `detect` says of it: nothing of high or above, and little of medium.

use std::fmt::Write as _;

use s3al::record::Field::{
    Bucket, BytesSent, Key, Operation, RemoteIp, RequestId, Requester, SignatureVersion, UserAgent,
};

use crate::harness::{Logs, Record, read_at};

const ROLE: &str = "arn:aws:sts::111122223333:assumed-role/";

/// Numbers that look random, and are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end.max(1)
    }
}

/// The lines of a week, Monday 3 to Sunday 9 August 2026.
struct Week {
    random: Random,
    text: String,
    count: u64,
}

impl Week {
    /// One request, at a second of a day.
    fn add(&mut self, day: u64, second: u64, record: Record) {
        let second = second.min(86_399);
        let time = format!(
            "{:02}/Aug/2026:{:02}:{:02}:{:02}",
            3 + day,
            second / 3_600,
            second / 60 % 60,
            second % 60
        );
        self.count += 1;
        let _ = write!(self.text, "{}", record.at(&time).with(RequestId, format!("{:016X}", self.count)));
    }

    fn day(&mut self, day: u64, scale: u64) {
        let is_work = day < 5;
        self.cloudfront(day, scale);
        self.shop(day, scale / 6);
        self.backup(day);
        self.replication(day, scale / 30);
        self.lifecycle(day, scale / 40);
        self.crawler(day);
        if is_work {
            self.ci(day);
            self.people(day);
        }
        match day {
            3 => self.deploy(day, 3_000),
            0 | 4 => self.deploy(day, 150),
            _ => {}
        }
        if day == 2 {
            self.on_call(day);
        }
        if day == 6 {
            self.inventory(day);
        }
    }

    /// A distribution fetches what it does not hold, most by day.
    fn cloudfront(&mut self, day: u64, count: u64) {
        for _ in 0..count {
            let hour = 6 + (self.random.below(9) + self.random.below(9)) % 18;
            let second = hour * 3_600 + self.random.below(3_600);
            let page = self.random.below(4_000);
            let record = of("web", "svc:cloudfront.amazonaws.com", &format!("assets/{page}.webp"))
                .with(RemoteIp, format!("130.176.{}.{}", self.random.below(30), self.random.below(250)))
                .with(UserAgent, "Amazon CloudFront")
                .with(BytesSent, 20_000 + page);
            let record = if page == 7 { record.outcome("403 AccessDenied") } else { record };
            self.add(day, second, record);
        }
    }

    /// Instances of the shop write orders and read them back, all day.
    fn shop(&mut self, day: u64, count: u64) {
        for number in 0..count {
            let instance = self.random.below(4);
            let who = format!("{ROLE}Shop/i-0a1b2c3d4e5f6000{instance}");
            let record = of("data", &who, &format!("orders/{day}/{:06}.json", number / 3))
                .with(RemoteIp, format!("10.0.1.{instance}"))
                .with(UserAgent, "aws-sdk-java/2.25.1 Linux/5.10")
                .with(BytesSent, 900);
            let record = match number % 3 {
                0 => record.with(Operation, "REST.PUT.OBJECT"),
                1 => record.with(Operation, "REST.HEAD.OBJECT").outcome(if number % 30 == 1 {
                    "404 NoSuchKey"
                } else {
                    "200 -"
                }),
                _ => record,
            };
            self.add(day, number * 86_400 / count.max(1), record);
        }
    }

    /// Every night a backup in parts, and the oldest one is deleted.
    fn backup(&mut self, day: u64) {
        let who = format!("{ROLE}Backup/nightly-{day}");
        let base = of("backups", &who, &format!("db/{day}.tar"))
            .with(RemoteIp, "10.0.2.9")
            .with(UserAgent, "aws-cli/2.15.30 Python/3.11");
        self.add(day, 3_600, base.clone().with(Operation, "REST.GET.BUCKET").with(Key, "-"));
        for part in 0..200 {
            self.add(day, 3_610 + part, base.clone().with(Operation, "REST.PUT.PART"));
        }
        self.add(day, 3_900, base.clone().with(Operation, "REST.POST.UPLOAD"));
        let old = format!("db/{}.tar", day + 100);
        self.add(day, 3_910, base.with(Operation, "REST.DELETE.OBJECT").outcome("204 -").with(Key, old));
    }

    /// What is written to `data` is copied to another region.
    fn replication(&mut self, day: u64, count: u64) {
        for number in 0..count {
            let who = format!("{ROLE}s3-replication/s3-replication");
            let key = format!("orders/{day}/{number:06}.json");
            let second = number * 86_400 / count.max(1);
            let base = of("data", &who, &key).with(RemoteIp, "-").with(UserAgent, "-").with(BytesSent, 900);
            self.add(
                day,
                second,
                base.clone().with(Operation, "REST.GET.OBJECT").with(UserAgent, "Amazon S3 Replication"),
            );
            let put = base.with(Bucket, "data-replica").with(Operation, "REST.PUT.OBJECT");
            self.add(day, second + 1, put.with(UserAgent, "Amazon S3 Replication"));
        }
    }

    fn lifecycle(&mut self, day: u64, count: u64) {
        for number in 0..count {
            let record = of("data", "AmazonS3", &format!("old/{day}/{number}")).by_s3("S3.EXPIRE.OBJECT");
            self.add(day, 600 + number * 60 / count.max(1), record);
        }
    }

    /// A search engine asks for the pages of the website, and for some that are gone.
    fn crawler(&mut self, day: u64) {
        for number in 0_u64..400 {
            let record = of("web", "-", &format!("tea/{number}.html"))
                .with(Operation, "WEBSITE.GET.OBJECT")
                .with(SignatureVersion, "-")
                .with(RemoteIp, "66.249.66.1")
                .with(UserAgent, "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)");
            let record = if number.is_multiple_of(10) { record.outcome("404 NoSuchKey") } else { record };
            self.add(day, 7_200 + number * 40, record);
        }
    }

    /// Builds write artifacts, read what they depend on, and clean up.
    fn ci(&mut self, day: u64) {
        for build in 0..12 {
            let who = format!("{ROLE}CI/GitHubActions");
            let address = format!("20.1.{}.{}", self.random.below(3), self.random.below(200));
            let base = of("artifacts", &who, "x")
                .with(RemoteIp, address)
                .with(UserAgent, "aws-cli/2.15.30 Python/3.11");
            let start = 8 * 3_600 + build * 2_700;
            self.add(day, start, base.clone().with(Operation, "REST.GET.BUCKET").with(Key, "-"));
            for number in 0_u64..40 {
                let key = format!("builds/{day}-{build}/{number}");
                let record = base.clone().with(Key, key).with(BytesSent, 400_000);
                let record =
                    if number.is_multiple_of(2) { record.with(Operation, "REST.PUT.OBJECT") } else { record };
                self.add(day, start + 5 + number, record);
            }
            for number in 0..5 {
                let key = format!("builds/old-{day}-{build}/{number}");
                let record =
                    base.clone().with(Key, key).with(Operation, "REST.DELETE.OBJECT").outcome("204 -");
                self.add(day, start + 60 + number, record);
            }
        }
    }

    /// People look at reports, in the console and with the command line.
    fn people(&mut self, day: u64) {
        for (person, address) in [("alice", "192.0.2.10"), ("bob", "192.0.2.11"), ("dave", "192.0.2.12")] {
            let who = format!("arn:aws:iam::111122223333:user/{person}");
            for number in 0_u64..20 {
                let record = of("data", &who, &format!("reports/{}.csv", number % 7))
                    .with(RemoteIp, address)
                    .with(BytesSent, 40_000);
                let record = if number.is_multiple_of(5) {
                    record.with(Operation, "REST.GET.BUCKET").with(Key, "-")
                } else {
                    record
                };
                self.add(day, 9 * 3_600 + number * 1_300, record);
            }
        }
    }

    /// A release replaces the pages of the website: new ones first, then the old ones are deleted a thousand at a time.
    fn deploy(&mut self, day: u64, pages: u64) {
        let base = of("web", &format!("{ROLE}Deploy/release-{day}"), "x")
            .with(RemoteIp, "10.0.3.3")
            .with(UserAgent, "aws-cli/2.15.30 Python/3.11");
        for page in 0..pages {
            let put = base
                .clone()
                .with(Operation, "REST.PUT.OBJECT")
                .with(Key, format!("release-{day}/{page}.html"));
            self.add(day, 36_000 + page / 10, put);
        }
        for page in 0..pages {
            let second = 36_600 + page / 1_000;
            if page.is_multiple_of(1_000) {
                self.add(
                    day,
                    second,
                    base.clone().with(Operation, "REST.POST.MULTI_OBJECT_DELETE").with(Key, "-"),
                );
            }
            let deleted = base.clone().with(Operation, "BATCH.DELETE.OBJECT").outcome("204 -");
            self.add(day, second, deleted.with(Key, format!("release-{}/{page}.html", day + 50)));
        }
    }

    /// Somebody on call looks for the reason of an alarm, at night and from home.
    fn on_call(&mut self, day: u64) {
        let base = of("data", "arn:aws:iam::111122223333:user/bob", "x").with(RemoteIp, "198.51.100.20");
        for number in 0..60 {
            let record =
                base.clone().with(Key, format!("orders/{day}/{number:06}.json")).with(BytesSent, 900);
            let record = match number % 12 {
                0 => record.with(Operation, "REST.GET.BUCKET").with(Key, "-"),
                11 => record.outcome("404 NoSuchKey"),
                _ => record,
            };
            self.add(day, 10_000 + number * 30, record);
        }
    }

    /// The list of all objects that S3 writes every week.
    fn inventory(&mut self, day: u64) {
        for number in 0..3 {
            let record = of("inventory", "svc:s3.amazonaws.com", &format!("data/weekly/{number}.csv.gz"))
                .with(Operation, "REST.PUT.OBJECT")
                .with(RemoteIp, "-")
                .with(UserAgent, "AWSInventory");
            self.add(day, 20_000 + number, record);
        }
    }
}

fn of(bucket: &str, requester: &str, key: &str) -> Record {
    read_at("03/Aug/2026:00:00:00").with(Bucket, bucket).with(Requester, requester).with(Key, key)
}

/// So many lines or a few more, in seven files of which none is in order of time.
fn week(lines: u64) -> (Logs, u64) {
    let logs = Logs::new();
    let mut week = Week { random: Random(1), text: String::new(), count: 0 };
    // People, builds, backups and releases are about 13,900; the rest of a day is 1.25 times this.
    let scale = lines.saturating_sub(13_900) / 7 * 1_000 / 1_250;
    for day in 0..7 {
        week.day(day, scale.max(600));
        logs.write_text(&format!("logs/{}.log", 6 - day), &week.text);
        week.text.clear();
    }
    (logs, week.count)
}

/// Severity, rule and reason of all findings of medium or above.
fn loud(logs: &Logs) -> Vec<String> {
    let ran = logs.run(&["detect", "logs", "--format", "ndjson", "--limit", "0", "--min-severity", "medium"]);
    assert!(matches!(ran.code, 0 | 1), "{}", ran.stderr);
    let text = |row: &serde_json::Value, name: &str| row[name].as_str().unwrap_or("-").to_owned();
    let one = |row: &serde_json::Value| {
        ["severity", "rule", "requester", "why"].map(|name| text(row, name)).join(" ")
    };
    ran.rows().iter().map(one).collect()
}

fn assert_quiet(lines: u64) {
    let (logs, count) = week(lines);
    assert!(count >= lines, "{count} lines");
    let loud = loud(&logs);
    assert!(loud.iter().all(|one| one.starts_with("medium ")), "{loud:#?}");
    assert!(loud.len() <= 3, "{loud:#?}");
}

#[test]
fn a_benign_week() {
    assert_quiet(25_000);
}

/// As large as a week of a small company is.
#[test]
#[ignore = "it takes half a minute"]
fn a_benign_week_of_500_000_lines() {
    assert_quiet(500_000);
}
