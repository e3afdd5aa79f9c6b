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

pub(crate) use calendar_unit::CalendarUnit;
pub(crate) use interval::{Interval, IntervalCursor};
pub(crate) use length::length;
pub(crate) use period::Period;
pub(crate) use time_arg::TimeArg;
pub use timestamp::Timestamp;
pub(crate) use window::Window;
pub(crate) use zone::{Zone, ZoneArg, zone_names};
