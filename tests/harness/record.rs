//! Makes log lines.

use s3al::record::Field;

/// A line of the log format with all 27 fields: the given ones and ordinary values for the rest.
pub fn record(fields: &[(Field, &str)]) -> String {
    let words = Field::ALL.map(|field| {
        let given = fields.iter().find(|(other, _)| *other == field).map(|(_, text)| *text);
        let text = given.unwrap_or(match field {
            Field::BucketOwner => "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be",
            Field::Bucket => "my-bucket",
            Field::Timestamp => "01/Aug/2026:10:00:00 +0000",
            Field::RemoteIp => "192.0.2.3",
            Field::Requester => "arn:aws:iam::111122223333:user/alice",
            Field::RequestId => "3E57427F3EXAMPLE",
            Field::Operation => "REST.GET.OBJECT",
            Field::HttpStatus => "200",
            Field::UserAgent => "aws-cli/2.15.30",
            Field::HostId => "s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP=",
            Field::SignatureVersion => "SigV4",
            Field::CipherSuite => "TLS_AES_128_GCM_SHA256",
            Field::AuthenticationType => "AuthHeader",
            Field::HostHeader => "my-bucket.s3.eu-central-1.amazonaws.com",
            Field::TlsVersion => "TLSv1.3",
            _ => "-",
        });
        match field {
            Field::Timestamp => format!("[{text}]"),
            Field::RequestUri | Field::Referer | Field::UserAgent => format!("\"{text}\""),
            _ => text.to_owned(),
        }
    });
    words.join(" ") + "\n"
}

/// The same line as it was before March 2019, without the fields behind version_id.
pub fn old(line: &str) -> String {
    let (start, version) = line.rsplit_once("\" ").expect("a user agent");
    format!("{start}\" {}\n", version.split(' ').next().expect("a version id"))
}
