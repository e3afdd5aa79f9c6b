//! Who asked: the readings of the requester field.

use memchr::{memchr, memmem, memrchr};

/// The requester field, `-` included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Requester<'a>(&'a [u8]);

impl<'a> Requester<'a> {
    /// From the field's text.
    #[inline]
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self(text)
    }

    /// Whether the request was not authenticated. Until 2010 this was written out.
    #[inline]
    pub(crate) fn is_anonymous(self) -> bool {
        matches!(self.0, b"-" | b"Anonymous")
    }

    /// The field's text; `None` if anonymous.
    #[inline]
    pub(crate) fn text(self) -> Option<&'a [u8]> {
        (!self.is_anonymous()).then_some(self.0)
    }

    /// The account of an ARN (`arn:PARTITION:SERVICE::ACCOUNT:...`); `None` for requesters that name none.
    pub(crate) fn account(self) -> Option<&'a [u8]> {
        let account = self.arn_part(4)?;
        (!account.is_empty() && account.iter().all(u8::is_ascii_digit)).then_some(account)
    }

    /// The short name: the user without its path, the role without its session, the service without
    /// `.amazonaws.com`, the id of an origin access identity; else the whole text. `None` if anonymous.
    pub(crate) fn principal(self) -> Option<&'a [u8]> {
        let text = self.text()?;
        if let Some(service) = text.strip_prefix(b"svc:") {
            return Some(service.strip_suffix(b".amazonaws.com").unwrap_or(service));
        }
        let Some(resource) = self.arn_part(5) else { return Some(text) };
        if let Some(role) = resource.strip_prefix(b"assumed-role/") {
            return Some(&role[..memchr(b'/', role).unwrap_or(role.len())]);
        }
        let name = &resource[memrchr(b'/', resource).map_or(0, |slash| slash + 1)..];
        Some(match memmem::find(name, b"Origin Access Identity ") {
            Some(at) => &name[at + b"Origin Access Identity ".len()..],
            None => name,
        })
    }

    /// The whole text, but an assumed role without its session: what a policy can be attached to. `None` if anonymous.
    pub(crate) fn identity(self) -> Option<&'a [u8]> {
        let text = self.text()?;
        let role = self.arn_part(5).and_then(|resource| resource.strip_prefix(b"assumed-role/"));
        let session = role.and_then(|role| Some(role.len() - memchr(b'/', role)?));
        Some(&text[..text.len() - session.unwrap_or_default()])
    }

    /// The part of an ARN from 0; the last one, 5, holds all the rest.
    fn arn_part(self, place: usize) -> Option<&'a [u8]> {
        self.0.starts_with(b"arn:").then_some(self.0)?.splitn(6, |byte| *byte == b':').nth(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_and_principals() {
        let table: &[(&str, Option<&str>, Option<&str>)] = &[
            ("-", None, None),
            ("Anonymous", None, None),
            ("arn:aws:iam::111122223333:user/path/to/alice", Some("111122223333"), Some("alice")),
            ("arn:aws:iam::111122223333:root", Some("111122223333"), Some("root")),
            ("arn:aws:sts::111122223333:assumed-role/Deploy/a@b.c+=,", Some("111122223333"), Some("Deploy")),
            ("arn:aws-cn:sts::111122223333:assumed-role/R/s", Some("111122223333"), Some("R")),
            ("arn:aws-us-gov:iam::111122223333:user/bob", Some("111122223333"), Some("bob")),
            ("svc:cloudtrail.amazonaws.com", None, Some("cloudtrail")),
            ("AmazonS3", None, Some("AmazonS3")),
            ("79a59df900b949e55d96a1e698fbaced", None, Some("79a59df900b949e55d96a1e698fbaced")),
            (
                "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE1234",
                None,
                Some("E2EXAMPLE1234"),
            ),
            ("arn:aws", None, Some("arn:aws")),
        ];
        for (text, account, principal) in table {
            let requester = Requester::new(text.as_bytes());
            assert_eq!(requester.account(), account.map(str::as_bytes), "{text}");
            assert_eq!(requester.principal(), principal.map(str::as_bytes), "{text}");
        }
    }
    #[test]
    fn identities() {
        let table: &[(&str, Option<&str>)] = &[
            ("-", None),
            ("arn:aws:iam::111122223333:user/path/alice", Some("arn:aws:iam::111122223333:user/path/alice")),
            (
                "arn:aws:sts::111122223333:assumed-role/Deploy/a/b@c",
                Some("arn:aws:sts::111122223333:assumed-role/Deploy"),
            ),
            (
                "arn:aws:sts::111122223333:assumed-role/Deploy",
                Some("arn:aws:sts::111122223333:assumed-role/Deploy"),
            ),
            ("svc:cloudtrail.amazonaws.com", Some("svc:cloudtrail.amazonaws.com")),
        ];
        for (text, identity) in table {
            assert_eq!(Requester::new(text.as_bytes()).identity(), identity.map(str::as_bytes), "{text}");
        }
    }
}
