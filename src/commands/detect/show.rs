//! The command that shows all requests of a finding: its own filters, and the sources and filters of this run.

use crate::args::{CommonArgs, FilterArgs, InputArgs, Source};
use crate::detect::{Finding, quote};
use crate::filter::IncludeExclude;
use crate::source::Local;

/// The whole command, as a shell takes it.
pub(super) fn command(finding: &Finding, args: &CommonArgs) -> String {
    let mut words = vec!["s3al".to_owned()];
    words.extend(finding.command());
    words.extend(filters(finding, &args.filter));
    words.extend(sources(&args.input));
    words.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ")
}

/// The filters of this run. Where the finding has a narrower one of the same name, that is enough: values of one option add up.
fn filters(finding: &Finding, typed: &FilterArgs) -> Vec<String> {
    let mut words = Vec::new();
    let mut add = |option: &'static str, values: Vec<String>| {
        if !finding.show.iter().any(|(own, _)| *own == option) {
            values.into_iter().for_each(|value| words.extend([option.to_owned(), value]));
        }
    };
    fn typed_as<T>(choices: &[IncludeExclude<T>]) -> Vec<String> {
        choices.iter().flat_map(IncludeExclude::typed).cloned().collect()
    }
    add("--hours", typed_as(&typed.hours));
    add("--weekdays", typed_as(&typed.weekdays));
    add("--source-bucket", typed_as(&typed.source_bucket));
    add("--requester", typed_as(&typed.requester));
    add("--ip", typed_as(&typed.ip));
    add("--operation", typed_as(&typed.operation));
    add("--key", typed_as(&typed.key));
    add("--status", typed_as(&typed.status));
    add("--error", typed_as(&typed.error));
    add("--user-agent", typed_as(&typed.user_agent));
    add("--access-key", typed_as(&typed.access_key));
    add("--tls-version", typed_as(&typed.tls_version));
    add("--min-bytes", typed.min_bytes.map(|size| size.bytes().to_string()).into_iter().collect());
    add("--max-bytes", typed.max_bytes.map(|size| size.bytes().to_string()).into_iter().collect());
    // Conditions do not add up: each has to hold.
    for condition in &typed.conditions {
        words.extend(["--where".to_owned(), condition.typed().to_owned()]);
    }
    if typed.anonymous && !finding.show.iter().any(|(own, _)| *own == "--anonymous") {
        words.push("--anonymous".to_owned());
    }
    words
}

/// Where this run reads.
fn sources(input: &InputArgs) -> Vec<String> {
    let mut words = Vec::new();
    let mut option = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            words.extend([name.to_owned(), value]);
        }
    };
    let s3 = &input.s3;
    option("--config", input.config.as_ref().map(|path| path.display().to_string()));
    input.geoip.iter().for_each(|path| option("--geoip", Some(path.display().to_string())));
    s3.bucket.iter().for_each(|bucket| option("--bucket", Some(bucket.to_string())));
    s3.prefix.iter().for_each(|prefix| option("--prefix", Some(prefix.to_string())));
    s3.logs_of.iter().for_each(|bucket| option("--logs-of", Some(bucket.to_string())));
    option("--profile", s3.connect.profile.clone());
    option("--role-arn", s3.connect.role_arn.clone());
    option("--region", s3.connect.region.clone());
    option("--endpoint-url", s3.connect.endpoint_url.clone());
    option("--expected-bucket-owner", s3.connect.expected_bucket_owner.clone());
    let flags = [
        ("--dedupe", input.dedupe),
        ("--force-path-style", s3.connect.force_path_style),
        ("--no-sign-request", s3.connect.no_sign_request),
        ("--request-payer", s3.connect.request_payer),
        ("--any-name", s3.any_name),
    ];
    words.extend(flags.into_iter().filter(|(_, is_on)| *is_on).map(|(flag, _)| flag.to_owned()));
    words.extend(input.sources.iter().map(|source| match source {
        Source::Local(Local::Stdin) => "-".to_owned(),
        // A name that begins with a dash is no option.
        Source::Local(Local::Path(path)) if path.to_string_lossy().starts_with('-') => {
            format!("./{}", path.display())
        }
        Source::Local(Local::Path(path)) => path.display().to_string(),
        Source::S3(location) => location.to_string(),
        Source::Named(name) => format!("@{name}"),
    }));
    words
}
