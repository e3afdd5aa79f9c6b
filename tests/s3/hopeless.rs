//! What waiting cannot heal is said within seconds, and by its name.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::harness::Ran;
use crate::program::Program;
use crate::server::{Act, CREDENTIALS, On, Server};

const SOON: Duration = Duration::from_secs(5);

/// Runs and measures; that it cannot be done is said in time. A machine that is busy with other things gets three tries.
fn fails(program: &Program, args: &[&str]) -> String {
    let mut tries = (0..3).map(|_| {
        let started = Instant::now();
        let ran = Ran::from(program.bare(args).output().unwrap());
        assert_eq!(ran.code, 2, "{ran:?}");
        (started.elapsed(), ran.stderr)
    });
    let in_time = tries.find(|(took, _)| *took < SOON);
    in_time.expect("it is said in time").1
}

fn at(url: &str) -> String {
    let program = Program::at(url).keys(CREDENTIALS);
    fails(&program, &["top", "s3://my-logs/", "--endpoint-url", url])
}

/// A server of one answer to everything, whatever was asked.
fn says(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            let mut request = [0; 4096];
            let _ = socket.read(&mut request);
            let _ = socket.write_all(answer.as_bytes());
        }
    });
    address.to_string()
}

#[test]
fn nobody_listens_or_nobody_has_that_name() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = at(&format!("http://{free}"));
    assert!(error.contains("no connection to S3") && error.contains("refused"), "{error}");
    let error = at("http://no-such-host.invalid");
    assert!(error.contains("no connection to S3") && error.contains("--endpoint-url"), "{error}");
}

#[test]
fn a_server_that_speaks_no_tls_or_no_http() {
    let server = Server::signed([("k", "")]);
    let error = at(&server.url().replace("http:", "https:"));
    assert!(error.contains("no secure connection") && error.contains("http://"), "{error}");
    let error = at(&format!("http://{}", says("220 mail.example.com ESMTP\r\n")));
    assert!(error.contains("no connection to S3"), "{error}");
}

#[test]
fn what_can_be_no_region_or_port() {
    let program = Program::at("http://x").keys(CREDENTIALS);
    let error = fails(&program, &["top", "s3://my-logs/", "--region", "eu west"]);
    assert!(error.contains("region"), "{error}");
    let error = fails(&program, &["top", "s3://my-logs/", "--endpoint-url", "http://127.0.0.1:99999"]);
    assert!(error.contains("port"), "{error}");
    let program = program.variable("AWS_REGION", "eu west");
    let error = fails(&program, &["top", "s3://my-logs/"]);
    assert!(error.contains("region") || error.contains("Region"), "{error}");
}

#[test]
fn an_access_point_of_another_server() {
    let server = Server::signed([("k", "")]);
    let arn = "s3://arn:aws:s3:eu-west-1:123456789012:accesspoint:logs/";
    let program = Program::new(&server).keys(CREDENTIALS);
    let error = fails(&program, &["top", arn, "--endpoint-url", &server.url()]);
    assert!(error.contains("access point") && error.contains("--endpoint-url"), "{error}");
    let bucket = "arn:aws:s3:eu-west-1:123456789012:accesspoint/logs";
    let error = fails(&program, &["top", "--bucket", bucket, "--endpoint-url", &server.url()]);
    assert!(error.contains("access point") && error.contains("--endpoint-url"), "{error}");
    assert!(server.requests("").is_empty());
}

#[test]
fn a_proxy_that_refuses() {
    let proxy = says("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
    let program = || Program::at("").keys(CREDENTIALS).variable("HTTPS_PROXY", format!("http://{proxy}"));
    let certificate = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/s3/tls/certificate.pem");
    for program in [program(), program().variable("AWS_CA_BUNDLE", certificate)] {
        let error = fails(&program, &["top", "s3://my-logs/", "--region", "eu-west-1"]);
        assert!(error.contains("no connection to S3") && error.contains("tunnel"), "{error}");
    }
}

#[test]
fn what_is_not_implemented() {
    let server = Server::signed([("k", "")]);
    server.rule(usize::MAX, On::List, Act::Fail(501, "NotImplemented"));
    let error = at(&server.url());
    assert!(error.contains("501 NotImplemented"), "{error}");
    assert_eq!(server.requests("LIST").len(), 1);
}

#[test]
fn answers_that_are_not_from_s3() {
    for (answer, what) in [
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 43\r\n\r\n<!DOCTYPE html><html><p>Sign in</p></html>\n",
            "a web page (status 200)",
        ),
        ("HTTP/1.1 403 No\r\ncontent-length: 15\r\n\r\n<HTML>no</HTML>", "a web page (status 403)"),
        (
            "HTTP/1.1 302 Found\r\nlocation: https://login.example.com/\r\ncontent-length: 0\r\n\r\n",
            "a redirect to https://login.example.com/",
        ),
        ("HTTP/1.1 407 Who\r\ncontent-length: 0\r\n\r\n", "a proxy"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", "no XML"),
    ] {
        let error = at(&format!("http://{}", says(answer)));
        assert!(error.contains("not from S3") && error.contains(what), "{what} {error}");
    }
}

#[test]
fn errors_in_answers_that_say_all_is_well() {
    let server = Server::signed([("2026-08-01-10-00-00-0123456789ABCDEF", "a log\n")]);
    let body = |code: &str| {
        format!("<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>M</Message></Error>")
    };
    server.rule(usize::MAX, On::List, Act::Body(body("AccessDenied")));
    let error = at(&server.url());
    assert!(error.contains("access denied (M)") && error.contains("s3:ListBucket"), "{error}");
    server.clear();
    server.rule(1, On::List, Act::Body(body("InternalError")));
    let program = Program::new(&server).keys(CREDENTIALS);
    let ran = program.run(&["fetch", "s3://my-logs/", "-o", "logs"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(server.requests("LIST").len(), 2, "it is asked for again");
}

#[test]
fn a_certificate_that_nobody_vouches_for() {
    let server = Server::secure([("2026-08-01-10-00-00-0123456789ABCDEF", "a log\n")]);
    let error = at(&server.url());
    assert!(error.contains("no secure connection") && error.contains("AWS_CA_BUNDLE"), "{error}");

    // Whoever vouches for it is named in one of three ways.
    let certificate = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/s3/tls/certificate.pem");
    let fetch = ["fetch", "s3://my-logs/", "-o", "logs"];
    let program = || Program::new(&server).keys(CREDENTIALS);
    for program in [
        program().variable("AWS_CA_BUNDLE", certificate),
        program().variable("SSL_CERT_FILE", certificate),
        program().config(&format!("[default]\nca_bundle = {certificate}\n")),
    ] {
        let ran = program.run(&fetch);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.text().starts_with("1 new object"), "{ran:?}");
    }
    let key = certificate.replace("certificate", "key");
    for (bundle, why) in [("/no/such/file", "No such file"), (key.as_str(), "holds no certificate")] {
        let ran = program().variable("AWS_CA_BUNDLE", bundle).run(&fetch);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(
            ran.stderr.contains(&format!("{bundle} (AWS_CA_BUNDLE)")) && ran.stderr.contains(why),
            "{ran:?}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_server_that_takes_requests_and_never_answers() {
    use crate::harness::Following;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || listener.incoming().collect::<Vec<_>>());
    let program = Program::at(&url).keys(CREDENTIALS);
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy");
    for args in [
        &["top", "s3://my-logs/"][..],
        &["top", "--logs-of", "my-bucket"],
        &["fetch", "s3://my-logs/", "-o", copy.to_str().unwrap()],
        &["logging", "status", "my-site"],
    ] {
        let started = Instant::now();
        let run = Following::start(program.bare(&[args, &["--endpoint-url", &url]].concat()));
        while !run
            .said()
            .contains("S3 has answered no request in full for 4.0 s; one without an answer is sent again")
        {
            assert!(started.elapsed() < 3 * SOON, "{args:?}: {}", run.said());
            std::thread::sleep(Duration::from_millis(20));
        }
        run.end();
    }
    // Whoever wants to hear of errors alone hears nothing yet.
    let run = Following::start(program.bare(&["top", "-q", "s3://my-logs/", "--endpoint-url", &url]));
    std::thread::sleep(SOON);
    assert_eq!(run.said(), "");
    run.end();
}
