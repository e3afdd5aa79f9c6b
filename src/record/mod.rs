//! One request, borrowed from its line: the fields, and typed readings of them.

pub(crate) mod cursor;
mod field;
pub(crate) mod key;
mod number;
mod operation;
#[expect(clippy::module_inception, reason = "a record is what the room is about")]
mod record;
mod requester;

pub use field::{Field, FieldKind};

pub(crate) use number::is_number;
pub(crate) use operation::Operation;
pub use record::Record;
pub(crate) use record::{NONE, TAIL_LEN, Tail, Texts, yes_or_no};
pub(crate) use requester::Requester;
