//! The grammar against lines: every hard line with every value, lines that must be refused, and random lines.

use proptest::prelude::*;

use super::*;
use crate::record::Field;

const OWNER: &str = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";
const HOST: &str = "s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234=";

/// What follows a user agent in lines since 2019, as `{TAIL}` in the tables.
fn fill(line: &str) -> Vec<u8> {
    let tail = format!("- {HOST} SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader b.s3.amazonaws.com TLSv1.2");
    let start = format!("{OWNER} b [06/Feb/2019:00:00:38 +0000] 192.0.2.3 -");
    line.replace("{TAIL}", &tail)
        .replace("{START}", &start)
        .replace("{HOST}", HOST)
        .replace("{OWNER}", OWNER)
        .into_bytes()
}

/// Every field that is not null, as `name=value`, and the flags.
fn show(line: &[u8]) -> String {
    let mut parser = Parser::default();
    let record = match parser.parse(line) {
        Ok(record) => record,
        Err(reject) => return format!("rejected: {reject}"),
    };
    let mut lines: Vec<String> = Field::ALL
        .into_iter()
        .filter_map(|field| record.get(field).map(|text| format!("{field}={}", text.escape_ascii())))
        .collect();
    lines.extend(record.extra().map(|text| format!("extra={}", text.escape_ascii())));
    lines.extend(record.acl_required().map(|yes| format!("acl_required: {yes}")));
    if record.is_ambiguous() {
        lines.push("ambiguous".into());
    }
    lines.join("\n").replace(HOST, "{HOST}").replace(OWNER, "{OWNER}")
}

fn get(line: &str, field: Field) -> Option<String> {
    let line = fill(line);
    let mut parser = Parser::default();
    let record = parser.parse(&line).unwrap_or_else(|reject| panic!("{reject}: {}", line.escape_ascii()));
    record.get(field).map(|text| String::from_utf8_lossy(text).into_owned())
}

#[test]
fn every_field_of_every_hard_line() {
    let lines: &[(&str, &str)] = &[
        (
            "all fields",
            "{OWNER} DOC-EXAMPLE.bucket_1 [06/Feb/2019:00:00:38 +0000] 2001:db8::1 arn:aws:sts::111122223333:assumed-role/R/a@b=c,d.e ABCDEF0123456789 REST.GET.OBJECT a%2Fb \"GET /a/b HTTP/1.1\" 206 - 100 400000000000 10800001 5 \"http://r/\" \"agent/1\" 3HL4kqtJvjVBH40Nrjfkd {HOST} SigV4 TLS_AES QueryString h TLSV1.3 arn:aws:s3:us-east-1:123456789012:accesspoint/ap Yes us-east-1 new1 new2",
        ),
        (
            "17 fields, 2006",
            "{OWNER} b [06/Feb/2006:00:00:38 +0000] 192.0.2.3 Anonymous ABCDEF0123456789 SOAP.GetObject k \"POST /soap\" 200 - 1 2 3 4 \"-\" \"-\"",
        ),
        (
            "18 fields, 2010",
            "{START} 3E57427F3EXAMPLE REST.GET.VERSIONING - \"GET /b?versioning HTTP/1.1\" 200 - 113 - 7 - \"-\" \"S3Console/0.4\" -",
        ),
        (
            "quote and space in the user agent",
            "{START} 3E57427F3EXAMPLE REST.GET.OBJECT k \"GET /k HTTP/1.1\" 200 - 113 113 7 6 \"-\" \"evil\" x\" {TAIL}",
        ),
        (
            "forged fields in the user agent",
            "{START} 3E57427F3EXAMPLE REST.GET.OBJECT k \"GET /k HTTP/1.1\" 403 AccessDenied 243 - 7 - \"-\" \"x\" 200 - 1 1 1 1 \"-\" \"fake\" - AAAA= SigV4 - AuthHeader h TLSv1.2\" {TAIL}",
        ),
        (
            "JSON user agent",
            "{START} 3E57427F3EXAMPLE REST.GET.OBJECT k \"GET /k HTTP/1.1\" 200 - 113 113 7 6 \"-\" \"pip/20.0 {\"ci\":null,\"cpu\":\"x86_64\",\"v\":\"3\"}\" {TAIL}",
        ),
        (
            "doubled quote in front",
            "{START} 3E57427F3EXAMPLE REST.GET.OBJECT k \"GET /k HTTP/1.1\" 200 - 113 113 7 6 \"-\" \"\"Mozilla/5.0 (X11)\" {TAIL}",
        ),
        (
            "doubled quote after",
            "{START} 3E57427F3EXAMPLE REST.GET.OBJECT k \"GET /k HTTP/1.1\" 200 - 113 113 7 6 \"-\" \"Mozilla/5.0 Safari/604.1\"\" {TAIL}",
        ),
        (
            "presigned URL with quotes",
            "{START} 3E57427F3EXAMPLE REST.GET.OBJECT k \"GET /b/k?response-content-disposition=attachment;%20filename=\"a.csv\"&X-Amz-Algorithm=AWS4 HTTP/1.1\" 200 - 113 113 7 6 \"-\" \"a\" {TAIL}",
        ),
        (
            "quote in the path",
            "{START} 3E57427F3EXAMPLE REST.GET.OBJECT %2522 \"GET /\" HTTP/1.1\" 404 NoSuchKey 300 - 7 - \"-\" \"a\" {TAIL}",
        ),
        (
            "quote at the end of the referer",
            "{START} 3E57427F3EXAMPLE REST.GET.OBJECT k \"GET /k HTTP/1.1\" 200 - 113 113 7 6 \"http://x/?id=452\"\" \"a\" {TAIL}",
        ),
        (
            "space in the referer",
            "{START} 3E57427F3EXAMPLE REST.GET.OBJECT k \"GET /k HTTP/1.1\" 200 - 113 113 7 6 \"a page\" \"a\" {TAIL}",
        ),
        (
            "referer that cannot be told apart",
            "{START} 3E57427F3EXAMPLE REST.GET.OBJECT k \"GET /k HTTP/1.1\" 200 - 113 113 7 6 \"one\" \"two\" \"a\" {TAIL}",
        ),
        (
            "bare dashes",
            "{START} 3E57427F3EXAMPLE BATCH.DELETE.OBJECT k - 204 - - - - - - - - {HOST} SigV4 - AuthHeader b.s3.amazonaws.com TLSv1.2 - -",
        ),
        (
            "bare referer",
            "{START} 3E57427F3EXAMPLE REST.PUT.OBJECT k \"PUT /k HTTP/1.1\" 200 - - 105 940 105 - \"aws-cli/1.18\" {TAIL}",
        ),
        (
            "bare user agent",
            "{START} 3E57427F3EXAMPLE REST.PUT.OBJECT k \"PUT /k HTTP/1.1\" 200 - - 105 940 105 \"http://r/\" - {TAIL}",
        ),
        (
            "origin access identity",
            "{OWNER} b [06/Feb/2019:00:00:38 +0000] 192.0.2.3 arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE1234 3E57427F3EXAMPLE REST.GET.OBJECT k \"GET /k HTTP/1.1\" 200 - 113 113 7 6 \"-\" \"Amazon CloudFront\" {TAIL}",
        ),
        (
            "UUID request id",
            "{OWNER} b [06/Feb/2026:00:00:38 +0000] - svc:s3.amazonaws.com 0b2a1f38-9a2e-4b43-9c3f-1b2c3d4e5f60 S3.COMPUTE.OBJECT.CHECKSUM k - - - - 1048576 - - - - -",
        ),
        (
            "two-part operation",
            "{START} 3E57427F3EXAMPLE WEBSITE.INVALIDOPERATION - \"-\" 405 MethodNotAllowed 300 - 7 - \"-\" \"-\" {TAIL}",
        ),
        (
            "March 2019, stray token",
            "{OWNER} b [12/Mar/2019:00:00:38 +0000] 192.0.2.3 - 3E57427F3EXAMPLE REST.GET.OBJECT k \"GET /k HTTP/1.1\" 200 - 113 113 7 6 \"-\" \"a\" - AIDAEXAMPLE {HOST} SigV2 - AuthHeader h -",
        ),
        (
            "lifecycle",
            "{OWNER} b [06/Feb/2021:00:00:38 +0000] - AmazonS3 3E57427F3EXAMPLE S3.EXPIRE.OBJECT k \"-\" - - - 32 - - \"-\" \"-\" -",
        ),
        (
            "redacted address, two spaces, CRLF",
            "{OWNER}  b [06/Feb/2019:00:00:38 +0000] x.x.41.39 - 3E57427F3EXAMPLE REST.HEAD.BUCKET -  \"HEAD / HTTP/1.1\" 200  - - - 7 -  \"-\"  \"a\"  - \r",
        ),
        (
            "request line without a version",
            "{START} 3E57427F3EXAMPLE REST.GET.OBJECT k \"GET /k\" 400 BadRequest 113 - 7 - \"-\" \"-\" {TAIL}",
        ),
        (
            "a time in the user agent",
            "{START} 3E57427F3EXAMPLE REST.GET.OBJECT k \"GET /k HTTP/1.1\" 200 - 113 113 7 6 \"-\" \"x\" [06/Feb/2019:00:00:38 +0000] y\" {TAIL}",
        ),
        (
            "key with spaces, 2008",
            "{OWNER} b [06/Feb/2008:00:00:38 +0000] 192.0.2.3 - 3E57427F3EXAMPLE REST.GET.OBJECT my file.txt \"GET /my%20file.txt HTTP/1.1\" 200 - 113 113 7 6 \"-\" \"a\"",
        ),
        ("empty texts", "{START} 3E57427F3EXAMPLE REST.GET.OBJECT k \"\" 400 - 113 - 7 6 \"\" \"\" {TAIL}"),
    ];
    let shown: Vec<String> =
        lines.iter().map(|(name, line)| format!("# {name}\n{}\n", show(&fill(line)))).collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn values_that_matter() {
    let evil = "{START} 3E57427F3EXAMPLE REST.GET.OBJECT k \"GET /k HTTP/1.1\" 403 AccessDenied 243 - 7 - \"-\" \"evil\" x\" {TAIL}";
    assert_eq!(get(evil, Field::UserAgent).as_deref(), Some("evil\" x"));
    assert_eq!(get(evil, Field::SignatureVersion).as_deref(), Some("SigV4"));
    assert_eq!(get(evil, Field::HttpStatus).as_deref(), Some("403"));
    let dash =
        "{START} 3E57427F3EXAMPLE REST.GET.OBJECT - \"GET /b/- HTTP/1.1\" 200 - 1 1 7 6 \"-\" \"a\" {TAIL}";
    assert_eq!(get(dash, Field::Key).as_deref(), Some("-"));
    let none =
        "{START} 3E57427F3EXAMPLE REST.GET.BUCKET - \"GET /b/ HTTP/1.1\" 200 - 1 1 7 6 \"-\" \"a\" {TAIL}";
    assert_eq!(get(none, Field::Key), None);
}

#[test]
fn bytes_that_are_no_text() {
    let mut line = fill(
        "{START} 3E57427F3EXAMPLE REST.GET.OBJECT k \"GET /k HTTP/1.1\" 200 - 1 1 7 6 \"A\" \"B\" {TAIL}",
    );
    for (mark, bytes) in
        [(&b"\"A\""[..], &b"\"\xff\0\x1b[2J\""[..]), (b"\"B\"", b"\"\xc3(\x07\xe2\x80\xae\"")]
    {
        let at = memchr::memmem::find(&line, mark).expect("mark");
        line.splice(at..at + mark.len(), bytes.iter().copied());
    }
    let mut parser = Parser::default();
    let record = parser.parse(&line).expect("a record");
    assert_eq!(record.get(Field::Referer), Some(&b"\xff\0\x1b[2J"[..]));
    assert_eq!(record.get(Field::UserAgent), Some(&b"\xc3(\x07\xe2\x80\xae"[..]));
}

#[test]
fn lines_that_are_refused() {
    let good =
        "{START} 3E57427F3EXAMPLE REST.GET.OBJECT k \"GET /k HTTP/1.1\" 200 - 113 113 7 6 \"-\" \"a\" {TAIL}";
    let batch = "{START} 3E57427F3EXAMPLE BATCH.DELETE.OBJECT k - 204 - - - - - - - - {HOST} SigV4 - AuthHeader h TLSv1.2";
    let table: Vec<(String, ParseError)> = vec![
        ("hello".into(), ParseError::EndsBefore(Field::BucketOwner)),
        ("hello world, this is no log".into(), ParseError::Unexpected(Field::Timestamp)),
        ("{OWNER} b [06/Feb/2019:00:00:38 +0000] 192.0.2.3 ".into(), ParseError::EndsBefore(Field::RemoteIp)),
        (
            "{OWNER} b [99/Feb/2019:00:00:38 +0000] 192.0.2.3 - ".into(),
            ParseError::Unexpected(Field::Timestamp),
        ),
        ("{OWNER} b [06/Feb/20".into(), ParseError::EndsBefore(Field::Timestamp)),
        (good.replace(" 7 6 ", " 6 "), ParseError::RequestUri),
        (good.replace(" 113 113 ", " 113 99999999999999999999 "), ParseError::RequestUri),
        (good.replace("\"GET /k HTTP/1.1\" ", ""), ParseError::Unexpected(Field::RequestUri)),
        (good.replace("3E57427F3EXAMPLE ", ""), ParseError::Unexpected(Field::RequestId)),
        (good.replace("REST.GET.OBJECT ", ""), ParseError::Unexpected(Field::Operation)),
        (good.replace(" k ", " "), ParseError::Unexpected(Field::Key)),
        (
            good.replace(
                "{START}",
                "{OWNER} b [06/Feb/2019:00:00:38 +0000] arn:aws:iam::111122223333:user/a",
            ),
            ParseError::Unexpected(Field::RemoteIp),
        ),
        (
            good.replace("{START}", "{OWNER} b [06/Feb/2019:00:00:38 +0000] 2001:db8::1"),
            ParseError::Unexpected(Field::Requester),
        ),
        // Either can be the dash.
        (
            good.replace("{START}", "{OWNER} b [06/Feb/2019:00:00:38 +0000] -"),
            ParseError::Unexpected(Field::Key),
        ),
        (good.replace(" \"a\" {TAIL}", " \"Mozil"), ParseError::Unclosed(Field::UserAgent)),
        (good.replace(" \"-\" \"a\" {TAIL}", " \"htt"), ParseError::Unclosed(Field::Referer)),
        (good.replace("{TAIL}", "- {HOST} SigV4"), ParseError::FieldCount(20)),
        (
            good.replace("{TAIL}", "{HOST} SigV4 - AuthHeader h TLSv1.2 -"),
            ParseError::Unexpected(Field::SignatureVersion),
        ),
        (
            good.replace("{TAIL}", "- {HOST} ECDHE-RSA AuthHeader h TLSv1.2 - -"),
            ParseError::Unexpected(Field::SignatureVersion),
        ),
        (
            good.replace("{TAIL}", "- {HOST} SigV4 ECDHE-RSA AuthHeader TLSv1.2 - -"),
            ParseError::Unexpected(Field::HostHeader),
        ),
        (
            good.replace("{TAIL}", "- {HOST} SigV4 AuthHeader h TLSv1.2 - -"),
            ParseError::Unexpected(Field::HostHeader),
        ),
        // A client wrote a space into its host header, and then what could be the fields after it.
        (
            good.replace("{TAIL}", "- {HOST} SigV4 ECDHE-RSA AuthHeader a b TLSv1.2 - -"),
            ParseError::Unexpected(Field::HostHeader),
        ),
        (
            good.replace("{TAIL}", "- {HOST} SigV4 ECDHE-RSA AuthHeader a TLSv1.3 TLSv1.2 - -"),
            ParseError::Unexpected(Field::HostHeader),
        ),
        (
            good.replace("{TAIL}", "- {HOST} SigV4 ECDHE-RSA AuthHeader a TLSv1.3 - - TLSv1.2 - - eu-west-1"),
            ParseError::Unexpected(Field::HostHeader),
        ),
        (
            good.replace("{TAIL}", "- {HOST} SigV4 - AuthHeader a b - - -"),
            ParseError::Unexpected(Field::HostHeader),
        ),
        (batch.replace("204 - - ", "204 - "), ParseError::Unexpected(Field::SignatureVersion)),
        (
            good.replace(" 113 113 7 6 \"-\" ", " 113 113 7 - "),
            ParseError::Unexpected(Field::SignatureVersion),
        ),
        (
            good.replace("{START}", "b [06/Feb/2019:00:00:38 +0000] 192.0.2.3 -"),
            ParseError::Missing(Field::BucketOwner),
        ),
        (
            good.replace("{START}", "{OWNER} [06/Feb/2019:00:00:38 +0000] 192.0.2.3 -"),
            ParseError::Missing(Field::Bucket),
        ),
        (
            good.replace("{START}", "[06/Feb/2019:00:00:38 +0000] 192.0.2.3 -"),
            ParseError::Missing(Field::BucketOwner),
        ),
        (format!("{}{good}", &OWNER[..3]), ParseError::Glued),
        (format!("{good}{good}"), ParseError::Glued),
        (format!("{good} {good}"), ParseError::Glued),
        (format!("{batch}{batch}"), ParseError::Glued),
        (good.replace("{TAIL}", "- {OWNER} b [06/Feb/2019:00:00:38 +0000] 192.0"), ParseError::Glued),
        (good.replace("{START}", "{OWNER} b [06/Feb/2019:00:00:38 +0000] 192.{START}"), ParseError::Glued),
        (format!("{}{good}", good.split("HTTP").next().unwrap_or_default()), ParseError::Glued),
        (format!("{}{good}", good.split("113 7 6").next().unwrap_or_default()), ParseError::Glued),
        // Cut inside of the referer, and inside of the user agent.
        (good.replace("\"-\" \"a\" {TAIL}", &format!("\"http://r{good}")), ParseError::Glued),
        (good.replace("\"-\" \"a\" {TAIL}", &format!("\"http://r\" \"a{good}")), ParseError::Glued),
        (good.replace("\"-\" \"a\" {TAIL}", &format!("- \"a{good}")), ParseError::Glued),
        ("x".repeat(MAX_RECORD_LEN + 1), ParseError::TooLong),
        ("{\"bucket_name\":".into(), ParseError::Json),
        ("{}".into(), ParseError::JsonMember(Field::Timestamp)),
        ("{\"bucket_name\":\"b\",\"operation\":\"o\"}".into(), ParseError::JsonMember(Field::Timestamp)),
        // Many an object that is no record has a time.
        (
            "{\"timestamp\":\"2026-03-01T12:00:00Z\",\"message\":\"m\"}".into(),
            ParseError::JsonMember(Field::Timestamp),
        ),
        (
            "{\"request_time\":\"2026-03-01T12:00:00Z\",\"requester\":{\"arn\":1}}".into(),
            ParseError::JsonMember(Field::Requester),
        ),
        (
            "{\"bucket_name\":\"b\",\"operation\":\"o\",\"request_time\":5}".into(),
            ParseError::JsonMember(Field::Timestamp),
        ),
        ("{\"http_status\":-1}".into(), ParseError::JsonMember(Field::HttpStatus)),
    ];
    for (line, reject) in table {
        let line = fill(&line);
        let read = Parser::default().parse(&line).map(|record| record.timestamp());
        assert_eq!(read, Err(reject), "{:.900}", line.escape_ascii());
    }
}

#[test]
fn no_cut_of_a_line_shifts_a_field() {
    let line = fill(
        "{START} 3E57427F3EXAMPLE REST.GET.OBJECT k \"GET /k HTTP/1.1\" 200 - 113 114 7 6 \"http://r\" \"agent\" {TAIL}",
    );
    let mut whole = Parser::default();
    let whole = whole.parse(&line).expect("a record");
    for end in 0..line.len() {
        let mut parser = Parser::default();
        let Ok(cut) = parser.parse(&line[..end]) else { continue };
        for field in Field::ALL {
            let (cut, whole) = (cut.get(field).unwrap_or_default(), whole.get(field).unwrap_or_default());
            assert!(whole.starts_with(cut), "{field} at {end}: {}", cut.escape_ascii());
        }
    }
}

#[test]
fn json_delivery() {
    let json = r#"{"schema_version_id":"1.0","bucket_arn":"arn:aws:s3:::b","bucket_name":"b","request_time":"2026-03-01T12:00:00.123Z","bucket_owner_id":"o","remote_ip":"192.0.2.3","requester":null,"request_id":"R","operation":"REST.GET.OBJECT","key_name":"a%2Fb","request_uri":"GET /a/b HTTP/1.1","http_status":403,"error_code":"AccessDenied","bytes_sent_size":243,"object_size":null,"total_duration":7,"turn_around_duration":6,"referer":"","user_agent":"evil\" \u001b[2J \"x","version_id":null,"host_id":"H=","signature_version":"SigV4","tls_version":"TLSv1.3","acl_required":true,"source_region":"eu-west-1","novel":{"a":[1,"two"]}}"#;
    insta::assert_snapshot!(show(json.as_bytes()));
    let no_acl =
        r#"{"bucket_name":"b","operation":"o","request_time":"2026-03-01T12:00:00Z","acl_required":false}"#;
    assert!(show(no_acl.as_bytes()).contains("acl_required: false"));
    let odd = r#"{"bucket_name":"b","operation":"o","request_time":"2026-03-01T12:00:00Z","x":1,"acl_required":"Maybe"}"#;
    let odd = show(odd.as_bytes());
    assert!(odd.contains("extra=x=1\nextra=acl_required=Maybe") && !odd.contains("acl_required:"), "{odd}");
    let mut parser = Parser::default();
    let record = parser.parse(json.as_bytes()).expect("a record");
    assert_eq!(record.timestamp().to_string(), "2026-03-01T12:00:00.123Z");
    assert_eq!(
        (record.http_status(), record.bytes_sent(), record.object_size()),
        (Some(403), Some(243), None)
    );
}

/// Text of a field that clients write: anything but a line feed, and no dash alone.
fn client_text() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![4 => any::<u8>(), 2 => Just(b'"'), 2 => Just(b' '), 1 => Just(b'\\')];
    prop::collection::vec(byte, 0..60)
        .prop_map(|bytes| bytes.into_iter().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect())
}

fn word() -> impl Strategy<Value = String> {
    "[A-Za-z0-9%./_:@=+-]{1,40}"
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("-".to_owned()),
        any::<u32>().prop_map(|value| value.to_string()),
        Just("400000000000".to_owned())
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a_line_built_from_values_reads_back(
        words in prop::collection::vec(word(), 7),
        numbers in prop::collection::vec(number(), 4),
        uri in "[A-Z]{3,6} /[!-~]{0,60}( HTTP/1\\.[01])?",
        status in 100u16..600,
        referer in client_text(),
        user_agent in client_text(),
        tail in prop::collection::vec(word(), 0..4),
    ) {
        // What ends a field cannot be in it; what is in it may be anything else.
        let mut referer = referer;
        while let Some(at) = memchr::memmem::find(&[&referer[..], b"\""].concat(), b"\" \"") {
            referer.remove(at);
        }
        let head = format!(
            "{} {} [06/Feb/2019:00:00:38 +0000] {} {} {} {} {} \"{uri}\" {status} {} {} \"",
            words[0], words[1], words[2], words[3], words[4], words[5], words[6], "NoSuchKey", numbers.join(" ")
        );
        let mut line = head.into_bytes();
        line.extend_from_slice(&referer);
        line.extend_from_slice(b"\" \"");
        line.extend_from_slice(&user_agent);
        line.extend_from_slice(format!("\" v {HOST} SigV4 c a h TLSv1.2 {}", tail.join(" ")).as_bytes());

        let mut parser = Parser::default();
        let record = parser.parse(&line).map_err(|reject| TestCaseError::fail(reject.to_string()))?;
        let expect = |field: Field, text: &[u8]| {
            prop_assert_eq!(record.get(field).unwrap_or(b"-"), text, "{}", field);
            Ok(())
        };
        let heads = [Field::BucketOwner, Field::Bucket, Field::RemoteIp, Field::Requester, Field::RequestId, Field::Operation];
        for (field, word) in heads.into_iter().zip(&words) {
            expect(field, word.as_bytes())?;
        }
        if words[6] != "-" {
            expect(Field::Key, words[6].as_bytes())?;
        }
        expect(Field::RequestUri, uri.as_bytes())?;
        prop_assert_eq!(record.http_status(), Some(status));
        for (field, number) in [Field::BytesSent, Field::ObjectSize, Field::TotalTime, Field::TurnAroundTime].into_iter().zip(&numbers) {
            prop_assert_eq!(record.number(field), number.parse().ok());
        }
        expect(Field::Referer, &referer)?;
        expect(Field::UserAgent, &user_agent)?;
        expect(Field::SignatureVersion, b"SigV4")?;
        expect(Field::TlsVersion, b"TLSv1.2")?;
    }

    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut parser = Parser::default();
        for line in lines(&bytes) {
            let _ = parser.parse(line);
        }
    }

    #[test]
    fn any_damage_to_a_line_never_panics(
        at in 0usize..600, cut in 0usize..30, insert in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let mut line = fill("{START} 3E57427F3EXAMPLE REST.GET.OBJECT k \"GET /k HTTP/1.1\" 200 - 1 1 7 6 \"r\" \"a\" {TAIL}");
        let start = at.min(line.len());
        let end = (start + cut).min(line.len());
        line.splice(start..end, insert);
        if let Ok(record) = Parser::default().parse(&line) {
            for field in Field::ALL {
                let _ = (record.get(field), record.number(field));
            }
            let _ = (record.object(), record.requester().principal(), record.extra().count());
        }
    }
}

#[test]
fn the_lines_of_a_chunk_read_as_each_for_itself() {
    let log = include_bytes!("../../tests/fixtures/hard_lines.log");
    let bad = include_bytes!("../../tests/fixtures/bad_lines.log");
    let all: Vec<&[u8]> = lines(log).chain(lines(bad)).collect();
    // Lines longer than what is prepared at a time, and longer than any record; line ends of both kinds, and none at the end.
    let mut chunk = Vec::new();
    for (number, line) in all.iter().cycle().take(8 * all.len()).enumerate() {
        let is_long = number % 7 == 0;
        let query = if is_long { format!("?{}", "q".repeat(20_000)) } else { "?".into() };
        chunk.extend_from_slice(String::from_utf8_lossy(line).replace('?', &query).as_bytes());
        chunk.extend_from_slice(if is_long { b"\r\n\n" } else { b"\n" });
    }
    chunk.extend_from_slice(&vec![b'x'; MAX_RECORD_LEN + 1]);
    chunk.extend_from_slice(b"\n \n\xEF\xBB\xBF");
    chunk.extend_from_slice(all[0]);

    let (mut parser, mut single) = (Parser::default(), Parser::default());
    let mut read = parser.lines(&chunk);
    for expected in lines(&chunk) {
        let line = read.next_line().expect("as many lines");
        assert_eq!(line, expected);
        let show = |read: Result<Record<'_>, ParseError>| {
            read.map(|record| record.fields().map(|text| text.map(<[u8]>::to_vec)).collect::<Vec<_>>())
        };
        assert_eq!(show(read.read()), show(single.parse(expected)), "{}", expected.escape_ascii());
    }
    assert_eq!(read.next_line(), None);
}
