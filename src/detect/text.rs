//! Texts of clients that programs which read logs could take for commands.

use std::sync::LazyLock;

use memchr::memchr;
use regex::bytes::Regex;

/// Control bytes; a quote followed by a status, as a forged line has it; templates, shells, scripts and look-ups; and the same encoded.
pub(crate) const PATTERN: &str = r#"(?i-u)[\x00-\x08\x0a-\x1f\x7f]|" [1-5][0-9][0-9] (?:-|[a-z]+) |\$\{|\$\(|`[^`]+`|<script|%24%7b|%24\(|%3cscript|%0d%0a|%1b(?:\[|%5b)|%00"#;

static ODD: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(PATTERN).ok());

/// Whether a text holds any of it.
#[inline]
pub(crate) fn is_odd(text: &[u8]) -> bool {
    can_be_odd(text) && ODD.as_ref().is_some_and(|odd| odd.is_match(text))
}

/// Whether it is worth a closer look: compilers make this loop look at many bytes at once.
#[inline]
fn can_be_odd(text: &[u8]) -> bool {
    let mut found = false;
    for byte in text {
        found |= (*byte < 0x20) | matches!(byte, b'"' | b'$' | b'`' | b'<' | 0x7f);
    }
    found || memchr(b'%', text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_forged_lines() {
        for text in [
            "${jndi:ldap://x/a}",
            "%24%7Bjndi:ldap://x/a}",
            "a\x1b[31m",
            "x\" 200 - 1 1",
            "x\" 403 AccessDenied 1",
            "$(id)",
            "`id`",
            "<ScRiPt>alert(1)",
            "GET /b/%3Cscript%3E HTTP/1.1",
            "GET /a%0d%0aX-Header:1 HTTP/1.1",
        ] {
            assert!(is_odd(text.as_bytes()), "{text}");
        }
        // An ordinary presigned URL, pip, and names with all that names may hold.
        for text in [
            "GET /b/k?response-content-disposition=attachment;%20filename=\"a.csv\"&X-Amz-Signature=ab HTTP/1.1",
            "pip/23.0 {\"ci\":null,\"cpu\":\"x86_64\"}",
            "GET /b/date%253D2020/price_$5.csv HTTP/1.1",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
            "\"Mozilla/5.0\"",
            "",
        ] {
            assert!(!is_odd(text.as_bytes()), "{text}");
        }
    }
}
