//! `dashboard`: all tables of one page, against a naive loop and against the commands that show one of them each.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use s3al::record::Field::{
    self, BytesSent, HttpStatus, Key, Referer, RemoteIp, Requester, TotalTime, UserAgent,
};
use serde_json::{Value, json};

use crate::harness::mmdb::{Data, database};
use crate::harness::{ALICE, Logs, ROWS, Record, in_formats, many_requests, piped, read_at, rows, s3al};

const SAMPLE: &str = "tests/fixtures/sample";

/// 600 requests of five days that begin on a Saturday.
fn log() -> Vec<Record> {
    let outcomes =
        ["200 -", "200 -", "404 NoSuchKey", "403 AccessDenied", "503 SlowDown", "301 PermanentRedirect"];
    let agents = ["aws-cli/2.15 os/linux", "Mozilla/5.0 (compatible; Googlebot/2.1)", "curl/8.4.0"];
    let record = |number: usize| {
        read_at(&format!("{:02}/Aug/2026:{:02}:{:02}:00", 1 + number / 120, number % 24, number % 60))
            .outcome(outcomes[number % 6])
            .with(
                Requester,
                if number.is_multiple_of(7) { "-".to_owned() } else { format!("{ALICE}{}", number % 5) },
            )
            .with(RemoteIp, format!("192.0.{}.{}", number % 3, number % 11))
            .with(Key, format!("part{}/key{}.txt", number % 2, number % 13))
            .with(UserAgent, agents[number % 3])
            .with(Referer, if number.is_multiple_of(9) { "https://Example.com/a?b" } else { "-" })
            .with(BytesSent, number * number)
            .with(TotalTime, number)
    };
    (0..600).map(record).collect()
}

fn count(log: &[Record], of: impl Fn(&Record) -> bool) -> u64 {
    log.iter().filter(|record| of(record)).count() as u64
}

fn sum(report: &Value, table: &str, column: &str) -> u64 {
    report["tables"][table]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row[column].as_u64().expect("a count"))
        .sum()
}

#[test]
fn numbers_are_those_of_a_loop() {
    let log = log();
    let report = Logs::of(&log).json(&["dashboard", "logs", "--limit", "0", "--min-size", "300kB"]);
    let different = |field: Field| {
        log.iter().map(|record| record.get(field)).filter(|text| *text != "-").collect::<BTreeSet<_>>().len()
    };
    let status = |first: char| count(&log, |record| record.get(HttpStatus).starts_with(first));
    let bytes: usize = (0..600).map(|number| number * number).sum();
    let names = [
        "requests",
        "status_2xx",
        "status_3xx",
        "status_4xx",
        "status_5xx",
        "errors",
        "throttled",
        "anonymous",
        "bytes_sent",
        "requesters",
        "addresses",
        "keys",
    ];
    let expected = json!([
        600,
        status('2'),
        status('3'),
        status('4'),
        status('5'),
        status('4') + status('5'),
        status('5'),
        count(&log, |record| record.get(Requester) == "-"),
        bytes,
        different(Requester),
        different(RemoteIp),
        different(Key),
    ]);
    assert_eq!(rows(&report, "overview", &names), [expected]);

    // Whatever is divided is divided whole.
    for table in [
        "over_time",
        "days",
        "week",
        "hours",
        "buckets",
        "requesters",
        "addresses",
        "networks",
        "keys",
        "prefixes",
        "file_types",
        "operations",
        "user_agents",
        "clients",
        "platforms",
        "response_times",
        "response_sizes",
    ] {
        assert_eq!(sum(&report, table, "requests"), 600, "{table}");
    }
    for table in ["over_time", "days", "requesters", "networks", "clients", "failing_keys"] {
        assert_eq!(sum(&report, table, "errors"), status('4') + status('5'), "{table}");
    }
    assert_eq!(sum(&report, "errors", "requests"), status('4') + status('5'));
    assert_eq!(
        sum(&report, "missing_keys", "not_found"),
        count(&log, |record| record.get(HttpStatus) == "404")
    );
    assert_eq!(sum(&report, "denied", "requests"), count(&log, |record| record.get(HttpStatus) == "403"));
    assert_eq!(
        sum(&report, "bots", "requests"),
        count(&log, |record| record.get(UserAgent).contains("Googlebot"))
    );
    let referring = count(&log, |record| record.get(Referer) != "-");
    assert_eq!(
        rows(&report, "referer_hosts", &["referer_host", "requests"]),
        [json!(["example.com", referring])]
    );

    // The first of August 2026 is a Saturday.
    let mut week = BTreeMap::<&str, [u64; 24]>::new();
    for number in 0..600 {
        week.entry(["sat", "sun", "mon", "tue", "wed"][number / 120]).or_default()[number % 24] += 1;
    }
    for day in ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] {
        let hours = week.get(day).copied().unwrap_or_default();
        let rows = rows(&report, "week", &["weekday", "requests_by_hour"]);
        assert!(rows.contains(&json!([day, hours])), "{day}: {rows:?}");
    }
    // Different pairs of address and user agent, day by day.
    let visitors = (0..5).map(|day| {
        let day = &log[day * 120..(day + 1) * 120];
        day.iter().map(|record| (record.get(RemoteIp), record.get(UserAgent))).collect::<BTreeSet<_>>().len()
    });
    let visitors: Vec<_> = visitors.map(|count| json!([count])).collect();
    assert_eq!(rows(&report, "days", &["visitors"]), visitors);
    // total_time is 0 to 599.
    let times: Vec<_> = [10, 15, 25, 50, 150, 250, 100, 0, 0, 0].map(|count| json!([count])).to_vec();
    assert_eq!(rows(&report, "response_times", &["requests"]), times);
    let large = (0..600).filter(|number| number % 6 < 2 && number * number >= 300_000).count();
    assert_eq!(rows(&report, "downloads", &["key"]).len(), large);
}

/// The same table of another command, some columns of it.
#[track_caller]
fn assert_same(dashboard: &Value, table: &str, command: &str, other: &str, columns: &[&str]) {
    let report = s3al(&format!("{command} {SAMPLE} --format json -q")).done().json();
    assert_eq!(rows(dashboard, table, columns), rows(&report, other, columns), "{table}: {command}");
}

#[test]
fn tables_are_those_of_the_commands_that_show_one_each() {
    let dashboard = s3al(&format!("dashboard {SAMPLE} --format json -q")).done().json();
    let top = |by: &str| format!("top --limit 20 --by {by}");
    let all = ["requests", "errors", "bytes_sent"];
    for (table, by) in [
        ("buckets", "bucket"),
        ("addresses", "remote_ip"),
        ("keys", "key"),
        ("prefixes", "prefix"),
        ("file_types", "extension"),
        ("operations", "operation"),
        ("user_agents", "user_agent"),
        ("hosts", "host_header"),
        ("tls", "tls_version,cipher_suite"),
        ("authentication", "authentication_type,signature_version"),
    ] {
        let columns: Vec<&str> = by.split(',').chain(all).collect();
        assert_same(&dashboard, table, &top(by), "groups", &columns);
    }
    assert_same(
        &dashboard,
        "requesters",
        "top --limit 20",
        "requesters",
        &["requester", "requests", "errors", "bytes_sent"],
    );
    let networks = "top --limit 20 --by network --where remote_ip=*";
    assert_same(&dashboard, "networks", networks, "groups", &["network", "requests", "errors"]);
    assert_same(
        &dashboard,
        "clients",
        "top --limit 20 --by client --where user_agent=*",
        "groups",
        &["client", "requests", "errors"],
    );
    assert_same(
        &dashboard,
        "errors",
        "summary --limit 20",
        "errors",
        &["http_status", "error_code", "requests"],
    );
    assert_same(
        &dashboard,
        "downloads",
        "large-downloads",
        "downloads",
        &["key", "bytes_sent", "remote_ip", "timestamp"],
    );
    assert_same(
        &dashboard,
        "throttling",
        "latency",
        "throttling",
        &["prefix", "requester", "first_seen", "status_500"],
    );
    assert_same(&dashboard, "by_finding", "audit", "by_finding", &["finding", "requests", "identities"]);
    assert_same(
        &dashboard,
        "findings",
        "audit",
        "findings",
        &["finding", "identity", "requests", "request_id"],
    );
    assert_same(
        &dashboard,
        "charges",
        "cost --by bucket",
        "charges",
        &["bucket", "cost", "request_cost", "transfer_cost"],
    );
    let detected = s3al(&format!("detect {SAMPLE} --format json -q --limit 20")).ended(1).json();
    let columns = ["severity", "rule", "requester", "count", "first_seen", "why"];
    let findings = rows(&detected, "findings", &columns);
    assert_eq!(rows(&dashboard, "detections", &columns), findings);
    assert_eq!(rows(&dashboard, "overview", &["detections"]), [json!([findings.len()])]);
    assert_same(&dashboard, "gaps", "coverage", "gaps", &["bucket", "since", "until", "missing_hours"]);
    assert_same(&dashboard, "lag", "coverage", "lag", &["records", "p50", "p99", "late"]);
    assert_same(
        &dashboard,
        "coverage",
        "coverage",
        "overview",
        &["days_held", "records", "rejected", "missing_hours"],
    );
    assert_same(
        &dashboard,
        "days",
        "timeline --every 1d",
        "timeline",
        &["time", "requests", "errors", "bytes_sent"],
    );
    assert_same(
        &dashboard,
        "over_time",
        "timeline --every 1h",
        "timeline",
        &["time", "requests", "errors", "bytes_sent"],
    );
}

/// The cards and charts of Tailpipe's dashboard, and the panels of GoAccess's report, but for those of what is not in these logs.
const OTHERS: [&str; 33] = [
    "Request Count",
    "Successful Request Count",
    "Redirect Request Count",
    "Client Error Count",
    "Server Error Count",
    "Requests by Day",
    "Requests by Bucket",
    "Requests by Status Code",
    "Top 10 URLs",
    "Top 10 Operations",
    "Top 10 Error Codes",
    "Top 10 Requesters",
    "Top 10 Source IPs",
    "Top 10 URLs (Successful Requests)",
    "Top 10 URLs (Errors)",
    "General Statistics",
    "Unique visitors",
    "Requested files",
    "Requested static files",
    "404 or Not Found",
    "Hosts",
    "Operating Systems",
    "Browsers",
    "Visit Times",
    "Virtual Hosts",
    "Referrers URLs",
    "Referring Sites",
    "Keyphrases",
    "Geo Location",
    "ASN",
    "HTTP Status Codes",
    "Remote User",
    "Encryption Settings",
];

#[test]
fn what_other_tools_show_is_there() {
    let page = std::fs::read_to_string("docs/html.md").expect("the page");
    let listed =
        page.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "));
    let listed: Vec<_> = listed.filter(|(_, tables)| tables.starts_with('`')).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let places = folder.path().join("places.mmdb");
    let place = Data::Map(vec![("country_code", Data::Text("NL")), ("as_name", Data::Text("Example Three"))]);
    std::fs::write(&places, database(&[(Ipv4Addr::new(203, 0, 113, 0), 24, place)])).expect("written");
    let words = format!("dashboard {SAMPLE} --format json -q --geoip {}", places.display());
    let report = s3al(&words).done().json();
    assert_eq!(rows(&report, "countries", &["country"]), [json!(["NL"])]);
    for shown in OTHERS {
        let of = |names: &&(&str, &str)| names.0.split(", ").any(|name| name == shown);
        let (_, tables) = listed.iter().find(of).unwrap_or_else(|| panic!("{shown}"));
        for table in tables.split('`').skip(1).step_by(2).filter(|name| *name != "--geoip") {
            let rows = report["tables"][table].as_array().unwrap_or_else(|| panic!("{shown}: {table}"));
            // The sample's readers come from no search engine.
            assert!(table == "search_phrases" || !rows.is_empty(), "{shown}: {table}");
        }
    }
}

#[test]
fn statuses_of_keys_and_search_phrases() {
    let mut log = log();
    for number in 0..3 {
        let record = read_at("05/Aug/2026:23:00:00").with(Key, "found").with(BytesSent, 1);
        log.push(
            record
                .with(Referer, "http://www.google.com/search?q=s3+logs")
                .outcome(["206 -", "304 -", "403 AccessDenied"][number]),
        );
    }
    let report = Logs::of(&log).json(&["dashboard", "logs", "--limit", "0"]);
    let statuses = |table: &str, column: &str| {
        let rows = rows(&report, table, &["key", column, "requests", "statuses"]);
        rows.into_iter().find(|row| row[0] == "found").expect("a row")
    };
    assert_eq!(statuses("served_keys", "successes"), json!(["found", 1, 3, ["206", "304", "403"]]));
    assert_eq!(statuses("failing_keys", "errors"), json!(["found", 1, 3, ["206", "304", "403"]]));
    assert_eq!(rows(&report, "search_phrases", &["search_phrase", "requests"]), [json!(["s3 logs", 3])]);
    let mut expected = BTreeMap::<u64, u64>::new();
    for record in &log {
        *expected.entry(record.get(HttpStatus).parse().expect("a status")).or_default() += 1;
    }
    let mut expected: Vec<_> =
        expected.into_iter().map(|(status, requests)| json!([status, requests])).collect();
    expected.sort_by_key(|row| (std::cmp::Reverse(row[1].as_u64()), row[0].as_u64()));
    assert_eq!(rows(&report, "statuses", &["http_status", "requests"]), expected);
    let overview = rows(&report, "overview", &["not_found", "visitors"]);
    let missing = count(&log, |record| record.get(HttpStatus) == "404");
    assert_eq!(overview, [json!([missing, sum(&report, "days", "visitors")])]);
}

#[test]
fn rules_without_memory_say_that_they_did_not_look() {
    // With more threads, chance decides how much one of them has to keep.
    let words = "dashboard - --memory 1MB --threads 1 --format json -q";
    let report = piped(words, many_requests(20_000)).done().json();
    assert_eq!(report["tables"]["detections"].as_array().map(Vec::len), Some(0));
    assert_eq!(rows(&report, "overview", &["detections"]), [json!([null])]);
    let notes = report["approximate"].as_array().expect("notes");
    assert!(
        notes.iter().any(|note| note["table"] == "detections"
            && note["note"].as_str().expect("a note").contains("--memory"))
    );
}

#[test]
fn a_file_of_that_name_is_a_page() {
    let logs = Logs::of(&log());
    logs.run(&["dashboard", "logs", "-o", "report.html", "-q"]).done();
    let page = std::fs::read_to_string(logs.path("report.html")).expect("a page");
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    let (_, data) = page.split_once("id=\"data\">").expect("data");
    let (data, _) = data.split_once("</script>").expect("its end");
    let data: Value = serde_json::from_str(data).expect("JSON");
    let report = logs.json(&["dashboard", "logs"]);
    let names: Vec<&str> = data["tables"]
        .as_array()
        .expect("tables")
        .iter()
        .filter_map(|table| table["name"].as_str())
        .collect();
    let tables = report["tables"].as_object().expect("tables");
    assert_eq!(names.len(), tables.len());
    assert!(names.iter().all(|name| tables.contains_key(*name)) && names.len() > 30, "{names:?}");
    // Another format where it is asked for.
    logs.run(&["dashboard", "logs", "-o", "report.html", "--format", "csv", "-q"]).done();
    assert!(std::fs::read_to_string(logs.path("report.html")).expect("rows").starts_with("first_seen,"));
}

#[test]
fn nothing_to_show_is_shown() {
    let report = Logs::of(&log()).json(&["dashboard", "logs", "--key", "nothing"]);
    assert_eq!(rows(&report, "overview", &["requests", "cost", "first_seen"]), [json!([0, 0.0, null])]);
    assert_eq!(rows(&report, "over_time", &["requests"]), [] as [Value; 0]);
}

#[test]
fn in_all_row_formats() {
    insta::assert_snapshot!(in_formats("dashboard --table week", &ROWS));
}
