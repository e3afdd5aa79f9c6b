//! Why a request was refused, as far as its record tells.
//!
//! Source: AWS, "Error responses" (list of error codes) in the S3 API reference.

use crate::record::{Field, Record};
use crate::semantics::{Outcome, Presigned, Security};

/// The likely cause of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum DenialReason {
    /// No credentials, where some are needed.
    Anonymous,
    /// The signature or the access key is not right.
    Signature,
    /// The client's clock is wrong.
    ClockSkew,
    /// Temporary credentials that had expired.
    ExpiredCredentials,
    /// A presigned URL that had expired.
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

impl DenialReason {
    /// All of them; each at the place of its number.
    pub(crate) const ALL: [Self; 9] = [
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
    pub(crate) const fn name(self) -> &'static str {
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

    /// Of a record; `None` if its request was not refused. Some of these come with a status of 400, so the error code counts
    /// first.
    pub(crate) fn of(record: &Record<'_>) -> Option<Self> {
        let outcome = Outcome::of(record);
        if !outcome.is_error() {
            return None;
        }
        match record.get(Field::ErrorCode).unwrap_or_default() {
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
            _ if outcome != Outcome::Denied => None,
            // A URL that has ended to be valid is refused before anything else is looked at.
            _ if Presigned::of(record).is_some_and(|url| url.is_expired(record.timestamp())) => {
                Some(Self::ExpiredUrl)
            }
            _ if record.requester().is_anonymous() && Security::of(record).is_signed() != Some(true) => {
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
        let table: &[([&str; 5], Option<DenialReason>)] = &[
            ([alice, plain, "403", "AccessDenied", "SigV4"], Some(DenialReason::Permission)),
            ([alice, plain, "403", "-", "SigV4"], Some(DenialReason::Permission)),
            ([alice, plain, "403", "InvalidObjectState", "SigV4"], Some(DenialReason::Archived)),
            ([alice, plain, "400", "ExpiredToken", "SigV4"], Some(DenialReason::ExpiredCredentials)),
            ([alice, plain, "400", "KMS.DisabledException", "SigV4"], Some(DenialReason::Kms)),
            ([alice, plain, "403", "RequestTimeTooSkewed", "SigV4"], Some(DenialReason::ClockSkew)),
            ([alice, plain, "403", "NotSignedUp", "SigV4"], Some(DenialReason::Account)),
            ([alice, plain, "400", "InvalidRequest", "SigV4"], None),
            ([alice, plain, "404", "NoSuchKey", "SigV4"], None),
            ([alice, plain, "200", "-", "SigV4"], None),
            (["-", plain, "403", "AccessDenied", "-"], Some(DenialReason::Anonymous)),
            (["-", plain, "403", "AccessDenied", "SigV4"], Some(DenialReason::Permission)),
            (["-", plain, "403", "SignatureDoesNotMatch", "SigV4"], Some(DenialReason::Signature)),
            (["-", expired, "403", "AccessDenied", "-"], Some(DenialReason::ExpiredUrl)),
            ([alice, valid, "403", "AccessDenied", "SigV4"], Some(DenialReason::Permission)),
        ];
        for ([requester, uri, status, code, signature], expected) in table {
            let line = format!(
                "o b [06/Feb/2019:00:00:38 +0000] 192.0.2.3 {requester} R REST.GET.OBJECT k \"{uri}\" {status} {code} 1 2 3 4 \"-\" \"a\" - HOST= {signature} C - h TLSv1.2"
            );
            let mut parser = Parser::default();
            let refusal = DenialReason::of(&parser.parse(line.as_bytes()).unwrap());
            assert_eq!(refusal, *expected, "{line}");
        }
        for (place, refusal) in DenialReason::ALL.into_iter().enumerate() {
            assert_eq!(refusal as usize, place);
        }
    }
}
