//! What fuzzing begins with: the lines of the fixtures, and texts as the help and the documentation of AWS have them.

/// The seeds of a target.
pub fn of(target: &str) -> Vec<Vec<u8>> {
    let lines = |text: &[u8]| text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
    let texts = |texts: &[&str]| texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    match target {
        "line" => {
            let mut seeds = lines(include_bytes!("../tests/fixtures/hard_lines.log"));
            seeds.extend(lines(include_bytes!("../tests/fixtures/bad_lines.log")));
            seeds.extend(lines(include_bytes!("../tests/fixtures/questions.log")).into_iter().step_by(40));
            // Lines that follow each other, and delimited ones.
            seeds.push(seeds.concat());
            seeds.push(seeds[..4].join(&b"\r\n"[..]));
            seeds.extend(DELIMITED.iter().map(|text| text.as_bytes().to_vec()));
            seeds
        }
        "json" => texts(&JSON),
        "names" => texts(&NAMES),
        "filters" => texts(&FILTERS),
        _ => Vec::new(),
    }
}

const DELIMITED: [&str; 3] = [
    "#Version: 1.0\n#Fields: request_time bucket_name key_name http_status user_agent novel\n2026-03-01T12:00:00.123Z b a%20b 200 \"Mozilla/5.0 (X11)\" \"x\"\n",
    "#Fields: request_time user_agent http_status key_name referer\n2026-03-01T12:00:00Z \"x\" 200 forged \" 403 key \"ref\"\n",
    "#Fields: request_time\tkey_name\tbytes_sent_size\n2026-03-01T12:00:00Z\tk\t17\r\n",
];

/// Without their first brace.
const JSON: [&str; 8] = [
    r#""schema_version_id":"1.0","bucket_arn":"arn:aws:s3:::b","bucket_name":"b","request_time":"2026-03-01T12:00:00.123Z","bucket_owner_id":"o","remote_ip":"192.0.2.3","requester":null,"request_id":"R","operation":"REST.GET.OBJECT","key_name":"a%2Fb","request_uri":"GET /a/b HTTP/1.1","http_status":403,"error_code":"AccessDenied","bytes_sent_size":243,"object_size":null,"total_duration":7,"turn_around_duration":6,"referer":"","user_agent":"evil\" \u001b[2J \"x","version_id":null,"host_id":"H=","signature_version":"SigV4","tls_version":"TLSv1.3","acl_required":true,"source_region":"eu-west-1","novel":{"a":[1,"two"]}}"#,
    r#""request_time":"2026-03-01T12:00:00Z"}"#,
    r#""timestamp":"2026-03-01T12:00:00Z","bucket":"b","key":"k","bytes_sent":18446744073709551615}"#,
    r#""bucket_name":"b","request_time":"2026-03-01T12:00:00Z"}{"bucket_name":"c","request_time":"2026-03-01T12:00:01Z"}"#,
    r#""bucket_name":"b","request_ti{"bucket_name":"c","request_time":"2026-03-01T12:00:01Z"}"#,
    r#""messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","subscriptionFilters":["f"],"logEvents":[{"id":"1","timestamp":1,"message":"{\"bucket_name\":\"b\",\"request_time\":\"2026-03-01T12:00:00Z\"}"}]}"#,
    r#""request_time":"2026-03-01T12:00:00.1+02:00","acl_required":"Maybe","http_status":200.0,"x":[]}"#,
    "\"request_time\":\"2026-03-01T12:00:00Z\",\"key_name\":\"caf\u{e9}\",\"user_agent\":\"\\ud83d\\ude00\"}\n2026-03-01T12:00:00Z {\"request_time\":\"2026-03-01T12:00:00Z\"}",
];

const NAMES: [&str; 18] = [
    "2026-08-01-10-20-30-0123456789ABCDEF",
    "prod/2026-08-01-10-20-30-0123456789ABCDEF",
    "p/2026-08-01-10-20-30-0123456789ABCDEF.gz",
    "p/123456789012/eu-west-1/b/2026/08/01/2026-08-01-10-20-30-0123456789ABCDEF",
    "123456789012/eu-west-1/b/2026/08/01/2026-08-01-00-00-00-0123456789ABCDEF",
    "1/r/b/9999/12/31/9999-12-31-23-59-59-0123456789ABCDEF",
    "\u{e9}0000-01-01-00-00-00-0123456789ABCDEF",
    "2026/08/01/10/my-stream-12-2026-08-01-10-00-00-0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f.gz",
    "AWSLogs/111122223333/S3/us-east-1/2026/08/01/10/111122223333_s3_us-east-1_20260801T1000Z_0a1b2c3d.log.gz",
    "logs/AWSLogs/aws-account-id=111122223333/aws-service=s3/year=2026/month=08/day=01/hour=10/x.json.gz",
    "exportedlogs/0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f/my-stream/000000.gz",
    "AWSLogs/111122223333/s3/2026/08/01/x.snappy.parquet",
    "../../etc/passwd",
    "/etc/passwd",
    ".s3al/lock",
    ".s3al-%2E%2E/a",
    "a//b\0\n/./\u{9b}c",
    "aws-logs-write-test",
];

const FILTERS: [&str; 46] = [
    "source_bucket=prod-*,!prod-b",
    "source_bucket=My_Old.Bucket",
    "requester=alice",
    "requester=*:assumed-role/Deploy/*",
    "requester=arn:aws:iam::111122223333:user/ops/alice",
    "requester=!AmazonS3",
    "operation=s3:Get*",
    "operation=PutObject,DELETE",
    "operation=REST.GET.OBJECT",
    "key=logs/*.gz",
    "key=a b.txt",
    "key=\\!tmp/[ab]{c,d}",
    "key=-",
    "key=caf%C3%A9/%2520",
    "error=NoSuch*",
    "error=-",
    "user_agent=*bot*,curl/*",
    "user_agent=\\[S3Console/*",
    "access_key=ASIA*",
    "tls_version=1.2",
    "tls_version=TLSv1.3,-",
    "ip=10.0.0.0/8",
    "ip=2001:db8::/32,192.0.2.3",
    "ip=::ffff:192.0.2.3",
    "ip=x.x.41.*",
    "status=4xx,500-503",
    "status=-",
    "hours=20-6,12",
    "weekdays=mon-fri,sun",
    "bytes=1.5GiB",
    "bytes=18446744073709551615",
    "where=referer=*example.com*",
    "where=total_time>5s",
    "where=timestamp<=2026-08-01",
    "where=month=2026-08",
    "where=bot!=yes",
    "where=param:X-Amz-Expires>=3600",
    "where=http_status=4xx",
    "where=hour_of_day<6",
    "time=2026-08-01T10:30:00+02:00",
    "time=7d",
    "time=yesterday 02:00",
    "time=2026-08-01..2026-08-14",
    "time=7d..now",
    "time=1mo",
    "time=America/New_York",
];
