//! Searching for a byte that is expected close by.

/// The first `byte` of the text, where it is expected within a few dozen bytes: there, calling memchr costs more than
/// searching. Eight bytes at a time, by the zero-byte test of Hacker's Delight, 6-1: the lowest bit it sets is exact.
#[inline]
pub(super) fn find_near(byte: u8, text: &[u8]) -> Option<usize> {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let mut rest = text;
    while let Some((word, after)) = rest.split_first_chunk() {
        let differing = u64::from_le_bytes(*word) ^ (LOW * u64::from(byte));
        let equal = differing.wrapping_sub(LOW) & !differing & HIGH;
        if equal != 0 {
            return Some(text.len() - rest.len() + equal.trailing_zeros() as usize / 8);
        }
        rest = after;
    }
    let at = rest.iter().position(|other| *other == byte)?;
    Some(text.len() - rest.len() + at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_finds_what_memchr_finds(text in prop::collection::vec(any::<u8>(), 0..90), byte in any::<u8>()) {
            prop_assert_eq!(find_near(byte, &text), memchr::memchr(byte, &text));
        }

        #[test]
        fn neighbours_do_not_deceive_it(text in prop::collection::vec(0x1fu8..=0x21, 0..40)) {
            prop_assert_eq!(find_near(b' ', &text), memchr::memchr(b' ', &text));
        }
    }
}
