//! From what was typed, and what the environment and the profiles say, to a client.

use std::path::Path;

use aws_config::environment::region::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::region::ProfileFileRegionProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    RequestChecksumCalculation, ResponseChecksumValidation, StalledStreamProtectionConfig,
};

use aws_types::service_config::ServiceConfigKey;

use super::credentials::{CachedCredentials, assume, provider};
use super::endpoint::OneEndpoint;
use super::error::S3Error;
use super::profile;
use super::request_log::RequestLog;
use super::retry::RetryPolicy;
use super::threads::Threads;
use super::trust;
use crate::source::Cancel;

/// What is asked while nobody said which region; any region tells where a bucket is.
const ANY_REGION: &str = "us-east-1";

/// How to reach S3. What is not set comes from the environment and the profiles, as for every AWS tool.
#[derive(Clone, Debug)]
pub struct Options {
    /// The profile of `~/.aws/config` to take credentials and settings from.
    pub profile: Option<String>,
    /// The role to assume with the credentials that are found.
    pub role_arn: Option<String>,
    /// The region of the bucket; found from the bucket if not given.
    pub region: Option<String>,
    /// Another server than AWS.
    pub endpoint_url: Option<String>,
    /// Put the bucket into the path, not into the host. On by itself with an endpoint that is not AWS.
    pub force_path_style: bool,
    /// Do not sign requests: public buckets.
    pub no_sign_request: bool,
    /// The requester pays.
    pub request_payer: bool,
    /// Fail unless the bucket belongs to this account.
    pub expected_bucket_owner: Option<String>,
    /// The most requests in flight.
    pub concurrency: usize,
    /// How long S3 is waited for.
    pub retry_policy: RetryPolicy,
    /// In which pieces objects come.
    pub transfer: Transfer,
}

/// In which pieces objects come, and how much of them is in memory.
#[derive(Clone, Copy, Debug)]
pub struct Transfer {
    /// Objects of up to this many bytes come whole, with one request each.
    pub whole: u64,
    /// Others come in parts of this many bytes.
    pub part: u64,
    /// Bytes that are held in memory between the requests and the reader, about.
    pub ahead: u64,
}

impl Default for Transfer {
    /// AWS, "Performance guidelines for Amazon S3", Use byte-range fetches: typical sizes are 8 MB or 16 MB.
    fn default() -> Self {
        Self { whole: 16 << 20, part: 8 << 20, ahead: 128 << 20 }
    }
}

impl Transfer {
    /// With a part of the memory that a run may take.
    pub(crate) fn within(memory: usize) -> Self {
        Self { ahead: (memory as u64 / 8).clamp(32 << 20, 256 << 20), ..Self::default() }
    }
}

/// Maximum requests in flight, if no other number is given.
pub(crate) const DEFAULT_CONCURRENCY: usize = 256;

impl Default for Options {
    fn default() -> Self {
        Self {
            profile: None,
            role_arn: None,
            region: None,
            endpoint_url: None,
            force_path_style: false,
            no_sign_request: false,
            request_payer: false,
            expected_bucket_owner: None,
            concurrency: DEFAULT_CONCURRENCY,
            retry_policy: RetryPolicy::default(),
            transfer: Transfer::default(),
        }
    }
}

/// A client and what is known of its region.
pub(super) struct Connected {
    pub(crate) client: aws_sdk_s3::Client,
    /// What clients of other services are made of.
    pub(crate) shared: SdkConfig,
    /// Who asks, if requests are signed.
    pub(crate) credentials: Option<CachedCredentials>,
    /// Whether requests go to a server that is not AWS.
    pub(crate) elsewhere: bool,
    /// Whether the region was typed, so that another one is an error and not a discovery.
    pub(crate) region_typed: bool,
}

/// Makes the client. Sends no request to S3; credentials are looked for with the first one.
///
/// # Errors
/// If there is no such profile, or if the profile files cannot be read.
pub(super) async fn connect(options: &Options) -> Result<Connected, S3Error> {
    let profiles = profile::load(options.profile.as_deref()).await?;
    if !options.no_sign_request {
        profile::check_identity(&profiles, options.profile.is_some())?;
    }
    // The default chain would ask the instance's metadata service as well, for seconds where there is none; the
    // bucket itself tells its region for one request.
    let mut profile = ProfileFileRegionProvider::builder();
    if let Some(name) = &options.profile {
        profile = profile.profile_name(name);
    }
    let typed = options.region.clone().map(Region::new);
    let region_typed = typed.is_some();
    let region = RegionProviderChain::first_try(typed)
        .or_else(EnvironmentVariableRegionProvider::new())
        .or_else(profile.build())
        .region()
        .await
        .unwrap_or(Region::from_static(ANY_REGION));
    let variable = std::env::var("AWS_CA_BUNDLE").ok().filter(|path| !path.is_empty());
    let http = match (&variable, profiles.get("ca_bundle")) {
        (Some(path), _) => trust::client_of_bundle(Path::new(path), "AWS_CA_BUNDLE")?,
        (None, Some(path)) => trust::client_of_bundle(Path::new(path), "ca_bundle of the profile")?,
        (None, None) => trust::client(),
    };
    let credentials = match options.no_sign_request {
        true => None,
        false => {
            let mut provider = provider(options.profile.as_deref(), &region, http.clone()).await;
            if let Some(role) = &options.role_arn {
                provider = assume(role, provider, &region, http.clone()).await;
            }
            Some(CachedCredentials::new(provider, options.retry_policy.credentials))
        }
    };

    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .region(region)
        .timeout_config(TimeoutConfig::builder().connect_timeout(options.retry_policy.connect).build())
        // The credentials are kept by themselves, so that finding them is no part of a request.
        .identity_cache(aws_config::identity::IdentityCache::no_cache());
    if let Some(name) = &options.profile {
        loader = loader.profile_name(name);
    }
    if let Some(url) = &options.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    loader = match &credentials {
        Some(credentials) => loader.credentials_provider(credentials.clone()),
        None => loader.no_credentials(),
    };
    let shared = loader.load().await;

    let endpoint = options.endpoint_url.clone().or_else(|| own_endpoint(&shared));
    let endpoint = endpoint.as_deref().or(shared.endpoint_url());
    let elsewhere = endpoint.is_some_and(|url| !is_aws(url));
    // Objects are retried whole, one level up, where it is known what counts; and a stalled body is noticed there.
    // Checksums of answers are asked for only where S3 insists: other servers do not know them, and the length of
    // every object is compared with the listing.
    let config = aws_sdk_s3::config::Builder::from(&shared)
        .force_path_style(options.force_path_style || elsewhere)
        .endpoint_resolver(OneEndpoint::default())
        .retry_config(RetryConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    // What nobody sees costs nothing.
    let config =
        if tracing::enabled!(tracing::Level::DEBUG) { config.interceptor(RequestLog) } else { config };
    let client = aws_sdk_s3::Client::from_conf(config.build());
    Ok(Connected { client, shared, credentials, elsewhere, region_typed })
}

/// Whether S3 can be reached as it was typed, as far as files tell: sends no request.
///
/// # Errors
/// If there is no such profile, or if a file that is named cannot be read.
pub(crate) fn check(options: &Options) -> Result<(), S3Error> {
    Threads::start()?.wait(&Cancel::default(), profile::load(options.profile.as_deref())).map(drop)
}

/// The names of all profiles in the profile files; none where those cannot be read.
pub(crate) fn profiles() -> Vec<String> {
    let read = Threads::start().and_then(|threads| threads.wait(&Cancel::default(), profile::names()));
    read.unwrap_or_default()
}

/// The endpoint of S3 alone: of the environment, or of the profile's `[services NAME]`, `s3 = endpoint_url`.
fn own_endpoint(shared: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id("S3")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok()?;
    shared.service_config()?.load_config(key)
}

/// Whether an endpoint is one of AWS, where the bucket belongs into the host.
fn is_aws(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = host.split(['/', ':']).next().unwrap_or_default();
    host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn") || host.ends_with(".api.aws")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_of_aws() {
        assert!(is_aws("https://s3.eu-west-1.amazonaws.com"));
        assert!(is_aws("https://bucket.vpce-1.s3.eu-west-1.vpce.amazonaws.com/x"));
        assert!(!is_aws("http://127.0.0.1:9000"));
        assert!(!is_aws("https://minio.example.com/amazonaws.com"));
        assert!(!is_aws("https://amazonaws.com.example.com"));
    }
}
