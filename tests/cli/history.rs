//! `history`: the life of an object.

use s3al::record::Field::{
    self, Bucket, ErrorCode, HttpStatus, Key, Operation, RemoteIp, RequestId, RequestUri, Requester,
    Timestamp, UserAgent, VersionId,
};

use crate::harness::{Record, assert_rows, run, run_on, text_of};

const BOB: &str = "arn:aws:iam::111122223333:user/bob";

/// A record of this object, at a time of 1 August 2026.
fn of_object(clock: &str, operation: &str, request_id: &str, fields: &[(Field, &str)]) -> Record {
    let time = format!("01/Aug/2026:{clock} +0000");
    let usual = [
        (Key, "a%2520b/c.txt"),
        (RequestUri, "GET /a%20b/c.txt HTTP/1.1"),
        (Timestamp, time.as_str()),
        (Operation, operation),
        (RequestId, request_id),
    ];
    Record::of(&[&usual, fields].concat())
}

/// A life, not in order: started 10:00, completed 10:01, read four times by alice and once by bob, its ACL changed between
/// alice's second and third read; bob fails to delete it, alice does.
fn life() -> Vec<Record> {
    let hostile = "say \"hi\" 200 - 1 1 1 1 \"-\" \"x";
    let bob = [(Requester, BOB), (RemoteIp, "2001:db8::7"), (UserAgent, hostile)];
    let denied = [(Requester, BOB), (HttpStatus, "403"), (ErrorCode, "AccessDenied")];
    let other =
        [(Bucket, "other-bucket"), (Key, "a%252520b/c.txt"), (RequestUri, "PUT /a%2520b/c.txt HTTP/1.1")];
    vec![
        of_object("10:08:00", "REST.DELETE.OBJECT", "DELETED", &[(HttpStatus, "204")]),
        of_object("10:05:00", "REST.GET.OBJECT", "READ3", &[]),
        of_object("10:06:00", "REST.GET.OBJECT", "READ4", &[]),
        of_object("10:04:00", "REST.PUT.ACL", "ACL", &[]),
        of_object("10:03:00", "REST.GET.OBJECT", "READ2", &[]),
        of_object("10:02:00", "REST.GET.OBJECT", "READ1", &[]),
        of_object("10:05:30", "REST.GET.OBJECT", "READBOB", &bob),
        of_object("10:07:00", "REST.DELETE.OBJECT", "DENIED", &denied),
        of_object("10:01:00", "REST.POST.UPLOAD", "COMPLETED", &[]),
        of_object("10:00:10", "REST.PUT.PART", "PART1", &[]),
        of_object("10:00:20", "REST.PUT.PART", "PART2", &[]),
        of_object("10:00:00", "REST.POST.UPLOADS", "STARTED", &[]),
        // Another object, whose name is this one's with its space encoded; and one more.
        of_object("10:00:00", "REST.PUT.OBJECT", "OTHER", &other),
        Record::of(&[(Key, "c.txt")]),
    ]
}

#[test]
fn the_life_of_an_object() {
    for key in ["a b/c.txt", "a%20b/c.txt", "a%20b%2Fc.txt", "a%2520b/c.txt"] {
        assert_rows(
            &life(),
            &["history", key, "--source-bucket", "my-bucket"],
            "events",
            "time | last | event | count | requester | http_status | request_id",
            &[
                "2026-08-01T10:00:00Z | 2026-08-01T10:00:00Z | upload started | 1 | arn:aws:iam::111122223333:user/alice | 200 | STARTED",
                "2026-08-01T10:00:10Z | 2026-08-01T10:00:20Z | part uploaded | 2 | arn:aws:iam::111122223333:user/alice | 200 | PART1",
                "2026-08-01T10:01:00Z | 2026-08-01T10:01:00Z | created from parts | 1 | arn:aws:iam::111122223333:user/alice | 200 | COMPLETED",
                "2026-08-01T10:02:00Z | 2026-08-01T10:03:00Z | read | 2 | arn:aws:iam::111122223333:user/alice | 200 | READ1",
                "2026-08-01T10:04:00Z | 2026-08-01T10:04:00Z | ACL changed | 1 | arn:aws:iam::111122223333:user/alice | 200 | ACL",
                "2026-08-01T10:05:00Z | 2026-08-01T10:06:00Z | read | 2 | arn:aws:iam::111122223333:user/alice | 200 | READ3",
                "2026-08-01T10:05:30Z | 2026-08-01T10:05:30Z | read | 1 | arn:aws:iam::111122223333:user/bob | 200 | READBOB",
                "2026-08-01T10:07:00Z | 2026-08-01T10:07:00Z | delete denied | 1 | arn:aws:iam::111122223333:user/bob | 403 | DENIED",
                "2026-08-01T10:08:00Z | 2026-08-01T10:08:00Z | deleted | 1 | arn:aws:iam::111122223333:user/alice | 204 | DELETED",
            ],
        );
    }
}

#[test]
fn an_encoded_name_finds_both_objects_that_it_can_mean() {
    let expected = ["created | other-bucket | a%20b/c.txt", "ACL changed | my-bucket | a b/c.txt"];
    for key in ["a%20b/c.txt", "a%2520b/c.txt"] {
        let arguments = ["history", key, "--operation", "REST.P*.OBJECT,REST.PUT.ACL"];
        assert_rows(&life(), &arguments, "events", "event | bucket | object", &expected);
    }
}

#[test]
fn deletions_are_told_apart() {
    let own = [(Requester, "AmazonS3"), (RemoteIp, "-"), (HttpStatus, "-"), (UserAgent, "-")];
    let of_version = [&own[..], &[(VersionId, "v1")]].concat();
    let batch = [(HttpStatus, "204"), (UserAgent, "-"), (RemoteIp, "192.0.2.9")];
    let log = [
        of_object("10:00:06", "S3.EXPIRE.OBJECT", "-", &of_version),
        of_object("10:00:05", "S3.CREATE.DELETEMARKER", "-", &own),
        of_object("10:00:04", "S3.TRANSITION_GDA.OBJECT", "-", &own),
        of_object("10:00:03", "S3.TRANSITION.OBJECT", "-", &own),
        of_object("10:00:02", "BATCH.DELETE.OBJECT", "B", &batch),
        of_object("10:00:01", "REST.DELETE.OBJECT", "D", &[(HttpStatus, "204")]),
        of_object("10:00:07", "REST.POST.RESTORE", "R", &[(HttpStatus, "202")]),
        of_object("10:00:08", "S3.RESTORE.OBJECT", "-", &own),
        of_object("10:00:09", "REST.PUT.OBJECT", "P", &[(HttpStatus, "307")]),
        of_object("10:00:09", "REST.PUT.OBJECT", "P", &[(HttpStatus, "500")]),
        of_object("10:00:10", "REST.PUT.FUTURE_THING", "F", &[]),
        of_object("10:00:11", "REST.PUT.FUTURE_THING", "F", &[(HttpStatus, "403")]),
    ];
    assert_rows(
        &log,
        &["history", "a b/c.txt"],
        "events",
        "event | requester | remote_ip | http_status | version_id",
        &[
            "deleted | arn:aws:iam::111122223333:user/alice | 192.0.2.3 | 204 | -",
            "deleted in batch | arn:aws:iam::111122223333:user/alice | 192.0.2.9 | 204 | -",
            "transitioned to GLACIER | AmazonS3 | - | - | -",
            "transitioned to DEEP_ARCHIVE | AmazonS3 | - | - | -",
            "delete marker by lifecycle | AmazonS3 | - | - | -",
            "expired by lifecycle | AmazonS3 | - | - | v1",
            "restore requested | arn:aws:iam::111122223333:user/alice | 192.0.2.3 | 202 | -",
            "restored | AmazonS3 | - | - | -",
            "create redirected | arn:aws:iam::111122223333:user/alice | 192.0.2.3 | 307 | -",
            "create failed | arn:aws:iam::111122223333:user/alice | 192.0.2.3 | 500 | -",
            "REST.PUT.FUTURE_THING | arn:aws:iam::111122223333:user/alice | 192.0.2.3 | 200 | -",
            "REST.PUT.FUTURE_THING denied | arn:aws:iam::111122223333:user/alice | 192.0.2.3 | 403 | -",
        ],
    );
    let newest = ["REST.PUT.FUTURE_THING", "REST.PUT.FUTURE_THING denied"];
    assert_rows(&log, &["history", "a b/c.txt", "--limit", "2"], "events", "event", &newest);
}

#[test]
fn within_a_second_events_keep_their_order() {
    let operations = ["REST.DELETE.OBJECT", "REST.GET.OBJECT", "REST.PUT.OBJECT", "REST.GET.OBJECT"];
    let log = operations.map(|operation| of_object("10:00:00", operation, "R", &[]));
    let expected = ["created | 1", "read | 2", "deleted | 1"];
    assert_rows(&log, &["history", "a b/c.txt"], "events", "event | count", &expected);
}

#[test]
fn one_pattern_many_objects_many_buckets() {
    let missing = [(Operation, "REST.HEAD.OBJECT"), (HttpStatus, "404"), (ErrorCode, "NoSuchKey")];
    let log = [
        Record::of(&[(Key, "logs/b")]),
        Record::of(&[(Key, "logs/a"), (Bucket, "other")]),
        Record::of(&[(Key, "logs/a")]),
        Record::of(&[&missing[..], &[(Key, "logs/a")]].concat()),
        Record::of(&[(Key, "tmp/a")]),
    ];
    assert_rows(
        &log,
        &["history", "--key", "logs/*"],
        "events",
        "event | bucket | object | error_code",
        &[
            "read | my-bucket | logs/a | -",
            "read | my-bucket | logs/b | -",
            "read | other | logs/a | -",
            "metadata read failed | my-bucket | logs/a | NoSuchKey",
        ],
    );
    let named = text_of(&log, &["history", "logs/*", "--format", "csv"]);
    assert_eq!(named.lines().count(), 1, "a name is no pattern: {named}");
}

#[test]
fn tables_for_people() {
    insta::assert_snapshot!(text_of(&life(), &["history", "a b/c.txt"]));
    let ndjson = text_of(&life(), &["history", "a b/c.txt", "--tz", "+02:00", "--format", "ndjson"]);
    insta::assert_snapshot!(ndjson.lines().last().unwrap());
}

#[test]
fn a_key_is_asked_for() {
    run(&["history"]).ended(2).says("the life of which object?");
    run_on(&[], &["history", ""]).ended(2);
}

#[test]
fn a_second_write_overwrites_what_is_there() {
    let put = |clock, id| of_object(clock, "REST.PUT.OBJECT", id, &[]);
    let get = |clock| of_object(clock, "REST.GET.OBJECT", "G", &[]);
    let failed = |clock| of_object(clock, "REST.PUT.OBJECT", "F", &[(HttpStatus, "500")]);
    let delete = |clock, fields: &[(Field, &str)]| of_object(clock, "REST.DELETE.OBJECT", "D", fields);
    let of_version = [(VersionId, "v1"), (RequestUri, "DELETE /a%20b/c.txt?versionId=v1 HTTP/1.1")];
    let own = [
        (Requester, "AmazonS3"),
        (RequestUri, "-"),
        (HttpStatus, "-"),
        (RemoteIp, "-"),
        (Key, "a%20b/c.txt"),
        (VersionId, "v0"),
    ];
    for (log, expected) in [
        (
            vec![put("10:00:00", "A"), put("10:00:01", "B"), put("10:00:01", "C")],
            &["created", "overwritten", "overwritten"][..],
        ),
        (vec![get("10:00:00"), put("10:00:01", "A")], &["read", "overwritten"]),
        (vec![put("10:00:00", "A"), get("10:00:01")], &["created", "read"]),
        (vec![failed("10:00:00"), put("10:00:01", "A")], &["create failed", "created"]),
        (
            vec![put("10:00:00", "A"), delete("10:00:01", &[]), put("10:00:02", "B")],
            &["created", "deleted", "created"],
        ),
        (
            vec![put("10:00:00", "A"), delete("10:00:01", &of_version), put("10:00:02", "B")],
            &["created", "deleted (version v1)", "created"],
        ),
        (
            vec![
                put("10:00:00", "A"),
                of_object("10:00:01", "S3.EXPIRE.OBJECT", "-", &own),
                put("10:00:02", "B"),
            ],
            &["created", "expired by lifecycle (version v0)", "overwritten"],
        ),
        (
            vec![
                put("10:00:00", "A"),
                of_object("10:00:01", "S3.EXPIRE.OBJECT", "-", &own[..5]),
                put("10:00:02", "B"),
            ],
            &["created", "expired by lifecycle", "created"],
        ),
        (
            vec![
                of_object("10:00:00", "REST.POST.UPLOADS", "U", &[]),
                of_object("10:00:01", "REST.POST.UPLOAD", "U", &[]),
                of_object("10:00:02", "REST.COPY.OBJECT", "C", &[]),
                of_object("10:00:03", "REST.POST.UPLOAD", "V", &[]),
            ],
            &["upload started", "created from parts", "overwritten by copy", "overwritten from parts"],
        ),
        // Another object's life is another life.
        (
            vec![of_object("10:00:00", "REST.PUT.OBJECT", "O", &[(Bucket, "other")]), put("10:00:01", "A")],
            &["created", "created"],
        ),
    ] {
        assert_rows(&log, &["history", "a b/c.txt"], "events", "event", expected);
    }
}

#[test]
fn a_deletion_says_which_version_it_meant() {
    let named =
        [(VersionId, "v1"), (RequestUri, "DELETE /a%20b/c.txt?versionId=v1 HTTP/1.1"), (HttpStatus, "204")];
    let denied = [&named[..2], &[(HttpStatus, "403"), (ErrorCode, "AccessDenied")]].concat();
    let batch = [(VersionId, "v2"), (RequestUri, "-"), (Key, "a%20b/c.txt"), (HttpStatus, "204")];
    // S3 names the delete marker that a deletion without a version has made.
    let marker = [(VersionId, "m1"), (HttpStatus, "204")];
    let log = [
        of_object("10:00:01", "REST.DELETE.OBJECT", "D", &denied),
        of_object("10:00:02", "REST.DELETE.OBJECT", "D", &named),
        of_object("10:00:03", "BATCH.DELETE.OBJECT", "D", &batch),
        of_object("10:00:04", "REST.DELETE.OBJECT", "D", &marker),
        of_object(
            "10:00:05",
            "REST.GET.OBJECT",
            "G",
            &[(VersionId, "v3"), (RequestUri, "GET /a%20b/c.txt?versionId=v3 HTTP/1.1")],
        ),
    ];
    let expected = [
        "delete denied (version v1) | v1",
        "deleted (version v1) | v1",
        "deleted in batch (version v2) | v2",
        "deleted | m1",
        "read | v3",
    ];
    assert_rows(&log, &["history", "a b/c.txt"], "events", "event | version_id", &expected);
}

#[test]
fn sizes_of_writes_and_reads() {
    let size = |size| (Field::ObjectSize, size);
    let sent = |sent| (Field::BytesSent, sent);
    let log = [
        of_object("10:00:00", "REST.PUT.OBJECT", "A", &[size("500"), sent("-")]),
        of_object("10:00:01", "REST.GET.OBJECT", "B", &[size("500"), sent("500")]),
        of_object("10:00:02", "REST.GET.OBJECT", "C", &[size("500"), sent("20")]),
        of_object("10:00:03", "REST.GET.OBJECT", "D", &[size("-"), sent("-")]),
        of_object("10:00:04", "REST.PUT.OBJECT", "E", &[size("18446744073709551615"), sent("-")]),
        of_object("10:00:05", "REST.DELETE.OBJECT", "F", &[size("-"), sent("-")]),
    ];
    let expected = [
        "created | 1 | 500 | 0",
        "read | 3 | 500 | 520",
        "overwritten | 1 | 18446744073709551615 | 0",
        "deleted | 1 | - | 0",
    ];
    assert_rows(
        &log,
        &["history", "a b/c.txt"],
        "events",
        "event | count | object_size | bytes_sent",
        &expected,
    );
}
