//! Trying again, as a whole: a request that failed on the way leaves nothing behind, so a retry never counts twice.

use std::time::{Duration, Instant};

use backon::{ExponentialBuilder, Retryable as _};

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

    /// The pauses between attempts. The jitter is up to another time as much, so that many requests that failed together do
    /// not come back together.
    fn pauses(&self) -> ExponentialBuilder {
        ExponentialBuilder::new()
            .with_min_delay(self.pause / 2)
            .with_max_delay(self.longest_pause / 2)
            .with_max_times(self.attempts.saturating_sub(1) as usize)
            .with_jitter()
    }
}

/// Sends a request until it succeeds, fails for good, or its policy ends. `failed` hears of every failed attempt that is not
/// the last; `what` is what it is called in a log.
pub(super) async fn retry<T, F>(
    retry_policy: &RetryPolicy,
    what: &str,
    failed: impl Fn(&S3Error),
    attempt: impl FnMut() -> F,
) -> Result<T, S3Error>
where
    F: Future<Output = Result<T, S3Error>>,
{
    let begin = Instant::now();
    attempt
        .retry(retry_policy.pauses())
        .when(S3Error::is_transient)
        .adjust(|error, pause| pause.filter(|pause| begin.elapsed() + *pause < retry_policy.until(error)))
        .notify(|error, pause| {
            tracing::debug!("{what:?}: trying again in {} ms: {error}", pause.as_millis());
            failed(error);
        })
        .await
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

    use super::*;

    /// How often a request is sent that always fails with this error, and how long that takes.
    async fn attempts(retry_policy: &RetryPolicy, error: S3Error) -> (u32, u32, Duration) {
        let (sent, heard, begin) = (AtomicU32::new(0), AtomicU32::new(0), Instant::now());
        let failed = |_: &S3Error| _ = heard.fetch_add(1, Relaxed);
        let attempt = || async {
            sent.fetch_add(1, Relaxed);
            Err::<(), _>(error.clone())
        };
        retry(retry_policy, "", failed, attempt).await.unwrap_err();
        (sent.load(Relaxed), heard.load(Relaxed), begin.elapsed())
    }

    #[tokio::test]
    async fn attempts_pauses_and_the_ends_of_both() {
        let millis = Duration::from_millis;
        let policy = RetryPolicy {
            attempts: 5,
            pause: millis(8),
            longest_pause: millis(20),
            lasting: millis(20),
            ..RetryPolicy::default()
        };
        let throttled = || S3Error::Throttled { code: "SlowDown".to_owned() };
        let refused = || S3Error::Connect { message: String::new(), lasting: true };
        let (sent, heard, took) = attempts(&policy, throttled()).await;
        // 4, 8, 10 and 10 ms at least.
        assert_eq!((sent, heard), (5, 4));
        assert!(took >= millis(32), "{took:?}");
        assert_eq!(attempts(&policy, S3Error::Gone).await.0, 1);
        assert_eq!(attempts(&RetryPolicy { attempts: 1, ..policy }, throttled()).await.0, 1);
        assert_eq!(attempts(&RetryPolicy { attempts: 0, ..policy }, throttled()).await.0, 1);
        assert_eq!(attempts(&RetryPolicy { total: millis(1), ..policy }, throttled()).await.0, 1);
        // The second pause or the third would be too long: long ones, beside which a busy machine does not count.
        let slow =
            RetryPolicy { pause: millis(80), longest_pause: millis(400), lasting: millis(200), ..policy };
        assert!((2..5).contains(&attempts(&slow, refused()).await.0));
    }
}
