//! The profile that was chosen: read before any request, so that a name that nobody has defined is said at once.

use std::fs::File;
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

/// The names of all profiles.
///
/// # Errors
/// If a file cannot be parsed or read.
pub(super) async fn names() -> Result<Vec<String>, S3Error> {
    let profiles = aws_config::profile::load(&Fs::real(), &Env::real(), &Default::default(), None)
        .await
        .map_err(|error| S3Error::Config { message: chain(&error) })?;
    let mut names: Vec<String> = profiles.profiles().map(str::to_owned).collect();
    names.sort_unstable();
    Ok(names)
}

/// Looks at what the identity that was chosen needs, where the SDK would say less: the files of tokens that it reads, and
/// codes that nobody can be asked for.
///
/// # Errors
/// If a file is not there, or if a code has to be typed.
pub(super) fn check_identity(profiles: &ProfileSet, typed: bool) -> Result<(), S3Error> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let is_there = |path: &str, by: &str| match File::open(path) {
        Ok(_) => Ok(()),
        Err(error) => Err(S3Error::Config { message: format!("the token file {path} ({by}): {error}") }),
    };
    // Keys in the environment are found first, and need nothing else.
    if !typed && variable("AWS_ACCESS_KEY_ID").is_some() && variable("AWS_SECRET_ACCESS_KEY").is_some() {
        return Ok(());
    }
    // A profile can take its identity from another one, and that from a third.
    let mut seen = Vec::new();
    let mut next = Some(profiles.selected_profile());
    while let Some(name) = next.filter(|name| !seen.contains(name))
        && let Some(profile) = profiles.get_profile(name)
    {
        seen.push(name);
        if profile.get("role_arn").is_none() {
            break;
        }
        if let Some(device) = profile.get("mfa_serial") {
            return Err(S3Error::NeedsCode { profile: name.to_owned(), device: device.to_owned() });
        }
        if let Some(path) = profile.get("web_identity_token_file") {
            return is_there(path, &format!("web_identity_token_file of the profile {name}"));
        }
        next = profile.get("source_profile");
    }
    if seen.is_empty() && !typed && variable("AWS_ROLE_ARN").is_some() {
        let name = "AWS_WEB_IDENTITY_TOKEN_FILE";
        return variable(name).map_or(Ok(()), |path| is_there(&path, name));
    }
    let name = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
    match variable(name)
        .filter(|_| seen.is_empty() && variable("AWS_CONTAINER_CREDENTIALS_FULL_URI").is_some())
    {
        Some(path) => is_there(&path, name),
        None => Ok(()),
    }
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
