//! One record as values, and the two ways in which it is written.

use super::ops::NONE;
use super::pools::Bucket;
use super::text::Civil;

pub const OWNER: usize = 0;
pub const BUCKET: usize = 1;
pub const TIME: usize = 2;
pub const IP: usize = 3;
pub const REQUESTER: usize = 4;
pub const REQUEST_ID: usize = 5;
pub const OPERATION: usize = 6;
pub const KEY: usize = 7;
pub const URI: usize = 8;
pub const STATUS: usize = 9;
pub const ERROR: usize = 10;
pub const SENT: usize = 11;
pub const SIZE: usize = 12;
pub const TOTAL: usize = 13;
pub const TURN_AROUND: usize = 14;
pub const REFERER: usize = 15;
pub const AGENT: usize = 16;
pub const VERSION: usize = 17;
pub const HOST_ID: usize = 18;
pub const SIGNATURE: usize = 19;
pub const CIPHER: usize = 20;
pub const AUTH: usize = 21;
pub const HOST: usize = 22;
pub const TLS: usize = 23;
pub const ACCESS_POINT: usize = 24;
pub const ACL: usize = 25;
pub const REGION: usize = 26;
pub const FIELDS: usize = 27;

/// The members of the JSON delivery, in the order of the fields.
const MEMBERS: [&str; FIELDS] = [
    "bucket_owner_id",
    "bucket_name",
    "request_time",
    "remote_ip",
    "requester",
    "request_id",
    "operation",
    "key_name",
    "request_uri",
    "http_status",
    "error_code",
    "bytes_sent_size",
    "object_size",
    "total_duration",
    "turn_around_duration",
    "referer",
    "user_agent",
    "version_id",
    "host_id",
    "signature_version",
    "cipher_suite",
    "authentication_type",
    "host_header",
    "tls_version",
    "access_point_arn",
    "acl_required",
    "source_region",
];

/// The request line for an object whose name is a dash.
pub const DASH_OBJECT: &[u8] = b"GET /- HTTP/1.1";

/// Ways of writing a line that say the same and are read wrongly by the hasty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quirk {
    #[default]
    None,
    TwoSpaces,
    TrailingSpace,
    CarriageReturn,
    ExtraFields,
}

/// A record. The buffers are used again and again.
#[derive(Clone, Debug)]
pub struct Record {
    pub fields: [Vec<u8>; FIELDS],
    /// How many fields the log format had when it was written.
    pub count: usize,
    /// Milliseconds since 1970.
    pub time: u64,
    pub who: usize,
    pub op: usize,
    pub outcome: usize,
    pub sent: u64,
    /// Which of the quoted fields are written as a bare dash.
    pub bare: [bool; 3],
    /// The token before host_id in March 2019.
    pub stray: &'static str,
    pub quirk: Quirk,
    pub bucket: &'static Bucket,
}

impl Record {
    pub fn new(bucket: &'static Bucket) -> Self {
        Self {
            fields: std::array::from_fn(|_| Vec::with_capacity(128)),
            count: FIELDS,
            time: 0,
            who: 0,
            op: 0,
            outcome: NONE,
            sent: 0,
            bare: [false; 3],
            stray: "",
            quirk: Quirk::None,
            bucket,
        }
    }

    /// Every field is a dash again.
    pub fn clear(&mut self) {
        for field in &mut self.fields {
            field.clear();
            field.push(b'-');
        }
        (self.outcome, self.sent) = (NONE, 0);
        (self.bare, self.stray, self.quirk) = ([false; 3], "", Quirk::None);
    }

    pub fn set(&mut self, field: usize, text: &[u8]) {
        self.edit(field).extend_from_slice(text);
    }

    /// The field's buffer, emptied.
    pub fn edit(&mut self, field: usize) -> &mut Vec<u8> {
        self.fields[field].clear();
        &mut self.fields[field]
    }

    /// Writes the line of the log format.
    pub fn write_line(&self, out: &mut Vec<u8>) {
        for (place, field) in self.fields[..self.count].iter().enumerate() {
            if place > 0 {
                out.push(b' ');
            }
            if self.quirk == Quirk::TwoSpaces && matches!(place, BUCKET | URI | SENT | TLS) {
                out.push(b' ');
            }
            match place {
                TIME => {
                    out.push(b'[');
                    out.extend_from_slice(field);
                    out.push(b']');
                }
                URI if !self.bare[0] => quoted(out, field),
                REFERER if !self.bare[1] => quoted(out, field),
                AGENT if !self.bare[2] => quoted(out, field),
                _ => {
                    if place == HOST_ID && !self.stray.is_empty() {
                        out.extend_from_slice(self.stray.as_bytes());
                        out.push(b' ');
                    }
                    out.extend_from_slice(field);
                }
            }
        }
        match self.quirk {
            Quirk::None | Quirk::TwoSpaces => out.push(b'\n'),
            Quirk::TrailingSpace => out.extend_from_slice(b" \n"),
            Quirk::CarriageReturn => out.extend_from_slice(b"\r\n"),
            Quirk::ExtraFields => out.extend_from_slice(b" future-field -\n"),
        }
    }

    /// Writes the object of the JSON delivery.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"schema_version_id\":\"V_1_0\",\"bucket_arn\":\"arn:");
        out.extend_from_slice(self.bucket.partition.as_bytes());
        out.extend_from_slice(b":s3:::");
        out.extend_from_slice(&self.fields[BUCKET]);
        out.push(b'"');
        for (place, field) in self.fields.iter().enumerate() {
            out.extend_from_slice(b",\"");
            out.extend_from_slice(MEMBERS[place].as_bytes());
            out.extend_from_slice(b"\":");
            match (place, field.as_slice()) {
                (TIME, _) => self.write_iso_time(out),
                (ACL, yes) => out.extend_from_slice(if yes == b"Yes" { b"true" } else { b"false" }),
                (KEY, b"-") if self.fields[URI] == DASH_OBJECT => out.extend_from_slice(b"\"-\""),
                (_, b"-") => out.extend_from_slice(b"null"),
                (STATUS | SENT..=TURN_AROUND, digits) => out.extend_from_slice(digits),
                (_, text) => json_text(out, text),
            }
        }
        out.extend_from_slice(b"}\n");
    }

    fn write_iso_time(&self, out: &mut Vec<u8>) {
        out.push(b'"');
        Civil::new(self.time / 1000).joined(out, b"--T::");
        let millis = self.time % 1000;
        out.extend_from_slice(&[b'.', b'0' + (millis / 100) as u8]);
        super::text::pair(out, millis % 100);
        out.extend_from_slice(b"Z\"");
    }

    /// Whether the line can be cut between referer and user agent in more than one way.
    pub fn is_ambiguous(&self) -> bool {
        if self.bare[1] || self.bare[2] {
            return false;
        }
        let text = [&self.fields[REFERER], &b"\" \""[..], &self.fields[AGENT]].concat();
        text.windows(3).filter(|three| three == b"\" \"").count() > 1
    }
}

fn quoted(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    out.extend_from_slice(text);
    out.push(b'"');
}

/// Bytes that are no text cannot be said in JSON.
fn json_text(out: &mut Vec<u8>, text: &[u8]) {
    let plain = text.iter().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\'));
    if plain {
        quoted(out, text);
    } else {
        let text = serde_json::Value::from(String::from_utf8_lossy(text));
        out.extend_from_slice(text.to_string().as_bytes());
    }
}
