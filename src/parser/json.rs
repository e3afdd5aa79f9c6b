//! The JSON delivery: the same records through CloudWatch Logs, one object a line.
//!
//! Source: AWS, "Amazon S3 server access logs" among the vended logs of Amazon CloudWatch Logs.

use std::fmt;
use std::io::Write as _;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::error::ParseError;
use crate::record::cursor::Span;
use crate::record::{EXTRA_END, Field, FieldKind, NONE, Record, TAIL, Tail, is_number, yes_or_no};
use crate::time::Timestamp;

/// Space for what is read from a line.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// The dash of all fields that are missing, and the texts of those that are not.
    texts: Vec<u8>,
    /// Unknown members.
    extra: Vec<u8>,
}

/// The names of the JSON delivery that differ from the field names.
const RENAMED: [(&str, Field); 7] = [
    ("bucket_name", Field::Bucket),
    ("request_time", Field::Timestamp),
    ("bucket_owner_id", Field::BucketOwner),
    ("key_name", Field::Key),
    ("bytes_sent_size", Field::BytesSent),
    ("total_duration", Field::TotalTime),
    ("turn_around_duration", Field::TurnAroundTime),
];

/// Reads a line that begins with `{`.
#[inline(never)]
pub(super) fn record<'a>(line: &'a [u8], scratch: &'a mut Scratch) -> Result<Record<'a>, ParseError> {
    scratch.texts.clear();
    scratch.texts.extend_from_slice(NONE);
    scratch.extra.clear();
    let none = Span::since(0, &scratch.texts);
    let mut json = serde_json::Deserializer::from_slice(line);
    let spans = Members(scratch).deserialize(&mut json).and_then(|spans| json.end().map(|()| spans));
    let spans = spans.map_err(|_| ParseError::Json)?;

    let Scratch { texts, extra } = scratch;
    let texts = &*texts;
    let text = |field: Field| spans[field.index()].map(|span| span.of(texts));
    let mut head = [none; Field::HEAD];
    let mut known = [None; TAIL];
    for field in Field::ALL {
        let holds_number =
            matches!(field.kind(), FieldKind::Integer | FieldKind::Bytes | FieldKind::Milliseconds);
        if holds_number && !text(field).is_none_or(is_number) {
            return Err(ParseError::JsonMember(field));
        }
        let span = spans[field.index()];
        match field.index().checked_sub(Field::HEAD) {
            None => head[field.index()] = span.unwrap_or(none),
            Some(place) => known[place] = span,
        }
    }
    if text(Field::HttpStatus).is_some_and(|status| status != NONE && status.len() != 3) {
        return Err(ParseError::JsonMember(Field::HttpStatus));
    }
    let acl_required = text(Field::AclRequired).filter(|text| yes_or_no(text).is_none());
    if let Some(text) = acl_required {
        if !extra.is_empty() {
            extra.push(EXTRA_END);
        }
        extra.extend_from_slice(&[Field::AclRequired.name().as_bytes(), b"=", text].concat());
    }
    let missing = [Field::Bucket, Field::Operation].into_iter().find(|field| text(*field).is_none());
    if let Some(field) = missing {
        return Err(ParseError::JsonMember(field));
    }
    let timestamp = text(Field::Timestamp).and_then(Timestamp::from_iso);
    let timestamp = timestamp.ok_or(ParseError::JsonMember(Field::Timestamp))?;
    Ok(Record { line, text: texts, timestamp, ambiguous: false, head, tail: Tail::Json { known, extra } })
}

/// Reads the object.
struct Members<'s>(&'s mut Scratch);

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = [Option<Span>; Field::COUNT];

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = [Option<Span>; Field::COUNT];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut spans = [None; Field::COUNT];
        let Scratch { texts, extra } = self.0;
        while let Some(name) = members.next_key_seed(Name(extra))? {
            match name {
                Some(field) => spans[field.index()] = members.next_value_seed(Text(texts))?,
                None => {
                    extra.push(b'=');
                    members.next_value_seed(Text(extra))?;
                }
            }
        }
        Ok(spans)
    }
}

/// Reads a member's name: the field, or `None` for an unknown one, whose name goes to the extra texts.
struct Name<'s>(&'s mut Vec<u8>);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Option<Field>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Option<Field>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        let renamed = RENAMED.iter().find(|(other, _)| *other == name).map(|(_, field)| *field);
        let field = renamed.or_else(|| Field::ALL.into_iter().find(|field| field.name() == name));
        if field.is_none() {
            if !self.0.is_empty() {
                self.0.push(EXTRA_END);
            }
            self.0.extend_from_slice(name.as_bytes());
        }
        Ok(field)
    }
}

/// Reads a member's value as text, and puts it at the end of the given space.
struct Text<'s>(&'s mut Vec<u8>);

impl Text<'_> {
    fn keep(self, value: impl fmt::Display) -> Option<Span> {
        let start = self.0.len();
        // Writing to memory cannot fail.
        drop(write!(self.0, "{value}"));
        Some(Span::since(start, self.0))
    }
}

impl<'de> DeserializeSeed<'de> for Text<'_> {
    type Value = Option<Span>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Text<'_> {
    type Value = Option<Span>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        let start = self.0.len();
        self.0.extend_from_slice(text.as_bytes());
        Ok(Some(Span::since(start, self.0)))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(self.keep(if value { "Yes" } else { "-" }))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(self.keep(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(self.keep(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(self.keep(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element_seed(Text(self.0))?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        while members.next_key::<IgnoredAny>()?.is_some() {
            members.next_value_seed(Text(self.0))?;
        }
        Ok(None)
    }
}
