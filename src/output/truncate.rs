//! Making columns fit the width of a terminal.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::report::Fit;

/// A column that may be cut keeps at least this width.
const LEAST: usize = 8;

/// How many columns of a terminal a text takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// How wide each column may be, so that all fit into `room`: the widest of those that may be cut give way first. Where
/// that is not enough, each keeps [`LEAST`] and the table is too wide.
pub(super) fn widths(natural: &[usize], fits: &[Fit], room: usize) -> Vec<usize> {
    let flexible = |place: usize| fits[place] != Fit::Whole;
    let with_cap = |cap: usize| -> Vec<usize> {
        let column =
            |(place, width): (usize, &usize)| if flexible(place) { *width.min(&cap) } else { *width };
        natural.iter().enumerate().map(column).collect()
    };
    // The largest cap that fits.
    let (mut low, mut high) = (LEAST, natural.iter().copied().max().unwrap_or(0).max(LEAST));
    while low < high {
        let middle = (low + high).div_ceil(2);
        if with_cap(middle).iter().sum::<usize>() <= room { low = middle } else { high = middle - 1 }
    }
    let mut widths = with_cap(low);
    // What is left is less than one for each column that was cut.
    let mut left = room.saturating_sub(widths.iter().sum());
    for (place, width) in widths.iter_mut().enumerate() {
        if left > 0 && flexible(place) && *width < natural[place] {
            *width += 1;
            left -= 1;
        }
    }
    widths
}

/// The text, cut if it is wider than `room`.
pub(super) fn cut(text: &str, room: usize, fit: Fit) -> Cow<'_, str> {
    if fit == Fit::Whole || width(text) <= room {
        return Cow::Borrowed(text);
    }
    let kept = room.saturating_sub(1);
    let tail = if fit == Fit::Middle { kept / 2 } else { 0 };
    Cow::Owned(format!("{}…{}", head(text, kept - tail), end(text, tail)))
}

/// The longest start that fits. Marks that combine with the last character stay with it.
fn head(text: &str, room: usize) -> &str {
    let mut taken = 0;
    let beyond = text.char_indices().find(|(_, character)| {
        taken += character.width().unwrap_or(0);
        taken > room
    });
    &text[..beyond.map_or(text.len(), |(place, _)| place)]
}

/// The longest end that fits. It does not begin with marks that belong to a character before it.
fn end(text: &str, room: usize) -> &str {
    let mut taken = 0;
    let mut start = text.len();
    for (place, character) in text.char_indices().rev() {
        taken += character.width().unwrap_or(0);
        if taken > room {
            break;
        }
        start = place;
    }
    text[start..].trim_start_matches(|character: char| character.width().unwrap_or(0) == 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_are_cut() {
        let table: &[(&str, usize, Fit, &str)] = &[
            ("short", 8, Fit::Middle, "short"),
            ("exactly8", 8, Fit::Middle, "exactly8"),
            ("photos/2026/cat.jpg", 9, Fit::Middle, "phot….jpg"),
            ("photos/2026/cat.jpg", 10, Fit::Middle, "photo….jpg"),
            ("Mozilla/5.0 (X11)", 8, Fit::End, "Mozilla…"),
            ("Mozilla/5.0 (X11)", 8, Fit::Whole, "Mozilla/5.0 (X11)"),
            ("大大大大大大", 8, Fit::Middle, "大大…大"),
            ("e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}", 4, Fit::Middle, "e\u{301}e\u{301}…e\u{301}"),
            ("anything", 0, Fit::End, "…"),
        ];
        for (text, room, fit, expected) in table {
            assert_eq!(cut(text, *room, *fit), *expected);
        }
    }

    #[test]
    fn the_widest_give_way_first() {
        use Fit::{End, Middle, Whole};
        let fits = [Whole, Middle, End];
        let table = [
            ([10, 20, 9], 40, [10, 20, 9]),
            ([10, 50, 20], 60, [10, 30, 20]),
            ([10, 50, 50], 61, [10, 26, 25]),
            ([30, 50, 5], 20, [30, 8, 5]),
        ];
        for (natural, room, expected) in table {
            assert_eq!(widths(&natural, &fits, room), expected);
        }
        assert!(widths(&[], &[], 20).is_empty());
    }

    proptest! {
        #[test]
        fn a_cut_text_fits(text in any::<String>(), room in 1usize..30, end in any::<bool>()) {
            let cut = cut(&text, room, if end { Fit::End } else { Fit::Middle });
            prop_assert!(width(&cut) <= room, "{cut:?}");
        }
    }
}
