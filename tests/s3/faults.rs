//! Every fault that S3 or the way to it can have. What must hold: no row counts twice, and none is lost without a name.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use s3al::source::s3::{LogSelection, Options, S3Error, items};
use s3al::source::{Body, Cancel, Progress};

use crate::program::Program;
use crate::server::{Act, On, Server};

fn key(number: usize) -> String {
    format!("prod/2026-08-01-10-{:02}-{:02}-{number:016X}", number / 60 % 60, number % 60)
}

/// So many logs with one row each that nobody else has.
fn logs(count: usize) -> Vec<(String, String)> {
    (0..count).map(|number| (key(number), format!("row {number} of the logs\n"))).collect()
}

#[derive(Debug, Default)]
struct Seen {
    /// How often each row came.
    rows: BTreeMap<String, usize>,
    /// What did not come, by name.
    unread: Vec<(String, String)>,
    skipped: u64,
    items: usize,
}

fn read_with(server: &Server, options: &Options) -> Result<Seen, S3Error> {
    let progress = Arc::new(Progress::default());
    let read = items(
        &server.location("prod/"),
        options,
        &LogSelection::default(),
        Arc::clone(&progress),
        Cancel::default(),
    )?;
    let mut seen = Seen::default();
    for item in read {
        seen.items += 1;
        match item.body {
            Body::Object(bytes) => {
                for row in std::str::from_utf8(&bytes).unwrap().lines() {
                    *seen.rows.entry(row.to_owned()).or_default() += 1;
                }
            }
            Body::Unread(error) => seen.unread.push((item.name.to_string(), format!("{error:#}"))),
            _ => panic!("no object"),
        }
    }
    seen.skipped = progress.skipped.load(Relaxed);
    Ok(seen)
}

fn read(server: &Server) -> Seen {
    read_with(server, &server.options()).unwrap()
}

fn fatal(server: &Server) -> S3Error {
    read_with(server, &server.options()).expect_err("nothing can be done")
}

impl Seen {
    fn assert_rows(&self, count: usize) {
        assert!(self.rows.values().all(|times| *times == 1), "rows counted twice: {self:?}");
        assert_eq!(self.rows.len(), count, "{:?}", self.unread);
    }

    fn assert_whole(&self, count: usize) {
        self.assert_rows(count);
        assert!(self.unread.is_empty(), "{:?}", self.unread);
    }

    /// All but one row, and that one named with a reason.
    fn assert_lacks(&self, count: usize, name: &str, reason: &str) {
        self.assert_rows(count);
        let [(lacking, why)] = &self.unread[..] else { panic!("{:?}", self.unread) };
        assert!(lacking.contains(name), "{lacking}");
        assert!(why.contains(reason), "{why}");
    }
}

#[test]
fn without_faults() {
    let server = Server::new(logs(50));
    read(&server).assert_whole(50);
}

#[test]
fn bursts_of_slow_down() {
    let server = Server::new(logs(100));
    server.rule(40, On::Get(""), Act::Fail(503, "SlowDown"));
    server.rule(1, On::List, Act::Fail(503, "SlowDown"));
    let mut options = server.options();
    options.retry_policy.attempts = 45;
    read_with(&server, &options).unwrap().assert_whole(100);
}

#[test]
fn internal_errors() {
    let server = Server::new(logs(50));
    server.rule(20, On::Get(""), Act::Fail(500, "InternalError"));
    let mut options = server.options();
    options.retry_policy.attempts = 25;
    read_with(&server, &options).unwrap().assert_whole(50);
}

#[test]
fn an_object_that_always_fails_is_named() {
    let server = Server::new(logs(50));
    server.rule(1000, On::Get("10-00-17-"), Act::Fail(500, "InternalError"));
    read(&server).assert_lacks(49, &key(17), "status 500 InternalError");
    assert_eq!(server.requests("GET").iter().filter(|request| request.contains("10-00-17-")).count(), 5);
}

#[test]
fn bodies_that_are_cut() {
    let server = Server::new(logs(50));
    server.rule(4, On::Get(""), Act::Cut);
    read(&server).assert_whole(50);
    server.rule(1000, On::Get("10-00-03-"), Act::Cut);
    read(&server).assert_lacks(49, &key(3), "the connection broke inside the object");
}

#[test]
fn bodies_that_are_too_short() {
    let server = Server::new(logs(50));
    server.rule(4, On::Get(""), Act::Short);
    read(&server).assert_whole(50);
    server.rule(1000, On::Get("10-00-03-"), Act::Short);
    read(&server).assert_lacks(49, &key(3), "bytes came where 18 were listed");
}

#[test]
fn answers_that_hang() {
    let server = Server::new(logs(20));
    let mut options = server.options();
    options.retry_policy.answer = Duration::from_secs(2);
    options.retry_policy.stall = Duration::from_millis(300);
    options.retry_policy.attempts = 2;
    server.rule(1, On::Get("10-00-03-"), Act::Hang).rule(1, On::Get("10-00-05-"), Act::Stall);
    read_with(&server, &options).unwrap().assert_whole(20);
    server.rule(1000, On::Get("10-00-07-"), Act::Stall);
    read_with(&server, &options).unwrap().assert_lacks(19, &key(7), "sent nothing more for 0.3 s");
}

#[test]
fn an_interrupt_ends_a_hanging_run() {
    let server = Server::new(logs(20));
    server.rule(1000, On::Get("10-00-03-"), Act::Hang);
    let cancel = Cancel::default();
    let progress = Arc::new(Progress::default());
    let mut read = items(
        &server.location("prod/"),
        &server.options(),
        &LogSelection::default(),
        progress,
        cancel.clone(),
    )
    .unwrap();
    assert_eq!(read.by_ref().take(3).count(), 3);
    cancel.interrupt_flag().store(true, Relaxed);
    assert!(read.next().is_none());
}

#[test]
fn an_object_deleted_after_the_listing() {
    let server = Server::new(logs(20));
    server.rule(1, On::Get("10-00-03-"), Act::Fail(404, "NoSuchKey"));
    read(&server).assert_lacks(19, &key(3), "deleted after it was listed");
    assert_eq!(server.requests("GET").len(), 20, "it is not asked for again");
}

#[test]
fn an_object_that_is_denied() {
    let server = Server::new(logs(20));
    server.rule(1000, On::Get("10-00-03-"), Act::Fail(403, "AccessDenied"));
    let arn = format!("allow s3:GetObject on arn:aws:s3:::my-logs/{}", key(3));
    read(&server).assert_lacks(19, &key(3), &arn);
}

#[test]
fn objects_that_are_all_denied() {
    let server = Server::new(logs(400));
    server.rule(1000, On::Get(""), Act::Fail(403, "AccessDenied"));
    let seen = read(&server);
    assert!(seen.rows.is_empty());
    let (name, why) = seen.unread.last().unwrap();
    assert_eq!(name, "s3://my-logs/prod/");
    assert!(why.contains("s3:GetObject on arn:aws:s3:::my-logs/prod/*"), "{why}");
    assert!(why.contains("gave up, and asked for nothing after"), "{why}");
    assert!(server.requests("GET").len() < 200, "it gives up");
}

#[test]
fn credentials_that_expire_stop_the_run_at_once() {
    let server = Server::new(logs(1500));
    server.rule(usize::MAX, On::LaterGet(200), Act::Fail(400, "ExpiredToken"));
    let seen = read(&server);
    seen.assert_rows(200);
    let (name, why) = seen.unread.last().unwrap();
    assert_eq!(name, "s3://my-logs/prod/");
    assert!(why.contains("gave up") && why.contains("ExpiredToken"), "{why}");
    // At most as many as were in flight.
    assert!(server.requests("GET").len() <= 200 + 256, "{}", server.requests("GET").len());
    // What came before is there, and what was asked for and did not come is named.
    assert_eq!(seen.items, seen.unread.len() + 200);
}

#[test]
fn a_server_that_throttles_everything_is_given_up() {
    let server = Server::new(logs(300));
    server.rule(usize::MAX, On::Get(""), Act::Fail(503, "SlowDown"));
    let mut options = server.options();
    options.retry_policy.attempts = 100_000;
    options.retry_policy.give_up = Duration::from_millis(500);
    let started = std::time::Instant::now();
    let seen = read_with(&server, &options).unwrap();
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    assert!(seen.rows.is_empty());
    let (_, why) = seen.unread.last().unwrap();
    assert!(why.contains("gave up") && why.contains("S3 asks to slow down (SlowDown)"), "{why}");

    // The same for what follows a first page.
    server.clear();
    server.page_size(20).rule(usize::MAX, On::LaterList, Act::Fail(503, "SlowDown"));
    let seen = read_with(&server, &options).unwrap();
    seen.assert_rows(20);
    assert!(seen.unread.iter().all(|(_, why)| why.contains("were not listed: S3 asks to slow down")));
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
}

#[test]
fn a_listing_that_is_denied() {
    let server = Server::new(logs(1));
    server.rule(1000, On::List, Act::Fail(403, "AccessDenied"));
    let error = fatal(&server);
    assert!(matches!(error, S3Error::AccessDenied { .. }));
    let text = error.to_string();
    assert!(
        text.contains("allow s3:ListBucket on arn:aws:s3:::my-logs,") && text.contains("--profile"),
        "{text}"
    );
}

#[test]
fn no_such_bucket() {
    let server = Server::new(logs(1));
    let location = "s3://my-lags/".parse().unwrap();
    let error =
        items(&location, &server.options(), &LogSelection::default(), Arc::default(), Cancel::default())
            .err();
    assert!(matches!(error, Some(S3Error::NoSuchBucket { .. })), "{error:?}");
}

#[test]
fn nobody_listens() {
    let server = Server::new(logs(1));
    let mut options = server.options();
    options.endpoint_url = Some("http://127.0.0.1:9".to_owned());
    let error = read_with(&server, &options).err().unwrap();
    assert!(matches!(error, S3Error::Connect { .. }), "{error}");
    assert!(error.to_string().contains("--endpoint-url"));
}

#[test]
fn a_region_that_was_not_typed_is_corrected() {
    let server = Server::new(logs(5));
    server.rule(1, On::List, Act::Elsewhere(301, "eu-central-1"));
    read(&server).assert_whole(5);
}

#[test]
fn a_region_that_was_typed_is_an_error() {
    let server = Server::new(logs(5));
    server.rule(9, On::List, Act::Elsewhere(400, "eu-central-1"));
    let options = Options { region: Some("us-west-2".to_owned()), ..server.options() };
    let text = read_with(&server, &options).err().unwrap().to_string();
    assert!(text.contains("not in the region us-west-2: try --region eu-central-1"), "{text}");
}

#[test]
fn pages_that_are_not_whole() {
    let server = Server::new(logs(50));
    server.page_size(20);
    for act in [
        Act::Without("NextContinuationToken"),
        Act::Without("IsTruncated"),
        Act::OneLess,
        Act::Ends(999),
        Act::Ends(500),
        Act::Ends(0),
        Act::Cut,
        Act::Body("<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>".to_owned()),
        Act::Body("<ListBucketResult><IsTruncated>maybe</IsTruncated></ListBucketResult>".to_owned()),
    ] {
        // What comes once is asked for again.
        server.rule(1, On::List, act.clone());
        read(&server).assert_whole(50);
        server.clear();
        server.rule(1, On::LaterList, act.clone());
        read(&server).assert_whole(50);
        server.clear();
        // What stays makes the rest missing, by its keys, and never the answer smaller without a word.
        server.rule(1000, On::LaterList, act.clone());
        let seen = read(&server);
        seen.assert_rows(20);
        assert!(seen.unread[0].1.starts_with(&format!("objects after {:?} ", key(19))), "{seen:?}");
        assert!(
            seen.unread.iter().all(|(_, why)| why.contains("were not listed: an answer to LIST is damaged"))
        );
        server.clear();
        server.rule(1000, On::List, act.clone());
        assert!(matches!(fatal(&server), S3Error::Damaged { .. }), "{act:?}");
        server.clear();
    }
}

#[test]
fn no_cut_of_a_page_is_a_shorter_listing() {
    // Empty ones are not asked for.
    let server = Server::new((0..30).map(|n| (key(n), "")));
    server.page_size(10);
    for cut in (0..1000).step_by(17) {
        server.rule(1, On::List, Act::Ends(cut)).rule(1, On::LaterList, Act::Ends(cut));
        let seen = read(&server);
        assert_eq!((seen.items, seen.unread.len()), (30, 0), "{cut}: {:?}", seen.unread);
        server.clear();
    }
}

#[test]
fn a_slice_that_fails_names_its_keys() {
    let server = Server::new((0..2000).map(|n| (key(n), "")));
    server.page_size(50).rule(1000, On::LaterList, Act::Fail(403, "AccessDenied"));
    let seen = read(&server);
    assert!(seen.unread.len() > 1, "{:?}", seen.unread);
    let ranges: Vec<&str> =
        seen.unread.iter().map(|(_, why)| why.split(" were not listed").next().unwrap()).collect();
    // Each range begins where the one before ends, and the last one has no end.
    assert!(ranges[0].starts_with(&format!("objects after {:?} up to ", key(49))), "{ranges:?}");
    for pair in ranges.windows(2) {
        let last = pair[0].split(" up to ").nth(1).unwrap();
        assert!(pair[1].starts_with(&format!("objects after {last}")), "{pair:?}");
    }
    assert!(!ranges.last().unwrap().contains("up to"), "{ranges:?}");
}

#[test]
fn a_later_page_that_fails() {
    let server = Server::new(logs(50));
    server.page_size(20);
    read(&server).assert_whole(50);
    server.clear();
    let options = server.options();
    let progress = Arc::new(Progress::default());
    let read =
        items(&server.location("prod/"), &options, &LogSelection::default(), progress, Cancel::default())
            .unwrap();
    server.rule(1000, On::List, Act::Fail(403, "AccessDenied"));
    let unread = read.filter(|item| matches!(item.body, Body::Unread(_))).count();
    // The second page may have been asked for before the rule was there.
    assert!(unread >= 1 || server.requests("LIST").len() >= 3);
}

#[test]
fn objects_in_archives() {
    let server = Server::new(logs(20));
    server.rule(1000, On::List, Act::Class("-000000000000001", "GLACIER"));
    let seen = read(&server);
    // 0x10 to 0x13.
    seen.assert_lacks(16, "s3://my-logs/prod/", "4 log objects in an archive storage class (GLACIER)");
    assert_eq!(server.requests("GET").len(), 16);
    server.clear();
    server.rule(1, On::List, Act::Class("-000000000000001", "GLACIER_IR"));
    read(&server).assert_whole(20);
    server.rule(1, On::Get("10-00-03-"), Act::Fail(403, "InvalidObjectState"));
    read(&server).assert_lacks(19, &key(3), "restore-object");
}

#[test]
fn archived_objects_that_were_restored_are_read() {
    let server = Server::new(logs(20));
    let done = "<IsRestoreInProgress>false</IsRestoreInProgress><RestoreExpiryDate>2099-12-21T00:00:00.000Z</RestoreExpiryDate>";
    server.rule(1, On::List, Act::Restored("-0000000000000001", done));
    read(&server).assert_whole(20);
    let under_way = "<IsRestoreInProgress>true</IsRestoreInProgress>";
    server.rule(1, On::List, Act::Restored("-000000000000001", under_way));
    // 0x10 to 0x13.
    read(&server).assert_lacks(
        16,
        "s3://my-logs/prod/",
        "4 log objects in an archive storage class (GLACIER)",
    );
}

#[test]
fn keys_of_encryption_are_named() {
    let server = Server::new(logs(20));
    for (status, code, message, hint) in [
        (
            403,
            "AccessDenied",
            "not authorized to perform: kms:Decrypt on resource: arn:aws:kms:x",
            "allow kms:Decrypt",
        ),
        (400, "KMS.DisabledException", "the key is disabled", "enable the key"),
        (
            400,
            "InvalidRequest",
            "The object was stored using a form of Server Side Encryption. The correct parameters must be provided",
            "SSE-C",
        ),
    ] {
        server.rule(1, On::Get("10-00-03-"), Act::FailSaying(status, code, message));
        read(&server).assert_lacks(19, &key(3), hint);
        server.clear();
    }
}

#[test]
fn empty_objects() {
    let server = Server::new(logs(5));
    server.put(&key(7), b"");
    let seen = read(&server);
    seen.assert_whole(5);
    assert_eq!(seen.items, 6);
    assert_eq!(server.requests("GET").len(), 5, "nothing is asked for");
}

#[test]
fn other_objects_among_the_logs() {
    let server = Server::new(logs(5));
    server.put("prod/readme.txt", b"row of no log\n");
    server.put("prod/x/y/index.html", b"row of no log\n");
    let seen = read(&server);
    seen.assert_whole(5);
    assert_eq!(seen.skipped, 2);
}

#[test]
fn throttling_that_goes_on_is_said_while_it_does() {
    let server = Server::new(logs(3));
    server.rule(6, On::Get("10-00-01-"), Act::Fail(503, "SlowDown"));
    let program = Program::new(&server);
    for words in
        ["top s3://my-logs/prod/ --no-sign-request", "fetch s3://my-logs/prod/ -o copy --no-sign-request"]
    {
        server.clear();
        server.rule(6, On::Get("10-00-01-"), Act::Fail(503, "SlowDown"));
        let words: Vec<&str> = words.split(' ').collect();
        let ran = program.run(&words);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.stderr.contains("S3 throttles: it has asked "), "{ran:?}");
    }
    server.rule(6, On::List, Act::Fail(503, "SlowDown"));
    let ran = program.run(&["top", "s3://my-logs/prod/", "--no-sign-request"]);
    assert!(ran.stderr.contains("S3 throttles: "), "{ran:?}");
    server.rule(2, On::Get("10-00-01-"), Act::Fail(503, "SlowDown"));
    let ran = program.run(&["top", "s3://my-logs/prod/", "--no-sign-request"]);
    assert!(!ran.stderr.contains("S3 throttles"), "{ran:?}");
}
