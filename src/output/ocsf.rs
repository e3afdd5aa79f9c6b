//! Detection Findings of the Open Cybersecurity Schema Framework, one JSON object a line, as lakes and SIEMs take them in.
//!
//! Source: github.com/ocsf/ocsf-schema, `events/findings/detection_finding.json`, `events/findings/finding.json` and the objects that they
//! name. A copy of what they require is in `tests/fixtures/ocsf.json`.

use std::io::{self, Write};
use std::net::IpAddr;

use serde_json::{Value as Json, json};

use super::findings::{self, Named, number_and_name, object};
use super::renderer::Look;
use crate::record::Requester;
use crate::report::Report;

/// The version of the schema.
const VERSION: &str = "1.5.0";
/// Findings.
const CATEGORY: u32 = 2;
/// Detection Finding.
const CLASS: u32 = 2004;
/// Create.
const ACTIVITY: u32 = 1;

/// One event a finding.
pub(super) struct Renderer;

impl super::renderer::Renderer for Renderer {
    fn render(&self, report: &Report, _look: &Look, out: &mut dyn Write) -> io::Result<()> {
        findings::for_each(report, |finding, evidence| {
            findings::write(&event(finding, evidence), out)?;
            out.write_all(b"\n")
        })
    }

    fn is_of_findings(&self) -> bool {
        true
    }

    fn holds_one_table(&self) -> bool {
        false
    }
}

fn event(finding: &Named<'_>, evidence: &[Named<'_>]) -> Json {
    let text = |name: &str| finding.text(name).map_or(Json::Null, Json::String);
    let (severity_id, severity) = match finding.text("severity").as_deref() {
        Some("info") => (1, "Informational"),
        Some("low") => (2, "Low"),
        Some("medium") => (3, "Medium"),
        Some("high") => (4, "High"),
        Some("critical") => (5, "Critical"),
        _ => (0, "Unknown"),
    };
    let message = [finding.text("title"), finding.text("why")].into_iter().flatten().collect::<Vec<_>>();
    let (first, last) = (finding.millis("first_seen"), finding.millis("last_seen"));
    let product =
        json!({ "name": "s3al", "vendor_name": "s3al", "version": env!("CARGO_PKG_VERSION"), "uid": "s3al" });
    let info = object([
        ("uid", finding.fingerprint().into()),
        ("title", text("title")),
        ("desc", text("why")),
        ("analytic", json!({ "uid": text("rule"), "name": text("rule"), "type": "Rule", "type_id": 1 })),
        ("attacks", attacks(finding)),
        ("first_seen_time", first.into()),
        ("last_seen_time", last.into()),
        ("data_sources", json!(["Amazon S3 server access logs"])),
    ]);
    let unmapped = object([
        ("finding", finding.number("finding").into()),
        ("incident", finding.number("incident").into()),
        ("requester", text("requester")),
        ("remote_ips", finding.list("remote_ips").into()),
        ("clients", finding.list("clients").into()),
        ("touched", text("touched")),
        ("command", text("command")),
    ]);
    object([
        ("activity_id", ACTIVITY.into()),
        ("activity_name", "Create".into()),
        ("category_uid", CATEGORY.into()),
        ("category_name", "Findings".into()),
        ("class_uid", CLASS.into()),
        ("class_name", "Detection Finding".into()),
        ("type_uid", (CLASS * 100 + ACTIVITY).into()),
        ("type_name", "Detection Finding: Create".into()),
        // Of the last request, not of this run: the same logs are the same events.
        ("time", last.unwrap_or_default().into()),
        ("start_time", first.into()),
        ("end_time", last.into()),
        ("count", finding.number("count").into()),
        ("severity_id", severity_id.into()),
        ("severity", severity.into()),
        ("status_id", 1.into()),
        ("status", "New".into()),
        ("is_alert", true.into()),
        ("message", message.join(": ").into()),
        ("metadata", json!({ "version": VERSION, "product": product })),
        ("finding_info", info),
        (
            "resources",
            finding.list("buckets").iter().map(|bucket| resource(bucket)).collect::<Vec<_>>().into(),
        ),
        ("evidences", evidence.iter().map(artifact).collect::<Vec<_>>().into()),
        ("remediation", object([("desc", text("next"))])),
        ("unmapped", unmapped),
    ])
}

fn resource(bucket: &str) -> Json {
    json!({ "uid": format!("arn:aws:s3:::{bucket}"), "name": bucket, "type": "AWS::S3::Bucket" })
}

fn attacks(finding: &Named<'_>) -> Json {
    let (tactic, technique) =
        (finding.text("tactic").unwrap_or_default(), finding.text("technique").unwrap_or_default());
    let entity = |(uid, name): (&str, &str)| json!({ "uid": uid, "name": name });
    let of_technique = number_and_name(&technique);
    // The number of a sub-technique holds that of its technique: T1562.008.
    let technique = match of_technique.0.split_once('.') {
        Some((parent, _)) => {
            [("technique", json!({ "uid": parent })), ("sub_technique", entity(of_technique))]
        }
        None => [("technique", entity(of_technique)), ("sub_technique", Json::Null)],
    };
    let [technique, sub_technique] = technique;
    json!([object([("tactic", entity(number_and_name(&tactic))), technique, sub_technique])])
}

/// A request.
fn artifact(one: &Named<'_>) -> Json {
    let address = one.text("remote_ip");
    let endpoint = match address {
        // Logs can be redacted, and an address of OCSF is an address.
        Some(address) if address.parse::<IpAddr>().is_ok() => json!({ "ip": address }),
        Some(name) => json!({ "name": name }),
        None => Json::Null,
    };
    let api = object([
        ("operation", one.text("operation").unwrap_or_else(|| "-".to_owned()).into()),
        ("service", json!({ "name": "s3.amazonaws.com" })),
        ("request", one.text("request_id").map_or(Json::Null, |id| json!({ "uid": id }))),
        ("response", one.number("http_status").map_or(Json::Null, |status| json!({ "code": status }))),
    ]);
    let user = one.text("requester").map_or(Json::Null, |text| {
        let requester = Requester::new(text.as_bytes());
        let known = |text: Option<&[u8]>| {
            text.map_or(Json::Null, |text| String::from_utf8_lossy(text).into_owned().into())
        };
        let account =
            requester.account().map_or(Json::Null, |_| json!({ "uid": known(requester.account()) }));
        object([("uid", text.as_str().into()), ("name", known(requester.principal())), ("account", account)])
    });
    let (bucket, key) = (one.text("bucket"), one.text("object"));
    let object_of = |bucket: &String| match &key {
        Some(key) => {
            json!({ "uid": format!("arn:aws:s3:::{bucket}/{key}"), "name": key, "type": "AWS::S3::Object" })
        }
        None => resource(bucket),
    };
    object([
        ("api", api),
        ("src_endpoint", endpoint),
        ("actor", object([("user", user)])),
        ("resources", bucket.iter().map(object_of).collect::<Vec<_>>().into()),
        ("http_request", one.text("user_agent").map_or(Json::Null, |agent| json!({ "user_agent": agent }))),
        ("data", object([("time", one.time("timestamp").into())])),
    ])
}
