//! The usual record of the JSON delivery, read from the structural index: nearly all records are like this.
//!
//! It reads an object without white space that holds nothing but texts without escapes, plain numbers, nulls and booleans. The
//! index holds all quotes and all that makes a text unusual, so no text is looked at twice, and none is copied. `None` is no
//! verdict on the line: the reference, `json.rs`, then decides. What is read here, the reference reads in the same way.

use std::ops::Range;

use wide::u8x16;

use super::iso_time::IsoTimes;
use super::json_members::{NO_FIELD, OWN_TIME, Order, PATTERN, UNKNOWN_NAME};
use super::json_texts::{JsonTexts, Read, SLOTS};
use crate::record::cursor::Span;
use crate::record::{Field, FieldKind, NONE, yes_or_no};

/// The longest usual number.
const MAX_DIGITS: usize = 15;

/// The fields that are numbers, a bit for each.
const NUMBERS: u32 = {
    let (mut bits, mut place) = (0, 0);
    while place < Field::COUNT {
        if matches!(Field::ALL[place].kind(), FieldKind::Integer | FieldKind::Bytes | FieldKind::Milliseconds)
        {
            bits |= 1 << place;
        }
        place += 1;
    }
    bits
};

/// Reads the object in the given range of a chunk. `delimiters` are the delimiters from there on.
#[inline(always)]
pub(super) fn record(
    text: &[u8],
    object: Range<usize>,
    delimiters: &[u32],
    order: &mut Order,
    times: &mut IsoTimes,
    texts: &mut JsonTexts,
) -> Option<Read> {
    texts.begin();
    let mut read = Read::default();
    // Which fields there are, a bit for each, and how many members are one.
    let (mut seen, mut count) = (0_u32, 0);
    let mut member = &UNKNOWN_NAME;
    let mut delimiters = delimiters;
    if *text.get(object.start)? != b'{' {
        return None;
    }
    let mut at = object.start + 1;
    loop {
        let next = text.get(at..)?.first_chunk::<PATTERN>();
        let guess = next.and_then(|next| Some((order.guess(member, next)?, next)));
        let (value, first);
        // The two quotes of the name are the next delimiters: so far only commas come before them.
        if let Some((guess, next)) = guess {
            member = guess;
            delimiters = delimiters.get(2..)?;
            let len = usize::from(guess.len);
            (value, first) = (at + len, next[len % PATTERN]);
        } else {
            let ([open, close], rest) = delimiters.split_first_chunk()?;
            delimiters = rest;
            let (open, close) = (*open as usize, *close as usize);
            if open != at || *text.get(open)? != b'"' || *text.get(close)? != b'"' {
                return None;
            }
            member = order.learn(member, text.get(open + 1..close)?);
            value = word(text, close + 1, b":")?;
            first = *text.get(value)?;
        }
        seen |= member.bit;
        let slot = &mut read.spans[usize::from(member.field) % SLOTS];
        let end = if first == b'"' {
            let ([open, close], rest) = delimiters.split_first_chunk()?;
            debug_assert_eq!(*open as usize, value, "a quote is no delimiter");
            delimiters = rest;
            let close = *close as usize;
            if *text.get(close)? != b'"' {
                return None;
            }
            let span = Span::new(value + 1, close);
            // A number in quotes is unusual.
            if NUMBERS & member.bit != 0 {
                return None;
            }
            *slot = span;
            close + 1
        } else if first == b'n' {
            // As in the reference: a dash, but where that says no.
            if usize::from(member.field) != Field::AclRequired.index() {
                *slot = Span::NONE;
            }
            word(text, value, b"null")?
        } else if first.is_ascii_digit() {
            let end = number(text, value)?;
            *slot = Span::new(value, end);
            end
        } else if first == b'f' {
            *slot = Span::NONE;
            word(text, value, b"false")?
        } else if first == b't' && NUMBERS & member.bit == 0 {
            *slot = Span::YES;
            word(text, value, b"true")?
        } else {
            return None;
        };
        if member.field == NO_FIELD {
            add_extra(texts, text, at, value, end)?;
        } else {
            count += 1;
        }
        at = end + 1;
        match *text.get(end)? {
            b',' => {}
            b'}' => break,
            _ => return None,
        }
    }
    // Which of two of a name is meant, the reference knows.
    if (seen & !OWN_TIME).count_ones() != count {
        return None;
    }
    let status = read.spans[Field::HttpStatus.index()];
    let is_whole = at == object.end && (status.len() == 3 || status.of(text) == NONE);
    // `timestamp` alone is no record: its field and its own bit.
    if !is_whole || (seen & OWN_TIME != 0 && seen.count_ones() == 2) {
        return None;
    }
    if is_unusual_acl(read.spans[Field::AclRequired.index()], text) {
        return None;
    }
    read.timestamp = times.read(read.spans[Field::Timestamp.index()].of(text))?;
    Some(read)
}

/// Whether acl_required is neither yes nor no, and so belongs to the members that are no fields.
#[inline(always)]
fn is_unusual_acl(span: Span, text: &[u8]) -> bool {
    #[cold]
    fn of_text(text: &[u8]) -> bool {
        yes_or_no(text).is_none()
    }
    !matches!(span, Span::MISSING | Span::YES | Span::NONE) && of_text(span.of(text))
}

/// Adds a member that is no field, from its name to the end of its value.
#[inline(always)]
fn add_extra(texts: &mut JsonTexts, text: &[u8], name: usize, value: usize, end: usize) -> Option<()> {
    let json = text.get(name..end)?;
    if texts.repeat_extra(json) {
        return Some(());
    }
    let (name, value) = json.split_at_checked(value - name)?;
    let name = name.get(1..)?.split(|byte| *byte == b'"').next()?;
    let text = match value {
        [b'"', text @ .., b'"'] => text,
        b"null" => b"",
        json => json,
    };
    texts.learn_extra(json, name, text);
    Some(())
}

/// Where the number ends that begins here; `None` if it is an unusual one.
#[inline(always)]
fn number(text: &[u8], at: usize) -> Option<usize> {
    let block = text.get(at..)?.first_chunk()?;
    let values = u8x16::new(*block) - u8x16::splat(b'0');
    let digits = values.min(u8x16::splat(9)).simd_eq(values).to_bitmask();
    let len = (!digits).trailing_zeros() as usize;
    let is_plain = len == 1 || (len <= MAX_DIGITS && block[0] != b'0');
    is_plain.then_some(at + len)
}

/// Where it goes on after the given word, if the text here begins with it.
#[inline(always)]
fn word<const N: usize>(text: &[u8], at: usize, word: &[u8; N]) -> Option<usize> {
    (text.get(at..)?.first_chunk::<N>()? == word).then_some(at + N)
}
