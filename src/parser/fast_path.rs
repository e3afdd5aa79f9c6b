//! The usual line, read from the structural index: nearly all lines are like this.
//!
//! It knows no rare case, so that the compiler can keep in registers what is left to be read. `None` is no verdict on the
//! line: the reference grammar, `line.rs`, then decides. What is read here, the reference reads in the same way.

use memchr::memchr;
use wide::u8x16;

use super::line::OWNER_LEN;
use super::log_time::{LOG_TIME_LEN, LogTimes};
use super::tail;
use crate::record::cursor::{Cursor, Span};
use crate::record::{NONE, Record, Tail, is_number};

/// Reads a line that has been trimmed, if it is a usual one.
#[inline(always)]
pub(super) fn record<'a>(line: Cursor<'a>, times: &mut LogTimes) -> Option<Record<'a>> {
    let (rest, bucket_owner) = token(line)?;
    // Two lines can be one.
    if bucket_owner.len() > OWNER_LEN {
        return None;
    }
    let (rest, bucket) = token(rest)?;
    let bracketed = rest.chunk::<{ LOG_TIME_LEN + 3 }>()?;
    let [b'[', text @ .., b']', b' '] = bracketed else { return None };
    let timestamp = times.read(text)?;
    let time = rest.without(1, 1).part(text.len());
    // The bracket, the space before the zone, and the one at the end.
    let rest = rest.without(bracketed.len(), 3);
    let (rest, remote_ip) = token(rest)?;
    let (rest, requester) = token(rest)?;
    // An origin access identity holds spaces.
    if rest.first() == Some(b'O') && requester.of(line.text()).ends_with(b"/CloudFront") {
        return None;
    }
    let (rest, request_id) = token(rest)?;
    let (rest, operation) = token(rest)?;
    let (rest, key) = token(rest)?;
    let (rest, request_uri) = request_uri(rest)?;
    let (rest, [status, error, bytes, size, total, turn_around]) = response(rest)?;
    let (rest, referer, user_agent) = referer_and_user_agent(rest)?;
    let tail = tail(rest)?;
    let head = [
        bucket_owner,
        bucket,
        time,
        remote_ip,
        requester,
        request_id,
        operation,
        key,
        request_uri,
        status,
        error,
        bytes,
        size,
        total,
        turn_around,
        referer,
        user_agent,
    ];
    Some(Record { line: line.rest(), text: line.text(), timestamp, ambiguous: false, head, tail })
}

/// A field that holds no space, quote or bracket, and the one space after it.
#[inline(always)]
fn token(input: Cursor<'_>) -> Option<(Cursor<'_>, Span)> {
    let (text, byte, rest) = input.to_delimiter()?;
    (byte == b' ' && !text.is_empty()).then_some((rest, text))
}

/// The request line up to the next quote, or a bare dash.
#[inline(always)]
fn request_uri(input: Cursor<'_>) -> Option<(Cursor<'_>, Span)> {
    match input.first()? {
        b'"' => {
            let (uri, rest) = input.without(1, 1).to(b'"')?;
            Some((rest, uri))
        }
        b'-' => Some((input.without(1, 0), input.part(1))),
        _ => None,
    }
}

/// ` STATUS ERROR BYTES SIZE TIME TIME `
#[inline(always)]
fn response(input: Cursor<'_>) -> Option<(Cursor<'_>, [Span; 6])> {
    if input.first() != Some(b' ') {
        return None;
    }
    let (rest, status) = number(input.without(1, 1))?;
    if status.len() != 3 && status.of(input.text()) != NONE {
        return None;
    }
    let (rest, error) = token(rest)?;
    let (rest, bytes) = number(rest)?;
    let (rest, size) = number(rest)?;
    let (rest, total) = number(rest)?;
    let (rest, turn_around) = number(rest)?;
    Some((rest, [status, error, bytes, size, total, turn_around]))
}

/// Digits, or a dash, and the space after them.
#[inline(always)]
fn number(input: Cursor<'_>) -> Option<(Cursor<'_>, Span)> {
    let (text, byte, rest) = input.to_delimiter()?;
    (byte == b' ' && begins_with_number(input, text.len())).then_some((rest, text))
}

/// [`is_number`] of the first `len` bytes, without a branch for each digit.
#[inline(always)]
fn begins_with_number(input: Cursor<'_>, len: usize) -> bool {
    match input.chunk() {
        Some(block) if len < block.len() => {
            let values = u8x16::new(*block) - u8x16::splat(b'0');
            let digits = values.min(u8x16::splat(9)).simd_eq(values).to_bitmask();
            let all = (1 << len) - 1;
            (len > 0) & (digits & all == all) || (len == 1 && input.first() == Some(b'-'))
        }
        _ => is_number(input.part(len).of(input.text())),
    }
}

/// Both fields in quotes, which hold no quote themselves, or both as bare dashes.
#[inline(always)]
fn referer_and_user_agent(input: Cursor<'_>) -> Option<(Cursor<'_>, Span, Span)> {
    let Some((before, last, tail)) = input.to_last(|byte| byte != b' ') else { return bare(input) };
    if last != b'"' || tail.first().is_some_and(|byte| byte != b' ') || before.first() != Some(b'"') {
        return None;
    }
    let quoted = before.without(1, 1);
    let (mut referer, mut rest) = quoted.to(b'"')?;
    if !rest.rest().starts_with(b" \"") {
        loop {
            (_, rest) = rest.to(b'"')?;
            if rest.rest().starts_with(b" \"") {
                break;
            }
        }
        referer = quoted.before(rest);
        // Where quotes are not in pairs, a second record can begin in either text.
        if memchr(b'[', quoted.rest()).is_some() {
            return None;
        }
    }
    let user_agent = rest.without(2, 2);
    user_agent.to(b'"').is_none().then(|| (tail, referer, user_agent.span()))
}

/// Two bare dashes.
#[inline(always)]
fn bare(input: Cursor<'_>) -> Option<(Cursor<'_>, Span, Span)> {
    let rest = dash(input).filter(|rest| !rest.is_empty())?;
    let user_agent = rest.without(1, 1);
    Some((dash(user_agent)?, input.part(1), user_agent.part(1)))
}

/// What is left after a bare dash: a space, or nothing.
#[inline(always)]
fn dash(input: Cursor<'_>) -> Option<Cursor<'_>> {
    if input.first() != Some(b'-') {
        return None;
    }
    let rest = input.without(1, 0);
    rest.first().is_none_or(|byte| byte == b' ').then_some(rest)
}

/// The fields after the user agent. Nothing but spaces is indexed here.
#[inline(always)]
fn tail(text: Cursor<'_>) -> Option<Tail<'_>> {
    let indexed_words = match text.first_words::<{ tail::MIN_MODERN_WORDS }>() {
        Some([_, host_id, signature, _, _, host_header]) => {
            let all = text.text();
            let is_usual = tail::is_usual(host_id.of(all), signature.of(all))
                && tail::is_usual_end(host_header.of(all), host_header.after(all))
                && text.delimiters_left() <= tail::MAX_USUAL_WORDS;
            is_usual.then_some(tail::MIN_MODERN_WORDS)?
        }
        None if text.delimiters_left() < 2 => 0,
        None => return None,
    };
    Some(Tail::Line { text, stray: false, indexed_words })
}
