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

use memchr::{memchr, memrchr};
use nom::bytes::complete::{tag, take_until};
use nom::combinator::consumed;
use nom::{Err, IResult, Parser as _};

use super::entry::{Entry, NONE};
use super::field::Field;
use super::near::find_near;
use super::reject::Reject;
use super::tail;
use super::timestamp::{LOG_TIME_LEN, LogTimes, Timestamp};

/// The longest number that always fits 64 bits.
const MAX_DIGITS: usize = 19;

type Parsed<'a, O> = IResult<&'a [u8], O, Reject>;
/// The key; the URI and the six fields of the response.
type KeyAndRequest<'a> = (&'a [u8], [&'a [u8]; 7]);

/// Reads a whole line that has been trimmed.
#[inline]
pub(super) fn entry<'a>(line: &'a [u8], times: &mut LogTimes) -> Result<Entry<'a>, Reject> {
    let (rest, (subject, timestamp)) = subject(line, times).map_err(reason)?;
    let (rest, (key, request)) = key_and_request(rest).map_err(reason)?;
    let clients = clients(rest)?;
    let tail = tail::read(clients.tail, timestamp)?;
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
    Ok(Entry { line, timestamp, ambiguous: clients.ambiguous, head, tail })
}

fn reason(error: Err<Reject>) -> Reject {
    match error {
        Err::Error(reject) | Err::Failure(reject) => reject,
        Err::Incomplete(_) => Reject::RequestUri,
    }
}

// ---------------------------------------------------------------------------------------------------------- subject

/// The fields up to the operation, and the time read.
#[inline]
fn subject<'a>(line: &'a [u8], times: &mut LogTimes) -> Parsed<'a, ([&'a [u8]; 7], Timestamp)> {
    let (rest, bucket_owner) = token(Field::BucketOwner, line)?;
    let (rest, bucket) = token(Field::Bucket, rest)?;
    let (rest, (time, timestamp)) = bracketed_time(rest, times)?;
    let (rest, [remote_ip, requester, request_id, operation]) = actor(rest)?;
    Ok((rest, ([bucket_owner, bucket, time, remote_ip, requester, request_id, operation], timestamp)))
}

/// `remote_ip requester request_id operation`
#[inline(always)]
fn actor(input: &[u8]) -> Parsed<'_, [&[u8]; 4]> {
    let (rest, remote_ip) = token(Field::RemoteIp, input)?;
    let (rest, requester) = requester(rest)?;
    let (rest, request_id) = token(Field::RequestId, rest)?;
    let (rest, operation) = token(Field::Operation, rest)?;
    Ok((rest, [remote_ip, requester, request_id, operation]))
}

/// A field that holds no space, and the space behind it. Some writers put two.
#[inline(always)]
fn token(field: Field, input: &[u8]) -> Parsed<'_, &[u8]> {
    match (find_near(b' ', input), input) {
        (Some(end), [first, ..]) if is_start(*first, input) => Ok((spaces(&input[end + 1..]), &input[..end])),
        _ => Err(no_token(field, input)),
    }
}

/// Whether a token can start like this: not with the space behind it, not with the quote of a later field, and not with
/// the time of a second record.
#[inline]
fn is_start(first: u8, input: &[u8]) -> bool {
    first != b' ' && first != b'"' && (first != b'[' || !is_bracketed_time(input))
}

// What is rare is kept out of the way, so that what is frequent is inlined.
#[cold]
fn no_token(field: Field, input: &[u8]) -> Err<Reject> {
    Err::Error(match find_near(b' ', input) {
        None => Reject::EndsBefore(field),
        Some(_) if is_bracketed_time(input) => Reject::Glued,
        Some(_) => Reject::Unexpected(field),
    })
}

#[inline]
fn spaces(mut input: &[u8]) -> &[u8] {
    while let [b' ', rest @ ..] = input {
        input = rest;
    }
    input
}

/// `[06/Feb/2019:00:00:38 +0000]`: the text inside, and the time.
#[inline]
fn bracketed_time<'a>(input: &'a [u8], times: &mut LogTimes) -> Parsed<'a, (&'a [u8], Timestamp)> {
    if let Some((bracketed, rest)) = input.split_first_chunk::<{ LOG_TIME_LEN + 3 }>()
        && let [b'[', text @ .., b']', b' '] = bracketed
        && let Some(time) = times.read(text)
    {
        return Ok((spaces(rest), (text, time)));
    }
    Err(no_time(input))
}

#[cold]
fn no_time(input: &[u8]) -> Err<Reject> {
    let is_cut = input.first() == Some(&b'[') && input.len() < LOG_TIME_LEN + 3;
    Err::Error(if is_cut { Reject::EndsBefore } else { Reject::Unexpected }(Field::Timestamp))
}

/// The requester: a token, or an origin access identity, which holds spaces.
#[inline(always)]
fn requester(input: &[u8]) -> Parsed<'_, &[u8]> {
    let (rest, text) = token(Field::Requester, input)?;
    if rest.starts_with(b"Origin ") && text.ends_with(b"/CloudFront") {
        return origin_access_identity(input);
    }
    Ok((rest, text))
}

/// `arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE1234`
#[inline(never)]
fn origin_access_identity(input: &[u8]) -> Parsed<'_, &[u8]> {
    let identity = (take_until("/CloudFront "), tag("/CloudFront Origin Access Identity "), |id| {
        token(Field::Requester, id)
    });
    let (rest, text) = consumed(identity).map(|(text, _): (&[u8], _)| text).parse(input)?;
    Ok((rest, text.trim_ascii_end()))
}

// ---------------------------------------------------------------------------------------------------------- request

/// The key, and the request with its response.
#[inline]
fn key_and_request<'a>(input: &'a [u8]) -> Parsed<'a, KeyAndRequest<'a>> {
    let (rest, key) = token(Field::Key, input)?;
    match request(rest) {
        Ok((rest, request)) => Ok((rest, (key, request))),
        Err(error) => match key_with_spaces(input) {
            Some(found) => Ok(found),
            None => Err(error),
        },
    }
}

/// Keys of the first years are not encoded and can hold spaces. Such a key ends before the first quote that opens a
/// request line with the key in its path.
#[cold]
fn key_with_spaces(input: &[u8]) -> Option<(&[u8], KeyAndRequest<'_>)> {
    let end = memchr::memmem::find(input, b" \"")?;
    let key = &input[..end];
    let (rest, request) = request(&input[end + 1..]).ok()?;
    let path = super::key::path(request[0])?;
    let last_word = key.rsplit(|byte| *byte == b' ').next()?;
    let decoded: Vec<u8> = percent_encoding::percent_decode(path).collect();
    let is_key = decoded.ends_with(key)
        || (!last_word.is_empty() && path.ends_with(last_word) && path.len() > key.len());
    (is_key && memchr(b'[', key).is_none()).then_some((rest, (key, request)))
}

/// The request line, quoted or a bare dash, and the response.
#[inline]
fn request<'a>(input: &'a [u8]) -> Parsed<'a, [&'a [u8]; 7]> {
    let (rest, (uri, [status, error, bytes, size, total, turn_around])) = match input {
        [b'"', quoted @ ..] => request_line_and_response(quoted)?,
        [b'-', rest @ ..] => {
            let (rest, response) = response(rest)?;
            (rest, (NONE, response))
        }
        [] => return Err(Err::Error(Reject::EndsBefore(Field::RequestUri))),
        _ => return Err(Err::Error(Reject::Unexpected(Field::RequestUri))),
    };
    Ok((rest, [uri, status, error, bytes, size, total, turn_around]))
}

/// A quoted request line ends at the first quote that a response follows.
#[inline]
fn request_line_and_response<'a>(quoted: &'a [u8]) -> Parsed<'a, (&'a [u8], [&'a [u8]; 6])> {
    for (place, end) in memchr::memchr_iter(b'"', quoted).enumerate() {
        if let Ok((rest, response)) = response(&quoted[end + 1..]) {
            // Only a second opening quote can have brought a second record into this one's request line.
            if place > 0 && holds_time_behind_space(&quoted[..end]) {
                return Err(Err::Error(Reject::Glued));
            }
            return Ok((rest, (&quoted[..end], response)));
        }
    }
    Err(Err::Error(Reject::RequestUri))
}

/// ` STATUS ERROR BYTES SIZE TIME TIME `
#[inline]
fn response<'a>(input: &'a [u8]) -> Parsed<'a, [&'a [u8]; 6]> {
    let [b' ', rest @ ..] = input else { return Err(Err::Error(Reject::RequestUri)) };
    let (rest, status) = status(spaces(rest))?;
    let (rest, error) = token(Field::ErrorCode, rest)?;
    let (rest, bytes) = figure(Field::BytesSent, rest)?;
    let (rest, size) = figure(Field::ObjectSize, rest)?;
    let (rest, total) = figure(Field::TotalTime, rest)?;
    let (rest, turn_around) = figure(Field::TurnAroundTime, rest)?;
    Ok((rest, [status, error, bytes, size, total, turn_around]))
}

/// Three digits, or a dash.
#[inline(always)]
fn status(input: &[u8]) -> Parsed<'_, &[u8]> {
    match input {
        [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b' ', rest @ ..] => Ok((spaces(rest), &input[..3])),
        [b'-', b' ', rest @ ..] => Ok((spaces(rest), NONE)),
        _ => Err(no_figure(Field::HttpStatus)),
    }
}

/// Digits, or a dash, and the space behind them.
#[inline(always)]
fn figure(field: Field, input: &[u8]) -> Parsed<'_, &[u8]> {
    if let [b'-', b' ', rest @ ..] = input {
        return Ok((spaces(rest), NONE));
    }
    let digits = input.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match input.get(digits) {
        Some(b' ') if (1..=MAX_DIGITS).contains(&digits) => {
            Ok((spaces(&input[digits + 1..]), &input[..digits]))
        }
        _ => Err(no_figure(field)),
    }
}

#[cold]
fn no_figure(field: Field) -> Err<Reject> {
    Err::Error(Reject::Unexpected(field))
}

/// Whether the text is a number as the log writes it, a dash included.
pub(super) fn is_figure(text: &[u8]) -> bool {
    text == NONE || ((1..=MAX_DIGITS).contains(&text.len()) && text.iter().all(u8::is_ascii_digit))
}

// ---------------------------------------------------------------------------------------------------------- clients

/// The two fields that clients write as they like, and what stands behind them.
struct Clients<'a> {
    referer: &'a [u8],
    user_agent: &'a [u8],
    tail: &'a [u8],
    /// Whether the two can be told apart in more than one way.
    ambiguous: bool,
}

#[inline]
fn clients(input: &[u8]) -> Result<Clients<'_>, Reject> {
    let Some(last) = memrchr(b'"', input) else { return bare_clients(input) };
    let (before, tail) = (&input[..last], &input[last + 1..]);
    if !tail.is_empty() && tail[0] != b' ' {
        return Err(Reject::Unclosed(if before.is_empty() { Field::Referer } else { Field::UserAgent }));
    }
    match before {
        [b'"', quoted @ ..] => quoted_clients(quoted, tail),
        [] => Err(Reject::Unclosed(Field::Referer)),
        _ => match dash(before) {
            Some([b'"', user_agent @ ..]) => {
                no_second_record(user_agent)?;
                Ok(Clients { referer: NONE, user_agent, tail, ambiguous: false })
            }
            Some([]) => Err(Reject::Unclosed(Field::UserAgent)),
            _ => Err(Reject::Unexpected(Field::Referer)),
        },
    }
}

/// Both without quotes: dashes, or a line of 2006 that ends here.
#[cold]
fn bare_clients(input: &[u8]) -> Result<Clients<'_>, Reject> {
    let rest = dash(input).ok_or(Reject::Unexpected(Field::Referer))?;
    let tail = match rest {
        b"-" => b"",
        _ => dash(rest).ok_or(Reject::Unexpected(Field::UserAgent))?,
    };
    Ok(Clients { referer: NONE, user_agent: NONE, tail, ambiguous: false })
}

/// A bare dash and the space behind it.
fn dash(input: &[u8]) -> Option<&[u8]> {
    input.strip_prefix(b"- ").map(spaces)
}

/// A quoted referer, and all up to the last quote of the line.
#[inline]
fn quoted_clients<'a>(quoted: &'a [u8], tail: &'a [u8]) -> Result<Clients<'a>, Reject> {
    let Some(split) = quote_space_quote(quoted) else { return other_clients(quoted, tail) };
    let (referer, user_agent) = (&quoted[..split], &quoted[split + 3..]);
    let mut ambiguous = false;
    if memchr(b'"', user_agent).is_some() {
        no_second_record(quoted)?;
        // The quote that opens the user agent can be the first one of another split.
        ambiguous = quote_space_quote(&quoted[split + 2..]).is_some();
    }
    Ok(Clients { referer, user_agent, tail, ambiguous })
}

/// Where the first `" "` begins.
#[inline]
fn quote_space_quote(text: &[u8]) -> Option<usize> {
    // The referer is a dash most of the time.
    let first = find_near(b'"', text)?;
    let mut quotes =
        [first].into_iter().chain(memchr::memchr_iter(b'"', &text[first + 1..]).map(|at| first + 1 + at));
    quotes.find(|at| text[*at..].starts_with(b"\" \""))
}

/// No `" "` before the last quote: there are more spaces than one, or the user agent is a bare dash behind it, or it is
/// never closed.
#[cold]
fn other_clients<'a>(quoted: &'a [u8], tail: &'a [u8]) -> Result<Clients<'a>, Reject> {
    no_second_record(quoted)?;
    if let Some(split) = memchr::memmem::find(quoted, b"\"  ")
        && let [b'"', user_agent @ ..] = spaces(&quoted[split + 1..])
    {
        return Ok(Clients { referer: &quoted[..split], user_agent, tail, ambiguous: false });
    }
    if quoted.ends_with(b"\" ") {
        return Err(Reject::Unclosed(Field::UserAgent));
    }
    let tail = match spaces(tail) {
        b"-" => b"",
        tail => dash(tail).ok_or(Reject::Unexpected(Field::UserAgent))?,
    };
    Ok(Clients { referer: quoted, user_agent: NONE, tail, ambiguous: false })
}

// ------------------------------------------------------------------------------------------------- a second record

/// Whether a time in brackets stands at the start: `[06/Feb/2019:`.
pub(super) fn is_bracketed_time(text: &[u8]) -> bool {
    let [b'[', d1, d2, b'/', month @ .., b'/', y1, y2, y3, y4, b':'] = text.get(..13).unwrap_or_default()
    else {
        return false;
    };
    [d1, d2, y1, y2, y3, y4].into_iter().all(u8::is_ascii_digit) && month.iter().all(u8::is_ascii_alphabetic)
}

/// Whether a request line holds a time in brackets behind a raw space: no client's request line does.
#[cold]
fn holds_time_behind_space(uri: &[u8]) -> bool {
    memchr::memmem::find_iter(uri, b" [").any(|at| is_bracketed_time(&uri[at + 1..]))
}

/// Refuses a text that begins inside quotes and in which, outside of them, a second record begins. A user agent that
/// merely holds a time in brackets is no second record.
#[cold]
fn no_second_record(quoted: &[u8]) -> Result<(), Reject> {
    let mut inside = true;
    for at in memchr::memchr2_iter(b'"', b'[', quoted) {
        if quoted[at] == b'"' {
            inside = !inside;
        } else if !inside && begins_record(&quoted[at..]) {
            return Err(Reject::Glued);
        }
    }
    Ok(())
}

/// Whether a record goes on from its time: `[time] remote_ip requester request_id operation `.
fn begins_record(text: &[u8]) -> bool {
    let Ok((rest, _)) = bracketed_time(text, &mut LogTimes::default()) else { return false };
    actor(rest).is_ok_and(|(_, [_, _, request_id, _])| {
        matches!(request_id.len(), 16 | 36)
            && request_id.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
    })
}
