//! How far a text can be one value of JSON, before more is made of it.
//!
//! serde_json ignores and keeps what is nested however deep (`IgnoredAny`, `RawValue`): of objects that begin again and again and never
//! end, each would be read to the end of the line.

use memchr::memchr2;
use serde::de::IgnoredAny;

/// How deep a value may be nested: lists and objects in each other. A record holds none, an envelope the list of its events.
pub(super) const MAX_DEPTH: usize = 16;

/// How much of a text can be the value that it begins with: up to the end of that, or to where it is nested too deep.
///
/// No more than [`MAX_DEPTH`] are open anywhere: of objects that begin one after the other in a line and never end, any place is read at
/// most for so many, and for as many again of those that begin in quotes.
pub(super) fn reach(text: &[u8]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while let Some(byte) = text.get(at) {
        at += 1;
        match byte {
            b'{' | b'[' if depth == MAX_DEPTH => return at,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => return at,
            b'}' | b']' => depth -= 1,
            b'"' => match closing_quote(&text[at..]) {
                Some(quote) => at += quote + 1,
                None => return text.len(),
            },
            // Only what is in quotes is escaped.
            b'\\' => return at,
            _ => {}
        }
    }
    text.len()
}

/// Where the text in quotes ends that begins here.
fn closing_quote(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at);
        }
        // The backslash, and what it escapes.
        at += 2;
    }
}

/// Where the value ends that a text begins with, if it is whole and not nested too deep.
#[cold]
pub(super) fn end_of_value(text: &[u8]) -> Option<usize> {
    let value = &text[..reach(text)];
    serde_json::from_slice::<IgnoredAny>(value).ok().map(|_| value.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_end_where_they_do() {
        let deepest = "[".repeat(MAX_DEPTH) + &"]".repeat(MAX_DEPTH);
        let too_deep = format!("[{deepest}]");
        let table = [
            (r#"{"a":[1,"b",null]} and more"#, Some(18)),
            (r#"{"a":"}"}{"a":1}"#, Some(9)),
            (r#"{"a\"}":"\\"}"#, Some(13)),
            (deepest.as_str(), Some(2 * MAX_DEPTH)),
            (too_deep.as_str(), None),
            (r#"{"a":"b"#, None),
            (r#"{"a":"b\"#, None),
            (r#"{"a":1 "b":2}"#, None),
            (r#"{"a":1]"#, None),
            ("", None),
        ];
        for (text, end) in table {
            assert_eq!(end_of_value(text.as_bytes()), end, "{text}");
        }
    }

    #[test]
    fn what_begins_again_and_again_is_not_read_to_its_end() {
        for (piece, most) in
            [(r#"{"a":"#, 17 * 5), (r#"{"a":""#, 2 * 17 * 6), (r#"{"a":\""#, 6), (r#"{"a":1}"#, 7)]
        {
            let endless = piece.repeat(1_000);
            assert!(reach(endless.as_bytes()) <= most, "{piece}: {}", reach(endless.as_bytes()));
        }
    }
}
