//! Who asks: what was typed wins, and what is wrong with it is said by name.

use std::io::{Read as _, Write as _};

use crate::harness::Ran;
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

#[test]
fn a_token_file_that_is_missing_is_named() {
    let server = Server::signed([(KEY, "a log\n")]);
    let role = "arn:aws:iam::123456789012:role/reader";
    let fetch = ["fetch", "s3://my-logs/", "-o", "logs"];
    let program = Program::new(&server)
        .variable("AWS_ROLE_ARN", role)
        .variable("AWS_WEB_IDENTITY_TOKEN_FILE", "/no/such/token");
    let ran = program.run(&fetch);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("/no/such/token (AWS_WEB_IDENTITY_TOKEN_FILE)"), "{ran:?}");
    // Who is found first needs no token.
    let ran = program.keys(CREDENTIALS).run(&fetch);
    assert_eq!(ran.code, 0, "{ran:?}");
    let profile = format!(
        "[profile top]\nrole_arn = {role}\nsource_profile = web\n[profile web]\nrole_arn = {role}\nweb_identity_token_file = /no/such/file\n"
    );
    let ran = Program::new(&server).config(&profile).run(&[&fetch[..], &["--profile", "top"]].concat());
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("/no/such/file (web_identity_token_file of the profile web)"), "{ran:?}");
}

#[test]
fn a_role_that_asks_for_a_code_has_a_clear_word() {
    let server = Server::signed([(KEY, "a log\n")]);
    let config = "[profile safe]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = k\n\
                  mfa_serial = arn:aws:iam::123456789012:mfa/me\n[profile k]\naws_access_key_id = A\n\
                  aws_secret_access_key = B\n";
    let program = Program::new(&server).config(config);
    let ran = program.run(&["fetch", "s3://my-logs/", "-o", "logs", "--profile", "safe"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.stderr.contains("mfa/me") && ran.stderr.contains("export-credentials --profile safe"),
        "{ran:?}"
    );
}

#[test]
fn a_role_is_assumed() {
    let (id, secret) = CREDENTIALS;
    let role = "arn:aws:iam::123456789012:role/reader";
    let answer = format!(
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><AssumedRoleUser>\
         <Arn>arn:aws:sts::123456789012:assumed-role/reader/s3al</Arn><AssumedRoleId>AROA:s3al</AssumedRoleId>\
         </AssumedRoleUser><Credentials><AccessKeyId>{id}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>\
         <SessionToken>token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>\
         </AssumeRoleResult></AssumeRoleResponse>"
    );
    // A server that gives the keys of the role to whoever asks, and says what it was asked.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let sts = format!("http://{}", listener.local_addr().unwrap());
    let asked = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut request = vec![0; 16384];
        let mut length = 0;
        while !String::from_utf8_lossy(&request[..length]).contains("Action=") {
            length += socket.read(&mut request[length..]).unwrap();
        }
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\nconnection: close";
        write!(socket, "{head}\r\ncontent-length: {}\r\n\r\n{answer}", answer.len()).unwrap();
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    let server = Server::signed([(KEY, "a log\n")]);
    let program = Program::new(&server).keys(("AKIDOTHER", "other")).variable("AWS_ENDPOINT_URL_STS", sts);
    let ran = program.run(&["fetch", "s3://my-logs/", "-o", "logs", "--role-arn", role]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let asked = asked.join().unwrap();
    assert!(asked.contains("role%2Freader") && asked.contains("RoleSessionName=s3al"), "{asked}");
    assert!(asked.contains("Credential=AKIDOTHER/"), "{asked}");
}

#[test]
fn the_endpoint_of_a_profiles_services_takes_path_style() {
    let server = Server::signed([(KEY, "a log\n")]);
    let config = format!(
        "{}services = local\n[services local]\ns3 =\n  endpoint_url = {}\n",
        profile("here", CREDENTIALS),
        server.url()
    );
    let program = Program::new(&server).config(&config);
    let ran = Ran::from(
        program.bare(&["fetch", "s3://my-logs/", "-o", "logs", "--profile", "here"]).output().unwrap(),
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.text().starts_with("1 new object"), "{ran:?}");
}
