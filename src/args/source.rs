//! One source: as it was typed, and what is read for it.

use std::ffi::OsString;

use anyhow::{Context as _, bail};

use crate::config::Config;
use crate::source::Local;
use crate::source::s3::{Location, LocationError, Options};

/// One source, as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
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
    /// If it begins like an S3 URL and is none.
    pub fn read(text: OsString) -> Result<Self, LocationError> {
        match text.to_str() {
            Some("-") => Ok(Self::Local(Local::Stdin)),
            Some(name) if name.starts_with('@') => Ok(Self::Named(name[1..].to_owned())),
            Some(url) if Location::is_url(url) => url.parse().map(Self::S3),
            _ => Ok(Self::Local(Local::Path(text.into()))),
        }
    }

    /// What the config file has for those who type no source.
    ///
    /// # Errors
    /// If it begins like an S3 URL and is none.
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

/// One source, with all that is needed to read it.
#[derive(Clone, Debug)]
pub enum ResolvedSource {
    /// A file, a folder, a glob, or standard input.
    Local(Local),
    /// Logs in a bucket, and how it is reached.
    S3(Location, Box<Options>),
}
