//! What can be set of the rules: the file of `--rules`, and the defaults as such a file.

use std::fmt::{Display, Write as _};
use std::net::IpAddr;
use std::str::FromStr;

use anyhow::{Context as _, anyhow, bail};
use bytesize::ByteSize;
use ipnet::IpNet;
use toml::{Table, Value};

use crate::detect::finding::Severity;
use crate::detect::rule::{About, Setting};
use crate::detect::rules;
use crate::filter::{
    IncludeExclude, Ip, Ips, Key, Predicate as _, RequesterPattern, SourceBucket, UserAgent,
};
use crate::record::Record;
use crate::value_error::did_you_mean;

/// Of what a rule says nothing.
#[derive(Clone, Debug, Default)]
struct Allow {
    requesters: Vec<RequesterPattern>,
    networks: Option<Ips>,
    clients: Vec<UserAgent>,
    keys: Vec<Key>,
    buckets: Vec<SourceBucket>,
}

const ALLOW_NAMES: [&str; 5] = ["requesters", "networks", "clients", "keys", "buckets"];

impl Allow {
    /// Adds what the table of a file says.
    fn read(&mut self, table: &Table) -> anyhow::Result<()> {
        for (name, value) in table {
            let texts = texts(value).with_context(|| name.clone())?;
            match name.as_str() {
                "requesters" => self.requesters.extend(all(&texts)?),
                "networks" if texts.is_empty() => {}
                "networks" => {
                    let networks: IncludeExclude<Ip> = texts.join(",").parse()?;
                    self.networks = Some(networks.into());
                }
                "clients" => self.clients.extend(all(&texts)?),
                "keys" => self.keys.extend(all(&texts)?),
                "buckets" => self.buckets.extend(all(&texts)?),
                _ => bail!("there is no list of {name}; {}", did_you_mean(name, ALLOW_NAMES.into_iter())),
            }
        }
        Ok(())
    }

    /// Whether nothing is to be said of a request, whatever else the same actor does.
    fn holds_actor(&self, record: &Record<'_>) -> bool {
        self.requesters.iter().any(|one| one.matches(record))
            || self.networks.as_ref().is_some_and(|networks| networks.matches(record))
            || self.buckets.iter().any(|one| one.matches(record))
    }

    fn holds_request(&self, record: &Record<'_>) -> bool {
        self.clients.iter().any(|one| one.matches(record)) || self.keys.iter().any(|one| one.matches(record))
    }

    fn looks_at_requests(&self) -> bool {
        !self.clients.is_empty() || !self.keys.is_empty()
    }
}

fn texts(value: &Value) -> anyhow::Result<Vec<String>> {
    let text = |value: &Value| {
        value.as_str().map(str::to_owned).ok_or_else(|| anyhow!("expected a text, not {value}"))
    };
    match value {
        Value::Array(values) => values.iter().map(text).collect(),
        other => bail!("expected a list of texts such as [\"a\", \"b\"], not {other}"),
    }
}

fn all<T: FromStr>(texts: &[String]) -> anyhow::Result<Vec<T>>
where
    T::Err: Into<anyhow::Error>,
{
    texts.iter().map(|text| text.parse().map_err(Into::into)).collect()
}

/// What is set of a rule.
#[derive(Clone, Debug)]
pub(crate) struct RuleSettings {
    about: &'static About,
    /// Whether it runs.
    pub(crate) is_on: bool,
    /// How much all its findings matter, if that was set.
    pub(crate) severity: Option<Severity>,
    /// In the order of the thresholds.
    values: Vec<Owned>,
    allow: Allow,
}

#[derive(Clone, Debug, PartialEq)]
enum Owned {
    Number(u64),
    Share(f64),
    Texts(Vec<String>),
}

impl RuleSettings {
    /// As it is where nothing is set.
    pub(crate) fn new(about: &'static About) -> Self {
        let values = about.thresholds.iter().map(|threshold| match threshold.default {
            Setting::Count(number) | Setting::Bytes(number) | Setting::Seconds(number) => {
                Owned::Number(number)
            }
            Setting::Share(share) => Owned::Share(share),
            Setting::Texts(texts) => Owned::Texts(texts.iter().map(|text| (*text).to_owned()).collect()),
        });
        let buckets = about.quiet_buckets.iter().filter_map(|pattern| pattern.parse().ok()).collect();
        let allow = Allow { buckets, ..Allow::default() };
        Self { about, is_on: about.is_on, severity: None, values: values.collect(), allow }
    }

    /// The rule.
    pub(crate) fn about(&self) -> &'static About {
        self.about
    }

    fn value(&self, name: &str) -> Option<&Owned> {
        let place = self.about.thresholds.iter().position(|threshold| threshold.name == name)?;
        self.values.get(place)
    }

    /// A threshold that is a count, a size or a time; the tests of the rule hold that there is one of that name.
    pub(crate) fn number(&self, name: &str) -> u64 {
        match self.value(name) {
            Some(Owned::Number(number)) => *number,
            other => {
                debug_assert!(false, "{}: {name} is {other:?}", self.about.id);
                u64::MAX
            }
        }
    }

    /// A threshold that is a share.
    pub(crate) fn share(&self, name: &str) -> f64 {
        match self.value(name) {
            Some(Owned::Share(share)) => *share,
            other => {
                debug_assert!(false, "{}: {name} is {other:?}", self.about.id);
                1.0
            }
        }
    }

    /// A threshold that is a list of texts.
    pub(crate) fn texts(&self, name: &str) -> &[String] {
        match self.value(name) {
            Some(Owned::Texts(texts)) => texts,
            other => {
                debug_assert!(false, "{}: {name} is {other:?}", self.about.id);
                &[]
            }
        }
    }

    /// Whether it can leave out what it is told to: a rule that looks at hours knows no single requests.
    pub(crate) fn check(&self, id: &str, sees_requests: bool) -> anyhow::Result<()> {
        if !sees_requests && self.allow.looks_at_requests() {
            bail!(
                "allow: {id} looks at hours, not at single requests, so it takes requesters, networks and buckets only"
            );
        }
        Ok(())
    }

    fn read(&mut self, table: &Table) -> anyhow::Result<()> {
        for (name, value) in table {
            match name.as_str() {
                "enabled" => {
                    self.is_on = value
                        .as_bool()
                        .ok_or_else(|| anyhow!("enabled: expected true or false, not {value}"))?;
                }
                "severity" => {
                    let typed = value.as_str().unwrap_or_default();
                    self.severity = Some(typed.parse()?);
                }
                "allow" => {
                    let table =
                        value.as_table().ok_or_else(|| anyhow!("allow: expected a table, not {value}"))?;
                    if table.contains_key("buckets") {
                        self.allow.buckets.clear();
                    }
                    self.allow.read(table).context("allow")?;
                }
                _ => {
                    let thresholds = self.about.thresholds;
                    let Some(place) = thresholds.iter().position(|threshold| threshold.name == name) else {
                        let names = thresholds.iter().map(|threshold| threshold.name);
                        let names = names.chain(["enabled", "severity", "allow"]);
                        bail!("there is no {name}; {}", did_you_mean(name, names));
                    };
                    self.values[place] =
                        read(thresholds[place].default, value).with_context(|| name.clone())?;
                }
            }
        }
        Ok(())
    }
}

/// Reads a value of the kind of a default.
fn read(default: Setting, value: &Value) -> anyhow::Result<Owned> {
    let positive = |number: u64| if number > 0 { Ok(number) } else { Err(anyhow!("expected more than 0")) };
    Ok(match default {
        Setting::Count(_) => {
            let number = value.as_integer().and_then(|number| u64::try_from(number).ok());
            Owned::Number(positive(
                number.ok_or_else(|| anyhow!("expected a number such as 40, not {value}"))?,
            )?)
        }
        Setting::Bytes(_) => {
            let size = value.as_str().and_then(|text| text.parse::<ByteSize>().ok());
            Owned::Number(positive(
                size.ok_or_else(|| anyhow!("expected a size such as \"1GB\", not {value}"))?.as_u64(),
            )?)
        }
        Setting::Seconds(_) => {
            let time = value.as_str().and_then(|text| humantime::parse_duration(text).ok());
            Owned::Number(positive(
                time.ok_or_else(|| anyhow!("expected a time such as \"5m\", not {value}"))?.as_secs(),
            )?)
        }
        Setting::Share(_) => {
            let share = value.as_float().filter(|share| (0.0..=1.0).contains(share));
            Owned::Share(
                share.ok_or_else(|| anyhow!("expected a part of a whole from 0.0 to 1.0, not {value}"))?,
            )
        }
        Setting::Texts(_) => Owned::Texts(texts(value)?),
    })
}

/// What is set of all rules.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// In the order of [`rules::ALL`].
    pub(crate) rules: Vec<RuleSettings>,
    allow: Allow,
    bad: Vec<IpNet>,
}

impl Default for Settings {
    fn default() -> Self {
        let rules = rules::ALL.iter().map(|about| RuleSettings::new(about)).collect();
        Self { rules, allow: Allow::default(), bad: Vec::new() }
    }
}

impl Settings {
    /// Reads the text of a file over the defaults.
    ///
    /// # Errors
    /// If it is no TOML, or names what is not there: which rule and which setting, and what was probably meant.
    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        let mut settings = Self::default();
        let file: Table = toml::from_str(text)?;
        for (name, value) in &file {
            let table = value.as_table().ok_or_else(|| anyhow!("{name}: expected a table, [{name}]"))?;
            match name.as_str() {
                "allow" => settings.allow.read(table).context("[allow]")?,
                "rules" => {
                    for (id, value) in table {
                        let place = rules::place(id)?;
                        let context = || format!("[rules.{id}]");
                        let table = value.as_table().ok_or_else(|| anyhow!("expected a table"));
                        settings.rules[place].read(table.with_context(context)?).with_context(context)?;
                    }
                }
                _ => bail!("there is no [{name}]; {}", did_you_mean(name, ["allow", "rules"].into_iter())),
            }
        }
        rules::check(&settings)?;
        Ok(settings)
    }

    /// Adds networks that are known to be bad: an address or a network a line, after # a remark.
    ///
    /// # Errors
    /// If a line holds neither: the line's number and its text.
    pub(crate) fn add_bad_networks(&mut self, text: &str) -> anyhow::Result<()> {
        for (place, line) in text.lines().enumerate() {
            // Lists have remarks after # or ;, and some have more columns.
            let line = line.split(['#', ';']).next().unwrap_or_default();
            let Some(word) = line.split([' ', '\t', ',']).find(|word| !word.is_empty()) else { continue };
            let network = word.parse::<IpAddr>().map(IpNet::from).or_else(|_| word.parse::<IpNet>());
            let network = network
                .map_err(|_| anyhow!("line {}: {word:?} is neither an address nor a network", place + 1))?;
            self.bad.push(network.trunc());
        }
        self.bad = IpNet::aggregate(&self.bad);
        self.bad.sort_unstable();
        Ok(())
    }

    /// The bad network that holds an address.
    pub(crate) fn bad_network(&self, address: &[u8]) -> Option<IpNet> {
        if self.bad.is_empty() {
            return None;
        }
        let address: IpAddr = std::str::from_utf8(address).ok()?.parse().ok()?;
        let address = address.to_canonical();
        let after = self.bad.partition_point(|network| network.network() <= address);
        self.bad.get(after.checked_sub(1)?).filter(|network| network.contains(&address)).copied()
    }

    /// The rules that are to say nothing of what the actor of a request does on its bucket, a bit each.
    pub(crate) fn quiet_of_actor(&self, record: &Record<'_>) -> u64 {
        if self.allow.holds_actor(record) {
            return u64::MAX;
        }
        self.bits(|rule| rule.allow.holds_actor(record))
    }

    /// The rules that are to say nothing of a request, a bit each.
    pub(crate) fn quiet_of_request(&self, record: &Record<'_>) -> u64 {
        if self.allow.holds_request(record) {
            return u64::MAX;
        }
        self.bits(|rule| rule.allow.holds_request(record))
    }

    /// Whether [`Settings::quiet_of_request`] can be anything but zero.
    pub(crate) fn looks_at_requests(&self) -> bool {
        self.allow.looks_at_requests() || self.rules.iter().any(|rule| rule.allow.looks_at_requests())
    }

    fn bits(&self, test: impl Fn(&RuleSettings) -> bool) -> u64 {
        self.rules.iter().enumerate().fold(0, |bits, (place, rule)| bits | u64::from(test(rule)) << place)
    }
}

/// The defaults as a file: everything is there and commented out, so that what is not touched follows the program.
pub(crate) fn print() -> String {
    let mut out = String::from(
        "# Settings of the rules of s3al detect; read with --rules FILE. Everything here is the default: remove the # to change it.\n\n\
         # Nothing is said of these by any rule. The values are those of --requester, --ip, --user-agent, --key and --source-bucket.\n\
         [allow]\n",
    );
    for name in ALLOW_NAMES {
        // A `String` takes all that is written to it.
        let _ = writeln!(out, "# {name} = []");
    }
    for about in rules::ALL {
        let _ = writeln!(
            out,
            "\n# {}: {}.\n[rules.{}]",
            about.title,
            about.fires.trim_end_matches('.'),
            about.id
        );
        let _ = writeln!(out, "# enabled = {}\n# severity = \"{}\"", about.is_on, about.severity);
        for threshold in about.thresholds {
            let _ =
                writeln!(out, "# {} = {}  # {}", threshold.name, shown(threshold.default), threshold.meaning);
        }
        let _ = writeln!(out, "# allow = {{ buckets = {} }}", list(about.quiet_buckets));
    }
    out
}

/// A value as the file has it.
pub(crate) fn shown(setting: Setting) -> String {
    match setting {
        Setting::Count(number) => number.to_string(),
        Setting::Bytes(number) => {
            format!("\"{}\"", ByteSize(number).display().si().to_string().replace(' ', "").replace(".0", ""))
        }
        Setting::Seconds(number) => format!(
            "\"{}\"",
            humantime::format_duration(std::time::Duration::from_secs(number)).to_string().replace(' ', "")
        ),
        Setting::Share(share) => format!("{share:?}"),
        Setting::Texts(texts) => list(texts),
    }
}

fn list<T: Display>(texts: &[T]) -> String {
    let quoted: Vec<_> = texts.iter().map(|text| Value::String(text.to_string()).to_string()).collect();
    format!("[{}]", quoted.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_a_file_that_changes_nothing() {
        let uncommented: String = print()
            .lines()
            .map(|line| match line.strip_prefix("# ") {
                Some(setting) if setting.contains(" = ") => format!("{setting}\n"),
                _ => format!("{line}\n"),
            })
            .collect();
        let read = Settings::parse(&uncommented).expect(&uncommented);
        let default = Settings::default();
        for (read, default) in read.rules.iter().zip(&default.rules) {
            assert_eq!((&read.values, read.is_on), (&default.values, default.is_on), "{}", default.about.id);
            assert_eq!(read.severity, Some(default.about.severity));
            assert_eq!(read.allow.buckets.len(), default.allow.buckets.len());
        }
        assert!(Settings::parse(&print()).expect("a file").rules.iter().all(|rule| rule.severity.is_none()));
    }

    #[test]
    fn mistakes_are_named() {
        for (text, problem) in [
            ("[rule]\n", "there is no [rule]; did you mean rules?"),
            ("[rules.key-gessing]\n", "did you mean key-guessing?"),
            ("[rules.key-guessing]\nkey = 1\n", "[rules.key-guessing]: there is no key; did you mean keys?"),
            ("[rules.key-guessing]\nkeys = \"many\"\n", "keys: expected a number such as 40"),
            ("[rules.key-guessing]\nkeys = 0\n", "keys: expected more than 0"),
            ("[rules.key-guessing]\nwindow = 5\n", "window: expected a time such as \"5m\""),
            ("[rules.key-guessing]\nshare = 80.0\n", "share: expected a part of a whole"),
            ("[rules.key-guessing]\nseverity = \"bad\"\n", "invalid severity"),
            ("[rules.key-guessing]\nenabled = 1\n", "expected true or false"),
            ("[rules.key-guessing.allow]\nrequester = []\n", "did you mean requesters?"),
            ("[rules.key-guessing.allow]\nnetworks = [\"x\"]\n", "invalid address"),
            (
                "[rules.bulk-read.allow]\nkeys = [\"a\"]\n",
                "[rules.bulk-read]: allow: bulk-read looks at hours",
            ),
            ("[rules.outside-hours]\nhours = [\"late\"]\n", "[rules.outside-hours]: hours: invalid hours"),
            ("[allow]\nbuckets = \"a\"\n", "[allow]: buckets: expected a list of texts"),
            ("x", "TOML"),
        ] {
            let error = format!("{:#}", Settings::parse(text).expect_err(text));
            assert!(error.contains(problem), "{error}");
        }
    }

    #[test]
    fn bad_networks() {
        let mut settings = Settings::default();
        let list = "# Spamhaus\n198.51.100.0/24 ; SBL1\n\n203.0.113.7\n2001:db8::/32,x\n";
        settings.add_bad_networks(list).expect("networks");
        let found =
            |address: &str| settings.bad_network(address.as_bytes()).map(|network| network.to_string());
        assert_eq!(found("198.51.100.9").as_deref(), Some("198.51.100.0/24"));
        assert_eq!(found("203.0.113.7").as_deref(), Some("203.0.113.7/32"));
        assert_eq!(found("::ffff:203.0.113.7").as_deref(), Some("203.0.113.7/32"));
        assert_eq!(found("2001:db8:1::1").as_deref(), Some("2001:db8::/32"));
        assert_eq!((found("203.0.113.8"), found("-")), (None, None));
        let error = settings.add_bad_networks("10.0.0.0/8\nhost\n").expect_err("a host").to_string();
        assert!(error.contains("line 2: \"host\""), "{error}");
    }
}
