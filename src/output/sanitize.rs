//! What bytes may reach a terminal. Log text is whatever a client sent: it can move the cursor, rename the window,
//! reverse the reading direction or hide. Everything that is not plainly visible is shown as an escape.

use std::ops::RangeInclusive;

/// Characters that show nothing, or change how their neighbours are shown: the controls beyond ASCII, the bidirectional
/// marks, overrides and isolates, separators of lines, and what Unicode calls default-ignorable. In order.
const HIDDEN: [RangeInclusive<char>; 19] = [
    '\u{7f}'..='\u{9f}',
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{61c}'..='\u{61c}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{200b}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{3164}'..='\u{3164}',
    '\u{fe00}'..='\u{fe0f}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff0}'..='\u{fffb}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0000}'..='\u{e0fff}',
    // The noncharacters at the very end.
    '\u{10fffe}'..='\u{10ffff}',
];

/// Which bytes go through as they are; for one way of escaping.
pub(super) type Plain = [bool; 256];

/// The visible ASCII characters and the space, but for those that the way of escaping needs for itself.
pub(super) const fn plain_except(special: &[u8]) -> Plain {
    let mut plain = [false; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        plain[byte as usize] = true;
        byte += 1;
    }
    let mut place = 0;
    while place < special.len() {
        plain[special[place] as usize] = false;
        place += 1;
    }
    plain
}

/// A part of a text.
#[derive(Debug)]
pub(super) enum Piece<'a> {
    /// Valid UTF-8 that may be shown as it is.
    Plain(&'a [u8]),
    /// An ASCII character that is no control and is not plain.
    Special(u8),
    /// A character that may not be shown.
    Hidden(char),
    /// Bytes that are no UTF-8; at most three.
    Invalid(&'a [u8]),
}

/// Cuts a text in pieces. Plain runs are found by a table and handed over whole: nearly all text is nothing else.
pub(super) fn pieces<'a>(text: &'a [u8], plain: &Plain, mut each: impl FnMut(Piece<'a>)) {
    let mut rest = text;
    loop {
        let run = rest.iter().position(|byte| !plain[usize::from(*byte)]).unwrap_or(rest.len());
        if run > 0 {
            each(Piece::Plain(&rest[..run]));
        }
        rest = &rest[run..];
        match rest.first() {
            None => return,
            Some(byte) if byte.is_ascii_control() => each(Piece::Hidden(char::from(*byte))),
            Some(byte) if byte.is_ascii() => each(Piece::Special(*byte)),
            Some(_) => {
                let run = rest.iter().position(u8::is_ascii).unwrap_or(rest.len());
                foreign(&rest[..run], &mut each);
                rest = &rest[run..];
                continue;
            }
        }
        rest = &rest[1..];
    }
}

/// Cuts a run of bytes that are not ASCII.
fn foreign<'a>(run: &'a [u8], each: &mut impl FnMut(Piece<'a>)) {
    for chunk in run.utf8_chunks() {
        let valid = chunk.valid();
        let mut start = 0;
        for (place, hidden) in valid.char_indices().filter(|(_, character)| is_hidden(*character)) {
            if start < place {
                each(Piece::Plain(&valid.as_bytes()[start..place]));
            }
            each(Piece::Hidden(hidden));
            start = place + hidden.len_utf8();
        }
        if start < valid.len() {
            each(Piece::Plain(&valid.as_bytes()[start..]));
        }
        if !chunk.invalid().is_empty() {
            each(Piece::Invalid(chunk.invalid()));
        }
    }
}

/// Whether a character may not be shown as it is.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || HIDDEN
            .binary_search_by(|range| {
                if *range.end() < character {
                    std::cmp::Ordering::Less
                } else if character < *range.start() {
                    std::cmp::Ordering::Greater
                } else {
                    std::cmp::Ordering::Equal
                }
            })
            .is_ok()
}

/// Log text as it may be shown: what is hidden as `\x1b` or `\u{202e}`, bytes that are no UTF-8 as `\xff`, and a
/// backslash doubled, so that no two texts look the same.
pub(crate) fn sanitize(text: &[u8]) -> String {
    let mut out = Vec::with_capacity(text.len());
    sanitize_into(text, &mut out);
    into_string(out)
}

/// Appends what [`sanitize`] gives.
pub(super) fn sanitize_into(text: &[u8], out: &mut Vec<u8>) {
    const PLAIN: Plain = plain_except(b"\\");
    pieces(text, &PLAIN, |piece| match piece {
        Piece::Special(_) => out.extend_from_slice(b"\\\\"),
        piece => show(piece, out),
    });
}

/// A message of our own that may quote log text or names from outside: line breaks and backslashes stay.
pub(crate) fn message(text: &str) -> String {
    const PLAIN: Plain = {
        let mut plain = plain_except(b"");
        plain[b'\n' as usize] = true;
        plain
    };
    let mut out = Vec::with_capacity(text.len());
    pieces(text.as_bytes(), &PLAIN, |piece| show(piece, &mut out));
    into_string(out)
}

fn show(piece: Piece<'_>, out: &mut Vec<u8>) {
    match piece {
        Piece::Plain(text) => out.extend_from_slice(text),
        Piece::Special(byte) => out.push(byte),
        Piece::Hidden('\t') => out.extend_from_slice(b"\\t"),
        Piece::Hidden('\n') => out.extend_from_slice(b"\\n"),
        Piece::Hidden('\r') => out.extend_from_slice(b"\\r"),
        Piece::Hidden(character) if character.is_ascii() => {
            out.extend_from_slice(format!("\\x{:02x}", u32::from(character)).as_bytes());
        }
        Piece::Hidden(character) => {
            out.extend_from_slice(format!("\\u{{{:x}}}", u32::from(character)).as_bytes());
        }
        Piece::Invalid(bytes) => {
            for byte in bytes {
                out.extend_from_slice(format!("\\x{byte:02x}").as_bytes());
            }
        }
    }
}

/// Pieces are valid UTF-8, so nothing is lost here.
fn into_string(out: Vec<u8>) -> String {
    String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Undoes [`sanitize`].
    fn restore(shown: &str) -> Vec<u8> {
        let mut out = Vec::new();
        let mut rest = shown;
        while let Some(character) = rest.chars().next() {
            rest = &rest[character.len_utf8()..];
            if character != '\\' {
                out.extend(character.to_string().bytes());
                continue;
            }
            let kind = rest.as_bytes()[0];
            rest = &rest[1..];
            match kind {
                b'\\' => out.push(b'\\'),
                b't' => out.push(b'\t'),
                b'n' => out.push(b'\n'),
                b'r' => out.push(b'\r'),
                b'x' => {
                    out.push(u8::from_str_radix(&rest[..2], 16).unwrap());
                    rest = &rest[2..];
                }
                b'u' => {
                    let (digits, tail) = rest[1..].split_once('}').unwrap();
                    let code = u32::from_str_radix(digits, 16).unwrap();
                    out.extend(char::from_u32(code).unwrap().to_string().bytes());
                    rest = tail;
                }
                other => panic!("\\{}", char::from(other)),
            }
        }
        out
    }

    #[test]
    fn hidden_text_becomes_visible() {
        let table: &[(&[u8], &str)] = &[
            (b"plain text ~", "plain text ~"),
            ("Größe 大 e\u{301} 👍".as_bytes(), "Größe 大 e\u{301} 👍"),
            (b"\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07"),
            (b"a\tb\nc\rd\0", "a\\tb\\nc\\rd\\x00"),
            (b"\x7f", "\\x7f"),
            ("\u{9b}31m".as_bytes(), "\\u{9b}31m"),
            (b"C:\\x1b", "C:\\\\x1b"),
            (b"\xff\xfe a \xe5\xa4", "\\xff\\xfe a \\xe5\\xa4"),
            ("a\u{202e}b\u{2066}c\u{200f}\u{61c}".as_bytes(), "a\\u{202e}b\\u{2066}c\\u{200f}\\u{61c}"),
            (
                "\u{200b}\u{200d}\u{feff}\u{2028}\u{2029}".as_bytes(),
                "\\u{200b}\\u{200d}\\u{feff}\\u{2028}\\u{2029}",
            ),
            ("\u{e0041}\u{fe0f}\u{ad}".as_bytes(), "\\u{e0041}\\u{fe0f}\\u{ad}"),
        ];
        for (text, expected) in table {
            assert_eq!(sanitize(text), *expected);
        }
    }

    #[test]
    fn hidden_characters_are_in_order() {
        assert!(HIDDEN.windows(2).all(|pair| pair[0].end() < pair[1].start()));
    }

    #[test]
    fn messages_keep_their_lines_and_backslashes() {
        assert_eq!(message("no C:\\logs\n  try \x1b[1m"), "no C:\\logs\n  try \\x1b[1m");
    }

    /// Any bytes, with those that matter more often than chance has it.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let part = prop_oneof![
            any::<u8>().prop_map(|byte| vec![byte]),
            any::<char>().prop_map(|character| character.to_string().into_bytes()),
            "[\\\\\u{1b}\u{80}-\u{9f}\u{200b}-\u{202e}xu{}0-9]{1,4}".prop_map(String::into_bytes),
        ];
        prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn any_bytes_become_visible_and_can_be_told_apart(text in bytes()) {
            let shown = sanitize(&text);
            prop_assert!(!shown.chars().any(is_hidden), "{shown:?}");
            prop_assert_eq!(restore(&shown), text);
        }

        #[test]
        fn messages_show_no_control(text in any::<String>()) {
            let shown = message(&text);
            prop_assert!(!shown.chars().any(|character| character != '\n' && is_hidden(character)));
            prop_assert_eq!(message(&shown), shown);
        }
    }
}
