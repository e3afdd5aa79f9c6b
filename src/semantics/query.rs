//! The query of a request: its parameters, and the access key that signed it.

use std::borrow::Cow;

use memchr::{memchr, memchr2};
use percent_encoding::percent_decode;

use crate::record::{Field, Record};

/// The query in a request URI, as the log writes it (`GET /key?acl HTTP/1.1`), without its question mark; `None` if there is none.
fn query_of(uri: &[u8]) -> Option<&[u8]> {
    let query = &uri[memchr(b'?', uri)? + 1..];
    Some(&query[..memchr(b' ', query).unwrap_or(query.len())])
}

/// The value of a parameter of a request's query, decoded; a name is the same in upper and lower case. Empty for a parameter
/// without a value (`?acl`). `+` stays as it is: it can be a plus or a space.
pub(crate) fn parameter<'a>(record: &Record<'a>, name: &str) -> Option<Cow<'a, [u8]>> {
    parameter_of(record.get(Field::RequestUri)?, name)
}

/// The same of a request URI, as the log writes it.
pub(crate) fn parameter_of<'u>(uri: &'u [u8], name: &str) -> Option<Cow<'u, [u8]>> {
    query_of(uri)?.split(|byte| *byte == b'&').find_map(|parameter| {
        let end = memchr(b'=', parameter).unwrap_or(parameter.len());
        let is_meant = parameter[..end].eq_ignore_ascii_case(name.as_bytes())
            || Cow::from(percent_decode(&parameter[..end])).eq_ignore_ascii_case(name.as_bytes());
        is_meant.then(|| percent_decode(parameter.get(end + 1..).unwrap_or_default()).into())
    })
}

/// The access key of a presigned URL: that of X-Amz-Credential (Signature Version 4) or AWSAccessKeyId (version 2). The logs do not
/// hold the keys of other requests.
///
/// Source: AWS, "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)" and "Signing and Authenticating REST
/// Requests" (version 2).
pub(crate) fn access_key_id<'a>(record: &Record<'a>) -> Option<Cow<'a, [u8]>> {
    let value = match parameter(record, "X-Amz-Credential") {
        Some(credential) => credential,
        None => parameter(record, "AWSAccessKeyId")?,
    };
    // The scope follows the key: date, region, service.
    let end = memchr(b'/', &value).unwrap_or(value.len());
    let value = match value {
        Cow::Borrowed(value) => Cow::Borrowed(&value[..end]),
        Cow::Owned(mut value) => {
            value.truncate(end);
            Cow::Owned(value)
        }
    };
    Some(value).filter(|value| !value.is_empty())
}

/// The host of a referer, in lower case and without a port; `None` if there is no referer or it is no URL.
pub(crate) fn referer_host(record: &Record<'_>) -> Option<Vec<u8>> {
    host_of(record.get(Field::Referer)?)
}

/// The host of a URL, in lower case and without a port.
pub(crate) fn host_of(referer: &[u8]) -> Option<Vec<u8>> {
    let at = referer.windows(3).position(|part| part == b"://")?;
    let rest = &referer[at + 3..];
    let authority = &rest[..rest.iter().position(|byte| b"/?# ".contains(byte)).unwrap_or(rest.len())];
    let host = &authority[memchr::memrchr(b'@', authority).map_or(0, |at| at + 1)..];
    // An IPv6 address is in brackets.
    let end = match host.first() {
        Some(b'[') => memchr(b']', host).map_or(host.len(), |at| at + 1),
        _ => memchr2(b':', b'\\', host).unwrap_or(host.len()),
    };
    Some(host[..end].to_ascii_lowercase()).filter(|host| !host.is_empty())
}

/// Search engines: a part of their hosts, and the parameter with what was looked for.
const SEARCH_ENGINES: [(&[u8], &[u8]); 9] = [
    (b"google", b"q"),
    (b"bing", b"q"),
    (b"duckduckgo", b"q"),
    (b"ecosia", b"q"),
    (b"ask", b"q"),
    (b"aol", b"q"),
    (b"yahoo", b"p"),
    (b"yandex", b"text"),
    (b"baidu", b"wd"),
];

/// What somebody looked for, where a referer is a page of results of a search engine.
pub(crate) fn search_phrase(referer: &[u8]) -> Option<Vec<u8>> {
    let host = host_of(referer)?;
    let is_of = |name: &[u8]| host.split(|byte| *byte == b'.').any(|part| part == name);
    let (_, wanted) = SEARCH_ENGINES.into_iter().find(|(name, _)| is_of(name))?;
    let query = &referer[memchr(b'?', referer)? + 1..];
    let query = &query[..memchr(b'#', query).unwrap_or(query.len())];
    let phrase = query.split(|byte| *byte == b'&').find_map(|parameter| {
        parameter.strip_prefix(wanted)?.strip_prefix(b"=").filter(|phrase| !phrase.is_empty())
    })?;
    let phrase: Vec<u8> = phrase.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    Some(percent_decode(&phrase).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parser::Parser;

    fn with<T>(uri: &str, referer: &str, read: impl FnOnce(&Record<'_>) -> T) -> T {
        let line = format!(
            "o b [06/Feb/2019:00:00:38 +0000] 192.0.2.3 - R REST.GET.OBJECT k \"{uri}\" 200 - 1 2 3 4 \"{referer}\" \"a\" -"
        );
        let mut parser = Parser::default();
        read(&parser.parse(line.as_bytes()).unwrap())
    }

    #[test]
    fn parameters() {
        let table = [
            ("GET /b?prefix=a%2Fb&uploadId=x HTTP/1.1", "prefix", Some("a/b")),
            ("GET /b?prefix=a%2Fb&uploadId=x HTTP/1.1", "uploadid", Some("x")),
            ("GET /b?acl HTTP/1.1", "acl", Some("")),
            ("GET /b?x%2Did=GetObject HTTP/1.1", "x-id", Some("GetObject")),
            ("GET /b?a=1=2&&b HTTP/1.1", "a", Some("1=2")),
            ("GET /b?a=1=2&&b HTTP/1.1", "c", None),
            ("GET /b HTTP/1.1", "a", None),
            ("GET /b?a=b+c", "a", Some("b+c")),
            ("-", "a", None),
        ];
        for (uri, name, expected) in table {
            let value = with(uri, "-", |record| parameter(record, name).map(Cow::into_owned));
            assert_eq!(value.as_deref(), expected.map(str::as_bytes), "{uri} {name}");
        }
    }

    #[test]
    fn access_keys() {
        let table = [
            (
                "GET /k?X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20260801%2Fus-east-1%2Fs3%2Faws4_request HTTP/1.1",
                Some("AKIAIOSFODNN7EXAMPLE"),
            ),
            ("GET /k?x-amz-credential=ASIA/2026 HTTP/1.1", Some("ASIA")),
            ("GET /k?AWSAccessKeyId=AKIAI&Expires=1&Signature=a HTTP/1.1", Some("AKIAI")),
            ("GET /k?AWSAccessKeyId= HTTP/1.1", None),
            ("GET /k HTTP/1.1", None),
        ];
        for (uri, expected) in table {
            let key = with(uri, "-", |record| access_key_id(record).map(Cow::into_owned));
            assert_eq!(key.as_deref(), expected.map(str::as_bytes), "{uri}");
        }
    }

    #[test]
    fn referer_hosts() {
        for (referer, expected) in [
            ("https://Example.com/a?b", Some("example.com")),
            ("http://example.com:8080", Some("example.com")),
            ("https://user:pw@example.com/", Some("example.com")),
            ("http://[2001:db8::1]:80/", Some("[2001:db8::1]")),
            ("example.com/a", None),
            ("https:///a", None),
            ("-", None),
        ] {
            let host = with("GET /k HTTP/1.1", referer, referer_host);
            assert_eq!(host.as_deref(), expected.map(str::as_bytes), "{referer}");
        }
    }

    #[test]
    fn search_phrases() {
        for (referer, expected) in [
            ("http://www.google.com/search?hl=en&q=s3+access%20logs&x=1", Some("s3 access logs")),
            ("https://search.yahoo.com/search?p=a%2Bb#q=c", Some("a+b")),
            ("http://www.bing.com/search?qs=n&q=", None),
            ("https://www.google.com/", None),
            ("http://example.com/?q=google.com", None),
            ("-", None),
        ] {
            let phrase = search_phrase(referer.as_bytes());
            assert_eq!(phrase.as_deref(), expected.map(str::as_bytes), "{referer}");
        }
    }
}
