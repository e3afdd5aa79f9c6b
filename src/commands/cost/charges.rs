//! What AWS charges for: the tier of a request, and where its bytes went.
//!
//! Sources: AWS, "Amazon S3 pricing" and "Billing for Amazon S3 error responses".

use crate::aggregate::Merge;
use crate::record::{Field, Operation, Record};
use crate::semantics::{Event, StorageClass};

/// Where the bytes of a response went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Egress {
    /// To CloudFront, or in a response that is not billed.
    Free,
    SameRegion,
    OtherRegion,
    Internet,
    /// The line is older than the field that tells.
    Unknown,
}

/// What is charged of requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Charges {
    pub(super) requests: u64,
    pub(super) tier1: u64,
    pub(super) tier2: u64,
    pub(super) free: u64,
    /// By [`StorageClass`].
    pub(super) transitions: [u64; 6],
    /// By [`Egress`].
    pub(super) bytes: [u64; 5],
}

impl Merge for Charges {
    fn merge(&mut self, other: Self) {
        self.requests += other.requests;
        self.tier1 += other.tier1;
        self.tier2 += other.tier2;
        self.free += other.free;
        for (count, more) in self.transitions.iter_mut().zip(other.transitions) {
            *count += more;
        }
        for (bytes, more) in self.bytes.iter_mut().zip(other.bytes) {
            *bytes = bytes.saturating_add(more);
        }
    }
}

/// What a request is charged as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charge {
    Tier1,
    Tier2,
    Free,
    Transition(StorageClass),
}

impl Charges {
    /// Takes in one more request, without its bytes.
    #[inline]
    pub(super) fn add(&mut self, charge: Charge) {
        self.requests += 1;
        match charge {
            Charge::Tier1 => self.tier1 += 1,
            Charge::Tier2 => self.tier2 += 1,
            Charge::Free => self.free += 1,
            Charge::Transition(class) => self.transitions[class as usize] += 1,
        }
    }

    /// Takes in the bytes of a response.
    #[inline]
    pub(super) fn send(&mut self, kind: Egress, bytes: u64) {
        let sum = &mut self.bytes[kind as usize];
        *sum = sum.saturating_add(bytes);
    }
}

/// 13 May 2024: from then on, requests from outside that are denied cost the bucket's owner nothing.
const DENIED_ARE_FREE: i64 = 1_715_558_400_000;

/// Whether AWS does not bill the request for how it ended. Of those that were denied, only anonymous ones are from outside
/// for sure: the log does not name the account of the bucket's owner.
#[inline]
pub(super) fn is_unbilled(record: &Record<'_>) -> bool {
    match record.http_status() {
        Some(500..) => true,
        Some(403) => {
            record.requester().is_anonymous()
                && record.timestamp().millis() >= DENIED_ARE_FREE
                && record.get(Field::ErrorCode) == Some(b"AccessDenied")
        }
        Some(301 | 307) => {
            matches!(record.get(Field::ErrorCode), Some(b"PermanentRedirect" | b"TemporaryRedirect"))
        }
        _ => false,
    }
}

/// What the operation is charged as.
#[inline]
pub(super) fn charge(operation: &[u8]) -> Charge {
    let (family, rest) = match operation.iter().position(|byte| *byte == b'.') {
        Some(dot) => (&operation[..dot], &operation[dot + 1..]),
        None => return Charge::Tier2,
    };
    match family {
        b"S3" => {
            return match Event::of(Operation::new(operation)) {
                Some(Event::Transitioned(class)) => Charge::Transition(class),
                _ => Charge::Free,
            };
        }
        // One request of its own is in the log for all of them.
        b"BATCH" => return Charge::Free,
        b"SOAP" if rest.starts_with(b"Delete") => return Charge::Free,
        b"SOAP" => {
            let is_tier1 =
                [&b"Put"[..], b"Copy", b"Create", b"List"].iter().any(|name| rest.starts_with(name));
            return if is_tier1 { Charge::Tier1 } else { Charge::Tier2 };
        }
        _ => {}
    }
    let (method, resource) = match rest.iter().position(|byte| *byte == b'.') {
        Some(dot) => (&rest[..dot], &rest[dot + 1..]),
        None => (rest, &b""[..]),
    };
    match (method, resource) {
        (b"DELETE", _) | (b"POST", b"MULTI_OBJECT_DELETE") => Charge::Free,
        // The source's side of a copy: the request is charged where it was sent to.
        (b"COPY", b"OBJECT_GET" | b"PART_GET") => Charge::Free,
        (b"POST", resource) if resource.starts_with(b"SELECT") => Charge::Tier2,
        (b"PUT" | b"COPY" | b"POST", _) => Charge::Tier1,
        (b"GET", b"BUCKET" | b"BUCKETVERSIONS" | b"UPLOADS" | b"UPLOAD" | b"SERVICE") => Charge::Tier1,
        _ => Charge::Tier2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parser::Parser;

    #[test]
    fn tiers() {
        use Charge::{Free, Tier1, Tier2};
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
            ("REST.OPTIONS.PREFLIGHT", Tier2),
            ("WEBSITE.GET.OBJECT", Tier2),
            ("WEBSITE.INVALIDOPERATION", Tier2),
            ("SOAP.ListBucket", Tier1),
            ("SOAP.GetObject", Tier2),
            ("SOAP.DeleteObject", Free),
            ("S3.EXPIRE.OBJECT", Free),
            ("S3.COMPUTE.OBJECT.CHECKSUM", Free),
            ("S3.TRANSITION.OBJECT", Charge::Transition(StorageClass::Glacier)),
            ("S3.TRANSITION_GDA.OBJECT", Charge::Transition(StorageClass::DeepArchive)),
            ("odd", Tier2),
            ("", Tier2),
        ];
        for (operation, expected) in table {
            assert_eq!(charge(operation.as_bytes()), expected, "{operation}");
        }
    }

    #[test]
    fn what_is_not_billed() {
        let table = [
            ("13/May/2024", "-", "403 AccessDenied", true),
            ("12/May/2024", "-", "403 AccessDenied", false),
            ("13/May/2024", "arn:aws:iam::111122223333:user/a", "403 AccessDenied", false),
            ("13/May/2024", "-", "403 SignatureDoesNotMatch", false),
            ("13/May/2024", "a", "503 SlowDown", true),
            ("13/May/2024", "a", "301 PermanentRedirect", true),
            ("13/May/2024", "a", "404 NoSuchKey", false),
            ("13/May/2024", "a", "200 -", false),
            ("13/May/2024", "AmazonS3", "- -", false),
        ];
        for (date, requester, outcome, expected) in table {
            let line = format!(
                "o b [{date}:00:00:00 +0000] 192.0.2.3 {requester} R1 REST.GET.OBJECT k \"GET /k HTTP/1.1\" {outcome} 1 2 3 4 \"-\" \"a\" -"
            );
            let mut parser = Parser::default();
            let record = parser.parse(line.as_bytes()).expect("a record");
            assert_eq!(is_unbilled(&record), expected, "{line}");
        }
    }
}
