//! What all tests of the built program share: `examples` are those of the help, `following` are runs that go on, `record` makes lines, `logs` makes folders of them, `program` runs, `shipped` is what
//! lies in tests/fixtures, `typing` is a terminal with someone at it.

#![allow(dead_code, unused_imports, reason = "no test binary uses all of it")]

mod examples;
#[cfg(unix)]
mod following;
mod logs;
pub mod mmdb;
mod program;
mod record;
mod shipped;
#[cfg(unix)]
mod typing;

pub use examples::{commands, examples, topics};
#[cfg(unix)]
pub use following::{Following, PATIENCE, QUIET};
pub use logs::{Logs, assert_rows, rows, run_on, text_of};
#[cfg(target_os = "linux")]
pub use program::peak;
pub use program::{RECORDS, ROWS, Ran, command, in_formats, isolate, piped, ran, run, s3al};
pub use record::{ALICE, Record, log, many_requests, read_at, record};
pub use shipped::{
    BAD, EVEN, HARD, SAMPLE, even, files_below, gzip, has, many_lines, root, shipped, unpacked, zstd,
};
#[cfg(unix)]
pub use typing::Typing;
