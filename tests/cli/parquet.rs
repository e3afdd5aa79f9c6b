//! Parquet that others wrote is a source as any other.

use std::fs::File;
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::file::properties::WriterProperties;
use s3al::record::Field;

use crate::harness::*;
use crate::sql::requests;

/// Seconds of the first request that `requests` makes.
const START: i64 = 1_785_542_400;

fn write(logs: &Logs, name: &str, columns: Vec<(&str, ArrayRef)>) {
    let rows = columns.into_iter().map(|(name, column)| (name, column, true));
    let batch = RecordBatch::try_from_iter_with_nullable(rows).expect("rows");
    let file = File::create(logs.path(name)).expect("a file");
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(100)).build();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("written");
}

/// These requests as AWS delivers them: the columns of the JSON delivery, texts but for numbers and the time.
fn delivery(log: &[Record]) -> Vec<(&'static str, ArrayRef)> {
    let texts = |field: Field| -> ArrayRef {
        let text = |record: &Record| Some(record.get(field).to_owned()).filter(|text| text != "-");
        Arc::new(log.iter().map(text).collect::<StringArray>())
    };
    let numbers = |field: Field| -> ArrayRef {
        Arc::new(log.iter().map(|record| record.get(field).parse::<i64>().ok()).collect::<Int64Array>())
    };
    let status = log.iter().map(|record| record.get(Field::HttpStatus).parse::<i32>().ok());
    let time = |number: usize| Some((START + (number as i64) / 2 * 60 + (number as i64) % 60) * 1_000_000);
    vec![
        ("bucket_name", texts(Field::Bucket)),
        ("request_time", Arc::new((0..log.len()).map(time).collect::<TimestampMicrosecondArray>())),
        ("remote_ip", texts(Field::RemoteIp)),
        ("requester", texts(Field::Requester)),
        ("request_id", texts(Field::RequestId)),
        ("operation", texts(Field::Operation)),
        ("key_name", texts(Field::Key)),
        ("http_status", Arc::new(status.collect::<Int32Array>())),
        ("error_code", texts(Field::ErrorCode)),
        ("bytes_sent_size", numbers(Field::BytesSent)),
        ("signature_version", texts(Field::SignatureVersion)),
        ("cipher_suite", texts(Field::CipherSuite)),
        ("tls_version", texts(Field::TlsVersion)),
    ]
}

#[test]
fn a_delivery_gives_the_same_answers_as_the_log() {
    let log = requests(3_000);
    let logs = Logs::of(&log);
    write(&logs, "delivery.snappy.parquet", delivery(&log));
    for report in [
        &["top", "--by", "requester,operation", "--limit", "0"][..],
        &["export", "--status", "4xx", "--columns", "timestamp,key,requester,error_code,bytes_sent"],
        &["top", "--by", "remote_ip", "--since", "2026-08-01T05:00", "--until", "2026-08-01T05:30"],
        &[
            "sql",
            "select bucket, sum(bytes_sent) as b, max(timestamp) as t, count(key) as k from logs group by 1 order by 1",
        ],
    ] {
        let answer = |source: &str| logs.same(&[report, &[source, "--format", "csv"]].concat()).stdout;
        let (expected, found) = (answer("logs"), answer("delivery.snappy.parquet"));
        assert!(expected.len() > 40 && expected == found, "{report:?}\n{}", String::from_utf8_lossy(&found));
    }
    // Of row groups that hold nothing of the window, no line is made.
    let window =
        ["top", "--since", "2026-08-01T05:00", "--until", "2026-08-01T05:10", "delivery.snappy.parquet"];
    let records = logs.json(&window)["tally"]["records"].as_u64();
    assert!(records < Some(300), "{records:?}");
}

/// A dash of the log is null in a delivery, also where it says that a request came over plain HTTP.
#[test]
fn plain_http_is_seen_in_a_delivery_too() {
    let plain = |record: Record| record.with(Field::CipherSuite, "-").with(Field::TlsVersion, "-");
    let every_seventh = |(number, record)| if number % 7 == 0 { plain(record) } else { record };
    let log: Vec<Record> = requests(600).into_iter().enumerate().map(every_seventh).collect();
    let logs = Logs::of(&log);
    write(&logs, "delivery.parquet", delivery(&log));
    let found = |source: &str| {
        logs.json(&["audit", "--check", "plain_http", source])["tables"]["by_finding"][0].clone()
    };
    assert_eq!(found("logs")["requests"], 86);
    assert_eq!(found("delivery.parquet"), found("logs"));
}

#[test]
fn what_holds_no_records_is_named() {
    let logs = Logs::new();
    let of = |values: &[&str]| -> ArrayRef { Arc::new(StringArray::from(values.to_vec())) };
    write(
        &logs,
        "other.parquet",
        vec![("timestamp", of(&["2026-08-01T00:00:00Z"])), ("message", of(&["x"]))],
    );
    logs.run(&["failed", "other.parquet"])
        .ended(2)
        .says("no columns of an access log")
        .says("timestamp, message");
    logs.write_text("cut.parquet", "PAR1 but no more");
    logs.run(&["failed", "cut.parquet"]).ended(2);
    // A row without a time is counted, as any line that cannot be read.
    let times = Arc::new(StringArray::from(vec![Some("2026-08-01T00:00:00Z"), Some("yesterday"), None]));
    write(&logs, "times.parquet", vec![("request_time", times), ("bucket_name", of(&["a", "b", "c"]))]);
    let report = logs.json(&["top", "times.parquet"]);
    assert_eq!((&report["tally"]["records"], &report["tally"]["rejected"]), (&1.into(), &2.into()));
}
