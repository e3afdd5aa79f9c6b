//! Prefixes below which nothing is.

use std::process::Command;

use crate::server::Server;

/// What the program says on standard error, and its exit code.
fn said(server: &Server, args: &[&str]) -> (String, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_s3al"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_")) {
        command.env_remove(name);
    }
    command.env("AWS_CONFIG_FILE", "none").env("AWS_SHARED_CREDENTIALS_FILE", "none");
    command.args(args).args(["--no-sign-request", "--endpoint-url", &server.url()]);
    let output = command.output().unwrap();
    (String::from_utf8(output.stderr).unwrap(), output.status.code())
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
        let (error, ended) = said(&server, args);
        assert!(error.contains(expected), "{args:?}: {error}");
        assert_eq!(ended, Some(code), "{error}");
    }
    let before = server.requests("LIST").len();
    said(&server, &["top", "s3://my-logs/prod/"]);
    assert_eq!(server.requests("LIST").len(), before + 1, "nobody is asked where something was read");
}
