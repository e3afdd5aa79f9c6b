//! Making columns fit the width of a terminal.

use std::borrow::Cow;

use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::report::Fit;

/// How many columns of a terminal a text takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// How wide each column is, so that all fit into `room`: the widest give way first, and none gets less than its minimum.
/// `None` if the minima are too wide together.
pub(super) fn widths(natural: &[usize], minima: &[usize], room: usize) -> Option<Vec<usize>> {
    let with_cap = |cap: usize| -> Vec<usize> {
        natural.iter().zip(minima).map(|(natural, minimum)| (*natural).min(cap.max(*minimum))).collect()
    };
    let fits = |cap: usize| with_cap(cap).iter().sum::<usize>() <= room;
    if !fits(0) {
        return None;
    }
    // The largest cap that fits.
    let (mut low, mut high) = (0, natural.iter().copied().max().unwrap_or(0));
    while low < high {
        let middle = (low + high).div_ceil(2);
        if fits(middle) { low = middle } else { high = middle - 1 }
    }
    let mut widths = with_cap(low);
    // What is left is less than one for each column that was cut.
    let mut left = room - widths.iter().sum::<usize>();
    for (width, natural) in widths.iter_mut().zip(natural) {
        if left > 0 && *width < *natural {
            *width += 1;
            left -= 1;
        }
    }
    Some(widths)
}

/// The text, cut if it is wider than `room`.
pub(super) fn cut(text: &str, room: usize, fit: Fit) -> Cow<'_, str> {
    if fit == Fit::Whole || width(text) <= room {
        return Cow::Borrowed(text);
    }
    if fit == Fit::Peaks {
        return Cow::Owned(peaks(text, room));
    }
    let kept = room.saturating_sub(1);
    let tail = if fit == Fit::Middle { kept / 2 } else { 0 };
    // A short form can have lost its middle already, which is lost once.
    let (start, rest) = match text.split_once('…') {
        Some((start, rest)) if tail > 0 => (start, rest),
        _ => (text, text),
    };
    Cow::Owned(format!("{}…{}", head(start, kept - tail).trim_end_matches('…'), end(rest, tail)))
}

/// A line of steps in fewer of them, each the highest of those it stands for.
fn peaks(steps: &str, room: usize) -> String {
    let steps: Vec<char> = steps.chars().collect();
    let peak = |place: usize| {
        // Higher steps come later in Unicode.
        steps[place * steps.len() / room..(place + 1) * steps.len() / room].iter().max()
    };
    (0..room).filter_map(peak).collect()
}

/// A text in lines of at most so many columns, as far as its words allow: what could be copied is not broken.
pub(super) fn wrapped(text: &str, room: usize) -> Vec<Cow<'_, str>> {
    let words = Options::new(room)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    textwrap::wrap(text, words)
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
            ("b02decb9…b9cb", 12, Fit::Middle, "b02dec…b9cb"),
            ("b02decb9…b9cb", 8, Fit::Middle, "b02d…9cb"),
            ("b02decb9…b9cb", 10, Fit::End, "b02decb9…"),
        ];
        for (text, room, fit, expected) in table {
            assert_eq!(cut(text, *room, *fit), *expected);
        }
    }

    #[test]
    fn lines_of_steps_keep_their_peaks() {
        assert_eq!(cut("▁▁▂▁█▁", 3, Fit::Peaks), "▁▂█");
        assert_eq!(cut("▁▃▂▁█▁▁", 3, Fit::Peaks), "▃▂█");
        assert_eq!(cut("▁▃", 3, Fit::Peaks), "▁▃");
        assert_eq!(cut("▁▃▂", 0, Fit::Peaks), "");
    }

    #[test]
    fn sentences_wrap_between_words() {
        assert_eq!(
            wrapped("reads 41 GB of customer/*; deletes all", 14),
            ["reads 41 GB of", "customer/*;", "deletes all"]
        );
        assert_eq!(
            wrapped("averyveryverylongword well-known x", 5),
            ["averyveryverylongword", "well-known", "x"]
        );
        assert_eq!(wrapped("", 5), [""]);
    }

    #[test]
    fn the_widest_give_way_first() {
        let minima = [10, 8, 8];
        let table = [
            ([10, 20, 9], 40, Some([10, 20, 9])),
            ([10, 50, 20], 60, Some([10, 30, 20])),
            ([10, 50, 50], 61, Some([10, 26, 25])),
            ([30, 50, 5], 50, Some([23, 22, 5])),
            ([30, 50, 9], 26, Some([10, 8, 8])),
            ([30, 50, 9], 25, None),
        ];
        for (natural, room, expected) in table {
            assert_eq!(widths(&natural, &minima, room), expected.map(Vec::from), "{natural:?} in {room}");
        }
        assert_eq!(widths(&[], &[], 20), Some(Vec::new()));
    }

    proptest! {
        #[test]
        fn a_cut_text_fits(text in any::<String>(), room in 1usize..30, end in any::<bool>()) {
            let cut = cut(&text, room, if end { Fit::End } else { Fit::Middle });
            prop_assert!(width(&cut) <= room, "{cut:?}");
        }
    }
}
