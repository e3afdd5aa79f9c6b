//! Tests of the table of operations.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::*;
use crate::parser::Parser;

fn of(name: &str, has_key: bool) -> Option<&'static OperationInfo> {
    OperationInfo::of(Operation::new(name.as_bytes()), has_key)
}

#[test]
fn every_row_is_found_by_its_name_and_level() {
    let mut names = BTreeSet::new();
    for row in OPERATIONS {
        assert!(names.insert((row.name, row.level == Level::Object)), "{} is there twice", row.name);
        assert_eq!(of(row.name, row.level == Level::Object), Some(row), "{}", row.name);
        assert_eq!(Tier::of(Operation::new(row.name.as_bytes())), row.tier, "{}", row.name);
    }
}

#[test]
fn every_report_knows_every_row() {
    for row in OPERATIONS {
        let is_preflight = row.event == Some(Event::Preflight);
        assert_eq!(row.access == Access::Other, is_preflight, "access: {}", row.name);
        assert_eq!(row.event.is_some(), row.level == Level::Object, "history, cold and failed: {}", row.name);
        assert!(row.name.starts_with("S3.") || row.source != Source::Lifecycle, "{}", row.name);
        // Without an action of its own: S3's work, a preflight, and a batch, whose objects have records.
        let needs_none = row.name.starts_with("S3.") || is_preflight || row.api == "DeleteObjects";
        assert!(!row.actions.is_empty() || needs_none, "access --as-policy: {}", row.name);
        assert_eq!(row.actions.len(), row.version_actions.len(), "{}", row.name);
        for action in row.actions.iter().chain(row.version_actions) {
            assert!(action.starts_with("s3:"), "{action}");
        }
    }
}

#[test]
fn what_operations_do_and_what_allows_them() {
    /// The kind of access and the actions, without and with a version.
    type Expected = Option<(&'static str, &'static str, &'static str)>;
    let table: &[(&str, bool, Expected)] = &[
        ("REST.GET.OBJECT", true, Some(("read", "s3:GetObject", "s3:GetObjectVersion"))),
        ("REST.HEAD.OBJECT", true, Some(("read", "s3:GetObject", "s3:GetObjectVersion"))),
        ("REST.PUT.PART", true, Some(("write", "s3:PutObject", "s3:PutObject"))),
        ("SOAP.CopyObject", true, Some(("write", "s3:PutObject", "s3:PutObject"))),
        ("BATCH.DELETE.OBJECT", true, Some(("delete", "s3:DeleteObject", "s3:DeleteObjectVersion"))),
        ("REST.POST.MULTI_OBJECT_DELETE", false, Some(("delete", "", ""))),
        ("REST.GET.BUCKET", false, Some(("list", "s3:ListBucket", "s3:ListBucket"))),
        ("REST.GET.ACL", false, Some(("configure", "s3:GetBucketAcl", "s3:GetBucketAcl"))),
        ("REST.GET.ACL", true, Some(("configure", "s3:GetObjectAcl", "s3:GetObjectVersionAcl"))),
        (
            "REST.DELETE.OBJECT_TAGGING",
            true,
            Some(("configure", "s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging")),
        ),
        (
            "REST.DELETE.ENCRYPTION",
            false,
            Some(("configure", "s3:PutEncryptionConfiguration", "s3:PutEncryptionConfiguration")),
        ),
        (
            "REST.GET.OBJECT_ATTRIBUTES",
            true,
            Some((
                "read",
                "s3:GetObject s3:GetObjectAttributes",
                "s3:GetObjectVersion s3:GetObjectVersionAttributes",
            )),
        ),
        ("S3.EXPIRE.OBJECT", true, Some(("delete", "", ""))),
        ("REST.PUT.LOCATION", false, None),
        ("REST.HEAD.ACL", false, None),
        ("REST.GET.ENCRYPTION", true, None),
        ("WEBSITE.GET.ACL", true, None),
        ("REST.GET.FUTURE", true, None),
        ("rest.get.object", true, None),
        ("REST", false, None),
        ("", false, None),
    ];
    for (operation, has_key, expected) in table {
        let read = of(operation, *has_key)
            .map(|row| (row.access.name(), row.actions.join(" "), row.version_actions.join(" ")));
        let read = read.as_ref().map(|(access, plain, version)| (*access, plain.as_str(), version.as_str()));
        assert_eq!(read, *expected, "{operation}");
    }
}

#[test]
fn tiers() {
    use Tier::{Free, Tier1, Tier2};
    let table = [
        ("REST.PUT.OBJECT", Tier1),
        ("REST.PUT.PART", Tier1),
        ("REST.COPY.OBJECT", Tier1),
        ("REST.COPY.OBJECT_GET", Free),
        ("REST.POST.UPLOADS", Tier1),
        ("REST.POST.MULTI_OBJECT_DELETE", Free),
        ("BATCH.DELETE.OBJECT", Free),
        ("REST.DELETE.OBJECT", Free),
        ("REST.GET.BUCKET", Tier1),
        ("REST.GET.BUCKETVERSIONS", Tier1),
        ("REST.GET.OBJECT", Tier2),
        ("REST.HEAD.OBJECT", Tier2),
        ("REST.GET.ACL", Tier2),
        ("REST.PUT.ACL", Tier1),
        ("REST.POST.SELECT", Tier2),
        ("REST.OPTIONS.PREFLIGHT", Tier2),
        ("WEBSITE.GET.OBJECT", Tier2),
        ("SOAP.ListBucket", Tier1),
        ("SOAP.GetObject", Tier2),
        ("SOAP.DeleteObject", Free),
        ("S3.EXPIRE.OBJECT", Free),
        ("S3.COMPUTE.OBJECT.CHECKSUM", Free),
        ("S3.TRANSITION.OBJECT", Tier::Transition(StorageClass::Glacier)),
        ("S3.TRANSITION_GDA.OBJECT", Tier::Transition(StorageClass::DeepArchive)),
        // Not in the table.
        ("WEBSITE.INVALIDOPERATION", Tier2),
        ("REST.PUT.FUTURE", Tier1),
        ("REST.DELETE.FUTURE", Free),
        ("SOAP.CreateBucket", Tier1),
        ("S3.FUTURE.OBJECT", Free),
        ("odd", Tier2),
        ("", Tier2),
    ];
    for (operation, expected) in table {
        assert_eq!(Tier::of(Operation::new(operation.as_bytes())), expected, "{operation}");
    }
}

#[test]
fn versions_that_are_asked_for() {
    let table = [
        ("\"GET /k?versionId=v1 HTTP/1.1\"", "v1", true),
        ("\"GET /k HTTP/1.1\"", "v1", false),
        ("\"GET /k?versionId=v1 HTTP/1.1\"", "-", false),
        ("-", "v1", true),
    ];
    for (uri, version, expected) in table {
        let line = format!(
            "o b [06/Feb/2019:00:00:38 +0000] 192.0.2.3 - R REST.GET.OBJECT k {uri} 200 - 1 2 3 4 \"-\" \"a\" {version}"
        );
        let mut parser = Parser::default();
        assert_eq!(names_version(&parser.parse(line.as_bytes()).unwrap()), expected, "{line}");
    }
}

/// `docs/operations.md` is written from the table: run this test with `UPDATE_DOCS=1` after a change.
#[test]
fn the_documented_table_is_this_one() {
    let mut page = String::from(
        "# Operations\n\nThe operations that `s3al` knows, and what every report takes them for. Written from \
         `src/semantics/operations/table.rs`, which names the sources.\n\n\
         | operation | API | level | access | event | IAM actions | with a version | charged as |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for row in OPERATIONS {
        let event = row.event.map_or("", |event| event.names().0);
        let version =
            if row.version_actions == row.actions { String::new() } else { row.version_actions.join(", ") };
        let tier = match row.tier {
            Tier::Tier1 => "tier 1".to_owned(),
            Tier::Tier2 => "tier 2".to_owned(),
            Tier::Free => "free".to_owned(),
            Tier::Transition(class) => format!("transition to {}", class.name()),
        };
        let level = if row.level == Level::Object { "object" } else { "bucket" };
        let actions = row.actions.join(", ");
        let (name, api, access) = (row.name, row.api, row.access.name());
        writeln!(page, "| {name} | {api} | {level} | {access} | {event} | {actions} | {version} | {tier} |")
            .unwrap();
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operations.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), page, "run this test with UPDATE_DOCS=1");
}

/// Actions on buckets and objects, as they are in the copy of "Actions, resources, and condition keys for Amazon S3" that `mod.rs` names.
const AUTHORIZATION_REFERENCE: &str = "AbortMultipartUpload CreateBucket DeleteBucket DeleteBucketPolicy DeleteBucketWebsite DeleteObject \
    DeleteObjectTagging DeleteObjectVersion DeleteObjectVersionTagging GetAccelerateConfiguration \
    GetAnalyticsConfiguration GetBucketAcl GetBucketCORS GetBucketLocation GetBucketLogging \
    GetBucketNotification GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPolicy \
    GetBucketPolicyStatus GetBucketPublicAccessBlock GetBucketRequestPayment GetBucketTagging \
    GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration GetIntelligentTieringConfiguration \
    GetInventoryConfiguration GetLifecycleConfiguration GetMetricsConfiguration GetObject GetObjectAcl \
    GetObjectAttributes GetObjectLegalHold GetObjectRetention GetObjectTagging GetObjectTorrent \
    GetObjectVersion GetObjectVersionAcl GetObjectVersionAttributes GetObjectVersionForReplication \
    GetObjectVersionTagging GetObjectVersionTorrent GetReplicationConfiguration ListAllMyBuckets \
    ListBucket ListBucketMultipartUploads ListBucketVersions ListMultipartUploadParts \
    PutAccelerateConfiguration PutAnalyticsConfiguration PutBucketAcl PutBucketCORS PutBucketLogging \
    PutBucketNotification PutBucketObjectLockConfiguration PutBucketOwnershipControls PutBucketPolicy \
    PutBucketPublicAccessBlock PutBucketRequestPayment PutBucketTagging PutBucketVersioning \
    PutBucketWebsite PutEncryptionConfiguration PutIntelligentTieringConfiguration \
    PutInventoryConfiguration PutLifecycleConfiguration PutMetricsConfiguration PutObject PutObjectAcl \
    PutObjectLegalHold PutObjectRetention PutObjectTagging PutObjectVersionAcl PutObjectVersionTagging \
    PutReplicationConfiguration RestoreObject";

#[test]
fn every_action_is_one_of_the_authorization_reference() {
    let known: BTreeSet<&str> = AUTHORIZATION_REFERENCE.split(' ').collect();
    for row in OPERATIONS {
        for action in row.actions.iter().chain(row.version_actions) {
            assert!(known.contains(action.trim_start_matches("s3:")), "{}: {action}", row.name);
        }
    }
}
