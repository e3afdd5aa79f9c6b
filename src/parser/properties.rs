//! What holds for any line, checked on random ones: for a moment, or for as many seconds as `S3AL_PROPERTY_SECONDS` says.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{TestCaseResult, TestRunner};

use super::*;
use crate::record::Field;

const OWNER: &str = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";
const HOST_ID: &str = "s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP=";

/// Checks a property with random values until time is up.
fn hold<T: Debug>(values: impl Strategy<Value = T>, property: impl Fn(T) -> TestCaseResult) {
    let seconds = std::env::var("S3AL_PROPERTY_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    let (began, time) = (Instant::now(), Duration::from_secs(seconds.unwrap_or(1)));
    let config = ProptestConfig { cases: 100, source_file: Some(file!()), ..ProptestConfig::default() };
    let mut runs = 0;
    while runs == 0 || began.elapsed() < time {
        if let Err(failure) = TestRunner::new(config.clone()).run(&values, &property) {
            panic!("after {runs} runs: {failure}");
        }
        runs += 1;
    }
}

/// A record as it was meant: the text of each field that the line has, `-` included.
#[derive(Clone)]
struct Meant {
    fields: Vec<Vec<u8>>,
    bare: bool,
}

impl Debug for Meant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.line().escape_ascii())
    }
}

impl Meant {
    /// The line.
    fn line(&self) -> Vec<u8> {
        let mut line = Vec::new();
        for (place, text) in self.fields.iter().enumerate() {
            let is_quoted =
                matches!(Field::ALL.get(place), Some(Field::RequestUri | Field::Referer | Field::UserAgent));
            let (open, close): (&[u8], &[u8]) = match Field::ALL.get(place) {
                Some(Field::Timestamp) => (b"[", b"]"),
                _ if is_quoted && !(self.bare && text == b"-") => (b"\"", b"\""),
                _ => (b"", b""),
            };
            let space: &[u8] = if place == 0 { b"" } else { b" " };
            line.extend_from_slice(&[space, open, text, close].concat());
        }
        line
    }

    /// Whether no field holds a quote, so that no cut of the line can make another one of it.
    fn is_plain(&self) -> bool {
        !self.fields.iter().any(|text| text.contains(&b'"'))
    }

    /// That a record is this one.
    fn is(&self, record: &Record<'_>) -> TestCaseResult {
        for (place, field) in Field::ALL.into_iter().enumerate() {
            let (read, meant) = (record.raw(field), self.fields.get(place).map(Vec::as_slice));
            prop_assert_eq!(
                read.map(<[u8]>::escape_ascii).map(|text| text.to_string()),
                meant.map(|text| text.escape_ascii().to_string()),
                "{}",
                field
            );
        }
        let extra: Vec<&[u8]> = record.extra().collect();
        let meant = self.fields.get(Field::COUNT..).unwrap_or_default();
        prop_assert!(extra == meant, "{:?}", extra);
        Ok(())
    }

    /// That a record is this one, as far as it goes: no field holds anything but the beginning of what was meant.
    fn begins_with(&self, record: &Record<'_>) -> TestCaseResult {
        for (place, field) in Field::ALL.into_iter().enumerate() {
            let (read, meant) = (
                record.raw(field).unwrap_or_default(),
                self.fields.get(place).map_or(&b""[..], Vec::as_slice),
            );
            let is_whole = place <= Field::TurnAroundTime.index();
            prop_assert!(
                if is_whole { read == meant } else { meant.starts_with(read) },
                "{}: {}",
                field,
                read.escape_ascii()
            );
        }
        Ok(())
    }
}

fn word() -> impl Strategy<Value = Vec<u8>> {
    "[A-Za-z0-9%./_:@=+-]{1,40}".prop_map(String::into_bytes)
}

fn number() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just("-".to_owned()),
        any::<u64>().prop_map(|number| number.to_string()),
        (0u32..1000).prop_map(|number| number.to_string())
    ]
    .prop_map(String::into_bytes)
}

/// What a client sends: mostly tame, often hostile, at times very long.
fn client_text() -> impl Strategy<Value = Vec<u8>> {
    let byte =
        prop_oneof![4 => any::<u8>(), 2 => Just(b'"'), 2 => Just(b' '), 1 => Just(b'['), 1 => Just(b'\\')];
    let hostile = prop::collection::vec(byte, 0..60);
    let forged = prop::sample::select(vec![
        "evil\" x",
        "\"\"",
        "x\" 200 - 1 1 1 1 \"-\" \"fake\" - AAAA= SigV4 - AuthHeader h TLSv1.2",
        "{\"a\":\"b\"}",
        "a [06/Feb/2019:00:00:38 +0000] b",
        "\" [06/Feb/2019:00:00:38 +0000] b",
    ]);
    prop_oneof![
        4 => "[ -!#-~]{0,40}".prop_map(String::into_bytes),
        2 => hostile,
        1 => forged.prop_map(|text| text.as_bytes().to_vec()),
        1 => (1_000usize..20_000).prop_map(|length| vec![b'x'; length]),
    ]
    .prop_map(|text| text.into_iter().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect())
}

/// A record, hostile or not, of any age.
fn meant() -> impl Strategy<Value = Meant> {
    let subject = (word(), word(), "[0-9A-Z]{16}", "REST\\.[A-Z]{3,6}\\.[A-Z_]{3,20}", word());
    let uri = prop_oneof![
        4 => "[A-Z]{3,6} /[!#-~]{0,60}( HTTP/1\\.[01])?".prop_map(String::into_bytes),
        1 => "GET /b/[!-~]{0,60} HTTP/1\\.1".prop_map(String::into_bytes),
        1 => Just(b"-".to_vec()),
    ];
    let response = (100u16..600, prop::option::of("[A-Z][A-Za-z]{3,20}"), prop::collection::vec(number(), 4));
    let tail = prop_oneof![Just(0), Just(1), 6usize..=12];
    let time = (1u8..29, 0u8..24, 0u8..60);
    (
        time,
        subject,
        uri,
        response,
        client_text(),
        client_text(),
        tail,
        prop::collection::vec(word(), 13),
        any::<bool>(),
    )
        .prop_map(
            |(
                (day, hour, minute),
                (ip, requester, id, operation, key),
                uri,
                (status, error, numbers),
                referer,
                agent,
                tail,
                words,
                bare,
            )| {
                // What ends a referer cannot be in it: that cannot be told apart.
                let mut referer = referer;
                while let Some(at) = memchr::memmem::find(&[&referer[..], b"\""].concat(), b"\" \"") {
                    referer.remove(at);
                }
                let text = |text: &str| text.as_bytes().to_vec();
                let mut fields = vec![
                    text(OWNER),
                    words[12].clone(),
                    text(&format!("{day:02}/Aug/2026:{hour:02}:{minute:02}:07 +0000")),
                    ip,
                    requester,
                    text(&id),
                    text(&operation),
                    key,
                    uri,
                    text(&status.to_string()),
                    text(error.as_deref().unwrap_or("-")),
                ];
                fields.extend(numbers);
                fields.extend([referer, agent]);
                let known = [
                    words[0].clone(),
                    text(HOST_ID),
                    text("SigV4"),
                    text("ECDHE"),
                    text("AuthHeader"),
                    text("h"),
                ];
                let acl_required = text(if bare { "Yes" } else { "-" });
                let later = [
                    words[6].clone(),
                    words[7].clone(),
                    acl_required,
                    words[8].clone(),
                    words[9].clone(),
                    text("new"),
                ];
                let tail = known.into_iter().chain(later).take(tail);
                fields.extend(tail);
                // A bare dash is told from a quoted one by nothing but the quotes; other fields are the same then.
                let bare = bare
                    && fields[Field::UserAgent.index()] == b"-"
                    && fields[Field::Referer.index()] == b"-";
                Meant { fields, bare }
            },
        )
}

/// Gives what is read of a line to `read`.
fn parse<T>(line: &[u8], read: impl FnOnce(Result<Record<'_>, ParseError>) -> T) -> T {
    read(Parser::default().parse(line))
}

#[test]
fn every_field_is_what_was_meant_whatever_the_line_ends_in() {
    let end = prop::sample::select(vec![&b""[..], b"\n", b"\r\n", b" ", b" \r\n", b"\t"]);
    hold((meant(), end), |(meant, end)| {
        parse(&[&meant.line()[..], end].concat(), |record| match record {
            Ok(record) => meant.is(&record),
            Err(error) => Err(TestCaseError::fail(error.to_string())),
        })
    });
}

#[test]
fn lines_of_a_chunk_are_read_wherever_it_begins_and_ends() {
    let lines = prop::collection::vec(
        (meant(), prop::sample::select(vec!["\n", "\r\n", "\n\n", "\r\n \r\n"])),
        1..12,
    );
    hold((lines, prop::collection::vec(any::<prop::sample::Index>(), 0..4)), |(lines, cuts)| {
        let texts: Vec<Vec<u8>> =
            lines.iter().map(|(meant, end)| [&meant.line()[..], end.as_bytes()].concat()).collect();
        let mut cuts: Vec<usize> =
            cuts.iter().map(|cut| cut.index(lines.len())).chain([0, lines.len()]).collect();
        cuts.sort_unstable();
        let mut parser = Parser::default();
        let mut meant = lines.iter().map(|(meant, _)| meant);
        for chunk in cuts.windows(2) {
            let chunk = texts[chunk[0]..chunk[1]].concat();
            let mut read = parser.lines(&chunk);
            while let Some(line) = read.next_line() {
                if is_blank(line) {
                    continue;
                }
                let meant = meant.next().ok_or_else(|| TestCaseError::fail("a line too many"))?;
                match read.read() {
                    Ok(record) => meant.is(&record)?,
                    Err(error) => return Err(TestCaseError::fail(error.to_string())),
                }
            }
        }
        prop_assert!(meant.next().is_none());
        Ok(())
    });
}

#[test]
fn no_cut_of_a_line_shifts_a_field() {
    hold((meant(), any::<prop::sample::Index>()), |(meant, cut)| {
        let line = meant.line();
        let (begin, rest) = line.split_at(cut.index(line.len()));
        if meant.is_plain() {
            parse(begin, |record| record.map_or(Ok(()), |record| meant.begins_with(&record)))?;
        }
        // What is left is a line only if nothing but a part of the owner is missing.
        parse(rest, |record| {
            let Ok(record) = record else { return Ok(()) };
            prop_assert!(begin.len() < OWNER.len(), "{}", rest.escape_ascii());
            let mut meant = meant;
            meant.fields[0].drain(..begin.len());
            meant.is(&record)
        })
    });
}

#[test]
fn two_records_in_a_line_are_none() {
    let between = prop::sample::select(vec![&b""[..], b" ", b"\r", b"\0"]);
    hold((meant(), meant(), any::<prop::sample::Index>(), between), |(first, second, cut, between)| {
        let line = first.line();
        // Up to the whole first one.
        let begin = &line[..1 + cut.index(line.len())];
        let glued = [begin, between, &second.line()].concat();
        parse(&glued, |record| {
            prop_assert!(record.is_err(), "{}", glued.escape_ascii());
            Ok(())
        })
    });
}
