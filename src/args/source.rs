//! One source: as it was typed, and what is read for it.

use std::ffi::OsString;

use anyhow::{Context as _, bail};
use thiserror::Error;

use crate::config::Config;
use crate::source::Local;
use crate::source::s3::{Location, LocationError, Options};

/// What is wrong with a typed source.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum SourceError {
    /// It begins like an S3 URL, and is none.
    #[error(transparent)]
    Location(#[from] LocationError),
    /// It is the URL of what is not read here.
    #[error(
        "{url} is no source: sources are files, folders, globs, s3://BUCKET/PREFIX, and - for standard input; {instead}"
    )]
    Url {
        /// The URL.
        url: String,
        /// What to type instead.
        instead: String,
    },
}

/// One source, as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A file, a folder, a glob, or standard input.
    Local(Local),
    /// Logs in a bucket.
    S3(Location),
    /// `@name`: what the config file says of it.
    Named(String),
}

impl Source {
    /// Reads what was typed.
    ///
    /// # Errors
    /// If it begins like an S3 URL and is none, or if it is the URL of something else.
    pub(crate) fn read(text: OsString) -> Result<Self, SourceError> {
        match text.to_str() {
            Some("-") => Ok(Self::Local(Local::Stdin)),
            Some(name) if name.starts_with('@') => Ok(Self::Named(name[1..].to_owned())),
            Some(url) if Location::is_url(url) => Ok(Self::S3(url.parse()?)),
            Some(url) if scheme(url).is_some() => {
                Err(SourceError::Url { url: url.to_owned(), instead: instead_of(url) })
            }
            _ => Ok(Self::Local(Local::Path(text.into()))),
        }
    }

    /// What the config file has for those who type no source.
    ///
    /// # Errors
    /// If one cannot be read.
    pub(crate) fn default(config: &Config) -> anyhow::Result<Vec<Self>> {
        let read = |source: &String| Self::read(source.into()).map_err(Into::into);
        config.default_source().iter().map(read).collect()
    }

    /// What is read for it. `typed` is how S3 is reached where the config file does not say.
    ///
    /// # Errors
    /// If the config file has no source of that name.
    pub(crate) fn resolve(&self, config: &Config, typed: &Options) -> anyhow::Result<Vec<ResolvedSource>> {
        let name = match self {
            Self::Local(local) => return Ok(vec![ResolvedSource::Local(local.clone())]),
            Self::S3(location) => {
                return Ok(vec![ResolvedSource::S3(location.clone(), Box::new(typed.clone()))]);
            }
            Self::Named(name) => name,
        };
        let named = config.source(name)?;
        let options = named.under(typed.clone());
        let mut sources = Vec::new();
        for path in &named.paths {
            sources.push(match Self::read(path.into()).with_context(|| format!("@{name}"))? {
                Self::Local(local) => ResolvedSource::Local(local),
                Self::S3(location) => ResolvedSource::S3(location, Box::new(options.clone())),
                Self::Named(other) => bail!("@{name} names another name, @{other}"),
            });
        }
        sources.extend(named.location()?.map(|location| ResolvedSource::S3(location, Box::new(options))));
        Ok(sources)
    }
}

/// The scheme of a URL: `https` of `https://example.com/log`.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once("://")?;
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    is_scheme.then_some(scheme)
}

/// What to type instead of a URL that is no source.
fn instead_of(url: &str) -> String {
    if let Some(meant) = Location::meant_by(url) {
        return format!("type {meant}");
    }
    let scheme = scheme(url).unwrap_or_default().to_ascii_lowercase();
    let rest = url.get(scheme.len() + "://".len()..).unwrap_or_default();
    let pipe = |command: &str| {
        let url = shlex::try_quote(url).unwrap_or_else(|_| "URL".into());
        format!("pipe it in: {command} {url} | s3al top -")
    };
    match scheme.as_str() {
        "file" => format!("type the path alone: {rest}"),
        "s3a" | "s3n" => format!("type s3://{rest}"),
        "gs" => pipe("gcloud storage cat"),
        "http" | "https" | "ftp" | "ftps" | "sftp" | "scp" => pipe("curl -sS"),
        _ => "fetch it with its own tool, and pipe it in".to_owned(),
    }
}

/// One source, with all that is needed to read it.
#[derive(Clone, Debug)]
pub(crate) enum ResolvedSource {
    /// A file, a folder, a glob, or standard input.
    Local(Local),
    /// Logs in a bucket, and how it is reached.
    S3(Location, Box<Options>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_others_say_what_to_type() {
        let error = |text: &str| Source::read(text.into()).unwrap_err().to_string();
        for (url, instead) in [
            (
                "http://x/y",
                "s3://BUCKET/PREFIX, and - for standard input; pipe it in: curl -sS http://x/y | s3al top -",
            ),
            ("HTTPS://x/y?a=1&b=2", "curl -sS 'HTTPS://x/y?a=1&b=2' | s3al"),
            ("ftp://x/'; rm y", r#"curl -sS "ftp://x/'; rm y" | s3al"#),
            ("gs://b/logs/*", "gcloud storage cat 'gs://b/logs/*' | s3al"),
            ("s3a://b/logs/", "type s3://b/logs/"),
            ("file:///var/log/s3", "type the path alone: /var/log/s3"),
            ("abfss://c@a.dfs.core.windows.net/x", "its own tool"),
            ("s3://", "bucket name is missing"),
        ] {
            assert!(error(url).contains(instead), "{}", error(url));
        }
        for path in ["a/b", "./http://x", "1a://b", "://", "logs/x://y", "C:\\logs", "http:/x"] {
            assert!(matches!(Source::read(path.into()), Ok(Source::Local(Local::Path(_)))), "{path}");
        }
    }
}
