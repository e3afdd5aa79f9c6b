//! The region of a bucket, from how it was addressed.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::record::{Field, Record};

/// What follows the region in an endpoint.
static AMAZONAWS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b".amazonaws.com"));

/// The region that the request named. Only requests that S3 has answered with success count: a client can name any.
#[inline]
pub(crate) fn named<'a>(record: &Record<'a>) -> Option<&'a [u8]> {
    if super::Outcome::of(record) != super::Outcome::Success {
        return None;
    }
    match record.get(Field::AccessPointArn) {
        Some(arn) => of_arn(arn),
        None => of_host(record.get(Field::HostHeader)?),
    }
}

/// `arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME`
fn of_arn(arn: &[u8]) -> Option<&[u8]> {
    arn.split(|byte| *byte == b':').nth(3).filter(|region| is_region(region))
}

/// The region in any form of endpoint: `s3.REGION`, `BUCKET.s3-REGION`, `s3-website.REGION`, `s3.dualstack.REGION`, ...
fn of_host(host: &[u8]) -> Option<&[u8]> {
    let host = &host[..AMAZONAWS.find(host)?];
    let host = host.strip_suffix(b".vpce").unwrap_or(host);
    let mut labels = host.rsplit(|byte| *byte == b'.');
    let last = labels.next()?;
    if let Some(name) = last.strip_prefix(b"s3-") {
        let region = name.strip_prefix(b"website-").unwrap_or(name);
        return if region == b"external-1" {
            Some(b"us-east-1")
        } else {
            Some(region).filter(|r| is_region(r))
        };
    }
    let before = labels.next()?;
    let is_endpoint = before == b"dualstack" || before == b"s3" || before.starts_with(b"s3-");
    Some(last).filter(|region| is_endpoint && is_region(region))
}

/// `eu-west-1`, `us-gov-east-1`: words and a number.
fn is_region(text: &[u8]) -> bool {
    let mut parts = text.rsplit(|byte| *byte == b'-');
    let number = parts.next().unwrap_or_default();
    let is_number = matches!(number, [b'0'..=b'9'] | [b'0'..=b'9', b'0'..=b'9']);
    let words = parts.filter(|word| !word.is_empty() && word.iter().all(u8::is_ascii_lowercase)).count();
    is_number && words >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints() {
        let table = [
            ("s3.eu-west-1.amazonaws.com", Some("eu-west-1")),
            ("my.bucket.s3.eu-west-1.amazonaws.com:443", Some("eu-west-1")),
            ("b.s3-eu-west-1.amazonaws.com", Some("eu-west-1")),
            ("b.s3.dualstack.us-gov-east-1.amazonaws.com", Some("us-gov-east-1")),
            ("b.s3-fips.us-east-2.amazonaws.com", Some("us-east-2")),
            ("b.s3-website.eu-central-1.amazonaws.com", Some("eu-central-1")),
            ("b.s3-website-us-east-1.amazonaws.com", Some("us-east-1")),
            ("ap-111122223333.s3-accesspoint.eu-west-1.amazonaws.com", Some("eu-west-1")),
            ("b.bucket.vpce-1a2b-3c4d.s3.us-east-1.vpce.amazonaws.com", Some("us-east-1")),
            ("s3.cn-north-1.amazonaws.com.cn", Some("cn-north-1")),
            ("s3-external-1.amazonaws.com", Some("us-east-1")),
            ("b.s3.amazonaws.com", None),
            ("s3.amazonaws.com", None),
            ("b.s3-accelerate.amazonaws.com", None),
            ("cdn.example.com", None),
            ("", None),
        ];
        for (host, region) in table {
            assert_eq!(of_host(host.as_bytes()), region.map(str::as_bytes), "{host}");
        }
        assert_eq!(of_arn(b"arn:aws:s3:eu-west-1:111122223333:accesspoint/x"), Some(&b"eu-west-1"[..]));
        assert_eq!(of_arn(b"arn:aws:s3::111122223333:accesspoint/x.mrap"), None);
    }
}
