//! The JSON delivery: the same records through CloudWatch Logs. This is the reference: it reads every object, with serde.
//!
//! Source: AWS, "Log format in CloudWatch Logs" (Amazon S3 User Guide). A delivery can be made with a choice of members
//! (`recordFields` of CreateDelivery, Amazon CloudWatch Logs API Reference), so that any object with a time is a record.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::error::ParseError;
use super::json_members::{Member, member};
use super::json_texts::{JsonTexts, Read};
use super::shallow::{end_of_value, reach};
use crate::record::cursor::Span;
use crate::record::{Field, FieldKind, NONE, is_number, yes_or_no};
use crate::time::Timestamp;

/// Reads an object that is all of `line`. Its texts go to `texts`.
///
/// # Errors
/// The reason, if it is no record.
#[inline(never)]
pub(super) fn record(line: &[u8], texts: &mut JsonTexts) -> Result<Read, ParseError> {
    texts.begin_anew();
    let (object, rest) = line.split_at(reach(line));
    if !rest.trim_ascii().is_empty() {
        return Err(ParseError::Json);
    }
    let mut json = serde_json::Deserializer::from_slice(object);
    let found = Members(texts).deserialize(&mut json).and_then(|found| json.end().map(|()| found));
    let Found { values, aws, own } = found.map_err(|_| ParseError::Json)?;

    let mut read = Read { is_copied: true, ..Read::default() };
    for field in Field::ALL {
        let span = match values[field.index()] {
            Value::None => continue,
            // A dash of the log means that an ACL was not needed, which null does not say.
            Value::Null if field == Field::AclRequired => continue,
            // A member that is there and holds nothing is such a dash: a null cipher is plain HTTP.
            Value::Null => texts.add(NONE),
            Value::Text(span) => span,
            Value::Nested => return Err(ParseError::JsonMember(field)),
        };
        let holds_number =
            matches!(field.kind(), FieldKind::Integer | FieldKind::Bytes | FieldKind::Milliseconds);
        let text = span.of(texts.values());
        let is_status = field != Field::HttpStatus || text == NONE || text.len() == 3;
        if holds_number && !(is_number(text) && is_status) {
            return Err(ParseError::JsonMember(field));
        }
        read.spans[field.index()] = span;
    }
    let acl_required = read.spans[Field::AclRequired.index()];
    if let Some(text) = acl_required.find(texts.values()).filter(|text| yes_or_no(text).is_none()) {
        let text = text.to_owned();
        texts.add_extra(Field::AclRequired.name().as_bytes(), &text);
    }
    // `timestamp` alone is a member of many an object that is no record.
    let is_alone = aws == 0 && own.count_ones() == 1;
    let timestamp = read.spans[Field::Timestamp.index()].of(texts.values());
    let timestamp = Timestamp::from_iso(timestamp).filter(|_| !is_alone || bit(Field::Timestamp) & aws != 0);
    read.timestamp = timestamp.ok_or(ParseError::JsonMember(Field::Timestamp))?;
    Ok(read)
}

/// Whether a text begins with an object that is a record.
#[cold]
pub(super) fn begins_record(text: &[u8]) -> bool {
    let object = end_of_value(text).map(|end| &text[..end]);
    object.is_some_and(|object| record(object, &mut JsonTexts::default()).is_ok())
}

fn bit(field: Field) -> u32 {
    1 << field.index()
}

/// What the members of an object hold.
struct Found {
    /// By field.
    values: [Value; Field::COUNT],
    /// Which fields came under the name of AWS, a bit for each, and which under our own.
    aws: u32,
    own: u32,
}

/// What a member holds.
#[derive(Clone, Copy)]
enum Value {
    /// There is no such member.
    None,
    /// Null.
    Null,
    /// A text, number or boolean, as text.
    Text(Span),
    /// A list or an object.
    Nested,
}

/// Reads the object.
struct Members<'s>(&'s mut JsonTexts);

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = Found;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Found, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Found, A::Error> {
        use serde::de::Error as _;

        let texts = self.0;
        let mut found = Found { values: [Value::None; Field::COUNT], aws: 0, own: 0 };
        while let Some(Text(name)) = members.next_key()? {
            let json: &RawValue = members.next_value()?;
            let is_known = match member(name.as_bytes()) {
                Member::Aws(field) => {
                    // The name of AWS counts, and the other member is one like any unknown one.
                    if found.own & !found.aws & bit(field) != 0 {
                        let value = match found.values[field.index()] {
                            Value::Text(span) => span.of(texts.values()).to_owned(),
                            Value::None | Value::Null | Value::Nested => Vec::new(),
                        };
                        texts.add_extra(field.name().as_bytes(), &value);
                    }
                    found.aws |= bit(field);
                    Some(field)
                }
                Member::Own(field) if found.aws & bit(field) == 0 => {
                    found.own |= bit(field);
                    Some(field)
                }
                Member::Own(_) | Member::Extra => None,
            };
            match is_known {
                Some(field) => {
                    found.values[field.index()] = value(json.get(), texts).map_err(A::Error::custom)?;
                }
                None => {
                    let value = extra(json.get()).map_err(A::Error::custom)?;
                    texts.add_extra(name.as_bytes(), value.as_bytes());
                }
            }
        }
        Ok(found)
    }
}

/// What a field's member holds, from its JSON.
fn value(json: &str, texts: &mut JsonTexts) -> serde_json::Result<Value> {
    Ok(Value::Text(match json.as_bytes() {
        [b'"', ..] => texts.add(text(json)?.as_bytes()),
        [b't', ..] => texts.add(b"Yes"),
        [b'f', ..] => texts.add(NONE),
        [b'n', ..] => return Ok(Value::Null),
        [b'[' | b'{', ..] => return Ok(Value::Nested),
        number if number.iter().all(u8::is_ascii_digit) => texts.add(number),
        // A whole number can be written as 2e2 or 200.0.
        _ => texts.add(serde_json::from_str::<f64>(json)?.to_string().as_bytes()),
    }))
}

/// What an unknown member holds: a text as it is, and all else as JSON.
fn extra(json: &str) -> serde_json::Result<Cow<'_, str>> {
    match json.as_bytes() {
        [b'"', ..] => text(json),
        [b'n', ..] => Ok("".into()),
        _ => Ok(json.into()),
    }
}

/// The text of a JSON string.
fn text(json: &str) -> serde_json::Result<Cow<'_, str>> {
    match json.get(1..json.len() - 1) {
        Some(plain) if !plain.contains('\\') => Ok(plain.into()),
        _ => serde_json::from_str(json).map(Cow::Owned),
    }
}

/// A member's name.
struct Text<'de>(Cow<'de, str>);

impl<'de> serde::Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Name;

        impl<'de> Visitor<'de> for Name {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(name.into()))
            }

            fn visit_str<E>(self, name: &str) -> Result<Text<'de>, E> {
                Ok(Text(name.to_owned().into()))
            }
        }

        json.deserialize_str(Name)
    }
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
