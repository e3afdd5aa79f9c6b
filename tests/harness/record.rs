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

/// So many requests, each of another session, address and object, and with a signature of its own. Of five, one is a 403, one a
/// 404 and one a 503; all are over TLS 1.0.
pub fn many_requests(count: usize) -> String {
    let line = |number: usize| {
        let (status, error) =
            [("200", "-"), ("403", "AccessDenied"), ("404", "NoSuchKey"), ("503", "SlowDown"), ("200", "-")]
                [number % 5];
        let time = format!("{:02}/Aug/2026:{:02}:{:02}:00 +0000", 1 + number % 28, number % 24, number % 60);
        let requester =
            format!("arn:aws:sts::111122223333:assumed-role/R{}/session-{number}", number % 1_000);
        let address = format!("10.{}.{}.{}", number % 200, number / 200 % 250, number % 251);
        let key = format!("data/p{}/{number:07}-some-object-name.parquet", number % 5_000);
        let signature = "X-Amz-Date=20260801T000000Z&X-Amz-Expires=600&X-Amz-Signature=";
        let uri = format!("GET /{key}?{signature}{number:064x} HTTP/1.1");
        let (bytes, millis) = ((number % 100_000).to_string(), (number % 5_000).to_string());
        record(&[
            (Field::Timestamp, &time),
            (Field::Requester, &requester),
            (Field::RemoteIp, &address),
            (Field::RequestId, &format!("{number:016}")),
            (Field::Key, &key),
            (Field::RequestUri, &uri),
            (Field::HttpStatus, status),
            (Field::ErrorCode, error),
            (Field::BytesSent, &bytes),
            (Field::TotalTime, &millis),
            (Field::UserAgent, &format!("agent-{number}/{}", number % 30)),
            (Field::AuthenticationType, "QueryString"),
            (Field::TlsVersion, "TLSv1"),
        ])
    };
    (0..count).map(line).collect()
}
