//! The one way in which tests make lines of the log.

use std::borrow::Cow;
use std::fmt::{self, Display};

use s3al::record::Field;

pub const ALICE: &str = "arn:aws:iam::111122223333:user/alice";

/// One request: what a test says of it, and ordinary values for the rest. Shows as its line.
#[derive(Clone)]
pub struct Record {
    fields: [Cow<'static, str>; Field::COUNT],
    last: Field,
}

/// The line of a request with these fields.
pub fn record(fields: &[(Field, &str)]) -> String {
    Record::of(fields).line()
}

/// A read of 100 bytes of `photos/a/1`, at a time such as `01/Aug/2026:10:00:00`.
pub fn read_at(time: &str) -> Record {
    Record::of(&[(Field::Bucket, "photos"), (Field::Key, "a/1"), (Field::RemoteIp, "192.0.2.1")])
        .at(time)
        .with(Field::BytesSent, 100)
        .with(Field::TotalTime, 20)
        .with(Field::TurnAroundTime, 10)
}

/// The lines of these requests, one below the other.
pub fn log(records: &[Record]) -> String {
    records.iter().map(Record::line).collect()
}

impl Record {
    /// A request with these fields.
    pub fn of(fields: &[(Field, &str)]) -> Self {
        fields.iter().fold(Self::default(), |record, (field, text)| record.with(*field, text))
    }

    pub fn with(mut self, field: Field, text: impl ToString) -> Self {
        self.fields[field.index()] = text.to_string().into();
        self
    }

    /// At a time such as `01/Aug/2026:10:00:00`, in UTC.
    pub fn at(self, time: &str) -> Self {
        self.with(Field::Timestamp, format!("{time} +0000"))
    }

    /// With a status and an error code, such as `404 NoSuchKey`.
    pub fn outcome(self, outcome: &str) -> Self {
        let (status, error) = outcome.split_once(' ').expect("a status and an error code");
        self.with(Field::HttpStatus, status).with(Field::ErrorCode, error)
    }

    /// S3's own work, for which nobody asked from anywhere.
    pub fn by_s3(self, operation: &str) -> Self {
        let record = self.with(Field::Operation, operation).with(Field::Requester, "AmazonS3");
        let absent =
            [Field::RemoteIp, Field::HttpStatus, Field::BytesSent, Field::TotalTime, Field::TurnAroundTime];
        absent.into_iter().fold(record, |record, field| record.with(field, "-"))
    }

    /// As lines were when this was their last field.
    pub fn until(self, last: Field) -> Self {
        Self { last, ..self }
    }

    /// The field's text, as it is in the line.
    pub fn get(&self, field: Field) -> &str {
        &self.fields[field.index()]
    }

    pub fn line(&self) -> String {
        self.to_string()
    }
}

impl Default for Record {
    fn default() -> Self {
        let text = |field| match field {
            Field::BucketOwner => "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be",
            Field::Bucket => "my-bucket",
            Field::Timestamp => "01/Aug/2026:10:00:00 +0000",
            Field::RemoteIp => "192.0.2.3",
            Field::Requester => ALICE,
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
        };
        Self { fields: Field::ALL.map(|field| text(field).into()), last: Field::SourceRegion }
    }
}

impl Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (field, text) in Field::ALL.into_iter().zip(&self.fields).take(self.last.index() + 1) {
            let before = if field.index() == 0 { "" } else { " " };
            match field {
                Field::Timestamp => write!(f, "{before}[{text}]")?,
                Field::RequestUri | Field::Referer | Field::UserAgent => write!(f, "{before}\"{text}\"")?,
                _ => write!(f, "{before}{text}")?,
            }
        }
        writeln!(f)
    }
}

/// So many requests, each of another session, address and object, and with a signature of its own. Of five, one is a 403, one a
/// 404 and one a 503; all are over TLS 1.0.
pub fn many_requests(count: usize) -> String {
    let line = |number: usize| {
        let outcome = ["200 -", "403 AccessDenied", "404 NoSuchKey", "503 SlowDown", "200 -"][number % 5];
        let time = format!("{:02}/Aug/2026:{:02}:{:02}:00", 1 + number % 28, number % 24, number % 60);
        let requester =
            format!("arn:aws:sts::111122223333:assumed-role/R{}/session-{number}", number % 1_000);
        let address = format!("10.{}.{}.{}", number % 200, number / 200 % 250, number % 251);
        let key = format!("data/p{}/{number:07}-some-object-name.parquet", number % 5_000);
        let signature = "X-Amz-Date=20260801T000000Z&X-Amz-Expires=600&X-Amz-Signature=";
        let uri = format!("GET /{key}?{signature}{number:064x} HTTP/1.1");
        let record = Record::of(&[(Field::AuthenticationType, "QueryString"), (Field::TlsVersion, "TLSv1")])
            .at(&time)
            .outcome(outcome)
            .with(Field::Requester, requester)
            .with(Field::RemoteIp, address)
            .with(Field::RequestId, format!("{number:016}"))
            .with(Field::Key, key)
            .with(Field::RequestUri, uri)
            .with(Field::BytesSent, number % 100_000)
            .with(Field::TotalTime, number % 5_000)
            .with(Field::UserAgent, format!("agent-{number}/{}", number % 30));
        record.line()
    };
    (0..count).map(line).collect()
}
