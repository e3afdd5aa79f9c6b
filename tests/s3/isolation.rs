//! The credentials of whoever runs the tests are seen by no test.

use std::process::Command;

use crate::harness::ran;
use crate::server::{BUCKET, CREDENTIALS, Server};

#[test]
fn tests_answer_alike_among_the_credentials_of_a_stranger() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    let (id, secret) = CREDENTIALS;
    let file = format!("[prod]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
    std::fs::write(home.path().join(".aws/credentials"), file).unwrap();
    std::fs::write(home.path().join(".aws/config"), "[profile prod]\nregion = eu-west-1\n").unwrap();
    let home = home.path().to_str().unwrap();
    let settings =
        [("HOME", home), ("USERPROFILE", home), ("AWS_PROFILE", "prod"), ("AWS_REGION", "eu-west-1")];

    // They are such that the program uses them.
    let server = Server::signed([("prod/2026-08-01-10-00-00-0123456789ABCDEF", "a log\n")]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_s3al"));
    command.args(["fetch", "--bucket", BUCKET, "--endpoint-url", &server.url(), "--dry-run", "-o", home]);
    ran(command.env_remove("AWS_ACCESS_KEY_ID").envs(settings)).done();

    // And the tests do not: in a process of their own, because the variables of this one are those of all its tests.
    let mut tests = Command::new(std::env::current_exe().unwrap());
    tests.args(["--exact", "cli::no_credentials", "cli::the_region_is_found"]).envs(settings);
    tests.env("AWS_ACCESS_KEY_ID", id).env("AWS_SECRET_ACCESS_KEY", secret);
    let output = ran(&mut tests);
    assert!(output.code == 0 && output.text().contains("2 passed"), "{}\n{}", output.text(), output.stderr);
}
