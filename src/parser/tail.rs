//! The fields behind the user agent, which have grown over the years and grow without notice.

use memchr::memchr;

use super::entry::{Tail, tokens};
use super::field::Field;
use super::grammar::is_bracketed_time;
use super::reject::Reject;
use super::timestamp::Timestamp;

/// How many tokens the tail holds since March 2019, at the least: version_id to host_header.
const MODERN: usize = 6;
/// Where host_id stands in it, and behind it signature_version.
const HOST_ID: usize = Field::HostId.index() - Field::HEAD;

/// March and April 2019, when lines had one token more between version_id and host_id.
const STRAY_SINCE: Timestamp = Timestamp::from_millis(1_551_398_400_000);
const STRAY_UNTIL: Timestamp = Timestamp::from_millis(1_556_668_800_000);
/// Shorter than any x-amz-id-2 and longer than any signature version.
const HOST_ID_LEN: usize = 40;

/// Reads the tail.
///
/// # Errors
/// If it has a number of fields that no version of the format has, if a second record begins in it, or if it is shifted.
#[inline]
pub(super) fn read(text: &[u8], timestamp: Timestamp) -> Result<Tail<'_>, Reject> {
    let count = count(text);
    if memchr(b'[', text).is_some() {
        second_record(text)?;
    }
    let stray = match count {
        0 | 1 => false,
        2..MODERN => return Err(Reject::FieldCount(Field::HEAD + count)),
        _ => is_stray(text, timestamp)?,
    };
    Ok(Tail::Line { text, stray })
}

/// Whether the tail has the additional token of March 2019; an error if it is shifted in any other way.
#[inline]
fn is_stray(text: &[u8], timestamp: Timestamp) -> Result<bool, Reject> {
    let mut tokens = tokens(text).skip(HOST_ID);
    let mut next = || tokens.next().unwrap_or_default();
    let (host_id, signature) = (next(), next());
    if is_signature(signature) && !host_id.starts_with(b"Sig") {
        return Ok(false);
    }
    let in_time = (STRAY_SINCE..STRAY_UNTIL).contains(&timestamp);
    if in_time && signature.len() >= HOST_ID_LEN && is_signature(next()) {
        return Ok(true);
    }
    Err(Reject::Unexpected(Field::SignatureVersion))
}

/// How many tokens there are; spaces that stand together separate once.
#[inline]
fn count(text: &[u8]) -> usize {
    let Some(rest) = text.get(1..) else { return text.len() };
    let starts = text.iter().zip(rest).filter(|(before, byte)| **before == b' ' && **byte != b' ').count();
    starts + usize::from(text[0] != b' ')
}

#[inline]
fn is_signature(text: &[u8]) -> bool {
    text == b"-" || text.starts_with(b"Sig")
}

#[cold]
fn second_record(text: &[u8]) -> Result<(), Reject> {
    let begins = memchr::memchr_iter(b'[', text).any(|at| is_bracketed_time(&text[at..]));
    if begins { Err(Reject::Glued) } else { Ok(()) }
}
