//! What is said where nothing was read: an empty answer would look like good news.

use crate::args::ResolvedSource;
use crate::output::Output;
use crate::report::Tally;
use crate::source::s3::{self, Location, Options};
use crate::source::{Cancel, Local};
use crate::time::Window;
use crate::value_error::told_invisible;

/// Warns of sources that hold nothing, and if nothing at all was read.
pub(super) fn warn(
    empty: Vec<ResolvedSource>,
    window: Window,
    tally: &Tally,
    output: &Output,
    cancel: &Cancel,
) {
    if output.messages.quiet {
        return;
    }
    for source in &empty {
        match source {
            ResolvedSource::Local(Local::Path(path)) => {
                output
                    .messages
                    .warn(&sentence(&path.display().to_string(), "there is no file in this folder"));
            }
            ResolvedSource::Local(Local::Stdin) => {}
            ResolvedSource::S3(location, options) => {
                output.messages.warn(&in_bucket(location, options, !window.is_open(), cancel));
            }
        }
    }
    match tally {
        _ if tally.records > 0 || tally.unread > 0 || tally.interrupted > 0 => {}
        _ if tally.rejected > 0 => output.messages.warn("no line that was read is a record of an access log"),
        _ if empty.is_empty() => output.messages.warn("nothing was read: what there is to read is empty"),
        _ => {}
    }
}

/// What is said of a location in S3 where no log was found, of all or of those of a window of time.
pub(crate) fn in_bucket(location: &Location, options: &Options, has_window: bool, cancel: &Cancel) -> String {
    let found = s3::nearby(location, options, has_window, cancel);
    sentence(&location.to_string(), &found.unwrap_or_else(|error| error.to_string()))
}

fn sentence(typed: &str, found: &str) -> String {
    format!("nothing was read from {typed}: {found}{}", told_invisible(typed))
}
