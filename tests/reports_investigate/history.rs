//! `history`: the life of an object.

use s3al::parser::Field::{
    Bucket, ErrorCode, HttpStatus, Key, Operation, RemoteIp, RequestId, RequestUri, Requester, Timestamp,
    UserAgent, VersionId,
};

use super::{assert_rows, record, run, stdout};

const BOB: &str = "arn:aws:iam::111122223333:user/bob";

fn at(clock: &str) -> String {
    format!("01/Aug/2026:{clock} +0000")
}

/// A life, not in order: started 10:00, completed 10:01, read four times by alice and once by bob, its ACL changed between
/// alice's second and third read; bob fails to delete it, alice does.
fn life() -> String {
    let key = (Key, "a%2520b/c.txt");
    let uri = (RequestUri, "GET /a%2520b/c.txt HTTP/1.1");
    let time = ["10:00:00", "10:00:10", "10:00:20", "10:01:00", "10:02:00", "10:03:00"].map(at);
    let later = ["10:04:00", "10:05:00", "10:05:30", "10:06:00", "10:07:00", "10:08:00"].map(at);
    let uri_once = (RequestUri, "GET /a%20b/c.txt HTTP/1.1");
    [
        record(&[
            key,
            uri_once,
            (Timestamp, &later[5]),
            (Operation, "REST.DELETE.OBJECT"),
            (HttpStatus, "204"),
            (RequestId, "DELETED000000000"),
        ]),
        record(&[key, uri_once, (Timestamp, &later[1]), (RequestId, "READ300000000000")]),
        record(&[key, uri_once, (Timestamp, &later[3]), (RequestId, "READ400000000000")]),
        record(&[
            key,
            uri_once,
            (Timestamp, &later[0]),
            (Operation, "REST.PUT.ACL"),
            (RequestId, "ACL0000000000000"),
        ]),
        record(&[key, uri_once, (Timestamp, &time[5]), (RequestId, "READ200000000000")]),
        record(&[key, uri_once, (Timestamp, &time[4]), (RequestId, "READ100000000000")]),
        record(&[
            key,
            uri_once,
            (Timestamp, &later[2]),
            (Requester, BOB),
            (RemoteIp, "2001:db8::7"),
            (UserAgent, "say \"hi\" 200 - 1 1 1 1 \"-\" \"x"),
            (RequestId, "READBOB000000000"),
        ]),
        record(&[
            key,
            uri_once,
            (Timestamp, &later[4]),
            (Requester, BOB),
            (Operation, "REST.DELETE.OBJECT"),
            (HttpStatus, "403"),
            (ErrorCode, "AccessDenied"),
            (RequestId, "DENIED0000000000"),
        ]),
        record(&[
            key,
            uri_once,
            (Timestamp, &time[3]),
            (Operation, "REST.POST.UPLOAD"),
            (RequestId, "COMPLETED0000000"),
        ]),
        record(&[
            key,
            uri_once,
            (Timestamp, &time[1]),
            (Operation, "REST.PUT.PART"),
            (RequestId, "PART100000000000"),
        ]),
        record(&[
            key,
            uri_once,
            (Timestamp, &time[2]),
            (Operation, "REST.PUT.PART"),
            (RequestId, "PART200000000000"),
        ]),
        record(&[
            key,
            uri_once,
            (Timestamp, &time[0]),
            (Operation, "REST.POST.UPLOADS"),
            (RequestId, "STARTED000000000"),
        ]),
        // Another object, whose name is this one's with its space encoded.
        record(&[(Bucket, "other-bucket"), (Key, "a%252520b/c.txt"), uri, (Timestamp, &time[0]), (Operation, "REST.PUT.OBJECT")]),
        record(&[(Key, "c.txt"), (Timestamp, &time[0])]),
    ]
    .concat()
}

#[test]
fn the_life_of_an_object() {
    let columns = ["time", "last", "event", "count", "requester", "http_status", "request_id"];
    let alice = "arn:aws:iam::111122223333:user/alice";
    for key in ["a b/c.txt", "a%20b/c.txt", "a%20b%2Fc.txt"] {
        assert_rows!(
            &life(),
            &["history", key],
            "events",
            &columns,
            [
                [
                    "2026-08-01T10:00:00Z",
                    "2026-08-01T10:00:00Z",
                    "upload started",
                    1,
                    alice,
                    200,
                    "STARTED000000000"
                ],
                [
                    "2026-08-01T10:00:10Z",
                    "2026-08-01T10:00:20Z",
                    "part uploaded",
                    2,
                    alice,
                    200,
                    "PART100000000000"
                ],
                [
                    "2026-08-01T10:01:00Z",
                    "2026-08-01T10:01:00Z",
                    "created from parts",
                    1,
                    alice,
                    200,
                    "COMPLETED0000000"
                ],
                ["2026-08-01T10:02:00Z", "2026-08-01T10:03:00Z", "read", 2, alice, 200, "READ100000000000"],
                [
                    "2026-08-01T10:04:00Z",
                    "2026-08-01T10:04:00Z",
                    "ACL changed",
                    1,
                    alice,
                    200,
                    "ACL0000000000000"
                ],
                ["2026-08-01T10:05:00Z", "2026-08-01T10:06:00Z", "read", 2, alice, 200, "READ300000000000"],
                ["2026-08-01T10:05:30Z", "2026-08-01T10:05:30Z", "read", 1, BOB, 200, "READBOB000000000"],
                [
                    "2026-08-01T10:07:00Z",
                    "2026-08-01T10:07:00Z",
                    "delete denied",
                    1,
                    BOB,
                    403,
                    "DENIED0000000000"
                ],
                [
                    "2026-08-01T10:08:00Z",
                    "2026-08-01T10:08:00Z",
                    "deleted",
                    1,
                    alice,
                    204,
                    "DELETED000000000"
                ],
            ]
        );
    }
}

#[test]
fn the_raw_key_finds_both_objects_that_it_can_mean() {
    let objects = ["event", "object"];
    assert_rows!(
        &life(),
        &["history", "a%2520b/c.txt", "--operation", "REST.P*.OBJECT,REST.PUT.ACL"],
        "events",
        &objects,
        [["created", "a%20b/c.txt"], ["ACL changed", "a b/c.txt"],]
    );
}

#[test]
fn deletions_are_told_apart() {
    let own = [(Requester, "AmazonS3"), (RemoteIp, "-"), (HttpStatus, "-"), (UserAgent, "-")];
    let of = |operation, clock: &str, fields: &[_]| {
        record(&[&[(Key, "k"), (Operation, operation), (Timestamp, &at(clock))], fields].concat())
    };
    let batch = [(HttpStatus, "204"), (UserAgent, "-"), (RemoteIp, "192.0.2.9")];
    let log = [
        of("S3.EXPIRE.OBJECT", "10:00:06", &[&own[..], &[(VersionId, "v1")]].concat()),
        of("S3.CREATE.DELETEMARKER", "10:00:05", &own),
        of("S3.TRANSITION_GDA.OBJECT", "10:00:04", &own),
        of("S3.TRANSITION.OBJECT", "10:00:03", &own),
        of("BATCH.DELETE.OBJECT", "10:00:02", &batch),
        of("REST.DELETE.OBJECT", "10:00:01", &[(HttpStatus, "204")]),
        of("REST.POST.RESTORE", "10:00:07", &[(HttpStatus, "202")]),
        of("S3.RESTORE.OBJECT", "10:00:08", &own),
        of("REST.PUT.OBJECT", "10:00:09", &[(HttpStatus, "307")]),
        of("REST.PUT.OBJECT", "10:00:09", &[(HttpStatus, "500")]),
        of("REST.PUT.FUTURE_THING", "10:00:10", &[]),
        of("REST.PUT.FUTURE_THING", "10:00:11", &[(HttpStatus, "403")]),
    ]
    .concat();
    assert_rows!(
        &log,
        &["history", "k"],
        "events",
        &["event", "remote_ip", "http_status", "version_id"],
        [
            ["deleted", "192.0.2.3", 204, null],
            ["deleted in batch", "192.0.2.9", 204, null],
            ["transitioned to GLACIER", null, null, null],
            ["transitioned to DEEP_ARCHIVE", null, null, null],
            ["delete marker by lifecycle", null, null, null],
            ["expired by lifecycle", null, null, "v1"],
            ["restore requested", "192.0.2.3", 202, null],
            ["restored", null, null, null],
            ["create redirected", "192.0.2.3", 307, null],
            ["create failed", "192.0.2.3", 500, null],
            ["REST.PUT.FUTURE_THING", "192.0.2.3", 200, null],
            ["REST.PUT.FUTURE_THING denied", "192.0.2.3", 403, null],
        ]
    );
    assert_rows!(
        &log,
        &["history", "k", "--limit", "2"],
        "events",
        &["event"],
        [["REST.PUT.FUTURE_THING"], ["REST.PUT.FUTURE_THING denied"],]
    );
}

#[test]
fn within_a_second_events_keep_their_order() {
    let of = |operation| record(&[(Key, "k"), (Operation, operation)]);
    let operations = ["REST.DELETE.OBJECT", "REST.GET.OBJECT", "REST.PUT.OBJECT", "REST.GET.OBJECT"];
    let log = operations.map(of).concat();
    assert_rows!(
        &log,
        &["history", "k"],
        "events",
        &["event", "count"],
        [["created", 1], ["read", 2], ["deleted", 1],]
    );
}

#[test]
fn one_pattern_many_objects_many_buckets() {
    let log = [
        record(&[(Key, "logs/b")]),
        record(&[(Key, "logs/a"), (Bucket, "other")]),
        record(&[(Key, "logs/a")]),
        record(&[
            (Key, "logs/a"),
            (Operation, "REST.HEAD.OBJECT"),
            (HttpStatus, "404"),
            (ErrorCode, "NoSuchKey"),
        ]),
        record(&[(Key, "tmp/a")]),
    ]
    .concat();
    let columns = ["event", "bucket", "object", "error_code"];
    assert_rows!(
        &log,
        &["history", "--key", "logs/*"],
        "events",
        &columns,
        [
            ["read", "my-bucket", "logs/a", null],
            ["read", "my-bucket", "logs/b", null],
            ["read", "other", "logs/a", null],
            ["head read failed", "my-bucket", "logs/a", "NoSuchKey"],
        ]
    );
    let named = stdout(&log, &["history", "logs/*", "--format", "csv"]);
    assert_eq!(named.lines().count(), 1, "a name is no pattern: {named}");
}

#[test]
fn tables_for_people() {
    insta::assert_snapshot!(stdout(&life(), &["history", "a b/c.txt"]));
    let ndjson = stdout(&life(), &["history", "a b/c.txt", "--tz", "+02:00", "--format", "ndjson"]);
    insta::assert_snapshot!(ndjson.lines().last().unwrap());
}

#[test]
fn a_key_is_asked_for() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_s3al")).arg("history").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("the life of which object?"));
    let empty = run("", &["history", ""]);
    assert_eq!(empty.status.code(), Some(2));
}
