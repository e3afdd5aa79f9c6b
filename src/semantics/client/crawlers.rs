//! Crawlers, by what their user agents say.
//!
//! Sources, read on 27 November 2026: the list github.com/monperrus/crawler-user-agents, crawler-user-agents.json (commit 002bd9c); for
//! the crawlers of AI, "AI Crawler User Agents Explained: A 2026 Reference" (honeyb.ai, 28 May 2026) and "AI crawler user agents"
//! (llmsfile.com). What a user agent says is not proved: anyone can send it.

use std::sync::LazyLock;

use regex::bytes::{Regex, RegexBuilder};

/// What names a crawler in its user agent. Names that begin with another's are before it.
const CRAWLERS: &[&str] = &[
    // Search engines and what belongs to them.
    "Googlebot-Image",
    "Googlebot-News",
    "Googlebot-Video",
    "Googlebot-Mobile",
    "Googlebot",
    "Storebot-Google",
    "AdsBot-Google-Mobile-Apps",
    "AdsBot-Google-Mobile",
    "AdsBot-Google",
    "Mediapartners-Google",
    "Feedfetcher-Google",
    "APIs-Google",
    "Google-InspectionTool",
    "GoogleOther-Image",
    "GoogleOther-Video",
    "GoogleOther",
    "bingbot",
    "adidxbot",
    "BingPreview",
    "MicrosoftPreview",
    "msnbot-media",
    "msnbot",
    "Applebot-Extended",
    "Applebot",
    "YandexBot",
    "YandexImages",
    "YandexMobileBot",
    "Baiduspider-image",
    "Baiduspider",
    "DuckDuckBot-Https",
    "DuckDuckBot",
    "DuckAssistBot",
    "Slurp",
    "Sogou web spider",
    "SeznamBot",
    "coccocbot-image",
    "coccocbot-web",
    "Yeti",
    "PetalBot",
    "Mail.RU_Bot",
    "Exabot-Images",
    "Exabot",
    // Crawlers of AI.
    "GPTBot",
    "OAI-SearchBot",
    "ChatGPT-User",
    "ClaudeBot",
    "Claude-SearchBot",
    "Claude-User",
    "Claude-Web",
    "anthropic-ai",
    "PerplexityBot",
    "Perplexity-User",
    "Bytespider",
    "TikTokSpider",
    "Amazonbot",
    "Amzn-SearchBot",
    "meta-externalagent",
    "meta-externalfetcher",
    "meta-webindexer",
    "FacebookBot",
    "cohere-ai",
    "MistralAI-User",
    "YouBot",
    "AI2Bot",
    "Diffbot",
    "Timpibot",
    "CCBot",
    // Previews of links.
    "facebookexternalhit",
    "Twitterbot",
    "LinkedInBot",
    "Slackbot-LinkExpanding",
    "Slackbot",
    "Discordbot",
    "TelegramBot",
    "Pinterestbot",
    "redditbot",
    // Archives and indexes of links.
    "ia_archiver",
    "archive.org_bot",
    "heritrix",
    "AhrefsBot",
    "AhrefsSiteAudit",
    "SemrushBot",
    "MJ12bot",
    "DotBot",
    "ImagesiftBot",
    "omgilibot",
];

/// A name of the table, wherever it is.
static NAMES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let names: Vec<_> = CRAWLERS.iter().map(|name| regex::escape(name)).collect();
    regex(&format!(r"\b(?:{})", names.join("|")))
});

/// A word that crawlers of all kinds use of themselves. `Cubot` makes telephones.
static WORDS: LazyLock<Option<Regex>> =
    LazyLock::new(|| regex("(?:^|[^u]|[^c]u)bot(?:[^a-z]|$)|crawler|crawling|spider"));

fn regex(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).case_insensitive(true).unicode(false).build().ok()
}

/// The crawler of the table that a user agent names, and what follows the name.
pub(super) fn find(user_agent: &[u8]) -> Option<(&'static str, &[u8])> {
    let found = NAMES.as_ref()?.find(user_agent)?;
    let name = CRAWLERS.iter().find(|name| name.as_bytes().eq_ignore_ascii_case(found.as_bytes()))?;
    Some((name, &user_agent[found.end()..]))
}

/// Whether a user agent is that of a crawler: one of the table, or one that calls itself bot, crawler or spider.
pub(crate) fn is_bot(user_agent: &[u8]) -> bool {
    find(user_agent).is_some() || WORDS.as_ref().is_some_and(|words| words.is_match(user_agent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_hides_a_longer_one() {
        for (place, name) in CRAWLERS.iter().enumerate() {
            let (found, rest) = find(name.as_bytes()).expect("itself");
            assert_eq!((found, rest), (*name, &b""[..]));
            let is_start =
                |earlier: &&&str| name.to_ascii_lowercase().contains(&earlier.to_ascii_lowercase());
            assert_eq!(CRAWLERS[..place].iter().find(is_start), None, "{name}");
        }
    }

    #[test]
    fn bots_and_others() {
        for (user_agent, expected) in [
            ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", true),
            ("SomeNewBot/1.0 (+http://example.com)", true),
            ("my crawler", true),
            ("robot", true),
            ("Mozilla/5.0 (Linux; Android 9; CUBOT_X18) Chrome/70.0", false),
            ("Boto3/1.34.2 md/Botocore#1.34.2", false),
            ("aws-cli/2.15.30", false),
            ("curl/8.4.0", false),
            ("", false),
        ] {
            assert_eq!(is_bot(user_agent.as_bytes()), expected, "{user_agent}");
        }
    }
}
