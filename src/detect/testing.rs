//! What tests of rules share: lines of the log, and what is found in them.

use std::sync::Arc;

use crate::aggregate::Aggregate as _;
use crate::detect::config::Settings;
use crate::detect::detector::{Detected, Detector};
use crate::detect::finding::Finding;
use crate::detect::shelf::Room;
use crate::parser::Parser;
use crate::semantics::Geoip;
use crate::spill::Space;
use crate::time::{Period, Zone};

pub(crate) const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
pub(crate) const DEPLOY: &str = "arn:aws:sts::111122223333:assumed-role/Deploy/s1";
pub(crate) const STRANGER: &str = "arn:aws:iam::999988887777:user/mallory";

/// A line of the log that is being written: a signed read of `a/1` that went well.
#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) bucket: String,
    pub(crate) time: String,
    pub(crate) ip: String,
    pub(crate) requester: String,
    pub(crate) id: String,
    pub(crate) operation: String,
    pub(crate) key: String,
    pub(crate) uri: String,
    pub(crate) status: String,
    pub(crate) bytes: u64,
    pub(crate) agent: String,
    pub(crate) version: String,
    pub(crate) tail: String,
}

/// At a second of a day of August 2026.
pub(crate) fn at(day: u32, second: u32) -> Line {
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    Line {
        bucket: "data".into(),
        time: format!("{:02}/Aug/2026:{:02}:{minute:02}:{second:02} +0000", day + hour / 24, hour % 24),
        ip: "192.0.2.3".into(),
        requester: ALICE.into(),
        id: "3E57427F3EXAMPLE".into(),
        operation: "REST.GET.OBJECT".into(),
        key: "a/1".into(),
        uri: "GET /a/1 HTTP/1.1".into(),
        status: "200 -".into(),
        bytes: 100,
        agent: "aws-cli/2.15.30".into(),
        version: "-".into(),
        tail: "HOST= SigV4 TLS_AES_128_GCM_SHA256 AuthHeader data.s3.eu-central-1.amazonaws.com TLSv1.3 - -"
            .into(),
    }
}

macro_rules! setters {
    ($($name:ident)*) => {
        impl Line {
            $(pub(crate) fn $name(mut self, value: impl ToString) -> Self {
                self.$name = value.to_string();
                self
            })*
        }
    };
}

setters! { bucket ip requester id operation key uri status agent version tail }

impl Line {
    /// Sends so many bytes.
    pub(crate) fn bytes(self, bytes: u64) -> Self {
        Self { bytes, ..self }
    }

    /// Nobody signed it.
    pub(crate) fn anonymous(self) -> Self {
        let tail = self.tail.replace("SigV4", "-").replace("AuthHeader", "-");
        self.requester("-").tail(tail)
    }

    fn text(&self) -> String {
        let Self {
            bucket,
            time,
            ip,
            requester,
            id,
            operation,
            key,
            uri,
            status,
            bytes,
            agent,
            version,
            tail,
        } = self;
        format!("owner {bucket} [{time}] {ip} {requester} {id} {operation} {key} \"{uri}\" {status} {bytes} 100 9 8 \"-\" \"{agent}\" {version} {tail}").trim_end().to_owned()
    }
}

/// All that is found with these settings; the same whatever the order of the lines, however they are cut, and with little memory.
#[track_caller]
fn detected_with(settings: Settings, baseline: Option<&str>, lines: &[Line]) -> Detected {
    let settings = Arc::new(settings);
    let baseline = baseline.map(|typed| {
        let period: Period = typed.parse().expect("a period");
        period.resolve(chrono::Utc::now(), Zone::Utc).expect("a window")
    });
    let find = |bytes: usize, parts: &mut dyn Iterator<Item = Vec<&Line>>| {
        let room = Room { space: Space::new(std::env::temp_dir(), usize::MAX), bytes };
        let mut all: Option<Detector> = None;
        for part in parts {
            let mut detector = Detector::new(Arc::clone(&settings), &room);
            let mut parser = Parser::default();
            for line in part {
                let text = line.text();
                let record = parser.parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"));
                detector.add(&record);
            }
            match &mut all {
                Some(all) => all.merge(detector),
                None => all = Some(detector),
            }
        }
        let found = all.expect("lines").finish(baseline, Zone::Utc, &Geoip::default());
        room.space.check().expect("temporary files");
        found
    };
    let found = find(usize::MAX, &mut std::iter::once(lines.iter().collect()));
    let backwards = find(usize::MAX, &mut std::iter::once(lines.iter().rev().collect()));
    let cut = find(20_000, &mut (0..3).map(|part| lines.iter().rev().skip(part).step_by(3).collect()));
    let text = |found: &Detected| format!("{:?} {:?}", found.findings, found.incidents);
    assert_eq!(text(&found), text(&backwards), "the order matters");
    assert_eq!(text(&found), text(&cut), "threads or memory matter");
    found
}

/// All that is found.
#[track_caller]
pub(crate) fn detected(lines: &[Line]) -> Detected {
    detected_with(Settings::default(), None, lines)
}

/// What a rule finds with these settings.
#[track_caller]
pub(crate) fn found_with(
    rule: &str,
    settings: Settings,
    baseline: Option<&str>,
    lines: &[Line],
) -> Vec<Finding> {
    let detected = detected_with(settings, baseline, lines);
    detected.findings.into_iter().filter(|finding| finding.about.id == rule).collect()
}

/// What a rule finds as it is.
#[track_caller]
pub(crate) fn found(rule: &str, lines: &[Line]) -> Vec<Finding> {
    found_with(rule, Settings::default(), None, lines)
}

/// What is said of each finding: severity, count and why.
#[track_caller]
pub(crate) fn said(rule: &str, lines: &[Line]) -> Vec<String> {
    found(rule, lines).iter().map(|one| format!("{} {} {}", one.severity, one.count, one.why)).collect()
}

/// The settings of a file.
pub(crate) fn settings(text: &str) -> Settings {
    Settings::parse(text).unwrap_or_else(|error| panic!("{error:#}"))
}

/// A day on which everybody does what they always do, an hour apart, for rules that need history.
pub(crate) fn ordinary(day: u32) -> Vec<Line> {
    (0..24)
        .flat_map(|hour| {
            [at(day, hour * 3_600), at(day, hour * 3_600 + 60).requester(DEPLOY).ip("192.0.2.9")]
        })
        .collect()
}
