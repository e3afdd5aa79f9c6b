//! Runs of the program that go on until they are ended.

use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

/// Longer than anything takes on a machine that has other things to do.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// What comes within this time comes at all.
pub const QUIET: Duration = Duration::from_millis(700);

/// A run that goes on.
pub struct Following {
    child: Child,
    printed: Arc<Mutex<Vec<u8>>>,
    said: Arc<Mutex<Vec<u8>>>,
    readers: Vec<JoinHandle<()>>,
}

pub(super) fn gather(mut from: impl std::io::Read + Send + 'static) -> (Arc<Mutex<Vec<u8>>>, JoinHandle<()>) {
    let all = Arc::new(Mutex::new(Vec::new()));
    let shared = Arc::clone(&all);
    let reader = std::thread::spawn(move || {
        let mut piece = [0; 4096];
        while let Ok(length @ 1..) = from.read(&mut piece) {
            shared.lock().unwrap().extend_from_slice(&piece[..length]);
        }
    });
    (all, reader)
}

impl Following {
    /// Starts it, and waits until its first look is done.
    pub fn start(mut command: Command) -> Self {
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (printed, out) = gather(child.stdout.take().unwrap());
        let (said, err) = gather(child.stderr.take().unwrap());
        let following = Self { child, printed, said, readers: vec![out, err] };
        std::thread::sleep(QUIET);
        following
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.printed.lock().unwrap().clone()).unwrap()
    }

    pub fn said(&self) -> String {
        String::from_utf8(self.said.lock().unwrap().clone()).unwrap()
    }

    /// Waits until so many lines are there, and a moment more for those that should not be.
    #[track_caller]
    pub fn lines(&self, count: usize) -> Vec<String> {
        self.lines_within(count, PATIENCE)
    }

    #[track_caller]
    fn lines_within(&self, count: usize, patience: Duration) -> Vec<String> {
        let started = Instant::now();
        while self.text().lines().count() < count && started.elapsed() < patience {
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(QUIET);
        let text = self.text();
        assert_eq!(text.lines().count(), count, "{text}\n{}", self.said());
        text.lines().map(str::to_owned).collect()
    }

    /// The request ids of so many records.
    #[track_caller]
    pub fn ids(&self, count: usize) -> Vec<String> {
        self.ids_within(count, PATIENCE)
    }

    /// The same, with a patience of its own.
    #[track_caller]
    pub fn ids_within(&self, count: usize, patience: Duration) -> Vec<String> {
        let id = |line: String| {
            serde_json::from_str::<Value>(&line).unwrap()["request_id"].as_str().unwrap().to_owned()
        };
        self.lines_within(count, patience).into_iter().map(id).collect()
    }

    /// Ends it as a user does: the code, and what was said.
    pub fn end(self) -> (i32, String, String) {
        assert!(
            Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap().success()
        );
        self.wait()
    }

    /// Waits until it ends by itself.
    pub fn wait(mut self) -> (i32, String, String) {
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        self.readers.drain(..).for_each(|reader| reader.join().unwrap());
        (code, self.text(), self.said())
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
