//! What a failed call of the SDK means.

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use super::credentials;
use super::error::{S3Error, chain};

/// What was asked for.
pub(super) struct Asked<'a> {
    pub(crate) bucket: &'a str,
    /// The permission that it takes.
    pub(crate) action: &'static str,
    pub(crate) key: Option<&'a str>,
}

impl Asked<'_> {
    /// What the permission is needed on.
    fn arn(&self, region: &str) -> String {
        if self.bucket.starts_with("arn:") {
            return match self.key {
                Some(key) => format!("{}/object/{key}", self.bucket),
                None => self.bucket.to_owned(),
            };
        }
        let partition = match region {
            region if region.starts_with("cn-") => "aws-cn",
            region if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        match self.key {
            Some(key) => format!("arn:{partition}:s3:::{}/{key}", self.bucket),
            None => format!("arn:{partition}:s3:::{}", self.bucket),
        }
    }
}

/// What a failed call means.
pub(super) fn classify<E>(error: SdkError<E, HttpResponse>, asked: &Asked<'_>, region: &str) -> S3Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    if let Some(error) = credentials_error(&error) {
        return credentials::failure(error);
    }
    match &error {
        SdkError::ServiceError(context) => {
            let code = context.err().code().unwrap_or_default();
            let message = context.err().message().unwrap_or_default();
            answered(context.raw(), code, message, asked, region)
        }
        // An answer that is not S3's XML: a proxy, or a body that was cut.
        SdkError::ResponseError(context) => {
            let message = chain(&error);
            match context.raw().status().is_success() {
                true if asked.key.is_none() => S3Error::Damaged { reason: "it ends early" },
                true => S3Error::Cut { message },
                false => answered(context.raw(), "", &message, asked, region),
            }
        }
        SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
            Some(connector) if connector.is_user() => S3Error::Request { message: chain(&error) },
            Some(connector) if connector.is_timeout() => {
                S3Error::Connect { message: chain(&error), lasting: false }
            }
            _ => not_connected(&error),
        },
        SdkError::TimeoutError(_) => S3Error::Connect { message: chain(&error), lasting: false },
        _ => S3Error::Request { message: chain(&error) },
    }
}

/// What an answer of S3 means that is no success.
fn answered(raw: &HttpResponse, code: &str, message: &str, asked: &Asked<'_>, region: &str) -> S3Error {
    let status = raw.status().as_u16();
    if code.is_empty()
        && let Some(what) = no_s3(raw)
    {
        return S3Error::NoS3 { what };
    }
    if raw.status().is_success() {
        // An error under a status that says that all is well.
        return match code {
            "" => S3Error::Damaged { reason: "it cannot be parsed" },
            code => refused(raw, usual_status(code), code, message, asked, region),
        };
    }
    refused(raw, status, code, message, asked, region)
}

/// What an error of S3 means.
fn refused(
    raw: &HttpResponse,
    status: u16,
    code: &str,
    message: &str,
    asked: &Asked<'_>,
    region: &str,
) -> S3Error {
    let (bucket, message) =
        (asked.bucket.to_owned(), if message.is_empty() { code } else { message }.to_owned());
    match (code, status) {
        ("NoSuchBucket", _) => S3Error::NoSuchBucket { bucket },
        ("NoSuchKey", _) => S3Error::Gone,
        // Of a version that is no longer there, or of bytes that are not.
        ("PreconditionFailed" | "InvalidRange", _) | (_, 412 | 416) => S3Error::Changed,
        ("AccessDenied", _) if message.contains("kms:") => {
            S3Error::Encrypted { code: code.to_owned(), message }
        }
        (code, _) if code.starts_with("KMS.") => S3Error::Encrypted { code: code.to_owned(), message },
        ("InvalidRequest", 400) if message.contains("Server Side Encryption") => {
            S3Error::Encrypted { code: code.to_owned(), message }
        }
        ("InvalidObjectState", _) => S3Error::Archived { count: 1, class: "archived".to_owned() },
        ("RequestTimeTooSkewed", _) => S3Error::ClockSkew,
        (
            "PermanentRedirect"
            | "TemporaryRedirect"
            | "AuthorizationHeaderMalformed"
            | "IllegalLocationConstraintException"
            | "IncorrectEndpoint",
            _,
        )
        | (_, 301 | 302 | 307 | 308) => {
            let region_of_bucket = raw.headers().get("x-amz-bucket-region").map(str::to_owned);
            let region_of_bucket = region_of_bucket.or_else(|| region_inside(raw.body().bytes()?));
            S3Error::WrongRegion { bucket, asked: region.to_owned(), region: region_of_bucket }
        }
        (
            "InvalidAccessKeyId"
            | "SignatureDoesNotMatch"
            | "ExpiredToken"
            | "ExpiredTokenException"
            | "InvalidToken"
            | "TokenRefreshRequired"
            | "InvalidSecurity"
            | "NotSignedUp",
            _,
        ) => S3Error::BadCredentials { code: code.to_owned(), message },
        ("RequestTimeout" | "SlowDown" | "TooManyRequests" | "RequestLimitExceeded", _) | (_, 429 | 503) => {
            S3Error::Throttled { code: if code.is_empty() { status.to_string() } else { code.to_owned() } }
        }
        // What is not implemented will not be a little later.
        (_, 501 | 505) => S3Error::Refused { status, code: code.to_owned(), message },
        (_, 500..) => S3Error::Server { status, code: code.to_owned(), message },
        ("AccessDenied" | "AllAccessDisabled", _) | (_, 401 | 403) => {
            S3Error::AccessDenied { action: asked.action, arn: asked.arn(region), message }
        }
        (_, 404) if asked.key.is_some() => S3Error::Gone,
        _ => S3Error::Refused { status, code: code.to_owned(), message },
    }
}

/// What an answer is that S3 would not give: a web page, or the way to one.
fn no_s3(raw: &HttpResponse) -> Option<String> {
    let status = raw.status().as_u16();
    let headers = raw.headers();
    let body = raw.body().bytes().unwrap_or_default().trim_ascii_start();
    let begins =
        |text: &str| body.get(..text.len()).is_some_and(|body| body.eq_ignore_ascii_case(text.as_bytes()));
    let is_page = begins("<!doctype html") || begins("<html");
    match status {
        407 => Some("a proxy that wants to know who asks (status 407)".to_owned()),
        300..=399 if headers.get("x-amz-bucket-region").is_none() => {
            headers.get("location").map(|to| format!("a redirect to {to} (status {status})"))
        }
        200..=299 | 400..=499 if is_page => Some(format!("a web page (status {status})")),
        200..=299 if !body.is_empty() && body[0] != b'<' => Some(format!("no XML (status {status})")),
        _ => None,
    }
}

/// The region that an error names in its body: in its own element, or in the endpoint of a redirect
/// (`BUCKET.s3.REGION.amazonaws.com`, and `s3-REGION` in old ones).
fn region_inside(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let element = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        rest.split_once('<').map(|(text, _)| text).filter(|text| !text.is_empty())
    };
    if let Some(region) = element("Region") {
        return Some(region.to_owned());
    }
    let (host, _) = element("Endpoint")?.split_once(".amazonaws.com")?;
    let region = host.rsplit(['.', '/']).next()?;
    let region = region.strip_prefix("s3-").unwrap_or(region);
    region.contains('-').then(|| region.to_owned())
}

/// The status that an error usually comes with.
///
/// Amazon S3's API reference, "Error responses", List of error codes.
fn usual_status(code: &str) -> u16 {
    match code {
        "InternalError" => 500,
        "SlowDown" | "ServiceUnavailable" => 503,
        "AccessDenied" | "AllAccessDisabled" => 403,
        _ => 400,
    }
}

/// Why there was no connection, and whether there will be one a little later.
fn not_connected(error: &(dyn std::error::Error + 'static)) -> S3Error {
    use std::io::ErrorKind::ConnectionRefused;
    let message = chain(error);
    let mut next = Some(error);
    let mut kinds = Vec::new();
    while let Some(error) = next {
        kinds.extend(error.downcast_ref::<std::io::Error>().map(std::io::Error::kind));
        next = error.source();
    }
    let says = |texts: &[&str]| texts.iter().any(|text| message.contains(text));
    // As rustls says it; a handshake can also break off, and be made a little later.
    if says(&[
        "invalid peer certificate",
        "received corrupt message",
        "received fatal alert",
        "peer is incompatible",
    ]) {
        return S3Error::Tls { message };
    }
    // An endpoint or a signature that cannot be made says nothing of connections.
    if kinds.is_empty() && !says(&["client error", "connection", "hyper", "tunnel", "dns error"]) {
        return S3Error::Request { message };
    }
    let lasting = kinds.contains(&ConnectionRefused)
        || says(&["dns error", "lookup address", "tunnel", "invalid HTTP"]);
    S3Error::Connect { message, lasting }
}

/// What the search for credentials says, if that is what failed.
fn credentials_error<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e CredentialsError> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<CredentialsError>() {
            return Some(error);
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_in_errors() {
        let table = [
            (
                "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-central-1</Region></Error>",
                Some("eu-central-1"),
            ),
            ("<Error><Endpoint>my-logs.s3.eu-west-3.amazonaws.com</Endpoint></Error>", Some("eu-west-3")),
            ("<Error><Endpoint>my-logs.s3-eu-west-1.amazonaws.com</Endpoint></Error>", Some("eu-west-1")),
            ("<Error><Endpoint>s3.amazonaws.com</Endpoint></Error>", None),
            ("<Error><Region></Region></Error>", None),
            ("", None),
        ];
        for (body, region) in table {
            assert_eq!(region_inside(body.as_bytes()).as_deref(), region, "{body}");
        }
    }
}
