//! Fields that are derived, and conditions on any field: `--by`, `--distinct` and `--where`.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use s3al::record::Field;
use serde_json::{Value, json};

use crate::harness::mmdb::{Data, database};
use crate::harness::{Logs, piped, record, s3al};

const GOOGLEBOT: &str = "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) \
                         Chrome/120.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

/// Requests R1 to R6.
fn log() -> String {
    let line = |id: &str, fields: &[(Field, &str)]| record(&[&[(Field::RequestId, id)], fields].concat());
    [
        line("R1", &[
            (Field::Timestamp, "01/Aug/2026:23:30:00 +0000"),
            (Field::Key, "a%2520b/c.gz"),
            (Field::RequestUri, "GET /a%20b/c.gz?X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20260801&X-Amz-Expires=900 HTTP/1.1"),
            (Field::VersionId, "v1"),
            (Field::TotalTime, "6000"),
        ]),
        line("R2", &[
            (Field::Timestamp, "02/Aug/2026:09:00:00 +0000"),
            (Field::UserAgent, GOOGLEBOT),
            (Field::Referer, "https://Shop.example.com:443/a?b"),
            (Field::RemoteIp, "198.51.100.7"),
            (Field::BytesSent, "2000000"),
        ]),
        line("R3", &[
            (Field::Timestamp, "31/Aug/2026:22:00:00 +0000"),
            (Field::UserAgent, "-"),
            (Field::HttpStatus, "404"),
            (Field::ErrorCode, "NoSuchKey"),
            (Field::TlsVersion, "TLSv1"),
            (Field::RemoteIp, "203.0.113.9"),
        ]),
        line("R4", &[
            (Field::Timestamp, "01/Jan/2027:00:00:00 +0000"),
            (Field::RequestUri, "PUT /k?partNumber=2&uploadId=U1 HTTP/1.1"),
            (Field::Operation, "REST.PUT.PART"),
            (Field::SourceRegion, "eu-west-1"),
            (Field::BytesSent, "-"),
        ]),
    ]
    .concat()
}

/// The ids of the requests that these conditions leave.
fn left(conditions: &[&str], more: &str) -> Vec<String> {
    let mut arguments = vec!["export".to_owned(), "a.log".to_owned()];
    arguments.extend(more.split_whitespace().map(str::to_owned));
    arguments.extend(conditions.iter().flat_map(|condition| ["--where".to_owned(), (*condition).to_owned()]));
    let logs = Logs::new();
    logs.write_text("a.log", &log());
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let rows = logs.run(&arguments).done().rows();
    rows.iter().map(|row| row["request_id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn conditions() {
    let table: &[(&str, &[&str])] = &[
        ("request_id=r2", &["R2"]),
        ("version_id=v1", &["R1"]),
        ("version_id=V1", &[]),
        ("version_id=-", &["R2", "R3", "R4"]),
        ("version_id!=-", &["R1"]),
        ("http_status=4xx", &["R3"]),
        ("status>=400", &["R3"]),
        ("http_status!=4xx", &["R1", "R2", "R4"]),
        ("operation=UploadPart", &["R4"]),
        ("operation!=GET", &["R4"]),
        ("requester=ALICE", &["R1", "R2", "R3", "R4"]),
        ("user_agent=*googlebot*", &["R2"]),
        ("tls_version=1.0", &["R3"]),
        ("source_region=EU-*", &["R4"]),
        ("source_region=eu-west-1,us-*", &["R4"]),
        ("source_region!=eu-*", &["R1", "R2", "R3"]),
        ("ip=198.51.100.0/24", &["R2"]),
        ("bytes_sent>1MB", &["R2"]),
        ("bytes_sent>=2000000", &["R2"]),
        ("bytes_sent<=0", &["R1", "R3", "R4"]),
        ("bytes_sent=2MB", &["R2"]),
        ("bytes_sent=-", &["R1", "R3", "R4"]),
        ("total_time>5s", &["R1"]),
        ("total_time=6000", &["R1"]),
        ("total_time!=6000", &["R2", "R3", "R4"]),
        ("total_time<5s", &[]),
        ("timestamp<2026-08-02", &["R1"]),
        ("timestamp<=2026-08-02", &["R1", "R2"]),
        ("timestamp>2026-08-02", &["R3", "R4"]),
        ("timestamp=2026-08", &["R1", "R2", "R3"]),
        ("timestamp!=2026-08", &["R4"]),
        ("timestamp=2026-08-02T09*", &["R2"]),
        ("hour=2026-08-02T09:45", &["R2"]),
        ("day=2026-08-01,2026-08-31", &["R1", "R3"]),
        ("day=2026-08-0*", &["R1", "R2"]),
        ("week=2026-W31", &["R1", "R2"]),
        ("week=2026-W53", &["R4"]),
        ("week>2026-08-02", &["R3", "R4"]),
        ("month=2026-08", &["R1", "R2", "R3"]),
        ("month>=2026-09", &["R4"]),
        ("weekday=sat-sun", &["R1", "R2"]),
        ("weekday!=sat-sun", &["R3", "R4"]),
        ("hour_of_day>=22", &["R1", "R3"]),
        ("hour_of_day=0,9", &["R2", "R4"]),
        ("bot=yes", &["R2"]),
        ("bot=no", &["R1", "R4"]),
        ("bot=-", &["R3"]),
        ("client=Googlebot/*", &["R2"]),
        ("referer_host=shop.example.com", &["R2"]),
        ("access_key_id=AKIA*", &["R1"]),
        ("param:uploadId=U1", &["R4"]),
        ("param:uploadId=u1", &[]),
        ("param:PartNumber=2", &["R4"]),
        ("param:X-Amz-Expires!=-", &["R1"]),
        ("object=a b/c.gz", &["R1"]),
        ("key=a b/*", &["R1"]),
        ("prefix=a b/", &["R1"]),
        ("object_version=my-bucket/a b/c.gz\\?versionId=v1", &["R1"]),
        ("status_class=4XX", &["R3"]),
        ("acl_required=-", &[]),
        ("acl_required=no", &["R1", "R2", "R3", "R4"]),
    ];
    for (condition, expected) in table {
        assert_eq!(left(&[condition], ""), *expected, "{condition}");
    }
    assert_eq!(left(&["http_status=2xx", "bot=no", "method=PUT"], ""), ["R4"]);
    assert_eq!(left(&["method=GET"], "--status 404"), ["R3"]);
    // 01:30 on the second, and midnight on the first of September.
    assert_eq!(left(&["day=2026-08-02"], "--tz Europe/Berlin"), ["R1", "R2"]);
    assert_eq!(left(&["month=2026-09", "hour_of_day=0", "weekday=tue"], "--tz Europe/Berlin"), ["R3"]);
    assert_eq!(left(&[], "--access-key AKIAIOSFODNN7EXAMPLE"), ["R1"]);
    assert_eq!(left(&[], "--tls-version 1.0"), ["R3"]);
}

#[test]
fn conditions_that_say_nothing_are_refused() {
    for (condition, said) in [
        ("requestor=x", "did you mean requester?"),
        ("http_status", "no comparison"),
        ("http_status!403", "no comparison"),
        ("user_agent>x", "user_agent is neither a number nor a time"),
        ("total_time>soon", "milliseconds such as 500"),
        ("timestamp>soon", "\"soon\": not a date"),
        ("bot=maybe", "yes, no"),
        ("country=DE", "name one with --geoip FILE"),
        ("http_status=999", "100 to 599"),
    ] {
        piped(&format!("export --where {condition}"), "").ended(2).says(said);
    }
    piped("top --by country", log()).ended(2).says("country is read from a database of addresses");
    piped("export --where request_id=R9", log())
        .done()
        .says("none of 4 records passed --where 'request_id=R9'");
    piped("export --where total_time<5s", log()).done().says("their total_time is from 6000 to 6000");
    piped("export --where month=2025-01", log())
        .done()
        .says("they are from 2026-08-01T23:30:00Z to 2027-01-01T00:00:00Z");
    piped("export --where http_status=5xx", log()).done().says("their statuses: 200, 404");
}

/// The values of a dimension and how many requests have each, in the order of the values.
fn by(dimension: &str, more: &str) -> Vec<(Value, u64)> {
    let words = format!("top --by {dimension} --limit 0 --format ndjson {more}");
    let rows = piped(&words, log()).done().rows();
    let name = dimension.to_owned();
    let mut rows: Vec<_> =
        rows.iter().map(|row| (row[&name].clone(), row["requests"].as_u64().unwrap())).collect();
    rows.sort_by_key(|(value, _)| value.to_string());
    rows
}

#[test]
fn groups() {
    assert_eq!(by("month", ""), [(json!("2026-08"), 3), (json!("2027-01"), 1)]);
    assert_eq!(
        by("month", "--tz Europe/Berlin"),
        [(json!("2026-08"), 2), (json!("2026-09"), 1), (json!("2027-01"), 1)]
    );
    assert_eq!(by("week", ""), [(json!("2026-W31"), 2), (json!("2026-W36"), 1), (json!("2026-W53"), 1)]);
    assert_eq!(
        by("weekday", ""),
        [(json!("fri"), 1), (json!("mon"), 1), (json!("sat"), 1), (json!("sun"), 1)]
    );
    assert_eq!(by("hour_of_day", ""), [(json!(0), 1), (json!(22), 1), (json!(23), 1), (json!(9), 1)]);
    assert_eq!(by("bot", ""), [(json!(false), 2), (json!(null), 1), (json!(true), 1)]);
    assert_eq!(by("referer_host", ""), [(json!("shop.example.com"), 1), (json!(null), 3)]);
    assert_eq!(by("param:uploadId", ""), [(json!("U1"), 1), (json!(null), 3)]);
    assert_eq!(by("access_key_id", ""), [(json!("AKIAIOSFODNN7EXAMPLE"), 1), (json!(null), 3)]);
    let rows =
        piped("top --by bucket --distinct weekday,bot,param:uploadId --format ndjson", log()).done().rows();
    assert_eq!(rows[0]["distinct_weekday"], 4);
    assert_eq!(rows[0]["distinct_bot"], 2);
    assert_eq!(rows[0]["distinct_param:uploadId"], 1);
}

/// Every field and all that is derived from one, as `s3al help fields` lists them.
fn names() -> Vec<String> {
    let help = s3al("help fields").done();
    let words = help.text().lines().filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next());
    let is_name = |word: &&str| word.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_');
    let mut names: Vec<String> = words.filter(is_name).map(str::to_owned).collect();
    names.retain(|name| !["country", "asn", "as_name"].contains(&name.as_str()));
    names.extend(["param:uploadId".to_owned(), "param:X-Amz-Expires".to_owned()]);
    // Other names for the same are in the list, too.
    let is_column = |name: &String| {
        let ran = piped(&format!("export --columns {name} --format csv"), "").done();
        ran.text().lines().next() == Some(name.as_str())
    };
    names.retain(is_column);
    names
}

#[test]
fn every_value_that_is_shown_can_be_grouped_counted_and_asked_for() {
    let names = names();
    assert!(
        names.len() > 45 && names.iter().any(|name| name == "as_name" || name == "hour_of_day"),
        "{names:?}"
    );
    let folder = Logs::new();
    folder.write_text("a.log", &log());
    let run = |words: &[&str]| folder.run(&[words, &["--format", "ndjson"]].concat()).done().rows();
    for name in &names {
        let values: Vec<Value> =
            run(&["export", "a.log", "--columns", name]).iter().map(|row| row[name].clone()).collect();
        let count = |value: &Value| values.iter().filter(|other| *other == value).count();
        let different: BTreeSet<String> = values.iter().map(Value::to_string).collect();

        let groups = run(&["top", "a.log", "--by", name, "--limit", "0"]);
        assert_eq!(groups.len(), different.len(), "{name}");
        for row in &groups {
            assert_eq!(row["requests"], count(&row[name]), "{name}: {row}");
        }
        let counted = run(&["top", "a.log", "--by", "bucket", "--distinct", name]);
        let not_null = different.iter().filter(|value| *value != "null").count();
        assert_eq!(counted[0][format!("distinct_{name}")], not_null, "{name}");

        let mut once = values.clone();
        once.dedup();
        for value in &once {
            // A dash in bytes_sent is zero as well as null.
            let is_zero = name == "bytes_sent";
            let typed = match value {
                Value::Null => "-".to_owned(),
                Value::Bool(answer) => if *answer { "yes" } else { "no" }.to_owned(),
                Value::String(text) if text == "-" => "\\-".to_owned(),
                Value::String(text) if !matches!(name.as_str(), "hour" | "minute" | "timestamp") => {
                    text.replace('?', "\\?")
                }
                other => other.as_str().map_or(other.to_string(), str::to_owned),
            };
            for (sign, expected) in [("=", count(value)), ("!=", values.len() - count(value))] {
                let rows =
                    run(&["export", "a.log", "--columns", name, "--where", &format!("{name}{sign}{typed}")]);
                assert!(is_zero || rows.len() == expected, "{name}{sign}{typed}: {rows:?}");
                assert!(
                    rows.iter().all(|row| is_zero || (row[name] == *value) == (sign == "=")),
                    "{name}{sign}{typed}"
                );
            }
        }
    }
}

#[test]
fn columns_of_an_export() {
    let columns = "export --columns request_id,month,hour_of_day,bot,hour,param:uploadId";
    let row = |request_id, hour_of_day: u8, bot: Option<bool>, hour, month, id: Option<&str>| json!({"request_id": request_id, "month": month, "hour_of_day": hour_of_day, "bot": bot, "hour": hour, "param:uploadId": id});
    let expected = [
        row("R1", 1, Some(false), "2026-08-02T01:00:00+02:00", "2026-08", None),
        row("R2", 11, Some(true), "2026-08-02T11:00:00+02:00", "2026-08", None),
        row("R3", 0, None, "2026-09-01T00:00:00+02:00", "2026-09", None),
        row("R4", 1, Some(false), "2027-01-01T01:00:00+01:00", "2027-01", Some("U1")),
    ];
    assert_eq!(piped(&format!("{columns} --tz Europe/Berlin"), log()).done().rows(), expected);
    // Tables are made from all rows.
    let table = piped(&format!("{columns} --tz Europe/Berlin --format markdown"), log()).done();
    for text in ["2026-09", "U1", "R4"] {
        assert!(table.text().contains(text), "{}", table.text());
    }
    piped("export --columns country", log()).ended(2).says("name one with --geoip FILE");
}

#[test]
fn addresses_are_located() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, networks: &[(Ipv4Addr, u32, Data<'_>)]| {
        let path = folder.path().join(name);
        std::fs::write(&path, database(networks)).expect("written");
        path.display().to_string()
    };
    let country = |code| Data::Map(vec![("country", Data::Map(vec![("iso_code", Data::Text(code))]))]);
    let countries = file(
        "country.mmdb",
        &[
            (Ipv4Addr::new(192, 0, 2, 0), 24, country("DE")),
            (Ipv4Addr::new(198, 51, 100, 0), 24, country("FR")),
        ],
    );
    let asn = |number, name| {
        Data::Map(vec![
            ("autonomous_system_number", Data::Number(number)),
            ("autonomous_system_organization", Data::Text(name)),
        ])
    };
    let networks = file(
        "asn.mmdb",
        &[
            (Ipv4Addr::new(192, 0, 2, 0), 25, asn(64496, "Example One")),
            (Ipv4Addr::new(203, 0, 113, 0), 24, asn(64511, "Example Two")),
        ],
    );
    // As IPinfo writes them.
    let flat = Data::Map(vec![
        ("country_code", Data::Text("NL")),
        ("asn", Data::Text("AS64500")),
        ("as_name", Data::Text("Example Three")),
    ]);
    let other = file("other.mmdb", &[(Ipv4Addr::new(203, 0, 113, 0), 24, flat)]);
    let files = format!("--geoip {countries} --geoip {networks} --geoip {other}");
    assert_eq!(by("country", &files), [(json!("DE"), 2), (json!("FR"), 1), (json!("NL"), 1)]);
    assert_eq!(by("asn", &files), [(json!(64496), 2), (json!(64511), 1), (json!(null), 1)]);
    assert_eq!(by("as_name", &format!("--geoip {other}")), [(json!("Example Three"), 1), (json!(null), 3)]);
    assert_eq!(left(&["country=de,fr"], &files), ["R1", "R2", "R4"]);
    assert_eq!(left(&["asn=AS64511"], &files), ["R3"]);
    assert_eq!(left(&["asn>64496"], &files), ["R3"]);
    assert_eq!(left(&["as_name=*one"], &files), ["R1", "R4"]);
    assert_eq!(left(&["country=-"], &format!("--geoip {countries}")), ["R3"]);
    piped(&format!("export --geoip {countries}x"), "").ended(2).says("--geoip ");
    let log = folder.path().join("a.log");
    std::fs::write(&log, "no database").expect("written");
    piped(&format!("export --geoip {}", log.display()), "").ended(2).says("a.log");
}
