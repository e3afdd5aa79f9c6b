//! A test for each bug that was found, named after what went wrong.

mod harness;

use std::io::Write as _;

use harness::{Logs, Record, assert_rows, piped, record, s3al};
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
    let absent = Record::of(&[]).until(Field::VersionId).line();
    let log = [of("Yes").repeat(2), of("YES"), of("-").repeat(2), absent].concat();
    let expected = [json!(true), json!(false), json!(null)];
    assert_eq!(column("top --by acl_required", &log, "acl_required"), expected);
}

/// `count` requests, each by another identity.
fn of_many_identities(count: usize, more: &[(Field, &str)]) -> String {
    let line = |number| {
        let requester = format!("arn:aws:iam::111122223333:user/u{number:06}");
        record(&[&[(Field::Requester, requester.as_str())], more].concat())
    };
    (0..count).map(line).collect()
}

#[test]
fn a_full_table_of_equal_findings_was_no_finding() {
    // Up to 1,129 identities it was found; more of them, of one request each, were all left out at once.
    let log = of_many_identities(3_000, &[(Field::TlsVersion, "TLSv1")]);
    let words = "audit --check old_tls --fail --threads 1 --memory 300kB --format json";
    let report = piped(words, log).ended(1).json();
    let row = &report["tables"]["by_finding"][0];
    assert_eq!((&row["finding"], &row["requests"]), (&json!("old_tls"), &json!(3_000)));
    assert!(!report["tables"]["findings"].as_array().expect("rows").is_empty());
}

#[test]
fn a_bounded_timeline_by_key_lost_nearly_all_requests() {
    let line = |number| record(&[(Field::Key, &format!("data/{number:06}.jpg"))]);
    let log: String = (0..20_000).map(line).collect();
    let report = piped("timeline --by key --every 1d --memory 1MB --format json", log).done().json();
    let rows = report["tables"]["timeline"].as_array().expect("rows");
    let sum: u64 = rows.iter().map(|row| row["requests"].as_u64().expect("a count")).sum();
    assert_eq!(sum, 20_000);
    let share: f64 = report["tables"]["values"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row["share"].as_f64().expect("a share"))
        .sum();
    assert!((share - 1.0).abs() < 1e-9, "{share}");
}

/// The rows of the main table.
fn rows(log: &str, words: &[&str]) -> Vec<Value> {
    let report = piped(&format!("{} - --format json", words.join(" ")), log).done().json();
    let main = report["main"].as_str().expect("a name");
    report["tables"][main].as_array().expect("rows").clone()
}

/// Requests for one object, a second after each other.
fn requests_for_k(requests: &[(&str, &str)]) -> String {
    let line = |(second, (operation, outcome)): (usize, &(&str, &str))| {
        let fields =
            [(Field::Key, "k"), (Field::RequestUri, "GET /k HTTP/1.1"), (Field::Operation, *operation)];
        Record::of(&fields).outcome(outcome).at(&format!("06/Feb/2019:00:00:{second:02}")).line()
    };
    requests.iter().enumerate().map(line).collect()
}

const PUT: (&str, &str) = ("REST.PUT.OBJECT", "200 -");

#[test]
fn cold_took_a_redirected_delete_for_a_delete() {
    let rows = rows(
        &requests_for_k(&[PUT, ("REST.DELETE.OBJECT", "307 TemporaryRedirect")]),
        &["cold", "--by", "key"],
    );
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!((&rows[0]["object"], &rows[0]["last_delete"]), (&"k".into(), &Value::Null));
}

#[test]
fn cold_took_a_redirected_get_for_a_read() {
    for (outcome, is_read) in [("301 PermanentRedirect", false), ("304 -", true), ("206 -", true)] {
        let rows = rows(&requests_for_k(&[PUT, ("REST.GET.OBJECT", outcome)]), &["cold", "--by", "key"]);
        assert_eq!(!rows[0]["last_read"].is_null(), is_read, "{outcome}: {rows:?}");
    }
}

#[test]
fn a_select_was_a_read_for_history_and_not_for_cold() {
    for operation in ["REST.POST.SELECT", "REST.SELECT.OBJECT"] {
        let log = requests_for_k(&[PUT, (operation, "200 -")]);
        assert_eq!(rows(&log, &["cold", "--by", "key"])[0]["last_read"], "2019-02-06T00:00:01Z");
        assert_eq!(rows(&log, &["history", "k"])[1]["event"], "read");
    }
}

#[test]
fn a_soap_copy_was_a_write_for_history_and_not_for_access() {
    let log = requests_for_k(&[("SOAP.CopyObject", "200 -")]);
    assert_eq!(rows(&log, &["access"])[0]["access"], "write");
    assert_eq!(rows(&log, &["history", "k"])[0]["event"], "created by copy");
    assert_eq!(rows(&log, &["cold", "--by", "key"])[0]["last_write"], "2019-02-06T00:00:00Z");
}

#[test]
fn the_only_group_was_left_out_when_it_took_more_than_memory() {
    // So many minutes that their counts take more than there is, all of one group.
    let line = |number: usize| {
        let (day, hour, minute) = (1 + number / 1440 % 28, number / 60 % 24, number % 60);
        record(&[(Field::Timestamp, &format!("{day:02}/Aug/2026:{hour:02}:{minute:02}:00 +0000"))])
    };
    let log: String = (0..20_000).map(line).collect();
    for words in ["timeline --every 1m", "latency"] {
        let words = format!("{words} --memory 100kB --threads 1 --format json");
        piped(&words, log.clone()).ended(2).says("the answer takes more than 100.0 kB of memory");
    }
    let report = piped("timeline --every 1m --memory 100MB --format json", log).done().json();
    assert_eq!(report["tables"]["timeline"].as_array().expect("rows").len(), 20_000);
}

#[test]
fn tables_that_are_approximate_were_not_all_named() {
    let log: String = of_many_identities(20_000, &[]);
    for (words, expected) in [
        ("summary", &["overview", "requesters"][..]),
        ("timeline --by requester", &["timeline", "values"]),
        ("audit --check presigned,acl_required", &[]),
        ("latency --by requester", &["latency", "throughput"]),
    ] {
        let report = piped(&format!("{words} --memory 1MB --format json"), log.clone()).done().json();
        let list = report["approximate"].as_array().map_or(&[][..], Vec::as_slice);
        let named: Vec<&str> = list.iter().map(|one| one["table"].as_str().expect("a name")).collect();
        assert!(expected.iter().all(|table| named.contains(table)), "{words}: {named:?}");
        assert!(!expected.is_empty() || named.is_empty(), "{words}: {named:?}");
    }
}

/// The file was read twice, and a pipe is empty the second time.
#[cfg(unix)]
#[test]
fn a_config_that_is_a_pipe_named_no_source() {
    let logs = Logs::of(&[Record::default()]);
    let path = logs.path("logs");
    let config = format!("[sources.prod]\npaths = [{:?}]\n", path.to_str().expect("a path"));
    let answer = piped("failed @prod --config /dev/stdin --format json", config).done().json();
    assert_eq!(answer["tally"]["records"], 1);
}

#[test]
fn a_named_source_as_the_baseline_was_not_read() {
    let logs = Logs::of(&[Record::default()]);
    logs.write_text("my.toml", "[sources.prod]\npaths = [\"logs\"]\n");
    let report = logs.json(&["compare", "logs", "--baseline-source", "@prod", "--config", "my.toml"]);
    assert_eq!(report["tally"]["records"], 2);
}

#[test]
fn the_piece_of_a_line_that_a_cut_file_ends_with_was_a_record_with_an_old_tls() {
    let whole = record(&[(Field::TlsVersion, "TLSv1.2")]);
    let end = whole.find("TLSv1.2").expect("the version") + "TLSv1".len();
    let text = [whole.as_str(), &whole[..end]].concat();
    let folder = tempfile::tempdir().expect("a folder");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).and_then(|()| gzip.flush()).expect("written to memory");
    let mut zstd = zstd::Encoder::new(Vec::new(), 1).expect("an encoder");
    zstd.write_all(text.as_bytes()).and_then(|()| zstd.flush()).expect("written to memory");
    // Neither has been finished: the files end in the middle.
    for (name, bytes) in [("cut.gz", gzip.get_ref()), ("cut.zst", zstd.get_ref())] {
        let (path, rejects) = (folder.path().join(name), folder.path().join("rejects"));
        std::fs::write(&path, bytes).expect("a file");
        let words =
            format!("audit --check old_tls --format json --rejects {} {}", rejects.display(), path.display());
        let answer = s3al(&words).ended(3).says("cannot read it to its end").json();
        assert_eq!(answer["tables"]["findings"], json!([]), "{name}");
        let tally = &answer["tally"];
        assert_eq!(
            (&tally["lines"], &tally["records"], &tally["rejected"]),
            (&json!(2), &json!(1), &json!(1)),
            "{name}"
        );
        let kept = std::fs::read_to_string(&rejects).expect("the rejects");
        let reason = "the source could not be read to the end of the line";
        assert_eq!(kept, format!("{}\t2\t{reason}\t{}\n", path.display(), &whole[..end]));
    }
}

#[test]
fn a_url_with_an_upper_case_scheme_was_read_as_a_path() {
    for words in ["failed S3://a", "cold --inventory S3://a tests/fixtures/sample"] {
        s3al(words).ended(2).says("a name has 3 to 63 characters");
    }
}

#[test]
fn lists_operations_and_requesters_that_were_typed_otherwise_found_nothing() {
    let erin = "arn:aws:iam::111122223333:user/ops/erin";
    let log = [
        record(&[(Field::UserAgent, "curl/8.4.0"), (Field::Key, "hr/a"), (Field::RequestId, "R1")]),
        record(&[(Field::UserAgent, "Wget/1.21"), (Field::Key, "prod/b"), (Field::RequestId, "R2")]),
        record(&[(Field::Operation, "REST.PUT.OBJECT"), (Field::Requester, erin), (Field::RequestId, "R3")]),
        record(&[(Field::Operation, "REST.DELETE.OBJECT"), (Field::RequestId, "R4")]),
    ]
    .concat();
    let table: &[(&str, &[&str])] = &[
        ("--user-agent curl*,wget*", &["R1", "R2"]),
        ("--key hr/*,prod/*", &["R1", "R2"]),
        ("--requester bob,erin", &["R3"]),
        ("--requester ERIN", &["R3"]),
        ("--requester ops/erin", &["R3"]),
        ("--requester user/ops/erin", &["R3"]),
        ("--operation DELETE", &["R4"]),
        ("--operation PutObject", &["R3"]),
        ("--operation s3:PutObject", &["R3"]),
        ("--operation GET.OBJECT", &["R1", "R2"]),
    ];
    for (filter, expected) in table {
        assert_eq!(column(&format!("export {filter}"), &log, "request_id"), *expected, "{filter}");
    }
    piped("export --operation PutObjekt", "").ended(2).says("did you mean PutObject?");
}

/// Lines of so many requests at these times of August 2026.
fn at(times: &[&str]) -> String {
    let line = |time: &&str| record(&[(Field::Timestamp, &format!("{time} +0000"))]);
    times.iter().map(line).collect()
}

#[test]
fn times_were_read_in_utc_whatever_the_zone() {
    // 03:13 in Berlin.
    let log = at(&["26/Nov/2026:02:13:09", "26/Nov/2026:03:30:00"]);
    let hour = "--since 2026-11-26T03:00 --until 2026-11-26T04:00 --tz Europe/Berlin";
    let times = column(&format!("export {hour}"), &log, "timestamp");
    assert_eq!(times, ["2026-11-26T03:13:09+01:00"]);
    let window = "--baseline 2026-11-26T02..2026-11-26T03 --window 2026-11-26T03..2026-11-26T04";
    let ran = piped(&format!("compare {window} --tz Europe/Berlin --format json"), &*log).done().json();
    assert_eq!(ran["tables"]["sides"][1]["requests"], 1);
    assert_eq!(ran["tables"]["sides"][0]["requests"], 0);
}

#[test]
fn a_timeline_ended_with_the_last_request_of_a_typed_window() {
    let log = at(&["26/Nov/2026:02:20:00", "26/Nov/2026:03:15:00"]);
    let requests = |words: &str| column(&format!("timeline {words}"), &log, "requests");
    let window = "--since 2026-11-26T02:00 --until 2026-11-26T05:00";
    assert_eq!(requests(&format!("--every 15m {window}")), [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    // The length of an interval is chosen for the whole window.
    assert_eq!(requests("--since 2026-11-26T00:00 --until 2026-11-27T00:00").len(), 48);
    assert_eq!(requests("--every 1h --until 2026-11-26T05:00"), [1, 1, 0]);
    assert_eq!(requests("--every 1h --since 2026-11-26T00:00"), [0, 0, 1, 1]);
    assert_eq!(requests(&format!("--every 1h {window} --status 404")), [0; 0]);
    let los_angeles = "--every 1d --tz America/Los_Angeles --since 2026-11-25 --until 2026-11-28";
    let times = column(&format!("timeline {los_angeles}"), &log, "time");
    let days = ["2026-11-25", "2026-11-26", "2026-11-27"];
    assert_eq!(times, days.map(|day| format!("{day}T00:00:00-08:00")));
}

#[test]
fn negative_times_were_unknown_arguments() {
    let ran = piped("export --since -24h", "").ended(2);
    ran.says("a time ago has no minus: 24h");
    piped("export --since 2026-08-01 --until 2026-08-01", "").ended(2).says("the window is empty");
}

/// The rows of `export`.
fn exported(log: &str) -> Vec<Value> {
    piped("export", log).done().rows()
}

#[test]
fn the_source_of_a_copy_was_another_object_than_the_one_that_was_put() {
    let name = (Field::Key, "date_%253D2020/a%252Bb.txt");
    let put = [
        (Field::Operation, "REST.PUT.OBJECT"),
        name,
        (Field::RequestUri, "PUT /date_%3D2020/a%2Bb.txt HTTP/1.1"),
    ];
    let of = |operation| record(&[(Field::Operation, operation), name]);
    let log = [
        record(&put),
        of("REST.COPY.OBJECT_GET"),
        of("REST.COPY.PART_GET"),
        of("BATCH.DELETE.OBJECT"),
        of("S3.EXPIRE.OBJECT"),
    ];
    let objects = column("top --by object", &log.concat(), "object");
    assert_eq!(objects, ["date_=2020/a+b.txt", "date_%3D2020/a%2Bb.txt"]);
    assert_eq!(column("top --by object", &log.concat(), "requests"), [3, 2]);
    assert_eq!(rows(&log.concat(), &["history", "date_=2020/a+b.txt"])[1]["event"], "read for copy");
}

/// What is left of the name when it has been decoded once decides, and who wrote it.
#[test]
fn keys_without_a_uri_were_decoded_once_whoever_wrote_them() {
    let of_clients = [
        "REST.COPY.OBJECT_GET",
        "REST.COPY.PART_GET",
        "REST.COPY.OBJECT",
        "REST.COPY.PART",
        "REST.GET.OBJECT",
        "WEBSITE.GET.OBJECT",
    ];
    let of_s3 = [
        "BATCH.DELETE.OBJECT",
        "S3.EXPIRE.OBJECT",
        "S3.CREATE.DELETEMARKER",
        "S3.TRANSITION_SIA.OBJECT",
        "S3.RESTORE.OBJECT",
        "S3.COMPUTE.OBJECT.CHECKSUM",
    ];
    for (key, twice, once) in [
        ("date_%253D2020/a%252Bb.txt", "date_=2020/a+b.txt", "date_%3D2020/a%2Bb.txt"),
        ("100%2525.txt", "100%.txt", "100%25.txt"),
        ("100%25.txt", "100%.txt", "100%.txt"),
        ("50%25off%2541", "50%off%41", "50%off%41"),
        ("caf%C3%A9", "caf\u{e9}", "caf\u{e9}"),
        ("a%2Bb", "a+b", "a+b"),
    ] {
        for (operations, object) in [(&of_clients, twice), (&of_s3, once)] {
            let of = |operation: &&str| record(&[(Field::Operation, operation), (Field::Key, key)]);
            let log: String = operations.iter().map(of).collect();
            assert_eq!(column("top --by object", &log, "object"), [object], "{key}");
        }
    }
}

#[test]
fn a_space_that_the_key_writes_as_a_plus_was_a_plus() {
    let of =
        |key, path| record(&[(Field::Key, key), (Field::RequestUri, &format!("GET /b/{path} HTTP/1.1"))]);
    for (key, path, object) in [
        ("Screen%2BShot.png", "Screen%20Shot.png", "Screen Shot.png"),
        ("Screen+Shot.png", "Screen%20Shot.png", "Screen Shot.png"),
        ("Screen%2BShot.png", "Screen%2BShot.png", "Screen+Shot.png"),
        ("a+b/c.png", "a%20b/c.png", "a b/c.png"),
    ] {
        let log = of(key, path);
        assert_eq!(column("top --by object", &log, "object"), [object], "{key} {path}");
        assert_eq!(column("cold --by key", &log, "object"), [object], "{key} {path}");
        let (prefix, _) = object.rsplit_once('/').unwrap_or_default();
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        assert_eq!(column("top --by prefix", &log, "prefix"), [json!(prefix)], "{key} {path}");
        assert_eq!(rows(&log, &["top", "--key", &object.replace(' ', "?")]).len(), 1, "{key} {path}");
    }
}

#[test]
fn groups_by_time_showed_the_time_as_in_the_log() {
    let of = |time| record(&[(Field::Timestamp, time)]);
    let log = [
        of("20/Aug/2018:13:02:44 +0000"),
        of("20/Aug/2018:15:02:44 +0200"),
        of("20/Aug/1969:13:02:44 +0000"),
    ]
    .concat();
    let expected = ["2018-08-20T13:02:44Z", "1969-08-20T13:02:44Z"];
    assert_eq!(column("top --by timestamp", &log, "timestamp"), expected);
    assert_eq!(column("top --by timestamp,bucket", &log, "timestamp"), expected);
    assert_eq!(column("top --by timestamp --tz +02:00", &log, "timestamp")[0], "2018-08-20T15:02:44+02:00");
    assert_eq!(column("top --by bucket --distinct timestamp", &log, "distinct_timestamp"), [2]);
}

#[test]
fn a_text_that_is_no_acl_required_was_a_no() {
    let of = |text| record(&[(Field::AclRequired, text)]);
    let log = ["Maybe", "Yes", "-"].map(of).concat();
    let rows = exported(&log);
    let read = |row: &Value| (row["acl_required"].clone(), row["extra"].clone());
    let expected = [(json!(null), json!(["Maybe"])), (json!(true), json!(null)), (json!(false), json!(null))];
    assert_eq!(rows.iter().map(read).collect::<Vec<_>>(), expected);
    let groups = column("top --by acl_required", &log, "acl_required");
    assert_eq!(groups, [json!(null), json!(false), json!(true)]);
}

#[test]
fn a_line_without_its_owner_was_two_records_in_one_line() {
    let line = record(&[]);
    let (owner, rest) = line.split_once(' ').expect("an owner");
    let (_, from_time) = rest.split_once(' ').expect("a bucket");
    let folder = tempfile::tempdir().expect("a folder");
    let rejects = folder.path().join("rejects");
    for (line, reason) in [
        (rest.to_owned(), "bucket_owner is missing before the time"),
        (format!("{owner} {from_time}"), "bucket is missing before the time"),
        (from_time.to_owned(), "bucket_owner is missing before the time"),
        // Cut in its owner, and the next line after it.
        (format!("{}{line}", &owner[..9]), "two records in one line"),
    ] {
        piped(&format!("top --rejects {}", rejects.display()), line.clone()).done();
        let kept = std::fs::read_to_string(&rejects).expect("the rejects");
        assert_eq!(kept, format!("-\t1\t{reason}\t{line}"));
    }
}

const LARGEST: &str = "18446744073709551615";

/// So many requests, each with the largest number of 64 bits in every field that holds one.
fn of_largest_numbers(count: usize) -> String {
    let line = record(&[
        (Field::BytesSent, LARGEST),
        (Field::ObjectSize, LARGEST),
        (Field::TotalTime, LARGEST),
        (Field::TurnAroundTime, LARGEST),
        (Field::Key, "k"),
        (Field::SourceRegion, "eu-west-1"),
    ]);
    line.repeat(count)
}

#[test]
fn the_largest_size_of_64_bits_was_rejected() {
    let rows = exported(&of_largest_numbers(1));
    for name in ["bytes_sent", "object_size", "total_time", "turn_around_time"] {
        assert_eq!(rows[0][name], json!(u64::MAX), "{name}");
    }
    let csv = piped("export --format csv", of_largest_numbers(1)).done();
    assert_eq!(csv.text().matches(LARGEST).count(), 4);
    let json = json!({ "bucket_name": "b", "operation": "o", "request_time": "2026-03-01T12:00:00Z", "object_size": u64::MAX });
    assert_eq!(exported(&format!("{json}\n"))[0]["object_size"], json!(u64::MAX));
    let too_large = of_largest_numbers(1).replacen(LARGEST, "18446744073709551616", 1);
    assert_eq!(piped("export --format json", too_large).done().json()["tally"]["rejected"], 1);
}

/// The tests' builds end where a sum wraps.
#[test]
fn sums_of_the_largest_numbers_wrapped() {
    let log = of_largest_numbers(200);
    let operations =
        ["PUT.OBJECT", "PUT.PART", "POST.UPLOAD", "COPY.OBJECT", "COPY.OBJECT_GET", "DELETE.OBJECT"];
    let mixed = operations.iter().map(|one| log.replace("GET.OBJECT", one)).collect::<String>() + &log;
    for words in [
        "summary",
        "top --limit 0 --sort bytes",
        "top --by key --sort bytes_received",
        "dashboard",
        "activity --requester alice",
        "cold --by key",
        "timeline --every 1mo",
        "latency --by key",
        "coverage --retention 30d",
        "top --by object_size,total_time --depth 2",
        "failed --causes",
        "large-downloads",
        "large-downloads --join-ranges",
        "timeline --by key",
        "latency",
        "cost",
        "cost --bucket-region eu-west-1",
        "cold",
        "history k",
        "access",
        "audit",
        "compare --baseline 2026-08-01..2026-08-01T10:00 --window 2026-08-01T10:00..",
        "export --min-bytes 18446744073709551615",
        "coverage",
    ] {
        for format in ["table", "json", "csv"] {
            for threads in [1, 3] {
                let ran =
                    piped(&format!("{words} --format {format} --threads {threads}"), mixed.clone()).done();
                assert!(!ran.stdout.is_empty(), "{words}");
            }
        }
    }
    assert_eq!(column("top", &log, "bytes_sent"), [json!(u64::MAX)]);
    assert_eq!(column("large-downloads --join-ranges", &log, "bytes_sent"), [json!(u64::MAX)]);
    assert_eq!(column("cost", &log, "bytes_other_region"), [json!(u64::MAX)]);
    let times = piped("latency --format json", log).done().json();
    for time in ["p50", "p99", "max"] {
        let shown = times["tables"]["latency"][0][time].as_u64().expect("a time");
        assert!(shown >= u64::MAX / 100 * 99, "{time}: {shown}");
    }
}

#[test]
fn a_host_id_that_begins_like_a_signature_shifted_the_fields() {
    let id = "SigVHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234=";
    let log = record(&[(Field::HostId, id)]);
    assert_eq!(column("export", &log, "host_id"), [id]);
    assert_eq!(column("export", &log, "signature_version"), ["SigV4"]);
}

/// Services of AWS have no address in the log, and were taken for S3's own work.
#[test]
fn an_acl_that_a_service_without_an_address_needed_was_no_finding() {
    let service = Record::of(&[(Field::Requester, "svc:config.amazonaws.com"), (Field::RemoteIp, "-")]);
    let log = [service.with(Field::UserAgent, "-").with(Field::AclRequired, "Yes")];
    assert_rows(
        &log,
        &["audit"],
        "findings",
        "finding | identity | requests | request_id",
        &["acl_required | svc:config.amazonaws.com | 1 | 3E57427F3EXAMPLE"],
    );
}

#[test]
fn a_key_that_begins_with_a_bracket_was_no_record() {
    for key in ["[", "[a]"] {
        let log =
            [Record::of(&[(Field::Key, key)]), Record::of(&[(Field::Key, key)]).until(Field::VersionId)];
        let log = log.map(|record| record.line()).concat();
        assert_eq!(column("export", &log, "key"), [key; 2]);
    }
}

#[test]
fn cost_charged_for_requests_that_are_free_since_13_may_2024() {
    let of =
        |day| Record::default().outcome("400 ExpiredToken").at(&format!("{day}/May/2024:00:00:00")).line();
    for (day, free) in [("12", 0), ("13", 1)] {
        let counts = ["requests", "free_requests"].map(|name| column("cost", &of(day), name));
        assert_eq!(counts, [[json!(1)], [json!(free)]], "{day}");
    }
}

#[test]
fn a_price_too_small_to_show_was_shown_as_nothing() {
    let ran = piped("cost --format table", record(&[])).done();
    assert!(ran.text().contains("<$0.0001") && !ran.text().contains(" $0.0000"), "{}", ran.text());
}

#[test]
fn one_request_far_away_made_a_timeline_of_thousands_of_rows() {
    let times = ["01/Aug/2026:10:00:00", "01/Aug/2026:10:05:00", "31/Dec/9999:10:00:00"];
    let requests = column("timeline", &at(&times), "requests");
    assert!(requests.len() < 100, "{} rows", requests.len());
    assert_eq!(requests.iter().filter_map(Value::as_u64).sum::<u64>(), 3);
}

/// Runs in a namespace of its own, where files of control groups say what they would in a container. Only root may have one.
#[cfg(target_os = "linux")]
#[test]
fn in_a_container_the_answer_took_a_quarter_of_the_machine() {
    let logs = Logs::new();
    logs.write_text("log", &of_many_identities(20_000, &[(Field::Key, "k")]));
    // As kernels show it in a container of 4 MB.
    for (name, text) in [("max", "4000000"), ("current", "1000000"), ("stat", "anon 100")] {
        logs.write_text(&format!("cgroup/memory.{name}"), &format!("{text}\n"));
    }
    let is_possible = |script: &str| {
        let mut command = std::process::Command::new("unshare");
        let command = harness::isolate(command.args(["--mount", "sh", "-ec", script]));
        command.current_dir(logs.path("")).output().is_ok_and(|output| output.status.success())
    };
    if !is_possible("mount --bind cgroup /sys/fs/cgroup") {
        eprintln!("not checked: there is no namespace to be had");
        return;
    }
    let script =
        format!("mount --bind cgroup /sys/fs/cgroup; exec {} history k log", env!("CARGO_BIN_EXE_s3al"));
    let mut command = std::process::Command::new("unshare");
    command.args(["--mount", "sh", "-ec", &script]).current_dir(logs.path(""));
    harness::ran(harness::isolate(&mut command)).done().says("went to temporary files");
    let elsewhere = logs.run(&["history", "k", "log"]).done();
    assert!(!elsewhere.stderr.contains("temporary files"), "{}", elsewhere.stderr);
}

#[test]
fn a_column_called_time_was_looked_for_as_the_timestamp() {
    let log = at(&["01/Aug/2026:10:00:00", "01/Aug/2026:11:00:00"]);
    let words = "timeline --every 1h --columns requests,time --format csv";
    let answer = piped(words, log).done();
    let expected = "requests,time\n1,2026-08-01T10:00:00Z\n1,2026-08-01T11:00:00Z\n";
    assert_eq!(answer.text(), expected);
    assert!(!answer.stderr.contains("no column"), "{}", answer.stderr);
}

#[test]
fn a_country_without_a_database_was_a_column_of_nulls() {
    for log in [String::new(), record(&[(Field::HttpStatus, "403")])] {
        let answer = piped("failed --columns key,country --format csv", log).ended(2).says("--geoip");
        assert_eq!(answer.text(), "");
    }
}

#[test]
fn a_second_record_after_a_quote_in_the_referer_was_refused_only_in_unusual_lines() {
    let forged = "x [06/Feb/2019:00:00:38 +0000] 192.0.2.3 - 3E57427F3EXAMPLE REST.GET.OBJECT y";
    let usual = record(&[(Field::Referer, "a\"b"), (Field::UserAgent, forged)]);
    // Two spaces make a line unusual, and no other record.
    for line in [usual.clone(), usual.replacen(' ', "  ", 1)] {
        piped("top --strict -", record(&[]) + &line).ended(3).says("1 line could not be read");
    }
}

#[test]
fn a_url_was_called_a_file_that_is_not_there() {
    for url in
        ["http://x/y", "https://b.s3.amazonaws.com/y", "gs://b/y", "ftp://x/y", "file:///x/y", "s3a://b/y"]
    {
        for words in ["top", "export --since 24h", "compare --baseline-source logs/ --", "fetch -o copy"] {
            let ran =
                s3al(&format!("{words} {url}")).ended(2).says("is no source: sources are files, folders");
            assert!(!ran.stderr.contains("No such file"), "{}", ran.stderr);
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("s3al.toml");
    std::fs::write(&config, "[sources.x]\npaths = [\"https://x/y\"]\n").expect("a file");
    s3al(&format!("top @x --config {}", config.display())).ended(2).says("@x: https://x/y is no source");
}

#[test]
fn a_missing_value_that_says_something_was_left_out_where_all_rows_had_it() {
    let log =
        ["a", "b"].map(|key| record(&[(Field::Operation, "REST.HEAD.OBJECT"), (Field::Key, key)])).concat();
    let narrow = piped("cold --by key --width 50", log).done();
    assert!(narrow.text().contains("\nlast_read: never\n"), "{}", narrow.text());
}

#[test]
fn requesters_among_other_values_were_cut_and_not_said_in_less() {
    let alice = "arn:aws:iam::111122223333:user/a-long-name-in-a-path/alice";
    let on = |day: &str| {
        record(&[(Field::Timestamp, &format!("{day}/Aug/2026:10:00:00 +0000")), (Field::Requester, alice)])
    };
    let words = "compare --baseline 2026-08-01..2026-08-02 --window 2026-08-02..2026-08-03 --width 80";
    let narrow = piped(words, on("01") + &on("02").repeat(90)).done();
    assert!(!narrow.text().contains("arn:"), "{}", narrow.text());
    let narrow = piped(words, on("02").repeat(90)).done();
    assert!(narrow.text().contains("alice @3333"), "{}", narrow.text());
}

#[test]
fn a_length_of_time_was_written_as_nobody_types_it() {
    let coverage = s3al("coverage tests/fixtures/sample").done();
    assert!(coverage.text().contains("late: delivered more than 1d (--delivery-lag)"), "{}", coverage.text());
    assert!(!coverage.text().contains("1day"), "{}", coverage.text());
}

#[test]
fn a_question_in_an_error_was_followed_by_a_semicolon() {
    let ran = s3al("top --operation PutObjekt tests/fixtures/sample").ended(2);
    assert!(ran.stderr.contains("did you mean PutObject? Expected an operation"), "{}", ran.stderr);
}

#[test]
fn what_a_finding_means_was_cut_in_80_columns() {
    let audit = s3al("audit tests/fixtures/sample -q --width 80").done();
    let first = audit.text().split("\n\n").next().unwrap_or_default().to_owned();
    assert!(first.contains("presigned_shared") && !first.contains('…'), "{first}");
}

#[test]
fn a_detail_was_shown_beside_an_answer_that_was_cut_for_it() {
    let cost = s3al("cost tests/fixtures/sample -q --width 80 --limit 5").done();
    assert!(cost.text().contains("RestoreTest @3333  "), "{}", cost.text());
}

#[test]
fn who_did_what_was_cut_to_a_few_letters_in_findings() {
    let detect = s3al("detect tests/fixtures/sample -q --width 80").ended(1);
    assert!(
        detect.text().contains("is denied 6 times (on 3 buckets)      ci-deploy @3333"),
        "{}",
        detect.text()
    );
    assert!(!detect.text().contains("ci-de…3333"), "{}", detect.text());
}

#[test]
fn a_block_of_a_row_that_is_too_wide_was_half_dashes() {
    let log =
        record(&[(Field::Key, &"k".repeat(60)), (Field::Requester, "arn:aws:iam::111122223333:user/alice")]);
    let of = |words: &str| piped(words, log.clone()).done().text().to_owned();
    let narrow = of("export --format table --width 60");
    assert!(narrow.contains("\nrequester ") && !narrow.contains("\nversion_id "), "{narrow}");
    let list = of("export --format list --width 60");
    assert!(list.lines().any(|line| line.starts_with("version_id ") && line.ends_with(" -")), "{list}");
}

#[test]
fn a_number_that_was_none_ended_the_error_in_the_middle_of_a_line() {
    for words in ["failed --limit abc", "failed --limit -1", "top --depth -1", "failed --width abc"] {
        s3al(words).ended(2).says("\n\nFor more information, try '--help'.\n");
    }
    // 0 is no width, and was said to be one.
    s3al("failed --width abc").ended(2).says("a whole number from 1 to 65535");
}

#[test]
fn what_was_deleted_was_said_never_to_be_read() {
    let log = record(&[]) + &record(&[(Field::Operation, "REST.DELETE.OBJECT"), (Field::HttpStatus, "204")]);
    piped("cold", log.clone()).done();
    piped("cold --operation DELETE", log)
        .done()
        .says("only requests that passed --operation DELETE are looked at");
}

#[test]
fn filters_that_took_away_all_failures_were_no_reason_for_a_word() {
    for words in ["failed --error -", "failed --status 2xx", "failed --where status_class=2xx"] {
        piped(words, record(&[(Field::HttpStatus, "200"), (Field::ErrorCode, "-")]))
            .done()
            .says(", but none of them failed");
    }
}

#[test]
fn a_table_that_csv_named_did_not_exist() {
    let log = record(&[]);
    let ran = piped("coverage --format csv", log.clone()).done();
    let (_, tables) = ran.stderr.split_once("--table chooses another: ").expect("a note");
    let tables: Vec<&str> = tables.lines().next().unwrap_or_default().split(", ").collect();
    assert!(tables.contains(&"strip"), "{tables:?}");
    for table in tables {
        piped(&format!("coverage --format csv --table {table}"), log.clone()).done();
    }
    piped("dashboard --format json --table strip", log).done();
    piped("coverage --table strip --format csv", "").done();
}

#[test]
fn a_week_of_coverage_looked_like_a_day() {
    let at = |day: &str| record(&[(Field::Timestamp, &format!("{day}/Aug/2026:10:00:00 +0000"))]);
    let log = at("01") + &at("05");
    let ran = piped("coverage --table strip --width 80", log.clone()).done();
    assert!(
        ran.text().contains("(times in UTC, 2026)") && ran.text().contains("08-05 12:00:00"),
        "{}",
        ran.text()
    );
    let csv = piped("coverage --table strip --format csv", log).done();
    assert!(csv.text().starts_with("bucket,since,records_over_time\n"), "{}", csv.text());
}

#[test]
fn the_manual_named_options_without_a_word_on_them() {
    let wordless = regex::Regex::new(r"\.TP\n([^\n]+)\n\n(\.TP|\.SH|\.ie)").expect("a pattern");
    for command in ["top", "failed", "fetch", "detect", "logging", "man"] {
        let page = s3al(&format!("man {command}")).done();
        let found: Vec<&str> =
            wordless.captures_iter(page.text()).map(|found| found.get(1).unwrap().as_str()).collect();
        assert!(found.is_empty(), "{command}: {found:?}");
    }
    assert!(s3al("man top").done().text().contains("\nNumber of key parts that form a prefix"));
}

#[test]
fn the_list_of_commands_was_wider_than_a_terminal() {
    for words in ["", "-h", "--help", "help"] {
        let ran = s3al(words);
        let wide: Vec<&str> =
            ran.text().lines().chain(ran.stderr.lines()).filter(|line| line.chars().count() > 80).collect();
        // Sentences wrap in a terminal.
        let wide: Vec<_> = wide.into_iter().filter(|line| line.starts_with("  ")).collect();
        assert!(wide.is_empty(), "{words}: {wide:?}");
    }
}

#[test]
fn the_help_of_a_command_said_twice_what_it_does() {
    let all = s3al("--help").done();
    let names = all.text().lines().filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next());
    let mut checked = 0;
    for name in names.filter(|name| name.starts_with(|first: char| first.is_ascii_lowercase())) {
        let help = s3al(&format!("{name} --help")).done();
        let mut paragraphs = help.text().split("\n\n");
        let [Some(about), Some(more)] = [paragraphs.next(), paragraphs.next()] else { panic!("{name}") };
        let start = |text: &str| text.split([':', '.', ',']).next().unwrap_or_default().to_owned();
        assert_ne!(start(about), start(more), "{name}");
        checked += 1;
    }
    assert!(checked > 20, "{checked}");
}

#[test]
fn rows_of_different_user_agents_looked_alike() {
    let of =
        |version: &str| record(&[(Field::UserAgent, &format!("aws-cli/2.{version} {}", "x".repeat(60)))]);
    let log = of("1") + &of("9");
    for words in ["top --by user_agent", "top --by user_agent,key"] {
        let narrow = piped(&format!("{words} --width 80"), log.clone()).done();
        assert!(
            narrow.text().contains("aws-cli/2.1") && narrow.text().contains("aws-cli/2.9"),
            "{}",
            narrow.text()
        );
    }
}

/// The number of requests, and of lines that could not be read, of a file with this text.
fn read_of(text: &[u8], more: &str) -> (Value, Value) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    std::fs::write(&path, text).expect("written");
    let report =
        s3al(&format!("top {} --by request_id --limit 3 --format json {more}", path.display())).done().json();
    (report["tally"]["records"].clone(), report["tally"]["rejected"].clone())
}

#[test]
fn a_client_made_a_record_of_its_user_agent_in_a_file_that_begins_with_json() {
    let object = json!({"request_time": "2026-03-01T12:00:00Z", "request_id": "R"}).to_string();
    // Long enough that most places to cut the file at lie before it in a line.
    let before = format!("GET /{} HTTP/1.1", "k".repeat(3_000));
    let forged = r#"}{"request_time":"2026-03-01T12:00:00Z","request_id":"FORGED"}{"a":1"#;
    let line = record(&[
        (Field::RequestUri, &before),
        (Field::UserAgent, forged),
        (Field::HostHeader, &"h".repeat(3_000)),
    ]);
    let text = [object, "\n".to_owned(), line.repeat(3_000)].concat();
    let (records, rejected) = read_of(text.as_bytes(), "--threads 2");
    assert_eq!((records, rejected), (json!(3_001), json!(0)));
}

#[test]
fn of_an_envelope_of_more_than_4_mib_only_the_first_lines_were_read() {
    let message = |number: usize| {
        let line = json!({"request_time": "2026-03-01T12:00:00Z", "request_id": format!("R{number}"), "user_agent": "x".repeat(500)});
        json!({"id": "1", "timestamp": 1, "message": line.to_string()})
    };
    let events: Vec<Value> = (0..15_000).map(message).collect();
    let envelope = json!({"messageType": "DATA_MESSAGE", "logEvents": events}).to_string();
    assert!(envelope.len() > 8 << 20);
    let one = json!({"request_time": "2026-03-01T12:00:00Z"}).to_string();
    for between in ["", "\n"] {
        let text = [&one, between, &envelope, between, &one].concat();
        for text in [harness::gzip(text.as_bytes()), text.into_bytes()] {
            let (records, rejected) = read_of(&text, "--threads 3");
            assert_eq!((records, rejected), (json!(15_002), json!(0)), "{between:?}");
        }
    }
}

#[test]
fn a_file_that_begins_inside_of_an_object_was_one_line_that_could_not_be_read() {
    let object = |number: usize| {
        json!({"request_time": "2026-03-01T12:00:00Z", "request_id": format!("R{number}"), "user_agent": "x".repeat(300)}).to_string()
    };
    let text: String = (0..20_000).map(object).collect();
    assert!(text.len() > 6 << 20);
    for text in [harness::gzip(&text.as_bytes()[40..]), text.as_bytes()[40..].to_vec()] {
        let (records, rejected) = read_of(&text, "--threads 3");
        assert_eq!((records, rejected), (json!(19_999), json!(1)));
    }
}

#[test]
fn a_mark_or_a_time_before_an_envelope_hid_all_of_its_lines() {
    let line = json!({"request_time": "2026-03-01T12:00:00Z"}).to_string();
    let envelope =
        json!({"messageType": "DATA_MESSAGE", "logEvents": [{"message": line}, {"message": line}]})
            .to_string();
    for before in ["\u{feff}", " ", "\t", "2026-03-01T12:00:00.123Z "] {
        let (records, rejected) = read_of(format!("{before}{envelope}\n{before}{envelope}").as_bytes(), "");
        assert_eq!((records, rejected), (json!(4), json!(0)), "{before:?}");
    }
}

#[test]
fn a_cut_envelope_took_the_next_one_with_it() {
    let envelope = |count: usize| {
        let line = json!({"request_time": "2026-03-01T12:00:00Z"}).to_string();
        json!({"messageType": "DATA_MESSAGE", "logEvents": vec![json!({"message": line}); count]}).to_string()
    };
    let whole = envelope(2);
    let cut = &whole[..whole.find(']').expect("an end") - 5];
    let (records, rejected) = read_of([cut, &envelope(3), cut, "\n", &envelope(3)].concat().as_bytes(), "");
    assert_eq!((records, rejected), (json!(1 + 3 + 1 + 3), json!(2)));
}

#[test]
fn tabs_between_or_before_objects_made_lines_of_them_that_could_not_be_read() {
    let object = json!({"request_time": "2026-03-01T12:00:00Z"}).to_string();
    for text in [[&object, "\t", &object].concat(), ["\t", &object, "\r\n\t", &object].concat()] {
        let (records, rejected) = read_of(text.as_bytes(), "");
        assert_eq!((records, rejected), (json!(2), json!(0)), "{text}");
    }
}

#[test]
fn where_fields_were_named_envelopes_and_objects_without_line_feeds_were_refused() {
    let object = json!({"request_time": "2026-03-01T12:00:00Z"}).to_string();
    let envelope = json!({"messageType": "DATA_MESSAGE", "logEvents": [{"message": object}]}).to_string();
    let timed = format!("2026-03-01T12:00:00.123Z {object}");
    let text = [object.repeat(2), envelope.repeat(2), timed, "2026-03-01T12:00:00Z b".to_owned()].join("\n");
    let (records, rejected) = read_of(text.as_bytes(), "--fields request_time,bucket_name");
    assert_eq!((records, rejected), (json!(6), json!(0)));
}

#[test]
fn a_window_without_a_record_was_judged_good() {
    let log = at(&["26/Nov/2026:02:13:09"]);
    let logs = Logs::new();
    logs.write_text("log", &log);
    for command in [
        "audit --fail",
        "coverage --fail",
        "detect",
        "failed --fail",
        "top --fail",
        "export --fail",
        "export --sort timestamp --fail",
        "timeline --fail",
        "history k --fail",
        "access --as-policy --fail",
        "activity --requester alice --fail",
    ] {
        let of = |more: &str| piped(&format!("{command} {more}"), log.clone());
        of("--since 2026-11-27")
            .ended(2)
            .says("no record of that time was read, so there is nothing to judge");
        of("--since 2026-11-27 --status 418").ended(2);
        // What another filter leaves out has been there.
        of("--since 2026-11-26 --status 418").done();
        of("--status 418").done();
    }
    // That nothing is there can be what is looked for.
    piped("coverage --fail --retention 2d --since 2026-11-27", &*log).ended(1);
}

#[test]
fn a_comparison_with_nothing_was_a_verdict() {
    let log = at(&["26/Nov/2026:02:13:09"]).repeat(50);
    for (baseline, window, empty) in [
        ("2026-11-25..2026-11-26", "2026-11-26..2026-11-27", "no request is of the baseline"),
        ("2026-11-26..2026-11-27", "2026-11-27..2026-11-28", "no request is of the window"),
    ] {
        let words = format!("compare --baseline {baseline} --window {window}");
        piped(&format!("{words} --fail"), log.clone()).ended(2).says(empty);
        piped(&words, log.clone()).done();
    }
    let logs = Logs::new();
    logs.write_text("log", &log).write_text("bad", "no log\n");
    logs.run(&["compare", "log", "--baseline-source", "bad", "--fail"])
        .ended(2)
        .says("no request is of the baseline, so there is nothing to judge");
    let words = "compare --baseline 2026-11-20..2026-11-21 --window 2026-11-21..2026-11-22 --since 2026-11-01 --until 2026-12-01";
    piped(words, log).done().says("neither the baseline nor the window holds any of them");
}

#[test]
fn a_policy_was_not_judged() {
    piped("access --as-policy --fail", "").ended(2).says("no record was read");
    piped("access --as-policy --fail", record(&[(Field::Key, "k")])).ended(1);
    piped("access --as-policy --fail", record(&[(Field::Requester, "-")])).done();
    piped("access --as-policy", record(&[(Field::Key, "k")])).done();
}

#[test]
fn a_policy_held_characters_that_no_policy_can_hold() {
    let keys = ["caf%C3%A9", "%F0%9F%98%80", "a%E2%80%8Bb", "a%00b", "%E5%A4%A7/x"];
    let log: String = keys.iter().map(|key| record(&[(Field::Key, key)])).collect();
    let ran = piped("access --as-policy --requester alice", log).done();
    let resources: Vec<String> =
        serde_json::from_value(ran.json()["Statement"][0]["Resource"].clone()).expect("texts");
    let names = ["?", "?/*", "a?b", "caf\u{e9}"].map(|name| format!("arn:aws:s3:::my-bucket/{name}"));
    assert_eq!(resources, names);
    for resource in resources {
        assert!(
            resource.chars().all(|one| matches!(one, '\t' | '\n' | '\r' | ' '..='\u{ff}')),
            "{resource:?}"
        );
    }
}

#[test]
fn a_policy_that_iam_does_not_take_was_printed_without_a_word() {
    let log = |count: usize| -> String {
        (0..count).map(|number| record(&[(Field::Key, &format!("folder-{number:04}/x"))])).collect()
    };
    for words in ["access --as-policy", "access --as-policy --requester alice"] {
        let ran = piped(words, log(200)).done().says("IAM takes 6,144 characters in a managed policy");
        let is_counted = |line: &str| {
            let counted: String = line.chars().filter(char::is_ascii_digit).collect();
            counted.contains("6144")
        };
        assert!(ran.stderr.lines().any(is_counted), "{}", ran.stderr);
        let ran = piped(words, log(50)).done();
        assert!(!ran.stderr.contains("IAM takes"), "{}", ran.stderr);
        let ran = piped(&format!("{words} --depth 0"), log(200)).done();
        assert!(!ran.stderr.contains("IAM takes"), "{}", ran.stderr);
    }
}

#[test]
fn invisible_characters_were_named_in_prefixes_only() {
    for hidden in
        ["\u{200b}", "\u{a0}", "\u{ad}", "\u{202e}", "\n", "\r", "\u{feff}", "\u{3164}", "\u{2800}", " "]
    {
        let name = format!("nowhere{hidden}");
        let shown = if hidden == " " { "nowhere " } else { "nowhere\\" };
        let shown = format!("invisible characters: \"{shown}");
        harness::run(&["top", &name])
            .ended(2)
            .says("cannot open it (there are")
            .says("characters in its name: \"nowhere");
        harness::run(&["top", "--bucket", &name]).ended(2).says(&shown);
        harness::run(&["top", "--by", &name]).ended(2).says(&shown);
        let logs = Logs::new();
        logs.write_text("log", &record(&[(Field::Key, "nowhere"), (Field::Requester, "-")]));
        for option in ["--key", "--user-agent", "--requester"] {
            logs.run(&["top", "log", option, &name]).done().says(&shown);
        }
    }
    harness::run(&["top", "--since\u{a0}7d"]).ended(2).says("--since\\u{a0}7d");
    harness::run(&["top\u{200b}", "x"]).ended(2).says("top\\u{200b}");
    // What can be seen is no reason for a word.
    for words in [&["top", "no where é"][..], &["top", "--bucket", "é/x"], &["failed", "--by", "a'b"]] {
        let ran = harness::run(words).ended(2);
        assert!(!ran.stderr.contains("invisible"), "{}", ran.stderr);
    }
}

#[test]
fn other_spellings_of_a_bucket_were_files_that_are_not_there() {
    for (typed, meant) in [
        ("s3:/my-logs/prod/", "type s3://my-logs/prod/"),
        ("S3:\\\\my-logs\\prod", "type s3://my-logs/prod"),
        ("arn:aws:s3:::my-logs/prod", "type s3://my-logs/prod"),
        ("my-logs.s3.amazonaws.com/prod", "type s3://my-logs/prod"),
        ("https://my-logs.s3.eu-west-1.amazonaws.com/prod/", "type s3://my-logs/prod/"),
    ] {
        harness::run(&["top", typed]).ended(2).says(meant);
    }
    for typed in ["S3://my-logs/", "https://my-logs.s3.amazonaws.com/prod", "s3a://my-logs/"] {
        harness::run(&["top", "--bucket", typed]).ended(2).says("the URL without --bucket");
    }
    // A file of that name is read all the same.
    let logs = Logs::new();
    logs.write_text("s3:/my-logs", &record(&[]));
    assert_eq!(logs.json(&["top", "s3:/my-logs"])["tally"]["records"], 1);
}

#[test]
fn an_unknown_signature_version_was_no_record() {
    for version in ["sigv4", "AWS4-HMAC-SHA256", "V5"] {
        for tls in ["TLSv1.3", "TLSv9"] {
            let log = record(&[(Field::SignatureVersion, version), (Field::TlsVersion, tls)]);
            let rows = exported(&log);
            assert_eq!(
                (&rows[0]["signature_version"], &rows[0]["tls_version"]),
                (&json!(version), &json!(tls))
            );
            assert_eq!(rows[0]["host_header"], "my-bucket.s3.eu-central-1.amazonaws.com");
        }
        let http = [(Field::SignatureVersion, version), (Field::CipherSuite, "-"), (Field::TlsVersion, "-")];
        assert_eq!(exported(&record(&http))[0]["signature_version"], version);
        let audit = piped("audit --format json", record(&[(Field::SignatureVersion, version)])).done().json();
        assert_eq!(audit["tables"]["findings"], json!([]));
    }
}

#[test]
fn a_field_that_is_missing_before_the_tls_version_shifted_the_others() {
    for field in [Field::CipherSuite, Field::AuthenticationType, Field::HostHeader] {
        let line = record(&[(field, "gone")]).replace(" gone ", " ");
        let report = piped("export --format json", line).done().json();
        assert_eq!(report["tally"]["rejected"], 1, "{field}");
    }
    // Clients write the host header: who says it is a version of TLS is no reason to lose the record.
    for more in [&[][..], &[(Field::TlsVersion, "-"), (Field::CipherSuite, "-")]] {
        let rows = exported(&record(&[&[(Field::HostHeader, "TLSv1.2")], more].concat()));
        assert_eq!(rows[0]["host_header"], "TLSv1.2");
    }
}

#[test]
fn whichever_field_was_missing_the_key_was_said_to_be() {
    let folder = tempfile::tempdir().expect("a folder");
    let rejects = folder.path().join("rejects");
    let line = record(&[(Field::Key, "some-key"), (Field::RequestUri, "GET /some-key HTTP/1.1")]);
    for (text, reason) in [
        ("192.0.2.3 ", "missing or invalid remote_ip"),
        ("arn:aws:iam::111122223333:user/alice ", "missing or invalid requester"),
        ("3E57427F3EXAMPLE ", "missing or invalid request_id"),
        ("REST.GET.OBJECT ", "missing or invalid operation"),
        ("some-key ", "missing or invalid key"),
        ("[01/Aug/2026:10:00:00 +0000] ", "missing or invalid timestamp"),
    ] {
        let line = line.replacen(text, "", 1);
        piped(&format!("top --rejects {}", rejects.display()), line).done();
        let kept = std::fs::read_to_string(&rejects).expect("the rejects");
        assert_eq!(kept.split('\t').nth(2), Some(reason));
    }
}

#[test]
fn unknown_versions_of_tls_that_begin_like_old_ones_were_old() {
    for (version, is_old) in [
        ("TLSv1.10", false),
        ("TLSv1.", false),
        ("TLSv1.4", false),
        ("TLSv1.1", true),
        ("TLSv1", true),
        ("SSLv3", true),
    ] {
        let log = record(&[(Field::TlsVersion, version)]);
        let audit = piped("audit --check old_tls --format json", log.clone()).done().json();
        assert_eq!(
            audit["tables"]["findings"].as_array().map(Vec::len),
            Some(usize::from(is_old)),
            "{version}"
        );
        assert_eq!(exported(&log)[0]["tls_version"], version);
    }
}

#[test]
fn the_sum_of_bytes_hid_the_size_that_rows_were_grouped_by() {
    let of = |size| record(&[(Field::BytesSent, size)]);
    let log = [of("5").repeat(3), of("-").repeat(2)].concat();
    let ran = piped("top --by bytes_sent --format ndjson", log.clone()).done();
    for row in ran.text().lines() {
        assert_eq!(row.matches("\"bytes_sent\":").count(), 1, "{row}");
    }
    assert_eq!(column("top --by bytes_sent", &log, "bytes_sent"), [json!(5), json!(null)]);
    for sort in ["bytes_sent", "bytes_sent_total"] {
        let words = format!("top --by bytes_sent --sort {sort}");
        assert_eq!(column(&words, &log, "bytes_sent_total"), [15, 0]);
    }
}

#[test]
fn a_field_that_was_named_twice_was_two_columns_of_one_name() {
    let log = record(&[(Field::Key, "k")]);
    for (words, columns) in [
        (
            "top --by key,path --distinct ip,remote_ip --columns key,requests,distinct_remote_ip",
            "key,requests,distinct_remote_ip",
        ),
        ("top --by key --columns key,requests,key", "key,requests"),
        ("export --columns key,operation,path,extra,extra", "key,operation,extra"),
    ] {
        let ran = piped(&format!("{words} --format csv"), log.clone()).done();
        assert_eq!(ran.text().lines().next(), Some(columns), "{words}");
    }
}

#[test]
fn the_name_of_a_parameter_was_another_one_in_sort_having_and_columns() {
    let of = |uri: &str| record(&[(Field::RequestUri, uri)]);
    let log = of("GET /?list-Type=1 HTTP/1.1") + &of("GET /?list-Type=2 HTTP/1.1") + &of("GET /k HTTP/1.1");
    let words = "top --by param:List-Type --sort param:List-Type --columns param:List-Type";
    assert_eq!(column(words, &log, "param:List-Type"), [json!(null), json!("1"), json!("2")]);
    let words = "top --distinct param:List-Type,key --sort distinct_param:List-Type --having distinct_param:List-Type>1 \
                 --columns distinct_param:List-Type";
    assert_eq!(column(words, &log, "distinct_param:List-Type"), [2]);
}

#[test]
fn weeks_were_shown_and_could_not_be_compared_with() {
    let at = |day: &str| record(&[(Field::Timestamp, &format!("{day}:12:00:00 +0000")), (Field::Key, day)]);
    // Sunday of the 31st week, Monday of the 32nd, and the 53rd, which ends in the next year.
    let log = [at("02/Aug/2026"), at("03/Aug/2026"), at("02/Jan/2027")].concat();
    for (words, expected) in [
        ("--where week>2026-W31", &[1, 2][..]),
        ("--where week<=2026-W31", &[0]),
        ("--where timestamp=2026-W32", &[1]),
        ("--where day>=2026-W53", &[2]),
        ("--where week=2026-W3*", &[0, 1]),
        ("--since 2026-W32 --until 2026-W33", &[1]),
        ("--since 2026-W32 --tz Asia/Tokyo", &[1, 2]),
    ] {
        let keys = ["02/Aug/2026", "03/Aug/2026", "02/Jan/2027"];
        let expected: Vec<_> = expected.iter().map(|place| json!(keys[*place])).collect();
        assert_eq!(column(&format!("export {words}"), &log, "key"), expected, "{words}");
    }
    piped("export --where week=2026-W54", log).ended(2).says("2026-W54");
}

#[test]
fn a_run_of_envelopes_without_lines_overflowed_the_stack() {
    let control = "{\"messageType\":\"CONTROL_MESSAGE\",\"logEvents\":[{\"message\":\"are you there\"}]}\n";
    let log = control.repeat(50_000) + &record(&[(Field::Key, "k")]);
    assert_eq!(column("export", &log, "key"), ["k"]);
    // Of each of these objects nothing is left, either, and none ends in a line feed.
    assert_eq!(column("export", &(control.trim_end().repeat(50_000) + "\n" + &log), "key"), ["k"]);
    let header = "#Fields: request_time key_name\n".to_owned();
    let log = header + &control.repeat(50_000) + "2026-03-01T12:00:00Z k\n";
    assert_eq!(column("export", &log, "key"), ["k"]);
}

#[test]
fn spaces_in_a_host_header_were_the_fields_after_it() {
    for host in ["a b", "a TLSv1.3", "a TLSv1.3 - Yes", "a b c"] {
        let log = record(&[]) + &record(&[(Field::HostHeader, host)]);
        let answer = piped("export --format json", log).json();
        assert_eq!(
            (&answer["tally"]["records"], &answer["tally"]["rejected"]),
            (&json!(1), &json!(1)),
            "{host}"
        );
    }
}
