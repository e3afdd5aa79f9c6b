//! One Ctrl-C ends every wait at once.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness::Ran;
use crate::program::Program;
use crate::server::{Act, CREDENTIALS, On, Server};

/// How soon a run has to end. It takes milliseconds; machines that test have other things to do.
const AT_ONCE: Duration = Duration::from_secs(15);

fn logs() -> impl Iterator<Item = (String, String)> {
    (0..9).map(|n| (format!("prod/2026-08-01-10-00-0{n}-0123456789ABCDEF"), format!("{n}\n")))
}

/// Starts the program, sends the signal once it waits, and tells how it ended.
fn interrupt(mut command: Command, waits: impl Fn() -> bool, signal: &str) -> Ran {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let started = Instant::now();
    while !waits() {
        assert!(started.elapsed() < Duration::from_secs(30), "it never waits");
        std::thread::sleep(Duration::from_millis(10));
    }
    // It has asked, and waits for the answer.
    std::thread::sleep(Duration::from_millis(300));
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
    let signalled = Instant::now();
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert!(signalled.elapsed() < AT_ONCE, "{:?} {ran:?}", signalled.elapsed());
    ran
}

#[test]
fn a_first_page_that_never_comes() {
    for act in [Act::Hang, Act::Stall, Act::Fail(503, "SlowDown")] {
        for words in [
            "top s3://my-logs/prod/",
            "export s3://my-logs/prod/",
            "fetch s3://my-logs/prod/ -o logs",
            "fetch s3://my-logs/prod/ -o logs --dry-run",
            "cold s3://my-logs/prod/ --inventory s3://my-logs/manifest.json",
        ] {
            let server = Server::signed(logs());
            server.rule(usize::MAX, On::List, act.clone());
            let program = Program::new(&server).keys(CREDENTIALS);
            let command = program.command(&words.split(' ').collect::<Vec<_>>());
            let ran = interrupt(command, || !server.requests("LIST").is_empty(), "-INT");
            assert_eq!(ran.code, 130, "{words} {act:?} {ran:?}");
            assert!(ran.stderr.contains("interrupted"), "{words} {act:?} {ran:?}");
            assert!(!ran.stderr.contains("error:"), "{words} {act:?} {ran:?}");
        }
    }
}

#[test]
fn a_request_to_terminate_while_the_first_page_is_waited_for() {
    let server = Server::signed(logs());
    server.rule(usize::MAX, On::List, Act::Hang);
    let program = Program::new(&server).keys(CREDENTIALS);
    let command = program.command(&["fetch", "s3://my-logs/prod/", "-o", "logs"]);
    let ran = interrupt(command, || !server.requests("LIST").is_empty(), "-TERM");
    assert_eq!(ran.code, 143, "{ran:?}");
}

#[test]
fn the_place_of_the_logs_is_never_told() {
    for words in ["top --logs-of my-site", "fetch --logs-of my-site -o logs"] {
        let server = Server::signed(logs());
        server.rule(usize::MAX, On::Logging, Act::Hang);
        let program = Program::new(&server).keys(CREDENTIALS);
        let command = program.command(&words.split(' ').collect::<Vec<_>>());
        let ran = interrupt(command, || !server.requests("LOGGING").is_empty(), "-INT");
        assert_eq!(ran.code, 130, "{words} {ran:?}");
        assert!(ran.stderr.contains("interrupted"), "{words} {ran:?}");
    }
}

#[test]
fn credentials_that_never_come() {
    let server = Server::signed(logs());
    let program = Program::new(&server);
    let asked = program.path("asked");
    let config = format!("[profile slow]\ncredential_process = touch {} && sleep 60\n", asked.display());
    let program = program.config(&config);
    for words in ["top s3://my-logs/ --profile slow", "fetch s3://my-logs/ -o logs --profile slow"] {
        let command = program.command(&words.split(' ').collect::<Vec<_>>());
        let ran = interrupt(command, || asked.exists(), "-INT");
        assert_eq!(ran.code, 130, "{ran:?}");
        std::fs::remove_file(&asked).unwrap();
    }
    assert!(server.requests("").is_empty());
}

#[test]
fn an_object_that_never_comes_and_a_fetch_that_says_so() {
    let server = Server::signed(logs());
    server.rule(usize::MAX, On::Get("10-00-07"), Act::Hang);
    let program = Program::new(&server).keys(CREDENTIALS);
    let arrived = program.path("logs/prod/2026-08-01-10-00-06-0123456789ABCDEF");
    let command = program.command(&["fetch", "s3://my-logs/prod/", "-o", "logs"]);
    let ran = interrupt(command, || arrived.exists(), "-INT");
    assert_eq!(ran.code, 130, "{ran:?}");
    assert!(ran.text().contains("new objects") && ran.text().contains("interrupted"), "{ran:?}");
    // The next run completes it.
    server.clear();
    let ran = program.run(&["fetch", "s3://my-logs/prod/", "-o", "logs"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.text().contains(" already there") && !ran.text().contains("interrupted"), "{ran:?}");
    for (key, body) in logs() {
        assert_eq!(std::fs::read_to_string(program.path("logs").join(key)).unwrap(), body);
    }
}
