//! Who asks: found once, kept until it expires, and with a time limit of its own.
//!
//! What was typed wins: with a `--profile`, keys in the environment are not looked at, as for the AWS CLI.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_s3::config::SharedHttpClient;
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::error::{S3Error, chain};

/// How long before they expire credentials are renewed.
const RENEW_BEFORE_EXPIRY: Duration = Duration::from_secs(10);

/// Credentials, found when they are first asked for.
#[derive(Clone, Debug)]
pub(super) struct CachedCredentials {
    inner: SharedCredentialsProvider,
    limit: Duration,
    known: Arc<Mutex<Option<Credentials>>>,
}

impl CachedCredentials {
    pub(super) fn new(inner: SharedCredentialsProvider, limit: Duration) -> Self {
        Self { inner, limit, known: Arc::default() }
    }

    /// Finds the credentials, if they are not known, within their own limit.
    pub(super) async fn ready(&self) -> Result<(), S3Error> {
        self.get().await.map(drop).map_err(|error| failure(&error))
    }

    /// The number of the account, where the credentials tell it.
    pub(super) async fn account(&self) -> Option<String> {
        let credentials = self.get().await.ok()?;
        credentials.account_id().map(|account| account.as_str().to_owned())
    }

    async fn get(&self) -> provider::Result {
        let mut known = self.known.lock().await;
        let soon = SystemTime::now() + RENEW_BEFORE_EXPIRY;
        if let Some(credentials) = &*known
            && credentials.expiry().is_none_or(|expiry| expiry > soon)
        {
            return Ok(credentials.clone());
        }
        let found = timeout(self.limit, self.inner.provide_credentials())
            .await
            .unwrap_or_else(|_| Err(CredentialsError::provider_timed_out(self.limit)))?;
        tracing::debug!(
            "credentials were found; they {}",
            match found.expiry() {
                Some(_) => "expire",
                None => "do not expire",
            }
        );
        *known = Some(found.clone());
        Ok(found)
    }
}

impl ProvideCredentials for CachedCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.get())
    }
}

/// What a search for credentials that failed means.
pub(super) fn failure(error: &CredentialsError) -> S3Error {
    match error {
        CredentialsError::ProviderTimedOut(timed_out) => {
            S3Error::CredentialsTimeout { after: timed_out.timeout_duration() }
        }
        _ => S3Error::NoCredentials { message: chain(error) },
    }
}

/// Where credentials are looked for. With a profile that was typed: there, and then where a profile without credentials
/// leaves it to the machine.
pub(super) async fn provider(
    profile: Option<&str>,
    region: &Region,
    client: SharedHttpClient,
) -> SharedCredentialsProvider {
    let config = ProviderConfig::without_region()
        .with_region(Some(region.clone()))
        .with_behavior_version(Some(BehaviorVersion::latest()))
        .with_http_client(client);
    let Some(name) = profile else {
        let chain = DefaultCredentialsChain::builder().configure(config).region(region.clone());
        return SharedCredentialsProvider::new(chain.build().await);
    };
    let chain = CredentialsProviderChain::first_try(
        "Profile",
        ProfileFileCredentialsProvider::builder().configure(&config).profile_name(name).build(),
    )
    .or_else("EcsContainer", EcsCredentialsProvider::builder().configure(&config).build())
    .or_else("Ec2InstanceMetadata", ImdsCredentialsProvider::builder().configure(&config).build());
    SharedCredentialsProvider::new(chain)
}

/// The credentials of a role, which is assumed with others.
pub(super) async fn assume(
    role: &str,
    with: SharedCredentialsProvider,
    region: &Region,
    client: SharedHttpClient,
) -> SharedCredentialsProvider {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .http_client(client)
        .region(region.clone())
        .no_credentials()
        .load()
        .await;
    let role = AssumeRoleProvider::builder(role).session_name("s3al").configure(&config);
    SharedCredentialsProvider::new(role.build_from_provider(with).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Never;

    impl ProvideCredentials for Never {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::new(std::future::pending())
        }
    }

    #[tokio::test]
    async fn credentials_that_never_come_have_a_limit_of_their_own() {
        let provider = SharedCredentialsProvider::new(Never);
        let credentials = CachedCredentials::new(provider, Duration::from_millis(20));
        let error = credentials.ready().await.unwrap_err();
        assert!(matches!(error, S3Error::CredentialsTimeout { .. }));
        assert!(!error.is_transient() && error.is_about_identity());
        assert!(
            error.to_string().starts_with("no credentials came for 0.02 s: the credential_process"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn credentials_are_found_once() {
        let keys = Credentials::new("A", "B", None, None, "test");
        let credentials =
            CachedCredentials::new(SharedCredentialsProvider::new(keys), Duration::from_secs(1));
        credentials.ready().await.unwrap();
        assert!(credentials.known.lock().await.is_some());
        assert_eq!(credentials.provide_credentials().await.unwrap().access_key_id(), "A");
    }
}
