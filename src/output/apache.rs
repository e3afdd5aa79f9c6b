//! A line of the combined log format of the Apache HTTP Server.
//!
//! `%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i"`: remote_ip, a dash, requester, timestamp, request_uri, http_status,
//! bytes_sent, referer, user_agent. What clients write is escaped as Apache does it, so that no text of theirs ends a field or
//! a line: `\"` and `\\`, `\n`, `\t` and the like for white space, `\xhh` for all other bytes that are not printable ASCII.
//!
//! Source: The Apache Software Foundation, "Apache Module mod_log_config", Custom Log Formats and Format Notes.

use std::io::Write as _;

use crate::record::{Field, Record};
use crate::time::{Timestamp, Zone};

/// Appends the line of a record.
pub(super) fn write(record: &Record<'_>, zone: Zone, out: &mut Vec<u8>) {
    word(record.get(Field::RemoteIp), out);
    out.extend_from_slice(b" - ");
    word(record.get(Field::Requester), out);
    out.extend_from_slice(b" [");
    time(record.timestamp(), zone, out);
    out.extend_from_slice(b"] ");
    quoted(record.get(Field::RequestUri), out);
    out.push(b' ');
    word(record.get(Field::HttpStatus), out);
    out.push(b' ');
    // Nothing sent is a dash.
    word(record.get(Field::BytesSent).filter(|bytes| bytes.iter().any(|digit| *digit != b'0')), out);
    out.push(b' ');
    quoted(record.get(Field::Referer), out);
    out.push(b' ');
    quoted(record.get(Field::UserAgent), out);
    out.push(b'\n');
}

/// A time as `06/Feb/2019:00:00:38 +0000`. Offsets that are no whole minutes, which this form cannot hold, become UTC.
fn time(time: Timestamp, zone: Zone, out: &mut Vec<u8>) {
    let offset = zone.seconds_ahead(time).filter(|seconds| seconds % 60 == 0);
    let (zone, offset) = offset.map_or((Zone::Utc, 0), |offset| (zone, offset / 60));
    // What chrono cannot hold is no time that a log has.
    let Some(clock) = zone.clock(time) else { return out.push(b'-') };
    let sign = if offset < 0 { '-' } else { '+' };
    let (hours, minutes) = (offset.abs() / 60, offset.abs() % 60);
    // Nothing that is written to memory fails.
    let _ = write!(out, "{} {sign}{hours:02}{minutes:02}", clock.format("%d/%b/%Y:%H:%M:%S"));
}

/// A field that ends at the next space.
fn word(text: Option<&[u8]>, out: &mut Vec<u8>) {
    match text {
        None | Some(b"") => out.push(b'-'),
        Some(text) => text.iter().for_each(|byte| match byte {
            b' ' => hexadecimal(b' ', out),
            byte => escaped(*byte, out),
        }),
    }
}

/// A field in quotes.
fn quoted(text: Option<&[u8]>, out: &mut Vec<u8>) {
    out.push(b'"');
    text.unwrap_or(b"-").iter().for_each(|byte| escaped(*byte, out));
    out.push(b'"');
}

fn escaped(byte: u8, out: &mut Vec<u8>) {
    let letter = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0b => b'v',
        b' '..=b'~' => return out.push(byte),
        _ => return hexadecimal(byte, out),
    };
    out.extend([b'\\', letter]);
}

fn hexadecimal(byte: u8, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.extend([b'\\', b'x', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::parser::Parser;

    fn combined(line: &[u8], zone: &str) -> String {
        let zone = zone.parse().expect("a zone");
        let (mut parser, mut out) = (Parser::default(), Vec::new());
        write(&parser.parse(line).expect("a record"), zone, &mut out);
        String::from_utf8(out).expect("ASCII")
    }

    #[test]
    fn lines() {
        let line = |uri: &str, response: &str, agent: &str| {
            format!(
                "79a59d b [06/Feb/2019:00:00:38 +0000] 192.0.2.3 arn:aws:iam::1:user/a ID REST.GET.OBJECT k {uri} {response} 7 6 \"http://x/\" \"{agent}\" -"
            )
        };
        let table = [
            (
                line("\"GET /b/k HTTP/1.1\"", "200 - 17 99", "curl/8"),
                "UTC",
                "192.0.2.3 - arn:aws:iam::1:user/a [06/Feb/2019:00:00:38 +0000] \"GET /b/k HTTP/1.1\" 200 17 \"http://x/\" \"curl/8\"\n",
            ),
            (
                line("-", "- - - -", "a \\ \" b\u{e9}\t"),
                "America/New_York",
                "192.0.2.3 - arn:aws:iam::1:user/a [05/Feb/2019:19:00:38 -0500] \"-\" - - \"http://x/\" \"a \\\\ \\\" b\\xc3\\xa9\\t\"\n",
            ),
            (
                line("\"HEAD /b/k HTTP/1.1\"", "404 NoSuchKey 0 -", ""),
                "+05:30",
                "192.0.2.3 - arn:aws:iam::1:user/a [06/Feb/2019:05:30:38 +0530] \"HEAD /b/k HTTP/1.1\" 404 - \"http://x/\" \"\"\n",
            ),
        ];
        for (line, zone, expected) in table {
            assert_eq!(combined(line.as_bytes(), zone), expected);
        }
        let json = br#"{"request_time":"2026-03-01T12:00:00.123Z","requester":"a b","user_agent":"x\n1.2.3.4 - - [y"}"#;
        assert_eq!(
            combined(json, "UTC"),
            "- - a\\x20b [01/Mar/2026:12:00:00 +0000] \"-\" - - \"-\" \"x\\n1.2.3.4 - - [y\"\n"
        );
    }

    proptest! {
        /// As tools that read such logs take a line apart: a text in quotes ends at the first quote without a backslash before it.
        #[test]
        fn no_text_of_a_client_makes_another_line(texts in prop::array::uniform3("(?s).{0,40}")) {
            let [uri, referer, agent] = &texts;
            let line = serde_json::json!({
                "request_time": "2026-03-01T12:00:00.123Z", "remote_ip": "192.0.2.3", "http_status": 403,
                "request_uri": uri, "referer": referer, "user_agent": agent,
            });
            let written = combined(line.to_string().as_bytes(), "UTC");
            let pattern = r#"^192\.0\.2\.3 - - \[01/Mar/2026:12:00:00 \+0000\] "((?:[^"\\]|\\.)*)" 403 - "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"\n$"#;
            let regex = regex::Regex::new(pattern).expect("a pattern");
            prop_assert!(regex.is_match(&written), "{}", written);
            prop_assert_eq!(written.matches('\n').count(), 1);
        }
    }
}
