//! Why a request was refused, as far as its record tells.
//!
//! Source: AWS, "Error responses" (list of error codes) in the S3 API reference.

use super::entry::Entry;
use super::field::Field;
use super::presigned::Presigned;
use super::security::Security;

/// The likely cause of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Refusal {
    /// No credentials, where some are needed.
    Anonymous,
    /// The signature or the access key is not right.
    Signature,
    /// The client's clock is wrong.
    ClockSkew,
    /// Temporary credentials that had ended to be valid.
    ExpiredCredentials,
    /// A presigned URL that had ended to be valid.
    ExpiredUrl,
    /// The key that the object is encrypted with cannot be used.
    Kms,
    /// The object is archived and has to be restored first.
    Archived,
    /// Something about the account as a whole: not signed up, not paid, disabled.
    Account,
    /// A permission is missing, or denied by a policy: the log does not tell which.
    Permission,
}

impl Refusal {
    /// All of them; each at the place of its number.
    pub const ALL: [Self; 9] = [
        Self::Anonymous,
        Self::Signature,
        Self::ClockSkew,
        Self::ExpiredCredentials,
        Self::ExpiredUrl,
        Self::Kms,
        Self::Archived,
        Self::Account,
        Self::Permission,
    ];

    /// Its name in every output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Signature => "signature",
            Self::ClockSkew => "clock_skew",
            Self::ExpiredCredentials => "expired_credentials",
            Self::ExpiredUrl => "expired_url",
            Self::Kms => "kms",
            Self::Archived => "archived",
            Self::Account => "account",
            Self::Permission => "permission",
        }
    }

    /// Of an entry; `None` if its request was not refused. Some of these come with a status of 400, so the error code counts
    /// first.
    pub fn of(entry: &Entry<'_>) -> Option<Self> {
        if !entry.is_error() {
            return None;
        }
        match entry.get(Field::ErrorCode).unwrap_or_default() {
            b"SignatureDoesNotMatch"
            | b"InvalidAccessKeyId"
            | b"InvalidSecurity"
            | b"InvalidToken"
            | b"AuthorizationHeaderMalformed"
            | b"AuthorizationQueryParametersError" => Some(Self::Signature),
            b"RequestTimeTooSkewed" => Some(Self::ClockSkew),
            b"ExpiredToken" | b"TokenRefreshRequired" => Some(Self::ExpiredCredentials),
            b"InvalidObjectState" => Some(Self::Archived),
            b"AccountProblem" | b"AllAccessDisabled" | b"InvalidPayer" | b"NotSignedUp" => {
                Some(Self::Account)
            }
            code if code.starts_with(b"KMS") => Some(Self::Kms),
            _ if !matches!(entry.http_status(), Some(401 | 403)) => None,
            // A URL that has ended to be valid is refused before anything else is looked at.
            _ if Presigned::of(entry).is_some_and(|url| url.is_expired(entry.timestamp())) => {
                Some(Self::ExpiredUrl)
            }
            _ if entry.requester().is_anonymous() && Security::of(entry).is_signed() != Some(true) => {
                Some(Self::Anonymous)
            }
            _ => Some(Self::Permission),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parser::Parser;

    #[test]
    fn causes() {
        let alice = "arn:aws:iam::111122223333:user/alice";
        let expired = "GET /k?X-Amz-Date=20190205T000000Z&X-Amz-Expires=60&X-Amz-Signature=ab HTTP/1.1";
        let valid = "GET /k?X-Amz-Date=20190206T000000Z&X-Amz-Expires=60&X-Amz-Signature=ab HTTP/1.1";
        let plain = "GET /k HTTP/1.1";
        let table: &[([&str; 5], Option<Refusal>)] = &[
            ([alice, plain, "403", "AccessDenied", "SigV4"], Some(Refusal::Permission)),
            ([alice, plain, "403", "-", "SigV4"], Some(Refusal::Permission)),
            ([alice, plain, "403", "InvalidObjectState", "SigV4"], Some(Refusal::Archived)),
            ([alice, plain, "400", "ExpiredToken", "SigV4"], Some(Refusal::ExpiredCredentials)),
            ([alice, plain, "400", "KMS.DisabledException", "SigV4"], Some(Refusal::Kms)),
            ([alice, plain, "403", "RequestTimeTooSkewed", "SigV4"], Some(Refusal::ClockSkew)),
            ([alice, plain, "403", "NotSignedUp", "SigV4"], Some(Refusal::Account)),
            ([alice, plain, "400", "InvalidRequest", "SigV4"], None),
            ([alice, plain, "404", "NoSuchKey", "SigV4"], None),
            ([alice, plain, "200", "-", "SigV4"], None),
            (["-", plain, "403", "AccessDenied", "-"], Some(Refusal::Anonymous)),
            (["-", plain, "403", "AccessDenied", "SigV4"], Some(Refusal::Permission)),
            (["-", plain, "403", "SignatureDoesNotMatch", "SigV4"], Some(Refusal::Signature)),
            (["-", expired, "403", "AccessDenied", "-"], Some(Refusal::ExpiredUrl)),
            ([alice, valid, "403", "AccessDenied", "SigV4"], Some(Refusal::Permission)),
        ];
        for ([requester, uri, status, code, signature], expected) in table {
            let line = format!(
                "o b [06/Feb/2019:00:00:38 +0000] 192.0.2.3 {requester} R REST.GET.OBJECT k \"{uri}\" {status} {code} 1 2 3 4 \"-\" \"a\" - HOST= {signature} C - h TLSv1.2"
            );
            let mut parser = Parser::default();
            let refusal = Refusal::of(&parser.parse(line.as_bytes()).unwrap());
            assert_eq!(refusal, *expected, "{line}");
        }
        for (place, refusal) in Refusal::ALL.into_iter().enumerate() {
            assert_eq!(refusal as usize, place);
        }
    }
}
