//! The operations of access logs, how often each is asked for, and how such requests end.

/// What a request of an operation looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Get,
    Head,
    Put,
    Delete,
    /// On one object, with a query: `?acl`.
    Object,
    /// On the bucket, with a query: `?versioning`.
    Bucket,
    List,
    Service,
    Upload,
    Copy,
    CopyPart,
    DeleteMany,
    Website,
    InvalidWebsite,
    Soap,
    /// S3's own work: no client, no HTTP.
    Own,
    /// Written as a part of something larger, never by itself.
    Part,
}

#[derive(Clone, Copy, Debug)]
pub struct Op {
    pub name: &'static str,
    /// How often, in shares of the sum of all.
    weight: u32,
    pub kind: Kind,
    pub query: &'static str,
}

const fn op(name: &'static str, weight: u32, kind: Kind, query: &'static str) -> Op {
    Op { name, weight, kind, query }
}

/// Operations on one object's or the bucket's settings: how the operation ends, what the query is called, and which
/// methods there are.
macro_rules! settings {
    ($($kind:ident $resource:literal $query:literal: $($method:literal)*;)*) => {
        &[$($(op(concat!("REST.", $method, ".", $resource), 2, Kind::$kind, $query),)*)*]
    };
}

const SETTINGS: &[Op] = settings! {
    Object "ACL" "acl": "GET" "PUT";
    Object "OBJECT_TAGGING" "tagging": "GET" "PUT" "DELETE";
    Object "OBJECT_ATTRIBUTES" "attributes": "GET";
    Object "LEGAL_HOLD" "legal-hold": "GET" "PUT";
    Object "RETENTION" "retention": "GET" "PUT";
    Object "TORRENT" "torrent": "GET";
    Object "RESTORE" "restore": "POST";
    Object "SELECT" "select&select-type=2": "POST";
    Object "PREFLIGHT" "x=1": "OPTIONS";
    Object "UPLOAD" "uploadId=VXBsb2FkIElE": "GET" "DELETE";
    Bucket "UPLOADS" "uploads": "GET";
    Bucket "BUCKETVERSIONS" "versions&encoding-type=url": "GET";
    Bucket "BUCKETPOLICY" "policy": "GET" "PUT" "DELETE";
    Bucket "POLICY_STATUS" "policyStatus": "GET";
    Bucket "LOCATION" "location": "GET";
    Bucket "LOGGING_STATUS" "logging": "GET" "PUT";
    Bucket "VERSIONING" "versioning": "GET" "PUT";
    Bucket "LIFECYCLE" "lifecycle": "GET" "PUT" "DELETE";
    Bucket "CORS" "cors": "GET" "PUT" "DELETE";
    Bucket "NOTIFICATION" "notification": "GET" "PUT";
    Bucket "REPLICATION" "replication": "GET" "PUT" "DELETE";
    Bucket "ENCRYPTION" "encryption": "GET" "PUT" "DELETE";
    Bucket "TAGGING" "tagging": "GET" "PUT" "DELETE";
    Bucket "WEBSITE" "website": "GET" "PUT" "DELETE";
    Bucket "REQUEST_PAYMENT" "requestPayment": "GET" "PUT";
    Bucket "ACCELERATE" "accelerate": "GET" "PUT";
    Bucket "ANALYTICS" "analytics": "GET" "PUT";
    Bucket "INVENTORY" "inventory": "GET" "PUT";
    Bucket "METRICS" "metrics": "GET" "PUT";
    Bucket "INTELLIGENT_TIERING" "intelligent-tiering": "GET" "PUT";
    Bucket "PUBLIC_ACCESS_BLOCK" "publicAccessBlock": "GET" "PUT";
    Bucket "OWNERSHIP_CONTROLS" "ownershipControls": "GET" "PUT";
    Bucket "OBJECT_LOCK_CONFIGURATION" "object-lock": "GET" "PUT";
};

const TRAFFIC: &[Op] = &[
    op("REST.GET.OBJECT", 5_200, Kind::Get, ""),
    op("REST.HEAD.OBJECT", 1_300, Kind::Head, ""),
    op("REST.PUT.OBJECT", 1_400, Kind::Put, ""),
    op("REST.POST.OBJECT", 8, Kind::Put, ""),
    op("REST.DELETE.OBJECT", 160, Kind::Delete, ""),
    op("REST.GET.BUCKET", 650, Kind::List, ""),
    op("REST.HEAD.BUCKET", 90, Kind::Bucket, ""),
    op("REST.PUT.BUCKET", 1, Kind::Bucket, ""),
    op("REST.DELETE.BUCKET", 1, Kind::Bucket, ""),
    op("REST.GET.SERVICE", 4, Kind::Service, ""),
    op("REST.POST.UPLOADS", 25, Kind::Upload, "uploads"),
    op("REST.PUT.PART", 0, Kind::Part, ""),
    op("REST.POST.UPLOAD", 0, Kind::Part, ""),
    op("REST.COPY.OBJECT", 40, Kind::Copy, ""),
    op("REST.COPY.OBJECT_GET", 0, Kind::Part, ""),
    op("REST.COPY.PART", 10, Kind::CopyPart, ""),
    op("REST.COPY.PART_GET", 0, Kind::Part, ""),
    op("REST.POST.MULTI_OBJECT_DELETE", 12, Kind::DeleteMany, "delete"),
    op("BATCH.DELETE.OBJECT", 0, Kind::Part, ""),
    op("WEBSITE.GET.OBJECT", 260, Kind::Website, ""),
    op("WEBSITE.HEAD.OBJECT", 12, Kind::Website, ""),
    op("WEBSITE.POST.OBJECT", 3, Kind::InvalidWebsite, ""),
    op("WEBSITE.INVALIDOPERATION", 2, Kind::InvalidWebsite, ""),
    op("SOAP.ListAllMyBuckets", 1, Kind::Soap, ""),
    op("SOAP.ListBucket", 1, Kind::Soap, ""),
    op("SOAP.GetObject", 1, Kind::Soap, ""),
    op("SOAP.GetObjectExtended", 1, Kind::Soap, ""),
    op("SOAP.PutObject", 1, Kind::Soap, ""),
    op("SOAP.PutObjectInline", 1, Kind::Soap, ""),
    op("SOAP.DeleteObject", 1, Kind::Soap, ""),
    op("S3.EXPIRE.OBJECT", 90, Kind::Own, ""),
    op("S3.CREATE.DELETEMARKER", 30, Kind::Own, ""),
    op("S3.DELETE.UPLOAD", 8, Kind::Own, ""),
    op("S3.TRANSITION.OBJECT", 20, Kind::Own, ""),
    op("S3.TRANSITION_SIA.OBJECT", 20, Kind::Own, ""),
    op("S3.TRANSITION_ZIA.OBJECT", 5, Kind::Own, ""),
    op("S3.TRANSITION_INT.OBJECT", 20, Kind::Own, ""),
    op("S3.TRANSITION_GIR.OBJECT", 5, Kind::Own, ""),
    op("S3.TRANSITION_GDA.OBJECT", 5, Kind::Own, ""),
    op("S3.RESTORE.OBJECT", 4, Kind::Own, ""),
    op("S3.COMPUTE.OBJECT.CHECKSUM", 3, Kind::Own, ""),
];

/// All operations, and one slot per unit of weight, so that one draw is one look-up.
#[derive(Debug)]
pub struct Ops {
    pub all: Vec<Op>,
    slots: Vec<u16>,
}

impl Ops {
    pub fn new() -> Self {
        let all: Vec<Op> = TRAFFIC.iter().chain(SETTINGS).copied().collect();
        let slots = all.iter().enumerate();
        let slots =
            slots.flat_map(|(place, op)| std::iter::repeat_n(place as u16, op.weight as usize)).collect();
        Self { all, slots }
    }

    /// The place in `all` of a drawn operation.
    pub fn draw(&self, random: u64) -> usize {
        usize::from(self.slots[(random % self.slots.len() as u64) as usize])
    }

    /// The place of a name; 0, a plain download, for a name that is not in the list.
    pub fn place(&self, name: &str) -> usize {
        self.all.iter().position(|op| op.name == name).unwrap_or_default()
    }
}

/// Status and error code of a response; status 0 is S3's own work, which has none.
pub const OUTCOMES: [(u16, &str); 30] = [
    (200, "-"),
    (206, "-"),
    (204, "-"),
    (304, "-"),
    (403, "AccessDenied"),
    (404, "NoSuchKey"),
    (503, "SlowDown"),
    (500, "InternalError"),
    (0, "-"),
    (301, "PermanentRedirect"),
    (302, "Found"),
    (307, "TemporaryRedirect"),
    (400, "AuthorizationHeaderMalformed"),
    (400, "BadRequest"),
    (400, "ExpiredToken"),
    (400, "InvalidArgument"),
    (400, "MalformedXML"),
    (400, "RequestTimeout"),
    (403, "InvalidAccessKeyId"),
    (403, "InvalidObjectState"),
    (403, "RequestTimeTooSkewed"),
    (403, "SignatureDoesNotMatch"),
    (404, "NoSuchBucket"),
    (404, "NoSuchUpload"),
    (404, "NoSuchVersion"),
    (405, "MethodNotAllowed"),
    (409, "OperationAborted"),
    (412, "PreconditionFailed"),
    (416, "InvalidRange"),
    (501, "NotImplemented"),
];

pub const OK: usize = 0;
pub const PARTIAL: usize = 1;
pub const NO_CONTENT: usize = 2;
pub const NOT_MODIFIED: usize = 3;
pub const DENIED: usize = 4;
pub const NO_KEY: usize = 5;
pub const SLOW_DOWN: usize = 6;
pub const INTERNAL: usize = 7;
pub const NONE: usize = 8;
pub const METHOD: usize = 25;
/// From here on: rare ends.
pub const RARE: usize = 9;
