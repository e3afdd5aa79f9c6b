//! Every command answers the same, however many threads read, and none takes more.

use crate::harness::run;

/// Every command answers the same on the shipped lines, however many threads read them.
#[test]
fn threads_make_no_difference() {
    let commands: [&[&str]; 6] = [
        &["history", "--key", "*"],
        &["audit", "--limit", "0"],
        &["access", "--limit", "0", "--depth", "2"],
        &["access", "--as-policy"],
        &["access", "--as-policy", "--requester", "*"],
        &["failed", "--causes", "--limit", "0"],
    ];
    for arguments in commands {
        let answer =
            |threads| run(&[arguments, &["--threads", threads, "tests/fixtures"]].concat()).done().stdout;
        let one = answer("1");
        assert!(one.len() > 500, "{arguments:?}: {}", String::from_utf8_lossy(&one));
        assert!(one == answer("3"), "{arguments:?}");
    }
}

/// One thread reads, merges and sorts, and one waits for it.
#[cfg(target_os = "linux")]
#[test]
fn no_part_of_a_run_takes_more_threads_than_were_typed() {
    use std::process::Stdio;

    use crate::harness::{Logs, command, many_requests};

    let logs = Logs::new();
    logs.write_text("log", &many_requests(4_000));
    for words in [
        "history --key *",
        "activity --ip 10.0.0.0/8",
        "cold --by key",
        "top --by key --limit 0",
        "access --depth 2 --limit 0",
        "audit --limit 0",
        "timeline --by requester",
        "latency --by key",
        "export --sort timestamp",
        "compare --window 2026-08-10..2026-08-15",
        "detect",
        "dashboard",
        "coverage",
    ] {
        for memory in ["300kB", "1GB"] {
            let mut command = command();
            command.args(words.split(' ')).args(["log", "-q", "--threads", "1", "--memory", memory]);
            command
                .current_dir(logs.path(""))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            let mut child = command.spawn().expect("the program runs");
            let tasks = format!("/proc/{}/task", child.id());
            let mut most = 0;
            while child.try_wait().expect("a child").is_none() {
                most = most.max(std::fs::read_dir(&tasks).map_or(0, Iterator::count));
            }
            assert!((1..=2).contains(&most), "{words} {memory}: {most} threads");
        }
    }
}
