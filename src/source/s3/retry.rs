//! Trying again, as a whole: a request that failed on the way leaves nothing behind, so a retry never counts twice.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use super::error::S3Error;

/// How long S3 is waited for, and how often it is asked again.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// Until credentials are found: a program or a server may be asked for them.
    pub credentials: Duration,
    /// Until a connection is made.
    pub connect: Duration,
    /// From a request to the first byte of the answer.
    pub answer: Duration,
    /// From one part of an object to the next.
    pub stall: Duration,
    /// How often a request is sent, the first time included.
    pub attempts: u32,
    /// The longest pause before the second attempt; it doubles with each.
    pub pause: Duration,
    /// The longest pause of all.
    pub longest_pause: Duration,
    /// After this, no further attempt begins.
    pub total: Duration,
    /// After this, what is not likely to heal is not tried again.
    pub lasting: Duration,
    /// If nothing succeeds for so long, nothing more is tried.
    pub give_up: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            credentials: Duration::from_secs(60),
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(20),
            stall: Duration::from_secs(20),
            attempts: 10,
            pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(10),
            total: Duration::from_secs(120),
            lasting: Duration::from_secs(3),
            give_up: Duration::from_secs(30),
        }
    }
}

impl RetryPolicy {
    /// How long after the first attempt the last one begins.
    fn until(&self, error: &S3Error) -> Duration {
        if error.is_lasting() { self.lasting } else { self.total }
    }
}

/// Sends a request until it succeeds, fails for good, or its policy ends. `failed` hears of every failed attempt.
pub(super) async fn retry<T, F>(
    retry_policy: &RetryPolicy,
    failed: impl Fn(&S3Error),
    mut attempt: impl FnMut() -> F,
) -> Result<T, S3Error>
where
    F: Future<Output = Result<T, S3Error>>,
{
    let begin = Instant::now();
    let mut pause = retry_policy.pause;
    for _ in 1..retry_policy.attempts.max(1) {
        match attempt().await {
            Err(error) if error.is_transient() && begin.elapsed() + pause < retry_policy.until(&error) => {
                tracing::debug!(%error, "trying again");
                failed(&error);
            }
            done => return done,
        }
        tokio::time::sleep(pause.mul_f64(jitter())).await;
        pause = (pause * 2).min(retry_policy.longest_pause);
    }
    attempt().await
}

/// A random part of a pause, so that many requests that failed together do not come back together.
fn jitter() -> f64 {
    let random = RandomState::new().hash_one(0u8) >> 11;
    0.1 + 0.9 * random as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_is_a_part() {
        for _ in 0..1000 {
            let part = jitter();
            assert!((0.1..=1.0).contains(&part), "{part}");
        }
    }
}
