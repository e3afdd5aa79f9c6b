//! Which responses AWS does not bill for how they ended.
//!
//! Source: AWS, "Billing for Amazon S3 error responses", Amazon S3 User Guide
//! (docs.aws.amazon.com/AmazonS3/latest/userguide/ErrorCodeBilling.html): 5xx are never billed, 2xx and 4xx are but for the error
//! codes in a table. The stored copies that were read end within its codes of status 400, after `InvalidHostHeader`; later ones are taken as
//! billed, so that a bill is never too low.

use crate::record::{Field, Record};
use crate::semantics::Outcome;

/// 13 May 2024 in Unix milliseconds: from then on, the 4xx responses of the table are free.
const CLIENT_ERRORS_FREE_SINCE: i64 = 1_715_558_400_000;

/// Codes of status 400 that are free for everyone.
const FREE_BAD_REQUESTS: [&[u8]; 12] = [
    b"AuthorizationHeaderMalformed",
    b"AuthorizationQueryParametersError",
    b"ConnectionClosedByRequester",
    b"DeviceNotActiveError",
    b"EndpointNotFound",
    b"ExpiredToken",
    b"IllegalLocationConstraintException",
    b"InvalidArgument",
    b"InvalidBucketOwnerAWSAccountID",
    b"InvalidDigest",
    b"InvalidEncryptionAlgorithmError",
    b"InvalidHostHeader",
];

/// Codes of status 301 and 307 that are free; redirects of a website are billed, and have none of them.
const FREE_REDIRECTS: [&[u8]; 3] =
    [b"PermanentRedirect", b"PermanentRedirectControlError", b"TemporaryRedirect"];

/// Whether AWS does not bill the request for how it ended. AccessDenied is free for requests from outside the owner's account or
/// organization; only anonymous ones are certain, because the log does not name the owner's account.
#[inline]
pub(crate) fn is_unbilled(record: &Record<'_>) -> bool {
    let code = || record.get(Field::ErrorCode).unwrap_or_default();
    let is_recent = || record.timestamp().millis() >= CLIENT_ERRORS_FREE_SINCE;
    match Outcome::of(record) {
        Outcome::ServerError | Outcome::Throttled => record.http_status() >= Some(500),
        Outcome::Denied => {
            record.http_status() == Some(403)
                && record.requester().is_anonymous()
                && is_recent()
                && code() == b"AccessDenied"
        }
        Outcome::Redirect => FREE_REDIRECTS.contains(&code()),
        Outcome::ClientError => {
            record.http_status() == Some(400) && is_recent() && FREE_BAD_REQUESTS.contains(&code())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parser::Parser;

    #[test]
    fn what_is_not_billed() {
        let table = [
            ("13/May/2024", "-", "403 AccessDenied", true),
            ("12/May/2024", "-", "403 AccessDenied", false),
            ("13/May/2024", "arn:aws:iam::111122223333:user/a", "403 AccessDenied", false),
            ("13/May/2024", "-", "403 SignatureDoesNotMatch", false),
            ("13/May/2024", "a", "503 SlowDown", true),
            ("13/May/2024", "a", "301 PermanentRedirect", true),
            ("13/May/2024", "a", "404 NoSuchKey", false),
            ("13/May/2024", "a", "400 ExpiredToken", true),
            ("12/May/2024", "a", "400 ExpiredToken", false),
            ("13/May/2024", "a", "200 -", false),
            ("13/May/2024", "AmazonS3", "- -", false),
        ];
        for (date, requester, outcome, expected) in table {
            let line = format!(
                "o b [{date}:00:00:00 +0000] 192.0.2.3 {requester} R1 REST.GET.OBJECT k \"GET /k HTTP/1.1\" {outcome} 1 2 3 4 \"-\" \"a\" -"
            );
            let mut parser = Parser::default();
            let record = parser.parse(line.as_bytes()).expect("a record");
            assert_eq!(is_unbilled(&record), expected, "{line}");
        }
    }
}
