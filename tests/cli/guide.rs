//! The questions of AWS's guide "Using Amazon S3 server access logs to identify requests", and the like, each with the command
//! that answers it.

use s3al::record::Field::{
    self, AclRequired, AuthenticationType, BytesSent, ErrorCode, HttpStatus, Key, Operation, RemoteIp,
    RequestId, Requester, SignatureVersion, Timestamp, UserAgent,
};

use crate::harness::{Record, assert_rows};

const JANE: &str = "arn:aws:iam::111122223333:user/jane";
const GUEST: &str = "arn:aws:sts::444455556666:assumed-role/Guest/session";
const ANONYMOUS: [(Field, &str); 3] = [(Requester, "-"), (SignatureVersion, "-"), (AuthenticationType, "-")];

/// One day: its requests are called by their ids, R01 to R12, and are not in order.
fn log() -> Vec<Record> {
    let request = |id: &str, clock: &str, operation: &str, key: &str, fields: &[(Field, &str)]| {
        let time = format!("01/Aug/2026:{clock} +0000");
        let usual = [(RequestId, id), (Timestamp, time.as_str()), (Operation, operation), (Key, key)];
        Record::of(&[&usual, fields].concat())
    };
    let hostile = "\" 204 - - - - - \"-\" \"REST.DELETE.OBJECT images/picture.jpg";
    let failed = [(HttpStatus, "403"), (ErrorCode, "AccessDenied"), (Requester, GUEST)];
    vec![
        request(
            "R11",
            "18:00:00",
            "REST.POST.UPLOAD",
            "big",
            &[(HttpStatus, "400"), (ErrorCode, "InvalidPart")],
        ),
        request(
            "R03",
            "09:00:00",
            "REST.GET.OBJECT",
            "images/picture.jpg",
            &[(Requester, JANE), (BytesSent, "1000")],
        ),
        request(
            "R05",
            "11:00:00",
            "REST.DELETE.OBJECT",
            "images/picture.jpg",
            &[(Requester, JANE), (HttpStatus, "204"), (RemoteIp, "198.51.100.7")],
        ),
        request(
            "R04",
            "10:00:00",
            "REST.GET.OBJECT",
            "images/picture.jpg",
            &[&ANONYMOUS[..], &[(BytesSent, "500"), (RemoteIp, "203.0.113.9")]].concat(),
        ),
        request("R01", "07:00:00", "REST.PUT.OBJECT", "images/picture.jpg", &[]),
        request(
            "R02",
            "08:00:00",
            "REST.GET.OBJECT",
            "images/picture.jpg",
            &[(UserAgent, hostile), (BytesSent, "250")],
        ),
        request("R06", "12:00:00", "REST.GET.OBJECT", "a", &[(SignatureVersion, "SigV2")]),
        request("R07", "13:00:00", "REST.PUT.OBJECT", "b", &[(AclRequired, "Yes")]),
        request("R08", "14:00:00", "REST.PUT.OBJECT", "c", &failed),
        request("R09", "15:00:00", "REST.GET.BUCKET", "-", &ANONYMOUS),
        request(
            "R10",
            "16:00:00",
            "S3.EXPIRE.OBJECT",
            "d",
            &[(Requester, "AmazonS3"), (HttpStatus, "-"), (RemoteIp, "-")],
        ),
        request(
            "R12",
            "20:00:00",
            "REST.GET.OBJECT",
            "a",
            &[(Requester, JANE), (HttpStatus, "503"), (ErrorCode, "SlowDown")],
        ),
    ]
}

/// The requests that `export` finds, in the order of the log.
fn found(arguments: &[&str], expected: &[&str]) {
    assert_rows(&log(), &[&["export"], arguments].concat(), "records", "request_id", expected);
}

#[test]
fn who_deleted_an_object_and_when() {
    assert_rows(
        &log(),
        &["history", "images/picture.jpg", "--operation", "*DELETE*,*EXPIRE*"],
        "events",
        "time | event | requester | remote_ip | request_id",
        &["2026-08-01T11:00:00Z | deleted | arn:aws:iam::111122223333:user/jane | 198.51.100.7 | R05"],
    );
}

#[test]
fn all_operations_by_an_iam_user() {
    found(&["--requester", JANE], &["R03", "R05", "R12"]);
    found(&["--requester", "jane"], &["R03", "R05", "R12"]);
}

#[test]
fn all_operations_on_an_object_in_a_window() {
    let window = ["--since", "2026-08-01T08:00", "--until", "2026-08-01T11:00"];
    found(&[&["--key", "images/picture.jpg"][..], &window].concat(), &["R03", "R04", "R02"]);
    let expected = ["read | R02", "read | R03", "read | R04"];
    let arguments = [&["history", "images/picture.jpg"][..], &window].concat();
    assert_rows(&log(), &arguments, "events", "event | request_id", &expected);
}

#[test]
fn how_much_an_address_was_sent_in_a_window() {
    let window = ["--since", "2026-08-01T08:00", "--until", "2026-08-01T10:00"];
    assert_rows(
        &log(),
        &[&["top", "--by", "remote_ip", "--ip", "192.0.2.3"][..], &window].concat(),
        "groups",
        "remote_ip | requests | bytes_sent",
        &["192.0.2.3 | 2 | 1250"],
    );
}

#[test]
fn who_still_signs_with_version_2() {
    assert_rows(
        &log(),
        &["audit", "--check", "sigv2"],
        "findings",
        "finding | identity | client | requests | request_id",
        &["sigv2 | arn:aws:iam::111122223333:user/alice | aws-cli/2 | 1 | R06"],
    );
}

#[test]
fn put_get_and_anonymous_requests_in_a_window() {
    let window = ["--since", "2026-08-01T09:30", "--until", "2026-08-01T16:00"];
    let of = |arguments: &[&'static str]| [arguments, &window].concat();
    found(&of(&["--operation", "REST.PUT.OBJECT"]), &["R07", "R08"]);
    found(&of(&["--operation", "REST.GET.OBJECT"]), &["R04", "R06"]);
    found(&of(&["--anonymous"]), &["R04", "R09"]);
}

#[test]
fn requests_that_needed_an_acl() {
    assert_rows(
        &log(),
        &["audit", "--check", "acl_required"],
        "findings",
        "identity | detail | requests | request_id | key",
        &["arn:aws:iam::111122223333:user/alice | REST.PUT.OBJECT | 1 | R07 | b"],
    );
}

#[test]
fn requests_from_outside_an_account() {
    // Anonymous ones too; what S3 does by itself comes from nowhere.
    found(&["--requester", "!111122223333", "--requester", "!AmazonS3"], &["R04", "R08", "R09"]);
    found(
        &["--requester", "!111122223333", "--requester", "!AmazonS3", "--requester", "!anonymous"],
        &["R08"],
    );
}

#[test]
fn failed_uploads() {
    assert_rows(
        &log(),
        &["failed", "--operation", "REST.PUT.OBJECT,REST.PUT.PART,REST.POST.UPLOAD*"],
        "requests",
        "timestamp | operation | key | http_status | error_code | request_id",
        &[
            "2026-08-01T18:00:00Z | REST.POST.UPLOAD | big | 400 | InvalidPart | R11",
            "2026-08-01T14:00:00Z | REST.PUT.OBJECT | c | 403 | AccessDenied | R08",
        ],
    );
}

#[test]
fn unauthenticated_requests() {
    found(&["--anonymous"], &["R04", "R09"]);
    assert_rows(
        &log(),
        &["audit", "--check", "anonymous_success"],
        "findings",
        "detail | requests | request_id | key",
        &["REST.GET.BUCKET | 1 | R09 | -", "REST.GET.OBJECT | 1 | R04 | images/picture.jpg"],
    );
}
