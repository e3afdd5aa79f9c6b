//! How far a text is JSON of little depth, before more is made of it.
//!
//! Whatever is read from the beginning of an object that was cut is read no further than this. `serde_json::value::RawValue` goes as deep
//! as a text does: of objects that begin again and again and never end, each would be read to the end of the line.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// How deep a value may be nested: lists and objects in each other. A record holds none, an envelope the list of its events.
pub(super) const MAX_DEPTH: usize = 16;

/// Where the value ends that a text begins with.
///
/// # Errors
/// Where it can be read no further, if it is not whole, no JSON, or nested too deep.
#[cold]
pub(super) fn end_of_value(text: &[u8]) -> Result<usize, usize> {
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<Shallow>();
    match values.next() {
        Some(Ok(Shallow)) => Ok(values.byte_offset()),
        // There is no line feed in a line.
        Some(Err(error)) => Err(error.column().min(text.len())),
        None => Err(text.len()),
    }
}

/// A value that is read and left out.
struct Shallow;

impl<'de> Deserialize<'de> for Shallow {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        Below(MAX_DEPTH).deserialize(json)
    }
}

/// Reads such a value that may be nested so much deeper.
#[derive(Clone, Copy)]
struct Below(usize);

impl Below {
    fn next<E: Error>(self) -> Result<Self, E> {
        self.0.checked_sub(1).map(Self).ok_or_else(|| E::custom("nested too deep"))
    }
}

impl<'de> DeserializeSeed<'de> for Below {
    type Value = Shallow;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Shallow, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Below {
    type Value = Shallow;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Shallow, E> {
        Ok(Shallow)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Shallow, E> {
        Ok(Shallow)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Shallow, E> {
        Ok(Shallow)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Shallow, E> {
        Ok(Shallow)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Shallow, E> {
        Ok(Shallow)
    }

    fn visit_str<E>(self, _: &str) -> Result<Shallow, E> {
        Ok(Shallow)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Shallow, A::Error> {
        let value = self.next()?;
        while values.next_element_seed(value)?.is_some() {}
        Ok(Shallow)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Shallow, A::Error> {
        let value = self.next()?;
        while members.next_entry_seed(value, value)?.is_some() {}
        Ok(Shallow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_end_where_they_do_or_where_they_can_be_read_no_further() {
        let deepest = "[".repeat(MAX_DEPTH) + &"]".repeat(MAX_DEPTH);
        let table = [
            (r#"{"a":[1,"b",null]} and more"#, Ok(18)),
            (r#"{"a":"}"}{"a":1}"#, Ok(9)),
            (deepest.as_str(), Ok(2 * MAX_DEPTH)),
            (r#"{"a":"b"#, Err(7)),
            (r#"{"a":1 "b":2}"#, Err(8)),
            ("", Err(0)),
        ];
        for (text, end) in table {
            assert_eq!(end_of_value(text.as_bytes()), end, "{text}");
        }
        let endless = r#"{"a":"#.repeat(1_000);
        assert_eq!(end_of_value(endless.as_bytes()), Err(5 * MAX_DEPTH + 1));
    }
}
