//! The grammar of a log line, in the order in which it can be read safely. It is the reference: it reads every line, from
//! its bytes alone.
//!
//! ```text
//! line     = subject key request referer_and_user_agent tail
//! subject  = bucket_owner bucket "[" timestamp "]" remote_ip requester request_id operation
//! request  = request_uri response
//! response = http_status error_code bytes_sent object_size total_time turn_around_time
//! tail     = [version_id [host_id signature_version cipher_suite authentication_type host_header ...]]
//! ```
//!
//! Nothing inside quotes is escaped. So the URI ends at the first quote that a response follows, and the user agent at
//! the last quote of the line, for the tail holds none; the referer ends at the first `" "`.
//!
//! Source: AWS, "Amazon S3 server access log format", and lines seen in the wild.

use memchr::{memchr_iter, memchr2_iter, memmem, memrchr};
use nom::branch::alt;
use nom::bytes::complete::{tag, take, take_till, take_until, take_while1};
use nom::character::complete::digit1;
use nom::combinator::{cut, eof, opt, peek, recognize, verify};
use nom::sequence::{delimited, preceded, terminated};
use nom::{Err, IResult, Parser};

use super::error::ParseError;
use super::log_time::{LOG_TIME_LEN, LogTimes, is_bracketed_time};
use super::tail;
use crate::record::cursor::{Cursor, Span};
use crate::record::{Field, NONE, Record, is_number, key};
use crate::time::Timestamp;

type Parsed<'a, O> = IResult<&'a [u8], O, ParseError>;

/// Reads a whole line that has been trimmed.
///
/// # Errors
/// The reason, if the line is no record.
#[cold]
pub(super) fn record<'a>(line: &'a [u8], times: &mut LogTimes) -> Result<Record<'a>, ParseError> {
    read(line, times).map_err(|error| match error {
        Err::Error(reason) | Err::Failure(reason) => reason,
        Err::Incomplete(_) => ParseError::RequestUri,
    })
}

fn read<'a>(line: &'a [u8], times: &mut LogTimes) -> Result<Record<'a>, Err<ParseError>> {
    let (rest, [owner, bucket]) = bucket_owner_and_bucket(line)?;
    let (rest, (time, timestamp)) = bracketed_time(rest, times)?;
    let after_time = rest;
    let (rest, [remote_ip, requester, request_id, operation]) = actor(rest)?;
    let (rest, (key, uri, response)) = alt((key_and_request, spaced_key_and_request))
        .parse(rest)
        .map_err(|error| error.map(|reason| missing_before_uri(reason, after_time)))?;
    let [status, error, bytes, size, total, turn_around] = response;
    let (tail, clients) = referer_and_user_agent(rest)?;
    let tail = Cursor::new(line, line.len() - tail.len(), &[]);
    let tail = tail::read(tail, timestamp).map_err(Err::Error)?;
    let head = [
        owner,
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
    let head = head.map(|field| Span::within(line, field));
    Ok(Record { line, text: line, timestamp, ambiguous: clients.ambiguous, head, tail })
}

// ---------------------------------------------------------------------------------------------------------- subject

/// The spaces between two fields: some writers put two.
fn spaces(input: &[u8]) -> Parsed<'_, &[u8]> {
    take_while1(|byte| byte == b' ').parse(input)
}

/// A field that holds no space, and the spaces after it. It starts neither with the quote of a later field nor with the
/// time of a second record.
fn token<'a>(field: Field) -> impl Parser<&'a [u8], Output = &'a [u8], Error = ParseError> {
    move |input: &'a [u8]| {
        let word = terminated(take_till(|byte| byte == b' '), spaces).parse(input);
        let (rest, text) = word.map_err(|_: Err<ParseError>| Err::Error(ParseError::EndsBefore(field)))?;
        match text {
            _ if is_bracketed_time(input) => Err(Err::Error(ParseError::Glued)),
            [] | [b'"', ..] => Err(Err::Error(ParseError::Unexpected(field))),
            _ => Ok((rest, text)),
        }
    }
}

/// The two fields before the time. There is always one of a line that has lost the other: a canonical user id is the owner.
fn bucket_owner_and_bucket(line: &[u8]) -> Parsed<'_, [&[u8]; 2]> {
    let missing = |field| Err(Err::Error(ParseError::Missing(field)));
    if is_bracketed_time(line) {
        return missing(Field::BucketOwner);
    }
    let (rest, owner) = token(Field::BucketOwner).parse(line)?;
    if is_bracketed_time(rest) {
        return missing(if is_canonical_id(owner) { Field::Bucket } else { Field::BucketOwner });
    }
    // What is longer is a line that was cut in its owner, and the next one after it.
    if owner.len() > OWNER_LEN && owner.last_chunk::<OWNER_LEN>().is_some_and(|owner| is_canonical_id(owner))
    {
        return Err(Err::Error(ParseError::Glued));
    }
    let (rest, bucket) = token(Field::Bucket).parse(rest)?;
    Ok((rest, [owner, bucket]))
}

/// How long the canonical user id of an owner is.
pub(super) const OWNER_LEN: usize = 64;

/// Whether a text is the canonical user id of an account: names of buckets are shorter.
fn is_canonical_id(text: &[u8]) -> bool {
    text.len() == OWNER_LEN && text.iter().all(u8::is_ascii_hexdigit)
}

/// `[06/Feb/2019:00:00:38 +0000] `: the text inside, and the time.
fn bracketed_time<'a>(input: &'a [u8], times: &mut LogTimes) -> Parsed<'a, (&'a [u8], Timestamp)> {
    let mut bracketed = delimited(tag("["), take(LOG_TIME_LEN), (tag("]"), spaces));
    let read: Parsed<'a, &'a [u8]> = bracketed.parse(input);
    if let Ok((rest, text)) = read
        && let Some(time) = text.as_array().and_then(|text| times.read(text))
    {
        return Ok((rest, (text, time)));
    }
    let is_cut = input.starts_with(b"[") && input.len() < LOG_TIME_LEN + 3;
    Err(Err::Error(if is_cut { ParseError::EndsBefore } else { ParseError::Unexpected }(Field::Timestamp)))
}

/// `remote_ip requester request_id operation`
fn actor(input: &[u8]) -> Parsed<'_, [&[u8]; 4]> {
    (token(Field::RemoteIp), requester, token(Field::RequestId), token(Field::Operation))
        .map(|(remote_ip, requester, request_id, operation)| [remote_ip, requester, request_id, operation])
        .parse(input)
}

/// The reason with the field by its name that is missing, where a quote is in the place of the key and the others tell which one is.
#[cold]
fn missing_before_uri(reason: ParseError, after_time: &[u8]) -> ParseError {
    if reason != ParseError::Unexpected(Field::Key) {
        return reason;
    }
    let words = || after_time.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let mut before = words().take_while(|word| !word.starts_with(b"\""));
    let (Some(first), Some(second), Some(third), Some(fourth), None) =
        (before.next(), before.next(), before.next(), before.next(), before.next())
    else {
        return reason;
    };
    let is_ip =
        |word: &[u8]| std::str::from_utf8(word).is_ok_and(|word| word.parse::<std::net::IpAddr>().is_ok());
    let field = match () {
        () if is_operation(third) && !is_request_id(second) => Field::RequestId,
        () if is_operation(third) && is_ip(first) => Field::Requester,
        () if is_operation(third) && first != NONE => Field::RemoteIp,
        () if is_request_id(third) && !is_operation(fourth) => Field::Operation,
        () => return reason,
    };
    ParseError::Unexpected(field)
}

/// Whether a text is what S3 calls operations.
fn is_operation(text: &[u8]) -> bool {
    [&b"REST."[..], b"WEBSITE.", b"SOAP.", b"BATCH.", b"S3."].iter().any(|kind| text.starts_with(kind))
}

/// Whether a text is what request ids are: 16 letters and digits, or a UUID.
fn is_request_id(text: &[u8]) -> bool {
    matches!(text.len(), 16 | 36) && text.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

/// The requester: a token, or an origin access identity, which holds spaces.
fn requester(input: &[u8]) -> Parsed<'_, &[u8]> {
    let (rest, word) = token(Field::Requester).parse(input)?;
    if word.ends_with(b"/CloudFront") && rest.starts_with(b"Origin ") {
        return origin_access_identity(input);
    }
    Ok((rest, word))
}

/// `arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE1234`
fn origin_access_identity(input: &[u8]) -> Parsed<'_, &[u8]> {
    let name = (take_till(|byte| byte == b' '), tag(" Origin Access Identity "));
    let (_, name): (_, &[u8]) = recognize(name).parse(input)?;
    let (rest, id) = token(Field::Requester).parse(&input[name.len()..])?;
    Ok((rest, &input[..name.len() + id.len()]))
}

// ---------------------------------------------------------------------------------------------------------- request

/// http_status, error_code, bytes_sent, object_size, total_time and turn_around_time.
type Response<'a> = [&'a [u8]; 6];
/// The key, the URI, and the response.
type KeyAndRequest<'a> = (&'a [u8], &'a [u8], Response<'a>);

/// The key, and the request with its response.
fn key_and_request(input: &[u8]) -> Parsed<'_, KeyAndRequest<'_>> {
    (cut(token(Field::Key)), request).map(|(key, (uri, response))| (key, uri, response)).parse(input)
}

/// Keys of the first years are not encoded and can hold spaces. Such a key ends before the first quote that opens a
/// request line with the key in its path.
fn spaced_key_and_request(input: &[u8]) -> Parsed<'_, KeyAndRequest<'_>> {
    let key = terminated(take_until(&b" \""[..]), tag(" "));
    let key_and_request = (key, request).map(|(key, (uri, response))| (key, uri, response));
    verify(key_and_request, |(key, uri, _)| is_key_of(key, uri)).parse(input)
}

/// Whether a key with spaces is the one in the path of the request line.
fn is_key_of(key: &[u8], request_uri: &[u8]) -> bool {
    let Some(path) = key::path(request_uri) else { return false };
    let last_word = key.rsplit(|byte| *byte == b' ').next().unwrap_or_default();
    let len = percent_encoding::percent_decode(path).count();
    let is_decoded = len
        .checked_sub(key.len())
        .is_some_and(|start| percent_encoding::percent_decode(path).skip(start).eq(key.iter().copied()));
    let is_end = !last_word.is_empty() && path.ends_with(last_word) && path.len() > key.len();
    (is_decoded || is_end) && !key.contains(&b'[')
}

/// The request line, quoted or a bare dash, and the response.
fn request(input: &[u8]) -> Parsed<'_, (&[u8], Response<'_>)> {
    match input.first() {
        Some(b'"') => request_line_and_response(&input[1..]),
        Some(b'-') => (tag("-"), response).parse(input),
        None => Err(Err::Error(ParseError::EndsBefore(Field::RequestUri))),
        Some(_) => Err(Err::Error(ParseError::Unexpected(Field::RequestUri))),
    }
}

/// A quoted request line ends at the first quote that a response follows.
fn request_line_and_response(quoted: &[u8]) -> Parsed<'_, (&[u8], Response<'_>)> {
    for (quotes, end) in memchr_iter(b'"', quoted).enumerate() {
        let (uri, after) = (&quoted[..end], &quoted[end + 1..]);
        let Ok((rest, response)) = response(after) else { continue };
        // Only a second opening quote can have brought a second record into this one's request line.
        if quotes > 0 && holds_time_after_space(uri) {
            return Err(Err::Error(ParseError::Glued));
        }
        return Ok((rest, (uri, response)));
    }
    Err(Err::Error(ParseError::RequestUri))
}

/// ` STATUS ERROR BYTES SIZE TIME TIME `
fn response(input: &[u8]) -> Parsed<'_, Response<'_>> {
    let fields = (
        status,
        token(Field::ErrorCode),
        number(Field::BytesSent),
        number(Field::ObjectSize),
        number(Field::TotalTime),
        number(Field::TurnAroundTime),
    );
    preceded(spaces, fields)
        .map(|(status, error, bytes, size, total, turn_around)| {
            [status, error, bytes, size, total, turn_around]
        })
        .parse(input)
}

/// Three digits, or a dash.
fn status(input: &[u8]) -> Parsed<'_, &[u8]> {
    let result =
        verify(number(Field::HttpStatus), |text: &[u8]| text.len() == 3 || text == NONE).parse(input);
    result.map_err(|_| Err::Error(ParseError::Unexpected(Field::HttpStatus)))
}

/// Digits, or a dash, and the spaces after them.
fn number<'a>(field: Field) -> impl Parser<&'a [u8], Output = &'a [u8], Error = ParseError> {
    move |input: &'a [u8]| {
        let text = verify(alt((tag("-"), digit1)), |text: &[u8]| is_number(text));
        let read: Parsed<'a, &'a [u8]> = terminated(text, spaces).parse(input);
        read.map_err(|_| Err::Error(ParseError::Unexpected(field)))
    }
}

// ------------------------------------------------------------------------------------------- referer and user agent

/// The two fields that clients write as they like.
struct Clients<'a> {
    referer: &'a [u8],
    user_agent: &'a [u8],
    /// Whether the two can be told apart in more than one way.
    ambiguous: bool,
}

/// The referer and the user agent, of which the later one in quotes ends at the last quote of the line.
fn referer_and_user_agent(input: &[u8]) -> Parsed<'_, Clients<'_>> {
    let Some(end) = memrchr(b'"', input) else { return two_dashes(input) };
    let (before, after) = (&input[..end], &input[end + 1..]);
    match before {
        _ if !matches!(after, [] | [b' ', ..]) => {
            let field = if before.is_empty() { Field::Referer } else { Field::UserAgent };
            Err(Err::Error(ParseError::Unclosed(field)))
        }
        [b'"', quoted @ ..] => quoted_referer(quoted, after),
        [] => Err(Err::Error(ParseError::Unclosed(Field::Referer))),
        _ => dash_and_quoted_user_agent(before).map(|(_, clients)| (after, clients)),
    }
}

/// A bare dash, before a space or at the end of the line.
fn dash(field: Field) -> impl Fn(&[u8]) -> Parsed<'_, &[u8]> {
    move |input| {
        let read: Parsed<'_, &[u8]> = terminated(tag("-"), peek(alt((tag(" "), eof)))).parse(input);
        read.map_err(|_| Err::Error(ParseError::Unexpected(field)))
    }
}

/// Both without quotes.
fn two_dashes(input: &[u8]) -> Parsed<'_, Clients<'_>> {
    let (rest, referer) = dash(Field::Referer)(input)?;
    let read: Parsed<'_, &[u8]> = spaces(rest);
    let (rest, _) = read.map_err(|_| Err::Error(ParseError::Unexpected(Field::Referer)))?;
    let (rest, user_agent) = dash(Field::UserAgent)(rest)?;
    Ok((rest, Clients { referer, user_agent, ambiguous: false }))
}

/// A bare dash, and a user agent of which the closing quote has been cut off.
fn dash_and_quoted_user_agent(before: &[u8]) -> Parsed<'_, Clients<'_>> {
    let (rest, referer) = dash(Field::Referer)(before)?;
    let read: Parsed<'_, &[u8]> = spaces(rest);
    let (rest, _) = read.map_err(|_| Err::Error(ParseError::Unexpected(Field::Referer)))?;
    match rest {
        [b'"', user_agent @ ..] => {
            no_second_record(user_agent)?;
            Ok((&[], Clients { referer, user_agent, ambiguous: false }))
        }
        [] => Err(Err::Error(ParseError::Unclosed(Field::UserAgent))),
        _ => Err(Err::Error(ParseError::Unexpected(Field::Referer))),
    }
}

/// A quoted referer, and what follows up to the last quote of the line, `after` which the tail begins.
fn quoted_referer<'a>(quoted: &'a [u8], after: &'a [u8]) -> Parsed<'a, Clients<'a>> {
    if let Ok((user_agent, referer)) = until(b"\" \"").parse(quoted) {
        if !quoted[..referer.len()].contains(&b'"') && !user_agent.contains(&b'"') {
            return Ok((after, Clients { referer, user_agent, ambiguous: false }));
        }
        no_second_record(quoted)?;
        // The quote that opens the user agent can be the first one of another split.
        let ambiguous = memmem::find(&quoted[referer.len() + 2..], b"\" \"").is_some();
        return Ok((after, Clients { referer, user_agent, ambiguous }));
    }
    no_second_record(quoted)?;
    if let Ok((user_agent, (referer, _, _))) = (until(b"\"  "), opt(spaces), tag("\"")).parse(quoted) {
        return Ok((after, Clients { referer, user_agent, ambiguous: false }));
    }
    if quoted.ends_with(b"\" ") {
        return Err(Err::Error(ParseError::Unclosed(Field::UserAgent)));
    }
    let (rest, user_agent) = preceded(opt(spaces), dash(Field::UserAgent)).parse(after)?;
    Ok((rest, Clients { referer: quoted, user_agent, ambiguous: false }))
}

/// What is before the first `end`, which is read, too.
fn until<'a>(end: &'static [u8]) -> impl Parser<&'a [u8], Output = &'a [u8], Error = ParseError> {
    terminated(take_until(end), tag(end))
}

// ------------------------------------------------------------------------------------------------- a second record

/// Whether a request line holds a time in brackets after a raw space: no client's request line does.
fn holds_time_after_space(uri: &[u8]) -> bool {
    memmem::find_iter(uri, b" [").any(|at| is_bracketed_time(&uri[at + 1..]))
}

/// Refuses a text that begins inside quotes and in which a second record begins: outside of quotes, or after the owner of a
/// bucket, where the first record was cut inside of quotes. A user agent that merely holds a time in brackets is no second
/// record.
fn no_second_record(quoted: &[u8]) -> Result<(), Err<ParseError>> {
    let mut inside = true;
    for at in memchr2_iter(b'"', b'[', quoted) {
        if quoted[at] == b'"' {
            inside = !inside;
        } else if begins_record(&quoted[at..]) && (!inside || ends_with_owner_and_bucket(&quoted[..at])) {
            return Err(Err::Error(ParseError::Glued));
        }
    }
    Ok(())
}

/// Whether a record goes on from its time: `[time] remote_ip requester request_id operation `.
fn begins_record(text: &[u8]) -> bool {
    let Ok((rest, _)) = bracketed_time(text, &mut LogTimes::default()) else { return false };
    actor(rest).is_ok_and(|(_, [_, _, request_id, _])| is_request_id(request_id))
}

/// Whether a text ends in the canonical user id of an owner and the name of a bucket.
fn ends_with_owner_and_bucket(text: &[u8]) -> bool {
    let mut words = text.trim_ascii_end().rsplit(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let (Some(_bucket), Some(owner)) = (words.next(), words.next()) else { return false };
    owner.last_chunk::<OWNER_LEN>().is_some_and(|owner| is_canonical_id(owner))
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod tests;
