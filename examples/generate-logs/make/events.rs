//! What happens: single requests, of every operation.

use super::names::{self, AMAZON_S3, ANONYMOUS};
use super::ops::{self, Kind};
use super::record as field;
use super::text::{self, Civil};
use super::{BUCKETS, Maker};

impl Maker {
    /// Makes what happens next at a time, in milliseconds since 1970, in a bucket: one record, or some more that belong
    /// together, but never more than `room`.
    pub fn event(&mut self, time: u64, bucket: usize, room: u64) {
        self.record.time = time;
        self.record.bucket = &BUCKETS[bucket % BUCKETS.len()];
        let mut op = self.ops.draw(self.rng.next());
        let several =
            matches!(self.ops.all[op].kind, Kind::Upload | Kind::Copy | Kind::CopyPart | Kind::DeleteMany);
        if several && room < 4 {
            op = self.ops.place("REST.GET.OBJECT");
        }
        let number = self.rng.skewed(self.options.keys);
        match self.ops.all[op].kind {
            Kind::Upload => self.upload(number, room),
            Kind::Copy => self.copy(number, "OBJECT", 1),
            Kind::CopyPart => self.copy(number, "PART", room.min(6) / 2),
            Kind::DeleteMany => self.delete_many(op, room),
            Kind::Own => self.own(op, number),
            Kind::Get if room >= 2 && self.rng.chance(0.004) => self.download_in_parts(number, room),
            _ => self.single(op, number),
        }
    }

    pub(super) fn single(&mut self, op: usize, number: u64) {
        let kind = self.ops.all[op].kind;
        let query = self.ops.all[op].query;
        let who = match kind {
            Kind::Website | Kind::InvalidWebsite => ANONYMOUS,
            _ => self.draw_requester(),
        };
        self.start(op, who);
        let size = names::size(number);
        let method = self.ops.all[op].name.split('.').nth(1).unwrap_or("GET");
        match kind {
            Kind::Get | Kind::Website if method != "HEAD" => self.download(kind, number, size),
            Kind::Get | Kind::Head | Kind::Website => {
                self.website(kind);
                self.request("HEAD", Some(number), "");
                let outcome = self.outcome(ops::OK);
                self.respond(outcome, None, Some(size));
            }
            Kind::Put if method == "POST" => {
                self.request("POST", None, "");
                self.object(number);
                let outcome = self.outcome(ops::NO_CONTENT);
                self.respond(outcome, None, Some(size));
            }
            Kind::Put => {
                self.request("PUT", Some(number), "");
                let outcome = self.outcome(ops::OK);
                self.respond(outcome, None, Some(size));
            }
            Kind::Delete => {
                self.request("DELETE", Some(number), "");
                let outcome = self.outcome(ops::NO_CONTENT);
                self.respond(outcome, None, (outcome == ops::NO_CONTENT).then_some(size));
            }
            Kind::List => self.list(number),
            Kind::InvalidWebsite => {
                self.website(Kind::Website);
                self.request("POST", None, "");
                self.respond(ops::METHOD, None, None);
            }
            Kind::Soap => {
                self.request("POST", None, "");
                self.record.set(field::URI, b"POST /soap HTTP/1.1");
                let is_read = self.ops.all[op].name.starts_with("SOAP.GetObject");
                if is_read {
                    self.object(number);
                }
                let outcome = self.outcome(ops::OK);
                self.respond(outcome, Some(if is_read { size } else { 600 }), is_read.then_some(size));
            }
            Kind::Service => {
                self.request("GET", None, "");
                self.record.set(field::URI, b"GET / HTTP/1.1");
                self.respond(ops::OK, Some(2_400), None);
            }
            Kind::Object => {
                self.request(method, Some(number), query);
                let outcome = self.outcome(ops::OK);
                self.respond(outcome, Some(480), None);
            }
            _ => {
                self.request(method, None, query);
                let outcome = self.outcome(ops::OK);
                let sent = self.rng.between(110, 2_000);
                self.respond(outcome, (method == "GET").then_some(sent), None);
            }
        }
        self.finish();
    }

    /// Websites have their own endpoints, without TLS.
    fn website(&mut self, kind: Kind) {
        if kind == Kind::Website {
            let bucket = self.record.bucket;
            let host = self.record.edit(field::HOST);
            for part in [bucket.name, ".s3-website-", bucket.region, ".amazonaws.com"] {
                host.extend_from_slice(part.as_bytes());
            }
            for unset in [field::CIPHER, field::TLS, field::ACCESS_POINT] {
                self.record.set(unset, b"-");
            }
        }
    }

    fn download(&mut self, kind: Kind, number: u64, size: u64) {
        self.website(kind);
        let signed = self.record.who != ANONYMOUS;
        if signed && !self.is_old() && self.rng.chance(0.05) {
            let query = self.presigned_query();
            self.request("GET", Some(number), &query);
            self.record.set(field::AUTH, b"QueryString");
        } else {
            let from_sdk = self.record.fields[field::AGENT].starts_with(b"aws-sdk-");
            self.request("GET", Some(number), if from_sdk { "x-id=GetObject" } else { "" });
        }
        let outcome = self.outcome(ops::OK);
        let sent = if outcome == ops::PARTIAL { 1 + self.rng.below(size.max(1)) } else { size };
        self.respond(outcome, Some(sent), Some(size));
    }

    fn presigned_query(&mut self) -> String {
        let mut day = Vec::new();
        let mut signature = Vec::new();
        Civil::new(self.record.time / 1000).joined(&mut day, b"  T  ");
        for _ in 0..4 {
            text::hex(&mut signature, self.rng.next(), 16);
        }
        let (day, signature) = (String::from_utf8_lossy(&day), String::from_utf8_lossy(&signature));
        format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F{}%2F{}%2Fs3%2Faws4_request\
             &X-Amz-Date={day}Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Signature={signature}",
            &day[..8],
            self.record.bucket.region
        )
    }

    fn list(&mut self, number: u64) {
        let mut query = b"list-type=2&delimiter=%2F&encoding-type=url&prefix=".to_vec();
        names::key(&mut query, number, 1);
        query.truncate(query.iter().rposition(|byte| *byte == b'/').map_or(query.len(), |slash| slash + 1));
        self.request("GET", None, &String::from_utf8_lossy(&query));
        let outcome = self.outcome(ops::OK);
        let sent = self.rng.log_normal(9_000.0, 1.3).min(400_000);
        self.respond(outcome, Some(sent), None);
    }

    /// How a request ends; `good` is how most do.
    fn outcome(&mut self, good: usize) -> usize {
        let is_get = self.record.fields[field::URI].starts_with(b"GET ");
        let denied = if self.record.who == ANONYMOUS { 1_800 } else { 150 };
        let mut left = self.rng.below(10_000);
        let shares = [
            (if is_get { 400 } else { 0 }, ops::PARTIAL),
            (if is_get { 200 } else { 0 }, ops::NOT_MODIFIED),
            (250, ops::NO_KEY),
            (denied, ops::DENIED),
            (25, ops::SLOW_DOWN),
            (6, ops::INTERNAL),
            (40, ops::RARE),
        ];
        let has_object = self.record.fields[field::KEY] != b"-";
        for (share, outcome) in shares {
            if left >= share {
                left -= share;
                continue;
            }
            return match outcome {
                ops::RARE => ops::RARE + self.rng.below((ops::OUTCOMES.len() - ops::RARE) as u64) as usize,
                ops::PARTIAL | ops::NOT_MODIFIED | ops::NO_KEY if !has_object => good,
                outcome => outcome,
            };
        }
        good
    }

    /// S3's own work: lifecycle rules, restores, checksums.
    fn own(&mut self, op: usize, number: u64) {
        self.start(op, AMAZON_S3);
        self.object(number);
        text::number(self.record.edit(field::SIZE), names::size(number));
        if self.ops.all[op].name == "S3.COMPUTE.OBJECT.CHECKSUM" {
            text::uuid(self.record.edit(field::REQUEST_ID), &mut self.rng);
        }
        self.finish();
    }
}
