//! Which program sent a request: the family and major version in the user agent.

mod crawlers;
mod platform;
mod tools;

use std::sync::LazyLock;

use memchr::memmem::Finder;

pub(crate) use crawlers::is_bot;
pub(crate) use platform::platform;
pub(crate) use tools::{ClientKind, client_kind};

/// The marks of browsers, the most telling first: everyone claims to be everyone that came before.
static BROWSERS: LazyLock<[(Finder<'static>, &[u8]); 6]> = LazyLock::new(|| {
    let browsers: [(&[u8], &[u8]); 6] = [
        (b"Edg/", b"Edge"),
        (b"OPR/", b"Opera"),
        (b"Firefox/", b"Firefox"),
        (b"Chrome/", b"Chrome"),
        (b"CriOS/", b"Chrome"),
        (b"Version/", b"Safari"),
    ];
    browsers.map(|(mark, name)| (Finder::new(mark), name))
});

/// Writes the family and the major version (`aws-cli/2`, `Chrome/120`) after `out`.
pub(crate) fn write_client(user_agent: &[u8], out: &mut Vec<u8>) {
    // The console and S3's own services put theirs in brackets.
    let user_agent = user_agent.trim_ascii().strip_prefix(b"[").unwrap_or(user_agent.trim_ascii());
    if user_agent.starts_with(b"Mozilla/") {
        // Crawlers come first: they imitate browsers.
        if let Some((name, rest)) = crawlers::find(user_agent) {
            out.extend_from_slice(name.as_bytes());
            if let Some(version) = rest.strip_prefix(b"/") {
                write_major(version, out);
            }
            return;
        }
        let browser = BROWSERS.iter().find_map(|(mark, name)| {
            mark.find(user_agent).map(|at| (*name, &user_agent[at + mark.needle().len()..]))
        });
        if let Some((name, version)) = browser {
            out.extend_from_slice(name);
            write_major(version, out);
            return;
        }
    }
    let product =
        user_agent.split(|byte| matches!(byte, b' ' | b',' | b';' | b']')).next().unwrap_or_default();
    match product.iter().position(|byte| *byte == b'/') {
        Some(slash) => {
            out.extend_from_slice(&product[..slash]);
            write_major(&product[slash + 1..], out);
        }
        // No version: the words are the name, as in `Amazon CloudFront`.
        None => out.extend_from_slice(
            user_agent
                .split(|byte| matches!(byte, b'(' | b',' | b']' | b'/'))
                .next()
                .unwrap_or_default()
                .trim_ascii(),
        ),
    }
}

/// `/2` of `2.15.30`; nothing if there is no number.
fn write_major(version: &[u8], out: &mut Vec<u8>) {
    let version = version.strip_prefix(b"v").unwrap_or(version);
    let digits = version.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits > 0 {
        out.push(b'/');
        out.extend_from_slice(&version[..digits]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_and_major_versions() {
        let table = [
            ("aws-cli/2.15.30 Python/3.11.8 Linux/5.10", "aws-cli/2"),
            ("Boto3/1.34.2 md/Botocore#1.34.2 ua/2.0", "Boto3/1"),
            ("aws-sdk-go-v2/1.30.1 os/linux", "aws-sdk-go-v2/1"),
            ("[S3Console/0.4, aws-internal/3 aws-sdk-java/1.12.8]", "S3Console/0"),
            ("S3Console/0.4", "S3Console/0"),
            ("Amazon CloudFront", "Amazon CloudFront"),
            ("curl/8.4.0", "curl/8"),
            ("Go-http-client/v1.1", "Go-http-client/1"),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
                "Chrome/120",
            ),
            ("Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36 Edg/121.0", "Edge/121"),
            (
                "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Safari/605.1.15",
                "Safari/17",
            ),
            ("Mozilla/5.0 (compatible; bot)", "Mozilla/5"),
            ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot/2"),
            (
                "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 \
                 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
                "Googlebot/2",
            ),
            (
                "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) \
                 Chrome/116.0.1938.76 Safari/537.36",
                "bingbot/2",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 \
                 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)",
                "Applebot/0",
            ),
            (
                "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
                "GPTBot/1",
            ),
            ("Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)", "YandexBot/3"),
            (
                "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 (compatible; Bytespider; \
                 spider-feedback@bytedance.com)",
                "Bytespider",
            ),
            (
                "Mozilla/5.0 (compatible; Yahoo! Slurp/3.0; http://help.yahoo.com/help/us/ysearch/slurp)",
                "Slurp/3",
            ),
            ("CCBot/2.0 (https://commoncrawl.org/faq/)", "CCBot/2"),
            ("Hadoop 3.3.4, aws-sdk-java/1.12", "Hadoop 3.3.4"),
            ("", ""),
            ("evil\" x", "evil\" x"),
        ];
        for (user_agent, client) in table {
            let mut out = Vec::new();
            write_client(user_agent.as_bytes(), &mut out);
            assert_eq!(String::from_utf8_lossy(&out), client, "{user_agent}");
        }
    }
}
