use proptest::prelude::*;

use super::*;

fn space(memory: usize) -> Space {
    Space::new(std::env::temp_dir(), memory)
}

proptest! {
    /// Memory from none at all to enough for all: the ways that write, that merge runs of runs, and that do neither.
    #[test]
    fn sorted_as_by_a_vector(
        entries in prop::collection::vec(
            (prop::collection::vec(prop::sample::select(vec![0, 1, b'a', 0xff]), 0..12), any::<u8>()), 0..400),
        parts in 1usize..4, memory in prop::sample::select(vec![0usize, 100, 1_000, 20_000, 1 << 20]),
    ) {
        let space = space(memory);
        let mut split: Vec<_> = (0..parts).map(|_| Sorter::new(&space, memory / parts)).collect();
        let mut expected: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        for (place, (key, value)) in entries.into_iter().enumerate() {
            split[place % parts].push(&key, &[value]);
            expected.push((key, vec![value]));
        }
        let sorter = split.into_iter().reduce(|mut all, part| { all.merge(part); all }).expect("a part");
        expected.sort();
        prop_assert_eq!(sorter.len(), expected.len() as u64);
        let sorted = sorter.sorted().expect("a file");
        for _ in 0..2 {
            let (mut merged, mut found) = (sorted.iter().expect("a file"), Vec::new());
            while let Some((key, value)) = merged.next().expect("an entry") {
                found.push((key.to_vec(), value.to_vec()));
            }
            prop_assert_eq!(&found, &expected);
        }
    }

    /// Values that are long beside the steps of the index, so that numbers are found with and without it.
    #[test]
    fn the_entries_of_a_number(
        entries in prop::collection::vec((0u64..6, any::<u8>(), prop::sample::select(vec![1usize, 900, 25_000])), 0..40),
        memory in prop::sample::select(vec![0usize, 20_000, 400_000, 1 << 24]),
    ) {
        let space = space(memory);
        let mut sorter = Sorter::new(&space, memory);
        for (number, rest, len) in &entries {
            sorter.push_numbered(*number, &[*rest], &vec![*rest; *len]);
        }
        let sorted = sorter.sorted().expect("a file");
        for wanted in 0..7 {
            let mut expected: Vec<(u8, usize)> =
                entries.iter().filter(|(number, ..)| *number == wanted).map(|(_, rest, len)| (*rest, *len)).collect();
            expected.sort_unstable();
            let (mut merged, mut found) = (sorted.of_number(wanted).expect("a file"), Vec::new());
            while let Some((key, value)) = merged.next().expect("an entry") {
                prop_assert_eq!(&key[..8], &wanted.to_be_bytes());
                found.push((key[8], value.len()));
            }
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn the_first_of_many(
        entries in prop::collection::vec((0u64..50, "[ab]{0,2}"), 0..5_000),
        wanted in prop::sample::select(vec![0usize, 1, 7, 2_000, 9_000]), memory in prop::sample::select(vec![1_000usize, 1 << 20]),
    ) {
        let space = space(memory);
        let [mut one, mut other] = [0, 1].map(|_| Sorter::of_first(wanted, &space, memory));
        for (place, (number, rest)) in entries.iter().enumerate() {
            let part = if place % 3 == 0 { &mut one } else { &mut other };
            part.push_numbered(*number, rest.as_bytes(), b"");
        }
        one.merge(other);
        prop_assert_eq!(one.len(), entries.len() as u64);
        let mut expected: Vec<Vec<u8>> = entries.iter().map(|(number, rest)| [&number.to_be_bytes(), rest.as_bytes()].concat()).collect();
        expected.sort();
        expected.truncate(wanted);
        let mut found = Vec::new();
        one.sorted().expect("a file").for_each(|key, _| { found.push(key.to_vec()); Ok(()) }).expect("a file");
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn a_spool_keeps_the_order(
        entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..30), 0..200), memory in 0usize..4_000,
    ) {
        let mut spool = Spool::new(&space(memory), memory);
        for (place, entry) in entries.iter().enumerate() {
            spool.push(entry).expect("a file");
            if place % 50 == 7 {
                // Reading does not move the place where it is written.
                spool.for_each(|_| Ok(())).expect("a file");
            }
        }
        let mut found = Vec::new();
        spool.for_each(|entry| { found.push(entry.to_vec()); Ok(()) }).expect("a file");
        prop_assert_eq!(found, entries);
    }
}

/// Somebody who makes keys for it could have a sort by parts of them go as deep as the longest is.
#[test]
fn keys_that_each_go_on_where_another_ends() {
    let mut sorter = Sorter::new(&space(1 << 28), 1 << 28);
    for len in (0..700_usize).rev() {
        sorter.push(&vec![b'a'; len], b"");
    }
    let mut lens = Vec::new();
    let sorted = sorter.sorted().expect("no file");
    let taken = sorted.for_each(|key, _| {
        lens.push(key.len());
        Ok(())
    });
    taken.expect("no file");
    assert!(lens.into_iter().eq(0..700));
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let space = Space::new("/nonexistent".into(), 10);
    let mut sorter = Sorter::new(&space, 10);
    for _ in 0..3 {
        sorter.push(b"key", b"value");
    }
    assert!(space.has_failed());
    let error = sorter.sorted().expect_err("no folder").to_string();
    assert!(error.contains("`/nonexistent`") && error.contains("TMPDIR"), "{error}");
}

#[test]
fn what_is_written_is_counted() {
    let space = space(0);
    let mut spool = Spool::new(&space, 0);
    spool.push(b"12345").expect("a file");
    assert_eq!((space.written(), spool.len()), (13, 1));
}
