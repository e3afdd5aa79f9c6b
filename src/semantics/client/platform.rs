//! What a program runs on, as far as its user agent says.

/// Marks in user agents in lower case, the most telling first: Android says Linux too, and devices of Apple all say Mac OS X.
const MARKS: [(&str, &str); 15] = [
    ("android", "Android"),
    ("iphone", "iOS"),
    ("ipad", "iOS"),
    ("ipod", "iOS"),
    ("os/ios", "iOS"),
    ("windows", "Windows"),
    ("cros ", "Chrome OS"),
    ("mac os x", "macOS"),
    ("macintosh", "macOS"),
    ("macos", "macOS"),
    ("darwin", "macOS"),
    ("linux", "Linux"),
    ("freebsd", "FreeBSD"),
    ("openbsd", "OpenBSD"),
    ("sunos", "Solaris"),
];

/// The operating system that a user agent names.
pub(crate) fn platform(user_agent: &[u8]) -> &'static str {
    let text = user_agent.to_ascii_lowercase();
    let named = MARKS.iter().find(|(mark, _)| memchr::memmem::find(&text, mark.as_bytes()).is_some());
    named.map_or("not named", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms() {
        for (user_agent, expected) in [
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36", "Windows"),
            ("Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36", "Android"),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X)", "iOS"),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "macOS"),
            ("aws-cli/2.15.0 Python/3.11.6 Darwin/23.2.0 exe/x86_64", "macOS"),
            ("Boto3/1.34.2 md/Botocore#1.34.2 ua/2.0 os/linux#5.10 lang/python#3.11", "Linux"),
            ("curl/8.4.0", "not named"),
        ] {
            assert_eq!(platform(user_agent.as_bytes()), expected, "{user_agent}");
        }
    }
}
