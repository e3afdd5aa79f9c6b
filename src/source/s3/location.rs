//! Where logs lie: a bucket and a prefix, checked when they are typed.

use std::fmt;
use std::str::FromStr;

use globset::{Glob, GlobBuilder, GlobMatcher};
use thiserror::Error;

/// The longest key of S3, in bytes; a prefix cannot be longer.
const MAX_KEY_LEN: usize = 1024;

/// What is wrong with a typed location.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum LocationError {
    /// The text is no S3 URL.
    #[error("invalid S3 URL {0:?}: expected s3://BUCKET/PREFIX")]
    NoUrl(String),
    /// The bucket's name is missing.
    #[error("the bucket name is missing: write s3://BUCKET/PREFIX or --bucket BUCKET")]
    NoBucket,
    /// The text can be no bucket.
    #[error("invalid bucket name {name:?}: {reason}")]
    BadBucket {
        /// The text.
        name: String,
        /// Why not.
        reason: &'static str,
    },
    /// The text can be no prefix of a key.
    #[error("the prefix has {0} bytes; keys have at most {MAX_KEY_LEN}")]
    LongPrefix(usize),
    /// The pattern cannot be read.
    #[error("invalid key pattern {0:?}: {1}; with --bucket and --prefix, every character stands for itself")]
    Pattern(String, String),
    /// The prefix holds a byte that no request can carry.
    #[error("the prefix {0:?} contains a NUL")]
    NulPrefix(String),
}

/// The name of a bucket, or the ARN of an access point.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Bucket(String);

impl Bucket {
    /// The name.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the ARN of an access point.
    pub(crate) fn is_access_point(&self) -> bool {
        self.0.starts_with("arn:")
    }
}

/// Where the resource of the ARN of an access point begins: `arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME`, or with a colon.
fn access_point(arn: &str) -> Option<usize> {
    [":accesspoint/", ":accesspoint:"].iter().filter_map(|mark| Some(arn.find(mark)? + mark.len())).min()
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Bucket {
    type Err = LocationError;

    /// Old buckets have upper case and `_`, and up to 255 characters; what is refused here, S3 never allowed.
    fn from_str(name: &str) -> Result<Self, LocationError> {
        let bad = |reason| Err(LocationError::BadBucket { name: name.to_owned(), reason });
        if name.is_empty() {
            return Err(LocationError::NoBucket);
        }
        if name.starts_with("arn:") {
            return match access_point(name) {
                Some(at) if at < name.len() && !name[at..].contains('/') => Ok(Self(name.to_owned())),
                Some(_) => bad("give the ARN of the access point alone, and the rest as --prefix"),
                None => bad("of ARNs only those of access points stand for one; else give its name"),
            };
        }
        if name.contains("://") || name.get(..3).is_some_and(|scheme| scheme.eq_ignore_ascii_case("s3:")) {
            return bad("give the name alone, or the URL without --bucket");
        }
        if name.contains('/') {
            return bad("a name holds no slash; give what follows it as --prefix");
        }
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)) {
            return bad("a name holds letters, digits, dots, hyphens and underscores only");
        }
        if name.len() < 3 || name.len() > 255 {
            return bad("a name has 3 to 63 characters, or up to 255 in an old bucket");
        }
        if matches!(name.as_bytes(), [b'.' | b'-', ..] | [.., b'.' | b'-']) || name.contains("..") {
            return bad("a name begins and ends with a letter or digit, and has no two dots in a row");
        }
        Ok(Self(name.to_owned()))
    }
}

/// The start of the keys that are meant. It need not end in a slash, and can be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Prefix(String);

impl Prefix {
    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Prefix {
    type Err = LocationError;

    fn from_str(text: &str) -> Result<Self, LocationError> {
        if text.len() > MAX_KEY_LEN {
            return Err(LocationError::LongPrefix(text.len()));
        }
        if text.contains('\0') {
            return Err(LocationError::NulPrefix(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

/// A bucket and the keys in it that are meant. Reads and shows itself as `s3://bucket/prefix`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    /// The bucket that holds the logs.
    pub bucket: Bucket,
    /// The start of their keys.
    pub prefix: Prefix,
    /// What the keys are like as a whole, where a URL holds `*` or `?`: `*` matches slashes too.
    pattern: Option<String>,
}

impl Location {
    /// All keys of a bucket that begin so, whatever characters the prefix holds.
    pub(crate) fn new(bucket: Bucket, prefix: Prefix) -> Self {
        Self { bucket, prefix, pattern: None }
    }

    /// Whether only some of the keys that begin so are meant.
    pub(crate) fn has_pattern(&self) -> bool {
        self.pattern.is_some()
    }

    /// Whether all that is meant here is meant there, too.
    pub(crate) fn contains(&self, other: &Self) -> bool {
        let is_same = self.pattern.is_none() || self.pattern == other.pattern;
        is_same && self.bucket == other.bucket && other.prefix.0.starts_with(&self.prefix.0)
    }

    /// Whether something can be meant here and there.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let (here, there) = (&self.prefix.0, &other.prefix.0);
        self.bucket == other.bucket && (here.starts_with(there) || there.starts_with(here))
    }

    /// Tells the keys that are meant.
    pub(super) fn keys(&self) -> Keys {
        let pattern = self.pattern.as_deref().and_then(|pattern| glob(pattern).ok());
        Keys { prefix: self.prefix.to_string(), pattern: pattern.map(|glob| glob.compile_matcher()) }
    }

    /// The URL of an object of the bucket.
    pub(crate) fn url(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.bucket)
    }

    /// Whether the text claims to be an S3 URL, so that it is read as one and not as a path.
    pub(crate) fn is_url(text: &str) -> bool {
        text.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("s3://"))
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.pattern.as_deref().unwrap_or(self.prefix.as_str()))
    }
}

/// The keys of a location.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    prefix: String,
    pattern: Option<GlobMatcher>,
}

impl Keys {
    pub(super) fn hold(&self, key: &str) -> bool {
        key.starts_with(&self.prefix) && self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(key))
    }
}

fn glob(pattern: &str) -> Result<Glob, globset::Error> {
    GlobBuilder::new(pattern).literal_separator(false).backslash_escape(false).build()
}

impl FromStr for Location {
    type Err = LocationError;

    fn from_str(text: &str) -> Result<Self, LocationError> {
        if !Self::is_url(text) {
            return Err(LocationError::NoUrl(text.to_owned()));
        }
        let rest = &text[5..];
        // The ARN of an access point can hold a slash.
        let at = if rest.starts_with("arn:") { access_point(rest).unwrap_or(0) } else { 0 };
        let end = rest[at..].find('/').map_or(rest.len(), |slash| at + slash);
        let (bucket, prefix) = (&rest[..end], rest.get(end + 1..).unwrap_or_default());
        let bucket = bucket.parse()?;
        let Some(special) = prefix.find(['*', '?']) else { return Ok(Self::new(bucket, prefix.parse()?)) };
        // Before the first `*` or `?`, the pattern can hold `[` and `{`.
        let literal = &prefix[..prefix.find(['*', '?', '[', '{']).unwrap_or(special)];
        let bad = |error: globset::Error| LocationError::Pattern(prefix.to_owned(), error.kind().to_string());
        glob(prefix).map_err(bad)?;
        Ok(Self { bucket, prefix: literal.parse()?, pattern: Some(prefix.to_owned()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        let table = [
            ("s3://my-logs", Some(("my-logs", ""))),
            ("s3://my-logs/", Some(("my-logs", ""))),
            ("S3://my-logs/prod/", Some(("my-logs", "prod/"))),
            ("s3://my-logs/prod/a b[c]#d", Some(("my-logs", "prod/a b[c]#d"))),
            ("s3://my-logs/prod/2026-01-0*", Some(("my-logs", "prod/2026-01-0"))),
            ("s3://my-logs/prod/[ab]/2026-0?-*", Some(("my-logs", "prod/"))),
            ("s3://my-logs/prod/[ab/*", None),
            ("s3://my-logs//x", Some(("my-logs", "/x"))),
            ("s3://My_Old.Bucket/x", Some(("My_Old.Bucket", "x"))),
            (
                "s3://arn:aws:s3:eu-west-1:123456789012:accesspoint/logs/prod/x",
                Some(("arn:aws:s3:eu-west-1:123456789012:accesspoint/logs", "prod/x")),
            ),
            (
                "s3://arn:aws:s3:eu-west-1:123456789012:accesspoint:logs",
                Some(("arn:aws:s3:eu-west-1:123456789012:accesspoint:logs", "")),
            ),
            (
                "s3://logs-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias/x",
                Some(("logs-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias", "x")),
            ),
            ("s3://arn:aws:s3:eu-west-1:123456789012:accesspoint/", None),
            ("s3://arn:aws:iam::123456789012:role/x", None),
            ("s3://", None),
            ("s3:///prod", None),
            ("s3:/my-logs", None),
            ("https://my-logs", None),
            ("s3://my logs/", None),
            ("s3://ab", None),
            ("s3://-ab/", None),
            ("s3://a..b/", None),
            ("s3://é", None),
            ("s3://my-logs/\0", None),
        ];
        for (text, expected) in table {
            let read = text.parse::<Location>().ok();
            let read = read.as_ref().map(|at| (at.bucket.as_str(), at.prefix.as_str()));
            assert_eq!(read, expected, "{text}");
        }
    }

    #[test]
    fn patterns_choose_among_keys() {
        let holds = |url: &str, key: &str| url.parse::<Location>().unwrap().keys().hold(key);
        for (pattern, key, is_held) in [
            ("p/2026-01-0*", "p/2026-01-09-00-00-00-X", true),
            ("p/2026-01-0*", "p/2026-01-10-00-00-00-X", false),
            ("p/2026-01-0*", "q/p/2026-01-09-00-00-00-X", false),
            ("*/site/*", "p/1/eu/site/2026/x", true),
            ("*/site/*", "site/2026/x", false),
            ("p?/*", "p1/x", true),
            ("p?/*", "p/x", false),
            ("p/{a,b}*", "p/bc", true),
            ("p/[a]", "p/[a]b", true),
        ] {
            let url = format!("s3://my-logs/{pattern}");
            assert_eq!(holds(&url, key), is_held, "{pattern} {key}");
            assert_eq!(url.parse::<Location>().unwrap().to_string(), url);
        }
    }

    #[test]
    fn buckets_say_what_is_wrong() {
        let error =
            |text: &str| text.parse::<Bucket>().err().map(|error| error.to_string()).unwrap_or_default();
        for url in ["s3://x", "S3://x", "s3:x", "https://x.s3.amazonaws.com/y"] {
            assert!(error(url).contains("without --bucket"), "{url}");
        }
        assert!(error("logs/prod").contains("--prefix"));
        assert!(error("").contains("missing"));
        assert_eq!(error("arn:aws:s3:eu-west-1:123456789012:accesspoint/logs"), "");
        assert!("x".repeat(1025).parse::<Prefix>().is_err());
    }
}
