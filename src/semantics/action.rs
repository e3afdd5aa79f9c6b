//! What an operation does to what it names, and the IAM actions that allow it.
//!
//! Sources: AWS, "Actions, resources, and condition keys for Amazon S3" (Service Authorization Reference) for operations of the
//! API and their actions; "Amazon S3 server access log format" and real logs for the operations' names in the log.

use memchr::memmem;

use crate::record::{Field, Operation, Record};

/// A kind of access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Objects are read.
    Read,
    /// Objects are written.
    Write,
    /// Objects or uploads are deleted.
    Delete,
    /// Names are listed.
    List,
    /// Settings of buckets or objects are read or changed: ACLs, tags, policies, ...
    Configure,
    /// An operation that is not known.
    Other,
}

impl Access {
    /// Its name in every output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Delete => "delete",
            Self::List => "list",
            Self::Configure => "configure",
            Self::Other => "other",
        }
    }
}

/// What allows an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// An action on the bucket.
    Bucket(&'static str),
    /// Actions on the object.
    Object(&'static [&'static str]),
    /// Nothing: the operation needs no permission, or other records stand for what it does.
    Nothing,
}

/// What an operation does, and what allows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action {
    /// The kind of access.
    pub access: Access,
    /// What allows it.
    pub grant: Grant,
    /// What allows it on a version that the request names.
    pub version: Grant,
}

impl Action {
    /// What an operation does; `has_key` tells those of an object from those of its bucket. `None` for operations that are not
    /// known.
    pub fn of(operation: Operation<'_>, has_key: bool) -> Option<Self> {
        if let Some((_, access, grant, version)) =
            OBJECTS.iter().find(|row| operation.text() == row.0.as_bytes())
        {
            return Some(Self {
                access: *access,
                grant: Grant::Object(grant),
                version: Grant::Object(version),
            });
        }
        if let Some((_, access, grant)) = OTHERS.iter().find(|row| operation.text() == row.0.as_bytes()) {
            return Some(Self { access: *access, grant: *grant, version: *grant });
        }
        let settings = if has_key { OBJECT_SETTINGS } else { BUCKET_SETTINGS };
        if !operation.text().starts_with(b"REST.") {
            return None;
        }
        let resource = operation.resource()?;
        let (_, [get, put, delete]) = settings.iter().find(|row| resource == row.0.as_bytes())?;
        let [plain, version] = match operation.method()? {
            b"GET" => *get,
            b"PUT" => *put,
            b"DELETE" => *delete,
            _ => return None,
        };
        let grant = |names: &'static [&'static str]| match names {
            [name] if !has_key => Some(Grant::Bucket(name)),
            [] => None,
            names => Some(Grant::Object(names)),
        };
        Some(Self { access: Access::Configure, grant: grant(plain)?, version: grant(version)? })
    }

    /// Whether a request names a version of an object, which asks for other permissions. The record of a batch has no URI.
    pub fn names_version(record: &Record<'_>) -> bool {
        record.get(Field::VersionId).is_some()
            && record.get(Field::RequestUri).is_none_or(|uri| memmem::find(uri, b"versionId=").is_some())
    }
}

type Names = &'static [&'static str];

/// Operations on objects: the actions, and those on a version.
const OBJECTS: &[(&str, Access, Names, Names)] = {
    const READ: (Access, Names, Names) = (Access::Read, &["s3:GetObject"], &["s3:GetObjectVersion"]);
    const WRITE: (Access, Names, Names) = (Access::Write, &["s3:PutObject"], &["s3:PutObject"]);
    const DELETE: (Access, Names, Names) =
        (Access::Delete, &["s3:DeleteObject"], &["s3:DeleteObjectVersion"]);
    &[
        ("REST.GET.OBJECT", READ.0, READ.1, READ.2),
        ("REST.HEAD.OBJECT", READ.0, READ.1, READ.2),
        ("WEBSITE.GET.OBJECT", READ.0, READ.1, READ.2),
        ("WEBSITE.HEAD.OBJECT", READ.0, READ.1, READ.2),
        ("SOAP.GetObject", READ.0, READ.1, READ.2),
        ("SOAP.GetObjectExtended", READ.0, READ.1, READ.2),
        ("REST.COPY.OBJECT_GET", READ.0, READ.1, READ.2),
        ("REST.COPY.PART_GET", READ.0, READ.1, READ.2),
        ("REST.POST.SELECT", READ.0, READ.1, READ.2),
        ("REST.SELECT.OBJECT", READ.0, READ.1, READ.2),
        (
            "REST.GET.OBJECT_ATTRIBUTES",
            Access::Read,
            &["s3:GetObject", "s3:GetObjectAttributes"],
            &["s3:GetObjectVersion", "s3:GetObjectVersionAttributes"],
        ),
        ("REST.GET.TORRENT", Access::Read, &["s3:GetObjectTorrent"], &["s3:GetObjectVersionTorrent"]),
        ("REST.PUT.OBJECT", WRITE.0, WRITE.1, WRITE.2),
        ("REST.POST.OBJECT", WRITE.0, WRITE.1, WRITE.2),
        ("REST.COPY.OBJECT", WRITE.0, WRITE.1, WRITE.2),
        ("REST.POST.UPLOADS", WRITE.0, WRITE.1, WRITE.2),
        ("REST.PUT.PART", WRITE.0, WRITE.1, WRITE.2),
        ("REST.COPY.PART", WRITE.0, WRITE.1, WRITE.2),
        ("REST.POST.UPLOAD", WRITE.0, WRITE.1, WRITE.2),
        ("SOAP.PutObject", WRITE.0, WRITE.1, WRITE.2),
        ("SOAP.PutObjectInline", WRITE.0, WRITE.1, WRITE.2),
        ("REST.POST.RESTORE", Access::Write, &["s3:RestoreObject"], &["s3:RestoreObject"]),
        ("REST.DELETE.OBJECT", DELETE.0, DELETE.1, DELETE.2),
        ("BATCH.DELETE.OBJECT", DELETE.0, DELETE.1, DELETE.2),
        ("SOAP.DeleteObject", DELETE.0, DELETE.1, DELETE.2),
        ("REST.DELETE.UPLOAD", Access::Delete, &["s3:AbortMultipartUpload"], &["s3:AbortMultipartUpload"]),
        ("REST.GET.UPLOAD", Access::List, &["s3:ListMultipartUploadParts"], &["s3:ListMultipartUploadParts"]),
    ]
};

/// Operations on buckets, and those that no permission of a requester stands behind.
const OTHERS: &[(&str, Access, Grant)] = &[
    ("REST.GET.BUCKET", Access::List, Grant::Bucket("s3:ListBucket")),
    ("REST.HEAD.BUCKET", Access::List, Grant::Bucket("s3:ListBucket")),
    ("SOAP.ListBucket", Access::List, Grant::Bucket("s3:ListBucket")),
    ("REST.GET.BUCKETVERSIONS", Access::List, Grant::Bucket("s3:ListBucketVersions")),
    ("REST.GET.UPLOADS", Access::List, Grant::Bucket("s3:ListBucketMultipartUploads")),
    ("REST.PUT.BUCKET", Access::Configure, Grant::Bucket("s3:CreateBucket")),
    ("REST.DELETE.BUCKET", Access::Configure, Grant::Bucket("s3:DeleteBucket")),
    // Each object has a BATCH.DELETE.OBJECT record of its own.
    ("REST.POST.MULTI_OBJECT_DELETE", Access::Delete, Grant::Nothing),
    ("REST.OPTIONS.PREFLIGHT", Access::Other, Grant::Nothing),
    ("S3.EXPIRE.OBJECT", Access::Delete, Grant::Nothing),
    ("S3.CREATE.DELETEMARKER", Access::Delete, Grant::Nothing),
    ("S3.DELETE.UPLOAD", Access::Delete, Grant::Nothing),
    ("S3.RESTORE.OBJECT", Access::Write, Grant::Nothing),
    ("S3.COMPUTE.OBJECT.CHECKSUM", Access::Read, Grant::Nothing),
    ("S3.TRANSITION.OBJECT", Access::Configure, Grant::Nothing),
    ("S3.TRANSITION_SIA.OBJECT", Access::Configure, Grant::Nothing),
    ("S3.TRANSITION_ZIA.OBJECT", Access::Configure, Grant::Nothing),
    ("S3.TRANSITION_INT.OBJECT", Access::Configure, Grant::Nothing),
    ("S3.TRANSITION_GIR.OBJECT", Access::Configure, Grant::Nothing),
    ("S3.TRANSITION_GDA.OBJECT", Access::Configure, Grant::Nothing),
];

/// A setting: what allows to GET, to PUT and to DELETE it, each on the object or bucket and on a version.
type Setting = (&'static str, [[Names; 2]; 3]);

/// A setting of a bucket: the actions behind GET, PUT and DELETE.
const fn bucket(name: &'static str, get: Names, put: Names, delete: Names) -> Setting {
    (name, [[get, get], [put, put], [delete, delete]])
}

const BUCKET_SETTINGS: &[Setting] = &[
    bucket("ACCELERATE", &["s3:GetAccelerateConfiguration"], &["s3:PutAccelerateConfiguration"], &[]),
    bucket("ACL", &["s3:GetBucketAcl"], &["s3:PutBucketAcl"], &[]),
    bucket(
        "ANALYTICS",
        &["s3:GetAnalyticsConfiguration"],
        &["s3:PutAnalyticsConfiguration"],
        &["s3:PutAnalyticsConfiguration"],
    ),
    bucket("BUCKETPOLICY", &["s3:GetBucketPolicy"], &["s3:PutBucketPolicy"], &["s3:DeleteBucketPolicy"]),
    bucket("CORS", &["s3:GetBucketCORS"], &["s3:PutBucketCORS"], &["s3:PutBucketCORS"]),
    bucket(
        "ENCRYPTION",
        &["s3:GetEncryptionConfiguration"],
        &["s3:PutEncryptionConfiguration"],
        &["s3:PutEncryptionConfiguration"],
    ),
    bucket(
        "INTELLIGENT_TIERING",
        &["s3:GetIntelligentTieringConfiguration"],
        &["s3:PutIntelligentTieringConfiguration"],
        &["s3:PutIntelligentTieringConfiguration"],
    ),
    bucket(
        "INVENTORY",
        &["s3:GetInventoryConfiguration"],
        &["s3:PutInventoryConfiguration"],
        &["s3:PutInventoryConfiguration"],
    ),
    bucket(
        "LIFECYCLE",
        &["s3:GetLifecycleConfiguration"],
        &["s3:PutLifecycleConfiguration"],
        &["s3:PutLifecycleConfiguration"],
    ),
    bucket("LOCATION", &["s3:GetBucketLocation"], &[], &[]),
    bucket("LOGGING_STATUS", &["s3:GetBucketLogging"], &["s3:PutBucketLogging"], &[]),
    bucket(
        "METRICS",
        &["s3:GetMetricsConfiguration"],
        &["s3:PutMetricsConfiguration"],
        &["s3:PutMetricsConfiguration"],
    ),
    bucket("NOTIFICATION", &["s3:GetBucketNotification"], &["s3:PutBucketNotification"], &[]),
    bucket(
        "OBJECT_LOCK_CONFIGURATION",
        &["s3:GetBucketObjectLockConfiguration"],
        &["s3:PutBucketObjectLockConfiguration"],
        &[],
    ),
    bucket(
        "OWNERSHIP_CONTROLS",
        &["s3:GetBucketOwnershipControls"],
        &["s3:PutBucketOwnershipControls"],
        &["s3:PutBucketOwnershipControls"],
    ),
    bucket("POLICY_STATUS", &["s3:GetBucketPolicyStatus"], &[], &[]),
    bucket(
        "PUBLIC_ACCESS_BLOCK",
        &["s3:GetBucketPublicAccessBlock"],
        &["s3:PutBucketPublicAccessBlock"],
        &["s3:PutBucketPublicAccessBlock"],
    ),
    bucket(
        "REPLICATION",
        &["s3:GetReplicationConfiguration"],
        &["s3:PutReplicationConfiguration"],
        &["s3:PutReplicationConfiguration"],
    ),
    bucket("REQUEST_PAYMENT", &["s3:GetBucketRequestPayment"], &["s3:PutBucketRequestPayment"], &[]),
    bucket("TAGGING", &["s3:GetBucketTagging"], &["s3:PutBucketTagging"], &["s3:PutBucketTagging"]),
    bucket("VERSIONING", &["s3:GetBucketVersioning"], &["s3:PutBucketVersioning"], &[]),
    bucket("WEBSITE", &["s3:GetBucketWebsite"], &["s3:PutBucketWebsite"], &["s3:DeleteBucketWebsite"]),
];

const TAGS: [[Names; 2]; 3] = [
    [&["s3:GetObjectTagging"], &["s3:GetObjectVersionTagging"]],
    [&["s3:PutObjectTagging"], &["s3:PutObjectVersionTagging"]],
    [&["s3:DeleteObjectTagging"], &["s3:DeleteObjectVersionTagging"]],
];
const RETENTION: [[Names; 2]; 3] = [
    [&["s3:GetObjectRetention"], &["s3:GetObjectRetention"]],
    [&["s3:PutObjectRetention"], &["s3:PutObjectRetention"]],
    [&[], &[]],
];
const LEGAL_HOLD: [[Names; 2]; 3] = [
    [&["s3:GetObjectLegalHold"], &["s3:GetObjectLegalHold"]],
    [&["s3:PutObjectLegalHold"], &["s3:PutObjectLegalHold"]],
    [&[], &[]],
];

const OBJECT_SETTINGS: &[Setting] = &[
    (
        "ACL",
        [
            [&["s3:GetObjectAcl"], &["s3:GetObjectVersionAcl"]],
            [&["s3:PutObjectAcl"], &["s3:PutObjectVersionAcl"]],
            [&[], &[]],
        ],
    ),
    ("OBJECT_TAGGING", TAGS),
    ("TAGGING", TAGS),
    ("RETENTION", RETENTION),
    ("OBJECT_RETENTION", RETENTION),
    ("LEGAL_HOLD", LEGAL_HOLD),
    ("OBJECT_LEGAL_HOLD", LEGAL_HOLD),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parser::Parser;

    #[test]
    fn what_operations_do_and_what_allows_them() {
        /// The kind of access and the two grants.
        type Expected = Option<(&'static str, &'static str, &'static str)>;
        let table: &[(&str, bool, Expected)] = &[
            ("REST.GET.OBJECT", true, Some(("read", "s3:GetObject", "s3:GetObjectVersion"))),
            ("REST.HEAD.OBJECT", true, Some(("read", "s3:GetObject", "s3:GetObjectVersion"))),
            ("REST.PUT.PART", true, Some(("write", "s3:PutObject", "s3:PutObject"))),
            ("BATCH.DELETE.OBJECT", true, Some(("delete", "s3:DeleteObject", "s3:DeleteObjectVersion"))),
            ("REST.POST.MULTI_OBJECT_DELETE", false, Some(("delete", "", ""))),
            ("REST.GET.BUCKET", false, Some(("list", "bucket s3:ListBucket", "bucket s3:ListBucket"))),
            ("REST.GET.ACL", false, Some(("configure", "bucket s3:GetBucketAcl", "bucket s3:GetBucketAcl"))),
            ("REST.GET.ACL", true, Some(("configure", "s3:GetObjectAcl", "s3:GetObjectVersionAcl"))),
            (
                "REST.DELETE.OBJECT_TAGGING",
                true,
                Some(("configure", "s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging")),
            ),
            (
                "REST.DELETE.ENCRYPTION",
                false,
                Some((
                    "configure",
                    "bucket s3:PutEncryptionConfiguration",
                    "bucket s3:PutEncryptionConfiguration",
                )),
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
            ("", false, None),
        ];
        let names = |grant| match grant {
            Grant::Bucket(name) => format!("bucket {name}"),
            Grant::Object(names) => names.join(" "),
            Grant::Nothing => String::new(),
        };
        for (operation, has_key, expected) in table {
            let action = Action::of(Operation::new(operation.as_bytes()), *has_key);
            let read =
                action.map(|action| (action.access.name(), names(action.grant), names(action.version)));
            let read =
                read.as_ref().map(|(access, grant, version)| (*access, grant.as_str(), version.as_str()));
            assert_eq!(read, *expected, "{operation}");
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
            assert_eq!(Action::names_version(&parser.parse(line.as_bytes()).unwrap()), expected, "{line}");
        }
    }
}
