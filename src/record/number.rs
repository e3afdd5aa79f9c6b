//! Numbers as the log writes them: digits, or a dash for none.

use super::NONE;

/// The longest number that always fits 64 bits.
const MAX_DIGITS: usize = 19;

/// Whether the text is a number as the log writes it, a dash included.
pub(crate) fn is_number(text: &[u8]) -> bool {
    text == NONE || ((1..=MAX_DIGITS).contains(&text.len()) && text.iter().all(u8::is_ascii_digit))
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
