//! Numbers in texts of bytes: digits and nothing else, no sign and no space.

/// The number that these digits write, nine at the most; `None` if one of them is not a digit.
#[inline]
pub(crate) fn fixed<const N: usize>(text: [u8; N]) -> Option<u32> {
    const { assert!(N <= 9, "it has to fit") };
    let is_number = text.iter().all(u8::is_ascii_digit);
    is_number.then(|| text.iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0')))
}

/// The number that a text of digits writes; `None` for any other text, and for what does not fit 64 bits.
pub(crate) fn number(text: &[u8]) -> Option<u64> {
    if !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    // Digits are UTF-8. An empty text is no number.
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_and_nothing_else() {
        assert_eq!(
            (fixed(*b"07"), fixed(*b"599"), fixed(*b"999999999")),
            (Some(7), Some(599), Some(999_999_999))
        );
        for text in [b"4x4", b"-40", b"+40", b" 40", b"40/", b"40:"] {
            assert_eq!((fixed(*text), number(text)), (None, None), "{}", text.escape_ascii());
        }
        for (text, expected) in [
            ("0", Some(0)),
            ("007", Some(7)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("", None),
            ("-", None),
            ("5 ", None),
            ("٣", None),
        ] {
            assert_eq!(number(text.as_bytes()), expected, "{text:?}");
        }
    }
}
