//! The greatest few of many, without sorting all.

/// The first `limit` of keys and values by `rank`, greatest first; ties by the key's text.
pub(crate) fn top_n<'k, V, R: Ord>(
    all: impl IntoIterator<Item = (&'k [u8], V)>,
    limit: usize,
    rank: impl Fn(&V) -> R,
) -> Vec<(&'k [u8], V)> {
    let order = |a: &(&[u8], V), b: &(&[u8], V)| rank(&b.1).cmp(&rank(&a.1)).then_with(|| a.0.cmp(b.0));
    let mut best: Vec<(&[u8], V)> = Vec::new();
    if limit == 0 {
        // Whoever counts while all are looked at counts these too.
        all.into_iter().for_each(drop);
        return best;
    }
    // Of millions of keys few are shown. When there are twice as many, the later half is dropped, and from then on what comes
    // after the last of the others.
    let most = limit.saturating_mul(2).max(1 << 10);
    let mut is_cut = false;
    for one in all {
        if is_cut && order(&one, &best[limit - 1]).is_gt() {
            continue;
        }
        best.push(one);
        if best.len() == most {
            best.select_nth_unstable_by(limit - 1, order);
            best.truncate(limit);
            is_cut = true;
        }
    }
    best.sort_unstable_by(order);
    best.truncate(limit);
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_many_are_those_of_a_sort() {
        // 10,000 keys of 100 ranks, in an order that is neither theirs nor that of their ranks.
        let keys: Vec<String> = (0..10_000).map(|key| format!("{:04}", key * 7_919 % 10_000)).collect();
        let all = || keys.iter().enumerate().map(|(place, key)| (key.as_bytes(), place * 31 % 100));
        let mut sorted: Vec<_> = all().collect();
        sorted.sort_by_key(|(key, rank)| (std::cmp::Reverse(*rank), *key));
        for limit in [0, 1, 10, 511, 512, 513, 6_000, 10_000, usize::MAX] {
            let expected = &sorted[..limit.min(sorted.len())];
            assert_eq!(top_n(all(), limit, |rank| *rank), expected, "{limit}");
        }
    }
}
