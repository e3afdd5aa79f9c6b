//! Columns: the name of a value, and what tables leave out in a narrow terminal.

use super::Audience;
use crate::aggregate::{Derived, Dimension};
use crate::record::{Field, FieldKind};

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    /// A field name of the log format, or a metric name.
    pub(crate) name: String,
    /// What people read above it, where its name is not it: the hours of a heat map's cells, a value in short. It is shown as it is,
    /// so whoever sets it makes text of the log safe to show.
    pub(crate) heading: Option<String>,
    /// What to do with a value that does not fit a terminal.
    pub(crate) fit: Fit,
    /// What a null means to people (`anonymous`); shown in tables for people only.
    pub(crate) null: &'static str,
    /// What an empty text means to people, as `null`.
    pub(crate) empty: &'static str,
    /// The least width to which values may be cut, in columns of a terminal.
    pub(crate) minimum: usize,
    /// How important it is: tables for people show columns in this order, and leave out the last first.
    pub(crate) importance: Importance,
    /// The short form of its values, for narrow terminals.
    pub(crate) short: Option<Short>,
    /// Who is shown it, unless it is asked for by name.
    pub(crate) audience: Audience,
    /// What of it stands out in a terminal with colors.
    pub(crate) accent: Option<Accent>,
    /// Whether tables for people leave it out if all of its values are zero or null.
    pub(crate) hide_zero: bool,
    /// What becomes of it where a terminal has no room for it.
    pub(crate) without_room: WithoutRoom,
    /// The column whose value is said where this one has none, if there is no room for that column: what has no key is done to a bucket.
    pub(crate) instead: Option<Field>,
}

/// What becomes of a column that a terminal has no room for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum WithoutRoom {
    /// It is left out if its importance lets it be, and named below the table.
    #[default]
    Hidden,
    /// Each of its values is said in a line below its row.
    Below,
    /// Its numbers are added to those of the last of such columns, which is called `other`.
    Added,
}

/// What people read where there is no value, unless there is a word for it.
pub(crate) const NO_VALUE: &str = "-";
/// The least width of a path: its end says most, and its start says where it is.
const MIN_NAME_WIDTH: usize = 32;
/// Short forms of requesters, and the first words of a text.
pub(super) const MIN_WORDS_WIDTH: usize = 16;
/// What was done, and how it ended.
pub(super) const MIN_EVENT_WIDTH: usize = 20;
/// The name of a bucket is not cut if there is another way: "Bucket names must be between 3 (min) and 63 (max) characters
/// long" (Amazon S3 User Guide, "General purpose bucket naming rules").
const MIN_BUCKET_WIDTH: usize = 63;

/// How important a column is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Importance {
    /// Part of the answer, and read first.
    Lead,
    /// Part of the answer: never left out.
    #[default]
    Answer,
    /// Helps to understand the answer.
    Context,
    /// Good to have if there is room.
    Detail,
}

/// What to do with a column that does not fit a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// Never cut: numbers, times, short codes.
    Whole,
    /// The middle is lost to `…`: keys, ARNs, addresses.
    Middle,
    /// The end is lost to `…`: user agents.
    End,
    /// Fewer steps, each the highest of several: lines of counts over time.
    Peaks,
}

/// A way to write values in less room, without cutting them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Short {
    /// A requester by its name and the end of its account: `EtlRunner @6666`.
    Requester,
    /// An operation without `REST.` and `.OBJECT`: `GET`, `PUT.PART`.
    Operation,
    /// A user agent by the name of its client: `aws-cli/2`.
    UserAgent,
    /// A status that takes its error code along: `403 AccessDenied`.
    Status,
    /// An error code, which the status says already.
    Error,
}

/// What stands out in a terminal with colors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Accent {
    /// Statuses, and classes of them, of requests that failed.
    Status,
    /// Words for how bad something is: `medium` and worse.
    Severity,
    /// Counts of requests that failed.
    Errors,
    /// Counts of requests that were denied.
    Denials,
    /// What was done, as its status, which the table has as well.
    Outcome,
}

impl Column {
    /// A column that is never cut.
    pub(crate) fn whole(name: impl Into<String>) -> Self {
        let name = name.into();
        // Two words of our own, in many tables.
        let accent = match name.as_str() {
            "errors" => Some(Accent::Errors),
            "denials" => Some(Accent::Denials),
            _ => None,
        };
        Self {
            name,
            heading: None,
            fit: Fit::Whole,
            null: NO_VALUE,
            empty: "",
            minimum: 0,
            importance: Importance::Answer,
            short: None,
            audience: Audience::All,
            accent,
            hide_zero: false,
            without_room: WithoutRoom::Hidden,
            instead: None,
        }
    }

    /// A column whose values lose their middle where they do not fit.
    pub(crate) fn middle(name: impl Into<String>) -> Self {
        Self { fit: Fit::Middle, minimum: MIN_NAME_WIDTH, ..Self::whole(name) }
    }

    /// A column whose values lose their end where they do not fit.
    pub(crate) fn end(name: impl Into<String>) -> Self {
        Self { fit: Fit::End, minimum: MIN_WORDS_WIDTH, ..Self::whole(name) }
    }

    /// The same column, with another word for null in tables for people.
    pub(crate) fn null_as(mut self, null: &'static str) -> Self {
        self.null = null;
        self
    }

    /// The same column with the name of an object, or of the bucket where there is none and no room for both.
    pub(crate) fn or_bucket(mut self) -> Self {
        self.instead = Some(Field::Bucket);
        self
    }

    /// The same column with another heading for people.
    pub(crate) fn headed(mut self, heading: impl Into<String>) -> Self {
        self.heading = Some(heading.into());
        self
    }

    /// The same column with this importance.
    pub(crate) fn of_importance(mut self, importance: Importance) -> Self {
        self.importance = importance;
        self
    }

    /// The same column, which where there is no room for it becomes part of the last of such columns.
    pub(crate) fn added(mut self) -> Self {
        self.without_room = WithoutRoom::Added;
        self
    }

    /// The same column, shown whatever its values are.
    pub(crate) fn shown(mut self) -> Self {
        self.hide_zero = false;
        self
    }

    /// The column of a field: its name, and how it may be cut.
    pub(crate) fn of(field: Field) -> Self {
        let column = match field {
            Field::Requester => Self::middle(field.name()).null_as("anonymous"),
            Field::UserAgent | Field::CipherSuite | Field::ErrorCode => Self::end(field.name()),
            Field::RemoteIp | Field::RequestId => Self::whole(field.name()),
            _ if field.kind() == FieldKind::Text => Self::middle(field.name()),
            _ => Self::whole(field.name()),
        };
        let short = match field {
            Field::Requester | Field::BucketOwner => Some(Short::Requester),
            Field::Operation => Some(Short::Operation),
            Field::UserAgent => Some(Short::UserAgent),
            Field::HttpStatus => Some(Short::Status),
            Field::ErrorCode => Some(Short::Error),
            _ => None,
        };
        let minimum = match field {
            Field::Bucket => MIN_BUCKET_WIDTH,
            Field::Requester | Field::BucketOwner | Field::Operation => MIN_WORDS_WIDTH,
            _ => column.minimum,
        };
        let accent = (field == Field::HttpStatus).then_some(Accent::Status);
        let instead = (field == Field::Key).then_some(Field::Bucket);
        Self { short, minimum, accent, instead, ..column }
    }

    /// The column of a dimension.
    pub(crate) fn of_dimension(dimension: Dimension) -> Self {
        match dimension {
            Dimension::Field(field) => Self::of(field),
            // Null is the prefix of no key; this is that of a key without a folder.
            Dimension::Derived(Derived::Prefix) => {
                Self { empty: "(top level)", ..Self::middle(dimension.name()) }
            }
            Dimension::Derived(Derived::Object | Derived::ObjectVersion | Derived::Param(_)) => {
                Self::middle(dimension.name())
            }
            Dimension::Derived(Derived::Client | Derived::AsName | Derived::RefererHost) => {
                Self::end(dimension.name())
            }
            Dimension::Derived(Derived::Principal) => {
                Self { minimum: MIN_WORDS_WIDTH, ..Self::middle(dimension.name()).null_as("anonymous") }
            }
            Dimension::Derived(Derived::Identity) => {
                let short = Some(Short::Requester);
                Self {
                    short,
                    minimum: MIN_WORDS_WIDTH,
                    ..Self::middle(dimension.name()).null_as("anonymous")
                }
            }
            Dimension::Derived(Derived::StatusClass) => {
                Self { accent: Some(Accent::Status), ..Self::whole(dimension.name()) }
            }
            Dimension::Derived(_) => Self::whole(dimension.name()),
        }
    }
}
