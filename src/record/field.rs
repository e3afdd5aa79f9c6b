//! The 27 fields of a record, in the order of the log format.
//!
//! Source of the order and the names: AWS, "Amazon S3 server access log format".

use std::fmt;
use std::str::FromStr;

/// The type of a field, so that rows can carry typed values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Bytes as the client or S3 wrote them.
    Text,
    /// A point in time.
    Time,
    /// A plain number: an HTTP status.
    Integer,
    /// A number of bytes.
    Bytes,
    /// A number of milliseconds.
    Milliseconds,
    /// `Yes`, or `-` for no.
    Boolean,
}

macro_rules! fields {
    ($($variant:ident $name:literal $kind:ident $doc:literal;)*) => {
        /// A field of a record. The order of the variants is the order in the line.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Field {
            $(#[doc = $doc] $variant,)*
        }

        impl Field {
            /// Every field, in the order of the line.
            pub const ALL: [Field; Field::COUNT] = [$(Field::$variant,)*];

            /// The field's name: in filters, `--by`, JSON, CSV and SQL.
            pub const fn name(self) -> &'static str {
                match self { $(Field::$variant => $name,)* }
            }

            /// What it is, in one sentence.
            pub(crate) const fn doc(self) -> &'static str {
                match self { $(Field::$variant => $doc,)* }
            }

            /// The field's type.
            pub const fn kind(self) -> FieldKind {
                match self { $(Field::$variant => FieldKind::$kind,)* }
            }
        }
    };
}

fields! {
    BucketOwner "bucket_owner" Text "Canonical user id of the owner of the source bucket.";
    Bucket "bucket" Text "The source bucket: the one that was accessed.";
    Timestamp "timestamp" Time "When the request was received.";
    RemoteIp "remote_ip" Text "The client's address; none for S3's own work.";
    Requester "requester" Text "Who asked: ARN, user id, service; none if anonymous.";
    RequestId "request_id" Text "16 characters, or a UUID.";
    Operation "operation" Text "Such as `REST.GET.OBJECT`.";
    Key "key" Text "The object's key, URL-encoded as in the log.";
    RequestUri "request_uri" Text "The first line of the HTTP request.";
    HttpStatus "http_status" Integer "Status of the response; none for S3's own work.";
    ErrorCode "error_code" Text "Such as `AccessDenied`.";
    BytesSent "bytes_sent" Bytes "Size of the response body.";
    ObjectSize "object_size" Bytes "Size of the whole object.";
    TotalTime "total_time" Milliseconds "From the request's arrival to the last byte sent.";
    TurnAroundTime "turn_around_time" Milliseconds "From the request's last byte to the response's first.";
    Referer "referer" Text "The Referer header.";
    UserAgent "user_agent" Text "The User-Agent header.";
    VersionId "version_id" Text "The version of the object.";
    HostId "host_id" Text "The x-amz-id-2 of the request.";
    SignatureVersion "signature_version" Text "`SigV2` or `SigV4`; none if unauthenticated.";
    CipherSuite "cipher_suite" Text "The TLS cipher; none for plain HTTP.";
    AuthenticationType "authentication_type" Text "`AuthHeader` or `QueryString` (presigned).";
    HostHeader "host_header" Text "The endpoint the client named.";
    TlsVersion "tls_version" Text "Such as `TLSv1.2`.";
    AccessPointArn "access_point_arn" Text "The access point, if one was used.";
    AclRequired "acl_required" Boolean "Whether an ACL was needed to allow it.";
    SourceRegion "source_region" Text "The AWS region the request came from.";
}

impl Field {
    /// How many fields the format knows today.
    pub const COUNT: usize = 27;
    /// How many come before the part of the line that has grown over the years: up to the user agent.
    pub(crate) const HEAD: usize = 17;

    /// The field's place in the line, from 0.
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Field {
    type Err = UnknownField;

    fn from_str(text: &str) -> Result<Self, UnknownField> {
        Field::ALL.into_iter().find(|field| field.name() == text).ok_or_else(|| UnknownField(text.to_owned()))
    }
}

/// A name that no field has.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown field {0:?}")]
pub struct UnknownField(pub(crate) String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for (place, field) in Field::ALL.into_iter().enumerate() {
            assert_eq!(field.index(), place);
            assert_eq!(field.name().parse(), Ok(field));
        }
        assert_eq!("ip".parse::<Field>(), Err(UnknownField("ip".into())));
    }
}
