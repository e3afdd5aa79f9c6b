//! All formats from the same report, and what they write read back.

use proptest::prelude::*;

use super::delimited::Cells;
use super::*;
use crate::report::{Chart, Column, Note, Row, Table, Tally, Value};
use crate::time::Timestamp;

const HOSTILE: &[u8] = b"=\"a,b\"|<b>[x](http://y)\x1b[31m\t\\n\r\n\xff \xe2\x80\xaetxt";

fn report() -> Report {
    let clients = Table {
        name: "clients",
        title: "Clients".to_owned(),
        columns: vec![
            Column::whole("remote_ip"),
            Column::middle("requester").null_as("anonymous"),
            Column::whole("requests"),
            Column::whole("share"),
            Column::whole("bytes_sent"),
            Column::whole("p99"),
            Column::whole("first_seen"),
            Column::whole("last_seen"),
            Column::end("user_agent"),
        ],
        rows: vec![
            Row::from(vec![
                "192.0.2.7".into(),
                "arn:aws:sts::123456789012:assumed-role/reporting/nightly@example".into(),
                Value::Count(1_234_567),
                Value::Share(0.875),
                Value::Bytes(52_431_000),
                Value::Millis(1234),
                Value::Time(Timestamp::from_millis(1_785_580_212_000)),
                Value::Time(Timestamp::from_millis(1_785_580_212_345)),
                "Mozilla/5.0 (X11; Linux x86_64) 大大大大 Größe".into(),
            ]),
            Row::from(vec![
                "2001:db8::1".into(),
                Value::Null,
                Value::Count(7),
                Value::Share(0.125),
                Value::Bytes(0),
                Value::Null,
                Value::Time(Timestamp::from_millis(0)),
                Value::Null,
                Value::Text(HOSTILE.to_vec()),
            ]),
        ]
        .into(),
        is_of_records: false,
        is_of_blocks: false,
        audience: Default::default(),
        total: Some(1234),
        kept: "",
        notes: vec![Note::Approximate("bytes_sent is *approximate*.".to_owned())],
        charts: Vec::new(),
    };
    let kinds = Table {
        name: "kinds",
        title: "All kinds".to_owned(),
        columns: ["http_status", "acl", "dollars", "rate", "extra", "trend"].map(Column::whole).to_vec(),
        rows: vec![
            Row::from(vec![
                Value::Integer(403),
                Value::Bool(true),
                Value::Dollars(1234.5),
                Value::Decimal(-0.5),
                Value::List(vec![b"-one".to_vec(), b"t,w\to".to_vec()]),
                Value::Series(vec![0, 1, 50, 100]),
            ]),
            Row::from(vec![
                Value::Integer(-1),
                Value::Bool(false),
                Value::Dollars(0.0004),
                Value::Decimal(f64::NAN),
                Value::List(vec![]),
                Value::Series(vec![]),
            ]),
        ]
        .into(),
        ..Table::default()
    };
    let empty = Table { name: "errors", title: "Errors".to_owned(), ..Table::default() };
    let tally = Tally { files: 2, bytes: 300, lines: 4, records: 3, rejected: 1, ..Tally::default() };
    Report { name: "top", tables: vec![clients, kinds, empty], main: "clients", tally, ..Report::default() }
}

fn output(format: Format) -> Output {
    Output {
        pager: Vec::new(),
        format,
        target: Target::Stdout,
        style: Style::default(),
        zone: Zone::Utc,
        limit: usize::MAX,
        messages: Messages { quiet: true, ..Messages::default() },
        progress: false,
        spreadsheet_safe: false,
        fail: false,
        selection: Selection::default(),
        refresh: None,
        command: Vec::new(),
    }
}

fn bytes(output: &Output, report: &Report) -> Vec<u8> {
    let mut out = Vec::new();
    output.render(report, &mut out).unwrap();
    out
}

/// What is written, with bytes that are no UTF-8 and controls made visible.
fn shown(output: &Output, report: &Report) -> String {
    let lines = bytes(output, report);
    lines.split_inclusive(|byte| *byte == b'\n').map(|line| line.escape_ascii().to_string() + "\n").collect()
}

fn text(output: &Output, report: &Report) -> String {
    String::from_utf8(bytes(output, report)).unwrap()
}

fn main_only(main: &'static str) -> Report {
    Report { main, ..report() }
}

#[test]
fn table_in_a_pipe() {
    insta::assert_snapshot!(text(&output(Format::Table), &report()));
}

#[test]
fn long_tables_are_one() {
    let names: Vec<_> = (0..1_234u64).map(|number| "ab".repeat(number as usize % 9)).collect();
    let row = |(number, name): (usize, &String)| {
        Row::from(vec![Value::Text(name.clone().into_bytes()), Value::Count(number as u64 / 10)])
    };
    let table = Table {
        columns: ["name", "requests"].map(Column::whole).to_vec(),
        rows: names.iter().enumerate().map(row).collect(),
        ..Table::default()
    };
    let report = Report { tables: vec![table], ..Report::default() };
    let shown = text(&output(Format::Table), &report);
    let lines: Vec<_> = shown.lines().skip(2).map(str::to_owned).collect();
    let expected = names.iter().enumerate().map(|(number, name)| format!("{name:<16}  {:>8}", number / 10));
    assert_eq!(lines, expected.collect::<Vec<_>>());
}

#[test]
fn table_in_terminals() {
    for width in [40, 80, 160, 240] {
        let style = Style { terminal: true, width: Some(width), ..Style::default() };
        let output = Output { style, zone: "Europe/Berlin".parse().unwrap(), ..output(Format::Table) };
        let text = text(&output, &report());
        // In 80 columns there is no room for all that may not be cut, and each row is a block.
        let widest = text.lines().map(truncate::width).max();
        assert!(width < 160 || widest <= Some(width), "{widest:?} of {width} columns");
        insta::assert_snapshot!(format!("table_in_{width}_columns"), text);
    }
}

/// As long as the terminal has room for; none where that is too little, or where nobody looks.
#[test]
fn bars_of_counts() {
    let row = |count| Row::from(vec![Value::Count(count), Value::Count(7)]);
    let table = Table {
        columns: ["requests", "errors"].map(Column::whole).to_vec(),
        rows: [1000, 500, 0].map(row).into_iter().collect(),
        charts: vec![Chart::histogram("requests", "requests")],
        ..Table::default()
    };
    let report = Report { tables: vec![table], ..Report::default() };
    let lines = |terminal, width| {
        let style = Style { terminal, width, ..Style::default() };
        let text = text(&Output { style, ..output(Format::Table) }, &report);
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        lines(true, Some(36)),
        [
            "requests                      errors",
            "────────────────────────────────────",
            "1,000 ██████████████████████       7",
            "  500 ███████████                  7",
            "    0                              7",
        ]
    );
    let plain =
        ["requests  errors", "────────────────", "   1,000       7", "     500       7", "       0       7"];
    assert_eq!(lines(true, Some(23)), plain);
    assert_eq!(lines(false, None), plain);
    assert_eq!(lines(true, None)[2], format!("1,000 {}       7", "█".repeat(40)));
    assert_eq!(
        text(&output(Format::Ndjson), &report).lines().next(),
        Some(r#"{"requests":1000,"errors":7}"#)
    );
}

/// Longer than the tables of comfy-table are wide.
#[test]
fn texts_of_any_length() {
    let text = "user agent ".repeat(20_000);
    let table = Table {
        columns: vec![Column::end("user_agent"), Column::whole("id")],
        rows: vec![Row::from(vec![text.as_str().into(), text.as_str().into()])].into(),
        ..Table::default()
    };
    let report = Report { tables: vec![table], ..Report::default() };
    let shown = self::text(&output(Format::Table), &report);
    assert_eq!(shown.matches("agent").count(), 40_001);
}

#[test]
fn lists() {
    insta::assert_snapshot!(text(&output(Format::List), &report()));
}

#[test]
fn table_in_color() {
    let style = Style { color: true, terminal: true, width: Some(100), ascii: false };
    let text = text(&Output { style, ..output(Format::Table) }, &report());
    insta::assert_snapshot!(text.replace('\u{1b}', "ESC"));
}

#[test]
fn markdown() {
    insta::assert_snapshot!(text(&output(Format::Markdown), &report()));
}

#[test]
fn json() {
    insta::assert_snapshot!(text(&output(Format::Json), &report()));
    let zone = "Asia/Kolkata".parse().unwrap();
    insta::assert_snapshot!("ndjson", text(&Output { zone, ..output(Format::Ndjson) }, &report()));
    insta::assert_snapshot!("ndjson_kinds", text(&output(Format::Ndjson), &main_only("kinds")));
}

#[test]
fn delimited() {
    let terminal = Style { terminal: true, ..Style::default() };
    for (name, format) in [("csv", Format::Csv), ("tsv", Format::Tsv)] {
        let piped = output(format);
        let safe = Output { spreadsheet_safe: true, ..output(format) };
        let seen = Output { style: terminal, ..output(format) };
        insta::assert_snapshot!(format!("{name}_in_a_pipe"), shown(&piped, &report()));
        insta::assert_snapshot!(format!("{name}_kinds_safe"), shown(&safe, &main_only("kinds")));
        insta::assert_snapshot!(format!("{name}_safe"), shown(&safe, &report()));
        insta::assert_snapshot!(format!("{name}_in_a_terminal"), text(&seen, &report()));
    }
}

#[test]
fn raw_lines_go_as_they_are() {
    let mut report = report();
    assert!(output(Format::Raw).write(&report).unwrap_err().to_string().contains("does not select records"));
    for row in report.tables[0].rows.held() {
        row.raw = Some(HOSTILE.to_vec());
    }
    let expected = [HOSTILE, b"\n", HOSTILE, b"\n"].concat();
    assert_eq!(bytes(&output(Format::Raw), &report), expected);
    let style = Style { terminal: true, ..Style::default() };
    let seen = text(&Output { style, ..output(Format::Raw) }, &report);
    assert_eq!(seen.lines().collect::<Vec<_>>(), [sanitize(HOSTILE), sanitize(HOSTILE)]);
}

/// A stream writes, block by block, what the report of the same rows is.
#[test]
fn streams_and_reports_agree() {
    let folder = tempfile::tempdir().unwrap();
    let report = Report { tables: report().tables[..1].to_vec(), ..report() };
    let table = &report.tables[0];
    for rows in 0..=2 {
        let report = Report {
            // What is streamed is never approximate.
            tables: vec![Table {
                rows: table.rows.clone().held()[..rows].to_vec().into(),
                notes: Vec::new(),
                ..table.clone()
            }],
            ..report.clone()
        };
        for format in [Format::Json, Format::Ndjson, Format::Csv, Format::Tsv] {
            let target = Target::File(folder.path().join("out"));
            let output = Output { target, ..output(format) };
            let mut stream = output.stream("top", "clients", table.names()).unwrap().unwrap();
            for row in report.tables[0].rows.clone().held() {
                let mut block = Vec::new();
                stream.write(&block).unwrap();
                stream.rows().row(row.values.iter().map(Cell::from), &mut block);
                stream.write(&block).unwrap();
            }
            stream.finish(&report.tally).unwrap();
            let written = std::fs::read(folder.path().join("out")).unwrap();
            assert_eq!(
                written.escape_ascii().to_string(),
                bytes(&output, &report).escape_ascii().to_string()
            );
        }
    }
    assert!(output(Format::Table).stream("top", "clients", table.names()).unwrap().is_none());
}

#[test]
fn everything_in_a_terminal_is_visible() {
    let style = Style { terminal: true, width: Some(80), ..Style::default() };
    for format in [
        Format::Table,
        Format::List,
        Format::Json,
        Format::Ndjson,
        Format::Csv,
        Format::Tsv,
        Format::Markdown,
    ] {
        let text = text(&Output { style, ..output(format) }, &report());
        let visible =
            |character: char| character == '\n' || !(character.is_control() || character == '\u{202e}');
        let visible = |character| visible(character) || format == Format::Tsv && character == '\t';
        assert!(text.chars().all(visible), "{format:?}: {text:?}");
    }
}

fn cells() -> impl Strategy<Value = Vec<Vec<Vec<u8>>>> {
    let byte = prop_oneof![any::<u8>(), prop::sample::select(b"=+-@\"',\t\r\n\\ x".to_vec()),];
    (1usize..4).prop_flat_map(move |columns| {
        let cell = prop::collection::vec(byte.clone(), 0..12);
        prop::collection::vec(prop::collection::vec(cell, columns), 0..6)
    })
}

fn written(rows: &Rows, cells: &[Vec<Vec<u8>>]) -> Vec<u8> {
    let mut out = Vec::new();
    for row in cells {
        rows.row(row.iter().map(|cell| Cell::Text(cell)), &mut out);
    }
    out
}

proptest! {
    #[test]
    fn csv_reads_back(cells in cells()) {
        let out = written(&Rows::csv([], Zone::Utc, Cells::default()), &cells);
        let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(out.as_slice());
        let read: Vec<Vec<Vec<u8>>> = reader
            .byte_records()
            .map(|record| record.unwrap().iter().map(<[u8]>::to_vec).collect())
            .collect();
        prop_assert_eq!(read, cells);
    }

    #[test]
    fn tsv_reads_back(cells in cells()) {
        let out = written(&Rows::tsv([], Zone::Utc, Cells::default()), &cells);
        let lines = out.split(|byte| *byte == b'\n').take(cells.len());
        let read: Vec<Vec<Vec<u8>>> =
            lines.map(|line| line.split(|byte| *byte == b'\t').map(unescape).collect()).collect();
        prop_assert_eq!(read, cells);
    }

    #[test]
    fn safe_cells_do_not_run(cells in cells()) {
        let safe = Cells { spreadsheet_safe: true, terminal: false };
        let out = written(&Rows::csv([], Zone::Utc, safe), &cells);
        let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(out.as_slice());
        for (record, row) in reader.byte_records().zip(&cells) {
            for (read, cell) in record.unwrap().iter().zip(row) {
                prop_assert!(!matches!(read, [b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r', ..]));
                prop_assert!(read == cell || read.strip_prefix(b"'") == Some(cell));
            }
        }
    }

    #[test]
    fn ndjson_reads_back(cells in cells(), number in any::<f64>(), count in any::<u64>()) {
        let rows = Rows::ndjson(["number", "count", "text", "texts"], Zone::Utc);
        for row in &cells {
            let mut out = Vec::new();
            let cells = [Cell::Float(number), Cell::Unsigned(count), Cell::Text(&row[0]), Cell::Texts(row)];
            rows.row(cells, &mut out);
            let read: serde_json::Value = serde_json::from_slice(&out).unwrap();
            let texts: Vec<_> = row.iter().map(|text| String::from_utf8_lossy(text)).collect();
            prop_assert_eq!(&read["texts"], &serde_json::json!(texts));
            prop_assert_eq!(&read["text"], &serde_json::json!(texts[0]));
            prop_assert_eq!(&read["count"], &serde_json::json!(count));
            // The reader of serde_json is not exact in the last bit.
            let out = String::from_utf8(out).unwrap();
            let (read, _) = out.strip_prefix("{\"number\":").unwrap().split_once(',').unwrap();
            prop_assert_eq!(read.parse().ok(), Some(number).filter(|number| number.is_finite()));
        }
    }

    #[test]
    fn log_text_stays_in_its_cell(text in "([|`\\\\\r\n<]|.){0,30}", style in terminals()) {
        let table = Table {
            columns: vec![Column::middle("key"), Column::end("user_agent"), Column::whole("id")],
            rows: vec![Row::from(vec![text.as_str().into(), text.as_str().into(), "id".into()])].into(),
            // Without anything that it could wrap at.
            notes: vec![text.replace([' ', '\n', '\r'], "_").into()],
            ..Table::default()
        };
        let report = Report { tables: vec![table], ..Report::default() };
        let shown = self::text(&Output { style, ..output(Format::Table) }, &report);
        // A heading, a rule, a row and a note; or a block with a line for each column, and the note.
        prop_assert_eq!(shown.lines().count(), 4, "{}", shown);
        let shown = self::text(&output(Format::Markdown), &report);
        let row = shown.lines().nth(2).unwrap();
        let edges = row.match_indices('|').filter(|(place, _)| !row[..*place].ends_with('\\')).count();
        prop_assert_eq!(edges, 4, "{}", row);
        prop_assert_eq!(shown.lines().count(), 5, "{}", shown);
    }
}

fn terminals() -> impl Strategy<Value = Style> {
    (any::<bool>(), prop::option::of(0usize..120)).prop_map(|(color, width)| Style {
        color,
        terminal: true,
        width,
        ascii: false,
    })
}

fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        out.push(match byte {
            b'\\' => match rest.next() {
                Some(b't') => b'\t',
                Some(b'n') => b'\n',
                Some(b'r') => b'\r',
                Some(b'\\') => b'\\',
                other => panic!("{other:?}"),
            },
            byte => *byte,
        });
    }
    out
}
