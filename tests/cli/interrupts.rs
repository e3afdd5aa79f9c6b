//! Ctrl-C, and pipes whose other end goes away.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness::*;

fn start(words: &str) -> Child {
    let mut command = command();
    command.args(words.split(' ')).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("it runs")
}

fn interrupt(child: &Child) {
    signal(child, "-INT");
}

fn signal(child: &Child, signal: &str) {
    let killed = Command::new("kill").args([signal, &child.id().to_string()]).status();
    assert!(killed.expect("kill runs").success());
}

/// The code, standard output and standard error.
fn end(child: Child) -> (Option<i32>, String, String) {
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn what_came_from_a_slow_pipe_is_not_lost() {
    for words in
        ["top --format json", "summary --format json", "export --format json", "failed --format json"]
    {
        let mut child = start(words);
        let mut stdin = child.stdin.take().expect("a pipe");
        // The last line is not whole yet.
        let text = even();
        stdin.write_all(&text).expect("written");
        stdin.write_all(&text[..100]).expect("written");
        std::thread::sleep(Duration::from_millis(700));
        interrupt(&child);
        let (code, stdout, stderr) = end(child);
        drop(stdin);
        assert_eq!(code, Some(130), "{stderr}");
        assert!(stderr.contains("interrupted") && !stderr.contains("error"), "{stderr}");
        let answer: serde_json::Value = serde_json::from_str(&stdout).expect("a whole answer");
        let tally = &answer["tally"];
        assert_eq!((&tally["records"], &tally["rejected"]), (&309.into(), &0.into()), "{words}");
        assert_eq!(tally["partial"], true);
    }
}

#[test]
fn a_request_to_terminate_has_its_own_code_and_prints_what_is_known() {
    let mut child = start("top --format json");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(&even()).expect("written");
    std::thread::sleep(Duration::from_millis(700));
    signal(&child, "-TERM");
    let (code, stdout, stderr) = end(child);
    drop(stdin);
    assert_eq!(code, Some(143), "{stderr}");
    let answer: serde_json::Value = serde_json::from_str(&stdout).expect("a whole answer");
    let lines = even().iter().filter(|byte| **byte == b'\n').count();
    assert_eq!(answer["tally"]["lines"], lines);
}

#[test]
fn an_endless_pipe_can_be_interrupted() {
    for threads in [1, 2, 7] {
        let mut child = start(&format!("top --format json --threads {threads}"));
        let mut stdin = child.stdin.take().expect("a pipe");
        let text = even();
        let writer = std::thread::spawn(move || while stdin.write_all(&text).is_ok() {});
        std::thread::sleep(Duration::from_millis(1500));
        interrupt(&child);
        let started = Instant::now();
        let (code, stdout, _) = end(child);
        writer.join().expect("the pipe is closed");
        assert!(started.elapsed() < Duration::from_secs(20));
        assert_eq!(code, Some(130));
        let answer: serde_json::Value = serde_json::from_str(&stdout).expect("a whole answer");
        assert_eq!(answer["tally"]["partial"], true);
        assert_eq!(answer["tally"]["rejected"], 0);
        assert!(answer["tally"]["records"].as_u64() > Some(309));
    }
}

#[test]
fn a_named_pipe_without_a_writer_can_be_interrupted() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe");
    if !Command::new("mkfifo").arg(&pipe).status().is_ok_and(|status| status.success()) {
        return;
    }
    let child = start(&format!("top {}", pipe.display()));
    std::thread::sleep(Duration::from_millis(500));
    interrupt(&child);
    assert_eq!(end(child).0, Some(130));
}

#[test]
fn an_interrupted_file_of_output_is_still_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("out.json");
    let mut child = start(&format!("export --format json -o {}", file.display()));
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(&even()).expect("written");
    std::thread::sleep(Duration::from_millis(500));
    interrupt(&child);
    assert_eq!(end(child).0, Some(130));
    let answer: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&file).expect("the file")).expect("a whole answer");
    assert_eq!(answer["tally"]["partial"], true);
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 1);
}

#[test]
fn a_reader_who_has_seen_enough_is_no_failure() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    std::fs::write(&log, many_lines(6 << 20)).expect("a file");
    for words in
        ["export", "export --format csv", "export --format json", "failed --format ndjson --limit 0", "top"]
    {
        let mut command = command();
        command.args(words.split(' ')).arg(&log).stdin(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
        let mut first = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut first).expect("a line");
        let mut stderr = String::new();
        child.stderr.take().expect("a pipe").read_to_string(&mut stderr).expect("UTF-8");
        assert_eq!(child.wait().expect("it ends").code(), Some(0), "{words}: {stderr}");
        assert!(!stderr.contains("error:") && !stderr.contains("panicked"), "{words}: {stderr}");
    }
}

#[test]
fn a_reader_who_has_seen_enough_ends_an_endless_pipe() {
    let mut child = start("export --limit 0");
    let mut stdin = child.stdin.take().expect("a pipe");
    let text = even();
    let writer = std::thread::spawn(move || while stdin.write_all(&text).is_ok() {});
    let mut first = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut first).expect("a line");
    assert!(first.starts_with('{'));
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    writer.join().expect("the pipe is closed");
}

#[test]
fn a_limit_ends_an_endless_pipe() {
    let mut child = start("export --limit 3");
    let mut stdin = child.stdin.take().expect("a pipe");
    let text = even();
    let writer = std::thread::spawn(move || while stdin.write_all(&text).is_ok() {});
    let (code, stdout, _) = end(child);
    writer.join().expect("the pipe is closed");
    assert_eq!((code, stdout.lines().count()), (Some(0), 3));
}
