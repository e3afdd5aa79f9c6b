//! What is said where nothing was read: an empty answer would look like good news.

use crate::args::ResolvedSource;
use crate::output::Output;
use crate::report::Tally;
use crate::source::s3::{self, Location, Options};
use crate::source::{Cancel, Local};
use crate::time::Window;

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
    let invisible =
        invisible(typed).map(|shown| format!("; it was typed with invisible characters: {shown}"));
    format!("nothing was read from {typed}: {found}{}", invisible.unwrap_or_default())
}

/// A text with what nobody sees in it made visible, if there is any: spaces at its ends, control and zero-width characters,
/// spaces that are none, accents that are a character of their own.
fn invisible(typed: &str) -> Option<String> {
    let is_quoted = |character| matches!(character, '"' | '\'' | '\\');
    let is_invisible = |character: char| !is_quoted(character) && character.escape_debug().len() > 1;
    let has_ends = typed.starts_with(' ') || typed.ends_with(' ');
    // A character by itself: in a text, accents are left as they are.
    let shown = typed.chars().map(|character| match character {
        character if is_invisible(character) => character.escape_debug().to_string(),
        character => character.to_string(),
    });
    (has_ends || typed.contains(is_invisible)).then(|| format!("\"{}\"", shown.collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_shown() {
        for (typed, shown) in [
            ("s3://b/prod/", None),
            ("s3://b/a b/été/\"q\"/back\\slash", None),
            ("s3://b/prod ", Some("\"s3://b/prod \"")),
            ("s3://b/prod\u{200b}/", Some("\"s3://b/prod\\u{200b}/\"")),
            ("s3://b/a\u{a0}b", Some("\"s3://b/a\\u{a0}b\"")),
            ("s3://b/e\u{301}te\u{301}", Some("\"s3://b/e\\u{301}te\\u{301}\"")),
            ("s3://b/prod\r", Some("\"s3://b/prod\\r\"")),
        ] {
            assert_eq!(invisible(typed).as_deref(), shown, "{typed:?}");
        }
    }
}
