//! What a rule has found.

use std::fmt;
use std::str::FromStr;

use crate::aggregate::TimeRange;
use crate::detect::hits::{Example, Few, Hits};
use crate::detect::origin;
use crate::detect::rule::About;
use crate::semantics::{OPERATIONS, OperationInfo};
use crate::time::Timestamp;
use crate::value_error::ValueError;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Severity {
    /// Good to know beside others
    Info,
    /// To look at when there is time
    Low,
    /// To look at
    Medium,
    /// To look at today
    High,
    /// To look at now
    Critical,
}

impl Severity {
    /// All of them, the least first.
    pub(crate) const ALL: [Self; 5] = [Self::Info, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// Its name in every output.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl FromStr for Severity {
    type Err = ValueError;

    fn from_str(typed: &str) -> Result<Self, ValueError> {
        let found = Self::ALL.into_iter().find(|one| one.name().eq_ignore_ascii_case(typed));
        found.ok_or_else(|| ValueError::invalid("severity", typed, "info, low, medium, high or critical"))
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Something that deserves a person's attention.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    /// The rule.
    pub(crate) about: &'static About,
    /// How much it matters.
    pub(crate) severity: Severity,
    /// Who did it, a role without its session; `None` if anonymous, or if it was nobody in particular.
    pub(crate) requester: Option<Vec<u8>>,
    /// From where.
    pub(crate) addresses: Few,
    /// With which programs.
    pub(crate) clients: Few,
    /// On which buckets.
    pub(crate) buckets: Few,
    /// Which objects.
    pub(crate) touched: Option<Vec<u8>>,
    /// How many requests.
    pub(crate) count: u64,
    /// The first and the last.
    pub(crate) seen: TimeRange,
    /// Why it was found: the numbers against the thresholds.
    pub(crate) why: String,
    /// Some of the requests.
    pub(crate) examples: Vec<Example>,
    /// The filters that show all of it: names of options and what is typed for them.
    pub(crate) show: Vec<(&'static str, String)>,
}

impl Finding {
    /// Of the requests that a rule has counted. They are shown by requester, bucket and time, and what [`Finding::show`] adds.
    pub(crate) fn of(about: &'static About, hits: &Hits, why: impl Into<String>) -> Self {
        let requester = hits.identity().map(<[u8]>::to_vec);
        let mut show = vec![match &requester {
            Some(identity) => ("--where", format!("identity={}", glob(identity))),
            None => ("--anonymous", String::new()),
        }];
        if let Some(bucket) = hits.buckets.only() {
            show.push(("--source-bucket", glob(bucket)));
        }
        show.extend(window(hits.seen));
        Self {
            about,
            severity: about.severity,
            requester,
            addresses: hits.addresses.clone(),
            clients: hits.clients.clone(),
            buckets: hits.buckets.clone(),
            touched: hits.keys.text(),
            count: hits.count,
            seen: hits.seen,
            why: why.into(),
            examples: hits.examples.list().to_vec(),
            show,
        }
    }

    /// Of hours of the profile, of which single requests are not known.
    pub(crate) fn of_hours(
        about: &'static About,
        hits: &Hits,
        requester: Option<Vec<u8>>,
        why: impl Into<String>,
    ) -> Self {
        let mut finding = Self::of(about, hits, why);
        if let Some(identity) = &requester {
            finding.show[0] = ("--where", format!("identity={}", glob(identity)));
        }
        Self { requester, ..finding }
    }

    /// It matters so much.
    pub(crate) fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// One more filter is needed to show it.
    pub(crate) fn show(mut self, option: &'static str, value: impl Into<String>) -> Self {
        self.show.push((option, value.into()));
        self
    }

    /// It is not by one requester.
    pub(crate) fn of_anyone(mut self) -> Self {
        self.show.retain(|(option, value)| {
            *option != "--anonymous" && !(*option == "--where" && value.starts_with("identity="))
        });
        self.requester = None;
        self
    }

    /// It is from one address.
    pub(crate) fn at_address(self) -> Self {
        match self.addresses.only() {
            Some(address) => {
                let address = glob(address);
                self.show("--ip", address)
            }
            None => self,
        }
    }

    /// It is of one sender ([`origin`]): of several addresses of a network of IPv6, the network is named.
    pub(crate) fn at_origin(mut self) -> Self {
        let Some(first) = self.addresses.texts().next().map(<[u8]>::to_vec) else { return self };
        if self.addresses.only().is_some() {
            return self.at_address();
        }
        let network = origin::text(&first);
        self.addresses = Few::default();
        self.addresses.add(&network);
        self.show("--ip", glob(&network))
    }

    /// What orders findings: the worst first, then the latest, then by their texts.
    pub(crate) fn rank(&self) -> impl Ord + use<> {
        let texts = |few: &Few| few.texts().map(<[u8]>::to_vec).collect::<Vec<_>>();
        (
            std::cmp::Reverse(self.severity),
            std::cmp::Reverse(self.seen.last),
            self.about.id,
            self.requester.clone(),
            texts(&self.buckets),
            texts(&self.addresses),
            self.why.clone(),
        )
    }

    /// The command that shows all of it, after the name of the program; sources and other filters are the caller's.
    pub(crate) fn command(&self) -> Vec<String> {
        let mut words = vec!["export".to_owned()];
        for (option, value) in &self.show {
            words.push((*option).to_owned());
            if !value.is_empty() {
                words.push(value.clone());
            }
        }
        words
    }
}

/// The options for a window that holds all of these times.
pub(crate) fn window(seen: TimeRange) -> [(&'static str, String); 2] {
    let end = Timestamp::from_millis(seen.last.millis().saturating_add(1));
    [("--since", seen.first.to_string()), ("--until", end.to_string())]
}

/// A pattern that matches this text. What cannot be typed becomes a question mark, which matches any byte.
pub(crate) fn glob(text: &[u8]) -> String {
    let mut glob = String::with_capacity(text.len());
    for byte in text {
        match byte {
            b'*' | b'?' | b'[' | b']' | b'{' | b'}' | b',' | b'\\' | b'!' => {
                glob.extend(['\\', char::from(*byte)])
            }
            0x20..0x7f => glob.push(char::from(*byte)),
            _ => glob.push('?'),
        }
    }
    glob
}

/// The names of all operations that pass a test, but S3's own, as `--operation` takes them.
pub(crate) fn operations(test: impl Fn(&OperationInfo) -> bool) -> String {
    let meant = OPERATIONS.iter().filter(|row| !row.name.starts_with("S3.") && test(row));
    meant.map(|row| row.name).collect::<Vec<_>>().join(",")
}

/// A pattern that matches texts which hold this one, in upper or lower case.
pub(crate) fn holding(text: &str) -> String {
    format!("*{}*", any_case(text))
}

/// A pattern that matches texts which end in this one, in upper or lower case.
pub(crate) fn ending(text: &str) -> String {
    format!("*{}", any_case(text))
}

fn any_case(text: &str) -> String {
    let one = |character: char| match character {
        'a'..='z' | 'A'..='Z' => {
            format!("[{}{}]", character.to_ascii_lowercase(), character.to_ascii_uppercase())
        }
        other => glob(other.to_string().as_bytes()),
    };
    text.chars().map(one).collect()
}

/// A word as shells take it.
pub(crate) fn quote(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=@%+".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_shells() {
        for (word, quoted) in [
            ("a/b-1", "a/b-1"),
            ("it's", r"'it'\''s'"),
            ("$(id)", "'$(id)'"),
            ("", "''"),
            ("a b", "'a b'"),
            ("~", "'~'"),
        ] {
            assert_eq!(quote(word), quoted);
        }
        assert_eq!(glob(b"a*,{b}\xff\x1b!"), r"a\*\,\{b\}??\!");
    }
}
