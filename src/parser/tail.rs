//! The fields behind the user agent, which have grown over the years and grow without notice.

use memchr::memchr;

use super::entry::{Tail, tokens};
use super::field::Field;
use super::grammar::is_bracketed_time;
use super::reject::Reject;
use super::timestamp::Timestamp;

/// How many tokens the tail holds since March 2019, at the least: version_id to host_header.
const MODERN: usize = 6;
/// Where signature_version stands in it, behind host_id.
const SIGNATURE: usize = Field::SignatureVersion.index() - Field::HEAD;

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
    if memchr(b'[', text).is_some() {
        second_record(text)?;
    }
    let mut tokens = tokens(text);
    let (Some(_version_id), Some(host_id)) = (tokens.next(), tokens.next()) else {
        return Ok(Tail::Line { text, stray: false });
    };
    let signature = tokens.next().unwrap_or_default();
    if tokens.nth(MODERN - SIGNATURE - 2).is_none() {
        return Err(field_count(text));
    }
    // A host_id can begin with `Sig` by chance, but it is long.
    let is_shifted = host_id.len() < HOST_ID_LEN && host_id.starts_with(b"Sig");
    let stray =
        if is_signature(signature) && !is_shifted { false } else { has_stray(text, signature, timestamp)? };
    Ok(Tail::Line { text, stray })
}

#[cold]
fn field_count(text: &[u8]) -> Reject {
    Reject::FieldCount(Field::HEAD + tokens(text).count())
}

/// Whether the tail has the additional token of March 2019, which moves host_id to the place of signature_version; an
/// error if it is shifted in any other way.
#[cold]
fn has_stray(text: &[u8], signature: &[u8], timestamp: Timestamp) -> Result<bool, Reject> {
    let in_time = (STRAY_SINCE..STRAY_UNTIL).contains(&timestamp);
    let next = tokens(text).nth(SIGNATURE + 1).unwrap_or_default();
    if in_time && signature.len() >= HOST_ID_LEN && is_signature(next) {
        return Ok(true);
    }
    Err(Reject::Unexpected(Field::SignatureVersion))
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
