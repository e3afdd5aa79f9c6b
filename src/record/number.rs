//! Numbers as the log writes them: digits, or a dash for none.

use super::NONE;

/// The largest number of 64 bits: texts of as many digits are numbers up to this one.
const LARGEST: &[u8] = b"18446744073709551615";

/// Whether the text is a number as the log writes it, a dash included. What does not fit 64 bits is none.
pub(crate) fn is_number(text: &[u8]) -> bool {
    let fits = match text.len() {
        0 => false,
        len if len < LARGEST.len() => true,
        len => len == LARGEST.len() && text <= LARGEST,
    };
    text == NONE || (fits && text.iter().all(u8::is_ascii_digit))
}

/// Reads digits; `None` for a dash. The grammar has checked that there is nothing else, and that they fit.
#[inline]
pub(super) fn read(text: &[u8]) -> Option<u64> {
    if text == NONE {
        return None;
    }
    Some(
        text.iter().fold(0, |value: u64, digit| value.wrapping_mul(10) + u64::from(digit.wrapping_sub(b'0'))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_64_bits() {
        for (text, expected) in [
            ("0", Some(0)),
            ("007", Some(7)),
            ("9999999999999999999", Some(9_999_999_999_999_999_999)),
            ("18446744073709551615", Some(u64::MAX)),
            ("-", None),
        ] {
            assert!(is_number(text.as_bytes()), "{text}");
            assert_eq!(read(text.as_bytes()), expected, "{text}");
        }
        for text in
            ["", "18446744073709551616", "99999999999999999999", "000000000000000000000", "-1", "1a", "--"]
        {
            assert!(!is_number(text.as_bytes()), "{text}");
        }
    }
}
