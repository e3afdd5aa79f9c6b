//! Object names: the key as S3 writes it, and as the owner of the object knows it.

use std::borrow::Cow;

use memchr::memchr;
use percent_encoding::percent_decode;

use super::entry::Entry;
use super::field::Field;

/// Decodes a key once, and a second time where the URI's path agrees: S3 encodes many characters twice in the key
/// that stand encoded once in the URI. `+` stays as it is: it can be a plus or a space.
pub(super) fn decode<'a>(key: &'a [u8], request_uri: &[u8]) -> Cow<'a, [u8]> {
    let once: Cow<'a, [u8]> = percent_decode(key).into();
    if memchr(b'%', &once).is_none() || !path(request_uri).is_some_and(|path| ends_with_key(path, &once)) {
        return once;
    }
    let twice: Vec<u8> = percent_decode(&once).collect();
    Cow::Owned(twice)
}

/// The path of a request line, without the query: `/b/k` of `GET /b/k?versionId=1 HTTP/1.1`.
pub(super) fn path(request_uri: &[u8]) -> Option<&[u8]> {
    let target = request_uri.split(|byte| *byte == b' ').nth(1)?;
    Some(&target[..memchr(b'?', target).unwrap_or(target.len())])
}

/// Whether the path names the key as it stands: after a slash, percent signs compared without case.
fn ends_with_key(path: &[u8], key: &[u8]) -> bool {
    let Some(start) = path.len().checked_sub(key.len()) else { return false };
    path[start..].eq_ignore_ascii_case(key) && (start == 0 || path[start - 1] == b'/')
}

/// Whether a key of `-` is an object of that name: the path ends in it, right behind the bucket or the host.
pub(super) fn is_dash_object(entry: &Entry<'_>) -> bool {
    let bucket = entry.head(Field::Bucket);
    let Some(path) = path(entry.head(Field::RequestUri)) else { return false };
    let inside = path.strip_prefix(b"/").and_then(|path| path.strip_prefix(bucket)).unwrap_or(path);
    inside == b"/-"
}

#[cfg(test)]
mod tests {
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
}
