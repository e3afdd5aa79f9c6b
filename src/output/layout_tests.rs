//! What there is room for, and what becomes of the rest.

use std::io;

use proptest::prelude::*;

use super::Style;
use super::layout::{COLUMN_GAP, Layout, total};
use super::truncate;
use crate::record::Field;
use crate::report::{self, Importance, Table, Value};
use crate::spill::Space;
use crate::time::Zone;

const STYLE: Style = Style { color: false, terminal: true, width: None, ascii: false };

fn failed() -> Table {
    let fields = [
        (Field::Timestamp, Importance::Answer),
        (Field::Bucket, Importance::Detail),
        (Field::HttpStatus, Importance::Answer),
        (Field::ErrorCode, Importance::Answer),
        (Field::Operation, Importance::Answer),
        (Field::Key, Importance::Answer),
        (Field::Requester, Importance::Answer),
        (Field::RemoteIp, Importance::Context),
        (Field::UserAgent, Importance::Context),
        (Field::RequestId, Importance::Detail),
    ];
    let line = |day: u8, bucket: &str, ip: u8, operation: &str, key: &str, status: &str| {
        format!(
            "o {bucket} [{day:02}/Aug/2026:21:49:39 +0000] 192.0.2.{ip} \
             arn:aws:sts::444455556666:assumed-role/EtlRunner/nightly R{ip} {operation} {key} \"GET /{key} HTTP/1.1\" \
             {status} 1 2 3 4 \"-\" \"aws-cli/2.15.30 Python/3.11\" -"
        )
    };
    let lines = [
        line(
            3,
            "amzn-s3-demo-a",
            1,
            "REST.GET.OBJECT",
            "tables/orders/part-00012-of-99.csv",
            "403 AccessDenied",
        ),
        line(
            2,
            "amzn-s3-demo-b",
            2,
            "REST.PUT.OBJECT",
            "tables/orders/part-00013-of-99.csv",
            "404 NoSuchKey",
        ),
    ];
    let space = Space::new(std::env::temp_dir(), 1 << 20);
    let lines = |put: &mut (dyn FnMut(&[u8]) -> io::Result<()> + Send)| {
        lines.iter().try_for_each(|line| put(line.as_bytes()))
    };
    Table::of_records("requests", "Newest failed requests", &fields, &space, lines).unwrap()
}

fn headings(table: &Table, width: usize) -> Vec<String> {
    let style = Style { width: Some(width), ..STYLE };
    let layout = Layout::new(table, Zone::Utc, &style).unwrap().expect("a table");
    layout.sheet.columns.into_iter().map(|column| column.heading).collect()
}

#[test]
fn details_go_before_context_and_answers_stay() {
    let answers = ["timestamp", "status", "operation", "key"];
    // What both rows share is above the table: who it was, and with what.
    assert_eq!(headings(&failed(), 110)[..4], answers);
    assert_eq!(headings(&failed(), 110).last().map(String::as_str), Some("bucket"));
    assert_eq!(headings(&failed(), 90), [&answers[..], &["remote_ip"]].concat());
    assert_eq!(headings(&failed(), 78), answers);
    assert_eq!(headings(&failed(), 60), answers);
    let style = Style { width: Some(40), ..STYLE };
    assert!(Layout::new(&failed(), Zone::Utc, &style).unwrap().is_none());
}

#[test]
fn keys_of_32_characters_are_whole_in_100_columns() {
    let style = Style { width: Some(100), ..STYLE };
    let layout = Layout::new(&failed(), Zone::Utc, &style).unwrap().expect("a table");
    let key = layout.sheet.columns.iter().position(|column| column.name == "key").expect("the key");
    assert!(layout.widths[key] >= 34, "{layout:?}");
}

#[test]
fn all_texts_are_cut_in_proportion() {
    let text = |row: &usize| Value::Text(vec![b'x'; 60 + row]);
    let table = Table::builder("t", "T", [0_usize, 1])
        .one(report::Column::of(Field::Key), text)
        .one(report::Column::of(Field::Requester), text)
        .column("count", Value::Count, |row| *row as u64)
        .build();
    let (key, requester) = (table.columns[0].minimum, table.columns[1].minimum);
    assert_eq!(key, 2 * requester);
    let gaps = 2 * COLUMN_GAP + "count".len();
    // At half of it the heading needs one more.
    for width in gaps + (key + requester) / 2 + 1..gaps + key + requester {
        let style = Style { width: Some(width), ..STYLE };
        let layout = Layout::new(&table, Zone::Utc, &style).unwrap().expect("a table");
        let widths = &layout.widths;
        assert_eq!(total(widths.iter().copied()), width, "all room is used");
        // Steps of a twentieth, and what is left of them.
        assert!(widths[0].abs_diff(2 * widths[1]) <= 6, "{width}: {widths:?}");
        assert!(widths[0] >= key / 2 && widths[1] >= requester / 2, "{width}: {widths:?}");
    }
}

#[test]
fn keys_keep_their_room_in_80_columns() {
    for width in 60..100 {
        let style = Style { width: Some(width), ..STYLE };
        let layout = Layout::new(&failed(), Zone::Utc, &style).unwrap().expect("a table");
        let key = layout.sheet.columns.iter().position(|column| column.name == "key").expect("the key");
        assert!(layout.widths[key] >= if width < 70 { 16 } else { 24 }, "{width}: {layout:?}");
    }
}

#[test]
fn lines_over_time_are_drawn_in_fewer_steps() {
    let table = Table::builder("t", "T", [0_u64, 1])
        .one(report::Column::middle("key"), |row| Value::Text(format!("{row}/").repeat(10).into()))
        .column(
            "over_time",
            |row| Value::Series((0..60).map(|step| u64::from(step == 30 + row)).collect()),
            |row| *row,
        )
        .build();
    let layout = |width: usize| {
        let style = Style { width: Some(width), ..STYLE };
        Layout::new(&table, Zone::Utc, &style).unwrap().expect("a table")
    };
    assert_eq!(layout(82).widths, [20, 60]);
    assert_eq!(layout(82).in_fewer_steps().count(), 0);
    assert_eq!(layout(52).widths, [20, 30]);
    assert_eq!(layout(52).in_fewer_steps().collect::<Vec<_>>(), ["over_time"]);
}

#[test]
fn values_without_room_are_below_their_rows() {
    let text = |length: usize| move |row: &usize| Value::Text(vec![b'a'; length + row]);
    let table = Table::builder("t", "T", [0_usize, 1])
        .one(report::Column::middle("key"), text(30))
        .one(report::Column::end("first"), text(30))
        .context()
        .below()
        .one(report::Column::end("second"), text(30))
        .context()
        .below()
        .one(report::Column::whole("third"), text(9))
        .context()
        .build();
    let places = |width: usize| {
        let style = Style { width: Some(width), ..STYLE };
        let layout = Layout::new(&table, Zone::Utc, &style).unwrap().expect("a table");
        let below: Vec<String> = layout.below.iter().map(|column| column.name.clone()).collect();
        (below.join(" "), layout.hidden.join(" "))
    };
    assert_eq!(places(110), (String::new(), String::new()));
    assert_eq!(places(100), ("second".into(), String::new()));
    assert_eq!(places(60), ("first second".into(), String::new()));
    assert_eq!(places(40), ("first second".into(), "third".into()));
}

#[test]
fn what_has_no_key_is_done_to_a_bucket() {
    let key = |row: &usize| if *row == 0 { Value::Null } else { "photos/2026/summer/cat.jpg".into() };
    let table = Table::builder("t", "T", [0_usize, 1])
        .one(report::Column::of(Field::Key), key)
        .one(report::Column::of(Field::Bucket), |row| Value::Text(format!("bucket-{row}").into()))
        .context()
        .build();
    let keys = |width: usize| {
        let style = Style { width: Some(width), ..STYLE };
        let layout = Layout::new(&table, Zone::Utc, &style).unwrap().expect("a table");
        let mut texts = Vec::new();
        table
            .rows
            .for_each(|row| {
                texts.push(layout.sheet.columns[0].cell(row).text);
                Ok(())
            })
            .unwrap();
        (texts, layout.hidden)
    };
    assert_eq!(keys(60).0, ["-", "photos/2026/summer/cat.jpg"]);
    let (texts, hidden) = keys(30);
    assert_eq!(texts, ["bucket bucket-0", "photos/2026/summer/cat.jpg"]);
    assert_eq!(hidden, ["bucket"]);
}

#[test]
fn numbers_without_room_are_added_up() {
    let mut table = Table::builder("t", "T", [0_u64, 1]).column("time", Value::Count, |row| *row);
    for (place, name) in ["alpha", "beta", "gamma", "other"].into_iter().enumerate() {
        let count = move |row: &u64| 600 * (place as u64 + 1) + row;
        table = table.one(report::Column::whole(name).added(), move |row| Value::Count(count(row)));
    }
    let mut table = table.build();
    let shown = |width: usize, table: &mut Table| {
        let style = Style { width: Some(width), ..STYLE };
        let layout = Layout::new(table, Zone::Utc, &style).unwrap().expect("a table");
        let columns = &layout.sheet.columns;
        assert!(total(layout.widths.iter().copied()) <= width, "{layout:?}");
        let row = &table.rows.held()[1];
        let texts: Vec<String> =
            columns.iter().map(|column| format!("{} {}", column.heading, column.cell(row).text)).collect();
        (texts.join(", "), layout.added.join(" "))
    };
    let all = "time 1, alpha 601, beta 1,201, gamma 1,801, other 2,401";
    assert_eq!(shown(32, &mut table), (all.into(), String::new()));
    assert_eq!(shown(31, &mut table), ("time 1, alpha 601, beta 1,201, other 4,202".into(), "gamma".into()));
    assert_eq!(shown(24, &mut table), ("time 1, alpha 601, other 5,403".into(), "beta gamma".into()));
    // Where nothing is called so, the last one is.
    table.columns[4].name = "delta".into();
    assert_eq!(shown(24, &mut table), ("time 1, alpha 601, other 5,403".into(), "beta gamma delta".into()));
}

#[test]
fn what_all_rows_share_is_said_once() {
    let style = Style { width: Some(90), ..STYLE };
    let layout = Layout::new(&failed(), Zone::Utc, &style).unwrap().expect("a table");
    let same: Vec<_> = layout.sheet.same.iter().map(|(name, value, _)| format!("{name} {value}")).collect();
    assert_eq!(same, ["requester EtlRunner @6666", "client aws-cli/2"]);
    assert_eq!(layout.sheet.times.as_deref(), Some("times in UTC, 2026"));
    let texts = |place: usize| -> Vec<String> {
        let mut table = failed();
        table.rows.held().iter().map(|row| layout.sheet.columns[place].cell(row).text).collect()
    };
    assert_eq!(texts(0), ["08-03 21:49:39", "08-02 21:49:39"]);
    assert_eq!(texts(1), ["403 AccessDenied", "404 NoSuchKey"]);
}

proptest! {
    #[test]
    fn tables_fit_and_lose_no_answer(
        columns in prop::collection::vec((0u8..4, 0u8..3, 0usize..60, "[a-z_]{1,20}"), 1..9),
        width in 1usize..250,
    ) {
        let importance = |kind: u8| match kind {
            0 => Importance::Lead,
            1 => Importance::Answer,
            2 => Importance::Context,
            _ => Importance::Detail,
        };
        let mut table = Table::builder("t", "T", [0_usize, 1]);
        for (kind, fit, length, name) in &columns {
            let column = match fit {
                0 => report::Column::whole(name.clone()),
                1 => report::Column::middle(name.clone()),
                _ => report::Column::end(name.clone()),
            };
            let column = column.of_importance(importance(*kind));
            table = table.one(column, move |row| Value::Text(vec![b'x'; length + row]));
        }
        let table = table.build();
        let style = Style { width: Some(width), ..STYLE };
        if let Some(layout) = Layout::new(&table, Zone::Utc, &style).unwrap() {
            prop_assert!(total(layout.widths.iter().copied()) <= width, "{layout:?}");
            let shown: Vec<&str> = layout.sheet.columns.iter().map(|one| one.heading.as_str())
                .chain(layout.sheet.same.iter().map(|(name, ..)| name.as_str())).collect();
            for (kind, .., name) in &columns {
                prop_assert!(importance(*kind) > Importance::Answer || shown.contains(&name.as_str()));
            }
            for (column, width) in layout.sheet.columns.iter().zip(&layout.widths) {
                prop_assert!(truncate::width(&column.heading) <= *width, "{layout:?}");
            }
        }
    }
}

#[test]
fn who_it_was_is_read_beside_a_long_bucket() {
    let table = Table::builder("t", "T", [0_usize, 1])
        .one(report::Column::of(Field::Requester), |row| {
            if *row == 0 { Value::Null } else { "arn:aws:iam::111122223333:user/bob".into() }
        })
        .one(report::Column::of(Field::Bucket), |row| Value::Text(vec![b'a' + *row as u8; 63]))
        .column("requests", Value::Count, |row| *row as u64)
        .build();
    let widths = |width: usize| {
        let style = Style { width: Some(width), ..STYLE };
        Layout::new(&table, Zone::Utc, &style).unwrap().expect("a table").widths
    };
    assert_eq!(widths(90)[1], 63, "whole where there is room");
    let narrow = widths(70);
    assert!(narrow[0] >= 9 && narrow[1] >= 44, "{narrow:?}");
    assert!(widths(60)[0] >= 9, "{:?}", widths(60));
}
