//! The JSON delivery: the same records through CloudWatch Logs, one object a line.
//!
//! Source: AWS, "Amazon S3 server access logs" among the vended logs of Amazon CloudWatch Logs.

use std::fmt;
use std::io::Write as _;
use std::ops::Range;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::entry::{Entry, NONE, TAIL, Tail};
use super::field::{Field, FieldKind};
use super::grammar::is_figure;
use super::reject::Reject;
use super::timestamp::Timestamp;

/// Space for what cannot be borrowed from the line: unescaped texts, numbers, and unknown members.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    texts: Vec<u8>,
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

/// Where a member's text is.
#[derive(Clone)]
enum Place<'a> {
    Absent,
    Line(&'a [u8]),
    Scratch(Range<usize>),
}

/// Reads a line that begins with `{`.
#[inline(never)]
pub(super) fn entry<'a>(line: &'a [u8], scratch: &'a mut Scratch) -> Result<Entry<'a>, Reject> {
    scratch.texts.clear();
    scratch.extra.clear();
    let mut json = serde_json::Deserializer::from_slice(line);
    let places = Record(scratch).deserialize(&mut json).and_then(|places| json.end().map(|()| places));
    let places = places.map_err(|_| Reject::Json)?;

    let scratch = &*scratch;
    let text = |field: Field| match &places[field.index()] {
        Place::Absent => None,
        Place::Line(text) => Some(*text),
        Place::Scratch(range) => Some(&scratch.texts[range.clone()]),
    };
    let mut head = [NONE; Field::HEAD];
    let mut known = [None; TAIL];
    for field in Field::ALL {
        let text = text(field);
        let is_number =
            matches!(field.kind(), FieldKind::Integer | FieldKind::Bytes | FieldKind::Milliseconds);
        if is_number && !text.is_none_or(is_figure) {
            return Err(Reject::JsonMember(field));
        }
        match field.index().checked_sub(Field::HEAD) {
            None => head[field.index()] = text.unwrap_or(NONE),
            Some(place) => known[place] = text,
        }
    }
    if text(Field::HttpStatus).is_some_and(|status| status != NONE && status.len() != 3) {
        return Err(Reject::JsonMember(Field::HttpStatus));
    }
    let missing = [Field::Bucket, Field::Operation].into_iter().find(|field| text(*field).is_none());
    if let Some(field) = missing {
        return Err(Reject::JsonMember(field));
    }
    let timestamp = text(Field::Timestamp).and_then(Timestamp::from_iso);
    let timestamp = timestamp.ok_or(Reject::JsonMember(Field::Timestamp))?;
    Ok(Entry { line, timestamp, ambiguous: false, head, tail: Tail::Json { known, extra: &scratch.extra } })
}

/// Reads the object.
struct Record<'s>(&'s mut Scratch);

impl<'de> DeserializeSeed<'de> for Record<'_> {
    type Value = [Place<'de>; Field::COUNT];

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Record<'_> {
    type Value = [Place<'de>; Field::COUNT];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        const ABSENT: Place<'_> = Place::Absent;
        let mut places = [ABSENT; Field::COUNT];
        let Scratch { texts, extra } = self.0;
        while let Some(name) = members.next_key_seed(Name(extra))? {
            match name {
                Some(field) => places[field.index()] = members.next_value_seed(Text(texts))?,
                None => {
                    extra.push(b'=');
                    if let Place::Line(text) = members.next_value_seed(Text(extra))? {
                        extra.extend_from_slice(text);
                    }
                }
            }
        }
        Ok(places)
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

/// What stands between unknown members in the extra text: no line holds it.
pub(super) const EXTRA_END: u8 = b'\n';

/// Reads a member's value as text; what cannot be borrowed is put at the end of the given space.
struct Text<'s>(&'s mut Vec<u8>);

impl Text<'_> {
    fn keep<'de>(self, write: impl FnOnce(&mut Vec<u8>)) -> Place<'de> {
        let start = self.0.len();
        write(self.0);
        Place::Scratch(start..self.0.len())
    }
}

impl<'de> DeserializeSeed<'de> for Text<'_> {
    type Value = Place<'de>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Text<'_> {
    type Value = Place<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Place::Line(text.as_bytes()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(self.keep(|space| space.extend_from_slice(text.as_bytes())))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Place::Absent)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Place::Line(if value { b"Yes" } else { NONE }))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        // Writing to memory cannot fail.
        Ok(self.keep(|space| drop(write!(space, "{value}"))))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(self.keep(|space| drop(write!(space, "{value}"))))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(self.keep(|space| drop(write!(space, "{value}"))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element_seed(Text(self.0))?.is_some() {}
        Ok(Place::Absent)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        while members.next_key::<IgnoredAny>()?.is_some() {
            members.next_value_seed(Text(self.0))?;
        }
        Ok(Place::Absent)
    }
}
