//! The JSON delivery as it really arrives: how objects follow each other, what is around them, and which are cut.

use proptest::prelude::*;

use super::*;
use crate::parser::is_blank;
use crate::record::Field;

/// A record with its number as the request id.
fn object(number: usize, user_agent: &str) -> String {
    let user_agent = serde_json::Value::from(user_agent);
    format!(
        r#"{{"schema_version_id":"V_1_0","bucket_arn":"arn:aws:s3:::b","bucket_name":"b","request_time":"2026-03-01T12:00:00.{:03}Z","request_id":"R{number}","operation":"REST.GET.OBJECT","http_status":200,"user_agent":{user_agent},"acl_required":false,"source_region":null}}"#,
        number % 1_000
    )
}

/// The request ids of what is read, `-` for what has none, and the text of what is refused.
fn read(chunk: impl AsRef<[u8]>) -> Vec<String> {
    let mut parser = Parser::default();
    let mut lines = parser.lines(chunk.as_ref());
    let mut read = Vec::new();
    while let Some(line) = lines.next_line() {
        if is_blank(line) {
            continue;
        }
        let id = lines.read().map(|record| {
            let id = record.get(Field::RequestId).unwrap_or(b"-");
            String::from_utf8_lossy(id).into_owned()
        });
        read.push(
            id.unwrap_or_else(|_| format!("refused: {}", String::from_utf8_lossy(lines.line().trim_ascii()))),
        );
    }
    read
}

fn ids(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("R{number}")).collect()
}

#[test]
fn objects_need_no_line_feed_between_them() {
    let objects: Vec<String> =
        (0..200).map(|number| object(number, "agent }{ \\\"}{\\\" caf\u{e9}")).collect();
    for between in ["", " ", "\t", "\r", " \t\r ", "\n", "\r\n", "\n\n", "\n\t", "\n\u{feff}"] {
        assert_eq!(read(objects.join(between)), ids(200), "{between:?}");
    }
    // A second line begins where an object ends, and an object where a line ends.
    let line = b"79a59d b [06/Feb/2019:00:00:38 +0000] 192.0.2.3 - ID REST.GET.OBJECT k \"GET /k HTTP/1.1\" 200 - 1 1 7 6 \"-\" \"}{\"a\"";
    let mixed = [line, &b"\n"[..], objects[0].as_bytes(), objects[1].as_bytes(), b"\n", line].concat();
    assert_eq!(read(mixed), ["ID", "R0", "R1", "ID"]);
    assert_eq!(read(["\u{feff}", &objects[0], &objects[1]].concat()), ids(2));
    // Longer than what is prepared at a time.
    let long: Vec<String> = (0..5).map(|number| object(number, &"long }{".repeat(4_000))).collect();
    assert_eq!(read(long.concat()), ids(5));
}

#[test]
fn a_cut_record_takes_no_other_with_it() {
    let (first, second, third) = (object(0, "{\"host_id\":"), object(1, "a"), object(2, "b"));
    for end in 1..first.len() {
        let cut = &first[..end];
        for between in ["", "\n"] {
            let found = read([cut, between, &second, between, &third].concat());
            assert_eq!(found, [&format!("refused: {cut}"), "R1", "R2"], "{between:?}");
        }
        assert_eq!(read([&second, cut].concat()), ["R1".to_owned(), format!("refused: {cut}")]);
        let lines = ["x\n", &second, cut, &third, "\n", &second].concat();
        assert_eq!(read(lines), ["refused: x", "R1", &format!("refused: {cut}"), "R2", "R1"]);
    }
}

#[test]
fn what_is_left_of_a_cut_record_takes_no_other_with_it() {
    let (first, second, third) = (object(0, "}{\"host_id\":"), object(1, "a"), object(2, "b"));
    let timed = format!("2026-03-01T12:00:00.123Z {second}");
    for start in (1..first.len()).filter(|start| first.is_char_boundary(*start)) {
        // What is left can be an object itself.
        let rest = &first[start..];
        let refused = format!("refused: {}", rest.trim_ascii());
        assert_eq!(read([rest, &second, &third].concat()), [&refused, "R1", "R2"], "{rest}");
        assert_eq!(read([rest, "\n", &second].concat()), [&refused, "R1"], "{rest}");
        // A piece of a time joins the next line's.
        let found = read([&timed[..start.min(24)], &timed, "\n", &third].concat());
        assert_eq!(found[found.len() - 2..], ["R1", "R2"], "{found:?}");
    }
    assert_eq!(read([&second, " x ", &third].concat()), ["R1", "refused: x", "R2"]);
}

#[test]
fn members_of_any_name_begin_the_record_after_a_cut_one() {
    for line in [
        r#"{"bucket":"b","timestamp":"2026-03-01T12:00:00Z","request_id":"R0"}"#,
        r#"{"novel":{"key":"k"},"request_time":"2026-03-01T12:00:00Z","request_id":"R0"}"#,
        r#"{ "request_id": "R0", "request_time": "2026-03-01T12:00:00Z" }"#,
    ] {
        for end in 1..line.len() {
            let cut = &line[..end];
            assert_eq!(read([cut, line].concat()), [&format!("refused: {}", cut.trim_ascii_end()), "R0"]);
        }
    }
}

#[test]
fn an_object_that_a_client_wrote_into_a_line_is_no_record() {
    let forged = r#"}{"request_time":"2026-03-01T12:00:00Z","request_id":"FORGED"}"#;
    let before = "79a59d b [06/Feb/2019:00:00:38 +0000] 192.0.2.3 - ID REST.GET.OBJECT k \"GET /k HTTP/1.1\" 200 - 1 1 7 6 \"-\" \"";
    let line = format!("{before}{forged}\" - HOSTID= SigV4 - - b -");
    for end in 0..line.len() {
        for (piece, is_last) in [(&line[end..], false), (&line[..end], true)] {
            let found = read([&object(0, "a"), "\n", piece, "\n", &object(1, "b")].concat());
            assert!(!found.contains(&"FORGED".to_owned()), "{piece}");
            assert!(
                found.len() <= 3 && found[0] == "R0" && found[found.len() - 1] == "R1",
                "{is_last} {piece}"
            );
        }
    }
}

#[test]
fn export_tasks_put_a_time_before_each_line() {
    let lines: Vec<String> = (0..100)
        .map(|number| format!("2026-03-01T12:00:00.{number:03}Z {}\n", object(number, "a")))
        .collect();
    assert_eq!(read(lines.concat()), ids(100));
    assert_eq!(read("2026-03-01T12:00:00.123Z no record\n"), ["refused: 2026-03-01T12:00:00.123Z no record"]);
}

#[test]
fn envelopes_hold_lines() {
    let event = |number: usize| {
        let message = serde_json::Value::from(object(number, "caf\u{e9} \\\" }{"));
        format!(r#"{{"id":"{number}","timestamp":1440442987000,"message":{message}}}"#)
    };
    let envelope = |kind: &str, events: Range<usize>| {
        let events: Vec<String> = events.map(event).collect();
        let events = events.join(",");
        format!(
            r#"{{"messageType":"{kind}","owner":"1","logGroup":"g","logStream":"s","subscriptionFilters":["f"],"logEvents":[{events}]}}"#
        )
    };
    let control = envelope("CONTROL_MESSAGE", 0..1);
    for between in ["", "\n"] {
        let chunk = [
            control.clone(),
            envelope("DATA_MESSAGE", 0..40),
            envelope("DATA_MESSAGE", 40..40),
            object(40, "a"),
            envelope("DATA_MESSAGE", 41..42),
            object(42, "a"),
        ];
        assert_eq!(read(chunk.join(between)), ids(43), "{between:?}");
    }
    for before in ["\u{feff}", " ", "\t", "2026-03-01T12:00:00.123Z "] {
        assert_eq!(read([before, &envelope("DATA_MESSAGE", 0..3)].concat()), ids(3), "{before:?}");
    }
    let whole = envelope("DATA_MESSAGE", 0..3);
    let cut = &whole[..whole.len() - 100];
    assert_eq!(read([cut, "\n", &object(2, "a")].concat()), ["R0", "R1", &format!("refused: {cut}"), "R2"]);
    // Wherever it is cut, what follows is none of it.
    let whole = envelope("DATA_MESSAGE", 0..1);
    for next in [envelope("DATA_MESSAGE", 1..2), object(1, "a"), format!("{} ", object(1, "a"))] {
        for end in (1..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
            let cut = &whole[..end];
            let mut expected = vec![format!("refused: {}", cut.trim_ascii()), "R1".to_owned()];
            if cut.contains("}\"}") {
                expected.insert(0, "R0".to_owned());
            }
            let found = read([cut, &next].concat());
            let is_found = expected.iter().all(|line| found.contains(line)) && found.len() == expected.len();
            assert!(is_found, "{cut}: {found:?}");
        }
        let piece = &object(0, "a")[..100];
        assert_eq!(read([piece, &next].concat()), [&format!("refused: {piece}"), "R1"]);
        assert_eq!(read([&whole, "         ", &next].concat()), ids(2));
    }
    // An event without a line is one line that cannot be read.
    let odd =
        whole.replacen('[', "[0,", 2).replacen("[0,", "[", 1).replace("]}", r#",{"message":{"a":1}}]}"#);
    assert_eq!(
        read([&odd, &object(1, "a")[..]].concat()),
        ["R0", "refused: 0", r#"refused: {"message":{"a":1}}"#, "R1"]
    );
    // So is one that no text can be made of; the others are read.
    let odd = whole.replace("[{", r#"[{"message":"\ud800"},{"#);
    assert_eq!(read(&odd), ["R0", r#"refused: {"message":"\ud800"}"#]);
    // So is an envelope without events.
    let none = r#"{"messageType":"DATA_MESSAGE","logEvents":null}"#;
    assert_eq!(read([none, &whole].concat()), [&format!("refused: {none}"), "R0"]);
}

#[test]
fn among_delimited_lines_all_of_the_json_delivery_is_read() {
    let event = |line: &str| {
        let message = serde_json::Value::from(line);
        format!(r#"{{"messageType":"DATA_MESSAGE","logEvents":[{{"message":{message}}}]}}"#)
    };
    let text = [
        "#Fields: request_time request_id",
        "2026-03-01T12:00:00Z R0",
        &[object(1, "a"), object(2, "b")].concat(),
        &[event(&object(3, "a")), event(&object(4, "b"))].concat(),
        "2026-03-01T12:00:00Z\tR5\r",
        &format!("2026-03-01T12:00:00.123Z {}\r", object(6, "a")),
        "#Fields: request_id request_time",
        "R7 2026-03-01T12:00:00Z",
    ];
    assert_eq!(read(text.join("\n")), ids(8));
}

#[test]
fn any_members_with_a_time_are_a_record() {
    for line in [
        r#"{"request_time":"2026-03-01T12:00:00Z"}"#,
        r#"{"request_time":"2026-03-01T12:00:00Z","http_status":200}"#,
        r#"{"key_name":"k","timestamp":"2026-03-01T12:00:00Z"}"#,
    ] {
        assert_eq!(read(line), ["-"], "{line}");
    }
}

#[test]
fn names_of_aws_win_over_our_own() {
    let lines = [
        r#"{"bucket_name":"aws","bucket":"own","request_time":"2026-03-01T12:00:00Z","timestamp":"2027-03-01T12:00:00Z","key":null,"key_name":"k"}"#,
        r#"{"bucket":"own","bucket_name":"aws","timestamp":"2027-03-01T12:00:00Z","request_time":"2026-03-01T12:00:00Z","key_name":"k","key":null}"#,
    ];
    for line in lines {
        let mut parser = Parser::default();
        let record = parser.parse(line.as_bytes()).expect("a record");
        assert_eq!(record.timestamp().to_string(), "2026-03-01T12:00:00Z");
        assert_eq!(record.get(Field::Bucket), Some(&b"aws"[..]));
        assert_eq!(record.get(Field::Key), Some(&b"k"[..]));
        let extra: Vec<_> = record.extra().map(String::from_utf8_lossy).collect();
        assert_eq!(extra, ["bucket=own", "timestamp=2027-03-01T12:00:00Z", "key="]);
    }
}

#[test]
fn unknown_members_are_kept_as_they_are() {
    let line = r#"{"request_time":"2026-03-01T12:00:00Z","a":"two\nlines","b":{"c":[1,true]},"d":false,"e":null,"f":1.50,"":"","g":"-"}"#;
    for line in [line.to_owned(), line.replace("two\\nlines", "two").replace(r#"{"c":[1,true]}"#, "12")] {
        let mut parser = Parser::default();
        let record = parser.parse(line.as_bytes()).expect("a record");
        let extra: Vec<_> = record.extra().map(String::from_utf8_lossy).collect();
        let (a, b) =
            if line.contains("lines") { ("a=two\nlines", "b={\"c\":[1,true]}") } else { ("a=two", "b=12") };
        assert_eq!(extra, [a, b, "d=false", "e=", "f=1.50", "=", "g=-"]);
    }
}

proptest! {
    #[test]
    fn whatever_is_between_records_they_are_found(
        pieces in prop::collection::vec((0usize..5, prop::sample::select(vec!["", "\n", " ", "\r\n"]), any::<prop::sample::Index>()), 1..60),
    ) {
        let (mut chunk, mut expected, mut number) = (String::new(), Vec::new(), 0);
        for (kind, between, at) in pieces {
            let whole = object(number, "agent }{\"a {\"host_id\":");
            number += 1;
            match kind {
                // What has been cut is followed by another record.
                0 => {
                    let mut end = 1 + at.index(whole.len() - 1);
                    while !whole.is_char_boundary(end) {
                        end -= 1;
                    }
                    let other = object(number, "b");
                    number += 1;
                    chunk += &whole[..end];
                    chunk += &other;
                    expected.extend([format!("refused: {}", whole[..end].trim_end()), format!("R{}", number - 1)]);
                }
                _ => {
                    chunk += &whole;
                    expected.push(format!("R{}", number - 1));
                }
            }
            chunk += between;
        }
        prop_assert_eq!(read(chunk), expected);
    }
}
