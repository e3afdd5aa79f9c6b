//! `access`: who touches what.

use s3al::record::Field::{
    self, Bucket, ErrorCode, HttpStatus, Key, Operation, RemoteIp, RequestUri, Requester, Timestamp,
    UserAgent, VersionId,
};

use crate::harness::{Record, assert_rows, run_on, text_of};

const DENIED: [(Field, &str); 2] = [(HttpStatus, "403"), (ErrorCode, "AccessDenied")];

fn of(requester: &str, operation: &str, key: &str, fields: &[(Field, &str)]) -> Record {
    Record::of(&[&[(Requester, requester), (Operation, operation), (Key, key)], fields].concat())
}

/// Two sessions of a role and a user of China's partition.
const ONE: &str = "arn:aws:sts::111122223333:assumed-role/Deploy/one";
const TWO: &str = "arn:aws:sts::111122223333:assumed-role/Deploy/two,a";
const WANG: &str = "arn:aws-cn:iam::444455556666:user/wang";

/// Deploy reads three objects below data/ (one by its version), writes one, lists the bucket twice and its ACL once, is denied
/// a deletion and misses a key; wang deletes two in a batch in another bucket; the rest cannot have a policy.
fn log() -> Vec<Record> {
    let version = [(VersionId, "v1"), (RequestUri, "GET /data/2026/c?versionId=v1 HTTP/1.1")];
    let missing = [(HttpStatus, "404"), (ErrorCode, "NoSuchKey")];
    let cn = [(Bucket, "cn-bucket"), (HttpStatus, "204")];
    vec![
        of(ONE, "REST.GET.OBJECT", "data/2026/a", &[]),
        of(TWO, "REST.HEAD.OBJECT", "data/2025/b", &[(Timestamp, "02/Aug/2026:00:00:00 +0000")]),
        of(TWO, "REST.GET.OBJECT", "data/2026/c", &version),
        of(TWO, "REST.GET.OBJECT", "data/2026/gone", &missing),
        of(ONE, "REST.PUT.OBJECT", "out/100%2525%2520*$", &[(RequestUri, "PUT /out/100%25%20*$ HTTP/1.1")]),
        of(ONE, "REST.GET.BUCKET", "-", &[]),
        of(TWO, "REST.HEAD.BUCKET", "-", &[(UserAgent, "\" 403 AccessDenied - - - - \"-\" \"x")]),
        of(ONE, "REST.GET.ACL", "-", &[]),
        of(ONE, "REST.DELETE.OBJECT", "data/2026/a", &DENIED),
        of(ONE, "REST.GET.FUTURE", "data/2026/a", &[]),
        of(WANG, "REST.POST.MULTI_OBJECT_DELETE", "-", &[(Bucket, "cn-bucket")]),
        of(WANG, "BATCH.DELETE.OBJECT", "tmp", &cn),
        of(WANG, "BATCH.DELETE.OBJECT", "*", &cn),
        of("-", "REST.GET.OBJECT", "public", &[]),
        of("svc:cloudtrail.amazonaws.com", "REST.PUT.OBJECT", "trail/a", &[]),
        of("AmazonS3", "S3.EXPIRE.OBJECT", "data/2024/z", &[(HttpStatus, "-"), (RemoteIp, "-")]),
    ]
}

#[test]
fn who_touches_what() {
    assert_rows(
        &log(),
        &["access"],
        "access",
        "identity | bucket | prefix | access | successes | denials | errors | last_seen | operations",
        &[
            "arn:aws:sts::111122223333:assumed-role/Deploy | my-bucket | data/ | read | 3 | 0 | 1 | 2026-08-02T00:00:00Z | [\"REST.GET.OBJECT\",\"REST.HEAD.OBJECT\"]",
            "arn:aws-cn:iam::444455556666:user/wang | cn-bucket |  | delete | 2 | 0 | 0 | 2026-08-01T10:00:00Z | [\"BATCH.DELETE.OBJECT\"]",
            "arn:aws:sts::111122223333:assumed-role/Deploy | my-bucket | - | list | 2 | 0 | 0 | 2026-08-01T10:00:00Z | [\"REST.GET.BUCKET\",\"REST.HEAD.BUCKET\"]",
            "- | my-bucket |  | read | 1 | 0 | 0 | 2026-08-01T10:00:00Z | [\"REST.GET.OBJECT\"]",
            "AmazonS3 | my-bucket | data/ | delete | 1 | 0 | 0 | 2026-08-01T10:00:00Z | [\"S3.EXPIRE.OBJECT\"]",
            "arn:aws-cn:iam::444455556666:user/wang | cn-bucket | - | delete | 1 | 0 | 0 | 2026-08-01T10:00:00Z | [\"REST.POST.MULTI_OBJECT_DELETE\"]",
            "arn:aws:sts::111122223333:assumed-role/Deploy | my-bucket | - | configure | 1 | 0 | 0 | 2026-08-01T10:00:00Z | [\"REST.GET.ACL\"]",
            "arn:aws:sts::111122223333:assumed-role/Deploy | my-bucket | data/ | delete | 0 | 1 | 0 | 2026-08-01T10:00:00Z | [\"REST.DELETE.OBJECT\"]",
            "arn:aws:sts::111122223333:assumed-role/Deploy | my-bucket | data/ | other | 1 | 0 | 0 | 2026-08-01T10:00:00Z | [\"REST.GET.FUTURE\"]",
            "arn:aws:sts::111122223333:assumed-role/Deploy | my-bucket | out/ | write | 1 | 0 | 0 | 2026-08-01T10:00:00Z | [\"REST.PUT.OBJECT\"]",
            "svc:cloudtrail.amazonaws.com | my-bucket | trail/ | write | 1 | 0 | 0 | 2026-08-01T10:00:00Z | [\"REST.PUT.OBJECT\"]",
        ],
    );
    assert_rows(
        &log(),
        &["access", "--depth", "2", "--operation", "*.OBJECT", "--requester", "Deploy"],
        "access",
        "prefix | access | successes | denials",
        &[
            "data/2026/ | read | 2 | 0",
            "data/2025/ | read | 1 | 0",
            "data/2026/ | delete | 0 | 1",
            "out/ | write | 1 | 0",
        ],
    );
}

#[test]
fn policies_by_identity() {
    insta::assert_snapshot!(text_of(&log(), &["access", "--as-policy"]));
    run_on(&log(), &["access", "--as-policy"])
        .says("no IAM policy can be attached to them: anonymous, svc:cloudtrail.amazonaws.com")
        .says("no action is known for these operations: REST.GET.FUTURE");
}

#[test]
fn one_policy_for_whom_was_asked_for() {
    insta::assert_snapshot!(text_of(
        &log(),
        &["access", "--as-policy", "--requester", "Deploy", "--depth", "2"]
    ));
    insta::assert_snapshot!(text_of(
        &log(),
        &["access", "--as-policy", "--requester", "wang", "--depth", "0"]
    ));
    let nobody = text_of(&log(), &["access", "--as-policy", "--requester", "nobody"]);
    assert_eq!(nobody, "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": []\n}\n");
}

#[test]
fn too_many_objects_to_name_are_the_whole_bucket() {
    let keys: Vec<String> = (0..17).map(|number| format!("key{number:02}")).collect();
    let log = |count: usize| keys[..count].iter().map(|key| Record::of(&[(Key, key)])).collect::<Vec<_>>();
    let sixteen = text_of(&log(16), &["access", "--as-policy", "--requester", "alice"]);
    assert!(sixteen.contains("my-bucket/key15\"") && !sixteen.contains("my-bucket/*"), "{sixteen}");
    let seventeen = text_of(&log(17), &["access", "--as-policy", "--requester", "alice"]);
    assert!(seventeen.contains("\"arn:aws:s3:::my-bucket/*\"") && !seventeen.contains("key"), "{seventeen}");
}

#[test]
fn tables_for_people() {
    insta::assert_snapshot!(text_of(&log(), &["access", "--limit", "3"]));
    run_on(&log(), &["access", "--as-policy", "--format", "csv"]).ended(2);
}

#[test]
fn nothing_allowed_is_an_empty_policy() {
    let denied = [Record::of(&[(Key, "a/b"), (HttpStatus, "403"), (ErrorCode, "AccessDenied")])];
    let anonymous = [Record::of(&[(Key, "a/b"), (Requester, "-")])];
    for log in [&denied, &anonymous] {
        for words in [&["access", "--as-policy"][..], &["access", "--as-policy", "--requester", "*"]] {
            let ran = run_on(log, words).done().says("the policy is empty: nothing was allowed to anybody");
            assert_eq!(ran.text(), "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": []\n}\n");
        }
    }
}

/// Whether IAM takes a pattern for a text, read from its documentation: a slow matcher that shares nothing with the program.
fn iam_matches(pattern: &str, text: &str) -> bool {
    let Some(first) = pattern.chars().next() else { return text.is_empty() };
    for (variable, literal) in [("${*}", '*'), ("${?}", '?'), ("${$}", '$')] {
        if let Some(rest) = pattern.strip_prefix(variable) {
            return text.strip_prefix(literal).is_some_and(|text| iam_matches(rest, text));
        }
    }
    let rest = &pattern[first.len_utf8()..];
    match first {
        '*' => text.char_indices().any(|(at, _)| iam_matches(rest, &text[at..])) || iam_matches(rest, ""),
        '?' => text.chars().next().is_some_and(|one| iam_matches(rest, &text[one.len_utf8()..])),
        '$' => panic!("a variable that is none: {pattern}"),
        _ => text.strip_prefix(first).is_some_and(|text| iam_matches(rest, text)),
    }
}

#[test]
fn patterns_and_variables_in_keys_stand_for_themselves() {
    for (key, object, other) in [
        ("a%2Ab.txt", "a*b.txt", "axxb.txt"),
        ("a%3Fb.txt", "a?b.txt", "axb.txt"),
        ("%24%7Baws%3Ausername%7D.txt", "${aws:username}.txt", "alice.txt"),
        ("%24%7B%2A%7D", "${*}", "*"),
        ("p%2Aq/k", "p*q/k", "pxq/k"),
        ("%24/k", "$/k", "x/k"),
    ] {
        let text = text_of(&[Record::of(&[(Key, key)])], &["access", "--as-policy", "--requester", "alice"]);
        let policy: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let resource = policy["Statement"][0]["Resource"][0].as_str().expect("a resource");
        let pattern = resource.strip_prefix("arn:aws:s3:::my-bucket/").expect("the bucket");
        assert!(iam_matches(pattern, object), "{object}: {pattern}");
        assert!(!iam_matches(pattern, other), "{other}: {pattern}");
    }
}

#[test]
fn a_policy_and_what_was_needed_of_it() {
    let policy = r#"{"Version": "2012-10-17", "Statement": [
        {"Sid": "Data", "Effect": "Allow", "Action": ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"], "Resource": "arn:aws:s3:::my-bucket/data/*"},
        {"Sid": "Lists", "Effect": "Allow", "Action": "s3:List*", "Resource": "arn:aws:s3:::my-bucket"},
        {"Sid": "Out", "Effect": "Allow", "Action": "s3:putobject", "Resource": "arn:aws:s3:::my-bucket/out/100%*"},
        {"Sid": "Other", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::my-bucket-2/*"},
        {"Sid": "Keys", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"},
        {"Sid": "Rest", "Effect": "Allow", "NotAction": "s3:Get*", "Resource": "*"},
        {"Sid": "No", "Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"},
        {"Sid": "Never", "Effect": "Deny", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::my-bucket/out/*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    ]}"#;
    let logs = crate::harness::Logs::of(&log());
    logs.write_text("policy.json", policy);
    let ran = logs
        .run(&["access", "logs", "--requester", "Deploy", "--unused", "policy.json", "--format", "json"])
        .done();
    let report = ran.json();
    let rows: Vec<String> = report["tables"]["policy"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| {
            ["statement", "action", "verdict"].map(|name| row[name].as_str().expect("a text")).join(" | ")
                + &format!(" | {}", row["requests"])
        })
        .collect();
    // Two reads and a miss below data/, one by its version; one write below out/; two lists.
    assert_eq!(
        rows,
        [
            "Data | s3:GetObject | needed | 3",
            "Data | s3:GetObjectVersion | needed | 1",
            "Data | s3:PutObject | never needed | 0",
            "Lists | s3:List* | needed in part | 2",
            "Out | s3:putobject | needed | 1",
            "Other | s3:GetObject | never needed | 0",
            "Keys | kms:Decrypt | not in these logs | 0",
            "Rest | all but s3:Get* | needed in part | 3",
            "No | s3:DeleteObject | denies | 0",
            "Never | s3:PutObject | denies what was allowed | 1",
        ]
    );
    let denied = &report["tables"]["denied"];
    assert_eq!(denied.as_array().map(Vec::len), Some(1));
    assert_eq!((&denied[0]["operation"], &denied[0]["denials"]), (&"REST.DELETE.OBJECT".into(), &1.into()));
    assert_eq!(denied[0]["actions"], serde_json::json!(["s3:DeleteObject"]));
    let shown = logs.run(&["access", "logs", "--unused", "policy.json"]).done();
    for said in [
        "1 of 8 statements never needed",
        "conditions are not compared",
        "NotAction means",
        "of all requesters",
        "kms:Decrypt",
    ] {
        assert!(shown.text().contains(said), "{said}: {}", shown.text());
    }
    // A policy that was made of what is read is needed as a whole.
    let own = logs.run(&["access", "logs", "--requester", "Deploy", "--as-policy"]).done();
    logs.write_text("own.json", own.text());
    let ran = logs
        .run(&["access", "logs", "--requester", "Deploy", "--unused", "own.json", "--format", "json"])
        .done();
    let rows = ran.json()["tables"]["policy"].as_array().expect("rows").clone();
    assert!(!rows.is_empty() && rows.iter().all(|row| row["verdict"] == "needed"), "{rows:?}");
    logs.write_text("wrong.json", "{\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"GetObject\"}]}");
    logs.run(&["access", "logs", "--unused", "wrong.json"]).ended(2).says("statement 1").says("is no action");
    logs.run(&["access", "logs", "--unused", "nowhere.json"]).ended(2).says("--unused nowhere.json");
}
