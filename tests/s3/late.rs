//! Logs that were delivered late.

use s3al::record::Field;
use serde_json::json;

use crate::harness::{Ran, record, run};
use crate::server::Server;

/// A record of 1 August 2026, 10 o'clock.
fn of(id: &str) -> String {
    record(&[(Field::Timestamp, "01/Aug/2026:10:00:00 +0000"), (Field::RequestId, id)])
}

fn asked(server: &Server, words: &str) -> Ran {
    let words: Vec<&str> = words.split(' ').collect();
    run(&[&words, &["s3://my-logs/", "--no-sign-request", "--endpoint-url", &server.url()][..]].concat())
}

/// One of three records was delivered after 9 days, in a log with another one of that day.
fn late() -> Server {
    let later = record(&[(Field::Timestamp, "10/Aug/2026:09:00:00 +0000"), (Field::RequestId, "D")]);
    Server::new([
        ("2026-08-01-11-00-00-0123456789ABCDEF", of("A") + &of("B")),
        ("2026-08-05-11-00-00-0123456789ABCDEF", "no log of that day\n".to_owned()),
        ("2026-08-10-10-00-00-0123456789ABCDEF", of("C") + &later),
    ])
}

const DAY: &str = "--since 2026-08-01 --until 2026-08-02";

#[test]
fn coverage_sees_what_a_window_does_not() {
    let server = late();
    let top = asked(&server, &format!("top --format json {DAY}")).done();
    assert_eq!(top.json()["tally"]["matched"], 2);
    let ran = asked(&server, &format!("coverage --format json {DAY}"))
        .done()
        .says("1 record was delivered more than 1d after the request, the latest 9d")
        .says("with --delivery-lag 9d");
    let report = ran.json();
    let row = &report["tables"]["lag"][0];
    assert_eq!((&row["records"], &row["late"], &row["max"]), (&json!(3), &json!(1), &json!(9 * 86_400_000)));
    // What holds nothing of the day is no part of what is told about the day.
    assert_eq!(report["tables"]["sources"], json!([]));
    assert_eq!(report["tables"]["overview"][0]["rejected"], 0);
    let found = asked(&server, &format!("top --format json {DAY} --delivery-lag 9d")).done();
    assert_eq!(found.json()["tally"]["matched"], 3);

    let within = asked(&server, &format!("coverage --format json {DAY} --latest-delivery 1d")).done();
    assert_eq!(within.json()["tables"]["lag"][0]["late"], 0);
    assert!(!within.stderr.contains("--delivery-lag"), "{}", within.stderr);
    let known = asked(&server, &format!("coverage --format json {DAY} --delivery-lag 9d")).done();
    assert_eq!(known.json()["tables"]["lag"][0]["late"], 0);
    asked(&server, &format!("coverage {DAY}"));
    let told = asked(&server, &format!("coverage {DAY}"));
    assert!(told.text().contains("in S3, logs were looked for that were delivered up to 14d after --until"));
}

#[test]
fn a_window_whose_records_were_still_being_delivered_says_so() {
    let server = Server::new([
        ("2026-08-01-11-00-00-0123456789ABCDEF", of("A")),
        ("2026-08-02-23-30-00-0123456789ABCDEF", of("B")),
    ]);
    let edge = "logs with records of this time were delivered until 2026-08-02T23:30:00Z, where --delivery-lag (1d) ends";
    for command in ["top", "export", "failed --format json"] {
        asked(&server, &format!("{command} {DAY}")).done().says(edge).says("with --delivery-lag 2d");
    }
    for quiet in [
        // Nothing that passes the filters was there.
        format!("top {DAY} --requester nobody"),
        // The names go on for long after.
        format!("top {DAY} --delivery-lag 9d"),
        "top --since 2026-08-01".to_owned(),
        format!("top -q {DAY}"),
    ] {
        let ran = asked(&server, &quiet).done();
        assert!(!ran.stderr.contains("were delivered until"), "{quiet}: {}", ran.stderr);
    }
}
