//! Object names: the key as S3 writes it, and as the owner of the object knows it.

use std::borrow::Cow;

use memchr::memchr;

use super::Field;
use super::Record;

/// Decodes a key once, and a second time where the URI's path agrees: S3 encodes many characters twice in the key
/// that stand encoded once in the URI. `+` stays as it is: it can be a plus or a space.
pub(crate) fn decode<'a>(key: &'a [u8], request_uri: &[u8]) -> Cow<'a, [u8]> {
    match memchr(b'%', key) {
        None => Cow::Borrowed(key),
        Some(first) => {
            let mut text = Vec::new();
            write(key, first, request_uri, &mut text);
            Cow::Owned(text)
        }
    }
}

impl Record<'_> {
    /// Writes what [`Record::object`] gives behind `out`; `None` if there is no key.
    #[inline]
    pub fn write_object(&self, out: &mut Vec<u8>) -> Option<()> {
        let key = self.key()?;
        match memchr(b'%', key) {
            None => out.extend_from_slice(key),
            Some(first) => write(key, first, self.head(Field::RequestUri), out),
        }
        Some(())
    }
}

/// Writes a key behind `out`, decoded; its first percent sign is there.
fn write(key: &[u8], first: usize, request_uri: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(key);
    decode_once(out, start + first);
    let text = &out[start..];
    if let Some(first) = memchr(b'%', text)
        && path(request_uri).is_some_and(|path| ends_with_key(path, text))
    {
        decode_once(out, start + first);
    }
}

/// Decodes a text in its place, from the first percent sign on. What is no code stays as it is.
fn decode_once(text: &mut Vec<u8>, first: usize) {
    let (mut from, mut to) = (first, first);
    while let Some(byte) = text.get(from) {
        let code = match text[from..] {
            [b'%', high, low, ..] => hex(high).zip(hex(low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        text[to] = code.unwrap_or(*byte);
        from += if code.is_some() { 3 } else { 1 };
        to += 1;
    }
    text.truncate(to);
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

/// Whether the path names the key as it stands: after a slash, percent signs compared without case.
fn ends_with_key(path: &[u8], key: &[u8]) -> bool {
    let Some(start) = path.len().checked_sub(key.len()) else { return false };
    path[start..].eq_ignore_ascii_case(key) && (start == 0 || path[start - 1] == b'/')
}

/// Whether a key of `-` is an object of that name: the path ends in it, right behind the bucket or the host.
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

    #[test]
    fn keys_are_decoded_as_often_as_the_uri_says() {
        let table: &[(&str, &str, &str)] = &[
            ("date_%253D2020/a", "GET /date_%3D2020/a HTTP/1.1", "date_=2020/a"),
            ("date_%253D2020/a", "GET /bucket/date_%3d2020/a?x=%20y HTTP/1.1", "date_=2020/a"),
            ("a%2522b", "GET /a%22b HTTP/1.1", "a\"b"),
            ("a%2520b", "GET /a%2520b HTTP/1.1", "a%20b"),
            ("a%2520b", "-", "a%20b"),
            ("plain", "GET /plain HTTP/1.1", "plain"),
            ("a+b", "GET /a+b HTTP/1.1", "a+b"),
            ("100%", "GET /100% HTTP/1.1", "100%"),
            ("%zz", "GET /%zz HTTP/1.1", "%zz"),
            ("%25zz", "GET /%zz HTTP/1.1", "%zz"),
            ("/", "GET // HTTP/1.1", "/"),
            ("k%253Dv", "GET /other-k%3Dv HTTP/1.1", "k%3Dv"),
        ];
        for (key, uri, object) in table {
            let decoded = decode(key.as_bytes(), uri.as_bytes());
            assert_eq!(decoded, object.as_bytes(), "{key} {uri}");
        }
    }

    proptest! {
        #[test]
        fn decoding_is_what_the_crate_does(key in "([%a-f2/]|%[0-9a-fA-F]{2}){0,20}") {
            let once: Vec<u8> = percent_decode(key.as_bytes()).collect();
            prop_assert_eq!(&*decode(key.as_bytes(), b"-"), &*once);
            let twice: Vec<u8> = percent_decode(&once).collect();
            let uri = [b"GET /b/", &*once, b" HTTP/1.1"].concat();
            let is_path = !once.contains(&b' ') && !once.contains(&b'?');
            prop_assert_eq!(&*decode(key.as_bytes(), &uri), if is_path { &*twice } else { &*once });
        }
    }
}
