//! Where a text may be cut: at line ends and, in the JSON delivery, between two objects of one line.
//!
//! Amazon Data Firehose writes objects one after the other, without line feeds, and so does a file of them need none at all.

use memchr::{memchr, memchr_iter, memchr2_iter, memrchr, memrchr_iter};

use crate::parser::{MAX_JOINT_SPACES, is_joint};

/// How many bytes before a place decide whether it is one to cut at.
pub(super) const CONTEXT: usize = MAX_JOINT_SPACES + 1;
/// How many bytes after it.
pub(super) const AHEAD: usize = 3;

/// Whether a text begins with an object, so that it can be cut between objects.
pub(super) fn begins_object(text: &[u8]) -> bool {
    text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text).trim_ascii_start().starts_with(b"{")
}

/// The last place to cut a text at, after its first byte.
pub(super) fn last(text: &[u8]) -> Option<usize> {
    match memrchr(b'\n', text) {
        Some(line_end) => Some(line_end + 1),
        None if begins_object(text) => memrchr_iter(b'{', text).find(|at| *at > 0 && is_joint(text, *at)),
        None => None,
    }
}

/// The first place to cut a text that begins inside of a line: whole lines follow.
pub(super) fn first(text: &[u8]) -> Option<usize> {
    memchr(b'\n', text)
        .map(|line_end| line_end + 1)
        .or_else(|| memchr_iter(b'{', text).find(|at| is_joint(text, *at)))
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
