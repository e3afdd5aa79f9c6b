//! The built program against the server: credentials, regions, exit codes and the closing line.

use s3al::record::Field;

use crate::harness::{Ran, command, piped, ran, record};
use crate::server::{Act, BUCKET, CREDENTIALS, On, Server};

fn fetch(server: &Server, args: &[&str], credentials: Option<(&str, &str)>) -> (Ran, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let mut command = command();
    if let Some((id, secret)) = credentials {
        command.env("AWS_ACCESS_KEY_ID", id).env("AWS_SECRET_ACCESS_KEY", secret);
    }
    command.args(["fetch", "--endpoint-url", &server.url(), "-o"]).arg(dir.path().join("logs")).args(args);
    (ran(&mut command), dir)
}

fn one_log() -> [(&'static str, &'static str); 1] {
    [("prod/2026-08-01-10-00-00-0123456789ABCDEF", "a log\n")]
}

#[test]
fn a_fetch_ends_with_one_line() {
    let server = Server::signed(one_log());
    let (ran, dir) = fetch(&server, &["--bucket", BUCKET, "--prefix", "prod/"], Some(CREDENTIALS));
    let ran = ran.ended(0);
    assert!(ran.text().starts_with("1 new object, 6 B, 0 already there, 0 skipped, "));
    assert_eq!(ran.stderr, "");
    assert!(dir.path().join("logs").join(one_log()[0].0).exists());
}

#[test]
fn wrong_credentials() {
    let server = Server::signed(one_log());
    for credentials in [("AKIDEXAMPLE", "wrong"), ("AKIDOTHER", "secretexample")] {
        let (ran, dir) = fetch(&server, &["s3://my-logs"], Some(credentials));
        let ran = ran.ended(2);
        let error = ran.stderr;
        assert!(error.contains("credentials were refused") && error.contains("--profile"), "{error}");
        assert!(!dir.path().join("logs").exists());
    }
}

#[test]
fn no_credentials() {
    let server = Server::signed(one_log());
    let (ran, _dir) = fetch(&server, &["s3://my-logs"], None);
    let ran = ran.ended(2);
    let error = ran.stderr;
    assert!(error.contains("no credentials") && error.contains("--no-sign-request"), "{error}");
}

#[test]
fn no_such_bucket() {
    let server = Server::signed(one_log());
    let (ran, _dir) = fetch(&server, &["s3://my-lags"], Some(CREDENTIALS));
    let ran = ran.ended(2);
    assert!(ran.stderr.contains("bucket \"my-lags\" does not exist"), "{}", ran.stderr);
}

#[test]
fn the_region_is_found() {
    let server = Server::signed(one_log());
    server.rule(1000, On::OtherRegion("eu-central-1"), Act::Elsewhere(400, "eu-central-1"));
    let (ran, _dir) = fetch(&server, &["s3://my-logs"], Some(CREDENTIALS));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(server.requests("LIST").len(), 2);
    assert_eq!(server.requests("GET").len(), 1);
    let (ran, _dir) = fetch(&server, &["s3://my-logs", "--region", "us-west-2"], Some(CREDENTIALS));
    let ran = ran.ended(2);
    assert!(ran.stderr.contains("try --region eu-central-1"), "{}", ran.stderr);
}

#[test]
fn what_is_missing_makes_it_partial() {
    let server = Server::signed(one_log());
    server.put("prod/2026-08-01-11-00-00-0123456789ABCDEF", b"another");
    server.rule(1000, On::Get("11-00-00"), Act::Fail(403, "AccessDenied"));
    let (ran, _dir) = fetch(&server, &["s3://my-logs/prod/"], Some(CREDENTIALS));
    let ran = ran.ended(3);
    assert!(ran.text().contains("1 new object") && ran.text().contains("1 failed"));
    assert!(ran.stderr.contains("s3:GetObject on arn:aws:s3:::my-logs/prod/2026-08-01-11-00-00"));
}

#[test]
fn a_listing_that_breaks_off_makes_it_partial() {
    let server =
        Server::new((0..9).map(|n| (format!("prod/2026-08-01-10-00-0{n}-0123456789ABCDEF"), "a log\n")));
    server.page_size(4).rule(1000, On::LaterList, Act::Fail(403, "AccessDenied"));
    let (ran, _dir) = fetch(&server, &["s3://my-logs/prod/", "--no-sign-request"], None);
    let ran = ran.ended(3);
    assert!(ran.text().starts_with("4 new objects"));
    let last = "objects after \"prod/2026-08-01-10-00-03-0123456789ABCDEF\"";
    assert!(ran.stderr.contains(last) && ran.stderr.contains("were not listed: access denied"), "{ran:?}");
    assert!(ran.stderr.contains("s3:ListBucket"), "{ran:?}");
}

#[test]
fn equal_errors_are_one_line() {
    let server = Server::signed(
        (0..900).map(|n| (format!("prod/2026-08-01-10-{:02}-{:02}-{n:016}", n / 60, n % 60), "a log\n")),
    );
    server.rule(usize::MAX, On::LaterGet(300), Act::Fail(400, "ExpiredToken"));
    let (ran, _dir) = fetch(&server, &["s3://my-logs/prod/"], Some(CREDENTIALS));
    let ran = ran.ended(3);
    let error = &ran.stderr;
    assert!(ran.text().starts_with("300 new objects"), "{}", ran.text());
    assert!(error.lines().count() <= 9, "{error}");
    assert!(error.contains(" more like this: s3://my-logs/prod/2026-08-01-10-"), "{error}");
    assert!(error.contains("gave up") && error.contains("ExpiredToken"), "{error}");
}

#[test]
fn a_dry_run_says_what_it_costs() {
    let server = Server::signed(one_log());
    let (ran, dir) = fetch(&server, &["s3://my-logs/prod/", "--dry-run"], Some(CREDENTIALS));
    let ran = ran.ended(0);
    let expected = "1 object to download, 6 B, 0 already there, 0 skipped\n\
                    1 LIST request, 1 GET request: $0.0000 at list price (S3 Standard, us-east-1)\n\
                    transfer: free within the region, $0.0000 to the internet at list price\n";
    assert_eq!(ran.text(), expected);
    assert!(!dir.path().join("logs").exists());
}

/// `fetch --dry-run` took a GB for 10^9 bytes, and `cost` for 2^30.
#[test]
fn a_dry_run_had_a_gb_of_its_own() {
    let server = Server::signed(one_log());
    let file = std::fs::File::options().write(true).open(server.path(one_log()[0].0)).unwrap();
    file.set_len(1 << 30).unwrap();
    let (ran, _dir) = fetch(&server, &["s3://my-logs/prod/", "--dry-run"], Some(CREDENTIALS));
    let line = record(&[(Field::BytesSent, "1073741824"), (Field::SourceRegion, "-")]);
    let cost = piped("cost --format ndjson", line).done().rows()[0]["transfer_cost"].as_f64().unwrap();
    assert_eq!(cost, 0.09);
    let expected = format!("${cost:.4} to the internet at list price");
    assert!(ran.text().contains(&expected), "{expected}: {}", ran.text());
}

#[test]
fn logs_of_a_bucket() {
    let server = Server::signed(one_log());
    let status = |inner: &str| {
        format!(
            "<BucketLoggingStatus xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{inner}</BucketLoggingStatus>"
        )
    };
    let target = |bucket: &str| {
        let inner = format!("<TargetBucket>{bucket}</TargetBucket><TargetPrefix>prod/</TargetPrefix>");
        status(&format!("<LoggingEnabled>{inner}</LoggingEnabled>"))
    };
    server.rule(1, On::Logging, Act::Body(target("my-logs")));
    let (ran, _dir) = fetch(&server, &["--logs-of", "my-site"], Some(CREDENTIALS));
    let ran = ran.ended(0);
    assert_eq!(ran.stderr, "the access logs of my-site are in s3://my-logs/prod/\n");
    assert!(ran.text().starts_with("1 new object"));

    server.rule(1, On::Logging, Act::Body(target("my-logs")));
    let (ran, _dir) = fetch(&server, &["--logs-of", "my-logs"], Some(CREDENTIALS));
    assert!(ran.stderr.contains("logs into itself"), "{}", ran.stderr);

    server.rule(1, On::Logging, Act::Body(status("")));
    let (ran, _dir) = fetch(&server, &["--logs-of", "my-site"], Some(CREDENTIALS));
    let ran = ran.ended(2);
    assert!(ran.stderr.contains("aws s3api put-bucket-logging --bucket my-site"));

    server.rule(1, On::Logging, Act::Fail(403, "AccessDenied"));
    let (ran, _dir) = fetch(&server, &["--logs-of", "my-site"], Some(CREDENTIALS));
    let ran = ran.ended(2);
    assert!(ran.stderr.contains("s3:GetBucketLogging on arn:aws:s3:::my-site"));
}

#[test]
fn what_is_typed_wrong() {
    let server = Server::signed(one_log());
    for args in [
        &["s3:/my-logs"][..],
        &[][..],
        &["--bucket", "s3://x/"][..],
        &["s3://a-b-c", "--prefix", "x/"][..],
        &["logs/"][..],
    ] {
        let (ran, _dir) = fetch(&server, args, Some(CREDENTIALS));
        assert_eq!(ran.code, 2, "{args:?}");
    }
    assert!(server.requests("").is_empty());
}
