//! Where to read: what can be typed, and the checked [`Input`] that it becomes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser as _};

use super::{ResolvedSource, S3Args, Source};
use crate::config::Config;
use crate::environment::Environment;
use crate::filter::Size;
use crate::parser::Columns;
use crate::source::Local;
use crate::source::s3::{Bucket, Options, Transfer};

/// The part of the machine's memory that the answer may take by default.
const DEFAULT_MEMORY_DIVISOR: u64 = 4;

/// Where to read, and what becomes of lines that cannot be read.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Sources")]
pub(crate) struct InputArgs {
    /// Files, folders, globs, s3://BUCKET/PREFIX, @NAME, or - for standard input
    ///
    /// @NAME is a source of s3al.toml. Where nothing is named, standard input is read if it is a pipe, and else the default source of
    /// s3al.toml, if it has one. gzip and zstd are detected.
    #[arg(value_name = "SOURCE", value_parser = OsStringValueParser::new().try_map(Source::read))]
    pub(crate) sources: Vec<Source>,

    /// Other sources, which a command that compares reads in a second pass.
    #[arg(skip)]
    pub(crate) second: Vec<Source>,

    /// How S3 is reached.
    #[command(flatten)]
    pub(crate) s3: S3Args,

    /// Read sources and defaults from FILE instead of s3al/s3al.toml in the user config folder
    ///
    /// [sources.NAME] has paths = ["..."] or bucket, prefix, profile, region, endpoint_url, ...; `s3al failed @NAME` reads
    /// it, and source = "@NAME" above makes it the default. [defaults] has format, limit, tz, threads and others; variables such as
    /// S3AL_LIMIT override them, and command-line options both: see `s3al help config`.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// IP database in MaxMind's format (.mmdb), for the fields country, asn and as_name. Repeat it for more: the first with an
    /// entry is used
    #[arg(long, value_name = "FILE")]
    pub(crate) geoip: Vec<PathBuf>,

    /// Fields of lines without a header, in order (delivery formats plain and raw): request_time,bucket_name,key_name
    ///
    /// Names are those of recordFields of the delivery, or of the columns here; others go to extra. Lines with a header
    /// (#Fields:, delivery format w3c) name their fields themselves. JSON and the log format need no names.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) fields: Vec<String>,

    /// What separates fields: \t, ',', '|' (default: a tab or a space, whichever comes first in a line)
    #[arg(long, value_name = "TEXT")]
    pub(crate) delimiter: Option<String>,

    /// Write unparsable lines to FILE, each after its source, line number and reason
    #[arg(long, value_name = "FILE")]
    pub(crate) rejects: Option<PathBuf>,

    /// Skip duplicate records: the same request id, operation, key, version id and bucket
    ///
    /// S3 can deliver a record twice, and folders can hold a file twice. Such records are equal lines; if they are not, any
    /// one of them is kept. Uses 20 to 40 bytes per record: a 16-byte fingerprint plus table overhead.
    #[arg(long)]
    pub(crate) dedupe: bool,

    /// Exit with code 3 if any line cannot be parsed
    #[arg(long)]
    pub(crate) strict: bool,

    /// Number of threads (default: one per core)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,

    /// Memory limit of the answer: 512MB, 4GiB (default: a quarter of the machine's, or of its container's)
    ///
    /// What does not fit and is wanted whole (--limit 0, sorted rows, tables of records) goes to temporary files in the folder
    /// TMPDIR, and the answer is the same. Of tables of which the first rows are wanted, the keys with least requests are left out,
    /// and the answer says how far from the truth it can be. Where neither is possible, the run ends with an error.
    #[arg(long, value_name = "SIZE")]
    pub(crate) memory: Option<Size>,
}

impl InputArgs {
    /// Whether there is anything to read, typed or not.
    pub(crate) fn has_source(&self, config: &Config, environment: &Environment) -> bool {
        let is_typed = !self.sources.is_empty() || !self.s3.bucket.is_empty() || !self.s3.logs_of.is_empty();
        is_typed || environment.stdin_is_given || !config.default_source().is_empty()
    }

    /// Checks what was typed.
    ///
    /// # Errors
    /// If nothing was named and standard input is neither a pipe nor a file, or if the config file has no such source.
    pub(crate) fn resolve(&self, config: &Config, environment: &Environment) -> anyhow::Result<Input> {
        let memory = self.memory.map_or(environment.memory / DEFAULT_MEMORY_DIVISOR, |memory| memory.bytes());
        let memory = usize::try_from(memory).unwrap_or(usize::MAX);
        let options = Options { transfer: Transfer::within(memory), ..self.s3.options() };
        let resolve = |sources: &[Source]| -> anyhow::Result<Vec<ResolvedSource>> {
            let mut resolved = Vec::with_capacity(sources.len());
            for source in sources {
                resolved.extend(source.resolve(config, &options)?);
            }
            Ok(resolved)
        };
        let (mut sources, mut default_source) = (resolve(&self.sources)?, None);
        let second = resolve(&self.second)?;
        if let (Some(bucket), Some(path)) = (self.s3.bucket.first(), local_path(&sources)) {
            bail!(
                "--bucket names the bucket that holds the logs, and `{}` is a source too: to read only requests to the \
                 bucket, type --source-bucket {bucket}; to read both, type s3://{bucket}/ as a source",
                path.display()
            );
        }
        let locations = self.s3.locations()?.into_iter();
        sources.extend(locations.map(|location| ResolvedSource::S3(location, Box::new(options.clone()))));
        if sources.is_empty() && self.s3.logs_of.is_empty() {
            if environment.stdin_is_given {
                sources.push(ResolvedSource::Local(Local::Stdin));
            } else if config.default_source().is_empty() {
                bail!(
                    "nothing to read: name files, folders or a bucket, or pipe log lines in\n\
                     for example: s3al failed logs/\n\
                     \x20            s3al failed --bucket my-logs --since 24h\n\
                     \x20            zcat logs/*.gz | s3al failed"
                );
            } else {
                sources = Source::default(config)
                    .and_then(|typed| resolve(&typed))
                    .context("the default source")?;
                default_source = Some(config.default_source().join(" "));
            }
        }
        let all = sources.iter().chain(&second);
        if all.filter(|source| matches!(source, ResolvedSource::Local(Local::Stdin))).count() > 1 {
            bail!("standard input (-) can be read once only");
        }
        if self.rejects.as_ref().is_some_and(|path| path.as_os_str() == "-") {
            bail!("--rejects takes the name of a file; standard output is for the answer");
        }
        Ok(Input {
            sources,
            second,
            default_source,
            logs_of: self.s3.logs_of.clone(),
            any_name: self.s3.any_name,
            options,
            delivery_lag: self.s3.delivery_lag,
            columns: self.columns()?.map(Arc::new),
            rejects: self.rejects.clone(),
            dedupe: self.dedupe,
            strict: self.strict,
            threads: self.threads.map_or(environment.threads, usize::from),
            memory,
        })
    }
}

/// The first source that is a file, a folder or a glob.
fn local_path(sources: &[ResolvedSource]) -> Option<&Path> {
    sources.iter().find_map(|source| match source {
        ResolvedSource::Local(Local::Path(path)) => Some(path.as_path()),
        _ => None,
    })
}

impl InputArgs {
    /// The columns of delimited lines, or what separates those of a header.
    fn columns(&self) -> anyhow::Result<Option<Columns>> {
        let names = || self.fields.iter().map(String::as_str);
        let Some(delimiter) = &self.delimiter else {
            return (!self.fields.is_empty())
                .then(|| Columns::new(names(), None).context("--fields"))
                .transpose();
        };
        let delimited = Columns::separated_by(delimiter).context("--delimiter")?;
        if self.fields.is_empty() {
            return Ok(Some(delimited));
        }
        Ok(Some(Columns::new(names(), Some(delimiter)).context("--fields")?))
    }
}

/// Where to read, checked. Nothing has been opened.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    /// What the first pass reads.
    pub(crate) sources: Vec<ResolvedSource>,
    /// What a command that compares reads in a second pass.
    pub(crate) second: Vec<ResolvedSource>,
    /// What the first pass reads because nothing was typed, as the config file names it.
    pub(crate) default_source: Option<String>,
    /// The buckets whose logs are read as well, wherever S3 says they are.
    pub(crate) logs_of: Vec<Bucket>,
    /// Whether objects of a bucket are logs whatever their names.
    pub(crate) any_name: bool,
    /// How S3 is reached, as it was typed.
    pub(crate) options: Options,
    /// The longest delay of a delivery.
    pub(crate) delivery_lag: Duration,
    /// The columns of delimited lines without a header.
    pub(crate) columns: Option<Arc<Columns>>,
    /// The file for lines that cannot be parsed.
    pub(crate) rejects: Option<PathBuf>,
    /// Whether duplicate records are skipped.
    pub(crate) dedupe: bool,
    /// Whether a line that cannot be parsed makes the run partial.
    pub(crate) strict: bool,
    /// How many threads read.
    pub(crate) threads: usize,
    /// How much memory the answer may take, in bytes.
    pub(crate) memory: usize,
}

impl Input {
    /// Files, folders and globs of both passes, as they are named.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.sources.iter().chain(&self.second).filter_map(|source| match source {
            ResolvedSource::Local(Local::Path(path)) => Some(path.as_path()),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(sources: &[&str]) -> InputArgs {
        let sources = sources.iter().map(|source| Source::read(source.into()).unwrap()).collect();
        InputArgs { sources, ..InputArgs::default() }
    }

    fn config() -> Config {
        let text = "[sources.prod]\npaths = [\"/var/log/s3\", \"s3://other/\"]\nbucket = \"my-logs\"\nregion = \"eu-west-1\"\n";
        Config::parse(text).unwrap()
    }

    fn error(args: &InputArgs) -> String {
        args.resolve(&config(), &Environment::default()).unwrap_err().to_string()
    }

    #[test]
    fn a_pipe_is_read_if_nothing_is_named() {
        assert!(error(&input(&[])).starts_with("nothing to read"));
        let piped = Environment { stdin_is_given: true, ..Environment::default() };
        let resolved = input(&[]).resolve(&Config::default(), &piped).unwrap();
        assert!(matches!(resolved.sources[..], [ResolvedSource::Local(Local::Stdin)]));
        assert!(error(&input(&["-", "-"])).contains("once only"));
        let mut both = input(&["logs"]);
        both.s3.bucket.push("prod-data".parse().unwrap());
        assert!(error(&both).contains("--source-bucket prod-data"));
    }

    #[test]
    fn names_become_their_sources_in_both_passes() {
        let mut args = input(&["@prod"]);
        args.second = args.sources.clone();
        let resolved = args.resolve(&config(), &Environment::default()).unwrap();
        for sources in [&resolved.sources, &resolved.second] {
            let [ResolvedSource::Local(_), ResolvedSource::S3(..), ResolvedSource::S3(location, options)] =
                &sources[..]
            else {
                panic!("{sources:?}");
            };
            assert_eq!(location.to_string(), "s3://my-logs/");
            assert_eq!(options.region.as_deref(), Some("eu-west-1"));
        }
        assert_eq!(resolved.paths().count(), 2);
        assert!(error(&input(&["@x"])).contains("there is no source @x"));
    }

    #[test]
    fn schemes_have_no_case() {
        assert!(matches!(Source::read("S3://my-logs/".into()), Ok(Source::S3(_))));
    }

    #[test]
    fn limits_come_from_the_machine() {
        let environment = Environment { memory: 400, threads: 7, ..Environment::default() };
        let mut args = input(&["logs"]);
        let resolved = args.resolve(&Config::default(), &environment).unwrap();
        assert_eq!((resolved.memory, resolved.threads), (100, 7));
        (args.memory, args.threads) = ("55".parse().ok(), Some(3));
        let resolved = args.resolve(&Config::default(), &environment).unwrap();
        assert_eq!((resolved.memory, resolved.threads), (55, 3));
        args.rejects = Some("-".into());
        assert!(error(&args).contains("takes the name of a file"));
    }
}
