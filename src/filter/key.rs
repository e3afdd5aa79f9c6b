//! `--key`: which object.

use std::str::FromStr;

use memchr::memchr;
use percent_encoding::percent_decode;

use super::BadValue;
use super::choice::{Predicate, Value};
use super::glob::{Case, Glob};
use super::text::not_empty;
use crate::parser::Entry;

const FORMS: &str = "a key, a pattern such as logs/*.gz, encoded or not, or - for no key";

/// An object's key. It is found however often it was encoded, in the log or as it was typed.
#[derive(Clone, Debug)]
pub struct Key {
    /// What was typed and what it can stand for; empty for no key.
    globs: Vec<Glob>,
}

impl FromStr for Key {
    type Err = BadValue;

    fn from_str(typed: &str) -> Result<Self, BadValue> {
        if typed == "-" {
            return Ok(Self { globs: Vec::new() });
        }
        let mut globs = vec![Glob::new(not_empty(typed, FORMS)?, Case::Sensitive)?];
        // S3 encodes twice, so a key copied from the log needs decoding twice; and it can write a space as a plus.
        let (once, twice) = (|text: &[u8]| decode(text), |text: &[u8]| decode(&decode(text)));
        let readings: [&dyn Fn(&[u8]) -> Vec<u8>; 5] =
            [&once, &twice, &spaces_as_plus, &|text| spaces_as_plus(&once(text)), &|text| {
                spaces_as_plus(&twice(text))
            }];
        let mut seen = vec![typed.as_bytes().to_vec()];
        for reading in readings {
            let text = reading(typed.as_bytes());
            if !seen.contains(&text) {
                globs.extend(Glob::with_literals(typed, reading));
                seen.push(text);
            }
        }
        Ok(Self { globs })
    }
}

impl Value for Key {
    // Keys can hold commas.
    const COMMAS: bool = false;
}

impl Predicate for Key {
    fn matches(&self, entry: &Entry<'_>) -> bool {
        let any = |key: &[u8]| self.globs.iter().any(|glob| glob.matches(key));
        let Some(key) = entry.key() else { return self.globs.is_empty() };
        if any(key) {
            return true;
        }
        if self.globs.is_empty() || memchr(b'%', key).is_none() {
            return false;
        }
        let once = decode(key);
        any(&once) || (memchr(b'%', &once).is_some() && entry.object().is_some_and(|object| any(&object)))
    }
}

fn decode(text: &[u8]) -> Vec<u8> {
    percent_decode(text).collect()
}

fn spaces_as_plus(text: &[u8]) -> Vec<u8> {
    text.iter().map(|byte| if *byte == b' ' { b'+' } else { *byte }).collect()
}
