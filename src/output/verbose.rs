//! `-v`: what goes on between here and S3, on standard error.

use std::io::{self, Write};

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;

use super::sanitize::message;

/// What is shown is said by this program alone: what libraries say can hold signatures.
const TARGET: &str = env!("CARGO_CRATE_NAME");

/// Shows requests, retries and what is passed over (1), and what is decided between them (2 and more).
pub(crate) fn show(verbosity: u8) {
    let level = match verbosity {
        0 => return,
        1 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(Lines)
        .with_timer(tracing_subscriber::fmt::time::uptime())
        .with_target(false)
        .with_level(false)
        .with_ansi(false);
    let only_own = Targets::new().with_target(TARGET, level);
    let subscriber = tracing_subscriber::registry().with(only_own).with(lines);
    // Somebody who has the program as a part may have a subscriber already.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// Standard error, one line at a time, on which names from outside have nothing to say.
struct Lines;

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self
    }
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let text = message(text.trim_end_matches('\n')).replace('\n', "\\n");
        // One call, so that lines of several threads do not mix.
        io::stderr().lock().write_all(format!("{text}\n").as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
