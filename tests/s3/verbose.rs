//! `-v`: what went on between here and S3, without what must not be known.

use crate::program::Program;
use crate::server::{Act, CREDENTIALS, On, Server};

const KEY: &str = "prod/2026-08-01-10-00-00-0123456789ABCDEF";
const TOKEN: &str = "tokentokentoken";

fn server() -> Server {
    Server::signed([
        (KEY, "a log\n"),
        ("prod/readme.txt", "x"),
        ("prod/2026-08-01-11-00-00-0123456789ABCDEF", "x"),
    ])
}

#[test]
fn requests_retries_and_what_is_skipped_are_shown() {
    let server = server();
    for (words, command) in [("top s3://my-logs/prod/", "top"), ("fetch s3://my-logs/prod/ -o copy", "fetch")]
    {
        server.clear();
        server.rule(2, On::Get(KEY), Act::Fail(503, "SlowDown"));
        let program = Program::new(&server).keys(CREDENTIALS).variable("AWS_SESSION_TOKEN", TOKEN);
        let words: Vec<&str> = words.split(' ').collect();
        let quiet = program.run(&words);
        server.rule(2, On::Get(KEY), Act::Fail(503, "SlowDown"));
        std::fs::remove_dir_all(program.path("copy")).ok();
        let ran = program.run(&[&words[..], &["-v"]].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        let has =
            |parts: &[&str]| ran.stderr.lines().any(|line| parts.iter().all(|part| line.contains(part)));
        let get = format!("GET /my-logs/{KEY}: ");
        for parts in [
            &["GET /my-logs/?prefix=prod%2F: 200 in ", " ms", ", request id \"TESTID", ", id 2 \"TESTID2"][..],
            &[&get, "200 in ", " ms", ", request id \"TESTID"],
            &[&get, "503 in ", " ms"],
            &[KEY, ": trying again in ", " ms: S3 asks to slow down (SlowDown)"],
            &["skipped \"prod/readme.txt\": it has no log name"],
            &["credentials were found"],
        ] {
            assert!(has(parts), "{parts:?} {}", ran.stderr);
        }
        assert_eq!(ran.stderr.matches("503 in ").count(), 2, "{}", ran.stderr);
        for secret in [CREDENTIALS.1, TOKEN, "Signature", "AWS4-HMAC", "uthorization", "ecurity-"] {
            assert!(!ran.stderr.contains(secret), "{secret} {}", ran.stderr);
        }
        if command == "top" {
            assert_eq!(ran.stdout, quiet.stdout);
        }
        assert!(!quiet.stderr.contains("GET "), "{}", quiet.stderr);
        // More of it, and still no secret.
        let more = program.run(&[&words[..], &["-vv"]].concat());
        assert!(
            !more.stderr.contains(CREDENTIALS.1) && !more.stderr.contains("AWS4-HMAC"),
            "{}",
            more.stderr
        );
    }
}

#[test]
fn what_was_passed_over_because_it_is_there() {
    let server = server();
    let program = Program::new(&server).keys(CREDENTIALS);
    let fetch = || program.run(&["fetch", "s3://my-logs/prod/", "-o", "copy", "-v"]);
    fetch();
    let ran = fetch();
    assert!(ran.stderr.contains(&format!("skipped {KEY:?}: it is there already")), "{}", ran.stderr);
}

#[test]
fn hostile_keys_write_no_lines_and_no_escapes() {
    let server = Server::new([("none", "")]);
    let key = "a&#xa;error: forged&#xa;&#x1b;[2J&#x202e;2026-08-01-10-00-00-0123456789ABCDEF";
    let other = "b&#xa;error: forged&#x202e;";
    let object = |key: &str| format!("<Contents><Key>{key}</Key><Size>6</Size></Contents>");
    server.rule(
        usize::MAX,
        On::List,
        Act::Body(format!(
            "<ListBucketResult><KeyCount>2</KeyCount><IsTruncated>false</IsTruncated>{}{}</ListBucketResult>",
            object(key),
            object(other)
        )),
    );
    server.rule(2, On::Get(""), Act::Fail(503, "SlowDown"));
    server.rule(usize::MAX, On::Get(""), Act::Body("a log\n".to_owned()));
    let ran = Program::new(&server).run(&["top", "s3://my-logs/", "--no-sign-request", "-vv"]);
    assert!(
        ran.stderr.contains("trying again") && ran.stderr.contains("skipped \"b\\nerror"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains(['\u{1b}', '\u{202e}']), "{}", ran.stderr);
    assert!(!ran.stderr.lines().any(|line| line.starts_with("error: forged")), "{}", ran.stderr);
}
