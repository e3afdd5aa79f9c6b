//! Logs in a bucket: what can be typed, and how S3 is reached.

use std::time::Duration;

use anyhow::bail;
use clap::{ArgAction, Args};

use crate::source::s3::{Bucket, DEFAULT_CONCURRENCY, Location, Options, Prefix};

/// Where logs are in S3, and how to reach it.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct S3Args {
    /// The bucket that holds the logs (the accessed one is --source-bucket)
    #[arg(long, value_name = "BUCKET", help_heading = "Sources")]
    pub(crate) bucket: Vec<Bucket>,

    /// Key prefix of the logs in --bucket
    #[arg(long, value_name = "PREFIX", requires = "bucket", help_heading = "Sources")]
    pub(crate) prefix: Vec<Prefix>,

    /// Ask S3 where the access logs of BUCKET are, and read those of BUCKET there
    ///
    /// Requests to other buckets do not count, whichever source they are from.
    #[arg(long, value_name = "BUCKET", help_heading = "Sources")]
    pub(crate) logs_of: Vec<Bucket>,

    /// Take objects for logs whatever their names: compacted logs, a suffix
    #[arg(long, help_heading = "Sources")]
    pub(crate) any_name: bool,

    /// Longest delivery delay; objects delivered up to this long after --until are read too
    ///
    /// AWS guarantees no time: most logs arrive within hours, some arrived after 9 days. `s3al coverage` shows how late those
    /// of a bucket arrive.
    #[arg(
        long,
        value_name = "TIME",
        default_value = "24h",
        value_parser = humantime::parse_duration,
        help_heading = "S3"
    )]
    pub(crate) delivery_lag: Duration,

    /// How S3 is reached.
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
}

/// How S3 is reached.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ConnectArgs {
    /// AWS profile (~/.aws/config)
    #[arg(long, value_name = "NAME", help_heading = "S3")]
    pub(crate) profile: Option<String>,

    /// Assume this role with the credentials found
    #[arg(long, value_name = "ARN", value_parser = role, conflicts_with = "no_sign_request", help_heading = "S3")]
    pub(crate) role_arn: Option<String>,

    /// Bucket region (detected if omitted)
    #[arg(long, value_name = "REGION", value_parser = region, help_heading = "S3")]
    pub(crate) region: Option<String>,

    /// URL of an S3-compatible server: MinIO, Garage, Ceph
    #[arg(long, value_name = "URL", value_parser = endpoint, help_heading = "S3")]
    pub(crate) endpoint_url: Option<String>,

    /// Use path-style URLs (the default for an --endpoint-url outside AWS)
    #[arg(long, help_heading = "S3")]
    pub(crate) force_path_style: bool,

    /// Do not sign requests (public buckets)
    #[arg(long, help_heading = "S3")]
    pub(crate) no_sign_request: bool,

    /// Agree to pay for requests to a requester-pays bucket
    #[arg(long, help_heading = "S3")]
    pub(crate) request_payer: bool,

    /// Fail unless this account owns the bucket
    #[arg(long, value_name = "ACCOUNT", help_heading = "S3")]
    pub(crate) expected_bucket_owner: Option<String>,

    /// Maximum concurrent requests (adapts to throughput)
    #[arg(
        long,
        value_name = "N",
        default_value_t = DEFAULT_CONCURRENCY as u16,
        value_parser = clap::value_parser!(u16).range(1..=4096),
        help_heading = "S3"
    )]
    pub(crate) concurrency: u16,

    /// Show requests to S3, retries and skipped objects on standard error, with the ids that AWS Support asks for (-vv: more)
    #[arg(long, short, action = ArgAction::Count, help_heading = "S3")]
    pub(crate) verbose: u8,
}

impl S3Args {
    /// Where --bucket and --prefix point.
    ///
    /// # Errors
    /// If there are several of both, which could be combined in more than one way.
    pub(crate) fn locations(&self) -> anyhow::Result<Vec<Location>> {
        if let ([bucket, other, ..], [prefix, another, ..]) = (&self.bucket[..], &self.prefix[..]) {
            bail!(
                "several --bucket and several --prefix do not tell which belongs to which: write \
                 s3://{bucket}/{prefix} s3://{other}/{another}"
            );
        }
        let all = [Prefix::default()];
        let prefixes = if self.prefix.is_empty() { &all } else { &self.prefix[..] };
        let of = |bucket: &Bucket| {
            let bucket = bucket.clone();
            prefixes
                .iter()
                .map(move |prefix| Location::new(bucket.clone(), prefix.clone()))
                .collect::<Vec<_>>()
        };
        Ok(self.bucket.iter().flat_map(of).collect())
    }

    /// How to reach S3.
    pub(crate) fn options(&self) -> Options {
        self.connect.options()
    }
}

impl ConnectArgs {
    /// How to reach S3.
    pub(crate) fn options(&self) -> Options {
        Options {
            profile: self.profile.clone(),
            role_arn: self.role_arn.clone(),
            region: self.region.clone(),
            endpoint_url: self.endpoint_url.clone(),
            force_path_style: self.force_path_style,
            no_sign_request: self.no_sign_request,
            request_payer: self.request_payer,
            expected_bucket_owner: self.expected_bucket_owner.clone(),
            concurrency: usize::from(self.concurrency),
            ..Options::default()
        }
    }
}

/// The SDK would say less, and later.
fn endpoint(url: &str) -> Result<String, String> {
    let host = match url.split_once("://") {
        Some(("http" | "https", rest)) => rest.split(['/', '?', '#']).next().unwrap_or_default(),
        _ => "",
    };
    let port = host.rsplit_once(':').map(|(_, port)| port).filter(|port| !port.ends_with(']'));
    match port.map(str::parse::<u16>) {
        _ if host.is_empty() || host.starts_with(':') => {
            Err("write it with its scheme: https://HOST or http://HOST:PORT".to_owned())
        }
        Some(Err(_) | Ok(0)) => Err("a port is a number from 1 to 65535".to_owned()),
        _ if host.contains(char::is_whitespace) => Err("a host holds no spaces".to_owned()),
        _ => Ok(url.to_owned()),
    }
}

/// What STS would refuse, after a request.
fn role(arn: &str) -> Result<String, String> {
    match arn.split(':').collect::<Vec<_>>()[..] {
        ["arn", _, "iam", "", _, role] if role.starts_with("role/") => Ok(arn.to_owned()),
        _ => Err("write it as arn:aws:iam::ACCOUNT:role/NAME".to_owned()),
    }
}

/// A region is a part of a host's name.
fn region(name: &str) -> Result<String, String> {
    let is_label = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if name.is_empty() || name.len() > 63 || !is_label || name.starts_with('-') || name.ends_with('-') {
        return Err("a region holds letters, digits and hyphens: eu-west-1".to_owned());
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        s3: S3Args,
    }

    fn parse(args: &[&str]) -> Result<S3Args, String> {
        let args = std::iter::once(&"s3al").chain(args);
        Cli::try_parse_from(args).map(|cli| cli.s3).map_err(|error| error.to_string())
    }

    #[test]
    fn options() {
        let args = parse(&["--bucket", "my-logs", "--prefix", "prod/", "--delivery-lag", "2h"]).unwrap();
        assert_eq!(args.locations().unwrap()[0].to_string(), "s3://my-logs/prod/");
        assert_eq!(args.delivery_lag, Duration::from_secs(7200));
        assert_eq!(args.options().concurrency, 256);
        assert!(parse(&[]).unwrap().locations().unwrap().is_empty());
        for (typed, expected) in [
            ("--bucket aaa --bucket bbb", Some("s3://aaa/ s3://bbb/")),
            ("--bucket aaa --bucket bbb --prefix p/", Some("s3://aaa/p/ s3://bbb/p/")),
            ("--bucket aaa --prefix p/ --prefix q", Some("s3://aaa/p/ s3://aaa/q")),
            ("--bucket aaa --logs-of bbb --logs-of ccc", Some("s3://aaa/")),
            ("--bucket aaa --prefix p/ --bucket bbb --prefix q", None),
        ] {
            let locations = parse(&typed.split(' ').collect::<Vec<_>>()).unwrap().locations();
            let found =
                locations.map(|found| found.iter().map(Location::to_string).collect::<Vec<_>>().join(" "));
            assert_eq!(found.as_deref().ok(), expected, "{typed}");
            assert!(
                found.is_ok() || found.unwrap_err().to_string().ends_with("write s3://aaa/p/ s3://bbb/q")
            );
        }
        assert!(parse(&["--prefix", "prod/"]).unwrap_err().contains("--bucket"));
        assert!(parse(&["--bucket", "my logs"]).is_err());
        assert!(parse(&["--endpoint-url", "localhost:9000"]).unwrap_err().contains("http://HOST:PORT"));
        for url in ["http://x:99999", "http://x:0", "http://x:y", "http://:80", "https:///x", "http://a b"] {
            assert!(parse(&["--endpoint-url", url]).is_err(), "{url}");
        }
        for url in ["http://x", "http://x:1/y", "https://[::1]", "http://[::1]:9000"] {
            assert!(parse(&["--endpoint-url", url]).is_ok(), "{url}");
        }
        assert!(parse(&["--role-arn", "arn:aws:iam::123456789012:role/path/reader"]).is_ok());
        for arn in ["reader", "arn:aws:iam::123456789012:user/x", "arn:aws:s3:::b"] {
            assert!(parse(&["--role-arn", arn]).is_err(), "{arn}");
        }
        for region in ["", "eu west", "eu-west-1.evil", "-x", "a/b"] {
            assert!(parse(&["--region", region]).is_err(), "{region}");
        }
        assert!(parse(&["--concurrency", "0"]).is_err());
    }
}
