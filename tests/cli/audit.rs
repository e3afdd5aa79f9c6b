//! `audit`: what will break, or should not be.

use s3al::record::Field::{
    self, AclRequired, AuthenticationType, CipherSuite, ErrorCode, HostHeader, HttpStatus, Key, Operation,
    RemoteIp, RequestId, RequestUri, Requester, SignatureVersion, Timestamp, TlsVersion, UserAgent,
    VersionId,
};

use crate::harness::{Record, assert_rows, run_on, text_of};

fn at(clock: &str) -> String {
    format!("01/Aug/2026:{clock} +0000")
}

const PRESIGNED: (Field, &str) = (AuthenticationType, "QueryString");
const PLAIN: [(Field, &str); 2] = [(CipherSuite, "-"), (TlsVersion, "-")];
const ANONYMOUS: [(Field, &str); 3] = [(Requester, "-"), (SignatureVersion, "-"), (AuthenticationType, "-")];

/// Two plain requests of alice's, three with old TLS in two spellings, one SigV2; one presigned URL from two addresses and one
/// from one; an ACL; two anonymous answers and one refusal. Between them are requests that are not findings.
fn log() -> Vec<Record> {
    let time = ["10:00:01", "10:00:02", "10:00:03", "10:00:04", "10:00:05"].map(at);
    let v4 = |signature: &str, seconds: u32| {
        format!(
            "GET /k?response-content-disposition=attachment;%20filename=\"a.csv\"&X-Amz-Date=20260801T095900Z&X-Amz-Expires={seconds}&X-Amz-Signature={signature} HTTP/1.1"
        )
    };
    let one = v4("0123456789abcdef0123456789abcdef", 900);
    let two = v4("fedcba9876543210fedcba9876543210", 604_800);
    // It ends at 10:05:00 and is used at 10:00:00.
    let three = "GET /k?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Expires=1785578700&Signature=vjbyPxybdZaNmGa%2ByT272YEAiv4%3D HTTP/1.1";
    let session = |name: &str| format!("arn:aws:sts::111122223333:assumed-role/Deploy/{name}");
    let anonymous = |fields: &[(Field, &str)]| Record::of(&[&ANONYMOUS[..], fields].concat());
    vec![
        Record::of(&[&PLAIN[..], &[(Key, "a"), (RequestId, "PLAIN1"), (Timestamp, &time[0])]].concat()),
        Record::of(&[&PLAIN[..], &[(Key, "b"), (RequestId, "PLAIN2"), (Timestamp, &time[1])]].concat()),
        Record::of(
            &[&PLAIN[..], &[(Operation, "S3.EXPIRE.OBJECT"), (RemoteIp, "-"), (Requester, "AmazonS3")]]
                .concat(),
        ),
        Record::of(&[&PLAIN[..], &[(Operation, "REST.COPY.OBJECT_GET")]].concat()),
        Record::of(&[(TlsVersion, "TLSv1"), (Requester, &session("one"))]),
        Record::of(&[(TlsVersion, "TLSv1"), (Requester, &session("two")), (Timestamp, &time[0])]),
        Record::of(&[
            (TlsVersion, "TLSV1.1"),
            (Requester, &session("three")),
            (UserAgent, "x\" 200 - SigV2 \"y"),
        ]),
        Record::of(&[(TlsVersion, "TLSV1.2")]),
        Record::of(&[(SignatureVersion, "SigV2")]),
        Record::of(&[PRESIGNED, (RequestUri, &one), (Timestamp, &time[0])]),
        Record::of(&[
            PRESIGNED,
            (RequestUri, &one),
            (Timestamp, &time[1]),
            (RemoteIp, "2001:db8::1"),
            (UserAgent, "curl/8.4.0"),
        ]),
        Record::of(&[PRESIGNED, (RequestUri, &one), (Timestamp, &time[1]), (RequestId, "URL3"), (Key, "k")]),
        Record::of(&[PRESIGNED, (RequestUri, &two)]),
        Record::of(&[PRESIGNED, (RequestUri, three), (SignatureVersion, "SigV2")]),
        Record::of(&[(AclRequired, "Yes"), (Operation, "REST.PUT.OBJECT"), (Key, "acl"), (RequestId, "ACL")]),
        anonymous(&[(Key, "public/a"), (UserAgent, "curl/8.4.0"), (Timestamp, &time[3])]),
        anonymous(&[
            (Key, "public/b"),
            (UserAgent, "curl/8.4.0"),
            (Timestamp, &time[4]),
            (HttpStatus, "304"),
        ]),
        anonymous(&[(Key, "private"), (HttpStatus, "403"), (ErrorCode, "AccessDenied")]),
        anonymous(&[(Operation, "REST.OPTIONS.PREFLIGHT")]),
        // Older than the fields: nothing is known.
        Record::of(&[]).until(VersionId),
    ]
}

#[test]
fn findings() {
    assert_rows(
        &log(),
        &["audit"],
        "findings",
        "finding | identity | client | detail | requests | last_seen | request_id | key",
        &[
            "plain_http | arn:aws:iam::111122223333:user/alice | aws-cli/2 | REST.GET.OBJECT | 2 | 2026-08-01T10:00:02Z | PLAIN2 | b",
            "old_tls | arn:aws:sts::111122223333:assumed-role/Deploy | aws-cli/2 | TLSv1 | 2 | 2026-08-01T10:00:01Z | 3E57427F3EXAMPLE | -",
            "old_tls | arn:aws:sts::111122223333:assumed-role/Deploy | x\" 200 - SigV2 \"y | TLSV1.1 | 1 | 2026-08-01T10:00:00Z | 3E57427F3EXAMPLE | -",
            "sigv2 | arn:aws:iam::111122223333:user/alice | aws-cli/2 | AuthHeader | 1 | 2026-08-01T10:00:00Z | 3E57427F3EXAMPLE | -",
            "sigv2 | arn:aws:iam::111122223333:user/alice | aws-cli/2 | QueryString | 1 | 2026-08-01T10:00:00Z | 3E57427F3EXAMPLE | -",
            "presigned_shared | arn:aws:iam::111122223333:user/alice | - | - | 3 | 2026-08-01T10:00:02Z | URL3 | k",
            "presigned | arn:aws:iam::111122223333:user/alice | aws-cli/2 | SigV4 | 3 | 2026-08-01T10:00:02Z | URL3 | k",
            "presigned | arn:aws:iam::111122223333:user/alice | aws-cli/2 | SigV2 | 1 | 2026-08-01T10:00:00Z | 3E57427F3EXAMPLE | -",
            "presigned | arn:aws:iam::111122223333:user/alice | curl/8 | SigV4 | 1 | 2026-08-01T10:00:02Z | 3E57427F3EXAMPLE | -",
            "acl_required | arn:aws:iam::111122223333:user/alice | aws-cli/2 | REST.PUT.OBJECT | 1 | 2026-08-01T10:00:00Z | ACL | acl",
            "anonymous_success | - | curl/8 | REST.GET.OBJECT | 2 | 2026-08-01T10:00:05Z | 3E57427F3EXAMPLE | public/b",
        ],
    );
    assert_rows(
        &log(),
        &["audit", "--limit", "1"],
        "by_finding",
        "finding | requests | identities | first_seen | last_seen",
        &[
            "plain_http | 2 | 1 | 2026-08-01T10:00:01Z | 2026-08-01T10:00:02Z",
            "old_tls | 3 | 1 | 2026-08-01T10:00:00Z | 2026-08-01T10:00:01Z",
            "sigv2 | 2 | 1 | 2026-08-01T10:00:00Z | 2026-08-01T10:00:00Z",
            "presigned_shared | 3 | 1 | 2026-08-01T10:00:01Z | 2026-08-01T10:00:02Z",
            "presigned | 5 | 1 | 2026-08-01T10:00:00Z | 2026-08-01T10:00:02Z",
            "acl_required | 1 | 1 | 2026-08-01T10:00:00Z | 2026-08-01T10:00:00Z",
            "anonymous_success | 2 | 1 | 2026-08-01T10:00:04Z | 2026-08-01T10:00:05Z",
        ],
    );
}

#[test]
fn the_example_says_from_where() {
    let plain = |clock: &str, address: &str| {
        Record::of(&[&PLAIN[..], &[(Timestamp, &at(clock)), (RemoteIp, address)]].concat())
    };
    let log =
        [plain("10:00:00", "192.0.2.1"), plain("10:00:09", "2001:db8::7"), plain("10:00:05", "192.0.2.3")];
    let report = run_on(&log, &["audit", "--check", "plain_http", "--format", "json"]).json();
    let found = &report["tables"]["findings"];
    assert_eq!(
        (&found[0]["requests"], &found[0]["remote_ip"]),
        (&3.into(), &"2001:db8::7".into()),
        "{report}"
    );
}

#[test]
fn presigned_urls() {
    assert_rows(
        &log(),
        &["audit"],
        "presigned",
        "identity | requests | signatures | shared | shortest | longest",
        &["arn:aws:iam::111122223333:user/alice | 5 | 3 | 1 | 300000 | 604800000"],
    );
    assert_rows(
        &log(),
        &["audit"],
        "shared_signatures",
        "signature | requests | addresses | remote_ips",
        &["0123456789abcdef | 3 | 2 | [\"192.0.2.3\",\"2001:db8::1\"]"],
    );
}

#[test]
fn judged_on_demand() {
    let code = |arguments: &[&str]| run_on(&log(), &[&["audit"], arguments].concat()).code;
    assert_eq!(code(&[]), 0);
    assert_eq!(code(&["--fail"]), 1);
    assert_eq!(code(&["--fail", "--check", "old_tls,sigv2"]), 1);
    assert_eq!(code(&["--fail", "--check", "presigned-shared"]), 1);
    assert_eq!(code(&["--fail", "--check", "plain_http", "--requester", "bob"]), 0);
    assert_eq!(code(&["--fail", "--user-agent", "nobody"]), 0);
    assert_eq!(code(&["--check", "everything"]), 2);
    let json = text_of(&log(), &["audit", "--check", "old_tls", "--format", "json"]);
    assert!(!json.contains("presigned") && json.contains("old_tls"));
}

#[test]
fn lines_without_the_fields_are_no_findings() {
    let code = |record| run_on(&[record], &["audit", "--fail"]).code;
    assert_eq!(code(Record::of(&[]).until(VersionId)), 0);
    // 2019 before 28 March: a cipher, no TLS version.
    let of_march = |cipher| Record::of(&[(CipherSuite, cipher)]).until(HostHeader);
    assert_eq!(code(of_march("ECDHE")), 0);
    assert_eq!(code(of_march("-")), 1);
}

#[test]
fn tables_for_people() {
    insta::assert_snapshot!(text_of(&log(), &["audit"]));
}
