//! What each operation of the log is: the one table that every report asks.
//!
//! Sources:
//! - IAM actions: AWS, "Actions, resources, and condition keys for Amazon S3", Service Authorization Reference
//!   (docs.aws.amazon.com/service-authorization/latest/reference/list_s3.html), read in the copy of 2024-02-12 that
//!   JuroOravec/aws-iam-policy-types keeps (`docs/typedoc/enums/AwsS3Actions.md`): a test holds every action to the names in it. And the
//!   permissions that the S3 API reference names for each operation, as the documentation of the crate `aws-sdk-s3` 1.157.0 quotes them.
//! - Price tiers: AWS, "Amazon S3 pricing" (aws.amazon.com/s3/pricing): PUT, COPY, POST and LIST are tier 1; GET, SELECT and all
//!   other requests tier 2; DELETE and CANCEL are free; lifecycle transitions have prices of their own.
//! - Names in the log: see [`Source`]. AWS publishes no list, so operations that are not here are legal too.

mod table;
#[cfg(test)]
mod tests;

use memchr::memmem;
use serde::{Deserialize, Serialize};

pub(crate) use self::table::OPERATIONS;
use crate::record::{Field, Operation, Record};
use crate::semantics::{Event, StorageClass};

/// What is known of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OperationInfo {
    /// Its name in the log.
    pub(crate) name: &'static str,
    /// The operation of the API, or what in S3 does it.
    pub(crate) api: &'static str,
    /// Whether it acts on a bucket or an object.
    pub(crate) level: Level,
    /// The kind of access.
    pub(crate) access: Access,
    /// What it means in the life of an object; `None` for operations on buckets.
    pub(crate) event: Option<Event>,
    /// The IAM actions that allow it. Empty if none is needed, or if other records show what was done.
    pub(crate) actions: &'static [&'static str],
    /// The IAM actions that allow it on a version that the request names.
    pub(crate) version_actions: &'static [&'static str],
    /// The price tier of a request.
    pub(crate) tier: Tier,
    /// Where the name is from.
    pub(crate) source: Source,
}

/// What an operation acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// A bucket; its record has no key.
    Bucket,
    /// An object.
    Object,
}

/// A kind of access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Access {
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
    /// None of these, or an operation that is not known.
    Other,
}

impl Access {
    /// Its name in every output.
    pub(crate) const fn name(self) -> &'static str {
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

/// The price tier of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tier {
    /// PUT, COPY, POST, LIST.
    Tier1,
    /// GET, SELECT and all others.
    Tier2,
    /// DELETE and CANCEL; S3's own work; records written beside the one that is charged.
    Free,
    /// A lifecycle rule moved an object to this class.
    Transition(StorageClass),
}

/// Where the name of an operation is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// AWS, "Amazon S3 server access log format" (docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html): its examples and
    /// its sections on copies and batch deletes.
    LogFormat,
    /// AWS, "Lifecycle and other bucket configurations", section "Lifecycle and logging"
    /// (docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-and-other-bucket-config.html).
    Lifecycle,
    /// Logs that people have published, and the lists of operations in programs that read logs.
    Logs,
    /// Logs of the time of SOAP, as `SOAP.` and the operation's name in the API.
    Soap,
}

/// Slots of the index: enough that few names share one.
const INDEX_SLOTS: usize = 512;

/// No row. Also more than there are rows, so that looking it up ends a search.
const EMPTY_SLOT: u8 = u8::MAX;

/// The rows by the slots of their names, made at compile time: a lookup is one multiplication and, nearly always, one comparison.
static INDEX: [u8; INDEX_SLOTS] = {
    assert!(OPERATIONS.len() < EMPTY_SLOT as usize);
    let mut index = [EMPTY_SLOT; INDEX_SLOTS];
    let mut row = 0;
    while row < OPERATIONS.len() {
        let Some(mut slot) = slot_of(OPERATIONS[row].name.as_bytes()) else { panic!("a name is too short") };
        while index[slot] != EMPTY_SLOT {
            slot = (slot + 1) % INDEX_SLOTS;
        }
        index[slot] = row as u8;
        row += 1;
    }
    index
};

/// Where the search for a name starts; `None` for texts shorter than any name. The family, the method and the end of the resource
/// are enough to tell names apart.
const fn slot_of(name: &[u8]) -> Option<usize> {
    let (Some(end), Some((_, rest))) = (name.last_chunk(), name.split_first_chunk::<4>()) else {
        return None;
    };
    let Some(middle) = rest.first_chunk() else { return None };
    let mixed = u64::from_le_bytes(*end) ^ u64::from_le_bytes(*middle).rotate_left(31) ^ name.len() as u64;
    Some((mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (u64::BITS - INDEX_SLOTS.ilog2())) as usize)
}

impl OperationInfo {
    /// What is known of an operation; `has_key` tells settings of an object from those of its bucket.
    #[inline]
    pub(crate) fn of(operation: Operation<'_>, has_key: bool) -> Option<&'static Self> {
        OPERATIONS.get(Self::place(operation, has_key)?)
    }

    /// The place of what [`OperationInfo::of`] finds, for an [`OperationSet`].
    #[inline]
    pub(crate) fn place(operation: Operation<'_>, has_key: bool) -> Option<usize> {
        Self::find(operation.text(), |row| {
            row.access != Access::Configure || (row.level == Level::Object) == has_key
        })
    }

    #[inline]
    fn find(name: &[u8], is_right: impl Fn(&Self) -> bool) -> Option<usize> {
        let mut slot = slot_of(name)?;
        loop {
            let place = usize::from(INDEX[slot]);
            let row = OPERATIONS.get(place)?;
            if row.name.as_bytes() == name && is_right(row) {
                return Some(place);
            }
            slot = (slot + 1) % INDEX_SLOTS;
        }
    }
}

/// Some of the operations that are known, one bit for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OperationSet([u64; (EMPTY_SLOT as usize).div_ceil(64)]);

impl OperationSet {
    /// All operations that pass a test.
    pub(crate) fn of(test: impl Fn(&OperationInfo) -> bool) -> Self {
        let mut bits = [0; (EMPTY_SLOT as usize).div_ceil(64)];
        for (place, _) in OPERATIONS.iter().enumerate().filter(|(_, row)| test(row)) {
            bits[place / 64] |= 1 << (place % 64);
        }
        Self(bits)
    }

    /// Whether it is empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|bits| *bits == 0)
    }

    /// Whether an operation is in it, by its [`OperationInfo::place`].
    #[inline]
    pub(crate) fn holds(&self, place: usize) -> bool {
        self.0.get(place / 64).is_some_and(|bits| bits & (1 << (place % 64)) != 0)
    }
}

impl Tier {
    /// The price tier of an operation. The price list has a tier for every method, so unknown operations have one too.
    #[inline]
    pub(crate) fn of(operation: Operation<'_>) -> Self {
        let row = OperationInfo::find(operation.text(), |_| true).and_then(|place| OPERATIONS.get(place));
        row.map_or_else(|| Self::of_unknown(operation), |row| row.tier)
    }

    fn of_unknown(operation: Operation<'_>) -> Self {
        let text = operation.text();
        if operation.is_s3_own() || text.starts_with(b"BATCH.") {
            return Self::Free;
        }
        if let Some(name) = text.strip_prefix(b"SOAP.") {
            let starts = |names: &[&[u8]]| names.iter().any(|start| name.starts_with(start));
            return match () {
                () if starts(&[b"Delete"]) => Self::Free,
                () if starts(&[b"Put", b"Copy", b"Create", b"List"]) => Self::Tier1,
                () => Self::Tier2,
            };
        }
        match operation.method() {
            Some(b"DELETE") => Self::Free,
            Some(b"PUT" | b"COPY" | b"POST") => Self::Tier1,
            _ => Self::Tier2,
        }
    }
}

/// Whether the response of a success is the object, or a range of it: a download through REST, a website or SOAP. A query
/// (SELECT) reads the object too, but sends something else.
#[inline]
pub(crate) fn sends_object(operation: Operation<'_>) -> bool {
    OperationInfo::of(operation, true).is_some_and(|row| row.api == "GetObject")
}

/// Whether a request names a version of an object, which asks for other permissions. The record of a batch has no URI.
pub(crate) fn names_version(record: &Record<'_>) -> bool {
    record.get(Field::VersionId).is_some()
        && record.get(Field::RequestUri).is_none_or(|uri| memmem::find(uri, b"versionId=").is_some())
}

/// Whether a client sent it. S3's own work and the source's record of a copy came over no connection of a client's.
#[inline]
pub(crate) fn is_of_client(record: &Record<'_>) -> bool {
    let operation = record.operation();
    record.get(Field::RemoteIp).is_some()
        && !operation.is_s3_own()
        && !matches!(operation.text(), b"REST.COPY.OBJECT_GET" | b"REST.COPY.PART_GET")
}
