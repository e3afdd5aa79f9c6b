//! `s3al.toml` and the variables `S3AL_*`: named sources, and what holds where nothing is typed.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Command;
use clap::error::ContextKind;
use etcetera::BaseStrategy as _;
use serde::Deserialize;

use crate::source::s3::{Location, Options};
use crate::value_error::{nearest, value_problem};

/// The file, below the user's folder for configuration.
const FILE: &str = "s3al/s3al.toml";

/// The options that can have a default. Where the logs are, and how to get there, belongs to a source; a filter that nobody
/// sees would make answers wrong.
const DEFAULTS: [&str; 20] = [
    "format",
    "limit",
    "tz",
    "wide",
    "width",
    "csv_safe",
    "color",
    "no_pager",
    "progress",
    "quiet",
    "threads",
    "memory",
    "strict",
    "dedupe",
    "depth",
    "delivery_lag",
    "fields",
    "delimiter",
    "concurrency",
    "geoip",
];

/// How S3 is reached: in the file it belongs to a source, but a variable can say it for all of a session.
const S3_OPTIONS: [&str; 8] = [
    "profile",
    "role_arn",
    "region",
    "endpoint_url",
    "force_path_style",
    "no_sign_request",
    "request_payer",
    "expected_bucket_owner",
];

/// What is in front of the names of variables.
const VARIABLE: &str = "S3AL_";
/// Variables that are no options with a default.
const OTHER_VARIABLES: [&str; 3] = ["config", "source", "pager"];

/// What the file says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// What is read where no source is typed and nothing is piped in.
    source: OneOrMore,
    sources: BTreeMap<String, NamedSource>,
    defaults: BTreeMap<String, toml::Value>,
    /// What variables say, by the ids of options.
    #[serde(skip)]
    variables: BTreeMap<String, String>,
    /// Where it was read.
    #[serde(skip)]
    path: PathBuf,
}

/// A text or a list of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl Default for OneOrMore {
    fn default() -> Self {
        Self::More(Vec::new())
    }
}

/// Where logs are, for `@name`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct NamedSource {
    /// Files, folders, globs and `s3://` URLs.
    pub(crate) paths: Vec<String>,
    /// The bucket that holds logs.
    bucket: Option<String>,
    prefix: Option<String>,
    // How its buckets are reached, where the command line does not say. One table with the rest, so that serde knows and
    // can name all that is possible.
    profile: Option<String>,
    region: Option<String>,
    endpoint_url: Option<String>,
    force_path_style: bool,
    no_sign_request: bool,
    request_payer: bool,
    expected_bucket_owner: Option<String>,
}

impl NamedSource {
    /// How its buckets are reached: as it was typed, and as the source says where nothing was.
    pub(crate) fn under(&self, typed: Options) -> Options {
        let or = |typed: Option<String>, own: &Option<String>| typed.or_else(|| own.clone());
        Options {
            profile: or(typed.profile, &self.profile),
            region: or(typed.region, &self.region),
            endpoint_url: or(typed.endpoint_url, &self.endpoint_url),
            force_path_style: typed.force_path_style || self.force_path_style,
            no_sign_request: typed.no_sign_request || self.no_sign_request,
            request_payer: typed.request_payer || self.request_payer,
            expected_bucket_owner: or(typed.expected_bucket_owner, &self.expected_bucket_owner),
            ..typed
        }
    }

    /// Its bucket and prefix, if it has a bucket.
    ///
    /// # Errors
    /// If they can be none.
    pub(crate) fn location(&self) -> anyhow::Result<Option<Location>> {
        let Some(bucket) = &self.bucket else { return Ok(None) };
        let prefix = self.prefix.as_deref().unwrap_or_default();
        Ok(Some(Location::new(bucket.parse()?, prefix.parse()?)))
    }

    fn check(&self) -> anyhow::Result<()> {
        if self.paths.is_empty() && self.bucket.is_none() {
            bail!("it has neither `paths` nor `bucket`");
        }
        if self.prefix.is_some() && self.bucket.is_none() {
            bail!("it has a `prefix` and no `bucket`");
        }
        self.location().map(|_| ())
    }
}

impl Config {
    /// The file that was named, or else the user's, if there is one.
    ///
    /// # Errors
    /// If it cannot be read, or has a key that is not known.
    pub(crate) fn load(named: Option<&Path>) -> anyhow::Result<Self> {
        let usual = || Some(etcetera::choose_base_strategy().ok()?.config_dir().join(FILE));
        let path = match named {
            Some(path) => path.to_owned(),
            None => match usual().filter(|path| path.is_file()) {
                Some(path) => path,
                None => return Ok(Self::default()),
            },
        };
        let read = || Self::parse(&std::fs::read_to_string(&path)?);
        let config = read().with_context(|| path.display().to_string())?;
        Ok(Self { path, ..config })
    }

    /// Reads the text of the file.
    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        let config: Self = toml::from_str(text)?;
        for name in config.defaults.keys() {
            if !DEFAULTS.contains(&id(name).as_str()) {
                let similar = nearest(&id(name), DEFAULTS.into_iter());
                let hint = similar
                    .map_or("; it can have".into(), |known| format!("; did you mean `{known}`? It can have"));
                bail!("[defaults] has no `{name}`{hint}: {}", DEFAULTS.join(", "));
            }
        }
        for (name, source) in &config.sources {
            source.check().with_context(|| format!("[sources.{name}]"))?;
        }
        Ok(config)
    }

    /// The names of all sources.
    pub(crate) fn source_names(&self) -> impl Iterator<Item = &str> {
        self.sources.keys().map(String::as_str)
    }

    /// The buckets of all sources.
    pub(crate) fn buckets(&self) -> impl Iterator<Item = &str> {
        self.sources.values().filter_map(|source| source.bucket.as_deref())
    }

    /// What is read where no source is typed and nothing is piped in; empty if nobody has said.
    pub(crate) fn default_source(&self) -> &[String] {
        match &self.source {
            OneOrMore::One(source) => std::slice::from_ref(source),
            OneOrMore::More(sources) => sources,
        }
    }

    /// Takes in what variables say, which goes before the file. Returns a sentence for each that means nothing.
    pub(crate) fn read_variables(
        &mut self,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Vec<String> {
        let mut unknown = Vec::new();
        for (name, value) in variables {
            let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else { continue };
            let Some(option) = name.strip_prefix(VARIABLE).filter(|_| !value.is_empty()) else { continue };
            let id = option.to_ascii_lowercase();
            if id == "source" {
                self.source = OneOrMore::One(value.to_owned());
            } else if DEFAULTS.contains(&id.as_str()) || S3_OPTIONS.contains(&id.as_str()) {
                self.variables.insert(id, value.to_owned());
            } else if !OTHER_VARIABLES.contains(&id.as_str()) {
                let hint = nearest(&id, variable_ids());
                let hint = hint.map_or(String::new(), |id| format!("; did you mean {}?", variable(id)));
                unknown.push(format!("the variable {name} means nothing here{hint}"));
            }
        }
        unknown
    }

    /// Says which default cannot be used, where clap has refused a command line that is right without them.
    pub(crate) fn explain(&self, error: &clap::Error) -> anyhow::Error {
        let context = |kind| error.get(kind).map(ToString::to_string);
        let option = context(ContextKind::InvalidArg).unwrap_or_default();
        let key = option.trim_start_matches("--").split(' ').next().unwrap_or_default();
        let value = context(ContextKind::InvalidValue).unwrap_or_default();
        let origin = match self.variables.contains_key(&id(key)) {
            true => format!("the variable {}", variable(&id(key))),
            false => format!("{}: [defaults]", self.path.display()),
        };
        let mut text = format!("{origin}: invalid value '{value}' for `{key}`");
        if let Some(problem) = std::error::Error::source(error) {
            let said = value_problem(problem, &value, || "a whole number".to_owned());
            text += &format!(": {}", said.unwrap_or_else(|| problem.to_string()));
        }
        if let Some(accepted) = context(ContextKind::ValidValue).filter(|accepted| !accepted.is_empty()) {
            text += &format!("; accepted: {accepted}");
        }
        anyhow::Error::msg(text)
    }

    /// The source of that name.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) fn source(&self, name: &str) -> anyhow::Result<&NamedSource> {
        self.sources.get(name).with_context(|| {
            let names: Vec<String> = self.sources.keys().map(|name| format!("@{name}")).collect();
            if self.path.as_os_str().is_empty() {
                format!(
                    "there is no source @{name}, and no {FILE} that names any; write ./@{name} for a file"
                )
            } else if names.is_empty() {
                format!("there is no source @{name}: {} names none", self.path.display())
            } else {
                format!("there is no source @{name}; {} has {}", self.path.display(), names.join(", "))
            }
        })
    }

    /// Gives options their defaults, so that what is typed goes before them.
    pub(crate) fn apply(&self, command: Command) -> Command {
        if !self.has_defaults() {
            return command;
        }
        let mut defaults: BTreeMap<String, Vec<String>> =
            self.defaults.iter().map(|(name, value)| (id(name), texts(value))).collect();
        defaults.extend(self.variables.iter().map(|(id, value)| (id.clone(), vec![value.clone()])));
        apply(command, &defaults)
    }

    /// Whether it has any defaults.
    pub(crate) fn has_defaults(&self) -> bool {
        !self.defaults.is_empty() || !self.variables.is_empty()
    }
}

/// The ids of what variables can say.
pub(crate) fn variable_ids() -> impl Iterator<Item = &'static str> {
    DEFAULTS.into_iter().chain(S3_OPTIONS).chain(OTHER_VARIABLES)
}

/// The variable of an option, by its id.
pub(crate) fn variable(id: &str) -> String {
    format!("{VARIABLE}{}", id.to_ascii_uppercase())
}

fn apply(command: Command, defaults: &BTreeMap<String, Vec<String>>) -> Command {
    let command = command.mut_args(|arg| match defaults.get(arg.get_id().as_str()) {
        Some(values) if matches!(arg.get_action(), clap::ArgAction::SetTrue) => {
            arg.default_values(values.iter().map(|value| yes_or_no(value)).collect::<Vec<_>>())
        }
        Some(values) => arg.default_values(values.clone()),
        None => arg,
    });
    command.mut_subcommands(|one| apply(one, defaults))
}

/// Variables say yes in many ways.
fn yes_or_no(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    match lower.as_str() {
        "1" | "yes" | "on" => "true".to_owned(),
        "0" | "no" | "off" => "false".to_owned(),
        _ => lower,
    }
}

/// Options are written as they are typed or as fields are.
fn id(name: &str) -> String {
    name.replace('-', "_")
}

/// The values of an option; more than one are a list.
fn texts(value: &toml::Value) -> Vec<String> {
    let text = |value: &toml::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    value.as_array().map_or_else(|| vec![text(value)], |values| values.iter().map(text).collect())
}

/// The file that `--config` names. It has to be known before the command line is read, because it has the defaults.
pub(crate) fn typed(args: impl IntoIterator<Item = OsString>) -> Option<PathBuf> {
    let mut args = args.into_iter().skip(1).take_while(|arg| arg != "--");
    while let Some(arg) = args.next() {
        if arg == "--config" {
            return args.next().map(PathBuf::from);
        }
        if let Some(path) = arg.to_str().and_then(|arg| arg.strip_prefix("--config=")) {
            return Some(path.into());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Config, String> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), text).expect("written");
        Config::load(Some(file.path())).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn sources() {
        let config = load(
            "[sources.prod]\nbucket = \"my-logs\"\nprefix = \"prod/\"\nregion = \"eu-west-1\"\n\
             [sources.disk]\npaths = [\"/var/log/s3\"]\n",
        )
        .expect("a config");
        let prod = config.source("prod").expect("a source");
        assert_eq!(prod.location().expect("a location").expect("a bucket").to_string(), "s3://my-logs/prod/");
        assert_eq!(prod.under(Options::default()).region.as_deref(), Some("eu-west-1"));
        let typed = Options { region: Some("us-east-1".into()), ..Options::default() };
        assert_eq!(prod.under(typed).region.as_deref(), Some("us-east-1"));
        assert_eq!(config.source("disk").expect("a source").paths, ["/var/log/s3"]);
        assert!(config.source("x").is_err_and(|error| error.to_string().contains("@disk, @prod")));
        assert!(Config::default().source("x").is_err_and(|error| error.to_string().contains("./@x")));
    }

    #[test]
    fn mistakes_are_named() {
        let table = [
            ("[default]\n", "unknown field `default`, expected one of `source`, `sources`, `defaults`"),
            (
                "[defaults]\nformt = \"json\"\n",
                "has no `formt`; did you mean `format`? It can have: format, limit",
            ),
            ("[sources.a]\nbuckt = \"b\"\n", "unknown field `buckt`, expected one of `paths`, `bucket`"),
            ("[sources.a]\nprefix = \"b\"\n", "[sources.a]: it has neither"),
            ("[sources.a]\nbucket = \"no bucket\"\n", "[sources.a]"),
            ("x", "tmp"),
        ];
        for (text, problem) in table {
            let error = load(text).expect_err(text);
            assert!(error.contains(problem), "{error}");
        }
        assert!(Config::load(Some(Path::new("/no/file"))).is_err());
    }

    #[test]
    fn what_is_typed_goes_before_defaults() {
        let config = load("[defaults]\nlimit = 7\nquiet = true\nwide = true\n").expect("a config");
        let arg = |name: &'static str| clap::Arg::new(name).long(name);
        let one = Command::new("one")
            .arg(arg("limit").value_parser(clap::value_parser!(usize)))
            .arg(arg("quiet").action(clap::ArgAction::SetTrue));
        let command = config.apply(Command::new("s3al").subcommand(one));
        let limit = |line: &str| {
            let matches = command.clone().get_matches_from(line.split(' '));
            let one = matches.subcommand_matches("one").expect("a command");
            assert!(one.get_flag("quiet"));
            one.get_one::<usize>("limit").copied()
        };
        assert_eq!(limit("s3al one"), Some(7));
        assert_eq!(limit("s3al one --limit 3"), Some(3));
    }

    #[test]
    fn variables_go_before_the_file() {
        let mut config =
            load("source = [\"a\", \"b\"]\n[defaults]\nlimit = 7\nquiet = true\n").expect("a config");
        assert_eq!(config.default_source(), ["a", "b"]);
        let variables = [
            ("S3AL_LIMIT", "3"),
            ("S3AL_QUIET", "no"),
            ("S3AL_SOURCE", "@prod"),
            ("S3AL_FORMAT", ""),
            ("S3AL_FORMT", "x"),
            ("OTHER", "x"),
        ];
        let unknown = config.read_variables(variables.map(|(name, value)| (name.into(), value.into())));
        assert_eq!(unknown, ["the variable S3AL_FORMT means nothing here; did you mean S3AL_FORMAT?"]);
        assert_eq!(config.default_source(), ["@prod"]);
        let arg = |name: &'static str| clap::Arg::new(name).long(name);
        let one = Command::new("s3al")
            .arg(arg("limit").value_parser(clap::value_parser!(usize)))
            .arg(arg("quiet").action(clap::ArgAction::SetTrue));
        let limit = |line: &str| {
            let matches = config.apply(one.clone()).get_matches_from(line.split(' '));
            (matches.get_one::<usize>("limit").copied(), matches.get_flag("quiet"))
        };
        assert_eq!(limit("s3al"), (Some(3), false));
        assert_eq!(limit("s3al --limit 4 --quiet"), (Some(4), true));
    }

    #[test]
    fn the_file_is_known_before_the_rest() {
        let typed = |line: &str| typed(line.split(' ').map(OsString::from));
        assert_eq!(typed("s3al failed --config a.toml x"), Some("a.toml".into()));
        assert_eq!(typed("s3al failed --config=a.toml"), Some("a.toml".into()));
        assert_eq!(typed("s3al failed -- --config a.toml"), None);
    }
}
