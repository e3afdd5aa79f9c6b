//! The one codec of keys that are made of several values.
//!
//! The bytes of a key sort as its values do: null before text, text by its bytes, numbers by size. Each value begins with its
//! kind. A text ends in a zero byte, and a zero byte inside it is followed by [`ESCAPE`]; a number has eight bytes.

use std::borrow::Cow;

use memchr::memchr;

const NULL: u8 = 1;
const TEXT: u8 = 2;
const NUMBER: u8 = 3;
const END: u8 = 0;
/// Greater than every kind, so that a text with a zero byte sorts after the same text without.
const ESCAPE: u8 = 0xff;
/// A key that holds no value at all is this: comparing empty keys takes longer than a byte.
const NONE: &[u8] = &[NULL];

/// Writes keys, one after the other, into the same memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyBuffer(Vec<u8>);

impl KeyBuffer {
    /// Begins a key.
    #[inline]
    pub(crate) fn start(&mut self) -> &mut Self {
        self.0.clear();
        self
    }

    /// Adds a text, or null.
    #[inline]
    pub(crate) fn push(&mut self, text: Option<&[u8]>) -> &mut Self {
        self.push_with(|out| text.map(|text| out.extend_from_slice(text)))
    }

    /// Adds the text that `write` puts at the end of the bytes, or null if it gives `None`.
    #[inline]
    pub(crate) fn push_with(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Option<()>) -> &mut Self {
        let start = self.0.len();
        self.0.push(TEXT);
        if write(&mut self.0).is_none() {
            self.0.truncate(start);
            self.0.push(NULL);
            return self;
        }
        if memchr(END, &self.0[start..]).is_some() {
            self.escape(start);
        }
        self.0.push(END);
        self
    }

    /// Adds a number.
    #[inline]
    pub(crate) fn push_number(&mut self, number: u64) -> &mut Self {
        self.0.push(NUMBER);
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    /// Adds values that another key holds, as its bytes.
    #[inline]
    pub(crate) fn push_coded(&mut self, values: &[u8]) -> &mut Self {
        self.0.extend_from_slice(values);
        self
    }

    /// How many bytes there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Turns the order of what was added from `start` on.
    pub(super) fn flip(&mut self, start: usize) {
        self.0[start..].iter_mut().for_each(|byte| *byte = !*byte);
    }

    /// The key.
    #[inline]
    pub(crate) fn key(&self) -> &[u8] {
        if self.0.is_empty() { NONE } else { &self.0 }
    }

    /// Marks the zero bytes of the text that starts there. From the end, so that it takes no other memory.
    #[cold]
    fn escape(&mut self, start: usize) {
        let mut from = self.0.len();
        let zeros = self.0[start..].iter().filter(|byte| **byte == END).count();
        self.0.resize(from + zeros, END);
        let mut to = self.0.len();
        while from < to {
            (from, to) = (from - 1, to - 1);
            let byte = self.0[from];
            if byte == END {
                self.0[to] = ESCAPE;
                to -= 1;
            }
            self.0[to] = byte;
        }
    }
}

/// Reads the values of a key in their order.
#[derive(Clone, Debug)]
pub(crate) struct KeyReader<'k>(&'k [u8]);

impl<'k> KeyReader<'k> {
    /// From a key that a [`KeyBuffer`] has written.
    pub(crate) fn new(key: &'k [u8]) -> Self {
        Self(key)
    }

    /// The next value, a text; `None` is null.
    pub(crate) fn text(&mut self) -> Option<Cow<'k, [u8]>> {
        let (kind, rest) = self.0.split_first()?;
        self.0 = rest;
        if *kind != TEXT {
            return None;
        }
        let mut text = Cow::Borrowed(&rest[..0]);
        while let Some(end) = memchr(END, self.0) {
            let (part, rest) = (&self.0[..end], &self.0[end + 1..]);
            let Some(rest) = rest.strip_prefix(&[ESCAPE]) else {
                self.0 = rest;
                return Some(if text.is_empty() {
                    Cow::Borrowed(part)
                } else {
                    [&*text, part].concat().into()
                });
            };
            self.0 = rest;
            text = [&*text, part, &[END]].concat().into();
        }
        Some(text)
    }

    /// The bytes of the values that have not been read.
    pub(crate) fn rest(&self) -> &'k [u8] {
        self.0
    }

    /// The next value, a number; zero if there is none.
    pub(crate) fn number(&mut self) -> u64 {
        let Some((bytes, rest)) = self.0.strip_prefix(&[NUMBER]).and_then(<[u8]>::split_first_chunk) else {
            return 0;
        };
        self.0 = rest;
        u64::from_be_bytes(*bytes)
    }
}

/// How many bytes a number takes in a key.
const NUMBER_LEN: usize = 1 + size_of::<u64>();

/// A key without the `N` numbers that it ends with, and these numbers.
pub(crate) fn split_numbers<const N: usize>(key: &[u8]) -> (&[u8], [u64; N]) {
    let (start, numbers) = key.split_at(key.len().saturating_sub(N * NUMBER_LEN));
    let mut reader = KeyReader::new(numbers);
    (start, std::array::from_fn(|_| reader.number()))
}

/// Whether all values of a key are null.
pub(super) fn is_null(key: &[u8]) -> bool {
    key.iter().all(|kind| *kind == NULL)
}

/// The key of a single text: itself, so that nothing is copied. Null is a lone zero byte, and a text that begins with a zero
/// byte gets one more, which is what `None` says: it has to be written.
#[inline]
pub(super) fn of_one<'a>(text: Option<&'a [u8]>, out: &'a mut Vec<u8>) -> &'a [u8] {
    match text {
        None => &[END],
        Some([END, ..]) => {
            out.clear();
            out.push(END);
            out.extend_from_slice(text.unwrap_or_default());
            out
        }
        Some(text) => text,
    }
}

/// What [`of_one`] was given.
pub(super) fn read_one(key: &[u8]) -> Option<&[u8]> {
    match key {
        [END] => None,
        [END, text @ ..] => Some(text),
        text => Some(text),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
    enum Value {
        Null,
        Text(Vec<u8>),
        Number(u64),
    }

    fn values() -> impl Strategy<Value = Vec<Value>> {
        let text =
            prop::collection::vec(prop::sample::select(vec![0, 1, 2, 3, b'-', b'a', 0xfe, 0xff]), 0..4);
        let value = prop_oneof![
            Just(Value::Null),
            text.prop_map(Value::Text),
            prop_oneof![0u64..4, any::<u64>()].prop_map(Value::Number)
        ];
        prop::collection::vec(value, 0..4)
    }

    fn key(values: &[Value]) -> Vec<u8> {
        let mut buffer = KeyBuffer::default();
        buffer.start();
        for value in values {
            match value {
                Value::Null => buffer.push(None),
                Value::Text(text) => buffer.push(Some(text)),
                Value::Number(number) => buffer.push_number(*number),
            };
        }
        buffer.key().to_vec()
    }

    proptest! {
        #[test]
        fn values_read_back(values in values()) {
            let key = key(&values);
            let mut reader = KeyReader::new(&key);
            for value in &values {
                let read = match value {
                    Value::Number(_) => Value::Number(reader.number()),
                    _ => reader.text().map_or(Value::Null, |text| Value::Text(text.into_owned())),
                };
                prop_assert_eq!(&read, value);
            }
            prop_assert_eq!(is_null(&key), values.iter().all(|value| *value == Value::Null));
        }

        #[test]
        fn keys_sort_as_their_values_do(a in values(), b in values()) {
            if a.len() == b.len() {
                prop_assert_eq!(key(&a).cmp(&key(&b)), a.cmp(&b));
            }
        }

        #[test]
        fn single_texts_read_back_and_sort(a in "[\0\u{1}a-]{0,3}", b in "[\0\u{1}a-]{0,3}") {
            let (mut one, mut other) = (Vec::new(), Vec::new());
            let (one, other) = (of_one(Some(a.as_bytes()), &mut one), of_one(Some(b.as_bytes()), &mut other));
            prop_assert_eq!(read_one(one), Some(a.as_bytes()));
            prop_assert_eq!(one.cmp(other), a.as_bytes().cmp(b.as_bytes()));
            let mut null = Vec::new();
            prop_assert_ne!(one, of_one(None, &mut null));
        }
    }

    #[test]
    fn a_single_null_is_no_text() {
        let mut space = Vec::new();
        assert_eq!(read_one(of_one(None, &mut space)), None);
        for text in ["", "-", "--", "\0", "\0\0"] {
            assert_eq!(read_one(of_one(Some(text.as_bytes()), &mut space)), Some(text.as_bytes()));
        }
    }
}
