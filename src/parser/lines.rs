//! Cutting bytes into lines.

use memchr::memchr;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

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

/// The line without its line end, and without what editors and re-saving add around it.
#[inline]
pub(super) fn trim(mut line: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\r' | b'\n' | b'\t'] = line {
        line = rest;
    }
    if let Some(rest) = line.strip_prefix(BYTE_ORDER_MARK) {
        line = rest;
    }
    while let [b' ', rest @ ..] = line {
        line = rest;
    }
    line
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
        for line in [&b"a b"[..], b"a b\n", b"a b\r\n", b"a b  \r\n", b"\xEF\xBB\xBFa b", b"  a b"] {
            assert_eq!(trim(line), b"a b");
        }
    }
}
