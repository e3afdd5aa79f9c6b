//! Object names: the key as S3 writes it, and as the owner of the object knows it.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memchr2};

use super::{Field, NONE, Operation, Record};

impl<'a> Record<'a> {
    /// The object's name: the key decoded as often as it was encoded.
    ///
    /// S3 encodes many characters of a key twice; in old logs, none. The URI's path, which is encoded once, shows how often, and
    /// whether a plus is a space. Without a URI, the key of a client's request (a copy's source) was encoded twice if,
    /// decoded once, every percent sign in it still begins a code; S3's own work and batches are encoded once.
    pub(crate) fn object(&self) -> Option<Cow<'a, [u8]>> {
        let key = self.key()?;
        Some(match memchr2(b'%', b'+', key) {
            None => Cow::Borrowed(key),
            Some(first) => {
                let mut text = Vec::new();
                write(key, first, self.uri(), &mut text);
                Cow::Owned(text)
            }
        })
    }

    /// Writes what [`Record::object`] gives after `out`; `None` if there is no key.
    #[inline]
    pub(crate) fn write_object(&self, out: &mut Vec<u8>) -> Option<()> {
        let key = self.key()?;
        match memchr2(b'%', b'+', key) {
            None => out.extend_from_slice(key),
            Some(first) => write(key, first, self.uri(), out),
        }
        Some(())
    }

    fn uri(&self) -> Uri<'a> {
        match self.head(Field::RequestUri) {
            NONE | b"" if is_of_client(self.operation()) => Uri::NoneOfClient,
            NONE | b"" => Uri::None,
            uri => Uri::Is(uri),
        }
    }
}

/// What tells how often a key is encoded.
#[derive(Clone, Copy, Debug)]
enum Uri<'a> {
    /// The request line.
    Is(&'a [u8]),
    /// A client's request has none.
    NoneOfClient,
    /// There is none, and no client's request.
    None,
}

/// Writes a key after `out`, decoded; its first percent sign or plus is there.
fn write(key: &[u8], first: usize, uri: Uri<'_>, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(key);
    decode_once(out, start + first);
    if memchr2(b'%', b'+', &out[start..]).is_none() {
        return;
    }
    match uri {
        Uri::Is(uri) => {
            if let Some(path) = path(uri) {
                decode_as_in(path, start, out);
            }
        }
        Uri::NoneOfClient if is_all_encoded(&out[start..]) => {
            out.truncate(start);
            out.extend_from_slice(key);
            decode_twice(out, start);
        }
        Uri::NoneOfClient | Uri::None => {}
    }
}

/// Whether a client sent the request: it is neither S3's own work nor part of a batch.
fn is_of_client(operation: Operation<'_>) -> bool {
    !operation.is_s3_own() && !operation.text().starts_with(b"BATCH.")
}

/// Replaces a key that has been decoded once, from `start` on, by what the path calls it, if the path ends in it.
fn decode_as_in(path: &[u8], start: usize, out: &mut Vec<u8>) {
    let end = out.len();
    out.extend_from_slice(path);
    decode_once(out, end);
    let (key, path) = out[start..].split_at(end - start);
    match name_len(path, plain(key)).or_else(|| name_len(path, decoded(key))) {
        Some(len) => {
            let name = out.len() - len;
            out.copy_within(name.., start);
            out.truncate(start + len);
        }
        None => out.truncate(end),
    }
}

/// How long the name at the end of a decoded path is, after a slash, if it is this key. A plus in the key can be a space.
fn name_len(path: &[u8], key: impl Iterator<Item = Character> + Clone) -> Option<usize> {
    let len = key.clone().count();
    let start = path.len().checked_sub(len)?;
    let is_whole = start == 0 || path[start - 1] == b'/';
    let is_name = path[start..].iter().zip(key).all(|(byte, character)| match character {
        Character::Plus => matches!(byte, b'+' | b' '),
        Character::Byte(other) => *byte == other,
    });
    (is_whole && is_name).then_some(len)
}

/// A character of a key.
#[derive(Clone, Copy)]
enum Character {
    /// A plus that is not encoded: it can be a space.
    Plus,
    /// Any other byte.
    Byte(u8),
}

impl Character {
    fn of(byte: u8) -> Self {
        if byte == b'+' { Self::Plus } else { Self::Byte(byte) }
    }
}

/// The characters of a text in which nothing is encoded.
fn plain(text: &[u8]) -> impl Iterator<Item = Character> + Clone {
    text.iter().copied().map(Character::of)
}

/// The characters of a text in which some are encoded.
fn decoded(mut text: &[u8]) -> impl Iterator<Item = Character> + Clone {
    std::iter::from_fn(move || {
        let (byte, rest) = text.split_first()?;
        let code = code(text);
        text = if code.is_some() { &text[3..] } else { rest };
        Some(code.map_or(Character::of(*byte), Character::Byte))
    })
}

/// Whether a text holds codes, and no percent sign that is none.
fn is_all_encoded(text: &[u8]) -> bool {
    let mut signs = memchr_iter(b'%', text).peekable();
    signs.peek().is_some() && signs.all(|at| code(&text[at..]).is_some())
}

/// Decodes a text in its place, from `start` on, that was encoded twice. What encodes twice makes a plus of a space first, and
/// so a code of that plus.
fn decode_twice(text: &mut Vec<u8>, start: usize) {
    let mut at = start;
    while let Some(sign) = memchr(b'%', &text[at..]) {
        at += sign + 1;
        if text[at..].starts_with(b"2B") || text[at..].starts_with(b"2b") {
            text[at..at + 2].copy_from_slice(b"20");
        }
    }
    decode_once(text, start);
    decode_once(text, start);
}

/// Decodes a text in its place, from `start` on. What is no code stays as it is.
fn decode_once(text: &mut Vec<u8>, start: usize) {
    let (mut from, mut to) = (start, start);
    while let Some(byte) = text.get(from) {
        let code = code(&text[from..]);
        text[to] = code.unwrap_or(*byte);
        from += if code.is_some() { 3 } else { 1 };
        to += 1;
    }
    text.truncate(to);
}

/// The byte that a text begins with the code of.
#[inline]
fn code(text: &[u8]) -> Option<u8> {
    match text {
        [b'%', high, low, ..] => hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low),
        _ => None,
    }
}

#[inline]
fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// The path of a request line, without the query: `/b/k` of `GET /b/k?versionId=1 HTTP/1.1`.
pub(crate) fn path(request_uri: &[u8]) -> Option<&[u8]> {
    let target = &request_uri[memchr(b' ', request_uri)? + 1..];
    let target = &target[..memchr(b' ', target).unwrap_or(target.len())];
    Some(&target[..memchr(b'?', target).unwrap_or(target.len())])
}

/// Whether a key of `-` is an object of that name: the path ends in it, right after the bucket or the host.
pub(crate) fn is_dash_object(record: &Record<'_>) -> bool {
    let bucket = record.head(Field::Bucket);
    let Some(path) = path(record.head(Field::RequestUri)) else { return false };
    let inside = path.strip_prefix(b"/").and_then(|path| path.strip_prefix(bucket)).unwrap_or(path);
    inside == b"/-"
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode;
    use proptest::prelude::*;

    use super::*;

    /// What a record of this operation, key and URI says that its object is.
    fn object(key: &str, uri: Uri<'_>) -> Vec<u8> {
        let mut written = b"before ".to_vec();
        write(key.as_bytes(), memchr2(b'%', b'+', key.as_bytes()).unwrap_or(0), uri, &mut written);
        written.strip_prefix(b"before ").expect("what was there").to_vec()
    }

    #[test]
    fn keys_are_decoded_as_often_as_the_uri_says() {
        let table: &[(&str, &str, &str)] = &[
            ("date_%253D2020/a", "GET /date_%3D2020/a HTTP/1.1", "date_=2020/a"),
            ("date_%253D2020/a", "GET /bucket/date_%3d2020/a?x=%20y HTTP/1.1", "date_=2020/a"),
            ("date_%253D2020/a", "GET /bucket/date_=2020/a HTTP/1.1", "date_=2020/a"),
            ("a%2522b", "GET /a%22b HTTP/1.1", "a\"b"),
            ("a%2520b", "GET /a%2520b HTTP/1.1", "a%20b"),
            ("a%2520b", "GET /other HTTP/1.1", "a%20b"),
            ("plain", "GET /plain HTTP/1.1", "plain"),
            ("a+b", "GET /a+b HTTP/1.1", "a+b"),
            ("a+b", "GET /a%2Bb HTTP/1.1", "a+b"),
            ("a+b", "GET /a%20b HTTP/1.1", "a b"),
            ("a+b", "GET /other HTTP/1.1", "a+b"),
            ("Screen%2BShot.png", "GET /b/Screen%20Shot.png HTTP/1.1", "Screen Shot.png"),
            ("Screen%2BShot.png", "GET /b/Screen%2BShot.png HTTP/1.1", "Screen+Shot.png"),
            ("a%2Bb%252Bc%253Dd", "GET /b/a%20b%2Bc%3Dd HTTP/1.1", "a b+c=d"),
            ("a%2520b+c", "GET /b/a%2520b%20c HTTP/1.1", "a%20b c"),
            ("%25E2%2582%25AC%2B1", "GET /%E2%82%AC%201 HTTP/1.1", "€ 1"),
            ("100%", "GET /100% HTTP/1.1", "100%"),
            ("%zz", "GET /%zz HTTP/1.1", "%zz"),
            ("%25zz", "GET /%zz HTTP/1.1", "%zz"),
            ("/", "GET // HTTP/1.1", "/"),
            ("k%253Dv", "GET /other-k%3Dv HTTP/1.1", "k%3Dv"),
        ];
        for (key, uri, expected) in table {
            let object = object(key, Uri::Is(uri.as_bytes()));
            assert_eq!(object, expected.as_bytes(), "{key} {uri}");
        }
    }

    #[test]
    fn keys_without_a_uri() {
        let table: &[(&str, &str, &str)] = &[
            ("REST.COPY.OBJECT_GET", "date_%253D2020/a%252Bb.txt", "date_=2020/a+b.txt"),
            ("REST.COPY.PART_GET", "a%2Bb%252Bc%253Dd", "a b+c=d"),
            ("REST.COPY.OBJECT_GET", "a%20b", "a b"),
            ("REST.COPY.OBJECT_GET", "a%2Bb", "a+b"),
            ("REST.COPY.OBJECT_GET", "a+b", "a+b"),
            // A percent sign that is no code shows that nothing is encoded any more.
            ("REST.COPY.OBJECT_GET", "100%25%2520x", "100%%20x"),
            ("BATCH.DELETE.OBJECT", "date_%253D2020", "date_%3D2020"),
            ("S3.EXPIRE.OBJECT", "date_%253D2020", "date_%3D2020"),
        ];
        for (operation, key, expected) in table {
            let is_of_client = is_of_client(Operation::new(operation.as_bytes()));
            let uri = if is_of_client { Uri::NoneOfClient } else { Uri::None };
            assert_eq!(object(key, uri), expected.as_bytes(), "{operation} {key}");
        }
    }

    proptest! {
        #[test]
        fn decoding_is_what_the_crate_does(key in "([%a-f2/]|%[0-9a-fA-F]{2}){0,20}") {
            let once: Vec<u8> = percent_decode(key.as_bytes()).collect();
            prop_assert_eq!(&*object(&key, Uri::None), &*once);
            let twice: Vec<u8> = percent_decode(&once).collect();
            let uri = [b"GET /b/", &*once, b" HTTP/1.1"].concat();
            prop_assume!(!once.iter().any(|byte| matches!(byte, b' ' | b'?' | b'+')));
            prop_assert_eq!(&*object(&key, Uri::Is(&uri)), &*twice);
        }

        /// What encodes once and then once more, as S3 does it, or only once; spaces as `+` or as `%20`.
        #[test]
        fn a_key_that_was_encoded_is_the_object_of_its_uri(
            name in "[ -~é€]{1,20}", twice: bool, plus: bool,
        ) {
            let encode = |text: &str| {
                percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
            };
            let path = encode(&name);
            let once = if plus { path.replace("%20", "+") } else { path.clone() };
            let key = if twice { encode(&once) } else { once };
            let uri = format!("GET /bucket/{path}?versionId=1 HTTP/1.1");
            prop_assert_eq!(object(&key, Uri::Is(uri.as_bytes())), name.as_bytes());
        }
    }
}
