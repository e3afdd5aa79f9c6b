//! The fast path and the reference grammar agree.

use proptest::prelude::*;

use super::super::fast_path;
use super::super::structural_index::StructuralIndex;
use super::*;

/// Lines as in the fixtures, with pieces put in or taken out.
fn mangled() -> impl Strategy<Value = Vec<u8>> {
    let line = {
        let logs = [
            &include_bytes!("../../tests/fixtures/hard_lines.log")[..],
            include_bytes!("../../tests/fixtures/questions.log"),
        ];
        let lines: Vec<&[u8]> = logs.into_iter().flat_map(super::super::lines).collect();
        prop::sample::select(lines)
    };
    let piece = prop::sample::select(vec![
        " ",
        "\"",
        "\" \"",
        "[",
        "-",
        " -",
        " - -",
        "Sig",
        "Origin ",
        "\n",
        "x",
        "[06/Feb/2019:00:00:38 +0000] ",
        "\" 200 - 1 2 3 4 ",
    ]);
    let edit = (any::<prop::sample::Index>(), 0..3usize, piece);
    (line, prop::collection::vec(edit, 0..4)).prop_map(|(line, edits)| {
        let mut line = line.to_vec();
        for (at, without, piece) in edits {
            let at = at.index(line.len() + 1);
            let end = (at + without).min(line.len());
            line.splice(at..end, piece.bytes());
        }
        line
    })
}

/// What clients send who know the format: pieces of a record, whole ones, and quotes at every end.
fn forged() -> impl Strategy<Value = String> {
    const OWNER: &str = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";
    let subject = "[06/Feb/2019:00:00:38 +0000] 192.0.2.3 - 3E57427F3EXAMPLE REST.GET.OBJECT k ";
    let batch =
        "[06/Feb/2019:00:00:38 +0000] 192.0.2.3 - 3E57427F3EXAMPLE BATCH.DELETE.OBJECT k - 204 - - - - - - -";
    let rest = "\"GET /k HTTP/1.1\" 200 - 1 1 7 6 \"-\" \"agent\" -";
    let piece = prop_oneof![
        6 => prop::sample::select(["a", " ", "\"", "\" \"", "\"\"", "-", "[", " - "].map(str::to_owned).to_vec()),
        1 => Just(subject.to_owned()),
        1 => Just(format!("{OWNER} b {subject}")),
        1 => Just(format!("{OWNER} b {subject}{rest}")),
        1 => Just(format!("{OWNER} b {batch}")),
        1 => Just(rest.to_owned()),
    ];
    prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

/// Lines whose URI, referer and user agent are forged.
fn forged_lines() -> impl Strategy<Value = Vec<u8>> {
    let tail = prop::sample::select(vec![
        "",
        " -",
        " - s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfI SigV4 - AuthHeader h TLSv1.2",
    ]);
    let request = prop_oneof![2 => Just("GET /k HTTP/1.1".to_owned()), 1 => forged()];
    (request, forged(), forged(), tail).prop_map(|(request, referer, agent, tail)| {
        let start = "o b [06/Feb/2019:00:00:38 +0000] 192.0.2.3 - 3E57427F3EXAMPLE REST.GET.OBJECT k";
        format!("{start} \"{request}\" 200 - 113 113 7 6 \"{referer}\" \"{agent}\"{tail}").into_bytes()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, ..ProptestConfig::default() })]

    #[test]
    fn the_fast_path_reads_what_the_reference_reads(line in prop_oneof![mangled(), forged_lines()]) {
        let mut index = StructuralIndex::default();
        index.read(&line);
        let input = Cursor::new(&line, 0, index.all());
        if let Some(usual) = fast_path::record(input, &mut LogTimes::default()) {
            let any = record(&line, &mut LogTimes::default()).map_err(|reject| TestCaseError::fail(reject.to_string()))?;
            let read = |record: &Record<'_>| {
                let fields: Vec<_> = record.fields().map(|text| text.map(<[u8]>::escape_ascii).map(|text| text.to_string())).collect();
                let extra: Vec<_> = record.extra().map(|text| text.escape_ascii().to_string()).collect();
                (fields, extra, record.timestamp(), record.is_ambiguous(), record.has(Field::HostId), record.has(Field::VersionId))
            };
            prop_assert_eq!(read(&usual), read(&any));
        }
    }
}

#[test]
fn nearly_all_lines_are_usual() {
    let log = include_bytes!("../../tests/fixtures/questions.log");
    let is_unusual = |line: &&[u8]| {
        let mut index = StructuralIndex::default();
        index.read(line);
        fast_path::record(Cursor::new(line, 0, index.all()), &mut LogTimes::default()).is_none()
    };
    let unusual: Vec<&[u8]> = super::super::lines(log).filter(is_unusual).collect();
    let is_forged = |line: &&[u8]| line.escape_ascii().to_string().contains(r#"\"x\" 204"#);
    assert!(unusual.iter().all(is_forged), "{}", unusual[0].escape_ascii());
}
