//! The envelope in which a subscription of CloudWatch Logs hands on the lines of a log group: `messageType`, where they are
//! from, and the lines as the `message` of each of the `logEvents`.
//!
//! Source: AWS, "Log group-level subscription filters" (Amazon CloudWatch Logs User Guide). A control message is there to
//! see whether the destination can be reached, and holds no line of a log.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The members of an envelope.
const MEMBERS: [&[u8]; 6] =
    [b"messageType", b"owner", b"logGroup", b"logStream", b"subscriptionFilters", b"logEvents"];

/// Whether a line of the JSON delivery begins like an envelope.
#[inline]
pub(super) fn is_one(line: &[u8]) -> bool {
    let [b'{', b'"', name @ ..] = line else { return false };
    // Most records begin with other letters.
    matches!(name, [b'm', b'e', ..] | [b'o', b'w', ..] | [b'l', b'o', ..] | [b's', b'u', ..])
        && begins_with_member(name)
}

#[cold]
fn begins_with_member(text: &[u8]) -> bool {
    MEMBERS.iter().any(|name| text.strip_prefix(*name).is_some_and(|rest| rest.first() == Some(&b'"')))
}

/// Unpacks the lines of an envelope, one after the other. If it has been cut, the lines that are whole, and the envelope
/// itself as one that cannot be read.
pub(super) fn unpack(envelope: &[u8], lines: &mut Vec<u8>) {
    lines.clear();
    let mut json = serde_json::Deserializer::from_slice(envelope);
    let read = Object(lines).deserialize(&mut json).and_then(|kind| json.end().map(|()| kind));
    match read {
        Ok(Kind::Control) => lines.clear(),
        Ok(Kind::Data) => {}
        Err(_) => push(lines, envelope),
    }
}

fn push(lines: &mut Vec<u8>, line: &[u8]) {
    lines.extend(line.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }));
    lines.push(b'\n');
}

/// What an envelope is for.
enum Kind {
    Data,
    Control,
}

/// Reads the envelope.
struct Object<'l>(&'l mut Vec<u8>);

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
                "logEvents" => members.next_value_seed(Events(self.0))?,
                _ => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(kind)
    }
}

/// Reads the list of events.
struct Events<'l>(&'l mut Vec<u8>);

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
        while let Some(event) = events.next_element::<Event>()? {
            push(self.0, event.message.as_bytes());
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
        unpack(envelope.as_bytes(), &mut lines);
        String::from_utf8_lossy(&lines).into_owned()
    }

    #[test]
    fn lines_come_out_as_they_went_in() {
        let data = r#"{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"g","logStream":"s","subscriptionFilters":["f"],"logEvents":[{"id":"1","timestamp":1440442987000,"message":"{\"a\":\"\u00e9 \\\"\"}"},{"message":"two\nlines\n","id":"2"}]}"#;
        assert!(is_one(data.as_bytes()));
        assert_eq!(unpacked(data), "{\"a\":\"\u{e9} \\\"\"}\ntwo lines \n");
        let control = data.replace("DATA", "CONTROL");
        assert_eq!(unpacked(&control), "");
        let cut = &data[..data.len() - 20];
        assert_eq!(unpacked(cut), format!("{{\"a\":\"\u{e9} \\\"\"}}\n{cut}\n"));
    }

    #[test]
    fn a_record_is_no_envelope() {
        for line in
            [r#"{"schema_version_id":"V_1_0"}"#, r#"{"operation":"o"}"#, r#"{"ownership":1}"#, "{}", ""]
        {
            assert!(!is_one(line.as_bytes()), "{line}");
        }
        assert!(is_one(br#"{"owner":"1","logEvents":[]}"#));
    }
}
