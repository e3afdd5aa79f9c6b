//! Tests of delimited lines.

use proptest::prelude::*;

use super::*;
use crate::parser::Parser;

/// What is read of a text: the fields of each record that were asked for, or the reason and the line.
fn read(columns: Option<Columns>, text: &str, fields: &[Field]) -> Vec<Result<Vec<String>, String>> {
    let mut parser = Parser::with_columns(columns.map(std::sync::Arc::new));
    let mut lines = parser.lines(text.as_bytes());
    let mut found = Vec::new();
    while let Some(line) = lines.next_line() {
        if crate::parser::is_blank(line) {
            continue;
        }
        let line = String::from_utf8_lossy(line).into_owned();
        found.push(match lines.read() {
            Ok(record) => Ok(fields
                .iter()
                .map(|field| String::from_utf8_lossy(record.get(*field).unwrap_or(b"-")).into_owned())
                .collect()),
            Err(reason) => Err(format!("{reason}: {line}")),
        });
    }
    found
}

const ASKED: [Field; 4] = [Field::Bucket, Field::Key, Field::HttpStatus, Field::UserAgent];

fn ok(fields: [&str; 4]) -> Result<Vec<String>, String> {
    Ok(fields.map(str::to_owned).to_vec())
}

#[test]
fn a_header_names_the_columns() {
    let header = "#Version: 1.0\n#Fields: request_time bucket_name key_name http_status user_agent novel\n";
    let tabs = "2026-03-01T12:00:00.123Z\tb\ta%20b\t200\tMozilla/5.0 (X11)\tx\r\n2026-03-01T12:00:00Z\tb\t-\t\t-\t-\n";
    let expected = [ok(["b", "a%20b", "200", "Mozilla/5.0 (X11)"]), ok(["b", "-", "-", "-"])];
    assert_eq!(read(None, &format!("{header}{tabs}"), &ASKED), expected);
    assert_eq!(read(None, &format!("\u{feff}{header}{tabs}"), &ASKED), expected);
    let tabbed = header.replace(' ', "\t");
    assert_eq!(read(None, &format!("{tabbed}{tabs}"), &ASKED), expected);
    let spaces = "2026-03-01T12:00:00.123Z b a%20b 200 \"Mozilla/5.0 (X11)\" \"x\"\n2026-03-01T12:00:00Z b - - \"-\" -\n";
    assert_eq!(read(None, &format!("{header}{spaces}"), &ASKED), expected);
    // Another header, other columns; and whatever names itself.
    let more = format!(
        "{header}{tabs}#Fields: bucket\ttimestamp\nc\t2026-03-01T12:00:00Z\n{{\"bucket_name\":\"d\",\"request_time\":\"2026-03-01T12:00:00Z\"}}\n"
    );
    let found = read(None, &more, &ASKED);
    assert_eq!(found[..2], expected);
    assert_eq!(found[2..], [ok(["c", "-", "-", "-"]), ok(["d", "-", "-", "-"])]);
}

#[test]
fn unknown_columns_are_extra() {
    let text =
        "#Fields: schema_version_id request_time novel \u{e9}\nV_1_0\t2026-03-01T12:00:00Z\ta b\"\t-\n";
    let mut parser = Parser::default();
    let mut lines = parser.lines(text.as_bytes());
    lines.next_line();
    lines.next_line();
    let record = lines.read().expect("a record");
    let extra: Vec<_> = record.extra().map(String::from_utf8_lossy).collect();
    assert_eq!(extra, ["schema_version_id=V_1_0", "novel=a b\""]);
    // What is kept of a record can be read again without the header.
    let line = record.line().to_vec();
    assert_eq!(
        Parser::default().parse(&line).expect("a record").timestamp().to_string(),
        "2026-03-01T12:00:00Z"
    );
}

#[test]
fn typed_columns_and_delimiters() {
    let names = "request_time,bucket,key,http_status,user_agent".split(',');
    for (delimiter, shown) in [(None, "\t"), (Some(","), ","), (Some("\\t"), "\t"), (Some(" | "), " | ")] {
        let columns = Columns::new(names.clone(), delimiter).expect("columns");
        let line = ["2026-03-01T12:00:00Z", "b", "k", "206", "a b"].join(shown);
        assert_eq!(read(Some(columns), &line, &ASKED), [ok(["b", "k", "206", "a b"])], "{delimiter:?}");
    }
    let error =
        |names: &str, delimiter| Columns::new(names.split(','), delimiter).map_err(|error| error.to_string());
    let expected = |text: &str| Err(text.to_owned());
    assert_eq!(error("bucket", None), expected("no request_time among the fields; a record needs it"));
    assert_eq!(error("request_time,bucket,bucket_name", None), expected("bucket is named twice"));
    assert_eq!(error("request_time,,bucket", None), expected("a field has no name"));
    let wrong = "invalid delimiter \"\": expected 1 to 5 characters, such as \\t, a space or ,";
    assert_eq!(error("request_time", Some("")), expected(wrong));
    assert!(error("request_time", Some("123456")).is_err() && error("request_time", Some("\n")).is_err());
}

#[test]
fn a_typed_delimiter_is_that_of_headers_too() {
    let text = "#Fields: request_time key_name\n2026-03-01T12:00:00Z|a b\tc\n";
    let typed = Columns::separated_by("|").expect("a delimiter");
    assert_eq!(read(Some(typed), text, &[Field::Key]), [Ok(vec!["a b\tc".to_owned()])]);
}

#[test]
fn what_is_refused_says_why() {
    let header = "#Fields: request_time bucket_name http_status bytes_sent_size\n";
    let table = [
        ("2026-03-01T12:00:00Z\tb\t200", "3 fields where 4 are named"),
        ("2026-03-01T12:00:00Z\tb\t200\t1\t", "5 fields where 4 are named"),
        ("yesterday\tb\t200\t1", "missing or invalid timestamp"),
        ("-\tb\t200\t1", "missing or invalid timestamp"),
        ("2026-03-01T12:00:00Z\tb\t2000\t1", "missing or invalid http_status"),
        ("2026-03-01T12:00:00Z\tb\t200\t1.5", "missing or invalid bytes_sent"),
    ];
    for (line, reason) in table {
        let found = read(None, &format!("{header}{line}"), &ASKED);
        assert_eq!(found, [Err(format!("{reason}: {line}"))]);
    }
    let no_time = read(None, "#Fields: bucket_name\nb", &ASKED);
    assert_eq!(no_time, [Err("missing or invalid timestamp: b".to_owned())]);
    // Before a header, lines are what they are without one.
    let log = "79a59d b [06/Feb/2019:00:00:38 +0000] 192.0.2.3 - ID REST.GET.OBJECT k \"GET /k HTTP/1.1\" 200 - 1 1 7 6 \"-\" \"agent\"";
    assert_eq!(read(None, &format!("# mine\n{log}\n"), &ASKED)[1], ok(["b", "k", "200", "agent"]));
}

#[test]
fn bytes_that_are_no_text_are_kept_as_s3_writes_them() {
    let text = b"#Fields: request_time key_name user_agent\n2026-03-01T12:00:00Z\tcaf\xe9\t\x01\xff\"\\\n";
    let mut parser = Parser::default();
    let mut lines = parser.lines(text);
    lines.next_line();
    lines.next_line();
    let record = lines.read().expect("a record");
    assert_eq!(record.get(Field::Key), Some(&b"caf%E9"[..]));
    assert_eq!(record.get(Field::UserAgent), Some(&b"\x01%FF\"\\"[..]));
}

#[test]
fn the_last_header_of_a_text() {
    let table = [
        ("", None),
        ("a #Fields: b\n", None),
        ("#Fields: a\nb\n", Some("#Fields: a")),
        ("#Version: 1\n#Fields: a\nb\n#Fields: c\r\nd #Fields: e\n", Some("#Fields: c\r")),
        ("\u{feff}#Fields: a", Some("#Fields: a")),
    ];
    for (text, expected) in table {
        assert_eq!(last_header(text.as_bytes()), expected.map(str::as_bytes), "{text}");
    }
}

/// The closing quote of one text, taken for the opening quote of another, would hide the columns between them.
#[test]
fn a_quote_inside_a_text_forges_no_column() {
    let header = "#Fields: request_time user_agent http_status key_name referer\n2026-03-01T12:00:00Z ";
    let table = [
        ("\"x\" 200 forged \" 403 key \"ref\"", None),
        ("\"x\" 200 forged \" 403 key \"\"", None),
        ("\" \"   \" 403 key \"ref\"", None),
        ("\"x\" 403 key \"a\" 200 forged \"\"", None),
        ("\"x\" 4 \" 403 key \"ref\"", Some("403")),
        ("\"x\" 403 k\"ey \"ref\"", Some("403")),
        ("x\" 403 key \"ref\"", Some("403")),
        ("\"say \"hi\" 403 key \"ref\"", Some("403")),
        ("\"say \"hi\" you\" 403 key \"ref\"", Some("403")),
        ("\"say\"hi\" 403 key \"ref\"", Some("403")),
        ("\"x\" \"y\" 403 key \"ref\"", Some("403")),
        ("\"x 403 key ref", None),
        ("\"x y\" 403 \"key\" \"\"", Some("403")),
    ];
    for (line, expected) in table {
        let found = read(None, &format!("{header}{line}\n"), &[Field::HttpStatus]).remove(0).ok();
        assert_eq!(found, expected.map(|status| vec![status.to_owned()]), "{line}");
    }
}

/// All readings of a line that a space separates, one after the other, with the values that its columns can hold.
fn readings(line: &str, columns: &[&str]) -> Vec<Vec<String>> {
    let Some((name, others)) = columns.split_first() else {
        return if line.is_empty() { vec![Vec::new()] } else { Vec::new() };
    };
    let is_quoted = ["request_uri", "referer", "user_agent"].contains(name) && line.starts_with('"');
    let mut found = Vec::new();
    for end in (0..line.len()).filter(|end| line[*end..].starts_with(' ')) {
        let text = &line[..end];
        let value = if is_quoted {
            text.get(1..).and_then(|text| text.strip_suffix('"'))
        } else {
            (!text.contains(' ')).then_some(text)
        };
        let is_right = |value: &str| match *name {
            "http_status" => {
                value.is_empty() || value == "-" || value.len() == 3 && value.parse::<u16>().is_ok()
            }
            "request_time" => value.starts_with("2026"),
            _ => true,
        };
        if let Some(value) = value.filter(|value| is_right(value)) {
            for mut reading in readings(&line[end + 1..], others) {
                reading.insert(0, value.to_owned());
                found.push(reading);
            }
        }
    }
    found
}

proptest! {
    /// Who chooses a key, a URI, a referer and a user agent makes no other record than that of the request.
    #[test]
    fn no_text_of_a_client_makes_another_record(
        texts in prop::array::uniform4(prop::collection::vec(
            prop::sample::select(vec!["a", "\"", "\\", "200", "403", "-", " ", "\t", "\" ", " \"", "\"\"", "2026-03-01T12:00:00Z", "b", "{"]),
            0..8,
        )),
        order in Just((0..4).collect::<Vec<usize>>()).prop_shuffle(),
        delimiter in prop::sample::select(vec![" ", "\t"]),
        in_quotes in any::<bool>(),
    ) {
        const CLIENTS: [(&str, Field); 4] = [
            ("key_name", Field::Key),
            ("request_uri", Field::RequestUri),
            ("referer", Field::Referer),
            ("user_agent", Field::UserAgent),
        ];
        let texts = texts.map(|text| text.concat());
        // A key holds neither spaces nor quotes in any log.
        let texts = [texts[0].replace([' ', '"', '\t'], "_"), texts[1].clone(), texts[2].clone(), texts[3].clone()];
        let (mut names, mut line) = (vec!["request_time"], vec!["2026-03-01T12:00:00Z".to_owned()]);
        for place in &order {
            names.push(CLIENTS[*place].0);
            let text = &texts[*place];
            line.push(match (delimiter, in_quotes) {
                (" ", true) if *place > 0 => format!("\"{text}\""),
                // Without quotes, nothing that a space separates can hold one.
                (" ", _) => text.replace([' ', '\t', '"'], "%"),
                _ => text.clone(),
            });
        }
        names.insert(3, "http_status");
        line.insert(3, "403".to_owned());
        let text = format!("#Fields: {}\n{}\n", names.join(" "), line.join(delimiter));
        let asked = [Field::HttpStatus, Field::Key, Field::RequestUri, Field::Referer, Field::UserAgent];
        let found = read(None, &text, &asked);
        for record in found.iter().flatten() {
            prop_assert_eq!(&record[0], "403", "{}", text);
        }
        // What can be read in one way is read; a time and a brace begin an object.
        if delimiter == " " && !text.contains(" {") {
            let readings = readings(&format!("{} ", line.join(" ")), &names);
            prop_assert_eq!(found[0].is_ok(), readings.len() == 1, "{}: {:?}", text, readings);
        }
    }
}
