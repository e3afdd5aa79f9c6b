//! A test for each bug that was found, named after what went wrong.

mod harness;

use harness::{piped, record};
use s3al::record::Field;
use serde_json::{Value, json};

/// The values of a column of the main table, in its order.
fn column(words: &str, log: &str, name: &str) -> Vec<Value> {
    let rows = piped(&format!("{words} --format ndjson"), log).done().rows();
    rows.iter().map(|row| row[name].clone()).collect()
}

#[test]
fn a_key_of_two_dashes_was_one_group_with_a_key_of_one() {
    let dash = [(Field::Key, "-"), (Field::RequestUri, "GET /my-bucket/- HTTP/1.1")];
    let dashes = [(Field::Key, "--"), (Field::RequestUri, "GET /my-bucket/-- HTTP/1.1")];
    let log = [record(&dash), record(&dashes), record(&dashes), record(&[])].concat();
    assert_eq!(column("top --by key", &log, "key"), [json!("--"), json!(null), json!("-")]);
    assert_eq!(column("top --by key", &log, "requests"), [2, 1, 1]);
}

#[test]
fn a_user_agent_or_referer_of_two_dashes_was_shown_as_one() {
    for (name, field) in [("user_agent", Field::UserAgent), ("referer", Field::Referer)] {
        let log = record(&[(field, "--")]);
        assert_eq!(column(&format!("top --by {name}"), &log, name), ["--"]);
    }
}

#[test]
fn ipv4_addresses_written_as_ipv6_were_all_in_one_network() {
    let of = |address| record(&[(Field::RemoteIp, address)]);
    let log = [of("::ffff:192.0.2.3"), of("::ffff:198.51.100.9"), of("192.0.2.77")].concat();
    assert_eq!(column("top --by network", &log, "network"), ["192.0.2.0/24", "198.51.100.0/24"]);
}

#[test]
fn compare_never_showed_anonymous_requests_by_identity() {
    let at = |day: u32, requester| {
        let time = format!("{day:02}/Aug/2026:10:00:00 +0000");
        record(&[(Field::Timestamp, &time), (Field::Requester, requester)])
    };
    let alice = "arn:aws:iam::111122223333:user/alice";
    let log = [at(1, alice).repeat(50), at(2, alice).repeat(50), at(2, "-").repeat(50)].concat();
    for by in ["requester", "principal", "identity"] {
        let words = format!("compare --baseline 2026-08-01..2026-08-02 --window 2026-08-02.. --by {by}");
        assert!(column(&words, &log, "value").contains(&Value::Null), "{by}");
    }
}

#[test]
fn a_missing_acl_required_was_one_group_with_no() {
    let of = |text| record(&[(Field::AclRequired, text)]);
    let absent = harness::old(&of("-"));
    let log = [of("Yes").repeat(3), of("-").repeat(2), absent].concat();
    let expected = [json!(true), json!(false), json!(null)];
    assert_eq!(column("top --by acl_required", &log, "acl_required"), expected);
}
