//! Lines of a text, and what is around a record in its line.

use std::ops::Range;

use memchr::memchr;

pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The lines of a chunk, without their line feeds. The last one need not end in one.
#[inline]
pub fn lines(mut chunk: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        if chunk.is_empty() {
            return None;
        }
        let (line, rest) = match memchr(b'\n', chunk) {
            Some(end) => (&chunk[..end], &chunk[end + 1..]),
            None => (chunk, &chunk[chunk.len()..]),
        };
        chunk = rest;
        Some(line)
    })
}

/// Whether a line holds nothing but white space: it is no record, and nothing is lost with it.
#[inline]
pub fn is_blank(line: &[u8]) -> bool {
    // Nearly every line starts with a letter or a digit.
    line.first().is_none_or(|byte| *byte <= b' ') && line.iter().all(u8::is_ascii_whitespace)
}

/// Where the record is in a line, without the line end and what editors and re-saving add around it.
#[inline]
pub(super) fn trim(line: &[u8]) -> Range<usize> {
    let (mut start, mut end) = (0, line.len());
    while let [.., b' ' | b'\r' | b'\n' | b'\t'] = line[..end] {
        end -= 1;
    }
    if line[..end].starts_with(BYTE_ORDER_MARK) {
        start = BYTE_ORDER_MARK.len();
    }
    while let [b' ' | b'\t' | b'\r', ..] = line[start..end] {
        start += 1;
    }
    start..end
}

/// Whether a line is one of the JSON delivery: objects in it can follow each other.
pub(crate) fn is_json(line: &[u8]) -> bool {
    json_start(line).is_some()
}

/// Where the object begins in a line of the JSON delivery: at its start or, as export tasks of CloudWatch Logs write it, after
/// a time and a space. `None` if it is a line of another kind.
#[inline(always)]
pub(super) fn json_start(line: &[u8]) -> Option<usize> {
    match line {
        [b'{', ..] => Some(0),
        [_, _, _, _, b'-', _, _, b'-', _, _, b'T', ..] | [0xEF | b' ' | b'\t' | b'\r', ..] => {
            unusual_json_start(line)
        }
        _ => None,
    }
}

#[cold]
fn unusual_json_start(line: &[u8]) -> Option<usize> {
    let start = trim(line).start;
    let line = &line[start..];
    // The time, as in `2026-03-01T12:00:00.123Z`.
    let time = line.iter().take_while(|byte| byte.is_ascii_digit() || b"-:.TZ".contains(byte)).count();
    let object = match line.get(time..)? {
        [b'{', ..] if time == 0 => 0,
        [b' ', b'{', ..] if time > 0 => time + 1,
        _ => return None,
    };
    Some(start + object)
}

/// A text without the mark that editors put before it.
pub(super) fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_what_is_between_line_feeds() {
        let table: &[(&[u8], &[&[u8]])] = &[
            (b"", &[]),
            (b"a", &[b"a"]),
            (b"a\n", &[b"a"]),
            (b"a\n\nb\r\n", &[b"a", b"", b"b\r"]),
            (b"\n", &[b""]),
        ];
        for (chunk, expected) in table {
            assert_eq!(lines(chunk).collect::<Vec<_>>(), *expected);
        }
    }

    #[test]
    fn blank_lines() {
        for line in [&b""[..], b"\r", b"  ", b"\t\r"] {
            assert!(is_blank(line), "{line:?}");
        }
        for line in [&b"a"[..], b" a", b"\0", b"-"] {
            assert!(!is_blank(line), "{line:?}");
        }
    }

    #[test]
    fn trimming_leaves_the_record() {
        for line in
            [&b"a b"[..], b"a b\n", b"a b\r\n", b"a b  \r\n", b"\xEF\xBB\xBFa b", b"  a b", b"\r\t a b\t"]
        {
            assert_eq!(&line[trim(line)], b"a b");
        }
    }
}
