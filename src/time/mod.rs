//! Points in time, zones, intervals and windows, and what people type for them.
//!
//! Times are milliseconds since the epoch; a [`Zone`] says which clock they are read and shown on.

mod calendar_unit;
mod interval;
mod length;
mod period;
mod time_arg;
mod timestamp;
mod window;
mod zone;

pub use calendar_unit::CalendarUnit;
pub use interval::{Interval, IntervalCursor};
pub(crate) use length::length;
pub use period::Period;
pub use time_arg::TimeArg;
pub use timestamp::Timestamp;
pub use window::{EmptyWindow, Window};
pub use zone::{UnknownZone, Zone, ZoneArg, zone_names};
