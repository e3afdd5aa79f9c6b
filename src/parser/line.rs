//! The grammar of a log line, in the order in which it can be read safely:
//!
//! ```text
//! line     = subject request clients tail
//! subject  = bucket_owner bucket "[" timestamp "]" remote_ip requester request_id operation key
//! request  = request_uri response
//! response = http_status error_code bytes_sent object_size total_time turn_around_time
//! clients  = referer user_agent
//! tail     = [version_id [host_id signature_version cipher_suite authentication_type host_header ...]]
//! ```
//!
//! Nothing inside quotes is escaped. So the URI ends at the first quote that a response follows, and the user agent at
//! the last quote of the line, for the tail holds none; the referer ends at the first `" "`.
//!
//! Source: AWS, "Amazon S3 server access log format", and lines seen in the wild.

use memchr::memmem;
use nom::bytes::complete::tag;
use nom::{Err, IResult, Parser as _};
use wide::u8x16;

use super::error::ParseError;
use super::log_time::{LOG_TIME_LEN, LogTimes, is_bracketed_time};
use super::mode::{Refuse, Unusual};
use super::tail;
use crate::record::cursor::{Cursor, Span};
use crate::record::is_number;
use crate::record::{Field, NONE, Record, Tail};
use crate::time::Timestamp;

type Parsed<'a, O, E> = IResult<Cursor<'a>, O, E>;

/// Reads a whole line that has been trimmed.
#[inline]
pub(super) fn record<'a>(line: Cursor<'a>, times: &mut LogTimes) -> Result<Record<'a>, ParseError> {
    match usual_or_all::<Unusual>(line, times) {
        Ok(record) => Ok(record),
        Err(_) => any_record(line, times),
    }
}

#[cold]
fn any_record<'a>(line: Cursor<'a>, times: &mut LogTimes) -> Result<Record<'a>, ParseError> {
    usual_or_all(line, times).map_err(|error| match error {
        Err::Error(reject) | Err::Failure(reject) => reject,
        Err::Incomplete(_) => ParseError::RequestUri,
    })
}

/// Reads a line: a usual one, or any, as the error says.
#[inline(always)]
fn usual_or_all<'a, E: Refuse>(line: Cursor<'a>, times: &mut LogTimes) -> Result<Record<'a>, Err<E>> {
    let (rest, (subject, timestamp)) = subject::<E>(line, times)?;
    let (rest, (key, request)) = key_and_request::<E>(rest)?;
    let clients = clients::<E>(rest)?;
    let tail = tail::<E>(clients.tail, timestamp)?;
    let [bucket_owner, bucket, time, remote_ip, requester, request_id, operation] = subject;
    let [uri, status, error, bytes, size, total, turn_around] = request;
    let head = [
        bucket_owner,
        bucket,
        time,
        remote_ip,
        requester,
        request_id,
        operation,
        key,
        uri,
        status,
        error,
        bytes,
        size,
        total,
        turn_around,
        clients.referer,
        clients.user_agent,
    ];
    Ok(Record { line: line.rest(), text: line.text(), timestamp, ambiguous: clients.ambiguous, head, tail })
}

/// What is left without the spaces it begins with: some writers put two.
#[inline(always)]
fn spaces<E: Refuse>(input: Cursor<'_>) -> Cursor<'_> {
    if E::READS_RARE { input.without_spaces() } else { input }
}

// ---------------------------------------------------------------------------------------------------------- subject

/// The fields up to the operation, and the time read.
#[inline(always)]
fn subject<'a, E: Refuse>(line: Cursor<'a>, times: &mut LogTimes) -> Parsed<'a, ([Span; 7], Timestamp), E> {
    let (rest, bucket_owner) = token::<E>(Field::BucketOwner, line)?;
    let (rest, bucket) = token::<E>(Field::Bucket, rest)?;
    let (rest, (time, timestamp)) = bracketed_time::<E>(rest, times)?;
    let (rest, [remote_ip, requester, request_id, operation]) = actor::<E>(rest)?;
    Ok((rest, ([bucket_owner, bucket, time, remote_ip, requester, request_id, operation], timestamp)))
}

/// `remote_ip requester request_id operation`
#[inline(always)]
fn actor<E: Refuse>(input: Cursor<'_>) -> Parsed<'_, [Span; 4], E> {
    let (rest, remote_ip) = token::<E>(Field::RemoteIp, input)?;
    let (rest, requester) = requester::<E>(rest)?;
    let (rest, request_id) = token::<E>(Field::RequestId, rest)?;
    let (rest, operation) = token::<E>(Field::Operation, rest)?;
    Ok((rest, [remote_ip, requester, request_id, operation]))
}

/// A field that holds no space, and the space behind it.
#[inline(always)]
fn token<E: Refuse>(field: Field, input: Cursor<'_>) -> Parsed<'_, Span, E> {
    match input.to_mark() {
        Some((text, b' ', rest)) if !text.is_empty() => Ok((spaces::<E>(rest), text)),
        _ => E::rare(|| unusual_token(field, input)),
    }
}

/// A token that holds a quote or a bracket, if it is one: it cannot start with the space behind it, with the quote of a
/// later field, or with the time of a second record.
fn unusual_token(field: Field, input: Cursor<'_>) -> Parsed<'_, Span, ParseError> {
    let Some((text, rest)) = input.to(b' ') else { return Err(Err::Error(ParseError::EndsBefore(field))) };
    match text.of(input.text()) {
        _ if is_bracketed_time(input.rest()) => Err(Err::Error(ParseError::Glued)),
        [] | [b'"', ..] => Err(Err::Error(ParseError::Unexpected(field))),
        _ => Ok((rest.without_spaces(), text)),
    }
}

/// `[06/Feb/2019:00:00:38 +0000]`: the text inside, and the time.
#[inline(always)]
fn bracketed_time<'a, E: Refuse>(
    input: Cursor<'a>,
    times: &mut LogTimes,
) -> Parsed<'a, (Span, Timestamp), E> {
    if let Some(bracketed) = input.chunk::<{ LOG_TIME_LEN + 3 }>()
        && let [b'[', text @ .., b']', b' '] = bracketed
        && let Some(time) = times.read(text)
    {
        // The bracket, the space before the zone, and the one at the end.
        let rest = spaces::<E>(input.without(bracketed.len(), 3));
        return Ok((rest, (input.without(1, 1).part(text.len()), time)));
    }
    let is_cut = input.first() == Some(b'[') && input.rest().len() < LOG_TIME_LEN + 3;
    Err(E::refuse(if is_cut { ParseError::EndsBefore } else { ParseError::Unexpected }(Field::Timestamp)))
}

/// The requester: a token, or an origin access identity, which holds spaces.
#[inline(always)]
fn requester<E: Refuse>(input: Cursor<'_>) -> Parsed<'_, Span, E> {
    let (rest, text) = token::<E>(Field::Requester, input)?;
    if rest.first() == Some(b'O') && text.of(input.text()).ends_with(b"/CloudFront") {
        return E::rare(|| origin_access_identity(input, rest, text));
    }
    Ok((rest, text))
}

/// `arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE1234`, of which the first word has been read.
fn origin_access_identity<'a>(
    input: Cursor<'a>,
    rest: Cursor<'a>,
    first: Span,
) -> Parsed<'a, Span, ParseError> {
    if !rest.rest().starts_with(b"Origin ") {
        return Ok((rest, first));
    }
    let (behind, _): (&[u8], _) = tag(" Origin Access Identity ").parse(&input.rest()[first.len()..])?;
    let before = input.rest().len() - behind.len();
    let (rest, id) = token::<ParseError>(Field::Requester, input.skip(before))?;
    Ok((rest, input.part(before + id.len())))
}

// ---------------------------------------------------------------------------------------------------------- request

/// The key; the URI and the six fields of the response.
type KeyAndRequest = (Span, [Span; 7]);

/// The key, and the request with its response.
#[inline(always)]
fn key_and_request<E: Refuse>(input: Cursor<'_>) -> Parsed<'_, KeyAndRequest, E> {
    let (rest, key) = token::<E>(Field::Key, input)?;
    match request::<E>(rest) {
        Ok((rest, request)) => Ok((rest, (key, request))),
        Err(_) if E::READS_RARE => E::rare(|| match key_with_spaces(input) {
            Some(found) => Ok(found),
            None => request::<ParseError>(rest).map(|(rest, request)| (rest, (key, request))),
        }),
        Err(error) => Err(error),
    }
}

/// Keys of the first years are not encoded and can hold spaces. Such a key ends before the first quote that opens a
/// request line with the key in its path.
fn key_with_spaces(input: Cursor<'_>) -> Option<(Cursor<'_>, KeyAndRequest)> {
    let end = memmem::find(input.rest(), b" \"")?;
    let (span, key) = (input.part(end), &input.rest()[..end]);
    let (rest, request) = request::<ParseError>(input.skip(end + 1)).ok()?;
    let path = crate::record::key::path(request[0].of(input.text()))?;
    let last_word = key.rsplit(|byte| *byte == b' ').next()?;
    let decoded: Vec<u8> = percent_encoding::percent_decode(path).collect();
    let is_key = decoded.ends_with(key)
        || (!last_word.is_empty() && path.ends_with(last_word) && path.len() > key.len());
    (is_key && !key.contains(&b'[')).then_some((rest, (span, request)))
}

/// The request line, quoted or a bare dash, and the response.
#[inline(always)]
fn request<E: Refuse>(input: Cursor<'_>) -> Parsed<'_, [Span; 7], E> {
    match input.first() {
        Some(b'"') => request_line_and_response::<E>(input.without(1, 1)),
        Some(b'-') => {
            let (rest, [status, error, bytes, size, total, turn_around]) =
                response::<E>(input.without(1, 0))?;
            Ok((rest, [input.part(1), status, error, bytes, size, total, turn_around]))
        }
        None => Err(E::refuse(ParseError::EndsBefore(Field::RequestUri))),
        _ => Err(E::refuse(ParseError::Unexpected(Field::RequestUri))),
    }
}

/// A quoted request line ends at the first quote that a response follows.
#[inline(always)]
fn request_line_and_response<E: Refuse>(quoted: Cursor<'_>) -> Parsed<'_, [Span; 7], E> {
    let mut rest = quoted;
    let mut is_first = true;
    while let Some((_, behind)) = rest.to(b'"') {
        if let Ok((left, [status, error, bytes, size, total, turn_around])) = response::<E>(behind) {
            let uri = quoted.before(behind);
            // Only a second opening quote can have brought a second record into this one's request line.
            if !is_first && holds_time_behind_space(uri.of(quoted.text())) {
                return Err(E::refuse(ParseError::Glued));
            }
            return Ok((left, [uri, status, error, bytes, size, total, turn_around]));
        }
        if !E::READS_RARE {
            break;
        }
        rest = behind;
        is_first = false;
    }
    Err(E::refuse(ParseError::RequestUri))
}

/// ` STATUS ERROR BYTES SIZE TIME TIME `
#[inline(always)]
fn response<E: Refuse>(input: Cursor<'_>) -> Parsed<'_, [Span; 6], E> {
    let Some(b' ') = input.first() else { return Err(E::refuse(ParseError::RequestUri)) };
    let (rest, status) = number::<E>(Field::HttpStatus, spaces::<E>(input.without(1, 1)))?;
    // A number of one byte is a dash, or is none here.
    if status.len() != 3 && status.of(input.text()) != NONE {
        return Err(E::refuse(ParseError::Unexpected(Field::HttpStatus)));
    }
    let (rest, error) = token::<E>(Field::ErrorCode, rest)?;
    let (rest, bytes) = number::<E>(Field::BytesSent, rest)?;
    let (rest, size) = number::<E>(Field::ObjectSize, rest)?;
    let (rest, total) = number::<E>(Field::TotalTime, rest)?;
    let (rest, turn_around) = number::<E>(Field::TurnAroundTime, rest)?;
    Ok((rest, [status, error, bytes, size, total, turn_around]))
}

/// Digits, or a dash, and the space behind them.
#[inline(always)]
fn number<E: Refuse>(field: Field, input: Cursor<'_>) -> Parsed<'_, Span, E> {
    match input.to_mark() {
        Some((text, b' ', rest)) if begins_with_number(input, text.len()) => Ok((spaces::<E>(rest), text)),
        _ => Err(E::refuse(ParseError::Unexpected(field))),
    }
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

// ---------------------------------------------------------------------------------------------------------- clients

/// The two fields that clients write as they like, and what stands behind them.
struct Clients<'a> {
    referer: Span,
    user_agent: Span,
    tail: Cursor<'a>,
    /// Whether the two can be told apart in more than one way.
    ambiguous: bool,
}

#[inline(always)]
fn clients<E: Refuse>(input: Cursor<'_>) -> Result<Clients<'_>, Err<E>> {
    let Some((before, tail)) = to_last_quote::<E>(input)? else { return bare_clients(input) };
    if tail.first().is_some_and(|byte| byte != b' ') {
        let field = if before.is_empty() { Field::Referer } else { Field::UserAgent };
        return Err(E::refuse(ParseError::Unclosed(field)));
    }
    match before.first() {
        Some(b'"') => quoted_clients(before.without(1, 1), tail),
        None => Err(E::refuse(ParseError::Unclosed(Field::Referer))),
        _ => E::rare(|| bare_referer(before, tail)),
    }
}

/// What stands before the last quote of the line, and behind it.
#[inline(always)]
fn to_last_quote<E: Refuse>(input: Cursor<'_>) -> Result<Option<(Cursor<'_>, Cursor<'_>)>, Err<E>> {
    match input.to_last(|mark| mark != b' ') {
        None => Ok(None),
        Some((before, b'"', tail)) => Ok(Some((before, tail))),
        // A bracket behind the last quote.
        Some(_) => E::rare(|| Ok(input.to_last(|mark| mark == b'"').map(|(before, _, tail)| (before, tail)))),
    }
}

/// Both without quotes: dashes, or a line of 2006 that ends here.
#[inline(always)]
fn bare_clients<E: Refuse>(input: Cursor<'_>) -> Result<Clients<'_>, Err<E>> {
    let Some(rest) = dash(input).filter(|rest| !rest.is_empty()) else {
        return Err(E::refuse(ParseError::Unexpected(Field::Referer)));
    };
    let user_agent = spaces::<E>(rest.without(1, 1));
    let Some(tail) = dash(user_agent) else {
        return Err(E::refuse(ParseError::Unexpected(Field::UserAgent)));
    };
    Ok(Clients { referer: input.part(1), user_agent: user_agent.part(1), tail, ambiguous: false })
}

/// A referer without quotes, and the user agent up to its last quote.
fn bare_referer<'a>(before: Cursor<'a>, tail: Cursor<'a>) -> Result<Clients<'a>, Err<ParseError>> {
    let rest = dash(before).filter(|rest| !rest.is_empty()).map(Cursor::without_spaces);
    match rest.map(|rest| (rest.first(), rest)) {
        Some((Some(b'"'), quoted)) => {
            let quoted = quoted.without(1, 1);
            no_second_record(quoted)?;
            Ok(Clients { referer: before.part(1), user_agent: quoted.span(), tail, ambiguous: false })
        }
        Some((None, _)) => Err(Err::Error(ParseError::Unclosed(Field::UserAgent))),
        _ => Err(Err::Error(ParseError::Unexpected(Field::Referer))),
    }
}

/// What is left behind a bare dash: a space, or nothing.
#[inline(always)]
fn dash(input: Cursor<'_>) -> Option<Cursor<'_>> {
    let rest = input.without(1, 0);
    (input.first() == Some(b'-') && rest.first().is_none_or(|byte| byte == b' ')).then_some(rest)
}

/// A quoted referer, and all up to the last quote of the line.
#[inline(always)]
fn quoted_clients<'a, E: Refuse>(quoted: Cursor<'a>, tail: Cursor<'a>) -> Result<Clients<'a>, Err<E>> {
    let Some((referer, user_agent)) = quote_space_quote(quoted) else {
        return E::rare(|| other_clients(quoted, tail));
    };
    if user_agent.to(b'"').is_none() {
        return Ok(Clients { referer, user_agent: user_agent.span(), tail, ambiguous: false });
    }
    E::rare(|| {
        no_second_record(quoted)?;
        // The quote that opens the user agent can be the first one of another split.
        let ambiguous = quote_space_quote(quoted.skip(referer.len() + 2)).is_some();
        Ok(Clients { referer, user_agent: user_agent.span(), tail, ambiguous })
    })
}

/// What stands before the first `" "`, and what is left behind it.
#[inline(always)]
fn quote_space_quote(text: Cursor<'_>) -> Option<(Span, Cursor<'_>)> {
    let mut rest = text;
    loop {
        let (_, behind) = rest.to(b'"')?;
        if behind.rest().starts_with(b" \"") {
            return Some((text.before(behind), behind.without(2, 2)));
        }
        rest = behind;
    }
}

/// No `" "` before the last quote: there are more spaces than one, or the user agent is a bare dash behind it, or it is
/// never closed.
fn other_clients<'a>(quoted: Cursor<'a>, tail: Cursor<'a>) -> Result<Clients<'a>, Err<ParseError>> {
    no_second_record(quoted)?;
    if let Some(end) = memmem::find(quoted.rest(), b"\"  ") {
        let user_agent = quoted.skip(end + 1).without_spaces();
        if user_agent.first() == Some(b'"') {
            let user_agent = user_agent.without(1, 1).span();
            return Ok(Clients { referer: quoted.part(end), user_agent, tail, ambiguous: false });
        }
    }
    if quoted.rest().ends_with(b"\" ") {
        return Err(Err::Error(ParseError::Unclosed(Field::UserAgent)));
    }
    let user_agent = tail.without_spaces();
    let Some(tail) = dash(user_agent) else {
        return Err(Err::Error(ParseError::Unexpected(Field::UserAgent)));
    };
    Ok(Clients { referer: quoted.span(), user_agent: user_agent.part(1), tail, ambiguous: false })
}

// ------------------------------------------------------------------------------------------------------------- tail

/// The fields behind the user agent.
#[inline(always)]
fn tail<E: Refuse>(text: Cursor<'_>, timestamp: Timestamp) -> Result<Tail<'_>, Err<E>> {
    // Only in a usual line are all marks spaces here.
    let even = match text.first_words::<{ tail::MODERN }>() {
        _ if E::READS_RARE => None,
        Some([_, host_id, signature, ..]) => {
            let is_usual = tail::is_usual(host_id.of(text.text()), signature.of(text.text()));
            is_usual.then_some(tail::MODERN)
        }
        None => (!text.holds_two_marks()).then_some(0),
    };
    if let Some(even) = even {
        return Ok(Tail::Line { text, stray: false, even });
    }
    E::rare(|| tail::read(text, timestamp).map_err(Err::Error))
}

// ------------------------------------------------------------------------------------------------- a second record

/// Whether a request line holds a time in brackets behind a raw space: no client's request line does.
fn holds_time_behind_space(uri: &[u8]) -> bool {
    memmem::find_iter(uri, b" [").any(|at| is_bracketed_time(&uri[at + 1..]))
}

/// Refuses a text that begins inside quotes and in which, outside of them, a second record begins. A user agent that
/// merely holds a time in brackets is no second record.
fn no_second_record(quoted: Cursor<'_>) -> Result<(), Err<ParseError>> {
    let mut inside = true;
    let mut rest = quoted;
    while let Some((before, mark, behind)) = rest.to_mark() {
        if mark == b'"' {
            inside = !inside;
        } else if mark == b'[' && !inside && begins_record(rest.skip(before.len())) {
            return Err(Err::Error(ParseError::Glued));
        }
        rest = behind;
    }
    Ok(())
}

/// Whether a record goes on from its time: `[time] remote_ip requester request_id operation `.
fn begins_record(text: Cursor<'_>) -> bool {
    let Ok((rest, _)) = bracketed_time::<ParseError>(text, &mut LogTimes::default()) else { return false };
    actor::<ParseError>(rest).is_ok_and(|(_, [_, _, request_id, _])| {
        let request_id = request_id.of(text.text());
        matches!(request_id.len(), 16 | 36)
            && request_id.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
    })
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod tests;
