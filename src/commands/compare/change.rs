//! What counts as a change, and how surprising it is.

use super::{BASELINE, WINDOW};

/// Chance makes a score above this once in a thousand times.
const SIGNIFICANT_SCORE: f64 = 10.83;

/// A value whose rate is another one than it was.
pub(super) struct Change<'a> {
    /// The place of its dimension.
    pub(super) by: usize,
    pub(super) key: &'a [u8],
    pub(super) name: &'static str,
    pub(super) counts: [u64; 2],
    /// The new rate by the old one.
    pub(super) factor: Option<f64>,
    pub(super) score: f64,
}

impl<'a> Change<'a> {
    /// `None` if it has changed too little to be shown.
    pub(super) fn of(
        by: usize,
        key: &'a [u8],
        counts: [u64; 2],
        all: [u64; 2],
        min_factor: f64,
    ) -> Option<Self> {
        let rates = [BASELINE, WINDOW].map(|side| counts[side] as f64 / all[side] as f64);
        let factor = rates[WINDOW] / rates[BASELINE];
        let score = score(counts, all);
        let is_sure = score.abs() >= SIGNIFICANT_SCORE;
        let name = match counts {
            [0, 0] => return None,
            [0, _] => "new",
            [_, 0] => "gone",
            _ if is_sure && factor >= min_factor => "up",
            _ if is_sure && factor * min_factor <= 1.0 => "down",
            _ => return None,
        };
        Some(Self { by, key, name, counts, factor: Some(factor).filter(|factor| factor.is_finite()), score })
    }
}

/// The log-likelihood ratio of two rates: twice the logarithm of how much better the counts fit two rates than one.
fn score(counts: [u64; 2], all: [u64; 2]) -> f64 {
    let [counts, all] = [counts, all].map(|side| side.map(|count| count as f64));
    let rate = (counts[BASELINE] + counts[WINDOW]) / (all[BASELINE] + all[WINDOW]);
    let term = |side: usize| {
        if counts[side] > 0.0 { counts[side] * (counts[side] / (all[side] * rate)).ln() } else { 0.0 }
    };
    let ratio = (2.0 * (term(BASELINE) + term(WINDOW))).max(0.0);
    if counts[WINDOW] * all[BASELINE] < counts[BASELINE] * all[WINDOW] { -ratio } else { ratio }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores() {
        // Twice as many of as many: 2 (100 ln(100/150) + 200 ln(200/150)).
        assert!((score([100, 200], [1000, 1000]) - 33.98).abs() < 0.01);
        assert!((score([200, 100], [1000, 1000]) + 33.98).abs() < 0.01);
        // New: 2 · 10 · ln 2.
        assert!((score([0, 10], [1000, 1000]) - 13.86).abs() < 0.01);
        // As many in a window of half the volume is twice the rate, and half as many is the same.
        assert!(score([100, 100], [2000, 1000]) > 10.0);
        assert!(score([100, 50], [2000, 1000]).abs() < 1e-9);
        assert_eq!(score([0, 5], [0, 10]), 0.0);
    }

    #[test]
    fn what_counts_as_a_change() {
        let name = |counts| Change::of(0, b"", counts, [1000, 1000], 2.0).map(|change| change.name);
        assert_eq!(name([0, 1]), Some("new"));
        assert_eq!(name([1, 0]), Some("gone"));
        assert_eq!(name([100, 200]), Some("up"));
        assert_eq!(name([200, 100]), Some("down"));
        // Too little, and too few to be sure.
        assert_eq!(name([100, 190]), None);
        assert_eq!(name([1, 3]), None);
    }
}
