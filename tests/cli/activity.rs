//! `activity`: everything that somebody did, in order.

use s3al::record::Field::{Bucket, BytesSent, HttpStatus, Key, Operation, RemoteIp, Requester};

use crate::harness::{Record, assert_rows, read_at, run_on, s3al};

const ROLE: &str = "arn:aws:sts::111122223333:assumed-role/Deploy";

/// A session that lists, reads three objects, is denied and deletes; another session that reads in between, and the first one again, later.
fn incident() -> Vec<Record> {
    let request = |time: &str, session: &str, operation: &str, bucket: &str, key: &str, outcome: &str| {
        read_at(&format!("01/Aug/2026:{time}"))
            .with(Requester, format!("{ROLE}/{session}"))
            .with(RemoteIp, "203.0.113.9")
            .with(Operation, operation)
            .with(Bucket, bucket)
            .with(Key, key)
            .outcome(outcome)
            .with(BytesSent, if operation == "REST.GET.OBJECT" { "100" } else { "-" })
    };
    let mut log = vec![
        request("02:11:00", "a", "REST.GET.BUCKET", "data", "-", "200 -"),
        request("02:11:30", "a", "REST.GET.BUCKET", "data", "-", "200 -"),
        request("02:12:00", "a", "REST.GET.OBJECT", "data", "customer/1.csv", "200 -"),
        request("02:12:10", "a", "REST.GET.OBJECT", "data", "customer/2.csv", "200 -"),
        request("02:12:20", "a", "REST.GET.OBJECT", "data", "customer/1.csv", "200 -"),
        request("02:13:00", "a", "REST.GET.OBJECT", "data", "hr/pay.xlsx", "403 AccessDenied"),
        request("02:20:00", "a", "REST.DELETE.OBJECT", "data", "customer/1.csv", "204 -"),
        request("02:21:00", "a", "REST.GET.BUCKET", "logs", "-", "403 AccessDenied"),
        request("02:12:05", "b", "REST.GET.OBJECT", "data", "customer/9.csv", "200 -"),
        request("02:52:01", "a", "REST.GET.OBJECT", "data", "customer/3.csv", "200 -"),
        read_at("01/Aug/2026:02:12:15").with(RemoteIp, "203.0.113.9").with(HttpStatus, "200"),
    ];
    // Files are in no order.
    log.rotate_left(5);
    log
}

#[test]
fn what_a_role_did_step_by_step() {
    assert_rows(
        &incident(),
        &["activity", "--requester", "Deploy"],
        "activity",
        "time | last | visit | event | count | objects | object | bucket | bytes_sent",
        &[
            "2026-08-01T02:11:00Z | 2026-08-01T02:11:30Z | 1 | ListObjectsV2 | 2 | 0 | - | data | 0",
            "2026-08-01T02:12:00Z | 2026-08-01T02:12:20Z | 1 | read | 3 | 2 | customer/* | data | 300",
            "2026-08-01T02:12:05Z | 2026-08-01T02:12:05Z | 2 | read | 1 | 1 | customer/9.csv | data | 100",
            "2026-08-01T02:13:00Z | 2026-08-01T02:13:00Z | 1 | read denied | 1 | 1 | hr/pay.xlsx | data | 100",
            "2026-08-01T02:20:00Z | 2026-08-01T02:20:00Z | 1 | deleted | 1 | 1 | customer/1.csv | data | 0",
            "2026-08-01T02:21:00Z | 2026-08-01T02:21:00Z | 1 | ListObjectsV2 denied | 1 | 0 | - | logs | 0",
            // 31 minutes and a second later.
            "2026-08-01T02:52:01Z | 2026-08-01T02:52:01Z | 3 | read | 1 | 1 | customer/3.csv | data | 100",
        ],
    );
}

#[test]
fn visits_end_with_a_pause() {
    let visits = |gap: &str, expected: &[&str]| {
        let arguments = ["activity", "--requester", "Deploy", "--gap", gap];
        assert_rows(
            &incident(),
            &arguments,
            "visits",
            "visit | requester | requests | errors | buckets",
            expected,
        );
    };
    let [a, b] = ["a", "b"].map(|session| format!("{ROLE}/{session}"));
    let row = |number: u64, session: &str, rest: &str| format!("{number} | {session} | {rest}");
    let usual = [row(1, &a, "8 | 2 | 2"), row(2, &b, "1 | 0 | 1"), row(3, &a, "1 | 0 | 1")];
    visits("30m", &usual.each_ref().map(String::as_str));
    let whole = [row(1, &a, "9 | 2 | 2"), row(2, &b, "1 | 0 | 1")];
    visits("1h", &whole.each_ref().map(String::as_str));
}

#[test]
fn an_address_has_all_of_its_requesters() {
    let rows = run_on(&incident(), &["activity", "--ip", "203.0.113.9", "--format", "ndjson"]).done().rows();
    assert_eq!(rows.iter().map(|row| row["count"].as_u64().expect("a count")).sum::<u64>(), 11);
    let limited =
        run_on(&incident(), &["activity", "--ip", "203.0.113.9", "--format", "ndjson", "--limit", "2"]);
    assert_eq!(limited.done().rows(), rows[rows.len() - 2..]);
}

#[test]
fn somebody_has_to_be_named() {
    s3al("activity -").ended(2).says("whose activity?");
    s3al("activity --key 'a*' -").ended(2).says("whose activity?");
}
