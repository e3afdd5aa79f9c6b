//! Queries that people have, as printed where they have them from. Each answer is worked out by a loop over what the log was made of.
//!
//! AWS: "Using Amazon S3 server access logs to identify requests",
//! https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-s3-access-logs-to-identify-requests.html, as it is today and as it was
//! (https://github.com/awsdocs/amazon-s3-userguide, doc_source/using-s3-access-logs-to-identify-requests.md).
//! Tailpipe: https://hub.tailpipe.io/plugins/turbot/aws/tables/aws_s3_server_access_log and its queries.

use std::collections::BTreeMap;

use s3al::record::Field;
use serde_json::Value;

use crate::harness::*;

/// One request, with its time as a text that sorts.
struct Request {
    time: &'static str,
    record: Record,
}

impl Request {
    fn get(&self, field: Field) -> Option<&str> {
        Some(self.record.get(field)).filter(|text| *text != "-")
    }

    fn is(&self, field: Field, text: &str) -> bool {
        self.record.get(field) == text
    }

    fn number(&self, field: Field) -> u64 {
        self.record.get(field).parse().unwrap_or(0)
    }

    fn within(&self, first: &str, last: &str) -> bool {
        (first..=last).contains(&self.time)
    }
}

const TIMES: [&str; 16] = [
    "2017-02-18 06:59:59",
    "2017-02-18 07:00:00",
    "2017-02-18 07:30:00",
    "2017-02-18 08:00:00",
    "2017-02-18 08:00:01",
    "2017-06-01 00:00:00",
    "2017-06-15 21:10:00",
    "2017-07-01 00:00:01",
    "2019-07-01 00:42:41",
    "2019-07-01 12:00:00",
    "2019-07-02 00:42:42",
    "2022-05-10 00:00:00",
    "2022-06-20 05:00:00",
    "2022-08-10 00:00:01",
    "2024-01-29 00:00:00",
    "2024-01-30 23:59:59",
];

/// The time as the log writes it.
fn log_time(time: &str) -> String {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = months[time[5..7].parse::<usize>().expect("a month") - 1];
    format!("{}/{month}/{}:{}", &time[8..10], &time[..4], &time[11..])
}

/// Every combination of what the queries look for.
fn requests() -> Vec<Request> {
    let mut requests = Vec::new();
    let user = "arn:aws:iam::123456789123:user/user_name";
    let approved = "arn:aws:iam::123456789012:user/a";
    for time in TIMES {
        for (number, key) in ["images/picture.jpg", "prefix/images/picture.jpg", "-"].into_iter().enumerate()
        {
            for (place, operation) in
                ["REST.GET.OBJECT", "REST.PUT.OBJECT", "REST.DELETE.OBJECT", "REST.GET.OBJECT"]
                    .into_iter()
                    .enumerate()
            {
                let outcome =
                    ["200 -", "403 AccessDenied", "503 SlowDown", "500 InternalError"][(number + place) % 4];
                let record = Record::of(&[(Field::Operation, operation), (Field::Key, key)])
                    .at(&log_time(time))
                    .outcome(outcome)
                    .with(Field::Bucket, ["photos", "docs"][place % 2])
                    .with(Field::Requester, [user, "-", approved, "AmazonS3"][place])
                    .with(Field::RemoteIp, ["192.0.2.1", "1.2.3.4", "-"][number])
                    .with(
                        Field::BytesSent,
                        [100_000_000_u64, 50_000_000, 7, 70_000_000][(place + number) % 4],
                    )
                    .with(
                        Field::ObjectSize,
                        if number == 1 { "-".to_owned() } else { (place * 1_000).to_string() },
                    )
                    .with(Field::RequestUri, format!("GET /{} HTTP/1.1", if key == "-" { "" } else { key }))
                    .with(Field::SignatureVersion, ["SigV4", "SigV2", "-"][(number + place) % 3])
                    .with(Field::AclRequired, ["-", "Yes"][place % 2])
                    .with(Field::RequestId, format!("{:016}", requests.len()));
                requests.push(Request { time, record });
            }
        }
    }
    requests
}

fn logs(requests: &[Request]) -> Logs {
    Logs::of(&requests.iter().map(|request| request.record.clone()).collect::<Vec<_>>())
}

/// The rows of an answer, sorted as texts, with ` | ` between values and a dash for null.
fn ask(logs: &Logs, sql: &str) -> (Vec<String>, Vec<Value>) {
    let rows = logs.run(&["sql", sql, "logs", "--format", "ndjson"]).done().rows();
    let csv = logs.run(&["sql", sql, "logs", "--format", "csv"]).done();
    let text = |value: &str| if value.is_empty() { "-".to_owned() } else { value.to_owned() };
    let records = csv::Reader::from_reader(&*csv.stdout).into_records().map(|record| record.expect("a row"));
    let mut found: Vec<String> =
        records.map(|record| record.iter().map(text).collect::<Vec<_>>().join(" | ")).collect();
    found.sort();
    (found, rows)
}

type Test<'t> = (&'t str, &'t dyn Fn(&Request) -> bool, &'t [Field]);

/// The columns that queries of AWS name, as the log has them.
fn columns(request: &Request, fields: &[Field]) -> String {
    fields.iter().map(|field| request.record.get(*field)).collect::<Vec<_>>().join(" | ")
}

/// A query for all columns is compared by the ids of its rows.
#[track_caller]
fn check(logs: &Logs, requests: &[Request], tests: &[Test<'_>]) {
    for (sql, test, fields) in tests {
        let (found, rows) = ask(logs, sql);
        let wanted: Vec<&Request> = requests.iter().filter(|request| test(request)).collect();
        assert!(!wanted.is_empty() && wanted.len() < requests.len(), "{sql}: {}", wanted.len());
        if fields.is_empty() {
            let mut ids: Vec<&str> =
                rows.iter().map(|row| row["requestid"].as_str().expect("an id")).collect();
            ids.sort_unstable();
            assert_eq!(
                ids,
                wanted.iter().map(|request| request.record.get(Field::RequestId)).collect::<Vec<_>>(),
                "{sql}"
            );
            continue;
        }
        let mut expected: Vec<String> = wanted.iter().map(|request| columns(request, fields)).collect();
        expected.sort();
        assert_eq!(found, expected, "{sql}");
    }
}

const OBJECT: [Field; 7] = [
    Field::Bucket,
    Field::Requester,
    Field::RemoteIp,
    Field::Key,
    Field::HttpStatus,
    Field::ErrorCode,
    Field::Timestamp,
];

#[test]
fn of_aws_as_they_are_today() {
    let requests = requests();
    let logs = logs(&requests);
    let day = |r: &Request| r.within("2019-07-01 00:42:42", "2019-07-02 00:42:42");
    let tests: &[Test<'_>] = &[
        (
            "SELECT requestdatetime, remoteip, requester, key
FROM s3_access_logs_db.mybucket_logs
WHERE key = 'images/picture.jpg' AND operation like '%DELETE%';",
            &|r| r.is(Field::Key, "images/picture.jpg") && r.record.get(Field::Operation).contains("DELETE"),
            &[Field::Timestamp, Field::RemoteIp, Field::Requester, Field::Key],
        ),
        (
            "SELECT *
FROM s3_access_logs_db.mybucket_logs
WHERE requester='arn:aws:iam::123456789123:user/user_name';",
            &|r| r.is(Field::Requester, "arn:aws:iam::123456789123:user/user_name"),
            &[],
        ),
        (
            "SELECT *
FROM s3_access_logs_db.mybucket_logs
WHERE Key='prefix/images/picture.jpg'
AND parse_datetime(requestdatetime,'dd/MMM/yyyy:HH:mm:ss Z')
BETWEEN parse_datetime('2017-02-18:07:00:00','yyyy-MM-dd:HH:mm:ss')
AND parse_datetime('2017-02-18:08:00:00','yyyy-MM-dd:HH:mm:ss');",
            &|r| {
                r.is(Field::Key, "prefix/images/picture.jpg")
                    && r.within("2017-02-18 07:00:00", "2017-02-18 08:00:00")
            },
            &[],
        ),
        (
            "SELECT requestdatetime, key, httpstatus, errorcode, requestid, hostid
FROM s3_access_logs_db.mybucket_logs
WHERE httpstatus like '5%' AND timestamp
BETWEEN '2024/01/29'
AND '2024/01/30'",
            &|r| r.number(Field::HttpStatus) >= 500 && r.within("2024-01-29 00:00:00", "2024-01-30 23:59:59"),
            &[
                Field::Timestamp,
                Field::Key,
                Field::HttpStatus,
                Field::ErrorCode,
                Field::RequestId,
                Field::HostId,
            ],
        ),
        (
            "SELECT bucket_name, requester, remoteip, key, httpstatus, errorcode, requestdatetime
FROM s3_access_logs_db.mybucket_logs
WHERE operation='REST.GET.OBJECT'
AND parse_datetime(requestdatetime,'dd/MMM/yyyy:HH:mm:ss Z')
BETWEEN parse_datetime('2019-07-01:00:42:42','yyyy-MM-dd:HH:mm:ss')
AND parse_datetime('2019-07-02:00:42:42','yyyy-MM-dd:HH:mm:ss')",
            &|r| r.is(Field::Operation, "REST.GET.OBJECT") && day(r),
            &OBJECT,
        ),
        // In Athena this finds nothing, because anonymous requesters are a dash in its table.
        (
            "SELECT bucket_name, requester, remoteip, key, httpstatus, errorcode, requestdatetime
FROM s3_access_logs_db.mybucket_logs
WHERE requester IS NULL
AND parse_datetime(requestdatetime,'dd/MMM/yyyy:HH:mm:ss Z')
BETWEEN parse_datetime('2019-07-01:00:42:42','yyyy-MM-dd:HH:mm:ss')
AND parse_datetime('2019-07-02:00:42:42','yyyy-MM-dd:HH:mm:ss')",
            &|r| r.get(Field::Requester).is_none() && day(r),
            &OBJECT,
        ),
        (
            "SELECT bucket_name, requester, key, operation, aclrequired, requestdatetime
FROM s3_access_logs_db.mybucket_logs
WHERE aclrequired = 'Yes'
AND parse_datetime(requestdatetime,'dd/MMM/yyyy:HH:mm:ss Z')
BETWEEN parse_datetime('2022-05-10:00:00:00','yyyy-MM-dd:HH:mm:ss')
AND parse_datetime('2022-08-10:00:00:00','yyyy-MM-dd:HH:mm:ss')",
            &|r| r.is(Field::AclRequired, "Yes") && r.within("2022-05-10 00:00:00", "2022-08-10 00:00:00"),
            &[
                Field::Bucket,
                Field::Requester,
                Field::Key,
                Field::Operation,
                Field::AclRequired,
                Field::Timestamp,
            ],
        ),
    ];
    check(&logs, &requests, tests);
    let (found, _) = ask(
        &logs,
        "SELECT coalesce(SUM(bytessent), 0) AS bytessenttotal
FROM s3_access_logs_db.mybucket_logs
WHERE remoteip='192.0.2.1'
AND parse_datetime(requestdatetime,'dd/MMM/yyyy:HH:mm:ss Z')
BETWEEN parse_datetime('2022-06-01','yyyy-MM-dd')
AND parse_datetime('2022-07-01','yyyy-MM-dd');",
    );
    let of_june = |r: &&Request| {
        r.is(Field::RemoteIp, "192.0.2.1") && r.within("2022-06-01 00:00:00", "2022-07-01 00:00:00")
    };
    let expected: u64 = requests.iter().filter(of_june).map(|r| r.number(Field::BytesSent)).sum();
    assert!(expected > 0);
    assert_eq!(found, [expected.to_string()]);
}

#[test]
fn of_aws_as_they_were() {
    let requests = requests();
    let logs = logs(&requests);
    let day = |r: &Request| r.within("2019-07-01 00:42:42", "2019-07-02 00:42:42");
    let tests: &[Test<'_>] = &[
        (
            "SELECT RequestDateTime, RemoteIP, Requester, Key
FROM s3_access_logs_db.mybucket_logs
WHERE key = 'images/picture.jpg' AND operation like '%DELETE%';",
            &|r| r.is(Field::Key, "images/picture.jpg") && r.record.get(Field::Operation).contains("DELETE"),
            &[Field::Timestamp, Field::RemoteIp, Field::Requester, Field::Key],
        ),
        (
            "SELECT *
FROM s3_access_logs_db.mybucket_logs
WHERE Key='prefix/images/picture.jpg'
    AND parse_datetime(RequestDateTime,'dd/MMM/yyyy:HH:mm:ss Z')
    BETWEEN parse_datetime('2017-02-18:07:00:00','yyyy-MM-dd:HH:mm:ss')
    AND parse_datetime('2017-02-18:08:00:00','yyyy-MM-dd:HH:mm:ss');",
            &|r| {
                r.is(Field::Key, "prefix/images/picture.jpg")
                    && r.within("2017-02-18 07:00:00", "2017-02-18 08:00:00")
            },
            &[],
        ),
        (
            "SELECT Bucket, Requester, RemoteIP, Key, HTTPStatus, ErrorCode, RequestDateTime
FROM s3_access_logs_db
WHERE Operation='REST.PUT.OBJECT' AND
parse_datetime(RequestDateTime,'dd/MMM/yyyy:HH:mm:ss Z')
BETWEEN parse_datetime('2019-07-01:00:42:42','yyyy-MM-dd:HH:mm:ss')
AND
parse_datetime('2019-07-02:00:42:42','yyyy-MM-dd:HH:mm:ss')",
            &|r| r.is(Field::Operation, "REST.PUT.OBJECT") && day(r),
            &OBJECT,
        ),
        (
            "SELECT Bucket, Requester, RemoteIP, Key, HTTPStatus, ErrorCode, RequestDateTime
FROM s3_access_logs_db
WHERE Operation='REST.GET.OBJECT' AND
parse_datetime(RequestDateTime,'dd/MMM/yyyy:HH:mm:ss Z')
BETWEEN parse_datetime('2019-07-01:00:42:42','yyyy-MM-dd:HH:mm:ss')
AND
parse_datetime('2019-07-02:00:42:42','yyyy-MM-dd:HH:mm:ss')",
            &|r| r.is(Field::Operation, "REST.GET.OBJECT") && day(r),
            &OBJECT,
        ),
        (
            "SELECT Bucket, Requester, RemoteIP, Key, HTTPStatus, ErrorCode, RequestDateTime
FROM s3_access_logs_db.mybucket_logs
WHERE Requester IS NULL AND
parse_datetime(RequestDateTime,'dd/MMM/yyyy:HH:mm:ss Z')
BETWEEN parse_datetime('2019-07-01:00:42:42','yyyy-MM-dd:HH:mm:ss')
AND
parse_datetime('2019-07-02:00:42:42','yyyy-MM-dd:HH:mm:ss')",
            &|r| r.get(Field::Requester).is_none() && day(r),
            &OBJECT,
        ),
    ];
    check(&logs, &requests, tests);
    let (found, _) = ask(
        &logs,
        "SELECT SUM(bytessent) AS uploadTotal,
      SUM(objectsize) AS downloadTotal,
      SUM(bytessent + objectsize) AS Total
FROM s3_access_logs_db.mybucket_logs
WHERE RemoteIP='1.2.3.4'
AND parse_datetime(RequestDateTime,'dd/MMM/yyyy:HH:mm:ss Z')
BETWEEN parse_datetime('2017-06-01','yyyy-MM-dd')
AND parse_datetime('2017-07-01','yyyy-MM-dd');",
    );
    let of_june = |r: &&Request| {
        r.is(Field::RemoteIp, "1.2.3.4") && r.within("2017-06-01 00:00:00", "2017-07-01 00:00:00")
    };
    let sent: u64 = requests.iter().filter(of_june).map(|r| r.number(Field::BytesSent)).sum();
    // The sizes of these objects are not known, and so no sum of both is.
    assert_eq!(found, [format!("{sent} | - | -")]);

    let mut expected: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for request in &requests {
        let key = (request.record.get(Field::Requester), request.record.get(Field::SignatureVersion));
        *expected.entry(key).or_default() += u64::from(key.1 != "-");
    }
    let (found, _) = ask(
        &logs,
        "SELECT requester, Sigv, Count(Sigv) as SigCount
                   FROM s3_access_logs_db.mybucket_logs
                   GROUP BY requester, Sigv;",
    );
    let mut expected: Vec<String> =
        expected.iter().map(|((who, sigv), count)| format!("{who} | {sigv} | {count}")).collect();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn a_window_of_times_of_aws_is_one_of_the_reading() {
    let logs = logs(&requests());
    let sql = "SELECT key FROM s3_access_logs_db.mybucket_logs WHERE parse_datetime(requestdatetime,'dd/MMM/yyyy:HH:mm:ss Z') \
               BETWEEN parse_datetime('2017-06-01','yyyy-MM-dd') AND parse_datetime('2017-07-01','yyyy-MM-dd')";
    let plan = logs.text(&["sql", sql, "logs", "--explain"]);
    assert!(!plan.contains("FilterExec") && plan.contains("LogScan: columns=[key], where="), "{plan}");
}

/// Rows of counts by the texts of fields, without those below `least`.
fn counted(requests: &[Request], fields: &[Field], is: impl Fn(&Request) -> bool, least: u64) -> Vec<String> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for request in requests.iter().filter(|request| is(request)) {
        *counts.entry(columns(request, fields)).or_default() += 1;
    }
    let mut rows: Vec<String> = counts
        .iter()
        .filter(|(_, count)| **count >= least)
        .map(|(key, count)| format!("{key} | {count}"))
        .collect();
    rows.sort();
    rows
}

#[test]
fn of_tailpipe() {
    let requests = requests();
    let logs = logs(&requests);
    let status = |r: &Request| r.number(Field::HttpStatus);
    let hour = |r: &Request| r.time[11..13].parse::<u32>().expect("an hour");
    // Queries for rows: how many there are.
    let tests: &[(&str, &dyn Fn(&Request) -> bool)] = &[
        (
            "select
  timestamp,
  bucket,
  key,
  bytes_sent,
  operation,
  request_uri,
  requester,
  remote_ip,
  user_agent
from
  aws_s3_server_access_log
where
  bytes_sent > 50000000 -- 50MB
  and http_status = 200
order by
  bytes_sent desc;",
            &|r| r.number(Field::BytesSent) > 50_000_000 && status(r) == 200,
        ),
        (
            "select
  timestamp,
  bucket,
  operation,
  requester,
  remote_ip,
  user_agent
from
  aws_s3_server_access_log
where
  requester is not null -- Exclude unauthenticated requests
  and requester not like 'arn:%:%:%:123456789012:%'
order by
  timestamp desc;",
            &|r| r.get(Field::Requester).is_some_and(|who| !who.contains(":123456789012:")),
        ),
        (
            "select
  timestamp,
  bucket,
  key,
  requester,
  remote_ip,
  http_status,
  error_code
from
  aws_s3_server_access_log
where
  operation = 'REST.PUT.OBJECT'
  and http_status >= 400
order by
  timestamp desc;",
            &|r| r.is(Field::Operation, "REST.PUT.OBJECT") && status(r) >= 400,
        ),
        (
            "select
  timestamp,
  bucket,
  operation,
  request_uri,
  remote_ip,
  user_agent
from
  aws_s3_server_access_log
where
  requester is null
order by
  timestamp desc;",
            &|r| r.get(Field::Requester).is_none(),
        ),
        (
            "select
  timestamp,
  bucket,
  operation,
  requester,
  remote_ip,
  user_agent
from
  aws_s3_server_access_log
where
  extract('hour' from timestamp) >= 20 -- 8 PM
  or extract('hour' from timestamp) < 6 -- 6 AM
order by
  timestamp desc;",
            &|r| hour(r) >= 20 || hour(r) < 6,
        ),
        (
            "select
  timestamp,
  bucket,
  request_uri,
  http_status,
  error_code,
  remote_ip,
  user_agent
from
  aws_s3_server_access_log
where
  http_status >= 400
order by
  timestamp desc;",
            &|r| status(r) >= 400,
        ),
    ];
    for (sql, test) in tests {
        let (_, rows) = ask(&logs, sql);
        let expected: Vec<&Request> = requests.iter().filter(|request| test(request)).collect();
        assert!(!expected.is_empty() && expected.len() < requests.len(), "{sql}");
        assert_eq!(rows.len(), expected.len(), "{sql}");
        let mut times: Vec<String> =
            expected.iter().map(|r| format!("{}Z", r.time.replace(' ', "T"))).collect();
        let mut found: Vec<String> =
            rows.iter().map(|row| row["timestamp"].as_str().expect("a time").to_owned()).collect();
        if sql.contains("timestamp desc") {
            assert!(found.is_sorted_by(|a, b| a >= b), "{sql}");
        }
        times.sort();
        found.sort();
        assert_eq!(found, times, "{sql}");
    }
    // Queries for counts.
    let days = |r: &Request| r.time[..10].to_owned();
    let mut by_day: BTreeMap<String, u64> = BTreeMap::new();
    requests.iter().for_each(|request| *by_day.entry(days(request)).or_default() += 1);
    let (found, _) = ask(
        &logs,
        "select
  strftime(timestamp, '%Y-%m-%d') as access_date,
  count(*) AS requests
from
  aws_s3_server_access_log
group by
  access_date
order by
  access_date asc;",
    );
    assert_eq!(found, by_day.iter().map(|(day, count)| format!("{day} | {count}")).collect::<Vec<_>>());
    let (found, _) = ask(
        &logs,
        "select
  bucket,
  key,
  count(*) as requests
from
  aws_s3_server_access_log
where
  key is not null
group by
  bucket,
  key
order by
  requests desc
limit 10;",
    );
    assert_eq!(found, counted(&requests, &[Field::Bucket, Field::Key], |r| r.get(Field::Key).is_some(), 0));
    // With the comma that the page had for a while.
    for comma in ["", ","] {
        let (found, _) = ask(
            &logs,
            &format!(
                "select
  remote_ip,
  count(*) as request_count{comma}
from
  aws_s3_server_access_log
group by
  remote_ip
order by
  request_count desc
limit 10;"
            ),
        );
        assert_eq!(found, counted(&requests, &[Field::RemoteIp], |_| true, 0));
    }
    let (found, _) = ask(
        &logs,
        "select
  http_status,
  error_code,
  count(*) as error_count
from
  aws_s3_server_access_log
where
  error_code is not null
group by
  http_status,
  error_code
order by
  error_count desc;",
    );
    assert_eq!(
        found,
        counted(&requests, &[Field::HttpStatus, Field::ErrorCode], |r| r.get(Field::ErrorCode).is_some(), 0)
    );
    let (found, _) = ask(
        &logs,
        "select
  remote_ip,
  bucket,
  count(*) as failed_requests
from
  aws_s3_server_access_log
where
  http_status >= 400
group by
  remote_ip,
  bucket
having
  count(*) > 50
order by
  failed_requests desc;",
    );
    assert_eq!(found, counted(&requests, &[Field::RemoteIp, Field::Bucket], |r| status(r) >= 400, 51));
    let busy: Vec<Request> = (0..101)
        .map(|_| Request {
            time: TIMES[0],
            record: Record::of(&[(Field::Bucket, "busy")]).at(&log_time(TIMES[0])),
        })
        .chain(requests)
        .collect();
    let (found, _) = ask(
        &self::logs(&busy),
        "select
  remote_ip,
  bucket,
  count(*) as request_count,
  date_trunc('minute', timestamp) as request_minute
from
  aws_s3_server_access_log
group by
  remote_ip,
  bucket,
  request_minute
having
  count(*) > 100
order by
  request_count desc;",
    );
    assert_eq!(found, ["192.0.2.3 | busy | 101 | 2017-02-18T06:59:00Z"]);
}

#[test]
fn columns_of_tailpipe() {
    let requests = requests();
    let logs = logs(&requests);
    let sql = "select tp_timestamp, tp_date, tp_source_ip, tp_index, tp_ips, tp_usernames, tp_akas, tp_id from aws_s3_server_access_log \
               where request_id in ('0000000000000000', '0000000000000001') order by request_id";
    let rows = logs.run(&["sql", sql, "logs", "--format", "ndjson"]).done().rows();
    assert_eq!(rows[0]["tp_timestamp"], "2017-02-18T06:59:59Z");
    assert_eq!(rows[0]["tp_date"], "2017-02-18");
    assert_eq!(rows[0]["tp_ips"][0], "192.0.2.1");
    assert_eq!(rows[0]["tp_usernames"].as_array().map(Vec::len), Some(2));
    assert_eq!(rows[0]["tp_akas"][0], "arn:aws:iam::123456789123:user/user_name");
    assert_eq!(
        (&rows[1]["tp_akas"], rows[1]["tp_usernames"].as_array().map(Vec::len)),
        (&Value::Null, Some(1))
    );
    assert_eq!(rows[0]["tp_id"], "logs/00:1");
    // What a reading does not know is null, and a list where Tailpipe has one.
    let sql = "select count(*) filter (where array_has(tp_emails, 'x')) as e, count(tp_domains) as d, count(array_length(tp_tags)) as t \
               from aws_s3_server_access_log";
    let unknown = logs.run(&["sql", sql, "logs", "--format", "csv"]).done();
    assert_eq!(unknown.text(), "e,d,t\n0,0,0\n");
}

#[test]
fn functions() {
    let logs = logs(&requests());
    for (expression, expected) in [
        ("url_decode('a%20b%2Fc')", "a b/c"),
        ("cidr_contains('10.0.0.0/8', '10.1.2.3')", "true"),
        ("cidr_contains('10.0.0.0/8', '192.0.2.1')", "false"),
        ("cidr_contains('10.0.0.0/8', 'x.x.1.2')", "false"),
        ("cidr_contains('2001:db8::/32', '2001:db8::1')", "true"),
        ("client_family('aws-cli/2.15.30 md/x')", "aws-cli"),
        ("account_of('arn:aws:iam::111122223333:user/a')", "111122223333"),
        ("iam_action('REST.PUT.OBJECT')", "s3:PutObject"),
        ("date_parse('2024-01-31 10:05', '%Y-%m-%d %H:%i')", "2024-01-31T10:05:00Z"),
        // Read, a fraction has any number of digits: https://trino.io/docs/current/functions/datetime.html#mysql-date-functions
        ("date_parse('2024-02-03T04:05:06.123Z', '%Y-%m-%dT%H:%i:%s.%fZ')", "2024-02-03T04:05:06.123Z"),
        ("parse_datetime('2024-02-03 04:05:06.5', 'yyyy-MM-dd HH:mm:ss.S')", "2024-02-03T04:05:06.500Z"),
        ("from_iso8601_timestamp('2024-01-31T10:05:00+01:00')", "2024-01-31T09:05:00Z"),
        ("from_iso8601_timestamp('2024-02-03T04:05Z')", "2024-02-03T04:05:00Z"),
        ("from_iso8601_timestamp('2024-W05-6T04:05:06Z')", "2024-02-03T04:05:06Z"),
        ("from_iso8601_timestamp('2024-034')", "2024-02-03T00:00:00Z"),
        ("query_param('GET /a?x=1&prefix=a%2Fb HTTP/1.1', 'PREFIX')", "a/b"),
        ("query_param('\"GET /a?acl\"', 'acl')", ""),
        ("query_param('GET /a?x=1 HTTP/1.1', 'y') is null", "true"),
        ("query_param(null, 'y') is null", "true"),
        ("date_format(timestamp '2024-01-31 10:05:00', '%d.%m.%Y %i')", "31.01.2024 05"),
        ("regexp_like('aws-cli/2', '^aws-cli/[12]')", "true"),
        ("url_decode(null)", ""),
    ] {
        let sql = format!("select {expression} as x");
        assert_eq!(
            logs.text(&["sql", &sql, "logs", "--format", "csv"])
                .lines()
                .nth(1)
                .unwrap_or_default()
                .trim_matches('"'),
            expected,
            "{expression}"
        );
    }
    let sql = "select approx_distinct(request_id) as n, approx_percentile(bytes_sent, 0.5) as p from logs";
    let row = &logs.run(&["sql", sql, "logs", "--format", "ndjson"]).done().rows()[0];
    assert!((180..=204).contains(&row["n"].as_u64().expect("a number")), "{row}");
    for (expression, problem) in [
        ("country('192.0.2.1')", "--geoip FILE"),
        ("cidr_contains('x', '10.0.0.1')", "is no network"),
        ("parse_datetime('x', 'yyyy')", "is no time of the given pattern"),
        ("date_parse('2024', '%Q')", "%Q"),
    ] {
        logs.run(&["sql", &format!("select {expression}"), "logs"]).ended(2).says(problem);
    }
}

#[test]
fn a_quote_that_aws_forgot_is_named_at_its_place() {
    let logs = logs(&requests());
    let sql = "select key\nfrom s3_access_logs_db.mybucket_logs\nwhere parse_datetime(requestdatetime,'dd/MMM/yyyy:HH:mm:ss Z')\n\
               between parse_datetime('2024-01-29:00:42:42',yyyy-MM-dd:HH:mm:ss')\nand parse_datetime('2024-01-30:00:42:42','yyyy-MM-dd:HH:mm:ss')";
    let ran =
        logs.run(&["sql", sql, "logs"]).ended(2).says("a quote is missing before \"yyyy-MM-dd:HH:mm:ss\"");
    ran.says("line 4: between parse_datetime('2024-01-29:00:42:42',yyyy-MM-dd:HH:mm:ss')");
    let mended = sql.replace(",yyyy", ",'yyyy");
    logs.run(&["sql", &mended, "logs"]).done();
    logs.run(&["sql", "select 'a", "logs"]).ended(2).says("Unterminated");
}

#[test]
fn the_day_of_a_record_has_the_name_that_stores_give_it() {
    let logs = logs(&requests());
    let answer = |sql: &str| logs.text(&["sql", sql, "logs", "--format", "csv"]);
    for (of_date, of_time) in
        [("date", "cast(timestamp as date)"), ("date_part('day', date)", "date_part('day', timestamp)")]
    {
        let sql = |day: &str| format!("select {day} as d, count(*) as n from logs group by 1 order by 1");
        let (found, expected) = (answer(&sql(of_date)), answer(&sql(of_time)));
        assert!(found == expected && found.lines().count() > 1, "{found}\n{expected}");
    }
    let first = answer("select min(date) as d from logs").lines().nth(1).expect("a day").to_owned();
    for (condition, of_time) in [
        (format!("date = '{first}'"), format!("cast(timestamp as date) = '{first}'")),
        (format!("date > date '{first}'"), format!("cast(timestamp as date) > '{first}'")),
        (format!("date between '{first}' and '{first}'"), format!("cast(timestamp as date) <= '{first}'")),
    ] {
        let count = |condition: &str| answer(&format!("select count(*) as n from logs where {condition}"));
        assert_eq!(count(&condition), count(&of_time), "{condition}");
    }
}
