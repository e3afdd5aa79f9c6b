//! A small generator of random numbers (splitmix64), so that a seed gives the same log on every machine and forever.

use std::f64::consts::TAU;

#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        Self(hash(seed))
    }

    #[inline]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        hash(self.0)
    }

    /// A number below `end`; 0 if `end` is 0.
    #[inline]
    pub fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }

    #[inline]
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// From 0 to 1, without 1.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    #[inline]
    pub fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    #[inline]
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }

    /// Around `median`, with a long tail to the right: times and sizes look like that.
    #[inline]
    pub fn log_normal(&mut self, median: f64, sigma: f64) -> u64 {
        let normal = (-2.0 * (1.0 - self.unit()).ln()).sqrt() * (TAU * self.unit()).cos();
        (median * (sigma * normal).exp()) as u64
    }

    /// A number below `end`, where 0 is the most frequent one: the inverse of a Zipf law with exponent 1.
    #[inline]
    pub fn skewed(&mut self, end: u64) -> u64 {
        let drawn = ((end as f64 + 1.0).ln() * self.unit()).exp() as u64;
        drawn.saturating_sub(1).min(end.saturating_sub(1))
    }
}

/// Mixes the bits of a number: equal numbers give equal hashes, neighbours give unrelated ones.
#[inline]
pub fn hash(number: u64) -> u64 {
    let mixed = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
