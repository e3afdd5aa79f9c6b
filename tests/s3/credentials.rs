//! Who asks: what was typed wins, and what is wrong with it is said by name.

use crate::program::Program;
use crate::server::{CREDENTIALS, Server};

const KEY: &str = "prod/2026-08-01-10-00-00-0123456789ABCDEF";

fn profile(name: &str, (id, secret): (&str, &str)) -> String {
    format!("[profile {name}]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n")
}

#[test]
fn a_typed_profile_wins_over_keys_in_the_environment() {
    let server = Server::signed([(KEY, "a log\n")]);
    let program = Program::new(&server).keys(("AKIDOTHER", "wrong")).config(&profile("good", CREDENTIALS));
    let ran = program.run(&["fetch", "s3://my-logs/", "-o", "logs", "--profile", "good"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.text().starts_with("1 new object"), "{ran:?}");
    // And the other way round: keys that would do are not asked when another identity was chosen.
    let program = Program::new(&server).keys(CREDENTIALS).config(&profile("bad", ("AKIDOTHER", "wrong")));
    let ran = program.run(&["fetch", "s3://my-logs/", "-o", "logs", "--profile", "bad"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("credentials were refused"), "{ran:?}");
    // Nobody typed a profile: the keys in the environment come first, as for every AWS tool.
    let ran = program.run(&["fetch", "s3://my-logs/", "-o", "logs"]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn a_profile_that_does_not_exist_is_named() {
    let server = Server::signed([(KEY, "a log\n")]);
    let config = format!("{}{}", profile("one", CREDENTIALS), profile("two", CREDENTIALS));
    let program = Program::new(&server).keys(CREDENTIALS).config(&config);
    std::fs::write(program.path("local"), "").unwrap();
    for args in [
        &["fetch", "s3://my-logs/", "-o", "logs", "--profile", "nosuch"][..],
        &["top", "s3://my-logs/", "--profile", "nosuch"],
        &["top", "local", "s3://my-logs/", "--profile", "nosuch"],
        &["export", "--logs-of", "my-site", "--profile", "nosuch"],
        &["top", "s3://my-logs/", "--profile", "nosuch", "--no-sign-request"],
    ] {
        let ran = program.run(args);
        assert_eq!(ran.code, 2, "{args:?} {ran:?}");
        assert!(ran.stderr.contains("no profile \"nosuch\" (--profile)"), "{args:?} {ran:?}");
        assert!(ran.stderr.contains("aws-config") && ran.stderr.contains("hold: one, two"), "{ran:?}");
        assert_eq!(ran.text(), "");
    }
    let program = program.variable("AWS_PROFILE", "other");
    let ran = program.run(&["fetch", "s3://my-logs/", "-o", "logs"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("no profile \"other\" (AWS_PROFILE)"), "{ran:?}");
    assert!(server.requests("").is_empty());
}

#[test]
fn a_config_file_that_cannot_be_parsed_is_named() {
    let server = Server::signed([(KEY, "a log\n")]);
    let program = Program::new(&server).config("[profile good\nregion = x\n");
    let ran = program.run(&["fetch", "s3://my-logs/", "-o", "logs"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("aws-config") && ran.stderr.contains("line 1"), "{ran:?}");
}
