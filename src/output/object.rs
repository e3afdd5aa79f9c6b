//! JSON objects: one row each.

use super::cell::{self, Cell, Encoding};
use super::sanitize::{Piece, Plain, pieces, plain_except};
use crate::time::Zone;

/// Writes rows as objects. The names are escaped once and carry the punctuation around them.
#[derive(Clone, Debug)]
pub(super) struct Object {
    keys: Vec<Vec<u8>>,
}

impl Object {
    /// Objects with these members.
    pub(super) fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let key = |(place, name): (usize, &str)| {
            let mut key = if place == 0 { Vec::new() } else { vec![b','] };
            string(name.as_bytes(), &mut key);
            key.push(b':');
            key
        };
        Self { keys: names.into_iter().enumerate().map(key).collect() }
    }

    /// Appends one object.
    pub(super) fn write<'a>(&self, cells: impl IntoIterator<Item = Cell<'a>>, zone: Zone, out: &mut Vec<u8>) {
        out.push(b'{');
        for (key, cell) in self.keys.iter().zip(cells) {
            out.extend_from_slice(key);
            cell::write(cell, zone, &Json, out);
        }
        out.push(b'}');
    }
}

/// How JSON writes values.
struct Json;

impl Encoding for Json {
    fn null(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"null");
    }

    fn text(&self, text: &[u8], out: &mut Vec<u8>) {
        string(text, out);
    }

    fn token(&self, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
        out.push(b'"');
        write(out);
        out.push(b'"');
    }

    fn texts<T: AsRef<[u8]>>(&self, texts: &[T], out: &mut Vec<u8>) {
        out.push(b'[');
        for (place, text) in texts.iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            string(text.as_ref(), out);
        }
        out.push(b']');
    }

    fn series(&self, counts: impl Iterator<Item = Option<u64>>, out: &mut Vec<u8>) {
        out.push(b'[');
        cell::numbers(counts, b',', b"null", out);
        out.push(b']');
    }
}

/// Appends a text in quotes. Bytes that are no UTF-8 become U+FFFD. Beyond what JSON asks for, all that may not reach a
/// terminal is escaped too, so that a file of JSON can be looked at with `cat`.
pub(super) fn string(text: &[u8], out: &mut Vec<u8>) {
    const PLAIN: Plain = plain_except(b"\"\\");
    out.push(b'"');
    pieces(text, &PLAIN, |piece| match piece {
        Piece::Plain(text) => out.extend_from_slice(text),
        Piece::Special(byte) => out.extend_from_slice(&[b'\\', byte]),
        Piece::Hidden('\t') => out.extend_from_slice(b"\\t"),
        Piece::Hidden('\n') => out.extend_from_slice(b"\\n"),
        Piece::Hidden('\r') => out.extend_from_slice(b"\\r"),
        Piece::Hidden(character) => {
            for unit in character.encode_utf16(&mut [0; 2]) {
                out.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
            }
        }
        Piece::Invalid(_) => out.extend_from_slice("\u{fffd}".as_bytes()),
    });
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn quoted(text: &[u8]) -> String {
        let mut out = Vec::new();
        string(text, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn strings_are_safe_to_look_at() {
        let table: &[(&[u8], &str)] = &[
            (b"", r#""""#),
            (br#"say "hi" \ "#, r#""say \"hi\" \\ ""#),
            (b"\x1b[1m\x7f\0\t\r\n", r#""\u001b[1m\u007f\u0000\t\r\n""#),
            ("\u{202e}\u{2028}\u{9b}\u{e0041}".as_bytes(), r#""\u202e\u2028\u009b\udb40\udc41""#),
            ("ä大👍".as_bytes(), "\"ä大👍\""),
            (b"a\xffb\xe5\xa4c", "\"a\u{fffd}b\u{fffd}c\""),
        ];
        for (text, expected) in table {
            assert_eq!(quoted(text), *expected);
        }
    }

    proptest! {
        #[test]
        fn strings_read_back(text in prop_oneof![any::<Vec<u8>>(), any::<String>().prop_map(String::into_bytes)]) {
            let read: String = serde_json::from_str(&quoted(&text)).unwrap();
            prop_assert_eq!(read, String::from_utf8_lossy(&text));
        }
    }
}
