//! Where a store is, as engines are told.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};

use crate::args::ResolvedSource;
use crate::source::Local;
use crate::source::s3::Location;

/// A folder, or a prefix in a bucket.
#[derive(Debug)]
pub(super) enum Place {
    /// The path of the folder, whole, which ends with a slash.
    Folder(String),
    /// The URL, which ends with a slash.
    S3(String),
}

impl Place {
    /// # Errors
    /// If it is no place that a store can be in, or a folder without one.
    pub(super) fn of(source: ResolvedSource, is_store: bool) -> anyhow::Result<Self> {
        match source {
            ResolvedSource::S3(location, _) => Self::in_bucket(&location),
            ResolvedSource::Local(Local::Path(path)) if is_store => Self::folder(&path),
            ResolvedSource::Local(Local::Path(path)) => {
                bail!("`{}` is no place in S3: Athena reads from s3://BUCKET/PREFIX", path.display())
            }
            ResolvedSource::Local(Local::Stdin) => {
                bail!("`-` is no store: name its folder or s3://BUCKET/PREFIX")
            }
        }
    }

    fn in_bucket(location: &Location) -> anyhow::Result<Self> {
        if location.has_pattern() {
            bail!("{location}: engines are told one prefix, without * or ?");
        }
        if location.bucket.is_access_point() {
            bail!("{location}: engines take the alias of an access point, not its ARN");
        }
        let url = location.to_string();
        // A folder's slash is often left out.
        Ok(Self::S3(if url.ends_with('/') { url } else { format!("{url}/") }))
    }

    fn folder(path: &Path) -> anyhow::Result<Self> {
        let whole = path.canonicalize().with_context(|| format!("cannot read `{}`", path.display()))?;
        let is_day = |entry: fs::DirEntry| entry.file_name().as_encoded_bytes().starts_with(b"date=");
        let has_day = whole.is_dir()
            && fs::read_dir(&whole)
                .with_context(|| format!("cannot read `{}`", path.display()))?
                .any(|entry| entry.is_ok_and(is_day));
        if !has_day {
            bail!(
                "`{}` is no store: it has no folder date=YYYY-MM-DD\nto make one: s3al convert logs/ -o {}",
                path.display(),
                path.display()
            );
        }
        let Some(whole) = whole.to_str() else {
            bail!("`{}` is no UTF-8: engines cannot be told this name", path.display());
        };
        Ok(Self::Folder(whole.trim_end_matches('/').to_owned() + "/"))
    }

    /// Its URL, for engines that read nothing else.
    ///
    /// # Errors
    /// If it is a folder.
    pub(super) fn in_s3(&self, engine: &str) -> anyhow::Result<&str> {
        match self {
            Self::S3(url) => Ok(url),
            Self::Folder(path) => bail!(
                "{engine} reads from S3, and {path} is a folder: name where you copy it to\n\
                 for example: aws s3 sync {path} s3://my-store/logs/\n\
                 \x20            s3al ddl {} s3://my-store/logs/",
                engine.to_lowercase()
            ),
        }
    }

    /// Its path or URL, for engines that take patterns in its place.
    ///
    /// # Errors
    /// If it holds what would be read as a pattern.
    pub(super) fn without_globs(&self) -> anyhow::Result<&str> {
        let (Self::S3(text) | Self::Folder(text)) = self;
        if let Some(found) = text.chars().find(|c| "*?[]{}".contains(*c)) {
            bail!("{text}: engines read {found} as part of a pattern; give the store another name");
        }
        Ok(text)
    }
}
