//! A program in a terminal, and someone who types.

use std::io::Write as _;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::following::{PATIENCE, gather};

/// A program that waits for what is typed.
pub struct Typing {
    child: Child,
    keys: ChildStdin,
    shown: Arc<Mutex<Vec<u8>>>,
    /// How much of it was waited for.
    seen: usize,
}

impl Typing {
    /// Starts a program that gives another one a terminal.
    pub fn start(mut command: Command) -> Self {
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = piped.spawn().expect("it runs");
        let keys = child.stdin.take().expect("a pipe");
        let (shown, _) = gather(child.stdout.take().expect("a pipe"));
        Self { child, keys, shown, seen: 0 }
    }

    /// Types these keys.
    pub fn send(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).and_then(|()| self.keys.flush()).expect("it listens");
    }

    /// Waits until this is shown, after what was waited for before.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) {
        let until = Instant::now() + PATIENCE;
        loop {
            let shown = self.shown.lock().expect("what is shown").clone();
            let new = String::from_utf8_lossy(&shown[self.seen..]).into_owned();
            if let Some(place) = new.find(text) {
                self.seen += place + text.len();
                return;
            }
            assert!(Instant::now() < until, "{text:?} is not in {new:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until it has ended.
    #[track_caller]
    pub fn ended(mut self, code: i32) {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().expect("a child") {
                assert_eq!(
                    status.code(),
                    Some(code),
                    "{}",
                    String::from_utf8_lossy(&self.shown.lock().unwrap())
                );
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.child.kill().expect("it ends");
        panic!("it goes on: {}", String::from_utf8_lossy(&self.shown.lock().unwrap()));
    }
}
