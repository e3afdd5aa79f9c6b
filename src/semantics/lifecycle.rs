//! What an operation means in the life of an object.
//!
//! Sources: AWS, "Amazon S3 server access log format" and "Lifecycle and logging", and the operations that are seen in logs.

use enum_map::Enum;
use serde::{Deserialize, Serialize};

use crate::record::Operation;
use crate::semantics::OperationInfo;

/// Something that happens to an object. Events are in the order in which they can follow each other within one second, the
/// shortest time that the log tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Enum)]
pub(crate) enum Event {
    /// A browser asked whether it may ask.
    Preflight,
    /// A multipart upload was begun.
    UploadStarted,
    /// A part was uploaded or copied in.
    PartUploaded,
    /// The parts of an upload were listed.
    PartsListed,
    /// Written at once, by PUT or by a form.
    Created,
    /// Written as a copy of another object.
    CreatedByCopy,
    /// Put together from its parts.
    CreatedFromParts,
    /// The upload was given up by its owner.
    UploadAborted,
    /// The upload was given up by a lifecycle rule.
    UploadExpired,
    /// Its checksum was computed by S3.
    ChecksumComputed,
    /// Its ACL was changed.
    AclChanged,
    /// Its tags were changed.
    TagsChanged,
    /// Its tags were removed.
    TagsRemoved,
    /// Its retention or its legal hold was changed.
    LockChanged,
    /// A restore was asked for.
    RestoreRequested,
    /// It was restored by S3.
    Restored,
    /// Its body was read.
    Read,
    /// Its metadata was read: its size, its date, whether it exists.
    HeadRead,
    /// It was read to be copied elsewhere.
    ReadForCopy,
    /// Its ACL, tags or the like were read.
    SettingsRead,
    /// A lifecycle rule moved it to another storage class.
    Transitioned(StorageClass),
    /// Deleted, alone.
    Deleted,
    /// Deleted together with others.
    DeletedInBatch,
    /// A lifecycle rule put a delete marker on it.
    MarkedDeleted,
    /// A lifecycle rule deleted it for good.
    Expired,
}

/// What a successful request does to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Its content is used.
    Read,
    /// It has new content.
    Write,
    /// It is gone, or hidden by a delete marker.
    Delete,
    /// Neither: its head or settings were looked at, or it only moved.
    Other,
}

/// A storage class that lifecycle rules move objects to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Enum, Serialize, Deserialize)]
pub(crate) enum StorageClass {
    StandardIa,
    OnezoneIa,
    IntelligentTiering,
    GlacierIr,
    Glacier,
    DeepArchive,
}

impl StorageClass {
    /// Its name in the API.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::StandardIa => "STANDARD_IA",
            Self::OnezoneIa => "ONEZONE_IA",
            Self::IntelligentTiering => "INTELLIGENT_TIERING",
            Self::GlacierIr => "GLACIER_IR",
            Self::Glacier => "GLACIER",
            Self::DeepArchive => "DEEP_ARCHIVE",
        }
    }
}

impl Event {
    /// What an operation on a key means; `None` for operations that are not known.
    #[inline]
    pub(crate) fn of(operation: Operation<'_>) -> Option<Self> {
        OperationInfo::of(operation, true)?.event
    }

    /// A number in the order of events.
    #[inline]
    pub(crate) fn rank(self) -> u64 {
        self.into_usize() as u64
    }

    /// What its success does to the object: this decides what counts as the last read or write.
    pub(crate) const fn effect(self) -> Effect {
        match self {
            // Whoever copies an object away or runs a query on it has use for it.
            Self::Read | Self::ReadForCopy => Effect::Read,
            Self::Created | Self::CreatedByCopy | Self::CreatedFromParts => Effect::Write,
            Self::Deleted | Self::DeletedInBatch | Self::MarkedDeleted | Self::Expired => Effect::Delete,
            _ => Effect::Other,
        }
    }

    /// What happened if the object existed before; `None` for events that write no object.
    pub(crate) const fn overwriting_name(self) -> Option<&'static str> {
        match self {
            Self::Created => Some("overwritten"),
            Self::CreatedByCopy => Some("overwritten by copy"),
            Self::CreatedFromParts => Some("overwritten from parts"),
            _ => None,
        }
    }

    /// What happened, or what was tried if it failed.
    pub(crate) const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Preflight => ("preflight", "preflight"),
            Self::UploadStarted => ("upload started", "upload start"),
            Self::PartUploaded => ("part uploaded", "part upload"),
            Self::PartsListed => ("parts listed", "list of parts"),
            Self::Created => ("created", "create"),
            Self::CreatedByCopy => ("created by copy", "create by copy"),
            Self::CreatedFromParts => ("created from parts", "create from parts"),
            Self::UploadAborted => ("upload aborted", "upload abort"),
            Self::UploadExpired => ("upload aborted by lifecycle", "upload abort by lifecycle"),
            Self::ChecksumComputed => ("checksum computed", "checksum"),
            Self::AclChanged => ("ACL changed", "ACL change"),
            Self::TagsChanged => ("tags changed", "tag change"),
            Self::TagsRemoved => ("tags removed", "tag removal"),
            Self::LockChanged => ("lock changed", "lock change"),
            Self::RestoreRequested => ("restore requested", "restore request"),
            Self::Restored => ("restored", "restore"),
            Self::Read => ("read", "read"),
            Self::HeadRead => ("metadata read", "metadata read"),
            Self::ReadForCopy => ("read for copy", "read for copy"),
            Self::SettingsRead => ("settings read", "settings read"),
            Self::Transitioned(_) => ("transitioned by lifecycle", "transition by lifecycle"),
            Self::Deleted => ("deleted", "delete"),
            Self::DeletedInBatch => ("deleted in batch", "delete in batch"),
            Self::MarkedDeleted => ("delete marker by lifecycle", "delete marker by lifecycle"),
            Self::Expired => ("expired by lifecycle", "expiry by lifecycle"),
        }
    }

    /// Whether it leaves the object as it is, so that a row for many of them needs only the first, the last and their number.
    pub(crate) const fn is_repeated(self) -> bool {
        matches!(
            self,
            Self::Preflight
                | Self::PartUploaded
                | Self::PartsListed
                | Self::Read
                | Self::HeadRead
                | Self::ReadForCopy
                | Self::SettingsRead
        )
    }

    /// Whether its success shows that the object existed by then. Deleting what does not exist
    /// succeeds too.
    pub(crate) const fn shows_object(self) -> bool {
        !matches!(
            self,
            Self::Preflight
                | Self::UploadStarted
                | Self::PartUploaded
                | Self::PartsListed
                | Self::UploadAborted
                | Self::UploadExpired
                | Self::Deleted
                | Self::DeletedInBatch
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events() {
        /// The name, whether it is repeated, and whether it shows the object.
        type Expected = Option<(&'static str, bool, bool)>;
        let table: &[(&str, Expected)] = &[
            ("REST.GET.OBJECT", Some(("read", true, true))),
            ("REST.PUT.OBJECT", Some(("created", false, true))),
            ("REST.POST.UPLOAD", Some(("created from parts", false, true))),
            ("REST.POST.UPLOADS", Some(("upload started", false, false))),
            ("REST.PUT.PART", Some(("part uploaded", true, false))),
            ("REST.COPY.OBJECT", Some(("created by copy", false, true))),
            ("REST.COPY.OBJECT_GET", Some(("read for copy", true, true))),
            ("REST.PUT.ACL", Some(("ACL changed", false, true))),
            ("REST.DELETE.OBJECT", Some(("deleted", false, false))),
            ("BATCH.DELETE.OBJECT", Some(("deleted in batch", false, false))),
            ("S3.EXPIRE.OBJECT", Some(("expired by lifecycle", false, true))),
            ("S3.TRANSITION_GDA.OBJECT", Some(("transitioned by lifecycle", false, true))),
            ("REST.GET.BUCKET", None),
            ("rest.get.object", None),
            ("", None),
        ];
        for (operation, expected) in table {
            let event = Event::of(Operation::new(operation.as_bytes()));
            let read = event.map(|event| (event.names().0, event.is_repeated(), event.shows_object()));
            assert_eq!(read, *expected, "{operation}");
        }
    }

    #[test]
    fn ranks_are_in_the_order_of_events() {
        let all: Vec<Event> = (0..Event::LENGTH).map(Event::from_usize).collect();
        assert!(all.is_sorted_by(|a, b| a < b && a.rank() < b.rank()), "{all:?}");
    }

    #[test]
    fn transitions_name_their_class() {
        let table = [
            ("S3.TRANSITION.OBJECT", "GLACIER"),
            ("S3.TRANSITION_SIA.OBJECT", "STANDARD_IA"),
            ("S3.TRANSITION_ZIA.OBJECT", "ONEZONE_IA"),
            ("S3.TRANSITION_INT.OBJECT", "INTELLIGENT_TIERING"),
            ("S3.TRANSITION_GIR.OBJECT", "GLACIER_IR"),
            ("S3.TRANSITION_GDA.OBJECT", "DEEP_ARCHIVE"),
        ];
        for (operation, class) in table {
            match Event::of(Operation::new(operation.as_bytes())) {
                Some(Event::Transitioned(to)) => assert_eq!(to.name(), class),
                other => panic!("{operation}: {other:?}"),
            }
        }
    }
}
