//! What all requests have in common: who sends them, from where, to which endpoint, and how they end.

use super::names::{self, AMAZON_S3, ANONYMOUS, FIRST_OTHER, FIRST_SERVICE};
use super::ops::{self, Kind, OUTCOMES};
use super::pools::{BROWSERS, OLD_PROGRAMS, PROGRAMS, REFERERS, TEAMS, TLS};
use super::record as field;
use super::text::{self, Civil};
use super::{Era, Maker};

/// 28 March 2019, when lines got their tls_version.
const TLS_VERSION_SINCE: u64 = 1_553_731_200;
/// From here to there lines could have a stray token before host_id.
const STRAY_SINCE: u64 = 1_551_744_000;

impl Maker {
    /// Draws who sends the next request.
    pub(super) fn draw_requester(&mut self) -> usize {
        match self.rng.below(1000) {
            0..90 => ANONYMOUS,
            90..120 => FIRST_SERVICE + self.rng.below((FIRST_OTHER - FIRST_SERVICE) as u64) as usize,
            _ if self.options.requesters == 0 => ANONYMOUS,
            _ => FIRST_OTHER + self.rng.skewed(self.options.requesters as u64) as usize,
        }
    }

    /// Begins a record: everything but the object, the request line and the response.
    pub(super) fn start(&mut self, op: usize, who: usize) {
        let time = Civil::new(self.record.time / 1000);
        let canonical = self.is_old();
        self.record.clear();
        self.record.op = op;
        self.record.who = who;
        self.record.count = self.field_count(self.ops.all[op].kind == Kind::Own);
        self.record.set(field::OWNER, self.record.bucket.owner.as_bytes());
        self.record.set(field::BUCKET, self.record.bucket.name.as_bytes());
        time.log(self.record.edit(field::TIME));
        names::requester(self.record.edit(field::REQUESTER), who, canonical);
        if who == ANONYMOUS && self.options.era == Era::Y2006 {
            self.record.set(field::REQUESTER, b"Anonymous");
        }
        self.record.set(field::OPERATION, self.ops.all[op].name.as_bytes());
        text::upper_id(self.record.edit(field::REQUEST_ID), &mut self.rng);
        if who == AMAZON_S3 {
            return;
        }
        // The services' addresses are not shown, or are their own names.
        let is_service = (FIRST_SERVICE..FIRST_OTHER).contains(&who);
        if !is_service {
            let which = if who == ANONYMOUS { self.rng.skewed(5_000) } else { self.rng.skewed(3) };
            names::address(self.record.edit(field::IP), who, which);
        }
        self.programs(who, is_service);
        self.connection(who);
    }

    /// How many fields lines had at the time of the record.
    fn field_count(&mut self, own: bool) -> usize {
        let seconds = self.record.time / 1000;
        let count = match self.options.era {
            Era::Y2006 => 17,
            Era::Y2010 => 18,
            Era::Y2019 if seconds < TLS_VERSION_SINCE => 23,
            Era::Y2019 => 24,
            Era::Y2021 => 25,
            Era::Y2022 => 26,
            Era::Y2026 => 27,
            Era::Mixed => *self.rng.pick(&[17, 18, 18, 23, 24, 24, 25, 26, 26, 27, 27, 27]),
        };
        if own { count.min(18) } else { count }
    }

    /// Whether lines of this time can have the stray token.
    pub(super) fn is_stray_time(&self) -> bool {
        (STRAY_SINCE..TLS_VERSION_SINCE).contains(&(self.record.time / 1000)) && self.record.count >= 23
    }

    fn programs(&mut self, who: usize, is_service: bool) {
        let bits = names::client(who);
        let agent = match (self.options.era, who) {
            (Era::Y2006 | Era::Y2010, _) => self.rng.pick(&OLD_PROGRAMS),
            (_, ANONYMOUS) => self.rng.pick(&BROWSERS),
            _ if is_service => "-",
            _ => PROGRAMS[(bits >> 32) as usize % PROGRAMS.len()],
        };
        self.record.set(field::AGENT, agent.as_bytes());
        if who == ANONYMOUS && self.rng.chance(0.5) {
            self.record.set(field::REFERER, self.rng.pick(&REFERERS).as_bytes());
        }
    }

    /// The fields since 2019: how the client signed, and over which endpoint and cipher it came.
    fn connection(&mut self, who: usize) {
        let bits = names::client(who);
        text::base64(self.record.edit(field::HOST_ID), &mut self.rng, 76);
        if who != ANONYMOUS {
            let is_old = self.rng.chance(if self.options.era == Era::Y2019 { 0.3 } else { 0.01 });
            self.record.set(field::SIGNATURE, if is_old { b"SigV2" } else { b"SigV4" });
            self.record.set(field::AUTH, b"AuthHeader");
        }
        if !self.rng.chance(0.03) {
            let (cipher, version) = match (self.options.era, self.rng.below(100)) {
                (Era::Y2019, 0..12) => TLS[3 - (bits & 1) as usize],
                (Era::Y2019 | Era::Y2021, _) | (_, 0..30) => TLS[1],
                _ => TLS[0],
            };
            self.record.set(field::CIPHER, cipher.as_bytes());
            self.record.set(field::TLS, version.as_bytes());
        }
        self.endpoint(who, bits >> 40);
        if self.rng.chance(0.03) {
            self.record.set(field::ACL, b"Yes");
        }
        if self.record.fields[field::IP].starts_with(b"10.") {
            self.record.set(field::REGION, self.record.bucket.region.as_bytes());
        }
    }

    fn endpoint(&mut self, who: usize, bits: u64) {
        let bucket = self.record.bucket;
        let domain = if bucket.partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
        let host = self.record.edit(field::HOST);
        let mut put = |parts: &[&str]| parts.iter().for_each(|part| host.extend_from_slice(part.as_bytes()));
        match bits % 20 {
            _ if who == ANONYMOUS && bucket.name == "media.example.com" => put(&[bucket.name]),
            0..9 => put(&[bucket.name, ".s3.", bucket.region, ".", domain]),
            9..12 => put(&[bucket.name, ".s3.", domain]),
            12..15 => put(&["s3.", bucket.region, ".", domain]),
            15 => put(&["s3-", bucket.region, ".", domain]),
            16 => put(&[bucket.name, ".s3.dualstack.", bucket.region, ".", domain]),
            17 => put(&[bucket.name, ".s3-accelerate.amazonaws.com"]),
            _ => {
                let team = TEAMS[(bits >> 8) as usize % TEAMS.len()].rsplit('/').next().unwrap_or("web");
                put(&[team, "-ap-", bucket.account, ".s3-accesspoint.", bucket.region, ".", domain]);
                let arn = self.record.edit(field::ACCESS_POINT);
                for part in [
                    "arn:",
                    bucket.partition,
                    ":s3:",
                    bucket.region,
                    ":",
                    bucket.account,
                    ":accesspoint/",
                    team,
                    "-ap",
                ] {
                    arn.extend_from_slice(part.as_bytes());
                }
            }
        }
    }

    /// The key of the object.
    pub(super) fn object(&mut self, number: u64) {
        let times = if self.is_old() { 0 } else { 2 };
        names::key(self.record.edit(field::KEY), number, times);
    }

    /// The key and the request line. `number` is the object's, if there is one; `query` goes after the path.
    pub(super) fn request(&mut self, method: &str, number: Option<u64>, query: &str) {
        let by_path = self.record.fields[field::HOST].starts_with(b"s3");
        let bucket = self.record.bucket.name;
        if let Some(number) = number {
            self.object(number);
        }
        let uri = self.record.edit(field::URI);
        uri.extend_from_slice(method.as_bytes());
        uri.extend_from_slice(b" /");
        if by_path {
            uri.extend_from_slice(bucket.as_bytes());
            uri.push(b'/');
        }
        if let Some(number) = number {
            names::key(uri, number, 1);
        }
        if !query.is_empty() {
            uri.push(b'?');
            uri.extend_from_slice(query.as_bytes());
        }
        uri.extend_from_slice(b" HTTP/1.1");
    }

    /// The response. `sent` and `size` are those of a success; a failure has a small body and no object.
    pub(super) fn respond(&mut self, outcome: usize, sent: Option<u64>, size: Option<u64>) {
        let (status, code) = OUTCOMES[outcome];
        self.record.outcome = outcome;
        text::number(self.record.edit(field::STATUS), u64::from(status));
        self.record.set(field::ERROR, code.as_bytes());
        let is_head = self.record.fields[field::URI].starts_with(b"HEAD ");
        let (sent, size) = match outcome {
            _ if status >= 300 && status != 304 && is_head => (None, None),
            _ if status >= 300 && status != 304 => (Some(self.rng.between(230, 560)), None),
            ops::NOT_MODIFIED => (None, size),
            _ => (sent, size),
        };
        let turn_around = self.rng.log_normal(18.0, 0.9) + 1;
        let speed = self.rng.log_normal(25_000.0, 0.7) + 1;
        let total = turn_around + self.rng.below(4) + sent.or(size).unwrap_or(0) / speed;
        text::number(self.record.edit(field::TOTAL), total);
        if status < 400 || self.rng.chance(0.5) {
            text::number(self.record.edit(field::TURN_AROUND), turn_around);
        }
        // One of the buckets is versioned.
        if status < 300
            && self.record.bucket.name.ends_with("-backups")
            && self.record.fields[field::KEY] != b"-"
        {
            let version = self.record.edit(field::VERSION);
            text::hex(version, self.rng.next(), 16);
            text::hex(version, self.rng.next(), 16);
        }
        if let Some(sent) = sent {
            text::number(self.record.edit(field::SENT), sent);
            self.record.sent = sent;
        }
        if let Some(size) = size {
            text::number(self.record.edit(field::SIZE), size);
        }
    }
}
