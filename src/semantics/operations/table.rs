//! The operations: a row each.

use super::{Access, Level, OperationInfo, Source, Tier};
use crate::semantics::{Event, StorageClass};

macro_rules! operations {
    (@event -) => { None };
    (@event [$class:ident]) => { Some(Event::Transitioned(StorageClass::$class)) };
    (@event $event:ident) => { Some(Event::$event) };
    (@tier [$class:ident]) => { Tier::Transition(StorageClass::$class) };
    (@tier $tier:ident) => { Tier::$tier };
    ($($name:literal $api:literal $level:ident $access:ident $event:tt [$($action:literal)*] [$($version:literal)*]
        $tier:tt $source:ident;)*) => {
        &[$(OperationInfo {
            name: $name,
            api: $api,
            level: Level::$level,
            access: Access::$access,
            event: operations!(@event $event),
            actions: &[$($action),*],
            version_actions: &[$($version),*],
            tier: operations!(@tier $tier),
            source: Source::$source,
        }),*]
    };
}

/// All operations that are known. The columns: the name in the log, the API's name, the level, the kind of access, the event in
/// the life of an object, the IAM actions without and with a version, the price tier, the source of the name. A class in
/// brackets is the one that objects move to. ACL and TAGGING are there twice, for objects and for buckets.
pub(crate) const OPERATIONS: &[OperationInfo] = operations! {
    "REST.GET.OBJECT"                    "GetObject"                                   Object Read      Read                 ["s3:GetObject"]                          ["s3:GetObjectVersion"]                   Tier2                LogFormat;
    "REST.HEAD.OBJECT"                   "HeadObject"                                  Object Read      HeadRead             ["s3:GetObject"]                          ["s3:GetObjectVersion"]                   Tier2                Logs;
    "WEBSITE.GET.OBJECT"                 "GetObject"                                   Object Read      Read                 ["s3:GetObject"]                          ["s3:GetObjectVersion"]                   Tier2                LogFormat;
    "WEBSITE.HEAD.OBJECT"                "HeadObject"                                  Object Read      HeadRead             ["s3:GetObject"]                          ["s3:GetObjectVersion"]                   Tier2                Logs;
    "SOAP.GetObject"                     "GetObject"                                   Object Read      Read                 ["s3:GetObject"]                          ["s3:GetObjectVersion"]                   Tier2                Soap;
    "SOAP.GetObjectExtended"             "GetObject"                                   Object Read      Read                 ["s3:GetObject"]                          ["s3:GetObjectVersion"]                   Tier2                Soap;
    "REST.COPY.OBJECT_GET"               "CopyObject"                                  Object Read      ReadForCopy          ["s3:GetObject"]                          ["s3:GetObjectVersion"]                   Free                 LogFormat;
    "REST.COPY.PART_GET"                 "UploadPartCopy"                              Object Read      ReadForCopy          ["s3:GetObject"]                          ["s3:GetObjectVersion"]                   Free                 LogFormat;
    "REST.POST.SELECT"                   "SelectObjectContent"                         Object Read      Read                 ["s3:GetObject"]                          ["s3:GetObjectVersion"]                   Tier2                Logs;
    "REST.SELECT.OBJECT"                 "SelectObjectContent"                         Object Read      Read                 ["s3:GetObject"]                          ["s3:GetObjectVersion"]                   Tier2                Logs;
    "REST.GET.OBJECT_ATTRIBUTES"         "GetObjectAttributes"                         Object Read      SettingsRead         ["s3:GetObject" "s3:GetObjectAttributes"] ["s3:GetObjectVersion" "s3:GetObjectVersionAttributes"] Tier2                Logs;
    "REST.GET.TORRENT"                   "GetObjectTorrent"                            Object Read      Read                 ["s3:GetObjectTorrent"]                   ["s3:GetObjectVersionTorrent"]            Tier2                Logs;
    "REST.PUT.OBJECT"                    "PutObject"                                   Object Write     Created              ["s3:PutObject"]                          ["s3:PutObject"]                          Tier1                LogFormat;
    "REST.POST.OBJECT"                   "PostObject"                                  Object Write     Created              ["s3:PutObject"]                          ["s3:PutObject"]                          Tier1                Logs;
    "REST.COPY.OBJECT"                   "CopyObject"                                  Object Write     CreatedByCopy        ["s3:PutObject"]                          ["s3:PutObject"]                          Tier1                LogFormat;
    "REST.POST.UPLOADS"                  "CreateMultipartUpload"                       Object Write     UploadStarted        ["s3:PutObject"]                          ["s3:PutObject"]                          Tier1                Logs;
    "REST.PUT.PART"                      "UploadPart"                                  Object Write     PartUploaded         ["s3:PutObject"]                          ["s3:PutObject"]                          Tier1                Logs;
    "REST.COPY.PART"                     "UploadPartCopy"                              Object Write     PartUploaded         ["s3:PutObject"]                          ["s3:PutObject"]                          Tier1                LogFormat;
    "REST.POST.UPLOAD"                   "CompleteMultipartUpload"                     Object Write     CreatedFromParts     ["s3:PutObject"]                          ["s3:PutObject"]                          Tier1                Logs;
    "SOAP.PutObject"                     "PutObject"                                   Object Write     Created              ["s3:PutObject"]                          ["s3:PutObject"]                          Tier1                Soap;
    "SOAP.PutObjectInline"               "PutObject"                                   Object Write     Created              ["s3:PutObject"]                          ["s3:PutObject"]                          Tier1                Soap;
    "SOAP.CopyObject"                    "CopyObject"                                  Object Write     CreatedByCopy        ["s3:PutObject"]                          ["s3:PutObject"]                          Tier1                Soap;
    "REST.POST.RESTORE"                  "RestoreObject"                               Object Write     RestoreRequested     ["s3:RestoreObject"]                      ["s3:RestoreObject"]                      Tier1                Logs;
    "REST.DELETE.OBJECT"                 "DeleteObject"                                Object Delete    Deleted              ["s3:DeleteObject"]                       ["s3:DeleteObjectVersion"]                Free                 LogFormat;
    "BATCH.DELETE.OBJECT"                "DeleteObjects"                               Object Delete    DeletedInBatch       ["s3:DeleteObject"]                       ["s3:DeleteObjectVersion"]                Free                 LogFormat;
    "SOAP.DeleteObject"                  "DeleteObject"                                Object Delete    Deleted              ["s3:DeleteObject"]                       ["s3:DeleteObjectVersion"]                Free                 Soap;
    "REST.DELETE.UPLOAD"                 "AbortMultipartUpload"                        Object Delete    UploadAborted        ["s3:AbortMultipartUpload"]               ["s3:AbortMultipartUpload"]               Free                 Logs;
    "REST.GET.UPLOAD"                    "ListParts"                                   Object List      PartsListed          ["s3:ListMultipartUploadParts"]           ["s3:ListMultipartUploadParts"]           Tier1                Logs;
    "REST.OPTIONS.PREFLIGHT"             "OptionsObject"                               Object Other     Preflight            []                                        []                                        Tier2                Logs;
    "REST.POST.MULTI_OBJECT_DELETE"      "DeleteObjects"                               Bucket Delete    -                    []                                        []                                        Free                 LogFormat;
    "REST.GET.BUCKET"                    "ListObjectsV2"                               Bucket List      -                    ["s3:ListBucket"]                         ["s3:ListBucket"]                         Tier1                LogFormat;
    "REST.HEAD.BUCKET"                   "HeadBucket"                                  Bucket List      -                    ["s3:ListBucket"]                         ["s3:ListBucket"]                         Tier2                Logs;
    "SOAP.ListBucket"                    "ListObjects"                                 Bucket List      -                    ["s3:ListBucket"]                         ["s3:ListBucket"]                         Tier1                Soap;
    "REST.GET.BUCKETVERSIONS"            "ListObjectVersions"                          Bucket List      -                    ["s3:ListBucketVersions"]                 ["s3:ListBucketVersions"]                 Tier1                Logs;
    "REST.GET.UPLOADS"                   "ListMultipartUploads"                        Bucket List      -                    ["s3:ListBucketMultipartUploads"]         ["s3:ListBucketMultipartUploads"]         Tier1                Logs;
    "REST.PUT.BUCKET"                    "CreateBucket"                                Bucket Configure -                    ["s3:CreateBucket"]                       ["s3:CreateBucket"]                       Tier1                Logs;
    "REST.DELETE.BUCKET"                 "DeleteBucket"                                Bucket Configure -                    ["s3:DeleteBucket"]                       ["s3:DeleteBucket"]                       Free                 Logs;
    "S3.EXPIRE.OBJECT"                   "Lifecycle"                                   Object Delete    Expired              []                                        []                                        Free                 Lifecycle;
    "S3.CREATE.DELETEMARKER"             "Lifecycle"                                   Object Delete    MarkedDeleted        []                                        []                                        Free                 Lifecycle;
    "S3.DELETE.UPLOAD"                   "Lifecycle"                                   Object Delete    UploadExpired        []                                        []                                        Free                 Lifecycle;
    "S3.RESTORE.OBJECT"                  "RestoreObject"                               Object Write     Restored             []                                        []                                        Free                 Logs;
    "S3.COMPUTE.OBJECT.CHECKSUM"         "ComputeChecksum"                             Object Read      ChecksumComputed     []                                        []                                        Free                 LogFormat;
    "S3.TRANSITION_SIA.OBJECT"           "Lifecycle"                                   Object Configure [StandardIa]         []                                        []                                        [StandardIa]         Lifecycle;
    "S3.TRANSITION_ZIA.OBJECT"           "Lifecycle"                                   Object Configure [OnezoneIa]          []                                        []                                        [OnezoneIa]          Lifecycle;
    "S3.TRANSITION_INT.OBJECT"           "Lifecycle"                                   Object Configure [IntelligentTiering] []                                        []                                        [IntelligentTiering] Lifecycle;
    "S3.TRANSITION_GIR.OBJECT"           "Lifecycle"                                   Object Configure [GlacierIr]          []                                        []                                        [GlacierIr]          Lifecycle;
    "S3.TRANSITION.OBJECT"               "Lifecycle"                                   Object Configure [Glacier]            []                                        []                                        [Glacier]            Lifecycle;
    "S3.TRANSITION_GDA.OBJECT"           "Lifecycle"                                   Object Configure [DeepArchive]        []                                        []                                        [DeepArchive]        Lifecycle;
    "REST.GET.ACL"                       "GetObjectAcl"                                Object Configure SettingsRead         ["s3:GetObjectAcl"]                       ["s3:GetObjectVersionAcl"]                Tier2                Logs;
    "REST.PUT.ACL"                       "PutObjectAcl"                                Object Configure AclChanged           ["s3:PutObjectAcl"]                       ["s3:PutObjectVersionAcl"]                Tier1                Logs;
    "REST.GET.OBJECT_TAGGING"            "GetObjectTagging"                            Object Configure SettingsRead         ["s3:GetObjectTagging"]                   ["s3:GetObjectVersionTagging"]            Tier2                Logs;
    "REST.PUT.OBJECT_TAGGING"            "PutObjectTagging"                            Object Configure TagsChanged          ["s3:PutObjectTagging"]                   ["s3:PutObjectVersionTagging"]            Tier1                Logs;
    "REST.DELETE.OBJECT_TAGGING"         "DeleteObjectTagging"                         Object Configure TagsRemoved          ["s3:DeleteObjectTagging"]                ["s3:DeleteObjectVersionTagging"]         Free                 Logs;
    "REST.GET.TAGGING"                   "GetObjectTagging"                            Object Configure SettingsRead         ["s3:GetObjectTagging"]                   ["s3:GetObjectVersionTagging"]            Tier2                Logs;
    "REST.PUT.TAGGING"                   "PutObjectTagging"                            Object Configure TagsChanged          ["s3:PutObjectTagging"]                   ["s3:PutObjectVersionTagging"]            Tier1                Logs;
    "REST.DELETE.TAGGING"                "DeleteObjectTagging"                         Object Configure TagsRemoved          ["s3:DeleteObjectTagging"]                ["s3:DeleteObjectVersionTagging"]         Free                 Logs;
    "REST.GET.RETENTION"                 "GetObjectRetention"                          Object Configure SettingsRead         ["s3:GetObjectRetention"]                 ["s3:GetObjectRetention"]                 Tier2                Logs;
    "REST.PUT.RETENTION"                 "PutObjectRetention"                          Object Configure LockChanged          ["s3:PutObjectRetention"]                 ["s3:PutObjectRetention"]                 Tier1                Logs;
    "REST.GET.OBJECT_RETENTION"          "GetObjectRetention"                          Object Configure SettingsRead         ["s3:GetObjectRetention"]                 ["s3:GetObjectRetention"]                 Tier2                Logs;
    "REST.PUT.OBJECT_RETENTION"          "PutObjectRetention"                          Object Configure LockChanged          ["s3:PutObjectRetention"]                 ["s3:PutObjectRetention"]                 Tier1                Logs;
    "REST.GET.LEGAL_HOLD"                "GetObjectLegalHold"                          Object Configure SettingsRead         ["s3:GetObjectLegalHold"]                 ["s3:GetObjectLegalHold"]                 Tier2                Logs;
    "REST.PUT.LEGAL_HOLD"                "PutObjectLegalHold"                          Object Configure LockChanged          ["s3:PutObjectLegalHold"]                 ["s3:PutObjectLegalHold"]                 Tier1                Logs;
    "REST.GET.OBJECT_LEGAL_HOLD"         "GetObjectLegalHold"                          Object Configure SettingsRead         ["s3:GetObjectLegalHold"]                 ["s3:GetObjectLegalHold"]                 Tier2                Logs;
    "REST.PUT.OBJECT_LEGAL_HOLD"         "PutObjectLegalHold"                          Object Configure LockChanged          ["s3:PutObjectLegalHold"]                 ["s3:PutObjectLegalHold"]                 Tier1                Logs;
    "REST.GET.ACCELERATE"                "GetBucketAccelerateConfiguration"            Bucket Configure -                    ["s3:GetAccelerateConfiguration"]         ["s3:GetAccelerateConfiguration"]         Tier2                Logs;
    "REST.PUT.ACCELERATE"                "PutBucketAccelerateConfiguration"            Bucket Configure -                    ["s3:PutAccelerateConfiguration"]         ["s3:PutAccelerateConfiguration"]         Tier1                Logs;
    "REST.GET.ACL"                       "GetBucketAcl"                                Bucket Configure -                    ["s3:GetBucketAcl"]                       ["s3:GetBucketAcl"]                       Tier2                Logs;
    "REST.PUT.ACL"                       "PutBucketAcl"                                Bucket Configure -                    ["s3:PutBucketAcl"]                       ["s3:PutBucketAcl"]                       Tier1                Logs;
    "REST.GET.ANALYTICS"                 "GetBucketAnalyticsConfiguration"             Bucket Configure -                    ["s3:GetAnalyticsConfiguration"]          ["s3:GetAnalyticsConfiguration"]          Tier2                Logs;
    "REST.PUT.ANALYTICS"                 "PutBucketAnalyticsConfiguration"             Bucket Configure -                    ["s3:PutAnalyticsConfiguration"]          ["s3:PutAnalyticsConfiguration"]          Tier1                Logs;
    "REST.DELETE.ANALYTICS"              "DeleteBucketAnalyticsConfiguration"          Bucket Configure -                    ["s3:PutAnalyticsConfiguration"]          ["s3:PutAnalyticsConfiguration"]          Free                 Logs;
    "REST.GET.BUCKETPOLICY"              "GetBucketPolicy"                             Bucket Configure -                    ["s3:GetBucketPolicy"]                    ["s3:GetBucketPolicy"]                    Tier2                Logs;
    "REST.PUT.BUCKETPOLICY"              "PutBucketPolicy"                             Bucket Configure -                    ["s3:PutBucketPolicy"]                    ["s3:PutBucketPolicy"]                    Tier1                Logs;
    "REST.DELETE.BUCKETPOLICY"           "DeleteBucketPolicy"                          Bucket Configure -                    ["s3:DeleteBucketPolicy"]                 ["s3:DeleteBucketPolicy"]                 Free                 Logs;
    "REST.GET.CORS"                      "GetBucketCors"                               Bucket Configure -                    ["s3:GetBucketCORS"]                      ["s3:GetBucketCORS"]                      Tier2                Logs;
    "REST.PUT.CORS"                      "PutBucketCors"                               Bucket Configure -                    ["s3:PutBucketCORS"]                      ["s3:PutBucketCORS"]                      Tier1                Logs;
    "REST.DELETE.CORS"                   "DeleteBucketCors"                            Bucket Configure -                    ["s3:PutBucketCORS"]                      ["s3:PutBucketCORS"]                      Free                 Logs;
    "REST.GET.ENCRYPTION"                "GetBucketEncryption"                         Bucket Configure -                    ["s3:GetEncryptionConfiguration"]         ["s3:GetEncryptionConfiguration"]         Tier2                Logs;
    "REST.PUT.ENCRYPTION"                "PutBucketEncryption"                         Bucket Configure -                    ["s3:PutEncryptionConfiguration"]         ["s3:PutEncryptionConfiguration"]         Tier1                Logs;
    "REST.DELETE.ENCRYPTION"             "DeleteBucketEncryption"                      Bucket Configure -                    ["s3:PutEncryptionConfiguration"]         ["s3:PutEncryptionConfiguration"]         Free                 Logs;
    "REST.GET.INTELLIGENT_TIERING"       "GetBucketIntelligentTieringConfiguration"    Bucket Configure -                    ["s3:GetIntelligentTieringConfiguration"] ["s3:GetIntelligentTieringConfiguration"] Tier2                Logs;
    "REST.PUT.INTELLIGENT_TIERING"       "PutBucketIntelligentTieringConfiguration"    Bucket Configure -                    ["s3:PutIntelligentTieringConfiguration"] ["s3:PutIntelligentTieringConfiguration"] Tier1                Logs;
    "REST.DELETE.INTELLIGENT_TIERING"    "DeleteBucketIntelligentTieringConfiguration" Bucket Configure -                    ["s3:PutIntelligentTieringConfiguration"] ["s3:PutIntelligentTieringConfiguration"] Free                 Logs;
    "REST.GET.INVENTORY"                 "GetBucketInventoryConfiguration"             Bucket Configure -                    ["s3:GetInventoryConfiguration"]          ["s3:GetInventoryConfiguration"]          Tier2                Logs;
    "REST.PUT.INVENTORY"                 "PutBucketInventoryConfiguration"             Bucket Configure -                    ["s3:PutInventoryConfiguration"]          ["s3:PutInventoryConfiguration"]          Tier1                Logs;
    "REST.DELETE.INVENTORY"              "DeleteBucketInventoryConfiguration"          Bucket Configure -                    ["s3:PutInventoryConfiguration"]          ["s3:PutInventoryConfiguration"]          Free                 Logs;
    "REST.GET.LIFECYCLE"                 "GetBucketLifecycleConfiguration"             Bucket Configure -                    ["s3:GetLifecycleConfiguration"]          ["s3:GetLifecycleConfiguration"]          Tier2                Logs;
    "REST.PUT.LIFECYCLE"                 "PutBucketLifecycleConfiguration"             Bucket Configure -                    ["s3:PutLifecycleConfiguration"]          ["s3:PutLifecycleConfiguration"]          Tier1                Logs;
    "REST.DELETE.LIFECYCLE"              "DeleteBucketLifecycle"                       Bucket Configure -                    ["s3:PutLifecycleConfiguration"]          ["s3:PutLifecycleConfiguration"]          Free                 Logs;
    "REST.GET.LOCATION"                  "GetBucketLocation"                           Bucket Configure -                    ["s3:GetBucketLocation"]                  ["s3:GetBucketLocation"]                  Tier2                Logs;
    "REST.GET.LOGGING_STATUS"            "GetBucketLogging"                            Bucket Configure -                    ["s3:GetBucketLogging"]                   ["s3:GetBucketLogging"]                   Tier2                Logs;
    "REST.PUT.LOGGING_STATUS"            "PutBucketLogging"                            Bucket Configure -                    ["s3:PutBucketLogging"]                   ["s3:PutBucketLogging"]                   Tier1                Logs;
    "REST.GET.METRICS"                   "GetBucketMetricsConfiguration"               Bucket Configure -                    ["s3:GetMetricsConfiguration"]            ["s3:GetMetricsConfiguration"]            Tier2                Logs;
    "REST.PUT.METRICS"                   "PutBucketMetricsConfiguration"               Bucket Configure -                    ["s3:PutMetricsConfiguration"]            ["s3:PutMetricsConfiguration"]            Tier1                Logs;
    "REST.DELETE.METRICS"                "DeleteBucketMetricsConfiguration"            Bucket Configure -                    ["s3:PutMetricsConfiguration"]            ["s3:PutMetricsConfiguration"]            Free                 Logs;
    "REST.GET.NOTIFICATION"              "GetBucketNotificationConfiguration"          Bucket Configure -                    ["s3:GetBucketNotification"]              ["s3:GetBucketNotification"]              Tier2                Logs;
    "REST.PUT.NOTIFICATION"              "PutBucketNotificationConfiguration"          Bucket Configure -                    ["s3:PutBucketNotification"]              ["s3:PutBucketNotification"]              Tier1                Logs;
    "REST.GET.OBJECT_LOCK_CONFIGURATION" "GetObjectLockConfiguration"                  Bucket Configure -                    ["s3:GetBucketObjectLockConfiguration"]   ["s3:GetBucketObjectLockConfiguration"]   Tier2                Logs;
    "REST.PUT.OBJECT_LOCK_CONFIGURATION" "PutObjectLockConfiguration"                  Bucket Configure -                    ["s3:PutBucketObjectLockConfiguration"]   ["s3:PutBucketObjectLockConfiguration"]   Tier1                Logs;
    "REST.GET.OWNERSHIP_CONTROLS"        "GetBucketOwnershipControls"                  Bucket Configure -                    ["s3:GetBucketOwnershipControls"]         ["s3:GetBucketOwnershipControls"]         Tier2                Logs;
    "REST.PUT.OWNERSHIP_CONTROLS"        "PutBucketOwnershipControls"                  Bucket Configure -                    ["s3:PutBucketOwnershipControls"]         ["s3:PutBucketOwnershipControls"]         Tier1                Logs;
    "REST.DELETE.OWNERSHIP_CONTROLS"     "DeleteBucketOwnershipControls"               Bucket Configure -                    ["s3:PutBucketOwnershipControls"]         ["s3:PutBucketOwnershipControls"]         Free                 Logs;
    "REST.GET.POLICY_STATUS"             "GetBucketPolicyStatus"                       Bucket Configure -                    ["s3:GetBucketPolicyStatus"]              ["s3:GetBucketPolicyStatus"]              Tier2                Logs;
    "REST.GET.PUBLIC_ACCESS_BLOCK"       "GetPublicAccessBlock"                        Bucket Configure -                    ["s3:GetBucketPublicAccessBlock"]         ["s3:GetBucketPublicAccessBlock"]         Tier2                Logs;
    "REST.PUT.PUBLIC_ACCESS_BLOCK"       "PutPublicAccessBlock"                        Bucket Configure -                    ["s3:PutBucketPublicAccessBlock"]         ["s3:PutBucketPublicAccessBlock"]         Tier1                Logs;
    "REST.DELETE.PUBLIC_ACCESS_BLOCK"    "DeletePublicAccessBlock"                     Bucket Configure -                    ["s3:PutBucketPublicAccessBlock"]         ["s3:PutBucketPublicAccessBlock"]         Free                 Logs;
    "REST.GET.REPLICATION"               "GetBucketReplication"                        Bucket Configure -                    ["s3:GetReplicationConfiguration"]        ["s3:GetReplicationConfiguration"]        Tier2                Logs;
    "REST.PUT.REPLICATION"               "PutBucketReplication"                        Bucket Configure -                    ["s3:PutReplicationConfiguration"]        ["s3:PutReplicationConfiguration"]        Tier1                Logs;
    "REST.DELETE.REPLICATION"            "DeleteBucketReplication"                     Bucket Configure -                    ["s3:PutReplicationConfiguration"]        ["s3:PutReplicationConfiguration"]        Free                 Logs;
    "REST.GET.REQUEST_PAYMENT"           "GetBucketRequestPayment"                     Bucket Configure -                    ["s3:GetBucketRequestPayment"]            ["s3:GetBucketRequestPayment"]            Tier2                Logs;
    "REST.PUT.REQUEST_PAYMENT"           "PutBucketRequestPayment"                     Bucket Configure -                    ["s3:PutBucketRequestPayment"]            ["s3:PutBucketRequestPayment"]            Tier1                Logs;
    "REST.GET.TAGGING"                   "GetBucketTagging"                            Bucket Configure -                    ["s3:GetBucketTagging"]                   ["s3:GetBucketTagging"]                   Tier2                Logs;
    "REST.PUT.TAGGING"                   "PutBucketTagging"                            Bucket Configure -                    ["s3:PutBucketTagging"]                   ["s3:PutBucketTagging"]                   Tier1                Logs;
    "REST.DELETE.TAGGING"                "DeleteBucketTagging"                         Bucket Configure -                    ["s3:PutBucketTagging"]                   ["s3:PutBucketTagging"]                   Free                 Logs;
    "REST.GET.VERSIONING"                "GetBucketVersioning"                         Bucket Configure -                    ["s3:GetBucketVersioning"]                ["s3:GetBucketVersioning"]                Tier2                Logs;
    "REST.PUT.VERSIONING"                "PutBucketVersioning"                         Bucket Configure -                    ["s3:PutBucketVersioning"]                ["s3:PutBucketVersioning"]                Tier1                Logs;
    "REST.GET.WEBSITE"                   "GetBucketWebsite"                            Bucket Configure -                    ["s3:GetBucketWebsite"]                   ["s3:GetBucketWebsite"]                   Tier2                Logs;
    "REST.PUT.WEBSITE"                   "PutBucketWebsite"                            Bucket Configure -                    ["s3:PutBucketWebsite"]                   ["s3:PutBucketWebsite"]                   Tier1                Logs;
    "REST.DELETE.WEBSITE"                "DeleteBucketWebsite"                         Bucket Configure -                    ["s3:DeleteBucketWebsite"]                ["s3:DeleteBucketWebsite"]                Free                 Logs;
};
