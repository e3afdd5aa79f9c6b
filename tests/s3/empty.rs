//! Prefixes below which nothing is.

use crate::harness::{Ran, run};
use crate::server::Server;

fn asked(server: &Server, args: &[&str]) -> Ran {
    run(&[args, &["--no-sign-request", "--endpoint-url", &server.url()]].concat())
}

#[test]
fn a_prefix_without_objects_names_those_that_exist() {
    let server = Server::new([
        ("prod/2026-08-01-10-00-00-0123456789ABCDEF", "no log\n"),
        ("staging/2026-08-01-10-00-00-0123456789ABCDEF", "no log\n"),
    ]);
    for (args, code, expected) in [
        (
            &["top", "s3://my-logs/prd/"][..],
            0,
            "nothing was read from s3://my-logs/prd/: no object has this prefix; there are \"prod/\", \"staging/\"",
        ),
        (
            &["audit", "--fail", "s3://my-logs/prod/\u{200b}"],
            2,
            "no object has this prefix; there are \"prod/2026-08-01-10-00-00-0123456789ABCDEF\"; it was typed with \
             invisible characters: \"s3://my-logs/prod/\\u{200b}\"",
        ),
        (
            &["coverage", "--fail", "s3://my-logs/prod/", "--since", "2026-09-01"],
            2,
            "s3://my-logs/prod/: of the objects there, none has the name of a log of that time",
        ),
        (&["failed", "s3://my-logs/prod/"], 0, "no line that was read is a record"),
    ] {
        asked(&server, args).ended(code).says(expected);
    }
    let before = server.requests("LIST").len();
    asked(&server, &["top", "s3://my-logs/prod/"]);
    assert_eq!(server.requests("LIST").len(), before + 1, "nobody is asked where something was read");
}

#[test]
fn a_fetch_of_nothing_says_so() {
    let server = Server::new([("prod/2026-08-01-10-00-00-0123456789ABCDEF", "a log\n")]);
    let folder = tempfile::tempdir().unwrap();
    let fetch = |more: &[&str]| {
        let output = folder.path().join("logs");
        asked(&server, &[&["fetch", "-o", output.to_str().unwrap()][..], more].concat()).done()
    };
    let warning =
        "warning: nothing was read from s3://my-logs/prd/: no object has this prefix; there are \"prod/\"";
    fetch(&["s3://my-logs/prd/"]).says(warning);
    fetch(&["s3://my-logs/prd/", "--dry-run"]).says(warning);
    for quiet in [&["s3://my-logs/prd/", "-q"][..], &["s3://my-logs/prod/"], &["s3://my-logs/prod/"]] {
        let ran = fetch(quiet);
        assert!(!ran.stderr.contains("nothing was read"), "{quiet:?}: {}", ran.stderr);
    }
}
