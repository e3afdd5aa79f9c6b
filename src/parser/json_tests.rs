//! The fast path and the reference agree.

use proptest::prelude::*;

use super::super::iso_time::IsoTimes;
use super::super::json_fast_path;
use super::super::json_members::Order;
use super::super::json_texts::JsonTexts;
use super::super::structural_index::StructuralIndex;
use super::*;
use crate::record::Record;

/// All that a record can be asked for.
type Shown = (Vec<Option<String>>, Vec<Option<String>>, Vec<String>, Timestamp, Vec<bool>);

fn shown(record: &Record<'_>) -> Shown {
    let text = |text: Option<&[u8]>| text.map(|text| text.escape_ascii().to_string());
    (
        record.fields().map(text).collect(),
        Field::ALL.map(|field| text(record.get(field))).to_vec(),
        record.extra().map(|text| text.escape_ascii().to_string()).collect(),
        record.timestamp(),
        Field::ALL.map(|field| record.has(field)).to_vec(),
    )
}

/// What the fast path reads, with what earlier records have taught it.
fn usual(line: &[u8], order: &mut Order, times: &mut IsoTimes) -> Option<Shown> {
    let (mut index, mut texts) = (StructuralIndex::default(), JsonTexts::default());
    index.read_json(line);
    let read = json_fast_path::record(line, 0..line.len(), index.all(), order, times, &mut texts)?;
    Some(shown(&read.record(line, line, &texts)))
}

fn reference(line: &[u8]) -> Result<Shown, ParseError> {
    let mut texts = JsonTexts::default();
    let read = record(line, &mut texts)?;
    Ok(shown(&read.record(line, line, &texts)))
}

/// Objects of known and unknown members with usual and unusual values, in any order, and now and then two of a name.
fn object() -> impl Strategy<Value = String> {
    let names = [
        "schema_version_id",
        "bucket_arn",
        "bucket_name",
        "bucket",
        "request_time",
        "timestamp",
        "key_name",
        "key",
        "operation",
        "http_status",
        "bytes_sent_size",
        "bytes_sent",
        "object_size",
        "acl_required",
        "user_agent",
        "host_id",
        "novel",
        "",
        "turn_around_duration",
    ];
    let values = [
        "null",
        "true",
        "false",
        "0",
        "7",
        "200",
        "012",
        "1234567890123456789",
        "12345678901234567890",
        "-1",
        "2e2",
        "200.0",
        "\"\"",
        "\"-\"",
        "\"200\"",
        "\"text of words\"",
        "\"es\\\"cape\"",
        "\"caf\u{e9}\"",
        "[1]",
        "{\"a\":1}",
        "\"2026-03-01T12:00:00.123Z\"",
        "\"2026-03-01T12:00:00Z\"",
        "\"{\\\"\"",
        "\"}{\"",
    ];
    let space = prop_oneof![8 => Just(""), 1 => Just(" "), 1 => Just("  ")];
    let member = (prop::sample::select(names.to_vec()), prop::sample::select(values.to_vec()), space)
        .prop_map(|(name, value, space)| format!("{space}\"{name}\":{space}{value}"));
    let time = prop::sample::select(vec![
        "\"request_time\":\"2026-03-01T12:00:07.123Z\"",
        "\"timestamp\":\"2026-03-01T12:00:08Z\"",
    ]);
    (prop::collection::vec(member, 0..8), time, any::<prop::sample::Index>()).prop_map(
        |(members, time, at)| {
            let mut members = members;
            members.insert(at.index(members.len() + 1), time.to_owned());
            format!("{{{}}}", members.join(","))
        },
    )
}

/// The same with pieces put in or taken out.
fn mangled() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        "", "\"", "\\", ",", ":", "}", "{", "n", "0", " ", "\n", "\u{e9}", "\u{7f}",
    ]);
    let edit = (any::<prop::sample::Index>(), 0..3usize, piece);
    (object(), prop::collection::vec(edit, 0..3)).prop_map(|(line, edits)| {
        let mut line = line.into_bytes();
        for (at, without, piece) in edits {
            let at = at.index(line.len() + 1);
            let end = (at + without).min(line.len());
            line.splice(at..end, piece.bytes());
        }
        line
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, ..ProptestConfig::default() })]

    #[test]
    fn the_fast_path_reads_what_the_reference_reads(lines in prop::collection::vec(prop_oneof![object().prop_map(String::into_bytes), mangled()], 1..4)) {
        let (mut order, mut times) = (Order::default(), IsoTimes::default());
        for line in lines {
            if let Some(usual) = usual(&line, &mut order, &mut times) {
                prop_assert_eq!(Ok(usual), reference(&line), "{}", line.escape_ascii());
            }
        }
    }
}

#[test]
fn the_usual_record_is_usual() {
    let line = br#"{"schema_version_id":"V_1_0","bucket_arn":"arn:aws:s3:::b","bucket_name":"b","request_time":"2026-03-01T12:00:00.123Z","bucket_owner_id":"o","remote_ip":"192.0.2.3","requester":null,"request_id":"R","operation":"REST.GET.OBJECT","key_name":"a%2Fb","request_uri":"GET /a/b HTTP/1.1","http_status":200,"error_code":null,"bytes_sent_size":243,"object_size":243,"total_duration":7,"turn_around_duration":6,"referer":"-","user_agent":"agent/1 (a; b)","version_id":null,"host_id":"H=","signature_version":"SigV4","cipher_suite":"TLS_AES_128_GCM_SHA256","authentication_type":"AuthHeader","host_header":"b.s3.amazonaws.com","tls_version":"TLSv1.3","access_point_arn":null,"acl_required":false,"novel":17,"source_region":null}"#;
    let (mut order, mut times) = (Order::default(), IsoTimes::default());
    for _ in 0..2 {
        let usual = usual(line, &mut order, &mut times);
        assert!(usual.is_some());
        assert_eq!(usual, reference(line).ok());
    }
}

#[test]
fn how_deep_a_member_may_be_does_not_depend_on_the_length_of_its_object() {
    let object = |depth: usize, filling: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        let filling = "f".repeat(filling);
        format!(r#"{{"request_time":"2026-03-01T12:00:00Z","novel":{open}{close},"filling":"{filling}"}}"#)
    };
    for filling in [0, 10_000] {
        let read = |depth| record(object(depth, filling).as_bytes(), &mut JsonTexts::default());
        assert!(read(10).is_ok(), "{filling}");
        assert_eq!(read(20).err(), Some(ParseError::Json), "{filling}");
    }
}
