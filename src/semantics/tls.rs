//! How a request was secured: the fields of March 2019 and later, read at once.
//!
//! A line that is older than a field says nothing about it; a dash does say something.

use crate::record::{Field, NONE, Record};

/// How a request was secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Security<'a> {
    signature_version: Option<&'a [u8]>,
    cipher_suite: Option<&'a [u8]>,
    tls_version: Option<&'a [u8]>,
    acl_required: Option<&'a [u8]>,
}

impl<'a> Security<'a> {
    /// Of a record.
    #[inline]
    pub(crate) fn of(record: &Record<'a>) -> Self {
        let tail = record.tail();
        let text = |field: Field| tail[field.index() - Field::HEAD];
        Self {
            signature_version: text(Field::SignatureVersion),
            cipher_suite: text(Field::CipherSuite),
            tls_version: text(Field::TlsVersion),
            acl_required: text(Field::AclRequired),
        }
    }

    /// Whether it came over plain HTTP. The cipher is older than the TLS version.
    pub(crate) fn is_plain_http(self) -> bool {
        self.cipher_suite == Some(NONE) && self.tls_version.is_none_or(|version| version == NONE)
    }

    /// Whether it came over SSL, TLS 1.0 or TLS 1.1, however that is written.
    pub(crate) fn is_old_tls(self) -> bool {
        // As S3 writes it today; all else is read letter by letter.
        let Some(version) = self.tls_version.filter(|text| !matches!(*text, b"TLSv1.2" | b"TLSv1.3" | b"-"))
        else {
            return false;
        };
        let Some((name, version)) = version.split_at_checked(3) else { return false };
        if name.eq_ignore_ascii_case(b"ssl") {
            return true;
        }
        let number = version.strip_prefix(b"v").or_else(|| version.strip_prefix(b"V")).unwrap_or(version);
        name.eq_ignore_ascii_case(b"tls") && matches!(number, b"1" | [b'1', b'.' | b'_', b'0' | b'1'])
    }

    /// Whether it was signed with Signature Version 2.
    pub(crate) fn is_sigv2(self) -> bool {
        let is_other = |version: &[u8]| matches!(version, b"SigV4" | b"-");
        self.signature_version
            .is_some_and(|version| !is_other(version) && version.eq_ignore_ascii_case(b"SigV2"))
    }

    /// Whether any of it is weak: plain HTTP, an old TLS, Signature Version 2, or an ACL that was needed.
    pub(crate) fn is_weak(self) -> bool {
        self.is_plain_http() || self.is_old_tls() || self.is_sigv2() || self.needed_acl()
    }

    /// Whether it was signed at all; `None` if the line is older than the field.
    pub(crate) fn is_signed(self) -> Option<bool> {
        self.signature_version.map(|version| version != NONE)
    }

    /// Whether an ACL was needed to authorise it.
    pub(crate) fn needed_acl(self) -> bool {
        self.acl_required.is_some_and(|text| text.eq_ignore_ascii_case(b"yes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parser::Parser;

    fn read<T>(tail: &str, test: impl FnOnce(Security<'_>) -> T) -> T {
        let line = format!(
            "o b [06/Feb/2019:00:00:38 +0000] 192.0.2.3 - R REST.GET.OBJECT k \"GET /k HTTP/1.1\" 200 - 1 2 3 4 \"-\" \"a\" {tail}"
        );
        let mut parser = Parser::default();
        let record = parser.parse(line.as_bytes()).unwrap();
        test(Security::of(&record))
    }

    #[test]
    fn plain_http() {
        let table = [
            ("-", false),
            ("- HOST= SigV4 ECDHE AuthHeader h TLSv1.2 - -", false),
            ("- HOST= SigV4 - AuthHeader h - - -", true),
            ("- HOST= - - - h", true),
            ("- HOST= - ECDHE - h", false),
            ("- HOST= - - - h TLSv1.2", false),
        ];
        for (tail, expected) in table {
            assert_eq!(read(tail, |security| security.is_plain_http()), expected, "{tail}");
        }
    }

    #[test]
    fn old_tls_however_it_is_written() {
        let old =
            ["TLSv1", "TLSV1", "tlsv1.0", "TLSv1.0", "TLSv1.1", "TLSV1.1", "TLSv1_1", "TLS1.1", "SSLv3"];
        // What is not known is not judged.
        let new = [
            "TLSv1.2", "TLSV1.2", "TLSv1.3", "TLSv2", "TLSv1.", "TLSv1.4", "TLSv1.10", "TLSv10", "TLSv1.0a",
            "-", "TLSv", "TLS", "x",
        ];
        for version in old {
            assert!(
                read(&format!("- HOST= SigV4 C AuthHeader h {version}"), |security| security.is_old_tls()),
                "{version}"
            );
        }
        for version in new {
            assert!(
                !read(&format!("- HOST= SigV4 C AuthHeader h {version}"), |security| security.is_old_tls()),
                "{version}"
            );
        }
        assert!(!read("-", |security| security.is_old_tls()));
    }

    #[test]
    fn signatures_and_acls() {
        let long = "- HOST= SigV2 C QueryString h TLSv1.2 - Yes us-east-1";
        assert!(read(long, |security| security.is_sigv2()) && read(long, |security| security.needed_acl()));
        assert_eq!(read(long, |security| security.is_signed()), Some(true));
        let dashes = "- HOST= - C - h TLSv1.2 - - -";
        assert!(
            !read(dashes, |security| security.is_sigv2()) && !read(dashes, |security| security.needed_acl())
        );
        assert_eq!(read(dashes, |security| security.is_signed()), Some(false));
        assert!(!read("-", |security| security.needed_acl()));
        assert_eq!(read("-", |security| security.is_signed()), None);
    }
}
