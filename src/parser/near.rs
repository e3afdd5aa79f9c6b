//! Searching for a byte that is expected close by.

use wide::u8x32;

/// How many bytes are looked at together.
const BLOCK: usize = 32;

/// The first `byte` of the text, where it is expected within a few dozen bytes: there, calling memchr costs more than the
/// search itself.
#[inline]
pub(super) fn find_near(byte: u8, text: &[u8]) -> Option<usize> {
    let (mut rest, mut at) = (text, 0);
    while let Some((block, after)) = rest.split_first_chunk() {
        let equal = equal(block, byte);
        if equal != 0 {
            return Some(at + equal.trailing_zeros() as usize);
        }
        rest = after;
        at += BLOCK;
    }
    find_in_rest(byte, rest).map(|place| at + place)
}

// Only what stands at the end of a line comes here.
#[inline(never)]
fn find_in_rest(byte: u8, rest: &[u8]) -> Option<usize> {
    rest.iter().position(|other| *other == byte)
}

/// A bit for each byte of the block that equals `byte`, the first one lowest.
#[inline]
fn equal(block: &[u8; BLOCK], byte: u8) -> u32 {
    u8x32::new(*block).simd_eq(u8x32::splat(byte)).to_bitmask()
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
