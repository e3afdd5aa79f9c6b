//! The command that shows all requests of a finding: its own filters, and the sources and filters of this run.

use crate::args::{CommonArgs, FilterArgs, InputArgs, Source};
use crate::detect::{Example, Finding, quote};
use crate::filter::IncludeExclude;
use crate::record::Field;
use crate::source::Local;

/// A command that takes more than this many bytes is no command that people read.
const MAX_READABLE: usize = 400;
/// No request id of S3 is longer.
const MAX_ID: usize = 64;

/// A command for people: the same, or one that they can read.
pub(super) struct Shorter {
    /// As a shell takes it.
    pub(super) command: String,
    /// Whether it shows requests that are not of the finding as well.
    pub(super) shows_more: bool,
}

/// The command without the longest list of what a finding looks for. The ids of all requests take its place if they are known.
pub(super) fn shorter(finding: &Finding, args: &CommonArgs) -> Shorter {
    let whole = command(finding, args);
    // The first filter says who it was.
    let longest = (1..finding.show.len()).max_by_key(|place| finding.show[*place].1.len());
    let Some(place) = longest.filter(|_| whole.len() > MAX_READABLE) else {
        return Shorter { command: whole, shows_more: false };
    };
    let mut shorter = finding.clone();
    shorter.show.remove(place);
    let ids = ids(finding);
    let shows_more = ids.is_none();
    shorter.show.extend(ids.map(|ids| ("--where", format!("request_id={}", ids.join(",")))));
    let other = command(&shorter, args);
    // Where something else is long, nothing is gained.
    if other.len() >= whole.len() {
        return Shorter { command: whole, shows_more: false };
    }
    Shorter { command: other, shows_more }
}

/// The ids of all requests, if the evidence is all there is.
fn ids(finding: &Finding) -> Option<Vec<String>> {
    if finding.examples.len() as u64 != finding.count {
        return None;
    }
    let id = |example: &Example| {
        let id = example.get(Field::RequestId)?;
        let is_plain = id.len() <= MAX_ID && id.iter().all(u8::is_ascii_alphanumeric);
        is_plain.then(|| String::from_utf8_lossy(id).into_owned())
    };
    finding.examples.iter().map(id).collect()
}

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
