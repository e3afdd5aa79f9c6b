//! The profile that was chosen: read before any request, so that a name that nobody has defined is said at once.

use std::path::Path;

use aws_config::profile::ProfileSet;
use aws_types::os_shim_internal::{Env, Fs};

use super::error::{S3Error, chain};

/// The profile of those who choose none. It need not exist.
const DEFAULT: &str = "default";

/// Reads the profile files and looks for the profile that `--profile`, `AWS_PROFILE` or nobody chose.
///
/// # Errors
/// If a file cannot be parsed or read, or holds no such profile.
pub(super) async fn load(typed: Option<&str>) -> Result<ProfileSet, S3Error> {
    let chosen = typed.map(|name| name.to_owned().into());
    let profiles = aws_config::profile::load(&Fs::real(), &Env::real(), &Default::default(), chosen)
        .await
        .map_err(|error| S3Error::Config { message: chain(&error) })?;
    let name = profiles.selected_profile();
    if name == DEFAULT && typed.is_none() || profiles.get_profile(name).is_some() {
        return Ok(profiles);
    }
    let mut known: Vec<String> = profiles.profiles().map(str::to_owned).collect();
    known.sort_unstable();
    Err(S3Error::UnknownProfile {
        name: name.to_owned(),
        by: if typed.is_some() { "--profile" } else { "AWS_PROFILE" },
        files: files(),
        known,
    })
}

/// The files in which profiles are looked for, as they are called in messages.
fn files() -> String {
    let file = |variable: &str, usual: &str| {
        std::env::var_os(variable).map_or(usual.to_owned(), |path| Path::new(&path).display().to_string())
    };
    format!(
        "{} and {}",
        file("AWS_CONFIG_FILE", "~/.aws/config"),
        file("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")
    )
}
