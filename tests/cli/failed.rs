//! `failed --causes`: why requests were refused, and whether what was not found was ever there.

use s3al::record::Field::{
    self, AuthenticationType, Bucket, ErrorCode, HttpStatus, Key, Operation, RequestUri, Requester,
    SignatureVersion, Timestamp, UserAgent,
};

use crate::harness::{ALICE, RECORDS, Record, assert_rows, in_formats, run_on, text_of};

const BOB: &str = "arn:aws:iam::111122223333:user/bob";
const OTHER: &str = "arn:aws:iam::444455556666:user/mallory";

fn at(clock: &str, requester: &str, fields: &[(Field, &str)]) -> Record {
    let time = format!("01/Aug/2026:{clock} +0000");
    Record::of(&[&[(Timestamp, time.as_str()), (Requester, requester)], fields].concat())
}

fn error<'a>(status: &'a str, code: &'a str) -> [(Field, &'a str); 2] {
    [(HttpStatus, status), (ErrorCode, code)]
}

/// Worked out: alice succeeds on my-bucket at 9 and 11, bob at 9, mallory (of another account) at 12; so the bucket's usual
/// account is 111122223333.
fn log() -> Vec<Record> {
    let denied = error("403", "AccessDenied");
    let url = "GET /k?X-Amz-Date=20260801T080000Z&X-Amz-Expires=60&X-Amz-Signature=ab HTTP/1.1";
    let anonymous = [(SignatureVersion, "-"), (AuthenticationType, "-")];
    vec![
        at("11:00:00", ALICE, &[(Key, "late")]),
        at("09:00:00", ALICE, &[(Key, "early"), (Operation, "REST.PUT.OBJECT")]),
        at("09:00:00", BOB, &[(Key, "other")]),
        at("12:00:00", OTHER, &[(Key, "public")]),
        // Between two successes, and one that says nothing of a cause.
        at("10:00:00", ALICE, &denied),
        at("10:30:00", ALICE, &[&denied[..], &[(UserAgent, "\" 200 - 1 1 1 1 \"-\" \"x")]].concat()),
        at("10:00:00", ALICE, &error("400", "InvalidRequest")),
        // In another bucket there was no success.
        at("10:00:00", ALICE, &[&denied[..], &[(Bucket, "closed")]].concat()),
        at("10:00:00", BOB, &error("400", "ExpiredToken")),
        at("10:00:00", BOB, &error("403", "RequestTimeTooSkewed")),
        at("10:00:00", BOB, &error("400", "KMS.DisabledException")),
        at("10:00:00", OTHER, &denied),
        at("10:00:00", "-", &[&denied[..], &anonymous].concat()),
        at("10:00:00", "-", &[&denied[..], &anonymous, &[(RequestUri, url)]].concat()),
        at("10:00:00", "-", &error("403", "SignatureDoesNotMatch")),
        // Put at 9 and gone at 10; read at 11, so not there at 10; deleted at 9, which tells nothing.
        at("10:00:00", BOB, &[&error("404", "NoSuchKey")[..], &[(Key, "early")]].concat()),
        at("10:10:00", BOB, &[&error("404", "NoSuchKey")[..], &[(Key, "late")]].concat()),
        at(
            "11:10:00",
            BOB,
            &[&error("404", "-")[..], &[(Key, "late"), (Operation, "REST.HEAD.OBJECT")]].concat(),
        ),
        at("09:00:00", BOB, &[(Key, "never"), (Operation, "REST.DELETE.OBJECT"), (HttpStatus, "204")]),
        at("10:00:00", BOB, &[&error("404", "NoSuchKey")[..], &[(Key, "never")]].concat()),
        at(
            "10:00:00",
            BOB,
            &[&error("404", "NoSuchKey")[..], &[(Key, "early"), (Bucket, "closed")]].concat(),
        ),
        at("10:00:00", BOB, &error("404", "NoSuchLifecycleConfiguration")),
    ]
}

#[test]
fn causes_of_failures() {
    assert_rows(
        &log(),
        &["failed", "--causes"],
        "by_cause",
        "cause | http_status | identity | bucket | requests | first_seen | last_seen | succeeded_before | succeeded_after",
        &[
            "permission | 403 | arn:aws:iam::111122223333:user/alice | my-bucket | 2 | 2026-08-01T10:00:00Z | 2026-08-01T10:30:00Z | true | true",
            "key_existed_before | 404 | arn:aws:iam::111122223333:user/bob | my-bucket | 2 | 2026-08-01T10:00:00Z | 2026-08-01T11:10:00Z | true | false",
            "key_never_seen | 404 | arn:aws:iam::111122223333:user/bob | my-bucket | 2 | 2026-08-01T10:00:00Z | 2026-08-01T10:10:00Z | true | false",
            "expired_credentials | 400 | arn:aws:iam::111122223333:user/bob | my-bucket | 1 | 2026-08-01T10:00:00Z | 2026-08-01T10:00:00Z | true | false",
            "kms | 400 | arn:aws:iam::111122223333:user/bob | my-bucket | 1 | 2026-08-01T10:00:00Z | 2026-08-01T10:00:00Z | true | false",
            "anonymous | 403 | - | my-bucket | 1 | 2026-08-01T10:00:00Z | 2026-08-01T10:00:00Z | false | false",
            "signature | 403 | - | my-bucket | 1 | 2026-08-01T10:00:00Z | 2026-08-01T10:00:00Z | false | false",
            "clock_skew | 403 | arn:aws:iam::111122223333:user/bob | my-bucket | 1 | 2026-08-01T10:00:00Z | 2026-08-01T10:00:00Z | true | false",
            "expired_url | 403 | - | my-bucket | 1 | 2026-08-01T10:00:00Z | 2026-08-01T10:00:00Z | false | false",
            "permission | 403 | arn:aws:iam::111122223333:user/alice | closed | 1 | 2026-08-01T10:00:00Z | 2026-08-01T10:00:00Z | false | false",
            "other_account | 403 | arn:aws:iam::444455556666:user/mallory | my-bucket | 1 | 2026-08-01T10:00:00Z | 2026-08-01T10:00:00Z | false | true",
            "key_never_seen | 404 | arn:aws:iam::111122223333:user/bob | closed | 1 | 2026-08-01T10:00:00Z | 2026-08-01T10:00:00Z | false | false",
            "no_such_thing | 404 | arn:aws:iam::111122223333:user/bob | my-bucket | 1 | 2026-08-01T10:00:00Z | 2026-08-01T10:00:00Z | true | false",
        ],
    );
}

#[test]
fn without_causes_nothing_is_said_of_them() {
    let plain = text_of(&log(), &["failed", "--format", "json"]);
    assert!(!plain.contains("by_cause") && plain.contains("\"main\":\"requests\""));
    let raw = text_of(&log(), &["failed", "--format", "raw", "--limit", "0"]);
    assert_eq!(raw.lines().count(), 17);
    run_on(&log(), &["failed", "--causes", "--format", "raw"]).ended(2);
}

#[test]
fn even_accounts_are_no_usual_one() {
    let log = [
        at("09:00:00", ALICE, &[]),
        at("09:00:00", OTHER, &[]),
        at("10:00:00", OTHER, &error("403", "AccessDenied")),
    ];
    assert_rows(&log, &["failed", "--causes"], "by_cause", "cause", &["permission"]);
}

#[test]
fn tables_for_people() {
    insta::assert_snapshot!(text_of(&log(), &["failed", "--causes", "--limit", "4"]));
}

#[test]
fn in_all_formats() {
    insta::assert_snapshot!(in_formats("failed --limit 3", &RECORDS));
}
