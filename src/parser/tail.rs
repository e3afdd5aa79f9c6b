//! The fields after the user agent, which have grown over the years and grow without notice.

use memchr::{memchr, memchr_iter};

use super::error::ParseError;
use super::log_time::is_bracketed_time;
use crate::record::cursor::{Cursor, Span};
use crate::record::{Field, NONE, TAIL_LEN, Tail};
use crate::time::Timestamp;

/// How many words the tail holds since March 2019, at the least: version_id to host_header.
pub(super) const MIN_MODERN_WORDS: usize = 6;
/// Where signature_version is in it, after host_id.
const SIGNATURE_INDEX: usize = Field::SignatureVersion.index() - Field::HEAD;

/// March and April 2019, when lines had one word more between version_id and host_id.
const STRAY_SINCE: Timestamp = Timestamp::from_millis(1_551_398_400_000);
const STRAY_UNTIL: Timestamp = Timestamp::from_millis(1_556_668_800_000);
/// Shorter than any x-amz-id-2 and longer than any signature version.
const MIN_HOST_ID_LEN: usize = 40;

/// Whether these two words are where they belong.
#[inline(always)]
pub(super) fn is_usual(host_id: &[u8], signature: &[u8]) -> bool {
    // A host_id can begin with `Sig` by chance, but it is long.
    is_signature(signature) && (host_id.len() >= MIN_HOST_ID_LEN || !host_id.starts_with(b"Sig"))
}

/// How many words are in the tail of a usual line, at the most: one more than there are fields.
pub(super) const MAX_USUAL_WORDS: usize = TAIL_LEN + 1;

/// Whether the fields after the host header, with the space before them, begin as they do where they belong. Clients write that header:
/// spaces in it would shift all of them.
#[inline(always)]
pub(super) fn is_usual_end(host_header: &[u8], end: &[u8]) -> bool {
    // The TLS version and the ARN of an access point, or what there was of them in 2019.
    let begins_as_usual = matches!(
        end,
        [] | [b' ', b'-']
            | [b' ', b'T', _, _, _, _, _, _]
            | [b' ', b'-', b' ', b'-' | b'a', ..]
            | [b' ', b'T', _, _, _, _, _, _, b' ', b'-' | b'a', ..]
    );
    begins_as_usual && !may_be_tls_version(host_header)
}

/// Reads any tail.
///
/// # Errors
/// If it has a number of fields that no version of the format has, if a second record begins in it, or if it is shifted.
pub(super) fn read(text: Cursor<'_>, timestamp: Timestamp) -> Result<Tail<'_>, ParseError> {
    no_second_record(text)?;
    let mut words = text.words();
    let (Some(_version_id), Some(host_id)) = (words.next(), words.next()) else {
        return Ok(Tail::Line { text, stray: false, indexed_words: 0 });
    };
    let signature = words.next().unwrap_or_default();
    let Some(host_header) = words.nth(MIN_MODERN_WORDS - SIGNATURE_INDEX - 2) else {
        return Err(ParseError::FieldCount(Field::HEAD + text.words().count()));
    };
    if is_usual(host_id, signature) {
        let end = Span::within(text.text(), host_header).after(text.text());
        let is_usual =
            is_usual_end(host_header, end) && memchr(b'T', end.get(2..).unwrap_or_default()).is_none();
        if !is_usual && is_shifted_after_signature(text) {
            return Err(ParseError::Unexpected(Field::HostHeader));
        }
    } else if !is_unknown_signature(text, host_id, signature) {
        let stray = has_stray(text, signature, timestamp)?;
        return Ok(Tail::Line { text, stray, indexed_words: 0 });
    }
    Ok(Tail::Line { text, stray: false, indexed_words: 0 })
}

/// Whether the TLS version is not in its place: a cipher suite, an authentication type or a host header is missing, or a host header
/// holds spaces. Clients write that header: one who writes a version there is not to be taken for that, and one who writes other fields
/// into it does not get them.
#[cold]
fn is_shifted_after_signature(text: Cursor<'_>) -> bool {
    let [cipher, host_header, tls_version] =
        [Field::CipherSuite, Field::HostHeader, Field::TlsVersion].map(|field| word(text, field));
    if cipher == NONE {
        return !tls_version.is_empty() && tls_version != NONE && !is_tls_version(tls_version);
    }
    let mut after = text.words().skip(Field::TlsVersion.index() - Field::HEAD + 1);
    may_be_tls_version(host_header) && !is_tls_version(tls_version) || after.any(may_be_tls_version)
}

/// Whether it is how TLS versions begin, which no name of a host does.
#[inline(always)]
pub(super) fn may_be_tls_version(text: &[u8]) -> bool {
    text.starts_with(b"TLSv")
}

/// Whether an unknown signature version is in its own place: where all that comes after it is in its own, too.
#[cold]
fn is_unknown_signature(text: Cursor<'_>, host_id: &[u8], signature: &[u8]) -> bool {
    let [cipher, host_header, tls_version] =
        [Field::CipherSuite, Field::HostHeader, Field::TlsVersion].map(|field| word(text, field));
    let is_http = cipher == NONE && tls_version == NONE && host_header != NONE;
    host_id.len() >= MIN_HOST_ID_LEN
        && signature.len() < MIN_HOST_ID_LEN
        && (is_tls_version(tls_version) || is_http)
}

fn is_tls_version(text: &[u8]) -> bool {
    text.first_chunk().is_some_and(|name: &[u8; 3]| name.eq_ignore_ascii_case(b"TLS"))
}

/// The word in the place of a field.
fn word(text: Cursor<'_>, field: Field) -> &[u8] {
    text.words().nth(field.index() - Field::HEAD).unwrap_or_default()
}

/// Whether the tail has the additional word of March 2019, which moves host_id to the place of signature_version; an
/// error if it is shifted in any other way.
#[cold]
fn has_stray(text: Cursor<'_>, signature: &[u8], timestamp: Timestamp) -> Result<bool, ParseError> {
    let in_time = (STRAY_SINCE..STRAY_UNTIL).contains(&timestamp);
    let next = text.words().nth(SIGNATURE_INDEX + 1).unwrap_or_default();
    if in_time && signature.len() >= MIN_HOST_ID_LEN && is_signature(next) {
        return Ok(true);
    }
    Err(ParseError::Unexpected(Field::SignatureVersion))
}

#[inline]
fn is_signature(text: &[u8]) -> bool {
    text == b"-" || text.starts_with(b"Sig")
}

fn no_second_record(text: Cursor<'_>) -> Result<(), ParseError> {
    let text = text.rest();
    let is_glued = memchr_iter(b'[', text).any(|at| is_bracketed_time(&text[at..]));
    if is_glued { Err(ParseError::Glued) } else { Ok(()) }
}
