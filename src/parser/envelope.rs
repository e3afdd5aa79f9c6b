//! The envelope in which a subscription of CloudWatch Logs hands on the lines of a log group: `messageType`, where they are
//! from, and the lines as the `message` of each of the `logEvents`.
//!
//! Source: AWS, "Log group-level subscription filters" (Amazon CloudWatch Logs User Guide). A control message is there to
//! see whether the destination can be reached, and holds no line of a log.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::shallow::reach;
use super::text::json_start;

/// The members of an envelope.
const MEMBERS: [&[u8]; 7] = [
    b"messageType",
    b"owner",
    b"logGroup",
    b"logStream",
    b"subscriptionFilters",
    b"policyLevel",
    b"logEvents",
];

/// Whether a line begins like an envelope.
#[inline]
pub(crate) fn is_one(line: &[u8]) -> bool {
    match line {
        // Most records begin with other letters.
        [b'{', b'"', name @ ..] => {
            matches!(
                name,
                [b'm', b'e', ..] | [b'o', b'w', ..] | [b'l', b'o', ..] | [b's', b'u', ..] | [b'p', b'o', ..]
            ) && begins_with_member(name)
        }
        _ => is_unusual_one(line),
    }
}

/// The same of one that white space, a mark or a time is before or in.
#[cold]
fn is_unusual_one(line: &[u8]) -> bool {
    let object = json_start(line).map(|start| line[start + 1..].trim_ascii_start());
    matches!(object, Some([b'"', name @ ..]) if begins_with_member(name))
}

#[cold]
fn begins_with_member(text: &[u8]) -> bool {
    let end = text.iter().position(|byte| *byte == b'"');
    end.is_some_and(|end| is_member(&text[..end]))
}

/// Whether this is the name of a member of an envelope.
pub(super) fn is_member(name: &[u8]) -> bool {
    MEMBERS.contains(&name)
}

/// How much of an envelope there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unpacked {
    /// All of it, and nothing else.
    Whole,
    /// All of it, and something after it.
    Followed,
    /// Not all of it, or something else is in it.
    Cut,
}

/// Unpacks the lines of an envelope, one after the other: those that are whole.
pub(super) fn unpack(envelope: &[u8], lines: &mut Vec<u8>) -> Unpacked {
    lines.clear();
    let (object, rest) = envelope.split_at(reach(envelope));
    let mut json = serde_json::Deserializer::from_slice(object);
    let mut others = Vec::new();
    match (Object { lines, others: &mut others }).deserialize(&mut json) {
        Err(_) => return Unpacked::Cut,
        Ok(Kind::Control) => lines.clear(),
        Ok(Kind::Data) => lines.append(&mut others),
    }
    if rest.trim_ascii().is_empty() { Unpacked::Whole } else { Unpacked::Followed }
}

/// Appends a line.
pub(super) fn push(lines: &mut Vec<u8>, line: &[u8]) {
    lines.extend(line.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }));
    lines.push(b'\n');
}

/// What an envelope is for.
enum Kind {
    Data,
    Control,
}

/// Reads the envelope: its lines, and the events that hold none, which cannot be read.
struct Object<'l> {
    lines: &'l mut Vec<u8>,
    others: &'l mut Vec<u8>,
}

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = Kind;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Kind, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an envelope")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Kind, A::Error> {
        let mut kind = Kind::Data;
        while let Some(name) = members.next_key::<String>()? {
            match name.as_str() {
                "messageType" if members.next_value::<String>()? == "CONTROL_MESSAGE" => kind = Kind::Control,
                "messageType" => {}
                "logEvents" => members.next_value_seed(Events(&mut *self.lines, &mut *self.others))?,
                _ => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(kind)
    }
}

/// Reads the list of events: its lines, and the other events.
struct Events<'l>(&'l mut Vec<u8>, &'l mut Vec<u8>);

impl<'de> DeserializeSeed<'de> for Events<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Events<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut events: A) -> Result<(), A::Error> {
        while let Some(json) = events.next_element::<&RawValue>()? {
            match serde_json::from_str::<Event>(json.get()) {
                Ok(event) => push(self.0, event.message.as_bytes()),
                Err(_) => push(self.1, json.get().as_bytes()),
            }
        }
        Ok(())
    }
}

#[derive(serde::Deserialize)]
struct Event {
    message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpacked(envelope: &str) -> String {
        let mut lines = b"of the envelope before".to_vec();
        let start = json_start(envelope.as_bytes()).expect("an object");
        let unpacked = unpack(&envelope.as_bytes()[start..], &mut lines);
        String::from_utf8_lossy(&lines).into_owned() + if unpacked == Unpacked::Whole { "" } else { "cut" }
    }

    #[test]
    fn lines_come_out_as_they_went_in() {
        let data = r#"{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"g","logStream":"s","subscriptionFilters":["f"],"logEvents":[{"id":"1","timestamp":1440442987000,"message":"{\"a\":\"\u00e9 \\\"\"}"},{"message":"two\nlines\n","id":"2"}]}"#;
        assert!(is_one(data.as_bytes()));
        assert_eq!(unpacked(data), "{\"a\":\"\u{e9} \\\"\"}\ntwo lines \n");
        let control = data.replace("DATA", "CONTROL");
        assert_eq!(unpacked(&control), "");
        let cut = &data[..data.len() - 20];
        assert_eq!(unpacked(cut), "{\"a\":\"\u{e9} \\\"\"}\ncut");
        for before in ["\u{feff}", " ", "\t", "2026-03-01T12:00:00.123Z "] {
            let data = format!("{before}{}", data.replacen('{', "{ ", 1));
            assert!(is_one(data.as_bytes()), "{before:?}");
            assert_eq!(unpacked(&data), "{\"a\":\"\u{e9} \\\"\"}\ntwo lines \n");
        }
    }

    #[test]
    fn a_record_is_no_envelope() {
        for line in [
            r#"{"schema_version_id":"V_1_0"}"#,
            r#"{"operation":"o"}"#,
            r#"{"ownership":1}"#,
            "{}",
            "",
            "{ ",
            " {",
        ] {
            assert!(!is_one(line.as_bytes()), "{line}");
        }
        assert!(is_one(br#"{"owner":"1","logEvents":[]}"#));
    }
}
