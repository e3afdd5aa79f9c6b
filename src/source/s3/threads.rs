//! The threads that serve requests, and waiting for them: an interrupt ends every wait.

use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use super::error::S3Error;
use crate::source::Cancel;

/// Threads that serve requests. One serves thousands a second; the others of the machine parse.
const MAX_THREADS: usize = 4;
/// How soon an interruption is noticed while S3 is waited for.
const CANCEL_POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Threads for requests. Whoever drops them does not wait for what they still do: a name can take long to resolve.
#[derive(Debug)]
pub(super) struct Threads(Option<Runtime>);

impl Threads {
    pub(super) fn start() -> Result<Self, S3Error> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let runtime = Builder::new_multi_thread()
            .worker_threads((cores / 2).clamp(1, MAX_THREADS))
            .thread_name("s3")
            .enable_all()
            .build();
        match runtime {
            Ok(runtime) => Ok(Self(Some(runtime))),
            Err(error) => Err(S3Error::Request { message: format!("no threads: {error}") }),
        }
    }

    /// Waits for a future on this thread, until the run is to end.
    ///
    /// # Errors
    /// Those of the future; [`S3Error::Interrupted`] if the run is to end.
    pub(super) fn wait<T>(
        &self,
        cancel: &Cancel,
        future: impl Future<Output = Result<T, S3Error>>,
    ) -> Result<T, S3Error> {
        let Some(runtime) = &self.0 else {
            return Err(S3Error::Request { message: "no threads".to_owned() });
        };
        runtime.block_on(async {
            tokio::select! {
                biased;
                done = future => done,
                () = raised(cancel) => Err(S3Error::Interrupted { terminated: cancel.is_terminated() }),
            }
        })
    }

    /// Runs a future beside this thread.
    pub(super) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = &self.0 {
            runtime.spawn(future);
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Waits until the run is to end.
pub(super) async fn raised(cancel: &Cancel) {
    while !cancel.is_raised() {
        tokio::time::sleep(CANCEL_POLL_INTERVAL).await;
    }
}
