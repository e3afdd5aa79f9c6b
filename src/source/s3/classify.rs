//! What a failed call of the SDK means.

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use super::error::{S3Error, chain};

/// What was asked for.
pub(super) struct Asked<'a> {
    pub bucket: &'a str,
    /// The permission that it takes.
    pub action: &'static str,
    pub key: Option<&'a str>,
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
    if let Some(message) = credentials_error(&error) {
        return S3Error::NoCredentials { message };
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
            match context.raw().status().as_u16() {
                200..=299 => S3Error::Cut { message },
                _ => answered(context.raw(), "", &message, asked, region),
            }
        }
        SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) => {
            S3Error::Connect { message: chain(&error) }
        }
        _ => S3Error::Request { message: chain(&error) },
    }
}

/// What an answer of S3 means that is no success.
fn answered(raw: &HttpResponse, code: &str, message: &str, asked: &Asked<'_>, region: &str) -> S3Error {
    let status = raw.status().as_u16();
    let (bucket, message) =
        (asked.bucket.to_owned(), if message.is_empty() { code } else { message }.to_owned());
    match (code, status) {
        ("NoSuchBucket", _) => S3Error::NoSuchBucket { bucket },
        ("NoSuchKey", _) => S3Error::Gone,
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
        (_, 500..) => S3Error::Server { status, code: code.to_owned(), message },
        ("AccessDenied" | "AllAccessDisabled", _) | (_, 401 | 403) => {
            S3Error::AccessDenied { action: asked.action, arn: asked.arn(region), message }
        }
        (_, 404) if asked.key.is_some() => S3Error::Gone,
        _ => S3Error::Refused { status, code: code.to_owned(), message },
    }
}

/// What the search for credentials says, if that is what failed.
fn credentials_error(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<CredentialsError>() {
            return Some(chain(error));
        }
        next = error.source();
    }
    None
}
