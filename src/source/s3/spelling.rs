//! How people write a location in S3 that is no URL of ours: ARNs, web addresses, slashes that are missing or lean the wrong way.

use percent_encoding::percent_decode_str;

use super::location::Location;

impl Location {
    /// The location that a text means which is none as it stands: `arn:aws:s3:::BUCKET/PREFIX`, `https://BUCKET.s3.amazonaws.com/PREFIX`,
    /// `s3:/BUCKET`.
    pub(crate) fn meant_by(text: &str) -> Option<Self> {
        if Self::is_url(text) {
            return None;
        }
        let url = of_arn(text).or_else(|| of_scheme(text)).or_else(|| of_web_address(text))?;
        url.parse().ok()
    }
}

/// `arn:aws:s3:::BUCKET/PREFIX`
fn of_arn(text: &str) -> Option<String> {
    let mut parts = text.splitn(6, ':');
    let is_arn = parts.next()? == "arn" && parts.next()?.starts_with("aws") && parts.next()? == "s3";
    let has_place = !(parts.next()?.is_empty() && parts.next()?.is_empty());
    (is_arn && !has_place).then_some(())?;
    Some(format!("s3://{}", parts.next()?))
}

/// `s3:BUCKET`, `s3:/BUCKET`, `S3:\\BUCKET\PREFIX`
fn of_scheme(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_at_checked(3)?;
    let rest = rest.trim_start_matches(['/', '\\']).replace('\\', "/");
    scheme.eq_ignore_ascii_case("s3:").then(|| format!("s3://{rest}"))
}

/// The address of a bucket, whichever style it has, or its page in the console.
///
/// Source: AWS, "Virtual hosting of general purpose buckets".
fn of_web_address(text: &str) -> Option<String> {
    let rest = match text.split_once("://") {
        Some((scheme, rest)) if ["http", "https"].iter().any(|web| scheme.eq_ignore_ascii_case(web)) => rest,
        Some(_) => return None,
        None => text,
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.split(':').next()?.to_ascii_lowercase();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    if host.ends_with("console.aws.amazon.com") {
        let bucket = path.strip_prefix("s3/buckets/")?.split('/').next()?;
        let prefix = query.split('&').find_map(|part| part.strip_prefix("prefix=")).unwrap_or_default();
        return Some(format!("s3://{bucket}/{}", percent_decode_str(prefix).decode_utf8().ok()?));
    }
    let endpoint = host.strip_suffix(".cn").unwrap_or(&host).strip_suffix(".amazonaws.com")?;
    if endpoint == "s3" || endpoint.starts_with("s3.") || endpoint.starts_with("s3-") {
        return Some(format!("s3://{path}"));
    }
    let dotted = format!("{endpoint}.");
    let at = dotted.rfind(".s3.").max(dotted.rfind(".s3-"))?;
    // The address of an endpoint of a VPC has more before its `s3`.
    (!dotted.contains(".vpce.")).then(|| format!("s3://{}/{path}", &dotted[..at]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_meant() {
        for (text, expected) in [
            ("arn:aws:s3:::my-logs/prod/", Some("s3://my-logs/prod/")),
            ("arn:aws-cn:s3:::my-logs", Some("s3://my-logs/")),
            ("s3:/my-logs/prod/", Some("s3://my-logs/prod/")),
            ("s3:my-logs", Some("s3://my-logs/")),
            (r"S3:\\my-logs\prod", Some("s3://my-logs/prod")),
            ("https://my-logs.s3.amazonaws.com/prod/?list-type=2", Some("s3://my-logs/prod/")),
            ("HTTPS://my.logs.s3.eu-west-1.amazonaws.com", Some("s3://my.logs/")),
            ("https://my-logs.s3-eu-west-1.amazonaws.com/x", Some("s3://my-logs/x")),
            ("https://my-logs.s3.cn-north-1.amazonaws.com.cn/x", Some("s3://my-logs/x")),
            ("http://s3.eu-west-1.amazonaws.com/my-logs/prod", Some("s3://my-logs/prod")),
            ("https://s3.amazonaws.com:443/my-logs", Some("s3://my-logs/")),
            ("s3-us-west-2.amazonaws.com/my-logs/x", Some("s3://my-logs/x")),
            (
                "https://eu-west-1.console.aws.amazon.com/s3/buckets/my-logs?region=eu-west-1&prefix=a%2Fb/&showversions=false",
                Some("s3://my-logs/a/b/"),
            ),
            ("s3://my-logs/", None),
            ("arn:aws:s3:eu-west-1:123456789012:accesspoint/logs", None),
            ("arn:aws:iam::123456789012:role/x", None),
            ("https://example.com/my-logs", None),
            ("https://b.bucket.vpce-1a2b-3c4d.s3.us-east-1.vpce.amazonaws.com/x", None),
            ("logs/2026/x", None),
            ("s3", None),
            ("é3:x", None),
            ("ftp://my-logs.s3.amazonaws.com/", None),
            ("s3:", None),
            ("https://s3.amazonaws.com/", None),
        ] {
            let meant = Location::meant_by(text).map(|location| location.to_string());
            assert_eq!(meant.as_deref(), expected, "{text}");
        }
    }
}
