//! Where a text may be cut: at line ends and, in the JSON delivery, between two objects of one line.
//!
//! Amazon Data Firehose writes objects one after the other, without line feeds, and so does a file of them need none at all.
//! In lines of other kinds, clients can write what looks like a place between two objects. It is none there.

use memchr::{memchr, memchr_iter, memchr2_iter, memrchr, memrchr_iter};

use super::MAX_LINE_LEN;
use crate::parser::{MAX_JOINT_SPACES, is_envelope, is_joint, is_json};

/// How many bytes before a place decide whether it is one to cut at.
pub(super) const CONTEXT: usize = MAX_JOINT_SPACES + 1;
/// How many bytes after it.
pub(super) const AHEAD: usize = 3;
/// How many bytes before a place are looked at for the beginning of its line. Lines of the log format are shorter, so that a longer
/// line is one of objects.
pub(super) const LINE_LOOK: usize = 64 << 10;
/// The longest envelope of CloudWatch Logs, in bytes: a subscription packs many lines into one.
pub(super) const MAX_ENVELOPE_LEN: usize = 64 << 20;

/// The longest line that begins like this, in bytes.
pub(super) fn max_len(line: &[u8]) -> usize {
    if is_envelope(line) { MAX_ENVELOPE_LEN } else { MAX_LINE_LEN }
}

/// Whether a file that begins like this can be cut between objects. If it begins in the middle of one, no line is as long.
pub(super) fn can_hold_objects(start: &[u8]) -> bool {
    begins_object(start) || start.len() >= LINE_LOOK && memchr(b'\n', start).is_none()
}

/// Whether a text begins with an object, so that it can be cut between objects.
pub(super) fn begins_object(text: &[u8]) -> bool {
    text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text).trim_ascii_start().starts_with(b"{")
}

/// The last place to cut a text at that begins where a line does, after its first byte.
pub(super) fn last(text: &[u8]) -> Option<usize> {
    match memrchr(b'\n', text) {
        Some(line_end) => Some(line_end + 1),
        None if is_json(text) || begins_object(text) || text.len() > LINE_LOOK => {
            memrchr_iter(b'{', text).find(|at| *at > 0 && is_joint(text, *at))
        }
        None => None,
    }
}

/// The first place to cut a text that begins inside of a line: whole lines follow.
pub(super) fn first(text: &[u8]) -> Option<usize> {
    memchr(b'\n', text)
        .map(|line_end| line_end + 1)
        .or_else(|| memchr_iter(b'{', text).find(|at| is_joint(text, *at)))
}

/// Whether the line is one of objects that goes on at the end of this text; `is_first` if the text is the first one.
pub(super) fn is_object_line(text: &[u8], is_first: bool) -> bool {
    match memrchr(b'\n', text) {
        Some(line_end) => is_json(&text[line_end + 1..]),
        None if is_first && text.len() < LINE_LOOK => begins_object(text),
        None => text.len() >= LINE_LOOK,
    }
}

/// The first place from `from` on at which an object or a line begins, in a text that follows `before`.
pub(super) fn first_object(before: &[u8], text: &[u8], from: usize) -> Option<usize> {
    let last = from.checked_sub(1).map_or(before.last(), |last| text.get(last));
    if last.is_none_or(|byte| *byte == b'\n') {
        return Some(from);
    }
    let is_start = |at: usize| {
        if text[at] == b'\n' || at >= CONTEXT {
            return text[at] == b'\n' || is_joint(text, at);
        }
        let near = [before, &text[..text.len().min(at + AHEAD)]].concat();
        is_joint(&near, before.len() + at)
    };
    let rest = text.get(from..).unwrap_or_default();
    let at = memchr2_iter(b'\n', b'{', rest).map(|at| from + at).find(|at| is_start(*at))?;
    Some(at + usize::from(text[at] == b'\n'))
}
