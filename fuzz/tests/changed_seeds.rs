//! The seeds, and what a few changes make of them: fuzzing without a fuzzer.

use s3al_fuzz::{filters, json, line, names, seeds};

fn hold(target: &str, check: fn(&[u8])) {
    let seeds = seeds::of(target);
    assert!(seeds.len() > 5, "{target}");
    let rounds: u32 =
        std::env::var("S3AL_FUZZ_ROUNDS").map_or(Ok(10_000), |typed| typed.parse()).expect("a number");
    let mut state = 1_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below.max(1)
    };
    seeds.iter().for_each(|seed| check(seed));
    for _ in 0..rounds {
        let mut text = seeds[next(seeds.len())].clone();
        let other = &seeds[next(seeds.len())];
        for _ in 0..next(4) {
            let (at, from) = (next(text.len() + 1), next(other.len() + 1));
            let end = (at + next(8)).min(text.len());
            let part = &other[from..(from + next(40)).min(other.len())];
            text.splice(at..end, part.iter().copied());
        }
        check(&text);
    }
}

#[test]
fn lines_hold() {
    hold("line", line);
}

#[test]
fn objects_hold() {
    hold("json", json);
}

#[test]
fn names_of_objects_hold() {
    hold("names", names);
}

#[test]
fn filters_hold() {
    hold("filters", filters);
}
